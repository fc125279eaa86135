"""What the assistant knows of one mail: gathered once, kept as JSON in `snapshots`, read by the steps that follow.

`Snapshot` and `Written` hold mail text and never leave our database; `Known` is what travels between recorded steps: ids and small
values.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from mailwright.agents.models import Draft, Material
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.domain.triage import MailKind


class Signals(BaseModel):
    """What the header and our own rows show of a mail, without a word of its text."""

    model_config = ConfigDict(frozen=True)

    kind: MailKind = MailKind.PERSON
    automatic: str = ""  # what shows that a program wrote it, or nothing
    list_id: str = ""
    unsubscribe: bool = False
    bulk: bool = False  # Precedence: bulk, list, junk
    bounce: bool = False
    junk: bool = False  # the spam filter or its sender's DMARC says so
    origin: Origin = Origin.STRANGER
    addressed: bool = True  # the owner stands in To
    copied: bool = False  # the owner stands in Cc only
    recipients: int = 1
    known: bool = False  # the owner has written to its sender before
    in_thread_of_owner: bool = False  # it answers something the owner wrote
    from_owner: bool = False
    own_name: bool = False  # it has an address of the owner as its sender, and nothing proves that
    from_agent: bool = False  # an agent of this server wrote it
    vip: bool = False
    asks: bool = False  # what is new in it asks somebody for something
    scam: str = ""  # what in it speaks for spam, in our words, or nothing


class Snapshot(BaseModel):
    """A mail, its conversation and its owner. `material` is others' text; the rest is ours, or was read from header fields."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    item_id: str
    owner_addresses: tuple[str, ...]  # `Address.key`; drafts are written from the first
    owner_name: str = ""
    sender: str
    sender_name: str = ""
    to: tuple[tuple[str, str], ...] = ()  # whom the reply goes to, as names and addresses: see composing.recipients
    cc: tuple[tuple[str, str], ...] = ()
    header_message_id: str | None = None
    references: tuple[str, ...] = ()
    subject: str = ""
    received_at: Instant = 0
    language: str = "en"
    signals: Signals = Signals()
    facts: str = ""  # what the owner has said may be said: prices, hours, addresses
    style: str = ""  # how the owner writes: the note, or what was learned
    max_words: int = 200
    material: Material
    own_texts: tuple[str, ...] = ()  # what the owner wrote in this conversation before, oldest first


class Claim(BaseModel):
    """Something a draft says that must be true. `support`: thread, owner (the settings), or nothing."""

    model_config = ConfigDict(frozen=True)

    kind: str  # price, percentage, date, time, duration, number, link, address, promise; point: one of the mail's that it leaves open
    text: str
    support: str = ""
    source: str = ""  # the words that support it


class Written(BaseModel):
    """A draft as it will be filed: its text after the claim check, and what was found."""

    model_config = ConfigDict(frozen=True)

    text: str
    draft: Draft
    written_by: str
    claims: tuple[Claim, ...] = ()
    gaps: int = 0
    because: str = ""  # what its owner is to know of it: what is left open, what was cut


@dataclass(frozen=True, slots=True)
class Known:
    """Where a run stands, as recorded steps pass it on."""

    task_id: str
    item_id: str
    snapshot_id: str = ""
    category: str = ""
    confidence: float = 0.0
    settled: str = ""  # the status its task has when nothing more is to be done, or nothing
    hands_on: str = ""  # an older mail of the conversation whose turn it is after all
    advice_id: str = ""

    def as_values(self) -> dict[str, Any]:
        """For the workflow engine."""
        return asdict(self)
