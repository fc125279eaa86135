"""Many sessions at once in the same mailbox, on both databases: nobody is told of a deadlock, and the counters are right."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, access, accounts, appending, domains, mailboxes, marking, moving
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.core.expunge import expunge_uids
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, open_blobs, views
from mailwright.storage import mailboxes as rows
from mailwright.storage.database import Database
from mailwright.storage.messages import Flag

SEEN, DELETED = int(Flag.SEEN), int(Flag.DELETED)
THREADS, STEPS = 6, 20


class Sessions:
    """Ada and Bashir, who share their INBOX and Archive, with programs that all do something."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())
        self.people = database.write_now(self._people)
        self.errors: list[BaseException] = []

    def _people(self, tx: Tx) -> list[Account]:
        domains.add(tx, "mailwright.test")
        people = [accounts.add_user(tx, self.core, f"{name}@mailwright.test") for name in ("ada", "bashir")]
        for owner, other in (people, people[::-1]):
            for name in ("INBOX", "Archive"):
                access.set_acl(tx, owner, access.by_name(tx, owner, name), other.email, access.RIGHTS)
        return people

    def names(self, account: Account) -> list[str]:
        other = next(each for each in self.people if each.id != account.id)
        return [prefix + name for prefix in ("", f"{access.OTHERS}/{other.email}/") for name in ("INBOX", "Archive")]

    def fill(self, count: int) -> None:
        for account in self.people:
            inbox = self.core.database.read_now(lambda tx, account=account: access.by_name(tx, account, "INBOX"))  # type: ignore[misc]
            ready = [
                appending.prepare_now(self.core, account.tenant_id, b"Subject: %d\r\n\r\nHello" % n)
                for n in range(count)
            ]
            self.core.database.write_now(
                lambda tx, a=account, i=inbox, r=ready: appending.file_all(  # type: ignore[misc]
                    tx, self.core, a, i.mailbox.id, [Item(b"")] * count, r
                )
            )

    def run(self, seed: int, steps: int) -> None:
        chance = random.Random(seed)
        account = self.people[seed % 2]
        try:
            for _ in range(steps):
                self.core.database.write_now(self._step(chance, account))
        except BaseException as error:
            self.errors.append(error)

    def _step(self, chance: random.Random, account: Account) -> Callable[[Tx], object]:
        source, target = chance.choice(self.names(account)), chance.choice(self.names(account))
        kind = chance.choice(["store", "store", "move", "move", "copy", "expunge"])
        picks = [chance.random() for _ in range(8)]
        flags = chance.choice([SEEN, DELETED, SEEN | DELETED])
        mode: marking.Mode = chance.choice(["add", "remove"])

        def step(tx: Tx) -> object:
            here = access.by_name(tx, account, source)
            there = list(views.uids(tx, here.mailbox.id))
            uids = sorted({there[int(pick * len(there))] for pick in picks}) if there else []
            if kind == "store":
                return marking.store(tx, here, uids, mode=mode, flags=flags, keywords=())
            if kind == "expunge":
                return expunge_uids(tx, here)
            into = access.by_name(tx, account, target)
            return (moving.move if kind == "move" else moving.copy)(tx, self.core, here, into, uids)

        return step

    def check(self) -> None:
        def compare(tx: Tx) -> None:
            for account in self.people:
                used = 0
                for mailbox in rows.of_user(tx, account.id):
                    found = views.rows(tx, mailbox.id, list(views.uids(tx, mailbox.id)), ("flags", "size", "modseq"))
                    assert mailbox.total == len(found)
                    assert mailbox.unseen == sum(1 for row in found if not row[1] & SEEN)
                    assert mailbox.size_bytes == sum(row[2] for row in found)
                    assert all(row[3] <= mailbox.modseq and row[0] < mailbox.uidnext for row in found)
                    gone = views.vanished_since(tx, account.id, mailbox.id, 0)
                    assert sorted([*gone, *(row[0] for row in found)]) == list(range(1, mailbox.uidnext))
                    used += mailbox.size_bytes
                assert tx.scalar("SELECT used_bytes FROM users WHERE id = ?", (account.id,)) == used

        self.core.database.read_now(compare)


@pytest.fixture
def sessions(any_database: Database, data_folder: Path) -> Sessions:
    return Sessions(any_database, data_folder)


def _together(*work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_sessions_that_all_change_the_same_mail_do_not_meet_in_a_deadlock(sessions: Sessions) -> None:
    sessions.fill(40)
    _together(*(lambda seed=seed: sessions.run(seed, STEPS) for seed in range(THREADS)))
    assert sessions.errors == []
    sessions.check()


def test_an_expunge_of_two_sessions_removes_each_message_once(sessions: Sessions) -> None:
    sessions.fill(60)
    ada = sessions.people[0]
    write = sessions.core.database.write_now

    def mark(tx: Tx) -> None:
        inbox = access.by_name(tx, ada, "INBOX")
        marking.store(tx, inbox, list(range(1, 61)), mode="add", flags=DELETED, keywords=())

    write(mark)
    gone: list[int] = []
    start = threading.Barrier(4)

    def expunge() -> None:
        start.wait()
        try:
            gone.extend(write(lambda tx: expunge_uids(tx, access.by_name(tx, ada, "INBOX"))))
        except BaseException as error:
            sessions.errors.append(error)

    _together(*[expunge] * 4)
    assert sessions.errors == []
    assert sorted(gone) == list(range(1, 61))
    sessions.check()


def test_a_mailbox_is_deleted_while_others_put_mail_into_it(sessions: Sessions) -> None:
    sessions.fill(30)
    ada = sessions.people[0]
    core, write = sessions.core, sessions.core.database.write_now
    for round_ in range(5):
        write(lambda tx: mailboxes.create(tx, ada, "Work"))
        work = core.database.read_now(lambda tx: access.by_name(tx, ada, "Work"))
        start = threading.Barrier(3)

        def copy(work: access.Reached = work, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                for uid in range(1, 20):
                    write(lambda tx, uid=uid: moving.copy(tx, core, access.by_name(tx, ada, "INBOX"), work, [uid]))  # type: ignore[misc]
            except NotFound:
                pass
            except BaseException as error:
                sessions.errors.append(error)

        def remove(start: threading.Barrier = start) -> None:
            import asyncio

            start.wait()
            try:
                write(lambda tx: mailboxes.remove(tx, ada, "Work"))
                asyncio.run(mailboxes.empty_removed(core))
            except BaseException as error:
                sessions.errors.append(error)

        _together(copy, copy, remove)
        assert sessions.errors == [], round_
        assert core.database.read_now(lambda tx: rows.being_removed(tx, 10)) == []
    sessions.check()
