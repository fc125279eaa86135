"""Looking at a Gmail account: whatever happens to pushes, to history and to our own process, every mail is one row and one workflow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.agents.assistant import looking
from mailwright.connectors.gmail import Gmail
from mailwright.connectors.google import Tokens
from mailwright.core import assistants, connections
from mailwright.core import triage as triaging
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.events import GMAIL_PUSHED, Event
from mailwright.domain.gmail import LABELS, Fetched
from mailwright.domain.refusals import TryLater
from mailwright.domain.triage import Category, ConnectionState
from mailwright.storage import Database, accounts, events, triage
from mailwright.storage.audit import SYSTEM
from tests.agents.assistant.elsewhere import ADDRESS, Watched, at, watched
from tests.servers.gmail import error


@pytest.fixture
async def ada(sqlite_template: Path) -> AsyncIterator[Watched]:
    async with watched(sqlite_template) as made:
        yield made


def due_of_others(ada: Watched) -> set[str]:
    """What lies in the inbox and is not its owner's."""
    return {each.id for each in ada.box.messages.values() if "INBOX" in each.labels and "SENT" not in each.labels}


def assert_nothing_is_lost(ada: Watched) -> None:
    items = ada.items()
    assert due_of_others(ada) <= set(items)
    assert set(ada.handed) == {f"assistant:{item.id}:1" for item in items.values()}


# --- mail that comes -----------------------------------------------------------------------------------------------------


async def test_a_mail_that_a_push_tells_of_becomes_a_row_and_a_workflow(ada: Watched) -> None:
    message = ada.box.receive(subject="Lunch", sender="Bashir <bashir@example.org>", header_id="<lunch@example.org>")
    await ada.deliver_all()
    await ada.hear()
    [item] = ada.items().values()
    assert (item.remote_id, item.remote_thread, item.header_id) == (
        message.id,
        message.thread_id,
        "<lunch@example.org>",
    )
    assert (item.sender, item.sender_name, item.subject) == ("bashir@example.org", "Bashir", "Lunch")
    assert (item.category, item.connection_id, item.user_id) == ("", ada.connection_id, ada.user_id)
    assert item.received_at // 1000 == message.received_ms
    assert ada.handed == {f"assistant:{item.id}:1": 1}
    assert ada.connection().cursor == str(ada.box.history_id)
    assert ada.health() == ("connected", "the service tells of new mail at once")


async def test_what_lay_there_before_is_its_owners(sqlite_template: Path) -> None:
    async with watched(sqlite_template, first_look=False) as ada:
        for message in (ada.box.receive(subject="Old"), ada.box.receive(subject="Older")):
            message.received_ms -= 10 * 60_000
        new = ada.box.receive(subject="Between connecting and looking")
        await ada.hear()
        assert set(ada.items()) == {new.id}
        assert ada.google.watched[ADDRESS] * 1000 == ada.connection().watch_expires_at


async def test_only_mail_of_others_in_the_inbox_counts(ada: Watched) -> None:
    ada.box.wrote(subject="Mine")
    ada.box.insert(ada.box.messages[next(iter(ada.box.messages))].raw, ("SENT", "INBOX"))  # to oneself
    ada.box.receive(labels=("SPAM",))
    ada.box.receive(labels=("CATEGORY_PROMOTIONS",))  # a filter of the owner's archived it
    ada.box.add_draft(b"From: ada@gmail.example\r\nSubject: draft\r\n\r\nHello\r\n", None)
    trashed = ada.box.receive()
    ada.box.relabel(trashed.id, add=["TRASH"], remove=["INBOX"])
    gone = ada.box.receive()
    ada.box.remove(gone.id)
    await ada.deliver_all()
    await ada.hear()
    assert ada.items() == {}


async def test_what_comes_back_into_the_inbox_counts_unless_it_is_from_before(ada: Watched) -> None:
    rescued, old = ada.box.receive(labels=("SPAM",)), ada.box.receive(labels=("UNREAD",))
    old.received_ms -= 10 * 60_000
    await ada.poll()
    assert ada.items() == {}
    for each in (rescued, old):
        ada.box.relabel(each.id, add=["INBOX"], remove=["SPAM"])
    await ada.poll()
    assert set(ada.items()) == {rescued.id}


