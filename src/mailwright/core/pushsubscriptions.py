"""Push subscriptions (RFC 8620 §7.2): who is told of changes at which URL, from the asking to the end of it.

Called by JMAP's PushSubscription methods and the nightly round. Telling is `pushing`'s.
Promises: a URL is asked before it is told anything; one sign-in does not see what another subscribed; a subscription ends with the
session that made it, when the account is blocked, and when its time is over. Where it leads is looked at twice: here by its name, and
when it is connected to by its addresses.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from limits import RateLimitItemPerHour

from mailwright.codecs.webpush import Keys
from mailwright.core import Core, announcing, sessions
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.ids import is_id, new_id
from mailwright.domain.refusals import BadInput, NotFound, TooManyRequests
from mailwright.storage import Tx, audit
from mailwright.storage import push_subscriptions as rows
from mailwright.storage.accounts import Account
from mailwright.storage.push_subscriptions import PushSubscription as PushSubscription
from mailwright.storage.sessions import Session

MOST = 20  # of one person: each is a request to somebody else for every change
MADE_PER_HOUR = RateLimitItemPerHour(60)  # removed ones too: each asks a URL that a stranger chose (RFC 8620 §8.6)
LONGEST = 30 * DAY  # one made with a password; RFC 8620 §7.2 wants at least 7 days
UNVERIFIED_KEPT = DAY  # one whose URL never answered
CODE_OCTETS = 24
MAX_URL = 2_000  # characters; those of browsers have about 300
MAX_DEVICE = 255  # characters
_INSIDE = ("localhost", "local", "internal", "home.arpa", "lan", "test", "invalid", "onion")
"""Domains that are nobody's on the Internet (RFC 6761, RFC 6762 §3, RFC 8375): no push service is there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for. `types` None: all; `expires_at` None: as long as possible."""

    device: str
    url: str
    keys: Keys | None
    types: tuple[str, ...] | None
    expires_at: Instant | None


def check_url(url: str, *, allow_private: bool) -> None:
    """Raises BadInput for a URL that no push service has."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise BadInput("the URL cannot be read") from None
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > MAX_URL:
        raise BadInput(f"a URL has at most {MAX_URL} printable characters of ASCII")
    # RFC 8620 §7.2: it MUST begin with https://.
    if not url.startswith("https://") or not host or parts.username is not None or parts.fragment:
        raise BadInput("the URL begins with https:// and a host, and names nobody and no fragment")
    if not allow_private and _is_inside(host):
        raise BadInput("the host of the URL is not on the Internet")


async def check_rate(core: Core, account: Account) -> None:
    """Count one more that is about to be made. Raises TooManyRequests."""
    if not await core.push_subscriptions.hit(MADE_PER_HOUR, account.id):
        raise TooManyRequests("too many push subscriptions were made; try again later")


def subscribe(tx: Tx, core: Core, account: Account, session: Session | None, wanted: Wanted) -> PushSubscription:
    """Keep it; the URL is asked at once. Raises BadInput, TooManyRequests."""
    check_url(wanted.url, allow_private=core.settings.allow_private_push)
    if not wanted.device or len(wanted.device) > MAX_DEVICE:
        raise BadInput(f"a device's id has at most {MAX_DEVICE} characters")
    now = clock.now()
    if len(rows.of_user(tx, account.id)) >= MOST:
        raise TooManyRequests(f"{MOST} push subscriptions are enough; remove one that is not used")
    made = PushSubscription(
        id=new_id(),
        user_id=account.id,
        session_id=None if session is None else session.id,
        device=wanted.device,
        url=wanted.url,
        p256dh="" if wanted.keys is None else wanted.keys.p256dh,
        auth="" if wanted.keys is None else wanted.keys.auth,
        verification_code=secrets.token_urlsafe(CODE_OCTETS),
        verified=False,
        types=wanted.types,
        pending={},
        due_at=now,
        failures=0,
        failing_since=None,
        created_at=now,
        expires_at=_expiry(session, wanted.expires_at, now),
    )
    rows.add(tx, made)
    announcing.push_subscribed(tx, account.id, made.id)
    _audit(tx, account, "push.added", made.id)
    return made


def listing(tx: Tx, account: Account, session: Session | None) -> list[PushSubscription]:
    """Those that the same sign-in made (RFC 8620 §7.2: only these are shown), the oldest first."""
    now, of = clock.now(), None if session is None else session.id
    return [each for each in rows.of_user(tx, account.id) if each.session_id == of and each.expires_at > now]


def change(
    tx: Tx,
    account: Account,
    session: Session | None,
    subscription_id: str,
    *,
    code: str | None = None,
    types: tuple[str, ...] | None = None,
    new_types: bool = False,
    expires_at: Instant | None = None,
    new_expiry: bool = False,
) -> PushSubscription:
    """Verify it, or change what it is told and for how long. Raises NotFound, BadInput (another code was sent)."""
    found = _own(tx, account, session, subscription_id)
    if code is not None and not hmac.compare_digest(code.encode("utf-8", "replace"), found.verification_code.encode()):
        raise BadInput("that is not the code that was sent to the URL")
    verified = found.verified or code is not None
    rows.change(
        tx,
        found.id,
        verified=verified,
        types=types if new_types else found.types,
        expires_at=_expiry(session, expires_at, clock.now()) if new_expiry else found.expires_at,
        forget=verified and not found.verified,  # the URL need not be asked again
    )
    changed = rows.by_id(tx, found.id)
    assert changed is not None
    return changed


def unsubscribe(tx: Tx, account: Account, session: Session | None, subscription_id: str) -> None:
    """End it. Raises NotFound."""
    found = _own(tx, account, session, subscription_id)
    rows.remove(tx, [found.id])
    _audit(tx, account, "push.removed", found.id)


def stands(tx: Tx, subscription: PushSubscription, account: Account | None) -> bool:
    """Whether it may still be told anything: its time is not over, nor its session, and the account is not blocked."""
    if account is None or account.status != "active" or subscription.expires_at <= clock.now():
        return False
    return subscription.session_id is None or sessions.is_open_in(tx, subscription.session_id)


def forget_old(tx: Tx) -> int:
    """Remove those that expired or were never verified. How many; called every night."""
    now = clock.now()
    return rows.purge(tx, now, now - UNVERIFIED_KEPT)


def _own(tx: Tx, account: Account, session: Session | None, subscription_id: str) -> PushSubscription:
    found = rows.locked(tx, subscription_id) if is_id(subscription_id) else None
    if found is None or found.user_id != account.id or found.expires_at <= clock.now():
        raise NotFound("there is no such push subscription")
    if found.session_id != (None if session is None else session.id):
        raise NotFound("there is no such push subscription")
    return found


def _expiry(session: Session | None, asked: Instant | None, now: Instant) -> Instant:
    """RFC 8620 §7.2: with a session it is bound by nothing but the session, otherwise by LONGEST."""
    last = now + LONGEST if session is None else session.created_at + sessions.LONGEST
    return last if asked is None else min(asked, last)


def _is_inside(host: str) -> bool:
    try:
        # Of an address that is not outside, the connector knows more; this is said at once.
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        return (
            "." not in name or name.endswith(tuple(f".{each}" for each in _INSIDE)) or name.rpartition(".")[2].isdigit()
        )


def _audit(tx: Tx, account: Account, action: str, subscription_id: str) -> None:
    audit.record(tx, actor=account.email, action=action, resource=subscription_id, tenant_id=account.tenant_id)
