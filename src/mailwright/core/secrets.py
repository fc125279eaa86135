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
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mailwright.domain.refusals import TryLater
from mailwright.storage.durablefiles import sync_folder

KEY_OCTETS = 32
NONCE_OCTETS = 12  # NIST SP 800-38D §8.2: 96 bits
FORM = "v1:"  # of what is sealed: another cipher would have another word here


class AnotherKey(TryLater):
    """None of our keys is the one it was sealed with."""


class Vault:
    """Seals and opens. `secret` comes from the settings; else the key is in the file at `path`; else this process forgets it.

    `old` are secrets it was before: what they sealed still opens, and nothing new is sealed with them. The file may hold older keys, too,
    one in a line below the first.
    """

    def __init__(self, secret: str | None = None, *, path: Path | None = None, old: Sequence[str] = ()) -> None:
        self._secret = secret
        self._path = path
        self._old = tuple(old)
        self._kept: tuple[bytes, ...] = ()
        self._seen: tuple[int, int] | None = None  # the file as it was read

    def seal(self, secret: bytes, *, purpose: str) -> str:
        """`secret` as text for the database. Raises TryLater when the key file cannot be made."""
        nonce = os.urandom(NONCE_OCTETS)
        sealed = AESGCM(self._keys()[0]).encrypt(nonce, secret, purpose.encode())
        return FORM + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, purpose: str) -> bytes:
        """What `seal` was given for the same purpose. Raises AnotherKey, and TryLater when the key file cannot be read."""
        missing = self._secret is None and self._path is not None and not self._kept and not self._path.exists()
        opened = None if missing else _opened(sealed, purpose, self._keys())  # a key made now would open nothing
        if opened is None:
            raise AnotherKey(
                "a secret in the database was sealed with another key: bring back secret.key (or MAILWRIGHT_SECRET_KEY)"
            )
        return opened

    def renewed(self, sealed: str, *, purpose: str) -> str | None:
        """The same sealed with the key of now; None when it is. Raises AnotherKey when none of our keys opens it, TryLater."""
        if _opened(sealed, purpose, self._keys()[:1]) is not None:
            return None
        return self.seal(self.open(sealed, purpose=purpose), purpose=purpose)

    @property
    def keys(self) -> int:
        """How many keys open something: one, and those it was before."""
        return len(self._keys())

    def key_for(self, purpose: str) -> bytes:
        """KEY_OCTETS to sign with, always the same for a purpose, on every machine with our secret. Raises TryLater."""
        info = b"mailwright key for " + purpose.encode()  # RFC 5869 §3.2: what keeps its uses apart
        return HKDF(SHA256(), KEY_OCTETS, salt=None, info=info).derive(self._keys()[0])

    def _keys(self) -> tuple[bytes, ...]:
        """The key of now, and those before it. Another process may put a new key into the file at any time."""
        stamp = _stamp(self._path) if self._secret is None and self._path is not None else None
        if not self._kept or (stamp is not None and stamp != self._seen):
            self._seen = stamp
            own = (_derived(self._secret),) if self._secret is not None else self._of_file()
            self._kept = tuple(dict.fromkeys((*own, *map(_derived, self._old))))
        return self._kept

    def _of_file(self) -> tuple[bytes, ...]:
        if self._path is None:
            return (secrets.token_bytes(KEY_OCTETS),)
        try:
            return _keys_in(self._path)
        except OSError as error:
            raise TryLater(f"the key file {self._path} cannot be used: {error.strerror or error}") from error


def renew_key_file(path: Path) -> None:
    """Put a new key before those in the file: whole and durable, or not at all. Raises TryLater."""
    try:
        kept = [base64.b64encode(key) for key in _keys_in(path)]
        made = _draft(path, b"".join(key + b"\n" for key in (base64.b64encode(secrets.token_bytes(KEY_OCTETS)), *kept)))
        made.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise TryLater(f"the key file {path} cannot be used: {error.strerror or error}") from error


def forget_old_keys(path: Path) -> int:
    """Leave only the key of now in the file; how many went. Raises TryLater."""
    try:
        first, *old = _keys_in(path)
        if old:
            _draft(path, base64.b64encode(first) + b"\n").replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise TryLater(f"the key file {path} cannot be used: {error.strerror or error}") from error
    return len(old)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # what was read of it before is as good as ever
    return found.st_mtime_ns, found.st_ino


def _derived(secret: str) -> bytes:
    # RFC 5869 §3.1: the secret is long and random; a fixed context keeps its other uses apart.
    return HKDF(SHA256(), KEY_OCTETS, salt=None, info=b"mailwright secrets at rest").derive(secret.encode())


def _opened(sealed: str, purpose: str, keys: Sequence[bytes]) -> bytes | None:
    """What the first of the keys that fits opens, or None."""
    try:
        octets = base64.b64decode(sealed.removeprefix(FORM), validate=True)
    except ValueError:
        return None
    for key in keys:
        with contextlib.suppress(InvalidTag, ValueError):
            return AESGCM(key).decrypt(octets[:NONCE_OCTETS], octets[NONCE_OCTETS:], purpose.encode())
    return None


def _keys_in(path: Path) -> tuple[bytes, ...]:
    """The keys in the file, which is made with one when it is not there: whole and durable, or not at all."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _draft(path, base64.b64encode(secrets.token_bytes(KEY_OCTETS)) + b"\n")
        with contextlib.suppress(FileExistsError):  # another process was faster: its key is the key
            os.link(made, path)
        made.unlink()
        sync_folder(path.parent)  # a key that a power cut forgets is worse than none
    try:
        keys = tuple(base64.b64decode(line, validate=True) for line in path.read_bytes().split())
    except ValueError:
        keys = ()
    if not keys or any(len(key) != KEY_OCTETS for key in keys):
        raise OSError(f"it does not hold {KEY_OCTETS} octets in base64")
    return keys


def _draft(path: Path, content: bytes) -> Path:
    """A file beside `path` that only we read, with this content on the disk."""
    made = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return made
