"""Reach: what one person who looks after the server may see and change. The one place that decides it.

    role        sees                                             changes
    operator    every tenant, with subjects in traces            everything
    admin       its tenant, with subjects in traces              its tenant, but for operators
    support     its tenant, never a word of mail                 nothing; may retry and replay

What is out of reach is not there: NotFound, as for what nobody has, so that ids of other tenants tell nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, accounts, dead_letters, domains, mailboxes, outbox
from mailwright.storage import administration as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor
from mailwright.storage.dead_letters import DeadLetter
from mailwright.storage.domains import Domain
from mailwright.storage.mailboxes import Mailbox
from mailwright.storage.outbox import OutboxRow


@dataclass(frozen=True, slots=True)
class Reach:
    """One caller's: `by` is who they are for the audit trail."""

    account: Account
    by: Actor

    @property
    def is_operator(self) -> bool:
        """Looks after the whole installation."""
        return self.account.role == "admin" and self.account.operator

    @property
    def tenant_id(self) -> str | None:
        """The tenant that lists are narrowed to; None is all of them."""
        return None if self.is_operator else self.account.tenant_id

    @property
    def sees_subjects(self) -> bool:
        """Whether a trace may say what a message is about."""
        return self.account.role == "admin"

    def check_changes(self) -> None:
        """Raises NotPermitted for support, which only looks, retries and replays."""
        if self.account.role != "admin":
            raise NotPermitted("support changes nothing")

    def check_operates(self) -> None:
        """Raises NotPermitted for everybody but operators."""
        if not self.is_operator:
            raise NotPermitted("this is for those who look after the whole installation")

    def covers(self, tenant_id: str | None) -> bool:
        """Whether what belongs to that tenant (None: to nobody in particular) is within reach."""
        return self.is_operator or (tenant_id is not None and tenant_id == self.account.tenant_id)


def reach_of(account: Account, by: Actor) -> Reach:
    """The account's. Raises NotPermitted for everybody else than admins and support."""
    if account.role not in ("admin", "support"):
        raise NotPermitted("this is for those who look after the server")
    return Reach(account, by)


def check_tenant(tx: Tx, reach: Reach, tenant_id: str) -> str:
    """A tenant that is named in a request. Raises NotFound."""
    if not reach.covers(tenant_id) or rows.tenant(tx, tenant_id) is None:
        raise NotFound(f"there is no tenant {tenant_id}")
    return tenant_id


def user(tx: Tx, reach: Reach, user_id: str) -> Account:
    """A user within reach. Raises NotFound."""
    found = accounts.by_id(tx, user_id)
    if found is None or not reach.covers(found.tenant_id):
        raise NotFound(f"there is no user {user_id}")
    return found


def user_to_change(tx: Tx, reach: Reach, user_id: str) -> Account:
    """A user whom the caller may change. Raises NotFound, NotPermitted (operators are for operators), BadInput (it is going)."""
    reach.check_changes()
    tx.lock("operators")  # two who demote each other at once must not both succeed
    found = user(tx, reach, user_id)
    if found.operator and not reach.is_operator:
        # Else the admin of one tenant could become who looks after all of them.
        raise NotPermitted("who looks after the whole installation is changed by operators only")
    if found.status == "removing":
        raise BadInput(f"{found.email} is being removed")
    return found


def domain(tx: Tx, reach: Reach, name: str) -> Domain:
    """A domain within reach. Raises NotFound."""
    found = domains.named(tx, name.strip().rstrip(".").lower())
    if found is None or not reach.covers(found.tenant_id):
        raise NotFound(f"{name[:255]} is not a domain of this server")
    return found


def mailbox(tx: Tx, reach: Reach, mailbox_id: str) -> Mailbox:
    """A mailbox within reach. Raises NotFound."""
    found = mailboxes.by_id(tx, mailbox_id)
    if found is None or not reach.covers(found.tenant_id) or found.name.startswith(mailboxes.REMOVED):
        raise NotFound(f"there is no mailbox {mailbox_id}")
    return found


def outbox_row(tx: Tx, reach: Reach, row_id: str) -> OutboxRow:
    """A message on its way out, within reach. Raises NotFound."""
    found = outbox.by_id(tx, row_id)
    if found is None or not reach.covers(found.tenant_id):
        raise NotFound(f"there is no message {row_id} in the outbox")
    return found


def letter(tx: Tx, reach: Reach, letter_id: str) -> DeadLetter:
    """A dead letter within reach. Raises NotFound."""
    found = dead_letters.find(tx, letter_id)
    if not reach.covers(rows.tenant_of_letter(tx, found)):
        raise NotFound(f"there is no dead letter {letter_id}")
    return found
