"""The grammar of SEARCH, SORT and THREAD (RFC 9051 §6.4.4, RFC 5256).

Called by `grammar`, which has read the tag and the verb. Promises keys whose texts are decoded and whose nesting is bounded.
"""

import datetime
import re
from collections.abc import Callable, Mapping

from mailwright.codecs.imap import criteria as keys
from mailwright.codecs.imap.commands import Command, Search, Sort, SortField, Thread
from mailwright.codecs.imap.criteria import Key, Relation
from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.flags import MAX_KEYWORD_OCTETS
from mailwright.codecs.imap.messagegrammar import MONTHS
from mailwright.codecs.imap.scanner import Scanner

MAX_DEPTH = 50  # levels of NOT, OR and parentheses: people write two, programs perhaps ten
MAX_KEYS = 1000  # of one command: each is asked of every message
RETURN_OPTIONS = frozenset({"MIN", "MAX", "ALL", "COUNT", "SAVE"})  # RFC 4731 §3.1, RFC 5182 §2.1
SORT_FIELDS: Mapping[str, SortField] = {
    "ARRIVAL": "ARRIVAL",
    "CC": "CC",
    "DATE": "DATE",
    "FROM": "FROM",
    "SIZE": "SIZE",
    "SUBJECT": "SUBJECT",
    "TO": "TO",
    "DISPLAYFROM": "DISPLAYFROM",
    "DISPLAYTO": "DISPLAYTO",
}

Parser = Callable[[Scanner, bytes], Command]


def _search(scan: Scanner, tag: bytes) -> Command:
    options = _return_options(scan)
    scan.space("search keys")
    charset: str | None = None
    if scan.match(_CHARSET) is not None:
        charset = _charset(scan)
        scan.space("search keys")
    return Search(tag, charset, _program(scan), options, scan.verb.startswith("UID"))


_CHARSET = re.compile(rb"CHARSET ", re.IGNORECASE)
_RETURN = re.compile(rb" RETURN ", re.IGNORECASE)


def _return_options(scan: Scanner) -> frozenset[str] | None:
    if scan.match(_RETURN) is None:
        return None
    options = frozenset(scan.listed(lambda: scan.word("a return option"), "a return option", empty=True))
    if not options <= RETURN_OPTIONS:
        raise PeerError(f"{scan.verb}: the return options are {', '.join(sorted(RETURN_OPTIONS))}")
    return options or frozenset({"ALL"})  # RFC 4731 §3.1: an empty list is as if ALL were in it


def _charset(scan: Scanner) -> str:
    charset = scan.text("a charset").upper()
    if charset not in ("US-ASCII", "UTF-8"):
        # RFC 9051 §6.4.4: a charset that is not known is NO, with those that are.
        raise PeerError("the charsets are US-ASCII and UTF-8", code="BADCHARSET (US-ASCII UTF-8)", condition="NO")
    return charset


def _sort(scan: Scanner, tag: bytes) -> Command:
    options = _return_options(scan)
    scan.space("( and sort criteria")
    criteria = scan.listed(lambda: _sort_criterion(scan), "a sort criterion")
    scan.space("a charset")
    charset = _charset(scan)
    scan.space("search keys")
    return Sort(tag, tuple(dict.fromkeys(criteria)), charset, _program(scan), options, scan.verb.startswith("UID"))


def _sort_criterion(scan: Scanner) -> tuple[SortField, bool]:
    reverse = scan.match(_REVERSE) is not None
    field = SORT_FIELDS.get(scan.word("a sort criterion like DATE"))
    if field is None:
        raise PeerError(f"{scan.verb}: the sort criteria are {', '.join(SORT_FIELDS)}, each with REVERSE or without")
    return field, reverse


_REVERSE = re.compile(rb"REVERSE ", re.IGNORECASE)


