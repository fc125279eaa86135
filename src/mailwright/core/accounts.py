"""Accounts: making and removing users, and finding out who signs in.

Called by submission, the command line, the demo and every client protocol.
Promises: a failed sign-in does not say whether name or password was wrong, costs the same time either way, is audited, and is
slowed down when it repeats.
"""

from __future__ import annotations

from limits import RateLimitItemPerMinute

from mailwright.core import Core, announcing, apppasswords, passwords, secondfactor
from mailwright.core.expunge import remove_uids
from mailwright.core.outreach import withdrawing
from mailwright.core.passwords import hash_password as hash_password
from mailwright.domain.addresses import Address
from mailwright.domain.peers import customer
from mailwright.domain.refusals import (
    AlreadyExists,
    AuthenticationFailed,
    BadAddress,
    BadInput,
    NotFound,
    SecondFactorRequired,
    TooManyRequests,
)
from mailwright.storage import Tx, audit, billing, domains, mailboxes, views
from mailwright.storage import accounts as rows
from mailwright.storage.accounts import Account as Account
from mailwright.storage.accounts import AppPassword
from mailwright.storage.audit import SYSTEM, Actor

FAILURES_PER_NAME = RateLimitItemPerMinute(10, 15)  # ten wrong passwords for one name in a quarter of an hour
FAILURES_PER_CLIENT = RateLimitItemPerMinute(50, 15)

SLICE = 500  # messages removed in one transaction

REMOVING = "removing"
"""The status of an account that is being taken away with its mail."""

STANDARD_MAILBOXES: tuple[tuple[str, str], ...] = (
    ("INBOX", "inbox"),
    ("Drafts", "drafts"),
    ("Sent", "sent"),
    ("Archive", "archive"),
    ("Junk", "junk"),
    ("Trash", "trash"),
)
"""What a new account starts with: name and RFC 6154 special use."""


PAGES = "pages"
"""The scope of signing in with a browser: no app password is for it."""


async def authenticate(
    core: Core, name: str, password: str, *, client: str, scope: str, code: str | None = None
) -> Account:
    """The account that signs in as `name` (its main address), with its password or an app password that is for `scope`.

    `client` is the peer's address. While the account has a second factor, pages need its `code` too, and programs an app password.
    Raises AuthenticationFailed, SecondFactorRequired (pages only), TooManyRequests, TryLater.
    """
    key = key_of(name)
    await check_failures(core, key, client)
    account, secret, known, second = await core.read(lambda tx: _account_and_secrets(tx, key))
    app_password = apppasswords.matching(known, password, scope)
    matches = app_password is not None or await passwords.is_right(key, password, secret)
    # Again: many guesses may have been made while this one waited for its turn. Right or wrong, so that neither shows.
    await check_failures(core, key, client)
    if account is None or not matches or not _may_sign_in(account):
        raise await failed(core, key, client, None if account is None else account.tenant_id)
    if second and app_password is None:
        if scope != PAGES:
            raise await failed(core, key, client, account.tenant_id)
        await take_code(core, account, code, client=client)
    await _note_sign_in(core, account, client, app_password)
    return account


async def take_code(core: Core, account: Account, code: str | None, *, client: str) -> None:
    """Ask for the second factor of an account that has one. Wrong codes count like wrong passwords.

    Raises SecondFactorRequired without a code, AuthenticationFailed, TooManyRequests, TryLater.
    """
    await check_failures(core, account.email, client)
    if not code:
        raise SecondFactorRequired("enter the code that your authenticator shows, or a recovery code")
    await count_code(core, account)
    if not await core.write(lambda tx: secondfactor.take(tx, core, account, code, client=client)):
        raise await failed(core, account.email, client, account.tenant_id)
    await forget_codes(core, account)


async def count_code(core: Core, account: Account) -> None:
    """Count a code before it is looked at: many that come at once are no more guesses than one after the other. Raises TooManyRequests."""
    if not await core.sign_in_failures.hit(FAILURES_PER_NAME, "code", account.id):
        raise TooManyRequests("too many codes were tried; try again in a few minutes")


