"""Responses read back by somebody else's parser: imapclient's."""

import re
from pathlib import Path
from typing import Any

from imapclient.response_parser import parse_fetch_response

from mailwright.codecs.imap import fetched

MESSAGES = Path(__file__).parents[2] / "messages"
SPECIMENS = sorted(path.name for path in MESSAGES.glob("*.eml"))
_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n")


def pieces(line: bytes) -> list[Any]:
    """A response as imaplib hands it on: text, and pairs of a text that announces a literal and the literal."""
    found: list[Any] = []
    position = 0
    while announced := _LITERAL.search(line, position):
        end = announced.end() + int(announced[1])
        found.append((line[position : announced.end() - 2].replace(b"~{", b"{"), line[announced.end() : end]))
        position = end
    found.append(line[position:])
    return found


def item(name: bytes, value: bytes) -> Any:
    """What a client gets out of `* 7 FETCH (name value)`."""
    line = fetched.fetch_line(7, [(name, value)])
    assert line.startswith(b"* 7 FETCH (")
    assert line.endswith(b")\r\n")
    return parse_fetch_response(pieces(line.replace(b"* 7 FETCH ", b"7 ", 1)[:-2]))[7][name.upper()]


def specimen(name: str) -> bytes:
    return (MESSAGES / name).read_bytes()
