"""Who wrote to the concierge, and what our rows say about answering: in gather, and once more inside the transaction that sends.

Plain functions over a transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mailwright.agents.concierge.parts import AGENT
from mailwright.agents.concierge.snapshot import Facts, Standing
from mailwright.agents.policy import Action, Grant
from mailwright.core import reports, stops
from mailwright.core.messages import StoredMessage
from mailwright.domain import clock, whatsapp
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Origin
from mailwright.domain.ids import derived_token, is_id
from mailwright.domain.refusals import BadAddress
from mailwright.storage import Tx, assignments, declined, effects, inbound, phones
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.tasks import Task

PROVE = "prove"
"""The kind of a task whose message was asked about: was that you?"""
MOST_SAID = 8

_OURS = re.compile(r"<(?P<what>followup|concierge)\.(?P<id>[0-9a-f-]{36})[.@]")


@dataclass(frozen=True, slots=True)
class Writer:
    """`address` is the one to answer (None: none that could be), `person` whose it is."""

    address: Address | None
    name: str
    person: Account | None
    standing: Standing


def writer_of(tx: Tx, message: StoredMessage, *, trusts_hook: bool) -> Writer:
    """Who wrote a message. The From line makes a person known, and only what was proven about it makes it theirs."""
    listed = message.headers.get("from") or [["", ""]]
    name, author = listed[0]
    try:
        address = Address.parse(author)
    except BadAddress:
        return Writer(None, name, None, "unknown")
    proven = message.account_id is not None or message.origin is not Origin.STRANGER
    is_phone = whatsapp.phone_of(address) is not None  # Meta's signature proves one, or nothing does
    if not proven and trusts_hook and not is_phone and message.inbound_id is not None:
        proven = inbound.channel(tx, message.inbound_id) == Channel.HOOK.value
    if not proven and is_phone:
        return Writer(None, name, None, "unknown")  # a mail in a phone's name: no answer goes to who did not write
    if message.account_id is not None:
        person = account_rows.by_id(tx, message.account_id)
    else:
        person = _person(tx, message.tenant_id, address)
    if person is None or person.tenant_id != message.tenant_id or person.role == "agent":
        return Writer(address, name, None, "unknown")
    if person.status != "active":
        return Writer(address, name, person, "blocked")
    return Writer(address, name, person, "known" if proven else "unproven")


def _person(tx: Tx, tenant_id: str, address: Address) -> Account | None:
    """Whose address it is: a person's of the tenant, also one who has no mailbox here, or the phone of one."""
    phone = whatsapp.phone_of(address)
    if phone is not None:
        return account_rows.by_id(tx, phones.owner(tx, phone) or "")
    found = account_rows.address(tx, address.key)
    if found is not None:
        return account_rows.by_id(tx, found.user_id) if found.user_id is not None else None
    return account_rows.by_email(tx, tenant_id, address.key)


def answers(message: StoredMessage) -> tuple[str, str]:
    """The follow-up, and the task, of the message of ours that this one answers; the nearest counts."""
    named = [*message.headers.get("in_reply_to", ()), *reversed(message.headers.get("references", ()))]
    for each in named[:50]:
        found = _OURS.match(each)
        if found is not None and is_id(found["id"]):
            return (found["id"], "") if found["what"] == "followup" else ("", found["id"])
    return "", ""


def fresh(tx: Tx, task: Task, agent_user_id: str, known: Facts) -> Facts:
    """`known` with everything that can have changed since read anew."""
    now = clock.now()
    serving = assignments.serving(tx, AGENT, agent_user_id)
    settled = ""
    if task.status.is_final:
        settled = f"the task is {task.status.value}"
    elif serving is None:
        settled = "the agent does not serve this mailbox any more"
    person = account_rows.by_id(tx, task.user_id) if task.user_id is not None else None
    blocked = person is not None and person.status != "active"
    sent = 0
    if task.user_id is not None:
        sent = effects.count_since(tx, task.user_id, Action.REPLY.value, now - clock.HOUR)
    return replace(
        known,
        settled=settled,
        standing="blocked" if blocked else known.standing,
        may_send=serving is not None and Grant.SEND.value in serving.grants,
        stopped=stops.engaged(tx, tenant_id=task.tenant_id, user_id=task.user_id),
        suppressed=reports.suppressed(tx, task.tenant_id, task.correspondent),
        sent_last_hour=sent,
        asked_last_day=task_rows.sent_since(
            tx, user_id=None, correspondent=task.correspondent, since=now - clock.DAY, kind=PROVE
        ),
        declined=declined.has(tx, agent_user_id, task.correspondent),
        declined_last_day=(
            declined.count_since(tx, agent_user_id, now - clock.DAY) if known.standing == "unknown" else 0
        ),
    )


def message_id(hostname: str, *, followup_id: str = "", task_id: str, mark: str = "") -> str:
    """The Message-ID of what is said about a follow-up, or by a task; an answer to it leads back to them.

    Short: with most host names it stays within a line of 78 characters (RFC 5322 §2.1.1), beyond which some programs garble it.
    """
    if followup_id:
        said = f"{task_id}.{mark}" if mark else task_id
        if len(said) > MOST_SAID:
            said = derived_token("said", said)[:MOST_SAID]
        return f"<followup.{followup_id}.{said}@{hostname}>"
    ending = f".{mark}" if mark else ""
    return f"<concierge.{task_id}{ending}@{hostname}>"
