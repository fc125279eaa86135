"""People, as administrators look after them: adding, inviting, changing, signing out, and taking away.

Called by the administration pages; `core.accounts` does what the command line shares. Promises: nobody takes away their own way in
by mistake, an installation that has an operator keeps one, and no password is ever in the audit trail.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from mailwright.core import Core, accounts, announcing, phones, providers, secondfactor, sessions, signinlinks
from mailwright.core.administration import reach as within
from mailwright.core.administration.reach import Reach
from mailwright.core.outreach import withdrawing
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as account_rows
from mailwright.storage import administration as rows
from mailwright.storage.accounts import Account
from mailwright.storage.administration import Person

INVITATION_VALID = 3 * DAY  # it is handed over by a person, who may be asleep

Role = Literal["user", "support", "admin"]
ROLES: tuple[Role, ...] = ("user", "support", "admin")
"""Those that people can be given; agents and outside senders are made otherwise and stay what they are."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who is to be added. `password_hash` of `accounts.hash_password`; None: nobody signs in with one. `quota_bytes` None: no limit."""

    email: str
    name: str
    role: Role
    operator: bool = False
    password_hash: str | None = field(default=None, repr=False)
    quota_bytes: int | Literal["default"] | None = "default"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; what is not given stays."""

    name: str | None = None
    role: Role | None = None
    status: Literal["active", "blocked"] | None = None
    operator: bool | None = None
    quota_bytes: int | Literal["unchanged"] | None = "unchanged"


def described(tx: Tx, reach: Reach, user_id: str) -> Person:
    """One person. Raises NotFound."""
    within.user(tx, reach, user_id)
    found = rows.person(tx, user_id, clock.now())
    assert found is not None
    return found


def add(tx: Tx, core: Core, reach: Reach, new: NewPerson) -> Person:
    """Make a user. Raises BadAddress, NotFound (domain), AlreadyExists, NotPermitted."""
    reach.check_changes()
    address = Address.parse(new.email)
    within.domain(tx, reach, address.domain)
    if new.operator:
        _check_may_make_operator(reach, new.role)
    account = accounts.add_user(
        tx, core, new.email, display_name=new.name, role=new.role, operator=new.operator, by=reach.by
    )
    if new.quota_bytes != "default":
        account_rows.set_quota(tx, account.id, new.quota_bytes)
    if new.password_hash is not None:
        accounts.set_password(tx, account, new.password_hash, by=reach.by)
    return described(tx, reach, account.id)


def invite(tx: Tx, reach: Reach, user_id: str) -> str:
    """The token of a link that signs the person in once, to be handed over. Raises NotFound, NotPermitted, BadInput."""
    account = within.user_to_change(tx, reach, user_id)
    if not sessions.may_open(account):
        raise BadInput(f"{account.email} may not sign in")
    token = signinlinks.make(tx, account, client=reach.by.address, valid=INVITATION_VALID)
    audit.note(tx, reach.by, "user.invited", resource=account.email, tenant_id=account.tenant_id)
    return token


def phone(tx: Tx, reach: Reach, user_id: str) -> str | None:
    """A person's phone. Raises NotFound."""
    return phones.of_account(tx, within.user(tx, reach, user_id))


def set_phone(tx: Tx, reach: Reach, user_id: str, number: str | None) -> str | None:
    """Give a person a phone, or none; what is kept. Raises NotFound, NotPermitted, BadInput."""
    account = within.user_to_change(tx, reach, user_id)
    if number is not None:
        before = phones.owner(tx, phones.parse(number))
        if before is not None and before.id != account.id:
            # A person proves a number by the phone itself; an administrator only says so, and may not reach whose it is.
            raise AlreadyExists("another account has this number")
    return phones.set_phone(tx, account, number, by=reach.by)


def change(tx: Tx, reach: Reach, user_id: str, wanted: Change) -> Person:
    """Change a person. Raises NotFound, NotPermitted, BadInput."""
    account = within.user_to_change(tx, reach, user_id)
    if wanted.role is not None and wanted.role != account.role and account.role not in ROLES:
        raise BadInput(f"{account.email} is no person who can have a role ({account.role})")
    role = wanted.role or account.role
    operator = account.operator if wanted.operator is None else wanted.operator
    if wanted.role is not None and wanted.role != "admin" and wanted.operator is None:
        operator = False  # only admins are operators
    if operator and not account.operator:
        _check_may_make_operator(reach, role)
    elif operator and role != "admin":
        raise BadInput("only an admin can be an operator")
    after = replace(
        account,
        display_name=account.display_name if wanted.name is None else wanted.name,
        role=role,
        status=wanted.status or account.status,
        operator=operator,
    )
    _check_not_the_own_way_in(reach, account, after)
    _check_an_operator_is_left(tx, account, after)
    rows.change_person(
        tx, account.id, display_name=after.display_name, role=role, status=after.status, operator=operator
    )
    if operator and not account.operator:
        providers.let_go(tx, account, by=reach.by)
    if wanted.quota_bytes != "unchanged":
        account_rows.set_quota(tx, account.id, wanted.quota_bytes)
    if after.status == "blocked" and account.status != "blocked":
        sessions.end_all(tx, account, client=reach.by.address, actor=reach.by.name)
        announcing.signed_out(tx, account.id, password=True)
        withdrawing.withdraw_all(tx, account.id, because="its owner was blocked", by=reach.by)
    for action in _actions(account, after, wanted):
        audit.note(tx, reach.by, action, resource=account.email, tenant_id=account.tenant_id)
    return described(tx, reach, user_id)


