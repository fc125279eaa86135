"""Importing: mail from elsewhere into an account's mailboxes.

Called by `mailwright import` with a source (files or another server: `connectors`). Synchronous: it runs in a program of its own.
Promises: bounded memory; flags, keywords and dates are kept; what was taken over is remembered in the same transaction, so
that an import that was interrupted goes on where it ended and one that is repeated takes what is new.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mailwright.core import Core, access, appending, mailboxes, marking
from mailwright.core.accounts import Account
from mailwright.core.appending import Item, Prepared
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import BadInput, ExceedsQuota, MailboxFull, MessageTooLarge, NotFound, Refusal
from mailwright.domain.transfer import Found, Unreadable
from mailwright.storage import Tx, imports

BATCH_MESSAGES = 100
BATCH_OCTETS = 8 * 1024 * 1024
CUT_OCTETS = 64  # of each part of a name that is too long as a whole
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


class _Place(Protocol):
    """The id of our mailbox for one of the source's; `anew` does not believe what was found before."""

    def __call__(self, mailbox: str, role: str | None, *, anew: bool = False) -> str: ...


@dataclass(slots=True)
class Failures:
    """What did not go well: all of it counted, the first of it told."""

    failed: int = 0
    problems: list[str] = field(default_factory=list)

    def fail(self, text: str) -> None:
        """Count a thing that was not taken over."""
        self.failed += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


@dataclass(slots=True)
class Report(Failures):
    """What an import did so far. Sizes in bytes."""

    imported: int = 0
    known: int = 0
    octets: int = 0


def run(
    core: Core, account: Account, source: Source, *, into: str = "", progress: Callable[[Report], None] = lambda _: None
) -> Report:
    """Take over what is not here yet; `into` puts everything below a mailbox.

    Raises MailboxFull, NotPermitted, BadInput, TryLater: what was taken over until then stays, and the next run goes on.
    """
    if access.normal(into).partition(access.SEPARATOR)[0] == access.OTHERS:
        raise BadInput(f"mail is imported into the account's own mailboxes, and {access.OTHERS} are not")
    report = Report()
    import_id = core.database.write_now(lambda tx: imports.begin(tx, account.id, f"{source.name} {into}".strip()))
    places: dict[str, str] = {}

    def place(mailbox: str, role: str | None, *, anew: bool = False) -> str:
        if anew or mailbox not in places:
            places[mailbox] = core.database.write_now(lambda tx: mailbox_for(tx, account, mailbox, role, into))
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
        batch.append((found, Item(b"", found.flags, _keywords(found.keywords), found.date), ready))
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
    place: _Place,
    report: Report,
    *,
    anew: bool = False,
) -> None:
    """One transaction for all; if one of them is refused for itself, each alone. Room is filled to the last message."""
    targets = [place(found.mailbox, found.role, anew=anew) for found, _, _ in batch]

    def write(tx: Tx) -> None:
        for (_, item, ready), target in zip(batch, targets, strict=True):
            appending.file_all(tx, core, account, target, [item], [ready])
        imports.note(tx, import_id, [found.item for found, _, _ in batch])

    try:
        core.database.write_now(write)
    except NotFound:
        if anew:
            raise
        # Its owner deleted the mailbox meanwhile: what is still to come makes it again.
        _file(core, account, import_id, batch, place, report, anew=True)
        return
    except (BadInput, ExceedsQuota, MailboxFull) as refusal:
        if len(batch) > 1:
            for each in batch:
                _file(core, account, import_id, [each], place, report)
            return
        if isinstance(refusal, MailboxFull):
            raise MailboxFull(f"after {report.imported} messages: {refusal}") from None
        report.fail(f"{batch[0][0].item}: {refusal}")
        return
    report.imported += len(batch)
    report.octets += sum(ready.blob.size for _, _, ready in batch)


def mailbox_for(tx: Tx, account: Account, name: str, role: str | None, into: str) -> str:
    """The id of the mailbox for what is called `name` at the source; made when it is missing."""
    if not into and role == "inbox":
        name = "INBOX"
    elif not into and role in mailboxes.ROLES:
        assert role is not None
        return mailboxes.with_role(tx, account, role).id
    safe = fitting(f"{into}/{name}" if into else name)
    try:
        return access.by_name(tx, account, safe).mailbox.id
    except NotFound:
        pass
    try:
        return mailboxes.create(tx, account, safe).id
    except Refusal as refusal:
        raise BadInput(f"{name[:200]!r}: {refusal}") from None


def fitting(name: str) -> str:
    """The name of a mailbox of the account's own for whatever a source calls it: two sources' names stay two names."""
    parts = [_UNSAFE.sub("_", part).strip() or "_" for part in unicodedata.normalize("NFC", name).split("/") if part]
    if not parts:
        return "_"
    if parts[0] == access.OTHERS:
        parts[0] += " (imported)"  # else it would go into somebody else's
    safe = "/".join(parts)
    if len(parts) > mailboxes.MAX_DEPTH or len(safe.encode()) > mailboxes.MAX_NAME_OCTETS:
        parts = [*parts[: mailboxes.MAX_DEPTH // 2], f"{checksum(safe.encode())[:16]}"]
        safe = "/".join(part.encode()[:CUT_OCTETS].decode("utf-8", "ignore") or "_" for part in parts)
    return safe


def _keywords(words: Sequence[str]) -> tuple[str, ...]:
    """What a message can keep of its keywords, in words IMAP can say."""
    kept: list[str] = []
    octets = 0
    for word in words:
        plain = marking.NOT_ATOM.sub("_", word)
        octets += len(plain) + 3  # as the row has it
        if len(kept) >= marking.MAX_KEYWORDS or octets >= marking.MAX_KEYWORDS_OCTETS:
            break
        if plain:
            kept.append(plain)
    return tuple(kept)


_UNSAFE = re.compile("[*%\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
