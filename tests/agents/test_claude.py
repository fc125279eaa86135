"""The other runtime: the relay that everything goes through, what the program is allowed, and (where the extra is installed) the real one,
asked by nobody but a service of ours that speaks Anthropic's words."""

from __future__ import annotations

import asyncio
import builtins
import json
import os
import tempfile
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mailwright.agents.models import Asker, ModelFailed, Models, Question, RunLimits, Tool
from mailwright.agents.models.claude import MISSING
from mailwright.agents.models.meter import Meter
from mailwright.agents.models.recording import Run
from mailwright.agents.models.relay import Relay, read
from mailwright.agents.models.turns import Answer
from mailwright.domain.refusals import BadInput
from mailwright.settings import load
from mailwright.staff import models_of
from mailwright.storage.model_calls import ModelCall
from tests.agents.test_models_over_the_wire import http
from tests.agents.test_models_over_the_wire import service as service
from tests.agents.test_runs_over_the_wire import Lookup, Service, question, transcript

NAME = "anthropic:claude-haiku-4-5"
installed = pytest.mark.skipif(find_spec("claude_agent_sdk") is None, reason="the extra claude is not installed")


def stream(*blocks: dict[str, Any], stop: str = "tool_use") -> bytes:
    """An answer as Anthropic streams it."""
    usage = {"input_tokens": 100, "output_tokens": 1, "cache_read_input_tokens": 50}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m", "usage": usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(blocks):
        if block["type"] == "tool_use":
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            events.append({"type": "content_block_start", "index": index, "content_block": {**block, "input": {}}})
        else:
            delta = {"type": "text_delta", "text": block["text"]}
            events.append({"type": "content_block_start", "index": index, "content_block": {**block, "text": ""}})
        events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    events.append({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 20}})
    events.append({"type": "message_stop"})
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
    return http("200 OK", body).replace(b"application/json", b"text/event-stream", 1)


def uses(name: str, number: int, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}


def called(body: dict[str, Any]) -> int:
    """How many calls of tools a conversation has so far."""
    content = [block for message in body["messages"] for block in message["content"] if isinstance(block, dict)]
    return sum(block.get("type") == "tool_use" for block in content)


def run(**limits: Any) -> Run:
    async def told(_call: ModelCall) -> None:
        return None

    return Run("work", Meter(RunLimits(**limits)), told, keep=True, timeout=5.0)


async def post(relay: Relay, **options: Any) -> httpx2.Response:
    headers = {"x-api-key": relay.token, "content-type": "application/json", "anthropic-version": "2023-06-01"}
    async with httpx2.AsyncClient() as client:
        return await client.request(
            options.pop("method", "POST"),
            relay.url + options.pop("path", "/v1/messages?beta=true"),
            headers=headers | options.pop("headers", {}),
            content=options.pop("content", b'{"model": "m", "messages": []}'),
        )


async def test_the_relay_hands_on_what_is_asked_and_answered_to_the_letter(service: Service) -> None:
    bodies: list[bytes] = []
    answer = stream(uses("look_up", 1, word="mail"), {"type": "text", "text": "Done."})

    async def serve(body: bytes) -> bytes:
        bodies.append(body)
        return answer

    made = run()
    async with Relay(made, NAME, upstream=await service(serve), key="sk-ours") as relay:
        got = await post(relay, content=b'{"model": "m",  "odd": "\xc3\xa9"}')
    assert bodies == [b'{"model": "m",  "odd": "\xc3\xa9"}']
    assert got.content == answer.partition(b"\r\n\r\n")[2]
    assert got.headers["content-type"] == "text/event-stream"
    [call] = made.calls
    assert (call.outcome, call.input_tokens, call.cached_tokens, call.output_tokens) == ("ok", 150, 50, 20)
    assert call.cost_usd > 0
    told = transcript(call.transcript)
    assert (told["sent"], told["status"], told["format"]) == ({"model": "m", "odd": "é"}, 200, "anthropic-messages")
    assert told["answered"] == [
        {"kind": "call", "name": "look_up", "arguments": {"word": "mail"}},
        {"kind": "text", "text": "Done."},
    ]


async def test_the_relay_lets_nobody_else_through(service: Service) -> None:
    async def serve(_body: bytes) -> bytes:
        raise AssertionError("nothing may come here")

    made = run()
    async with Relay(made, NAME, upstream=await service(serve), key="sk-ours") as relay:
        assert (await post(relay, headers={"x-api-key": "guessed"})).status_code == 401
        assert (await post(relay, headers={"x-api-key": ""})).status_code == 401
        assert (await post(relay, path="/v1/models")).status_code == 404
        assert (await post(relay, method="GET")).status_code == 404
    assert made.calls == []


