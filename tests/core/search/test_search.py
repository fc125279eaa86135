"""People look for mail: what they find, in which order, and what they never see."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from mailwright.core import access, marking, retention
from mailwright.core.expunge import expunge_uids
from mailwright.core.moving import move
from mailwright.domain.clock import DAY, now
from mailwright.storage import Tx
from mailwright.storage.messages import Flag
from mailwright.storage.search.folder import SearchFolder
from tests.core.search.conftest import Desk


async def test_a_message_is_found_with_the_stretch_that_was_meant(desk: Desk) -> None:
    await desk.put("Dear Ada,\r\nthe Budget of Müller is <b>late</b>.", subject="Plans")
    await desk.put("nothing of the kind")
    await desk.index_now()
    found = await desk.ask("muller budget")
    assert [one.subject for one in found.results] == ["Plans"]
    assert found.total == 1
    assert found.exact
    assert found.complete
    one = found.results[0]
    assert one.sender == ("Eve", "eve@example.org")
    assert one.mailbox == "INBOX"
    assert [one.snippet.text[a:b] for a, b in one.snippet.marks] == ["Budget", "Müller"]
    assert "<b>late</b>" in one.snippet.text


async def test_nobody_finds_anothers_mail(desk: Desk) -> None:
    await desk.put("budget", of="ada")
    await desk.index_now()
    assert await desk.ids("budget", of="bashir") == []
    assert await desk.ids("budget OR -budget", of="bashir") == []


async def test_a_shared_mailbox_is_searched_until_the_right_is_taken_away(desk: Desk) -> None:
    message = await desk.put("budget", of="ada")
    await desk.index_now()

    def share(rights: str) -> None:
        ada = desk.account()
        desk.core.database.write_now(
            lambda tx: access.set_acl(tx, ada, access.by_name(tx, ada, "INBOX"), "bashir@mailwright.test", rights)
        )

    share("lr")
    found = await desk.ask("budget", of="bashir")
    assert [one.message_id for one in found.results] == [message]
    assert found.results[0].mailbox == "Other Users/ada@mailwright.test/INBOX"
    assert await desk.ids("budget", of="chen") == []
    share("l")  # seen, but not read
    assert await desk.ids("budget", of="bashir") == []
    share("lr")
    assert await desk.ids("budget", of="bashir") == [message]
    share("")
    assert await desk.ids("budget", of="bashir") == []


async def test_flags_and_mailboxes_are_as_they_are_now(desk: Desk) -> None:
    read = await desk.put("budget", subject="read", flags=int(Flag.SEEN))
    await desk.put("budget", subject="unread")
    await desk.put("budget", subject="junk", mailbox="Junk")
    await desk.index_now()
    assert await desk.subjects("budget is:read") == ["read"]
    assert await desk.subjects("budget is:unread in:inbox") == ["unread"]
    assert await desk.subjects("is:unread -in:junk") == ["unread"]
    assert await desk.subjects("in:Junk") == ["junk"]
    assert sorted(await desk.subjects("in:junk OR in:inbox")) == ["junk", "read", "unread"]
    assert sorted(await desk.subjects("in:junk OR is:read")) == ["junk", "read"]
    assert (await desk.ask("in:Attic budget")).problems == ("there is no mailbox Attic",)

    ada = desk.account()

    def unread(tx: Tx) -> None:
        marking.store(tx, access.by_name(tx, ada, "INBOX"), [1], mode="remove", flags=int(Flag.SEEN), keywords=())

    desk.core.database.write_now(unread)
    assert read in await desk.ids("budget is:unread")  # without a word to the index


async def test_a_message_that_moved_is_found_where_it_is(desk: Desk) -> None:
    await desk.put("budget")
    await desk.index_now()
    ada = desk.account()
    desk.core.database.write_now(
        lambda tx: move(tx, desk.core, access.by_name(tx, ada, "INBOX"), access.by_name(tx, ada, "Archive"), [1])
    )
    assert [one.mailbox for one in (await desk.ask("budget in:archive")).results] == ["Archive"]
    assert await desk.ids("budget in:inbox") == []


async def test_what_is_expunged_or_redacted_is_gone_from_the_index(desk: Desk) -> None:
    await desk.put("secret one", flags=int(Flag.DELETED))
    redacted = await desk.put("secret two", subject="kept header")
    await desk.index_now()
    assert len(await desk.ids("secret")) == 2
    ada = desk.account()
    desk.core.database.write_now(lambda tx: expunge_uids(tx, access.by_name(tx, ada, "INBOX")))
    assert await desk.ids("secret") == [redacted]  # the row is gone before the index hears of it
    await retention.redact(desk.core, redacted)
    await desk.index_now()
    assert await desk.ids("secret") == []
    assert await desk.ids("kept header") == [redacted]
    assert desk.index.count() == 1


async def test_recent_mail_and_the_ends_of_a_thread_come_first(desk: Desk) -> None:
    old = await desk.put("budget", subject="old", date=now() - 1_000 * DAY)
    new = await desk.put("budget", subject="new", date=now() - DAY)
    await desk.index_now()
    assert await desk.ids("budget") == [new, old]
    reply = "Message-ID: <{0}@example.org>\r\nIn-Reply-To: <{1}@example.org>\r\n"
    first = await desk.put("topic x", extra="Message-ID: <a@example.org>\r\n", date=now() - 9 * DAY)
    middle = await desk.put("topic y", extra=reply.format("b", "a"), date=now() - 8 * DAY)
    last = await desk.put("topic z", extra=reply.format("c", "b"), date=now() - 7 * DAY)
    alone = await desk.put("topic w", date=now() - 8 * DAY)
    await desk.index_now()
    found = await desk.ask("topic")
    assert [one.in_thread for one in found.results] == [3, 3, 3, 1]
    order = [one.message_id for one in found.results]
    assert order == [last, first, middle, alone]


async def test_a_word_of_every_message_finds_the_latest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.core.search.LOOKED_AT", 3)
    for age in range(10):
        await desk.put("hello " * (age + 1), subject=f"{age}", date=now() - age * 300 * DAY)
    await desk.index_now()
    found = await desk.ask("hello body:hello", limit=3)
    assert "0" in [one.subject for one in found.results]
    assert found.total >= 9
    assert (await desk.subjects("hello", order="newest", limit=3)) == ["0", "1", "2"]


async def test_pages_follow_each_other(desk: Desk) -> None:
    for number in range(7):
        await desk.put("budget", subject=f"{number}", date=now() - number * DAY)
    await desk.index_now()
    seen: list[str] = []
    cursor = None
    while True:
        page = await desk.ask("budget", limit=3, cursor=cursor)
        seen += [one.subject for one in page.results]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [str(number) for number in range(7)]
    assert len((await desk.ask("budget", limit=3, cursor="garbage!")).results) == 3


async def test_few_readable_hits_among_many_are_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.core.search.LOOKED_AT", 2)
    wanted = await desk.put("budget", date=now() - 500 * DAY, mailbox="Archive")
    for _ in range(12):
        await desk.put("budget budget")
    await desk.index_now()
    assert await desk.ids("budget in:archive", limit=1) == [wanted]


async def test_without_an_index_the_headers_of_the_newest_are_looked_through(desk: Desk) -> None:
    await desk.put("hidden words " + "far down " * 100 + "zebra", subject="Budget für Müller")
    shutil.rmtree(desk.index._root)
    found = await desk.ask("muller budg*")
    assert [one.subject for one in found.results] == ["Budget für Müller"]
    assert not found.complete
    assert await desk.ids("zebra") == []
    assert await desk.ids("from:eve after:2020 smaller:1M is:unread in:inbox") != []
    assert await desk.ids("budget", of="bashir") == []


async def test_nothing_typed_finds_nothing_and_breaks_nothing(desk: Desk) -> None:
    await desk.put("budget")
    await desk.index_now()
    for text in ("", '"', "-", "OR", "\x00", "*", "after:never", "." * 5_000):
        await desk.ask(text)
    assert (await desk.ask("")).results == ()


async def test_a_spoilt_index_is_an_honest_answer(desk: Desk, tmp_path: Path) -> None:
    await desk.put("budget", subject="Budget")
    await desk.index_now()
    desk.index.close()
    folder = tmp_path / "search" / (tmp_path / "search" / "current").read_text()
    for file in folder.glob("*.store"):
        file.unlink()
    (folder / "meta.json").write_text("{")
    desk.index = SearchFolder(tmp_path / "search")
    found = await desk.ask("budget")
    assert [one.subject for one in found.results] == ["Budget"]
    assert not found.complete


async def test_many_searches_at_once(desk: Desk) -> None:
    for number in range(20):
        await desk.put(f"budget {number}")
    await desk.index_now()
    answers = await asyncio.gather(*[desk.ids(f"budget {number}") for number in range(20)])
    assert all(len(ids) == 1 for ids in answers)
