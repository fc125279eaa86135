"""`mailwright scribe`: outreach written for people, with a shell on the machine. Nothing here sends."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.lookup import checked_id, person_named
from mailwright.cli.terminal import answer, group, note, read_input, say, show
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailwright.core import Core
    from mailwright.core.outreach.making import FileGiven
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.outreach import Batch, Outreach
    from mailwright.storage.outreachsteps import Source

commands = group("scribe", "Outreach: researched mails to one recipient each, written here and sent by their owners.")

LOOK_SECONDS = 0.5

UserOption = Annotated[str, typer.Option("--user", metavar="EMAIL", help="For whom: their templates, their limits.")]
TemplateOption = Annotated[
    str,
    typer.Option(
        "--template", metavar="FILE", help="A text with {{placeholders}}, - for standard input; else their default one."
    ),
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The mail: its id in `scribe list`.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Wait until it is written; needs a server that runs.")]


@commands.command("write")
def write(
    user: UserOption,
    name: Annotated[str, typer.Option(help="The recipient's name.")],
    template: TemplateOption = "",
    interest: Annotated[str, typer.Option(help="What interests about them; tells them from others of the name.")] = "",
    email: Annotated[str, typer.Option(metavar="EMAIL", help="Their address, for sending it later.")] = "",
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What a placeholder stands for.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option(help="A file that says something about them; may be repeated.")
    ] = None,
    key: Annotated[str, typer.Option(help="Of your own: the same key makes one mail.")] = "",
    wait: WaitOption = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Have a mail to one recipient written."""
    text, fields = _template(template), _fields(field or [])
    with opened(data) as core:
        from mailwright.core.outreach import making

        given = _read(file or [])

        def make(tx: Tx) -> Outreach:
            person = person_named(tx, user)
            wish = making.Wish(name, text, interest, email, fields, making.keep_files(tx, person, given))
            return making.make(tx, core, person, wish, key=key)

        made = core.database.write_now(make)
        if wait:
            made = _until_written(core, made.id, quiet=json)
        _tell(core, made, json)
    if wait and made.queue.value != "COMPLETED":
        raise typer.Exit(1)


