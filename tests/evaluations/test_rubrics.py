"""A reply is measured by what is in it: figures however they are written, names, language, and nothing made up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from evals import replying, rubrics
from evals.__main__ import main
from evals.rubrics import Rubric

from mailwright.agents.models import Material, Models

MATERIAL = Material(subject="Total", text="Please add 1,000 and 190 and write to bashir@example.com.", sent_at=0)


@pytest.mark.parametrize("written", ["1,190.50", "1.190,50", "1 190,50", "1190.50", "1'190.50", "1\u202f190,50"])
def test_a_figure_is_found_in_every_way_of_writing_it(written: str) -> None:
    assert Decimal("1190.5") in rubrics.figures(f"The total is {written}.")


def test_every_check_holds_for_a_good_reply() -> None:
    rubric = Rubric("en", figures=(Decimal(1190),), says=(("Bashir",),), lacks=("Eve",), closed=True)
    found = rubrics.checks(
        rubric, MATERIAL, "Hello, the sum of 1,000 and 190 is 1,190. This is for Bashir, and you have it here."
    )
    assert all(found.values()), found


def test_what_is_missing_or_made_up_is_seen() -> None:
    rubric = Rubric("en", figures=(Decimal(1190),), says=(("Bashir",),), lacks=("Eve",), closed=True)
    reply = "Hallo, das ist für Eve: 4711 Euro. Ich habe es gesendet, und es steht auf https://made.example.net nicht."
    found = rubrics.checks(rubric, MATERIAL, reply)
    assert [name for name, holds in found.items() if holds] == []


def test_the_order_of_a_list_is_looked_at() -> None:
    rubric = Rubric("en", order=("apples", "pears"))
    assert rubrics.checks(rubric, MATERIAL, "1. Apples and the\n2. Pears")["is in order"]
    assert not rubrics.checks(rubric, MATERIAL, "1. Pears and the\n2. Apples")["is in order"]


async def test_the_rules_model_keeps_its_level_on_the_tasks() -> None:
    """The floors are a little below what is measured: 0.87 of all checks, and never a claim or an address made up."""
    tasks = replying.load()
    assert len(tasks) >= 30
    replied = await replying.reply_all(Models.by_rules(), tasks)
    assert sum(each.score for each in replied) / len(replied) >= 0.82
    for each in replied:
        assert each.checks["claims nothing that cannot have been done"], each.task.id
        assert each.checks["has no address from nowhere"], each.task.id


def test_without_a_model_the_command_says_so_and_prints_one_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAILWRIGHT_MODEL", raising=False)
    assert main(["--only", "judge,replies"]) == 0
    said = capsys.readouterr()
    assert "built-in rules model" in said.err
    for part in ("judge, held out", "replies", "cost", "Brier score"):
        assert part in said.out


def test_the_same_is_to_be_had_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILWRIGHT_MODEL", raising=False)
    assert main(["--only", "judge", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == ["rules"]
    assert told["judge"]["rules"]["held_out"]["mails"] > 100
    assert {row["part"] for row in told["table"]} == {"judge, held out", "judge, to tune on", "cost"}
