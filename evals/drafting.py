"""Asking a model for the drafts that are due in the labelled conversations, as the assistant's generate step asks it, and measuring them.

Called by the command. A draft is asked for wherever one is due by its label, whatever triage would say; one that is too long, or leaves
a point open, is asked for once more, as the step does. What is measured is the draft as it would be filed: after the claim check,
composed into a message (`draftrubrics` has the checks).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals import draftrubrics
from evals.gathering import Gathered
from evals.judging import AT_ONCE
from evals.threads import SENT_AT, Thread
from mailwright.agents.assistant import drafting
from mailwright.agents.assistant.composing import compose
from mailwright.agents.assistant.prompts import instructions
from mailwright.agents.assistant.snapshot import Written
from mailwright.agents.models import Draft, ModelFailed, Models, Question, Reply, rules
from mailwright.agents.models.rules import texts
from mailwright.codecs.redaction import Placeholders
from mailwright.domain.clock import SECOND
from mailwright.storage.model_calls import ModelCall

DRAFT_ID = "<draft@mail.example.org>"
COMPOSED_AT = int(SENT_AT.timestamp()) * SECOND


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft and what was found of it. `written` is None where the model gave none."""

    thread: Thread
    written: Written | None
    checks: dict[str, bool]
    calls: tuple[ModelCall, ...]

    @property
    def score(self) -> float:
        return sum(self.checks.values()) / len(self.checks)

    @property
    def whole(self) -> bool:
        """Whether every check holds."""
        return all(self.checks.values())


async def draft_all(models: Models, gathered: Sequence[Gathered]) -> list[Drafted]:
    """Have every draft written that is due."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(each: Gathered) -> Drafted:
        async with room:
            return await _draft(models, each)

    return list(await asyncio.gather(*(one(each) for each in gathered if each.thread.draft)))


def by_check(drafted: Sequence[Drafted]) -> dict[str, float]:
    """Of each sort of check the share that holds; the points of all drafts are one sort."""
    grouped: dict[str, list[bool]] = defaultdict(list)
    for each in drafted:
        for name, holds in each.checks.items():
            grouped[name.partition(":")[0]].append(holds)
    return {name: sum(holds) / len(holds) for name, holds in sorted(grouped.items())}


def filed(gathered: Gathered, draft: Draft, *, by: str) -> tuple[Written, bytes]:
    """The draft as the assistant would file it: checked, and composed."""
    written = drafting.finished(gathered.snapshot, draft, written_by=by)
    return written, compose(gathered.snapshot, written, message_id=DRAFT_ID, date=COMPOSED_AT)


async def _draft(models: Models, gathered: Gathered) -> Drafted:
    hidden = Placeholders()
    calls: list[ModelCall] = []
    try:
        reply = await _ask(models, gathered, "", hidden, calls)
    except ModelFailed:
        return Drafted(gathered.thread, None, {"there is a draft": False}, tuple(calls))
    draft = reply.value
    wrong = drafting.complaint(gathered.snapshot, draft)
    if wrong and reply.model != rules.NAME:
        again = f"{wrong}\n\nThis was your draft, to be put right:\n{draft.text}"
        with contextlib.suppress(ModelFailed):  # there is a draft already
            second = (await _ask(models, gathered, again, hidden, calls)).value
            draft = second if _faults(gathered, second) <= _faults(gathered, draft) else draft
    written, raw = filed(gathered, draft, by=reply.model)
    return Drafted(gathered.thread, written, draftrubrics.checks(gathered, written, raw), tuple(calls))


async def _ask(
    models: Models, gathered: Gathered, again: str, hidden: Placeholders, calls: list[ModelCall]
) -> Reply[Draft]:
    """Ask, and note the calls, those of a failure too. Raises ModelFailed."""
    question = Question(
        purpose="draft",
        instructions=instructions("draft"),
        material=drafting.prompt(gathered.snapshot, secrets.token_hex(16), hidden.hide, again),
        answer=Draft,
        by_rules=lambda: drafting.rules_draft(gathered.snapshot),
    )
    try:
        reply = await models.ask(question)
    except ModelFailed as failure:
        calls += failure.calls
        raise
    calls += reply.calls
    return Reply(reply.value.model_copy(update={"text": hidden.show(reply.value.text)}), reply.model, reply.calls)


def _faults(gathered: Gathered, draft: Draft) -> tuple[int, int]:
    over = len(texts.words(draft.text)) - drafting.most_words(gathered.snapshot)
    return len(drafting.open_points(drafting.points(gathered.snapshot), draft)), max(over, 0)
