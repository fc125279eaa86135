"""The messages a query asks for, in its order: what JMAP's Email/query and a webmail's lists are made of.

Called by protocols/jmap/emails with a typed filter and sort. Expects a function that says in a transaction whose mail it is and
what the asker may read there now. Promises: exactly the visible messages that match, ties broken by id; the state is no newer
than the list. A list is remembered as long as its account (or its one mailbox) does not change; where it is ordered by time alone
and rows decide, the changes since are put into it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from mailwright.codecs.imap.basesubject import base_subject
from mailwright.codecs.jmap import collations
from mailwright.codecs.jmap.bodyparts import has_attachment
from mailwright.codecs.jmap.filters import (
    All,
    Attached,
    Comparator,
    Either,
    Filter,
    In,
    Not,
    ThreadKeyword,
    conditions,
)
from mailwright.codecs.mime import Part
from mailwright.core import Core
from mailwright.core.idlist import IdList, Kept
from mailwright.core.rowsearch import goes_by
from mailwright.core.wording import Held, Realm, held, is_about_text
from mailwright.domain.ids import derived_token
from mailwright.storage import Tx, accounts, listing, mailboxes
from mailwright.storage.database import Row
from mailwright.storage.filtering import TRUE, Around, Sql, as_column, column_of, sql_of
from mailwright.storage.messages import Flag

MAX_UPDATES = 500  # changes that are put into a remembered list; with more of them it is made anew
KEPT_SECONDS = 24 * 60 * 60.0
TEXT_KEPT_SECONDS = 10.0  # attachments are read for the index afterwards, without a change of the message
FEW = 5_000  # messages that are looked up one by one; of more, whole mailboxes are gone through
RECEIVED = 2  # the column of every row that says when it came: (id, thread, received at, …)
TRIES = 3  # to see one state of a database that others write to meanwhile

Finder: TypeAlias = Callable[[Tx], Realm]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for. `collapsed`: of each thread the first only (RFC 8621 §4.4.3)."""

    filter: Filter
    sort: tuple[Comparator, ...]
    collapsed: bool = False

    @property
    def mailbox_id(self) -> str | None:
        """The one mailbox that everything asked for is in, if that is said."""
        return next((each.mailbox for each in self.parts if isinstance(each, In) and not each.named), None)

    @property
    def parts(self) -> tuple[Filter, ...]:
        """What must hold, all of it."""
        return self.filter.parts if isinstance(self.filter, All) else (self.filter,)

    @property
    def about_text(self) -> bool:
        """Whether rows alone cannot answer."""
        return any(is_about_text(each) or (isinstance(each, In) and each.named) for each in conditions(self.filter))

    @property
    def about_threads(self) -> bool:
        """Whether a message may come or go because another of its thread changed."""
        return self.collapsed or self.looks_at_threads

    @property
    def looks_at_threads(self) -> bool:
        """Whether filter or sort ask about the other messages of a thread, wherever they lie."""
        sorts = ("allInThreadHaveKeyword", "someInThreadHaveKeyword")
        asks = any(isinstance(each, ThreadKeyword) for each in conditions(self.filter))
        return asks or any(each.property in sorts for each in self.sort)

    @property
    def is_updatable(self) -> bool:
        """Whether what changed can be put into a list made earlier."""
        return self._by_time and not self.about_text and not self.looks_at_threads

    @property
    def _by_time(self) -> bool:
        return len(self.sort) == 1 and self.sort[0].property == "receivedAt"

    @property
    def descending(self) -> bool | None:
        """The way of time, when the order is that of time alone."""
        return not self.sort[0].ascending if self._by_time else None


class Answer(NamedTuple):
    """The list, and the account's modseq it is of."""

    ids: IdList
    modseq: int


async def find(core: Core, finder: Finder, question: Question) -> Answer:
    """Answer the question. Raises TryLater, BadInput, and what `finder` raises."""
    said: Held = {}
    if question.about_text:
        realm = await core.read(finder)
        known = await core.read(lambda tx: _remembered(tx, core, realm, question))
        if known is not None:
            return known
        said = await held(core, realm, question.filter)
    return await core.read(lambda tx: find_in(tx, core, finder(tx), question, said))


def find_in(tx: Tx, core: Core, realm: Realm, question: Question, said: Held) -> Answer:
    """`find` in a transaction, when the conditions about text are answered already."""
    for _ in range(TRIES):
        known = _remembered(tx, core, realm, question)
        if known is not None:
            return known
        modseq = accounts.modseq_of(tx, realm.owner_id)
        ids = _made(tx, realm, question, said)
        # PostgreSQL shows each statement what is committed by then: look again when somebody wrote meanwhile.
        if accounts.modseq_of(tx, realm.owner_id) == modseq:
            until = time.monotonic() + (TEXT_KEPT_SECONDS if question.about_text else KEPT_SECONDS)
            core.lists.put(_key(realm, question), Kept(ids, modseq, until))
            break
    return Answer(ids, modseq)


