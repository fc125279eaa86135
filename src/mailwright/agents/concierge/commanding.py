"""Commands: what a person says about follow-ups there are, and about how they want to be reminded. Plain code; reads rows, changes none.

Called by `planning`. Which one is meant: the one whose letter is answered; a number of the list that is answered; the words it is called by;
the only one there is. Otherwise the person is asked, with numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mailwright.agents.concierge import letters
from mailwright.agents.concierge.desk import Desk, meaning_of, plus_address
from mailwright.agents.concierge.extracting import Advice
from mailwright.agents.concierge.letters import Shown
from mailwright.agents.concierge.plan import Asked, Dated, Letter, Plan
from mailwright.agents.models.rules import preferences as wishes
from mailwright.agents.models.rules.draft import stems
from mailwright.codecs import dates
from mailwright.codecs.dates import moments
from mailwright.codecs.dates.moments import Open, Settled, Why
from mailwright.codecs.dates.words import Kind, Precision
from mailwright.core.followups.meaning import Meaning
from mailwright.domain.clock import HOUR, SECOND, Instant
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.zones import zone_of
from mailwright.storage import followups, phones
from mailwright.storage import tasks as task_rows
from mailwright.storage.followups import Followup

LOOKED_AT = 500  # open ones among which the one that is meant is looked for
SNOOZE: Instant = HOUR  # when nobody says how long
OPEN = frozenset({FollowupStatus.CLARIFYING, FollowupStatus.PENDING})
GONE = frozenset({FollowupStatus.DONE, FollowupStatus.CANCELLED, FollowupStatus.FAILED})


def plan(at: Desk, advice: Advice) -> Plan | None:
    """What a command leads to; None when the message is none after all."""
    wants, kind = advice.extraction.wants, advice.kind
    if wants == "list":
        return listing(at)
    if wants == "help":
        return Plan("help", "it asks for help", (Letter("help", letters.told(at.reader, "help", (), plus=_plus(at))),))
    if wants == "preferences":
        return _preferences(at)
    if kind == "number" or (wants == "answer" and advice.extraction.phrase.isdecimal()):
        return _numbered(at, advice.number or int(advice.extraction.phrase[:2] or 0))
    if kind == "yes" or kind == "no" or advice.extraction.phrase in ("yes", "no"):
        return _yes_or_no(at, no="no" in (kind, advice.extraction.phrase))
    if wants == "cancel":
        verb = "completed" if kind == "done" or advice.extraction.because == "it says done" else "cancelled"
        return _ending(at, verb, advice)
    if wants in ("change", "answer"):
        return _timing(at, advice)
    return None


def listing(at: Desk) -> Plan:
    """What is open, with numbers."""
    found = _open(at)
    shown = found[: letters.MAX_LISTED]
    letter = Letter("list", letters.listed(at.reader, [shown_of(each) for each in shown], len(found)))
    return Plan("listed", "it asks for the list", (letter,), listed=tuple(each.id for each in shown))


def another_time(at: Desk, known: Followup, phrase: str, *, snooze: bool = False) -> Plan:
    """Another time for one: by words, or (to snooze) an hour."""
    if known.status in (FollowupStatus.DUE, FollowupStatus.EXECUTING):
        return _told(at, "ended", "it is under way")
    if known.redacted_at is not None:
        return _told(at, "ended", "it ended long ago: what it was about is not kept any more")
    if not phrase:
        if not snooze:
            return _ask(at, known, Meaning("", None, Open((), Why.NONE)))
        return _dated(at, known, Dated(known.id, at.now + SNOOZE, snooze=True))
    length = _length(at, phrase)
    if length and known.status is FollowupStatus.PENDING and known.due_at is not None and known.due_at > at.now:
        # "two days" more: of one that is to come from when it is due, of another from now.
        return _dated(at, known, Dated(known.id, _later(at, known.due_at, length), snooze=snooze))
    meaning = meaning_of(at, phrase)
    if meaning.found is None and length:
        return _dated(at, known, Dated(known.id, _later(at, at.now, length), snooze=True))
    if meaning.found is None:
        return _ask(at, known, meaning)
    meaning = _beside(at, known, meaning)
    if meaning.due_at is None:
        return _ask(at, known, meaning)
    return _dated(at, known, Dated(known.id, meaning.due_at, meaning, snooze=snooze and not meaning.rule))


def _length(at: Desk, phrase: str) -> int:
    """The seconds of a phrase that is nothing but a length of time ("two days", "um 2 Stunden"); 0 when it is not."""
    wall = moments.wall_of(at.now, zone_of(at.likes.time_zone))
    habits = dates.habits_of(at.likes.locale, at.reader.language)
    found = dates.find(phrase, wall, language=at.reader.language, habits=habits)
    if len(found) != 1 or found[0].kind is not Kind.DURATION or phrase[found[0].end :].strip(" .!"):
        return 0
    before = phrase[: found[0].begin].split()
    return (found[0].seconds or 0) if len(before) <= 1 else 0


def _later(at: Desk, moment: Instant, seconds: int) -> Instant:
    """So much later; whole days keep the hour of the wall clock."""
    if seconds % 86_400:
        return moment + seconds * SECOND
    zone = zone_of(at.likes.time_zone)
    wall = moments.wall_of(moment, zone) + timedelta(seconds=seconds)
    return moments.instant_of(wall, zone)[0] + moment % SECOND


def shown_of(known: Followup) -> Shown:
    """As letters show one that is there."""
    due_at = known.due_at if known.status is not FollowupStatus.CLARIFYING else None
    return Shown(known.what, due_at, known.who, known.context, known.action.value, known.rule, bool(known.waits_for))


# --- which one ---------------------------------------------------------------------------------------------------------------


def _open(at: Desk) -> list[Followup]:
    return followups.coming(at.tx, at.snapshot.person_id, limit=LOOKED_AT)


def _listed(at: Desk) -> tuple[list[str], dict[str, Any]]:
    """The ids of the numbered letter that is answered, and what is to be done with the one that is chosen."""
    task = task_rows.by_id(at.tx, at.snapshot.about_task) if at.snapshot.about_task else None
    if task is None:
        return [], {}
    return [str(each) for each in task.result.get("listed", [])], dict(task.result.get("pending", {}))


def _own(at: Desk, followup_id: str) -> Followup | None:
    known = followups.by_id(at.tx, followup_id)
    return known if known is not None and known.user_id == at.snapshot.person_id else None


def _meant(at: Desk, advice: Advice) -> list[Followup]:
    """Those that may be meant: none, one, or several to choose from."""
    about, extraction = at.about, advice.extraction
    listed, _pending = _listed(at)
    number = advice.number or (
        int(extraction.about) if extraction.about.isdecimal() and len(extraction.about) < 3 else 0
    )
    if number:
        found = _own(at, listed[number - 1]) if 0 < number <= len(listed) else None
        if found is None and not listed:
            coming = _open(at)
            found = coming[number - 1] if number <= len(coming) else None
        return [found] if found is not None else []
    if extraction.about and extraction.about != "all":
        named = _called(extraction.about, _open(at))
        if named:
            return named
        if about is None:
            return []
    if about is not None:
        return [about]
    if listed:
        return [each for each in (_own(at, id) for id in listed) if each is not None and each.status not in GONE]
    return _open(at)


def _called(words: str, among: Sequence[Followup]) -> list[Followup]:
    """Those that have most of the telling words."""
    wanted = stems(words) - stems("reminder follow-up erinnerung rappel recordatorio promemoria lembrete herinnering")
    scores = [(len(wanted & stems(f"{each.what} {each.who} {each.context}")), each) for each in among] if wanted else []
    best = max((score for score, _ in scores), default=0)
    return [each for score, each in scores if score == best] if best * 2 >= max(len(wanted), 1) else []


def _choose(at: Desk, found: Sequence[Followup], pending: dict[str, Any]) -> Plan:
    """Which of them?"""
    if not found:
        return _told(at, "none_such", "there is none that could be meant")
    shown = [*found][: letters.MAX_LISTED]
    text = letters.which(at.reader, [shown_of(each) for each in shown], len(found))
    ids = tuple(each.id for each in shown)
    return Plan("which", "several may be meant", (Letter("which", text),), listed=ids, pending=pending)


# --- what with it ------------------------------------------------------------------------------------------------------------


def _numbered(at: Desk, number: int) -> Plan:
    """The number of a choice: of a question's readings, or of a list."""
    about = at.about
    if about is not None and about.status is FollowupStatus.CLARIFYING:
        if not 0 < number <= len(about.readings):
            return _ask(at, about, _kept(about))
        due_at = int(about.readings[number - 1]["due_at"])
        if due_at <= at.now:  # while nobody answered its time passed
            return _ask(at, about, Meaning(about.phrase, None, Open((), Why.PAST)))
        return _dated(at, about, Dated(about.id, due_at))
    listed, pending = _listed(at)
    found = _own(at, listed[number - 1]) if 0 < number <= len(listed) else None
    if found is None or not pending:
        return _told(at, "none_such", "the number is of nothing that was asked")
    if pending.get("wants") == "change":
        return another_time(at, found, str(pending.get("phrase", "")), snooze=bool(pending.get("snooze")))
    return _end(at, str(pending.get("wants", "cancelled")), [found])


