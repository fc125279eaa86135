"""Search programs made from a seed: every key of RFC 9051 §6.4.4 and its extensions, alone and nested, for the mail of `imap_corpus`."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from tests.clients.imap_corpus import BEGINNING

WORDS = (
    *("meeting", "REPORT", "lunch", "fox", "100%", "From", "zzz", "e r", "invoice 3", "re:", "list"),
    *("grüße", "straße", "zürich", "ärger", "ü", "会議", "東京", "καλημέρα", "σοφος", "ΘΕΣΣΑΛΟΝΊΚΗ"),
)
PEOPLE = ("ada", "chen@example.org", "Müller", "mailwright.test", "tanaka", "田中", "Comma, P", "robot", "EXAMPLE")
HEADERS = (
    "Subject",
    "X-Priority",
    "References",
    "In-Reply-To",
    "list-id",
    "Message-ID",
    "To",
    "Content-Type",
    "X-None",
    "Date",
)
VALUES = ("", "3", "example.org", "tests", "Re", "Jan", "plain", "@", "1.", "日")


def programs(count: int, seed: int, messages: int) -> Iterator[tuple[bytes, ...]]:
    """The parts of `count` commands for `Speaker.ask`; in a mailbox of `messages`, whose uids begin with 1."""
    dice = random.Random(seed)
    for _ in range(count):
        parts: list[bytes] = [b""]
        for _ in range(dice.choice((1, 1, 1, 2, 2, 3))):
            _say(parts, b" ")
            _key(dice, parts, 3, messages)
        charset = b" CHARSET UTF-8"
        head = dice.choice((b"SEARCH", b"UID SEARCH"))
        yield (head + charset + parts[0], *parts[1:])


def _say(parts: list[bytes], text: bytes) -> None:
    if len(parts) % 2 == 0:
        parts.append(text)
    else:
        parts[-1] += text


def _string(dice: random.Random, parts: list[bytes], value: str) -> None:
    encoded = value.encode()
    if value.isascii() and dice.random() < 0.7:
        quoted = encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        _say(parts, b'"%b"' % quoted)
    else:
        if len(parts) % 2 == 0:
            parts.append(b"")
        parts.append(encoded)


def _key(dice: random.Random, parts: list[bytes], depth: int, messages: int) -> None:
    if depth and dice.random() < 0.35:
        _compound(dice, parts, depth - 1, messages)
        return
    kinds: tuple[Callable[[], None], ...] = (
        lambda: _say(parts, _flag(dice, parts)),
        lambda: _once(dice, parts, (b"KEYWORD", b"UNKEYWORD"), lambda: dice.choice((b"work", b"$Forwarded", b"none"))),
        lambda: _once(dice, parts, (b"LARGER", b"SMALLER"), lambda: b"%d" % dice.randrange(250, 900)),
        lambda: _once(dice, parts, _DATES, lambda: _date(dice)),
        lambda: _once(dice, parts, (b"(ALL", b"(UID"), lambda: _set(dice, messages) + b")"),
        lambda: _text(dice, parts, dice.choice((b"TEXT ", b"BODY ", b"SUBJECT ")), WORDS),
        lambda: _text(dice, parts, dice.choice((b"FROM ", b"TO ", b"CC ", b"BCC ")), PEOPLE),
        lambda: _text(dice, parts, b"HEADER %b " % dice.choice(HEADERS).encode(), (*VALUES, *WORDS)),
        lambda: _say(parts, b"%b %d" % (dice.choice((b"YOUNGER", b"OLDER")), dice.randrange(1, 400) * 86400)),
    )
    dice.choice(kinds)()


def _compound(dice: random.Random, parts: list[bytes], depth: int, messages: int) -> None:
    before, between, after = dice.choice(((b"NOT ", None, b""), (b"OR ", b" ", b""), (b"(", b" ", b")")))
    _say(parts, before)
    _key(dice, parts, depth, messages)
    if between is not None:
        _say(parts, between)
        _key(dice, parts, depth, messages)
    _say(parts, after)


def _once(dice: random.Random, parts: list[bytes], names: tuple[bytes, ...], value: Callable[[], bytes]) -> None:
    """One of `names` and a value, if none of them is in the program yet.

    Dovecot 2.3 joins keys of a kind into one, and sometimes wrongly below NOT and OR (see the table of differences). So no
    flag and no text comes twice, either.
    """
    said = b"".join(parts[::2])
    if not any(re.search(rb"\b%b " % name.strip(b"("), said) for name in names):
        _say(parts, b"%b %b" % (dice.choice(names), value()))
    else:
        _say(parts, _flag(dice, parts))


def _flag(dice: random.Random, parts: list[bytes]) -> bytes:
    said = b"".join(parts[::2])
    return dice.choice([flag for flag in _FLAGS if not re.search(rb"\b%b\b" % flag, said)] or [b"ALL"])


def _text(dice: random.Random, parts: list[bytes], name: bytes, values: tuple[str, ...]) -> None:
    if re.search(rb"\b%b" % name, b"".join(parts[::2])):
        _say(parts, _flag(dice, parts))
        return
    _say(parts, name)
    _string(dice, parts, dice.choice(values))


def _date(dice: random.Random) -> bytes:
    return (BEGINNING + timedelta(days=dice.randrange(-2, 64))).strftime("%-d-%b-%Y").encode()


def _set(dice: random.Random, messages: int) -> bytes:
    numbers = [b"%d" % dice.randint(1, messages) for _ in range(6)]
    ranges = [numbers[at] if dice.random() < 0.4 else b":".join(numbers[at : at + 2]) for at in (0, 2, 4)]
    return b",".join(ranges[: dice.randint(1, 3)])


_FLAGS = (
    *(b"ANSWERED", b"DELETED", b"DRAFT", b"FLAGGED", b"SEEN"),
    *(b"UNANSWERED", b"UNDELETED", b"UNDRAFT", b"UNFLAGGED", b"UNSEEN"),
)
_DATES = (b"BEFORE", b"ON", b"SINCE", b"SENTBEFORE", b"SENTON", b"SENTSINCE")
