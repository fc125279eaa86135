"""GETMETADATA and SETMETADATA: notes about a mailbox, private or shared, and about the server (RFC 5464).

Values are octets of any kind; what is no text is kept in base64. The server itself has private entries only: what all users of
an installation would share is not a client's to write.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from mailwright.codecs.imap import GetMetadata, PeerError, SetMetadata
from mailwright.codecs.imap.listings import metadata_line
from mailwright.core import access
from mailwright.domain.refusals import NotPermitted
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx, mailboxes
from mailwright.storage.accounts import Account

MAX_VALUE_OCTETS = 64 * 1024  # of one value: a note, or a small picture
MAX_ENTRIES = 100  # of one mailbox that one account sees
OURS = "/private/vendor/mailwright/"
"""Entries by which Mailwright itself remembers something; clients may read them."""
_ENCODED = "base64:"


async def get_metadata(connection: Connection, command: GetMetadata) -> Reply:
    """Answer GETMETADATA. Raises NotFound, NotPermitted."""
    account = connection.who
    known = await connection.core.read(lambda tx: _known(tx, account, command.mailbox))
    found = {entry: _decoded(known[entry]) for entry in _asked(command, known)}
    # RFC 5464 §4.2.1: what is longer than the client wants is left out, and it is told how long the longest is.
    long = [len(value) for value in found.values() if command.max_size is not None and len(value) > command.max_size]
    shown: list[tuple[str, bytes | None]] = [
        (entry, value) for entry, value in found.items() if command.max_size is None or len(value) <= command.max_size
    ]
    # RFC 5464 §4.4.1: NIL, where the entry that was named is not there.
    shown += [(entry, None) for entry in command.entries if entry not in found and command.depth == "0"]
    if shown:
        connection.send(metadata_line(command.mailbox, shown, utf8=connection.utf8))
    return Reply("OK", "those are the notes", f"METADATA LONGENTRIES {max(long)}" if long else "")


async def set_metadata(connection: Connection, command: SetMetadata) -> Reply:
    """Answer SETMETADATA: all of it or nothing. Raises NotFound, NotPermitted, PeerError (MAXSIZE, TOOMANY)."""
    for _, value in command.entries:
        if value is not None and len(value) > MAX_VALUE_OCTETS:
            # RFC 5464 §4.3.
            raise PeerError("the value is too long", code=f"METADATA MAXSIZE {MAX_VALUE_OCTETS}", condition="NO")
    account = connection.who
    await connection.core.write(lambda tx: _set(tx, account, command))
    connection.note("imap.setmetadata", f"{command.mailbox} {' '.join(entry for entry, _ in command.entries)}")
    return Reply("OK", "noted")


def _known(tx: Tx, account: Account, name: str) -> dict[str, str]:
    if not name:
        found = mailboxes.metadata_of(tx, "", account.id)
        return {entry: value for entry, value in found.items() if entry.startswith("/private/")}
    reached = access.by_name(tx, account, name)
    access.need(reached, "r")  # RFC 5464 §3.3: with rights, reading needs l and r
    return mailboxes.metadata_of(tx, reached.mailbox.id, account.id)


def _asked(command: GetMetadata, known: Iterable[str]) -> list[str]:
    """The entries that are there, of those named and of those as far below them as DEPTH says (RFC 5464 §4.2.2)."""
    chosen: dict[str, None] = {}
    for name in command.entries:
        for entry in sorted(known):
            below = entry.removeprefix(f"{name}/")
            if entry == name or (
                below != entry and (command.depth == "infinity" or (command.depth == "1" and "/" not in below))
            ):
                chosen[entry] = None
    return list(chosen)


def _set(tx: Tx, account: Account, command: SetMetadata) -> None:
    mailbox_id = ""
    if command.mailbox:
        reached = access.by_name(tx, account, command.mailbox)
        mailbox_id = reached.mailbox.id
        access.need(reached, "r")
        if any(entry.startswith("/shared/") for entry, _ in command.entries):
            access.need(reached, "w")  # RFC 5464 §3.3: what others read too
    known = set(mailboxes.metadata_of(tx, mailbox_id, account.id))
    for entry, value in command.entries:
        if entry.startswith(OURS) or (not mailbox_id and entry.startswith("/shared/")):
            raise NotPermitted(f"{entry} is not yours to write")
        owner = account.id if entry.startswith("/private/") else ""
        mailboxes.set_metadata(tx, mailbox_id, owner, entry, None if value is None else _encoded(value))
        known = known - {entry} if value is None else known | {entry}
    if len(known) > MAX_ENTRIES:
        raise PeerError(f"there are at most {MAX_ENTRIES} entries", code="METADATA TOOMANY", condition="NO")


def _encoded(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or text.startswith(_ENCODED):
        return _ENCODED + base64.b64encode(value).decode("ascii")
    return text


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.removeprefix(_ENCODED)) if text.startswith(_ENCODED) else text.encode()