async def test_a_mail_without_a_sender_a_subject_or_any_field_is_a_mail(ada: Watched) -> None:
    ada.box.receive(b"\r\n\r\nhello", passed=False)
    ada.box.receive(b"From: \xff\xfe\x00\r\nSubject: \x00=?utf-8?q?=ED=A0=80?=\r\n\r\n", passed=False)
    ada.box.receive(b"", passed=False)
    await ada.poll()
    assert len(ada.items()) == 3
    assert_nothing_is_lost(ada)


async def test_a_mail_of_a_vip_goes_first(ada: Watched) -> None:
    def add(tx):  # type: ignore[no-untyped-def]
        triaging.add_vip(tx, ada.user_id, "chen@example.org", by=SYSTEM)

    await ada.core.write(add)
    ada.box.receive(sender="Chen <Chen@Example.org>")
    await ada.poll()
    ada.box.receive(sender="Chen <Chen@Example.org>", passed=False, subject="In Chen's name")
    await ada.poll()
    assert {item.subject: item.vip for item in ada.items().values()} == {"Lunch": True, "In Chen's name": False}


# --- pushes --------------------------------------------------------------------------------------------------------------


async def test_many_pushes_of_an_account_are_one_look(ada: Watched) -> None:
    for _ in range(20):
        ada.box.receive()
    await ada.deliver_all()
    ada.opened = 0
    await ada.hear()
    assert (ada.opened, len(ada.items())) == (1, 20)


async def test_pushes_that_come_while_a_look_is_queued_ask_for_no_other_and_are_read_by_it(ada: Watched) -> None:
    handle = looking.on_pushes(ada.core, ada.flows)
    for number in range(3):
        ada.box.receive()
        push = ada.google.pushes[-1]
        payload = {"connection_id": ada.connection_id, "history_id": str(push.history_id)}
        await handle([Event(number, GMAIL_PUSHED, ada.connection_id, payload, "", clock.now())])
    assert len(ada.handing.waiting) == 1
    await ada.work()
    assert_nothing_is_lost(ada)
    assert len(ada.items()) == 3
    ada.box.receive()
    await ada.deliver_all()
    await ada.hear()  # once it has begun, the next one is asked for
    assert len(ada.items()) == 4


async def test_a_push_that_comes_again_while_its_look_runs_holds_up_no_later_one(ada: Watched) -> None:
    handle = looking.on_pushes(ada.core, ada.flows)
    before = ada.connection().cursor
    ada.box.receive()
    push = ada.google.pushes[-1]
    payload = {"connection_id": ada.connection_id, "history_id": str(push.history_id)}
    told = [Event(number, GMAIL_PUSHED, ada.connection_id, payload, "", clock.now()) for number in (1, 2)]
    await handle(told[:1])
    await ada.work()
    after = ada.connection().cursor
    ada.change(cursor=before)  # the look has begun, and has not said yet how far it read
    await handle(told[1:])
    ada.change(cursor=after)
    await ada.work()
    assert len(ada.items()) == 1
    ada.box.receive()
    await ada.deliver_all()
    await ada.hear()
    assert len(ada.items()) == 2


async def test_a_push_of_what_was_read_asks_gmail_nothing(ada: Watched) -> None:
    ada.box.receive()
    push = ada.google.pushes[-1]
    await ada.poll()
    ada.opened = 0
    connection = ada.connection()
    await ada.core.write(
        lambda tx: events.append(
            tx, GMAIL_PUSHED, connection.id, {"connection_id": connection.id, "history_id": str(push.history_id)}
        )
    )
    await ada.hear()
    await looking.look(connection.id, str(push.history_id))
    assert ada.opened == 0


