"""Contacts: whom somebody may mean while they type an address: whom they wrote to, who wrote to them, their colleagues.

Called by the web. Promises: only from the asker's own mail and tenant; quick in an account of any size, because only the newest
messages are looked at and what was found is remembered for a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mailwright.codecs.mime import is_robot
from mailwright.core import Core, accounts
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, Instant, now
from mailwright.domain.refusals import BadAddress
from mailwright.storage import Tx, correspondence, mailboxes
from mailwright.storage.accounts import Account

MAX_PEOPLE = 10  # of one answer
MAX_QUERY = 100  # characters
LOOKED_AT = 2_000  # newest messages of Sent and of INBOX
MAX_COLLEAGUES = 5_000
KEPT = 500  # accounts whose people are remembered
KEPT_SECONDS = 60.0
HALVED: Instant = 60 * DAY  # a letter counts half as much after this time

WRITTEN_TO = 4.0  # whom one writes to counts more than who writes
READ_FROM = 1.0
COLLEAGUE = 0.25


@dataclass(slots=True)
class Person:
    """Somebody, and how likely they are meant."""

    name: str
    email: str
    weight: float = 0.0


class Contacts:
    """The contacts of everybody, as far as this process was asked for them."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[str, tuple[float, list[Person]]] = {}

    async def find(self, account: Account, query: str) -> list[Person]:
        """At most MAX_PEOPLE whose name or address has a word that begins like `query`, the likeliest first."""
        words = query.strip().lower()[:MAX_QUERY]
        people = await self._people(account)
        if not words:
            return people[:MAX_PEOPLE]
        first = [person for person in people if _begins(person, words)]
        if len(first) < MAX_PEOPLE:
            chosen = {id(person) for person in first}
            first += [
                each for each in people if id(each) not in chosen and words in f"{each.name} {each.email}".lower()
            ]
        return first[:MAX_PEOPLE]

    async def _people(self, account: Account) -> list[Person]:
        known = self._known.get(account.id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        people = await self._core.read(lambda tx: _gather(tx, account))
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[account.id] = (time.monotonic() + KEPT_SECONDS, people)
        return people


def _begins(person: Person, words: str) -> bool:
    email = person.email.lower()
    return (
        email.startswith(words)
        or email.partition("@")[2].startswith(words)
        or any(part.startswith(words) for part in _tails(person.name.lower()))
    )


def _tails(name: str) -> list[str]:
    """The name from each of its words on: "da ve" finds Leonardo da Vernazza."""
    words = name.split()
    return [" ".join(words[place:]) for place in range(len(words))]


def _gather(tx: Tx, account: Account) -> list[Person]:
    found: dict[str, Person] = {}
    for name, email in correspondence.colleagues(tx, account.tenant_id, MAX_COLLEAGUES):
        found[email] = Person(name, email, COLLEAGUE)
    moment = now()
    for role, fields, weight in (("sent", ("to", "cc"), WRITTEN_TO), ("inbox", ("from",), READ_FROM)):
        mailbox = mailboxes.by_role(tx, account.id, role)
        if mailbox is None:
            continue
        for headers, at in correspondence.newest_headers(tx, mailbox.id, LOOKED_AT):
            _count(found, (pair for field in fields for pair in headers.get(field, ())), weight * _recent(moment - at))
    for own in accounts.addresses_of(tx, account) | {account.email}:
        found.pop(own, None)
    return sorted(found.values(), key=lambda person: (-person.weight, person.email))


def _count(found: dict[str, Person], pairs: Iterable[Any], weight: float) -> None:
    for name, email in pairs:
        try:
            address = Address.parse(email)
        except BadAddress:
            continue
        if is_robot(address.local):
            continue
        person = found.setdefault(address.key, Person("", str(address)))
        person.weight += weight
        if not person.name and name and "@" not in name:  # the newest one is met first
            person.name = " ".join(name.split())[:200]


def _recent(age: Instant) -> float:
    """1 for now, halved with every HALVED."""
    return float(0.5 ** (max(age, 0) / HALVED))
