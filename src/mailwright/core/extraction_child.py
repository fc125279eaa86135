"""The reader of files: a process of its own, started by core/extraction.py as a script and nothing of ours beside it.

Reads from standard input: the length of a JSON head in four octets, the head, the file; answers the same way, and again, until
its input ends. Everything it is given was written by strangers. Before it reads any of it, it gives up memory, processor time,
files and the network: a limit that is met ends this process, and the next file gets another.
"""

import contextlib
import ctypes
import html
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import zipfile
from typing import Any

MEMORY = 1024**3  # octets of address space; libraries take 300 MB of it
CPU_SECONDS = 30  # for one file
WRITTEN = 16 * 1024 * 1024  # octets of one file: tesseract may need one
OPEN_FILES = 64
FILES = 50  # read by one process: what leaks in a library does not grow for ever
UNPACKED = 200 * 1024 * 1024  # octets in all the members of a zip: a long text with pictures has a tenth
MEMBERS = 10_000
PAGES = 500  # of a PDF
OCR_PAGES = 10  # of a scan: a page takes seconds
OCR_SCALE = 200 / 72  # dots an inch by points an inch: what tesseract reads well
OCR_PIXELS = 40_000_000
SCANNED = 20  # characters on a page: with fewer it is a picture

_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"</text:(?:p|h)>|<text:(?:line-break|tab)\b[^>]*>|</table:table-row>")
_WRITING = os.O_WRONLY | os.O_RDWR
_TESSERACT = shutil.which("tesseract")


class Unreadable(Exception):
    """Why a file has no text: a sentence's end after "because"."""


def give_up() -> None:
    """Let go of everything that a reader of files does not need."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    # A network of its own with nobody in it, where the system lets us; and below no socket in any case.
    libc = ctypes.CDLL(None, use_errno=True)
    new_user, new_network = 0x10000000, 0x40000000
    with contextlib.suppress(AttributeError):
        if libc.unshare(new_network) != 0:
            libc.unshare(new_user | new_network)
    sys.dont_write_bytecode = True
    sys.addaudithook(_watch)


def _watch(event: str, args: tuple[Any, ...]) -> None:
    """Python asks here before it does anything to the world; what a document has no business to do is an OSError."""
    if event.startswith("socket.") or event in (
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.kill",
        "os.rename",
    ):
        raise PermissionError(f"{event} is not for readers")
    if event in ("subprocess.Popen", "os.posix_spawn") and str(args[0]) != _TESSERACT:
        raise PermissionError(f"{event} is not for readers")
    if event == "open" and isinstance(args[0], str) and args[0] != os.devnull and int(args[2] or 0) & _WRITING:
        raise PermissionError("readers write no files")


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # libraries that print must not print into an answer
    questions = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    give_up()
    for _ in range(FILES):
        length = questions.read(4)
        if len(length) < 4:
            return
        head = json.loads(questions.read(int.from_bytes(length, "big")))
        data = questions.read(head["size"])
        usage = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        text, because = answer(head, data)
        said = json.dumps({"text": text[: head["limit"]], "because": because}, ensure_ascii=False).encode(
            "utf-8", "replace"
        )
        answers.write(len(said).to_bytes(4, "big") + said)
        answers.flush()


def answer(head: dict[str, Any], data: bytes) -> tuple[str, str]:
    """The text of a file and why it is not more."""
    limit = int(head["limit"])
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


if __name__ == "__main__":
    main()
