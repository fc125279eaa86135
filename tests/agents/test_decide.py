"""Every rule of decide, with its because."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailwright.agents.employee.decide import Decision, decide, silence
from mailwright.agents.employee.snapshot import Facts, Verdict
from mailwright.domain.envelope import Origin

PLAIN = Facts("task", "snapshot")
TASK = Verdict("advice", "task", 0.91)
ANSWER = Verdict("advice", "answer", 0.7)
NOTHING = Verdict("advice", "neither", 0.9)
UNSURE = Verdict("advice", "task", 0.55)


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"settled": "the task is complete"}, "the task is complete"),
        ({"bounce": True}, "it came without a return address, like every bounce (RFC 3834 §2)"),
        ({"automatic": "Precedence: bulk"}, "automatic mail is never answered: Precedence: bulk"),
        ({"from_an_agent": True}, "it comes from an agent of this server, and agents do not talk to each other"),
        ({"answerable": False}, "its From line has no address that could be answered"),
        ({"blocked": True}, "the sender is blocked"),
        ({"may_send": False}, "the agent's assignment does not let it send"),
        ({"human_answered": True}, "somebody has answered it already"),
        ({"sent_last_hour": 5}, "the sender got 5 answers within an hour; the limit is 5"),
        ({"sent_last_day": 20}, "the sender got 20 answers within a day; the limit is 20"),
        (
            {"origin": Origin.OWNER.value, "sent_last_hour": 20},
            "the sender got 20 answers within an hour; the limit is 20",
        ),
        (
            {"origin": Origin.OWNER.value, "sent_last_day": 100},
            "the sender got 100 answers within a day; the limit is 100",
        ),
    ],
)
def test_what_keeps_us_silent_whatever_is_asked(changes: dict[str, object], because: str) -> None:
    facts = replace(PLAIN, **changes)  # type: ignore[arg-type]
    assert silence(facts) == Decision("silent", because)
    assert decide(facts, TASK) == Decision("silent", because)


@pytest.mark.parametrize(
    ("sent", "verdict", "decision"),
    [
        ((), TASK, Decision("reply", "judged a task (0.91)")),
        ((), ANSWER, Decision("reply", "judged an answer to our question (0.70)")),
        ((), NOTHING, Decision("acknowledge", "judged no task (0.90); saying once that it arrived")),
        (
            (),
            replace(NOTHING, confidence=0.7),
            Decision("clarify", "judged no task (0.70); asking once what is wanted"),
        ),
        (
            ("acknowledge",),
            NOTHING,
            Decision("silent", "judged no task (0.90); this thread was told once already that its mail arrives"),
        ),
        ((), UNSURE, Decision("clarify", "judged a task (0.55), below 0.6; asking once what is wanted")),
        (("clarify",), NOTHING, Decision("silent", "judged no task (0.90); this thread was asked once already")),
        (
            ("reply",),
            NOTHING,
            Decision("silent", "judged no task (0.90); it follows an answer of ours and asks for nothing"),
        ),
        (("reply", "clarify"), TASK, Decision("reply", "judged a task (0.91)")),
    ],
)
def test_what_a_judgement_leads_to(sent: tuple[str, ...], verdict: Verdict, decision: Decision) -> None:
    assert decide(replace(PLAIN, sent_in_thread=sent), verdict) == decision


def test_an_owner_may_be_answered_more_often_than_a_stranger() -> None:
    assert silence(replace(PLAIN, origin=Origin.OWNER.value, sent_last_hour=19, sent_last_day=99)) is None


def test_facts_and_decisions_travel_as_plain_values() -> None:
    facts = replace(PLAIN, sent_in_thread=("reply",))
    assert Facts.of(facts.as_values()) == facts
    assert Decision(**decide(facts, TASK).as_values()) == decide(facts, TASK)
