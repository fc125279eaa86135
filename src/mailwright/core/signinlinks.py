"""Sign-in links: mailed to an address, opened once, within a quarter of an hour. For people and for outside senders alike.

Called by the sign-in pages and by administration (an invitation is a link to hand over).
Promises: asking never tells whether there is such a person, nor takes longer for one; a link works once; asking again and again is
limited, for one address and for one client. Admins and support get none by mail, nor does who shares the INBOX: who may read that
mail must not become them. Where a second factor is on, a link asks for it too.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass, field

from limits import RateLimitItemPerDay, RateLimitItemPerMinute

from mailwright.codecs import mime
from mailwright.core import Core, accounts, outbox, secondfactor, sessions
from mailwright.core.sessions import Opened
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import new_id
from mailwright.domain.peers import customer
from mailwright.domain.refusals import AuthenticationFailed, BadAddress, SecondFactorRequired, TooManyRequests
from mailwright.storage import Tx, audit, mailboxes
from mailwright.storage import accounts as account_rows
from mailwright.storage import sessions as rows
from mailwright.storage.accounts import Account

VALID = 15 * MINUTE
TOKEN_OCTETS = 32
PER_NAME = RateLimitItemPerMinute(3, 15)  # mails with links to one address: a stranger can ask for them
PER_NAME_DAY = RateLimitItemPerDay(10)
PER_CLIENT = RateLimitItemPerMinute(20, 15)
PACE_SECONDS = 0.05  # answers come at multiples of this: a mail takes a millisecond or two more than none
MAX_ACCOUNTS = 5  # an outside sender may be known to several tenants; one mail has a link for each


@dataclass(frozen=True, slots=True)
class Pages:
    """What the mail must say of us: the name people know, and the address of the sign-in page without its fragment."""

    brand: str
    sign_in_url: str


@dataclass(frozen=True, slots=True)
class _Made:
    account: Account
    token: str = field(repr=False)


async def request(core: Core, email: str, pages: Pages, *, client: str, correlation_id: str = "") -> None:
    """Mail a link to that address, if somebody has it. Raises TooManyRequests, TryLater; nothing tells whether somebody has."""
    try:
        key = Address.parse(email.strip()).key
    except BadAddress:
        return
    began = time.monotonic()
    limiter = core.sign_in_failures
    if not await limiter.hit(PER_CLIENT, "links by", customer(client)):
        raise TooManyRequests("too many links were asked for; try again in a few minutes")
    for limit in (PER_NAME, PER_NAME_DAY):
        if not await limiter.hit(limit, "links for", key):
            return  # to say so would tell nothing more, and the mails that were sent are there
    await _mail(core, key, pages, client, correlation_id)
    await asyncio.sleep(PACE_SECONDS - (time.monotonic() - began) % PACE_SECONDS)


async def _mail(core: Core, key: str, pages: Pages, client: str, correlation_id: str) -> None:
    found = await core.read(lambda tx: [each for each in account_rows.with_address(tx, key) if may_be_mailed(tx, each)])
    made = [_Made(account, secrets.token_urlsafe(TOKEN_OCTETS)) for account in found[:MAX_ACCOUNTS]]
    if not made:
        await core.write(
            lambda tx: audit.record(tx, actor=key, action="sign-in-link.for-nobody", address=client), shared=True
        )
        return
    now, message_id = clock.now(), f"<{new_id()}@{core.settings.hostname}>"
    sender = Address.parse(f"postmaster@{made[0].account.email.rpartition('@')[2]}")
    if made[0].account.role == "guest":
        sender = Address.parse(f"postmaster@{core.settings.hostname}")
    raw = _compose(made, pages, sender, Address.parse(key), message_id, now)
    blob = await core.blobs.stage(made[0].account.tenant_id, raw)

    def write(tx: Tx) -> None:
        core.blobs.put(tx, blob)
        for each in made:
            _keep(tx, each, client, now)
        outbox.enqueue(
            tx,
            tenant_id=made[0].account.tenant_id,
            user_id=None,
            sender=None,  # RFC 3834 §3.3: nobody is told when it cannot be delivered
            recipients=[Address.parse(key)],
            blob_id=blob.id,
            message_id=message_id,
            idempotency_key=f"sign-in-link:{message_id}",
            correlation_id=correlation_id,
            verdict=Verdict(Origin.STRANGER, None, "our own mail with a sign-in link"),
            dsn=False,
            vouched=True,
        )

    await core.write(write)


def may_be_mailed(tx: Tx, account: Account) -> bool:
    """Who reads somebody's INBOX must not become them by it: where others may, and for those who look after others, no link is mailed."""
    if not sessions.may_open(account) or account.role in ("admin", "support"):
        return False
    inbox = mailboxes.by_role(tx, account.id, "inbox")
    return inbox is None or not any("r" in rights for rights in mailboxes.acl(tx, inbox.id).values())


