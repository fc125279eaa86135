"""Whose: of whom each sentence of a page tells, where the page is the recipient's. Pure.

Used by `research` (a fact stands only on a sentence about the recipient) and `facts_by_rules`.
Promises: a sentence counts as the recipient's when it names them first, or goes on about them by a pronoun, a heading or an item of a list;
what is told of their student, of a namesake, or of whoever was named last is not theirs. In doubt it is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailwright.agents.models.rules import language as languages
from mailwright.agents.models.rules.phrases_table import STOP_WORDS
from mailwright.agents.scribe import names_table as table
from mailwright.agents.scribe.facts_table import ROLE
from mailwright.agents.scribe.identity_table import ORGANISATION
from mailwright.agents.scribe.names import Mention, Name, fold, mentions
from mailwright.agents.scribe.passages import Sentence
from mailwright.domain.outreach import About

CARRIED = 2  # blocks after the one that names somebody, on a page about many, that may still be about them

_CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŠŽ][\w'’-]{1,40}"
_TITLE = r"(?:(?:Dr|Prof|Professor|Professorin|Mr|Mrs|Ms|Herr|Frau|Sir|Dame|Mme|Dott|Sra?|Doutora?|Dra)\.?\s+)"
_WHEN = r"(?:\d{1,2}[:.]\d{2}|\d{4}(?:-\d\d){0,2}|\d{1,2}\.?\s\w{3,12}(?:\s\d{4})?)"
PERSON = re.compile(
    rf"[-*•·|\s]*(?:{_WHEN}[\s:,–-]{{1,3}})?{_TITLE}{{0,3}}({_CAPITAL}(?:\s+(?:[A-Z]\.|van|von|der|den|de|del|di|da|dos|la|le|el|ten|ter)){{0,3}}\s+{_CAPITAL})"
    r"(?=['’]s?\b|\s*(?:[,(:|–—-]|\Z|\n)|\s+(?:and|und|et|y|e|en|is|was|has|had|are|were|will|who|said|says|told|works?|joined|won|wrote|"
    r"studie[sd]|leads?|led|teaches|taught|became|lives|received|founded|published|ist|war|hat|hatte|wurde|sagt|sagte|arbeitet|leitet|"
    r"gewann|schrieb|est|était|a|fut|dit|travaille|dirige|es|fue|era|ha|trabaja|dijo|è|lavora|dice|werkt|werd|heeft|é|foi|tem|trabalha)\b)"
)
_BESIDE = re.compile(
    rf"(?:(?<=[^\W\d_],)\s+(?={_CAPITAL}\s+{_CAPITAL}(?:,|\s+and\b))|(?<!\w)(?={_CAPITAL}\s+{_CAPITAL},\s+"
    r"(?:who|whose|whom|der|die|dessen|deren|qui|que|dont|quien|che|cui)\b))"
    rf"({_CAPITAL}\s+{_CAPITAL})"
)
_TITLED = re.compile(rf"(?:\A|\s){_TITLE}({_CAPITAL})")
_NAMESAKE = re.compile(table.NAMESAKES, re.IGNORECASE)
_DEMONSTRATIVE = re.compile(table.DEMONSTRATIVES, re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_RELATIVE = "|".join(sorted(map(re.escape, table.RELATIVES), key=len, reverse=True))
_AFTER_NAME = re.compile(rf"(?:['’]s?|s)\s+(?:[\w-]+\s+){{0,3}}?(?:{_RELATIVE})\b", re.IGNORECASE)
_NOT_THEM = re.compile(
    r"\b(?:the other|another|der andere|die andere|l['’]autre|el otro|la otra|l['’]altr[oa]|de andere|o outro|a outra)"
    r"\s(?:(?:dr|prof|professor)\.?\s)?\Z",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(
    rf"\b(?:{_RELATIVE})\b(?:\s+(?:of|to|von|de|du|di|del|van|do|da|der|des|d['’]|dr|prof|professor)\.?){{1,3}}\s*\Z",
    re.IGNORECASE,
)
ITEM = re.compile(rf"\s*(?:[-*•·–|]\s|{_WHEN}[\s:,–-])")
_ITEM = re.compile(r"\s*(?:[-*•·–|]\s|\d{1,3}[.)]\s|(?:since|seit|depuis|desde|dal|sinds)?\s*\d{4}\b)", re.IGNORECASE)
_QUESTION = re.compile(r"[?？]['\"”’)]*\Z")
_TOGETHER = re.compile(r"[\s,&]*(?:(?:and|und|et|y|e|en|with|mit|avec|con|met|com|together)\b[\s,]*)*", re.IGNORECASE)


def whose(
    name: Name, text: str, sentences: Sequence[Sentence], *, subject: bool, personal: bool = False
) -> list[About]:
    """For each sentence of a page of the recipient's. `subject`: the page is about them alone; else it names them beside others.
    `personal`: it is their own page, so that "I" is they."""
    every = mentions(name, text)
    out: list[About] = []
    current = About.RECIPIENT if subject else About.UNCLEAR
    named_at = 0  # the block in which `current` was named
    place = 0
    silent = languages.guess(text) in ("es", "it", "pt")
    last = None
    for each in sentences:
        while place < len(every) and every[place].start < each.start:
            place += 1
        here = []
        while place < len(every) and every[place].start < each.end:
            here.append(every[place])
            place += 1
        if not subject and each.block > named_at + CARRIED:
            current = About.UNCLEAR
        told, named = _told(name, text, each, here, current, subject=subject, personal=personal)
        if told is About.UNCLEAR and not named and silent and out and _drops_its_subject(each, last, out[-1]):
            told = current
        last = each
        if named:
            current, named_at = told, each.block
        out.append(told)
    return out


def _told(
    name: Name,
    text: str,
    sentence: Sentence,
    here: list[Mention],
    current: About,
    *,
    subject: bool,
    personal: bool,
) -> tuple[About, bool]:
    """Of whom a sentence tells, and whether those after it go on about the same."""
    if _NAMESAKE.search(sentence.text):
        return About.OTHER, True
    ours = next((each for each in here if each.form != "other"), None)
    another = _another(name, sentence, here)
    if ours is not None:
        at = ours.start - sentence.start
        if another is not None and another[0] < at and not _TOGETHER.fullmatch(sentence.text, another[1], at):
            return About.OTHER, True
        if _NOT_THEM.search(text, max(0, ours.start - 40), ours.start):
            return About.OTHER, True
        # Of their student, or their brother.
        if _AFTER_NAME.match(text, ours.end) or _BEFORE_NAME.search(text, max(0, ours.start - 60), ours.start):
            return About.OTHER, True
        return About.RECIPIENT, True
    if another is not None:
        return About.OTHER, True
    if _QUESTION.search(sentence.text):
        return About.UNCLEAR, False
    return (current if _goes_on(sentence, subject=subject, personal=personal) else About.UNCLEAR), False


def _drops_its_subject(sentence: Sentence, last: Sentence | None, before: About) -> bool:
    """Whether a sentence of a language without "she" goes on about whom the one before it was: "Progetta scuole di legno." """
    if last is None or before is not About.RECIPIENT or last.block != sentence.block:
        return False
    words = _WORD.findall(sentence.text[:100])
    if len(words) < 2 or words[1][0].isupper() or sentence.text.endswith(("?", ":")):
        return False
    return fold(words[0]) not in _COMMON


def _another(name: Name, sentence: Sentence, here: list[Mention]) -> tuple[int, int] | None:
    """Where a sentence names somebody else: as its subject, between commas, or one of the same family anywhere."""
    found: list[tuple[int, int]] = [
        (each.start - sentence.start, each.end - sentence.start) for each in here if each.form == "other"
    ]
    person = PERSON.match(sentence.text)
    if person is not None and _is_person(person[1]) and not _is_ours(name, person[1]):
        found.append(person.span(1))
    for beside in _BESIDE.finditer(sentence.text):
        if _is_person(beside[1]) and not _is_ours(name, beside[1]):
            found.append(beside.span(1))
    for titled in _TITLED.finditer(sentence.text):
        if fold(titled[1]) not in (*name.family, *name.given):
            found.append(titled.span(1))
    return min(found) if found else None


def _is_person(written: str) -> bool:
    """Whether two capital words may be somebody's name: not an organisation, not the beginning of a sentence."""
    first = _WORD.match(written)
    return ORGANISATION.search(written) is None and first is not None and fold(first[0]) not in _COMMON


