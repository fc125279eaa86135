"""STORE: flags and keywords of messages, all of a command in one transaction (RFC 9051 §6.4.6)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from mailwright.codecs.imap import Store, compact
from mailwright.codecs.imap.responses import flag_list, modified_code
from mailwright.core import access, marking
from mailwright.core.marking import Marked, Stored
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import SLICE, Selected, expunge_issued, writable
from mailwright.storage import Tx, views


async def store(connection: Connection, command: Store) -> Reply:
    """Answer STORE. Raises NotPermitted, BadInput (too many keywords)."""
    selected = writable(connection)
    if command.unchanged_since is not None:
        connection.condstore = True  # RFC 7162 §3.1
    wanted = selected.chosen(command.set, uid=command.uid)
    stored = await _store(connection, selected, command, wanted)
    if stored.modseq:
        selected.changed_by_us(stored.before, stored.modseq)
        connection.note("imap.store", selected.resource(compact([marked.uid for marked in stored.changed])))
    await _tell(connection, selected, command, stored)
    return _answer(selected, command, stored, len(wanted))


async def _store(connection: Connection, selected: Selected, command: Store, wanted: array[int]) -> Stored:
    account = connection.who

    def run(tx: Tx) -> Stored:
        return marking.store(
            tx,
            access.by_id(tx, account, selected.mailbox_id),
            wanted,
            mode=command.mode,
            flags=command.flags,
            keywords=command.keywords,
            unchanged_since=command.unchanged_since,
        )

    return await connection.core.write(run)


async def _tell(connection: Connection, selected: Selected, command: Store, stored: Stored) -> None:
    """The new flags of each message, unless the client wants to hear nothing; its modseq even then (RFC 7162 §3.1.3)."""
    with_modseq, with_uid = connection.condstore, command.uid or connection.condstore
    lists: dict[tuple[int, tuple[str, ...]], bytes] = {}
    modseqs = await _modseqs(connection, selected, stored.same) if with_modseq and not command.silent else {}
    told: Sequence[Marked] = stored.changed if with_modseq or not command.silent else ()
    if not command.silent and stored.same:
        told = sorted([*stored.changed, *stored.same], key=_uid)
    for start in range(0, len(told), SLICE):
        lines = []
        for marked in told[start : start + SLICE]:
            words = [b"UID %d" % marked.uid] if with_uid else []
            if not command.silent:
                key = (marked.flags, marked.keywords)
                flags = lists.get(key)
                if flags is None:
                    flags = lists[key] = b"FLAGS " + flag_list(*key)
                words.append(flags)
            if with_modseq:
                words.append(b"MODSEQ (%d)" % modseqs.get(marked.uid, stored.modseq))
            lines.append(b"* %d FETCH (%b)\r\n" % (bisect_left(selected.uids, marked.uid) + 1, b" ".join(words)))
        connection.send(b"".join(lines))
        await connection.drain()


async def _modseqs(connection: Connection, selected: Selected, same: Sequence[Marked]) -> dict[int, int]:
    """When they changed last, of the messages that had these flags already."""
    found: dict[int, int] = {}
    for start in range(0, len(same), SLICE):
        uids = [marked.uid for marked in same[start : start + SLICE]]
        rows = await connection.core.read(lambda tx, uids=uids: views.listed(tx, selected.mailbox_id, uids))  # type: ignore[misc]
        found.update((uid, modseq) for uid, _flags, modseq, _keywords in rows)
    return found


def _answer(selected: Selected, command: Store, stored: Stored, asked: int) -> Reply:
    if stored.failed:
        # RFC 7162 §3.1.3: uids for UID STORE, numbers for STORE.
        numbers = stored.failed if command.uid else [bisect_left(selected.uids, uid) + 1 for uid in stored.failed]
        return Reply("OK", "some messages were changed by others meanwhile", modified_code(numbers))
    if not command.uid and len(stored.changed) + len(stored.same) < asked:
        raise expunge_issued()
    return Reply("OK", "flags are set" if stored.changed else "nothing to change")


def _uid(marked: Marked) -> int:
    return marked.uid
