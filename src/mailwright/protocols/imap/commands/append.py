"""APPEND: the client puts messages into a mailbox, one or several, all of them or none (RFC 9051 §6.3.12, RFC 3502)."""

from __future__ import annotations

from mailwright.codecs.imap import Announced, Append, AppendMessage, PeerError, compact
from mailwright.codecs.imap.responses import append_uid_code
from mailwright.core import access, appending
from mailwright.core.access import Reached
from mailwright.core.appending import Item
from mailwright.domain.clock import SECOND
from mailwright.domain.refusals import ExceedsQuota, MailboxFull, NotFound
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx, accounts
from mailwright.storage.accounts import Account


async def append(connection: Connection, command: Append) -> Reply:
    """Answer APPEND. Raises NotPermitted, MailboxFull, ExceedsQuota, MessageTooLarge, TryLater, PeerError (TRYCREATE)."""
    if not all(message.data for message in command.messages):
        # RFC 3502 §6.3.11: a message of no octets means that the client has thought better of it.
        return Reply("NO", "nothing was stored, as you wish")
    if any(message.utf8 for message in command.messages) and not connection.utf8:
        return Reply("BAD", "UTF8 is for after ENABLE UTF8=ACCEPT")  # RFC 6855 §4
    account = connection.who
    reached = await connection.core.read(lambda tx: _target(tx, account, command.mailbox))
    items = [_item(message) for message in command.messages]
    appended = await appending.append(
        connection.core, account, reached.mailbox.id, items, correlation_id=connection.correlation_id
    )
    uids = compact(appended.uids).decode("ascii")
    connection.note("imap.append", f"{reached.owner}:{reached.mailbox.name} uid {uids}")
    if connection.selected is not None and connection.selected.mailbox_id == reached.mailbox.id:
        connection.selected.dirty = True  # RFC 9051 §6.3.12: the EXISTS comes before the OK
    return Reply("OK", "stored", append_uid_code(appended.uidvalidity, appended.uids))


async def announced(connection: Connection, message: Announced) -> Reply | None:
    """Before its octets come: None to let it come. Raises what APPEND would raise, as far as it is known by now."""
    account = connection.who
    await connection.core.read(lambda tx: _has_room(tx, account, message))
    return None


def _has_room(tx: Tx, account: Account, message: Announced) -> None:
    reached = _target(tx, account, message.mailbox)
    owner = accounts.by_id(tx, reached.mailbox.user_id)
    if owner is None or owner.quota_bytes is None:
        return
    if message.size > owner.quota_bytes:
        raise ExceedsQuota("the message is larger than all the room there is")
    if owner.used_bytes + message.size > owner.quota_bytes:
        raise MailboxFull("there is no room for it; delete something first")


def _target(tx: Tx, account: Account, name: str) -> Reached:
    try:
        reached = access.by_name(tx, account, name)
    except NotFound as refusal:
        # RFC 9051 §6.3.12: APPEND to a missing mailbox is NO with TRYCREATE, never BAD.
        raise PeerError(str(refusal), code="TRYCREATE", condition="NO") from None
    access.need(reached, "i")
    return reached


def _item(message: AppendMessage) -> Item:
    date = None if message.date is None else int(message.date.timestamp()) * SECOND
    return Item(message.data, message.flags, message.keywords, date)
