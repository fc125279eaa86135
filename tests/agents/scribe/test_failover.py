"""The first model fails and the second writes: as pydantic-ai models, through the whole workflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from mailwright.agents import scribe
from mailwright.agents.models import Models
from mailwright.domain.modelnames import PURPOSES
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import model_calls
from tests.agents.scribe.study import HOME, Study

FIRST, SECOND = "scripted:first", "scripted:second"
ANSWERS: dict[str, dict[str, Any]] = {
    "search_terms": {
        "type": "RESEARCH",
        "search_terms": ["Chen Lindqvist alpine botany", "Chen Lindqvist papers"],
        "because": "it asks for a paper",
    },
    "facts": {
        "facts": [
            {
                "claim": "She leads the herbarium of the University of Graz.",
                "source": 1,
                "quote": HOME.split(". ")[1],
                "about": "recipient",
            }
        ],
        "because": "the page is hers",
    },
    "paragraphs": {
        "subject": "A question",
        "paragraphs": [
            [{"text": "Dear Dr. Lindqvist,", "facts": []}],
            [
                {"text": "I grow alpine plants in Linz.", "facts": []},
                {"text": "You have led the herbarium in Graz since 2019.", "facts": [1]},
            ],
            [{"text": "Would you have time for a call?", "facts": []}],
            [{"text": "Best regards,\nAda Steiner", "facts": []}],
        ],
        "because": "a question about plants",
    },
}


def answers(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """What fits the type that is asked for."""
    [tool] = info.output_tools
    wanted = next(each for name, each in ANSWERS.items() if name in tool.parameters_json_schema["properties"])
    return ModelResponse(parts=[ToolCallPart(tool.name, json.dumps(wanted))])


def unavailable(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    raise ModelHTTPError(503, "first")


@pytest.mark.slow
async def test_the_second_model_writes_what_the_first_cannot(study: Study) -> None:
    models = Models(
        dict.fromkeys(PURPOSES, (FIRST, SECOND)),
        given={FIRST: FunctionModel(unavailable), SECOND: FunctionModel(answers)},
    )
    scribe.configure(study.core, models, study.web)
    mail = await study.write()
    assert mail.status is TaskStatus.COMPLETE, mail.last_error
    assert "You have led the herbarium in Graz since 2019." in mail.body
    assert mail.is_confident, mail.why
    assert mail.metadata["models"] == [SECOND]
    assert mail.metadata["tokens"]["output"] > 0
    calls = await study.core.read(lambda tx: model_calls.of_task(tx, mail.id))
    assert {each.purpose for each in calls} == {"template", "research", "compose"}
    assert {each.model for each in calls if each.outcome == "ok"} == {SECOND}
    assert {each.model for each in calls if each.outcome != "ok"} == {FIRST}
    await models.close()
