"""`mailwright backup`: make a backup while the server runs, list, show, verify, prune, and the restore drill."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, check_exists, settings_of
from mailwright.cli.terminal import PoliteGroup, answer, fail, note, say, show
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.settings import Settings
    from mailwright.storage.backup.contents import Summary
    from mailwright.storage.backup.repository import Repository

commands = typer.Typer(
    name="backup",
    help="Copy the installation to a folder or a bucket, while it runs.",
    cls=PoliteGroup,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="PLACE", help="Where the backups are (MAILWRIGHT_BACKUP_URL when left out)."),
]
KeyOption = Annotated[
    Path | None, typer.Option("--key-file", help="The file with the passphrase (else MAILWRIGHT_BACKUP_PASSPHRASE).")
]
NameArgument = Annotated[str, typer.Argument(help="Which backup; the newest when left out.")]
ScratchOption = Annotated[
    Path | None, typer.Option(help="Where there is room for a copy; the system's place for such else.")
]

TELL_SECONDS = 5.0


@commands.callback()
def make(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="A folder, s3://bucket/prefix or az://container/prefix (else MAILWRIGHT_BACKUP_URL)."
        ),
    ] = None,
    key_file: KeyOption = None,
    secrets: Annotated[
        bool, typer.Option("--with-secret-key", help="Put secret.key into it even though it is not encrypted.")
    ] = False,
    prune_after: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Then remove old ones, as MAILWRIGHT_BACKUP_KEEP says.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a backup. The server may run; what did not change since the last one is not copied again."""
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(data)
    check_exists(settings)
    from mailwright.core import backups
    from mailwright.installation import build_core
    from mailwright.settings.backups import keeping
    from mailwright.stores import backup_options

    place, secret = place_of(settings, to), passphrase_of(settings, key_file)
    began = time.monotonic()
    core = build_core(settings)
    try:
        with octets_told("copying") as step:
            summary = backups.make(
                core,
                settings.data,
                place,
                passphrase=secret,
                options=backup_options(settings, place),
                secrets=secrets or settings.backup_secret_key,
                step=lambda progress: step(progress.done, progress.expected),
            )
        keep = keeping(settings.backup_keep)
        pruned = None
        if prune_after and keep is not None:
            pruned = backups.prune(core, repository_of(settings, to, key_file), keep)
    finally:
        core.database.close()
    if json:
        answer(_told(summary) | {"seconds": round(time.monotonic() - began, 3), "pruned": pruned and asdict(pruned)})
    else:
        say(
            f"{summary.name}: {summary.messages} messages, {_mb(summary.octets)}, of which {_mb(summary.added)} were new "
            f"(in {time.monotonic() - began:.1f} s)"
        )
    if not summary.secrets and (settings.data / "secret.key").exists():
        note(
            "secret.key is not in it, since it is not encrypted: keep a copy elsewhere, or nobody can read what it seals"
        )
    if summary.damaged:
        fail(f"the text of {summary.damaged} messages is damaged or gone here; the backup has the rest (see the log)")


