"""Policy: what an agent may do, on whose words, and which text may leave. Plain code; no model has a say in it.

    rules       grants of an assignment, limits of a correspondent, who is answered, the filter of outgoing text
    links       links that show one address and lead to another: a part of the filter
    effects     what a run may want to do, and what may be said to it
    monitor     the reference monitor: every effect of every run passes it, denied unless something allows it
    judging     its rules, without I/O          knowledge   what a run has learned, and from where
    words       what the owner's own words ask for and name; `sentences` is the grammar, `words_table` the verbs

Called by decide (origins, limits), by tools (before each effect) and by act (grants, the outgoing filter).
"""

from mailwright.agents.policy.effects import Action, Effect, Ruling
from mailwright.agents.policy.knowledge import Person, Thing
from mailwright.agents.policy.monitor import Monitor
from mailwright.agents.policy.rules import (
    ASSISTANT_GRANTS,
    CONCIERGE_GRANTS,
    EMPLOYEE_GRANTS,
    Grant,
    Limits,
    NotGranted,
    answer_to,
    limits_for,
    outgoing,
    require,
    words_of_author,
)
from mailwright.agents.policy.words import OwnerWords

__all__ = [
    "ASSISTANT_GRANTS",
    "CONCIERGE_GRANTS",
    "EMPLOYEE_GRANTS",
    "Action",
    "Effect",
    "Grant",
    "Limits",
    "Monitor",
    "NotGranted",
    "OwnerWords",
    "Person",
    "Ruling",
    "Thing",
    "answer_to",
    "limits_for",
    "outgoing",
    "require",
    "words_of_author",
]
