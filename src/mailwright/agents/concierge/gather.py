"""Gathering: one message and its writer become one typed snapshot. No model is asked here.

A step: it may run twice, and the second time it writes the same. What the snapshot holds as the asker's own words is what is new in the
message beyond doubt (`core.quoted.surely_new`): nothing that is quoted or forwarded asks for anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailwright.agents.concierge.facts import PROVE, Writer, answers, fresh, writer_of
from mailwright.agents.concierge.parts import AGENT, parts
from mailwright.agents.concierge.snapshot import Facts, Snapshot
from mailwright.agents.employee import contents
from mailwright.agents.employee.contents import Contents
from mailwright.agents.models.rules import commands, language
from mailwright.codecs import dates, mime
from mailwright.core import messages, tasks
from mailwright.core.messages import StoredMessage
from mailwright.domain import clock, whatsapp
from mailwright.domain.addresses import Address
from mailwright.domain.followups import LANGUAGES, AskedIn
from mailwright.domain.refusals import BadAddress, NotFound, TryLater
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.pipeline import step
from mailwright.storage import Tx, assignments, followups, inbound, preferences
from mailwright.storage import accounts as account_rows
from mailwright.storage import messages as message_rows
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.tasks import Task

MAX_OWN = 20_000  # characters
MAX_FORWARDED = 12_000
MAX_OTHERS = 50
THREADED_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows a run begins with. `worked_on` is the message that is worked on: an earlier one when this one proves whose that was."""

    task: Task
    message: StoredMessage
    agent: Account
    writer: Writer
    recipient: str
    earlier: Task | None


def worth_repeating(error: BaseException) -> bool:
    """For the steps that only touch our own storage: the database or the disk may be back in a moment."""
    return isinstance(error, TryLater)


@step(name="concierge.gather", attempts=6, interval=1.0, backoff=2.0, retry_if=worth_repeating)
async def gather(message_id: str, attempt: int) -> dict[str, Any]:
    """`Facts` of the message as values. Raises TryLater, NotFound."""
    core = parts().core
    begun = await core.write(lambda tx: _begin(tx, message_id, attempt))
    if isinstance(begun, Facts):
        return begun.as_values()
    read = await _read(await core.blobs.read(begun.message.blob_id))
    worked_on, writer = begun.message, begun.writer
    if begun.earlier is not None and writer.person is not None and not read.automatic:
        word = commands.read(read.own)
        if word is not None and word.kind in ("yes", "no"):
            if word.kind == "no":
                return (await core.write(lambda tx: _not_theirs(tx, begun))).as_values()
            # Only who reads that mailbox has the Message-ID that this one answers.
            writer = replace(writer, standing="known")
            earlier = begun.earlier
            worked_on = await core.read(lambda tx: messages.load(tx, earlier.message_id))
            read = replace(await _read(await core.blobs.read(worked_on.blob_id)), automatic="")
    facts = await core.write(lambda tx: _conclude(tx, replace(begun, writer=writer), worked_on, read))
    return facts.as_values()


def _begin(tx: Tx, message_id: str, attempt: int) -> _Found | Facts:
    message = messages.load(tx, message_id)
    serving = assignments.serving(tx, AGENT, message.user_id)
    task = tasks.find(tx, AGENT, message_id)
    if task is not None and task.status.is_final:
        return Facts(task.id, "", settled=f"the task is {task.status.value}")
    if task is not None and followups.by_id(tx, task.id) is not None:
        return Facts(task.id, "", settled="its follow-up is made")
    if serving is None:
        return Facts(task.id if task else "", "", settled="the agent does not serve this mailbox any more")
    agent = account_rows.by_id(tx, message.user_id)
    if agent is None:
        raise NotFound(f"the mailbox of message {message_id} is gone")
    writer = writer_of(tx, message, trusts_hook=parts().options.trusts_hook)
    if task is None:
        task = open_task(tx, message, serving.id)
    # Whose it is counts only when that is proven: nobody else's follow-ups are touched.
    person = writer.person if writer.standing == "known" else None
    task_rows.update(tx, task.id, now=clock.now(), user_id=person.id if person else None, thread_id=message.thread_id)
    task = tasks.start_attempt(tx, task.id, Stage.GATHER, attempt=attempt)
    if _came_before(tx, message):
        return Facts(task.id, "", settled="the same message came before")
    recipient = inbound.recipient(tx, message.inbound_id) if message.inbound_id is not None else ""
    return _Found(task, message, agent, writer, recipient, _asked_about(tx, message, writer))


