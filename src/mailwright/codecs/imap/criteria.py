"""What SEARCH, SORT and THREAD look for, as frozen values (RFC 9051 §6.4.4).

Made by the grammar, judged by `evaluate` or translated into a query by `protocols/imap`. Texts are str, decoded from the
CHARSET of the command. Words a message cannot have are still keys: `Recent` is never true here, `New` neither.
"""

import datetime
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.codecs.imap.sequences import SequenceSet

Relation = Literal["before", "on", "since"]
"""Earlier than the day, on it, or on it and later; time and zone are disregarded (RFC 9051 §6.4.4)."""


@dataclass(frozen=True, slots=True)
class All:
    """ALL."""


@dataclass(frozen=True, slots=True)
class And:
    """Several keys in a row, or in parentheses."""

    keys: "tuple[Key, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """OR."""

    left: "Key"
    right: "Key"


@dataclass(frozen=True, slots=True)
class Not:
    """NOT, and the words that begin with UN."""

    key: "Key"


@dataclass(frozen=True, slots=True)
class HasFlag:
    """SEEN, ANSWERED, FLAGGED, DELETED, DRAFT: `flag` is one of `flags.BITS`, "\\Seen"."""

    flag: str


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """KEYWORD, in any case."""

    keyword: str


@dataclass(frozen=True, slots=True)
class New:
    """NEW: recent and unseen. No message is recent here (RFC 9051 has dropped it), so: never."""


@dataclass(frozen=True, slots=True)
class Old:
    """OLD: not recent, so: always."""


@dataclass(frozen=True, slots=True)
class Recent:
    """RECENT: never."""


@dataclass(frozen=True, slots=True)
class SeqNumbers:
    """Message numbers."""

    set: SequenceSet


@dataclass(frozen=True, slots=True)
class Uids:
    """UID, and "$" (RFC 5182 §2.1), which always stands for UIDs here."""

    set: SequenceSet


@dataclass(frozen=True, slots=True)
class Larger:
    """LARGER: more octets than this."""

    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """SMALLER: fewer octets than this."""

    octets: int


@dataclass(frozen=True, slots=True)
class InternalDate:
    """BEFORE, ON, SINCE: the day the message was received."""

    relation: Relation
    day: datetime.date


@dataclass(frozen=True, slots=True)
class SentDate:
    """SENTBEFORE, SENTON, SENTSINCE: the day in the Date field."""

    relation: Relation
    day: datetime.date


@dataclass(frozen=True, slots=True)
class SavedDate:
    """SAVEDBEFORE, SAVEDON, SAVEDSINCE (RFC 8514 §4.3): the day it came into this mailbox."""

    relation: Relation
    day: datetime.date


@dataclass(frozen=True, slots=True)
class SaveDateSupported:
    """SAVEDATESUPPORTED (RFC 8514 §4.3): does this mailbox know save dates? Ours do."""


@dataclass(frozen=True, slots=True)
class Younger:
    """YOUNGER (RFC 5032 §3): received within so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Older:
    """OLDER (RFC 5032 §3): received so many seconds ago, or earlier."""

    seconds: int


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """HEADER: the field is there and its value holds the text; an empty text asks only for the field."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class AddressHas:
    """FROM, TO, CC, BCC."""

    field: Literal["from", "to", "cc", "bcc"]
    text: str


@dataclass(frozen=True, slots=True)
class SubjectHas:
    """SUBJECT."""

    text: str


@dataclass(frozen=True, slots=True)
class BodyHas:
    """BODY: the text without the header."""

    text: str


@dataclass(frozen=True, slots=True)
class TextHas:
    """TEXT: header and body."""

    text: str


@dataclass(frozen=True, slots=True)
class ModSeqAtLeast:
    """MODSEQ (RFC 7162 §3.1.5): changed at this modseq or later. Entry name and type are read and make no difference."""

    modseq: int


@dataclass(frozen=True, slots=True)
class EmailId:
    """EMAILID (RFC 8474 §6)."""

    id: str


@dataclass(frozen=True, slots=True)
class ThreadId:
    """THREADID (RFC 8474 §6)."""

    id: str


Key: TypeAlias = (
    All
    | And
    | Or
    | Not
    | HasFlag
    | HasKeyword
    | New
    | Old
    | Recent
    | SeqNumbers
    | Uids
    | Larger
    | Smaller
    | InternalDate
    | SentDate
    | SavedDate
    | SaveDateSupported
    | Younger
    | Older
    | HeaderHas
    | AddressHas
    | SubjectHas
    | BodyHas
    | TextHas
    | ModSeqAtLeast
    | EmailId
    | ThreadId
)
