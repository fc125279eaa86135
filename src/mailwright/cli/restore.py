"""`mailwright restore`: a whole installation into an empty place, or single things into a running one."""

from __future__ import annotations

import json as texts
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailwright.cli.backup import FromOption, KeyOption, ScratchOption, octets_told, repository_of
from mailwright.cli.installation import DataOption, JsonOption, check_exists, settings_of
from mailwright.cli.terminal import answer, fail, note, say
from mailwright.domain.refusals import BadInput, Refusal

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.core.puttingback import Wanted
    from mailwright.settings import Settings
    from mailwright.storage.backup.repository import Repository

REPORTS = "restores"


def restore(
    backup: Annotated[str, typer.Argument(help="Which backup; the newest when left out.")] = "latest",
    tenant: Annotated[str | None, typer.Option(help="Only this tenant, into the running system.")] = None,
    user: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this user.")] = None,
    mailbox: Annotated[str | None, typer.Option(help="Only this mailbox of the user.")] = None,
    message: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this message: our id, or its Message-ID.")
    ] = None,
    into: Annotated[str, typer.Option(metavar="MAILBOX", help="Put it all below this mailbox, to look at first.")] = "",
    same_person: Annotated[
        bool,
        typer.Option(
            "--same-person", help="With --user: the account was made anew since the backup, and is the same person's."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is missing.")] = False,
    undo: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take out again what a restore put in; it names the file at its end."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="After a recovery of the database itself: look what is left to be done, and do it."
        ),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Restore everything into the place of messages of an installation that is gone for good: it is this one's then.",
        ),
    ] = False,
    send_held: Annotated[
        bool,
        typer.Option("--send-held", help="Let go what a restore or its check holds: it was on its way at that moment."),
    ] = False,
    from_: FromOption = None,
    key_file: KeyOption = None,
    scratch: ScratchOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Restore everything into an empty data folder or database, or (with --tenant, --user, --mailbox, --message) what is missing of them."""
    settings = settings_of(data)
    if take_over and (check or send_held or undo is not None):
        raise BadInput("--take-over is for a whole restore; after --check it is: mailwright storage claim")
    if check:
        _check(settings, json=json)
        return
    if send_held:
        _send_held(settings, json=json)
        return
    if undo is not None:
        _undo(settings, undo, json=json)
        return
    from mailwright.storage.backup.sealing import Damaged

    kept = repository_of(settings, from_, key_file)
    single = any(each is not None for each in (tenant, user, mailbox, message))
    if not single and (into or dry_run):
        raise BadInput("--into and --dry-run are for --tenant, --user, --mailbox or --message")
    if same_person and user is None:
        raise BadInput("--same-person is said of one: name them with --user")
    try:
        if single:
            from mailwright.core.puttingback import Wanted

            wanted = Wanted(tenant, user, mailbox, message, into, same_person)
            _single(settings, kept, backup, wanted, dry_run=dry_run, scratch=scratch, json=json)
        else:
            _whole(settings, kept, backup, take_over=take_over, json=json)
    except Damaged as problem:
        raise BadInput(f"the backup is damaged: {problem} (mailwright backup verify says all of it)") from None


def _whole(settings: Settings, kept: Repository, name: str, *, take_over: bool, json: bool) -> None:
    from mailwright.core import restoring
    from mailwright.installation import lock_folder
    from mailwright.pipeline import engineschema
    from mailwright.storage.blobowner import refuse_owned
    from mailwright.stores import blobs_of, place_of_messages

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    restoring.check_empty(settings.data, settings.database_direct_url or settings.database_url)
    kept.life = None  # what is restored as a whole goes where there is no installation yet
    summary = kept.summary(name)
    if not take_over:
        refuse_owned(place_of_messages(settings))
    lock = lock_folder(settings.data)
    try:
        with octets_told("restoring") as step:
            done = restoring.whole(
                kept,
                summary.name,
                settings.data,
                settings.database_direct_url or settings.database_url,
                lambda database: blobs_of(settings, database),
                make_engine=engineschema.make,
                step=lambda octets: step(octets, summary.octets),
            )
        _claim(settings)
    finally:
        os.close(lock)
    if json:
        answer(asdict(done))
    else:
        say(f"{done.messages} messages of {done.name} are back in {settings.data}; the search index {done.search}")
    if "secret.key" not in done.files and settings.secret_key is None:
        note("secret.key was not in the backup: put your copy into the data folder before you start the server")
    if done.held:
        note(
            f"{done.held} messages to others were on their way then, and may have been sent since: they wait. "
            "To send them all: mailwright restore --send-held"
        )
    if done.missing:
        note(f"the text of {done.missing} messages was damaged or gone when the backup was made")


def _claim(settings: Settings) -> None:
    """What is restored goes on in the place of its messages: with a word of its own there, whatever the backup had."""
    from mailwright.storage import open_database
    from mailwright.stores import blobs_of

    database = open_database(settings.database_url, direct=settings.database_direct_url)
    try:
        owner = blobs_of(settings, database).owner
        assert owner is not None
        owner.claim(owner.places[0], force=True)
    except Refusal as why:  # everything is back; only this is left
        note(f"{why}: run mailwright storage claim before you start the server")
    finally:
        database.close()


def _single(
    settings: Settings, kept: Repository, name: str, wanted: Wanted, *, dry_run: bool, scratch: Path | None, json: bool
) -> None:
    from mailwright.core import puttingback
    from mailwright.domain import clock
    from mailwright.storage.backup.opening import opened
    from mailwright.storage.backup.puttingback import TABLES

    with _core(settings) as core, opened(kept, name, tables=TABLES, scratch=scratch) as found:
        path = settings.data / REPORTS / f"{clock.to_datetime(clock.now()):%Y%m%dT%H%M%S.%f}-{os.getpid()}.jsonl"
        with octets_told("restoring") as step, _written(None if dry_run else path) as made:
            report = puttingback.run(
                core, found, wanted, dry_run=dry_run, made=made, progress=lambda done: step(done.octets, done.octets)
            )
    told = asdict(report) | {"dry_run": dry_run, "report": str(path) if path.exists() else None}
    if json:
        answer(told)
    else:
        for line in report.problems:
            note(f"not restored: {line}")
        verb = "are missing and would come back" if dry_run else "came back"
        say(
            f"{report.messages} messages {verb} ({report.octets / 1_000_000:.1f} MB), {report.there} are here already; "
            f"{report.mailboxes} mailboxes and {report.users} users {'would be' if dry_run else 'were'} made"
        )
        if path.exists():
            say(f"to undo it: mailwright restore --undo {path}")
    if report.failed:
        fail(f"{report.failed} things did not come back")


def _undo(settings: Settings, path: Path, *, json: bool) -> None:
    from mailwright.core import puttingback

    try:
        made = [texts.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        fine = all(isinstance(each, dict) for each in made)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except ValueError:
        fine = False
    if not fine:
        raise BadInput(f"{path} is not what a restore wrote")
    with _core(settings) as core:
        count = puttingback.undo(core, made)
    if json:
        answer({"removed": count})
    else:
        say(f"{count} messages that the restore put in are out again")
        for each in made:
            if each.get("kind") in ("user", "domain"):
                note(f"the {each['kind']} {each.get('email') or each.get('name')} was made by it, and stays")


def _send_held(settings: Settings, *, json: bool) -> None:
    import asyncio

    from mailwright.core import restoring

    with _core(settings) as core:
        count = asyncio.run(restoring.release(core))
    if json:
        answer({"queued": count})
    else:
        say(f"{count} messages that waited since the restore are queued")


def _check(settings: Settings, *, json: bool) -> None:
    from mailwright.core import recovered

    with _core(settings) as core:
        done = recovered.settle(core)
    if json:
        answer(done)
        return
    for name, text in done.items():
        say(f"{name:12} {text}")


@contextmanager
def _core(settings: Settings) -> Iterator[Core]:
    check_exists(settings)
    from mailwright.installation import build_core

    core = build_core(settings)
    try:
        yield core
    finally:
        core.database.close()


@contextmanager
def _written(path: Path | None) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Write down what is made, line by line as it is, so that a restore that is killed can be undone, too."""
    if path is None:
        yield lambda _: None
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:

        def write(made: Mapping[str, object]) -> None:
            file.write(texts.dumps(made) + "\n")
            file.flush()

        yield write
    if not path.stat().st_size:
        path.unlink()