# --- what is remembered ---------------------------------------------------------------------------------------------


def _key(realm: Realm, question: Question) -> Hashable:
    """Of one size, whatever is asked and of however many mailboxes: what is remembered is counted without it."""
    # What is asked of one mailbox does not depend on others, unless threads are looked at as a whole.
    seen = _places(realm, question) if question.is_updatable else realm.mailboxes
    # A mailbox asked for by its name goes by another one to each who reaches it.
    names = [realm.mailboxes[each].name for each in sorted(seen)] if question.about_text else []
    return derived_token(realm.owner_id, repr(sorted(seen)), repr(names), repr(question))


def _remembered(tx: Tx, core: Core, realm: Realm, question: Question) -> Answer | None:
    key = _key(realm, question)
    kept = core.lists.get(key)
    if kept is None or kept.until < time.monotonic():
        return None
    modseq = accounts.modseq_of(tx, realm.owner_id)
    if modseq == kept.modseq:
        return Answer(kept.ids, modseq)
    if not question.is_updatable:
        return None
    one = question.mailbox_id
    mailbox = mailboxes.by_id(tx, one) if one is not None and one in realm.mailboxes else None
    if mailbox is not None and mailbox.modseq <= kept.modseq:
        ids = kept.ids  # something changed, but not in there
    else:
        updated = _updated(tx, realm, question, kept)
        if updated is None:
            return None
        ids = updated
    if accounts.modseq_of(tx, realm.owner_id) != modseq:
        return None
    core.lists.put(key, Kept(ids, modseq, kept.until))
    return Answer(ids, modseq)


def _updated(tx: Tx, realm: Realm, question: Question, kept: Kept) -> IdList | None:
    changed = listing.changed(tx, realm.owner_id, kept.modseq, MAX_UPDATES)
    gone = listing.gone(tx, realm.owner_id, kept.modseq, MAX_UPDATES)
    if len(changed) == MAX_UPDATES or len(gone) == MAX_UPDATES:
        return None
    ids = {each.id for each in changed}
    now = _rows(tx, realm, question, {}, among=list(ids))
    return kept.ids.updated(ids | {each.id for each in gone}, [(row[0], row[1], row[2]) for row in now])


# --- making a list --------------------------------------------------------------------------------------------------


def _made(tx: Tx, realm: Realm, question: Question, said: Held) -> IdList:
    rows = _rows(tx, realm, question, said)
    return IdList.of(rows, collapsed=question.collapsed, descending=question.descending)


def _rows(tx: Tx, realm: Realm, question: Question, said: Held, among: Sequence[str] | None = None) -> Sequence[Row]:
    """What matches, in order: (id, thread, received at, …)."""
    plan = _Plan(realm, said)
    where, test = plan.split(question)
    keys = [
        RECEIVED if each.property == "receivedAt" else plan.column(column_of(each, plan.around))
        for each in question.sort
    ]
    places = _places(realm, question)
    if among is None and plan.fewest is not None and len(plan.fewest) <= FEW:
        among = sorted(plan.fewest)
    if among is None and where == TRUE and not plan.columns and len(question.sort) == 1:
        return _by_time(tx, places, test, question.sort[-1].ascending)
    rows = listing.matching(tx, places, where, plan.columns, among)
    if test is not None:
        rows = [row for row in rows if test(row)]
    rows.sort(key=_ID, reverse=not question.sort[-1].ascending)
    # Python keeps equals in order, in reverse as well.
    for by, column in reversed(list(zip(question.sort, keys, strict=True))):
        rows.sort(key=_comparable(by, column), reverse=not by.ascending)
    return rows


def _by_time(tx: Tx, places: Sequence[str], test: Test | None, ascending: bool) -> Sequence[Row]:
    """Whole mailboxes, from an index; the mailboxes one after the other are put into one order."""
    rows: list[Row] = []
    for place in places:
        rows += listing.arrived(tx, place, newest_first=not ascending)
    if test is not None:
        rows = [row for row in rows if test(row)]
    if len(places) > 1:
        rows.sort(key=_TIME, reverse=not ascending)
    return rows


_ID, _TIME = itemgetter(0), itemgetter(2, 0)


def _places(realm: Realm, question: Question) -> list[str]:
    one = question.mailbox_id
    if one is None:
        return list(realm.mailboxes)
    return [one] if one in realm.mailboxes else []


Test: TypeAlias = Callable[[Row], bool]