@commands.command("list")
def list_(
    from_: FromOption = None, key_file: KeyOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """Every backup, the oldest first."""
    kept = repository_of(settings_of(data), from_, key_file)
    there = kept.summaries()
    found = [each for each in there.values() if each is not None]
    if json:
        answer([_told(each) | {"ours": _is_ours(kept, each)} for each in found])
    else:
        rows = [
            (
                each.name,
                each.messages,
                _mb(each.octets),
                _mb(each.added),
                each.revision,
                "yes" if each.secrets else "no",
                each.damaged,
                "this one" if _is_ours(kept, each) else each.life or "not said",
            )
            for each in found
        ]
        heads = ("Backup", "Messages", "Size", "New", "Schema", "Keys", "Damaged", "Installation")
        show(heads, rows, empty="there is no backup yet")
    if len(found) < len(there):
        fail(f"{', '.join(name for name, each in there.items() if each is None)}: the manifest is damaged")


@commands.command("show")
def show_(
    name: NameArgument = "latest",
    from_: FromOption = None,
    key_file: KeyOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """What one backup holds."""
    kept = repository_of(settings_of(data), from_, key_file)
    summary = _known(kept, name)
    contents = kept.contents(summary)
    tables = {table.name: table.rows for table in contents.tables if table.rows}
    files = {file.path: file.octets for file in contents.files}
    if json:
        answer(_told(summary) | {"tables": tables, "files": files, "packs": len(contents.packs)})
        return
    for label, value in _told(summary).items():
        say(f"{label:12} {value}")
    for path, octets in files.items():
        say(f"{'file':12} {path} ({_mb(octets)})")
    show(("Table", "Rows"), sorted(tables.items()), empty="no table has rows")


@commands.command()
def verify(
    name: NameArgument = "latest",
    from_: FromOption = None,
    key_file: KeyOption = None,
    scratch: ScratchOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Read a backup back, every byte of it, and check that its rows belong together."""
    kept = repository_of(settings_of(data), from_, key_file)
    summary = _known(kept, name)
    from mailwright.core import restoring

    with octets_told("reading") as step:
        done = restoring.verify(kept, summary.name, scratch=scratch, step=lambda octets: step(octets, summary.octets))
    if json:
        answer(asdict(done) | {"ok": done.ok})
    else:
        for line in done.problems:
            say(f"damaged: {line}")
        if done.ok:
            say(f"{done.name} is whole: {done.pieces} pieces, {done.rows} rows, {done.blobs} messages read back")
    if not done.ok:
        fail(f"{summary.name} is damaged in {len(done.problems)} places")


@commands.command()
def prune(
    keep: Annotated[
        str | None, typer.Option(help="Which stay, like 'daily=14 weekly=8 monthly=12' (MAILWRIGHT_BACKUP_KEEP else).")
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="INSTALLATION",
            help="Also those of this installation (as `list` names it), which was ours before a restore or a move; more than once for several.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    from_: FromOption = None,
    key_file: KeyOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Remove backups of ours that need not stay, and what only they needed. The newest stays, and who has what it lacks."""
    settings = settings_of(data)
    check_exists(settings)
    from mailwright.core import backups
    from mailwright.installation import build_core
    from mailwright.settings.backups import keeping

    try:
        chosen = keeping(keep if keep is not None else settings.backup_keep)
    except ValueError as problem:
        raise BadInput(f"--keep {problem}") from None
    kept = repository_of(settings, from_, key_file)
    core = build_core(settings)
    try:
        keeping_all = {"last": 10_000}
        done = backups.prune(core, kept, keeping_all if chosen is None else chosen, of=of or (), dry_run=dry_run)
    finally:
        core.database.close()
    if json:
        answer(asdict(done))
    else:
        verb = "would go" if dry_run else "are gone"
        say(f"{len(done.backups)} backups {verb}, and {done.pieces} pieces ({_mb(done.octets)})")
        if done.others:
            note(f"{done.others} backups of other installations, or of this one before a restore, stay")


@commands.command()
def drill(
    name: NameArgument = "latest",
    report: Annotated[
        Path | None, typer.Option(help="Write the report there, too (Markdown; JSON if it ends so).")
    ] = None,
    from_: FromOption = None,
    key_file: KeyOption = None,
    scratch: ScratchOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Restore a backup beside the running system, check it, measure how long it took, and remove it again."""
    kept = repository_of(settings_of(data), from_, key_file)
    summary = _known(kept, name)
    from mailwright.core import restoring

    with octets_told("restoring") as step:
        done = restoring.drill(kept, summary.name, scratch=scratch, step=lambda octets: step(octets, summary.octets))
    if report is not None:
        import json as texts

        as_json = report.suffix == ".json"
        report.write_text(
            texts.dumps(done.as_json(), indent=2) + "\n" if as_json else done.as_markdown(), encoding="utf-8"
        )
    if json:
        answer(done.as_json())
    else:
        say(done.as_markdown())
    if not done.ok:
        fail(f"the drill found {len(done.problems)} problems")


# --- what `mailwright restore` uses, too ------------------------------------------------------------------------------


def repository_of(settings: Settings, given: str | None, key_file: Path | None) -> Repository:
    """The backups at the place that is given or set. Raises NotFound, BadInput, TryLater, OSError."""
    from mailwright.storage.backup.repository import open_repository
    from mailwright.stores import backup_options

    place = place_of(settings, given)
    passphrase, options = passphrase_of(settings, key_file), backup_options(settings, place)
    return open_repository(place, passphrase, options=options, life=_life_of(settings))


def _life_of(settings: Settings) -> str | None:
    """By which word our own backups are known; None where there is nobody yet (or not all), or no database that could say it."""
    import sqlite3

    from mailwright.domain.refusals import Refusal
    from mailwright.storage import lives, movemark, open_database
    from mailwright.storage.backup.loading import is_empty
    from mailwright.storage.migrate import HEAD, current_revision

    url = settings.database_direct_url or settings.database_url
    try:
        movemark.refuse_half_filled(settings.data, url, None)
        if current_revision(url) != HEAD or is_empty(url):
            return None
        database = open_database(url)
        try:
            return database.read_now(lives.known_word)
        finally:
            database.close()
    except (Refusal, OSError, sqlite3.Error):  # backups must be found most of all when it is lost
        return None


def _is_ours(kept: Repository, summary: Summary) -> bool:
    return bool(summary.life) and summary.life == kept.life


def place_of(settings: Settings, given: str | None) -> str:
    """Where backups are. Raises BadInput."""
    place = given or settings.backup_url
    if not place:
        raise BadInput("no place for backups is named: --to or --from, or MAILWRIGHT_BACKUP_URL")
    return place


def passphrase_of(settings: Settings, key_file: Path | None) -> str | None:
    """What opens encrypted ones. Raises BadInput."""
    from mailwright.settings.backups import read_passphrase

    try:
        return settings.backup_secret() if key_file is None else read_passphrase(key_file)
    except OSError as error:
        raise BadInput(f"{error.filename}: {error.strerror}") from None
    except ValueError as problem:
        raise BadInput(str(problem)) from None


@contextmanager
def octets_told(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, a line now and then elsewhere, with the time that is left; both on standard error."""
    if not sys.stderr.isatty():
        began = told_at = time.monotonic()

        def tell(done: int, expected: int) -> None:
            nonlocal told_at
            now = time.monotonic()
            if now - told_at < TELL_SECONDS:
                return
            told_at = now
            left = f", about {(expected - done) * (now - began) / done:.0f} s left" if 0 < done < expected else ""
            note(f"{what}: {_mb(done)} of about {_mb(max(expected, done))}{left}")

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, expected: bar.update(task, completed=done, total=max(done, expected))


def _known(kept: Repository, name: str) -> Summary:
    from mailwright.storage.backup.sealing import Damaged

    try:
        return kept.summary(name)
    except Damaged as problem:
        raise BadInput(str(problem)) from None


def _told(summary: Summary) -> dict[str, Any]:
    from mailwright.domain import clock

    told = asdict(summary)
    del told["body"]
    return told | {"began_at": clock.to_iso(summary.began_at), "ended_at": clock.to_iso(summary.ended_at)}


def _mb(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} MB"
