"""Which language a text is in, by its most common words. Called by the rules model and by `decide` for fixed phrases."""

from mailwright.agents.models.rules import texts
from mailwright.agents.models.rules.phrases_table import SAYS, STOP_WORDS_BY_LANGUAGE

LOOKED_AT = 4_000  # characters: a language shows in a few lines


def guess(text: str) -> str:
    """`en`, `de`, `fr` or `es`; English where it does not show."""
    bag = [word.casefold() for word in texts.words(text[:LOOKED_AT])]
    scores = {name: sum(1 for word in bag if word in common) for name, common in STOP_WORDS_BY_LANGUAGE.items()}
    best = max(scores, key=lambda name: (scores[name], name == "en"))
    return best if scores[best] >= 2 else "en"


def decimal_mark(language: str) -> str:
    """What begins the decimals where digits alone do not tell ("1.000" is a thousand in German)."""
    return "." if language == "en" else ","


def phrases(language: str) -> dict[str, str]:
    """The rules model's phrases in that language, or in English."""
    return SAYS.get(language, SAYS["en"])
