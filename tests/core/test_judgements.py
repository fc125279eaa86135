"""A verdict on a message is kept once, and goes with the message."""

from __future__ import annotations

from dataclasses import replace

from mailwright.core import Core
from mailwright.domain.clock import now
from mailwright.domain.ids import new_id
from mailwright.storage import Database, judgements
from mailwright.storage import messages as rows
from mailwright.storage.judgements import Judged

MESSAGE, OTHER = new_id(), new_id()
VERDICT = Judged(MESSAGE, "task", 0.94, "asks politely, names work (score 5)", "rules", 1_760_000_000_000_000)


def test_a_verdict_comes_back_as_it_was_given(any_database: Database) -> None:
    assert any_database.read_now(lambda tx: judgements.get(tx, MESSAGE)) is None
    assert any_database.write_now(lambda tx: judgements.put(tx, VERDICT)) == VERDICT
    assert any_database.read_now(lambda tx: judgements.get(tx, MESSAGE)) == VERDICT


def test_the_first_verdict_stands_and_the_second_judge_is_told(any_database: Database) -> None:
    any_database.write_now(lambda tx: judgements.put(tx, VERDICT))
    other = replace(VERDICT, kind="neither", confidence=0.6, model="another:model")
    assert any_database.write_now(lambda tx: judgements.put(tx, other)) == VERDICT
    assert any_database.read_now(lambda tx: judgements.get(tx, MESSAGE)) == VERDICT


def test_what_is_forgotten_is_judged_anew(any_database: Database) -> None:
    any_database.write_now(lambda tx: judgements.put(tx, VERDICT))
    any_database.write_now(lambda tx: judgements.forget(tx, [MESSAGE, OTHER]))
    assert any_database.read_now(lambda tx: judgements.get(tx, MESSAGE)) is None
    other = replace(VERDICT, kind="neither")
    assert any_database.write_now(lambda tx: judgements.put(tx, other)) == other


def test_the_verdict_goes_with_the_message(core: Core) -> None:
    core.database.write_now(lambda tx: judgements.put(tx, VERDICT))
    core.database.write_now(lambda tx: rows.remove(tx, [(new_id(), 1, new_id(), MESSAGE, new_id())], 1, now()))
    assert core.database.read_now(lambda tx: judgements.get(tx, MESSAGE)) is None
