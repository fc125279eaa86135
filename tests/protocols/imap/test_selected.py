"""A mailbox seen by two sessions: numbers, expunges, flags, and what is told when."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.core import access, mailboxes, marking
from mailwright.core.expunge import remove_uids
from mailwright.storage.database import Database
from tests.protocols.imap.sessions import House, letter, open_house


@pytest.fixture
async def house(any_database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with open_house(any_database, data_folder) as opened:
        yield opened


async def test_select_says_what_rfc_3501_and_its_extensions_ask_for(house: House) -> None:
    await house.put(letter(1), letter(2), flags=1, keywords=("$Work",))
    await house.put(letter(3))
    ada = await house.session()
    answer = await ada.ask("SELECT INBOX")
    said = b"".join(answer.untagged)
    mailbox = house.mailbox().mailbox
    assert b"* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $Work)\r\n" in said
    assert b"* 3 EXISTS\r\n" in said
    assert b"* 0 RECENT\r\n" in said
    assert b"[UNSEEN 3]" in said
    assert b"[PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $Work \\*)]" in said
    assert b"[UIDVALIDITY %d]" % mailbox.uidvalidity in said
    assert b"[UIDNEXT 4]" in said
    assert b"[HIGHESTMODSEQ %d]" % mailbox.modseq in said
    assert b"[MAILBOXID (%s)]" % mailbox.id.encode() in said
    assert b"OK [READ-WRITE]" in answer.tagged
    assert b"OK [READ-ONLY]" in (await ada.ask("EXAMINE INBOX")).tagged


async def test_select_in_rev2_has_no_recent_and_names_the_mailbox(house: House) -> None:
    ada = await house.session(None, "IMAP4rev2")
    said = b"".join(await ada.good("SELECT inbox"))
    assert b"RECENT" not in said
    assert b'* LIST () "/" INBOX\r\n' in said


async def test_selecting_another_mailbox_closes_the_first_even_when_it_is_missing(house: House) -> None:
    ada = await house.selected()
    answer = await ada.ask("SELECT Nowhere")
    assert answer.having(b"[CLOSED]")
    assert b" NO [NONEXISTENT]" in answer.tagged
    assert b" BAD " in (await ada.ask("FETCH 1 FLAGS")).tagged


async def test_noop_tells_what_another_session_did(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    first, second = await house.selected(), await house.selected()
    await second.good("STORE 1 +FLAGS (\\Flagged)")
    await second.good("STORE 2 +FLAGS (\\Deleted)")
    assert await second.good("EXPUNGE") == [b"* 2 EXPUNGE\r\n"]
    await house.put(letter(4))
    said = await first.good("NOOP")
    assert said == [b"* 2 EXPUNGE\r\n", b"* 3 EXISTS\r\n", b"* 1 FETCH (FLAGS (\\Flagged))\r\n"]
    assert await first.good("NOOP") == []


async def test_a_stores_own_changes_are_told_once(house: House) -> None:
    await house.put(letter(1), letter(2))
    ada = await house.selected()
    assert await ada.good("STORE 1 +FLAGS (\\Seen)") == [b"* 1 FETCH (FLAGS (\\Seen))\r\n"]
    assert await ada.good("STORE 2 +FLAGS.SILENT (\\Seen)") == []
    assert await ada.good("NOOP") == []


async def test_an_expunge_waits_until_numbers_may_change(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    ada = await house.selected()
    mailbox_id = house.mailbox().mailbox.id
    await house.core.write(lambda tx: remove_uids(tx, mailbox_id, [2], because="a test"))
    await asyncio.sleep(0.2)
    answer = await ada.ask("FETCH 1:3 (UID)")
    assert answer.untagged == [b"* 1 FETCH (UID 1)\r\n", b"* 3 FETCH (UID 3)\r\n"]
    assert b" NO [EXPUNGEISSUED]" in answer.tagged
    assert (await ada.ask("FETCH 3 (UID)")).untagged == [b"* 3 FETCH (UID 3)\r\n"]
    assert await ada.good("UID FETCH 3 (FLAGS)") == [b"* 3 FETCH (UID 3 FLAGS ())\r\n", b"* 2 EXPUNGE\r\n"]
    assert await ada.good("FETCH 2 (UID)") == [b"* 2 FETCH (UID 3)\r\n"]


async def test_a_client_of_qresync_sees_no_modseq_above_an_expunge_it_was_not_told(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3))
    ada = await house.selected("INBOX", "QRESYNC")
    mailbox = house.mailbox()
    await house.core.write(lambda tx: remove_uids(tx, mailbox.mailbox.id, [1], because="a test"))
    await house.core.write(lambda tx: marking.store(tx, mailbox, [3], mode="add", flags=1, keywords=()))
    await asyncio.sleep(0.2)
    said = await ada.good("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert said[0].startswith(b"* 2 FETCH (UID 2 MODSEQ (")
    assert said[1:] == [b"* OK [HIGHESTMODSEQ %d] and not further yet\r\n" % mailbox.mailbox.modseq]
    said = await ada.good("NOOP")
    assert said[0] == b"* VANISHED 1\r\n"
    assert said[1].startswith(b"* 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (")
    assert len(said) == 2


async def test_qresync_tells_what_changed_since(house: House) -> None:
    await house.put(*[letter(n) for n in range(1, 7)])
    mailbox = house.mailbox()
    since = mailbox.mailbox.modseq
    await house.core.write(lambda tx: remove_uids(tx, mailbox.mailbox.id, [2, 3], because="a test"))
    await house.core.write(lambda tx: marking.store(tx, mailbox, [5], mode="add", flags=1, keywords=("Urgent",)))
    ada = await house.session(None, "QRESYNC")
    said = await ada.good(f"SELECT INBOX (QRESYNC ({mailbox.mailbox.uidvalidity} {since}))")
    assert said[-2] == b"* VANISHED (EARLIER) 2:3\r\n"
    assert said[-1].startswith(b"* 3 FETCH (UID 5 FLAGS (\\Seen Urgent) MODSEQ (")
    said = await ada.good(f"SELECT INBOX (QRESYNC ({mailbox.mailbox.uidvalidity} {since} 1:2))")
    assert said[-1] == b"* VANISHED (EARLIER) 2\r\n"
    said = await ada.good("SELECT INBOX (QRESYNC (1 1))")
    assert not [line for line in said if b"VANISHED" in line or b"FETCH" in line]


async def test_idle_hears_at_once(house: House) -> None:
    await house.put(letter(1))
    ada = await house.selected()
    await ada.idle()
    before = asyncio.get_running_loop().time()
    await house.put(letter(2))
    assert await ada.response() == b"* 2 EXISTS\r\n"
    assert asyncio.get_running_loop().time() - before < 1.0
    other = await house.selected()
    await other.good("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert await ada.response() == b"* 1 FETCH (FLAGS (\\Deleted))\r\n"
    await other.good("EXPUNGE")
    assert await ada.response() == b"* 1 EXPUNGE\r\n"
    assert (await ada.done()).ok
    await house.put(letter(3))
    assert await ada.good("NOOP") == [b"* 2 EXISTS\r\n"]


async def test_a_change_before_idle_begins_is_told_with_it(house: House) -> None:
    ada = await house.selected()
    await house.put(letter(1))
    await ada.idle()
    assert await ada.response() == b"* 1 EXISTS\r\n"


async def test_who_may_not_read_any_more_is_sent_away(house: House) -> None:
    shared = house.mailbox()
    await house.core.write(lambda tx: access.set_acl(tx, house.ada, shared, "bashir@mailwright.test", "lr"))
    bashir = await house.session(house.bashir)
    answer = await bashir.ask('SELECT "Other Users/ada@mailwright.test/INBOX"')
    assert b"[READ-ONLY]" in answer.tagged
    await bashir.idle()
    await house.core.write(lambda tx: access.set_acl(tx, house.ada, shared, "bashir@mailwright.test", ""))
    assert (await bashir.response()).startswith(b"* BYE ")
    with pytest.raises(EOFError):
        await bashir.response()


async def test_a_mailbox_that_is_deleted_ends_the_session(house: House) -> None:
    ada, other = await house.selected("Archive"), await house.session()
    await house.core.write(lambda tx: mailboxes.remove(tx, house.ada, "Archive"))
    answer = ada.begin("NOOP")
    assert (await ada.response()).startswith(b"* BYE ")
    assert answer
    assert (await other.ask("NOOP")).ok


async def test_close_expunges_without_a_word_and_unselect_does_not(house: House) -> None:
    await house.put(letter(1), letter(2), flags=8)
    ada = await house.selected()
    assert await ada.good("UNSELECT") == []
    assert len(house.truth()) == 2
    await ada.good("EXAMINE INBOX")
    assert await ada.good("CLOSE") == []
    assert len(house.truth()) == 2
    await ada.good("SELECT INBOX")
    assert await ada.good("CLOSE") == []
    assert house.truth() == []


async def test_uid_expunge_takes_only_what_it_names(house: House) -> None:
    await house.put(letter(1), letter(2), letter(3), flags=8)
    ada = await house.selected("INBOX", "CONDSTORE")
    answer = await ada.ask("UID EXPUNGE 2:3,9")
    assert answer.untagged == [b"* 3 EXPUNGE\r\n", b"* 2 EXPUNGE\r\n"]
    assert b"OK [HIGHESTMODSEQ %d]" % house.mailbox().mailbox.modseq in answer.tagged
    assert [uid for uid, _, _ in house.truth()] == [1]


async def test_thousands_of_changes_arrive_in_order(house: House) -> None:
    await house.put(*[letter(1)] * 3)
    ada = await house.selected()
    other = await house.selected()
    for _ in range(10):
        await other.good("UID COPY 1:* INBOX")  # doubles
    count = 3 * 2**10
    said = await ada.good("NOOP")
    assert said == [b"* %d EXISTS\r\n" % count]
    await other.good("UID STORE 1:* +FLAGS.SILENT (\\Seen)")
    said = await ada.good("NOOP")
    assert said == [b"* %d FETCH (FLAGS (\\Seen))\r\n" % number for number in range(1, count + 1)]
    await other.good("UID STORE 2:* +FLAGS.SILENT (\\Deleted)")
    await other.good("EXPUNGE")
    said = await ada.good("NOOP")
    assert said == [b"* %d EXPUNGE\r\n" % number for number in range(count, 1, -1)]
    assert [uid for uid, _, _ in house.truth()] == [1]