@dataclass(slots=True)
class _Plan:
    """What the database judges, and what is left: each kind of condition is judged in one place only.

    `fewest` are the messages that everything asked for is among, when the conditions about text say so.
    """

    realm: Realm
    said: Held
    columns: list[Sql] = field(default_factory=list)
    fewest: frozenset[str] | None = None

    @property
    def around(self) -> Around:
        """For `storage.filtering`."""
        return Around(self.realm.owner_id, tuple(self.realm.mailboxes), self._named)

    def split(self, question: Question) -> tuple[Sql, Test | None]:
        """The part of the filter that is an expression, and a test of rows for the rest. The one mailbox is a place already."""
        expressions: list[Sql] = []
        tests: list[Test] = []
        for part in question.parts:
            if isinstance(part, In) and not part.named and part.mailbox == question.mailbox_id:
                continue
            found = sql_of(part, self.around)
            if found is not None:
                expressions.append(found)
                continue
            if isinstance(part, Attached):
                expressions.append(Sql("m.attachments > 0"))
            elif not isinstance(part, All | Either | Not):
                ids = self.said.get(part, frozenset())
                self.fewest = ids if self.fewest is None else self.fewest & ids
            tests.append(self.test(part))
        where = TRUE
        if expressions:
            text = " AND ".join(f"({each.text})" for each in expressions)
            where = Sql(text, tuple(param for each in expressions for param in each.params))
        return where, (lambda row: all(test(row) for test in tests)) if tests else None

    def test(self, asked: Filter) -> Test:
        """A test of rows, whose expressions become columns."""
        found = sql_of(asked, self.around)
        if found is not None:
            place = self.column(as_column(found))
            return lambda row: bool(row[place])
        match asked:
            case All(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: all(test(row) for test in tests)
            case Either(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: any(test(row) for test in tests)
            case Not(part):
                inner = self.test(part)
                return lambda row: not inner(row)
            case Attached():
                place = self.column(Sql("CASE WHEN m.attachments > 0 THEN m.structure END"))
                return lambda row: row[place] is not None and has_attachment(Part.from_json(row[place]))
            case _:
                ids = self.said.get(asked, frozenset())
                return lambda row: row[0] in ids

    def column(self, wanted: Sql) -> int:
        """The place of an expression in the rows."""
        if wanted not in self.columns:
            self.columns.append(wanted)
        return RECEIVED + 1 + self.columns.index(wanted)

    def _named(self, name: str) -> list[str]:
        return [key for key, each in self.realm.mailboxes.items() if goes_by(each, name)]


def _comparable(by: Comparator, column: int) -> Callable[[Row], Any]:
    match by.property:
        case "subject":
            return lambda row: collations.key(base_subject(row[column]).text, by.collation)
        case "from" | "to" as name:
            return lambda row: collations.key(_first(json.loads(row[column]), name), by.collation)
        case _:
            return lambda row: row[column]


def _first(headers: Mapping[str, Any], name: str) -> str:
    """RFC 8621 §4.4.2: the name of the first, else the address."""
    for shown, address in headers.get(name, ()):
        return str(shown or address)
    return ""


# --- what moved in it -----------------------------------------------------------------------------------------------


def touched(tx: Tx, realm: Realm, question: Question, modseq: int, most: int) -> set[str] | None:
    """The ids whose place in the answer may be another than at `modseq`, or None: there are more than `most`, or nobody knows.

    What was not there then and is not there now may be among them.
    """
    changed = listing.changed(tx, realm.owner_id, modseq, most + 1)
    gone = listing.gone(tx, realm.owner_id, modseq, most + 1)
    if len(changed) > most or len(gone) > most:
        return None
    one = question.mailbox_id
    if one is not None and not question.looks_at_threads:
        # Every message asked for is in there: what happens elsewhere moves nothing.
        changed = [each for each in changed if each.mailbox_id == one]
        gone = [each for each in gone if each.mailbox_id == one]
    found = {each.id for each in changed} | {each.id for each in gone}
    found |= {message_id for message_id, _ in listing.being_removed(tx, realm.owner_id, modseq)}
    if question.about_threads:
        threads = {each.thread_id for each in changed} | {each.thread_id for each in gone}
        if None in threads:
            return None  # a message that went before its thread was noted
        found |= set(listing.in_threads(tx, realm.owner_id, [each for each in threads if each is not None]))
    return found if len(found) <= most else None


def visible(realm: Realm, rows: Iterable[Row]) -> list[Row]:
    """Of rows (id, mailbox, flags, …) those that the asker may read, and that have no \\Deleted (RFC 8621 §4.1.1)."""
    return [row for row in rows if row[1] in realm.mailboxes and not row[2] & Flag.DELETED]
