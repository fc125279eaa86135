"""Measuring what messages to the concierge are taken for: what is wanted, when it would be due, and of what.

Called by the command. `wishes/<language>.tsv` has messages by language, each with what it wants and when it is due for somebody in Vienna on
Wednesday, 18 November 2026, at 10:00; every second one is held out. "?" is a time that must be asked about. Commands and settings are read
by plain code, as in the product; the model gets the rest, and its phrase is read as the product reads it.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from evals.table import Row
from mailwright.agents.concierge import extracting, prompts
from mailwright.agents.concierge.desk import Desk, meaning_of, reader_of
from mailwright.agents.concierge.extracting import Advice
from mailwright.agents.concierge.gather import language_of
from mailwright.agents.concierge.snapshot import Snapshot
from mailwright.agents.models import ModelFailed, Models, Question
from mailwright.agents.models.rules.draft import stems
from mailwright.agents.models.turns import Extraction
from mailwright.codecs.dates import moments
from mailwright.codecs.redaction import Placeholders
from mailwright.domain import clock
from mailwright.domain.followups import LANGUAGES
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.preferences import Preferences

FOLDER = Path(__file__).with_name("wishes")
ZONE = ZoneInfo("Europe/Vienna")
NOW = clock.from_datetime(datetime(2026, 11, 18, 10, 0, tzinfo=ZONE))
LIKES = Preferences(time_zone=ZONE.key)


@dataclass(frozen=True, slots=True)
class Wish:
    """A labelled message. `situation`: new, about (it answers a letter about one), asked (that was a question)."""

    id: str
    language: str
    situation: str
    wants: str
    due: str
    action: str
    waits: bool
    about: str
    text: str
    held_out: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What a message was taken for. `due` is a wall-clock time, "?" when it would be asked, "-" when none is wanted."""

    wish: Wish
    wants: str
    due: str
    action: str
    waits: bool
    what: str
    calls: tuple[ModelCall, ...] = ()

    @property
    def timed(self) -> bool:
        return self.wish.due in (self.due, "-")

    @property
    def wrong_time(self) -> bool:
        """A time is set that was not meant: the mistake that is worse than a question."""
        return self.due not in ("?", "-") and self.due != self.wish.due

    @property
    def right(self) -> bool:
        wish = self.wish
        return (
            self.wants == wish.wants
            and self.timed
            and (
                wish.wants != "followup" or (self.action == wish.action and self.waits == wish.waits and self.is_about)
            )
        )

    @property
    def is_about(self) -> bool:
        return stems(self.wish.about) <= stems(self.what)


def load() -> list[Wish]:
    """All of them."""
    found = []
    for language in LANGUAGES:
        lines = (FOLDER / f"{language}.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")[1:]
        for number, line in enumerate(lines, 1):
            situation, wants, due, action, waits, about, text = line.split("\t")
            text = text.replace("\\n", "\n")
            found.append(
                Wish(
                    f"{language}-{number}",
                    language,
                    situation,
                    wants,
                    due,
                    action,
                    bool(waits),
                    about,
                    text,
                    number % 2 == 0,
                )
            )
    return found


async def read_all(models: Models, wishes: Sequence[Wish]) -> list[Read]:
    """What each is taken for."""
    return [await _read(models, each) for each in wishes]


def rows(name: str, found: Sequence[Read]) -> list[Row]:
    """The measures: held out, to tune on, and by language."""
    out = []
    for part, some in (
        ("held out", [each for each in found if each.wish.held_out]),
        ("to tune on", [each for each in found if not each.wish.held_out]),
    ):
        where = f"wishes, {part}"
        timed = [each for each in some if each.wish.due not in ("-",)]
        out += [
            Row(where, name, "messages", len(some)),
            Row(where, name, "right in everything", _part([each.right for each in some]), "%"),
            Row(where, name, "what is wanted", _part([each.wants == each.wish.wants for each in some]), "%"),
            Row(where, name, "when", _part([each.timed for each in timed]), "%", "asked where it must be asked"),
            Row(where, name, "set at a wrong time", sum(each.wrong_time for each in some), note="0 is wanted"),
        ]
    by: dict[str, list[bool]] = defaultdict(list)
    for each in found:
        by[each.wish.language].append(each.right)
    out += [Row("wishes", name, f"right in {language}", _part(right), "%") for language, right in by.items()]
    return out


def mistakes(found: Sequence[Read]) -> list[str]:
    """In words, those to tune on."""
    return [
        f"{each.wish.id} {each.wish.text!r}: {each.wants} {each.due} {each.action} {each.waits} {each.what!r}"
        for each in found
        if not each.right and not each.wish.held_out
    ]


async def _read(models: Models, wish: Wish) -> Read:
    snapshot = Snapshot(
        task_id="t", message_id="m", header_message_id=None, agent_user_id="a", agent_address="follow@example.org",
        correspondent="ada@example.org", person_id="p", received_at=NOW, language=language_of(wish.text), own=wish.text,
        about="" if wish.situation == "new" else "f",
    )  # fmt: skip
    calls: tuple[ModelCall, ...] = ()
    advice = extracting.quick(snapshot, answers=wish.situation != "new")
    if advice is None:
        try:
            advice, calls = await _ask(models, snapshot, wish)
        except ModelFailed as failure:
            return Read(wish, "", "-", "", False, "", failure.calls)
    return _told(wish, snapshot, advice, calls)


async def _ask(models: Models, snapshot: Snapshot, wish: Wish) -> tuple[Advice, tuple[ModelCall, ...]]:
    hidden = Placeholders()
    earlier = {"new": "", "about": extracting.ABOUT_ONE, "asked": extracting.ABOUT_A_QUESTION}[wish.situation]
    answers, asked = wish.situation != "new", wish.situation == "asked"
    reply = await models.ask(
        Question(
            purpose="extract",
            instructions=prompts.instructions("extract"),
            material=prompts.to_extract(snapshot, ZONE.key, earlier, secrets.token_hex(16), hidden.hide),
            answer=Extraction,
            by_rules=lambda: extracting.by_rules(snapshot, LIKES, ZONE, answers=answers, asked=asked),
        )
    )
    return Advice(extraction=extracting.shown(reply.value, hidden)), reply.calls


def _told(wish: Wish, snapshot: Snapshot, advice: Advice, calls: tuple[ModelCall, ...]) -> Read:
    found = advice.extraction
    first = found.followups[0] if found.followups else None
    wants, phrase = found.wants, found.phrase
    if wants == "followup" and first is not None:
        phrase = first.phrase
        if wish.situation != "new" and first.phrase and first.what.casefold() in snapshot.subject.casefold():
            wants = "change"
    due = "-"
    if wants in ("followup", "change", "answer"):
        due = str(advice.number) if advice.kind == "number" else _due(snapshot, phrase)
    action, waits, what = (first.action, first.waits, first.what) if first is not None else ("", False, "")
    return Read(wish, wants, due, action, waits, what, calls)


def _due(snapshot: Snapshot, phrase: str) -> str:
    if not extracting.is_said(phrase, snapshot):
        return "?"
    reader = reader_of(snapshot.language, LIKES, "")
    at = Desk(None, None, snapshot, LIKES, reader, NOW, 0)  # type: ignore[arg-type]  # a meaning needs no rows
    due_at = meaning_of(at, phrase).due_at
    return "?" if due_at is None else moments.wall_of(due_at, ZONE).isoformat(timespec="minutes")


def _part(which: Sequence[bool]) -> float:
    return sum(which) / len(which) if which else 0.0
