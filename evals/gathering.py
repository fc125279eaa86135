"""What the assistant gathers of a labelled conversation: the snapshot its steps would pass on, and the header its layer would read.

Called by triaging and drafting. Reads the messages again as `agents.assistant.gather` reads an inbox, without a database: whose words a
mail is (`dmarc`) and whom the owner has written to (`known`) stand in the conversation's labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evals.threads import Thread
from mailwright.agents.assistant import signals
from mailwright.agents.assistant.composing import recipients
from mailwright.agents.assistant.snapshot import Signals, Snapshot
from mailwright.agents.employee import contents
from mailwright.agents.models import Earlier, Material
from mailwright.agents.models.rules import language
from mailwright.codecs import mime
from mailwright.domain.clock import SECOND
from mailwright.domain.envelope import Origin


@dataclass(frozen=True, slots=True)
class Gathered:
    """A conversation as the steps see it."""

    thread: Thread
    snapshot: Snapshot


def gather(thread: Thread) -> Gathered:
    """Read it."""
    read = contents.read(thread.mail.raw)
    author = read.parsed.from_[0]
    earlier = [
        Earlier(
            f"{thread.owner} (the owner)" if each.mine else thread.sender,
            _instant(each.at),
            contents.read(each.raw, with_files=False).split.new,
        )
        for each in thread.before
    ]
    if not earlier and read.split.quoted.strip():
        earlier = [Earlier("(quoted in the message)", _instant(thread.mail.at), read.split.quoted)]
    material = Material(
        subject=read.parsed.subject,
        text=read.split.new,
        sent_at=_instant(thread.mail.at),
        forwarded=read.split.forwarded,
        sender=author.address,
        sender_name=author.name,
        attachments=tuple(each for each in read.attachments),
        earlier=tuple(earlier),
    )
    to, cc = recipients(read.parsed, (thread.owner,), _origin(thread))
    snapshot = Snapshot(
        task_id=thread.id,
        item_id=thread.id,
        owner_addresses=(thread.owner,),
        owner_name=thread.owner_name,
        sender=author.address,
        sender_name=author.name,
        to=to,
        cc=cc,
        header_message_id=read.parsed.message_id,
        references=mime.reply_references(read.parsed),
        subject=read.parsed.subject,
        received_at=_instant(thread.mail.at),
        language=language.of_conversation(
            f"{read.parsed.subject}\n{read.split.new or read.split.forwarded}", [each.text for each in earlier]
        ),
        signals=_signals(thread, read.parsed),
        facts=thread.facts,
        max_words=thread.wanted.max_words,
        material=material,
        own_texts=tuple(each.text.strip() for each in thread.before if each.mine),
    )
    return Gathered(thread, snapshot)


def _signals(thread: Thread, parsed: mime.Parsed) -> Signals:
    """`fail` is what a domain says of mail that is not its own: the filter puts it into Junk."""
    return signals.read(
        parsed,
        owner_addresses=(thread.owner,),
        origin=_origin(thread),
        junk=thread.dmarc == "fail",
        known=thread.known,
        in_thread_of_owner=any(each.mine for each in thread.before),
    )


def _origin(thread: Thread) -> Origin:
    return Origin.CORRESPONDENT if thread.dmarc == "pass" else Origin.STRANGER


def _instant(at: datetime) -> int:
    return int(at.timestamp()) * SECOND
