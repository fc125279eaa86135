"""The event source over real sockets (RFC 8620 §7.3): nothing lost, nobody else's, and it ends when it has to."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from mailwright.core import Core, accept, accounts, announcing, apppasswords, mailboxes, sessions
from mailwright.domain.envelope import Verdict
from mailwright.domain.refusals import TryLater
from mailwright.protocols import streams
from mailwright.protocols.api import connection
from mailwright.protocols.jmap import events, feed
from mailwright.storage import accounts as account_rows
from tests.core.conftest import envelope
from tests.protocols.jmap.conftest import Client, letter, share
from tests.protocols.jmap.live import Live


@pytest.fixture
async def live(core: Core) -> AsyncIterator[Live]:
    made = Live(core)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def live_on_any(any_core: Core) -> AsyncIterator[Live]:
    made = Live(any_core)
    await made.start()
    yield made
    await made.stop()


async def test_new_mail_is_told_with_the_states_that_get_answers(live_on_any: Live, any_ada: Client) -> None:
    async with live_on_any.events(live_on_any.program("ada")) as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        await stream.opened()
        await any_ada.file(letter())
        assert await stream.next() is not None
        state = await any_ada.state()
        assert stream.last_id == state
        mailbox_id = await any_ada.mailbox("Work")
        name, data = await stream.next() or ("", {})
        assert name == "state"
        state = await any_ada.state()
        assert data["@type"] == "StateChange"
        assert set(data["changed"]) == {any_ada.id}
        assert data["changed"][any_ada.id]["Mailbox"] == state
        assert "EmailDelivery" not in data["changed"][any_ada.id]
        assert mailbox_id


async def test_a_delivery_is_told_as_one_and_what_one_files_oneself_is_not(live: Live, ada: Client) -> None:
    async with live.events(live.program("ada"), types="EmailDelivery") as stream:
        await stream.opened()
        await ada.mailbox("Work")
        with pytest.raises(TimeoutError):
            await stream.next(0.8)
    async with live.events(live.program("ada"), types="EmailDelivery,Thread") as stream:
        await stream.opened()
        await ada.file(letter())
        _, data = await stream.next() or ("", {})
        assert set(data["changed"][ada.id]) == {"EmailDelivery", "Thread"}


@pytest.mark.parametrize("kind", announcing.KINDS)
async def test_what_is_no_mail_is_told_too(live: Live, ada: Client, kind: str) -> None:
    def change(tx: object) -> None:
        account_rows.next_modseq(tx, ada.id)  # type: ignore[arg-type]
        announcing.account_changed(tx, ada.id, kind)  # type: ignore[arg-type]

    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        await live.core.write(change)
        _, data = await stream.next() or ("", {})
        assert data["changed"] == {ada.id: {kind: await ada.state()}}


async def test_who_comes_back_with_the_last_id_is_told_what_changed_meanwhile(live: Live, ada: Client) -> None:
    headers = live.program("ada")
    async with live.events(headers) as stream:
        last = await stream.opened()
    async with live.events({**headers, "Last-Event-ID": last}) as stream:
        await stream.opened()
        with pytest.raises(TimeoutError):
            await stream.next(0.5)
    await ada.mailbox("Work")
    for told in (last, "", "what nobody gave out", "99999999"):
        async with live.events({**headers, **({"Last-Event-ID": told} if told else {})}) as stream:
            if told:
                _, data = await stream.next() or ("", {})
                assert data["changed"][ada.id]["Mailbox"] == await ada.state()
                assert ("EmailDelivery" in data["changed"][ada.id]) == (told == "99999999")
            else:
                await stream.opened()
                with pytest.raises(TimeoutError):
                    await stream.next(0.5)


async def test_a_resumption_tells_of_mail_that_was_delivered_meanwhile(live: Live, core: Core, ada: Client) -> None:
    headers = live.program("ada")
    async with live.events(headers) as stream:
        last = await stream.opened()
    await accept.accept(core, envelope("ada@mailwright.test"), letter(), Verdict())
    async with live.events({**headers, "Last-Event-ID": last}) as stream:
        _, data = await stream.next() or ("", {})
        assert data["changed"][ada.id]["EmailDelivery"] == await ada.state()


async def test_a_burst_is_a_few_events_and_the_last_state_is_among_them(live: Live, ada: Client) -> None:
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        began = time.monotonic()
        for number in range(100):
            await ada.file(letter(message_id=f"<{number}@example.org>"))
        state, heard = await ada.state(), 0
        while stream.last_id != state:
            assert await stream.next() is not None
            heard += 1
        assert heard <= (time.monotonic() - began) / feed.GAP_SECONDS + 2


async def test_with_closeafter_state_it_ends_after_the_first(live: Live, ada: Client) -> None:
    async with live.events(live.program("ada"), closeafter="state") as stream:
        await stream.opened()
        await ada.file(letter())
        assert await stream.next() is not None
        assert await stream.next() is None


async def test_pings_come_when_nothing_else_does_and_have_no_id(
    live: Live, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PING_SECONDS", (1, 900))
    async with live.events(live.program("ada"), ping="1") as stream:
        first = await stream.opened()
        began = time.monotonic()
        assert await stream.next() == ("ping", {"interval": 1})
        assert await stream.next() == ("ping", {"interval": 1})
        assert time.monotonic() - began > 1.8
        assert stream.last_id == first


def test_a_ping_interval_is_kept_within_what_the_standard_allows() -> None:
    assert (events._ping("0"), events._ping("1"), events._ping("300"), events._ping("99999")) == (None, 5, 300, 900)


async def test_somebody_elses_mail_is_not_told(live: Live, ada: Client, bashir: Client) -> None:
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        await bashir.file(letter())
        with pytest.raises(TimeoutError):
            await stream.next(0.8)


async def test_of_a_shared_account_one_is_told_what_happens_where_one_may_look(
    live: Live, core: Core, ada: Client, bashir: Client
) -> None:
    share(core, bashir, "ada@mailwright.test", "lr", "INBOX")
    async with live.events(live.program("ada")) as stream:
        first = await stream.opened()
        assert "-" in first
        await bashir.file(letter(), role="archive")  # not shared
        with pytest.raises(TimeoutError):
            await stream.next(0.8)
        await bashir.file(letter())
        _, data = await stream.next() or ("", {})
        assert set(data["changed"]) == {bashir.id}
        got = await ada.call("Mailbox/get", accountId=bashir.id, ids=[])
        assert data["changed"][bashir.id] == dict.fromkeys(
            ("Email", "EmailDelivery", "Mailbox", "Thread"), got["state"]
        )


async def test_a_new_share_is_told_and_listened_to_and_one_taken_back_is_not(
    live: Live, core: Core, ada: Client, bashir: Client
) -> None:
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        await asyncio.to_thread(share, core, bashir, "ada@mailwright.test", "lr", "INBOX")
        _, data = await stream.next() or ("", {})
        assert bashir.id in data["changed"]
        await bashir.file(letter())
        while "EmailDelivery" not in data["changed"].get(bashir.id, {}):
            _, data = await stream.next() or ("", {})
        await asyncio.to_thread(share, core, bashir, "ada@mailwright.test", "", "INBOX")
        await asyncio.sleep(1.2)
        await bashir.file(letter(message_id="<2@example.org>"))
        with contextlib.suppress(TimeoutError):
            while (heard := await stream.next(1)) is not None:
                assert bashir.id not in heard[1]["changed"]


# --- who may, and how it ends


@pytest.mark.parametrize(
    "parameters",
    [
        {"types": "*", "closeafter": "yes", "ping": "0"},
        {"types": "*", "closeafter": "no", "ping": "-1"},
        {"types": "*", "closeafter": "no", "ping": "soon"},
        {"types": ",".join(["x"] * 1000), "closeafter": "no", "ping": "0"},
    ],
)
async def test_parameters_that_are_none_are_refused(live: Live, parameters: dict[str, str]) -> None:
    async with live.events(live.program("ada"), **parameters) as stream:
        assert stream.answer.status_code == 400


async def test_strangers_are_not_let_in(live: Live) -> None:
    async with live.events({}) as stream:
        assert stream.answer.status_code == 401


async def test_it_ends_at_sign_out_at_once(live_on_any: Live) -> None:
    opened, headers = await live_on_any.browser("ada")
    account, session = opened.signed.account, opened.signed.session
    async with live_on_any.events(headers) as stream:
        await stream.opened()
        await live_on_any.core.write(lambda tx: sessions.end(tx, account, session.id, client=""))
        assert await stream.next(3) is None


async def test_it_goes_on_when_another_session_ends(live: Live, ada: Client) -> None:
    one, headers = await live.browser("ada")
    other, _ = await live.browser("ada")
    async with live.events(headers) as stream:
        await stream.opened()
        account = one.signed.account
        await live.core.write(lambda tx: sessions.end(tx, account, other.signed.session.id, client=""))
        await ada.file(letter())
        assert await stream.next() is not None


async def test_it_ends_when_the_account_is_blocked_even_if_nobody_says_so(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "CHECK_SECONDS", 0.3)
    account = live.person("ada")
    for headers in (live.program("ada"), (await live.browser("ada"))[1]):
        async with live.events(headers) as stream:
            await stream.opened()
            await live.core.write(lambda tx: account_rows.set_status(tx, account.id, "blocked"))
            assert await stream.next(3) is None
        await live.core.write(lambda tx: account_rows.set_status(tx, account.id, "active"))


async def test_a_program_goes_when_its_password_does(live: Live) -> None:
    account = live.person("ada")
    headers = live.program("ada")
    async with live.events(headers) as stream:
        await stream.opened()
        await live.core.write(lambda tx: apppasswords.make(tx, account, "another", ["imap"]))
        await live.core.write(lambda tx: apppasswords.revoke(tx, account, "a program"))
        assert await stream.next(3) is None
    first, other = "the first good password", "another good password"
    hashes = [await asyncio.to_thread(accounts.hash_password, each) for each in (first, other)]
    await live.core.write(lambda tx: accounts.set_password(tx, account, hashes[0]))
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        await live.core.write(lambda tx: accounts.set_password(tx, account, hashes[1]))
        assert await stream.next(3) is None


async def test_a_program_says_again_who_it_is_after_a_while(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "CHECK_SECONDS", 0.2)
    monkeypatch.setattr(streams, "UNNAMED_SECONDS", 0.5)
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        assert await stream.next(3) is None


async def test_the_end_of_the_server_ends_it_politely_and_soon(live: Live) -> None:
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        began = time.monotonic()
        await live.http.close(8)
        assert time.monotonic() - began < 7  # the grace is 8
        assert await stream.next() is None


async def test_one_person_has_a_bounded_number_and_gives_back_what_is_closed(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.streams, "_most_of_one", 3)
    headers = live.program("ada")
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(live.events(headers)) for _ in range(3)]
        for each in opened:
            await each.opened()
        async with live.events(headers) as stream:
            assert stream.answer.status_code == 429
        async with live.events(live.program("bashir")) as stream:
            assert stream.answer.status_code == 200
    async with asyncio.timeout(3):
        while live.streams._by_account:
            await asyncio.sleep(0.02)
    assert live.core.changes._watchers == {}


async def test_all_together_are_bounded(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.streams, "_most", 1)
    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        async with live.events(live.program("bashir")) as other:
            assert other.answer.status_code == 503


async def test_a_reader_that_does_not_read_is_cut_and_costs_little(
    live: Live, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(feed, "GAP_SECONDS", 0.0)
    monkeypatch.setattr(events.push, "octets", lambda _value: b"x" * 500_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port, limit=1024)
    fields = "".join(f"{name}: {value}\r\n" for name, value in live.program("ada").items())
    writer.write(f"GET /jmap/events?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
    await reader.readuntil(b"\n\n")
    async with asyncio.timeout(20):
        number = 0
        while live.streams._by_account:
            number += 1
            await ada.file(letter(message_id=f"<{number}@example.org>"))
    writer.close()


async def test_a_database_that_is_away_loses_no_change(
    live: Live, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "AWAY_SECONDS", 0.1)
    failures = iter([True, True, False])
    read = feed.Feed._read

    def sometimes(self: feed.Feed, tx: object, since: object) -> object:
        if next(failures, False):
            raise TryLater("away")
        return read(self, tx, since)  # type: ignore[arg-type]

    async with live.events(live.program("ada")) as stream:
        await stream.opened()
        monkeypatch.setattr(feed.Feed, "_read", sometimes)
        await live.core.write(lambda tx: mailboxes.create(tx, ada.account, "Work"))
        _, data = await stream.next() or ("", {})
        assert "Mailbox" in data["changed"][ada.id]
