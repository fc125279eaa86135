"""SORT: the order of messages by criteria (RFC 5256 §3, RFC 5957).

Called by core's search with what the database knows of the messages found. Promises a stable order: what is equal by every
criterion stays in the order of the mailbox.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.codecs.imap.basesubject import base_subject
from mailwright.codecs.imap.commands import SortField
from mailwright.codecs.imap.folding import order
from mailwright.codecs.mime import Mailbox
from mailwright.domain.clock import Instant


@dataclass(frozen=True, slots=True)
class Sortable:
    """A message as SORT sees it. `number` is what the client gets, a message number or a UID.

    `sent_at` None: no readable Date field. `from_`, `to`, `cc`: the first entry of each field, None when there is none.
    """

    number: int
    received_at: Instant
    sent_at: Instant | None
    size: int
    subject: str
    from_: Mailbox | None
    to: Mailbox | None
    cc: Mailbox | None


def in_order(messages: Iterable[Sortable], criteria: Sequence[tuple[SortField, bool]]) -> list[int]:
    """The numbers in the order of `criteria`, each a field and whether it is in reverse, the weightiest first."""
    found = sorted(messages, key=lambda message: message.number)
    # RFC 5256 §3: REVERSE turns round one criterion, not the order among equals. Python keeps equals in order both ways.
    for field, reverse in reversed(criteria):
        found.sort(key=_KEYS[field], reverse=reverse)
    return [message.number for message in found]


def sent_moment(sent_at: Instant | None, received_at: Instant) -> Instant:
    """The sent date of RFC 5256 §2.2: the Date field in UTC, INTERNALDATE where there is none."""
    return received_at if sent_at is None else sent_at


def _local_part(mailbox: Mailbox | None) -> str:
    return "" if mailbox is None else order(mailbox.address.rpartition("@")[0])


def _display(mailbox: Mailbox | None) -> str:
    # RFC 5957 §3: the name, decoded; without one the address.
    return "" if mailbox is None else order(mailbox.name or mailbox.address)


_KEYS: dict[SortField, Callable[[Sortable], Any]] = {
    "ARRIVAL": lambda message: message.received_at,
    "CC": lambda message: _local_part(message.cc),
    "DATE": lambda message: sent_moment(message.sent_at, message.received_at),
    "FROM": lambda message: _local_part(message.from_),
    "SIZE": lambda message: message.size,
    "SUBJECT": lambda message: order(base_subject(message.subject).text),
    "TO": lambda message: _local_part(message.to),
    "DISPLAYFROM": lambda message: _display(message.from_),
    "DISPLAYTO": lambda message: _display(message.to),
}
