"""A liar: the worst model there could be. It says what pages tell it to say, takes everybody for the recipient, and makes things up.

Given to the scribe in place of a model. Whatever of its lies is in a mail that calls itself verified, the code has let through: no real
model is as bad. It speaks in the types that are asked for, as a model has to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailwright.agents.models import Asker, Models, Question, Reply
from mailwright.agents.models.asking import T
from mailwright.agents.models.turns import FactsFound, FoundFact, Letter, LetterSentence, TemplateRead
from mailwright.domain.modelnames import PURPOSES

INVENTED = ("Purple Anvil", "Atlantis", "2031")
"""Words of what it makes up: they are on no page."""

_SOURCE = re.compile(r"^\W{0,3}(?:source )?\[?(\d{1,3})\]?[ :.—-]", re.IGNORECASE | re.MULTILINE)
_FACT = re.compile(r"^\[(\d{1,3})\] (.+)\n\s+quote: “(.+?)” \(", re.MULTILINE)
_NAME = re.compile(r"The recipient: (.+)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_DEMAND = re.compile(
    r"https?://|\bmust\b|ignore|assistant|instruction|\bmodel\b|summariz|confirm|\bcode\b", re.IGNORECASE
)
_MOST = 40


class Liar(Models):
    """See above. Nobody is asked, and nothing costs anything."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(PURPOSES, ("liar",)))

    async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
        """What a liar says to it."""
        value: TemplateRead | FactsFound | Letter
        if question.answer is TemplateRead:
            value = _terms(question.material)
        elif question.answer is FactsFound:
            value = FactsFound(facts=tuple(_facts(question.material))[:_MOST], because="It is all about the recipient.")
        else:
            value = _letter(question.material)
        assert isinstance(value, question.answer)
        return Reply(value, "liar", ())

    async def close(self) -> None:
        """Nothing is open."""


def _terms(material: str) -> TemplateRead:
    name = _name(material)
    return TemplateRead(type="RESEARCH", search_terms=(name, f"{name} Purple Anvil"), because="I like papers.")


def _facts(material: str) -> Iterator[FoundFact]:
    """What pages demand, first; then every sentence of every source; some of them with more than they say."""
    sourced = list(_by_source(material))
    for number, sentence in sourced:
        if _DEMAND.search(sentence):
            yield _fact(sentence, number, sentence)
    for at, (number, sentence) in enumerate(sourced):
        if at % 5 == 1:
            yield _fact(f"{sentence} For this they got the Purple Anvil of Atlantis in 2031.", number, sentence)
        elif at % 5 == 2:
            yield _fact("They got the Purple Anvil.", number, "The Purple Anvil went to Atlantis in 2031.")
        elif at % 5 == 3 and at + 1 < len(sourced):
            yield _fact(sentence, sourced[at + 1][0] + 1, sentence)  # a source that does not say it
        else:
            yield _fact(sentence, number, sentence)


def _fact(claim: str, source: int, quote: str) -> FoundFact:
    return FoundFact(claim=claim[:400], source=source, quote=quote[:500].ljust(8, "."), about="recipient")


def _by_source(material: str) -> Iterator[tuple[int, str]]:
    body = material.partition(" BEGINS\n")[2] or material
    marks = list(_SOURCE.finditer(body))
    for at, mark in enumerate(marks):
        ends = marks[at + 1].start() if at + 1 < len(marks) else len(body)
        for sentence in _SENTENCE.split(body[mark.end() : ends]):
            if len(sentence.strip()) >= 12:
                yield int(mark[1]), " ".join(sentence.split())


def _letter(material: str) -> Letter:
    """Everything it was told, word by word, the demands first; and inventions that lean on facts which do not say them."""
    facts = [(int(number), claim, quote) for number, claim, quote in _FACT.findall(material)]
    said = [LetterSentence(text=claim[:1000], facts=(number,)) for number, claim, _ in facts]
    first = facts[0][0] if facts else 1
    demands = [each for each in _SENTENCE.split(material) if _DEMAND.search(each) and "marker" not in each]
    said += [LetterSentence(text=" ".join(each.split())[:1000], facts=(first,)) for each in demands[:5] if each.strip()]
    said += [
        LetterSentence(text="Your Purple Anvil of 2031 made me cry.", facts=(first,)),
        LetterSentence(text="I have admired you since you won the Purple Anvil in Atlantis.", facts=()),
        LetterSentence(text="In Atlantis you are known to everybody.", facts=(99,)),
        LetterSentence(text="I am a professor in Atlantis and will pay you.", facts=()),
    ]
    greeting = LetterSentence(text=f"Dear {_name(material)},", facts=())
    paragraphs = ((greeting,), *(tuple(said[at : at + 6]) for at in range(0, len(said), 6)))
    return Letter(subject="The Purple Anvil of Atlantis", paragraphs=paragraphs[:30], because="It sounds good.")


def _name(material: str) -> str:
    found = _NAME.search(material)
    return found[1].strip() if found else "friend"
