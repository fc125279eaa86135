"""Refusals: who wants no outreach, or cannot be reached by it, within one tenant.

Called by `sending` before anything goes, by the page behind the link in a mail (`protocols.web.unsubscribing`), by `settled` and
`bounced` when mail comes back, and by the command line.
Promises: what was refused once is not written to by anybody of the tenant, and what waited for it does not leave; an address counts
without its plus tag, `@` and a domain for everybody there. What a sending service stopped (`core.reports`) counts as well.
"""

from __future__ import annotations

from mailwright.core import Core
from mailwright.core.messages import storable
from mailwright.core.outreach import withdrawing
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.outreach import SentState
from mailwright.domain.refusals import BadAddress, BadInput
from mailwright.storage import Tx, accounts, audit, outreachsending
from mailwright.storage import outreachrefusals as rows
from mailwright.storage import reports as report_rows
from mailwright.storage.audit import Actor
from mailwright.storage.reports import Suppression

MAX_BECAUSE = 500  # characters

WANTS_NONE = "the recipient asked not to be written to"


def key_of(text: str) -> str:
    """An address, or `@` and a domain, as it is kept. Raises BadAddress."""
    text = text.strip()
    if text.startswith("@"):
        return f"@{Address.parse(f'postmaster{text}').domain}"
    return Address.parse(text).key


def turn(tx: Tx, tenant_id: str, domain: str) -> None:
    """One after the other, until the transaction ends: who is about to send to a domain, and who says that somebody there wants none.

    Else neither would see the other, and the mail would go. Before the mail is held.
    """
    tx.lock(f"outreach of {tenant_id} to {domain}")


def because(tx: Tx, tenant_id: str, address: Address) -> str:
    """Why nobody of the tenant may send outreach to the address; empty when they may."""
    stopped = report_rows.suppression(tx, tenant_id, str(address).lower())
    return stopped or rows.because(tx, tenant_id, address.key, address.domain)


def add(tx: Tx, core: Core, tenant_id: str, address: str, *, because: str, by: Actor) -> bool:
    """From now on nothing goes there, and what waits does not leave. False when that was so. Raises BadAddress, BadInput."""
    wanted = key_of(address)
    told = storable(" ".join(because.split()))[:MAX_BECAUSE]
    if not told:
        raise BadInput("say why nothing is to be sent there")
    turn(tx, tenant_id, wanted.rpartition("@")[2])
    added = rows.add(tx, tenant_id, wanted, told, clock.now())
    if added:
        audit.note(tx, by, "outreach.refused", resource=wanted, tenant_id=tenant_id)
    withdraw(tx, core, tenant_id, wanted, because=told, by=by)
    return added


def withdraw(tx: Tx, core: Core, tenant_id: str, address: str, *, because: str, by: Actor) -> int:
    """What waits to go there does not leave. How many mails."""
    count = 0
    for outreach_id in outreachsending.waiting_for(tx, tenant_id, address):
        known = outreachsending.hold(tx, outreach_id)
        if known is not None:
            count += withdrawing.withdraw(tx, core, known, state=SentState.REFUSED, because=because, by=by)
    return count


def allow(tx: Tx, tenant_id: str, address: str, by: Actor) -> bool:
    """A person says that it may be written to again. False when nothing stood in its way. Raises BadAddress."""
    wanted = key_of(address)
    lifted = rows.lift(tx, wanted, tenant_id)
    if lifted:
        audit.note(tx, by, "outreach.allowed", resource=wanted, tenant_id=tenant_id)
    return lifted


def listing(tx: Tx, *, address: str = "", limit: int = 100) -> list[Suppression]:
    """Who is not written to, the newest first; with `address` in which tenants. Raises BadAddress."""
    return rows.listing(tx, address=key_of(address) if address else "", limit=limit)


def own(tx: Tx, tenant_id: str, address: Address) -> str:
    """Why outreach is not for the address: it is an agent's, or one of the tenant's own people's. Empty when it is for it."""
    row = accounts.address(tx, address.key)
    account = accounts.by_id(tx, row.user_id) if row is not None and row.user_id is not None else None
    if account is not None and account.role == "agent":
        return f"{address} is an agent's address"
    if row is not None and row.tenant_id == tenant_id:
        return f"{address} is an address of your own organisation; write to it as you always do"
    return ""


def parse(text: str) -> Address:
    """A recipient. Raises BadInput."""
    if not text.strip():
        raise BadInput("there is no address to send it to; say which")
    try:
        return Address.parse(text.strip())
    except BadAddress as refusal:
        raise BadInput(f"it cannot be sent: {refusal}") from refusal
