"""One command, already cut out of the stream, becomes a value (RFC 5804 §4).

Called by the session with the pieces of the command: text between literals, and literals. Promises a command or `Unfit` with the
hint for the answer. Does not: know the state.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailwright.codecs.managesieve.commands import (
    Answer,
    Authenticate,
    Capability,
    CheckScript,
    Command,
    DeleteScript,
    GetScript,
    HaveSpace,
    ListScripts,
    Logout,
    Noop,
    PutScript,
    RenameScript,
    SetActive,
    StartTls,
    Unauthenticate,
)

MAX_NUMBER = 2**32 - 1  # RFC 5804 §4, number

_TOKEN = re.compile(rb'"((?:[^"\\\r\n\0]|\\["\\])*+)"|([0-9]++)(?=[ ]|\Z)|([!#-\'*-\[\]-z|}~]++)')
_ESCAPED = re.compile(rb'\\(["\\])')


class Unfit(Exception):
    """The command breaks a rule; the text is for the client."""


@dataclass(frozen=True, slots=True)
class Literal:
    """The octets of a literal."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Atom:
    """A word without quotes."""

    octets: bytes


Piece = bytes | Literal
Argument = bytes | int | Atom
"""A string as its octets, a number, or a word."""


def parse_command(pieces: Sequence[Piece]) -> Command:
    """The command in `pieces`. Raises Unfit."""
    words = _words(pieces)
    if not words or not isinstance(words[0], Atom):
        raise Unfit("a command begins with its name")
    name = words[0].octets.decode("ascii").upper()
    parse = _PARSERS.get(name)
    if parse is None:
        raise Unfit(f"there is no command {name[:40]}")
    return parse(_Given(name, words[1:]))


def parse_answer(pieces: Sequence[Piece]) -> Answer:
    """What a client says to a challenge: one string. Raises Unfit."""
    words = _words(pieces)
    if len(words) != 1 or not isinstance(words[0], bytes):
        raise Unfit("the answer to a challenge is one string")
    # RFC 5804 §2.1: a client that wants to cancel sends the string "*".
    return Answer(None if words[0] == b"*" else _from_base64(words[0]))


class _Given:
    """The arguments of one command."""

    def __init__(self, name: str, words: list[Argument]) -> None:
        self.name = name
        self.words = words

    def count(self, least: int, most: int | None = None) -> None:
        most = least if most is None else most
        if not least <= len(self.words) <= most:
            many = f"{least}" if least == most else f"{least} or {most}"
            raise Unfit(f"{self.name} takes {many if most else 'no'} argument{'' if many == '1' else 's'}")

    def octets(self, place: int) -> bytes:
        value = self.words[place]
        if not isinstance(value, bytes):
            raise Unfit(f"argument {place + 1} of {self.name} is a string")
        return value

    def script(self, place: int, *, may_be_empty: bool = False) -> str:
        """The name of a script."""
        octets = self.octets(place)
        try:
            name = octets.decode("utf-8")
        except UnicodeDecodeError:
            raise Unfit("the name of a script is UTF-8") from None
        if not name and not may_be_empty:
            raise Unfit("the name of a script is not empty")
        return name

    def number(self, place: int) -> int:
        value = self.words[place]
        if not isinstance(value, int):
            raise Unfit(f"argument {place + 1} of {self.name} is a number")
        return value


def _words(pieces: Sequence[Piece]) -> list[Argument]:
    found: list[Argument] = []
    apart = True  # a space, or nothing yet, before the next word
    for piece in pieces:
        if isinstance(piece, Literal):
            if not apart:
                raise Unfit("arguments are parted by one space")
            found.append(piece.octets)
            apart = False
            continue
        at = 0
        while at < len(piece):
            if not apart:
                if piece[at : at + 1] != b" ":
                    raise Unfit("arguments are parted by one space")
                at += 1
            word = _TOKEN.match(piece, at)
            apart = word is None and at == len(piece)  # the space before a literal
            if apart:
                break
            if word is None:
                raise Unfit("a string has its quotes and no line end, a number only digits")
            found.append(_argument(word))
            at = word.end()
    if apart and found:
        raise Unfit("there is a space at the end of the line")
    return found


def _argument(word: "re.Match[bytes]") -> Argument:
    if word[1] is not None:
        return _ESCAPED.sub(rb"\1", word[1])
    if word[2] is not None:
        number = int(word[2]) if len(word[2]) <= 10 else MAX_NUMBER + 1
        if number > MAX_NUMBER:
            raise Unfit(f"a number is at most {MAX_NUMBER}")
        return number
    return Atom(word[3])


def _from_base64(octets: bytes) -> bytes:
    try:
        return base64.b64decode(octets, validate=True)
    except binascii.Error:
        raise Unfit("that is not base64") from None


def _authenticate(given: _Given) -> Command:
    given.count(1, 2)
    mechanism = given.octets(0).decode("ascii", "replace").upper()
    return Authenticate(mechanism, _from_base64(given.octets(1)) if len(given.words) == 2 else None)


def _havespace(given: _Given) -> Command:
    given.count(2)
    return HaveSpace(given.script(0), given.number(1))


def _putscript(given: _Given) -> Command:
    given.count(2)
    return PutScript(given.script(0), given.octets(1))


def _checkscript(given: _Given) -> Command:
    given.count(1)
    return CheckScript(given.octets(0))


def _setactive(given: _Given) -> Command:
    given.count(1)
    return SetActive(given.script(0, may_be_empty=True))


def _getscript(given: _Given) -> Command:
    given.count(1)
    return GetScript(given.script(0))


def _deletescript(given: _Given) -> Command:
    given.count(1)
    return DeleteScript(given.script(0))


def _renamescript(given: _Given) -> Command:
    given.count(2)
    return RenameScript(given.script(0), given.script(1))


def _noop(given: _Given) -> Command:
    given.count(0, 1)
    return Noop(given.octets(0) if given.words else None)


def _bare(command: Command) -> Callable[[_Given], Command]:
    def parse(given: _Given) -> Command:
        given.count(0)
        return command

    return parse


_PARSERS: dict[str, Callable[[_Given], Command]] = {
    "AUTHENTICATE": _authenticate,
    "CAPABILITY": _bare(Capability()),
    "CHECKSCRIPT": _checkscript,
    "DELETESCRIPT": _deletescript,
    "GETSCRIPT": _getscript,
    "HAVESPACE": _havespace,
    "LISTSCRIPTS": _bare(ListScripts()),
    "LOGOUT": _bare(Logout()),
    "NOOP": _noop,
    "PUTSCRIPT": _putscript,
    "RENAMESCRIPT": _renamescript,
    "SETACTIVE": _setactive,
    "STARTTLS": _bare(StartTls()),
    "UNAUTHENTICATE": _bare(Unauthenticate()),
}