async def forget_codes(core: Core, account: Account) -> None:
    """One was right."""
    await core.sign_in_failures.clear(FAILURES_PER_NAME, "code", account.id)


async def confirm(
    core: Core, account: Account, password: str, code: str | None, *, client: str, first: bool = False
) -> None:
    """Make sure that who is signed in is still the person: password, and code where there is a second factor.

    `first`: who has no password yet (was invited by a link) needs none. Raises AuthenticationFailed, SecondFactorRequired, BadInput
    (no password to confirm with), TooManyRequests, TryLater.
    """
    await check_failures(core, account.email, client)
    secret, second = await core.read(lambda tx: (rows.password_of(tx, account.id), secondfactor.is_on(tx, account.id)))
    if secret is None and not first:
        raise BadInput("you have no password yet: set one first")
    if secret is not None:
        right = await passwords.is_right(account.email, password, secret)
        await check_failures(core, account.email, client)  # again, as in `authenticate`
        if not right:
            raise await failed(core, account.email, client, account.tenant_id)
    if second:
        await take_code(core, account, code, client=client)


async def check_client(core: Core, client: str) -> None:
    """Raises TooManyRequests when a client has failed to sign in too often lately."""
    if not await core.sign_in_failures.test(FAILURES_PER_CLIENT, customer(client)):
        raise TooManyRequests("too many failed sign-ins; try again in a few minutes")


async def failed_link(core: Core, client: str) -> AuthenticationFailed:
    """Count and audit a link that opens nothing. What to raise."""
    await core.sign_in_failures.hit(FAILURES_PER_CLIENT, customer(client))
    await core.write(lambda tx: audit.record(tx, actor="", action="sign-in-link.failed", address=client), shared=True)
    return AuthenticationFailed("this link was used or has expired; ask for a new one")


def still_active(tx: Tx, account_id: str) -> Account | None:
    """The account as it is now, when it may still sign in."""
    account = rows.by_id(tx, account_id)
    return account if account is not None and _may_sign_in(account) else None


def _may_sign_in(account: Account) -> bool:
    """Blocked people may not; agents have mail and nobody to read it, guests have none."""
    return account.status == "active" and account.role not in ("agent", "guest")


def key_of(name: str) -> str:
    """What is looked up and counted: the name as an `Address.key`, so that a domain may be written in any script."""
    try:
        address = Address.parse(name.strip())
    except BadAddress:
        # NUL and halves of characters are in nobody's name, and no table takes them.
        return name.strip().lower()[:320].encode("utf-8", "replace").decode().replace("\x00", "?")
    return str(address).lower() if address.tag else address.key  # a main address has no tag: nobody's


async def check_failures(core: Core, key: str, client: str) -> None:
    """Raises TooManyRequests when somebody tried in vain too often lately, for that name or from that client."""
    if not (
        await core.sign_in_failures.test(FAILURES_PER_NAME, "name", key)
        and await core.sign_in_failures.test(FAILURES_PER_CLIENT, customer(client))
    ):
        raise TooManyRequests("too many failed sign-ins; try again in a few minutes")


async def failed(core: Core, key: str, client: str, tenant_id: str | None = None) -> AuthenticationFailed:
    """Count and audit a sign-in in vain. What to raise."""
    await core.sign_in_failures.hit(FAILURES_PER_NAME, "name", key)
    await core.sign_in_failures.hit(FAILURES_PER_CLIENT, customer(client))
    await core.write(
        lambda tx: audit.record(tx, actor=key, action="sign-in.failed", address=client, tenant_id=tenant_id),
        shared=True,
    )
    return AuthenticationFailed("name or password is wrong")


async def _note_sign_in(core: Core, account: Account, client: str, app_password: AppPassword | None) -> None:
    def note(tx: Tx) -> None:
        if app_password is not None:
            apppasswords.note_use(tx, app_password)
        audit.record(
            tx,
            actor=account.email,
            action="sign-in",
            resource="" if app_password is None else f"app-password:{app_password.id}",
            address=client,
            tenant_id=account.tenant_id,
        )

    await core.write(note, shared=True)


def find(tx: Tx, email: str) -> Account:
    """The account with that main address. Raises NotFound, BadAddress."""
    account = rows.with_mailbox(tx, Address.parse(email).key)
    if account is None:
        raise NotFound(f"there is no user {email}")
    return account