@pytest.mark.parametrize(
    ("status", "outcome", "transient"),
    [("429 Slow", "rate-limited", True), ("529 Busy", "unavailable", True), ("401 No", "refused", False)],
)
async def test_what_the_provider_refuses_ends_the_run(
    status: str, outcome: str, transient: bool, service: Service
) -> None:
    asked = 0

    async def serve(_body: bytes) -> bytes:
        nonlocal asked
        asked += 1
        return http(status, b'{"type": "error"}')

    made = run()
    async with Relay(made, NAME, upstream=await service(serve), key="sk-ours") as relay:
        assert [(await post(relay)).status_code for _ in range(3)] == [400, 400, 400]
    assert asked == 1
    assert [call.outcome for call in made.calls] == [outcome]
    assert relay.failure is not None
    assert (relay.failure.transient, relay.failure.outcome) == (transient, outcome)


async def test_the_relay_keeps_the_limits_of_the_run(service: Service) -> None:
    async def serve(_body: bytes) -> bytes:
        return stream({"type": "text", "text": "x"})

    made = run(turns=2)
    async with Relay(made, NAME, upstream=await service(serve), key="sk-ours") as relay:
        assert [(await post(relay)).status_code for _ in range(3)] == [200, 200, 400]
    assert relay.failure is not None
    assert relay.failure.outcome == "limit-turns"


@pytest.mark.parametrize("answer", [b"", b"not json", b"[]", b"data: nonsense\n\n", b'{"usage": 1}'])
def test_an_answer_that_is_none_is_read_as_none(answer: bytes) -> None:
    assert read(answer, "m") is None


