"""Accounts: making and removing users, and finding out who signs in.

Called by submission, the command line, the demo and every client protocol.
Promises: a failed sign-in does not say whether name or password was wrong, costs the same time either way, is audited, and is
slowed down when it repeats.
"""

from __future__ import annotations

from limits import RateLimitItemPerMinute

from mailwright.core import Core, apppasswords, passwords
from mailwright.core.expunge import remove_uids
from mailwright.core.passwords import hash_password as hash_password
from mailwright.domain.addresses import Address
from mailwright.domain.peers import customer
from mailwright.domain.refusals import (
    AlreadyExists,
    AuthenticationFailed,
    BadAddress,
    BadInput,
    NotFound,
    TooManyRequests,
)
from mailwright.storage import Tx, audit, domains, mailboxes, views
from mailwright.storage import accounts as rows
from mailwright.storage.accounts import Account as Account
from mailwright.storage.accounts import AppPassword

FAILURES_PER_NAME = RateLimitItemPerMinute(10, 15)  # ten wrong passwords for one name in a quarter of an hour
FAILURES_PER_CLIENT = RateLimitItemPerMinute(50, 15)

SLICE = 500  # messages removed in one transaction

STANDARD_MAILBOXES: tuple[tuple[str, str], ...] = (
    ("INBOX", "inbox"),
    ("Drafts", "drafts"),
    ("Sent", "sent"),
    ("Archive", "archive"),
    ("Junk", "junk"),
    ("Trash", "trash"),
)
"""What a new account starts with: name and RFC 6154 special use."""


async def authenticate(core: Core, name: str, password: str, *, client: str, scope: str) -> Account:
    """The account that signs in as `name` (its main address), with its password or an app password that is for `scope`.

    `client` is the peer's address. Raises AuthenticationFailed, TooManyRequests, TryLater.
    """
    key = _key(name)
    await _check_failures(core, key, client)
    account, secret, known = await core.read(lambda tx: _account_and_secrets(tx, key))
    app_password = apppasswords.matching(known, password, scope)
    matches = app_password is not None or await passwords.is_right(key, password, secret)
    # Again: many guesses may have been made while this one waited for its turn. Right or wrong, so that neither shows.
    await _check_failures(core, key, client)
    if account is None or not matches or not _may_sign_in(account):
        raise await _failed(core, key, client)
    await _note_sign_in(core, account, client, app_password)
    return account


async def authenticate_token(core: Core, name: str, token: str, *, client: str) -> Account:
    """The account a bearer token belongs to, as `core.bearer` has it; `name` may be empty and must be the token's otherwise.

    What the token may be used for is the verifier's to judge. Raises AuthenticationFailed, TooManyRequests, TryLater.
    """
    # Without a name each client fails for itself: nobody must keep out everybody else whose program names nobody.
    key = _key(name) or f"a token from {customer(client)}"
    await _check_failures(core, key, client)
    whose = await core.bearer(token) if core.bearer is not None else None
    account = await core.read(lambda tx: rows.with_mailbox(tx, _key(whose))) if whose is not None else None
    if account is None or not _may_sign_in(account) or (name and _key(name) != account.email):
        raise await _failed(core, key, client)
    await _note_sign_in(core, account, client, None)
    return account


def _may_sign_in(account: Account) -> bool:
    """Blocked people may not; agents have mail and nobody to read it, guests have none."""
    return account.status == "active" and account.role not in ("agent", "guest")


def _key(name: str) -> str:
    """What is looked up and counted: the name as an `Address.key`, so that a domain may be written in any script."""
    try:
        address = Address.parse(name.strip())
    except BadAddress:
        # NUL and halves of characters are in nobody's name, and no table takes them.
        return name.strip().lower()[:320].encode("utf-8", "replace").decode().replace("\x00", "?")
    return str(address).lower() if address.tag else address.key  # a main address has no tag: nobody's


async def _check_failures(core: Core, key: str, client: str) -> None:
    if not (
        await core.sign_in_failures.test(FAILURES_PER_NAME, "name", key)
        and await core.sign_in_failures.test(FAILURES_PER_CLIENT, customer(client))
    ):
        raise TooManyRequests("too many failed sign-ins; try again in a few minutes")