@commands.command("batch")
def batch(
    table: Annotated[str, typer.Argument(metavar="CSV", help="A row for each recipient; - for standard input.")],
    user: UserOption,
    template: TemplateOption = "",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT=COLUMN", help="name=Person, email=2, …; as it seems when not given."),
    ] = None,
    name: Annotated[str, typer.Option(help="What the batch is called.")] = "",
    key: Annotated[str, typer.Option(help="Of your own: the same key makes one batch.")] = "",
    skip: Annotated[bool, typer.Option("--skip", help="Leave out rows that something is wrong with.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what the file is taken for.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Have a mail written to each row of a CSV file; all or none."""
    text = _template(template)
    from mailwright.codecs import csvtable

    found = csvtable.read(read_input(table))
    with opened(data) as core:
        from mailwright.core.outreach import importing, making, templates

        def make(tx: Tx) -> Batch | dict[str, Any]:
            person = person_named(tx, user)
            whole, used = templates.text_for(tx, person, text, None)
            named = _columns(column or [], found.columns)
            mapping = importing.mapping_for(found, whole) if named is None else importing.checked_mapping(found, named)
            wishes, problems = importing.wishes(found, mapping, whole, template_id=used)
            if dry_run:
                shown = {what: found.columns[place] for what, place in mapping.items()}
                told = [{"row": each.row, "because": each.because} for each in problems]
                return {"rows": len(found.rows), "recipients": len(wishes), "columns": shown, "problems": told}
            if problems and not skip:
                first, more = problems[0], f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
                raise BadInput(f"row {first.row}: {first.because}{more}; --skip leaves such rows out")
            return making.make_batch(tx, core, person, wishes, name=name or Path(table).stem, key=key)

        made = core.database.write_now(make)
    if isinstance(made, dict):
        answer(made)
    elif json:
        answer({"id": made.id, "name": made.name, "total": made.total})
    else:
        say(f"{made.total} mails wait for their turn: `mailwright scribe list {user} --batch {made.id}` shows them.")


@commands.command("list")
def list_(
    user: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")],
    words: Annotated[str, typer.Option(help="Only those with these words.")] = "",
    batch: Annotated[str, typer.Option(metavar="ID", help="Only those of a batch.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show a person's outreach, the newest first."""
    with opened(data) as core:
        from mailwright.core.outreach import views

        wanted = views.Wanted(words, batch_id=batch or None)
        found = core.database.read_now(lambda tx: views.listing(tx, person_named(tx, user), wanted, limit=limit))
    if json:
        answer([_described(each) for each in found])
        return
    rows = [
        (each.id, each.queue.value, each.name, "yes" if each.is_confident else "", each.sent_state.value, each.subject)
        for each in found
    ]
    show(["mail", "status", "to", "confident", "sent", "subject"], rows, empty="There is none.")


@commands.command("show")
def show_(outreach_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show a mail with what it rests on."""
    with opened(data) as core:
        _tell(core, core.database.read_now(lambda tx: _found(tx, outreach_id)), json)


@commands.command("cancel")
def cancel(outreach_id: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Do not write one that waits, or is being written."""
    with opened(data) as core:
        from mailwright.core.outreach import editing
        from mailwright.storage.audit import SYSTEM

        def end(tx: Tx) -> Outreach:
            known = _found(tx, outreach_id)
            return editing.cancel(tx, _owner(tx, known), known.id, by=SYSTEM)

        _tell(core, core.database.write_now(end), json)


@commands.command("retry")
def retry(outreach_id: IdArgument, wait: WaitOption = False, data: DataOption = None, json: JsonOption = False) -> None:
    """Try one that failed once more, from the step that failed."""
    with opened(data) as core:
        from mailwright.core.outreach import editing
        from mailwright.storage.audit import SYSTEM

        def again(tx: Tx) -> Outreach:
            known = _found(tx, outreach_id)
            return editing.again(tx, _owner(tx, known), known.id, by=SYSTEM)

        made = core.database.write_now(again)
        if wait:
            made = _until_written(core, made.id, quiet=json)
        _tell(core, made, json)


def _until_written(core: Core, outreach_id: str, *, quiet: bool) -> Outreach:
    """Tell each step as it begins."""
    at = ""
    while True:
        found = core.database.read_now(lambda tx: _found(tx, outreach_id))
        if found.status.is_final:
            return found
        if found.stage != at and not quiet:
            note(f"  {found.stage}")
        at = found.stage
        time.sleep(LOOK_SECONDS)


def _tell(core: Core, found: Outreach, json: bool) -> None:
    from mailwright.core.outreach import views

    sources = core.database.read_now(lambda tx: views.sources(tx, found))
    if json:
        told = {"text": found.body, "told": found.metadata.get("told", "")}
        answer(_described(found) | told | {"sources": [_source(each) for each in sources]})
        return
    say(f"{found.id}  {found.queue.value}")
    if found.queue.value == "FAILED":
        say(f"{found.stage}: {found.last_error or found.because}")
    if not found.body:
        return
    say(f"Subject: {found.subject}\n\n{found.body}\n")
    say(f"confident: {'yes' if found.is_confident else 'no'} ({found.why})")
    for each in found.sentences:
        if each["state"] == "marked":
            say(f"  not shown by anything: {each['text']}")
    for each in found.metadata.get("dropped", []):
        say(f"  left out: {each['text']} ({each['because']})")
    if found.metadata.get("told"):
        say(f"  {found.metadata['told']}")
    for source in sources:
        say(f"  [{source.number}] {'  '.join(each for each in (source.title, source.url) if each)}")


def _described(found: Outreach) -> dict[str, Any]:
    return {
        "id": found.id,
        "status": found.queue.value,
        "step": found.stage,
        "recipient_name": found.name,
        "recipient_email": found.email,
        "subject": found.subject,
        "is_confident": found.is_confident,
        "because": found.why,
        "error": found.last_error,
        "sent": found.sent_state.value,
        "batch": found.batch_id,
        "created_at": to_iso(found.created_at),
    }


def _source(each: Source) -> dict[str, Any]:
    return {"number": each.number, "kind": each.kind.value, "url": each.url, "title": each.title}


def _found(tx: Tx, outreach_id: str) -> Outreach:
    from mailwright.storage import outreach

    found = outreach.by_id(tx, checked_id(outreach_id, "mail"))
    if found is None:
        raise NotFound("there is no such mail")
    return found


def _owner(tx: Tx, known: Outreach) -> Account:
    from mailwright.storage import accounts

    found = accounts.by_id(tx, known.user_id)
    if found is None:
        raise NotFound("its owner is gone")
    return found


def _template(name: str) -> str:
    if not name:
        return ""
    try:
        return read_input(name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("the template is not UTF-8") from None


def _fields(given: Sequence[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if any(not equals for _, equals, _ in pairs):
        raise BadInput("a field is given as NAME=VALUE")
    return {name.strip(): value for name, _, value in pairs}


def _columns(given: Sequence[str], columns: Sequence[str]) -> dict[str, int] | None:
    """Which columns were named, by heading or number from 1."""
    if not given:
        return None
    found: dict[str, int] = {}
    for what, column in _fields(given).items():
        if column in columns:
            found[what] = columns.index(column)
        elif column.isdigit() and 0 < int(column) <= len(columns):
            found[what] = int(column) - 1
        else:
            raise BadInput(f"there is no column {column[:80]!r}: {', '.join(columns)[:300]}")
    return found


def _read(paths: Sequence[Path]) -> list[FileGiven]:
    """What files say. Raises BadInput, MessageTooLarge, TryLater."""
    if not paths:
        return []
    import asyncio

    from mailwright.core.outreach.studio import Studio

    files = [(path.name, read_input(str(path))) for path in paths]

    async def read() -> list[FileGiven]:
        studio = Studio()
        try:
            return await studio.read(files)
        finally:
            await studio.extractor.close()

    return asyncio.run(read())
