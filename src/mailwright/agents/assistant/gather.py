"""Gathering: one mail, its conversation and its owner become one typed snapshot. No model is asked here.

Called by classify; runs again when that step does, and finds the same.

Whose mail is shown: of the conversation only what the sender of the mail wrote, or what was written to that sender. Whoever learns a
Message-ID lands in its thread; what a draft says is meant for the sender, so nothing goes into it that the sender may not know.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents.assistant import signals
from mailwright.agents.assistant.composing import recipients
from mailwright.agents.assistant.inbox import Inbox, Mail
from mailwright.agents.assistant.parts import parts
from mailwright.agents.assistant.snapshot import Snapshot
from mailwright.agents.assistant.stepping import Settled, Turn
from mailwright.agents.employee import contents
from mailwright.agents.employee.contents import Contents
from mailwright.agents.models import Earlier, Material
from mailwright.agents.models.rules import language
from mailwright.codecs import mime
from mailwright.codecs.mime import Parsed
from mailwright.core import styles
from mailwright.core.filing import JUNK
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.storage import Tx, assignments, mailboxes, messages, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage.accounts import Account
from mailwright.storage.preferences import Preferences
from mailwright.storage.triage import Item

MAX_THREAD = 30  # messages of a conversation that are read, the newest
MAX_SHOWN_EARLIER = 10  # of them go into the snapshot
MAX_EARLIER_CHARACTERS = 8_000  # of each
MAX_OWN_TEXTS = 10
THREADED_BYTES = 16 * 1024  # reading a larger message takes long enough to be done in a thread
THREADED_CHARACTERS = 4_000  # of a text: looking for what gives a program away takes as long


@dataclass(frozen=True, slots=True)
class _Owner:
    account: Account
    preferences: Preferences
    style: str


@dataclass(frozen=True, slots=True)
class _Facts:
    """What our own rows show of a mail."""

    junk: bool
    bounce: bool
    from_agent: bool


async def gather(inbox: Inbox, turn: Turn) -> Snapshot:
    """Raises Settled (the mail is gone), TryLater, AuthenticationFailed."""
    item = turn.item
    owner = await parts().core.read(lambda tx: _owner(tx, item))
    try:
        mails = await inbox.thread(item, MAX_THREAD)
        mail = next((each for each in mails if each.id in (item.id, item.remote_id)), None) or await inbox.mail(item)
    except NotFound as refusal:
        raise Settled(str(refusal)) from refusal
    read = await _read(mail.raw, with_files=True)
    earlier = [
        (each, await _read(each.raw, with_files=False))
        for each in mails
        if each.id != mail.id and each.received_at <= mail.received_at
    ]
    sender, name = _author(read.parsed, item)
    shown = [
        (each, before)
        for each, before in earlier
        if _between(each, before.parsed, sender)
        # Whose words these are is proven: what only says that it is the sender's is no part of their history.
        and (mail.origin is Origin.STRANGER or each.mine or each.origin is not Origin.STRANGER)
    ]
    facts = await parts().core.read(lambda tx: _facts(tx, item, sender))
    see = functools.partial(
        signals.read,
        read.parsed,
        owner_addresses=inbox.addresses,
        origin=mail.origin,
        text=read.split.new,
        junk=facts.junk,
        bounce=facts.bounce,
        known=await inbox.written_to(item),
        in_thread_of_owner=any(each.mine for each, _ in shown),
        from_agent=facts.from_agent,
        vip=item.vip,
    )
    seen = await asyncio.to_thread(see) if len(read.split.new) > THREADED_CHARACTERS else see()
    to, cc = recipients(read.parsed, inbox.addresses, mail.origin)
    return Snapshot(
        task_id=turn.task.id,
        item_id=item.id,
        owner_addresses=inbox.addresses,
        owner_name=owner.account.display_name,
        sender=sender,
        sender_name=name,
        to=to,
        cc=cc,
        header_message_id=read.parsed.message_id,
        references=mime.reply_references(read.parsed),
        subject=read.parsed.subject,
        received_at=mail.received_at,
        language=_language(read, shown, turn.assistant.options.languages),
        signals=seen,
        facts=turn.assistant.options.facts,
        style=owner.style,
        max_words=parts().options.draft_words,
        material=_material(mail, read, shown, owner, sender, name),
        own_texts=tuple(before.split.new for each, before in shown if each.mine)[-MAX_OWN_TEXTS:],
    )


def _owner(tx: Tx, item: Item) -> _Owner:
    account = account_rows.by_id(tx, item.user_id)
    if account is None:
        raise NotFound("the owner's account is gone")
    return _Owner(account, preferences.of_user(tx, account.id), styles.of(tx, account.id).said)


def _facts(tx: Tx, item: Item, sender: str) -> _Facts:
    from_agent = assignments.is_agent_address(tx, sender)
    message = messages.by_id(tx, item.id) if item.connection_id is None else None
    if message is None:
        return _Facts(False, False, from_agent)
    mailbox = mailboxes.by_id(tx, message.mailbox_id)
    junk = JUNK in message.keywords or (mailbox is not None and mailbox.role == "junk")
    return _Facts(junk, message.inbound_id is not None and message.envelope_sender is None, from_agent)


async def _read(raw: bytes, *, with_files: bool) -> Contents:
    if len(raw) > THREADED_BYTES:
        return await asyncio.to_thread(contents.read, raw, with_files=with_files)
    return contents.read(raw, with_files=with_files)


def _author(parsed: Parsed, item: Item) -> tuple[str, str]:
    """Address and name of who wrote it; the row's, when the header has none."""
    first = parsed.from_[0] if parsed.from_ else None
    return (_key(first.address), first.name) if first is not None else (item.sender, item.sender_name)


