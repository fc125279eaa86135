"""Sentences: cutting a text into them, choosing the telling ones, counting words, finding questions.

Called by the rules model's judge and work. Extractive: a summary consists of sentences as they were written.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mailwright.agents.models.rules.dates_table import MONTHS
from mailwright.agents.models.rules.phrases_table import STOP_WORDS

MAX_SENTENCES = 2_000  # looked at
MAX_TEXT = 200_000  # characters looked at
PIECE = 4_000  # characters that one pattern is let loose on
MAX_SENTENCE = 400  # characters shown of one

_ABBREVIATED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|no|nr|ca|bzw|z\.b|d\.h|u\.a|inc|ltd|approx|fig|sen|jr|jan|feb|mar|apr|jun|jul|aug|"
    r"sep|sept|oct|nov|dec|dez|okt)|\b[A-Za-z]|\d)\.\Z",
    re.IGNORECASE,
)
# Possessive, and only at the head of a run: a line of ten thousand dots is looked at once, not once for each dot.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？]++")
_MONTH = re.compile(
    rf"(?:{'|'.join(sorted(map(re.escape, MONTHS), key=len, reverse=True))})\b", re.IGNORECASE
)  # "1. Mai"
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|liebe[rs]?|guten (?:morgen|tag|abend)|sehr geehrte[rs]?|moin|"
    r"servus|bonjour|salut|ch[eè]re?|hola|estimad[oa]s?|buenos d[ií]as|ciao|gentile|beste|hej)\b[^.!?\n]{0,60}[,!.:]?"
    r"|(?:best|kind|warm|many thanks|thanks|thank you|regards|cheers|sincerely|yours|viele|liebe|mit|beste|freundliche|herzliche|gruß|grüße|"
    r"danke|merci|cordialement|gracias|saludos|saluti|groet(?:en)?)\b[^.!?\n]{0,40}[,!.]?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Of a text: lines that are not empty, words, and characters without line ends."""

    lines: int
    words: int
    characters: int


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """The text in pieces of some thousand characters, cut at the ends of lines or words: a pattern that walks over all of a long
    text keeps every other thread of the process waiting."""
    at = 0
    while at < len(text):
        end = at + size
        if end < len(text):
            cut = max(text.rfind("\n", at + size // 2, end), text.rfind(" ", at + size // 2, end))
            end = cut + 1 if cut > 0 else end
        yield text[at:end]
        at = end


def counts(text: str) -> Counts:
    """Count lines, words and characters."""
    lines = [line for line in text.splitlines() if line.strip()]
    return Counts(len(lines), len(words(text)), sum(len(line) for line in text.splitlines()))


def words(text: str) -> list[str]:
    """The words, as written; an apostrophe or hyphen inside belongs to one."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences of a text, one line each; a list item or heading is one too; greetings and closings are left out."""
    out: list[str] = []
    for block in _blocks(text[:MAX_TEXT]):
        for sentence in cut(block):
            tidy = " ".join(sentence.split())
            if tidy and not _GREETING.fullmatch(tidy) and _WORD.search(tidy):
                out.append(tidy)
            if len(out) >= MAX_SENTENCES:
                return out
    return out


def questions(text: str) -> list[str]:
    """The sentences that end in a question mark."""
    return [shortened(each) for each in sentences(text) if each.rstrip("\"'”’)]* ").endswith(("?", "？"))]


def summary(text: str, count: int) -> list[str]:
    """The `count` most telling sentences in their own order.

    A sentence counts for the words it shares with the rest of the text, without the most common words of the language; early
    ones, and those with numbers, a little more; very short and very long ones less.
    """
    found = sentences(text)
    if len(found) <= count:
        return [shortened(each) for each in found]
    bags = [[word.casefold() for word in words(each) if len(word) > 2 or word.isdigit()] for each in found]
    bags = [[word for word in bag if word not in STOP_WORDS] for bag in bags]
    frequency = Counter(word for bag in bags for word in set(bag))
    scores: list[tuple[float, int]] = []
    for position, bag in enumerate(bags):
        weight = sum(frequency[word] for word in set(bag)) / (1 + math.log(1 + len(bag))) if bag else 0.0
        weight *= 1.3 if position == 0 else 1.1 if position < len(found) / 5 else 1.0
        weight *= 1.15 if any(c.isdigit() for c in found[position]) else 1.0
        weight *= 0.5 if len(bag) < 3 else 0.7 if len(found[position]) > MAX_SENTENCE else 1.0
        scores.append((weight, -position))
    best = sorted(-negative for _weight, negative in sorted(scores, reverse=True)[:count])
    return [shortened(found[position]) for position in best]


def shortened(sentence: str, limit: int = MAX_SENTENCE) -> str:
    """The sentence, cut at a word where it is too long to show."""
    if len(sentence) <= limit:
        return sentence
    return sentence[:limit].rsplit(" ", 1)[0] + " …"


def _blocks(text: str) -> list[str]:
    """Paragraphs; a list item, and a line that a greeting or closing fills, stand alone."""
    out: list[str] = []
    current: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        alone = bool(stripped) and (
            _ITEM.match(stripped) is not None or _GREETING.fullmatch(stripped[:100]) is not None
        )
        if (not stripped or alone) and current:
            out.append(" ".join(current))
            current = []
        if alone:
            out.append(_ITEM.sub("", stripped, count=1))
        elif stripped:
            current.append(stripped)
    if current:
        out.append(" ".join(current))
    return out


_ITEM = re.compile(r"(?:[-*•·–]|\d{1,3}[.)]|\[[ xX]?\])\s+")


def cut(block: str) -> list[str]:
    """A block cut into its sentences; put together again they are the block."""
    out: list[str] = []
    start = 0
    for match in _END.finditer(block):
        if match[0][0] == "." and _ABBREVIATED.search(block, max(start, match.start() - 8), match.start() + 1):
            following = block[match.end() : match.end() + 12].strip()
            if _MONTH.match(following) or not (following[:1].isupper() and block[match.start() - 1].isdigit()):
                continue
        out.append(block[start : match.end()])
        start = match.end()
    out.append(block[start:])
    return out
