"""The plain rules: grants of an assignment, limits of a correspondent, who is answered, and the filter of text that leaves."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mailwright.agents.policy import links
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import BadAddress, Refusal

MAX_OUTGOING = 60_000  # characters of a text an agent sends
MAX_LINE = 5_000  # characters; longer lines are broken, some readers give up on them


class Grant(StrEnum):
    """What an assignment lets its agent do in the mailbox it serves."""

    READ = "read"
    ORGANISE = "organise"
    DRAFT = "draft"
    SEND = "send"


EMPLOYEE_GRANTS = (Grant.READ, Grant.ORGANISE, Grant.DRAFT, Grant.SEND)
"""What a new employee gets: it answers the person who wrote, and nobody else."""


ASSISTANT_GRANTS = (Grant.READ, Grant.ORGANISE, Grant.DRAFT)
"""What a new assistant gets: it labels and drafts, and nothing leaves by it."""


CONCIERGE_GRANTS = (Grant.READ, Grant.DRAFT, Grant.SEND)
"""What a new concierge gets: it reads what is written to it, puts drafts where their owner asked for them, and writes to its own people."""


class NotGranted(Refusal):
    """The agent's assignment does not let it do this."""

    code = "not_granted"


def require(grants: Iterable[str], wanted: Grant) -> None:
    """Raises NotGranted."""
    if wanted.value not in set(grants):
        raise NotGranted(f"the assignment does not grant {wanted.value}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many answers one correspondent may get of one agent; more is a loop, or somebody's joke."""

    per_hour: int
    per_day: int


KNOWN = Limits(per_hour=20, per_day=100)
STRANGER = Limits(
    per_hour=5, per_day=20
)  # a From line anybody could have written: whoever it names must not be flooded


def words_of_author(origin: Origin) -> Origin:
    """Whose words a mail is to a run that works for its author, as the employee's does: the owner's when who that is was proven, by
    signing in or by the domain of their address (`core.authentication`). `origin` is the message's.
    """
    return Origin.STRANGER if origin is Origin.STRANGER else Origin.OWNER


def limits_for(origin: Origin) -> Limits:
    """The limits for words of that origin."""
    return STRANGER if origin is Origin.STRANGER else KNOWN


def answer_to(author: str) -> Address | None:
    """Who is answered: the From address itself, or nobody when it is no legal address.

    Reply-To is not followed: it would let a stranger make us write to a third person.
    """
    try:
        return Address.parse(author)
    except BadAddress:
        return None


def outgoing(text: str) -> str:
    """A text as it may leave: one kind of line end, no control or direction-changing characters, no pictures to be fetched, no
    link that shows one target and leads to another; bounded."""
    text = text[: 2 * MAX_OUTGOING].replace("\r\n", "\n").replace("\r", "\n")
    # What cannot be seen goes first: it may stand between the halves of a link.
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
    kept = links.written_out(kept)
    lines = [
        line.rstrip()[i : i + MAX_LINE]
        for line in kept.split("\n")
        for i in range(0, max(len(line.rstrip()), 1), MAX_LINE)
    ]
    out = "\n".join(lines).strip("\n")
    if len(out) > MAX_OUTGOING:
        out = out[:MAX_OUTGOING].rpartition("\n")[0] + "\n… (shortened)"
    return out


_UNSEEN = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
