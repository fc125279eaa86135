"""Words as people look for them: small, without accents, in any script.

Called by the search index (what is kept of a text), by queries (what is looked for) and by snippets (what to mark).
Promises: never raises; linear; the same text gives the same words everywhere; a word of a query is found in a text whenever
both were written with the same letters, whatever their case, accents, vowel points or Unicode form.
Scripts that set no spaces between words (Chinese, Japanese, Thai …) and Korean, whose endings grow onto the word, give one
word a character: "東京" is then found as two neighbours in any longer run.
"""

import re
import unicodedata
from collections.abc import Iterator

MAX_WORD = 64  # characters of a word that count: what is longer is no word, and its beginning tells it from others

# One word a character.
_SINGLE = (
    "\u0e01-\u0e5b\u0e81-\u0edf\u0f00-\u0fda\u1000-\u109f\u1780-\u17f9"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# Signs that belong to the word they stand in although Python's \w leaves them out: accents, vowel points, vowel signs.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc-\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a75\u0a81-\u0a83\u0abc-\u0acd\u0ae2\u0ae3"
    "\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3c-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57"
    "\u0d81-\u0d83\u0dca-\u0df3\u200b-\u200d\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
)
# What says nothing about which word it is; Indic vowel signs do, and stay.
_DROPPED = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u200b-\u200d\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]+"
)
# Letters that Unicode does not take apart, and letters that one keyboard has for the other.
_ALIKE = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "ı": "i",
        "ŧ": "t",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
    }
)

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = re.compile(rf"[{_SINGLE}][{_MARKS}]*|[^\W_{_SINGLE}]+(?:[{_MARKS}]+[^\W_{_SINGLE}]*)*")


def fold(text: str) -> str:
    """`text` as it is compared: small letters, without accents and vowel points, in one Unicode form."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _DROPPED.sub("", apart).translate(_ALIKE))


def words(text: str) -> list[str]:
    """The words of `text` in their order."""
    folded = fold(text)
    found = (_ASCII_WORD if folded.isascii() else _WORD).findall(folded)
    return [word[:MAX_WORD] for word in found] if len(folded) > MAX_WORD else found


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of `text` with the place where each is written: (word, start, end)."""
    for found in _WORD.finditer(text):
        folded = fold(found[0])
        if folded:
            yield folded[:MAX_WORD], found.start(), found.end()
