"""The grammar of the commands about messages: APPEND, FETCH, STORE, COPY, MOVE, UID EXPUNGE.

Called by `grammar`, which has read the tag and the verb. Each parser reads the rest of one command or raises PeerError.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Literal

from mailwright.codecs.imap import flags as flag_bits
from mailwright.codecs.imap import items, quirks
from mailwright.codecs.imap.commands import Append, AppendMessage, Command, Copy, Fetch, Move, Store, UidExpunge
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.fetchgrammar import fetch_items
from mailwright.codecs.imap.scanner import Scanner

MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
EARLIEST_YEAR, LATEST_YEAR = 1900, 9998  # of an internal date: no mail is older, and every zone fits into `datetime`

Parser = Callable[[Scanner, bytes], Command]


def _append(scan: Scanner, tag: bytes) -> Command:
    scan.space("the name of a mailbox")
    mailbox = scan.mailbox()
    messages: list[AppendMessage] = []
    while not messages or not scan.at_end():
        scan.space("a message")
        if messages and quirks.TWO_SPACES_BETWEEN_MESSAGES:
            scan.take(b" ")
        messages.append(_append_message(scan))
    return Append(tag, mailbox, tuple(messages))


def _append_message(scan: Scanner) -> AppendMessage:
    bits = 0
    keywords: tuple[str, ...] = ()
    date = None
    if scan.sees(b"("):
        bits, keywords = _flags(scan.listed(lambda: _flag(scan), "a flag", empty=True))
        scan.space("a date or a message")
    if scan.sees(b'"'):
        date = _date_time(scan)
        scan.space("a message")
    if scan.match(_UTF8) is not None:
        # RFC 6855 §4: a message with UTF-8 in its header comes as UTF8 (~{…}).
        literal = scan.literal("a message as a literal", binary=True, message=True)
        scan.need(b")", ") behind the message")
        return AppendMessage(bits, keywords, date, literal.data, literal.binary, utf8=True)
    literal = scan.literal("a message as a literal", binary=True, message=True)
    return AppendMessage(bits, keywords, date, literal.data, literal.binary)


_UTF8 = re.compile(rb"UTF8 \(", re.IGNORECASE)


def _date_time(scan: Scanner) -> datetime.datetime:
    found = scan.match(_DATE_TIME)
    if found is None:
        raise scan.expected('a date like "17-Jul-2026 02:44:25 +0200"')
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    zone = datetime.timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    try:
        if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR or int(zone_minutes) > 59:
            raise ValueError(year)
        return datetime.datetime(
            int(year),
            MONTHS.index(month.lower()) + 1,
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),  # RFC 9051 §9, date-time: a leap second is written 60
            tzinfo=datetime.timezone(-zone if sign == b"-" else zone),
        )
    except ValueError:
        raise PeerError(f"{scan.verb}: there is no such date") from None


_DATE_TIME = re.compile(
    rb'"( [0-9]|[0-9]{2})-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)


def _flag(scan: Scanner) -> str:
    if not scan.take(b"\\"):
        keyword = scan.atom("a flag")
        if len(keyword) > flag_bits.MAX_KEYWORD_OCTETS:
            raise _limit(f"a keyword has at most {flag_bits.MAX_KEYWORD_OCTETS} octets")
        return keyword.decode("ascii")
    name = "\\" + scan.atom("the name of a flag").decode("ascii")
    if flag_bits.bit_of(name) is None:
        # RFC 3501 §2.3.2: \Recent is the server's alone. RFC 9051 §2.3.2: other names with a backslash are reserved.
        raise PeerError(f"{scan.verb}: the flags that can be set are {' '.join(flag_bits.BITS)} and keywords")
    return name


def _flags(names: list[str]) -> tuple[int, tuple[str, ...]]:
    bits = 0
    keywords: list[str] = []
    for name in names:
        bit = flag_bits.bit_of(name)
        if bit is None:
            keywords.append(name)
        else:
            bits |= bit
    distinct = flag_bits.once_each(keywords)
    if len(distinct) > flag_bits.MAX_KEYWORDS:
        raise _limit(f"a message has at most {flag_bits.MAX_KEYWORDS} keywords")
    return bits, distinct


def _limit(text: str) -> PeerError:
    return PeerError(text, code="LIMIT", condition="NO")  # RFC 5530 §3


def _store(scan: Scanner, tag: bytes) -> Command:
    scan.space("a set of messages")
    chosen = scan.sequence_set()
    scan.space("FLAGS")
    unchanged_since: int | None = None
    if scan.take(b"("):
        # RFC 7162 §3.1.3: the value may be 0.
        if scan.word("UNCHANGEDSINCE") != "UNCHANGEDSINCE":
            raise PeerError("STORE: the only modifier is UNCHANGEDSINCE")
        scan.space("a mod-sequence")
        unchanged_since = scan.number64("a mod-sequence")
        scan.need(b")", ")")
        scan.space("FLAGS")
    mode: Literal["replace", "add", "remove"] = "replace"
    if scan.take(b"+"):
        mode = "add"
    elif scan.take(b"-"):
        mode = "remove"
    what = scan.word("FLAGS or FLAGS.SILENT")
    if what not in ("FLAGS", "FLAGS.SILENT"):
        raise PeerError("STORE: expected FLAGS, +FLAGS or -FLAGS, or one of them with .SILENT")
    scan.space("flags")
    if scan.sees(b"("):
        names = scan.listed(lambda: _flag(scan), "a flag", empty=True)
    else:
        names = [_flag(scan)]
        while not scan.at_end():
            scan.space("a flag")
            names.append(_flag(scan))
    bits, keywords = _flags(names)
    return Store(
        tag, chosen, mode, what == "FLAGS.SILENT", bits, keywords, unchanged_since, scan.verb.startswith("UID")
    )


def _fetch(scan: Scanner, tag: bytes) -> Command:
    uid = scan.verb.startswith("UID")
    scan.space("a set of messages")
    chosen = scan.sequence_set()
    scan.space("what to fetch")
    wanted = dict.fromkeys(fetch_items(scan))
    changed_since: int | None = None
    vanished = False
    if not scan.at_end():
        scan.space("(")
        for modifier in scan.listed(lambda: _fetch_modifier(scan), "CHANGEDSINCE or VANISHED"):
            if modifier is None:
                vanished = True
            else:
                changed_since = modifier
        if vanished and (not uid or changed_since is None):
            # RFC 7162 §3.2.6: VANISHED goes with UID FETCH and CHANGEDSINCE only.
            raise PeerError("FETCH: VANISHED needs UID FETCH and CHANGEDSINCE")
    if uid:
        wanted.setdefault(items.Uid())  # RFC 9051 §6.4.9: whether it was asked for or not
    if changed_since is not None:
        wanted.setdefault(items.ModSeq())  # RFC 7162 §3.1.4.1: the same
    return Fetch(tag, chosen, tuple(wanted), changed_since, vanished, uid)


def _fetch_modifier(scan: Scanner) -> int | None:
    modifier = scan.word("CHANGEDSINCE or VANISHED")
    if modifier == "VANISHED":
        return None
    if modifier != "CHANGEDSINCE":
        raise PeerError("FETCH: the modifiers are CHANGEDSINCE and VANISHED")
    scan.space("a mod-sequence")
    return scan.positive("a mod-sequence", wide=True)


def _copy(make: type[Copy] | type[Move]) -> Parser:
    def parse(scan: Scanner, tag: bytes) -> Command:
        scan.space("a set of messages")
        chosen = scan.sequence_set()
        scan.space("the name of a mailbox")
        return make(tag, chosen, scan.mailbox(), scan.verb.startswith("UID"))

    return parse


def _uid_expunge(scan: Scanner, tag: bytes) -> Command:
    scan.space("a set of UIDs")
    return UidExpunge(tag, scan.sequence_set())


MESSAGE_PARSERS: Mapping[str, Parser] = {
    "APPEND": _append,
    "FETCH": _fetch,
    "UID FETCH": _fetch,
    "STORE": _store,
    "UID STORE": _store,
    "COPY": _copy(Copy),
    "UID COPY": _copy(Copy),
    "MOVE": _copy(Move),
    "UID MOVE": _copy(Move),
    "UID EXPUNGE": _uid_expunge,
}
