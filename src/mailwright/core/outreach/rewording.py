"""Rewording: which sentences of an edited mail are still those that evidence stands behind. Pure.

Called by `editing`. A sentence keeps its evidence when it stands in the new text as it was, spaces apart, from the end of the sentence
before to a place where a sentence can end; whatever is between such sentences is its owner's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

EDITED = "edited"

_Left = dict[str, dict[str, tuple[re.Pattern[str], list[dict[str, Any]]]]]

_WORD = re.compile(r"\S+")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
# A sentence ends at a full stop and the like, with what closes behind it, before a space; in a letter also with its line.
_SHORT = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|Dr|Prof|Mr|Mrs|Ms|St|Sr|Jr|No|Nr|vs|al|e\.g|i\.e|z\.B)\.$"
)  # no end of a sentence
_SHORTEST_LOOK = 8  # characters: more than any of those has, with what stands before it
_CLOSED = re.compile(r"[.!?\u2026][\"'\u201d\u2019\u00bb)\]]*$")
_END = re.compile(r"(?<![.!?\u2026])[.!?\u2026]++[\"'\u201d\u2019\u00bb)\]]*+(?=\s)|\n")


def sentences_of(body: str, known: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The sentences of a text: those of `known` that are in it, as they are, and what is new, without evidence."""
    left = _by_first_word(known)
    found: list[dict[str, Any]] = []
    for number, paragraph in enumerate(part for part in _PARAGRAPHS.split(body.strip()) if part.strip()):
        rest = paragraph.strip()
        while rest:
            length, same = _first_of(rest, left)
            if same is not None:
                found.append(dict(same, paragraph=number))
            else:
                length = _end_of(rest)
                text = " ".join(rest[:length].split())
                if text:
                    found.append({"text": text, "paragraph": number, "state": EDITED, "sources": []})
            rest = rest[length:].lstrip()
    return tuple(found)


def _by_first_word(known: Sequence[dict[str, Any]]) -> _Left:
    """Those that begin alike together, and of each text all that say it: a long text is compared with few of them."""
    found: _Left = {}
    for sentence in known:
        words = str(sentence.get("text", "")).split()
        if words:
            text = " ".join(words)
            alike = found.setdefault(words[0], {})
            alike.setdefault(text, (_pattern_of(text), []))[1].append(sentence)
    return found


def _first_of(rest: str, left: _Left) -> tuple[int, dict[str, Any] | None]:
    """How much of the beginning of `rest` is one of these sentences, and which; it is taken out of them."""
    word = _WORD.match(rest)
    alike = left.get(word[0], {}) if word is not None else {}
    for text, (pattern, sentences) in alike.items():
        begins = pattern.match(rest)
        if begins is not None:
            sentence = sentences.pop(0)
            if not sentences:
                del alike[text]
            return begins.end(), sentence
    return 0, None


def _end_of(rest: str) -> int:
    """How far the first sentence reaches."""
    for end in _END.finditer(rest):
        if end[0] == "\n" or not _SHORT.search(rest[max(end.end() - _SHORTEST_LOOK, 0) : end.end()]):
            return end.end()
    return len(rest)


def _pattern_of(text: str) -> re.Pattern[str]:
    """A sentence, however it is spaced, at the beginning of a text."""
    # What does not close itself could go on: it is the same only when its line ends there.
    behind = r"(?=\s|$)" if _CLOSED.search(text) else r"(?=[ \t]*(?:\n|$))"
    return re.compile(r"\s+".join(map(re.escape, text.split())) + behind)
