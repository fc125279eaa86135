"""The gate before models: budgets of a minute that processes share, and the cap of a month; on both databases."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents.models import Answer, ModelFailed, Models
from mailwright.agents.models.budget import REACHED, Budget
from mailwright.core import Core, CoreSettings, modelchoices
from mailwright.domain.clock import MINUTE, from_datetime, now
from mailwright.storage import Database, model_calls, modelwindows, open_blobs, open_database
from mailwright.storage.model_calls import ModelCall
from tests.agents.test_runs import answer, call, definition, question, scripted, tool

MODEL = "scripted:one"


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    return Core(any_database, open_blobs(any_database, f"file://{tmp_path}"), CoreSettings())


def cost(usd: float, at: int | None = None, tokens: int = 0) -> ModelCall:
    return ModelCall("work", MODEL, tokens, 0, usd, 1000, "ok", now() if at is None else at)


async def passed(budget: Budget, times: int, tokens: int = 10) -> int:
    count = 0
    for _ in range(times):
        try:
            await budget.before(MODEL, tokens)
            count += 1
        except ModelFailed as failed:
            if not failed.transient or failed.outcome != "budget" or not 0 < (failed.again_in or 0) <= 60:
                raise
    return count


async def test_a_minute_has_its_requests_and_the_next_has_its_own(core: Core) -> None:
    moment = 100 * MINUTE
    budget = Budget(core, requests_per_minute=3, now=lambda: moment)
    assert await passed(budget, 5) == 3
    moment += MINUTE
    assert await passed(budget, 5) == 3
    assert await core.write(lambda tx: modelwindows.forget(tx, 101)) == 1
    assert core.database.read_now(lambda tx: modelwindows.used(tx, MODEL, 101)) == (3, 30)


async def test_tokens_are_guessed_before_and_put_right_after(core: Core) -> None:
    moment = 100 * MINUTE
    budget = Budget(core, tokens_per_minute=1000, now=lambda: moment)
    assert await passed(budget, 5, tokens=400) == 2
    await budget.after(cost(0, moment, tokens=50), 400)
    assert await passed(budget, 5, tokens=400) == 1
    moment += MINUTE
    assert await passed(budget, 2, tokens=5000) == 1  # else a large request could never be made


def _in_a_process(url: str, folder: str, results: Any) -> None:
    database = open_database(url)
    core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())
    results.put(asyncio.run(passed(Budget(core, requests_per_minute=25, now=lambda: 7 * MINUTE), 20)))
    database.close()


@pytest.mark.server
def test_processes_share_a_minute(any_url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    those = [context.Process(target=_in_a_process, args=(any_url, str(tmp_path), results)) for _ in range(2)]
    for each in those:
        each.start()
    let = [results.get(timeout=60) for _ in those]
    for each in those:
        each.join(60)
    assert sum(let) == 25


def test_threads_share_a_minute(core: Core) -> None:
    let: list[int] = []

    def work() -> None:
        let.append(asyncio.run(passed(Budget(core, requests_per_minute=30, now=lambda: 7 * MINUTE), 10)))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(let) == 30


async def test_the_month_has_a_cap_and_a_new_month_begins_at_nothing(core: Core) -> None:
    moment = from_datetime(datetime(2026, 3, 31, 23, 50, tzinfo=UTC))
    await core.write(lambda tx: model_calls.add(tx, cost(4.0, moment - 40 * 24 * 60 * MINUTE), task_id=None))
    await core.write(lambda tx: model_calls.add(tx, cost(1.5, moment - 60 * MINUTE), task_id=None))
    budget = Budget(core, monthly_usd=2.0, now=lambda: moment)
    await budget.before(MODEL, 10)
    await budget.after(cost(0.5, moment), 10)  # seen at once by the process that spent it
    with pytest.raises(ModelFailed, match=REACHED) as failed:
        await budget.before(MODEL, 10)
    assert (failed.value.transient, failed.value.outcome, failed.value.again_in) == (False, "spending-cap", None)
    moment += 11 * MINUTE
    await budget.before(MODEL, 10)
    assert modelchoices.month_of(moment) == from_datetime(datetime(2026, 4, 1, tzinfo=UTC))


async def test_another_process_sees_what_was_spent(core: Core) -> None:
    moment = now()
    budget = Budget(core, monthly_usd=2.0, now=lambda: moment)
    await budget.before(MODEL, 10)
    await core.write(lambda tx: model_calls.add(tx, cost(3.0), task_id=None))
    moment += 2_000_000
    with pytest.raises(ModelFailed, match=REACHED):
        await budget.before(MODEL, 10)


async def test_a_long_month_is_summed_up_once_and_nothing_of_it_is_lost(core: Core) -> None:
    moment = from_datetime(datetime(2026, 3, 10, tzinfo=UTC))

    async def spend(usd: float, at: int) -> None:
        await core.write(partial(model_calls.add, call=cost(usd, at), task_id=None))

    for days in (1, 5, 9, 20):
        await spend(1.0, moment - days * 24 * 60 * MINUTE)
    budget = Budget(core, monthly_usd=5.0, now=lambda: moment)
    await budget.before(MODEL, 10)
    for _ in range(4):  # another process spends, every half hour, and tells of it a while later
        moment += 30 * MINUTE
        await spend(0.4, moment - 10 * MINUTE)
        await budget.before(MODEL, 10)
    moment += 30 * MINUTE
    await spend(0.4, moment - 10 * MINUTE)
    with pytest.raises(ModelFailed, match=REACHED):
        await budget.before(MODEL, 10)


async def test_models_stop_politely_at_the_cap_and_the_built_in_one_goes_on(core: Core) -> None:
    given = {MODEL: scripted(answer())}
    await core.write(lambda tx: model_calls.add(tx, cost(3.0), task_id=None))
    gate = Budget(core, monthly_usd=2.0)
    asked = Models(
        {"judge": (), "work": (MODEL, "scripted:two")}, given={**given, "scripted:two": given[MODEL]}, gate=gate
    )
    with pytest.raises(ModelFailed) as failed:
        await asked.ask(question())
    assert (failed.value.text, failed.value.transient, failed.value.outcome) == (REACHED, False, "spending-cap")
    assert failed.value.calls == ()
    asked = Models({"judge": (), "work": (MODEL, "rules")}, given=given, gate=gate)
    assert (await asked.ask(question())).model == "rules"


async def test_a_model_out_of_budget_is_followed_by_the_next_before_the_run_and_waited_for_within_it(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, slept = 100 * MINUTE, []  # type: int, list[float]

    async def sleep(seconds: float) -> None:
        nonlocal moment
        slept.append(seconds)
        moment += MINUTE

    monkeypatch.setattr("mailwright.agents.models.recording.asyncio.sleep", sleep)
    gate = Budget(core, requests_per_minute=1, now=lambda: moment)
    given = {
        MODEL: scripted(call("look_up", word="mail"), answer("one")),
        "scripted:two": scripted(call("look_up", word="mail"), answer("two")),
    }
    asked = Models({"judge": (), "work": (MODEL, "scripted:two")}, given=given, gate=gate)
    assert (await asked.ask(question(tool(definition)))).value == Answer(text="one")
    assert slept == [60.0]
    asked = Models({"judge": (), "work": (MODEL, "scripted:two")}, given=given, gate=gate)
    reply = await asked.ask(question())  # its minute is used up, and nothing has begun: the next is asked
    assert (reply.model, len(slept)) == ("scripted:two", 2)
    asked = Models({"judge": (), "work": (MODEL,)}, given=given, gate=gate)
    await asked.ask(question())  # there is no other: it waits
    await asked.ask(question())
    assert len(slept) >= 3