def open_task(tx: Tx, message: StoredMessage, assignment_id: str) -> Task:
    """The task for a message, queued; the one there is when there is one."""
    return tasks.create(
        tx,
        tenant_id=message.tenant_id,
        agent=AGENT,
        assignment_id=assignment_id,
        message_id=message.id,
        correspondent=_key(message.sender),
        thread_id=message.thread_id,
        correlation_id=message.correlation_id,
    )


def _came_before(tx: Tx, message: StoredMessage) -> bool:
    """Whoever holds a copy of a proven mail may bring it again, with what its signature leaves out changed; and one mail to two addresses
    of ours comes twice."""
    if message.message_id is None:
        return False
    others = message_rows.with_message_id(tx, message.user_id, message.message_id)
    earlier = [each for each in others if each.id < message.id and each.sender.lower() == message.sender.lower()]
    known = (tasks.find(tx, AGENT, each.id) for each in earlier)
    # What was asked about, and nobody answered, may be sent again by who wrote it.
    return any(task is not None and task.kind != PROVE for task in known)


def _asked_about(tx: Tx, message: StoredMessage, writer: Writer) -> Task | None:
    """The task whose message this one says was written by its sender, when it answers the question about that."""
    _about, task_id = answers(message)
    task = task_rows.by_id(tx, task_id) if task_id else None
    if task is None or task.agent != AGENT or task.kind != PROVE or writer.address is None:
        return None
    return task if task.correspondent == writer.address.key else None


def _not_theirs(tx: Tx, found: _Found) -> Facts:
    """They say that the message was not theirs: nothing is done about it, nor asked again."""
    assert found.earlier is not None
    task_rows.update(tx, found.earlier.id, now=clock.now(), kind="")
    return Facts(found.task.id, "", settled="they say that the message was not theirs", standing="known")


def _conclude(tx: Tx, found: _Found, message: StoredMessage, read: Contents) -> Facts:
    """Write the snapshot and read the facts, in one transaction."""
    writer, task, agent = found.writer, found.task, found.agent
    person = writer.person if writer.standing == "known" else None
    if person is not None and task.user_id is None:
        task_rows.update(tx, task.id, now=clock.now(), user_id=person.id)
        task = tasks.get(tx, task.id)
    likes = preferences.of_user(tx, writer.person.id) if writer.person else preferences.Preferences()
    about, about_task = _context(tx, message, person)
    ours = {agent.email, *(each.address for each in account_rows.addresses(tx, user_id=agent.id))}
    others, copied = _others(message, ours)
    own = read.own or ("" if read.split.forwarded or read.split.quoted else read.split.new)
    snapshot = Snapshot(
        task_id=task.id,
        message_id=message.id,
        header_message_id=message.message_id,
        references=mime.reply_references(read.parsed),
        subject=message.subject,
        agent_user_id=agent.id,
        agent_address=agent.email,
        agent_name=agent.display_name,
        correspondent=str(writer.address) if writer.address else "",
        person_id=person.id if person else "",
        person_name=(person.display_name if person else "") or "",
        channel=_channel(writer.address),
        received_at=message.received_at,
        language=_language(tx, own, read, likes.locale, about),
        own=own[:MAX_OWN],
        forwarded=read.split.forwarded[:MAX_FORWARDED],
        passed_on=_passed_on(read),
        tag=_tag(found.recipient, message, ours),
        copied=copied,
        others=others,
        about=about,
        about_task=about_task,
        proves=found.earlier.id if found.earlier is not None and message.id != found.message.id else "",
    )
    snapshot_id = task_rows.add_snapshot(tx, task.id, snapshot.model_dump_json(), clock.now())
    key = writer.address.key if writer.address else ""
    known = Facts(
        task.id,
        snapshot_id,
        standing=writer.standing,
        automatic=read.automatic,
        bounce=found.message.inbound_id is not None and found.message.envelope_sender is None,
        carried=not snapshot.proves
        and _carried(tx, found.message, agent.id, ours, tagged=bool(snapshot.tag), copied=copied),
        from_an_agent=key == agent.email or (bool(key) and assignments.is_agent_address(tx, key)),
        answerable=writer.address is not None,
    )
    return fresh(tx, task, agent.id, known)


async def _read(raw: bytes) -> Contents:
    if len(raw) > THREADED_BYTES:
        return await asyncio.to_thread(contents.read, raw)
    return contents.read(raw)


def _context(tx: Tx, message: StoredMessage, person: Account | None) -> tuple[str, str]:
    """What of ours the message answers, as far as it is its writer's own."""
    about, about_task = answers(message)
    if person is None:
        return "", ""
    known = followups.by_id(tx, about) if about else None
    if known is not None and known.user_id == person.id:
        return about, ""
    said = task_rows.by_id(tx, about_task) if about_task else None
    return "", about_task if said is not None and said.user_id == person.id else ""


