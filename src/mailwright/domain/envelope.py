"""The envelope of a message and the verdict on who is speaking.

Filled by the entrances (SMTP, LMTP, submission, hooks), read by `core.accept` and by agents' policy.
"""

import json
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

    OWNER: the person the run works for, signed in (or DMARC-aligned under their own address: agents' policy decides that).
    CORRESPONDENT: somebody whose From address is proven, by the domain it belongs to or by a relay of ours.
    STRANGER: everything else, attachments and web pages included.
    """

    OWNER = "owner"
    CORRESPONDENT = "correspondent"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Authentication:
    """What was found about a message when it came in, as it is kept with it for people and agents.

    `author` is the From address when it is proven, else empty. `results` are the findings in the words of RFC 8601
    (`spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org; dmarc=pass header.from=example.org`), `told_by` the relay
    that they are from (empty: our own). `junk` says why the message was filed into Junk, and is empty when it was not. `signs` are
    what spoke for spam: names of rspamd's symbols or of our own few, with `score` their sum.
    """

    author: str = ""
    results: str = ""
    told_by: str = ""
    junk: str = ""
    score: float | None = None
    signs: tuple[str, ...] = ()

    def to_json(self) -> str:
        """For the row; what is empty is left out."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({name: value for name, value in values.items() if value not in ("", None, ())})

    @classmethod
    def from_json(cls, text: str) -> "Authentication":
        """What `to_json` wrote; rows from before there was anything to write hold `{}`."""
        values = json.loads(text)
        return cls(**{**values, "signs": tuple(values.get("signs", ()))})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who is speaking, as far as the entrance could prove it.

    `account` is the id of the signed-in user (submission) and None for everybody else. `origin` is what that proves about
    the From address; an unauthenticated From is a stranger whatever it says. `because` is for people.
    """

    origin: Origin = Origin.STRANGER
    account: str | None = None
    because: str = "the sender did not sign in"
    authentication: Authentication = Authentication()


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
