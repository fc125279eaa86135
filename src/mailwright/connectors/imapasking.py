"""Questions to an IMAP server that several uses share: what has come, which message that is, what belongs to a conversation.

Used by `imapaccount` inside its threads; each is a plain function over a client that is signed in. Raises what the library raises.
Promises: nothing is marked as read; what a search found is looked at before it is believed, since servers search for parts of words;
no answer grows with the size of the mailbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailwright.codecs.mime import Header
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.refusals import BadAddress

INBOX = "INBOX"
MESSAGE_OCTETS = 2 * 1024 * 1024  # of one message that are read: its text comes first, what was attached later
HEADER_OCTETS = 64 * 1024
UIDS_AT_ONCE = 50_000  # that one search may answer with: an answer is one line, and lines have an end
HITS = 50  # of one search that are looked at, the newest
IDS = 8  # Message-IDs of a conversation that are searched for: its first and its last
MAX_TOUCHED = 2_000  # messages whose flags were changed since the last look that are told of, the newest
REMEMBERED: Instant = 2 * 365 * DAY  # how far back searches go: not every server has an index

_ID = re.compile(r"<[!-;=?-~]{1,500}>")
_NAME = re.compile(r"(\d{1,10})\.(\d{1,10})")
_HEADER = f"BODY.PEEK[HEADER]<0.{HEADER_OCTETS}>"
_WHOLE = f"BODY.PEEK[]<0.{MESSAGE_OCTETS}>"
_FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES TO CC BCC)]"


@dataclass(frozen=True, slots=True)
class Head:
    """A message that has come: its name here, its header, and when it came."""

    id: str
    header: bytes = field(repr=False)
    received_at: Instant


@dataclass(frozen=True, slots=True)
class News:
    """What has come, oldest first; `cursor` is how far that is; `more`: there is more, ask again. `anew`: what was new could not be told,
    so that known mail may be among it. `touched`: messages from before whose flags were changed, with their keywords (RFC 7162; other
    servers do not tell). `keywords` are those the mailbox knows; all in lower case."""

    heads: tuple[Head, ...]
    cursor: str
    more: bool = False
    anew: bool = False
    touched: tuple[tuple[str, frozenset[str]], ...] = ()
    keywords: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message. `sent`: it is in the mailbox of what was sent."""

    id: str
    raw: bytes = field(repr=False)
    received_at: Instant
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Selected:
    """A mailbox that is open. `kept` are the flags the server keeps, in lower case (`any_keyword`: it keeps every other, too), `known` those
    that messages of it may have; `modseq` is how far its changes have come."""

    validity: int
    next_uid: int
    count: int
    modseq: int
    kept: frozenset[bytes]
    known: frozenset[bytes]

    @property
    def any_keyword(self) -> bool:
        return b"\\*" in self.kept  # RFC 9051 §2.3.2, PERMANENTFLAGS


def is_id(header_id: str) -> bool:
    """Whether a Message-ID can be searched for."""
    return _ID.fullmatch(header_id) is not None


def select(client: Any, folder: str, *, readonly: bool = True) -> Selected:
    """Open a mailbox (EXAMINE, unless something is to be changed)."""
    told = client.select_folder(folder, readonly=readonly)
    return Selected(
        int(told.get(b"UIDVALIDITY") or 0),
        int(told.get(b"UIDNEXT") or 0),
        int(told.get(b"EXISTS") or 0),
        int(told.get(b"HIGHESTMODSEQ") or 0),
        _lowered(told.get(b"PERMANENTFLAGS")),
        _lowered(told.get(b"FLAGS")),
    )


