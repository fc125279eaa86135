"""The measures are right: known verdicts, known figures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from evals import calibration
from evals.calibration import Verdict

THRESHOLD = 0.6
FOUR = [
    Verdict("a", "task", "task", 0.9),  # worked on, rightly
    Verdict("b", "neither", "task", 0.8),  # worked on, wrongly
    Verdict("c", "task", "task", 0.5),  # below the threshold
    Verdict("d", "neither", "neither", 0.7),  # left alone, rightly
]


def test_the_probability_of_neither_is_turned_around() -> None:
    assert [each.probability for each in FOUR] == pytest.approx([0.9, 0.8, 0.5, 0.3])
    assert Verdict("e", "task", "", 0.5).probability == 0.5


def test_accuracy_precision_and_recall_count_what_the_employee_would_do() -> None:
    assert calibration.accuracy(FOUR, THRESHOLD) == 0.5
    assert calibration.precision(FOUR, THRESHOLD) == 0.5
    assert calibration.recall(FOUR, THRESHOLD) == 0.5
    assert calibration.accuracy(FOUR, 0.4) == 0.75


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    assert calibration.brier(FOUR) == pytest.approx((0.01 + 0.64 + 0.25 + 0.09) / 4)
    assert calibration.brier([Verdict("a", "task", "task", 1.0), Verdict("b", "neither", "neither", 1.0)]) == 0
    assert calibration.brier([Verdict("a", "neither", "task", 0.5)]) == 0.25


def test_one_who_is_right_as_often_as_he_says_has_no_calibration_error() -> None:
    said = [Verdict(str(n), "task" if n < 8 else "neither", "task", 0.8) for n in range(10)]
    assert calibration.calibration_error(said) == pytest.approx(0)
    surer = [Verdict(str(n), "task" if n < 8 else "neither", "task", 0.95) for n in range(10)]
    assert calibration.calibration_error(surer) == pytest.approx(0.15)


def test_the_bins_hold_every_mail_once_and_tell_what_was_said_and_what_was_so() -> None:
    found = calibration.bins(FOUR)
    assert [(each.low, each.count, each.was) for each in found] == [(0.3, 1, 0), (0.5, 1, 1), (0.8, 1, 0), (0.9, 1, 1)]
    assert sum(each.count for each in calibration.bins([Verdict("a", "task", "task", 1.0)])) == 1


def test_the_confusion_tells_what_mails_were_treated_as() -> None:
    found = calibration.confusion(FOUR, THRESHOLD)
    assert found["task"] == {"task": 1, "answer": 0, "neither": 1}
    assert found["neither"] == {"task": 1, "answer": 0, "neither": 1}
    assert calibration.confusion([Verdict("e", "task", "", 0.5)], THRESHOLD)["task"]["none"] == 1


def test_the_diagram_has_a_line_for_each_bin_and_a_picture(tmp_path: Path) -> None:
    assert calibration.diagram(FOUR).count("\n") == 4
    calibration.draw(tmp_path / "diagram.png", {"rules": FOUR})
    assert (tmp_path / "diagram.png").read_bytes().startswith(b"\x89PNG")


def test_a_curve_is_found_again_from_what_it_made() -> None:
    scores, was = [], []
    for score in range(-6, 7):
        often = round(200 / (1 + math.exp(-(-1 + 0.5 * score))))
        scores += [float(score)] * 200
        was += [True] * often + [False] * (200 - often)
    a, b = calibration.fit(scores, was)
    assert (a, b) == pytest.approx((-1, 0.5), abs=0.05)


def test_a_curve_stays_finite_where_the_scores_part_everything() -> None:
    a, b = calibration.fit([-5.0, -4.0, 4.0, 5.0], [False, False, True, True])
    assert math.isfinite(a)
    assert 0 < b < 5
