"""Runs: a model that calls tools until it answers, with scripted models in the place of real ones."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from mailwright.agents.models import Answer, Asker, ModelFailed, Models, Question, RunLimits, Tool, ToolFailed
from mailwright.domain.refusals import TryLater
from mailwright.storage.model_calls import ModelCall

Turn = Callable[[list[ModelMessage]], ModelResponse]


class Lookup(BaseModel):
    word: str = Field(min_length=1)


def call(name: str, **arguments: Any) -> ModelResponse:
    usage = RequestUsage(input_tokens=100, output_tokens=10, cache_read_tokens=80)
    return ModelResponse([ToolCallPart(name, arguments)], usage=usage)


def answer(text: str = "done") -> ModelResponse:
    return call("final_result", text=text)


def scripted(*turns: ModelResponse | Turn | Exception) -> FunctionModel:
    """Gives one turn after the other, and the last one for ever."""
    seen = 0

    async def play(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        nonlocal seen
        turn = turns[min(seen, len(turns) - 1)]
        seen += 1
        if isinstance(turn, Exception):
            raise turn
        return turn(messages) if callable(turn) else turn

    return FunctionModel(play)


def tool(run: Callable[[Lookup], Awaitable[str]], name: str = "look_up") -> Tool:
    return Tool(name, "Looks a word up.", Lookup, run)


async def definition(wanted: Lookup) -> str:
    return f"{wanted.word} means something"


def question(*tools: Tool, limits: RunLimits | None = None) -> Question[Answer]:
    return Question("work", "Do the task.", "the mail", Answer, lambda: Answer(text="by rules"), tools, limits)


def models(*names: str, **given: FunctionModel) -> Models:
    chosen = names or tuple(f"scripted:{name}" for name in given)
    known = {f"scripted:{name}": model for name, model in given.items()}
    return Models({"judge": (), "work": chosen}, given=known, transcripts=True)


def returned(messages: list[ModelMessage]) -> list[Any]:
    return [part.content for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]


async def test_a_model_calls_tools_until_it_answers() -> None:
    def second(messages: list[ModelMessage]) -> ModelResponse:
        assert returned(messages) == ["mail means something"]
        return answer("I looked it up")

    reply = await models(one=scripted(call("look_up", word="mail"), second)).ask(question(tool(definition)))
    assert (reply.value.text, reply.model) == ("I looked it up", "scripted:one")
    assert [(each.outcome, each.input_tokens, each.output_tokens, each.cached_tokens) for each in reply.calls] == [
        ("ok", 100, 10, 80)
    ] * 2


async def test_what_a_tool_says_it_cannot_do_is_read_by_the_model() -> None:
    async def never(_wanted: Lookup) -> str:
        raise ToolFailed("the workspace has no such file")

    seen: list[Any] = []

    def second(messages: list[ModelMessage]) -> ModelResponse:
        seen.extend(returned(messages))
        return answer()

    await models(one=scripted(call("look_up", word="mail"), second)).ask(question(tool(never)))
    assert seen == ["the workspace has no such file"]


async def test_wrong_arguments_are_told_to_the_model_and_the_tool_does_not_run() -> None:
    ran: list[str] = []

    async def note(wanted: Lookup) -> str:
        ran.append(wanted.word)
        return "ok"

    seen: list[Any] = []

    def last(messages: list[ModelMessage]) -> ModelResponse:
        seen.extend(returned(messages))
        return answer()

    given = scripted(call("look_up", word=""), call("look_up", wrd="x"), call("look_up", word="mail"), last)
    await models(one=given).ask(question(tool(note)))
    assert ran == ["mail"]
    assert [text.split(":")[0] for text in seen] == ["wrong arguments", "wrong arguments", "ok"]


async def test_a_tool_that_breaks_ends_the_run_and_no_other_model_begins_it_anew() -> None:
    async def broken(_wanted: Lookup) -> str:
        raise KeyError("a word of the mail")

    asked = models(one=scripted(call("look_up", word="mail")), two=scripted(answer()))
    with pytest.raises(ModelFailed, match="the tool look_up broke with KeyError") as failed:
        await asked.ask(question(tool(broken)))
    assert (failed.value.transient, failed.value.outcome) == (False, "tool-broke")
    assert "a word of the mail" not in failed.value.text
    assert [each.model for each in failed.value.calls] == ["scripted:one"]


async def test_a_tool_whose_database_is_away_ends_the_run_for_another_try() -> None:
    async def away(_wanted: Lookup) -> str:
        raise TryLater("the database is away")

    with pytest.raises(ModelFailed, match="the database is away") as failed:
        await models(one=scripted(call("look_up", word="mail")), two=scripted(answer())).ask(question(tool(away)))
    assert failed.value.transient


async def test_tools_of_one_turn_run_one_after_the_other_in_the_models_order() -> None:
    ran: list[str] = []

    async def slow(wanted: Lookup) -> str:
        ran.append(f"{wanted.word} begins")
        await asyncio.sleep(0.01)
        ran.append(f"{wanted.word} ends")
        return "ok"

    both = ModelResponse([ToolCallPart("look_up", {"word": "a"}), ToolCallPart("look_up", {"word": "b"})])
    await models(one=scripted(both, answer())).ask(question(tool(slow)))
    assert ran == ["a begins", "a ends", "b begins", "b ends"]


async def test_a_tool_called_beside_the_answer_runs_before_the_run_ends() -> None:
    ran: list[str] = []

    async def note(wanted: Lookup) -> str:
        ran.append(wanted.word)
        return "ok"

    parts = [ToolCallPart("look_up", {"word": "a"}), ToolCallPart("final_result", {"text": "done"})]
    reply = await models(one=scripted(ModelResponse(parts))).ask(question(tool(note)))
    assert (ran, reply.value.text) == (["a"], "done")


@pytest.mark.parametrize(
    ("limits", "text", "outcome", "calls"),
    [
        (RunLimits(turns=3), "its limit of 3 turns of the model", "limit-turns", 3),
        (RunLimits(tokens=200), "its limit of 200 tokens", "limit-tokens", 2),
        (RunLimits(cost_usd=0.5), "its limit of 0.5 US dollars", "limit-cost", 2),
    ],
)
async def test_a_run_that_goes_too_far_is_stopped(limits: RunLimits, text: str, outcome: str, calls: int) -> None:
    def costly(_messages: list[ModelMessage]) -> ModelResponse:
        made = call("look_up", word="mail")
        from decimal import Decimal

        made.usage.cost = Decimal("0.25")
        return made

    asked = models(one=scripted(costly), two=scripted(answer()))
    with pytest.raises(ModelFailed, match=text) as failed:
        await asked.ask(question(tool(definition), limits=limits))
    assert (failed.value.transient, failed.value.outcome) == (False, outcome)
    assert [each.outcome for each in failed.value.calls] == ["ok"] * calls


async def test_a_run_that_lasts_too_long_is_stopped_in_a_tool_and_in_a_request() -> None:
    async def endless(_wanted: Lookup) -> str:
        await asyncio.sleep(3600)
        return ""

    async def hang(_messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        await asyncio.sleep(3600)
        raise AssertionError

    for given, calls in ((scripted(call("look_up", word="mail")), ["ok"]), (FunctionModel(hang), ["cancelled"])):
        with pytest.raises(ModelFailed, match=r"its limit of 0\.2 seconds") as failed:
            await models(one=given).ask(question(tool(endless), limits=RunLimits(seconds=0.2)))
        assert (failed.value.transient, failed.value.outcome) == (False, "limit-seconds")
        assert [each.outcome for each in failed.value.calls] == calls


async def test_the_next_model_begins_the_run_anew_and_the_limits_count_both() -> None:
    away = ModelHTTPError(503, "scripted")
    asked = models(
        one=scripted(call("look_up", word="mail"), away),
        two=scripted(lambda messages: answer(f"{len(messages)} message")),
    )
    reply = await asked.ask(question(tool(definition)))
    assert (reply.value.text, reply.model) == ("1 message", "scripted:two")
    assert [(each.model[-3:], each.outcome) for each in reply.calls] == [
        ("one", "ok"),
        ("one", "unavailable"),
        ("two", "ok"),
    ]
    asked = models(one=scripted(call("look_up", word="mail"), away), two=scripted(answer()))
    with pytest.raises(ModelFailed, match="its limit of 1 turns"):
        await asked.ask(question(tool(definition), limits=RunLimits(turns=1)))


async def test_the_built_in_model_answers_without_tools() -> None:
    reply = await models("rules").ask(question(tool(definition)))
    assert (reply.value.text, reply.model) == ("by rules", "rules")


async def test_every_call_is_told_of_at_once_and_with_whom_it_was_for() -> None:
    heard: list[tuple[str, str | None]] = []

    async def told(made: ModelCall, who: Asker | None) -> None:
        heard.append((made.outcome, None if who is None else who.task_id))

    async def look(_wanted: Lookup) -> str:
        return f"{len(heard)} so far"

    given = {"scripted:one": scripted(call("look_up", word="x"), lambda messages: answer(returned(messages)[0]))}
    asked = Models({"judge": (), "work": ("scripted:one",)}, given=given, told=told)
    reply = await asked.ask(question(tool(look)), who=Asker("tenant", "user", "task"))
    assert reply.value.text == "1 so far"
    assert heard == [("ok", "task")] * 2
    assert all(each.transcript is None for each in reply.calls)  # they are not kept


async def test_an_answer_of_another_type_is_garbage_and_asked_for_again() -> None:
    prose = ModelResponse([TextPart("I would rather not")])
    reply = await models(one=scripted(prose, call("final_result", text="  "), answer())).ask(question())
    assert [each.outcome for each in reply.calls] == ["garbage", "garbage", "ok"]


async def test_the_transcript_of_a_given_model_is_what_it_was_given() -> None:
    given = scripted(call("look_up", word="mail"), answer("I looked it up"))
    reply = await models(one=given).ask(question(tool(definition)))
    first, second = (json.loads(zlib.decompress(each.transcript or b"")) for each in reply.calls)
    assert first["format"] == second["format"] == "pydantic-ai"
    assert first["sent"]["instructions"] == "Do the task."
    assert [each["name"] for each in first["sent"]["tools"]] == ["look_up", "final_result"]
    assert [part["content"] for part in first["sent"]["messages"][0]["parts"]] == ["the mail"]
    assert second["sent"]["messages"][2]["parts"][0]["content"] == "mail means something"
    assert second["answered"] == [{"kind": "call", "name": "final_result", "arguments": {"text": "I looked it up"}}]
