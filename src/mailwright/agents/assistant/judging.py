"""Judging: what a mail is to its owner, by the owner's rules, the deterministic layer, or a model.

Called by classify. What a model reads is quoted and has placeholders; what it says is a type. Its calls are recorded, the failed ones too.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from mailwright.agents.assistant import layer, prompts, triaging
from mailwright.agents.assistant.asking import ask
from mailwright.agents.assistant.parts import parts
from mailwright.agents.assistant.snapshot import Snapshot
from mailwright.agents.assistant.stepping import Turn
from mailwright.agents.models import Question, Triage
from mailwright.agents.models.turns import MAX_BECAUSE
from mailwright.codecs.redaction import Placeholders
from mailwright.core import triage as triage_core
from mailwright.domain.envelope import Origin
from mailwright.domain.triage import Category
from mailwright.storage import Tx, model_calls
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item
from mailwright.storage.triagerules import Rule


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found, by whom (`rule`, `layer`, or the model's name), and what it cost."""

    triage: Triage
    by: str
    rule: Rule | None = None
    calls: tuple[ModelCall, ...] = ()


async def judge(task: Task, snapshot: Snapshot) -> Judged:
    """Raises ModelFailed, TryLater."""
    user_id = task.user_id or ""
    signals = snapshot.signals
    rule = await parts().core.read(lambda tx: triage_core.rule_for(tx, user_id, snapshot.sender, signals.kind.value))
    certain = layer.decide(signals, rule)
    if certain is not None:
        by = layer.decided_by(rule, signals)
        return Judged(certain, by, rule if by == layer.BY_RULE else None)
    hidden = Placeholders(parts().options.recognisers)
    material = await asyncio.to_thread(triaging.material_for, snapshot, secrets.token_hex(16), hidden.hide)
    question = Question(
        purpose="triage",
        instructions=prompts.instructions("triage"),
        material=material,
        answer=Triage,
        by_rules=lambda: layer.by_rules(snapshot),
    )
    reply = await ask(task, question)
    because = hidden.show(reply.value.because)[:MAX_BECAUSE]
    return Judged(reply.value.model_copy(update={"because": because}), reply.model, calls=reply.calls)


def note(tx: Tx, turn: Turn, snapshot: Snapshot, judged: Judged) -> Item:
    """Keep it, unless the owner has said otherwise meanwhile; what stands then."""
    if judged.rule is not None:
        triage_core.note_used(tx, judged.rule)
    model_calls.add_all(tx, judged.calls, task_id=turn.task.id)
    return triage_core.judged(
        tx,
        turn.item.id,
        category=Category(judged.triage.category),
        confidence=judged.triage.confidence,
        because=judged.triage.because,
        decided_by=judged.by,
        mail_kind=snapshot.signals.kind.value,
        proven=snapshot.signals.origin is not Origin.STRANGER,
        language=snapshot.language,
    )
