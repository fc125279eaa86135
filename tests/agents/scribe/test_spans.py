"""One span for each attempt of a step, with ids and an outcome, and no word of the mail or of the web."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from mailwright.agents.models import ModelFailed
from mailwright.agents.scribe import stepping
from mailwright.domain.outreach import ScribeStep
from tests.agents.scribe.study import Study


@dataclass
class Span:
    """As OpenTelemetry's, as far as it is used."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)

    def set_attribute(self, name: str, value: Any) -> None:
        self.attributes[name] = value


class Tracer:
    """Keeps its spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    @contextmanager
    def start_as_current_span(self, name: str, **options: Any) -> Iterator[Span]:
        assert options == {"record_exception": False, "set_status_on_exception": False}
        span = Span(name)
        self.spans.append(span)
        yield span


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    found = Tracer()
    monkeypatch.setattr(stepping, "tracer", found)
    return found


async def test_each_step_has_one(study: Study, tracer: Tracer) -> None:
    mail = await study.write()
    assert [each.name for each in tracer.spans] == [f"scribe.{each.value}" for each in ScribeStep]
    assert {each.attributes["mailwright.task_id"] for each in tracer.spans} == {mail.id}
    assert {each.attributes["mailwright.outcome"] for each in tracer.spans} == {"done"}
    assert "Lindqvist" not in repr(tracer.spans)


async def test_one_that_fails_says_with_what(study: Study, tracer: Tracer) -> None:
    study.models.failing["compose"] = lambda: ModelFailed("garbled: Lindqvist", transient=False)
    await study.write()
    assert tracer.spans[-1].attributes["mailwright.outcome"] == "ModelFailed"
    assert "Lindqvist" not in repr(tracer.spans)
