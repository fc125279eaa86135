"""Numbers that German, Italian and Spanish write in one word: "vierhundertfünfzig", "quattrocentocinquanta", "veintidós".

Used by `stated`: `PATTERN` finds what may be one, `value` says which. Pure; the words up to 999 are made once, thousands are put together.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

_DE = [
    "ein",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
_DE_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_IT = [
    "uno",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "undici",
    "dodici",
    "tredici",
    "quattordici",
    "quindici",
    "sedici",
    "diciassette",
    "diciotto",
    "diciannove",
]
_IT_TENS = ["venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"]
_ES_AFTER_TEN = ["dieciséis", "diecisiete", "dieciocho", "diecinueve"]
_ES_AFTER_TWENTY = [
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
]
_ES_HUNDREDS = [
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]

_DE_PART = r"(?:ein|zwei|zwo|drei|vier|fünf|sech|sieb|acht|neun|zehn|elf|zwölf|zwan|s|en|zig|(?<=drei)(?:ß|ss)ig|hundert|tausend|und)"
_IT_PART = (
    r"(?:un|do|due|tr[eé]|quattro|quattor|quin|cinque|se|sette|ott|nove|die?ci|s|n|vent|trent|quarant|cinquant|sessant|settant|ottant|"
    r"novant|cent|mila|mille|[oai])"
)
PATTERN: Final = (
    rf"(?:(?=\w{{0,40}}(?:zig|(?:ß|ss)ig|hundert|tausend|zehn|elf|zwölf)){_DE_PART}{{2,16}}(?!\w)"
    rf"|(?=\w{{0,40}}(?:ent|ant|mila|mille)){_IT_PART}{{2,16}}(?!\w)"
    r"|(?:dieci|veinti)[a-záéíóú]{2,6}(?!\w)|(?:dos|tres|cuatro|qui|seis|sete|ocho|nove)n?cient[oa]s(?!\w)|quinient[oa]s(?!\w))"
)
"""What may be such a word; more than what is one. Every repetition is bounded."""


def value(word: str, language: str = "") -> int | None:
    """What a word means, in one language or in any; None: no number. Case does not count, nor "ss" for "ß"."""
    plain = word.casefold().replace("é", "e").replace("ó", "o")
    for name, thousand in (("de", "tausend"), ("it", "mila"), ("it", "mille"), ("es", "")):
        if language not in ("", name):
            continue
        known = _WORDS[name]
        if plain in known:
            return known[plain]
        before, joined, after = plain.partition(thousand) if thousand else (plain, "", "")
        if joined and (not before or before in known) and (not after or after.removeprefix("und") in known):
            return known.get(before, 1) * 1000 + (known[after.removeprefix("und")] if after else 0)
    return None


def _german() -> Iterator[tuple[str, int]]:
    below = {word: number for number, word in enumerate(_DE, 1)}
    for ten, word in enumerate(_DE_TENS, 2):
        below[word] = ten * 10
        below |= {f"{unit}und{word}": ten * 10 + number for number, unit in enumerate(_DE[:9], 1)}
    yield from below.items()
    for number, unit in chain([(1, "")], enumerate(_DE[:9], 1)):
        yield f"{unit}hundert", number * 100
        for word, rest in below.items():
            yield f"{unit}hundert{word}", number * 100 + rest
            yield f"{unit}hundertund{word}", number * 100 + rest


def _italian() -> Iterator[tuple[str, int]]:
    below = {word: number for number, word in enumerate(_IT, 1)}
    for ten, word in enumerate(_IT_TENS, 2):
        below[word] = ten * 10
        below |= {
            f"{word[:-1] if unit[0] in 'uo' else word}{unit}": ten * 10 + number
            for number, unit in enumerate(_IT[:9], 1)
        }
    yield from below.items()
    for number, unit in chain([(1, "")], enumerate(_IT[1:9], 2)):
        yield f"{unit}cento", number * 100
        for word, rest in below.items():
            yield f"{unit}cento{word}", number * 100 + rest
            if word[0] == "o":
                yield f"{unit}cent{word}", number * 100 + rest


def _spanish() -> Iterator[tuple[str, int]]:
    yield from ((word, number) for number, word in enumerate(_ES_AFTER_TEN, 16))
    yield from ((word, number) for number, word in enumerate(_ES_AFTER_TWENTY, 21))
    for number, word in enumerate(_ES_HUNDREDS, 2):
        yield word, number * 100
        yield f"{word[:-2]}as", number * 100


def _plain(words: Iterator[tuple[str, int]]) -> dict[str, int]:
    return {word.casefold().replace("é", "e").replace("ó", "o"): number for word, number in words}


_WORDS: Final = {"de": _plain(_german()), "it": _plain(_italian()), "es": _plain(_spanish())}
