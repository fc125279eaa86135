"""A client that believes every untagged response ends with the truth, whatever others do and whenever it loses the line.

RFC 7162: the model keeps what a client of QRESYNC keeps (uids, flags, the highest modseq it saw) and trusts it after SELECT; a
client without it keeps numbers only.
"""

import asyncio
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailwright.codecs.imap import SequenceSet
from mailwright.codecs.imap.flags import bit_of
from mailwright.core import marking, moving
from mailwright.core.expunge import remove_uids
from mailwright.storage.database import open_database
from tests.protocols.imap.sessions import House, Session, letter, open_house

_NUMBERED = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)\r\n")
_FETCH = re.compile(rb"\* (\d+) FETCH \((.*)\)\r\n")
_VANISHED = re.compile(rb"\* VANISHED( \(EARLIER\))? (\S+)\r\n")


class Client:
    """What one mail program believes."""

    def __init__(self, house: House, *, qresync: bool) -> None:
        self.house = house
        self.qresync = qresync
        self.view: list[int | None] = []  # uids by number, as far as they are known
        self.flags: dict[int, int] = {}
        self.by_number: list[int | None] = []  # the same flags for who knows no uids
        self.modseq = 0
        self.session: Session

    async def connect(self) -> None:
        """Sign in, and select with what is known."""
        self.session = await self.house.session(None, *(("QRESYNC",) if self.qresync else ()))
        parameter = ""
        # What came after the first message it has not asked about is new to it, as far as it remembers.
        if None in self.view:
            self.flags = {uid: self.flags[uid] for uid in self.view[: self.view.index(None)] if uid is not None}
        newest = max(self.flags, default=0)
        if self.modseq and self.qresync:
            parameter = f" (QRESYNC ({self.house.mailbox().mailbox.uidvalidity} {self.modseq}))"
        answer = await self.session.ask(f"SELECT INBOX{parameter}")
        assert answer.ok
        [exists] = [int(line.split()[1]) for line in answer.having(b" EXISTS")][:1]
        [highest] = [
            int(line.partition(b"HIGHESTMODSEQ ")[2].split(b"]")[0]) for line in answer.having(b"HIGHESTMODSEQ")
        ]
        if not parameter:
            self.flags = {}
            self.view, self.by_number = [None] * exists, [None] * exists
            self.modseq = highest
            await self.learn()
            return
        for line in answer.untagged:
            if (gone := _VANISHED.fullmatch(line)) is not None:
                for uid in _uids(gone[2]):
                    self.flags.pop(uid, None)
            elif (fetched := _FETCH.fullmatch(line)) is not None:
                fetched_uid, flags, _ = _items(fetched[2])
                assert fetched_uid is not None
                assert flags is not None
                if fetched_uid <= newest:
                    self.flags[fetched_uid] = flags
        known = sorted(self.flags)
        assert len(known) <= exists
        self.view = [*known, *[None] * (exists - len(known))]
        self.by_number = [*[self.flags[uid] for uid in known], *[None] * (exists - len(known))]
        self.modseq = highest
        await self.learn()

    async def ask(self, command: str) -> None:
        """Send a command and believe the answer."""
        answer = await self.session.ask(command)
        self.believe([*answer.untagged, answer.tagged])

    def believe(self, lines: list[bytes]) -> None:
        told: int | None = None
        for line in lines:
            if b"[HIGHESTMODSEQ " in line:
                told = int(line.partition(b"HIGHESTMODSEQ ")[2].split(b"]")[0])
            if (numbered := _NUMBERED.fullmatch(line)) is not None:
                number = int(numbered[1])
                if numbered[2] == b"EXISTS":
                    assert number >= len(self.view)
                    self.view += [None] * (number - len(self.view))
                    self.by_number += [None] * (number - len(self.by_number))
                else:
                    assert not self.qresync
                    self._forget(number - 1)
            elif (gone := _VANISHED.fullmatch(line)) is not None:
                assert self.qresync
                assert gone[1] is None
                for uid in _uids(gone[2]):
                    self._forget(self.view.index(uid) if uid in self.view else self.view.index(None))
            elif (fetched := _FETCH.fullmatch(line)) is not None:
                self._fetched(int(fetched[1]) - 1, *_items(fetched[2]))
        if told is not None:
            self.modseq = told  # RFC 7162 §6: it counts more than what single messages said

    def _fetched(self, at: int, uid: int | None, flags: int | None, modseq: int | None) -> None:
        if uid is not None:
            assert self.view[at] in (None, uid), "a number is another message's"
            self.view[at] = uid
        if flags is not None:
            self.by_number[at] = flags
            known = self.view[at]
            if known is not None:
                self.flags[known] = flags
        if modseq is not None:
            self.modseq = max(self.modseq, modseq)

    def _forget(self, at: int) -> None:
        uid = self.view.pop(at)
        self.by_number.pop(at)
        if uid is not None:
            self.flags.pop(uid, None)

    async def learn(self) -> None:
        """Ask about the messages of which nothing is known; and only about those."""
        unknown = [at + 1 for at, uid in enumerate(self.view) if uid is None or self.by_number[at] is None]
        if unknown:
            await self.ask(f"FETCH {','.join(map(str, unknown))} (UID FLAGS)")

    async def settle(self) -> None:
        """Be told everything."""
        await self.ask("NOOP")
        await self.learn()
        assert [(uid, flags) for uid, flags in zip(self.view, self.by_number, strict=True)] == [
            (uid, flags) for uid, flags, _ in self.house.truth()
        ]