def _thread(scan: Scanner, tag: bytes) -> Command:
    scan.space("ORDEREDSUBJECT or REFERENCES")
    algorithm = scan.word("ORDEREDSUBJECT or REFERENCES")
    scan.space("a charset")
    charset = _charset(scan)
    scan.space("search keys")
    uid = scan.verb.startswith("UID")
    match algorithm:
        case "REFERENCES":
            return Thread(tag, "REFERENCES", charset, _program(scan), uid)
        case "ORDEREDSUBJECT":
            return Thread(tag, "ORDEREDSUBJECT", charset, _program(scan), uid)
        case _:
            raise PeerError("THREAD: the algorithms are ORDEREDSUBJECT and REFERENCES")


def _program(scan: Scanner) -> Key:
    found = [_key(scan, 0)]
    while not scan.at_end():
        scan.space("a search key")
        found.append(_key(scan, 0))
    return found[0] if len(found) == 1 else keys.And(tuple(found))


def _key(scan: Scanner, depth: int) -> Key:
    if depth > MAX_DEPTH:
        raise PeerError(f"search keys are nested at most {MAX_DEPTH} levels deep", code="LIMIT", condition="NO")
    scan.counted += 1
    if scan.counted > MAX_KEYS:
        raise PeerError(f"a search has at most {MAX_KEYS} keys", code="LIMIT", condition="NO")
    if scan.sees(b"("):
        inside = scan.listed(lambda: _key(scan, depth + 1), "a search key")
        return inside[0] if len(inside) == 1 else keys.And(tuple(inside))
    if scan.sees_set():
        chosen = scan.sequence_set()
        return keys.Uids(chosen) if chosen.uses_saved else keys.SeqNumbers(chosen)
    name = scan.word("a search key like SUBJECT")
    word = _WORDS.get(name)
    if word is not None:
        return word
    if name == "NOT":
        scan.space("a search key")
        return keys.Not(_key(scan, depth + 1))
    if name == "OR":
        scan.space("a search key")
        left = _key(scan, depth + 1)
        scan.space("a second search key")
        return keys.Or(left, _key(scan, depth + 1))
    parser = _KEYS.get(name)
    if parser is None:
        raise PeerError(f"{scan.verb}: a search key named {name[:40]} is not known here")
    scan.space(f"what to look for behind {name}")
    return parser(scan)


_WORDS: Mapping[str, Key] = {
    "ALL": keys.All(),
    "SEEN": keys.HasFlag("\\Seen"),
    "ANSWERED": keys.HasFlag("\\Answered"),
    "FLAGGED": keys.HasFlag("\\Flagged"),
    "DELETED": keys.HasFlag("\\Deleted"),
    "DRAFT": keys.HasFlag("\\Draft"),
    "UNSEEN": keys.Not(keys.HasFlag("\\Seen")),
    "UNANSWERED": keys.Not(keys.HasFlag("\\Answered")),
    "UNFLAGGED": keys.Not(keys.HasFlag("\\Flagged")),
    "UNDELETED": keys.Not(keys.HasFlag("\\Deleted")),
    "UNDRAFT": keys.Not(keys.HasFlag("\\Draft")),
    "NEW": keys.New(),
    "OLD": keys.Old(),
    "RECENT": keys.Recent(),
    "SAVEDATESUPPORTED": keys.SaveDateSupported(),
}


def _text(scan: Scanner) -> str:
    # RFC 9051 §6.4.4: without CHARSET it is UTF-8, of which US-ASCII is a part; so it is UTF-8 always.
    return scan.text("a text")


def _keyword(scan: Scanner) -> str:
    keyword = scan.atom("a keyword")
    if len(keyword) > MAX_KEYWORD_OCTETS:
        raise PeerError(f"a keyword has at most {MAX_KEYWORD_OCTETS} octets", code="LIMIT", condition="NO")
    return keyword.decode("ascii")


def _header(scan: Scanner) -> Key:
    name = scan.text("the name of a header field")
    scan.space("a text")
    return keys.HeaderHas(name, _text(scan))


