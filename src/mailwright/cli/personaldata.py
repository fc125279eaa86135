"""`mailwright user data` and `mailwright user erase`: everything that is kept of one person, handed over or taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import person_named
from mailwright.cli.terminal import answer, say
from mailwright.domain.refusals import AlreadyExists, BadInput

PersonArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose data.")]


def export_data(
    email: PersonArgument,
    target: Annotated[Path, typer.Argument(help="The ZIP file to write; there must be none of that name.")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write everything that is kept of a person into a ZIP file: mail, files, follow-ups, preferences, history."""
    with opened(data) as core:
        from mailwright.core import personaldata
        from mailwright.storage.audit import SYSTEM

        person = core.database.read_now(lambda tx: person_named(tx, email))
        try:
            with target.open("xb") as file:
                done = personaldata.export(core, person, file, by=SYSTEM)
        except FileExistsError:
            raise AlreadyExists(f"{target} is there already") from None
        except OSError as error:
            target.unlink(missing_ok=True)
            raise BadInput(f"{target} cannot be written: {error.strerror}") from None
    rows = sum(done.rows.values())
    if json:
        answer({"email": email, "file": str(target), "messages": done.messages, "rows": rows})
    else:
        say(f"{target} holds {done.messages} messages and {rows} other things of {email}")


def erase(
    email: PersonArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Take a person away, with their mail and what they and agents wrote to each other. It cannot be undone."""
    if not yes:
        typer.confirm(f"Erase {email} and everything that is kept of them?", abort=True)
    with opened(data) as core:
        import asyncio

        from mailwright.core import personaldata
        from mailwright.storage.audit import SYSTEM

        person = core.database.read_now(lambda tx: person_named(tx, email))
        removed = asyncio.run(personaldata.erase(core, person, by=SYSTEM))
    if json:
        answer({"email": email, "messages_with_agents": removed})
    else:
        say(f"{email} is erased; {removed} messages from and to agents went with them")
