"""Policy: what an agent may do, on whose words, and which text may leave. Plain code; no model has a say in it.

Called by decide (origins, limits) and act (grants, the outgoing filter).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

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
    text = _PICTURE.sub(lambda found: f"[picture: {found[1][:100].strip() or 'without a name'}]", text)
    text = _LINK.sub(lambda found: found[2] if found[1].strip() == found[2] else f"{found[1]} ({found[2]})", text)
    text = _TAG.sub("", text)
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)
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
# Possessive: what is repeated is never given back, so that each "[" costs a walk and not a search.
_PICTURE = re.compile(r"!\[([^\]\n]{0,300}+)\]\(\s*+<?+[^)\s]{1,2000}+[^)\n]{0,300}+\)")
_LINK = re.compile(
    r"(?<!!)\[([^\]\n]{1,300}+)\]\(\s*+<?+([a-zA-Z][a-zA-Z0-9+.-]{1,20}+:[^)\s>]{1,2000}+)>?+[^)\n]{0,300}+\)"
)
_TAG = re.compile(r"<(?:img|script|style|iframe|object|embed|link|meta|svg|video|audio)\b[^>]{0,2000}+>", re.IGNORECASE)