async def test_a_push_that_overtakes_the_history_is_looked_for_again_soon(ada: Watched) -> None:
    await ada.deliver(ada.google.make_push(ADDRESS, ada.box.history_id + 100))
    await ada.hear()
    assert ada.connection().next_look_at < clock.now() + 15 * SECOND
    ada.box.receive()
    await ada.poll()
    assert_nothing_is_lost(ada)
    assert ada.connection().next_look_at > clock.now() + MINUTE


async def test_two_looks_at_once_find_the_same_and_write_it_once(ada: Watched) -> None:
    for _ in range(5):
        ada.box.receive()
    upto = str(ada.box.history_id)
    await asyncio.gather(*(looking.look(ada.connection_id, upto) for _ in range(10)))
    assert_nothing_is_lost(ada)
    assert set(ada.handed.values()) == {1}


async def test_two_processes_that_look_at_once_write_it_once(any_database: Database, tmp_path: Path) -> None:
    async with at(any_database, tmp_path, apart=any_database.dialect == "sqlite") as ada:
        await ada.hear()
        for _ in range(5):
            ada.box.receive()
        upto = str(ada.box.history_id)

        async def another_process() -> None:
            looking._one_at_a_time.clear()
            looking._waiting.clear()
            await looking.look(ada.connection_id, upto)

        await asyncio.gather(*(another_process() for _ in range(4)))
        assert len(ada.items()) == 5
        assert_nothing_is_lost(ada)
        assert ada.connection().cursor == upto


async def test_a_dead_push_is_noticed_and_said_and_a_living_one_too(ada: Watched) -> None:
    await ada.deliver(ada.google.make_push(ADDRESS, ada.box.history_id))
    long_ago = clock.now() - 2 * HOUR
    ada.change(watched_at=long_ago, pushed_at=long_ago)
    message = ada.box.receive()
    message.received_ms -= 5 * 60_000
    ada.google.pushes.clear()  # lost
    await ada.poll()
    assert len(ada.items()) == 1
    assert ada.health() == ("delayed", f"{looking.DEAD}: it is looked at every few minutes")
    await ada.poll()
    assert ada.health()[0] == "delayed"  # nothing has shown the contrary
    ada.box.receive()
    await ada.deliver_all()
    await ada.hear()
    assert ada.health() == ("connected", "the service tells of new mail at once")


async def test_mail_that_came_this_moment_does_not_make_pushes_dead(ada: Watched) -> None:
    ada.change(watched_at=clock.now() - 2 * HOUR, pushed_at=clock.now() - HOUR)
    ada.box.receive()
    await ada.poll()
    assert ada.health()[0] == "connected"


async def test_a_dead_push_is_noticed_also_when_its_mail_was_found_at_once(ada: Watched) -> None:
    ada.change(watched_at=clock.now() - 2 * HOUR, pushed_at=clock.now() - HOUR)
    ada.box.receive()
    ada.google.pushes.clear()  # lost
    await ada.poll()
    assert ada.health()[0] == "connected"  # it may be on its way
    [item] = ada.items().values()

    def minutes_pass(tx):  # type: ignore[no-untyped-def]
        tx.execute("UPDATE triage SET received_at = ?", (item.received_at - 5 * MINUTE,))

    await ada.core.write(minutes_pass)
    await ada.poll()
    assert ada.health() == ("delayed", f"{looking.DEAD}: it is looked at every few minutes")


async def test_what_came_while_the_account_was_paused_does_not_make_pushes_dead(ada: Watched) -> None:
    ada.change(watched_at=clock.now() - 2 * HOUR, pushed_at=clock.now() - HOUR, enabled=False)
    message = ada.box.receive()
    message.received_ms -= 5 * 60_000
    await ada.deliver_all()
    ada.change(enabled=True)
    await ada.poll()
    assert len(ada.items()) == 1
    assert ada.health()[0] == "connected"


# --- history that is gone ------------------------------------------------------------------------------------------------


async def test_history_that_is_gone_is_made_good_by_a_look_through_the_newest(ada: Watched) -> None:
    known = ada.box.receive(subject="Known")
    await ada.poll()
    new = ada.box.receive(subject="New")
    old = ada.box.receive(subject="From before")
    old.received_ms -= 10 * 60_000
    ada.box.wrote(subject="Mine")
    ada.box.forget_history()
    await ada.poll()
    assert set(ada.items()) == {known.id, new.id}
    assert len(ada.handed) == 2
    assert ada.connection().cursor == str(ada.box.history_id)


