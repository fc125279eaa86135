"""The letter of the built-in rules model: the template with its placeholders filled, from what its owner gave and from facts as they are quoted.

Called by compose. What nothing was found for keeps its placeholder; checking leaves its sentence out, or marks it. A template that asks for
nothing personal gets one sentence that does, when there is a paper or a fact for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents.assistant import claims
from mailwright.agents.models.rules import language as languages
from mailwright.agents.models.turns import Letter, LetterSentence
from mailwright.agents.scribe import by_rules_table as table
from mailwright.agents.scribe import filling
from mailwright.agents.scribe.facts_table import PAST
from mailwright.agents.scribe.results import Fact, Paper, Parsed
from mailwright.domain.outreach import MAX_SUBJECT, PLACEHOLDER, TemplateType
from mailwright.storage.outreach import Outreach

MAXPARAGRAPHS = 30
MAX_SENTENCE = 1_000
MAX_QUOTED = 220  # characters of a fact that a letter quotes
MIN_QUOTED = 25
MAX_GREETING = 100  # characters of a paragraph that only greets

_SUBJECT = re.compile(table.SUBJECT_LINE, re.IGNORECASE)
PARAGRAPHS = re.compile(r"\n[ \t]*\n+")
_ALONE = re.compile(r"\W*\{\{[^{}]*\}\}\W*")
_AT_THE_END = re.compile(r":\s*\{\{[^{}]*\}\}[.!]?\s*\Z")
_TITLE = re.compile(r"[“„«\"]([^“”„«»\"\n]{3,120})[”“»\"]")
_BOOK = re.compile(
    r"\b(?:books?|novel|memoir|Buch|Roman|livre|roman|libro|novela|romanzo|livro|romance|boek),?\s+"
    r"((?:[A-ZÀ-ÖØ-Þ][\w’'-]*\s+(?:(?:of|the|and|in|for|to|on|do|da|dos|das|de|del|della|di|la|le|les|der|die|das|des|und|y|e|et|van|het)\s+){0,2}){1,6}"
    r"[A-ZÀ-ÖØ-Þ][\w’'-]*)(?![\w’'-]|,? (?:der|die|das|den|dem|who|that|que|qui|che|dat|of|[A-ZÀ-ÖØ-Þ0-9]))"
)
_HOUSE = re.compile(
    r"(?:(?:[A-ZÀ-ÖØ-Þ][\w’'-]+|of|de|la|für|fur|der|di|d[eo]s?|van) ){0,4}"
    r"(?:University|Universität|Université|Universidad|Università|Universidade|Universiteit|Institute?|Institut|Instituto|Istituto|College|Academy|"
    r"Laboratory|Hospital|Museum|Observatory)(?: (?:of|for|de|für|der|di|do|da|van)(?: the)?)?(?: [A-ZÀ-ÖØ-Þ][\w’'-]+){0,4}"
)
_ONCE = re.compile(
    rf"{PAST.pattern}|\b(?:stud(?:ied|ierte)|ph\.?d|doctora\w*|degree|graduat\w*|dissertation|thesis|promov\w*|promotion|visit\w*|guest|"
    r"invited|gave|honorary|prize|award\w*|diplom\w*|laurea\w*|étudié\w*|estudi(?:ó|aba)|studiato|studeerde|estudou|gast\w*)\b",
    re.IGNORECASE,
)
"""Where somebody studied or was is not where they are."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What stands in a placeholder's place, and the fact it is from."""

    text: str
    fact: int


def letter(mail: Outreach, sender: str, parsed: Parsed, facts: Sequence[Fact], papers: Sequence[Paper]) -> Letter:
    """The whole letter."""
    known = filling.given(mail, sender)
    subject, body = subject_and_body(mail.template)
    store = _Store(parsed, known, facts, papers)
    paragraphs: list[tuple[LetterSentence, ...]] = []
    for text in PARAGRAPHS.split(body):
        if text.strip():
            paragraphs.append(tuple(store.sentence(each) for each in cut(text.strip("\n"))))
    extra = None if store.used else store.personal()
    if extra is not None and paragraphs:
        # After who writes and why, before what is asked for.
        paragraphs.insert(min(2, len(paragraphs) - 1), (extra,))
    if len(paragraphs) > MAXPARAGRAPHS:
        rest = tuple(each for paragraph in paragraphs[MAXPARAGRAPHS - 1 :] for each in paragraph)
        paragraphs[MAXPARAGRAPHS - 1 :] = [rest]
    title = filling.filled(subject, known) if subject else subject_by_rules(mail, parsed.language)
    return Letter(
        subject=(PLACEHOLDER.sub("", title).strip() or subject_by_rules(mail, parsed.language))[:MAX_SUBJECT],
        paragraphs=tuple(paragraphs) or ((LetterSentence(text="…"),),),
        because="by rules: the template with what was found in its placeholders",
    )


def subject_and_body(template: str) -> tuple[str, str]:
    """A template may begin with a line `Subject: …`."""
    found = _SUBJECT.match(template)
    return (found["subject"].strip(), template[found.end() :]) if found else ("", template)


def subject_by_rules(mail: Outreach, language: str) -> str:
    """For a template without one."""
    says = table.SAYS.get(language, table.SAYS["en"])
    topic = " ".join(mail.interest.split())
    return says["subject_about"].format(topic=topic) if topic and len(topic) <= 80 else says["subject"]


