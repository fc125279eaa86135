"""Planning: from what was found in a message to what is done about it. Plain code; reads rows, changes none, reads no clock.

Called by `act`. New follow-ups are planned here, everything about those there are in `commanding`. The model's words stand only as far as the
message bears them out; when something is due is read by `core.followups.meaning` alone.
"""

from __future__ import annotations

from dataclasses import replace

from mailwright.agents.concierge import commanding, letters
from mailwright.agents.concierge.calendarfile import calendar_file
from mailwright.agents.concierge.desk import Desk, meaning_of
from mailwright.agents.concierge.extracting import Advice, is_said
from mailwright.agents.concierge.letters import Shown
from mailwright.agents.concierge.plan import Letter, Plan
from mailwright.agents.concierge.snapshot import Snapshot
from mailwright.agents.models.rules import extract_table, texts
from mailwright.agents.models.turns import Extraction, Wanted
from mailwright.codecs.dates.moments import Settled
from mailwright.codecs.dates.words import Precision
from mailwright.core.followups.making import MAX_CONTEXT, MAX_WHAT, MAX_WHO, NewFollowup, preferred_action
from mailwright.core.followups.meaning import Meaning
from mailwright.domain.clock import Instant
from mailwright.domain.followups import Action, AskedIn
from mailwright.storage.followups import Followup

MAX_NEW = 10  # follow-ups of one message
WAIT_CHOICES = {
    "en": ("in 3 days", "in a week", "in two weeks"),
    "de": ("in 3 Tagen", "in einer Woche", "in zwei Wochen"),
    "fr": ("dans 3 jours", "dans une semaine", "dans deux semaines"),
    "es": ("en 3 días", "en una semana", "en dos semanas"),
    "it": ("tra 3 giorni", "tra una settimana", "tra due settimane"),
    "pt": ("daqui a 3 dias", "daqui a uma semana", "daqui a duas semanas"),
    "nl": ("over 3 dagen", "over een week", "over twee weken"),
}
"""What is offered when a copy came without a word of when."""


def plan(at: Desk, advice: Advice) -> Plan:
    """What becomes of the message."""
    advice = _borne_out(at, advice)
    snapshot, found = at.snapshot, advice.extraction
    if snapshot.tag or snapshot.copied:
        return _copy(at, found)
    sure = found.confidence >= at.threshold and bool(snapshot.own.strip())
    if advice.kind or (found.wants not in ("followup", "nothing") and sure):
        planned = commanding.plan(at, advice)
        if planned is not None:
            return planned
    if found.wants == "followup" and found.followups and found.confidence >= at.threshold:
        about = at.about
        if about is not None and len(found.followups) == 1 and _is_same(found.followups[0], about, snapshot):
            phrase = found.followups[0].phrase
            return commanding.another_time(at, about, phrase if is_said(phrase, snapshot) else "")
        return _new(at, found.followups)
    if (snapshot.about or snapshot.about_task) and found.wants == "nothing" and found.confidence >= at.threshold:
        return Plan("", "it answers us and asks for nothing")
    return Plan("unsure", "it does not say what is to be followed up", (_say(at, "unsure", "unsure"),))


def _borne_out(at: Desk, advice: Advice) -> Advice:
    """Without a time for one that is there when the asker's own words do not hold it."""
    found = advice.extraction
    if advice.kind or not found.phrase or found.phrase in ("yes", "no") or is_said(found.phrase, at.snapshot):
        return advice
    return advice.model_copy(update={"extraction": found.model_copy(update={"phrase": ""})})


def _new(at: Desk, wanted: tuple[Wanted, ...]) -> Plan:
    """New follow-ups, each with its time or its question."""
    made = [_one(at, each, _meaning(at, each.phrase)) for each in wanted[:MAX_NEW]]
    return _made(at, made)


def _copy(at: Desk, found: Extraction) -> Plan:
    """The message went to somebody else, or has the time in our address: it is the matter itself, and its text asks the concierge for
    nothing unless it was written to it. With others among its readers their answer is waited for."""
    snapshot = at.snapshot
    waits_for = snapshot.header_message_id or "" if snapshot.others else ""
    told = [each for each in found.followups if not snapshot.copied][:1]
    what = told[0].what if told else _subject(snapshot) or texts.shortened(" ".join(snapshot.own.split()), 200)
    meaning = _meaning(at, _spread(snapshot.tag) if snapshot.tag else told[0].phrase if told else "")
    if meaning.found is None and snapshot.tag:
        meaning = _meaning(at, snapshot.tag)
    wanted = Wanted(
        what=(what or "?")[:MAX_WHAT],
        who=(told[0].who if told else ", ".join(snapshot.others))[:MAX_WHO],
        action=told[0].action if told else "",
        phrase=meaning.phrase,
    )
    new = _one(at, wanted, meaning, waits_for=waits_for)
    if meaning.due_at is None and not meaning.choices and snapshot.copied:
        choices = [_meaning(at, each) for each in WAIT_CHOICES[at.reader.language]]
        readings = tuple(reading for each in choices for reading in each.readings()[:1])
        made = replace(new[0], readings=readings)
        return _made(at, [(made, new[1])])
    return _made(at, [new])


