"""What a confidence is worth: accuracy, Brier score, expected calibration error, and the reliability diagram.

Called by judging. Plain functions over numbers; nothing is asked here.

The probability measured is that of "something is wanted from the employee": the confidence of a verdict `task` or `answer`, and
one minus the confidence of a verdict `neither`. It is what the threshold is held against.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KINDS = ("task", "answer", "neither")
BINS = 10
FIT_STEPS = 50  # many times what it takes
BAR = 40  # characters of the diagram's width


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict beside the truth. `kind` is empty where the model gave none: that is a mistake of its own."""

    id: str
    expected: str
    kind: str
    confidence: float

    @property
    def wanted(self) -> bool:
        return self.expected != "neither"

    @property
    def probability(self) -> float:
        """That something is wanted."""
        if not self.kind:
            return 0.5
        return 1 - self.confidence if self.kind == "neither" else self.confidence

    def acted(self, threshold: float) -> bool:
        """Whether the employee would begin to work."""
        return self.kind in ("task", "answer") and self.confidence >= threshold

    def decided(self, threshold: float) -> str:
        """The kind the employee acts by."""
        return self.kind if not self.kind or self.acted(threshold) else "neither"


@dataclass(frozen=True, slots=True)
class Bin:
    """Mails whose probability lay between `low` and `high`: how many, what was said on average, and what was so."""

    low: float
    high: float
    count: int
    said: float
    was: float


def accuracy(verdicts: Sequence[Verdict], threshold: float) -> float:
    """The share of mails that are treated as what they are."""
    return _mean([each.decided(threshold) == each.expected for each in verdicts])


def precision(verdicts: Sequence[Verdict], threshold: float) -> float:
    """Of the mails that are worked on, the share in which something was wanted; 1 when none is."""
    acted = [each.wanted for each in verdicts if each.acted(threshold)]
    return _mean(acted) if acted else 1.0


def recall(verdicts: Sequence[Verdict], threshold: float) -> float:
    """Of the mails in which something was wanted, the share that is worked on; 1 when there are none."""
    wanted = [each.acted(threshold) for each in verdicts if each.wanted]
    return _mean(wanted) if wanted else 1.0


def brier(verdicts: Sequence[Verdict]) -> float:
    """The mean squared distance of the probability from what was so: 0 is perfect, 0.25 is a coin."""
    return _mean([(each.probability - each.wanted) ** 2 for each in verdicts])


def bins(verdicts: Sequence[Verdict], count: int = BINS) -> list[Bin]:
    """The reliability diagram: the mails by probability, in bins of equal width; empty ones are left out."""
    filled: dict[int, list[Verdict]] = {}
    for each in verdicts:
        filled.setdefault(min(int(each.probability * count), count - 1), []).append(each)
    return [
        Bin(
            index / count,
            (index + 1) / count,
            len(inside),
            _mean([each.probability for each in inside]),
            _mean([each.wanted for each in inside]),
        )
        for index, inside in sorted(filled.items())
    ]


def calibration_error(verdicts: Sequence[Verdict], count: int = BINS) -> float:
    """The expected calibration error: how far what is said lies from what is so, on average over the mails."""
    return sum(each.count * abs(each.said - each.was) for each in bins(verdicts, count)) / max(len(verdicts), 1)


def confusion(verdicts: Sequence[Verdict], threshold: float) -> dict[str, dict[str, int]]:
    """What mails are, and what they were treated as."""
    counted = Counter((each.expected, each.decided(threshold) or "none") for each in verdicts)
    names = (*KINDS, "none") if any(decided == "none" for _, decided in counted) else KINDS
    return {expected: {decided: counted[expected, decided] for decided in names} for expected in KINDS}


def diagram(verdicts: Sequence[Verdict]) -> str:
    """The reliability diagram as text: `#` is what was so, `|` what was said."""
    lines = ["  said        mails  mean   true"]
    for each in bins(verdicts):
        bar = list("#" * round(each.was * BAR) + " " * (BAR - round(each.was * BAR)))
        bar[min(round(each.said * BAR), BAR - 1)] = "|"
        lines.append(
            f"  {each.low:.1f} to {each.high:.1f}  {each.count:5d}  {each.said:.2f}   {each.was:.2f}  {''.join(bar).rstrip()}"
        )
    return "\n".join(lines)


def fit(scores: Sequence[float], was: Sequence[bool]) -> tuple[float, float]:
    """(a, b) of the logistic curve 1 / (1 + exp(-(a + b · score))) that fits best, by Newton's method.

    As Platt has it, what was so counts a little less than 1, and what was not a little more than 0, so that scores which part the
    two without a mistake do not make anybody infinitely sure.
    """
    positive = sum(was)
    high, low = (positive + 1) / (positive + 2), 1 / (len(was) - positive + 2)
    a, b = 0.0, 0.1
    for _ in range(FIT_STEPS):
        g0 = g1 = h00 = h01 = h11 = 0.0
        for score, so in zip(scores, was, strict=True):
            said = 1 / (1 + math.exp(-(a + b * score)))
            error, weight = said - (high if so else low), said * (1 - said)
            g0, g1 = g0 + error, g1 + error * score
            h00, h01, h11 = h00 + weight, h01 + weight * score, h11 + weight * score * score
        determinant = h00 * h11 - h01 * h01
        if determinant < 1e-12:
            break
        a -= (h11 * g0 - h01 * g1) / determinant
        b -= (h00 * g1 - h01 * g0) / determinant
    return a, b


def draw(path: Path, series: Mapping[str, Sequence[Verdict]]) -> None:
    """The reliability diagram as a picture (PNG), a line for each series."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="perfectly calibrated")
    for name, verdicts in series.items():
        found = bins(verdicts)
        axes.plot([each.said for each in found], [each.was for each in found], marker="o", label=name)
    axes.set(xlabel="probability said", ylabel="share in which it was so", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    FigureCanvasAgg(figure)
    figure.savefig(path, format="png")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
