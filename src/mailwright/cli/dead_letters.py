"""`mailwright dlq`: what was tried often enough. Look at it, offer it again, or say that it needs nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, check_exists, opened, settings_of
from mailwright.cli.lookup import checked_id
from mailwright.cli.terminal import answer, group, note, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from mailwright.storage.dead_letters import DeadLetter

commands = group("dlq", "Dead letters: events, workflows and mail that were given up.")


@commands.command("list")
def list_(
    source: Annotated[str, typer.Option(help="Only those of event, workflow or outbox.")] = "",
    replayed: Annotated[
        bool, typer.Option("--replayed", help="Those that were offered again or resolved, too.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show the newest."""
    with opened(data) as core:
        from mailwright.storage import dead_letters as rows

        found = core.database.read_now(
            lambda tx: rows.newest(tx, source=source or None, replayed=replayed, limit=limit)
        )
    if json:
        answer([_described(letter) for letter in found])
        return
    show(
        ["id", "died", "source", "name", "attempts", "error"],
        [
            (
                x.id,
                to_iso(x.died_at)[:19],
                x.source,
                x.name,
                x.attempts,
                x.error.strip().splitlines()[-1][:80] if x.error.strip() else "",
            )
            for x in found
        ],
        empty="There is no dead letter.",
    )


@commands.command("show")
def show_(letter_id: str, data: DataOption = None) -> None:
    """Show one whole, as JSON."""
    with opened(data) as core:
        from mailwright.storage import dead_letters as rows

        answer(_described(core.database.read_now(lambda tx: rows.find(tx, checked_id(letter_id, "dead letter")))))


@commands.command("replay")
def replay(
    letter_ids: Annotated[list[str], typer.Argument(help="Which; several are possible.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Offer it again. What had been done already is recognised by its key and not done twice."""
    import asyncio

    letters = asyncio.run(_replay(data, letter_ids))
    if json:
        answer([_described(letter) for letter in letters])
        return
    for letter in letters:
        say(f"{letter.id} offered again ({letter.source} {letter.name})")
    note("A running server takes it up now; without one it waits for the next start.")


@commands.command("resolve")
def resolve(
    letter_ids: Annotated[list[str], typer.Argument(help="Which; several are possible.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Say that it needs nothing more: it was looked after in another way."""
    with opened(data) as core:
        from mailwright.storage import Tx, audit
        from mailwright.storage import dead_letters as rows

        def write(tx: Tx) -> list[DeadLetter]:
            found = []
            for each in letter_ids:
                letter = rows.find(tx, checked_id(each, "dead letter"))
                if not rows.mark_resolved(tx, letter.id, audit.SYSTEM.name):
                    raise BadInput(f"dead letter {letter.id} was replayed or resolved before")
                audit.note(tx, audit.SYSTEM, "dead-letter.resolved", resource=letter.id)
                found.append(rows.find(tx, letter.id))
            return found

        letters = core.database.write_now(write)
    if json:
        answer([_described(letter) for letter in letters])
        return
    for letter in letters:
        say(f"{letter.id} resolved ({letter.source} {letter.name})")


async def _replay(data: Path | None, letter_ids: list[str]) -> list[DeadLetter]:
    settings = settings_of(data)
    check_exists(settings)
    from mailwright.installation import build_core, flows_url
    from mailwright.pipeline import Flows
    from mailwright.staff import letters_of

    core = build_core(settings)
    flows = Flows(core.database, flows_url(settings), executor_id="command-line")
    letters = letters_of(core, flows)
    try:
        return [await letters.replay(checked_id(each, "dead letter")) for each in letter_ids]
    finally:
        await flows.stop()
        core.database.close()


def _described(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "source": letter.source,
        "name": letter.name,
        "group": letter.group,
        "reference": letter.reference,
        "attempts": letter.attempts,
        "error": letter.error,
        "payload": letter.payload,
        "correlation_id": letter.correlation_id,
        "died_at": to_iso(letter.died_at),
        "replayed_at": None if letter.replayed_at is None else to_iso(letter.replayed_at),
        "trace": letter.trace,
        "resolved_at": None if letter.resolved_at is None else to_iso(letter.resolved_at),
        "resolved_by": letter.resolved_by,
    }
