"""GETQUOTA, GETQUOTAROOT and SETQUOTA: how much room there is (RFC 9208).

An account has one quota root, named "", for all of its own mailboxes. What others share counts for them and is theirs to know.
"""

from __future__ import annotations

from mailwright.codecs.imap import GetQuota, GetQuotaRoot, SetQuota
from mailwright.codecs.imap.listings import quota_line, quota_root_line
from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.domain.refusals import NotFound, NotPermitted
from mailwright.protocols.imap.commands.status import OCTETS_OF_STORAGE
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx, accounts
from mailwright.storage.accounts import Account

ROOT = ""


async def get_quota(connection: Connection, command: GetQuota) -> Reply:
    """Answer GETQUOTA. Raises NotFound."""
    if command.root != ROOT:
        raise NotFound('there is one quota root here, named ""')
    account = connection.who
    connection.send(_line(await connection.core.read(lambda tx: _now(tx, account))))
    return Reply("OK", "that is how it stands")


async def get_quota_root(connection: Connection, command: GetQuotaRoot) -> Reply:
    """Answer GETQUOTAROOT. Raises NotFound, NotPermitted."""
    account = connection.who

    def read(tx: Tx) -> tuple[Reached, Account]:
        reached = access.by_name(tx, account, command.mailbox)
        access.need(reached, "r")  # RFC 9208 §4.1.3
        return reached, _now(tx, account)

    reached, now = await connection.core.read(read)
    connection.send(quota_root_line(reached.name, [ROOT] if reached.own else [], utf8=connection.utf8))
    if reached.own:
        connection.send(_line(now))
    return Reply("OK", "that is how it stands")


async def set_quota(connection: Connection, command: SetQuota) -> Reply:
    """Answer SETQUOTA, which is not offered (RFC 9208 §3.1.2: QUOTASET would be). Raises NotPermitted."""
    raise NotPermitted("whoever runs this server decides how much room there is")


def _now(tx: Tx, account: Account) -> Account:
    found = accounts.by_id(tx, account.id)
    if found is None:
        raise NotFound("the account is gone")
    return found


def _line(account: Account) -> bytes:
    if account.quota_bytes is None:
        return quota_line(ROOT, [])  # RFC 9208 §4.2.1: without a limit there is nothing to list
    used = -(-account.used_bytes // OCTETS_OF_STORAGE)
    return quota_line(ROOT, [("STORAGE", used, account.quota_bytes // OCTETS_OF_STORAGE)])
