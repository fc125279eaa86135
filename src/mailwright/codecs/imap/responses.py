"""What the server says about itself, a command or the selected mailbox: one function for each response.

Called by the verbs of `protocols/imap`. Promises whole lines with CRLF; a text for people is one clean line whatever it holds,
so nothing a stranger wrote can inject a response. Codes are given without their brackets; those with arguments have a function.
What is said about messages is in `fetched`, about mailboxes as a whole in `listings`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from mailwright.codecs.imap.flags import names_of
from mailwright.codecs.imap.sequences import compact
from mailwright.codecs.imap.strings import listed, nstring, string

MAX_TEXT_CHARACTERS = 500  # of a text for people: one line on a screen, and far below any client's line buffer

Condition: TypeAlias = Literal["OK", "NO", "BAD", "BYE", "PREAUTH"]

_UNPRINTABLE_ASCII = re.compile(r"[^ -~]+")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_UNFIT_IN_CODE = re.compile(r"[^ -\\^-~]")


def tagged(tag: bytes, condition: Condition, text: str, *, code: str = "", utf8: bool = False) -> bytes:
    """The end of a command. `code` without brackets; `utf8`: the text may hold more than ASCII."""
    return b"%b %b %b\r\n" % (tag, condition.encode("ascii"), resp_text(text, code=code, utf8=utf8))


def untagged(condition: Condition, text: str, *, code: str = "", utf8: bool = False) -> bytes:
    """`* OK`, `* BYE` and their like."""
    return tagged(b"*", condition, text, code=code, utf8=utf8)


def continuation(text: str) -> bytes:
    """`+ text`: the client may go on (RFC 9051 §7.6)."""
    return b"+ %b\r\n" % resp_text(text)


def resp_text(text: str, *, code: str = "", utf8: bool = False) -> bytes:
    """`[CODE] text` (RFC 9051 §7.1), without CRLF."""
    shown = (_UNPRINTABLE if utf8 else _UNPRINTABLE_ASCII).sub("?", text[:MAX_TEXT_CHARACTERS]).strip()
    if not code:
        # RFC 9051 §9, resp-text: a bracket at the beginning is a response code.
        shown = shown.lstrip("[")
    line = shown.encode() or b"done"  # RFC 3501 §9, resp-text: there is always a text
    return b"[%b] %b" % (_UNFIT_IN_CODE.sub("?", code).encode("ascii"), line) if code else line


def capability(names: Iterable[str]) -> bytes:
    """The CAPABILITY response (RFC 9051 §7.2.2)."""
    return b"* %b\r\n" % capability_code(names).encode("ascii")


def enabled(names: Iterable[str]) -> bytes:
    """The ENABLED response (RFC 9051 §7.2.1)."""
    return b"* %b\r\n" % " ".join(["ENABLED", *names]).encode("ascii")


def id_line(params: Iterable[tuple[str, str | None]] | None, *, utf8: bool = False) -> bytes:
    """The ID response (RFC 2971 §3.2); None: NIL."""
    if params is None:
        return b"* ID NIL\r\n"
    words = [spelled for name, value in params for spelled in (string(name, utf8=utf8), nstring(value, utf8=utf8))]
    return b"* ID %b\r\n" % listed(words)


def exists(count: int) -> bytes:
    """How many messages there are (RFC 9051 §7.4.1)."""
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    """How many are recent (RFC 3501 §7.3.2); only for clients of IMAP4rev1."""
    return b"* %d RECENT\r\n" % count


def expunged(numbers: Iterable[int]) -> bytes:
    """One EXPUNGE each (RFC 9051 §7.5.1): the numbers as they are when each line is read, so highest first or re-counted."""
    return b"".join([b"* %d EXPUNGE\r\n" % number for number in numbers])


def vanished(uids: Iterable[int], *, earlier: bool = False) -> bytes:
    """VANISHED (RFC 7162 §3.2.10) for UIDs in ascending order; b"" when there are none."""
    numbers = compact(uids)
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", numbers) if numbers else b""


def flags_line(keywords: Iterable[str]) -> bytes:
    """The FLAGS response (RFC 9051 §7.3.5): the system flags and the keywords in use."""
    return b"* FLAGS (%b)\r\n" % " ".join([*_SYSTEM, *filter(is_keyword, keywords)]).encode("ascii")


def flag_list(bits: int, keywords: Iterable[str] = ()) -> bytes:
    """`(\\Seen $Forwarded)`. A keyword another protocol made that is no atom is not shown."""
    return f"({' '.join([*names_of(bits), *filter(is_keyword, keywords)])})".encode("ascii")


@lru_cache(maxsize=1024)
def is_keyword(word: str) -> bool:
    """May `word` stand in a list of flags (RFC 9051 §9, flag-keyword)?"""
    return _KEYWORD.fullmatch(word) is not None


_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,200}")
_SYSTEM = names_of(31)


def search_line(numbers: Sequence[int], *, modseq: int | None = None) -> bytes:
    """SEARCH (RFC 3501 §7.2.5) as clients of IMAP4rev1 get it; `modseq`: RFC 7162 §3.1.5, only when something was found."""
    tail = b" (MODSEQ %d)" % modseq if modseq is not None and numbers else b""
    return b"* SEARCH%b%b\r\n" % (_spaced(numbers), tail)


def sort_line(numbers: Sequence[int], *, modseq: int | None = None) -> bytes:
    """SORT (RFC 5256 §4)."""
    tail = b" (MODSEQ %d)" % modseq if modseq is not None and numbers else b""
    return b"* SORT%b%b\r\n" % (_spaced(numbers), tail)


def _spaced(numbers: Sequence[int]) -> bytes:
    return (" " + " ".join(map(str, numbers))).encode("ascii") if numbers else b""


def esearch(
    tag: bytes,
    numbers: Sequence[int],
    options: frozenset[str],
    *,
    uid: bool,
    modseq: int | None = None,
    ascending: bool = True,
) -> bytes:
    """ESEARCH (RFC 9051 §7.3.4) with what `options` ask for: of MIN, MAX, ALL, COUNT. No option means ALL.

    `numbers` are what was found, ascending; or in the order of a SORT (`ascending=False`), where MIN is the first and MAX the
    last (RFC 5267 §3.1). b"" when SAVE was the only option (RFC 9051 §6.4.4).
    """
    if options == {"SAVE"}:
        return b""
    wanted = options - {"SAVE"} or frozenset({"ALL"})
    words = [b"* ESEARCH (TAG %b)" % string(tag)]
    if uid:
        words.append(b"UID")
    if numbers:
        # RFC 9051 §6.4.4: without a match neither MIN nor MAX nor ALL is in the answer.
        if "MIN" in wanted:
            words.append(b"MIN %d" % numbers[0])
        if "MAX" in wanted:
            words.append(b"MAX %d" % numbers[-1])
        if "ALL" in wanted:
            words.append(b"ALL %b" % (compact(numbers) if ascending else _in_order(numbers)))
    if "COUNT" in wanted:
        words.append(b"COUNT %d" % len(numbers))
    if modseq is not None and numbers:
        words.append(b"MODSEQ %d" % modseq)
    return b" ".join(words) + b"\r\n"


def _in_order(numbers: Sequence[int]) -> bytes:
    return ",".join(map(str, numbers)).encode("ascii")


# Response codes with arguments, each as `code` takes it.


def capability_code(names: Iterable[str]) -> str:
    """CAPABILITY …, in the greeting and after signing in."""
    return " ".join(["CAPABILITY", *names])


def permanent_flags_code(*, keywords: Iterable[str] = (), bits: int = 31, more: bool = True) -> str:
    """PERMANENTFLAGS (RFC 9051 §7.1). `more`: new keywords may be made, `\\*`."""
    words = [*names_of(bits), *filter(is_keyword, keywords)]
    if more:
        words.append("\\*")
    return f"PERMANENTFLAGS ({' '.join(words)})"


def append_uid_code(uidvalidity: int, uids: Iterable[int]) -> str:
    """APPENDUID (RFC 9051 §7.1); several UIDs after MULTIAPPEND."""
    return f"APPENDUID {uidvalidity} {compact(uids).decode('ascii')}"


def copy_uid_code(uidvalidity: int, pairs: Sequence[tuple[int, int]]) -> str:
    """COPYUID (RFC 9051 §7.1): (old UID, new UID) in step. Empty when nothing was copied, so that no code is sent."""
    if not pairs:
        return ""
    old, new = compact([pair[0] for pair in pairs]), compact([pair[1] for pair in pairs])
    return f"COPYUID {uidvalidity} {old.decode('ascii')} {new.decode('ascii')}"


def modified_code(numbers: Iterable[int]) -> str:
    """MODIFIED (RFC 7162 §3.1.3): what a conditional STORE did not touch."""
    return f"MODIFIED {compact(numbers).decode('ascii')}"


def bad_charset_code(charsets: Iterable[str] = ("US-ASCII", "UTF-8")) -> str:
    """BADCHARSET (RFC 9051 §7.1) with those that are known."""
    return f"BADCHARSET ({' '.join(charsets)})"


def mailbox_id_code(mailbox_id: str) -> str:
    """MAILBOXID (RFC 8474 §4.1, §4.2)."""
    return f"MAILBOXID ({mailbox_id})"
