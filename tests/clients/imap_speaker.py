"""An IMAP client without opinions: commands go out as they are, answers come back as nested values that can be compared.

Used by the differential tests, where two servers are asked the same. An answer is parsed by nothing of ours: strings (quoted or
literal) become Text, atoms stay bytes, NIL becomes None, lists become tuples.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from typing import TypeAlias

PATIENCE_SECONDS = 30.0

_LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
_ATOM = re.compile(rb"(?:[^\s()\"\[{~]|~(?!\{)|\[[^\]]*\])+")


class Text(bytes):
    """The value of a quoted string or a literal: which of the two it was is the server's choice."""


Value: TypeAlias = "bytes | tuple[Value, ...] | None"


@dataclass
class Answer:
    """What a server said to a command: its untagged responses, and status, code and text of the tagged line."""

    lines: list[tuple[Value, ...]] = field(default_factory=list)
    status: str = ""
    code: str = ""
    text: str = ""

    def named(self, name: bytes) -> list[tuple[Value, ...]]:
        """The responses of that name, without it: `* SEARCH 1 2` is (1, 2); `* 7 FETCH (…)` is (7, (…))."""
        found = [line[1:] for line in self.lines if line and line[0] == name]
        return found + [(line[0], *line[2:]) for line in self.lines if len(line) > 1 and line[1] == name]


class Speaker:
    """One connection. Raises EOFError when the server hangs up, TimeoutError when it is silent."""

    def __init__(self, port: int, user: str = "", password: str = "", *, name: str = "") -> None:
        self.name = name
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", buffering=256 * 1024)
        self._tags = 0
        self.line()
        if user:
            self.good(b'LOGIN "%b" "%b"' % (user.encode(), password.encode()))

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Octets as they are."""
        self._socket.sendall(data)

    def line(self) -> bytes:
        """One response, whole, with its literals and without its end."""
        whole = b""
        while True:
            line = self._file.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError(f"{self.name} hung up after {(whole + line)[:200]!r}")
            whole += line
            announced = _LITERAL.search(line)
            if announced is None:
                return whole[:-2]
            whole += self._file.read(int(announced[1]))

    def ask(self, *parts: bytes) -> Answer:
        """Send a command and read its answer. Every second part is a literal: `ask(b"SEARCH SUBJECT ", b"x", b" SEEN")`."""
        self._tags += 1
        tag = b"t%d" % self._tags
        command = tag + b" "
        for index, part in enumerate(parts):
            command += b"{%d+}\r\n%b" % (len(part), part) if index % 2 else part
        self.send(command + b"\r\n")
        return self.answer(tag)

    def answer(self, tag: bytes) -> Answer:
        """Everything up to the tagged line."""
        answer = Answer()
        while True:
            line = self.line()
            if line.startswith(tag + b" "):
                found = re.fullmatch(rb"(\w+) (?:\[([^\]]*)\] ?)?(.*)", line[len(tag) + 1 :], re.S)
                assert found is not None, line
                answer.status = found[1].decode()
                answer.code = (found[2] or b"").decode("latin-1")
                answer.text = found[3].decode("latin-1")
                return answer
            if line.startswith((b"* OK ", b"* NO ")):
                answer.lines.append((line[2:4], *_code(line[5:])))
            elif line.startswith(b"* "):
                answer.lines.append(parsed(line[2:]))

    def good(self, *parts: bytes) -> Answer:
        """A command that must be answered OK."""
        answer = self.ask(*parts)
        assert answer.status == "OK", (
            f"{self.name}: {b' '.join(parts)[:300]!r}: {answer.status} {answer.code} {answer.text}"
        )
        return answer


def _code(text: bytes) -> tuple[Value, ...]:
    found = re.match(rb"\[([^\]]*)\]", text)
    return parsed(found[1]) if found else ()


def parsed(line: bytes) -> tuple[Value, ...]:
    """The values of a response."""
    values, position = _values(line, 0, top=True)
    assert position == len(line), (line, position)
    return values


def _values(line: bytes, position: int, *, top: bool = False) -> tuple[tuple[Value, ...], int]:
    values: list[Value] = []
    while position < len(line):
        first = line[position : position + 1]
        if first == b" ":
            position += 1
        elif first == b"(":
            inner, position = _values(line, position + 1)
            values.append(inner)
        elif first == b")":
            assert not top, line
            return tuple(values), position + 1
        else:
            value, position = _value(line, position)
            values.append(value)
    assert top, line
    return tuple(values), position


def _value(line: bytes, position: int) -> tuple[Value, int]:
    if line[position : position + 1] == b'"':
        quoted = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S).match(line, position)
        assert quoted is not None, line[position : position + 100]
        return Text(re.sub(rb"\\(.)", rb"\1", quoted[1], flags=re.S)), quoted.end()
    literal = re.compile(rb"~?\{(\d+)\}\r\n").match(line, position)
    if literal is not None:
        end = literal.end() + int(literal[1])
        return Text(line[literal.end() : end]), end
    atom = _ATOM.match(line, position)
    assert atom is not None, line[position : position + 100]
    return (None if atom[0].upper() == b"NIL" else atom[0]), atom.end()