def _modseq(scan: Scanner) -> Key:
    if scan.sees(b'"'):
        # RFC 7162 §3.1.5: the name of a metadata item and whose it is; there is one modseq for all of them here.
        scan.string("the name of an entry")
        scan.space("all, priv or shared")
        if scan.word("all, priv or shared") not in ("ALL", "PRIV", "SHARED"):
            raise PeerError(f"{scan.verb}: behind the entry of MODSEQ stands all, priv or shared")
        scan.space("a mod-sequence")
    return keys.ModSeqAtLeast(scan.number64("a mod-sequence"))


def _object_id(scan: Scanner) -> str:
    found = scan.match(_OBJECT_ID)
    if found is None:
        raise scan.expected("an id of letters, digits, _ and -")
    return found[0].decode("ascii")


_OBJECT_ID = re.compile(rb"[A-Za-z0-9_-]{1,255}")  # RFC 8474 §4: objectid


def _date(scan: Scanner) -> datetime.date:
    found = scan.match(_DATE)
    if found is None:
        raise scan.expected("a date like 17-Jul-2026")
    try:
        month = MONTHS.index(found[3].lower()) + 1
        return datetime.date(int(found[4]), month, int(found[2]))
    except ValueError:
        raise PeerError(f"{scan.verb}: there is no such date") from None


_DATE = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')


def _dated(
    make: "type[keys.InternalDate] | type[keys.SentDate] | type[keys.SavedDate]", relation: Relation
) -> "Callable[[Scanner], Key]":
    return lambda scan: make(relation, _date(scan))


_KEYS: Mapping[str, Callable[[Scanner], Key]] = {
    "BEFORE": _dated(keys.InternalDate, "before"),
    "ON": _dated(keys.InternalDate, "on"),
    "SINCE": _dated(keys.InternalDate, "since"),
    "SENTBEFORE": _dated(keys.SentDate, "before"),
    "SENTON": _dated(keys.SentDate, "on"),
    "SENTSINCE": _dated(keys.SentDate, "since"),
    "SAVEDBEFORE": _dated(keys.SavedDate, "before"),
    "SAVEDON": _dated(keys.SavedDate, "on"),
    "SAVEDSINCE": _dated(keys.SavedDate, "since"),
    "FROM": lambda scan: keys.AddressHas("from", _text(scan)),
    "TO": lambda scan: keys.AddressHas("to", _text(scan)),
    "CC": lambda scan: keys.AddressHas("cc", _text(scan)),
    "BCC": lambda scan: keys.AddressHas("bcc", _text(scan)),
    "SUBJECT": lambda scan: keys.SubjectHas(_text(scan)),
    "BODY": lambda scan: keys.BodyHas(_text(scan)),
    "TEXT": lambda scan: keys.TextHas(_text(scan)),
    "HEADER": _header,
    "KEYWORD": lambda scan: keys.HasKeyword(_keyword(scan)),
    "UNKEYWORD": lambda scan: keys.Not(keys.HasKeyword(_keyword(scan))),
    "LARGER": lambda scan: keys.Larger(scan.number64("a number of octets")),
    "SMALLER": lambda scan: keys.Smaller(scan.number64("a number of octets")),
    "YOUNGER": lambda scan: keys.Younger(scan.positive("a number of seconds")),
    "OLDER": lambda scan: keys.Older(scan.positive("a number of seconds")),
    "UID": lambda scan: keys.Uids(scan.sequence_set()),
    "MODSEQ": _modseq,
    "EMAILID": lambda scan: keys.EmailId(_object_id(scan)),
    "THREADID": lambda scan: keys.ThreadId(_object_id(scan)),
}

SEARCH_PARSERS: Mapping[str, Parser] = {
    "SEARCH": _search,
    "UID SEARCH": _search,
    "SORT": _sort,
    "UID SORT": _sort,
    "THREAD": _thread,
    "UID THREAD": _thread,
}
