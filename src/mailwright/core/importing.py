"""Importing: mail from elsewhere into an account's mailboxes.

Called by `mailwright import` with a source (files or another server: `connectors`). Synchronous: it runs in a program of its own.
Promises: bounded memory; flags, keywords and dates are kept; what was taken over is remembered in the same transaction, so
that an import that was interrupted goes on where it ended and one that is repeated takes what is new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mailwright.core import Core, access, appending, mailboxes
from mailwright.core.accounts import Account
from mailwright.core.appending import Item, Prepared
from mailwright.domain.refusals import BadInput, MessageTooLarge, NotFound, Refusal
from mailwright.domain.transfer import Found, Unreadable
from mailwright.storage import Tx, imports

BATCH_MESSAGES = 100
BATCH_OCTETS = 8 * 1024 * 1024
MAX_PROBLEMS = 100  # told one by one; further ones are counted

_BARE_LF = re.compile(rb"(?<!\r)\n")


class Source(Protocol):
    """Where mail comes from. `name` is the same whenever the source is."""

    name: str

    def count(self) -> int | None:
        """How many messages there are, if that is known cheaply."""

    def messages(self, known: Callable[[Sequence[str]], set[str]]) -> Iterator[Found | Unreadable]:
        """Every message that is not among the `known`; asked for a few hundred items at a time, before they are read."""

    def mailboxes(self) -> Iterator[tuple[str, str | None]]:
        """Every mailbox with its role, also the empty ones."""


@dataclass(slots=True)
class Report:
    """What an import did so far. Sizes in bytes."""

    imported: int = 0
    known: int = 0
    octets: int = 0
    failed: int = 0
    problems: list[str] = field(default_factory=list)

    def fail(self, text: str) -> None:
        """Count a message that was not taken over."""
        self.failed += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def run(
    core: Core, account: Account, source: Source, *, into: str = "", progress: Callable[[Report], None] = lambda _: None
) -> Report:
    """Take over what is not here yet; `into` puts everything below a mailbox.

    Raises MailboxFull, NotPermitted, BadInput, TryLater: what was taken over until then stays, and the next run goes on.
    """
    report = Report()
    import_id = core.database.write_now(lambda tx: imports.begin(tx, account.id, f"{source.name} {into}".strip()))
    places: dict[str, str] = {}

    def place(mailbox: str, role: str | None) -> str:
        if mailbox not in places:
            places[mailbox] = core.database.write_now(lambda tx: _mailbox(tx, account, mailbox, role, into))
        return places[mailbox]

    def known(items: Sequence[str]) -> set[str]:
        there = core.database.read_now(lambda tx: imports.known(tx, import_id, items))
        report.known += len(there)
        return there

    for mailbox, role in source.mailboxes():
        place(mailbox, role)
    batch: list[tuple[Found, Item, Prepared]] = []
    octets = 0
    for found in source.messages(known):
        if isinstance(found, Unreadable):
            report.fail(f"{found.item}: {found.because}")
            continue
        try:
            raw = _BARE_LF.sub(b"\r\n", found.read())
            ready = appending.prepare_now(core, account.tenant_id, raw)
        except (MessageTooLarge, NotFound, OSError) as error:
            report.fail(f"{found.item}: {error}")
            continue
        batch.append((found, Item(b"", found.flags, found.keywords[:100], found.date), ready))
        octets += len(raw)
        if len(batch) >= BATCH_MESSAGES or octets >= BATCH_OCTETS:
            _file(core, account, import_id, batch, place, report)
            batch, octets = [], 0
            progress(report)
    if batch:
        _file(core, account, import_id, batch, place, report)
    core.database.write_now(lambda tx: imports.finish(tx, import_id))
    progress(report)
    return report


def _file(
    core: Core,
    account: Account,
    import_id: str,
    batch: list[tuple[Found, Item, Prepared]],
    place: Callable[[str, str | None], str],
    report: Report,
) -> None:
    """One transaction for all; if one of them is refused for itself, each alone."""
    targets = [place(found.mailbox, found.role) for found, _, _ in batch]

    def write(tx: Tx) -> None:
        for (_, item, ready), target in zip(batch, targets, strict=True):
            appending.file_all(tx, core, account, target, [item], [ready])
        imports.note(tx, import_id, [found.item for found, _, _ in batch])

    try:
        core.database.write_now(write)
    except BadInput as refusal:
        if len(batch) == 1:
            report.fail(f"{batch[0][0].item}: {refusal}")
            return
        for each in batch:
            _file(core, account, import_id, [each], place, report)
        return
    report.imported += len(batch)
    report.octets += sum(ready.blob.size for _, _, ready in batch)


def _mailbox(tx: Tx, account: Account, name: str, role: str | None, into: str) -> str:
    """The id of the mailbox for what is called `name` at the source; made when it is missing."""
    if not into and role == "inbox":
        name = "INBOX"
    elif not into and role in mailboxes.ROLES:
        assert role is not None
        return mailboxes.with_role(tx, account, role).id
    path = f"{into}/{name}" if into else name
    safe = "/".join(part.strip().translate(_UNSAFE) or "_" for part in path.split("/") if part)
    try:
        return access.by_name(tx, account, safe).mailbox.id
    except NotFound:
        pass
    try:
        return mailboxes.create(tx, account, safe).id
    except Refusal as refusal:
        raise BadInput(f"{name}: {refusal}") from None


_UNSAFE = {ord("*"): "_", ord("%"): "_", 0x7F: "_", 0x2028: "_", 0x2029: "_", **dict.fromkeys(range(32), "_")}
