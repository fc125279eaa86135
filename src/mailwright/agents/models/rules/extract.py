"""Extracting by rules: what is to be followed up, in which words it says when, and whether it is a command, in seven languages.

Called by the concierge for the rules model. It reads the asker's own new words; when the phrase is due is found by `codecs.dates` there,
and here only to see where such a phrase stands. Deterministic, linear, bounded; nothing in here reads a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mailwright.agents.models.rules import commands, texts
from mailwright.agents.models.rules import extract_table as table
from mailwright.agents.models.turns import Extraction, Wanted
from mailwright.codecs import dates
from mailwright.codecs.dates.words import Found, Habits, Kind, Precision

MAX_TEXT = 8_000  # characters: a wish is at the head of a message
MAX_SENTENCES = 40
MAX_WANTED = 10
MAX_CONTEXT = 500
NEAR = 30  # characters from the words that ask to be reminded to those that say when
MOST_BESIDE = 3  # words that may stand beside a time that is the whole answer ("Friday would be good")
TELLING = 3  # characters that make a matter


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote to the concierge: `text` are their own new words, `now` is when, on the clock of their wall. `answers`: it answers
    a mail of ours about one follow-up; `asked`: and that was a question. `passed_on`: the subject of what it hands on, if anything."""

    text: str
    subject: str
    now: datetime
    language: str
    habits: Habits
    answers: bool = False
    asked: bool = False
    passed_on: str = ""


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence with the phrases of dates in it."""

    text: str
    found: tuple[Found, ...]
    triggered: bool
    bullet: bool = False


def extract(said: Said) -> Extraction:
    """What a message asks for. Phrases are words of the message (two that belong together may stand apart in it)."""
    command = commands.read(said.text)
    if command is not None:
        told = _commanded(command, said)
        if told is not None:
            return told
    sentences = _sentences(said)
    if said.answers and (told := _only_a_date(sentences, said)) is not None:
        return told
    wanted = _wanted(sentences, said)
    if wanted:
        sure = 0.95 if any(each.triggered for each in sentences) else 0.75
        return Extraction(
            wants="followup", followups=tuple(wanted[:MAX_WANTED]), confidence=sure, because="it says what and when"
        )
    named = not table.GENERIC_SUBJECT.fullmatch(said.subject) and table.TRIGGERS.search(said.subject) is not None
    if any(each.triggered for each in sentences) or (named and not table.THANKS.match(said.text.strip())):
        matter = _matter([each.text for each in sentences], said)
        if matter:
            return Extraction(
                wants="followup", followups=(matter,), confidence=0.8, because="it asks to be reminded, not when"
            )
    because = "it thanks" if table.THANKS.search(said.text[:200]) else "it asks for nothing that is known"
    return Extraction(wants="nothing", confidence=0.7 if "thanks" in because else 0.5, because=because)


def _commanded(command: commands.Command, said: Said) -> Extraction | None:
    """A command as an extraction; None when its words may as well be a new wish ("cancel the gym by Friday")."""
    if command.kind == "list":
        return Extraction(wants="list", confidence=0.97, because="it asks for the list")
    if command.kind == "help":
        return Extraction(wants="help", confidence=0.97, because="it asks for help")
    if command.kind in ("cancel", "done"):
        if command.about not in ("", "all") and not said.answers and not commands.is_about_reminder(command.about):
            return None
        about = f"{command.number}" if command.number else command.about
        return Extraction(wants="cancel", about=about[:200], confidence=0.95, because=f"it says {command.kind}")
    if command.kind in ("change", "snooze"):
        if not said.answers and command.kind == "change":
            return None
        return Extraction(wants="change", phrase=command.phrase[:200], confidence=0.9, because="it says another time")
    if said.asked and command.kind == "number":
        return Extraction(
            wants="answer", phrase=f"{command.number}", confidence=0.95, because="it is the number of a choice"
        )
    if said.asked and command.kind in ("yes", "no"):
        return Extraction(wants="answer", phrase=command.kind, confidence=0.9, because="it answers")
    return None


def _sentences(said: Said) -> list[_Sentence]:
    out = []
    for line in said.text[:MAX_TEXT].split("\n"):
        bullet = table.BULLET.match(line)
        rest = line[bullet.end() :] if bullet else line
        for each in texts.sentences(rest) or []:
            out.append(_read(each, said, bullet=bullet is not None))
            if len(out) >= MAX_SENTENCES:
                return out
    return _joined(out, said)


def _joined(out: list[_Sentence], said: Said) -> list[_Sentence]:
    """Lines that a mail program broke are one sentence again: the next begins with a small letter."""
    joined: list[_Sentence] = []
    for each in out:
        before = joined[-1] if joined else None
        if before and not each.bullet and each.text[:1].islower() and before.text[-1:] not in ".!?:":
            joined[-1] = _read(f"{before.text} {each.text}", said, bullet=before.bullet)
        else:
            joined.append(each)
    return joined


def _read(sentence: str, said: Said, *, bullet: bool = False) -> _Sentence:
    found = dates.find(sentence, said.now, language=said.language, habits=said.habits)
    usable = tuple(each for each in found if each.kind is not Kind.DURATION)
    return _Sentence(sentence, usable, table.TRIGGERS.search(sentence) is not None, bullet)


def _only_a_date(sentences: list[_Sentence], said: Said) -> Extraction | None:
    """An answer that is nothing but a time ("Friday at 10, please", "every week")."""
    for each in sentences[:3]:
        every = dates.find(each.text, said.now, language=said.language, habits=said.habits)
        if not every or table.TRIGGERS.search(each.text):
            continue
        best = _best(each.text, tuple(every))
        rest = _cut(each.text, best)
        if len(texts.words(rest)) <= MOST_BESIDE and table.NEGATED.search(table.NO_FIRST.sub("", rest)):
            return Extraction(wants="nothing", confidence=0.4, because="it says which time is not meant")
        if len(texts.words(rest)) <= MOST_BESIDE:
            wants = "answer" if said.asked else "change"
            return Extraction(
                wants=wants,  # type: ignore[arg-type]  # one of the two words above
                phrase=_phrase(each.text, tuple(every))[:200],
                confidence=0.9,
                because="it is a time",
            )
    return None


def _wanted(sentences: list[_Sentence], said: Said) -> list[Wanted]:
    """Each sentence that asks and says when; a list of them; or the one that says when beside the one that asks."""
    bullets = [each for each in sentences if each.bullet and each.found]
    if len(bullets) >= 2:
        return [_one(each.text, each.found, said, "") for each in bullets]
    asking = [each for each in sentences if each.triggered and each.found]
    if asking:
        rest = [each for each in sentences if each not in asking]
        context = _context(rest)
        found = [_one(each.text, each.found, said, context if len(asking) == 1 else "", rest) for each in asking]
        return [each for each in found if each.what]
    triggered = [each for each in sentences if each.triggered]
    dated = [each for each in sentences if each.found]
    if triggered and dated:
        matter = _one(triggered[0].text, (), said, _context([each for each in sentences if each is not triggered[0]]))
        phrase = _phrase(dated[0].text, dated[0].found)
        return [matter.model_copy(update={"phrase": phrase[:200]})] if matter.what else []
    # Nobody asks in so many words: "Dentist tomorrow at 9". The first that says when is meant; a month alone tells of something.
    exact = [each for each in dated if any(_is_exact(found) for found in each.found)]
    if exact:
        first = exact[0]
        return [_one(first.text, first.found, said, _context([each for each in sentences if each is not first]))]
    subject = _read(table.PREFIX.sub("", said.subject), said)
    if subject.found and (subject.triggered or said.text.strip()):
        return [_one(subject.text, subject.found, said, _context(sentences), sentences)]
    return []


def _is_exact(found: Found) -> bool:
    return found.kind is not Kind.RANGE or any(each.precision > Precision.MONTH for each in found.readings)


def _matter(sentences: list[str], said: Said) -> Wanted | None:
    text = next((each for each in sentences if table.TRIGGERS.search(each)), sentences[0] if sentences else "")
    found = _one(text, (), said, "")
    return found if found.what else None


def _one(
    sentence: str, found: tuple[Found, ...], said: Said, context: str, others: list[_Sentence] | None = None
) -> Wanted:
    phrase = _phrase(sentence, found) if found else ""
    rest = _cut(sentence, _best(sentence, found)) if found else sentence
    for extra in _times_beside(sentence, found):
        rest = rest.replace(_with_preposition(sentence, extra), " ", 1)
    what = _tidied(table.WITH_DRAFT.sub(" ", table.DROPPED.sub(" ", rest)))
    if len(what) < TELLING or not re.search(r"[^\W\d_]{2}", what):
        what = _otherwise(said, others or [])
    who = table.WITH.search(rest)
    return Wanted(
        what=what[:500] or sentence[:500],
        who=who["who"].strip()[:200] if who else "",
        context=context,
        phrase=phrase[:200],
        action=_action(sentence),  # type: ignore[arg-type]  # one of its words
        waits=table.WAITS.search(sentence) is not None,
    )


def _otherwise(said: Said, others: list[_Sentence]) -> str:
    """What is to be done when the sentence only says when: the subject, what is handed on, the next sentence."""
    for each in (said.subject, said.passed_on):
        if each.strip() and not table.GENERIC_SUBJECT.fullmatch(each):
            return table.PREFIX.sub("", each).strip()
    for other in others:
        if not other.found:
            return _tidied(other.text)
    return _tidied(table.PREFIX.sub("", said.subject))


def _action(sentence: str) -> str:
    if not table.DRAFT.search(sentence):
        return ""
    both = table.REMINDS.search(sentence) or table.WITH_DRAFT.search(sentence)
    return "remind_and_draft" if both else "draft"


def _phrase(sentence: str, found: tuple[Found, ...]) -> str:
    """The words that say when; a day and a time of it that stand apart are put together."""
    best = _best(sentence, found)
    return " ".join([best.text, *(_with_preposition(sentence, each) for each in _times_beside(sentence, found))])


def _with_preposition(sentence: str, found: Found) -> str:
    """A time with its "at": without it a number is any number."""
    before = table.BY.search(sentence[: found.begin])
    return sentence[before.start() if before else found.begin : found.end]


def _times_beside(sentence: str, found: tuple[Found, ...]) -> list[Found]:
    if not found:
        return []
    best = _best(sentence, found)
    if best.kind not in (Kind.DATE, Kind.SET) or any(reading.part for reading in best.readings):
        return []
    return [each for each in found if each.kind is Kind.TIME and not _is_matter(sentence, each)][:1]


def _best(sentence: str, found: tuple[Found, ...]) -> Found:
    """The phrase that says when, among those that may be part of the matter ("remind me tomorrow of the meeting on Friday")."""
    trigger = table.REMINDS.search(sentence)
    about = table.ABOUT_ANY.search(sentence)

    def weight(each: Found) -> tuple[int, int]:
        points = 0
        if each.kind in (Kind.TIME, Kind.RANGE):
            points -= 1
        if each.kind is Kind.SET:
            points += 1
        if each.kind is Kind.DURATION:
            points -= 2
        if _is_matter(sentence, each):
            points -= 3
        if about is not None and each.begin > about.start():
            points -= 1
        if trigger is not None and 0 <= each.begin - trigger.end() <= NEAR:
            points += 2
        if not sentence[: each.begin].strip() or not sentence[each.end :].strip(" .!?"):
            points += 1
        return points, -each.begin

    return max(found, key=weight)


def _is_matter(sentence: str, found: Found) -> bool:
    """Whether a date is a part of what it is about: "the Friday meeting", "the invoice of 3 March"."""
    before, after = sentence[: found.begin], sentence[found.end : found.end + 3]
    noun = re.match(r"['’]?s?\s[^\W\d_]", after) is not None
    return (table.ARTICLE.search(before[-20:]) is not None and noun and found.text[:1].isupper()) or (
        table.ABOUT.search(before[-80:]) is not None
    )


def _cut(sentence: str, found: Found) -> str:
    head, tail = sentence[: found.begin], sentence[found.end :]
    head = table.VAGUE.sub("", table.BY.sub("", head))
    return f"{head.rstrip()} {tail.lstrip()}".strip()


def _context(sentences: list[_Sentence]) -> str:
    kept = [each.text for each in sentences if not table.THANKS.match(each.text) and len(texts.words(each.text)) > 2]
    return texts.shortened(" ".join(kept), MAX_CONTEXT) if kept else ""


def _tidied(text: str) -> str:
    """A matter without what the wish left around it, beginning with a capital."""
    text = " ".join(text.split()).strip(" \"'“”«»")
    text = table.LEADING.sub("", text)
    text = table.TRAILING.sub("", text.rstrip(" .!?,;:–—-")).rstrip(" .!?,;:–—-")
    text = table.LEADING.sub("", text)
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"([,;:])\s*(?=[,;:.!?])", "", text)
    return text[:1].upper() + text[1:]
