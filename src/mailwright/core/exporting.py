"""Exporting: an account's mail as files that every other mail program reads.

Called by `mailwright export`. Maildir (with Maildir++ names below one folder) or one mbox file a mailbox. Synchronous.
Promises: bounded memory; every file is complete when it has its name and lies below the target, whatever a mailbox is called;
what is in the target already is not written again (Maildir) or refused (mbox), so that nothing of anybody else's is overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

from mailwright.codecs import mbox
from mailwright.codecs.imap import names
from mailwright.core import Core, access
from mailwright.core.access import Reached
from mailwright.core.accounts import Account
from mailwright.domain import clock
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import AlreadyExists, BadInput, DamagedBlob, NotFound
from mailwright.storage import views

KEYWORDS = "dovecot-keywords"
MAX_FILE_NAME = 240  # octets of one name, which file systems limit to 255
SHORT = 40  # characters kept of a name that cannot be one of a file: at most 160 octets, or 120 in modified UTF-7
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
    places = _places([each.name for each in own], _folder_name if form == "maildir" else _file_name)
    write = _write_maildir if form == "maildir" else _write_mbox
    for reached in own:
        if not wanted or reached.name in wanted:
            write(core, reached, target / places[reached.name], report, progress)
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
            except (NotFound, DamagedBlob):
                report.missing += 1
                continue
            yield _Message(row[1], row[2], views.keywords_of(row[3]), row[4], row[5], raw)


def _write_maildir(
    core: Core, reached: Reached, folder: Path, report: Report, progress: Callable[[Report], None]
) -> None:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    there = {name.partition(":")[0] for name in os.listdir(folder / "cur")}
    letters = _letters_of(folder)
    for message in _messages(core, reached, report):
        base = f"{message.received_at // clock.SECOND}.{message.id}.mailwright"
        if base in there:
            report.there += 1
            continue
        marks = "".join(letter for bit, letter in _LETTERS if message.flags & bit)
        for keyword in message.keywords:
            if keyword not in letters and len(letters) < MAX_KEYWORD_LETTERS:
                letters[keyword] = next(letter for letter in ascii_lowercase if letter not in letters.values())
                _keep_letters(folder, letters)  # first: a letter must mean something when a message has it
            marks += letters.get(keyword, "")
        draft = folder / "tmp" / base
        draft.write_bytes(message.raw.replace(b"\r\n", b"\n"))
        os.utime(draft, ns=(message.received_at * 1000, message.received_at * 1000))
        draft.rename(folder / "cur" / f"{base}:2,{marks}")
        report.exported += 1
        progress(report)


def _letters_of(folder: Path) -> dict[str, str]:
    """The letters that keywords have from an export before."""
    try:
        lines = (folder / KEYWORDS).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    numbers = {keyword: number for number, _, keyword in (line.partition(" ") for line in lines)}
    places = {str(place): letter for place, letter in enumerate(ascii_lowercase)}
    return {keyword: places[number] for keyword, number in numbers.items() if number in places}


def _keep_letters(folder: Path, letters: dict[str, str]) -> None:
    lines = [f"{ascii_lowercase.index(letter)} {keyword}" for keyword, letter in letters.items()]
    draft = folder / f"{KEYWORDS}.part"
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.rename(folder / KEYWORDS)


def _places(names_: Sequence[str], place_of: Callable[[str], str]) -> dict[str, str]:
    """Where each mailbox goes below the target, no two into one place; the same in every run."""
    places: dict[str, str] = {}
    taken: set[str] = set()  # in lower case: not every disk tells A from a
    for name in sorted(names_):
        wanted = place_of(name)
        if wanted.lower() in taken or any(len(part.encode()) > MAX_FILE_NAME for part in wanted.split("/")):
            wanted = place_of(f"{name.replace('/', ' ')[:SHORT]} {checksum(name.encode())[:8]}")
        places[name] = wanted
        taken.add(wanted.lower())
    return places


def _folder_name(name: str) -> str:
    """Maildir++: `.Work.2026`, each part in modified UTF-7; a dot within a part would part it."""
    if name == "INBOX":
        return "."
    return "." + ".".join(names.encode(part, utf8=False).decode().replace(".", "_") for part in name.split("/"))


def _file_name(name: str) -> str:
    """`Work/2026.mbox`. No part is hidden, leads up, or is taken for a file of another mailbox."""
    parts = [f"_{part[1:]}" if part.startswith(".") else part for part in name.replace("\x00", "_").split("/")]
    folders = [f"{part}_" if part.lower().endswith((".mbox", ".part")) else part for part in parts[:-1]]
    return "/".join([*folders, f"{parts[-1]}.mbox"])


def _write_mbox(core: Core, reached: Reached, path: Path, report: Report, progress: Callable[[Report], None]) -> None:
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
