"""The envelope of a message and the verdict on who is speaking.

Filled by the entrances (SMTP, LMTP, submission, hooks), read by `core.accept` and by agents' policy.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant


class Channel(StrEnum):
    """The entrance a message came through."""

    SMTP = "smtp"
    LMTP = "lmtp"
    SUBMISSION = "submission"
    HOOK = "hook"
    LOCAL = "local"  # our own outbox, delivering to one of our mailboxes


class Origin(StrEnum):
    """Whose words a value is made of; decides what they may cause (see docs/flow.md).

    OWNER: the person the run works for, signed in (or DMARC-aligned under their own address).
    CORRESPONDENT: another authenticated participant of the thread.
    STRANGER: everything else, attachments and web pages included.
    """

    OWNER = "owner"
    CORRESPONDENT = "correspondent"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who is speaking, as far as the entrance could prove it.

    `account` is the id of the signed-in user (submission) and None for everybody else. `origin` is what that proves about
    the From address; an unauthenticated From is a stranger whatever it says. `because` is for people.
    """

    origin: Origin = Origin.STRANGER
    account: str | None = None
    because: str = "the sender did not sign in"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the entrance knows about a message besides its bytes (RFC 5321 §2.3.1).

    `sender` None is the null reverse-path of bounces. `client` names the peer for the trace header and the audit
    (`[203.0.113.9]` or a host name). `key` replaces the checksum in the idempotency key where the provider has an id of its own.
    """

    channel: Channel
    sender: Address | None
    recipients: tuple[Address, ...]
    received_at: Instant
    correlation_id: str
    client: str = ""
    helo: str = ""
    protocol: str = "ESMTP"
    smtputf8: bool = False
    key: str | None = None
    options: dict[str, str] = field(default_factory=dict)
