"""Checking a letter: sentence by sentence, what it rests on; what cannot be verified is dropped, or marked where the letter would break.

Called by compose with what a model (or the rules) wrote. Promises: in what it gives every sentence that states something names facts whose
quotes stand in the stored copies of their sources, and states nothing that those do not have, or is marked; no placeholder stays unseen;
the greeting has the recipient's name; of a letter that nothing is left of, the owner's template stays; a fact that is not there, or speaks to programs, supports nothing. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from mailwright.agents import policy
from mailwright.agents.models import Letter
from mailwright.agents.models.turns import LetterSentence
from mailwright.agents.scribe import evidence, filling, lettering
from mailwright.agents.scribe.evidence import Standing, Support
from mailwright.agents.scribe.results import Fact, Paper, Parsed
from mailwright.domain.outreach import MAX_BODY, MAX_SUBJECT, PLACEHOLDER
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachsteps import Source

State = Literal["verified", "own", "plain", "marked"]

MAX_GREETING = 160  # characters
OWNERS = 5  # telling words of the owner in a sentence that is not dropped for its placeholder
SHORTEST, LEAST = 3, 6  # words of a sentence that says something, and of a mail that does
MAX_DROPPED = 50  # kept to be shown

_GREETS = re.compile(
    r"\A\W*(?:dear|hello|hi|hey|good (?:morning|afternoon|evening|day)|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|liebe[rs]?|hallo|bonjour|bonsoir|"
    r"ch[eè]re?|madame|monsieur|hola|estimad[oa]s?|querid[oa]|buen[oa]s|buongiorno|buonasera|gentile|egregi[oa]|car[oa]|salve|ciao|ol[áa]|prezad[oa]|"
    r"car[oa]|bom dia|boa tarde|beste|geachte|goede(?:morgen|middag|n?avond))(?!\w)",
    re.IGNORECASE,
)
_BRACES = re.compile(r"\{\{|\}\}")
_HELD: Final = "[{}]"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the mail. `sources`: the number of each source with the quote that stands in it."""

    text: str
    paragraph: int
    state: State
    sources: tuple[tuple[int, str], ...] = ()

    def as_values(self) -> dict[str, object]:
        """As it is kept."""
        sources = [{"number": number, "quote": quote} for number, quote in self.sources]
        return {"text": self.text, "paragraph": self.paragraph, "state": self.state, "sources": sources}


@dataclass(frozen=True, slots=True)
class Checked:
    """The mail as it is kept. `dropped`: what was left out, and why."""

    subject: str
    body: str
    sentences: tuple[Sentence, ...]
    dropped: tuple[tuple[str, str], ...]
    is_confident: bool
    because: str


@dataclass(frozen=True)
class Ground:
    """What a mail may rest on."""

    mail: Outreach
    sender: str
    parsed: Parsed
    facts: tuple[Fact, ...]
    papers: tuple[Paper, ...]
    sources: Mapping[int, Source]
    certain: bool
    at: int = 0
    owner: str = field(init=False)
    own: Support = field(init=False)  # what may be said without a fact
    template: Support = field(init=False)  # the same, and the template as it is
    strangers: frozenset[str] = field(init=False)  # names that the copies have

    def __post_init__(self) -> None:
        mail = self.mail
        own = [
            filling.filled(mail.template, filling.given(mail, self.sender)),
            mail.interest,
            *mail.fields.values(),
            self.sender,
        ]
        owner = "\n".join(each for each in own if each)
        object.__setattr__(self, "owner", owner)
        object.__setattr__(self, "own", Support(owner, mail.name, at=self.at, language=self.parsed.language))
        copies = [part for each in self.sources.values() for part in (f"– {each.title}", each.text)]
        object.__setattr__(self, "strangers", evidence.strangers(copies))
        object.__setattr__(self, "template", Support(f"{owner}\n{mail.template}", mail.name))

    def support(self, facts: Sequence[Fact] = ()) -> Support:
        """For a sentence that names those facts."""
        # Of papers, title, year and authors stand in their copies; what a page says of itself stands nowhere and proves nothing.
        numbers = {fact.source for fact in facts}
        known = [
            f"{paper.title}\n{paper.year}\n{', '.join(paper.authors)}"
            for paper in self.papers
            if paper.source in numbers
        ]
        return self.own.and_facts(facts, "\n".join(known)) if facts else self.own


def standing_facts(facts: Sequence[Fact], sources: Mapping[int, Source]) -> tuple[tuple[Fact, ...], int]:
    """The facts whose quotes stand in the copies of their sources, and that speak to nobody but people; and how many others there were."""
    kept = tuple(
        fact
        for fact in facts
        if (source := sources.get(fact.source)) is not None
        and evidence.stands(fact.quote, source.text)
        and not evidence.instructs(fact.quote)
        and not evidence.instructs(fact.claim)
    )
    return kept, len(facts) - len(kept)


