"""Models by command: which serve what, changed without a restart, and what they cost."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from mailwright.domain.clock import now
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import model_calls
from mailwright.storage.model_calls import ModelCall
from tests.cli.conftest import Run, json_of, refusal_of


def test_models_are_chosen_shown_and_reset(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-key")
    assert run("model", "set", "work", "openai:gpt-4o-mini,rules").stdout == (
        "work is served by openai:gpt-4o-mini, then rules\n"
    )
    judge, work, *_ = json_of(run("model", "list", "--json"))
    assert (judge["purpose"], judge["models"], judge["chosen_by"]) == ("judge", ["rules"], None)
    assert (work["models"], work["settings"], work["chosen_by"]) == (
        ["openai:gpt-4o-mini", "rules"],
        ["rules"],
        "system",
    )
    assert "openai:gpt-4o-mini, rules" in run("model", "list").stdout
    assert json_of(run("model", "reset", "work", "--json")) == {"purpose": "work", "models": ["rules"]}
    assert [one["chosen_by"] for one in json_of(run("model", "list", "--json"))] == [None] * 4
    assert "models.chosen" in run("audit", "list").stdout


def test_a_choice_that_cannot_work_is_refused_and_changes_nothing(run: Run, installed: Path) -> None:
    assert "set ANTHROPIC_API_KEY" in refusal_of(run("model", "set", "work", "anthropic:claude-haiku-4-5"))
    assert "no provider that is known" in refusal_of(run("model", "set", "work", "nobody:x"))
    assert "should be rules or provider:model" in refusal_of(run("model", "set", "work", "gpt"))
    assert "there are judge, work, triage, draft" in refusal_of(run("model", "set", "dream", "rules"))
    assert "there are judge, work, triage, draft" in refusal_of(run("model", "reset", "dream"))
    assert [one["models"] for one in json_of(run("model", "list", "--json"))] == [["rules"]] * 4


def test_a_model_whose_key_only_the_server_has_is_chosen_unchecked(run: Run, installed: Path) -> None:
    chosen = json_of(run("model", "set", "judge", "anthropic:claude-haiku-4-5", "rules", "--unchecked", "--json"))
    assert chosen == {"purpose": "judge", "models": ["anthropic:claude-haiku-4-5", "rules"]}


def test_what_models_cost_is_shown_by_day(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No model was asked yet." in run("model", "usage").stderr
    core = build_core(load())
    for outcome in ("ok", "timeout"):
        call = ModelCall("work", "openai:m", 100, 20, 1.5, 2_000_000, outcome, now(), cached_tokens=60)
        core.database.write_now(partial(model_calls.add, call=call, task_id=None))
    core.database.close()
    monkeypatch.setenv("MAILWRIGHT_MODEL_MONTHLY_USD", "2.5")
    found = json_of(run("model", "usage", "--json"))
    [day] = found["days"]
    assert (day["calls"], day["failed"], day["input_tokens"], day["cached_tokens"], day["output_tokens"]) == (
        2,
        1,
        200,
        120,
        40,
    )
    assert (day["cost_usd"], day["p50_seconds"], day["p95_seconds"]) == (3.0, 2.0, 2.0)
    assert (found["month"]["spent_usd"], found["month"]["limit_usd"], found["month"]["reached"]) == (3.0, 2.5, True)
    told = run("model", "usage").stdout
    assert "openai:m" in told
    assert "This month: 3.0000 US dollars, of 2.5." in told
