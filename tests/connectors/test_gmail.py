"""Gmail through its API: history, messages, labels and drafts as they are there, tokens that run out, and every way a call can fail."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from mailwright.connectors.gmail import UNITS, Gmail
from mailwright.connectors.google import Google, Tokens
from mailwright.domain import clock
from mailwright.domain.clock import DAY, SECOND
from mailwright.domain.gmail import HistoryGone, LabelChange
from mailwright.domain.refusals import AuthenticationFailed, NotFound, TryLater
from tests.connectors.test_google import ADA, google_at, tokens_of
from tests.servers.gmail import TOPIC, Box, GmailService, error, letter

LIMITED = [
    error(403, "Rate Limit Exceeded", "rateLimitExceeded", "PERMISSION_DENIED"),
    error(403, "User Rate Limit Exceeded", "userRateLimitExceeded", "PERMISSION_DENIED"),
    error(403, "Quota exceeded", "quotaExceeded", "PERMISSION_DENIED"),
    error(429, "Too many concurrent requests for user", "rateLimitExceeded", "RESOURCE_EXHAUSTED"),
]
AWAY = [
    error(500, "Backend Error", "backendError", "INTERNAL"),
    (502, b"<html>Bad Gateway</html>"),
    error(503, "The service is currently unavailable.", "backendError", "UNAVAILABLE"),
]
GARBAGE = [
    (200, b"not JSON"),
    (200, b""),
    (200, b"\xff\xfe"),
    (200, b"[" * 60_000),
    (200, []),
    (200, "words"),
    (200, {}),
    (200, {"id": "1"}),
    (200, {"id": "1", "threadId": "1", "raw": 7}),
    (200, {"id": "1", "threadId": "1", "raw": "%%%"}),
    (200, {"id": "1", "threadId": "1", "raw": "QQ==", "internalDate": "soon"}),
    (200, {"id": "1", "threadId": "1", "raw": "QQ==", "labelIds": "INBOX"}),
]


class World:
    """A Gmail, its Ada, our client of hers, and what that did besides."""

    def __init__(self, there: GmailService, google: Google) -> None:
        self.there = there
        self.box: Box = there.box(ADA)
        self.google = google
        self.units: list[int] = []
        self.renewed: list[Tokens] = []
        self.gmail = self.client(tokens_of(there))

    def client(self, tokens: Tokens) -> Gmail:
        async def spend(units: int) -> None:
            self.units.append(units)

        async def renewed(tokens: Tokens) -> None:
            self.renewed.append(tokens)

        return Gmail(self.there.url, tokens, self.google, spend=spend, renewed=renewed)

    def token_requests(self) -> int:
        return len(self.there.token_requests)


@pytest.fixture
def there() -> Iterator[GmailService]:
    service = GmailService()
    yield service
    service.stop()


@pytest.fixture
async def world(there: GmailService) -> AsyncIterator[World]:
    google = google_at(there)
    yield World(there, google)
    await google.close()


# --- what it reads and writes ---------------------------------------------------------------------------------------


async def test_a_message_comes_as_it_is_and_stays_unread(world: World) -> None:
    raw = letter(text="Grüße – 100 €")
    made = world.box.receive(raw, passed=False)
    found = await world.gmail.message(made.id)
    assert (found.raw, found.id, found.thread_id) == (raw, made.id, made.thread_id)
    assert found.labels == {"INBOX", "UNREAD"}
    assert found.received_at == made.received_ms * 1000
    assert "UNREAD" in world.box.messages[made.id].labels
    assert (await world.gmail.message(made.id, raw=False)).raw == b""


async def test_a_large_message_comes_whole(world: World) -> None:
    raw = letter() + b"x" * 3_000_000
    assert (await world.gmail.message(world.box.insert(raw, ["INBOX"]).id)).raw == raw


async def test_the_profile_has_the_address_and_where_its_history_stands(world: World) -> None:
    world.box.receive()
    assert await world.gmail.profile() == (ADA, str(world.box.history_id))


async def test_history_tells_what_came_what_went_and_what_changed_label(world: World) -> None:
    _, since = await world.gmail.profile()
    first, second = world.box.receive(subject="One"), world.box.receive(subject="Two")
    label = world.box.add_label("Mailwright/Spam")
    world.box.relabel(first.id, [label], ["INBOX", "UNREAD"])
    world.box.remove(second.id)
    draft = world.box.add_draft(letter(), None)
    told = await world.gmail.history(since)
    assert told.added == ((first.id, first.thread_id), (second.id, second.thread_id))
    assert told.labels == (
        LabelChange(first.id, added=frozenset(["Mailwright/Spam"])),
        LabelChange(first.id, removed=frozenset(["INBOX", "UNREAD"])),
    )
    assert told.removed == (second.id,)
    assert world.box.drafts[draft] not in dict(told.added)
    assert told.latest == str(world.box.history_id)
    assert await world.gmail.history(told.latest) == replace(told, added=(), labels=(), removed=())


async def test_a_long_history_is_read_to_its_end(world: World) -> None:
    _, since = await world.gmail.profile()
    made = [world.box.receive(letter(), passed=False) for _ in range(1_101)]
    told = await world.gmail.history(since)
    assert [message_id for message_id, _ in told.added] == [each.id for each in made]
    assert world.units.count(UNITS["history.list"]) == 3


async def test_what_happens_while_history_is_read_is_told_the_next_time(world: World, there: GmailService) -> None:
    _, since = await world.gmail.profile()
    for _ in range(501):
        world.box.receive(letter(), passed=False)
    stood = world.box.history_id
    reading = asyncio.ensure_future(world.gmail.history(since))
    while not any(each.path == "history" for each in there.asked):
        await asyncio.sleep(0)
    late = world.box.receive(letter(), passed=False)
    told = await reading
    assert int(told.latest) >= stood
    again = await world.gmail.history(told.latest)
    assert late.id in dict(told.added) or late.id in dict(again.added)


async def test_a_history_that_gmail_forgot_is_gone(world: World) -> None:
    world.box.receive()
    world.box.forget_history()
    with pytest.raises(HistoryGone):
        await world.gmail.history("1000")


@pytest.mark.parametrize(
    "record",
    [
        {"history": [{"id": "9", "messagesAdded": [{}]}]},
        {"history": [{"id": "9", "labelsAdded": [{"labelIds": 7, "message": {"id": "1"}}]}]},
        {"history": ["words"]},
        {"history": {"id": "9"}},
    ],
)
async def test_a_history_that_makes_no_sense_is_asked_for_again(
    world: World, there: GmailService, record: dict[str, object]
) -> None:
    there.refuse.append((200, {**record, "historyId": "2000"}))
    with pytest.raises(TryLater):
        await world.gmail.history("1000")


async def test_the_newest_messages_come_newest_first_and_no_more_than_wanted(world: World) -> None:
    made = [world.box.receive(letter(), passed=False) for _ in range(7)]
    world.box.wrote()
    listed = [message_id for message_id, _ in await world.gmail.newest(5)]
    assert listed == [each.id for each in made[::-1]][:5]
    assert [each for each, _ in await world.gmail.sent(10)] == [list(world.box.messages)[-1]]


async def test_a_thread_has_its_messages_in_order_with_their_labels(world: World) -> None:
    first = world.box.receive(header_id="<1@example.org>")
    second = world.box.wrote(answers="<1@example.org>")
    told = await world.gmail.thread(first.thread_id)
    assert [(each.id, each.labels) for each in told] == [
        (first.id, frozenset(["INBOX", "UNREAD"])),
        (second.id, frozenset(["SENT"])),
    ]


async def test_labels_are_made_once_put_on_and_taken_off_by_name(world: World, there: GmailService) -> None:
    made = world.box.receive()
    for _ in range(2):
        await world.gmail.modify(made.id, ["Mailwright/Spam"], ["Mailwright/Needs reply", "UNREAD"])
    assert world.box.names_on(made.id) == {"INBOX", "Mailwright/Spam"}
    await world.gmail.modify(made.id, ["Mailwright/Needs reply"], ["Mailwright/Spam"])
    assert world.box.names_on(made.id) == {"INBOX", "Mailwright/Needs reply"}
    created = [each.body["name"] for each in there.asked if (each.method, each.path) == ("POST", "labels")]
    assert created == ["Mailwright/Spam", "Mailwright/Needs reply"]
    assert (await world.gmail.message(made.id)).labels == {"INBOX", "Mailwright/Needs reply"}


async def test_a_label_that_two_make_at_once_is_one(world: World) -> None:
    made = [world.box.receive() for _ in range(4)]
    clients = [world.gmail, world.client(tokens_of(world.there))]
    await asyncio.gather(
        *(clients[at % 2].modify(each.id, ["Mailwright/Spam"]) for at, each in enumerate(made)), return_exceptions=False
    )
    assert list(world.box.labels.values()).count("Mailwright/Spam") == 1
    assert all("Mailwright/Spam" in world.box.names_on(each.id) for each in made)


async def test_a_label_the_owner_deleted_is_made_again(world: World) -> None:
    first, second = world.box.receive(), world.box.receive()
    await world.gmail.modify(first.id, ["Mailwright/Spam"])
    (label_id,) = [each for each, name in world.box.labels.items() if name == "Mailwright/Spam"]
    del world.box.labels[label_id]
    world.box.messages[first.id].labels.discard(label_id)
    await world.gmail.modify(second.id, ["Mailwright/Spam"])
    assert "Mailwright/Spam" in world.box.names_on(second.id)


async def test_a_draft_lies_in_its_thread_and_can_be_found_read_and_removed(world: World) -> None:
    asked = world.box.receive(header_id="<1@example.org>")
    raw = letter(sender=ADA, to="bashir@example.org", header_id="<d1@mailwright.test>", answers="<1@example.org>")
    draft_id = await world.gmail.add_draft(raw, asked.thread_id)
    found = await world.gmail.draft(draft_id)
    assert (found.raw, found.thread_id, found.labels) == (raw, asked.thread_id, frozenset(["DRAFT"]))
    assert await world.gmail.drafts(10, "rfc822msgid:d1@mailwright.test") == [(draft_id, found.id)]
    assert await world.gmail.drafts(10, "rfc822msgid:d2@mailwright.test") == []
    await world.gmail.remove_draft(draft_id)
    assert await world.gmail.drafts(10) == []
    with pytest.raises(NotFound):
        await world.gmail.draft(draft_id)


async def test_a_watch_is_begun_with_its_end_and_stopped(world: World, there: GmailService) -> None:
    stood, until = await world.gmail.watch(TOPIC)
    assert stood == str(world.box.history_id)
    assert 6 * DAY < until - clock.now() <= 7 * DAY
    world.box.receive()
    assert [each.history_id for each in there.pushes] == [world.box.history_id]
    await world.gmail.stop()
    assert there.watched == {}


async def test_a_topic_nobody_may_publish_to_is_ours_to_mend_and_revokes_nothing(world: World) -> None:
    with capture_logs() as logs, pytest.raises(TryLater):
        await world.gmail.watch("projects/another/topics/gmail")
    assert [(each["event"], each["log_level"]) for each in logs] == [("gmail.failed", "error")]


# --- tokens ---------------------------------------------------------------------------------------------------------


async def test_a_token_that_ran_out_is_renewed_once_and_the_call_made_again(world: World, there: GmailService) -> None:
    there.expire(ADA)
    assert (await world.gmail.profile())[0] == ADA
    assert world.token_requests() == 1
    (fresh,) = world.renewed
    assert there.access[fresh.access][0] == ADA
    await world.gmail.profile()
    assert world.token_requests() == 1


async def test_a_token_that_is_about_to_end_is_renewed_before_the_call(world: World, there: GmailService) -> None:
    gmail = world.client(replace(tokens_of(there), expires_at=clock.now() + 20 * SECOND))
    await gmail.profile()
    assert (len(there.asked), len(world.renewed)) == (1, 1)


async def test_calls_at_once_renew_a_token_once(world: World, there: GmailService) -> None:
    there.expire(ADA)
    await asyncio.gather(*(world.gmail.profile() for _ in range(6)))
    assert (world.token_requests(), len(world.renewed)) == (1, 1)


async def test_a_renewed_token_that_is_refused_too_means_signing_in_again(world: World, there: GmailService) -> None:
    for _ in range(2):
        there.refuse.append(error(401, "Invalid Credentials", "authError", "UNAUTHENTICATED"))
    with pytest.raises(AuthenticationFailed):
        await world.gmail.profile()
    assert world.token_requests() == 1


async def test_who_took_it_back_must_sign_in_again(world: World, there: GmailService) -> None:
    there.revoke(ADA)
    with pytest.raises(AuthenticationFailed):
        await world.gmail.profile()
    assert world.renewed == []


async def test_a_token_endpoint_that_is_down_is_try_later(world: World, there: GmailService) -> None:
    there.expire(ADA)
    there.refuse_tokens.append((503, {"error": "internal_failure"}))
    with pytest.raises(TryLater):
        await world.gmail.profile()


# --- what goes wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [*LIMITED, *AWAY, *GARBAGE], ids=str)
async def test_what_may_pass_is_try_later(world: World, there: GmailService, answer: tuple[int, object]) -> None:
    made = world.box.receive(text="A secret of Ada's")
    there.refuse.append(answer)
    with capture_logs() as logs, pytest.raises(TryLater) as refused:
        await world.gmail.message(made.id)
    assert "secret" not in f"{logs} {refused.value}"
    assert world.token_requests() == 0


@pytest.mark.parametrize(
    ("status", "reason"),
    [(403, "insufficientPermissions"), (403, "domainPolicy"), (400, "failedPrecondition")],
)
async def test_what_only_its_owner_can_mend_is_authentication_failed(
    world: World, there: GmailService, status: int, reason: str
) -> None:
    there.refuse.append(error(status, "Words", reason, "PERMISSION_DENIED"))
    with pytest.raises(AuthenticationFailed):
        await world.gmail.profile()


async def test_an_api_that_is_not_switched_on_is_ours_to_mend(world: World, there: GmailService) -> None:
    there.refuse.append(
        error(403, "Gmail API has not been used in project", "accessNotConfigured", "PERMISSION_DENIED")
    )
    with capture_logs() as logs, pytest.raises(TryLater):
        await world.gmail.profile()
    assert logs[0]["log_level"] == "error"


async def test_a_message_there_is_not_is_not_found(world: World, there: GmailService) -> None:
    with pytest.raises(NotFound):
        await world.gmail.message("18f0000000000bad")
    there.refuse.append(error(400, "Invalid id value", "invalidArgument", "INVALID_ARGUMENT"))
    with pytest.raises(NotFound):
        await world.gmail.message("no-id")


async def test_nobody_there_is_try_later(world: World, there: GmailService) -> None:
    await world.gmail.profile()
    there.stop()
    with pytest.raises(TryLater):
        await world.gmail.message("18f0000000000001")


async def test_a_server_that_says_nothing_is_try_later(there: GmailService) -> None:
    from mailwright.connectors.gmailwire import CallFailed, Wire

    wire = Wire(there.url, seconds=0.3)
    there.delay = 2.0
    with pytest.raises(CallFailed) as failed:
        await wire.call(lambda users: users.getProfile(userId="me"), "ya29.x")
    assert failed.value.status == 0
    wire.close()


async def test_who_ends_waits_for_no_call(there: GmailService) -> None:
    from mailwright.connectors.gmailwire import CallFailed, Wire

    there.delay = 3600.0
    wire = Wire(there.url)
    call = asyncio.create_task(wire.call(lambda users: users.getProfile(userId="me"), "ya29.x"))
    while not wire._opened or not wire._opened[1]._sockets:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)  # it was asked, and waits
    wire.close()
    with pytest.raises(CallFailed):
        await call
    there.delay = 0.0


async def test_a_gmail_that_says_nothing_is_left_alone_for_a_while_and_tried_once(
    there: GmailService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailwright.connectors.gmailwire import CallFailed, Wire
    from mailwright.domain.breaker import FIRST_PAUSE

    wire, tokens = Wire(there.url, seconds=0.3, at_once=4), there.sign_in(ADA)
    there.delay = 1.0

    async def ask() -> str:
        try:
            await wire.call(lambda users: users.getProfile(userId="me"), tokens["access_token"])
        except CallFailed as failure:
            return failure.reason
        return "ok"

    said = await asyncio.gather(*(ask() for _ in range(40)))
    assert set(said) == {"ReadTimeout", "Resting"}
    assert said.count("ReadTimeout") <= 8  # the others waited for nothing only as long as it took to notice
    there.delay = 0.0
    assert await ask() == "Resting"
    real, later = clock.now, FIRST_PAUSE + SECOND
    monkeypatch.setattr(clock, "now", lambda: real() + later)
    assert sorted(await asyncio.gather(ask(), ask())) == ["Resting", "ok"]
    assert await ask() == "ok"
    # What Gmail answers with an error may be one account's own: others go on.
    for _ in range(10):
        there.refuse.append(error(503, "The service is currently unavailable.", "backendError", "UNAVAILABLE"))
        assert await ask() == "backendError"
    assert await ask() == "ok"
    wire.close()


async def test_a_closed_connection_makes_no_second_draft(there: GmailService) -> None:
    """A POST is sent once, also when the connection ends before its answer."""
    from mailwright.connectors.gmailwire import CallFailed, Wire

    came: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    wire = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    with pytest.raises(CallFailed):
        await wire.call(lambda users: users.drafts().create(userId="me", body={"message": {"raw": "QQ=="}}), "x")
    assert len(came) == 1
    wire.close()
    server.close()


async def test_every_call_spends_its_units_first_and_again_when_made_again(world: World, there: GmailService) -> None:
    made = world.box.receive(header_id="<1@example.org>")
    await world.gmail.message(made.id)
    await world.gmail.add_draft(letter(answers="<1@example.org>"), made.thread_id)
    await world.gmail.thread(made.thread_id)
    assert world.units == [5, 10, 10]
    assert sum(world.units) == sum(units for _, units in there.units[ADA])
    there.expire(ADA)
    await world.gmail.profile()
    assert world.units[3:] == [1, 1]


async def test_who_may_spend_nothing_calls_nothing(world: World, there: GmailService) -> None:
    async def spend(units: int) -> None:
        raise TryLater("nothing left")

    async def renewed(tokens: Tokens) -> None:
        pass

    gmail = Gmail(there.url, tokens_of(there), world.google, spend=spend, renewed=renewed)
    with pytest.raises(TryLater):
        await gmail.profile()
    assert there.asked == []


def test_units_are_those_that_the_documented_table_has() -> None:
    from tests.servers.gmailapi import units_of

    paths = {
        "getProfile": ("GET", "profile"),
        "watch": ("POST", "watch"),
        "stop": ("POST", "stop"),
        "history.list": ("GET", "history"),
        "messages.list": ("GET", "messages"),
        "messages.get": ("GET", "messages/1"),
        "messages.modify": ("POST", "messages/1/modify"),
        "threads.get": ("GET", "threads/1"),
        "labels.list": ("GET", "labels"),
        "labels.create": ("POST", "labels"),
        "drafts.create": ("POST", "drafts"),
        "drafts.get": ("GET", "drafts/1"),
        "drafts.list": ("GET", "drafts"),
        "drafts.delete": ("DELETE", "drafts/1"),
    }
    assert {name: units_of(*path) for name, path in paths.items()} == UNITS


def test_googles_library_is_not_loaded_before_the_first_call() -> None:
    code = (
        "import sys; from mailwright.connectors import gmail, google\n"
        "google.Google('client-id', 'secret').authorization('https://mail.example.org/', 's')\n"
        "print([each for each in sys.modules if each.startswith(('google', 'httplib2', 'oauthlib'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
