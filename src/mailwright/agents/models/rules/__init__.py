"""The built-in rules model: no key, no network, the same answer every time. It says in every reply what it is.

    triage     what is a mail to its owner?
    judge      is this a task? points for and against        work       the reply: results first, then what was found
    arithmetic, tables (tabletext), lists, texts             what it can compute
    dates, facts, numbers, language                          what it can find and read
    phrases_table, dates_table                               words of several languages, as data

Rules of the place: deterministic, exact (no float), linear and bounded on hostile text, and honest: what cannot be done is
said. No I/O; nothing in here reads a clock.
"""

from mailwright.agents.models.rules.judge import judge, machine
from mailwright.agents.models.rules.triage import Seen, asks, scam, triage
from mailwright.agents.models.rules.work import work

NAME = "rules"
"""The model's name in settings, in `model_calls` and in replies."""

__all__ = ["NAME", "Seen", "asks", "judge", "machine", "scam", "triage", "work"]
