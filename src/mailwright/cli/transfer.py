"""`mailwright import` and `mailwright export`: moving in, and moving out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, opened
from mailwright.cli.terminal import answer, fail, note, say
from mailwright.domain.refusals import BadInput

if TYPE_CHECKING:
    from mailwright.connectors.imap import ImapSource
    from mailwright.connectors.mailfiles import Maildir, MboxFiles

PASSWORD_VARIABLE = "IMPORT_PASSWORD"  # noqa: S105


def import_(
    email: Annotated[str, typer.Argument(help="Whose mailboxes it goes into.")],
    source: Annotated[
        str, typer.Argument(help="A Maildir, an mbox file, a folder of them, or imaps://name@host:port (imap:// too).")
    ],
    into: Annotated[str, typer.Option(help="Put everything below this mailbox.")] = "",
    form: Annotated[str, typer.Option("--format", help="auto, maildir or mbox.")] = "auto",
    password_file: Annotated[
        Path | None,
        typer.Option(help=f"Where the password for the other server is; else {PASSWORD_VARIABLE}, or asked."),
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not check the other server's certificate.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Sign in there even without TLS.")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Take mail over from files or another server. Repeat it to go on, or to fetch what is new."""
    with opened(data) as core:
        from mailwright.core import accounts, importing

        account = core.database.read_now(lambda tx: accounts.find(tx, email))
        largest = core.settings.max_message_bytes
        origin = _open(source, form, password_file, largest=largest, insecure=insecure, clear=clear)
        total = origin.count()
        with _progress("importing", total) as step:
            report = importing.run(
                core, account, origin, into=into, progress=lambda r: step(r.imported + r.known + r.failed)
            )
    if json:
        answer(
            {
                "imported": report.imported,
                "known": report.known,
                "failed": report.failed,
                "bytes": report.octets,
                "problems": report.problems,
            }
        )
    else:
        for line in report.problems:
            note(f"not taken over: {line}")
        say(
            f"{report.imported} messages imported ({report.octets / 1_000_000:.1f} MB), "
            f"{report.known} were here already, {report.failed} could not be taken over"
        )
    if report.failed and not report.imported and not report.known:
        fail("nothing could be taken over")


def export(
    email: Annotated[str, typer.Argument(help="Whose mail.")],
    target: Annotated[Path, typer.Argument(help="The folder to write into.")],
    form: Annotated[str, typer.Option("--format", help="maildir or mbox.")] = "maildir",
    mailbox: Annotated[list[str] | None, typer.Option(help="Only this mailbox; may be repeated.")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Write somebody's mail as files that every other mail program reads."""
    only = tuple(mailbox or ())
    with opened(data) as core:
        from mailwright.core import accounts, exporting

        account = core.database.read_now(lambda tx: accounts.find(tx, email))
        with _progress("exporting", exporting.total(core, account, only)) as step:
            report = exporting.run(
                core, account, target, form=form, only=only, progress=lambda r: step(r.exported + r.there)
            )
    if json:
        answer({"exported": report.exported, "there": report.there, "missing": report.missing})
        return
    tail = f", {report.there} were there already" if report.there else ""
    tail += f", the text of {report.missing} is gone" if report.missing else ""
    say(f"{report.exported} messages written to {target}{tail}")


def _open(
    source: str, form: str, password_file: Path | None, *, largest: int, insecure: bool, clear: bool
) -> ImapSource | Maildir | MboxFiles:
    if source.startswith(("imap://", "imaps://")):
        from urllib.parse import urlsplit

        from mailwright.connectors.imap import ImapSource

        if urlsplit(source).password is not None:
            raise BadInput(
                f"a password does not belong into the command line; use --password-file or {PASSWORD_VARIABLE}"
            )
        return ImapSource(source, _password(source, password_file), verify=not insecure, clear=clear, largest=largest)
    from mailwright.connectors.mailfiles import open_files

    if form not in ("auto", "maildir", "mbox"):
        raise BadInput("the format is auto, maildir or mbox")
    return open_files(Path(source).expanduser(), form, largest=largest)


def _password(source: str, password_file: Path | None) -> str:
    if password_file is not None:
        try:
            return password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise BadInput(f"{password_file}: {error.strerror}") from None
    if given := os.environ.get(PASSWORD_VARIABLE):
        return given
    if not sys.stdin.isatty():
        raise BadInput(f"{PASSWORD_VARIABLE} is not set, and there is no --password-file")
    asked: str = typer.prompt(f"Password for {source}", hide_input=True, err=True)
    return asked


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Any]:
    """A bar on a terminal, and a line now and then elsewhere; both on standard error."""
    if not sys.stderr.isatty():
        told = [0]

        def step(done: int) -> None:
            if done - told[0] >= 10_000:
                told[0] = done
                note(f"{what}: {done}" + (f" of {total}" if total else ""))

        yield step
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