def set_password(tx: Tx, reach: Reach, user_id: str, hashed: str) -> Account:
    """Give somebody a new password; who is signed in is signed out. Raises NotFound, NotPermitted, BadInput."""
    account = within.user_to_change(tx, reach, user_id)
    if account.role not in ROLES:
        raise BadInput(f"nobody signs in as {account.email} with a password")
    accounts.set_password(tx, account, hashed, by=reach.by)
    sessions.end_all(tx, account, client=reach.by.address, actor=reach.by.name)
    return account


def sign_out(tx: Tx, reach: Reach, user_id: str) -> int:
    """End every session of somebody's in a browser. How many. Raises NotFound, NotPermitted."""
    account = within.user_to_change(tx, reach, user_id)
    gone = sessions.end_all(tx, account, client=reach.by.address, actor=reach.by.name)
    audit.note(tx, reach.by, "user.signed-out", resource=account.email, tenant_id=account.tenant_id)
    return gone


def remove_second_factor(tx: Tx, reach: Reach, user_id: str) -> None:
    """Let somebody in who lost the device and the recovery codes. Raises NotFound, NotPermitted."""
    account = within.user_to_change(tx, reach, user_id)
    secondfactor.turn_off(tx, account, client=reach.by.address, actor=reach.by.name)
    audit.note(tx, reach.by, "user.second-factor-removed", resource=account.email, tenant_id=account.tenant_id)


def begin_removal(tx: Tx, reach: Reach, user_id: str, *, confirm: str) -> Account:
    """Close an account that is to be removed; `accounts.finish_removal` does the rest. Raises NotFound, NotPermitted, BadInput.

    `confirm` is its address: a click on the wrong line removes nobody.
    """
    reach.check_changes()
    tx.lock("operators")
    account = within.user(tx, reach, user_id)
    if account.status != accounts.REMOVING:
        account = within.user_to_change(tx, reach, user_id)
    if confirm.strip().lower() != account.email:
        raise BadInput("confirm with the address of whom you want to remove; there is no way back")
    if account.id == reach.account.id:
        raise NotPermitted("you cannot remove yourself; another admin can")
    if account.role == "agent":
        raise BadInput(f"{account.email} is an agent: it is removed with `mailwright agent remove`")
    _check_an_operator_is_left(tx, account, replace(account, status=accounts.REMOVING))
    if account.status != accounts.REMOVING:
        accounts.begin_removal(tx, account, by=reach.by)
    return account


def _check_may_make_operator(reach: Reach, role: str) -> None:
    if not reach.is_operator:
        raise NotPermitted("only an operator can make another one")
    if role != "admin":
        raise BadInput("only an admin can be an operator")


def _check_not_the_own_way_in(reach: Reach, before: Account, after: Account) -> None:
    if before.id != reach.account.id:
        return
    if after.status != "active":
        raise NotPermitted("you cannot block yourself; another admin can")
    if after.role != "admin" or (before.operator and not after.operator):
        raise NotPermitted("you cannot take your own rights away; another admin can")


def _check_an_operator_is_left(tx: Tx, before: Account, after: Account) -> None:
    stays = after.operator and after.role == "admin" and after.status == "active"
    if before.operator and not stays and set(rows.operators(tx)) <= {before.id}:
        raise NotPermitted(f"{before.email} is the last operator: make another one first")


def _actions(before: Account, after: Account, wanted: Change) -> list[str]:
    """What the audit trail says of a change."""
    found = []
    if after.role != before.role:
        found.append(f"user.role-is-{after.role}")
    if after.operator != before.operator:
        found.append("user.operator-on" if after.operator else "user.operator-off")
    if after.status != before.status:
        found.append("user.blocked" if after.status == "blocked" else "user.unblocked")
    if wanted.quota_bytes not in ("unchanged", before.quota_bytes):
        found.append("user.quota-changed")
    if after.display_name != before.display_name:
        found.append("user.renamed")
    return found


def listing(
    tx: Tx,
    reach: Reach,
    *,
    text: str | None,
    role: str | None,
    status: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Person]:
    """People within reach, by address, behind the (address, id) of the page before."""
    return rows.people(tx, reach.tenant_id, clock.now(), text=text, role=role, status=status, after=after, limit=limit)


def set_role(tx: Tx, email: str, *, role: str | None, operator: bool | None) -> Account:
    """From the command line, which answers to nobody: role and operator of a person. Raises NotFound, BadInput."""
    tx.lock("operators")
    account = accounts.find(tx, email)
    if account.role not in ROLES:
        raise NotFound(f"{account.email} is no person who can have a role ({account.role})")
    after_role = account.role if role is None else role
    after = (operator is None and account.operator and after_role == "admin") or bool(operator)
    if after_role not in ROLES:
        raise BadInput(f"{after_role!r} is no role: user, support or admin")
    if after and after_role != "admin":
        raise BadInput("only an admin can be an operator")
    rows.change_person(
        tx, account.id, display_name=account.display_name, role=after_role, status=account.status, operator=after
    )
    if after and not account.operator:
        providers.let_go(tx, account)
    action = f"user.role-is-{after_role}" + ("-and-operator" if after else "")
    audit.note(tx, audit.SYSTEM, action, resource=account.email, tenant_id=account.tenant_id)
    return accounts.find(tx, email)
