"""What is shown to people: nothing that came by mail acts on their terminal."""

import io
import sys

import pytest

from mailwright.cli import terminal

HOSTILE = "\x1b]0;owned\x07\x9b2Jpay\u202eabc\u2069\ud800"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("out", [io.StringIO, _Terminal])
def test_a_table_keeps_a_terminal_safe(out: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", out())
    terminal.show(["from", "subject"], [("[bold]eve[/]", HOSTILE)], empty="")
    terminal.say(HOSTILE)
    shown = sys.stdout.getvalue()  # type: ignore[union-attr]  # ours, of above
    assert "pay" in shown
    assert "[bold]eve[/]" in shown
    assert not set(HOSTILE) & set(shown) - set("]0;owned2Jpayabc")


def test_an_error_keeps_a_terminal_safe(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.note(f"there is no {HOSTILE}")
    assert not set("\x1b\x07\x9b\u202e\u2069") & set(capsys.readouterr().err)


def test_json_keeps_every_character_that_does_not_act(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.answer({"subject": "\u202babc\u202c \x1b"})
    out = capsys.readouterr().out
    assert "\u202babc\u202c" in out
    assert "\x1b" not in out
