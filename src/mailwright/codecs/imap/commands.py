"""The commands of a client as frozen values, one class each.

Made by the session, handled by the verbs of `protocols/imap`. `name` is the key of both the state table and the table of
verbs; a command and its UID form have one name and differ in `uid`. What is in a field has been checked: mailbox names are
decoded and normal, sets are in order, flags are bits and keywords. Tags are bytes, to be echoed as they came.
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
    """ENABLE (RFC 9051 §6.3.1). `extensions` in capitals, known or not."""

    name: ClassVar[str] = "ENABLE"
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QResync:
    """The parameter of SELECT (RFC 7162 §3.2.5). `known_pairs`: message numbers and the UIDs they had, in step."""

    uidvalidity: int
    modseq: int
    known_uids: SequenceSet | None = None
    known_pairs: tuple[SequenceSet, SequenceSet] | None = None


@dataclass(frozen=True, slots=True)
class Select(Command):
    """SELECT (RFC 9051 §6.3.2). `condstore`: (CONDSTORE), RFC 7162 §3.1.8."""

    name: ClassVar[str] = "SELECT"
    mailbox: str
    condstore: bool = False
    qresync: QResync | None = None


@dataclass(frozen=True, slots=True)
class Examine(Select):
    """EXAMINE (RFC 9051 §6.3.3): SELECT, and nothing may be changed."""

    name: ClassVar[str] = "EXAMINE"


@dataclass(frozen=True, slots=True)
class Create(Command):
    """CREATE (RFC 9051 §6.3.4). `special_use`: attributes as registered, "\\Drafts" (RFC 6154 §3)."""

    name: ClassVar[str] = "CREATE"
    mailbox: str
    special_use: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete(Command):
    """DELETE (RFC 9051 §6.3.5)."""

    name: ClassVar[str] = "DELETE"
    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename(Command):
    """RENAME (RFC 9051 §6.3.6)."""

    name: ClassVar[str] = "RENAME"
    mailbox: str
    new_name: str


@dataclass(frozen=True, slots=True)
class Subscribe(Command):
    """SUBSCRIBE (RFC 9051 §6.3.7)."""

    name: ClassVar[str] = "SUBSCRIBE"
    mailbox: str


@dataclass(frozen=True, slots=True)
class Unsubscribe(Command):
    """UNSUBSCRIBE (RFC 9051 §6.3.8)."""

    name: ClassVar[str] = "UNSUBSCRIBE"
    mailbox: str


@dataclass(frozen=True, slots=True)
class ListCommand(Command):
    """LIST (RFC 9051 §6.3.9, RFC 5258).

    `reference` and `patterns` are decoded, wildcards included. `selection`: of SUBSCRIBED, REMOTE, RECURSIVEMATCH,
    SPECIAL-USE. `return_options`: of SUBSCRIBED, CHILDREN, SPECIAL-USE, STATUS, MYRIGHTS; `status_items` go with STATUS.
    `extended`: selection options, return options or a list of patterns were written, be they empty.
    """

    name: ClassVar[str] = "LIST"
    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[str] = frozenset()
    return_options: frozenset[str] = frozenset()
    status_items: tuple[str, ...] = ()
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Lsub(ListCommand):
    """LSUB (RFC 3501 §6.3.9)."""

    name: ClassVar[str] = "LSUB"


@dataclass(frozen=True, slots=True)
class Namespace(Command):
    """NAMESPACE (RFC 9051 §6.3.10, RFC 2342)."""

    name: ClassVar[str] = "NAMESPACE"


@dataclass(frozen=True, slots=True)
class Status(Command):
    """STATUS (RFC 9051 §6.3.11). `items` in capitals, each once, all of them known."""

    name: ClassVar[str] = "STATUS"
    mailbox: str
    items: tuple[str, ...]


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
    """IDLE (RFC 9051 §6.3.13)."""

    name: ClassVar[str] = "IDLE"


@dataclass(frozen=True, slots=True)
class Done(Command):
    """The end of IDLE; `tag` is that of the IDLE command, which is answered now."""

    name: ClassVar[str] = DONE


@dataclass(frozen=True, slots=True)
class GetQuota(Command):
    """GETQUOTA (RFC 9208 §4.1.2)."""

    name: ClassVar[str] = "GETQUOTA"
    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot(Command):
    """GETQUOTAROOT (RFC 9208 §4.1.3)."""

    name: ClassVar[str] = "GETQUOTAROOT"
    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota(Command):
    """SETQUOTA (RFC 9208 §4.1.1). `limits`: resource names in capitals and what they are limited to."""

    name: ClassVar[str] = "SETQUOTA"
    root: str
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GetAcl(Command):
    """GETACL (RFC 4314 §3.3)."""

    name: ClassVar[str] = "GETACL"
    mailbox: str


@dataclass(frozen=True, slots=True)
class SetAcl(Command):
    """SETACL (RFC 4314 §3.1). `rights`: letters; the obsolete c and d have become what they stand for (§2.1.1)."""

    name: ClassVar[str] = "SETACL"
    mailbox: str
    identifier: str
    mode: Literal["replace", "add", "remove"]
    rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class DeleteAcl(Command):
    """DELETEACL (RFC 4314 §3.2)."""

    name: ClassVar[str] = "DELETEACL"
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class ListRights(Command):
    """LISTRIGHTS (RFC 4314 §3.4)."""

    name: ClassVar[str] = "LISTRIGHTS"
    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights(Command):
    """MYRIGHTS (RFC 4314 §3.5)."""

    name: ClassVar[str] = "MYRIGHTS"
    mailbox: str


@dataclass(frozen=True, slots=True)
class GetMetadata(Command):
    """GETMETADATA (RFC 5464 §4.2). `mailbox` is empty for the server. `entries` in lower case. `max_size` in octets."""

    name: ClassVar[str] = "GETMETADATA"
    mailbox: str
    entries: tuple[str, ...]
    max_size: int | None = None
    depth: Literal["0", "1", "infinity"] = "0"


@dataclass(frozen=True, slots=True)
class SetMetadata(Command):
    """SETMETADATA (RFC 5464 §4.3). `entries`: names in lower case and values; None removes."""

    name: ClassVar[str] = "SETMETADATA"
    mailbox: str
    entries: tuple[tuple[str, bytes | None], ...]


# With a mailbox selected


@dataclass(frozen=True, slots=True)
class Close(Command):
    """CLOSE (RFC 9051 §6.4.1)."""

    name: ClassVar[str] = "CLOSE"


@dataclass(frozen=True, slots=True)
class Unselect(Command):
    """UNSELECT (RFC 9051 §6.4.2)."""

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
