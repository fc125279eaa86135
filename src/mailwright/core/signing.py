"""Signing what leaves: DKIM, with the keys of the domain in From.

Called by the dispatcher for each message that goes to another mail server.
Expects: an outbox row that says whether we vouch for its From (`vouched`): somebody signed in to send it, or we wrote it.
Promises: mail of others that is only passed on is never signed, whatever its From says; what is signed leaves as it was signed.
"""

from __future__ import annotations

import asyncio
import time

from mailwright.codecs import dkim, fields, mime
from mailwright.codecs.dkim import SigningKey
from mailwright.core import Core, dkimkeys
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress
from mailwright.storage.outbox import OutboxRow

KEYS_SECONDS = 30.0  # how long a rotation may take to be seen by every process
REMEMBERED = 256  # signatures of messages that go to several recipients, a kilobyte and a half each
LARGE_OCTETS = 64 * 1024  # signed in a thread: hashing more than this holds up everybody else for a millisecond
MAX_DOMAINS = 5  # in From; one is the rule


class Signer:
    """Signs, and remembers keys and signatures for a moment."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._keys: dict[str, tuple[float, tuple[SigningKey, ...]]] = {}
        self._signatures: dict[tuple[str, tuple[str, ...]], bytes] = {}

    async def sign(self, row: OutboxRow, raw: bytes) -> bytes:
        """`raw` as it leaves, signed when it is ours. Raises TryLater when the keys cannot be had now."""
        if not row.vouched:
            return raw
        keys = [key for name in _from_domains(raw) for key in await self._keys_of(name)]
        if not keys:
            return raw
        raw = _with_line_ends(raw)
        known = (row.blob_id, tuple(f"{key.selector}@{key.domain}" for key in keys))
        signature = self._signatures.get(known)
        if signature is None:
            moment = clock.now()
            if len(raw) > LARGE_OCTETS:
                signature = await asyncio.to_thread(dkim.sign, raw, keys, moment)
            else:
                signature = dkim.sign(raw, keys, moment)
            if len(self._signatures) >= REMEMBERED:
                self._signatures.clear()
            self._signatures[known] = signature
        return signature + raw

    async def _keys_of(self, name: str) -> tuple[SigningKey, ...]:
        until, keys = self._keys.get(name, (0.0, ()))
        if until < time.monotonic():
            keys = await dkimkeys.signing_keys(self._core, name)
            self._keys = {other: found for other, found in self._keys.items() if found[0] >= time.monotonic()}
            self._keys[name] = (time.monotonic() + KEYS_SECONDS, keys)
        return keys


def _from_domains(raw: bytes) -> list[str]:
    """The domains of the authors, each once."""
    header = mime.parse(raw[: fields.body_start(raw)]).header
    found: dict[str, None] = {}
    for mailbox in header.mailboxes("from"):
        try:
            found[Address.parse(mailbox.address).domain] = None
        except BadAddress:
            continue
    return list(found)[:MAX_DOMAINS]


def _with_line_ends(raw: bytes) -> bytes:
    """CRLF line ends only (RFC 6376 §5.3: what is signed is what leaves). What came by SMTP has them already."""
    if raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r"):
        return raw
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
