"""How much of what should be hidden is hidden, and how much is hidden that should not be.

Called by the tests and by the command. A text of the corpus marks its values: `IBAN ⟦iban:DE89 …⟧`. Promises: a value is found when
all of it is covered; a finding is right when it covers (a part of) a value and at most SLACK characters besides, whatever kind it
was taken for: what counts is that no model sees the one, and does see the rest.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailwright.codecs.redaction import Found, Recogniser
from mailwright.codecs.redaction.finding import all_found
from mailwright.codecs.redaction.recognisers import BUILT_IN

SLACK = 3  # characters: a quotation mark, the dot after a password
CORPUS = Path(__file__).resolve().parents[1] / "tests" / "codecs" / "redaction" / "corpus"
PARTS = ("tuned", "held-out", "last")
"""Tuned on; written before and never tuned on; written after the last tuning and measured once."""
_MARKED = re.compile(r"⟦([a-z]+):(.*?)⟧", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the corpus, and where its values stand: (start, end, kind)."""

    text: str
    language: str
    values: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Counts of one kind, or of all."""

    values: int  # that should be hidden
    covered: int  # of them
    findings: int
    right: int  # of them

    @property
    def recall(self) -> float:
        """Of what should be hidden, the part that is."""
        return self.covered / self.values if self.values else 1.0

    @property
    def precision(self) -> float:
        """Of what is hidden, the part that should be."""
        return self.right / self.findings if self.findings else 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures, and the places they speak of: for whoever looks for the reason."""

    overall: Part
    by_kind: Mapping[str, Part]
    missed: tuple[tuple[Text, str], ...]
    wrong: tuple[tuple[Text, Found], ...]


def read(name: str) -> list[Text]:
    """One of PARTS."""
    with (CORPUS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [_text(json.loads(line)) for line in lines if line.strip()]


def measure(corpus: Iterable[Text], recognisers: Sequence[Recogniser] = BUILT_IN) -> Measured:
    """Recall and precision over `corpus`, in all and by kind."""
    values, covered, findings, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    missed: list[tuple[Text, str]] = []
    wrong: list[tuple[Text, Found]] = []
    for text in corpus:
        found = all_found(text.text, recognisers)
        for start, end, kind in text.values:
            values[kind] += 1
            if any(one.start <= start and end <= one.end for one in found):
                covered[kind] += 1
            else:
                missed.append((text, text.text[start:end]))
        for one in found:
            findings[one.kind] += 1
            if _is_right(one, text):
                right[one.kind] += 1
            else:
                wrong.append((text, one))
    kinds = sorted(values | findings)
    return Measured(
        Part(values.total(), covered.total(), findings.total(), right.total()),
        {kind: Part(values[kind], covered[kind], findings[kind], right[kind]) for kind in kinds},
        tuple(missed),
        tuple(wrong),
    )


def table(parts: Mapping[str, Measured]) -> str:
    """The figures as Markdown, a column for each part of the corpus."""
    names = list(parts)
    kinds = sorted({kind for measured in parts.values() for kind in measured.by_kind})
    lines = [
        "| | " + " | ".join(f"{name}: values | recall | precision" for name in names) + " |",
        "|---|" + "---|---|---|" * len(names),
    ]
    none = Part(0, 0, 0, 0)
    for kind in (*kinds, ""):
        row = [measured.by_kind.get(kind, none) if kind else measured.overall for measured in parts.values()]
        cells = " | ".join(f"{part.values} | {part.recall:.1%} | {part.precision:.1%}" for part in row)
        lines.append(f"| {kind or '**all**'} | {cells} |")
    return "\n".join(lines)


def _is_right(found: Found, text: Text) -> bool:
    inside = sum(max(0, min(found.end, end) - max(found.start, start)) for start, end, _ in text.values)
    return inside > 0 and found.end - found.start - inside <= SLACK


def _text(row: Mapping[str, str]) -> Text:
    pieces: list[str] = []
    values: list[tuple[int, int, str]] = []
    length = after = 0
    for match in _MARKED.finditer(row["text"]):
        pieces += row["text"][after : match.start()], match[2]
        start = length + match.start() - after
        length = start + len(match[2])
        values.append((start, length, match[1]))
        after = match.end()
    return Text("".join((*pieces, row["text"][after:])), row["language"], tuple(values))
