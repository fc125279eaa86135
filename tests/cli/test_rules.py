"""Rules on the command line: checked, put, shown, chosen, removed."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, json_of, refusal_of

ADA = "ada@mailwright.test"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "lists.sieve"
    path.write_text('require "fileinto";\nif exists "List-Id" {\n  fileinto "Lists";\n}\n')
    return path


def test_a_script_is_checked_without_an_installation(run: Run, script: Path) -> None:
    result = run("rules", "check", str(script))
    assert (result.exit_code, result.stdout) == (0, f"{script} can run\n")


def test_every_mistake_is_told_with_its_line(run: Run) -> None:
    result = run("rules", "check", "-", stdin="keep;\nbogus;\nredirect 5;\n")
    assert result.exit_code == 1
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [" line 2", " line 3"]
    assert json_errors(run) == [1]


def json_errors(run: Run) -> list[int]:
    import json

    result = run("rules", "check", "-", "--json", stdin="bogus;")
    assert result.exit_code == 1
    return [each["line"] for each in json.loads(result.stdout)["errors"]]


def test_a_warning_is_told_and_harms_nothing(run: Run) -> None:
    result = run("rules", "check", "-", stdin="stop; keep;")
    assert result.exit_code == 0
    assert "warning" in result.stderr


def test_rules_are_put_shown_chosen_and_removed(run: Run, installed: Path, script: Path) -> None:
    assert json_of(run("rules", "list", ADA, "--json")) == []
    assert run("rules", "put", ADA, str(script), "--activate").stdout == "lists is kept and at work\n"
    assert run("rules", "put", ADA, "-", "--name", "other", stdin="keep;").exit_code == 0
    assert [(each["name"], each["active"]) for each in json_of(run("rules", "list", ADA, "--json"))] == [
        ("lists", True),
        ("other", False),
    ]
    assert 'fileinto "Lists";' in run("rules", "show", ADA, "lists").stdout
    assert "is the active script" in refusal_of(run("rules", "remove", ADA, "lists"))
    assert run("rules", "activate", ADA, "other").exit_code == 0
    assert run("rules", "remove", ADA, "lists").exit_code == 0
    assert run("rules", "deactivate", ADA).exit_code == 0
    assert [each["active"] for each in json_of(run("rules", "list", ADA, "--json"))] == [False]


def test_what_cannot_be_is_one_clear_line(run: Run, installed: Path, script: Path) -> None:
    assert "there is no user" in refusal_of(run("rules", "list", "nobody@mailwright.test"))
    assert "there is no script" in refusal_of(run("rules", "show", ADA, "x"))
    assert "there is no script" in refusal_of(run("rules", "activate", ADA, "x"))
    assert "has no rules" in refusal_of(run("rules", "put", "main@mailwright.test", str(script)))
    assert "No such file" in refusal_of(run("rules", "check", "nowhere.sieve"))
    assert "line 1" in refusal_of(run("rules", "put", ADA, "-", stdin="bogus;"))