def _yes_or_no(at: Desk, *, no: bool) -> Plan | None:
    """A yes to a question with one choice is that choice; a no leaves it open."""
    about = at.about
    if about is None or about.status is not FollowupStatus.CLARIFYING:
        return Plan("", "it answers nothing that was asked")
    if not no and len(about.readings) == 1:
        return _numbered(at, 1)
    return _ask(at, about, Meaning("", None, Open((), Why.NONE)) if no else _kept(about))


def _timing(at: Desk, advice: Advice) -> Plan:
    phrase, snooze = advice.extraction.phrase, advice.kind == "snooze"
    found = _meant(at, advice)
    if len(found) != 1:
        if advice.extraction.about == "" and at.about is None and not found:
            return _told(at, "none_such", "nothing is open")
        return _choose(at, found, {"wants": "change", "phrase": phrase, "snooze": snooze})
    return another_time(at, found[0], phrase, snooze=snooze)


def _ending(at: Desk, verb: str, advice: Advice) -> Plan:
    if advice.extraction.about == "all":
        # In so many words all are meant; that a model says so is not enough.
        return _end(at, verb, _open(at)) if advice.kind else _choose(at, _open(at), {"wants": verb})
    found = _meant(at, advice)
    if len(found) != 1:
        return _choose(at, found, {"wants": verb})
    return _end(at, verb, found)


