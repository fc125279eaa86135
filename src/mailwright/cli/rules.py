"""`mailwright rules`: the Sieve scripts that sort people's mail, checked, put and chosen without a mail program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import BAD_INPUT, answer, group, note, read_input, say, show

if TYPE_CHECKING:
    from mailwright.codecs.sieve import Problem, Script

commands = group("rules", "Rules for incoming mail: Sieve scripts.")

_EMAIL = typer.Argument(help="Whose rules.")
_FILE = typer.Argument(metavar="FILE", help="The script; - reads standard input.")


@commands.command("check")
def check(file: Annotated[str, _FILE], json: JsonOption = False) -> None:
    """Say whether a script can run, and what is wrong with it, line by line. Needs no installation."""
    script = _compiled(read_input(file), file, json=json)
    if json:
        answer({"errors": [], "warnings": [_described(each) for each in script.warnings]})
        return
    say(f"{file} can run" + (", with warnings" if script.warnings else ""))


@commands.command("list")
def list_(email: Annotated[str, _EMAIL], data: DataOption = None, json: JsonOption = False) -> None:
    """Show somebody's scripts, and which of them is at work."""
    with opened(data) as core:
        from mailwright.core import accounts, rules

        found = core.database.read_now(lambda tx: rules.listing(tx, accounts.find(tx, email)))
    if json:
        answer([{"name": script.name, "active": script.active, "size": script.size} for script in found])
        return
    show(
        ["name", "at work", "bytes"],
        [(script.name, "yes" if script.active else "", script.size) for script in found],
        empty=f"{email} has no rules.",
    )


@commands.command("show")
def show_(email: Annotated[str, _EMAIL], name: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Print a script."""
    with opened(data) as core:
        from mailwright.core import accounts, rules

        content = core.database.read_now(lambda tx: rules.load(tx, accounts.find(tx, email), name))
    if json:
        answer({"name": name, "content": content})
    else:
        say(content.replace("\r\n", "\n").rstrip("\n"))


@commands.command("put")
def put(
    email: Annotated[str, _EMAIL],
    file: Annotated[str, _FILE],
    name: Annotated[str, typer.Option(help="The script's name; without it that of the file.")] = "",
    activate: Annotated[bool, typer.Option("--activate", help="Put it to work.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a script, over the one of that name; it must be able to run."""
    content = read_input(file)
    _compiled(content, file, json=json)
    called = name or ("rules" if file == "-" else Path(file).stem)
    with opened(data) as core:
        from mailwright.core import accounts, rules
        from mailwright.storage import Tx

        def write(tx: Tx) -> None:
            account = accounts.find(tx, email)
            rules.put(tx, account, called, content)
            if activate:
                rules.activate(tx, account, called)

        core.database.write_now(write)
    _tell({"name": called, "active": activate}, f"{called} is kept" + (" and at work" if activate else ""), json=json)


@commands.command("activate")
def activate(email: Annotated[str, _EMAIL], name: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Put a script to work instead of the one that is."""
    with opened(data) as core:
        from mailwright.core import accounts, rules

        core.database.write_now(lambda tx: rules.activate(tx, accounts.find(tx, email), name))
    _tell({"name": name, "active": True}, f"{name} is at work", json=json)


@commands.command("deactivate")
def deactivate(email: Annotated[str, _EMAIL], data: DataOption = None, json: JsonOption = False) -> None:
    """Put no script to work: all mail goes to INBOX."""
    with opened(data) as core:
        from mailwright.core import accounts, rules

        core.database.write_now(lambda tx: rules.activate(tx, accounts.find(tx, email), None))
    _tell({"active": None}, f"{email} has no rules at work", json=json)


@commands.command("remove")
def remove(email: Annotated[str, _EMAIL], name: str, data: DataOption = None, json: JsonOption = False) -> None:
    """Take a script away that is not at work."""
    with opened(data) as core:
        from mailwright.core import accounts, rules

        core.database.write_now(lambda tx: rules.remove(tx, accounts.find(tx, email), name))
    _tell({"removed": name}, f"{name} removed", json=json)


def _compiled(content: bytes, file: str, *, json: bool) -> Script:
    """The script; its mistakes are told a line each, and end the command."""
    from mailwright.core import rules

    try:
        script = rules.check(content)
    except rules.BadScript as refusal:
        if json:
            answer({"errors": [_described(problem) for problem in refusal.problems], "warnings": []})
        for problem in refusal.problems:
            note(f"{file}: {problem}")
        raise typer.Exit(BAD_INPUT) from None
    for problem in script.warnings:
        note(f"{file}: {problem} (warning)")
    return script


def _described(problem: Problem) -> dict[str, object]:
    return {"line": problem.line, "text": problem.text}


def _tell(value: dict[str, object], text: str, *, json: bool) -> None:
    if json:
        answer(value)
    else:
        say(text)
