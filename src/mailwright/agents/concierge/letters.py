"""The letters of the concierge: what it says, in the language and the time zone of its person.

Called by `planning` and `reminding`. Pure: texts from `letters_table`, dates written by Babel in full, with the zone. Who gets a letter and
how it leaves is for `sending`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name

from mailwright.agents.concierge import letters_table as table
from mailwright.agents.concierge.recurring import told as rule_told
from mailwright.agents.models.rules import texts
from mailwright.domain.clock import SECOND, Instant

MAX_SHOWN = 200  # characters of what is to be done, in a list and a subject
MAX_QUOTED = 80  # of a phrase that is asked about
MAX_LISTED = 30


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a letter is: `language` of it, `locale` for its dates ("en-GB"; empty: the language's own), `zone` (IANA), first `name`."""

    language: str
    zone: str
    locale: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A follow-up as letters show it."""

    what: str
    due_at: Instant | None = None
    who: str = ""
    context: str = ""
    action: str = "remind"
    rule: str = ""
    waits: bool = False
    note: str = ""


def when(reader: Reader, moment: Instant, *, zone: bool = True) -> str:
    """A moment in full: "Friday, 27 November 2026, 09:00 (CET, Europe/Vienna)"."""
    at = datetime.fromtimestamp(moment // SECOND, ZoneInfo(reader.zone))
    locale = _locale(reader.locale, reader.language)
    told = f"{format_date(at, 'full', locale=locale)}, {format_time(at, 'short', locale=locale)}"
    if not zone:
        return told
    short = get_timezone_name(at, width="short", locale=locale)
    return f"{told} ({reader.zone})" if short == reader.zone else f"{told} ({short}, {reader.zone})"


def day(reader: Reader, moment: Instant) -> str:
    """Its day: "28 November 2026"."""
    at = datetime.fromtimestamp(moment // SECOND, ZoneInfo(reader.zone))
    return format_date(at, "long", locale=_locale(reader.locale, reader.language))


def clock_time(reader: Reader, minutes: int) -> str:
    """A time of day given in minutes after midnight."""
    return format_time(time(minutes // 60 % 24, minutes % 60), "short", locale=_locale(reader.locale, reader.language))


def subject(reader: Reader, name: str, **more: object) -> str:
    """A subject of ours: "Reminder: …"."""
    return texts.shortened(" ".join(table.LABELS[name][reader.language].format(**more).split()), MAX_SHOWN)


def confirmation(reader: Reader, made: Sequence[Shown], head: str = "noted") -> str:
    """What was planned, and how to change it. `head`: noted or changed."""
    return _letter(reader, _say(reader, head), *[_shown(reader, each) for each in made], _say(reader, "hint"))


def question(
    reader: Reader, what: str, phrase: str, choices: Sequence[Instant], why: str, until: Instant, *, again: bool = False
) -> str:
    """When is meant? With numbered choices where there are any. `why` is a word of `codecs.dates.moments.Why`."""
    phrase = texts.shortened(phrase, MAX_QUOTED)
    known = {
        "several": "ask_several",
        "vague": "ask_several",
        "past": "ask_past" if choices else "ask_past_bare",
        "too often": "ask_often",
    }
    name = known.get(why, "ask_several" if choices else "ask_unclear") if phrase else "ask_when"
    if name == "ask_several" and not choices:
        name = "ask_unclear"
    lines = [f"  {number}. {when(reader, each)}" for number, each in enumerate(choices, 1)]
    answer = _say(reader, "answer_choice" if choices else "answer_time", until=day(reader, until))
    head = [_say(reader, "ask_again")] if again else []
    return _letter(reader, *head, _matter(what), _say(reader, name, phrase=phrase), "\n".join(lines), answer)


def expired(reader: Reader, what: str) -> str:
    """Nobody answered."""
    return _letter(reader, _say(reader, "expired"), _matter(what))


def reminder(
    reader: Reader,
    shown: Shown,
    *,
    due_at: Instant | None,
    late: bool,
    draft: str | None,
    filed: bool,
    next_at: Instant | None,
    bare: bool = False,
) -> str:
    """It is due. `draft` None: none was asked for; empty: it could not be written. `bare`: the draft alone was asked for."""
    parts = [_say(reader, "due_unanswered" if shown.waits else "due"), _matter(shown.what)]
    details = _details(reader, shown)
    if details:
        parts.append("\n".join(details))
    if late and due_at is not None:
        parts.append(_say(reader, "late", when=when(reader, due_at)))
    if draft:
        below = _say(reader, "draft_below") + (f" {_say(reader, 'draft_filed')}" if filed else "")
        parts += [below, draft.strip("\n"), "·  ·  ·"]
    elif draft is not None:
        parts.append(_say(reader, "no_draft"))
    if next_at is not None:
        parts.append(_say(reader, "next", when=when(reader, next_at)))
    return _letter(reader, *(parts[1:] if bare else parts), _say(reader, "due_hint"))


def listed(reader: Reader, found: Sequence[Shown], total: int) -> str:
    """What is open, numbered."""
    if not found:
        return _letter(reader, _say(reader, "list_empty"))
    return _letter(reader, _say(reader, "list"), _numbered(reader, found, total), _say(reader, "list_hint"))


def agenda(reader: Reader, found: Sequence[Shown], total: int) -> str:
    """What is due today."""
    return _letter(reader, _say(reader, "agenda"), _numbered(reader, found, total), _say(reader, "list_hint"))


def which(reader: Reader, found: Sequence[Shown], total: int) -> str:
    """Which of them is meant?"""
    return _letter(reader, _say(reader, "which"), _numbered(reader, found, total))


def label(reader: Reader, name: str, **more: object) -> str:
    """A word of the table."""
    return table.LABELS[name][reader.language].format(**more)


def say(reader: Reader, name: str, **more: object) -> str:
    """A sentence of the table."""
    return _say(reader, name, **more)


def told(reader: Reader, name: str, matters: Sequence[str] = (), **more: object) -> str:
    """A sentence of the table, with what it is about below."""
    return _letter(reader, _say(reader, name, **more), *[_matter(each) for each in matters[:MAX_LISTED]])


def settings(reader: Reader, now: dict[str, str], *more: str) -> str:
    """The preferences as they are now, by their names; `more` are sentences of the table."""
    lines = [f"  {table.SETTINGS[name][reader.language]}: {value}" for name, value in now.items()]
    return _letter(
        reader,
        *[_say(reader, each) for each in more],
        *([_say(reader, "preferences"), "\n".join(lines)] if lines else []),
    )


def switched(reader: Reader, *, on: bool) -> str:
    """The word for on or off."""
    return table.LABELS["on" if on else "off"][reader.language]


def then(reader: Reader, action: str) -> str:
    """What happens when one with that action is due."""
    return table.THEN[action][reader.language]


def _letter(reader: Reader, *parts: str) -> str:
    named, nobody = table.HELLO[reader.language]
    hello = named.format(name=reader.name) if reader.name else nobody
    return "\n\n".join([hello, *(each for each in parts if each)])


def _say(reader: Reader, name: str, **more: object) -> str:
    return table.SAYS[name][reader.language].format(**more)


def _matter(what: str) -> str:
    return f"  {texts.shortened(' '.join(what.split()), 500)}"


def _shown(reader: Reader, each: Shown) -> str:
    lines = [_matter(each.what)]
    if each.due_at is not None:
        lines.append(f"  {_label(reader, 'when')}: {when(reader, each.due_at)}")
    lines += _details(reader, each)
    if each.action != "remind":
        lines.append(f"  {_label(reader, 'then')}: {then(reader, each.action)}")
    for extra in (each.note, "waits" if each.waits else ""):
        if extra:
            lines.append(f"  {_say(reader, extra)}")
    return "\n".join(lines)


def _details(reader: Reader, each: Shown) -> list[str]:
    out = []
    # A name that stands in the matter already is not said twice.
    if each.who and each.who.casefold() not in each.what.casefold():
        out.append(f"  {_label(reader, 'who')}: {each.who}")
    if each.context:
        out.append(f"  {_label(reader, 'context')}: {' '.join(each.context.split())}")
    if each.rule:
        out.append(f"  {_label(reader, 'again')}: {rule_told(each.rule, _locale(reader.locale, reader.language))}")
    return out


def _numbered(reader: Reader, found: Sequence[Shown], total: int) -> str:
    lines = []
    for number, each in enumerate(found[:MAX_LISTED], 1):
        at = when(reader, each.due_at, zone=False) if each.due_at is not None else _say(reader, "unsettled")
        lines.append(f"  {number}. {texts.shortened(' '.join(each.what.split()), MAX_SHOWN)}\n     {at}")
    if total > len(found[:MAX_LISTED]):
        lines.append(f"  {_say(reader, 'list_more', count=total - len(found[:MAX_LISTED]))}")
    return "\n".join(lines)


def _label(reader: Reader, name: str) -> str:
    return table.LABELS[name][reader.language]


@lru_cache(maxsize=64)
def _locale(chosen: str, language: str) -> Locale:
    """The person's locale when it is of the letter's language, else the language's own (British where nobody said American)."""
    try:
        mine = Locale.parse(chosen, sep="-" if "-" in chosen else "_") if chosen else None
    except (ValueError, UnknownLocaleError):
        mine = None
    if mine is not None and mine.language == language:
        return mine
    return Locale.parse({"en": "en_GB", "pt": "pt_PT"}.get(language, language))
