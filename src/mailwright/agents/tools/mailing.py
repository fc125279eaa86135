"""Mail to others: written by a model, sent only when the monitor says so, and else shown to the person first, as it is.

What leaves is composed here from plain text: the agent is its author, answers go to the person it works for, and whoever answers
automatically sees that a program wrote it (RFC 3834 §5). The ruling and the outbox row (or the approval) are one transaction; the key
is made of the task and what is written, so that a run that is repeated sends nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailwright.agents import policy
from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect, Ruling
from mailwright.agents.policy.knowledge import Thing
from mailwright.agents.tools.files import MAX_NAME
from mailwright.agents.tools.folder import File
from mailwright.codecs import mime
from mailwright.codecs.mime import Attachment, Mailbox, mailboxes
from mailwright.core import approvals, journaling, messages, outbox, reports
from mailwright.core.madefiles import MAX_ATTACHED, MAX_ATTACHED_BYTES
from mailwright.core.messages import Flag, Provenance
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import checksum, derived_token
from mailwright.domain.refusals import BadAddress, NotFound
from mailwright.storage import StoredBlob, Tx, domains
from mailwright.storage import approvals as approval_rows

if TYPE_CHECKING:
    from mailwright.agents.tools.run import Run

MAX_RECIPIENTS = 20
MAX_SUBJECT = 300  # characters
MAX_ASKED = (
    10  # times one task may ask a person: each is a mail to them, and nobody reads the hundredth before saying yes
)
SENT, WAITS, DENIED = "sent", "waits", "denied"

Recipient = Annotated[str, StringConstraints(min_length=3, max_length=320)]


class Arguments(BaseModel):
    """Of send_mail."""

    model_config = ConfigDict(extra="forbid")

    to: list[Recipient] = Field(min_length=1, max_length=MAX_RECIPIENTS, description="Addresses.")
    cc: list[Recipient] = Field(default_factory=list, max_length=MAX_RECIPIENTS)
    subject: str = Field(min_length=1, max_length=MAX_SUBJECT)
    body: str = Field(min_length=1, max_length=policy.rules.MAX_OUTGOING, description="Plain text.")
    attach: list[Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]] = Field(
        default_factory=list, max_length=MAX_ATTACHED, description="Names of files, as list_files tells them."
    )


@dataclass(frozen=True, slots=True)
class _Letter:
    """What would leave."""

    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    recipients: tuple[Address, ...]
    subject: str
    text: str
    files: tuple[File, ...]
    older: tuple[str, ...]  # files of the person's other conversations

    @property
    def digest(self) -> str:
        """The same for the same letter."""
        files = [f"{file.name}:{checksum(file.content)}" for file in self.files]
        to = sorted(str(each).lower() for each in self.recipients)
        return derived_token(*to, "", self.subject, self.text, *files)

    @property
    def effect(self) -> Effect:
        """What the monitor is asked about."""
        files = "".join(f"\n[attached: {file.name}]" for file in self.files)
        return Effect(Action.SEND, self.subject, tuple(str(each) for each in self.recipients), self.text + files)


def tools(run: Run) -> tuple[Tool, ...]:
    """send_mail."""

    async def send_mail(arguments: Arguments) -> str:
        letter = await _letter(run, arguments)
        message_id = f"<{_key(run, letter)}@{run.core.settings.hostname}>"
        raw = _compose(run, letter, message_id)
        blob = await run.core.blobs.stage(run.task.tenant_id, raw)
        done, because = await run.core.write(lambda tx: _commit(tx, run, letter, message_id, raw, blob))
        if done == DENIED:
            raise ToolFailed(f"not allowed: {because}")
        whom = ", ".join(str(each) for each in letter.recipients)
        if done == WAITS:
            return f"Not sent: it waits for approval ({because}). {_owner(run)} was asked; say so in your answer. To: {whom}."
        return f"Sent to {whom}."

    return (
        Tool(
            "send_mail",
            "Send a mail to other people. Not for the one who asked: your answer goes to them by itself. It may wait for approval.",
            Arguments,
            send_mail,
        ),
    )


async def _letter(run: Run, arguments: Arguments) -> _Letter:
    """The letter with its files. Raises ToolFailed."""
    to, cc = _mailboxes(arguments.to), _mailboxes(arguments.cc)
    recipients = {Address.parse(each.address).key: Address.parse(each.address) for each in [*to, *cc]}
    if set(recipients) <= {_key_of(run.snapshot.correspondent)}:
        raise ToolFailed("your answer goes to the one who asked by itself: write it there")
    if _key_of(run.snapshot.agent_address) in recipients:
        raise ToolFailed("one of these addresses is your own")
    for name in arguments.attach:
        await run.allow(Effect(Action.READ, name))
    files = tuple([await run.folder.read(name) for name in arguments.attach])
    if sum(len(file.content) for file in files) > MAX_ATTACHED_BYTES:
        raise ToolFailed(f"a mail carries {MAX_ATTACHED_BYTES // 1024**2} MB at most")
    return _Letter(
        to,
        cc,
        tuple(recipients.values()),
        " ".join("".join(c if c.isprintable() else " " for c in arguments.subject).split()) or "(no subject)",
        policy.outgoing(arguments.body),
        files,
        tuple([name for name in arguments.attach if await run.folder.is_older(name)]),
    )


def _commit(tx: Tx, run: Run, letter: _Letter, message_id: str, raw: bytes, blob: StoredBlob) -> tuple[str, str]:
    """The sending transaction: what became of it, and because. A denial is kept, too."""
    for each in letter.recipients:
        gone = reports.suppressed(tx, run.task.tenant_id, each)
        if gone:
            return DENIED, f"nothing automatic is sent to {each} any more: {gone}"
    asked = approval_rows.of_task(tx, run.task.id)
    if any(each.message_id == message_id for each in asked):
        return WAITS, "it was asked for before"
    ruling = _ruled(tx, run, letter)
    if ruling.verdict == "denied" or (ruling.verdict == "ask" and run.person is None):
        return DENIED, ruling.because
    core, task, snapshot = run.core, run.task, run.snapshot
    recipients = [str(each) for each in letter.recipients]
    if ruling.verdict == "ask":
        assert run.person is not None
        if len(asked) >= MAX_ASKED:
            return DENIED, f"this task has asked {MAX_ASKED} times already"
        approvals.ask(
            tx,
            core,
            tenant_id=task.tenant_id,
            user_id=run.person.id,
            task_id=task.id,
            agent=task.agent,
            blob=blob,
            sender=snapshot.agent_address,
            recipients=recipients,
            subject=letter.subject,
            message_id=message_id,
            summary=f"a mail to {', '.join(recipients)}: {letter.subject}",
            because=ruling.because,
            correlation_id=task.correlation_id,
        )
        return WAITS, ruling.because
    _queue(tx, run, letter, message_id, raw, blob)
    return SENT, ruling.because


def _ruled(tx: Tx, run: Run, letter: _Letter) -> Ruling:
    """The strictest of the rulings on the letter and on each file of another conversation that it would show to its readers."""
    rulings = [run.monitor.rule_in(tx, letter.effect)]
    to = tuple(str(each) for each in letter.recipients)
    for name in letter.older:
        run.monitor.learned(Thing("file", name, (name.rpartition("/")[2],)))
        rulings.append(run.monitor.rule_in(tx, Effect(Action.SHARE, name, to)))
    strictness = ("allowed", "ask", "denied")
    return max(rulings, key=lambda ruling: strictness.index(ruling.verdict))


def _queue(tx: Tx, run: Run, letter: _Letter, message_id: str, raw: bytes, blob: StoredBlob) -> None:
    core, task, snapshot = run.core, run.task, run.snapshot
    core.blobs.put(tx, blob)
    sender = Address.parse(snapshot.agent_address)
    served = run.person.id if run.person is not None else None
    hold = core.settings.agent_held
    hold_until = clock.now() + hold if hold else 0
    verdict = Verdict(Origin.CORRESPONDENT, snapshot.agent_user_id, f"written by the {task.agent} of this server")
    queued = outbox.enqueue(
        tx,
        tenant_id=task.tenant_id,
        user_id=snapshot.agent_user_id,
        sender=sender,
        recipients=letter.recipients,
        blob_id=blob.id,
        message_id=message_id,
        idempotency_key=_key(run, letter),
        correlation_id=task.correlation_id,
        verdict=verdict,
        dsn=False,
        not_before=hold_until,
        agent=task.agent,
        served_id=served,
    )
    if not queued:  # an attempt before this one has sent it
        return
    journaling.keep_copy(
        tx,
        domains.named(tx, sender.domain),
        blob_id=blob.id,
        message_id=message_id,
        key=_key(run, letter),
        correlation_id=task.correlation_id,
        verdict=verdict,
        not_before=hold_until,
        agent=task.agent,
        served_id=served,
    )
    try:
        messages.append(
            tx,
            tenant_id=task.tenant_id,
            user_id=snapshot.agent_user_id,
            role="sent",
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, task.correlation_id),
            received_at=clock.now(),
            flags=Flag.SEEN,
            enforce_quota=False,  # a full mailbox of ours must not keep mail back
        )
    except NotFound:  # the mailbox was removed by its owner: it goes out without a copy
        return


def _compose(run: Run, letter: _Letter, message_id: str) -> bytes:
    snapshot, person = run.snapshot, run.person
    return mime.compose(
        from_=Mailbox(_plain(snapshot.agent_name), snapshot.agent_address),
        to=letter.to,
        cc=letter.cc,
        reply_to=[Mailbox(_plain(person.display_name), person.email)] if person is not None else (),
        subject=letter.subject,
        text=letter.text,
        message_id=message_id,
        date=clock.now(),
        attachments=[Attachment(file.name, file.content, file.content_type) for file in letter.files],
        # RFC 3834 §5: nobody's program answers it, and ours neither.
        headers=[("Auto-Submitted", "auto-generated")],
    )


def _mailboxes(given: list[str]) -> tuple[Mailbox, ...]:
    """Addresses, with or without a name. Raises ToolFailed."""
    found: list[Mailbox] = []
    for each in given:
        parsed = mailboxes.parse(" ".join(each.split()))
        try:
            if len(parsed) != 1:
                raise BadAddress(each, "it is not one address")
            found.append(Mailbox(_plain(parsed[0].name), str(Address.parse(parsed[0].address))))
        except BadAddress as error:
            raise ToolFailed(str(error)) from None
    return tuple(found)


def _key(run: Run, letter: _Letter) -> str:
    return f"{run.task.agent}.{derived_token(run.task.id, str(run.task.generation), letter.digest)}"


def _key_of(address: str) -> str:
    try:
        return Address.parse(address).key
    except BadAddress:
        return address.lower()


def _owner(run: Run) -> str:
    return (run.person.display_name or run.person.email) if run.person is not None else "The person"


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200]
