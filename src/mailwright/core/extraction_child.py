"""The reader of files: a job of a confined process (core/confined_child.py), asked by core/extraction.py.

Everything it is given was written by strangers. Heads have the `extension` of the file, the characters wanted (`limit`) and tesseract's
languages (`ocr`); the answer is the text.
"""

import html
import io
import re
import shutil
import subprocess
import zipfile
from typing import Any

UNPACKED = 200 * 1024 * 1024  # octets in all the members of a zip: a long text with pictures has a tenth
MEMBERS = 10_000
PAGES = 500  # of a PDF
OCR_PAGES = 10  # of a scan: a page takes seconds
OCR_SCALE = 200 / 72  # dots an inch by points an inch: what tesseract reads well
OCR_PIXELS = 40_000_000
SCANNED = 20  # characters on a page: with fewer it is a picture

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"</text:(?:p|h)>|<text:(?:line-break|tab)\b[^>]*>|</table:table-row>")
_TESSERACT = shutil.which("tesseract")
PROGRAMS = (_TESSERACT,) if _TESSERACT else ()


class Unreadable(Exception):
    """Why a file has no text: a sentence's end after "because"."""


def answer(head: dict[str, Any], data: bytes) -> tuple[bytes, str]:
    """The text of a file and why it is not more."""
    limit = int(head["limit"])
    text, because = _read(head, data, limit)
    return text[:limit].encode("utf-8", "replace"), because


def _read(head: dict[str, Any], data: bytes, limit: int) -> tuple[str, str]:
    try:
        text = read(head["extension"], data, limit, head["ocr"])
    except Unreadable as error:
        return "", str(error)
    except MemoryError:
        return "", "it needs more memory than a file may"
    except Exception as error:
        return "", f"it cannot be read ({type(error).__name__})"
    return text, "only its beginning was read" if len(text) > limit else ""


def read(extension: str, data: bytes, limit: int, ocr: str | None) -> str:
    """The text of a file. Raises Unreadable, and whatever its library does."""
    if extension == ".pdf":
        return _pdf(data, limit, ocr)
    if extension in (".docx", ".xlsx", ".pptx"):
        _check_zip(data)
        return _office(extension, data)
    if extension in (".odt", ".ods", ".odp"):
        _check_zip(data)
        return _open_document(data)
    if ocr is None:
        raise Unreadable("pictures are not read")
    return _seen(_picture(data), ocr)


def _check_zip(data: bytes) -> None:
    """Refuse an archive that would unpack to more than it should. (What lies about its sizes is cut off by zipfile.)"""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    if len(members) > MEMBERS or sum(member.file_size for member in members) > UNPACKED:
        raise Unreadable("it unpacks to more than a file may")
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("it is encrypted")


def _office(extension: str, data: bytes) -> str:
    from markitdown import StreamInfo
    from markitdown.converters import DocxConverter, PptxConverter, XlsxConverter

    converters: dict[str, Any] = {".docx": DocxConverter, ".pptx": PptxConverter, ".xlsx": XlsxConverter}
    return str(converters[extension]().convert(io.BytesIO(data), StreamInfo(extension=extension)).markdown)


def _open_document(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = archive.read("content.xml").decode("utf-8", "replace")
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", content))).strip()


def _pdf(data: bytes, limit: int, ocr: str | None) -> str:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("it is encrypted") from None
        raise
    pages: list[str] = []
    length = scans = 0
    for number in range(min(len(document), PAGES)):
        page = document[number]
        text = page.get_textpage().get_text_bounded()
        if len(text.strip()) < SCANNED and ocr is not None and scans < OCR_PAGES:
            scans += 1
            width, height = page.get_size()
            scale = min(OCR_SCALE, (OCR_PIXELS / max(width * height, 1.0)) ** 0.5)
            text = _seen(_png(page.render(scale=scale, grayscale=True).to_pil()), ocr) or text
        page.close()
        pages.append(text.replace("\r\n", "\n"))
        length += len(text)
        if length > limit:
            break
    return "\n\n".join(pages)


def _picture(data: bytes) -> bytes:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = OCR_PIXELS // 2  # above it warns, and raises above the double
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF", "WEBP", "BMP")) as image:
        return _png(image.convert("L"))


def _png(image: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _seen(png: bytes, languages: str) -> str:
    if _TESSERACT is None:
        raise Unreadable("tesseract is not installed")
    ran = subprocess.run(  # the languages come from the settings
        [_TESSERACT, "stdin", "stdout", "-l", languages], input=png, capture_output=True, check=False
    )
    if ran.returncode != 0:
        raise Unreadable("tesseract cannot read it")
    return ran.stdout.decode("utf-8", "replace").strip()