async def _failed(core: Core, key: str, client: str) -> AuthenticationFailed:
    await core.sign_in_failures.hit(FAILURES_PER_NAME, "name", key)
    await core.sign_in_failures.hit(FAILURES_PER_CLIENT, customer(client))
    await core.write(lambda tx: audit.record(tx, actor=key, action="sign-in.failed", address=client), shared=True)
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
    tx: Tx, core: Core, email: str, *, display_name: str = "", role: str = "user", quota_bytes: int | None = None
) -> Account:
    """Make a user with the standard mailboxes. Raises BadAddress, NotFound (domain), AlreadyExists."""
    address = Address.parse(email)
    if address.tag:
        raise BadAddress(email, "a main address has no +tag")
    domain = domains.named(tx, address.domain)
    if domain is None:
        raise NotFound(f"{address.domain} is not a domain of this server; add it first")
    quota = core.settings.default_quota_bytes if quota_bytes is None else quota_bytes
    if rows.address(tx, address.key) is not None:
        raise AlreadyExists(f"{address.key} is taken")
    user_id = rows.add(tx, domain.tenant_id, address.key, display_name=display_name, role=role, quota_bytes=quota)
    if user_id is None:
        raise AlreadyExists(f"{address.key} is taken")
    rows.add_address(tx, domain.tenant_id, address.key, "agent" if role == "agent" else "user", user_id=user_id)
    for name, special_use in STANDARD_MAILBOXES:
        mailboxes.add(tx, domain.tenant_id, user_id, name, special_use)
    account = rows.by_id(tx, user_id)
    assert account is not None
    audit.record(tx, actor="system", action="user.added", resource=address.key, tenant_id=domain.tenant_id)
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


def add_alias(tx: Tx, email: str, targets: tuple[str, ...]) -> str:
    """Make an address that leads to one of our users, to several addresses (a group), or elsewhere (a forward).

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
    if owner is not None and owner.user_id is not None:
        kind, made = "user", rows.add_address(tx, domain.tenant_id, address.key, owner.kind, user_id=owner.user_id)
    else:
        kind = "group" if len(members) > 1 else "forward"
        made = rows.add_address(tx, domain.tenant_id, address.key, kind, targets=[str(member) for member in members])
    if not made:
        raise AlreadyExists(f"{address.key} is taken")
    audit.record(tx, actor="system", action="alias.added", resource=address.key, tenant_id=domain.tenant_id)
    return kind


def erase_user(core: Core, email: str) -> Account:
    """`remove_user` for accounts of any size: first nobody signs in and no mail comes, then the mail goes in slices.

    What was interrupted is finished by doing it again. For threads that may block. Raises NotFound, BadAddress, TryLater.
    """

    def close(tx: Tx) -> Account:
        account = find(tx, email)
        rows.set_status(tx, account.id, "blocked")
        rows.remove_credentials(tx, account.id)
        return account

    account = core.database.write_now(close)
    while core.database.write_now(lambda tx: _remove_slice(tx, account.id)):
        pass
    return core.database.write_now(lambda tx: remove_user(tx, email))


def remove_user(tx: Tx, email: str) -> Account:
    """Remove a user with all mail, addresses and credentials; blobs are collected afterwards. Raises NotFound, BadAddress."""
    account = find(tx, email)
    rows.hold(tx, account.id)
    while _remove_slice(tx, account.id):
        pass
    mailboxes.remove_all(tx, account.id)
    rows.remove(tx, account.id)
    audit.record(tx, actor="system", action="user.removed", resource=account.email, tenant_id=account.tenant_id)
    return account


def _remove_slice(tx: Tx, user_id: str) -> int:
    """Take away some of the user's mail, also of mailboxes that are being emptied. How many messages; 0 when none is left."""
    rows.hold(tx, user_id)
    for mailbox_id in mailboxes.ids_of_user(tx, user_id):
        if uids := views.first_uids(tx, mailbox_id, SLICE):
            return len(remove_uids(tx, mailbox_id, uids, because="the account was removed"))
    return 0


def remove_alias(tx: Tx, email: str) -> None:
    """Remove an address that is not a user's main one. Raises NotFound, BadInput."""
    key = Address.parse(email).key
    if rows.with_mailbox(tx, key) is not None:
        raise BadInput(f"{key} is a user's main address: remove the user instead")
    if not rows.remove_address(tx, key):
        raise NotFound(f"there is no address {key}")
    audit.record(tx, actor="system", action="alias.removed", resource=key)


def set_password(tx: Tx, account: Account, hashed: str) -> None:
    """Replace the account's password by one that `hash_password` made."""
    rows.set_password(tx, account.id, hashed)
    audit.record(tx, actor="system", action="password.set", resource=account.email, tenant_id=account.tenant_id)


def addresses_of(tx: Tx, account: Account) -> set[str]:
    """Every address (`Address.key`) the account may send from."""
    return {row.address for row in rows.addresses(tx, user_id=account.id)}


def _account_and_secrets(tx: Tx, key: str) -> tuple[Account | None, str | None, list[AppPassword]]:
    account = rows.with_mailbox(tx, key)
    if account is None:
        return None, None, []
    return account, rows.password_of(tx, account.id), rows.app_passwords(tx, account.id)
