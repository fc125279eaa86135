"""FETCH: what the client wants to know of messages (RFC 9051 §6.4.5)."""

from __future__ import annotations

from array import array

from mailwright.codecs.imap import Fetch, PeerError, compact
from mailwright.codecs.imap import items as asked
from mailwright.codecs.imap.responses import vanished
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.delivering import Delivery
from mailwright.protocols.imap.fetching import Plan
from mailwright.protocols.imap.selected import UIDS_IN_LINE, Selected, expunge_issued, opened
from mailwright.storage import Tx, views


async def fetch(connection: Connection, command: Fetch) -> Reply:
    """Answer FETCH. Raises PeerError for what no message can answer; what others can is answered first."""
    selected = opened(connection)
    if command.vanished and not connection.qresync:
        # RFC 7162 §3.2.6: VANISHED is for clients that have enabled QRESYNC.
        raise PeerError("say ENABLE QRESYNC before you ask for VANISHED")
    plan = Plan(command.items, utf8=connection.utf8)
    if command.changed_since is not None or plan.has(asked.ModSeq):
        connection.condstore = True  # RFC 7162 §3.1
        selected.dirty = True  # the modseqs it says are followed by what else has happened up to them
    spans = selected.spans(command.set, uid=command.uid)
    if command.changed_since is not None:
        spans = await _changed(connection, selected, command, spans)
    delivery = Delivery(connection, selected, plan)
    read: array[int] = array("I")
    try:
        for numbers, uids in selected.slices(spans):
            if plan.reads_text:
                read.extend(uids)
            await delivery.run(numbers, uids)
        delivery.finish()
    finally:
        # Also when the client is gone before the end: it has read what it wanted.
        if read:
            connection.note("imap.fetch", selected.resource(compact(read)))
    return _answer(command, delivery)


def _answer(command: Fetch, delivery: Delivery) -> Reply:
    if delivery.problem is not None:
        raise delivery.problem
    if delivery.broken:
        # RFC 5530 §3: our own mistake, not the client's.
        return Reply("NO", f"{len(delivery.broken)} messages cannot be read here; that is recorded", "SERVERBUG")
    if delivery.gone and not command.uid:
        raise expunge_issued()
    return Reply("OK", "fetched")


async def _changed(
    connection: Connection, selected: Selected, command: Fetch, spans: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """RFC 7162 §3.1.4.1: only messages that changed since; before them, with VANISHED, the uids that are gone."""
    since = command.changed_since or 0

    def look(tx: Tx) -> tuple[list[int], list[int]]:
        owner_id, mailbox_id = selected.owner_id, selected.mailbox_id
        gone = views.vanished_since(tx, owner_id, mailbox_id, since) if command.vanished else []
        return gone, [each.uid for each in views.changed_since(tx, owner_id, mailbox_id, since)]

    gone, changed = await connection.core.read(look)
    # What the client still counts among the messages is not EARLIER: it is told of it in time.
    earlier = [uid for uid in gone if command.set.covers(uid, selected.uidnext - 1) and selected.number_of(uid) is None]
    for start in range(0, len(earlier), UIDS_IN_LINE):
        connection.send(vanished(earlier[start : start + UIDS_IN_LINE], earlier=True))
    return _within(spans, selected, changed)


def _within(spans: list[tuple[int, int]], selected: Selected, changed: list[int]) -> list[tuple[int, int]]:
    """The places of those of the changed uids (ascending) that lie in the spans."""
    found: list[tuple[int, int]] = []
    waiting = iter(spans)
    span = next(waiting, None)
    for uid in changed:
        number = selected.number_of(uid)
        if number is None:
            continue
        while span is not None and span[1] < number:
            span = next(waiting, None)
        if span is None:
            break
        if span[0] < number:
            found.append((number - 1, number))
    return found
