"""FETCH responses: the lines about messages.

Called by the verbs of `protocols/imap` that read or change messages, and by whoever tells a client what others changed.
Expects values that are already spelled (`strings`, `envelope`, `bodystructure`); promises whole lines with CRLF.
A mailbox of 200,000 messages is listed in slices: `flag_lines` makes one bytes object of a slice.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from mailwright.codecs.imap.responses import flag_list
from mailwright.codecs.imap.strings import NIL
from mailwright.domain.clock import DAY, SECOND, Instant

MAX_FLAG_LISTS = 4096  # kept renderings of (flags, keywords): a mailbox has a few dozen


def fetch_line(number: int, items: Iterable[tuple[bytes, bytes]]) -> bytes:
    """`* n FETCH (NAME value …)` from (name, spelled value) pairs."""
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join([b"%b %b" % item for item in items]))


def flag_lines(
    numbers: Iterable[int],
    rows: Iterable[tuple[int, int, int, str]],
    *,
    uid: bool = True,
    flags: bool = True,
    modseq: bool = False,
) -> bytes:
    """A FETCH line for every row (uid, flag bits, modseq, keywords as a JSON list), with its number from `numbers` in step.

    The keywords come as the store has them, so that a list read a thousand times is understood once.
    """
    lists = _LISTS
    both = zip(numbers, rows, strict=False)
    if uid and flags and not modseq:
        lines = [f"* {number} FETCH (UID {u} FLAGS {lists[f, k]})\r\n" for number, (u, f, _m, k) in both]
    elif uid and flags:
        lines = [f"* {number} FETCH (UID {u} FLAGS {lists[f, k]} MODSEQ ({m}))\r\n" for number, (u, f, m, k) in both]
    elif flags and not modseq:
        lines = [f"* {number} FETCH (FLAGS {lists[f, k]})\r\n" for number, (_u, f, _m, k) in both]
    else:
        lines = [
            f"* {number} FETCH ({' '.join(_words(row, uid=uid, flags=flags, modseq=modseq))})\r\n"
            for number, row in both
        ]
    return "".join(lines).encode("ascii")


def _words(row: tuple[int, int, int, str], *, uid: bool, flags: bool, modseq: bool) -> list[str]:
    words = [f"UID {row[0]}"] if uid else []
    if flags:
        words.append(f"FLAGS {_LISTS[row[1], row[3]]}")
    if modseq:
        words.append(f"MODSEQ ({row[2]})")
    return words


class _FlagLists(dict[tuple[int, str], str]):
    """(flag bits, keywords as JSON) → the list as it is written; filled as it is asked."""

    def __missing__(self, key: tuple[int, str]) -> str:
        if len(self) >= MAX_FLAG_LISTS:
            self.clear()
        bits, keywords = key
        written = flag_list(bits, json.loads(keywords) if keywords else ()).decode("ascii")
        self[key] = written
        return written


_LISTS = _FlagLists()


def date_time(instant: Instant) -> bytes:
    """INTERNALDATE and SAVEDATE: `"17-Jul-1996 02:44:25 +0000"` (RFC 9051 §9, date-time). Always in UTC."""
    day, rest = divmod(instant, DAY)
    seconds = rest // SECOND
    return b'"%b %02d:%02d:%02d +0000"' % (_day(day), seconds // 3600, seconds // 60 % 60, seconds % 60)


@lru_cache(maxsize=4096)
def _day(days: int) -> bytes:
    moment = datetime.fromtimestamp(days * 86400, UTC)
    # RFC 9051 §9, date-day-fixed: a single digit has a space before it.
    return f"{moment.day:2d}-{_MONTHS[moment.month - 1]}-{moment.year:04d}".encode("ascii")


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def object_id(value: str | None) -> bytes:
    """EMAILID and THREADID: `(M6d99…)`, NIL for None (RFC 8474 §5)."""
    return NIL if value is None else f"({value})".encode("ascii")


def modseq_value(modseq: int) -> bytes:
    """MODSEQ: `(12121231000)` (RFC 7162 §3.1.4.2)."""
    return b"(%d)" % modseq


def numbers_of(uids: Sequence[int], positions: Iterable[tuple[int, int]]) -> Iterable[int]:
    """The message numbers of half-open (start, stop) positions in `uids`, as `SequenceSet.spans` gives them."""
    return (number for start, stop in positions for number in range(start + 1, min(stop, len(uids)) + 1))
