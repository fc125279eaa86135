"""GETACL, SETACL, DELETEACL, LISTRIGHTS and MYRIGHTS: who may do what in a mailbox (RFC 4314)."""

from __future__ import annotations

from collections.abc import Set

from mailwright.codecs.imap import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from mailwright.codecs.imap.listings import acl_line, list_rights_line, my_rights_line
from mailwright.core import access
from mailwright.core.access import RIGHTS, Reached
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx

_SIGNS = {"replace": "", "add": "+", "remove": "-"}
_OBSOLETE = (("c", frozenset("k")), ("d", frozenset("xte")))


def letters(rights: Set[str]) -> str:
    """Rights as they are shown, in their usual order."""
    # RFC 4314 §2.1.1: clients of RFC 2086 look for c and d, which are there when one of what they became is.
    old = [letter for letter, became in _OBSOLETE if rights & became]
    return "".join([right for right in RIGHTS if right in rights] + old)


async def get_acl(connection: Connection, command: GetAcl) -> Reply:
    """Answer GETACL. Raises NotFound, NotPermitted (without the right `a`)."""
    account = connection.who

    def read(tx: Tx) -> tuple[Reached, dict[str, str]]:
        reached = access.by_name(tx, account, command.mailbox)
        return reached, access.acl_of(tx, reached)

    reached, entries = await connection.core.read(read)
    shown = {identifier: letters(frozenset(rights)) for identifier, rights in entries.items()}
    connection.send(acl_line(reached.name, shown, utf8=connection.utf8))
    return Reply("OK", "those are the rights")


async def set_acl(connection: Connection, command: SetAcl) -> Reply:
    """Answer SETACL. Raises NotFound (mailbox or user), NotPermitted, BadInput."""
    change = _SIGNS[command.mode] + "".join(right for right in RIGHTS if right in command.rights)
    await _change(connection, command, change)
    return Reply("OK", "the rights are set")


async def delete_acl(connection: Connection, command: DeleteAcl) -> Reply:
    """Answer DELETEACL: the entry goes. Raises what SETACL raises."""
    await _change(connection, command, "")
    return Reply("OK", "the rights are taken away")


async def _change(connection: Connection, command: SetAcl | DeleteAcl, change: str) -> None:
    account = connection.who

    def write(tx: Tx) -> None:
        reached = access.by_name(tx, account, command.mailbox)
        access.set_acl(tx, account, reached, command.identifier, change)

    await connection.core.write(write)


async def list_rights(connection: Connection, command: ListRights) -> Reply:
    """Answer LISTRIGHTS. Raises NotFound, NotPermitted (without the right `a`)."""
    account = connection.who
    reached = await connection.core.read(lambda tx: access.by_name(tx, account, command.mailbox))
    access.need(reached, "a")
    if command.identifier.lower() == reached.owner.lower():
        always, others = letters(access.ALL), []
    else:
        always, others = "", list(letters(access.ALL))  # RFC 4314 §3.7: each can be given alone
    connection.send(list_rights_line(reached.name, command.identifier, always, others, utf8=connection.utf8))
    return Reply("OK", "those are the rights that can be given")


async def my_rights(connection: Connection, command: MyRights) -> Reply:
    """Answer MYRIGHTS. Raises NotFound."""
    account = connection.who
    reached = await connection.core.read(lambda tx: access.by_name(tx, account, command.mailbox))
    connection.send(my_rights_line(reached.name, letters(reached.rights), utf8=connection.utf8))
    return Reply("OK", "those are yours")
