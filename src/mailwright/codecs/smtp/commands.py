"""The commands of a client as frozen values, one class each.

Made by the session, handled by the verbs of `protocols/smtp`. `name` is the key of both the state table and the table of
verbs. What is in a field has been checked: an `Address` is legal, a size is a number.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from mailwright.codecs.smtp.replies import Reply
from mailwright.domain.addresses import Address

ANSWER = "(answer)"  # a line inside an AUTH exchange; the brackets keep it apart from every verb
MESSAGE = "(message)"  # what follows DATA, up to and including the line with the dot
GARBLED = "(garbled)"

Problem = Literal["stray", "large", "storage"]
"""Why a message is not to be kept: a CR or LF on its own, more octets than allowed, or the server gave up keeping it."""


@dataclass(frozen=True, slots=True)
class Hello:
    """EHLO, HELO (RFC 5321 §4.1.1.1) or LHLO (RFC 2033 §4.1). `client` is the name the client gives itself, unproved."""

    name: Literal["EHLO", "HELO", "LHLO"]
    client: str


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM (RFC 5321 §4.1.1.2). `sender` None is the null reverse-path; `size` is what the client declared, in octets."""

    name: ClassVar[Literal["MAIL"]] = "MAIL"
    sender: Address | None
    size: int | None = None
    body: Literal["7BIT", "8BITMIME"] = "7BIT"
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO (RFC 5321 §4.1.1.3)."""

    name: ClassVar[Literal["RCPT"]] = "RCPT"
    recipient: Address


@dataclass(frozen=True, slots=True)
class Data:
    """DATA (RFC 5321 §4.1.1.4)."""

    name: ClassVar[Literal["DATA"]] = "DATA"


@dataclass(frozen=True, slots=True)
class Message:
    """The mail data: exactly the bytes sent, without dot-stuffing and the final dot. Empty when there is a `problem`."""

    name: ClassVar[Literal["(message)"]] = "(message)"
    raw: bytes
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """RSET (RFC 5321 §4.1.1.5)."""

    name: ClassVar[Literal["RSET"]] = "RSET"


@dataclass(frozen=True, slots=True)
class Verify:
    """VRFY (RFC 5321 §4.1.1.6)."""

    name: ClassVar[Literal["VRFY"]] = "VRFY"
    who: str


@dataclass(frozen=True, slots=True)
class Expand:
    """EXPN (RFC 5321 §4.1.1.7)."""

    name: ClassVar[Literal["EXPN"]] = "EXPN"
    who: str


@dataclass(frozen=True, slots=True)
class Help:
    """HELP (RFC 5321 §4.1.1.8); `topic` is a verb in capitals or empty."""

    name: ClassVar[Literal["HELP"]] = "HELP"
    topic: str


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP (RFC 5321 §4.1.1.9)."""

    name: ClassVar[Literal["NOOP"]] = "NOOP"


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT (RFC 5321 §4.1.1.10)."""

    name: ClassVar[Literal["QUIT"]] = "QUIT"


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS (RFC 3207 §4)."""

    name: ClassVar[Literal["STARTTLS"]] = "STARTTLS"


@dataclass(frozen=True, slots=True)
class Auth:
    """AUTH (RFC 4954 §4). `initial` is the decoded initial response, None when the client sent none."""

    name: ClassVar[Literal["AUTH"]] = "AUTH"
    mechanism: str
    initial: bytes | None

    def __repr__(self) -> str:  # secrets do not print
        return f"Auth(mechanism={self.mechanism!r})"


@dataclass(frozen=True, slots=True)
class AuthAnswer:
    """One decoded line of an AUTH exchange, or None when the client cancelled it with "*"."""

    name: ClassVar[Literal["(answer)"]] = "(answer)"
    data: bytes | None

    def __repr__(self) -> str:  # secrets do not print
        return "AuthAnswer()"


@dataclass(frozen=True, slots=True)
class Garbled:
    """What the client sent breaks a rule; `reply` is the answer. `verb` is the command it looked like, or empty."""

    name: ClassVar[Literal["(garbled)"]] = "(garbled)"
    verb: str
    reply: Reply


Command: TypeAlias = (
    Hello
    | Mail
    | Rcpt
    | Data
    | Message
    | Reset
    | Verify
    | Expand
    | Help
    | Noop
    | Quit
    | StartTls
    | Auth
    | AuthAnswer
    | Garbled
)
