"""A script as it runs: typed, checked, frozen.

Made by `building`, read by the interpreter. Strings are `Text`: constant, or with variables to be put in.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.codecs.sieve.errors import Problem
from mailwright.codecs.sieve.strings import Text

MatchType: TypeAlias = Literal["is", "contains", "matches", "value", "count"]
Relation: TypeAlias = Literal["gt", "ge", "lt", "le", "eq", "ne"]
Comparator: TypeAlias = Literal["i;octet", "i;ascii-casemap", "i;ascii-numeric"]
AddressPart: TypeAlias = Literal["all", "localpart", "domain", "user", "detail"]
Texts: TypeAlias = tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """How keys are compared (RFC 5228 §2.7). `relation` belongs to `value` and `count` (RFC 5231)."""

    type: MatchType = "is"
    comparator: Comparator = "i;ascii-casemap"
    relation: Relation = "eq"


@dataclass(frozen=True, slots=True)
class Index:
    """Which field of a name is meant, from 1 (RFC 5260 §6)."""

    number: int
    from_last: bool


# --- tests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """`true` and `false`."""

    line: int
    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    line: int
    test: "Test"


@dataclass(frozen=True, slots=True)
class AllOf:
    line: int
    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    line: int
    tests: tuple["Test", ...]


@dataclass(frozen=True, slots=True)
class AddressTest:
    line: int
    names: Texts
    keys: Texts
    match: Match
    part: AddressPart
    index: Index | None


@dataclass(frozen=True, slots=True)
class EnvelopeTest:
    line: int
    parts: Texts
    keys: Texts
    match: Match
    part: AddressPart


@dataclass(frozen=True, slots=True)
class HeaderTest:
    line: int
    names: Texts
    keys: Texts
    match: Match
    index: Index | None


@dataclass(frozen=True, slots=True)
class Exists:
    line: int
    names: Texts


@dataclass(frozen=True, slots=True)
class Size:
    line: int
    over: bool
    limit: int


@dataclass(frozen=True, slots=True)
class BodyTest:
    """`types` are those of `:content`."""

    line: int
    transform: Literal["raw", "content", "text"]
    types: Texts
    keys: Texts
    match: Match


@dataclass(frozen=True, slots=True)
class DateTest:
    """`name` None is `currentdate`. `zone` None is the owner's time zone, "original" the field's."""

    line: int
    name: Text | None
    zone: Text | Literal["original"] | None
    part: Text
    keys: Texts
    match: Match
    index: Index | None


@dataclass(frozen=True, slots=True)
class StringTest:
    line: int
    sources: Texts
    keys: Texts
    match: Match


@dataclass(frozen=True, slots=True)
class HasFlag:
    """`variables` empty: the internal variable."""

    line: int
    variables: Texts
    keys: Texts
    match: Match


@dataclass(frozen=True, slots=True)
class MailboxExists:
    line: int
    names: Texts


Test: TypeAlias = (
    Constant
    | Not
    | AllOf
    | AnyOf
    | AddressTest
    | EnvelopeTest
    | HeaderTest
    | Exists
    | Size
    | BodyTest
    | DateTest
    | StringTest
    | HasFlag
    | MailboxExists
)

# --- commands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class If:
    """`if`, every `elsif` and `else` of one chain; the test of `else` is true."""

    line: int
    branches: tuple[tuple[Test, tuple["Command", ...]], ...]


@dataclass(frozen=True, slots=True)
class Stop:
    line: int


@dataclass(frozen=True, slots=True)
class Keep:
    """`flags` None: those of the internal variable."""

    line: int
    flags: Texts | None


@dataclass(frozen=True, slots=True)
class FileInto:
    line: int
    mailbox: Text
    flags: Texts | None
    copy: bool
    create: bool


@dataclass(frozen=True, slots=True)
class Redirect:
    line: int
    address: Text
    copy: bool


@dataclass(frozen=True, slots=True)
class Discard:
    line: int


@dataclass(frozen=True, slots=True)
class Reject:
    """`exact`: `reject`, whose words must reach the sender as they are; else `ereject` (RFC 5429)."""

    line: int
    reason: Text
    exact: bool


@dataclass(frozen=True, slots=True)
class Vacation:
    """`seconds` between two answers to one correspondent; `handle` is the same for answers that count as the same."""

    line: int
    reason: Text
    seconds: int
    subject: Text | None
    from_: Text | None
    addresses: Texts
    mime: bool
    handle: str


@dataclass(frozen=True, slots=True)
class SetVariable:
    """`modifiers` in the order they are applied."""

    line: int
    name: str
    value: Text
    modifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeFlags:
    """`setflag`, `addflag`, `removeflag`; `variable` "" is the internal one."""

    line: int
    how: Literal["set", "add", "remove"]
    variable: Text
    flags: Texts


@dataclass(frozen=True, slots=True)
class AddHeader:
    line: int
    name: Text
    value: Text
    last: bool


@dataclass(frozen=True, slots=True)
class DeleteHeader:
    """`values` None: whatever the value."""

    line: int
    name: Text
    values: Texts | None
    match: Match
    index: Index | None


Command: TypeAlias = (
    If
    | Stop
    | Keep
    | FileInto
    | Redirect
    | Discard
    | Reject
    | Vacation
    | SetVariable
    | ChangeFlags
    | AddHeader
    | DeleteHeader
)


@dataclass(frozen=True, slots=True)
class Script:
    """What can be run. `requires` are the extensions it declares; `warnings` are for its author."""

    commands: tuple[Command, ...]
    requires: frozenset[str]
    warnings: tuple[Problem, ...] = ()
