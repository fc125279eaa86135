"""COPY, MOVE, STORE and EXPUNGE over the wire: codes, all or nothing, and what others see."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.core import access
from mailwright.core.expunge import remove_uids
from mailwright.storage.database import Database
from tests.protocols.imap.sessions import House, letter, open_house


@pytest.fixture
async def house(any_database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with open_house(any_database, data_folder) as opened:
        yield opened


async def test_copyuid_names_both_sides(house: House) -> None:
    await house.put(*[letter(n) for n in range(1, 6)], flags=4)
    ada = await house.selected()
    answer = await ada.ask("COPY 2:3,5 Archive")
    archive = house.mailbox("Archive").mailbox
    assert b" OK [COPYUID %d 2:3,5 1:3] " % archive.uidvalidity in answer.tagged
    assert house.truth("Archive") == [(1, 4, "[]"), (2, 4, "[]"), (3, 4, "[]")]
    answer = await ada.ask("UID COPY 99 Archive")
    assert answer.ok
    assert b"COPYUID" not in answer.tagged


async def test_a_missing_target_can_be_created(house: House) -> None:
    await house.put(letter())
    ada = await house.selected()
    assert b" NO [TRYCREATE] " in (await ada.ask("COPY 1 Nowhere")).tagged
    assert b" NO [TRYCREATE] " in (await ada.ask("MOVE 1 Nowhere")).tagged


async def test_a_copy_without_room_copies_nothing(house: House) -> None:
    await house.put(*[letter(n) for n in range(1, 4)])
    await house.core.write(lambda tx: tx.execute("UPDATE users SET quota_bytes = used_bytes + 300"))
    ada = await house.selected()
    assert b" NO [OVERQUOTA] " in (await ada.ask("COPY 1:3 Archive")).tagged
    assert house.truth("Archive") == []


async def test_a_copy_of_what_others_expunged_copies_nothing(house: House) -> None:
    await house.put(letter(1), letter(2))
    ada = await house.selected()
    mailbox_id = house.mailbox().mailbox.id
    await house.core.write(lambda tx: remove_uids(tx, mailbox_id, [1], because="a test"))
    assert b" NO [EXPUNGEISSUED] " in (await ada.ask("COPY 1:2 Archive")).tagged
    assert house.truth("Archive") == []
    assert (await ada.ask("UID COPY 1:2 Archive")).ok
    assert [uid for uid, _, _ in house.truth("Archive")] == [1]


async def test_a_move_says_where_to_before_it_expunges(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    ada = await house.selected()
    answer = await ada.ask("MOVE 1:2 Archive")
    validity = house.mailbox("Archive").mailbox.uidvalidity
    assert answer.untagged[0].startswith(b"* OK [COPYUID %d 1:2 1:2] " % validity)
    assert answer.untagged[1:] == [b"* 2 EXPUNGE\r\n", b"* 1 EXPUNGE\r\n"]
    assert [uid for uid, _, _ in house.truth()] == [3]
    qresync = await house.selected("INBOX", "QRESYNC")
    answer = await qresync.ask("UID MOVE 3 Archive")
    assert answer.untagged[1:] == [b"* VANISHED 3\r\n"]
    assert b" OK [HIGHESTMODSEQ %d] " % house.mailbox().mailbox.modseq in answer.tagged


async def test_a_conditional_store_names_what_it_left_alone(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    ada, other = await house.selected("INBOX", "CONDSTORE"), await house.selected()
    since = house.mailbox().mailbox.modseq
    await other.good("STORE 2 +FLAGS.SILENT (\\Flagged)")
    now = house.mailbox().mailbox.modseq
    answer = await ada.ask(f"STORE 1:3 (UNCHANGEDSINCE {since}) +FLAGS.SILENT (\\Seen)")
    assert b" OK [MODIFIED 2] " in answer.tagged
    assert answer.untagged == [
        b"* 1 FETCH (UID 1 MODSEQ (%d))\r\n" % (now + 1),
        b"* 3 FETCH (UID 3 MODSEQ (%d))\r\n" % (now + 1),
        b"* 2 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ (%d))\r\n" % now,
    ]
    answer = await ada.ask(f"UID STORE 2,3 (UNCHANGEDSINCE {now}) FLAGS ($Done)")
    assert b" OK [MODIFIED 3] " in answer.tagged
    assert answer.untagged == [b"* 2 FETCH (UID 2 FLAGS ($Done) MODSEQ (%d))\r\n" % (now + 2)]


async def test_a_store_that_changes_nothing_answers_with_the_flags(house: House) -> None:
    await house.put(letter(1), letter(2), flags=1)
    ada = await house.selected("INBOX", "CONDSTORE")
    modseq = house.mailbox().mailbox.modseq
    assert await ada.good("STORE 1:2 +FLAGS (\\Seen)") == [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (%d))\r\n" % (modseq - 1),
        b"* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (%d))\r\n" % modseq,
    ]


async def test_rights_decide_what_a_guest_may_do(house: House) -> None:
    await house.put(letter(1), letter(2))
    shared = house.mailbox()
    await house.core.write(lambda tx: access.set_acl(tx, house.ada, shared, "bashir@mailwright.test", "lrs"))
    bashir = await house.session(house.bashir)
    said = b"".join(await bashir.good('SELECT "Other Users/ada@mailwright.test/INBOX"'))
    assert b"[PERMANENTFLAGS (\\Seen)]" in said
    assert await bashir.good("STORE 1 +FLAGS (\\Seen \\Flagged)") == [b"* 1 FETCH (FLAGS (\\Seen))\r\n"]
    assert b" NO [NOPERM] " in (await bashir.ask("STORE 1 +FLAGS (\\Deleted)")).tagged
    assert b" NO [NOPERM] " in (await bashir.ask("EXPUNGE")).tagged
    assert b" NO [NOPERM] " in (await bashir.ask("MOVE 1 Archive")).tagged
    assert (await bashir.ask("COPY 1:2 Archive")).ok
    copied = house.core.database.read_now(lambda tx: access.by_name(tx, house.bashir, "Archive").mailbox.total)
    assert copied == 2
