"""What a script says is to become of a message: values for core to carry out.

Made by the interpreter. Promises: nothing in here has been done yet; all of it is to be done, or none of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo

from mailwright.codecs.sieve.errors import Problem
from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant

INBOX = "INBOX"


def no_mailboxes(_name: str) -> bool:
    """For runs that know of no mailbox."""
    return False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a script may ask besides the message. `zone` is the owner's; `mailbox_exists` answers for the owner's mailboxes.

    `protected` are names of fields (lower-case) that a script cannot take away, besides those of RFC 5293 §6.
    """

    sender: Address | None
    recipient: Address
    now: Instant
    zone: tzinfo = UTC
    mailbox_exists: Callable[[str], bool] = no_mailboxes
    protected: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Store:
    """Put it into a mailbox. `header` is the header as the script changed it, without the empty line; None: as it came."""

    mailbox: str
    flags: tuple[str, ...] = ()
    create: bool = False
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class Forward:
    """Send it on to an address, from the sender it has."""

    address: Address
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Send it back. `exact`: the words must reach the sender as they are (RFC 5429 §2.2)."""

    reason: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A vacation answer (RFC 5230), if the rules about whom to answer allow it.

    `addresses` are the owner's further ones. `mime`: the reason is a MIME entity with its header. `handle` and `seconds` say
    which answers count as the same, and for how long a correspondent gets no second one.
    """

    reason: str
    subject: str
    from_: str | None
    addresses: tuple[Address, ...]
    mime: bool
    handle: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """All of it. `problem` is a run-time error: then there is one plain `Store` in INBOX and nothing else."""

    stores: tuple[Store, ...] = ()
    forwards: tuple[Forward, ...] = ()
    refusal: Refuse | None = None
    answer: Answer | None = None
    problem: Problem | None = None

    @property
    def is_discarded(self) -> bool:
        """Nothing of it is left."""
        return not self.stores and not self.forwards and self.refusal is None
