"""Meaning: when the words of a person are due, for that person.

Called by the concierge, for what it read in a message, and by the API, for what somebody types.
Promises: the same words at the same moment mean the same; what is not settled comes with its choices and is never guessed.
Does not: keep anything, or ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from mailwright.codecs import dates
from mailwright.codecs.dates import moments
from mailwright.codecs.dates.moments import Open, Settled, Why
from mailwright.codecs.dates.words import Found, Kind
from mailwright.core.followups.making import MAX_PHRASE
from mailwright.domain.clock import Instant
from mailwright.domain.zones import checked_zone
from mailwright.storage.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase means: one time, or the choices. `found` is None when it says nothing of time. `rule` is an RRULE without its name, or
    empty (also when that is too often), `starts` the wall-clock time it counts from (ISO)."""

    phrase: str
    found: Found | None
    outcome: Settled | Open

    @property
    def rule(self) -> str:
        often = isinstance(self.outcome, Open) and self.outcome.why is Why.TOO_OFTEN
        return "" if self.found is None or often else self.found.rule

    @property
    def starts(self) -> str:
        settled = self.outcome if isinstance(self.outcome, Settled) else None
        return settled.reading.begins.isoformat() if settled is not None and self.rule else ""

    @property
    def due_at(self) -> Instant | None:
        """When it is due, when that is settled."""
        return self.outcome.instant if isinstance(self.outcome, Settled) else None

    @property
    def choices(self) -> tuple[Settled, ...]:
        return (self.outcome,) if isinstance(self.outcome, Settled) else self.outcome.choices

    def readings(self) -> tuple[dict[str, Any], ...]:
        """The choices, as they are kept with a follow-up."""
        return tuple(
            {"due_at": each.instant, "because": each.reading.because, "note": each.note} for each in self.choices
        )


def mean(phrase: str, likes: Preferences, *, language: str, now: Instant) -> Meaning:
    """What `phrase`, said at `now` by a person with these preferences, means. `language` is one of `domain.followups.LANGUAGES`; empty: the
    one the phrase is in. Raises BadInput when the preferences name a time zone there is none of."""
    zone = ZoneInfo(checked_zone(likes.time_zone))
    phrase = " ".join(phrase.split())[:MAX_PHRASE]
    spoken = language or dates.language_of(phrase) or "en"
    habits = dates.habits_of(likes.locale, spoken)
    found = dates.read(phrase, moments.wall_of(now, zone), language=spoken, habits=habits)
    if found is None:
        return Meaning(phrase, None, Open((), Why.NONE))
    outcome = moments.settle(found, now, zone, habits)
    if found.kind is Kind.DURATION and isinstance(outcome, Open) and len(outcome.choices) == 1:
        # Who answers "when?" with "three days" means in three days; in the middle of a text that would be a guess.
        return Meaning(phrase, found, outcome.choices[0])
    return Meaning(phrase, found, outcome)
