"""How commands speak: answers on standard output, everything else on standard error, and a bad input as one clear line.

Used by every command. Programs read standard output, so nothing but the answer goes there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from mailwright.domain.refusals import BadInput, Refusal

MAX_INPUT = 100 * 1024 * 1024  # bytes of a file or of standard input: a message of 50 MB in base64 and JSON
BAD_INPUT, BAD_USE = 1, 2
"""Exit statuses: what was given is wrong or cannot be done; the command was not understood."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TURNS = re.compile(r"[\u2028-\u202e\u2066-\u2069]")  # what shows a line in another order than it is written


class PoliteGroup(TyperGroup):
    """A group of commands whose refusals are one line on standard error and an exit status, never a traceback."""

    def invoke(self, ctx: Any) -> Any:  # typer's own Context, whose module is private
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except typer.TyperException as problem:
            if type(problem).__name__ == "NoArgsIsHelpError":
                raise
            context = getattr(problem, "ctx", None)
            where = context.command_path if context is not None else "mailwright"
            note(f"{where}: {_one_line(problem.format_message())} (see {where} --help)")
            raise typer.Exit(BAD_USE) from None
        except Exception as problem:
            lines = _told(problem)
            if lines is None:
                raise
            for told in lines:
                note(f"mailwright: {told}")
            raise typer.Exit(BAD_INPUT) from None


def group(name: str, text: str) -> typer.Typer:
    """A group of commands, e.g. `mailwright user …`."""
    return typer.Typer(
        name=name,
        help=text,
        cls=PoliteGroup,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def answer(value: Any) -> None:
    """The answer of a command, as JSON on standard output."""
    _write(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def line(value: Any) -> None:
    """One of many answers: JSON on a line of its own."""
    _write(json.dumps(value, ensure_ascii=False, default=str))


def show(columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    """Rows for people: a table, on a terminal with rules and colours."""
    if not rows:
        note(empty)
        return
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        widths = [max(len(column), *(len(row[i]) for row in texts)) for i, column in enumerate(columns)]
        for row in ([*columns], *texts):
            say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in texts:
        table.add_row(*(Text(_harmless(cell)) for cell in row))
    Console().print(table)


def say(text: str) -> None:
    """A sentence for people on standard output."""
    _write(_TURNS.sub("\N{REPLACEMENT CHARACTER}", text))


def note(text: str) -> None:
    """Progress, warnings and errors: a line on standard error."""
    typer.echo(_harmless(text), err=True)


def fail(text: str, status: int = BAD_INPUT) -> NoReturn:
    """End the command with one line."""
    note(f"mailwright: {text}")
    raise typer.Exit(status)


def read_input(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises BadInput."""
    if name == "-":
        data = sys.stdin.buffer.read(MAX_INPUT + 1)
    else:
        try:
            with Path(name).open("rb") as file:
                data = file.read(MAX_INPUT + 1)
        except OSError as error:
            raise BadInput(f"{name}: {error.strerror}") from None
    if len(data) > MAX_INPUT:
        raise BadInput(f"{name}: larger than {MAX_INPUT} bytes")
    return data


def read_json(name: str) -> Any:
    """The JSON in a file or standard input. Raises BadInput, saying where it stops being JSON."""
    try:
        return json.loads(read_input(name))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{_called(name)}: not JSON: {error}") from None


def read_object(name: str) -> dict[str, Any]:
    """`read_json` for an object."""
    value = read_json(name)
    if not isinstance(value, dict):
        raise BadInput(f"{_called(name)}: should be a JSON object")
    return value


def text_of(value: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A text in a JSON object, "" when it is not there. Raises BadInput naming it."""
    found = value.get(name)
    if found is None and not required:
        return ""
    if not isinstance(found, str) or (required and not found.strip()):
        raise BadInput(f"{name} {'is missing' if found is None or found == '' else 'should be text'}")
    return found


def _called(name: str) -> str:
    return "standard input" if name == "-" else name


def _told(problem: Exception) -> list[str] | None:
    """The lines that tell of a problem of the asker's; None for a bug of ours."""
    if isinstance(problem, Refusal):
        return [_one_line(str(problem))]
    from mailwright.settings import BadSettings

    if isinstance(problem, BadSettings):
        return [_one_line(each) for each in problem.lines]
    if isinstance(problem, OSError) and problem.errno is not None:  # a port that is taken, a disk that is full
        return [_one_line(str(problem))]
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _harmless(text: str) -> str:
    """What came in by mail may hold lone surrogates and control characters (ESC!); a terminal must get neither."""
    text = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.encode("utf-8", "replace").decode())
    return _TURNS.sub("\N{REPLACEMENT CHARACTER}", text)


def _write(text: str) -> None:
    typer.echo(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.encode("utf-8", "replace").decode()))