def checked(letter: Letter, ground: Ground) -> Checked:
    """The letter as it may stand."""
    kept: list[list[Sentence]] = []
    dropped: list[tuple[str, str]] = []
    lost = 0
    paragraphs = _signed(_greeted(letter.paragraphs, ground), ground)
    for number, paragraph in enumerate(paragraphs):
        held: list[Sentence] = []
        for each in paragraph:
            sentence, why = _judged(each, number, ground)
            if why and not _needed(each, paragraph, paragraphs, ground):
                dropped.append((each.text.strip(), why))
                lost += 1
                continue
            held.append(sentence)
        kept.append(held)
    held_sentences = _numbered(kept)
    if not _says_something(held_sentences):
        held_sentences = _restored(ground)
        there = {each.text.strip() for each in held_sentences}
        dropped = [each for each in dropped if _with_gaps(each[0]) not in there]
        lost = len(dropped)
    subject, wrong = _subject(letter.subject, ground, held_sentences)
    dropped += [(letter.subject, wrong)] if wrong else []
    missing = tuple(
        each for each in ground.parsed.missing if any(f"[{each}]" in sentence.text for sentence in held_sentences)
    )
    states = [each.state for each in held_sentences]
    sure, because = evidence.confidence(
        Standing(
            verified=states.count("verified"),
            marked=states.count("marked"),
            lost=lost,
            certain=ground.certain,
            greets=_names(held_sentences[0].text if held_sentences else "", ground),
            open_placeholders=missing,
        )
    )
    return Checked(subject, body_of(held_sentences), tuple(held_sentences), tuple(dropped[:MAX_DROPPED]), sure, because)


def _with_gaps(text: str) -> str:
    """As it stands in a mail in which a placeholder had to stay open."""
    return _BRACES.sub("", PLACEHOLDER.sub(lambda found: _HELD.format(found[1]), text))


def body_of(sentences: Sequence[Sentence]) -> str:
    """The text of a mail: paragraphs with an empty line between them."""
    out: list[str] = []
    at: int | None = None
    for each in sentences:
        if at is not None:
            out.append("\n\n" if each.paragraph != at else "" if out[-1].endswith("\n") else " ")
        at = each.paragraph
        out.append(each.text)
        if out[-2:-1] == ["\n\n"] and len(out) > 2:
            out[-3] = out[-3].rstrip("\n")
    return "".join(out).strip()[:MAX_BODY]


def _judged(each: LetterSentence, paragraph: int, ground: Ground) -> tuple[Sentence, str]:
    """A sentence with its state, and why it cannot stay as it is ("" when it can)."""
    raw = each.text
    ends = "\n" if raw.endswith("\n") else ""
    text = policy.outgoing(raw).strip()
    left = PLACEHOLDER.findall(text)
    if left:
        shown = _with_gaps(text)
        return Sentence(shown + ends, paragraph, "marked"), f"nothing was found for {', '.join(left[:3])}"
    text = _BRACES.sub("", text)
    facts = evidence.facts_of(each.facts, ground.facts)
    if facts:
        support = ground.support(facts)
        wrong = evidence.supports(text, support)
        wrong = wrong or evidence.opens(text, support) or evidence.strange(text, support, ground.strangers)
        if not wrong and evidence.instructs(text) and not evidence.is_own(text, ground.own):
            return Sentence(text + ends, paragraph, "marked"), "it speaks to whoever reads it for somebody else"
        if not wrong:
            quotes = tuple(dict.fromkeys((fact.source, fact.quote) for fact in facts))
            return Sentence(text + ends, paragraph, "verified", quotes), ""
        # What it names proves nothing, but it may need no proof.
        if _states(text, ground):
            return Sentence(text + ends, paragraph, "marked"), wrong
        return _unsourced(text + ends, paragraph, ground), ""
    if _states(text, ground):
        wrong = "it names a source that there is not" if each.facts else "it states something and names no source"
        return Sentence(text + ends, paragraph, "marked"), wrong
    return _unsourced(text + ends, paragraph, ground), ""


def _states(text: str, ground: Ground) -> bool:
    if evidence.is_own(text, ground.own) and not evidence.supports(text, ground.own):
        return False
    return (
        evidence.states(text, ground.own)
        or bool(evidence.opens(text, ground.own))
        or bool(evidence.strange(text, ground.own, ground.strangers))
    )


def _unsourced(text: str, paragraph: int, ground: Ground) -> Sentence:
    state: State = "own" if evidence.is_own(text, ground.own) else "plain"
    return Sentence(text, paragraph, state)


def _needed(
    each: LetterSentence,
    paragraph: Sequence[LetterSentence],
    paragraphs: Sequence[Sequence[LetterSentence]],
    ground: Ground,
) -> bool:
    """Whether the letter would break without it: its owner says more in it than it asks for, or it is nearly all there is."""
    if not PLACEHOLDER.search(each.text) or not evidence.is_own(each.text, ground.template):
        return False
    alone = len(paragraph) == 1 and len(paragraphs) <= 3
    return alone or evidence.tells(PLACEHOLDER.sub(" ", each.text)) >= OWNERS


