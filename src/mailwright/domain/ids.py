"""Ids: UUIDv7 in text form, so that keys sort by the time they were made.

Called by everything that makes a row. The text form is the same in SQLite (TEXT) and PostgreSQL (uuid).
"""

import hashlib
import re

from uuid_utils import uuid7

_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562 §5.7) as 36 lower-case characters."""
    return str(uuid7())


def first_id_at(milliseconds: int) -> str:
    """The lowest id that can be made from a moment on (milliseconds since 1970): where to begin to look in a table's key."""
    moment = f"{min(max(milliseconds, 0), 2**48 - 1):012x}"
    return f"{moment[:8]}-{moment[8:]}-7000-8000-000000000000"


def is_id(text: str) -> bool:
    """Whether that can be an id of ours. PostgreSQL refuses to compare anything else with one."""
    return _ID.fullmatch(text) is not None


def checksum(data: bytes) -> str:
    """SHA-256 of `data` as 64 hex digits: what a blob's integrity and a delivery's idempotency key are made of."""
    return hashlib.sha256(data).hexdigest()


def derived_token(*parts: str) -> str:
    """A stable 32-character token of `parts`: the same parts give the same token, on every machine and after every crash.

    Deterministic Message-IDs and idempotency keys are made with it.
    """
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