def _between(mail: Mail, parsed: Parsed, sender: str) -> bool:
    """Whether the sender of the mail wrote this one, or was written to in it."""
    if any(_key(each.address) == sender for each in parsed.from_[:1]):
        return True
    return any(_key(each.address) == sender for each in (*parsed.to, *parsed.cc))


def _material(
    mail: Mail, read: Contents, shown: Sequence[tuple[Mail, Contents]], owner: _Owner, sender: str, name: str
) -> Material:
    earlier = [
        Earlier(_who(each, before), each.received_at, before.split.new[:MAX_EARLIER_CHARACTERS])
        for each, before in shown[-MAX_SHOWN_EARLIER:]
        if before.split.new.strip()
    ]
    if not earlier and read.split.quoted.strip():
        # It answers something that is not there: what it quotes is all there is of it.
        earlier = [Earlier("(quoted in the message)", mail.received_at, read.split.quoted[:MAX_EARLIER_CHARACTERS])]
    return Material(
        subject=read.parsed.subject,
        text=read.split.new,
        sent_at=read.parsed.date or mail.received_at,
        forwarded=read.split.forwarded,
        sender=sender,
        sender_name=name,
        time_zone=owner.preferences.time_zone,
        attachments=read.attachments,
        earlier=tuple(earlier),
    )


def _who(mail: Mail, read: Contents) -> str:
    return next((each.address for each in read.parsed.from_), "") + (" (the owner)" if mail.mine else "")


def _language(read: Contents, shown: Sequence[tuple[Mail, Contents]], wanted: Sequence[str]) -> str:
    """The language to draft in: the mail's own, with the earlier mails of the conversation where it is short, and of those that the
    owner named; the first of these when it is in none of them."""
    text = read.split.new or read.split.forwarded
    before = [each.split.new for _mail, each in shown] or [read.split.quoted]
    found = language.of_conversation(f"{read.parsed.subject}\n{text}", before)
    return found if not wanted or found in wanted else wanted[0]


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()[:320]
