"""Delivering the answers of a FETCH, slice by slice.

Called by the verb. Between slices the client reads what it got, and nothing is held in the database.
Promises: every message of the set is answered, or its uid is in `gone` (expunged meanwhile) or `broken` (cannot be read).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from mailwright.codecs.imap import PeerError
from mailwright.codecs.imap import items as asked
from mailwright.codecs.imap.fetched import flag_lines, modseq_value
from mailwright.codecs.imap.flags import SEEN
from mailwright.codecs.imap.responses import flag_list
from mailwright.core import access, marking
from mailwright.core.marking import Stored
from mailwright.domain.refusals import NotPermitted, TryLater
from mailwright.protocols.imap.bodies import Look, MadeEnvelope, Outcome, deliver, look
from mailwright.protocols.imap.fetching import Layout, Plan
from mailwright.protocols.imap.selected import Selected
from mailwright.storage import Tx, views
from mailwright.storage.database import Row

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.protocols.imap.connection import Connection

READ_AT_ONCE = 200  # messages whose octets are looked at: their structures are in memory together
KEPT_AT_ONCE = 1_000 - READ_AT_ONCE  # envelopes from which they are written: never more than views.SLICE

_keeping: set[asyncio.Task[None]] = set()  # the loop itself keeps no hold of tasks

log = structlog.get_logger("mailwright.imap")


class Delivery:
    """One FETCH under way."""

    def __init__(self, connection: Connection, selected: Selected, plan: Plan) -> None:
        self._connection = connection
        self._selected = selected
        self._plan = plan
        self._marks_seen = plan.marks_seen and not selected.read_only and "s" in selected.reached.rights
        self._made: list[MadeEnvelope] = []
        self.gone: list[int] = []
        self.broken: list[int] = []
        self.problem: PeerError | None = None

    async def run(self, numbers: Sequence[int], uids: array[int]) -> None:
        """Answer for one slice: numbers and uids in step."""
        if self._plan.listed:
            await self._run_listed(numbers, uids)
        elif self._plan.light is not None:
            await self._run_light(numbers, uids, self._plan.light)
        else:
            for start in range(0, len(uids), READ_AT_ONCE):
                await self._run_full(numbers[start : start + READ_AT_ONCE], uids[start : start + READ_AT_ONCE])

    def finish(self) -> None:
        """All slices are answered."""
        if self._made:
            self._keep_made()

    def _keep_made(self) -> None:
        """Without letting this client wait."""
        made, self._made = self._made, []
        task = asyncio.create_task(keep(self._connection.core, self._selected.mailbox_id, made))
        _keeping.add(task)
        task.add_done_callback(_keeping.discard)

    async def _run_listed(self, numbers: Sequence[int], uids: array[int]) -> None:
        mailbox_id, plan = self._selected.mailbox_id, self._plan
        rows = await self._connection.core.read(lambda tx: views.listed(tx, mailbox_id, uids))
        self._connection.send(
            flag_lines(
                self._numbers(numbers, uids, rows),
                rows,
                uid=plan.has(asked.Uid),
                flags=plan.has(asked.Flags),
                modseq=plan.has(asked.ModSeq),
            )
        )
        await self._connection.ease()

    async def _run_light(self, numbers: Sequence[int], uids: array[int], layout: Layout) -> None:
        rows = await self._read(uids, layout)
        envelope = layout.at.get("envelope")
        if envelope is not None and any(row[envelope] is None for row in rows):
            for start in range(0, len(uids), READ_AT_ONCE):
                await self._run_full(numbers[start : start + READ_AT_ONCE], uids[start : start + READ_AT_ONCE])
            return
        spells = [
            (label, spell) for label, spell in zip(layout.labels, layout.spells, strict=True) if spell is not None
        ]
        lines = [
            b"* %d FETCH (%b)\r\n" % (number, b" ".join([b"%b %b" % (label, spell(row)) for label, spell in spells]))
            for number, row in zip(self._numbers(numbers, uids, rows), rows, strict=True)
        ]
        self._connection.send(b"".join(lines))
        await self._connection.ease()

    async def _run_full(self, numbers: Sequence[int], uids: array[int]) -> None:
        layout, core = self._plan.full, self._connection.core
        added: dict[int, bytes] = {}
        if self._marks_seen:
            rows, added = await self._mark(await self._read(uids, layout))
            known = list(zip(self._numbers(numbers, uids, rows), rows, strict=True))
            seen = await core.read(lambda tx: look(tx, core.blobs, self._plan, known))
        else:
            known, seen = await core.read(lambda tx: self._look(tx, numbers, uids))
        outcome = await deliver(self._connection, self._plan, seen, added)
        if outcome.unread:
            again = set(outcome.unread)
            outcome = await self._retry([each for each in known if each[1][0] in again], added, outcome)
        self.problem = self.problem or outcome.problem
        self._made += outcome.envelopes
        if len(self._made) >= KEPT_AT_ONCE:
            self._keep_made()

    async def _retry(self, known: Sequence[tuple[int, Row]], added: dict[int, bytes], before: Outcome) -> Outcome:
        """Their octets are gone: they were expunged, or redacted, which gives them others, or something is wrong here."""
        numbers = {row[0]: number for number, row in known}
        rows = await self._read(array("I", sorted(numbers)), self._plan.full)
        self.gone += set(numbers).difference(row[0] for row in rows)
        core, known = self._connection.core, [(numbers[row[0]], row) for row in rows]
        seen = await core.read(lambda tx: look(tx, core.blobs, self._plan, known))
        after = await deliver(self._connection, self._plan, seen, added)
        if after.unread:
            self.broken += after.unread
            log.error("imap.message_unreadable", mailbox=self._selected.mailbox_id, uids=after.unread)
        return Outcome([], before.envelopes + after.envelopes, before.problem or after.problem)

    def _look(self, tx: Tx, numbers: Sequence[int], uids: array[int]) -> tuple[list[tuple[int, Row]], Look]:
        """The rows, and the first octets: one look at the database for a message of usual size."""
        rows = views.rows(tx, self._selected.mailbox_id, uids, self._plan.full.columns)
        known = list(zip(self._numbers(numbers, uids, rows), rows, strict=True))
        return known, look(tx, self._connection.core.blobs, self._plan, known)

    async def _read(self, uids: array[int], layout: Layout) -> list[Row]:
        mailbox_id = self._selected.mailbox_id
        return await self._connection.core.read(lambda tx: views.rows(tx, mailbox_id, uids, layout.columns))

    def _numbers(self, numbers: Sequence[int], uids: array[int], rows: Sequence[Row]) -> Sequence[int]:
        """The numbers of the rows; who has none is gone."""
        if len(rows) == len(uids):
            return numbers
        by_uid = dict(zip(uids, numbers, strict=True))
        found = [by_uid.pop(row[0]) for row in rows]
        self.gone += by_uid
        return found

    async def _mark(self, rows: list[Row]) -> tuple[list[Row], dict[int, bytes]]:
        """Set \\Seen on what is read: the rows as they are now, and what to say of it beside the items.

        RFC 9051 §6.4.5: flags that change are in the same response.
        """
        connection, selected = self._connection, self._selected
        at = self._plan.full.at
        unseen = [row[0] for row in rows if not row[at["flags"]] & SEEN]
        account = connection.who
        if not unseen:
            return rows, {}

        def mark(tx: Tx) -> Stored:
            reached = access.by_id(tx, account, selected.mailbox_id)
            return marking.store(tx, reached, unseen, mode="add", flags=SEEN, keywords=())

        try:
            stored = await connection.core.write(mark)
        except NotPermitted:  # the right was taken back a moment ago
            return rows, {}
        if not stored.modseq:
            return rows, {}
        selected.changed_by_us(stored.before, stored.modseq)
        marked = {each.uid: each for each in stored.changed}
        added: dict[int, bytes] = {}
        for index, row in enumerate(rows):
            now = marked.get(row[0])
            if now is None:
                continue
            values = list(row)
            values[at["flags"]], values[at["modseq"]] = now.flags, stored.modseq
            values[at["keywords"]] = json.dumps(now.keywords)
            rows[index] = tuple(values)
            added[now.uid] = self._besides(flag_list(now.flags, now.keywords), stored.modseq)
        return rows, added

    def _besides(self, flags: bytes, modseq: int) -> bytes:
        words = b"" if self._plan.has(asked.Flags) else b" FLAGS " + flags
        if self._connection.condstore and not self._plan.has(asked.ModSeq):
            words += b" MODSEQ " + modseq_value(modseq)
        return words


async def keep(core: Core, mailbox_id: str, made: Sequence[MadeEnvelope]) -> None:
    """Remember envelopes for the next client. What cannot be kept now is made again then."""
    by_uid = {each.uid: each for each in made}
    uids = sorted(by_uid)

    def keep_them(tx: Tx) -> None:
        # A message that was expunged or redacted meanwhile must leave nothing of its header here.
        there = {(row[1], row[4]) for row in views.to_take(tx, mailbox_id, uids)}
        same = [each for each in made if (each.message_id, each.blob_id) in there]
        views.keep_envelopes(tx, [(each.message_id, each.value) for each in same])

    with contextlib.suppress(TryLater):
        await core.write(keep_them, shared=True)
