"""FETCH: every item, what is read for it, and what happens when a message is not there any more."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.core.expunge import remove_uids
from mailwright.protocols.imap.bodies import MadeEnvelope
from mailwright.protocols.imap.delivering import keep
from mailwright.storage import Tx, messages, open_blobs, views
from mailwright.storage.database import Database
from tests.protocols.imap.sessions import House, Session, letter, open_house

MIXED = (
    b"From: Chen <chen@example.org>\r\nSubject: Two parts\r\nMessage-ID: <m@example.org>\r\n"
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
    b"--x\r\nContent-Type: text/plain\r\n\r\nFirst\r\n"
    b"--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
    b"--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-strange\r\n\r\nWhat\r\n"
    b"--x--\r\n"
)


@pytest.fixture
async def house(any_database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with open_house(any_database, data_folder) as opened:
        yield opened


async def _one(session: Session, items: str) -> bytes:
    [line] = await session.good(f"FETCH 1 {items}")
    return line


async def test_every_item_of_a_row(house: House) -> None:
    raw = letter(1)
    await house.put(raw, flags=1, keywords=("$Work",), date=1_700_000_000_000_000)
    mailbox = house.mailbox().mailbox
    [row] = house.core.database.read_now(lambda tx: views.rows(tx, mailbox.id, [1], ("id", "thread_id", "modseq")))
    ada = await house.selected()
    said = await _one(ada, "(FLAGS UID INTERNALDATE RFC822.SIZE MODSEQ EMAILID THREADID PREVIEW)")
    assert said == (
        b'* 1 FETCH (FLAGS (\\Seen $Work) UID 1 INTERNALDATE "14-Nov-2023 22:13:20 +0000" RFC822.SIZE %d MODSEQ (%d) '
        b'EMAILID (%s) THREADID (%s) PREVIEW "Hello")\r\n'
    ) % (len(raw), row[3], row[1].encode(), row[2].encode())
    assert re.search(rb'SAVEDATE "[ 0-9]\d-[A-Z][a-z][a-z]-\d{4} ', await _one(ada, "SAVEDATE"))


async def test_envelopes_are_kept_for_the_next_time(house: House) -> None:
    await house.put(*[letter(n) for n in range(1, 5)])
    ada = await house.selected()
    first = await ada.good("FETCH 1:4 ENVELOPE")
    assert first[0] == (
        b'* 1 FETCH (ENVELOPE ("Fri, 20 Nov 2026 10:00:00 +0000" "Letter 1" (("Chen" NIL "chen" "example.org")) '
        b'(("Chen" NIL "chen" "example.org")) (("Chen" NIL "chen" "example.org")) ((NIL NIL "ada" "mailwright.test")) '
        b'NIL NIL NIL "<1@example.org>"))\r\n'
    )
    async with asyncio.timeout(5):
        while house.core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM imap_envelopes")) < 4:
            await asyncio.sleep(0.01)
    assert await ada.good("FETCH 1:4 ENVELOPE") == first
    await house.put(letter(5))
    await ada.good("NOOP")
    assert len(await ada.good("UID FETCH 1:5 (UID ENVELOPE)")) == 5  # some kept, one not


async def test_sections_are_ranges_of_the_message(house: House) -> None:
    await house.put(MIXED)
    ada = await house.selected()
    header, _, text = MIXED.partition(b"\r\n\r\n")
    header += b"\r\n\r\n"
    assert await _one(ada, "BODY.PEEK[]") == b"* 1 FETCH (BODY[] {%d}\r\n%b)\r\n" % (len(MIXED), MIXED)
    assert await _one(ada, "BODY.PEEK[HEADER]") == b"* 1 FETCH (BODY[HEADER] {%d}\r\n%b)\r\n" % (len(header), header)
    assert await _one(ada, "BODY.PEEK[TEXT]") == b"* 1 FETCH (BODY[TEXT] {%d}\r\n%b)\r\n" % (len(text), text)
    assert b"BODY[1] {5}\r\nFirst)" in await _one(ada, "BODY.PEEK[1]")
    assert b"BODY[9] NIL)" in await _one(ada, "BODY.PEEK[9]")
    assert b"BODY[]<5> {4}\r\n%b)" % MIXED[5:9] in await _one(ada, "BODY.PEEK[]<5.4>")
    assert b"BODY[HEADER.FIELDS (Subject)] {22}\r\nSubject: Two parts\r\n\r\n)" in await _one(
        ada, "BODY.PEEK[HEADER.FIELDS (Subject)]"
    )
    assert b'BODYSTRUCTURE (("text" "plain"' in await _one(ada, "BODYSTRUCTURE")


async def test_reading_marks_as_seen_and_says_so_at_once(house: House) -> None:
    await house.put(letter(1), letter(2))
    ada = await house.selected("INBOX", "CONDSTORE")
    said = await ada.good("FETCH 1:2 BODY[TEXT]")
    assert [line[-40:].partition(b" FLAGS ")[2].partition(b" MODSEQ")[0] for line in said] == [b"(\\Seen)"] * 2
    assert [flags for _, flags, _ in house.truth()] == [1, 1]
    assert await ada.good("NOOP") == []
    assert b"FLAGS" not in (await ada.good("FETCH 1 BODY[TEXT]"))[0]


async def test_reading_after_examine_changes_nothing(house: House) -> None:
    await house.put(letter(1))
    ada = await house.session()
    await ada.good("EXAMINE INBOX")
    assert b"FLAGS" not in (await ada.good("FETCH 1 BODY[]"))[0]
    assert [flags for _, flags, _ in house.truth()] == [0]
    assert b" NO [NOPERM]" in (await ada.ask("STORE 1 +FLAGS (\\Seen)")).tagged
    assert b" NO [NOPERM]" in (await ada.ask("EXPUNGE")).tagged


async def test_binary_undoes_the_transfer_encoding(house: House) -> None:
    await house.put(MIXED, letter(2))
    ada = await house.selected()
    assert b"BINARY[2] ~{3}\r\n\0\1\2)" in await _one(ada, "BINARY.PEEK[2]")
    assert b"BINARY.SIZE[2] 3)" in await _one(ada, "BINARY.SIZE[2]")
    answer = await ada.ask("FETCH 1:2 (UID BINARY.PEEK[3])")
    assert b" NO [UNKNOWN-CTE]" in answer.tagged
    assert answer.untagged == [b"* 2 FETCH (UID 2 BINARY[3] NIL)\r\n"]  # the others are answered


async def test_a_large_message_comes_in_pieces(house: House) -> None:
    raw = letter(1, body="\r\n".join("x" * 70 for _ in range(20_000)))
    await house.put(raw, letter(2))
    ada = await house.selected()
    said = await ada.good("FETCH 1:2 (UID BODY.PEEK[] FLAGS)")
    assert said[0] == b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%b FLAGS ())\r\n" % (len(raw), raw)
    assert said[1].startswith(b"* 2 FETCH (UID 2 BODY[] {")
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert (await ada.good("FETCH 1 BODY.PEEK[HEADER]")) == [
        b"* 1 FETCH (BODY[HEADER] {%d}\r\n%b)\r\n" % (len(header), header)
    ]


async def test_a_message_whose_bytes_are_lost_does_not_hide_the_others(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    mailbox_id = house.mailbox().mailbox.id

    def lose(tx: Tx) -> None:
        [row] = views.rows(tx, mailbox_id, [2], ("blob_id",))
        house.core.blobs.delete(tx, row[1])

    await house.core.write(lose)
    ada = await house.selected()
    answer = await ada.ask("FETCH 1:3 BODY.PEEK[TEXT]")
    assert [line[:5] for line in answer.untagged] == [b"* 1 F", b"* 3 F"]
    assert b" NO [SERVERBUG]" in answer.tagged
    assert len(await ada.good("FETCH 1:3 FLAGS")) == 3


async def test_a_long_message_that_was_cut_off_on_the_disk_does_not_hide_the_others(
    house: House, tmp_path: Path
) -> None:
    house.core.blobs = open_blobs(house.core.database, f"file://{tmp_path / 'octets'}", inline_bytes=100_000)
    await house.put(letter(1), letter(2, body="\r\n".join("x" * 70 for _ in range(20_000))), letter(3))
    [long] = (tmp_path / "octets").rglob("*.eml")
    os.truncate(long, 0)
    ada = await house.selected()
    answer = await ada.ask("FETCH 1:3 BODY.PEEK[]")
    assert [line[:5] for line in answer.untagged] == [b"* 1 F", b"* 3 F"]
    assert b" NO [SERVERBUG]" in answer.tagged


async def test_changed_since_leaves_out_what_did_not_change(house: House) -> None:
    await house.put(*[letter(n) for n in range(1, 6)])
    ada = await house.selected("INBOX", "QRESYNC")
    since = house.mailbox().mailbox.modseq
    await ada.good("STORE 2,4 +FLAGS.SILENT (\\Flagged)")
    said = await ada.good(f"FETCH 1:3 (FLAGS) (CHANGEDSINCE {since})")
    assert [line.partition(b" MODSEQ")[0] for line in said] == [b"* 2 FETCH (FLAGS (\\Flagged)"]
    mailbox_id = house.mailbox().mailbox.id
    await house.core.write(lambda tx: remove_uids(tx, mailbox_id, [1], because="a test"))
    await ada.good("NOOP")
    said = await ada.good(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)")
    assert said[0] == b"* VANISHED (EARLIER) 1\r\n"
    assert [line[:20] for line in said[1:]] == [b"* 1 FETCH (UID 2 FLA", b"* 3 FETCH (UID 4 FLA"]


async def test_vanished_is_for_those_who_enabled_it(house: House) -> None:
    ada = await house.selected()
    assert b" BAD " in (await ada.ask("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)")).tagged


async def test_an_envelope_of_a_message_that_changed_meanwhile_is_not_kept(house: House) -> None:
    await house.put(letter(1), letter(2))
    mailbox_id = house.mailbox().mailbox.id
    rows = house.core.database.read_now(lambda tx: views.rows(tx, mailbox_id, [1, 2], ("id", "blob_id")))
    made = [MadeEnvelope(uid, message_id, blob_id, b"()") for uid, message_id, blob_id in rows]
    await house.core.write(
        lambda tx: messages.redact(tx, rows[0][1], 99, rows[1][2], 1, "0", rows[1][2])  # its bytes are others now
    )
    await keep(house.core, mailbox_id, made)
    kept = house.core.database.read_now(lambda tx: tx.all("SELECT message_id FROM imap_envelopes"))
    assert kept == [(rows[1][1],)]


async def test_what_is_read_is_in_the_audit_trail(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    ada = await house.selected()
    await ada.good("FETCH 1:* (FLAGS BODY.PEEK[HEADER])")
    await ada.good("FETCH 1,3 BODY.PEEK[]")
    await ada.good("STORE 2 +FLAGS (\\Deleted)")
    await ada.good("COPY 1:2 Archive")
    await ada.good("MOVE 3 Archive")
    await ada.good("EXPUNGE")
    await house.core.trail.flush()
    found = house.core.database.read_now(
        lambda tx: tx.all("SELECT action, resource FROM audit_events WHERE action LIKE 'imap.%' ORDER BY id")
    )
    owner = "ada@mailwright.test"
    assert found == [
        ("imap.select", f"{owner}:INBOX"),
        ("imap.fetch", f"{owner}:INBOX 1,3"),
        ("imap.store", f"{owner}:INBOX 2"),
        ("imap.copy", f"{owner}:INBOX 1:2 to Archive"),
        ("imap.move", f"{owner}:INBOX 3 to Archive"),
        ("imap.expunge", f"{owner}:INBOX 2"),
    ]
