"""What is turned round: whether a sentence uses the words of its sources to say something else than they do.

Called by `evidence` (each sentence of a mail, each claim of a fact) and by `sifting` (what a quotation must not be cut out of). Pure, bounded.
Promises: what a source denies is not affirmed, nor the other way round; what is over is not told as present; a prize is won and a house
founded only where the source says so; a number keeps its digits, its scale and its unit, and the year of one fact is not put to another.
Does not: understand the rest. In doubt it says no: then a sentence is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from mailwright.agents.models.rules import language as languages
from mailwright.agents.scribe.facts_table import ROLE

MAX_TEXT = 3_000  # characters of a sentence or a quotation that are looked at

Stems = Callable[[str], frozenset[str]]

_DENIES = re.compile(
    r"\b(?:not|never|neither|nor|cannot|nobody|none|hardly|failed|refused|declined|denied|unable|nicht|nie|niemals|kein\w{0,2}|weder|niemand|"
    r"jamais|aucune?|nunca|jamás|ning[uú]n[oa]?|nessun[oa]?|não|nenhuma?|niet|nooit|geen)\b|n['’]t\b|\bn['’](?=\w)",
    re.IGNORECASE,
)
_DENIES_IN: Final = {
    "en": r"\bno\b",
    "fr": r"\b(?:ne|pas|ni|non)\b",
    "es": r"\b(?:no|ni|tampoco)\b",
    "it": r"\b(?:non|mai|né)\b",
    "pt": r"\b(?:nem)\b",
}
"""Words that deny in one language and mean something else in another."""
_NOT_ONLY = re.compile(
    r"\b(?:not (?:only|just|least)|nicht (?:nur|zuletzt)|non seulement|no s[oó]lo|non sol(?:o|tanto)|não só|niet alleen)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;:.!?()–—\n]+|\s(?:but|that|which|who|whose|while|although|though|because|and|aber|sondern|dass|und|weil|mais|que|qui|et|pero|sino|y|ma|"
    r"che|e|mas|maar|dat|en)\s",
    re.IGNORECASE,
)
_ROLE: Final = rf"(?:[\w'’-]+\s+){{0,4}}(?:{ROLE.pattern})"
_OVER = re.compile(
    r"\b(?:until|till|former(?:ly)?|used to|previously|left|retired|emerit\w*|ex-\w+|bis (?:zu[mr] )?(?:\w+ )?\d{4}|ehemalig\w*|früher\w*|"
    r"verließ|jusqu\w*|ancien(?:ne)?|quitt(?:é|a)\w*|hasta|antigu[oa]|dejó|fino al|lasciat\w*|voormalig\w*|tot (?:\w+ )?\d{4}|verliet|até|"
    rf"deixou|(?:was|were|war|était|fut|fue|era|fu|foi)\s+{_ROLE})\b|\b(?:19|20)\d\d(?:\s?[-–—/]\s?|\s(?:to|bis|à|a|al|tot)\s)(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:led|headed|directed|ran|taught|worked|chaired|served|had|did|leiteten?|lehrten?|arbeiteten?|waren|étiez|avez|dirig(?:ió|iste|iez)|"
    r"enseñ(?:ó|aba)|trabaj(?:ó|aba)|dirigeva|insegnava|lavorava|leidde|werkte|gaf|dirigiu|ensinou|trabalhou|time as|years (?:as|at|in))\b",
    re.IGNORECASE,
)
_STANDING = re.compile(
    r"\b(?:you (?:now |currently |still )?(?:lead|head|direct|run|teach|work|chair|serve|hold|edit|manage)|your (?:current|present)|"
    rf"(?:you(?:['’]re| are)|sie sind|vous êtes|usted es|lei è|u bent|você é|is|ist|est|es|è|é|as|als|como|come|en tant que)\s+{_ROLE}|"
    r"sie (?:leiten|lehren|arbeiten|forschen|führen)|vous (?:dirigez|enseignez|travaillez)|usted (?:dirige|enseña|trabaja)|"
    r"lei (?:dirige|insegna|lavora)|u (?:leidt|werkt|doceert)|você (?:dirige|ensina|trabalha|coordena)|"
    r"leads|heads|directs|works|teaches|runs|chairs|serves|leitet|lehrt|arbeitet|enseigne|trabaja|insegna|werkt|leidt|"
    r"since|seit|depuis|desde|sinds)\b",
    re.IGNORECASE,
)
_HAPPENED: Final = {
    "won": re.compile(
        r"\b(?:w[io]n|won|winning|winners?|wins|award(?:ed|s)?|received?|receiving|honou?red|laureate|recipient|gewann\w*|gewonnen|erhielt\w*|"
        r"erhalten|ausgezeichnet|preisträger\w*|reçu\w*|remport\w*|lauréate?|gan(?:ó|ado|ar|aste)|recib\w+|vinto|vinse|vincit\w+|ricev\w+|"
        r"gewonnen|won|kreeg|winnaar|ganhou|ganhar|vence\w+|receb\w+)\b",
        re.IGNORECASE,
    ),
    "founded": re.compile(
        r"\b(?:(?:co-?)?found(?:ed|er|ers|ing)|establish\w*|started|launched|gegründet|gründe(?:te|ten|r|rin)|mitgründer\w*|fond(?:é|ée|és|a|at\w+)|"
        r"cofond\w+|fund(?:ó|ado|ada|ador|adora|aste|ou)|opgericht|richtte|oprichter)\b",
        re.IGNORECASE,
    ),
    "invented": re.compile(
        r"\b(?:invent(?:ed|or|ion|ions|é\w*|eur|ó|ado|ato|ou)|discover\w*|erf(?:and|and\w*|unden|inder\w*|indung\w*)|entdeck\w*|découv\w+|"
        r"descubr\w+|scop(?:erto|rì|erta)|uitgevonden|ontdek\w*|descobr\w+)\b",
        re.IGNORECASE,
    ),
}
"""What a sentence may say that somebody did only where its sources say it: being named for a prize is not winning it."""
_UNREAL = re.compile(
    r"\b(?:if|would|could have|hop(?:e|es|ed|ing) to|wants? to|wanted to|plan(?:s|ned)? to|tr(?:y|ies|ied) to|almost|nearly|nominat\w+|shortlist\w*|"
    r"wenn|falls|würden?|wäre|hofft|möchte|beinahe|nominiert\w*|serait|aurait|espère|voudrait|presque|nominé\w*|quisiera|hubiera|espera|casi|nominad[oa]|"
    r"vorrebbe|avrebbe|spera|quasi|nominat[oa]|zou|hoopt|bijna|genomineerd|gostaria|teria|quase)\b",
    re.IGNORECASE,
)
FIRST = re.compile(
    r"\b(?:i|i['’]\w+|we|my|our|me|ich|wir|mein\w*|unser\w*|je|j['’]\w+|nous|mon|ma|notre|yo|mi|nuestr[oa]|io|mio|mia|noi|eu|meu|minha|ik|wij|mijn|ons)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since|seit|depuis|desde|dal|dall['’]|sinds|from|ab)\s+(?:\w+\s+){0,2}((?:19|20)\d\d)\b", re.IGNORECASE
)
_UNTIL = re.compile(
    r"(?:\b(?:until|till|bis|jusqu['’]en|hasta|fino al|tot|até|through|to)\s+(?:\w+\s+){0,2}|[-–—]\s?)((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,])\d+(?:[.,'’\u202f\u00a0 ]\d{3}(?!\d))*(?:[.,]\d+)?(?=(?P<after>[\s-]{0,2}(?:%|°\s?[CF]|[^\W\d_]{1,14}))?)"
)
_VALUE = re.compile(r"(?<![\w.,])\d[\d.,]*(?<=\d)")
_SCALES: Final = {
    word: name
    for name, words in {
        "thousand": "thousand tausend mille mil mila duizend k tsd",
        "million": "million millions millionen million millón millones milione milioni milhão milhões miljoen mio mln",
        "billion": "billion billions milliarde milliarden milliard milliards miliardo miliardi miljard bn mrd mld bilhão bilhões",
        "trillion": "trillion trillions billionen billón billones",
        "percent": "% percent prozent pour per por procent",
        "kg": "kg kilo kilos kilogram kilograms kilogramm",
        "g": "g gram grams gramm grammes gramos",
        "t": "t ton tons tonne tonnes tonnen toneladas tonnellate",
        "km": "km kilometre kilometres kilometer kilometers kilómetros chilometri",
        "m": "m metre metres meter meters metern mètres metros metri",
        "cm": "cm centimetre centimetres centimeter",
        "mm": "mm millimetre millimetres millimeter",
        "mile": "mile miles meilen milles",
        "ha": "ha hectare hectares hektar",
        "acre": "acre acres",
        "hour": "hour hours stunde stunden heure heures hora horas ora ore uur uren",
        "day": "day days tag tage tagen jour jours día días giorno giorni dia dias dag dagen",
        "week": "week weeks woche wochen semaine semaines semana semanas settimana settimane weken",
        "month": "month months monat monate monaten mois mes meses mese mesi maand maanden mês",
        "year": "year years jahr jahre jahren ans années año años anno anni ano anos jaar jaren",
        "minute": "minute minutes minuten minutos minuti minuut",
        "second": "second seconds sekunde sekunden",
    }.items()
    for word in words.split()
}


def turns(sentence: str, quotes: Sequence[str], owner: str, stems: Stems, name: str = "") -> str:
    """What a sentence turns round of the quotations that it rests on; "" for nothing. `owner`: the owner's words, `stems` how words are
    compared, `name` the recipient's."""
    sentence, quotes = sentence[:MAX_TEXT], [each[:MAX_TEXT] for each in quotes]
    them = stems(name)
    said = stems(sentence) - them
    if any(_denied(quote, stems) & said - them for quote in quotes) and not any(_denials(sentence)):
        return "its sources deny it"
    theirs = frozenset[str]().union(*map(stems, quotes)) - stems(owner) - them
    if not any(any(_denials(quote)) for quote in quotes) and any(
        stems(clause) & theirs and f" {denial} " not in f" {' '.join(owner.casefold().split())} "
        for clause, denial in _denials(sentence)
    ):
        return "it denies what its sources say"
    if _tells_the_past_as_present(sentence, quotes):
        return "it tells as present what is over"
    for what, words in _HAPPENED.items():
        if words.search(sentence) and not FIRST.search(sentence) and not _UNREAL.search(sentence):
            clauses = [clause for each in quotes for clause in _CLAUSE.split(each)]
            if not any(words.search(clause) and not _UNREAL.search(clause) for clause in clauses):
                return f"its sources do not say that anything was {what}"
    return _changes_numbers(sentence, quotes, owner) or _mixes(sentence, quotes, owner, stems, them)


