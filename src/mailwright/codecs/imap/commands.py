"""The commands of a client as frozen values, one class each.

Made by the session, handled by the verbs of `protocols/imap`. `name` is the key of both the state table and the table of
verbs; a command and its UID form have one name and differ in `uid`. What is in a field has been checked: mailbox names are
decoded and normal, sets are in order, flags are bits and keywords. Tags are bytes, to be echoed as they came.
Those about mailboxes as a whole are in `mailboxcommands`.
"""

import datetime
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.errors import Condition
from mailwright.codecs.imap.items import FetchItems
from mailwright.codecs.imap.sequences import SequenceSet

ANSWER = "(answer)"  # a line inside an AUTHENTICATE exchange; the brackets keep it apart from every verb
DONE = "(done)"  # the end of IDLE
GARBLED = "(garbled)"


@dataclass(frozen=True, slots=True)
class Command:
    """What all commands have. `tag` is the client's, never empty but in a Garbled without one."""

    name: ClassVar[str] = ""
    tag: bytes


# In any state


@dataclass(frozen=True, slots=True)
class Capability(Command):
    """CAPABILITY (RFC 9051 §6.1.1)."""

    name: ClassVar[str] = "CAPABILITY"


@dataclass(frozen=True, slots=True)
class Noop(Command):
    """NOOP (RFC 9051 §6.1.2)."""

    name: ClassVar[str] = "NOOP"


@dataclass(frozen=True, slots=True)
class Logout(Command):
    """LOGOUT (RFC 9051 §6.1.3)."""

    name: ClassVar[str] = "LOGOUT"


@dataclass(frozen=True, slots=True)
class Id(Command):
    """ID (RFC 2971 §3.1). `params` None: NIL was sent."""

    name: ClassVar[str] = "ID"
    params: tuple[tuple[str, str | None], ...] | None


@dataclass(frozen=True, slots=True)
class Compress(Command):
    """COMPRESS DEFLATE (RFC 4978 §3), the only mechanism there is."""

    name: ClassVar[str] = "COMPRESS"


# Before signing in


@dataclass(frozen=True, slots=True)
class StartTls(Command):
    """STARTTLS (RFC 9051 §6.2.1)."""

    name: ClassVar[str] = "STARTTLS"


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    """AUTHENTICATE (RFC 9051 §6.2.2). `initial` is the decoded initial response, None when the client sent none."""

    name: ClassVar[str] = "AUTHENTICATE"
    mechanism: str
    initial: bytes | None = field(repr=False)  # secrets do not print


@dataclass(frozen=True, slots=True)
class AuthAnswer(Command):
    """One decoded line of an AUTHENTICATE exchange, or None when the client cancelled it with "*"."""

    name: ClassVar[str] = ANSWER
    data: bytes | None = field(repr=False)  # secrets do not print


@dataclass(frozen=True, slots=True)
class Login(Command):
    """LOGIN (RFC 9051 §6.2.3)."""

    name: ClassVar[str] = "LOGIN"
    user: str
    password: str = field(repr=False)  # secrets do not print


# Signed in


@dataclass(frozen=True, slots=True)
class Enable(Command):
    """ENABLE (RFC 9051 §6.3.1, RFC 5161). `extensions` in capitals, known or not."""

    name: ClassVar[str] = "ENABLE"
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """One message of APPEND. `date` has a zone; None: now. `binary`: it came as literal8. `utf8`: inside UTF8 (…).

    `data` of zero octets means that the client wants to give up (RFC 3502 §6.3.11): nothing is to be stored.
    """

    flags: int
    keywords: tuple[str, ...]
    date: datetime.datetime | None
    data: bytes = field(repr=False)  # mail does not print
    binary: bool = False
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Append(Command):
    """APPEND of one message or several (RFC 9051 §6.3.12, RFC 3502): all of them are stored, or none."""

    name: ClassVar[str] = "APPEND"
    mailbox: str
    messages: tuple[AppendMessage, ...]


@dataclass(frozen=True, slots=True)
class Idle(Command):
    """IDLE (RFC 9051 §6.3.13, RFC 2177)."""

    name: ClassVar[str] = "IDLE"


