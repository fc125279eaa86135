"""Asking a model what the labelled conversations are to their owner, as the assistant's classify step asks it, and measuring the answers.

Called by the command. Two things are measured: the assistant as it is (the deterministic layer decides what is certain, the model the
rest), and the model alone on all of them. A model that fails is counted as having given no category, which is a mistake.

`Decided` is what one of them said; the measures are plain functions over such.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals import calibration
from evals.calibration import Verdict
from evals.gathering import Gathered
from evals.judging import AT_ONCE
from evals.threads import Thread
from mailwright.agents.assistant import layer, triaging
from mailwright.agents.assistant.prompts import instructions
from mailwright.agents.models import ModelFailed, Models, Question, Triage
from mailwright.codecs.redaction import Placeholders
from mailwright.domain.triage import Category
from mailwright.storage.model_calls import ModelCall

BY_LAYER = "layer"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was said of a conversation. `category` is empty where the model gave none; `by` is "layer" or the model's name."""

    thread: Thread
    category: str
    confidence: float
    because: str
    by: str
    calls: tuple[ModelCall, ...] = ()

    @property
    def right(self) -> bool:
        return self.category == self.thread.expect.value

    def drafted(self, threshold: float) -> bool:
        """Whether the assistant would draft by this alone."""
        return self.category == Category.NEEDS_REPLY.value and self.confidence >= threshold

    @property
    def verdict(self) -> Verdict:
        """That what was said is right, with how sure it was said: what a confidence is measured by."""
        return Verdict(
            self.thread.id, "task" if self.right else "neither", "task" if self.category else "", self.confidence
        )


def by_layer(gathered: Sequence[Gathered]) -> list[Decided]:
    """What the deterministic layer decides, without a rule of the owner; the others are left out."""
    found = []
    for each in gathered:
        said = layer.decide(each.snapshot.signals)
        if said is not None:
            found.append(Decided(each.thread, said.category, said.confidence, said.because, BY_LAYER))
    return found


async def by_model(models: Models, gathered: Sequence[Gathered], name: str) -> list[Decided]:
    """What the model says of every one, asked alone."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(each: Gathered) -> Decided:
        async with room:
            return await _ask(models, each, name)

    return list(await asyncio.gather(*(one(each) for each in gathered)))


def together(certain: Sequence[Decided], asked: Sequence[Decided]) -> list[Decided]:
    """The assistant as it is: the layer first, the model for the rest."""
    first = {each.thread.id: each for each in certain}
    return [first.get(each.thread.id, each) for each in asked]


def measures(decided: Sequence[Decided], threshold: float) -> dict[str, Any]:
    """Everything that is measured of what was said of some conversations."""
    verdicts = [each.verdict for each in decided]
    return {
        "threads": len(decided),
        "accuracy": _mean([each.right for each in decided]),
        "categories": {each.value: _category(decided, each) for each in Category},
        "needs_reply_at_threshold": _needs_reply(decided, threshold),
        "brier": calibration.brier(verdicts),
        "calibration_error": calibration.calibration_error(verdicts),
        "without_category": sum(not each.category for each in decided),
        "drafts_not_due": sum(
            each.drafted(threshold) and each.thread.expect is not Category.NEEDS_REPLY for each in decided
        ),
        "honest_mail_called_spam": sum(
            each.category == Category.SPAM.value and each.thread.expect is not Category.SPAM for each in decided
        ),
        "confusion": confusion(decided),
    }


def confusion(decided: Sequence[Decided]) -> dict[str, dict[str, int]]:
    """What conversations are, and what they were called."""
    counted = Counter((each.thread.expect.value, each.category or "none") for each in decided)
    names = [each.value for each in Category]
    columns = [*names, "none"] if any(said == "none" for _, said in counted) else names
    return {expected: {said: counted[expected, said] for said in columns} for expected in names}


def by(decided: Sequence[Decided], what: str) -> dict[str, float]:
    """The accuracy for each language or family."""
    grouped: dict[str, list[bool]] = defaultdict(list)
    for each in decided:
        grouped[getattr(each.thread, what)].append(each.right)
    return {name: _mean(right) for name, right in sorted(grouped.items())}


def mistakes(decided: Sequence[Decided]) -> list[dict[str, Any]]:
    """What was called what it is not."""
    return [
        {
            "id": each.thread.id,
            "expected": each.thread.expect.value,
            "judged": each.category,
            "confidence": each.confidence,
            "because": f"{each.because} (by {each.by})",
        }
        for each in decided
        if not each.right
    ]


def _category(decided: Sequence[Decided], category: Category) -> dict[str, float]:
    """Precision, recall and F1 of one category, whatever the confidence."""
    return _rates(
        [each.category == category.value for each in decided], [each.thread.expect is category for each in decided]
    )


def _needs_reply(decided: Sequence[Decided], threshold: float) -> dict[str, float]:
    """The same of "a reply is due", from the owner's threshold on: what drafts are made by."""
    return _rates(
        [each.drafted(threshold) for each in decided],
        [each.thread.expect is Category.NEEDS_REPLY for each in decided],
    )


def _rates(said: Sequence[bool], so: Sequence[bool]) -> dict[str, float]:
    both = sum(a and b for a, b in zip(said, so, strict=True))
    precision = both / sum(said) if any(said) else 1.0
    recall = both / sum(so) if any(so) else 1.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
    }


async def _ask(models: Models, gathered: Gathered, name: str) -> Decided:
    question = Question(
        purpose="triage",
        instructions=instructions("triage"),
        material=triaging.material_for(gathered.snapshot, secrets.token_hex(16), Placeholders().hide),
        answer=Triage,
        by_rules=lambda: layer.by_rules(gathered.snapshot),
    )
    try:
        reply = await models.ask(question)
    except ModelFailed as failure:
        return Decided(gathered.thread, "", 0.5, failure.text, name, failure.calls)
    said = reply.value
    return Decided(gathered.thread, said.category, said.confidence, said.because, name, reply.calls)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
