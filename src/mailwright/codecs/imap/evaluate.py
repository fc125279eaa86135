"""SEARCH: does a message match a key? (RFC 9051 §6.4.4)

Called by core's search for every message the database and the index could not decide about.
Expects a `View` of each message, which reads header and body only when they are asked for. Promises exact answers: substring
matches without regard to case (`folding`), days without regard to time and zone.

A key is made into a function once, `judge`, and cheap tests come before costly ones. `plan` parts a key into what needs only the
row of a message, what needs its header and what needs its body, so that each is read for those messages only that are left.
"""

import re
from collections.abc import Callable, Collection, Container, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, Protocol, TypeAlias, assert_never

from mailwright.codecs.imap import criteria
from mailwright.codecs.imap.criteria import Key, Relation
from mailwright.codecs.imap.flags import BITS
from mailwright.codecs.imap.folding import fold
from mailwright.codecs.imap.sequences import SequenceSet
from mailwright.codecs.mime import dates
from mailwright.domain.clock import DAY, SECOND, Instant

_EPOCH = date(1970, 1, 1).toordinal()


class View(Protocol):
    """One message as SEARCH sees it. What is a property is at hand; what is a method may read the message."""

    @property
    def seq(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def flags(self) -> int: ...
    @property
    def keywords(self) -> Collection[str]: ...
    @property
    def size(self) -> int: ...
    @property
    def received_at(self) -> Instant: ...
    @property
    def sent_at(self) -> Instant | None:
        """The moment in the Date field; None when it has none that can be read."""

    @property
    def saved_at(self) -> Instant: ...
    @property
    def modseq(self) -> int: ...
    @property
    def email_id(self) -> str: ...
    @property
    def thread_id(self) -> str | None: ...
    def header(self, name: str) -> Sequence[str]:
        """The values of every field of this name, unfolded and decoded; the name in any case."""

    def header_text(self) -> str:
        """The whole header, decoded (`searchtext.header_text`)."""

    def body_text(self) -> str:
        """The text of the body (`searchtext.body_text`)."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a key may refer to besides the message: the time, the largest numbers in use ("*"), and what "$" stands for."""

    now: Instant
    last_seq: int
    last_uid: int
    saved: Container[int] = frozenset()


Judge: TypeAlias = Callable[[View], bool]
Need: TypeAlias = Literal["header", "body"]


def matches(key: Key, view: View, around: Around) -> bool:
    """Does this one message match?"""
    return judge(key, around)(view)


def judge(key: Key, around: Around) -> Judge:
    """The function that answers for every message of a mailbox."""
    match key:
        case criteria.And(keys):
            return _all([judge(each, around) for each in sorted(keys, key=_cost)])
        case criteria.Or(left, right):
            first, second = [judge(each, around) for each in sorted((left, right), key=_cost)]
            return lambda view: first(view) or second(view)
        case criteria.Not(inner):
            denied = judge(inner, around)
            return lambda view: not denied(view)
        case criteria.BodyHas(text):
            needle = fold(text)
            return lambda view: _holds(view.body_text(), needle)
        case criteria.TextHas(text):
            needle = fold(text)
            return lambda view: _holds(view.header_text(), needle) or _holds(view.body_text(), needle)
        case criteria.HeaderHas(name, text):
            return _field_has(name, text)
        case criteria.AddressHas(field, text):
            return _field_has(field, text)
        case criteria.SubjectHas(text):
            return _field_has("subject", text)
        case _:
            return _judge_row(key, around)


def _judge_row(key: Key, around: Around) -> Judge:
    """The keys that need the row only (SENTON and its kin nearly always)."""
    match key:
        case criteria.All() | criteria.Old() | criteria.SaveDateSupported():
            return lambda view: True
        case criteria.New() | criteria.Recent():
            return lambda view: False
        case criteria.HasFlag(flag):
            bit = BITS[flag]
            return lambda view: bool(view.flags & bit)
        case criteria.HasKeyword(keyword):
            lower = keyword.lower()
            return lambda view: any(each.lower() == lower for each in view.keywords)
        case criteria.SeqNumbers(numbers):
            return _within(numbers, around, uid=False)
        case criteria.Uids(numbers):
            return _within(numbers, around, uid=True)
        case criteria.Larger(octets):
            return lambda view: view.size > octets
        case criteria.Smaller(octets):
            return lambda view: view.size < octets
        case criteria.InternalDate(relation, day):
            # RFC 9051 §6.4.4: the date of INTERNALDATE as it is shown, which is in UTC here.
            received = _DAY_TESTS[relation]
            wanted = day.toordinal() - _EPOCH
            return lambda view: received(view.received_at // DAY, wanted)
        case criteria.SavedDate(relation, day):
            saved = _DAY_TESTS[relation]
            wanted = day.toordinal() - _EPOCH
            return lambda view: saved(view.saved_at // DAY, wanted)
        case criteria.SentDate(relation, day):
            return _sent(relation, day.toordinal() - _EPOCH)
        case criteria.Younger(seconds):
            # RFC 5032 §3: equal to the moment counts for both.
            moment = around.now // SECOND - seconds
            return lambda view: view.received_at // SECOND >= moment
        case criteria.Older(seconds):
            moment = around.now // SECOND - seconds
            return lambda view: view.received_at // SECOND <= moment
        case criteria.ModSeqAtLeast(modseq):
            return lambda view: view.modseq >= modseq
        case criteria.EmailId(wanted_id):
            return lambda view: view.email_id == wanted_id
        case criteria.ThreadId(wanted_id):
            return lambda view: view.thread_id == wanted_id
        case (
            criteria.And()
            | criteria.Or()
            | criteria.Not()
            | criteria.HeaderHas()
            | criteria.AddressHas()
            | criteria.SubjectHas()
            | criteria.BodyHas()
            | criteria.TextHas()
        ):
            raise AssertionError("judged before")
        case _:
            assert_never(key)


def _all(judges: list[Judge]) -> Judge:
    if len(judges) == 1:
        return judges[0]
    return lambda view: all(each(view) for each in judges)


def _within(numbers: SequenceSet, around: Around, *, uid: bool) -> Judge:
    if numbers.uses_saved:
        saved = around.saved
        return lambda view: view.uid in saved
    covers = numbers.covers
    if uid:
        return lambda view: covers(view.uid, around.last_uid)
    return lambda view: covers(view.seq, around.last_seq)


def _field_has(name: str, text: str) -> Judge:
    if not text:
        # RFC 9051 §6.4.4: an empty string matches every message that has the field.
        return lambda view: bool(view.header(name))
    needle = fold(text)
    return lambda view: any(_holds(value, needle) for value in view.header(name))


def _holds(text: str, needle: str) -> bool:
    return needle in fold(text)


_DAY_TESTS: dict[Relation, Callable[[int, int], bool]] = {
    "before": lambda day, wanted: day < wanted,
    "on": lambda day, wanted: day == wanted,
    "since": lambda day, wanted: day >= wanted,
}


def _sent(relation: Relation, wanted: int) -> Judge:
    test = _DAY_TESTS[relation]

    def sent(view: View) -> bool:
        if view.sent_at is None:
            return False
        # No zone is a whole day away: where the days before and after give the same answer, the header need not be read.
        day = view.sent_at // DAY
        if test(day - 1, wanted) == test(day, wanted) == test(day + 1, wanted):
            return test(day, wanted)
        fields = view.header("date")
        local = local_day(fields[0]) if fields else None
        return test(day if local is None else local, wanted)

    return sent


# The zone behind the time of day, and one that `asctime` has behind the year.
_ZONE = re.compile(
    r"(\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d{1,9})?)\s*(?:(?:GMT|UTC?)?[+-]\d{1,2}:?\d{2}|[A-Za-z]{1,5})"
)
_LAST_ZONE = re.compile(r"(\s\d{4})\s+[+-]\d{4}\s*\Z")


def local_day(text: str) -> int | None:
    """The day a Date field names, whatever its zone, in days since 1970; None when it is no date."""
    # RFC 9051 §6.4.4: SENTON and its kin disregard time and zone. Without a zone the date is read as if it were UTC.
    text = text.partition("(")[0][: dates.MAX_DATE_CHARACTERS]
    moment = dates.parse(_LAST_ZONE.sub(r"\1", _ZONE.sub(r"\1", text, count=1)))
    return None if moment is None else moment // DAY


def needs(key: Key) -> frozenset[Need]:
    """What of the message itself may be read to judge `key`; nothing: its row is enough."""
    match key:
        case criteria.And(keys):
            return frozenset[Need]().union(*[needs(each) for each in keys])
        case criteria.Or(left, right):
            return needs(left) | needs(right)
        case criteria.Not(inner):
            return needs(inner)
        case criteria.BodyHas():
            return frozenset[Need]({"body"})
        case criteria.TextHas():
            return frozenset[Need]({"header", "body"})
        case criteria.HeaderHas() | criteria.AddressHas() | criteria.SubjectHas() | criteria.SentDate():
            return frozenset[Need]({"header"})
        case _:
            return frozenset()


class Plan(NamedTuple):
    """A key in three: a message matches it when it matches all of them. What is not needed is `criteria.All()`."""

    row: Key
    header: Key
    body: Key


def plan(key: Key) -> Plan:
    """Part `key` by what each of its terms needs."""
    terms: tuple[list[Key], list[Key], list[Key]] = ([], [], [])
    waiting = [key]
    while waiting:
        term = waiting.pop()
        if isinstance(term, criteria.And):
            waiting.extend(reversed(term.keys))
        elif isinstance(term, criteria.Not) and isinstance(term.key, criteria.Or):
            waiting += [criteria.Not(term.key.right), criteria.Not(term.key.left)]
        elif isinstance(term, criteria.Not) and isinstance(term.key, criteria.Not):
            waiting.append(term.key.key)
        elif not isinstance(term, criteria.All):
            terms[_cost(term)].append(term)
    return Plan(*[_one(group) for group in terms])


def _one(terms: list[Key]) -> Key:
    if not terms:
        return criteria.All()
    return terms[0] if len(terms) == 1 else criteria.And(tuple(terms))


def _cost(key: Key) -> int:
    needed = needs(key)
    return 2 if "body" in needed else 1 if needed else 0
