"""`mailwright doctor`: is everything as it should be, from the settings to a mail that is answered?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption
from mailwright.cli.terminal import answer, note, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailwright.core.checkup import Check
    from mailwright.settings import Settings

DNS_SECONDS = 5.0  # for one answer: somebody waits

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}
_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask the configured models and services one question, too.")
    ] = False,
    round_trip: Annotated[
        bool, typer.Option("--round-trip/--no-round-trip", help="Send a task and wait for its answer.")
    ] = True,
    dns: Annotated[bool, typer.Option("--dns", help="Ask DNS what it says of our domains, too.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Look at settings, ports, disk, database and models, and send a mail through it all."""
    from mailwright import telemetry
    from mailwright.settings import BadSettings, load, unknown_variables

    telemetry.configure("error", "auto")
    from mailwright.cli.checkup import checks
    from mailwright.core.checkup import Check

    found: list[Check] = [Check("settings", "warn", line) for line in unknown_variables()]
    try:
        settings = load(data=data)
    except BadSettings as problem:
        found += [Check("settings", "fail", line) for line in problem.lines]
    else:
        found.append(Check("settings", "ok", "every setting is well"))
        for check in checks(settings):
            _tell(check, json=json)
            found.append(check)
        for check in _said_of_us(settings) if dns else ():
            _tell(check, json=json)
            found.append(check)
        for check in _sent(settings, online=online, round_trip=round_trip):
            _tell(check, json=json)
            found.append(check)
    failed = [check for check in found if check.status == "fail"]
    if json:
        answer({"ok": not failed, "checks": [asdict(check) for check in found]})
    elif failed:
        note(f"{len(failed)} of {len(found)} checks failed.")
    if failed:
        raise typer.Exit(1)


def _said_of_us(settings: Settings) -> Iterator[Check]:
    """What DNS says of our domains."""
    import asyncio

    from mailwright.cli.dnscheck import checked
    from mailwright.connectors.dns import DnsResolver
    from mailwright.installation import build_core

    note("asking DNS …")
    core = build_core(settings)
    try:
        yield from asyncio.run(checked(core, settings, DnsResolver(seconds=DNS_SECONDS).look_up))
    finally:
        core.database.close()


def _sent(settings: Settings, *, online: bool, round_trip: bool) -> Iterator[Check]:
    """The checks that send something."""
    import asyncio

    from mailwright.cli.probe import ask_issuer, ask_models, ask_web, send_around

    if online:
        note("asking the models …")
        yield from asyncio.run(ask_models(settings))
        yield from asyncio.run(ask_web(settings))
        yield from asyncio.run(ask_issuer(settings))
    if round_trip:
        note("sending a task around …")
        yield asyncio.run(send_around(settings))


def _tell(check: Check, *, json: bool) -> None:
    import sys

    if json:
        return
    if not sys.stdout.isatty():
        say(f"{_MARKS[check.status]}  {check.name:12} {check.because}")
        return
    from rich.console import Console
    from rich.text import Text

    line = Text.assemble((_MARKS[check.status], _STYLES[check.status]), f"  {check.name:12} {check.because}")
    Console(soft_wrap=True).print(line)
