"""The claim check: what a draft says that must be true, what supports it, and a visible gap where nothing does.

Called by drafting with a model's text, and by the evaluations. Every price, percentage, date, time, length of time, number, link,
address and promise is looked for in three places: in what the owner has said may be said (`facts`), in what the owner wrote in this
conversation (`owner`), and in what others wrote in it (`thread`).
Promises: a value that stands in none of them does not stay in the text; what the owner binds themselves to, or agrees to, is supported
by the owner's words alone; what others say that the owner promised or offered supports nothing. Pure, bounded, in five languages.
Does not: judge whether a supported value stands at the right place. The owner reads the draft, and sees what supports what.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailwright.agents.assistant import claims_table as table
from mailwright.agents.assistant import stated
from mailwright.agents.assistant.promises_table import HARMLESS, OTHERS_WORDS, PROMISES, SETTLED
from mailwright.agents.assistant.snapshot import Claim
from mailwright.agents.assistant.stated import Key, Stated
from mailwright.agents.models.rules.phrases_table import STOP_WORDS
from mailwright.domain.clock import Instant

MAX_TEXT = 20_000  # characters of a draft that are checked; drafting lets none be longer
MAX_THREAD = 60_000  # characters looked through for support: the newest of the conversation
MAX_OWN = 40_000  # of the owner's settings, and of the owner's mails
MAX_SOURCE = 160  # characters of the words that support something
MAX_CLAIMS = 200
PASSES = 4  # putting a gap into a text may let its neighbours be read another way
SAME_ENOUGH = 0.6  # of the telling words of a promise, found in one sentence of the owner's
SOFT_LINE = 50  # characters: a longer line was broken by a mail program, and its sentence goes on

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]{0,3}\s+(?=[\[\"'“„«(¿¡]{0,3}[A-ZÀ-ÖØ-Þ0-9])|\n+")
_ABBREVIATED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|e\.g|i\.e|nr|no|ca|bzw|z\.\s?b|d\.\s?h|u\.\s?a|sr|sra|m|mme|dott|sig|approx|inkl|zzgl|max|min|tel))\.\Z",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"\d\.\Z")
_COUNTED = re.compile(
    rf"(?:{'|'.join(map(re.escape, table.MONTHS))}|stock|og|etage|quartal|platz|halbjahr|klasse|geburtstag|mai|januar)\b",
    re.IGNORECASE,
)  # "12. März", "3. Stock": an ordinal, and no end
_ITEM = re.compile(r"\s*(?:[-*•·–]|\d{1,3}[.)])\s+")
_WORD = re.compile(r"[^\W\d_]{3,40}")
_PROMISE = re.compile("|".join(f"(?:{each})" for each in PROMISES.values()), re.IGNORECASE)
_OTHERWISE = {name: re.compile(f"{words}|{SETTLED[name]}", re.IGNORECASE) for name, words in OTHERS_WORDS.items()}
_CONFIRMS = "|".join(re.escape(each["confirm"]) for each in table.GAPS.values())
_OPENED = re.compile(rf"\W{{0,3}}\[(?:{_CONFIRMS}): ", re.IGNORECASE)
_WRAPPED = re.compile(rf"\[(?:{_CONFIRMS}): (?:[^\[\]]|\[[^\[\]]{{0,80}}\]){{0,2000}}\]")
_CITED = re.compile(r"[“„«»][^“”„«»\n]{1,400}[”“»«]")
_GAP_WORDS = "|".join(
    sorted({re.escape(word) for each in table.GAPS.values() for name, word in each.items() if name != "confirm"})
)
_GAP = re.compile(rf"\[(?:{_GAP_WORDS}|[^\[\]\n]{{1,60}}\?)\]|\[(?:{_CONFIRMS}): ", re.IGNORECASE)

_FILLERS = frozenset(
    [
        "yes",
        "sure",
        "gladly",
        "gern",
        "gerne",
        "selbstverständlich",
        "natürlich",
        "oui",
        "bien",
        "volontiers",
        "avec",
        "plaisir",
        "claro",
        "certo",
        "volentieri",
        "perfect",
    ]
)


@dataclass(frozen=True, slots=True)
class Said:
    """One mail of a conversation, and when it was written. `retold`: what others say that it says, such as a quotation below a mail;
    it supports no price, percentage, length of time, link or address."""

    text: str
    at: Instant | None = None
    retold: bool = False


@dataclass(slots=True)
class _Support:
    """Where each meaning was said: the words, and whose. `own` has the owner's only; `sentences` are theirs, for promises."""

    every: dict[Key, tuple[str, str]] = field(default_factory=dict)
    own: set[Key] = field(default_factory=set)
    sentences: list[tuple[str, frozenset[str], bool, str]] = field(default_factory=list)
    others: str = ""  # their words on one line: what a draft cites of them binds nobody

    def find(self, each: Stated) -> tuple[str, str] | None:
        """What supports it, all of its values; the settings are named before the conversation."""
        found = []
        for need in each.needs:
            hits = sorted(hit for key in need if (hit := self.every.get(key)) is not None)
            if not hits:
                return None
            found.append(hits[0])
        return min(found) if found else ("", "")