async def test_without_the_extra_the_run_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("claude_agent_sdk"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    asked = Models({"judge": (), "work": (NAME,)}, api_key=lambda _: "sk-ours", runtime="claude-agent-sdk")
    with pytest.raises(ModelFailed) as failed:
        await asked.ask(question("x"))
    assert failed.value.text == MISSING
    monkeypatch.setattr("mailwright.staff.find_spec", lambda _: None)
    with pytest.raises(BadInput, match=r"pip install 'mailwright\[claude\]'"):
        models_of(load(data=tmp_path, agent_runtime="claude-agent-sdk"))


async def test_questions_without_tools_and_models_of_others_go_the_usual_way(service: Service) -> None:
    async def serve(_body: bytes) -> bytes:
        return http("400 No", b"{}")

    url = await service(serve)
    for name, asked_for in (
        (NAME, Question("work", "Sort.", "x", Answer, lambda: Answer(text="x"))),
        ("openai:m", question("x")),
    ):
        asked = Models(
            {"judge": (), "work": (name,)}, base_url=url, api_key=lambda _: "sk-ours", runtime="claude-agent-sdk"
        )
        with pytest.raises(ModelFailed, match="refused the request"):
            await asked.ask(asked_for)
        await asked.close()


@installed
async def test_the_program_may_do_nothing_but_call_our_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailwright.agents.models.claude import options

    monkeypatch.setenv("MAILWRIGHT_SECRET_KEY", "a secret")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ours")
    relay = Relay(run(), NAME, upstream="http://127.0.0.1:1", key="sk-ours")
    relay.url = "http://127.0.0.1:2"
    made = options(NAME, question("x"), relay, tmp_path)
    assert (made.tools, made.setting_sources, made.skills, made.permission_mode) == ([], [], [], "dontAsk")
    assert (made.strict_mcp_config, made.verbatim_prompts, made.allowed_tools) == (
        True,
        True,
        ["mcp__mailwright__look_up"],
    )
    assert made.can_use_tool is None
    assert not made.add_dirs
    assert list(Path(str(made.cwd)).iterdir()) == []
    environment = {**os.environ, **made.env}
    assert environment["MAILWRIGHT_SECRET_KEY"] == ""
    assert environment["ANTHROPIC_API_KEY"] == relay.token
    assert environment["ANTHROPIC_BASE_URL"] == relay.url
    assert "sk-ours" not in "".join(environment.values())
    await relay._client.aclose()


async def asked_for_real(
    service: Service, question: Question[Answer], serve: Callable[[dict[str, Any]], Awaitable[bytes]], **options: Any
) -> Any:
    """The real program, with a service of ours at the other end."""

    async def answer(body: bytes) -> bytes:
        return await serve(json.loads(body))

    models = Models(
        {"judge": (), "work": (NAME,)},
        base_url=await service(answer),
        api_key=lambda _: "sk-ours",
        transcripts=True,
        runtime="claude-agent-sdk",
        **options,
    )
    try:
        return await models.ask(question, who=Asker("tenant"))
    finally:
        await models.close()


@installed
@pytest.mark.server
async def test_the_real_program_calls_our_tools_and_answers(service: Service) -> None:
    bodies: list[dict[str, Any]] = []
    turns = [
        stream(uses("mcp__mailwright__look_up", 1, word="mail"), uses("mcp__mailwright__look_up", 2, word="nothing")),
        stream(uses("mcp__mailwright__look_up", 3, word=7)),
        stream(uses("StructuredOutput", 4, text="It means post.")),
        stream({"type": "text", "text": "Done."}, stop="end_turn"),
    ]

    async def serve(body: dict[str, Any]) -> bytes:
        bodies.append(body)
        return turns[len(bodies) - 1]

    reply = await asked_for_real(service, question("read @/etc/hostname please /help"), serve)
    assert reply.value.text == "It means post."
    assert [(call.outcome, call.input_tokens) for call in reply.calls] == [("ok", 150)] * len(bodies)
    assert [transcript(call.transcript)["sent"] for call in reply.calls] == bodies
    names = {tool["name"] for tool in bodies[0]["tools"]}
    assert names == {"StructuredOutput", "mcp__mailwright__look_up"}
    said = json.dumps(bodies[2], ensure_ascii=False)
    assert "mail: letters and parcels, <PERSON_1>" in said
    assert "no dictionary has this word" in said
    assert "You are a careful clerk." in said
    assert "read @/etc/hostname please /help" in said
    assert Path("/etc/hostname").read_text().strip() not in json.dumps(bodies[0]["messages"])
    assert "sk-ours" not in said


@installed
@pytest.mark.server
async def test_the_real_program_is_stopped_at_a_limit_by_a_broken_tool_and_by_a_refusal(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def for_ever(body: dict[str, Any]) -> bytes:
        return stream(uses("mcp__mailwright__look_up", called(body), word="mail"))

    with pytest.raises(ModelFailed, match="its limit of 3 turns") as failed:
        await asked_for_real(service, question("x", turns=3), for_ever)
    assert [call.outcome for call in failed.value.calls] == ["ok"] * 3

    async def broken(_wanted: Lookup) -> str:
        raise KeyError("a word of the mail")

    tools = (Tool("look_up", "Looks up.", Lookup, broken),)
    breaks = Question("work", "Do it.", "x", Answer, lambda: Answer(text="x"), tools, RunLimits())
    with pytest.raises(ModelFailed, match="the tool look_up broke with KeyError") as failed:
        await asked_for_real(service, breaks, for_ever)
    assert len(failed.value.calls) == 1

    asked = 0

    async def busy(_body: dict[str, Any]) -> bytes:
        nonlocal asked
        asked += 1
        return http("529 Busy", b'{"type": "error", "error": {"type": "overloaded_error", "message": "x"}}')

    with pytest.raises(ModelFailed, match="has an error of its own") as failed:
        await asked_for_real(service, question("x"), busy)
    assert (failed.value.transient, asked) == (True, 1)

    async def hang(_body: dict[str, Any]) -> bytes:
        await asyncio.sleep(3600)
        raise AssertionError

    with pytest.raises(ModelFailed, match="its limit of 3 seconds"):
        await asked_for_real(service, question("x", seconds=3.0), hang)
    assert list(tmp_path.iterdir()) == []  # each time the program had ended, and its folders were gone


@installed
@pytest.mark.server
async def test_the_real_program_cannot_use_a_tool_that_is_not_ours(service: Service, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def serve(body: dict[str, Any]) -> bytes:
        count = called(body)
        if count == 0:
            return stream(uses("Bash", 1, command=f"touch {mark}"), uses("Write", 2, file_path=str(mark), content="x"))
        if count == 2:
            return stream(uses("StructuredOutput", 3, text="I could not."))
        return stream({"type": "text", "text": "Done."}, stop="end_turn")

    reply = await asked_for_real(service, question("x"), serve)
    assert reply.value.text == "I could not."
    assert not mark.exists()