def _items(text: bytes) -> tuple[int | None, int | None, int | None]:
    uid = re.search(rb"UID (\d+)", text)
    flags = re.search(rb"FLAGS \(([^)]*)\)", text)
    modseq = re.search(rb"MODSEQ \((\d+)\)", text)
    bits = None if flags is None else sum(bit_of(name.decode()) or 0 for name in flags[1].split())
    return (None if uid is None else int(uid[1]), bits, None if modseq is None else int(modseq[1]))


def _uids(text: bytes) -> list[int]:
    return [uid for low, high in SequenceSet.parse(text).ranges for uid in range(low, high + 1)]


OTHERS = ("append", "expunge", "away", "within", "flag")
OWN = ("noop", "fetch", "fetch modseq", "uid fetch", "store", "uid store", "search", "drop", "move")
REST = ("reconnect", "idle", "learn", "settle")
STEPS = st.lists(st.tuples(st.sampled_from((*OTHERS, *OWN, *REST)), st.integers(0, 9)), max_size=25)
_FLAGS = ("\\Seen", "\\Flagged", "\\Deleted", "\\Answered")


async def _others(house: House, what: str, which: int) -> None:
    inbox = house.mailbox()
    uids = [uid for uid, _, _ in house.truth()]
    if what == "append":
        await house.put(*[letter(n) for n in range(which % 3 + 1)])
        return
    chosen = uids[which % len(uids) :][: which % 2 + 1] if uids else []
    if not chosen:
        return

    def change(tx: Any) -> None:
        match what:
            case "expunge":
                remove_uids(tx, inbox.mailbox.id, chosen, because="a test")
            case "away":
                moving.move(tx, house.core, inbox, archive, chosen)
            case "within":
                moving.move(tx, house.core, inbox, inbox, chosen)
            case _:
                marking.store(tx, inbox, chosen, mode="add", flags=1 << which % 5, keywords=())

    archive = house.mailbox("Archive")
    await house.core.write(change)


async def _client(client: Client, what: str, which: int) -> None:
    number, flag = which % max(len(client.view), 1) + 1, _FLAGS[which % 4]
    match what:
        case "noop":
            await client.ask("NOOP")
        case "fetch":
            await client.ask("FETCH 1:* (FLAGS)")
        case "fetch modseq":
            await client.ask("FETCH 1:* (MODSEQ)")
        case "uid fetch":
            await client.ask("UID FETCH 1:* (FLAGS)")
        case "store" if client.view:
            await client.ask(f"STORE {number} {'+-'[which % 2]}FLAGS ({flag})")
        case "uid store":
            await client.ask(f"UID STORE {which}:* {'+-'[which % 2]}FLAGS ({flag})")
        case "search":
            await client.ask("SEARCH SEEN")
        case "drop":
            await client.ask("EXPUNGE")
        case "move" if client.view:
            await client.ask(f"MOVE {number} Archive")
        case "idle":
            await client.session.idle()
            client.believe((await client.session.done()).untagged)
        case "learn":
            await client.learn()
        case "settle":
            await client.settle()
        case "reconnect":
            client.session.writer.close()
            await client.connect()
        case _:
            pass


async def _play(steps: list[tuple[str, int]], template: Path, *, qresync: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="mailwright-resync-") as folder:
        shutil.copy(template, Path(folder) / "mailwright.db")
        database = open_database(f"sqlite:///{folder}/mailwright.db")
        try:
            async with open_house(database, Path(folder)) as house:
                await house.put(*[letter(n) for n in range(4)])
                client = Client(house, qresync=qresync)
                await client.connect()
                for what, which in steps:
                    if what in OTHERS:
                        await _others(house, what, which)
                    else:
                        await _client(client, what, which)
                await client.settle()
        finally:
            database.close()


@pytest.mark.parametrize("qresync", [True, False], ids=["qresync", "plain"])
@given(steps=STEPS)
@example(steps=[("expunge", 0), ("store", 2), ("reconnect", 0)])
@example(steps=[("expunge", 0), ("flag", 2), ("fetch modseq", 0), ("reconnect", 0)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_client_believes_is_the_truth(
    sqlite_template: Path, steps: list[tuple[str, int]], qresync: bool
) -> None:
    asyncio.run(_play(steps, sqlite_template, qresync=qresync))
