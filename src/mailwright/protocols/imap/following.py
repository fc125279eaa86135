"""At which commands a trace begins: those that change something. Who only reads begins none.

Used by `connection`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailwright.domain import spans
from mailwright.storage.accounts import Account

CHANGING = frozenset(
    {
        "APPEND",
        "COPY",
        "CREATE",
        "DELETE",
        "DELETEACL",
        "EXPUNGE",
        "MOVE",
        "RENAME",
        "SETACL",
        "SETMETADATA",
        "SETQUOTA",
        "STORE",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "UID EXPUNGE",
    }
)
"""Commands at which a trace begins."""


@contextmanager
def followed(name: str, account: Account | None) -> Iterator[None]:
    """The span of a command; `account` is whose it is."""
    if name not in CHANGING or account is None or not spans.are_followed():
        yield
        return
    with spans.edge(f"imap {name}"):
        spans.concerns(account.tenant_id, account.id)
        yield
