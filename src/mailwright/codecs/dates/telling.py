"""Which language a text is in: by the small words that every text of a language is full of.

Called where nobody has said. A few words are enough when they belong to one language only. Linear time; says "" when it cannot tell.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib.util import find_spec

from mailwright.codecs.dates.finding import MAX_TEXT, lexicon_of
from mailwright.codecs.dates.tokens import cut
from mailwright.domain.followups import LANGUAGES

_TIMES = (
    "WEEKDAY",
    "MONTH",
    "DAYOFF",
    "DAYPART",
    "PART",
    "UNIT",
    "NUMBER",
    "HOLIDAY",
    "CLOCKWORD",
)  # their words tell as well
_CLEAR = 1.3  # the best has to have this much more weight than the second, or it is not told


def language_of(text: str) -> str:
    """The code of the language of this text, or "" when it cannot be told."""
    weights: Counter[str] = Counter()
    tables = _tables()
    for token in cut(text[:MAX_TEXT]):
        languages = tables.get(token.word)
        if languages:
            for language in languages:
                weights[language] += 1 / len(languages)  # type: ignore[assignment]
    if not weights:
        return ""
    best, *others = weights.most_common(2)
    return best[0] if not others or best[1] >= _CLEAR * others[0][1] else ""


@cache
def _tables() -> dict[str, tuple[str, ...]]:
    """The languages each telling word belongs to; weekdays, months and such tell as well."""
    found: dict[str, tuple[str, ...]] = {}
    for code in LANGUAGES:
        if find_spec(f"mailwright.codecs.dates.languages.{code}") is None:
            continue
        language = lexicon_of(code).language
        words = set(language.telling)
        for name in _TIMES:
            for spellings in language.words.get(name, {}):
                words |= {word for word in spellings.split("|") if word.isalpha() and len(word) > 3}
        for word in words:
            found[word] = (*found.get(word, ()), code)
    return found