def make(tx: Tx, account: Account, *, client: str, valid: Instant = VALID) -> str:
    """A link's token to hand over, for an invitation."""
    made = _Made(account, secrets.token_urlsafe(TOKEN_OCTETS))
    _keep(tx, made, client, clock.now(), valid)
    return made.token


async def redeem(
    core: Core, token: str, *, code: str | None, client: str, agent: str, long_lived: bool = False
) -> Opened:
    """Sign in with a link's token, which is used up by it. With a second factor the token waits for the code.

    Raises AuthenticationFailed, SecondFactorRequired, TooManyRequests, TryLater.
    """
    digest = _digest(token)
    await accounts.check_client(core, client)

    def look(tx: Tx) -> tuple[Account, bool] | None:
        whose = rows.link_of(tx, digest, clock.now())
        account = None if whose is None else account_rows.by_id(tx, whose)
        if account is None or not sessions.may_open(account):
            return None
        return account, secondfactor.is_on(tx, account.id)

    found = await core.read(look)
    if found is None:
        raise await accounts.failed_link(core, client)
    account, second = found
    if second:
        if not code:
            raise SecondFactorRequired("enter the code that your authenticator shows, or a recovery code")
        await accounts.take_code(core, account, code, client=client)
    if not await core.write(lambda tx: rows.use_link(tx, digest, clock.now())):
        raise AuthenticationFailed("this link was used or has expired; ask for a new one")
    return await sessions.open_session(core, account, by="link", client=client, agent=agent, long_lived=long_lived)


def _keep(tx: Tx, made: _Made, client: str, now: Instant, valid: Instant = VALID) -> None:
    rows.add_link(tx, rows.Link(made.account.id, _digest(made.token), client, now, now + valid))
    audit.record(
        tx,
        actor=made.account.email,
        action="sign-in-link.made",
        address=client,
        tenant_id=made.account.tenant_id,
    )


def _compose(
    made: list[_Made], pages: Pages, sender: Address, recipient: Address, message_id: str, now: Instant
) -> bytes:
    links = [f"{pages.sign_in_url}#link={each.token}" for each in made]
    several = "One for each place that knows you:\n\n" if len(made) > 1 else ""
    text = (
        f"Open this to sign in to {pages.brand}:\n\n{several}"
        + "\n\n".join(links)
        + f"\n\nIt works once, within {VALID // MINUTE} minutes. Somebody asked for it on the sign-in page; if that was not you,\n"
        "there is nothing to do: without this link nobody gets in.\n"
    )
    return mime.compose(
        from_=mime.Mailbox(pages.brand, str(sender)),
        to=[mime.Mailbox("", str(recipient))],
        subject=f"Sign in to {pages.brand}",
        text=text,
        message_id=message_id,
        date=now // SECOND * SECOND,
        headers=[("Auto-Submitted", "auto-generated")],  # RFC 3834 §5
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
