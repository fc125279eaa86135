"""Watching: a follow-up that waits for somebody's answer ends by itself when the answer comes.

`on_delivered` is the consumer `followup-watchers` of the stream `mail_ingest`: what is delivered into the mailbox of the person, or of the
concierge (it was in copy). `look` looks into the conversation once more before anybody is reminded, for what came before there was a
follow-up.
What counts as the answer: it names the message that is waited for in In-Reply-To or References, which only those know who got it; it is
from whom it is waited for, or else from anybody but the person and the concierge; it was not filed as junk; and no program sent it by
itself (an absence note is no answer, RFC 3834).
Does not: see what arrives elsewhere than here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailwright.codecs import mime
from mailwright.core import Core
from mailwright.core.filing import JUNK
from mailwright.core.followups import changing
from mailwright.domain.addresses import Address
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.refusals import BadAddress, DamagedBlob, NotFound
from mailwright.pipeline import Commit, Handler
from mailwright.storage import Tx, accounts, mailboxes, messages
from mailwright.storage import followups as rows
from mailwright.storage.followups import Followup
from mailwright.storage.messages import StoredMessage

STREAM, GROUP = "mail_ingest", "followup-watchers"
BECAUSE = "their reply came"
MAX_THREAD = 200  # messages of a conversation that are looked through

_WAITING = frozenset({FollowupStatus.CLARIFYING, FollowupStatus.PENDING, FollowupStatus.DUE, FollowupStatus.EXECUTING})


def on_delivered(core: Core) -> Handler:
    """The consumer."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        ids = [event.payload["message_id"] for event in events if _may_be(event)]
        answered: list[str] = []
        for known, message in await core.read(lambda tx: _candidates(tx, ids)):
            if known.id not in answered and await _was_written(core, message):
                answered.append(known.id)
        return (lambda tx: _end(tx, core, answered)) if answered else None

    return handle


async def look(core: Core, known: Followup) -> bool:
    """Whether the answer is there already; then the follow-up has ended. Raises TryLater."""
    if not known.waits_for:
        return False
    for message in await core.read(lambda tx: _answers(tx, known)):
        if await _was_written(core, message):
            return bool(await core.write(lambda tx: _end(tx, core, [known.id])))
    return False


def _may_be(event: Event) -> bool:
    return event.kind == MESSAGE_DELIVERED and event.payload.get("role") != "junk"


def _candidates(tx: Tx, message_ids: Sequence[str]) -> list[tuple[Followup, StoredMessage]]:
    found = []
    for message in messages.with_ids(tx, message_ids):
        for known in rows.waiting_for(tx, message.user_id, _refers_to(message)):
            if _answers_it(tx, known, message):
                found.append((known, message))
    return found


def _answers(tx: Tx, known: Followup) -> list[StoredMessage]:
    """What answers it in the mailboxes of its person and its concierge."""
    found = []
    for user_id in (known.user_id, known.agent_user_id):
        for original in messages.with_message_id(tx, user_id, known.waits_for)[:5]:
            junk = mailboxes.by_role(tx, user_id, "junk")
            for message in messages.in_thread(tx, user_id, original.thread_id, MAX_THREAD):
                lost = junk is not None and message.mailbox_id == junk.id
                if not lost and known.waits_for in _refers_to(message) and _answers_it(tx, known, message):
                    found.append(message)
    return found


def _refers_to(message: StoredMessage) -> list[str]:
    return [*message.headers.get("in_reply_to", ()), *message.headers.get("references", ())]


def _answers_it(tx: Tx, known: Followup, message: StoredMessage) -> bool:
    sender = _key(message.sender)
    if not sender or JUNK in message.keywords or message.message_id == known.waits_for:
        return False
    if known.waits_from:
        return sender == known.waits_from
    return sender not in _own(tx, (known.user_id, known.agent_user_id))


def _own(tx: Tx, user_ids: Iterable[str]) -> set[str]:
    own: set[str] = set()
    for user_id in user_ids:
        account = accounts.by_id(tx, user_id)
        own |= {each.address for each in accounts.addresses(tx, user_id=user_id)}
        own |= {account.email} if account is not None else set()
    return own


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return ""


async def _was_written(core: Core, message: StoredMessage) -> bool:
    """Whether a person wrote it."""
    try:
        parsed = mime.parse(await core.blobs.read(message.blob_id))
    except (NotFound, DamagedBlob):  # removed since, or unreadable: one reminder too many does less harm than none
        return False
    return not mime.is_automatic(parsed.header)


def _end(tx: Tx, core: Core, ids: Sequence[str]) -> int:
    """End those that still wait; how many did."""
    count = 0
    for id in ids:
        known = rows.hold(tx, id)
        if known is not None and known.status in _WAITING:
            changing.cancel(tx, core, id, by=None, because=BECAUSE)
            count += 1
    return count
