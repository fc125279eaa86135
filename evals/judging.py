"""Asking a model to judge the labelled mails, as the employee asks it.

Called by the command. Promises: the same prompt, quoting and types as in `agents.employee.think`; a model that fails is counted
as having no verdict, which is a mistake; the header's word on automatic mail is left aside, so that the model is measured alone
(`with_headers` says what the employee makes of the same verdicts).
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from evals import calibration
from evals.calibration import Verdict
from evals.mails import Labelled
from mailwright.agents.employee import prompts
from mailwright.agents.models import Judgement, ModelFailed, Models, Question, rules
from mailwright.codecs.redaction import Placeholders
from mailwright.storage.model_calls import ModelCall

AT_ONCE = 8  # questions under way: a free plan of a provider takes as many


@dataclass(frozen=True, slots=True)
class Judged:
    """A mail, its verdict and the calls that were made for it."""

    mail: Labelled
    verdict: Verdict
    because: str
    calls: tuple[ModelCall, ...]


async def judge_all(models: Models, mails: Sequence[Labelled]) -> list[Judged]:
    """Judge every mail."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(mail: Labelled) -> Judged:
        async with room:
            return await _judge(models, mail)

    return list(await asyncio.gather(*(one(mail) for mail in mails)))


def measures(judged: Sequence[Judged], threshold: float) -> dict[str, Any]:
    """Everything that is measured of the verdicts on some mails."""
    verdicts = [each.verdict for each in judged]
    return {
        "mails": len(verdicts),
        "accuracy": calibration.accuracy(verdicts, threshold),
        "precision": calibration.precision(verdicts, threshold),
        "recall": calibration.recall(verdicts, threshold),
        "brier": calibration.brier(verdicts),
        "calibration_error": calibration.calibration_error(verdicts),
        "without_verdict": sum(1 for each in verdicts if not each.kind),
        "confusion": calibration.confusion(verdicts, threshold),
        "reliability": [
            {"from": each.low, "to": each.high, "mails": each.count, "said": each.said, "was": each.was}
            for each in calibration.bins(verdicts)
        ],
    }


def by(judged: Sequence[Judged], what: str, threshold: float) -> dict[str, float]:
    """The accuracy for each language or family."""
    grouped: dict[str, list[Verdict]] = defaultdict(list)
    for each in judged:
        grouped[getattr(each.mail, what)].append(each.verdict)
    return {name: calibration.accuracy(verdicts, threshold) for name, verdicts in sorted(grouped.items())}


def with_headers(judged: Sequence[Judged]) -> list[Judged]:
    """The same, where mail that says it is automatic never reaches a model."""
    return [
        replace(each, verdict=replace(each.verdict, kind="neither", confidence=1.0)) if each.mail.automatic else each
        for each in judged
    ]


def mistakes(judged: Sequence[Judged], threshold: float) -> list[dict[str, Any]]:
    """The mails that would be treated as what they are not."""
    return [
        {
            "id": each.mail.id,
            "expected": each.mail.expect,
            "judged": each.verdict.kind,
            "confidence": each.verdict.confidence,
            "because": each.because,
        }
        for each in judged
        if each.verdict.decided(threshold) != each.mail.expect
    ]


async def _judge(models: Models, mail: Labelled) -> Judged:
    question = Question(
        purpose="judge",
        instructions=prompts.instructions("judge"),
        material=prompts.quoted(mail.material, secrets.token_hex(16), Placeholders().hide),
        answer=Judgement,
        by_rules=lambda: rules.judge(mail.material),
    )
    try:
        reply = await models.ask(question)
    except ModelFailed as failure:
        return Judged(mail, Verdict(mail.id, mail.expect, "", 0.5), failure.text, failure.calls)
    said = reply.value
    return Judged(mail, Verdict(mail.id, mail.expect, said.kind, said.confidence), said.because, reply.calls)