def _end(at: Desk, verb: str, found: Sequence[Followup]) -> Plan:
    gone = GONE if verb == "cancelled" else frozenset({FollowupStatus.CANCELLED})
    left = [each for each in found if each.status not in gone]
    if not left:
        return _told(at, "ended" if found else "none_such", "there is nothing to end")
    ids = tuple(each.id for each in left)
    about = ids[0] if len(ids) == 1 else ""
    text = letters.told(at.reader, "cancelled" if verb == "cancelled" else "done", [each.what for each in left])
    said = (Letter(verb, text, about),)
    if verb == "cancelled":
        return Plan("cancelled", f"{len(left)} cancelled", said, cancelled=ids, listed=ids)
    return Plan("done", f"{len(left)} done", said, completed=ids, listed=ids)


def _dated(at: Desk, known: Followup, dated: Dated) -> Plan:
    meaning = dated.meaning
    rule = meaning.rule if meaning is not None and meaning.rule else known.rule
    note = meaning.outcome.note if meaning is not None and isinstance(meaning.outcome, Settled) else ""
    shown = replace(shown_of(known), due_at=dated.due_at, rule=rule, note=note)
    first = known.status is FollowupStatus.CLARIFYING
    text = letters.confirmation(at.reader, [shown], "noted" if first else "changed")
    kind = "answered" if first else "changed"
    return Plan(
        kind, "it has its time" if first else "it has another time", (Letter(kind, text, known.id),), dated=(dated,)
    )


