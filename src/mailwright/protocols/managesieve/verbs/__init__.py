"""What each command asks of core, and its answer.

Called by `connection`, through the table below. A verb gives back the octets of its answer, or raises a Refusal; any other
exception is a bug, is recorded and answered with NO.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from mailwright.protocols.managesieve.verbs import conversation, scripts, signing

if TYPE_CHECKING:
    from mailwright.protocols.managesieve.connection import Connection

Verb: TypeAlias = "Callable[[Connection, Any], Awaitable[bytes]]"

VERBS: dict[str, Verb] = {
    "(answer)": signing.answer,
    "(garbled)": conversation.garbled,
    "AUTHENTICATE": signing.authenticate,
    "CAPABILITY": conversation.capability,
    "CHECKSCRIPT": scripts.check,
    "DELETESCRIPT": scripts.delete,
    "GETSCRIPT": scripts.get,
    "HAVESPACE": scripts.have_space,
    "LISTSCRIPTS": scripts.listing,
    "LOGOUT": conversation.logout,
    "NOOP": conversation.noop,
    "PUTSCRIPT": scripts.put,
    "RENAMESCRIPT": scripts.rename,
    "SETACTIVE": scripts.set_active,
    "STARTTLS": conversation.starttls,
    "UNAUTHENTICATE": signing.unauthenticate,
}