def greeting(mail: Outreach, sender: str, language: str) -> str:
    """The template's own, filled; or the one there always is."""
    known = filling.given(mail, sender)
    _, body = subject_and_body(mail.template)
    first = body.strip().split("\n", 1)[0].strip()
    filled = filling.filled(first, known)
    last = filling.parts_of(mail.name)[1]
    if len(first) <= MAX_GREETING and not PLACEHOLDER.search(filled) and last.casefold() in filled.casefold():
        return filled
    if len(first) <= MAX_GREETING and filled != first and not PLACEHOLDER.search(filled):
        return filled
    return table.SAYS.get(language, table.SAYS["en"])["hello"].format(name=mail.name)


def cut(paragraph: str) -> list[str]:
    """The sentences of a paragraph; one that a line of its own ends has the line's end, so that a letter is put together as it was."""
    held: list[str] = []
    # A placeholder is one word, whatever stands in it.
    plain = PLACEHOLDER.sub(lambda found: "X" * len(found[0]), paragraph)
    spans = claims.sentences(plain)
    for at, (start, end) in enumerate(spans):
        # What marks an item of a list belongs to its sentence.
        begin = spans[at - 1][1] if at else 0
        lead = paragraph[begin:start].rpartition("\n")[2] if at else paragraph[:start]
        until = spans[at + 1][0] if at + 1 < len(spans) else end
        text = f"{lead.lstrip()}{paragraph[start:end]}"
        held += _bounded(f"{text}\n" if "\n" in paragraph[end:until] else text)
    return held or _bounded(paragraph.strip() or "…")


def _bounded(text: str) -> list[str]:
    return [text[at : at + MAX_SENTENCE] for at in range(0, len(text), MAX_SENTENCE)]


class _Store:
    """What there is to fill in: each fact once."""

    def __init__(self, parsed: Parsed, known: filling.Given, facts: Sequence[Fact], papers: Sequence[Paper]) -> None:
        self._parsed = parsed
        self._known = known
        self._facts = facts
        self._papers = papers
        self.used: list[int] = []

    def sentence(self, text: str) -> LetterSentence:
        """A sentence of the template, filled."""
        asked = [each for each in PLACEHOLDER.findall(text) if filling.value_of(each, self._known) is None]
        ends = text[len(text.rstrip()) :]
        if asked and _ALONE.fullmatch(text.strip()):
            found = self._filling(asked[0])
            personal = self.personal() if found is None or filling.meaning_of(asked[0]) == "detail" else None
            if personal is not None:
                return LetterSentence(text=f"{personal.text}{ends}", facts=personal.facts)
        numbers: list[int] = []
        at_the_end = _AT_THE_END.search(text) is not None

        def value(found: re.Match[str]) -> str:
            own = filling.value_of(found[1], self._known)
            if own is not None and not (at_the_end and self._is_loose(found[1])):
                return own
            from_facts = self._filling(found[1]) or (self._quoted() if at_the_end else None)
            if from_facts is None:
                return own or found[0]
            numbers.append(from_facts.fact)
            return from_facts.text

        filled = PLACEHOLDER.sub(value, text)
        self.used += numbers
        return LetterSentence(text=filled[:MAX_SENTENCE], facts=tuple(dict.fromkeys(numbers))[:6])

    def _is_loose(self, placeholder: str) -> bool:
        """Whether "your research: {{research}}" is better said by a fact than by the topic its owner gave."""
        name = filling.name_of(placeholder)
        return (
            filling.meaning_of(placeholder) == "interest"
            and name not in self._known.fields
            and name in table.RESEARCH_WORDS
        )

    def personal(self) -> LetterSentence | None:
        """A sentence of our own with something about the recipient."""
        says = table.SAYS.get(self._parsed.language, table.SAYS["en"])
        if self._parsed.type is TemplateType.RESEARCH:
            for paper in self._papers:
                fact = self._of(paper)
                if fact is not None and fact.number not in self.used:
                    self.used.append(fact.number)
                    text = says["paper"].format(title=paper.title, year=paper.year)
                    return LetterSentence(text=text, facts=(fact.number,))
        fact = self._quotable()
        if fact is None:
            return None
        self.used.append(fact.number)
        return LetterSentence(text=says["fact"].format(quote=_flat(fact)), facts=(fact.number,))

    def _filling(self, placeholder: str) -> Filling | None:
        meaning = filling.meaning_of(placeholder)
        if meaning == "paper":
            for paper in self._papers:
                fact = self._of(paper)
                if fact is not None:
                    return Filling(f"“{paper.title}”", fact.number)
        if meaning in ("paper", "book"):
            for fact in self._facts:
                title = _TITLE.search(fact.quote) or (_BOOK.search(fact.quote) if meaning == "book" else None)
                if title is not None:
                    return Filling(f"“{title[1].strip()}”", fact.number)
        if meaning == "affiliation":
            for fact in self._facts:
                house = None if _ONCE.search(fact.quote) else _HOUSE.search(fact.quote)
                if house is not None and len(house[0].split()) > 1:
                    return Filling(house[0].strip(), fact.number)
        return None

    def _quoted(self) -> Filling | None:
        fact = self._quotable()
        return None if fact is None else Filling(f"“{_flat(fact)}”", fact.number)

    def _quotable(self) -> Fact | None:
        """One that can be quoted as it is, in the language of the mail if there is one; no paper, which has a frame of its own."""
        papers = {paper.source for paper in self._papers}
        fit = [
            each
            for each in self._facts
            if each.number not in self.used
            and each.source not in papers
            and MIN_QUOTED <= len(_flat(each)) <= MAX_QUOTED
            and not any(mark in each.quote for mark in '“”„«»"')
        ]
        return min(fit, key=lambda each: languages.guess(each.quote) != self._parsed.language, default=None)

    def _of(self, paper: Paper) -> Fact | None:
        return next((each for each in self._facts if each.source == paper.source), None)


def _flat(fact: Fact) -> str:
    return " ".join(fact.quote.split()).rstrip(".")
