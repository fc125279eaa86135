"""Exporting: an account's mail as files that every other mail program reads.

Called by `mailwright export`. Maildir (with Maildir++ names below one folder) or one mbox file a mailbox. Synchronous.
Promises: bounded memory; every file is complete when it has its name; what is in the target already is not written again
(Maildir) or refused (mbox), so that nothing of anybody else's is overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailwright.codecs import mbox
from mailwright.codecs.imap import names
from mailwright.core import Core, access
from mailwright.core.access import Reached
from mailwright.core.accounts import Account
from mailwright.domain import clock
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound
from mailwright.storage import views

SLICE = 200  # messages whose rows are held at once
_LETTERS = ((16, "D"), (4, "F"), (2, "R"), (1, "S"), (8, "T"))  # in the order Maildir wants: ASCII
MAX_KEYWORD_LETTERS = 26  # a to z, as Dovecot's dovecot-keywords file has them


@dataclass(slots=True)
class Report:
    """What an export did so far."""

    exported: int = 0
    there: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    flags: int
    keywords: tuple[str, ...]
    received_at: clock.Instant
    sender: str
    raw: bytes


def run(
    core: Core,
    account: Account,
    target: Path,
    *,
    form: str,
    only: Sequence[str] = (),
    progress: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Write the account's own mailboxes (or `only` those) into the folder `target`, as `maildir` or `mbox`.

    Raises NotFound (a mailbox), AlreadyExists (an mbox file), BadInput, OSError.
    """
    if form not in ("maildir", "mbox"):
        raise BadInput("the format is maildir or mbox")
    own = core.database.read_now(lambda tx: [each for each in access.reachable(tx, account) if each.own])
    wanted = {access.normal(name) for name in only}
    if unknown := wanted - {each.name for each in own}:
        raise NotFound(f"there is no mailbox {sorted(unknown)[0]}")
    report = Report()
    target.mkdir(parents=True, exist_ok=True)
    for reached in own:
        if not wanted or reached.name in wanted:
            write = _write_maildir if form == "maildir" else _write_mbox
            write(core, reached, target, report, progress)
    return report


def total(core: Core, account: Account, only: Sequence[str] = ()) -> int:
    """How many messages an export writes."""
    wanted = {access.normal(name) for name in only}
    own = core.database.read_now(lambda tx: [each for each in access.reachable(tx, account) if each.own])
    return sum(each.mailbox.total for each in own if not wanted or each.name in wanted)


def _messages(core: Core, reached: Reached, report: Report) -> Iterator[_Message]:
    mailbox_id = reached.mailbox.id
    uids = core.database.read_now(lambda tx: views.uids(tx, mailbox_id))
    columns = ("id", "flags", "keywords", "received_at", "sender", "blob_id")
    for start in range(0, len(uids), SLICE):
        wanted = list(uids[start : start + SLICE])
        for row in core.database.read_now(lambda tx, w=wanted: views.rows(tx, mailbox_id, w, columns)):  # type: ignore[misc]
            try:
                raw = core.blobs.read_now(row[6])
            except NotFound:
                report.missing += 1
                continue
            yield _Message(row[1], row[2], views.keywords_of(row[3]), row[4], row[5], raw)


def _write_maildir(
    core: Core, reached: Reached, target: Path, report: Report, progress: Callable[[Report], None]
) -> None:
    folder = target if reached.name == "INBOX" else target / _folder_name(reached.name)
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    there = {name.partition(":")[0] for name in os.listdir(folder / "cur")}
    letters: dict[str, str] = {}
    for message in _messages(core, reached, report):
        base = f"{message.received_at // clock.SECOND}.{message.id}.mailwright"
        if base in there:
            report.there += 1
            continue
        marks = "".join(letter for bit, letter in _LETTERS if message.flags & bit)
        for keyword in message.keywords:
            if keyword not in letters and len(letters) < MAX_KEYWORD_LETTERS:
                letters[keyword] = chr(ord("a") + len(letters))
            marks += letters.get(keyword, "")
        draft = folder / "tmp" / base
        draft.write_bytes(message.raw.replace(b"\r\n", b"\n"))
        seconds = message.received_at / clock.SECOND
        os.utime(draft, (seconds, seconds))
        draft.rename(folder / "cur" / f"{base}:2,{marks}")
        report.exported += 1
        progress(report)
    if letters:
        lines = [f"{ord(letter) - ord('a')} {keyword}" for keyword, letter in letters.items()]
        (folder / "dovecot-keywords").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _folder_name(name: str) -> str:
    """Maildir++: `.Work.2026`, each part in modified UTF-7; a dot within a part would part it."""
    return "." + ".".join(names.encode(part, utf8=False).decode().replace(".", "_") for part in name.split("/"))


def _write_mbox(core: Core, reached: Reached, target: Path, report: Report, progress: Callable[[Report], None]) -> None:
    parts = [part if part not in (".", "..") else "_" for part in reached.name.split("/")]
    path = target.joinpath(*parts[:-1], f"{parts[-1]}.mbox")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise AlreadyExists(f"{path} is there already; export into an empty folder")
    draft = path.with_name(f".{path.name}.part")
    with draft.open("wb") as file:
        for message in _messages(core, reached, report):
            file.write(
                mbox.written(
                    message.raw,
                    sender=message.sender,
                    received_at=message.received_at,
                    flags=message.flags,
                    keywords=message.keywords,
                )
            )
            report.exported += 1
            progress(report)
    draft.rename(path)