@dataclass(frozen=True, slots=True)
class Done(Command):
    """The end of IDLE; `tag` is that of the IDLE command, which is answered now."""

    name: ClassVar[str] = DONE


# With a mailbox selected


@dataclass(frozen=True, slots=True)
class Close(Command):
    """CLOSE (RFC 9051 §6.4.1)."""

    name: ClassVar[str] = "CLOSE"


@dataclass(frozen=True, slots=True)
class Unselect(Command):
    """UNSELECT (RFC 9051 §6.4.2, RFC 3691)."""

    name: ClassVar[str] = "UNSELECT"


@dataclass(frozen=True, slots=True)
class Check(Command):
    """CHECK (RFC 3501 §6.4.1): nothing is left to do, all is on disk."""

    name: ClassVar[str] = "CHECK"


@dataclass(frozen=True, slots=True)
class Expunge(Command):
    """EXPUNGE (RFC 9051 §6.4.3)."""

    name: ClassVar[str] = "EXPUNGE"


@dataclass(frozen=True, slots=True)
class UidExpunge(Command):
    """UID EXPUNGE (RFC 4315 §2.1)."""

    name: ClassVar[str] = "UID EXPUNGE"
    set: SequenceSet


@dataclass(frozen=True, slots=True)
class Search(Command):
    """SEARCH (RFC 9051 §6.4.4). `return_options`: of MIN, MAX, ALL, COUNT, SAVE; None: without RETURN; () means ALL."""

    name: ClassVar[str] = "SEARCH"
    charset: str | None
    key: Key
    return_options: frozenset[str] | None = None
    uid: bool = False


SortField = Literal[
    "ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"
]  # RFC 5256 §3, RFC 5957 §3


@dataclass(frozen=True, slots=True)
class Sort(Command):
    """SORT (RFC 5256 §3). `criteria`: fields, and whether each is in reverse. `return_options`: RFC 5267 §3.1."""

    name: ClassVar[str] = "SORT"
    criteria: tuple[tuple[SortField, bool], ...]
    charset: str
    key: Key
    return_options: frozenset[str] | None = None
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Thread(Command):
    """THREAD (RFC 5256 §4)."""

    name: ClassVar[str] = "THREAD"
    algorithm: Literal["ORDEREDSUBJECT", "REFERENCES"]
    charset: str
    key: Key
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Fetch(Command):
    """FETCH (RFC 9051 §6.4.5). `changed_since` and `vanished`: RFC 7162 §3.1.4.1 and §3.2.6.

    Every item once, macros spelled out. A UID FETCH has Uid among its items even when the client did not write it
    (RFC 9051 §6.4.9), and one with CHANGEDSINCE has ModSeq.
    """

    name: ClassVar[str] = "FETCH"
    set: SequenceSet
    items: FetchItems
    changed_since: int | None = None
    vanished: bool = False
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Store(Command):
    """STORE (RFC 9051 §6.4.6). `unchanged_since`: RFC 7162 §3.1.3."""

    name: ClassVar[str] = "STORE"
    set: SequenceSet
    mode: Literal["replace", "add", "remove"]
    silent: bool
    flags: int
    keywords: tuple[str, ...]
    unchanged_since: int | None = None
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Copy(Command):
    """COPY (RFC 9051 §6.4.7)."""

    name: ClassVar[str] = "COPY"
    set: SequenceSet
    mailbox: str
    uid: bool = False


@dataclass(frozen=True, slots=True)
class Move(Command):
    """MOVE (RFC 9051 §6.4.8, RFC 6851)."""

    name: ClassVar[str] = "MOVE"
    set: SequenceSet
    mailbox: str
    uid: bool = False


# What is none of these


@dataclass(frozen=True, slots=True)
class Garbled:
    """What the client sent breaks a rule; `condition`, `code` (no brackets, may be empty) and `text` make the answer.

    `tag` None: it could not be read, the answer is untagged ("* BAD …"). `verb` is the command it looked like, or empty.
    """

    name: ClassVar[str] = GARBLED
    tag: bytes | None
    text: str
    code: str = ""
    condition: Condition = "BAD"
    verb: str = ""