def add_user(
    tx: Tx,
    core: Core,
    email: str,
    *,
    display_name: str = "",
    role: str = "user",
    quota_bytes: int | None = None,
    operator: bool = False,
    by: Actor = SYSTEM,
) -> Account:
    """Make a user with the standard mailboxes. Raises BadAddress, BadInput, NotFound (domain), AlreadyExists."""
    if operator and role != "admin":
        raise BadInput("only an admin can be an operator")
    address = Address.parse(email)
    if address.tag:
        raise BadAddress(email, "a main address has no +tag")
    domain = domains.named(tx, address.domain)
    if domain is None:
        raise NotFound(f"{address.domain} is not a domain of this server; add it first")
    quota = core.settings.default_quota_bytes if quota_bytes is None else quota_bytes
    if rows.address(tx, address.key) is not None:
        raise AlreadyExists(f"{address.key} is taken")
    user_id = rows.add(
        tx,
        domain.tenant_id,
        address.key,
        display_name=display_name,
        role=role,
        quota_bytes=quota,
        operator=operator,
    )
    if user_id is None:
        raise AlreadyExists(f"{address.key} is taken")
    rows.add_address(tx, domain.tenant_id, address.key, "agent" if role == "agent" else "user", user_id=user_id)
    for name, special_use in STANDARD_MAILBOXES:
        mailboxes.add(tx, domain.tenant_id, user_id, name, special_use)
    account = rows.by_id(tx, user_id)
    assert account is not None
    audit.note(tx, by, "user.added", resource=address.key, tenant_id=domain.tenant_id)
    return account


def add_agent(tx: Tx, core: Core, email: str, *, display_name: str) -> Account:
    """Make the account whose mailbox an agent serves: it has mail and an address, and nobody signs in to it."""
    return add_user(tx, core, email, display_name=display_name, role="agent")


def add_guest(tx: Tx, tenant_id: str, email: str, *, display_name: str = "") -> Account:
    """The outside sender of that address, registered on first contact: a user without a mailbox."""
    key = Address.parse(email).key
    rows.add(tx, tenant_id, key, display_name=display_name, role="guest", quota_bytes=None)
    account = rows.by_email(tx, tenant_id, key)
    assert account is not None
    return account


def add_alias(tx: Tx, email: str, targets: tuple[str, ...], *, by: Actor = SYSTEM) -> str:
    """Make an address that leads to one of its tenant's users, to several addresses (a group), or elsewhere (a forward).

    Returns the kind. Raises BadAddress, BadInput, NotFound (domain), AlreadyExists.
    """
    address = Address.parse(email)
    members = [Address.parse(target) for target in targets]
    if not members:
        raise BadInput("an alias needs at least one target")
    domain = domains.named(tx, address.domain)
    if domain is None:
        raise NotFound(f"{address.domain} is not a domain of this server; add it first")
    owner = rows.address(tx, members[0].key) if len(members) == 1 else None
    # Somebody of another tenant gets the mail and no right to write under the address.
    if owner is not None and owner.user_id is not None and owner.tenant_id == domain.tenant_id:
        kind, made = "user", rows.add_address(tx, domain.tenant_id, address.key, owner.kind, user_id=owner.user_id)
    else:
        kind = "group" if len(members) > 1 else "forward"
        made = rows.add_address(tx, domain.tenant_id, address.key, kind, targets=[str(member) for member in members])
    if not made:
        raise AlreadyExists(f"{address.key} is taken")
    audit.note(tx, by, "alias.added", resource=address.key, tenant_id=domain.tenant_id)
    return kind


def begin_removal(tx: Tx, account: Account, *, by: Actor = SYSTEM) -> None:
    """From now on nobody signs in and no mail comes; `finish_removal` takes the rest away, now or at night."""
    rows.set_status(tx, account.id, REMOVING)
    rows.remove_credentials(tx, account.id)
    withdrawing.withdraw_all(tx, account.id, because="its owner is removed", by=by)
    announcing.signed_out(tx, account.id, password=True)
    audit.note(tx, by, "user.removal-began", resource=account.email, tenant_id=account.tenant_id)


