"""Snoozing: a message is put aside, and comes back into its mailbox, unread, when its time has come.

Called by the REST API and, every minute, by the scheduler. A snoozed message is in the mailbox with the role `snoozed` (which JMAP and
IMAP clients see as one), made when it is first needed.
Promises: it comes back to where it came from, or into INBOX when that is gone, once, however many schedulers look; what somebody
moved or deleted by hand meanwhile is left alone. The keyword `RETURNED` lets clients show it at the top although it is old; they
take it away when it was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import partial

import structlog

from mailwright.core import Core, access, mailboxes, marking, moving
from mailwright.core.access import Reached
from mailwright.core.accounts import Account
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage import Tx, accounts, audit, snoozes
from mailwright.storage import mailboxes as mailbox_rows
from mailwright.storage import messages as message_rows
from mailwright.storage.audit import Actor
from mailwright.storage.messages import Flag, StoredMessage
from mailwright.storage.snoozes import Snooze

log = structlog.get_logger(__name__)

ROLE = "snoozed"  # RFC 8621 §2: a role of the registry "IMAP Mailbox Name Attributes"
RETURNED = "$snoozed-returned"
LONGEST = 5 * 366 * DAY  # later than that nobody waits for
USERS_AT_ONCE = 100
MESSAGES_AT_ONCE = 200  # of one transaction


def snooze(
    tx: Tx,
    core: Core,
    account: Account,
    message_id: str,
    until: Instant,
    *,
    thread: bool = False,
    by: Actor | None = None,
) -> list[str]:
    """Put a message aside until then; with `thread` everything of its conversation that is in INBOX, too. The ids of what was.

    Again for a snoozed message sets another moment. Raises NotFound, BadInput (a time that is past, or years away).
    """
    if not clock.now() < until <= clock.now() + LONGEST:
        raise BadInput("a message is snoozed until a time to come, at most five years ahead")
    accounts.hold(tx, account.id)
    message = _own(tx, account, message_id)
    chosen = {message.id: message}
    if thread:
        inbox = mailbox_rows.by_role(tx, account.id, "inbox")
        together = message_rows.in_thread(tx, account.id, message.thread_id, MESSAGES_AT_ONCE)
        chosen |= {each.id: each for each in together if inbox is not None and each.mailbox_id == inbox.id}
    place = mailboxes.with_role(tx, account, ROLE)
    target = access.by_id(tx, account, place.id)
    inbox_id = _inbox(tx, account).mailbox.id
    for mailbox_id, several in _by_mailbox(chosen.values()).items():
        if mailbox_id != place.id:
            source = access.by_id(tx, account, mailbox_id)
            moving.move(tx, core, source, target, sorted(each.uid for each in several))
            snoozes.forget(tx, [each.id for each in several])  # what was known of an earlier time
        came_from = inbox_id if mailbox_id == place.id else mailbox_id
        for each in several:
            snoozes.put(tx, Snooze(each.id, account.id, came_from, until), clock.now())
    _audit(tx, account, by, "message.snoozed", chosen)
    return list(chosen)


def wake(tx: Tx, core: Core, account: Account, message_id: str, *, by: Actor | None = None) -> None:
    """Let a snoozed message come back now. Raises NotFound when it is not snoozed."""
    accounts.hold(tx, account.id)
    found = snoozes.of_message(tx, account.id, message_id) if is_id(message_id) else None
    if found is None or not _return(tx, core, account, [found]):
        raise NotFound("the message is not snoozed")
    _audit(tx, account, by, "message.woken", [message_id])


def listing(tx: Tx, account: Account) -> list[Snooze]:
    """What the account has snoozed, the first to come back first."""
    place = mailbox_rows.by_role(tx, account.id, ROLE)
    return snoozes.within(tx, account.id, place.id) if place is not None else []


async def wake_due(core: Core, now: Instant | None = None) -> int:
    """Let everything come back whose time has come. How many messages did. Raises TryLater."""
    moment, count = clock.now() if now is None else now, 0
    failed: set[str] = set()
    while True:
        found = await core.read(lambda tx: snoozes.users_due(tx, moment, USERS_AT_ONCE + len(failed)))
        waiting = [user_id for user_id in found if user_id not in failed]
        if not waiting:
            return count
        for user_id in waiting:
            try:
                count += await core.write(partial(_wake_some, core=core, user_id=user_id, now=moment))
            except TryLater:
                raise
            except Exception:  # a bug with one person's mail must not keep everybody else's away
                log.exception("snoozing.failed", user_id=user_id)
                failed.add(user_id)


def _wake_some(tx: Tx, core: Core, user_id: str, now: Instant) -> int:
    accounts.hold(tx, user_id)  # another scheduler waits here, and finds nothing due afterwards
    found = snoozes.due(tx, user_id, now, MESSAGES_AT_ONCE)
    account = accounts.by_id(tx, user_id)
    if account is None:
        snoozes.forget(tx, [each.message_id for each in found])
        return 0
    return _return(tx, core, account, found)


def _return(tx: Tx, core: Core, account: Account, found: list[Snooze]) -> int:
    """Move what is still where it was put, mark it, and forget all of them. How many moved."""
    snoozes.forget(tx, [each.message_id for each in found])
    place = mailbox_rows.by_role(tx, account.id, ROLE)
    if place is None:
        return 0
    source = access.by_id(tx, account, place.id)
    came_from = {each.message_id: each.mailbox_id for each in found}
    waiting = defaultdict(list)
    for message in message_rows.with_ids(tx, list(came_from)):
        if message.mailbox_id == place.id:
            waiting[came_from[message.id]].append(message.uid)
    for mailbox_id, uids in waiting.items():
        target = _target(tx, account, mailbox_id)
        placed = moving.move(tx, core, source, target, sorted(uids))
        new = sorted(uid for _, uid in placed.pairs)
        marking.store(tx, target, new, mode="remove", flags=int(Flag.SEEN), keywords=())
        marking.store(tx, target, new, mode="add", flags=0, keywords=(RETURNED,))
    return sum(map(len, waiting.values()))


def _target(tx: Tx, account: Account, mailbox_id: str) -> Reached:
    try:
        reached = access.by_id(tx, account, mailbox_id)
    except NotFound:
        return _inbox(tx, account)
    return reached if reached.own else _inbox(tx, account)


def _inbox(tx: Tx, account: Account) -> Reached:
    return access.by_name(tx, account, "INBOX")


def _own(tx: Tx, account: Account, message_id: str) -> StoredMessage:
    message = message_rows.by_id(tx, message_id) if is_id(message_id) else None
    if message is None or message.user_id != account.id:
        raise NotFound("there is no such message")
    access.by_id(tx, account, message.mailbox_id)  # what a removed mailbox holds is going
    return message


def _by_mailbox(messages: Iterable[StoredMessage]) -> dict[str, list[StoredMessage]]:
    found: dict[str, list[StoredMessage]] = defaultdict(list)
    for message in messages:
        found[message.mailbox_id].append(message)
    return found


def _audit(tx: Tx, account: Account, by: Actor | None, action: str, message_ids: Iterable[str]) -> None:
    for message_id in message_ids:
        audit.note(tx, by or Actor(account.email), action, resource=message_id, tenant_id=account.tenant_id)
