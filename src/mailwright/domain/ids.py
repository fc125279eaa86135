"""Ids: UUIDv7 in text form, so that keys sort by the time they were made.

Called by everything that makes a row. The text form is the same in SQLite (TEXT) and PostgreSQL (uuid).
"""

import hashlib

from uuid_utils import uuid7


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562 §5.7) as 36 lower-case characters."""
    return str(uuid7())


def checksum(data: bytes) -> str:
    """SHA-256 of `data` as 64 hex digits: what a blob's integrity and a delivery's idempotency key are made of."""
    return hashlib.sha256(data).hexdigest()


def derived_token(*parts: str) -> str:
    """A stable 32-character token of `parts`: the same parts give the same token, on every machine and after every crash.

    Deterministic Message-IDs and idempotency keys are made with it.
    """
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