def news(client: Any, cursor: str, since: Instant, most: int) -> News:
    """What came into the INBOX after `cursor`, at most `most`; without one that helps what came since `since`, the newest."""
    opened = select(client, INBOX)
    validity, last, modseq = _read_cursor(cursor)
    if validity != opened.validity or not validity:
        # RFC 9051 §2.3.1.1: UIDs of another validity say nothing. SEARCH knows days only.
        day = clock.to_datetime(max(since - DAY, 0)).date()
        uids = _newest(search(client, ["SINCE", day]), most)
        heads = [head for head in _heads(client, opened.validity, uids) if head.received_at >= since]
        reached = max([opened.next_uid - 1, *uids, 0])
        return News(tuple(heads), _cursor(opened, reached), anew=True)
    touched = _touched(client, opened, last, modseq)
    keywords = frozenset(flag.decode("ascii", "replace") for flag in opened.known if not flag.startswith(b"\\"))
    if opened.next_uid and opened.next_uid <= last + 1:
        return News((), _cursor(opened, last), touched=touched, keywords=keywords)
    # UIDs may be sparse: by ranges, each of which moves the cursor on.
    end = last + UIDS_AT_ONCE if opened.next_uid > last + UIDS_AT_ONCE else None
    wanted = f"{last + 1}:{'*' if end is None else end}"
    found = [uid for uid in search(client, ["UID", wanted]) if uid > last]  # * is the last one, however low
    uids = found[:most]
    more = len(found) > most or end is not None
    reached = max([last, *uids, *([] if len(found) > most else [end or opened.next_uid - 1])])
    return News(
        tuple(_heads(client, validity, uids)), _cursor(opened, reached), more, touched=touched, keywords=keywords
    )


def _touched(client: Any, opened: Selected, last: int, modseq: int) -> tuple[tuple[str, frozenset[str]], ...]:
    """RFC 7162 §3.1.5: what was changed since, of the messages that were seen then."""
    if not modseq or opened.modseq <= modseq or last < 1:
        return ()
    changed = search(client, ["UID", f"{max(1, last - UIDS_AT_ONCE)}:{last}", "MODSEQ", str(modseq + 1)])
    uids = _newest(changed, MAX_TOUCHED)
    answers = client.fetch(uids, ["FLAGS"]) if uids else {}
    found = []
    for uid in uids:
        flags = _lowered(answers.get(uid, {}).get(b"FLAGS"))
        words = frozenset(flag.decode("ascii", "replace") for flag in flags if not flag.startswith(b"\\"))
        found.append((f"{opened.validity}.{uid}", words))
    return tuple(found)


def still(client: Any, folder: str, name: str, header_id: str, *, readonly: bool = True) -> tuple[int, Selected] | None:
    """The UID a message has now, with the mailbox opened: by its name, else by its Message-ID."""
    opened = select(client, folder, readonly=readonly)
    place = _NAME.fullmatch(name)
    if place is not None and int(place[1]) == opened.validity:
        answer = client.fetch([int(place[2])], [_FIELDS]).get(int(place[2]))
        if answer is not None and (not header_id or header_id in header_in(answer).message_ids("Message-ID")):
            return int(place[2]), opened
    found = _with_header_id(client, header_id) if is_id(header_id) else None
    return None if found is None else (found, opened)


def by_header_id(client: Any, folder: str, header_id: str) -> tuple[int, Selected] | None:
    """The newest message of a mailbox with that Message-ID."""
    return still(client, folder, "", header_id)


def related(client: Any, folder: str, header_ids: Sequence[str], *, own: bool = True) -> list[int]:
    """The newest messages of a mailbox that refer to one of these Message-IDs or (`own`) have it, ascending."""
    select(client, folder)
    ids = chosen(header_ids)
    names = ("References", "In-Reply-To", "Message-ID") if own else ("References", "In-Reply-To")
    keys = [["HEADER", name, each] for each in ids for name in names]
    if not keys:
        return []
    criteria: list[Any] = ["SINCE", _long_ago()]
    for key in keys[:-1]:
        criteria += ["OR", *key]
    criteria += keys[-1]
    uids = _newest(search(client, criteria), HITS)
    answers = client.fetch(uids, [_FIELDS]) if uids else {}
    wanted = set(ids)
    found = []
    for uid in uids:
        header = header_in(answers.get(uid, {}))
        if any(wanted & set(header.message_ids(name)) for name in names):
            found.append(uid)
    return found


