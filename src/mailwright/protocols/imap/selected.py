"""The selected mailbox of a session: which messages the client knows by which numbers, and telling it what changed.

Made by SELECT, asked by every verb that names messages, and told to `sync` before the tagged answer of each command and during
IDLE. A message has the number the client knows until the client was told otherwise: what others expunge stays in the view, as
`pending`, while a command runs that may not speak of it.
Promises: the client's picture after a `sync` with `expunges` is the mailbox as the journal had it; bounded memory (four octets a
message); no transaction is open while anything is written.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailwright.codecs.imap.errors import PeerError
from mailwright.codecs.imap.fetched import fetch_line, modseq_value
from mailwright.codecs.imap.responses import exists, expunged, flag_list, untagged, vanished
from mailwright.codecs.imap.sequences import SequenceSet
from mailwright.core import access
from mailwright.core.access import Reached
from mailwright.domain.events import Event
from mailwright.domain.refusals import NotFound, NotPermitted, TryLater
from mailwright.storage import Tx, views
from mailwright.storage.accounts import Account
from mailwright.storage.views import Change

if TYPE_CHECKING:
    from mailwright.protocols.imap.connection import Connection

SLICE = views.SLICE  # messages read, and written, at once
MAX_RESOURCE_CHARACTERS = 2_000  # of the uids in one line of the audit trail: scattered ones of a huge command are cut
UIDS_IN_LINE = 5_000  # of one VANISHED: even single ones make no line above 55 KB


@dataclass(frozen=True, slots=True)
class _News:
    """What the journal says since the last look."""

    reached: Reached
    vanished: list[int]
    changed: list[Change]
    arrived: list[int]


def opened(connection: Connection) -> Selected:
    """The selected mailbox; the state table lets no command come here that needs one and has none."""
    assert connection.selected is not None
    return connection.selected


def writable(connection: Connection) -> Selected:
    """The same, for a command that changes it. Raises NotPermitted after EXAMINE."""
    selected = opened(connection)
    if selected.read_only:
        raise NotPermitted(f"{selected.reached.name} is open for reading only")
    return selected


def expunge_issued() -> PeerError:
    """Somebody expunged what a command names by number (RFC 5530 §3); the client is told at its next NOOP."""
    return PeerError("some of these messages were expunged meanwhile", code="EXPUNGEISSUED", condition="NO")


class Selected:
    """The view of one mailbox in one session.

    `uids` are the messages the client knows, ascending: the message with number n is `uids[n - 1]`. `modseq`: everything up to it
    has been told (but `pending`). `saved` is the result of the last SEARCH with SAVE (`$`).
    """

    __slots__ = (
        "_ends",
        "alarm",
        "dirty",
        "mailbox_id",
        "modseq",
        "own_changes",
        "owner_id",
        "pending",
        "reached",
        "read_only",
        "saved",
        "timer",
        "uidnext",
        "uids",
    )

    def __init__(self, reached: Reached, uids: array[int], *, read_only: bool) -> None:
        self.mailbox_id = reached.mailbox.id
        self.owner_id = reached.mailbox.user_id  # whose journal it is
        self.reached = reached
        self.read_only = read_only
        self.uids = uids
        self.modseq = reached.mailbox.modseq
        self.uidnext = max(reached.mailbox.uidnext, uids[-1] + 1 if uids else 1)
        self.pending: list[int] = []
        self.saved: Sequence[int] = ()
        self.own_changes: set[int] = set()  # modseqs of this session's own changes, whose result it has told already
        self.dirty = True  # what happened between the reading of `uids` and `watch` is not lost
        self.alarm: Callable[[], None] | None = None  # IDLE's: called when something happened
        self.timer: asyncio.TimerHandle | None = None  # IDLE's, too
        self._ends: tuple[Callable[[], None], ...] = ()

    @classmethod
    def read(cls, tx: Tx, reached: Reached, *, read_only: bool) -> Selected:
        """The mailbox as it is. `reached` comes from the same transaction, and before: what is younger is told by `sync`."""
        return cls(reached, views.uids(tx, reached.mailbox.id), read_only=read_only)

    def watch(self, connection: Connection) -> None:
        """Hear of changes, until `close`."""
        changes = connection.core.changes
        # The account's own key too: it is told when others take back what they shared.
        self._ends = tuple(changes.watch(key, self._happened) for key in (self.mailbox_id, connection.who.id))

    def close(self) -> None:
        """Hear of nothing any more."""
        for end in self._ends:
            end()
        self._ends = ()
        self.rest()

    def rest(self) -> None:
        """IDLE is over: changes are told with the answers of commands again."""
        self.alarm = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    # For the verbs

    def resource(self, uids: bytes) -> str:
        """Which messages, for the audit trail."""
        shown = uids.decode("ascii")
        if len(shown) > MAX_RESOURCE_CHARACTERS:
            shown = f"{shown[:MAX_RESOURCE_CHARACTERS]}…"
        return f"{self.reached.owner}:{self.reached.mailbox.name} {shown}"

    # Messages and their numbers

    def number_of(self, uid: int) -> int | None:
        """The number of a message, None when the client does not know it."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else None

    def chosen(self, wanted: SequenceSet, *, uid: bool) -> array[int]:
        """The uids a set stands for, ascending. Raises NoSuchNumber for a number that no message has."""
        found: array[int] = array("I")
        for start, stop in self.spans(wanted, uid=uid):
            found.extend(self.uids[start:stop])
        return found

    def spans(self, wanted: SequenceSet, *, uid: bool) -> list[tuple[int, int]]:
        """Where they stand in `uids`, as (start, stop). Raises NoSuchNumber."""
        return wanted.spans(self.uids, uid=uid, saved=self.saved)

    def slices(self, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[list[int], array[int]]]:
        """Numbers and uids, in step, at most SLICE at once."""
        numbers: list[int] = []
        uids: array[int] = array("I")
        for start, stop in spans:
            while start < stop:
                end = min(stop, start + SLICE - len(numbers))
                numbers.extend(range(start + 1, end + 1))
                uids.extend(self.uids[start:end])
                start = end
                if len(numbers) == SLICE:
                    yield numbers, uids
                    numbers, uids = [], array("I")
        if numbers:
            yield numbers, uids

    # Telling the client

    async def sync(self, connection: Connection, *, expunges: bool, look: bool = False) -> None:
        """Tell what changed, if something did. `look`: ask the database even when no change was heard of.

        Without `expunges` nothing is said that renumbers messages (RFC 9051 §7.5.1). When the mailbox is gone, or may not be read
        any more, the session ends with BYE.
        """
        if not (look or self.dirty or (expunges and self.pending)):
            return
        account = connection.who
        self.dirty = False
        try:
            news = await connection.core.read(lambda tx: self._read_news(tx, account))
        except NotFound:
            connection.hang_up(untagged("BYE", "the mailbox is gone, or no longer yours to read"))
            return
        except TryLater:
            self.dirty = True  # the command that asked is answered all the same; the next one looks again
            return
        await self._tell(connection, news, expunges=expunges)

    def changed_by_us(self, before: int, modseq: int) -> None:
        """This session raised the mailbox's modseq from `before`, and tells the client of it by itself."""
        if before == self.modseq and not self.pending:
            self.modseq = modseq  # nobody else did anything meanwhile: there is nothing to look for
        else:
            self.own_changes.add(modseq)
            self.dirty = True

    def _happened(self, event: Event) -> None:
        if event.key == self.mailbox_id and event.payload.get("modseq", self.modseq + 1) <= self.modseq:
            return  # told already
        self.dirty = True
        if self.alarm is not None:
            self.alarm()

    def _read_news(self, tx: Tx, account: Account) -> _News:
        # The mailbox first: what is committed between these questions has a higher modseq and is told next time.
        reached = access.by_id(tx, account, self.mailbox_id)
        if "r" not in reached.rights:
            raise NotFound("the mailbox may not be read any more")
        if reached.mailbox.modseq == self.modseq:
            return _News(reached, [], [], [])
        return _News(
            reached,
            views.vanished_since(tx, self.owner_id, self.mailbox_id, self.modseq),
            views.changed_since(tx, self.owner_id, self.mailbox_id, self.modseq),
            views.uids_from(tx, self.mailbox_id, self.uidnext),
        )

    async def _tell(self, connection: Connection, news: _News, *, expunges: bool) -> None:
        self.reached = news.reached
        waiting = set(self.pending)
        gone = sorted(waiting.union(uid for uid in news.vanished if self.number_of(uid) is not None))
        if gone and not expunges and connection.qresync:
            # RFC 7162 §3.2, §6: such a client remembers the highest modseq it saw, unless it is told a lower one; it must not
            # remember one above an expunge it has not heard of. The rest waits with the expunge.
            connection.send(untagged("OK", "and not further yet", code=f"HIGHESTMODSEQ {self.modseq}"))
            self.dirty = True
            return
        self.pending = [] if expunges else gone
        if gone and expunges:
            self._forget(connection, gone)
            await connection.drain()
        if news.arrived:
            self.uids.extend(news.arrived)
            self.uidnext = news.arrived[-1] + 1
            connection.send(exists(len(self.uids)))
        self.uidnext = max(self.uidnext, news.reached.mailbox.uidnext)
        self.modseq = news.reached.mailbox.modseq
        fresh = set(news.arrived)
        own = self.own_changes
        changed = [each for each in news.changed if each.modseq not in own and each.uid not in fresh]
        self.own_changes = {modseq for modseq in own if modseq > self.modseq}
        await self.tell_flags(connection, changed)

    async def tell_flags(self, connection: Connection, changed: Sequence[Change], *, items: bool = False) -> None:
        """FETCH lines with the flags of those messages the client knows. `items`: with everything RFC 7162 §3.2.6 wants."""
        # RFC 7162 §3.2.4: with QRESYNC the uid is always there; RFC 9051 §7.5.2 asks for it too.
        uid = items or connection.rev2 or connection.condstore
        for start in range(0, len(changed), SLICE):
            lines = []
            for each in changed[start : start + SLICE]:
                number = self.number_of(each.uid)
                if number is None:
                    continue
                pairs = [(b"UID", b"%d" % each.uid)] if uid else []
                pairs.append((b"FLAGS", flag_list(each.flags, each.keywords)))
                if items or connection.condstore:
                    # RFC 7162 §3.2: once CONDSTORE is in use, every change of flags comes with its modseq.
                    pairs.append((b"MODSEQ", modseq_value(each.modseq)))
                lines.append(fetch_line(number, pairs))
            if lines:
                connection.send(b"".join(lines))
                await connection.drain()

    def _forget(self, connection: Connection, gone: list[int]) -> None:
        positions = [bisect_left(self.uids, uid) for uid in gone]
        if connection.qresync:
            # RFC 7162 §3.2.10: VANISHED takes the place of EXPUNGE.
            for start in range(0, len(gone), UIDS_IN_LINE):
                connection.send(vanished(gone[start : start + UIDS_IN_LINE]))
        else:
            # The highest first: then no number moves before it is named.
            connection.send(expunged(position + 1 for position in reversed(positions)))
        kept: array[int] = array("I")
        last = 0
        for position in positions:
            kept.extend(self.uids[last:position])
            last = position + 1
        kept.extend(self.uids[last:])
        self.uids = kept
