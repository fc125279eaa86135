"""Finding what a command means: a message by our id or by its Message-ID field, a person by their address.

Of several copies of a message the one an agent got is meant, since the commands that ask are about its work.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mailwright.domain.refusals import NotFound

if TYPE_CHECKING:
    from mailwright.storage import Tx
    from mailwright.storage.accounts import Account
    from mailwright.storage.messages import StoredMessage


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_id(text: str) -> bool:
    """Whether a text can be the id of a row; PostgreSQL refuses to compare ids with anything else."""
    return _ID.fullmatch(text) is not None


def checked_id(text: str, what: str) -> str:
    """The id, or NotFound: nothing has an id like that."""
    if not is_id(text):
        raise NotFound(f"there is no {what} {text}")
    return text


def message_named(tx: Tx, name: str) -> StoredMessage:
    """The message of that id or Message-ID (with or without the angle brackets). Raises NotFound."""
    from mailwright.storage import accounts, messages, threads

    found = messages.by_id(tx, name) if is_id(name) else None
    if found is not None:
        return found
    field = name if name.startswith("<") else f"<{name}>"
    copies: list[StoredMessage] = []
    for user_id, _thread in threads.holders(tx, field):
        owner = accounts.by_id(tx, user_id)
        held = messages.with_message_id(tx, user_id, field)
        if owner is not None and owner.role == "agent":
            return held[0]
        copies += held
    if not copies:
        raise NotFound(f"there is no message {name}")
    return copies[0]


def person_named(tx: Tx, email: str) -> Account:
    """Who has that main address: somebody with a mailbox, else an outside sender. Raises NotFound, BadAddress."""
    from mailwright.domain.addresses import Address
    from mailwright.storage import accounts

    found = accounts.with_address(tx, Address.parse(email.strip()).key)
    if not found:
        raise NotFound(f"there is no user {email}")
    return found[0]