def went_to(client: Any, folder: str, address: str) -> bool:
    """Whether a message of a mailbox went to that address (`Address.key`)."""
    select(client, folder)
    local, _, domain = address.rpartition("@")
    criteria: list[Any] = ["SINCE", _long_ago()]
    for part in (local, domain):  # apart: a +tag may stand between them
        criteria += ["OR", "TO", part, "OR", "CC", part, "BCC", part]
    uids = _newest(search(client, criteria), HITS)
    answers = client.fetch(uids, [_FIELDS]) if uids else {}
    return any(address in _recipients(header_in(answer)) for answer in answers.values())


def fetch(client: Any, opened: Selected, uids: Sequence[int], *, sent: bool) -> list[Fetched]:
    """Messages of the open mailbox, in the order of the UIDs; what is gone is missing."""
    answers = client.fetch(list(uids), [_WHOLE, "INTERNALDATE"]) if uids else {}
    found = []
    for uid in uids:
        answer = answers.get(uid, {})
        raw = answer.get(b"BODY[]<0>", answer.get(b"BODY[]"))
        if isinstance(raw, bytes) and raw:
            name = f"{'sent:' if sent else ''}{opened.validity}.{uid}"
            found.append(Fetched(name, raw, _instant(answer.get(b"INTERNALDATE")), sent))
    return found


def search(client: Any, criteria: list[Any]) -> list[int]:
    """The UIDs a search finds, ascending."""
    return sorted(int(uid) for uid in client.search(criteria))


def chosen(header_ids: Iterable[str]) -> list[str]:
    """The Message-IDs of a conversation that are searched for."""
    ids = list(dict.fromkeys(each for each in header_ids if is_id(each)))
    return ids if len(ids) <= IDS else [ids[0], *ids[-(IDS - 1) :]]


def header_in(answer: dict[bytes, Any]) -> Header:
    """The header that an answer to FETCH brings."""
    raw = next((value for name, value in answer.items() if name.startswith(b"BODY[HEADER")), b"")
    return Header.parse(raw.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n" if isinstance(raw, bytes) else b"")


def _with_header_id(client: Any, header_id: str) -> int | None:
    uids = _newest(search(client, ["HEADER", "Message-ID", header_id]), HITS)
    answers = client.fetch(uids, [_FIELDS]) if uids else {}
    same = [uid for uid in uids if header_id in header_in(answers.get(uid, {})).message_ids("Message-ID")]
    return same[-1] if same else None


def _heads(client: Any, validity: int, uids: Sequence[int]) -> list[Head]:
    answers = client.fetch(list(uids), [_HEADER, "INTERNALDATE", "FLAGS"]) if uids else {}
    found = []
    for uid in uids:
        answer = answers.get(uid, {})
        flags = _lowered(answer.get(b"FLAGS"))
        raw = answer.get(b"BODY[HEADER]<0>", answer.get(b"BODY[HEADER]"))
        if isinstance(raw, bytes) and not flags & {b"\\deleted", b"\\draft"}:
            found.append(Head(f"{validity}.{uid}", raw, _instant(answer.get(b"INTERNALDATE"))))
    return found


def _recipients(header: Header) -> set[str]:
    found = set()
    for name in ("To", "Cc", "Bcc"):
        for mailbox in header.mailboxes(name):
            try:
                found.add(Address.parse(mailbox.address).key)
            except BadAddress:
                continue
    return found


def _newest(uids: Sequence[int], most: int) -> list[int]:
    return list(uids[-most:]) if most > 0 else []


def _instant(date: object) -> Instant:
    """When it came; now, where the server does not say so."""
    try:
        return clock.from_datetime(date) if isinstance(date, datetime) and date.tzinfo else clock.now()
    except (OverflowError, ValueError):
        return clock.now()


def _long_ago() -> Any:
    return clock.to_datetime(clock.now() - REMEMBERED).date()


def _lowered(flags: Any) -> frozenset[bytes]:
    return frozenset(flag.lower() for flag in flags or () if isinstance(flag, bytes))


def _cursor(opened: Selected, uid: int) -> str:
    return json.dumps({"validity": opened.validity, "uid": uid, "modseq": opened.modseq})


def _read_cursor(cursor: str) -> tuple[int, int, int]:
    try:
        told = json.loads(cursor)
        return int(told["validity"]), int(told["uid"]), int(told.get("modseq", 0))
    except (ValueError, TypeError, LookupError):
        return 0, 0, 0