def _is_ours(name: Name, written: str) -> bool:
    return any(each.form != "other" for each in mentions(name, written))


def _goes_on(sentence: Sentence, *, subject: bool, personal: bool) -> bool:
    """Whether a sentence without a name may be about who was named before it."""
    words = [fold(each) for each in _WORD.findall(sentence.text[:300])]
    if not words:
        return subject
    if not _FIRST.isdisjoint(words[:6]):
        return subject and personal
    # "They" and "sie" may be many, or a thing: only where the sentence begins with them.
    if (
        not _PRONOUNS.isdisjoint(words[:2])
        or not _SINGULAR.isdisjoint(words[:9])
        or _DEMONSTRATIVE.match(sentence.text)
    ):
        return True
    # An item of a list, a line that says what somebody is: "Professor of Chemistry", "2011 Lake Prize".
    return words[0] in _TITLES or _ITEM.match(sentence.text) is not None or _is_role(sentence.text)


def _is_role(text: str) -> bool:
    return len(text) <= 160 and ROLE.match(text.lstrip("-*•·–| ")) is not None


_PRONOUNS = frozenset(fold(each) for each in table.PRONOUNS)
_SINGULAR = frozenset(fold(each) for each in table.SINGULAR)
_FIRST = frozenset(fold(each) for each in table.FIRST_PERSON)
_TITLES = frozenset(fold(each) for each in table.TITLES)
_COMMON = frozenset(fold(each) for each in STOP_WORDS)
