"""Choices of models, and transcripts: kept for a while, gone with their person; on both databases."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, accounts, domains, modelchoices, tasks, transcripts
from mailwright.core.modelchoices import Premises
from mailwright.domain.clock import DAY, MINUTE, now
from mailwright.domain.ids import first_id_at, new_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import Database, Tx, assignments, model_calls, modelwindows, open_blobs
from mailwright.storage.audit import SYSTEM
from mailwright.storage.model_calls import ModelCall

PREMISES = Premises({"judge": ("rules",), "work": ("anthropic:m", "rules")})


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    made = Core(any_database, open_blobs(any_database, f"file://{tmp_path}"), CoreSettings(hostname="mailwright.test"))

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        for name in ("ada", "bashir"):
            accounts.add_user(tx, made, f"{name}@mailwright.test")
        agent = accounts.add_agent(tx, made, "main@mailwright.test", display_name="Mini Mouse")
        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=[])

    any_database.write_now(people)
    return made


def call(at: int | None = None) -> ModelCall:
    moment = now() if at is None else at
    made = ModelCall("work", "anthropic:m", 1, 1, 0.5, 1, "ok", moment, transcript=zlib.compress(b"{}"))
    return replace(made, id=new_id() if at is None else first_id_at(at // 1000))


def task_of(tx: Tx, name: str) -> str:
    account = accounts.find(tx, f"{name}@mailwright.test")
    agent = accounts.find(tx, "main@mailwright.test")
    serving = assignments.serving(tx, "employee", agent.id)
    assert serving is not None
    task = tasks.create(
        tx,
        tenant_id=account.tenant_id,
        agent="employee",
        assignment_id=serving.id,
        message_id=new_id(),
        correspondent=account.email,
        user_id=account.id,
    )
    return task.id


def kept(core: Core) -> int:
    return int(core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM model_transcripts")))


async def test_what_is_chosen_stands_before_the_settings_until_it_is_reset(core: Core) -> None:
    await core.write(lambda tx: modelchoices.choose(tx, "work", ["openai:a", " openai:b ", "openai:a"], by=SYSTEM))
    await core.write(lambda tx: modelchoices.choose(tx, "judge", ["rules"], by=SYSTEM))
    await core.write(lambda tx: modelchoices.choose(tx, "work", ["openai:b", "rules"], by=SYSTEM))
    assert await core.read(modelchoices.chosen) == {"judge": ("rules",), "work": ("openai:b", "rules")}
    work = (await core.read(lambda tx: modelchoices.serving(tx, PREMISES)))[1]
    assert (work.models, work.from_settings, work.chosen_by) == (
        ("openai:b", "rules"),
        ("anthropic:m", "rules"),
        "system",
    )
    assert await core.write(lambda tx: modelchoices.reset(tx, "work", by=SYSTEM))
    assert not await core.write(lambda tx: modelchoices.reset(tx, "work", by=SYSTEM))
    assert await core.read(modelchoices.chosen) == {"judge": ("rules",)}
    with pytest.raises(NotFound):
        await core.write(lambda tx: modelchoices.choose(tx, "dream", ["rules"], by=SYSTEM))
    with pytest.raises(BadInput):
        await core.write(lambda tx: modelchoices.choose(tx, "work", ["claude"], by=SYSTEM))


async def test_a_call_is_recorded_once_however_often_it_is_told(core: Core) -> None:
    one = call()
    task_id = await core.write(lambda tx: task_of(tx, "ada"))
    for _ in range(3):
        await core.write(lambda tx: model_calls.add(tx, one, task_id=task_id))
    assert await core.read(lambda tx: model_calls.of_task(tx, task_id)) == [one]
    assert kept(core) == 1


async def test_old_transcripts_are_forgotten_and_their_calls_are_not(core: Core) -> None:
    moment = now()
    task_id = await core.write(lambda tx: task_of(tx, "ada"))
    those = [call(moment - days * DAY) for days in (40, 31, 29, 5, 1)]

    def write(tx: Tx) -> None:
        for each in those:
            model_calls.add(tx, each, task_id=task_id)
        for minute in (moment // MINUTE - 90, moment // MINUTE):
            modelwindows.take(tx, "anthropic:m", minute, 5, most_requests=None, most_tokens=None)

    await core.write(write)
    assert await transcripts.forget(core) == 2
    assert kept(core) == 3
    assert len(await core.read(lambda tx: model_calls.of_task(tx, task_id))) == 5
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM model_windows")) == 1
    # The text of mail is kept for a shorter time: what of it was sent goes with it.
    core.settings = replace(core.settings, redact_after=3 * DAY)
    assert await transcripts.forget(core) == 2
    core.settings = replace(core.settings, transcripts_kept=0)
    assert await transcripts.forget(core) == 1


async def test_what_was_sent_for_a_person_goes_with_them(core: Core) -> None:
    def write(tx: Tx) -> None:
        for name in ("ada", "bashir"):
            model_calls.add(tx, call(), task_id=task_of(tx, name))
        model_calls.add(tx, call(), task_id=None)

    await core.write(write)
    await core.write(lambda tx: accounts.remove_user(tx, "ada@mailwright.test"))
    assert kept(core) == 2
    await core.write(lambda tx: accounts.remove_user(tx, "main@mailwright.test"))  # it was its mail
    assert kept(core) == 1