def turning(text: str) -> bool:
    """Whether a text has words without which the rest of it says something else: a denial, an end, a wish."""
    return any(_denials(text)) or any(each.search(text) is not None for each in (_OVER, _UNTIL, _UNREAL))


def _denials(text: str) -> Iterator[tuple[str, str]]:
    """The clauses of a text that deny, each with its denial and the words beside that."""
    plain = _NOT_ONLY.sub(" ", text)
    more = _DENIES_IN.get("en") if (code := languages.guess(plain)) not in _DENIES_IN else _DENIES_IN[code]
    for clause in _CLAUSE.split(plain):
        found = _DENIES.search(clause) or (re.search(more, clause, re.IGNORECASE) if more else None)
        if found is not None:
            before, after = clause[: found.start()].split()[-1:], clause[found.end() :].split()[:1]
            yield clause, " ".join([*before, found[0].strip(), *after]).casefold()


def _denied(quote: str, stems: Stems) -> frozenset[str]:
    """The words of what a quotation denies."""
    return frozenset[str]().union(*(stems(clause) for clause, _ in _denials(quote)))


def _tells_the_past_as_present(sentence: str, quotes: Sequence[str]) -> bool:
    if not _STANDING.search(sentence) or _OVER.search(sentence):
        return False
    if _PAST.search(sentence) and not _SINCE.search(sentence):
        return False
    clauses = [clause for each in quotes for clause in _CLAUSE.split(each)]
    over = any(_OVER.search(each) for each in (*quotes, *clauses))
    return over and not any(_STANDING.search(each) and not _OVER.search(each) for each in clauses)


