"""Office files and PDF of a mail reach the snapshot as text; hostile ones reach nothing."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

import pytest

from mailwright.agents.employee import attachedtext, contents
from mailwright.agents.employee.contents import Contents
from mailwright.agents.employee.gather import gather
from mailwright.agents.employee.think import load_snapshot
from mailwright.codecs.mime import Attachment, Mailbox, compose
from mailwright.codecs.search.attachments import FILES
from mailwright.core import extraction_child
from mailwright.core.extraction import Extractor
from mailwright.domain.ids import new_id
from tests.agents.conftest import Office
from tests.core import files

TYPES = {end: media_type for media_type, end in FILES.items()}


@pytest.fixture
async def extractor() -> AsyncIterator[Extractor]:
    made = Extractor()
    yield made
    await made.close()


def mail(*attached: tuple[str, bytes], headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    return compose(
        from_=Mailbox("Ada", "ada@mailwright.test"),
        to=[Mailbox("", "main@mailwright.test")],
        subject="Work",
        text="Please read them.",
        message_id=f"<{new_id()}@example.org>",
        date=1_772_791_200_000_000,
        attachments=[
            Attachment(name, data, TYPES.get(name[name.rindex(".") :], "application/octet-stream"))
            for name, data in attached
        ],
        headers=headers,
    )


def read(*attached: tuple[str, bytes], headers: tuple[tuple[str, str], ...] = ()) -> Contents:
    return contents.read(mail(*attached, headers=headers))


def texts(found: Contents) -> list[str | None]:
    return [None if each.text is None else each.text.strip() for each in found.attachments]


async def test_files_of_an_office_are_read_as_text(extractor: Extractor) -> None:
    found = read(
        ("a.pdf", files.pdf("Budget A")),
        ("b.docx", files.docx("Budget B")),
        ("c.xlsx", files.xlsx("Budget C")),
        ("d.odt", files.odt("Budget D")),
        ("e.bin", b"\x00\x01"),
    )
    assert texts(found) == [None] * 5
    told = texts(await attachedtext.read(extractor, found))
    for name, text in zip("ABCD", told, strict=False):
        assert f"Budget {name}" in (text or "")
    assert told[4] is None


async def test_hostile_files_stay_unread_and_the_others_are_read(extractor: Extractor) -> None:
    honest = files.zipped({"content.xml": b"0" * 50_000_000})
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(12))
    evil = f'<?xml version="1.0"?><!DOCTYPE x [{entities}<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document>&a11;&e;</w:document>'
    found = read(
        ("bomb.docx", files.zipped({"word/document.xml": b"0" * (extraction_child.UNPACKED + 1)})),
        ("liar.odt", honest.replace(struct.pack("<I", 50_000_000), struct.pack("<I", 1_000))),
        ("entities.odt", files.zipped({"content.xml": evil})),
        ("entities.docx", files.zipped({"word/document.xml": evil})),
        ("garbage.pdf", b"%PDF-1.7 garbage"),
        ("good.odt", files.odt("all is well")),
    )
    told = await attachedtext.read(extractor, found)
    assert sum(len(each.text or "") for each in told.attachments) < 20_000
    assert "root:" not in "".join(each.text or "" for each in told.attachments)
    assert texts(told)[0] is None
    assert texts(told)[5] == "all is well"


async def test_a_long_file_is_cut_and_marked(extractor: Extractor) -> None:
    told = await attachedtext.read(extractor, read(("long.odt", files.odt("word " * 300_000))))
    assert len(told.attachments[0].text or "") == contents.MAX_ATTACHED
    assert told.attachments[0].truncated


async def test_ten_files_are_opened_and_all_together_stay_within_their_room(extractor: Extractor) -> None:
    told = await attachedtext.read(extractor, read(*[(f"{n}.odt", files.odt("word " * 60_000)) for n in range(12)]))
    assert sum(each.text is not None for each in told.attachments) <= attachedtext.MAX_OPENED
    assert sum(len(each.text or "") for each in told.attachments) <= contents.MAX_ALL_ATTACHED


async def test_files_that_take_too_long_leave_what_was_read_before(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(("a.odt", files.odt("first")), ("b.pdf", files.pdf("second", pages=3)))
    told = await attachedtext.read(extractor, found)
    assert all(texts(told))
    monkeypatch.setattr(attachedtext, "SECONDS", 0.0)
    assert texts(await attachedtext.read(extractor, found)) == [None, None]


async def test_automatic_mail_is_not_worth_opening(extractor: Extractor) -> None:
    found = read(("a.pdf", files.pdf("Budget")), headers=(("Auto-Submitted", "auto-replied"),))
    assert await attachedtext.read(extractor, found) == found
    assert extractor.process is None


async def test_the_snapshot_has_the_text_of_a_pdf(office: Office) -> None:
    message_id = await office.receive(
        "", raw=mail(("a.pdf", files.pdf("Budget"))), sender="ada@mailwright.test", account="ada"
    )
    snapshot = await load_snapshot((await gather(message_id, 1))["snapshot_id"])
    assert "Budget" in (snapshot.material.attachments[0].text or "")
