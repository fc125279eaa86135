"""The commands about mailboxes as a whole: which are there, who may use them, what is known of them.

The second half of `commands`, under the same rules.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from mailwright.codecs.imap.commands import Command
from mailwright.codecs.imap.sequences import SequenceSet


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
