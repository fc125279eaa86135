"""CREATE: a new mailbox (RFC 9051 §6.3.4), for a special use if the client names one (RFC 6154 §3)."""

from __future__ import annotations

from mailwright.codecs.imap import Create, PeerError
from mailwright.codecs.imap.responses import mailbox_id_code
from mailwright.core import access, mailboxes
from mailwright.domain.refusals import AlreadyExists, NotFound
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx
from mailwright.storage.accounts import Account
from mailwright.storage.mailboxes import Mailbox


async def create(connection: Connection, command: Create) -> Reply:
    """Answer CREATE. Raises AlreadyExists, BadInput, NotPermitted, PeerError (USEATTR)."""
    account = connection.who
    role = _role(command.special_use)
    made = await connection.core.write(lambda tx: _create(tx, account, command.mailbox, role))
    return Reply("OK", "created", mailbox_id_code(made.id))  # RFC 8474 §4.1


def _create(tx: Tx, account: Account, name: str, role: str | None) -> Mailbox:
    if role is None:
        return mailboxes.create(tx, account, name)
    try:
        access.by_name(tx, account, name)
    except NotFound:
        pass
    else:
        raise AlreadyExists(f"there is a mailbox {name} already")
    try:
        return mailboxes.create(tx, account, name, role=role)
    except AlreadyExists as refusal:
        raise _no_such_use(str(refusal)) from None


def _role(uses: tuple[str, ...]) -> str | None:
    if not uses:
        return None
    role = uses[0].removeprefix("\\").lower()
    if len(uses) > 1:
        raise _no_such_use("a mailbox is for one thing here")
    if role not in mailboxes.ROLES:
        raise _no_such_use(f"a mailbox cannot be for {uses[0]} here")
    return role


def _no_such_use(text: str) -> PeerError:
    return PeerError(text, code="USEATTR", condition="NO")  # RFC 6154 §3