def _numbered(paragraphs: Sequence[Sequence[Sentence]]) -> list[Sentence]:
    """Without the paragraphs that nothing is left of."""
    left = [paragraph for paragraph in paragraphs if paragraph]
    return [
        Sentence(each.text, number, each.state, each.sources)
        for number, paragraph in enumerate(left)
        for each in paragraph
    ]


def _says_something(sentences: Sequence[Sentence]) -> bool:
    """Whether there is more than a greeting and an ending."""
    said = [len(each.text.split()) for each in sentences if not _is_greeting(each.text)]
    return sum(each for each in said if each >= SHORTEST) >= LEAST


def _restored(ground: Ground) -> list[Sentence]:
    """Nothing would be left of the mail: the owner's template, with what could be filled in; what could not be verified is marked."""
    mail = ground.mail
    written = lettering.letter(mail, ground.sender, ground.parsed, ground.facts, ground.papers)
    paragraphs = _signed(_greeted(written.paragraphs, ground), ground)
    return _numbered(
        [[_judged(each, number, ground)[0] for each in paragraph] for number, paragraph in enumerate(paragraphs)]
    )


def _is_greeting(text: str) -> bool:
    return len(text) <= MAX_GREETING and _GREETS.match(text) is not None


def _names(text: str, ground: Ground) -> bool:
    first, last = filling.parts_of(ground.mail.name)
    folded = text.casefold()
    return any(part and part.casefold() in folded for part in (last, first))


def _greeted(paragraphs: Sequence[Sequence[LetterSentence]], ground: Ground) -> list[list[LetterSentence]]:
    """The letter with a greeting that has the right name, and nobody else's."""
    held = [list(paragraph) for paragraph in paragraphs]
    opening = held[0][0]
    said = lettering.greeting(ground.mail, ground.sender, ground.parsed.language)
    # A greeting may go on on its line: only what greets is looked at.
    head, comma, rest = opening.text.partition(",")
    greets = _is_greeting(opening.text) or (_GREETS.match(head) is not None and len(head) <= MAX_GREETING)
    if not greets:
        if not _names(opening.text, ground):
            held.insert(0, [LetterSentence(text=said)])
        return held
    others = [name for name in evidence.names(head, "en") if not _names(name, ground) and name not in ground.owner]
    words = {part.casefold() for part in ground.mail.name.split()}
    others = [name for name in others if name.casefold() not in words]
    if others or not _names(head, ground):
        follows = rest.lstrip() if comma and len(rest.split()) > 2 else ""
        held[0][0] = LetterSentence(text=f"{said}{chr(10) if opening.text.endswith(chr(10)) or follows else ''}")
        if follows:
            held[0].insert(1, LetterSentence(text=follows, facts=opening.facts))
    return held


def _signed(paragraphs: list[list[LetterSentence]], ground: Ground) -> list[list[LetterSentence]]:
    """The letter with its owner's ending, where there is one and the letter forgot it."""
    _, body = lettering.subject_and_body(ground.mail.template)
    ending = lettering.PARAGRAPHS.split(body.strip())[-1]
    filled = filling.filled(ending, filling.given(ground.mail, ground.sender))
    signature = filled.rpartition("\n")[2].strip()
    said = " ".join(each.text for paragraph in paragraphs[-2:] for each in paragraph)
    if len(filled) <= MAX_GREETING and signature and not PLACEHOLDER.search(filled) and signature not in said:
        return [*paragraphs, [LetterSentence(text=each) for each in lettering.cut(filled)]]
    return paragraphs


def _subject(text: str, ground: Ground, sentences: Sequence[Sentence]) -> tuple[str, str]:
    """A subject that says nothing but what the owner says, or a fact that the mail itself rests on; and what was wrong with the one there was."""
    subject = " ".join(policy.outgoing(text).split())[:MAX_SUBJECT]
    own, _ = lettering.subject_and_body(ground.mail.template)
    known = filling.given(ground.mail, ground.sender)
    ours = PLACEHOLDER.sub("", filling.filled(own, known)).strip() if own else ""
    ours = " ".join((ours or lettering.subject_by_rules(ground.mail, ground.parsed.language)).split())[:MAX_SUBJECT]
    if not subject or PLACEHOLDER.search(subject) or _BRACES.search(subject):
        return ours, ""
    if subject == ours:
        return subject, ""
    said = _lowered(subject, ground.parsed.language)
    rests_on = {source for each in sentences for source in each.sources}
    facts = [fact for fact in ground.facts if (fact.source, fact.quote) in rests_on]
    wrong = evidence.supports(said, ground.own) and evidence.supports(said, ground.support(facts))
    if not wrong and evidence.strays(said, ground.support(facts)):
        wrong = "it says what the mail does not rest on"
    return (ours, f"the subject: {wrong}") if wrong else (subject, "")


def _lowered(subject: str, language: str) -> str:
    """English subjects are often written With Capitals: those say nothing."""
    words = subject.split()
    capital = [word for word in words if word[:1].isupper()]
    if language != "de" and len(capital) >= 0.7 * len(words) and len(words) > 2:
        return " ".join(word if any(c.isupper() for c in word[1:]) else word.lower() for word in words)
    return subject
