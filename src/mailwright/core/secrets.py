"""Secrets at rest: what must be kept and never read in a stolen copy of the database is sealed first.

Called wherever a secret is kept that we need in the clear again: private DKIM keys, passwords for other services. (Our users'
passwords are hashed instead.)
Promises: sealed with AES-256-GCM (NIST SP 800-38D) under a key that is not in the database: `secret_key` of the settings, or the
file `secret.key` in the data folder, made at first need and readable by its owner only. What is sealed for one purpose opens for
no other.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailwright.domain.refusals import TryLater

KEY_OCTETS = 32
NONCE_OCTETS = 12  # NIST SP 800-38D §8.2: 96 bits
FORM = "v1:"  # of what is sealed: another cipher would have another word here


class Vault:
    """Seals and opens. `secret` comes from the settings; else the key is in the file at `path`; else this process forgets it."""

    def __init__(self, secret: str | None = None, *, path: Path | None = None) -> None:
        self._secret = secret
        self._path = path
        self._cipher: AESGCM | None = None
        self._kept: bytes | None = None

    def seal(self, secret: bytes, *, purpose: str) -> str:
        """`secret` as text for the database. Raises TryLater when the key file cannot be made."""
        nonce = os.urandom(NONCE_OCTETS)
        sealed = self._ready().encrypt(nonce, secret, purpose.encode())
        return FORM + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, purpose: str) -> bytes:
        """What `seal` was given for the same purpose. Raises TryLater when our key is not the one it was sealed with."""
        try:
            octets = base64.b64decode(sealed.removeprefix(FORM), validate=True)
            return self._ready().decrypt(octets[:NONCE_OCTETS], octets[NONCE_OCTETS:], purpose.encode())
        except (InvalidTag, ValueError):
            raise TryLater(
                "a secret in the database was sealed with another key: bring back secret.key (or MAILWRIGHT_SECRET_KEY)"
            ) from None

    def key_for(self, purpose: str) -> bytes:
        """KEY_OCTETS to sign with, always the same for a purpose, on every machine with our secret. Raises TryLater."""
        info = b"mailwright key for " + purpose.encode()  # RFC 5869 §3.2: what keeps its uses apart
        return HKDF(SHA256(), KEY_OCTETS, salt=None, info=info).derive(self._known())

    def _ready(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = AESGCM(self._known())
        return self._cipher

    def _known(self) -> bytes:
        if self._kept is None:
            self._kept = self._key()
        return self._kept

    def _key(self) -> bytes:
        if self._secret is not None:
            # RFC 5869 §3.1: the secret is long and random; a fixed context keeps its other uses apart.
            return HKDF(SHA256(), KEY_OCTETS, salt=None, info=b"mailwright secrets at rest").derive(
                self._secret.encode()
            )
        if self._path is None:
            return secrets.token_bytes(KEY_OCTETS)
        try:
            return _key_in(self._path)
        except OSError as error:
            raise TryLater(f"the key file {self._path} cannot be used: {error.strerror or error}") from error


def _key_in(path: Path) -> bytes:
    """The key in the file, which is made when it is not there: whole and durable, or not at all."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, base64.b64encode(secrets.token_bytes(KEY_OCTETS)) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with contextlib.suppress(FileExistsError):  # another process was faster: its key is the key
            os.link(made, path)
        made.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # a key that a power cut forgets is worse than none
        finally:
            os.close(folder)
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_OCTETS:
        raise OSError(f"it does not hold {KEY_OCTETS} octets in base64")
    return key
