"""OpenAI fails and Anthropic takes over, for triage and for drafts: both as aimock speaks them, over HTTP, through the whole workflow."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailwright.agents import assistant
from mailwright.agents.models import Models
from mailwright.codecs import mime
from mailwright.domain import clock
from mailwright.domain.breaker import FAILURES_TO_OPEN, FIRST_PAUSE
from mailwright.domain.clock import SECOND
from mailwright.domain.modelnames import PURPOSES
from mailwright.storage import dead_letters, model_calls
from tests.agents.assistant.mailroom import Mailroom
from tests.servers_node.aimock import Aimock
from tests.servers_node.packages import NotAvailable

pytestmark = pytest.mark.server

OPENAI, ANTHROPIC = "openai:gpt-4o-mini", "anthropic:claude-haiku-4-5"
SECONDS = 1.5  # that a model may take
FAILURES: dict[str, tuple[dict[str, float], str]] = {
    "5xx": ({"dropRate": 1}, "unavailable"),
    "429": ({"rateLimitRate": 1}, "rate-limited"),
    "time-out": ({"latencyMs": 8_000}, "timeout"),
    "garbage JSON": ({"malformedRate": 1}, "garbage"),
    "hung up": ({"disconnectRate": 1}, "unreachable"),
}


def answers(who: str) -> list[dict[str, Any]]:
    """What a provider says: it puts its name to it."""
    triage = {"category": "needs_reply", "confidence": 0.95, "because": f"{who} says so"}
    draft = {"text": f"Hello Eve,\n\nthis was written by {who}.\n\nAda", "points": ["the minutes"]}
    return [
        {"match": {"systemMessage": start}, "response": {"toolCalls": [{"name": "final_result", "arguments": value}]}}
        for start, value in (("You sort the mail", triage), ("You write the draft", draft))
    ]


class Provider(Aimock):
    """One, which can be made to fail."""

    def fails(self, chaos: dict[str, float] | None) -> None:
        """From now on, in that way; None: not any more."""
        request = urllib.request.Request(
            f"{self.url}/__aimock/chaos",
            None if chaos is None else json.dumps(chaos).encode(),
            {"Content-Type": "application/json"},
            method="DELETE" if chaos is None else "POST",
        )
        with urllib.request.urlopen(request, timeout=5):
            pass


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Provider, Provider]]:
    started: list[Provider] = []
    try:
        for who in ("OpenAI", "Anthropic"):
            started.append(Provider(tmp_path_factory.mktemp(who), answers(who)))
    except NotAvailable as reason:
        for each in started:
            each.stop()
        pytest.skip(str(reason))
    yield started[0], started[1]
    for each in started:
        each.stop()


@pytest.fixture
def openai(providers: tuple[Provider, Provider]) -> Iterator[Provider]:
    yield providers[0]
    providers[0].fails(None)


@pytest.fixture
def anthropic(providers: tuple[Provider, Provider]) -> Iterator[Provider]:
    yield providers[1]
    providers[1].fails(None)


@pytest.fixture
async def models(room: Mailroom, openai: Provider, anthropic: Provider, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ada's assistant asks OpenAI, and Anthropic when that fails."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{openai.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", anthropic.url)
    made = Models(
        dict.fromkeys(PURPOSES, (OPENAI, ANTHROPIC)), api_key=lambda provider: "a-key", timeout_seconds=SECONDS
    )
    assistant.configure(room.core, made)
    yield made
    await made.close()


async def asked(room: Mailroom, message_id: str) -> list[tuple[str, str, str]]:
    """Which models were asked what, and how it ended."""
    task = await room.task(message_id)
    calls = await room.core.read(lambda tx: model_calls.of_task(tx, task.id))
    return [(call.purpose, call.model, call.outcome) for call in calls]


async def test_the_first_model_does_both_while_it_works(room: Mailroom, models: Models) -> None:
    message_id = await room.receive()
    assert await assistant.assist(await one(room, message_id), 1) == "complete"
    assert await asked(room, message_id) == [("triage", OPENAI, "ok"), ("draft", OPENAI, "ok")]
    assert "written by OpenAI" in await drafted(room)


@pytest.mark.parametrize("how", FAILURES)
async def test_the_second_model_judges_and_writes_when_the_first_fails(
    room: Mailroom, models: Models, openai: Provider, how: str
) -> None:
    chaos, outcome = FAILURES[how]
    openai.fails(chaos)
    message_id = await room.receive()
    assert await assistant.assist(await one(room, message_id), 1) == "complete"
    item = await room.item(message_id)
    assert (item.category, item.because, item.decided_by) == ("needs_reply", "Anthropic says so", ANTHROPIC)
    assert "written by Anthropic" in await drafted(room)
    told = await asked(room, message_id)
    assert [each for each in told if each[1] == ANTHROPIC] == [("triage", ANTHROPIC, "ok"), ("draft", ANTHROPIC, "ok")]
    failed = [each for each in told if each[1] == OPENAI]
    assert {purpose for purpose, _, _ in failed} == {"triage", "draft"}
    assert {ended for _, _, ended in failed} == {outcome}


async def test_it_may_fail_between_the_two(room: Mailroom, models: Models, openai: Provider) -> None:
    from mailwright.agents.assistant.classify import classify
    from mailwright.agents.assistant.draft import draft
    from mailwright.agents.assistant.generate import generate

    message_id = await room.receive()
    known = await classify(await one(room, message_id), 1, False)
    openai.fails({"dropRate": 1})
    assert await draft(await generate(known, 1), 1) == "complete"
    assert (await room.item(message_id)).because == "OpenAI says so"
    assert "written by Anthropic" in await drafted(room)


async def test_a_model_that_fails_on_and_on_is_left_alone_then_tried_once_and_taken_back(
    room: Mailroom, models: Models, openai: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = 0
    real: Callable[[], int] = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + later)

    async def mail() -> tuple[int, str]:
        """How often OpenAI was asked for one more mail, and who judged it."""
        before = len(openai.requests())
        message_id = await room.receive(sender=f"eve{len(await room.stored('inbox'))}@example.org")
        assert await assistant.assist(await one(room, message_id), 1) == "complete"
        return len(openai.requests()) - before, (await room.item(message_id)).because

    openai.fails({"dropRate": 1})
    assert FAILURES_TO_OPEN == 3
    assert await mail() == (2, "Anthropic says so")
    assert await mail() == (1, "Anthropic says so")  # the third failure in a row: open
    assert await mail() == (0, "Anthropic says so")
    later += FIRST_PAUSE + SECOND  # half-open: one question is let through, and fails
    assert await mail() == (1, "Anthropic says so")
    later += FIRST_PAUSE + SECOND  # the pause is twice as long now
    assert await mail() == (0, "Anthropic says so")
    openai.fails(None)
    later += FIRST_PAUSE + SECOND
    assert await mail() == (2, "OpenAI says so")  # the probe is answered: closed


async def test_when_both_fail_the_mail_waits_and_a_letter_says_why(
    room: Mailroom, models: Models, openai: Provider, anthropic: Provider
) -> None:
    for each in (openai, anthropic):
        each.fails({"dropRate": 1})
    message_id = await room.receive("Hello Ada,\n\ncould you send me the swordfish?\n\nEve")
    assert await assistant.assist(await one(room, message_id), 1) == "failed"
    assert await room.drafts() == []
    [letter] = await room.core.read(dead_letters.newest)
    assert letter.payload["transient"] is True  # it is tried again within the hour
    assert "swordfish" not in f"{letter.error}{letter.payload}{letter.trace}"
    for each in (openai, anthropic):
        each.fails(None)


async def one(room: Mailroom, message_id: str) -> str:
    [item] = await room.open(message_id)
    return item.id


async def drafted(room: Mailroom) -> str:
    [found] = await room.stored("drafts")
    raw = await room.core.blobs.read(found.blob_id)
    return mime.body_text(raw, mime.parse(raw))
