"""`mailwright user set-phone`: whose phone it is."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, json_of, refusal_of

PHONE = "+4915112345678"


def test_a_phone_is_set_moved_and_taken_away(run: Run, installed: Path) -> None:
    run("user", "add", "bashir@mailwright.test")
    assert PHONE in run("user", "set-phone", "ada@mailwright.test", "0049 151 12345678").stdout
    assert json_of(run("user", "set-phone", "bashir@mailwright.test", PHONE, "--json"))["phone"] == PHONE
    assert "no phone" in run("user", "set-phone", "bashir@mailwright.test", "none").stdout


def test_what_is_no_number_and_who_is_no_person_is_one_clear_line(run: Run, installed: Path) -> None:
    assert PHONE in refusal_of(run("user", "set-phone", "ada@mailwright.test", "0151 12345678"))
    assert "people" in refusal_of(run("user", "set-phone", "main@mailwright.test", PHONE))
