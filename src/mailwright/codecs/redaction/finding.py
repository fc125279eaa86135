"""What a recogniser says it found, and how several that overlap become one.

Called by every recogniser of this folder, by `placeholders`, and by recognisers of others (connectors/presidio.py).
Promises: of findings that overlap nothing stays in sight: they become one, of the kind that was most certain.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

LONGEST_KIND = 20  # letters: a kind is a word, not a sentence


@dataclass(frozen=True, slots=True)
class Found:
    """`kind` stands in a text from `start` to `end`; `value` is what is the same however it is written."""

    start: int
    end: int
    kind: str
    value: str
    certainty: int = 1  # 3: a checksum or a maker's prefix says so; 2: a word beside it does; 1: its looks

    def __post_init__(self) -> None:
        if not (self.kind.isascii() and self.kind.isalpha() and self.kind.islower() and len(self.kind) <= LONGEST_KIND):
            raise ValueError("a kind is a word of small letters")


Recogniser: TypeAlias = Callable[[str], Iterable[Found]]
"""Looks through a text. What it raises reaches whoever hides the text: nothing goes to a model half looked at."""


def merged(found: Iterable[Found], text: str) -> list[Found]:
    """In order, none overlapping; what overlapped is covered whole."""
    clean: list[Found] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if not 0 <= one.start < one.end <= len(text):
            continue
        if clean and one.start < clean[-1].end:
            clean[-1] = _together(clean[-1], one, text)
        else:
            clean.append(one)
    return clean


def _together(first: Found, second: Found, text: str) -> Found:
    best = max(first, second, key=lambda each: (each.certainty, each.end - each.start))
    end = max(first.end, second.end)
    if (best.start, best.end) == (first.start, end):
        return best
    return replace(best, start=first.start, end=end, value=text[first.start : end])


def all_found(text: str, recognisers: Sequence[Recogniser]) -> list[Found]:
    """What any of `recognisers` finds in `text`, merged."""
    return merged((one for recogniser in recognisers for one in recogniser(text)), text)