def _ask(at: Desk, known: Followup, meaning: Meaning) -> Plan:
    """The time is not clear. One that has a time keeps no hidden one: its owner is told that it waits for the answer."""
    if known.status not in OPEN:
        return _told(at, "ended", "it is at its end")
    until = at.now + at.core.settings.followup_question
    why = "" if isinstance(meaning.outcome, Settled) else meaning.outcome.why.value
    choices = [each.instant for each in meaning.choices] or [
        int(each["due_at"]) for each in known.readings if meaning.found is None and meaning.phrase == known.phrase
    ]
    text = letters.question(at.reader, known.what, meaning.phrase, choices, why if choices == [*choices] else "", until)
    return Plan("asked", "when is not clear", (Letter("question", text, known.id),), asked=(Asked(known.id, meaning),))


def _kept(known: Followup) -> Meaning:
    """What was asked before."""
    return Meaning(known.phrase, None, Open((), Why.SEVERAL))


def _beside(at: Desk, known: Followup, meaning: Meaning) -> Meaning:
    """A time alone is one of the day it is due; a day alone keeps the time it is due at."""
    outcome, found = meaning.outcome, meaning.found
    if known.status is not FollowupStatus.PENDING or known.due_at is None or found is None or meaning.rule:
        return meaning
    zone = zone_of(at.likes.time_zone)
    due = moments.wall_of(known.due_at, zone)
    if found.kind is Kind.TIME and found.readings:
        wall = datetime.combine(due.date(), found.readings[0].begins.time())
        instant, note = moments.instant_of(wall, zone, now=at.now)
        if instant > at.now:
            reading = replace(found.readings[0], begins=wall, ends=None, because="the day it was due")
            return replace(meaning, outcome=Settled(instant, reading, note))
        return meaning
    default = dates.habits_of(at.likes.locale, at.reader.language).hours.day
    is_day = isinstance(outcome, Settled) and outcome.reading.precision is Precision.DAY and found.kind is Kind.DATE
    if is_day and isinstance(outcome, Settled) and due.time() != default and due.minute % 5 == 0 and due.second == 0:
        wall = datetime.combine(outcome.reading.begins.date(), due.time())
        instant, note = moments.instant_of(wall, zone, now=at.now)
        if instant > at.now:
            return replace(meaning, outcome=Settled(instant, outcome.reading, note))
    return meaning


# --- preferences -------------------------------------------------------------------------------------------------------------


def _preferences(at: Desk) -> Plan:
    said = wishes.read(at.snapshot.own)
    set_: dict[str, Any] = {}
    now: dict[str, str] = {}
    also = []
    reader = at.reader
    if said.time_zone is not None:
        set_["time_zone"] = now["time_zone"] = said.time_zone
    if said.quiet is not None:
        off = said.quiet == (-1, -1)
        set_ |= {"quiet_from": None if off else said.quiet[0], "quiet_until": None if off else said.quiet[1]}
        span = " – ".join(letters.clock_time(reader, each) for each in said.quiet)
        now["quiet"] = letters.switched(reader, on=False) if off else span
    if said.reach_by == "whatsapp" and phones.of_user(at.tx, at.snapshot.person_id) is None:
        also.append("no_phone")
    elif said.reach_by is not None:
        set_["reach_by"] = said.reach_by
        now["reach_by"] = {"mail": "mail", "whatsapp": "WhatsApp"}[said.reach_by]
    if said.agenda_at is not None:
        off = said.agenda_at < 0
        set_["agenda_at"] = None if off else said.agenda_at
        now["agenda_at"] = letters.switched(reader, on=False) if off else letters.clock_time(reader, said.agenda_at)
    if said.default_action is not None:
        set_["default_action"] = said.default_action
        now["default_action"] = letters.then(reader, said.default_action)
    if said.tone is not None:
        set_["tone"] = now["tone"] = said.tone
    if said.unknown_zone:
        also.append("unknown_zone")
    if not set_ and not also:
        return _told(at, "help", "which preference is meant is not clear", plus=_plus(at))
    text = letters.settings(reader, now, *also)
    return Plan("preferences", "preferences were set", (Letter("preferences", text),), preferences=set_)


def _plus(at: Desk) -> str:
    return plus_address(at.snapshot.agent_address)


def _told(at: Desk, name: str, because: str, **more: str) -> Plan:
    return Plan(name, because, (Letter(name, letters.told(at.reader, name, (), **more)),))
