"""Reading the facts of a task: in gather, and once more inside the transaction that sends.

Plain functions over a transaction. What is asked here is about rows (who, how often, whether somebody else was faster); what the
message itself shows (automatic, bounce) is seen once, when it is parsed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailwright.agents.employee.parts import AGENT
from mailwright.agents.employee.snapshot import Facts
from mailwright.agents.policy import Grant
from mailwright.core import accounts, messages, reports, stops
from mailwright.core.messages import Flag, StoredMessage
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadAddress
from mailwright.storage import Tx, assignments
from mailwright.storage import accounts as account_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.tasks import Task

MAX_ADDRESSED = 200  # addresses of a message among which ours is looked for


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Who wrote: the address to answer (None: none that could be), and the person the work is done for.

    `person` is None for a stranger who uses an address of ours that nothing proves to be theirs: the mail may be anybody's, so it gets
    no workspace and spends nobody's plan.
    """

    address: Address | None
    name: str
    person: Account | None


def correspondent_of(tx: Tx, message: StoredMessage) -> Correspondent:
    """Who wrote a message; an outside sender becomes a guest of the tenant on first contact."""
    listed = message.headers.get("from") or [["", ""]]
    name, author = listed[0]
    try:
        address = Address.parse(author)
    except BadAddress:
        return Correspondent(None, name, None)
    if message.account_id is not None:
        return Correspondent(address, name, account_rows.by_id(tx, message.account_id))
    ours = account_rows.address(tx, address.key)
    if ours is not None:
        proven = message.origin is not Origin.STRANGER and ours.user_id is not None
        return Correspondent(address, name, account_rows.by_id(tx, ours.user_id or "") if proven else None)
    return Correspondent(
        address, name, accounts.add_guest(tx, message.tenant_id, str(address), display_name=name[:200])
    )


def is_addressed(tx: Tx, message: StoredMessage) -> bool:
    """Whether the author wrote to the mailbox that has the message. A mail from outside is proven by what travels with it, also when
    somebody who got it once hands it on to us: what Ada asked of another is no word to her agent. Who was signed in has handed
    it over in person."""
    if message.account_id is not None:
        return True
    for _name, address in [*message.headers.get("to", ()), *message.headers.get("cc", ())][:MAX_ADDRESSED]:
        try:
            row = account_rows.address(tx, Address.parse(address).key)
        except BadAddress:
            continue
        if row is not None and row.user_id == message.user_id:
            return True
    return False


def fresh(tx: Tx, task: Task, message: StoredMessage, known: Facts, *, hostname: str) -> Facts:
    """`known` with everything that can have changed since read anew. `hostname` is what our Message-IDs end in."""
    now = clock.now()
    serving = assignments.serving(tx, AGENT, message.user_id)
    user_id, correspondent = task.user_id, task.correspondent
    person = account_rows.by_id(tx, user_id) if user_id is not None else None
    settled = ""
    if task.status.is_final:
        settled = f"the task is {task.status.value}"
    elif serving is None:
        settled = "the agent does not serve this mailbox any more"
    return replace(
        known,
        settled=settled,
        blocked=any(each.status != "active" for each in (person, _named(tx, correspondent)) if each is not None),
        may_send=serving is not None and Grant.SEND.value in serving.grants,
        human_answered=answered_by_somebody(tx, message, ours=our_ids(task, hostname)),
        sent_last_hour=task_rows.sent_since(tx, user_id=user_id, correspondent=correspondent, since=now - clock.HOUR),
        sent_last_day=task_rows.sent_since(tx, user_id=user_id, correspondent=correspondent, since=now - clock.DAY),
        asked_last_day=sum(
            task_rows.sent_since(tx, user_id=user_id, correspondent=correspondent, since=now - clock.DAY, kind=kind)
            for kind in ("clarify", "acknowledge")
        ),
        refused_last_day=task_rows.sent_since(
            tx, user_id=user_id, correspondent=correspondent, since=now - clock.DAY, kind="limit"
        ),
        suppressed=reports.suppressed(tx, task.tenant_id, correspondent),
        stopped=stops.engaged(tx, tenant_id=task.tenant_id, user_id=user_id),
        sent_in_thread=tuple(
            task_rows.sent_in_thread(tx, user_id=user_id, correspondent=correspondent, thread_id=message.thread_id)
        ),
    )


def _named(tx: Tx, correspondent: str) -> Account | None:
    """Whose address it is, whether they wrote or not."""
    found = account_rows.address(tx, correspondent)
    return account_rows.by_id(tx, found.user_id) if found is not None and found.user_id is not None else None


def answered_by_somebody(tx: Tx, message: StoredMessage, *, ours: frozenset[str]) -> bool:
    """Whether the message has an answer in its thread: flagged so by a client, or one that names it and is not the asker's.

    It must come from one of our own people, or from one whom the asker had written to: else anybody who learns the Message-ID could
    keep an answer from being sent, and an address that is proven is still anybody's. `ours` are the Message-IDs this task itself may
    have sent: the apology of an earlier generation is no answer.
    """
    if message.flags & Flag.ANSWERED:
        return True
    if message.message_id is None:
        return False
    asked = {address.lower() for field in ("to", "cc") for _name, address in message.headers.get(field, ())}
    return any(
        message.message_id in other.headers.get("in_reply_to", ())
        and (other.sender.lower() in asked or _is_ours(tx, other))
        and other.sender.lower() != message.sender.lower()
        and other.message_id not in ours
        for other in messages.in_thread(tx, message.thread_id, message.user_id)
        if other.id != message.id
    )


def _is_ours(tx: Tx, message: StoredMessage) -> bool:
    """Whether it is proven to be from somebody with an address here."""
    if message.origin is Origin.STRANGER:
        return False
    try:
        return account_rows.address(tx, Address.parse(message.sender).key) is not None
    except BadAddress:
        return False


def sent_id(task: Task, generation: int, hostname: str) -> str:
    """The Message-ID of what a task sends: the same for every attempt of a generation, so that a repeat is no second mail."""
    return f"<{derived_token(AGENT, task.id, str(generation), 'sent')}@{hostname}>"


def our_ids(task: Task, hostname: str) -> frozenset[str]:
    """Every Message-ID the task may have used so far."""
    return frozenset(sent_id(task, generation, hostname) for generation in range(1, task.generation + 1))
