"""The order of things: classify → generate → draft. Nothing else is in here, and nothing that a restart would repeat.

No clock, no chance, no network in the body: those are the steps'. Each step is repeated by its own policy (`stepping.RETRIES`); what is
given up then becomes a dead letter. Nothing is ever sent.
"""

from __future__ import annotations

from dataclasses import asdict

import structlog

from mailwright.agents.assistant.classify import classify
from mailwright.agents.assistant.draft import draft
from mailwright.agents.assistant.generate import generate
from mailwright.agents.assistant.giving_up import give_up, hand_on
from mailwright.agents.assistant.parts import AGENT
from mailwright.agents.assistant.snapshot import Known
from mailwright.agents.attempts import Failure
from mailwright.pipeline import workflow

log = structlog.get_logger(__name__)


@workflow(name=AGENT, lane="classify")
async def assist(item_id: str, generation: int, force: bool = False) -> str:
    """Say what a mail is to its owner, and draft the reply that is due; the status its task has in the end.

    `generation` tells a person's "once more" from a repeat: it is part of the workflow's id (`assistant:<mail>:<generation>`). With
    `force` a mail that was judged is judged anew, and a draft that nobody edited written anew.
    """
    at = "classify"
    try:
        known = Known(**await classify(item_id, generation, force))
        if known.hands_on:
            await hand_on(known.hands_on)
        if known.settled:
            return known.settled
        at = "generate"
        known = Known(**await generate(known.as_values(), generation))
        if known.settled:
            return known.settled
        at = "draft"
        return await draft(known.as_values(), generation)
    except Exception as error:
        failure = Failure.of(error, at)
        log.warning("assistant.given_up", step=failure.step, error=failure.kind)
        return await give_up(item_id, generation, force, asdict(failure))