def check(
    text: str,
    *,
    thread: Sequence[str | Said],
    facts: str,
    owner: Sequence[str | Said],
    language: str,
    at: Instant = 0,
    written_at: Instant | None = None,
    time_zone: str = "UTC",
) -> tuple[str, tuple[Claim, ...]]:
    """The text with gaps where nothing supports it, and every claim in its order.

    `thread` is what others wrote, `owner` what the owner wrote before, `facts` the owner's settings; `at` is the date of the newest mail,
    which is also taken for texts without one, `written_at` that of the draft.
    """
    moment = at if written_at is None else written_at
    support = _support(thread, facts, owner, at, time_zone)
    text = text[:MAX_TEXT]
    claims: list[Claim] = []
    for attempt in range(PASSES):
        text, found, changed = _pass(text, support, language, moment, time_zone)
        claims = (
            found if attempt == 0 else claims + [each for each in found if not each.support and each.kind != "promise"]
        )
        if not changed:
            break
    return text, tuple(claims[:MAX_CLAIMS])


def gaps(text: str) -> int:
    """How many gaps a text has, and how many sentences to be confirmed: those of the check and those a model left."""
    return sum(1 for _found in _GAP.finditer(text))


def gap(kind: str, language: str) -> str:
    """The gap of a kind in a language: `[price?]`."""
    return f"[{table.GAPS.get(language, table.GAPS['en'])[kind]}]"


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end; a list item is one, and the lines of a broken paragraph belong together."""
    out, start = [], 0
    for found in _SENTENCE_END.finditer(text):
        if "\n" in found[0]:
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            following = text[found.end() : found.end() + 8]
            ended = found[0].count("\n") > 1 or len(line) < SOFT_LINE or line.rstrip()[-1:] in ".!?…:"
            if not ended and not _ITEM.match(following):
                continue
        elif _ABBREVIATED.search(text, max(start, found.start() - 8), found.start()) or (
            _ORDINAL.search(text, max(start, found.start() - 2), found.start()) and _COUNTED.match(text, found.end())
        ):
            continue
        out.append((start, found.start()))
        start = found.end()
    out.append((start, len(text)))
    return [_trimmed(text, *span) for span in out if text[span[0] : span[1]].strip()]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    mark = _ITEM.match(text, start, end)
    start = mark.end() if mark else start
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _pass(
    text: str, support: _Support, language: str, moment: Instant, time_zone: str
) -> tuple[str, list[Claim], bool]:
    """One look over the whole text; whether anything was changed."""
    edits: list[tuple[int, int, str]] = []
    claims: list[tuple[int, Claim]] = []
    values = stated.find(text, at=moment, time_zone=time_zone, language=language)
    for each in values:
        if not each.needs:
            continue
        hit = support.find(each)
        source, by = ("", "") if hit is None else (hit[1], "owner" if hit[0] == _SETTINGS else "thread")
        claims.append((each.start, Claim(kind=each.kind, text=each.text, support=by, source=source)))
        if hit is None:
            edits.append((each.start, each.end, gap(each.kind, language)))
    wrapped = [found.span() for found in _WRAPPED.finditer(text)]
    wrapped += [found.span() for found in _CITED.finditer(text) if _spaced(found[0][1:-1]) in support.others]
    confirm = table.GAPS.get(language, table.GAPS["en"])["confirm"]
    for start, end in sentences(text):
        sentence = text[start:end]
        if (
            _OPENED.match(sentence)
            or not promises(sentence, language)
            or any(start < to and end > begin for begin, to in wrapped)
        ):
            continue
        inside = [each for each in values if start <= each.start < end]
        by, source = _promised(text, (start, end), inside, support)
        claims.append((start, Claim(kind="promise", text=sentence[:MAX_SOURCE], support=by, source=source)))
        if not by:
            edits += [(start, start, f"[{confirm}: "), (end, end, "]")]
    claims.sort(key=lambda pair: pair[0])
    return _edited(text, edits), [claim for _start, claim in claims], bool(edits)


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    out, done = [], 0
    # What closes at a place comes before what opens there; a wrapper opens before the value at its beginning is replaced.
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[2] != "]", edit[1])):
        out += [text[done:start], new]
        done = max(end, done)
    return "".join([*out, text[done:]])


def promises(sentence: str, language: str = "") -> bool:
    """Whether a sentence binds its writer, or agrees; a question does not."""
    if sentence.rstrip("\"'”’)]* ").endswith("?"):
        return False
    said = HARMLESS.sub(" ", sentence)
    otherwise = [_OTHERWISE[language]] if language in _OTHERWISE else []
    return any(pattern.search(said) for pattern in (_PROMISE, *otherwise))


def _promised(text: str, span: tuple[int, int], values: Sequence[Stated], support: _Support) -> tuple[str, str]:
    """Who said the same before: a sentence of the owner's with the same telling words, the same values, and no other "not"."""
    words, negated = _stems(text, span, values), _negated(text[slice(*span)])
    if not words or any(not (need & support.own) for each in values for need in each.needs):
        return "", ""
    best = max(
        ((len(words & other) / len(words), by, source) for by, other, no, source in support.sentences if no is negated),
        default=(0.0, "", ""),
    )
    return (best[1], best[2]) if best[0] >= SAME_ENOUGH else ("", "")


