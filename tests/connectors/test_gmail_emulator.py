"""Our client of Gmail, and the inbox over it, against a Gmail that others have written."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents.assistant.gmailinbox import GmailInbox
from mailwright.agents.assistant.inbox import Answered
from mailwright.connectors.gmail import Gmail
from mailwright.connectors.google import SCOPE, Google, Tokens
from mailwright.domain.elsewhere import Refused
from mailwright.domain.refusals import AuthenticationFailed, NotFound
from mailwright.domain.triage import Category
from tests.agents.assistant.test_gmailinbox import DRAFT_ID, draft, row_of
from tests.connectors.test_google import BACK
from tests.servers.gmail import CLIENT_ID, CLIENT_SECRET, letter
from tests.servers_node.gmail_emulator import GmailEmulator
from tests.servers_node.packages import NotAvailable

pytestmark = pytest.mark.server

ADA = "ada@gmail.example"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GmailEmulator]:
    folder: Path = tmp_path_factory.mktemp("emulate")
    try:
        started = GmailEmulator(folder, addresses=(ADA, "chen@gmail.example"), redirect_uri=BACK)
    except NotAvailable as error:
        pytest.skip(str(error))
    yield started
    started.stop()


@pytest.fixture
async def google(emulator: GmailEmulator) -> AsyncIterator[Google]:
    made = Google(
        CLIENT_ID,
        CLIENT_SECRET,
        auth_url=emulator.auth_url,
        token_url=emulator.token_url,
        revoke_url=emulator.revoke_url,
    )
    yield made
    await made.close()


class World:
    """Ada's Gmail there, our client of it, and what happens in it."""

    def __init__(self, emulator: GmailEmulator, google: Google, tokens: Tokens) -> None:
        self.tokens = tokens
        self.renewed: list[Tokens] = []
        self._wire = google.wire(emulator.url)
        self._number = 0

        async def spend(units: int) -> None:
            pass

        async def renewed(fresh: Tokens) -> None:
            self.renewed.append(fresh)

        self.gmail = Gmail(emulator.url, tokens, google, spend=spend, renewed=renewed)
        self.inbox = GmailInbox(self.gmail, (ADA,))

    async def happens(self, raw: bytes, *labels: str, thread_id: str | None = None) -> dict[str, Any]:
        """A message is there now."""
        body: dict[str, Any] = {"raw": base64.urlsafe_b64encode(raw).decode(), "labelIds": list(labels)}
        if thread_id is not None:
            body["threadId"] = thread_id
        said: dict[str, Any] = await self._wire.call(
            lambda users: users.messages().insert(userId="me", body=body), self.tokens.access
        )
        return said


@pytest.fixture
async def world(emulator: GmailEmulator, google: Google) -> World:
    url, verifier = google.authorization(BACK, "state-1")
    back = emulator.consent(url, ADA)
    assert back["state"] == "state-1"
    return World(emulator, google, await google.exchange(back["code"], verifier, BACK))


async def test_a_person_connects_and_tokens_are_renewed_and_given_back(
    world: World, google: Google, emulator: GmailEmulator
) -> None:
    assert SCOPE in world.tokens.scope
    fresh = await google.refresh(world.tokens)
    assert fresh.access != world.tokens.access
    url, _ = google.authorization(BACK, "state-2")
    with pytest.raises(Refused):
        await google.exchange(emulator.consent(url, ADA)["code"], "x" * 43, BACK)
    await google.revoke(world.tokens)
    with pytest.raises(AuthenticationFailed):
        await google.refresh(world.tokens)


async def test_a_token_that_has_run_out_is_renewed_before_the_call(
    world: World, google: Google, emulator: GmailEmulator
) -> None:
    other = World(emulator, google, Tokens("", world.tokens.refresh, 0, SCOPE))
    made = await world.happens(letter(), "INBOX")
    assert (await other.gmail.message(made["id"])).id == made["id"]
    assert len(other.renewed) == 1


async def test_history_messages_and_labels_are_read(world: World) -> None:
    first = await world.happens(letter(subject="One"), "INBOX", "UNREAD")
    stood = (await world.gmail.message(first["id"], raw=False)).history_id
    raw = letter(subject="Two", text="Grüße – 100 €")
    second = await world.happens(raw, "INBOX", "UNREAD")
    await world.gmail.modify(second["id"], ["Mailwright/Needs reply"])
    told = await world.gmail.history(stood)
    assert [message_id for message_id, _ in told.added] == [second["id"]]
    assert any(each.id == second["id"] and "Mailwright/Needs reply" in each.added for each in told.labels)
    assert int(told.latest) > int(stood)
    found = await world.gmail.message(second["id"])
    assert found.raw == raw
    assert found.labels == frozenset({"INBOX", "UNREAD", "Mailwright/Needs reply"})
    assert [each for each, _ in await world.gmail.newest(2)] == [second["id"], first["id"]]
    with pytest.raises(NotFound):
        await world.gmail.message("no-such-message")


async def test_a_mail_is_labelled_read_in_its_thread_and_gets_one_draft(world: World) -> None:
    made = await world.happens(letter(header_id="<e1@example.org>"), "INBOX", "UNREAD")
    item = row_of(made["id"], made["threadId"], "<e1@example.org>")
    await world.inbox.show(item, Category.NEEDS_REPLY)
    await world.inbox.show(item, Category.INFORMATIONAL)
    labels = (await world.gmail.message(made["id"], raw=False)).labels
    assert labels == frozenset({"INBOX", "UNREAD", "Mailwright/Informational"})
    raw = draft("<e1@example.org>")
    assert await world.inbox.find_draft(item, DRAFT_ID) is None
    draft_id = await world.inbox.make_draft(item, raw, DRAFT_ID)
    assert await world.inbox.find_draft(item, DRAFT_ID) == draft_id
    assert await world.inbox.make_draft(item, raw, DRAFT_ID) == draft_id
    assert await world.inbox.draft(draft_id) == raw
    assert [mail.id for mail in await world.inbox.thread(item, 10)] == [made["id"]]
    await world.inbox.remove_draft(draft_id)
    assert await world.inbox.draft(draft_id) is None


async def test_a_mail_that_was_answered_gets_none(world: World) -> None:
    made = await world.happens(letter(header_id="<e2@example.org>"), "INBOX", "UNREAD")
    item = row_of(made["id"], made["threadId"], "<e2@example.org>")
    sent = letter(ADA, "Bashir <bashir@example.org>", "Re: Lunch", "Yes.", "<e3@gmail.example>", "<e2@example.org>")
    answer = await world.happens(sent, "SENT", thread_id=made["threadId"])
    with pytest.raises(Answered):
        await world.inbox.make_draft(item, draft("<e2@example.org>"), "<draft-9@mail.mailwright.test>")
    assert [mail.mine for mail in await world.inbox.thread(item, 10)] == [False, True]
    assert await world.inbox.written_to(item)
    assert answer["id"] in [mail.id for mail in await world.inbox.sent(5)]


async def test_a_watch_is_begun_and_stopped(world: World) -> None:
    await world.happens(letter(), "INBOX")
    stood, until = await world.gmail.watch("projects/mailwright-test/topics/gmail")
    assert int(stood) > 0
    assert until > 0
    await world.gmail.stop()
