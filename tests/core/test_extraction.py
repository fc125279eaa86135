"""What files say, and what hostile ones cost: a process of their own."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import struct
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.codecs.search.attachments import FILES
from mailwright.core import extraction, extraction_child
from mailwright.core.extraction import Extracted, Extractor
from tests.core import files

TYPES = {end: media_type for media_type, end in FILES.items()}
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@pytest.fixture
async def extractor() -> AsyncIterator[Extractor]:
    made = Extractor()
    yield made
    await made.close()


async def read(extractor: Extractor, end: str, data: bytes) -> Extracted:
    return await extractor.text_of_attachment(f"file{end}", TYPES[end], data)


async def test_files_of_offices_are_read(extractor: Extractor) -> None:
    for end, make in (
        (".pdf", files.pdf),
        (".docx", files.docx),
        (".xlsx", files.xlsx),
        (".pptx", files.pptx),
        (".odt", files.odt),
    ):
        found = await read(extractor, end, make("Quarterly budget"))
        assert "Quarterly budget" in found.text, end
        assert found.because == ""


async def test_the_reader_is_kept_for_the_next_file_and_then_let_go() -> None:
    extractor = Extractor(idle_seconds=0.2)
    await read(extractor, ".odt", files.odt("one"))
    process = extractor.process
    assert process is not None
    await read(extractor, ".odt", files.odt("two"))
    assert extractor.process is process
    await asyncio.wait_for(process.wait(), 10)
    assert process.returncode == 0
    assert (await read(extractor, ".odt", files.odt("three"))).text == "three"
    await extractor.close()


async def test_a_type_nobody_knows_is_read_by_its_name(extractor: Extractor) -> None:
    found = await extractor.text_of_attachment("Report.PDF", "application/octet-stream", files.pdf("budget"))
    assert "budget" in found.text


async def test_what_is_not_read_says_so(extractor: Extractor) -> None:
    assert (await extractor.text_of_attachment("a.exe", "application/x-msdownload", b"MZ")).because
    assert (await extractor.text_of_attachment("a.png", "image/png", files.png("hello"))).because
    assert extractor.process is None


async def test_a_large_file_is_not_even_sent(extractor: Extractor) -> None:
    found = await read(extractor, ".pdf", bytes(extraction.MAX_FILE + 1))
    assert found == Extracted("", "it is larger than 20 MB")


@pytest.mark.parametrize("end", sorted(TYPES))
async def test_garbage_is_an_answer(extractor: Extractor, end: str) -> None:
    for data in (b"", b"garbage", os.urandom(2_000)):
        found = await read(extractor, end, data)
        assert found.text == ""
        assert found.because


async def test_a_zip_bomb_is_refused_before_it_unpacks(extractor: Extractor) -> None:
    bomb = files.zipped({"content.xml": b"0" * (extraction_child.UNPACKED + 1)})
    assert len(bomb) < extraction.MAX_FILE
    for end in (".odt", ".docx", ".xlsx"):
        assert (await read(extractor, end, bomb)).because == "it unpacks to more than a file may"


async def test_a_zip_that_lies_about_its_size_gains_nothing(extractor: Extractor) -> None:
    honest = files.zipped({"content.xml": b"0" * 50_000_000})
    lie = honest.replace(struct.pack("<I", 50_000_000), struct.pack("<I", 1_000))
    assert zipfile.ZipFile(io.BytesIO(lie)).infolist()[0].file_size == 1_000
    found = await read(extractor, ".odt", lie)
    assert len(found.text) <= 1_000


async def test_a_long_text_is_cut_and_says_so(extractor: Extractor) -> None:
    found = await read(extractor, ".odt", files.odt("word " * 300_000))
    assert len(found.text) == 1024 * 1024
    assert found.because == "only its beginning was read"


async def test_entities_of_an_xml_bomb_are_not_expanded(extractor: Extractor) -> None:
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(12))
    document = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><w:document>&a11;</w:document>'
    for end, name in ((".odt", "content.xml"), (".docx", "word/document.xml"), (".xlsx", "xl/workbook.xml")):
        found = await read(extractor, end, files.zipped({name: document}))
        assert len(found.text) < 10_000


async def test_a_file_that_takes_for_ever_is_given_up() -> None:
    extractor = Extractor(seconds=1.5)
    await read(extractor, ".odt", files.odt("warm"))
    slow = asyncio.create_task(read(extractor, ".xlsx", files.xlsx("x")))
    await asyncio.sleep(0.05)
    process = extractor.process
    assert process is not None
    os.kill(process.pid, 19)  # it hangs
    assert "longer than" in (await slow).because
    await asyncio.wait_for(process.wait(), 5)
    assert (await read(extractor, ".odt", files.odt("next"))).text == "next"
    await extractor.close()


async def test_a_reader_that_dies_takes_one_file_along(extractor: Extractor) -> None:
    await read(extractor, ".odt", files.odt("warm"))
    process = extractor.process
    assert process is not None
    process.kill()
    await process.wait()
    assert (await read(extractor, ".odt", files.odt("next"))).text == "next"


async def test_the_reader_may_do_little(extractor: Extractor, tmp_path: Path) -> None:
    """A script in the place of a document library: what it tries is refused."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import confined_child as child\n"
        "child.give_up()\n"
        "import socket, subprocess, os\n"
        "def tried(what):\n"
        "    try:\n        what()\n"
        "    except OSError as error:\n        return 'refused'\n"
        "    except MemoryError:\n        return 'refused'\n"
        "    return 'done'\n"
        "print(tried(lambda: socket.create_connection(('127.0.0.1', 1))))\n"
        "print(tried(lambda: socket.getaddrinfo('example.org', 80)))\n"
        "print(tried(lambda: subprocess.run(['true'])))\n"
        "print(tried(lambda: os.fork()))\n"
        "print(tried(lambda: open(sys.argv[2], 'w')))\n"
        "print(tried(lambda: bytearray(2 * 1024**3)))\n"
    )
    made = tmp_path / "probe.py"
    made.write_text(script)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(made),
        str(Path(extraction_child.__file__).parent),
        str(tmp_path / "written"),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert out.decode().split() == ["refused"] * 6
    assert not (tmp_path / "written").exists()


@needs_tesseract
async def test_pictures_and_scans_are_read_when_asked_for() -> None:
    extractor = Extractor(ocr="eng")
    found = await extractor.text_of_attachment("scan.png", "image/png", files.png("Invoice number 4711"))
    assert "4711" in found.text
    scan = await read(extractor, ".pdf", files.scanned_pdf("Invoice number 4711"))
    assert "Invoice number" in scan.text
    odd = await extractor.text_of_attachment("scan.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(50))
    assert odd.because
    await extractor.close()
