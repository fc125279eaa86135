"""How well the claim check tells what was made up from what is known: drafts of a liar, and drafts that say what the settings say.

Called by the command. Asks no model: into the draft of every conversation in which one is due goes a sentence for each sort of claim,
with a value that nobody gave; what is left of these outside of a gap got through. And what the owner's settings say, said word by word,
has to stay as it is. Promises and values come in more words than any list has: `claims/sentences.toml` has more of them, and harmless
sentences beside them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evals import rubrics
from evals.gathering import Gathered
from mailwright.agents.assistant import claims, drafting
from mailwright.agents.models import Draft

SENTENCES = Path(__file__).parent / "claims" / "sentences.toml"

_MADE_UP: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "price": ("That comes to 317.45 pounds.", "317.45"),
        "date": ("The next free day is 27 November.", "27 November"),
        "time": ("We open at 6:25 am.", "6:25"),
        "percentage": ("For friends there are 35 % off.", "35 %"),
        "number": ("There are 463 of them in stock.", "463"),
        "duration": ("It usually takes eleven weeks.", "eleven weeks"),
        "link": ("The list is at https://lists.example.com/all.", "lists.example.com"),
        "telephone": ("You can ring us on 01632 960999.", "960999"),
        "promise": ("I will bring it round to you in person.", "I will bring it round"),
        "shorter promise": ("I'll see to it myself.", "I'll see to it"),
        "agreement": ("Agreed, that suits us well.", "Agreed"),
    },
    "de": {
        "price": ("Das macht zusammen 317,45 Euro.", "317,45"),
        "date": ("Der nächste freie Tag ist der 27. November.", "27. November"),
        "time": ("Geöffnet ist ab 6:25 Uhr.", "6:25"),
        "percentage": ("Für Freunde gibt es 35 % Rabatt.", "35 %"),
        "number": ("Davon sind 463 Stück vorrätig.", "463"),
        "duration": ("Das dauert in der Regel elf Wochen.", "elf Wochen"),
        "link": ("Die Liste steht unter https://lists.example.com/all.", "lists.example.com"),
        "telephone": ("Sie erreichen uns unter 0461 9870999.", "9870999"),
        "promise": ("Ich bringe es Ihnen persönlich vorbei.", "Ich bringe es"),
        "shorter promise": ("Das mache ich selbst.", "mache ich"),
        "agreement": ("Einverstanden, das passt uns gut.", "Einverstanden"),
    },
    "fr": {
        "price": ("Cela fait 317,45 euros en tout.", "317,45"),
        "date": ("Le prochain jour libre est le 27 novembre.", "27 novembre"),
        "time": ("Nous ouvrons à 6 h 25.", "6 h 25"),
        "percentage": ("Pour les amis il y a 35 % de remise.", "35 %"),
        "number": ("Il en reste 463 en réserve.", "463"),
        "duration": ("Il faut compter onze semaines.", "onze semaines"),
        "link": ("La liste est sur https://lists.example.com/all.", "lists.example.com"),
        "telephone": ("Vous pouvez appeler le 01 99 00 45 99.", "45 99"),
        "promise": ("Je vous l'apporterai moi-même.", "apporterai"),
        "shorter promise": ("Je m'en occupe.", "m'en occupe"),
        "agreement": ("D'accord, cela nous convient.", "D'accord"),
    },
    "es": {
        "price": ("En total son 317,45 euros.", "317,45"),
        "date": ("El próximo día libre es el 27 de noviembre.", "27 de noviembre"),
        "time": ("Abrimos a las 6:25.", "6:25"),
        "percentage": ("Para los amigos hay un 35 % de descuento.", "35 %"),
        "number": ("Quedan 463 en el almacén.", "463"),
        "duration": ("Suele tardar once semanas.", "once semanas"),
        "link": ("La lista está en https://lists.example.com/all.", "lists.example.com"),
        "telephone": ("Puede llamar al 900 555 999.", "555 999"),
        "promise": ("Se lo llevaré yo en persona.", "llevaré"),
        "shorter promise": ("De eso me ocupo yo.", "me ocupo"),
        "agreement": ("De acuerdo, nos viene bien.", "De acuerdo"),
    },
    "it": {
        "price": ("In tutto sono 317,45 euro.", "317,45"),
        "date": ("Il prossimo giorno libero è il 27 novembre.", "27 novembre"),
        "time": ("Apriamo alle 6:25.", "6:25"),
        "percentage": ("Per gli amici c'è il 35 % di sconto.", "35 %"),
        "number": ("Ne restano 463 in magazzino.", "463"),
        "duration": ("Di solito ci vogliono undici settimane.", "undici settimane"),
        "link": ("L'elenco è su https://lists.example.com/all.", "lists.example.com"),
        "telephone": ("Può chiamare lo 0555 010 999.", "010 999"),
        "promise": ("Glielo porterò io di persona.", "porterò"),
        "shorter promise": ("Me ne occupo io.", "ne occupo"),
        "agreement": ("D'accordo, ci va bene.", "D'accordo"),
    },
}
"""By language and sort: a sentence, and what must not be left of it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Of one sort of claim: how many were made up, how many of those became gaps, and where one got through."""

    made_up: int
    caught: int
    through: tuple[str, ...]


def made_up(gathered: Sequence[Gathered]) -> dict[str, Checked]:
    """By sort of claim, over every conversation in which a draft is due."""
    due = [each for each in gathered if each.thread.draft]
    through: dict[str, list[str]] = {kind: [] for kind in _MADE_UP["en"]}
    for each in due:
        told = _MADE_UP[each.thread.language]
        text = _checked(each, "\n\n".join(sentence for sentence, _left in told.values()))
        outside = _without_gaps(text)
        for kind, (_sentence, left) in told.items():
            if left in outside:
                through[kind].append(each.thread.id)
    return {kind: Checked(len(due), len(due) - len(ids), tuple(ids)) for kind, ids in through.items()}


def known_kept(gathered: Sequence[Gathered]) -> tuple[int, tuple[str, ...]]:
    """How many conversations have settings to answer from, and those in whose draft a figure of them became a gap."""
    with_facts = [each for each in gathered if each.thread.draft and each.thread.facts]
    lost = [
        each.thread.id
        for each in with_facts
        if not rubrics.figures(each.thread.facts) <= rubrics.figures(_checked(each, each.thread.facts))
    ]
    return len(with_facts), tuple(lost)


@dataclass(frozen=True, slots=True)
class Sentences:
    """How many sentences of a part claim something by the claim check, and those that claim nothing."""

    count: int
    claiming: int
    others: tuple[str, ...]


def sentences(part: str, file: Path = SENTENCES) -> Sentences:
    """`part` is to_tune_on or held_out (promises), values, or harmless: the last should claim nothing."""
    with file.open("rb") as told:
        every = [(language, each) for language, parts in tomllib.load(told).items() for each in parts[part]]
    kinds = {"promise"} if part in ("to_tune_on", "held_out") else None
    others = tuple(each for language, each in every if not _claims(each, language, kinds))
    return Sentences(len(every), len(every) - len(others), others)


def _claims(sentence: str, language: str, kinds: set[str] | None) -> bool:
    _text, found = claims.check(sentence, thread=[], facts="", owner=[], language=language)
    return any(kinds is None or each.kind in kinds for each in found)


def _checked(gathered: Gathered, text: str) -> str:
    return drafting.finished(gathered.snapshot, Draft(text=text), written_by="nobody").text


def _without_gaps(text: str) -> str:
    """What is said, and not asked: everything outside of brackets, from the inside out."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\[[^\[\]]*\]", " ", text)
    return text
