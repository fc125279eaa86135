"""Deciding: what becomes of a message, and because of what. Plain code, no model, no I/O: the same facts, the same decision.

Called by the workflow twice (before a model is asked, and with its judgement) and by act, inside the sending transaction, with
facts read anew. The order of the rules is the order of their weight.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from mailwright.agents import policy
from mailwright.agents.employee.snapshot import Facts, Verdict
from mailwright.domain.envelope import Origin

SURE = 0.8
"""From this confidence that nothing is wanted a mail is acknowledged; below it its sender is asked what is wanted."""
MAX_REFUSED_A_DAY = 1
"""Times one correspondent is told in a day that their plan's tasks are used up."""
MAX_ASKED_A_DAY = 2
"""Times one correspondent is asked what is wanted, in all threads: a robot that does not say it is one opens a new thread for
every question of ours (RFC 3834 §2 knows them)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`reply`: do the work and answer. `clarify`: ask what is wanted. `acknowledge`: say that it arrived. `limit`: say that the plan's
    tasks are used up. `silent`: nothing leaves.
    """

    action: Literal["reply", "clarify", "acknowledge", "limit", "silent"]
    because: str

    def as_values(self) -> dict[str, Any]:
        """For the workflow engine."""
        return asdict(self)


def silence(facts: Facts) -> Decision | None:
    """The reason to stay silent whatever the message says, or None. No model is asked when there is one."""
    because = _must_be_silent(facts)
    return Decision("silent", because) if because else None


def decide(facts: Facts, verdict: Verdict) -> Decision:
    """What to do, now that the message is judged."""
    quiet = silence(facts)
    if quiet is not None:
        return quiet
    judged = f"judged {_NAMES[verdict.kind]} ({verdict.confidence:.2f})"
    if verdict.kind != "neither" and verdict.confidence >= facts.threshold:
        return Decision("reply", judged)
    if verdict.kind != "neither":
        judged = f"{judged}, below {facts.threshold}"
    asked = asked_enough(facts)
    if asked:
        return Decision("silent", f"{judged}; {asked}")
    if verdict.kind == "neither" and verdict.confidence >= SURE:
        return Decision("acknowledge", f"{judged}; saying once that it arrived")
    return Decision("clarify", f"{judged}; asking once what is wanted")


def refused(facts: Facts, because: str) -> Decision:
    """What to do when the plan does not cover the task."""
    if facts.refused_last_day >= MAX_REFUSED_A_DAY:
        return Decision("silent", f"{because}; the sender was told so within a day")
    return Decision("limit", because)


def asked_enough(facts: Facts) -> str:
    """Why nobody is to be asked what is wanted, or nothing. Looked at again when the question is sent."""
    if "clarify" in facts.sent_in_thread:
        return "this thread was asked once already"
    if "acknowledge" in facts.sent_in_thread:
        return "this thread was told once already that its mail arrives"
    if "reply" in facts.sent_in_thread:
        return "it follows an answer of ours and asks for nothing"
    if facts.asked_last_day >= MAX_ASKED_A_DAY:
        return f"the sender was asked {facts.asked_last_day} times within a day already"
    return ""


_NAMES = {"task": "a task", "answer": "an answer to our question", "neither": "no task"}


def _must_be_silent(facts: Facts) -> str:
    if facts.settled:
        return facts.settled
    if facts.stopped:
        return f"agents are stopped: {facts.stopped}"
    if facts.bounce:
        return "it came without a return address, like every bounce (RFC 3834 §2)"
    if facts.automatic:
        return f"automatic mail is never answered: {facts.automatic}"
    if facts.from_an_agent:
        return "it comes from an agent of this server, and agents do not talk to each other"
    if not facts.answerable:
        return "its From line has no address that could be answered"
    if facts.suppressed:
        return f"nothing automatic is sent to this address: {facts.suppressed}"
    if facts.blocked:
        return "the sender is blocked"
    if not facts.may_send:
        return "the agent's assignment does not let it send"
    if facts.human_answered:
        return "somebody has answered it already"
    limits = policy.limits_for(Origin(facts.origin))
    if facts.sent_last_hour >= limits.per_hour:
        return f"the sender got {facts.sent_last_hour} answers within an hour; the limit is {limits.per_hour}"
    if facts.sent_last_day >= limits.per_day:
        return f"the sender got {facts.sent_last_day} answers within a day; the limit is {limits.per_day}"
    return ""
