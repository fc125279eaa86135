"""What FETCH asks for, as frozen values (RFC 9051 §6.4.5 and the extensions that add items).

Made by the grammar, answered by `protocols/imap` with the help of `sections`, `envelope` and `bodystructure`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

SectionKind = Literal["", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "MIME", "TEXT"]


@dataclass(frozen=True, slots=True)
class Flags:
    """FLAGS."""


@dataclass(frozen=True, slots=True)
class Uid:
    """UID."""


@dataclass(frozen=True, slots=True)
class InternalDate:
    """INTERNALDATE."""


@dataclass(frozen=True, slots=True)
class Rfc822Size:
    """RFC822.SIZE."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """ENVELOPE."""


@dataclass(frozen=True, slots=True)
class Body:
    """BODY without a section: the structure without its extension data."""


@dataclass(frozen=True, slots=True)
class BodyStructure:
    """BODYSTRUCTURE."""


@dataclass(frozen=True, slots=True)
class ModSeq:
    """MODSEQ (RFC 7162 §3.1.4.2)."""


@dataclass(frozen=True, slots=True)
class EmailId:
    """EMAILID (RFC 8474 §5.1)."""


@dataclass(frozen=True, slots=True)
class ThreadId:
    """THREADID (RFC 8474 §5.2)."""


@dataclass(frozen=True, slots=True)
class SaveDate:
    """SAVEDATE (RFC 8514 §4.2)."""


@dataclass(frozen=True, slots=True)
class Preview:
    """PREVIEW (RFC 8970 §3.1); `lazy`: only when it costs nothing."""

    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """BODY[…] and BODY.PEEK[…], and RFC822, RFC822.HEADER, RFC822.TEXT, which are sections under another name.

    `part` is the path, (1, 2) for "1.2", empty for the whole message. `fields` are the names of HEADER.FIELDS and
    HEADER.FIELDS.NOT as the client spelled them. `peek`: \\Seen is not set. `partial` is (first octet, count). `label` is
    the name of the item in the answer, `BODY[1.MIME]<0>`.
    """

    part: tuple[int, ...]
    kind: SectionKind
    fields: tuple[str, ...]
    peek: bool
    partial: tuple[int, int] | None
    label: bytes


@dataclass(frozen=True, slots=True)
class Binary:
    """BINARY[…] and BINARY.PEEK[…] (RFC 3516 §4.2): a part with its transfer encoding undone."""

    part: tuple[int, ...]
    peek: bool
    partial: tuple[int, int] | None

    @property
    def label(self) -> bytes:
        """The name of the item in the answer."""
        origin = "" if self.partial is None else f"<{self.partial[0]}>"
        return f"BINARY[{_path(self.part)}]{origin}".encode("ascii")


@dataclass(frozen=True, slots=True)
class BinarySize:
    """BINARY.SIZE[…] (RFC 3516 §4.3): how many octets BINARY[…] would be."""

    part: tuple[int, ...]

    @property
    def label(self) -> bytes:
        """The name of the item in the answer."""
        return f"BINARY.SIZE[{_path(self.part)}]".encode("ascii")


FetchItem: TypeAlias = (
    Flags
    | Uid
    | InternalDate
    | Rfc822Size
    | Envelope
    | Body
    | BodyStructure
    | ModSeq
    | EmailId
    | ThreadId
    | SaveDate
    | Preview
    | Section
    | Binary
    | BinarySize
)
FetchItems: TypeAlias = tuple[FetchItem, ...]


def _path(part: tuple[int, ...]) -> str:
    return ".".join([str(number) for number in part])