_SETTINGS, _OWN, _OTHERS = "1", "2", "3"  # in the order in which they are named


def _support(
    thread: Sequence[str | Said], facts: str, owner: Sequence[str | Said], at: Instant, time_zone: str
) -> _Support:
    out = _Support()
    for said in _bounded([facts], MAX_OWN, at):
        _read(out, said, _SETTINGS, time_zone)
    for said in _bounded(owner, MAX_OWN, at):
        _read(out, said, _OWN, time_zone)
    for said in _bounded(thread, MAX_THREAD, at):
        _read(out, said, _OTHERS, time_zone)
        out.others += f" {_spaced(said.text)}"
    return out


def _spaced(text: str) -> str:
    return " ".join(text.split()).removesuffix(" …")


def _read(out: _Support, said: Said, whose: str, time_zone: str) -> None:
    at = said.at or 0
    places = sentences(said.text)
    values = stated.find(said.text, at=at, time_zone=time_zone)
    if whose != _OTHERS:
        for start, end in places:
            sentence, by = said.text[start:end], "owner" if whose == _SETTINGS else "thread"
            stems = _stems(said.text, (start, end), values)
            out.sentences.append((by, stems, _negated(sentence), sentence[:MAX_SOURCE]))
    if whose != _SETTINGS and at:
        for key in stated.on_day(at, time_zone):
            out.every.setdefault(key, (whose, "(the date of the mail)"))
            if whose == _OWN:
                out.own.add(key)
    spans = iter(places)
    span = next(spans, (0, 0))
    about_owner = money_of_owner = False
    fresh = True
    for each in values:
        while each.start >= span[1] and (following := next(spans, None)) is not None:
            span, fresh = following, True
        sentence = said.text[span[0] : span[1]]
        if whose == _OTHERS and fresh:
            about_owner = table.SAID_BY_OWNER.search(sentence[:2000]) is not None
            money_of_owner = table.OFFER_OF_OWNER.search(sentence[:2000]) is not None
            fresh = False
        if said.retold and each.kind not in ("date", "time", "number"):
            continue
        if about_owner or (money_of_owner and each.kind in ("price", "percentage")):
            continue
        source = _around(said.text, each, span)
        for key in {*each.also, *(key for need in each.needs for key in need)}:
            out.every.setdefault(key, (whose, source))
            if whose != _OTHERS:
                out.own.add(key)


def _around(text: str, each: Stated, span: tuple[int, int]) -> str:
    """The sentence, or of a long one what stands around the value."""
    start, end = max(span[0], each.start - MAX_SOURCE // 2), min(span[1], each.end + MAX_SOURCE // 2)
    return " ".join(text[start:end].split())[:MAX_SOURCE]


def _bounded(texts: Iterable[str | Said], most: int, at: Instant) -> list[Said]:
    """The newest texts (the last ones), as far as there is room."""
    out = []
    for each in reversed(list(texts)):
        said = each if isinstance(each, Said) else Said(each)
        if most <= 0:
            break
        out.append(Said(said.text[:most], at if said.at is None else said.at, said.retold))
        most -= len(said.text)
    return out


def _stems(text: str, span: tuple[int, int], values: Sequence[Stated]) -> frozenset[str]:
    """The telling words of a sentence by their beginnings, so that "delivers" is "delivery"; the values are compared by themselves."""
    start, end = span[0], min(span[1], span[0] + 2000)
    first = bisect_left(values, start, key=lambda each: each.start)
    rest, done = [], start
    for each in itertools.takewhile(lambda each: each.start < end, values[first:]):
        rest.append(text[done : each.start])
        done = each.end
    words = (word.casefold() for word in _WORD.findall(" ".join([*rest, text[done:end]])))
    return frozenset(word[:5] for word in words if word not in STOP_WORDS and word not in _FILLERS)


def _negated(sentence: str) -> bool:
    return sum(1 for _found in table.NEGATED.finditer(sentence[:2000])) % 2 == 1