async def finish_removal(core: Core, account: Account, *, by: Actor = SYSTEM) -> None:
    """Take away the mail of an account that `begin_removal` closed, in slices, and then the account. Raises TryLater."""
    while await core.write(lambda tx: _remove_slice(tx, account.id)):
        pass
    await core.write(lambda tx: _remove_rest(tx, account.id, by))


async def finish_removals(core: Core) -> int:
    """Finish what was interrupted: a process that ends half-way leaves the rest to the nightly round. How many. Raises TryLater."""
    left = await core.read(lambda tx: rows.with_status(tx, REMOVING))
    for account in left:
        await finish_removal(core, account)
    return len(left)


def erase_user(core: Core, email: str, *, by: Actor = SYSTEM) -> Account:
    """`remove_user` for accounts of any size: first nobody signs in and no mail comes, then the mail goes in slices.

    What was interrupted is finished by doing it again. For threads that may block. Raises NotFound, BadAddress, TryLater.
    """

    def close(tx: Tx) -> Account:
        account = find(tx, email)
        begin_removal(tx, account, by=by)
        return account

    account = core.database.write_now(close)
    while core.database.write_now(lambda tx: _remove_slice(tx, account.id)):
        pass
    core.database.write_now(lambda tx: _remove_rest(tx, account.id, by))
    return account


def remove_user(tx: Tx, email: str, *, by: Actor = SYSTEM) -> Account:
    """Remove a user with all mail, addresses and credentials; blobs are collected afterwards. Raises NotFound, BadAddress."""
    account = find(tx, email)
    _remove_rest(tx, account.id, by)
    return account


def _remove_rest(tx: Tx, user_id: str, by: Actor) -> None:
    """What is left of an account; nothing when somebody was faster."""
    rows.hold(tx, user_id)
    account = rows.by_id(tx, user_id)
    if account is None:
        return
    while _remove_slice(tx, user_id):
        pass
    mailboxes.remove_all(tx, user_id)
    billing.end_later(tx, user_id)
    rows.remove(tx, user_id)
    audit.note(tx, by, "user.removed", resource=account.email, tenant_id=account.tenant_id)


def _remove_slice(tx: Tx, user_id: str) -> int:
    """Take away some of the user's mail, also of mailboxes that are being emptied. How many messages; 0 when none is left."""
    rows.hold(tx, user_id)
    for mailbox_id in mailboxes.ids_of_user(tx, user_id):
        if uids := views.first_uids(tx, mailbox_id, SLICE):
            return len(remove_uids(tx, mailbox_id, uids, because="the account was removed"))
    return 0


def remove_alias(tx: Tx, email: str, *, by: Actor = SYSTEM) -> None:
    """Remove an address that is not a user's main one. Raises NotFound, BadInput."""
    key = Address.parse(email).key
    if rows.with_mailbox(tx, key) is not None:
        raise BadInput(f"{key} is a user's main address: remove the user instead")
    known = rows.address(tx, key)
    if known is None:
        raise NotFound(f"there is no address {key}")
    rows.remove_address(tx, key)
    audit.note(tx, by, "alias.removed", resource=key, tenant_id=known.tenant_id)


def set_password(tx: Tx, account: Account, hashed: str, *, by: Actor = SYSTEM) -> None:
    """Replace the account's password by one that `hash_password` made."""
    rows.set_password(tx, account.id, hashed)
    announcing.signed_out(tx, account.id, password=True)
    audit.note(tx, by, "password.set", resource=account.email, tenant_id=account.tenant_id)


def addresses_of(tx: Tx, account: Account) -> set[str]:
    """Every address (`Address.key`) the account may send from."""
    return {row.address for row in rows.addresses(tx, user_id=account.id)}


def _account_and_secrets(tx: Tx, key: str) -> tuple[Account | None, str | None, list[AppPassword], bool]:
    account = rows.with_mailbox(tx, key)
    if account is None:
        return None, None, [], False
    second = secondfactor.is_on(tx, account.id)
    return account, rows.password_of(tx, account.id), rows.app_passwords(tx, account.id), second