async def test_the_look_through_the_newest_has_an_end(ada: Watched) -> None:
    ada.full = 3
    messages = [ada.box.receive() for _ in range(5)]
    ada.box.forget_history()
    await ada.poll()
    assert set(ada.items()) == {each.id for each in messages[-3:]}


# --- what goes wrong -----------------------------------------------------------------------------------------------------


async def test_a_look_that_fails_waits_longer_each_time_and_pushes_do_not_hurry_it(ada: Watched) -> None:
    ada.box.receive()
    waits = []
    for _ in range(3):
        ada.google.refuse.append(error(503, "The service is currently unavailable.", "backendError", "UNAVAILABLE"))
        await ada.poll()
        waits.append(ada.connection().next_look_at - clock.now())
    assert waits == sorted(waits)
    assert ada.connection().failures == 3
    assert ada.health()[0] == "broken"
    ada.opened = 0
    await ada.deliver_all()
    await ada.hear()
    assert ada.opened == 0
    await ada.poll()
    assert_nothing_is_lost(ada)
    assert (ada.connection().failures, ada.health()[0]) == (0, "connected")


async def test_a_mail_that_cannot_be_read_holds_up_no_other_and_is_not_given_up(
    ada: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, *good = (ada.box.receive() for _ in range(3))
    message = Gmail.message

    async def refused(self: Gmail, message_id: str, *, raw: bool = True) -> Fetched:
        if message_id == bad.id:
            raise TryLater("Gmail does not answer as it should; it is tried again")
        return await message(self, message_id, raw=raw)

    monkeypatch.setattr(Gmail, "message", refused)
    before = ada.connection().cursor
    await ada.poll()
    assert set(ada.items()) == {each.id for each in good}
    assert len(ada.handed) == 2
    assert (ada.connection().cursor, ada.health()[0]) == (before, "delayed")
    late = ada.box.receive()
    await ada.poll()
    assert late.id in ada.items()
    monkeypatch.undo()
    await ada.poll()
    assert_nothing_is_lost(ada)
    assert (len(ada.items()), ada.connection().failures) == (4, 0)


async def test_who_lets_us_in_no_more_is_asked_to_sign_in_and_left_alone(ada: Watched) -> None:
    ada.google.revoke(ADDRESS)
    await ada.poll()
    assert ada.health()[0] == "revoked"
    ada.opened = 0
    await ada.deliver(ada.google.make_push(ADDRESS, 10**6))
    await ada.hear()
    await ada.poll()
    assert ada.opened == 0


async def test_what_breaks_in_a_look_is_no_dead_letter_and_says_nothing_of_a_mail(
    ada: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Dear Ada, the password is 1234")

    monkeypatch.setattr(looking, "item_of", broken)
    ada.box.receive()
    await ada.poll()
    connection = ada.connection()
    assert (connection.failures, "1234" in connection.because) == (1, False)
    monkeypatch.undo()
    await ada.poll()
    assert_nothing_is_lost(ada)


async def test_nothing_is_read_while_the_assistant_is_off_and_all_of_it_when_it_is_on_again(ada: Watched) -> None:
    account = await ada.core.read(lambda tx: accounts.by_id(tx, ada.user_id))
    assert account is not None
    await ada.core.write(lambda tx: assistants.switch_off(tx, ada.core, account, by=SYSTEM))
    ada.box.receive()
    ada.opened = 0
    await ada.deliver_all()
    await ada.hear()
    await ada.poll()
    assert (ada.opened, ada.items()) == (0, {})
    assert ada.connection().next_look_at > clock.now()  # it does not stand before others
    await ada.core.write(lambda tx: assistants.switch_on(tx, ada.core, account, by=SYSTEM))
    await ada.poll()
    assert_nothing_is_lost(ada)


async def test_an_account_that_is_taken_away_in_mid_look_leaves_nothing(
    ada: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.box.receive()
    account = await ada.core.read(lambda tx: accounts.by_id(tx, ada.user_id))
    assert account is not None
    take = looking._take

    async def taken_away(*arguments: object) -> object:
        await ada.core.write(lambda tx: connections.disconnect(tx, ada.core, account, ada.connection_id))
        return await take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(looking, "_take", taken_away)
    await ada.poll()
    assert ada.items() == {}
    assert not ada.handed


async def test_the_clock_asks_for_each_account_when_its_time_has_come_and_not_before(ada: Watched) -> None:
    before = len(ada.handing.known)
    assert await looking.look_at_due("now") == 0
    ada.change(next_look_at=clock.now() - SECOND)
    assert await looking.look_at_due("now") == 1
    assert await looking.look_at_due("now") == 1
    assert len(ada.handing.known) == before + 1  # the same minute is the same look
    ada.change(enabled=False)
    assert await looking.look_at_due("then") == 0


async def test_somebody_who_asks_is_looked_after_at_once_each_time(ada: Watched) -> None:
    account = await ada.core.read(lambda tx: accounts.by_id(tx, ada.user_id))
    for _ in range(2):
        ada.box.receive()
        ada.google.pushes.clear()
        await ada.core.write(lambda tx: connections.look_soon(tx, account, ada.connection_id))
        await ada.hear()
        assert_nothing_is_lost(ada)


# --- watches -------------------------------------------------------------------------------------------------------------


async def renewed(ada: Watched, name: str) -> int:
    """The watches that a round asks for, which are then asked for."""
    from mailwright.agents.assistant import watching

    before = set(ada.handing.known)
    count = await watching.renew_ending(name)
    for each in ada.handing.known - before:
        await watching.watch(each.split(":")[1])
    return count


async def test_a_watch_is_renewed_before_it_ends_and_after_six_days(ada: Watched) -> None:
    now = clock.now()
    assert (ada.connection().watch_expires_at or 0) > now + 6 * DAY
    assert await renewed(ada, "fresh") == 0
    ada.change(watch_expires_at=now + 23 * HOUR)
    assert await renewed(ada, "ending") == 1
    assert (ada.connection().watch_expires_at or 0) > now + 6 * DAY
    ada.change(watched_at=now - 6 * DAY - HOUR)
    assert await renewed(ada, "old") == 1
    assert (ada.connection().watched_at or 0) >= now
    ada.change(watch_expires_at=None, watched_at=None)
    assert ada.health()[0] == "delayed"
    assert await renewed(ada, "missing") == 1
    ada.change(enabled=False, watch_expires_at=None)
    assert await renewed(ada, "paused") == 0


async def test_an_account_that_is_connected_anew_goes_on_where_it_was_and_is_watched_again(ada: Watched) -> None:
    account = await ada.core.read(lambda tx: accounts.by_id(tx, ada.user_id))
    assert account is not None
    ada.google.revoke(ADDRESS)
    await ada.poll()
    ada.box.receive()
    given = ada.google.sign_in(ADDRESS)
    tokens = Tokens(given["access_token"], given["refresh_token"], clock.now() + HOUR, "")
    await ada.core.write(
        lambda tx: connections.add_gmail(tx, ada.core, account, address=ADDRESS, tokens_json=tokens.as_json())
    )
    await ada.hear()
    assert_nothing_is_lost(ada)
    assert len(ada.items()) == 1
    assert (ada.connection().watch_expires_at or 0) > clock.now() + 6 * DAY


async def test_a_watch_that_cannot_be_had_costs_no_mail_and_is_said(sqlite_template: Path) -> None:
    async with watched(sqlite_template, topic="projects/else/topics/where") as ada:
        ada.box.receive()
        await ada.poll()
        assert_nothing_is_lost(ada)
        assert ada.connection().watch_expires_at is None
        assert ada.health()[0] == "delayed"
        assert await renewed(ada, "again") == 1


async def test_who_lets_us_in_no_more_has_no_watch(ada: Watched) -> None:
    ada.google.revoke(ADDRESS)
    ada.change(watch_expires_at=None)
    await renewed(ada, "revoked")
    assert ada.connection().state == ConnectionState.REVOKED


async def test_without_a_topic_nobody_is_asked_to_tell(sqlite_template: Path) -> None:
    async with watched(sqlite_template, topic=None) as ada:
        assert await renewed(ada, "none") == 0
        assert ada.google.watched == {}
        ada.box.receive()
        await ada.poll()
        assert_nothing_is_lost(ada)


# --- what the owner does with a mail -------------------------------------------------------------------------------------


async def judged(ada: Watched, category: Category) -> str:
    """A mail that was found to be that, and carries its label; its id there."""
    message = ada.box.receive()
    await ada.poll()
    item = ada.items()[message.id]

    def judge(tx):  # type: ignore[no-untyped-def]
        triaging.judged(
            tx,
            item.id,
            category=category,
            confidence=0.9,
            because="it looks like it",
            decided_by="rules",
            mail_kind="person",
            proven=True,
        )
        triage.update(tx, item.id, now=clock.now(), shown=category.value)

    await ada.core.write(judge)
    ada.box.relabel(message.id, add=[label(ada, category)])
    return message.id


def label(ada: Watched, category: Category) -> str:
    found = next((label_id for label_id, name in ada.box.labels.items() if name == LABELS[category]), None)
    return found or ada.box.add_label(LABELS[category])


async def test_our_own_labels_correct_nothing_and_cost_no_call(ada: Watched) -> None:
    message_id = await judged(ada, Category.NEEDS_REPLY)
    ada.box.read(message_id)
    ada.google.asked.clear()
    await ada.poll()
    assert ada.items()[message_id].category == "needs_reply"
    assert not [each for each in ada.google.asked if each.path.startswith("messages/")]


async def test_another_label_of_ours_is_a_correction(ada: Watched) -> None:
    message_id = await judged(ada, Category.NEEDS_REPLY)
    await ada.poll()
    ada.box.relabel(message_id, add=[label(ada, Category.INFORMATIONAL)], remove=[label(ada, Category.NEEDS_REPLY)])
    await ada.poll()
    item = ada.items()[message_id]
    assert (item.category, item.decided_by, item.because) == (
        "informational",
        "owner",
        "you changed its label in Gmail",
    )
    assert item.shown == "informational"  # set again, it could undo what the owner says next


async def test_a_label_put_beside_ours_is_a_correction_and_ours_is_still_to_be_taken_off(ada: Watched) -> None:
    message_id = await judged(ada, Category.NEEDS_REPLY)
    await ada.poll()
    ada.box.relabel(message_id, add=[label(ada, Category.INFORMATIONAL)])
    await ada.poll()
    item = ada.items()[message_id]
    assert (item.category, item.shown) == ("informational", "needs_reply")


async def test_reporting_spam_is_a_correction_and_so_is_taking_it_back(ada: Watched) -> None:
    message_id = await judged(ada, Category.NEEDS_REPLY)
    ada.box.relabel(message_id, add=["SPAM"], remove=["INBOX"])
    await ada.poll()
    assert ada.items()[message_id].category == "spam"
    ada.box.relabel(message_id, add=["INBOX"], remove=["SPAM"])
    await ada.poll()
    assert ada.items()[message_id].category == "needs_reply"


async def test_taking_a_label_off_is_no_correction_except_of_spam(ada: Watched) -> None:
    done, rescued = await judged(ada, Category.NEEDS_REPLY), await judged(ada, Category.SPAM)
    for message_id, category in ((done, Category.NEEDS_REPLY), (rescued, Category.SPAM)):
        ada.box.relabel(message_id, remove=[label(ada, category)])
    await ada.poll()
    assert (ada.items()[done].category, ada.items()[done].shown) == ("needs_reply", "")
    assert ada.items()[rescued].category == "informational"


async def test_what_the_owner_said_here_since_the_last_look_stands(ada: Watched) -> None:
    message_id = await judged(ada, Category.NEEDS_REPLY)
    ada.box.relabel(message_id, add=["SPAM"], remove=["INBOX"])
    item = ada.items()[message_id]
    await ada.core.write(
        lambda tx: triaging.correct(tx, ada.core, user_id=ada.user_id, item_id=item.id, category="informational")
    )
    await ada.poll()
    assert ada.items()[message_id].category == "informational"


async def test_a_mail_deleted_for_good_is_forgotten(ada: Watched) -> None:
    message_id = await judged(ada, Category.SPAM)
    ada.box.remove(message_id)
    await ada.poll()
    assert ada.items() == {}


# --- whatever happens ----------------------------------------------------------------------------------------------------

HAPPENINGS = st.one_of(
    st.just(("receive",)),
    st.just(("receive",)),
    st.just(("wrote",)),
    st.just(("spam",)),
    st.tuples(st.sampled_from(["archive", "unarchive", "read", "report", "rescue"]), st.integers(0, 20)),
    st.tuples(st.sampled_from(["deliver", "lose", "repeat"]), st.integers(0, 20)),
    st.just(("hear",)),
    st.just(("poll",)),
    st.just(("forget",)),
    st.just(("fail",)),
    # It dies at that step of the next work, in which there is something to do.
    st.tuples(st.sampled_from(["die hearing", "die polling"]), st.sampled_from(range(20))),
)


async def happen(ada: Watched, what: str, which: int) -> None:
    messages, waiting = list(ada.box.messages.values()), ada.google.pushes
    changes = {
        "archive": ((), ("INBOX",)),
        "unarchive": (("INBOX",), ("SPAM",)),
        "read": ((), ("UNREAD",)),
        "report": (("SPAM",), ("INBOX",)),
        "rescue": (("INBOX",), ("SPAM",)),
    }
    if what == "receive":
        ada.box.receive()
    elif what == "wrote":
        ada.box.wrote()
    elif what == "spam":
        ada.box.receive(labels=("SPAM",))
    elif what in changes and messages:
        add, remove = changes[what]
        message = messages[which % len(messages)]
        if "SENT" not in message.labels:
            ada.box.relabel(message.id, add=add, remove=remove)
    elif what in ("deliver", "repeat") and waiting:  # which one is anybody's guess: the order is lost
        push = waiting[which % len(waiting)]
        await ada.deliver(push)
        if what == "deliver":
            waiting.remove(push)
    elif what == "lose" and waiting:
        waiting.pop(which % len(waiting))
    elif what == "hear":
        await ada.hear()
    elif what == "poll":
        await ada.poll()
    elif what == "forget":
        ada.box.forget_history()
    elif what == "fail":
        ada.google.refuse.append(error(503, "The service is currently unavailable.", "backendError", "UNAVAILABLE"))
    elif what == "die hearing":
        ada.box.receive()
        await ada.deliver_all()
        ada.mortal.left = which
        await ada.hear()
    elif what == "die polling":
        ada.box.receive()
        ada.mortal.left = which
        await ada.poll()


@pytest.mark.slow
@given(happenings=st.lists(HAPPENINGS, min_size=5, max_size=40), apart=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_every_mail_is_one_row_and_one_workflow(
    sqlite_template: Path, happenings: list[tuple[str, int] | tuple[str]], apart: bool
) -> None:
    async def run() -> None:
        async with watched(sqlite_template, apart=apart) as ada:
            for what, *which in happenings:
                await happen(ada, what, *(which or [0]))  # type: ignore[arg-type]
                ada.mortal.left = None
            ada.google.refuse.clear()
            await ada.poll()
            assert_nothing_is_lost(ada)
            items = ada.items()
            # Nothing of the owner's, and nothing twice.
            assert not [each for each in items if "SENT" in ada.box.messages[each].labels]
            assert len({item.id for item in items.values()}) == len(items)
            before = dict(ada.handed)
            await ada.poll()
            await ada.deliver_all()
            await ada.hear()
            assert (dict(ada.handed), ada.items()) == (before, items)  # and then nothing happens any more

    asyncio.run(run())