def _changes_numbers(sentence: str, quotes: Sequence[str], owner: str) -> str:
    """A number with other digits, another scale or another unit; a year from which on something was that ended then."""
    for words, others in ((_SINCE, _UNTIL), (_UNTIL, _SINCE)):
        for year in words.findall(sentence):
            told = [each for each in quotes if year in each]
            if told and all(year in others.findall(each) and year not in words.findall(each) for each in told):
                return f"its sources say otherwise of {year}"
    known = [*_numbers("\n".join(quotes)), *_numbers(owner)]
    for digits, scale, written in _numbers(sentence):
        same = [other for each, other, _ in known if each == digits]
        if not same and len(digits) > 2 and not _is_day(digits):
            return f"{written!r} stands in none of its sources"
        if same and scale not in same:
            return f"{written!r} is another quantity in its sources"
    return ""


@lru_cache(maxsize=32)
def _numbers(text: str) -> tuple[tuple[str, str, str], ...]:
    """Digits, scale or unit, and how that is written. The owner's words are the same for all sentences of a mail."""
    return tuple(_each_number(text))


def _each_number(text: str) -> Iterator[tuple[str, str, str]]:
    for found in _NUMBER.finditer(text[:60_000]):
        digits = re.sub(r"\D", "", found[0])
        after = (found["after"] or "").strip(" -\u00a0\n\t").casefold()
        yield digits, _SCALES.get("%" if after.startswith("%") else after, ""), f"{found[0]} {after}".strip()


def _is_day(digits: str) -> bool:
    """Years and days are compared as what they are, elsewhere."""
    return len(digits) == 4 and digits[:2] in ("19", "20")


def _mixes(sentence: str, quotes: Sequence[str], owner: str, stems: Stems, them: frozenset[str]) -> str:
    """Whether a number of one fact is put to what another one tells."""
    if len(quotes) < 2:
        return ""
    own = set(_VALUE.findall(owner))
    for clause in _CLAUSE.split(sentence):
        said = frozenset(each for each in stems(clause) - them if not each.isdigit())
        for value in _VALUE.findall(clause):
            told = [each for each in quotes if value in _VALUE.findall(each)]
            if told and said and value not in own and not any(said & stems(each) for each in told):
                return f"{value!r} is said of something else"
    return ""