def _one(at: Desk, wanted: Wanted, meaning: Meaning, *, waits_for: str = "") -> tuple[NewFollowup, Meaning]:
    snapshot = at.snapshot
    due_at = meaning.due_at
    waits_from = snapshot.others[0] if waits_for and len(snapshot.others) == 1 else ""
    new = NewFollowup(
        what=wanted.what[:MAX_WHAT],
        who=wanted.who[:MAX_WHO],
        context=(wanted.context or _forwarded(snapshot))[:MAX_CONTEXT],
        action=Action(wanted.action) if wanted.action else preferred_action(at.likes),
        phrase=meaning.phrase,
        zone=at.reader.zone,
        readings=meaning.readings(),
        rule=meaning.rule,
        language=at.reader.language,
        waits_for=waits_for,
        waits_from=waits_from,
        due_at=due_at,
        question=due_at is None,
        starts=meaning.starts,
    )
    return new, meaning


def _made(at: Desk, made: list[tuple[NewFollowup, Meaning]]) -> Plan:
    """The plan with its letters: one that confirms what is clear, and one for each question."""
    clear = [(new, meaning) for new, meaning in made if not new.question]
    # The first becomes the message's own task: a question about it can then be answered as such.
    ordered = clear + [(new, meaning) for new, meaning in made if new.question]
    said: list[Letter] = []
    if clear:
        shown = [shown_new(new, meaning) for new, meaning in clear]
        about = "0" if len(clear) == 1 else ""
        said.append(Letter("confirm", letters.confirmation(at.reader, shown), about, _calendar(at, clear)))
    until = at.now + at.core.settings.followup_question
    for number, (new, meaning) in enumerate(ordered):
        if new.question:
            said.append(Letter("question", question_text(at, new, meaning, until), str(number)))
    counted = f"{len(clear)} planned" + (f", {len(made) - len(clear)} asked about" if len(made) > len(clear) else "")
    kind = "made" if clear else "asked"
    return Plan(kind, counted, tuple(said), tuple(new for new, _ in ordered))


def question_text(at: Desk, new: NewFollowup, meaning: Meaning, until: Instant) -> str:
    """When is meant?"""
    choices = [reading["due_at"] for reading in new.readings]
    why = "" if isinstance(meaning.outcome, Settled) else meaning.outcome.why.value
    phrase = new.phrase if meaning.found is not None or not choices else ""
    if not phrase and choices:  # nothing was said of when: what is offered is ours
        return letters.question(at.reader, new.what, "", choices, "", until)
    return letters.question(at.reader, new.what, phrase, choices, why, until)


def shown_new(new: NewFollowup, meaning: Meaning) -> Shown:
    """As a letter shows it."""
    note = meaning.outcome.note if isinstance(meaning.outcome, Settled) else ""
    return Shown(new.what, new.due_at, new.who, new.context, new.action.value, new.rule, bool(new.waits_for), note)


def _meaning(at: Desk, phrase: str) -> Meaning:
    """When the asker's own words are due, counted from when they were written."""
    phrase = phrase if is_said(phrase, at.snapshot) or phrase in WAIT_CHOICES[at.reader.language] else ""
    return meaning_of(at, phrase)


def _calendar(at: Desk, clear: list[tuple[NewFollowup, Meaning]]) -> bytes:
    """A file for a calendar, where a time of day was said, in mail."""
    if len(clear) != 1 or at.snapshot.channel is not AskedIn.MAIL:
        return b""
    new, meaning = clear[0]
    outcome = meaning.outcome
    if new.due_at is None or not isinstance(outcome, Settled) or outcome.reading.precision < Precision.HOUR:
        return b""
    return calendar_file(new, at.snapshot.task_id, at.core.settings.hostname, at.now)


def _is_same(wanted: Wanted, about: Followup, snapshot: Snapshot) -> bool:
    """Whether a "new" wish in an answer of theirs is about the one it answers: it says when, and of what no more than we did."""
    said = wanted.what.casefold()
    return bool(wanted.phrase) and (said == about.what.casefold() or said in snapshot.subject.casefold())


def _subject(snapshot: Snapshot) -> str:
    if extract_table.GENERIC_SUBJECT.fullmatch(snapshot.subject):
        return ""
    return extract_table.PREFIX.sub("", snapshot.subject).strip()[:MAX_WHAT]


def _spread(tag: str) -> str:
    """The words of a tag: "next-friday" and "next_friday" are two."""
    return tag.replace("_", " ").replace(".", " ").replace("-", " ") if not tag[:1].isdigit() else tag


def _forwarded(snapshot: Snapshot) -> str:
    return f"{snapshot.passed_on}"[:MAX_CONTEXT]


def _say(at: Desk, kind: str, name: str) -> Letter:
    return Letter(kind, letters.told(at.reader, name))
