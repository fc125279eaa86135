"""The second factor: codes that an authenticator shows (TOTP, RFC 6238), and recovery codes for the day it is lost.

Called by `accounts.authenticate` for pages, and by the account's own settings. Mail programs cannot ask for a code: while the second
factor is on, they sign in with app passwords only.
Promises: the shared secret is sealed; a code works once (RFC 6238 §5.2), within half a minute of its time; a recovery code works
once, is random, and is kept as a digest.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import pyotp

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import HOUR, SECOND
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import Tx, audit
from mailwright.storage import credentials as rows
from mailwright.storage.accounts import Account

TOTP, PENDING, RECOVERY = "totp", "totp-pending", "recovery"  # kinds of credentials
PURPOSE = "totp"  # what the secret is sealed for
STEP_SECONDS = 30
DRIFT = 1  # steps that a clock may be wrong: RFC 6238 §5.2
PENDING_FOR = HOUR  # an unconfirmed secret is forgotten
RECOVERY_CODES = 10
RECOVERY_CHARACTERS = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz023456789"  # without those that look like another


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an authenticator is told, shown once: the secret (base32) and the same as an otpauth URI for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def is_on(tx: Tx, account_id: str) -> bool:
    """Whether pages ask the account for a code."""
    return bool(rows.of_kind(tx, account_id, TOTP))


def recovery_codes_left(tx: Tx, account_id: str) -> int:
    """How many have not been used."""
    return len(rows.of_kind(tx, account_id, RECOVERY))


def begin(tx: Tx, core: Core, account: Account, secret: str, *, issuer: str) -> SetUp:
    """Offer a new secret (of `new_secret`); it counts when `confirm` has seen a code of it. Raises BadInput when it is on already."""
    if is_on(tx, account.id):
        raise BadInput("the second factor is on; turn it off first")
    _alone(tx, account)
    rows.remove_kind(tx, account.id, PENDING)
    rows.add(tx, account.id, PENDING, core.secrets.seal(secret.encode(), purpose=PURPOSE))
    uri = pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account.email, issuer_name=issuer)
    return SetUp(secret, uri)


def new_secret() -> str:
    """160 random bits in base32 (RFC 4226 §4 R6)."""
    return pyotp.random_base32()


def confirm(tx: Tx, core: Core, account: Account, code: str, *, client: str) -> list[str]:
    """Turn it on with the first code. The recovery codes, shown once. Raises BadInput for a wrong code, NotFound without `begin`."""
    _alone(tx, account)
    pending = rows.of_kind(tx, account.id, PENDING)
    if not pending or pending[0].created_at < clock.now() - PENDING_FOR:
        raise NotFound("begin again: there is nothing to confirm")
    step = _step_of(_opened(core, pending[0].secret), code)
    if step is None:
        raise BadInput("this is not the code shown now; check the clock of the device")
    rows.remove_kind(tx, account.id, PENDING, TOTP, RECOVERY)
    made = rows.add(tx, account.id, TOTP, pending[0].secret)
    rows.mark_used(tx, made, step * STEP_SECONDS * SECOND)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(RECOVERY_CHARACTERS)) for _ in range(RECOVERY_CODES)]
    for each in codes:
        rows.add(tx, account.id, RECOVERY, _digest(each))
    _audit(tx, account, "second-factor.on", client)
    half = RECOVERY_CHARACTERS // 2
    return [f"{each[:half]}-{each[half:]}" for each in codes]


def take(tx: Tx, core: Core, account: Account, code: str, *, client: str = "") -> bool:
    """Whether `code` is one that counts now; it is used up by that."""
    plain = "".join(code.split()).replace("-", "").lower()
    for known in rows.of_kind(tx, account.id, TOTP):
        step = _step_of(_opened(core, known.secret), plain)
        # RFC 6238 §5.2: not a second time. In one statement, since two may come with the same code.
        if step is not None and rows.use_after(tx, known.id, step * STEP_SECONDS * SECOND):
            return True
    digest = _digest(plain)
    for known in rows.of_kind(tx, account.id, RECOVERY):
        if hmac.compare_digest(known.secret, digest) and rows.remove(tx, account.id, known.id):
            _audit(tx, account, "second-factor.recovery-code-used", client)
            return True
    return False


def turn_off(tx: Tx, account: Account, *, client: str, actor: str | None = None) -> None:
    """Pages ask for the password only. Raises NotFound when it is not on."""
    if not is_on(tx, account.id):
        raise NotFound("the second factor is not on")
    rows.remove_kind(tx, account.id, PENDING, TOTP, RECOVERY)
    _audit(tx, account, "second-factor.off", client, actor)


def _alone(tx: Tx, account: Account) -> None:
    """Two who set it up at once would leave two secrets, and each code would count twice."""
    tx.lock(f"second factor of {account.id}")


def _opened(core: Core, sealed: str) -> str:
    return core.secrets.open(sealed, purpose=PURPOSE).decode()


def _step_of(secret: str, code: str) -> int | None:
    """The time step whose code it is, among those near now."""
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    now = clock.now() // SECOND // STEP_SECONDS
    found = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(totp.generate_otp(step), code)  # all of them: which one it was takes no time to tell
    ]
    return found[-1] if found else None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def _audit(tx: Tx, account: Account, action: str, client: str, actor: str | None = None) -> None:
    audit.record(
        tx,
        actor=actor or account.email,
        action=action,
        resource=account.email,
        address=client,
        tenant_id=account.tenant_id,
    )
