"""App passwords: one for each program or device, which opens only what it is for and can be taken back alone.

Called by `accounts.authenticate` and the command line.
Promises: they are random, shown once when they are made, and kept as a SHA-256 only (of 140 random bits, which nobody can try
out; a slow hash is for passwords that people choose).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from mailwright.core import announcing
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.refusals import BadInput, NotFound, TooManyRequests
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as rows
from mailwright.storage.accounts import Account, AppPassword

SCOPES: dict[str, str] = {
    "imap": "reading and sorting mail",
    "smtp": "sending mail",
    "sieve": "rules",
    "jmap": "everything a mail program does, over JMAP",
}
"""What one can be for, and what that means."""

MAIL_PROGRAM = ("imap", "smtp", "sieve")  # what Thunderbird and its like need

GROUPS, GROUP_CHARACTERS = 7, 4  # 28 characters of 5 bits
_ALPHABET = "abcdefghjkmnpqrstuvwxyz023456789"  # without those that look like another: i, l, o and 1
MAX_LABEL = 100  # characters, for people
MAX_OF_ONE_USER = 100
USED_EVERY = HOUR  # how exactly it is noted when one was used: a write for each connection would be waste


def make(
    tx: Tx, account: Account, label: str, scopes: Sequence[str] = MAIL_PROGRAM, *, client: str = ""
) -> tuple[AppPassword, str]:
    """A new one, and what to type: `abcd-efgh-…`, shown now and never again. `client` is the network peer.

    Raises BadInput, TooManyRequests.
    """
    if account.role == "agent":
        raise BadInput(f"{account.email} is an agent, and nobody signs in as one")
    named = " ".join(label.split())
    if not named or len(named) > MAX_LABEL or not named.isprintable():
        raise BadInput(f"an app password needs a name of at most {MAX_LABEL} characters, like the program it is for")
    wanted = tuple(sorted(set(scopes)))
    if not wanted or any(scope not in SCOPES for scope in wanted):
        raise BadInput(f"an app password is for some of {', '.join(SCOPES)}")
    if len(rows.app_passwords(tx, account.id)) >= MAX_OF_ONE_USER:
        raise TooManyRequests(f"{MAX_OF_ONE_USER} app passwords are enough; remove one that is not used")
    characters = "".join(secrets.choice(_ALPHABET) for _ in range(GROUPS * GROUP_CHARACTERS))
    made = rows.add_app_password(tx, account.id, _hashed(characters), named, wanted)
    _audit(tx, account, "app-password.added", made, client)
    step = GROUP_CHARACTERS
    return made, "-".join(characters[start : start + step] for start in range(0, len(characters), step))


def listing(tx: Tx, account: Account) -> list[AppPassword]:
    """Those of an account, the oldest first."""
    return rows.app_passwords(tx, account.id)


def revoke(tx: Tx, account: Account, which: str, *, client: str = "") -> AppPassword:
    """Take one back, by its id or its name when only one has it. Raises NotFound, BadInput."""
    known = listing(tx, account)
    found = [each for each in known if each.id == which] or [each for each in known if each.label == which]
    if not found:
        raise NotFound(f"{account.email} has no app password {which!r}")
    if len(found) > 1:
        raise BadInput(f"{len(found)} app passwords are named {which!r}: give the id")
    rows.remove_app_password(tx, account.id, found[0].id)
    announcing.signed_out(tx, account.id, password=True)
    _audit(tx, account, "app-password.removed", found[0], client)
    return found[0]


def matching(known: Sequence[AppPassword], password: str, scope: str) -> AppPassword | None:
    """The one among `known` that `password` is, if it is for `scope`. Spaces, dashes and case are as the person typed them."""
    characters = "".join(password.split()).replace("-", "").lower()
    if len(characters) != GROUPS * GROUP_CHARACTERS or not characters.isascii():
        return None
    hashed = _hashed(characters)
    found = [each for each in known if hmac.compare_digest(each.secret, hashed)]
    return found[0] if found and scope in found[0].scopes else None


def note_use(tx: Tx, app_password: AppPassword) -> None:
    """Remember that it was used, to within USED_EVERY."""
    moment = clock.now()
    if app_password.used_at is None or app_password.used_at < moment - USED_EVERY:
        rows.mark_used(tx, app_password.id, moment)


def _hashed(characters: str) -> str:
    return hashlib.sha256(characters.encode()).hexdigest()


def _audit(tx: Tx, account: Account, action: str, which: AppPassword, client: str) -> None:
    audit.record(tx, actor=account.email, action=action, resource=which.id, address=client, tenant_id=account.tenant_id)
