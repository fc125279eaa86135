"""Placeholders: personal data and secrets leave a text before a model sees it, and come back into what it writes.

Made once for a run of an agent. `hide` everything on its way to a model (the prompt, what tools say); `show` what comes back
(the final text, the arguments of tools). A placeholder reads `CARD-1-x7k2m9q4`: its kind, a number that is the value's in this
run, and the run's mark, which nobody outside knows. A value written in a second way keeps its number and gets a letter
(`CARD-1b-…`), so that a model sees that it is the same one and each comes back as it was written.
Promises: `show(hide(text)) == text` for every text; only what this object hid is ever shown, once, and what is shown is not read
again; a text that holds the mark already has it hidden, so nothing written by a stranger can become a value; time is linear.
What was found with the help of a word beside it ("password: …") is then also hidden where it stands alone.
Does not: keep anything after the run, or print what it hid.
"""

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mailwright.codecs.redaction.finding import Found, Recogniser, all_found, merged
from mailwright.codecs.redaction.recognisers import BUILT_IN

NOTE = (
    "Words like CARD-1-x7k2m9q4 or PASSWORD-2-x7k2m9q4 stand for values that are kept from you. Use them like the values and write "
    "them exactly as they are: they are replaced afterwards. The same number is the same value; never make one up."
)
"""For a model's instructions; always the same, so that it can be cached."""

TEXT = "text"  # the kind of what only looks like a placeholder
# Both ends tell a mark from what may stand beside it: a kind begins with a letter, a mark never ends with one.
_LETTERS = "bcdfghjmnpqrtvwxz"  # none that forms words, or is taken for another
_DIGITS = "23456789"
_MARK_LENGTH = 8  # 26**6 * 136 marks: nobody guesses one
_BEFORE_MARK = 44  # characters of a kind, a number and what separates them, with room
# A model repeats what it was told in its own way: other dashes, escaped ones, spaces, another case, the kind translated.
_APART = r"[\s\\_\-\u00ad\u2010-\u2015\u2212]{1,3}"
_HEAD = re.compile(rf"([^\W\d_]{{2,24}}){_APART}([0-9]{{1,9}})([a-z]{{0,4}}){_APART}\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\s\"'`<>()\[\]{},;]{6,256}")
_AROUND = ".:!?*_="  # signs after (or around) a word that are seldom its own
_DEEPEST = 64  # levels of JSON: nobody's arguments are deeper


class Placeholders:
    """What one run hid. Not for two threads at once."""

    def __init__(self, extra: Sequence[Recogniser] = ()) -> None:
        self._recognisers = (*BUILT_IN, *extra)
        self._mark = _new_mark()
        self._marks = re.compile(self._mark, re.IGNORECASE | re.ASCII)
        self._numbers: dict[tuple[str, str], int] = {}
        self._forms: dict[tuple[str, str, str], str] = {}
        self._written: dict[tuple[int, str], tuple[str, str]] = {}
        self._form_counts: Counter[int] = Counter()
        self._counts: Counter[str] = Counter()
        self._alone: dict[str, tuple[str, str]] = {}

    def __repr__(self) -> str:
        return f"Placeholders({dict(self._counts)!r})"

    @property
    def hidden(self) -> Mapping[str, int]:
        """How many different values were hidden so far, by kind."""
        return MappingProxyType(dict(self._counts))

    def hide(self, text: str) -> str:
        """`text` with placeholders where values stood. Raises only what a recogniser of others raises."""
        if not text:
            return text
        found = all_found(text, self._recognisers)
        self._remember(text, found)
        found = merged([*found, *self._known(text), *self._forged(text)], text)
        return "".join(self._pieces(text, found))

    def show(self, text: str) -> str:
        """`text` with the values where their placeholders stand; other texts, also those that look like one, stay."""
        pieces: list[str] = []
        after = 0
        for mark in self._marks.finditer(text):
            before = max(after, mark.start() - _BEFORE_MARK)
            head = _HEAD.search(text[before : mark.start()])
            if head is None:
                continue
            known = self._written.get((int(head[2]), head[3].lower()))
            if known is None:
                continue
            kind, written = known
            start = before + head.start()
            if head[1].upper().endswith(kind.upper()):
                start += len(head[1]) - len(kind)  # a word that was written without a space before the value
            pieces += text[after:start], written
            after = mark.end()
        return "".join((*pieces, text[after:])) if pieces else text

    def show_in(self, value: Any, *, depth: int = 0) -> Any:
        """The same in every text of a JSON value, names of members included."""
        if isinstance(value, str):
            return self.show(value)
        if depth >= _DEEPEST:
            return value
        if isinstance(value, Mapping):
            return {
                self.show_in(key, depth=depth + 1): self.show_in(each, depth=depth + 1) for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            shown = [self.show_in(each, depth=depth + 1) for each in value]
            return tuple(shown) if isinstance(value, tuple) else shown
        return value

    def _pieces(self, text: str, found: Sequence[Found]) -> Iterator[str]:
        after = 0
        for one in found:
            yield text[after : one.start]
            yield self._placeholder(one.kind, one.value, text[one.start : one.end])
            after = one.end
        yield text[after:]

    def _placeholder(self, kind: str, value: str, written: str) -> str:
        known = self._forms.get((kind, value, written))
        if known is not None:
            return known
        number = self._numbers.get((kind, value))
        if number is None:
            number = self._numbers[kind, value] = len(self._numbers) + 1
            self._counts[kind] += 1
        form = _letters(self._form_counts[number])
        self._form_counts[number] += 1
        self._written[number, form] = (kind, written)
        placeholder = f"{kind.upper()}-{number}{form}-{self._mark}"
        self._forms[kind, value, written] = placeholder
        return placeholder

    def _remember(self, text: str, found: Sequence[Found]) -> None:
        """What a word gave away is known from now on; words of letters alone are not, they may mean something else elsewhere."""
        for one in found:
            written = text[one.start : one.end]
            if _WORD.fullmatch(written) and not written.isalpha():
                self._alone.setdefault(written, (one.kind, one.value))

    def _known(self, text: str) -> Iterator[Found]:
        if not self._alone:
            return
        for word in _WORD.finditer(text):
            written, start = word[0], word.start()
            known = self._alone.get(written)
            if known is None:
                bare = written.lstrip(_AROUND)
                start += len(written) - len(bare)
                written = bare.rstrip(_AROUND)
                known = self._alone.get(written)
            if known is not None:
                yield Found(start, start + len(written), *known)

    def _forged(self, text: str) -> Iterator[Found]:
        for mark in self._marks.finditer(text):
            before = max(0, mark.start() - _BEFORE_MARK)
            head = _HEAD.search(text[before : mark.start()])
            start = mark.start() if head is None else before + head.start()
            yield Found(start, mark.end(), TEXT, text[start : mark.end()])


def _new_mark() -> str:
    inside = "".join(secrets.choice(_LETTERS + _DIGITS) for _ in range(_MARK_LENGTH - 2))
    return secrets.choice(_LETTERS) + inside + secrets.choice(_DIGITS)


def _letters(count: int) -> str:
    """ "" for the first way a value is written, then b, c … z, ab …: never one that was given."""
    if count == 0:
        return ""
    letters = ""
    while count:
        count, rest = divmod(count, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
