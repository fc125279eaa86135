"""Any model can be measured: what it answers is counted, what it costs is told, and a grader's word stands beside the code's."""

from __future__ import annotations

import json
from collections.abc import Sequence

from evals import judging, mails, replying
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from mailwright.agents.models import Models


def answering(**answer: object) -> Models:
    """A model that always says the same."""

    async def say(messages: Sequence[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, json.dumps(answer))])

    name = "scripted:same"
    return Models({"judge": (name,), "work": (name,)}, given={name: FunctionModel(say)})


async def test_a_model_that_takes_everything_for_a_task_has_all_recall_and_little_precision() -> None:
    some = mails.load()[:40]
    judged = await judging.judge_all(answering(kind="task", confidence=0.9, because="always"), some)
    found = judging.measures(judged, 0.6)
    wanted = sum(each.wanted for each in some) / len(some)
    assert found["recall"] == 1
    assert found["precision"] == wanted
    assert abs(found["brier"] - (wanted * 0.01 + (1 - wanted) * 0.81)) < 1e-9
    assert all(call.outcome == "ok" and call.input_tokens > 0 for each in judged for call in each.calls)


async def test_a_grader_reads_every_reply_and_its_calls_are_counted_apart() -> None:
    tasks = replying.load()[:3]
    grader = answering(right=True, complete=True, invents_nothing=False, well_put=True, because="made up a price")
    replied = await replying.reply_all(answering(text="Hello, here is what you asked for.", because=""), tasks, grader)
    assert [each.grade.score if each.grade else None for each in replied] == [0.75] * 3
    assert all(len(each.calls) == 1 and len(each.grading) == 1 for each in replied)


async def test_without_a_grader_nobody_grades() -> None:
    replied = await replying.reply_all(Models.by_rules(), replying.load()[:3], Models.by_rules())
    assert [each.grade for each in replied] == [None] * 3