def _others(message: StoredMessage, ours: AbstractSet[str]) -> tuple[tuple[str, ...], bool]:
    """Whom else it was written to, and whether the concierge (by one of `ours`) only has a copy. What names nobody and came from outside
    is one: its author may have written it to anybody, who handed it on."""
    to = [_key(address) for _name, address in message.headers.get("to", ())]
    copied = [_key(address) for _name, address in message.headers.get("cc", ())]
    sender = _key(message.sender)
    others = [each for each in dict.fromkeys([*to, *copied]) if each not in ours and each != sender]
    named = message.account_id is not None or bool(ours & {*to, *copied})
    return tuple(others[:MAX_OTHERS]), not any(each in ours for each in to) and (bool(others) or not named)


def _carried(
    tx: Tx, message: StoredMessage, agent_id: str, ours: AbstractSet[str], *, tagged: bool, copied: bool
) -> bool:
    """Whether the writer did no more than answer all: the concierge was brought into the conversation before, by somebody else, or by
    themselves, who ask for nothing anew. A blind copy is always meant."""
    to, cc = ([_key(address) for _name, address in message.headers.get(field, ())] for field in ("to", "cc"))
    if not ours & {*to, *cc} or (to and ours >= set(to)):
        return False
    named = [*message.headers.get("references", ()), *message.headers.get("in_reply_to", ())]
    for each in named[:50]:
        before = message_rows.with_message_id(tx, agent_id, each)
        if before:
            return _key(before[0].sender) != _key(message.sender) or (copied and not tagged)
    return False


def _channel(address: Address | None) -> AskedIn:
    return AskedIn.WHATSAPP if address is not None and whatsapp.phone_of(address) else AskedIn.MAIL


def _tag(recipient: str, message: StoredMessage, ours: AbstractSet[str]) -> str:
    """The words behind the plus of our address: of the envelope's recipient, or of the header where a list or alias led here."""
    named = [address for field in ("to", "cc") for _name, address in message.headers.get(field, ())]
    for each in (recipient, *named):
        try:
            address = Address.parse(each)
        except BadAddress:
            continue
        if address.tag and (each == recipient or address.key in ours):
            return address.tag[:100]
    return ""


def _passed_on(read: Contents) -> str:
    """The subject of what was forwarded, when its head says one."""
    for line in read.split.forwarded.split("\n")[:12]:
        name, colon, value = line.strip(" *>").partition(":")
        if colon and name.strip(" *").lower() in (
            "subject",
            "betreff",
            "objet",
            "asunto",
            "oggetto",
            "assunto",
            "onderwerp",
        ):
            return " ".join(value.strip(" *").split())[:300]
    return ""


def _language(tx: Tx, own: str, read: Contents, locale: str, about: str) -> str:
    """Of the person's own words; where they do not show it, of the conversation; then as the person prefers."""
    known = followups.by_id(tx, about) if about else None
    preferred = locale.replace("_", "-").partition("-")[0]
    earlier = known.language if known is not None else ""
    return language_of(own, (earlier, preferred, dates.language_of(read.split.forwarded)))


def language_of(own: str, otherwise: Sequence[str] = ()) -> str:
    """The language of somebody's own words, or the first of the others that is one of ours."""
    for each in (dates.language_of(own), *otherwise):
        if each in LANGUAGES:
            return each
    return _by_dates(own) or next((each for each in (language.guess(own),) if each in LANGUAGES), "en")


def _by_dates(own: str) -> str:
    """The language whose phrases that say when take most of a short text; nothing when none does."""
    moment = datetime(2026, 1, 1)  # any will do: only the spans count
    spans = {
        each: sum(
            found.end - found.begin for found in dates.find(own[:500], moment, language=each, habits=dates.Habits())
        )
        for each in LANGUAGES
    }
    best = max(spans, key=lambda each: spans[each])
    return best if spans[best] > 4 else ""


def _key(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()[:320]


def skipped(tx: Tx, task_id: str, because: str) -> str:
    """Nothing is done about the message. The task's status."""
    if not task_id:
        return TaskStatus.SKIPPED.value
    task = tasks.get(tx, task_id)
    # A follow-up's task is at work also while its reminder is; that is not about the message any more.
    if task.status.is_final or followups.by_id(tx, task_id) is not None:
        return task.status.value
    return tasks.finish(tx, task_id, TaskStatus.SKIPPED, because=because).status.value
