"""What rows say about a search: who may read what, flags and mailboxes; and, without an index, the headers.

Used by core/search.py. Everything that decides about access is here, and asks core/access.py in the transaction it answers in.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailwright.codecs.search.query import Choice, During, HasAttachment, InMailbox, IsState, Octets, Query, Words
from mailwright.codecs.search.snippets import Wanted, found_in
from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.storage import Tx, searching
from mailwright.storage.accounts import Account
from mailwright.storage.messages import Flag
from mailwright.storage.searching import HitRow, ShownRow

LOOKED_THROUGH = 2_000  # of the newest messages, while there is no index

_STATES = {
    "unread": (Flag.SEEN, False),
    "read": (Flag.SEEN, True),
    "flagged": (Flag.FLAGGED, True),
    "unflagged": (Flag.FLAGGED, False),
    "answered": (Flag.ANSWERED, True),
    "draft": (Flag.DRAFT, True),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """The mailboxes somebody may read now, by id."""

    mailboxes: Mapping[str, Reached]

    def owners(self) -> list[str]:
        """Whose mail it is."""
        return sorted({each.mailbox.user_id for each in self.mailboxes.values()})

    def within(self, query: Query) -> tuple[Reader, list[str]]:
        """Only the mailboxes that the query names with in:, and what is to be said about names that nobody has."""
        kept, problems = dict(self.mailboxes), []
        for clause in query.clauses:
            named = [choice.term for choice in clause.choices if isinstance(choice.term, InMailbox)]
            problems += [f"there is no mailbox {term.name}" for term in named if not self._known(term.name)]
            if len(named) == len(clause.choices):  # with is: beside it, each message decides
                kept = {key: each for key, each in kept.items() if any(_in(each, one) for one in clause.choices)}
        return Reader(kept), problems

    def may_show(self, rows: Mapping[str, HitRow], query: Query) -> list[HitRow]:
        """Those of the messages that are in one of the mailboxes and have the flags that are asked for."""
        clauses = [clause for clause in query.clauses if clause.of_rows]
        return [
            row
            for row in rows.values()
            if row.mailbox_id in self.mailboxes
            and all(any(self._holds(row, choice) for choice in clause.choices) for clause in clauses)
        ]

    def _known(self, name: str) -> bool:
        return any(goes_by(each, name) for each in self.mailboxes.values())

    def _holds(self, row: HitRow, choice: Choice) -> bool:
        if isinstance(choice.term, IsState):
            flag, wanted = _STATES[choice.term.state]
            return (bool(row.flags & flag) is wanted) is not choice.negated
        return _in(self.mailboxes[row.mailbox_id], choice)


def reader_of(tx: Tx, account: Account) -> Reader:
    """What an account may read: its own mailboxes and those shared with it (RFC 4314 §2.1: the right `r`)."""
    return Reader({each.mailbox.id: each for each in access.reachable(tx, account) if "r" in each.rights})


def find(tx: Tx, account: Account, query: Query) -> list[HitRow]:
    """The newest messages whose rows hold what is asked for, as far as rows can tell; newest first."""
    reader, _ = reader_of(tx, account).within(query)
    ids = searching.newest(tx, list(reader.mailboxes), LOOKED_THROUGH)
    rows, shown = searching.hits(tx, ids), searching.shown(tx, ids)
    found = [one for one in ids if one in shown and _row_holds(shown[one], query)]
    return reader.may_show({one: rows[one] for one in found if one in rows}, query)


def _row_holds(row: ShownRow, query: Query) -> bool:
    texts = _texts(row)
    return all(
        clause.of_rows or any(_says(row, texts, choice) is not choice.negated for choice in clause.choices)
        for clause in query.clauses
    )


def _texts(row: ShownRow) -> dict[str, str]:
    headers = json.loads(row.headers)
    sender = _people(headers.get("from", ()))
    recipients = _people((*headers.get("to", ()), *headers.get("cc", ())))
    texts = {"from": sender, "to": recipients, "subject": row.subject, "body": row.preview, "filename": ""}
    return texts | {"anywhere": "\n".join(texts.values())}


def _people(pairs: Iterable[Iterable[str]]) -> str:
    return "\n".join(" ".join(pair) for pair in pairs)


def _says(row: ShownRow, texts: Mapping[str, str], choice: Choice) -> bool:
    term = choice.term
    if isinstance(term, Words):
        return any(True for _ in found_in(texts[term.field], [Wanted(term.words, term.prefix)]))
    if isinstance(term, HasAttachment):
        return row.attachments > 0
    if isinstance(term, During):
        return (term.start is None or row.received_at >= term.start) and (
            term.end is None or row.received_at < term.end
        )
    if isinstance(term, Octets):
        return (term.above is None or row.size > term.above) and (term.below is None or row.size < term.below)
    return False


def _in(reached: Reached, choice: Choice) -> bool:
    return isinstance(choice.term, InMailbox) and goes_by(reached, choice.term.name) is not choice.negated


def goes_by(reached: Reached, name: str) -> bool:
    """Whether a mailbox goes by a name: its own, that of one above it, or its role; in any case of letters."""
    wanted = unicodedata.normalize("NFC", name).casefold().strip("/")
    full = reached.name.casefold()
    return full == wanted or full.startswith(f"{wanted}/") or reached.mailbox.role == wanted
