"""What each attempt of a step says to its span: ids and an outcome, and no word of the mail or of the web."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailwright.agents.models import ModelFailed
from mailwright.domain import spans
from mailwright.domain.outreach import ScribeStep
from tests.agents.scribe.study import Study


class Notes(spans._Nothing):
    """A follower with one span, which keeps what is said of it."""

    def __init__(self) -> None:
        self.said: list[dict[str, spans.Value]] = []

    def edge(self, *_args: object, **_options: object) -> Notes:
        return self

    def span(self, *_args: object, **_options: object) -> Notes:
        return self

    def current(self) -> Notes:
        return self

    def set(self, **attributes: spans.Value) -> None:
        self.said.append(attributes)

    @property
    def outcomes(self) -> list[spans.Value]:
        return [each["outcome"] for each in self.said if "outcome" in each]


@pytest.fixture
def notes() -> Iterator[Notes]:
    found = Notes()
    spans.follow(found)
    yield found
    spans.follow(None)


async def test_each_step_says_whose_it_is_and_how_it_ended(study: Study, notes: Notes) -> None:
    mail = await study.write()
    assert notes.outcomes == ["done"] * len(ScribeStep)
    assert [each["task_id"] for each in notes.said if "generation" in each] == [mail.id] * len(ScribeStep)
    assert "Lindqvist" not in repr(notes.said)


async def test_one_that_fails_says_with_what(study: Study, notes: Notes) -> None:
    study.models.failing["compose"] = lambda: ModelFailed("garbled: Lindqvist", transient=False)
    await study.write()
    assert notes.outcomes[-1] == "ModelFailed"
    assert "Lindqvist" not in repr(notes.said)
