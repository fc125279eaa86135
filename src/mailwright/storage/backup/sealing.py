"""Sealing pieces of a backup: compressed, named by what is in them, and with a passphrase encrypted.

Used by `repository`. Encryption is AES-256-GCM with a key of scrypt; a piece's name is then a keyed hash, so that who sees the
names cannot tell whether a text they know is in the backup, and it is bound to the piece: none can be put in another's place.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import zlib
from typing import Any

from mailwright.domain.refusals import BadInput

LEVEL = 1  # of zlib: mail in base64 shrinks by a quarter at any level, and this one does not hold up the disk
_NONCE = 12  # bytes; NIST SP 800-38D §8.2
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_CHECK = b"mailwright backup"
MAX_PIECE = 96 * 1024**2
"""Bytes a piece may become: a lying one must not fill the memory. We cut at 4 MiB, and behind the row that reaches it."""
MAX_SEALED = MAX_PIECE + 1024**2


class Damaged(Exception):
    """A piece is not what its name says."""


class Plain:
    """Compressed and named by SHA-256; anybody can read it."""

    encrypted = False

    def name(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    def seal(self, name: str, data: bytes) -> bytes:
        return zlib.compress(data, LEVEL)

    def open(self, name: str, sealed: bytes) -> bytes:
        """The bytes. Raises Damaged."""
        data = _decompress(sealed)
        if name and self.name(data) != name:
            raise Damaged("its bytes are not those that were written")
        return data


class Encrypted(Plain):
    """The same behind a passphrase."""

    encrypted = True

    def __init__(self, passphrase: bytes, salt: bytes, parameters: dict[str, int]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        key = Scrypt(salt=salt, length=64, n=parameters["n"], r=parameters["r"], p=parameters["p"]).derive(passphrase)
        self._cipher = AESGCM(key[:32])
        self._names = key[32:]

    def name(self, data: bytes) -> str:
        return hmac.new(self._names, data, hashlib.sha256).hexdigest()

    def seal(self, name: str, data: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, super().seal(name, data), name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        return super().open(name, self.uncovered(name, sealed))

    def uncovered(self, name: str, sealed: bytes) -> bytes:
        """What was encrypted under that name. Raises Damaged."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise Damaged("it cannot be decrypted") from None

    def check(self) -> str:
        """What proves the passphrase the next time."""
        nonce = os.urandom(_NONCE)
        return (nonce + self._cipher.encrypt(nonce, _CHECK, b"check")).hex()


def begin(passphrase: str | None) -> tuple[Plain, dict[str, Any] | None]:
    """How a new repository seals, and what it has to remember of that."""
    if passphrase is None:
        return Plain(), None
    salt = os.urandom(16)
    sealer = Encrypted(passphrase.encode(), salt, _SCRYPT)
    return sealer, {"kdf": "scrypt", **_SCRYPT, "salt": salt.hex(), "check": sealer.check()}


def again(passphrase: str | None, remembered: dict[str, Any] | None) -> Plain:
    """How a repository seals that is there. Raises BadInput."""
    if remembered is None:
        if passphrase is not None:
            raise BadInput("these backups are not encrypted: leave the passphrase out, or begin in another place")
        return Plain()
    if passphrase is None:
        raise BadInput("these backups are encrypted: --key-file or MAILWRIGHT_BACKUP_PASSPHRASE is missing")
    wanted = {name: int(remembered[name]) for name in _SCRYPT}
    if not (1 < wanted["n"] <= 2**20 and 0 < wanted["r"] <= 32 and 0 < wanted["p"] <= 16):
        raise BadInput("the repository's key parameters cannot be believed")
    sealer = Encrypted(passphrase.encode(), bytes.fromhex(remembered["salt"]), wanted)
    try:
        sealer.uncovered("check", bytes.fromhex(remembered["check"]))
    except Damaged:
        raise BadInput("the passphrase is not that of these backups") from None
    return sealer


def _decompress(data: bytes) -> bytes:
    worker = zlib.decompressobj()
    try:
        found = worker.decompress(data, MAX_PIECE)
    except zlib.error:
        raise Damaged("it cannot be decompressed") from None
    if not worker.eof or worker.unused_data:
        raise Damaged("it is cut off, or longer than it was")
    return found
