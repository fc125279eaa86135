"""The desk: what a plan is made from, and when a phrase is due for who said it. Reads rows, changes none, reads no clock.

Called by `planning`, `commanding` and `reminding`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.agents.concierge.letters import Reader
from mailwright.agents.concierge.letters_table import LANGUAGES
from mailwright.agents.concierge.snapshot import Snapshot
from mailwright.codecs import dates
from mailwright.codecs.dates import moments
from mailwright.codecs.dates.words import Kind
from mailwright.core import Core
from mailwright.core.followups.meaning import Meaning, mean
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant
from mailwright.domain.zones import zone_of
from mailwright.storage import Tx, followups, preferences
from mailwright.storage.followups import Followup
from mailwright.storage.preferences import Preferences


@dataclass(frozen=True, slots=True)
class Desk:
    """What a plan is made from: the message, whose it is, and the moment."""

    core: Core
    tx: Tx
    snapshot: Snapshot
    likes: Preferences
    reader: Reader
    now: Instant
    threshold: float

    @property
    def about(self) -> Followup | None:
        """The follow-up that the message is about, when it answers something of ours."""
        return followups.by_id(self.tx, self.snapshot.about) if self.snapshot.about else None


def desk(core: Core, tx: Tx, snapshot: Snapshot, now: Instant, threshold: float) -> Desk:
    """The desk for a message of a known person."""
    likes = preferences.of_user(tx, snapshot.person_id)
    return Desk(core, tx, snapshot, likes, reader_of(snapshot.language, likes, snapshot.person_name), now, threshold)


def reader_of(language: str, likes: Preferences, name: str) -> Reader:
    """For whom letters are."""
    first = name.split()[:1]
    return Reader(
        language if language in LANGUAGES else "en",
        zone_of(likes.time_zone).key,
        likes.locale,
        first[0] if first and first[0].isalpha() else "",
    )


def meaning_of(at: Desk, phrase: str) -> Meaning:
    """What a phrase means; of a longer one (models copy too much) its best part."""
    whole = mean(phrase, at.likes, language=at.reader.language, now=at.snapshot.received_at)
    if whole.found is not None or not phrase:
        return whole
    wall = moments.wall_of(at.snapshot.received_at, zone_of(at.likes.time_zone))
    habits = dates.habits_of(at.likes.locale, at.reader.language)
    parts = dates.find(phrase, wall, language=at.reader.language, habits=habits)
    named = [each for each in parts if each.kind is not Kind.DURATION]
    if len(named) != 1:  # several: which of them is meant would be a guess
        return whole
    return mean(named[0].text, at.likes, language=at.reader.language, now=at.snapshot.received_at)


def plus_address(address: str) -> str:
    """How the time stands in an address: follow+3days@…"""
    found = Address.parse(address)
    return f"{found.base_local}+3days@{found.domain}"
