"""Large mailboxes stay quick because every question about one is answered from an index: the plans of the databases say so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import Core, CoreSettings, access, accounts, appending, domains, marking, moving
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.storage import Tx, open_blobs, views
from mailwright.storage.database import Database

LARGE = 2_048
WORDS = "ix_messages_listed"
JOURNAL = "ix_messages_user_id_modseq"


class Recorder:
    """A transaction that keeps what it was asked, with what it answered by."""

    def __init__(self, tx: Tx, dialect: str) -> None:
        self._tx = tx
        self._explain = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
        self.plans: list[str] = []
        self.exclusive = ""

    def all(self, sql: str, params: Any = ()) -> list[Any]:
        self.plans.append(" | ".join(str(row[-1]) for row in self._tx.all(self._explain + sql, params)))
        return self._tx.all(sql, params)

    def one(self, sql: str, params: Any = ()) -> Any:
        found = self.all(sql, params)
        return found[0] if found else None

    def scalar(self, sql: str, params: Any = ()) -> Any:
        row = self.one(sql, params)
        return None if row is None else row[0]


class House:
    """Ada with a large INBOX, a large and busy Archive, and a small Sent."""

    def __init__(self, core: Core, ada: Account) -> None:
        self.core, self.ada = core, ada

    def plans(self, question: Callable[[Any, access.Reached], object], name: str = "INBOX") -> list[str]:
        def ask(tx: Tx) -> list[str]:
            recorder = Recorder(tx, self.core.database.dialect)
            question(recorder, access.by_name(tx, self.ada, name))
            return recorder.plans

        return self.core.database.read_now(ask)


@pytest.fixture
async def house(any_database: Database, data_folder: Path) -> House:
    core = Core(any_database, open_blobs(any_database, f"file://{data_folder}"), CoreSettings())

    def people(tx: Tx) -> Account:
        domains.add(tx, "mailwright.test")
        return accounts.add_user(tx, core, "ada@mailwright.test")

    ada = any_database.write_now(people)
    sent = any_database.read_now(lambda tx: access.by_name(tx, ada, "Sent"))
    await appending.append(core, ada, sent.mailbox.id, [Item(b"Subject: x\r\n\r\nHello")] * 4)

    def grow(tx: Tx) -> None:
        for name in ("INBOX", "Archive"):
            moving.copy(tx, core, sent, access.by_name(tx, ada, name), [1, 2, 3, 4])
            box = access.by_name(tx, ada, name)
            while (count := len(views.uids(tx, box.mailbox.id))) < LARGE:
                moving.copy(tx, core, box, box, list(range(1, count + 1)))
        inbox, archive = access.by_name(tx, ada, "INBOX"), access.by_name(tx, ada, "Archive")
        moving.move(tx, core, archive, inbox, list(range(1, LARGE + 1, 2)))
        for uid in range(1, 200):
            marking.store(tx, inbox, [uid], mode="add", flags=1, keywords=("$Work",))

    any_database.write_now(grow)
    return House(core, ada)


@pytest.fixture(params=["fresh", "analysed"])
def analysed(request: pytest.FixtureRequest, house: House) -> House:
    """With the statistics that a database has after a while, and without."""
    database = house.core.database
    if request.param == "fresh" and database.dialect == "postgresql":
        pytest.skip("PostgreSQL analyses by itself within a minute")
    if request.param == "analysed":
        database.write_now(lambda tx: tx.execute("ANALYZE"))
    return house


def _recent(tx: Any, reached: access.Reached) -> int:
    return reached.mailbox.modseq - 5


def test_what_changed_lately_in_a_large_mailbox_is_found_by_the_journal(analysed: House) -> None:
    plans = analysed.plans(lambda tx, r: views.changed_since(tx, r.mailbox.user_id, r.mailbox.id, _recent(tx, r)))
    assert JOURNAL in plans[-1], plans
    assert not [plan for plan in plans if "SCAN messages" in plan or "Seq Scan on messages" in plan]


def test_what_vanished_lately_is_found_by_the_journal(analysed: House) -> None:
    def question(tx: Any, reached: access.Reached) -> None:
        gone = views.vanished_since(
            tx, reached.mailbox.user_id, reached.mailbox.id, tx.scalar("SELECT max(modseq) - 1 FROM tombstones")
        )
        assert len(gone) == LARGE // 2

    plans = analysed.plans(question, "Archive")
    assert not [plan for plan in plans[1:] if "SCAN tombstones" in plan], plans
    since = analysed.core.database.read_now(
        lambda tx: tx.scalar("SELECT modseq FROM users WHERE id = ?", (analysed.ada.id,))
    )
    plans = analysed.plans(lambda tx, r: views.vanished_since(tx, r.mailbox.user_id, r.mailbox.id, since), "Archive")
    assert "ix_tombstones_user_id_modseq" in plans[-1], plans


def test_a_mailbox_at_rest_does_not_pay_for_the_busy_ones(analysed: House) -> None:
    plans = analysed.plans(lambda tx, r: views.changed_since(tx, r.mailbox.user_id, r.mailbox.id, 1), "Sent")
    assert WORDS in plans[-1] or "uq_messages_mailbox_id_uid" in plans[-1] or "autoindex_messages" in plans[-1], plans
    plans = analysed.plans(lambda tx, r: views.vanished_since(tx, r.mailbox.user_id, r.mailbox.id, 1), "Sent")
    assert "user_id=" not in plans[-1], plans
    assert "Seq Scan" not in plans[-1], plans


def test_both_ways_to_the_changes_answer_the_same(house: House) -> None:
    def compare(tx: Tx) -> None:
        for name in ("INBOX", "Archive", "Sent"):
            box = access.by_name(tx, house.ada, name).mailbox
            for since in (0, 1, box.modseq // 2, box.modseq - 1, box.modseq):
                journal, mailbox = (house.ada.id, since, box.id), (box.id, since)
                assert tx.all(views._CHANGED_BY_JOURNAL, journal) == tx.all(views._CHANGED_BY_MAILBOX, mailbox)
                assert tx.all(views._VANISHED_BY_JOURNAL, journal) == tx.all(views._VANISHED_BY_MAILBOX, mailbox)

    house.core.database.read_now(compare)


def test_lists_come_from_the_index_alone(analysed: House) -> None:
    if analysed.core.database.dialect == "postgresql":
        pytest.skip("PostgreSQL reads the table, and is right, when the mailbox is half of it")

    def ask(tx: Any, reached: access.Reached) -> None:
        box = reached.mailbox.id
        views.uids(tx, box)
        views.listed(tx, box, range(1, 1001))
        views.listed(tx, box, range(1, 3000, 50))
        views.deleted_uids(tx, box)
        views.first_unseen(tx, box)
        views.uids_from(tx, box, 2000)
        views.keywords_in(tx, box)

    plans = analysed.plans(ask)
    assert len(plans) == 9
    assert all("COVERING INDEX" in plan and "SCAN" not in plan for plan in plans), plans


def test_some_messages_of_a_large_mailbox_are_found_by_an_index(analysed: House) -> None:
    for wanted in (range(1, 101), range(1, 3000, 50)):
        plans = analysed.plans(lambda tx, r, wanted=wanted: views.listed(tx, r.mailbox.id, wanted))  # type: ignore[misc]
        assert not any("Seq Scan" in plan or "SCAN" in plan for plan in plans), plans


def test_work_on_a_whole_large_mailbox_is_done_in_few_statements(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linear: what is done for each message is one row of an executemany, never a question of its own."""
    asked: list[str] = []

    def whole(tx: Tx) -> None:
        inbox = access.by_name(tx, house.ada, "INBOX")
        uids = list(views.uids(tx, inbox.mailbox.id))
        for name in ("all", "one", "execute"):
            _count(monkeypatch, tx, name, asked)
        marking.store(tx, inbox, uids, mode="add", flags=8, keywords=("All",))
        moving.copy(tx, house.core, inbox, access.by_name(tx, house.ada, "Trash"), uids)
        moving.move(tx, house.core, inbox, access.by_name(tx, house.ada, "Junk"), uids)

    house.core.database.write_now(whole)
    assert 0 < len(asked) < 100


def _count(monkeypatch: pytest.MonkeyPatch, tx: Tx, name: str, asked: list[str]) -> None:
    real = getattr(tx, name)

    def counted(sql: str, params: Any = ()) -> Any:
        asked.append(sql)
        return real(sql, params)

    monkeypatch.setattr(tx, name, counted)
