"""Passwords: hashing them, and telling whether one is right.

Called by `accounts`, which knows whose they are.
Promises: argon2id only; a wrong password costs the same time as a right one that was not used lately, and so does one for nobody;
a password that was right a moment ago is not hashed again for each connection of a mail program.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from mailwright.domain.refusals import BadInput

# OWASP's second choice for argon2id: 19 MiB and two passes; a login storm of two at a time stays below 40 MiB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_hashing = ThreadPoolExecutor(2, thread_name_prefix="argon2")

GENERATED_BYTES = 12  # of randomness in a password we make: 96 bits, 16 characters
MIN_PASSWORD = 8  # characters; NIST SP 800-63B §5.1.1.2
MAX_PASSWORD = 1024  # bytes: hashing must not be made slow by whoever asks
REMEMBERED_SECONDS = 60.0  # a mail program opens its connections within a minute, one for each folder
REMEMBERED = 10_000  # passwords; more than sign in within a minute

_nobody = _hasher.hash("a password that nobody has")
_key = os.urandom(32)  # of this process: what is remembered tells nothing to who reads its memory later
_right: dict[bytes, float] = {}
"""Keyed digests of a name, a right password and the hash it was right for, with the second until which that is believed."""


def generated_password() -> str:
    """A password nobody has to remember."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def hash_password(password: str) -> str:
    """The argon2id hash to keep; takes some 30 ms, so not inside a transaction. Raises BadInput."""
    if len(password) < MIN_PASSWORD or len(password.encode()) > MAX_PASSWORD:
        raise BadInput(f"a password has at least {MIN_PASSWORD} characters and at most {MAX_PASSWORD} bytes")
    return _hasher.hash(password)


async def is_right(name: str, password: str, hashed: str | None) -> bool:
    """Whether `password` is the one that `hashed` was made of. None, nobody's, takes its time and is never right."""
    digest = _digest(name, password, hashed or "")
    until = _right.get(digest)
    if until is not None and until > time.monotonic():
        return True
    right = await asyncio.get_running_loop().run_in_executor(_hashing, _verify, hashed or _nobody, password)
    if not right or hashed is None:
        return False
    if len(_right) >= REMEMBERED:
        _right.clear()
    _right[digest] = time.monotonic() + REMEMBERED_SECONDS
    return True


def _digest(name: str, password: str, hashed: str) -> bytes:
    # The hash is part of it: a password that was changed is forgotten.
    parts = (part.encode("utf-8", "surrogatepass") for part in (name, hashed, password))
    return hmac.digest(_key, b"\0".join(hashlib.sha256(part).digest() for part in parts), "sha256")


def _verify(hashed: str, password: str) -> bool:
    try:
        if len(password.encode()) > MAX_PASSWORD:
            return False
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError, UnicodeEncodeError):
        return False
