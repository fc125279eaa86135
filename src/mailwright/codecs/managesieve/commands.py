"""The commands of a ManageSieve client as frozen values, one class each (RFC 5804 §2).

Made by the session, handled by the verbs of `protocols/managesieve`. `name` is the key of the state table and of the table of
verbs.
"""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

ANSWER = "(answer)"  # a string inside an AUTHENTICATE exchange; the brackets keep it apart from every verb
GARBLED = "(garbled)"


@dataclass(frozen=True, slots=True)
class Authenticate:
    """RFC 5804 §2.1. `initial` is decoded, None when the client sent none. Secrets do not print."""

    name: ClassVar[str] = "AUTHENTICATE"
    mechanism: str
    initial: bytes | None

    def __repr__(self) -> str:
        return f"Authenticate(mechanism={self.mechanism!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client says to a challenge, decoded; None: it cancels. Secrets do not print."""

    name: ClassVar[str] = ANSWER
    data: bytes | None

    def __repr__(self) -> str:
        return "Answer()"


@dataclass(frozen=True, slots=True)
class StartTls:
    """RFC 5804 §2.2."""

    name: ClassVar[str] = "STARTTLS"


@dataclass(frozen=True, slots=True)
class Logout:
    """RFC 5804 §2.3."""

    name: ClassVar[str] = "LOGOUT"


@dataclass(frozen=True, slots=True)
class Capability:
    """RFC 5804 §2.4."""

    name: ClassVar[str] = "CAPABILITY"


@dataclass(frozen=True, slots=True)
class HaveSpace:
    """RFC 5804 §2.5. `size` in octets."""

    name: ClassVar[str] = "HAVESPACE"
    script: str
    size: int


@dataclass(frozen=True, slots=True)
class PutScript:
    """RFC 5804 §2.6."""

    name: ClassVar[str] = "PUTSCRIPT"
    script: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ListScripts:
    """RFC 5804 §2.7."""

    name: ClassVar[str] = "LISTSCRIPTS"


@dataclass(frozen=True, slots=True)
class SetActive:
    """RFC 5804 §2.8. An empty name: none."""

    name: ClassVar[str] = "SETACTIVE"
    script: str


@dataclass(frozen=True, slots=True)
class GetScript:
    """RFC 5804 §2.9."""

    name: ClassVar[str] = "GETSCRIPT"
    script: str


@dataclass(frozen=True, slots=True)
class DeleteScript:
    """RFC 5804 §2.10."""

    name: ClassVar[str] = "DELETESCRIPT"
    script: str


@dataclass(frozen=True, slots=True)
class RenameScript:
    """RFC 5804 §2.11."""

    name: ClassVar[str] = "RENAMESCRIPT"
    script: str
    new_name: str


@dataclass(frozen=True, slots=True)
class CheckScript:
    """RFC 5804 §2.12."""

    name: ClassVar[str] = "CHECKSCRIPT"
    content: bytes


@dataclass(frozen=True, slots=True)
class Noop:
    """RFC 5804 §2.13. `tag` comes back in the answer."""

    name: ClassVar[str] = "NOOP"
    tag: bytes | None


@dataclass(frozen=True, slots=True)
class Unauthenticate:
    """RFC 5804 §2.14.1."""

    name: ClassVar[str] = "UNAUTHENTICATE"


@dataclass(frozen=True, slots=True)
class Garbled:
    """What the client sent breaks a rule, and `text` says which. `code` goes with the NO.

    `fatal`: nothing behind it can be understood. `is_mistake` False: well spelled, and not at this time.
    """

    name: ClassVar[str] = GARBLED
    text: str
    code: str = ""
    fatal: bool = False
    is_mistake: bool = True


Command: TypeAlias = (
    Authenticate
    | Answer
    | StartTls
    | Logout
    | Capability
    | HaveSpace
    | PutScript
    | ListScripts
    | SetActive
    | GetScript
    | DeleteScript
    | RenameScript
    | CheckScript
    | Noop
    | Unauthenticate
    | Garbled
)
