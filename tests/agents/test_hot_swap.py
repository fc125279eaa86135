"""Other models for a purpose while the server runs, and everything an installation's models keep: through `models_of`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailwright.agents.models import Asker, ModelFailed, Models
from mailwright.agents.models import registry as models_registry
from mailwright.core import Core, CoreSettings, accounts, domains, modelchoices, transcripts
from mailwright.domain.refusals import TryLater
from mailwright.settings import Settings, load
from mailwright.staff import model_premises, models_of
from mailwright.storage import Database, Tx, model_calls, open_blobs
from mailwright.storage.audit import SYSTEM
from tests.agents.test_models_over_the_wire import http
from tests.agents.test_models_over_the_wire import service as service
from tests.agents.test_runs import answer, question, scripted
from tests.agents.test_runs_over_the_wire import Service
from tests.core.test_models import task_of

ONE, TWO = "scripted:one", "scripted:two"


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    return Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings(hostname="mailwright.test"))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of `registry`, in a list of one."""
    moment = [1000.0]

    class Time:
        @staticmethod
        def monotonic() -> float:
            return moment[0]

        @staticmethod
        def monotonic_ns() -> int:
            return int(moment[0] * 1e9)

    monkeypatch.setattr(models_registry, "time", Time)
    return moment


async def test_a_choice_is_followed_within_seconds_and_given_up_again(core: Core, seconds: list[float]) -> None:
    given = {ONE: scripted(answer("one")), TWO: scripted(answer("two"))}
    asked = Models({"judge": (), "work": (ONE,)}, given=given, choices=lambda: core.read(modelchoices.chosen))

    async def text() -> str:
        return (await asked.ask(question())).value.text

    assert await text() == "one"
    await core.write(lambda tx: modelchoices.choose(tx, "work", [TWO], by=SYSTEM))
    assert await text() == "one"  # it looked a moment ago
    seconds[0] += models_registry.LOOK_SECONDS
    assert await text() == "two"
    assert asked.named("work") == (TWO,)
    await core.write(lambda tx: modelchoices.reset(tx, "work", by=SYSTEM))
    seconds[0] += models_registry.LOOK_SECONDS
    assert await text() == "one"


async def test_while_choices_cannot_be_read_the_last_ones_stand(seconds: list[float]) -> None:
    answers: list[Any] = [{"work": (TWO,)}, TryLater("the database is away"), {}]

    async def choices() -> Any:
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    given = {ONE: scripted(answer("one")), TWO: scripted(answer("two"))}
    asked = Models({"judge": (), "work": (ONE,)}, given=given, choices=choices)
    said = []
    for _ in range(3):
        said.append((await asked.ask(question())).model)
        seconds[0] += models_registry.LOOK_SECONDS
    assert said == [TWO, TWO, ONE]


def settings(tmp_path: Path, **values: Any) -> Settings:
    return load(data=tmp_path, model="openai:m", **values)


def complete(text: str) -> bytes:
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "final_result", "arguments": json.dumps({"text": text})},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    whole = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return http("200 OK", json.dumps(whole).encode())


async def test_the_models_of_an_installation_record_keep_budgets_and_follow_choices(
    core: Core, service: Service, tmp_path: Path
) -> None:
    bodies: list[Any] = []

    async def serve(body: bytes) -> bytes:
        bodies.append(json.loads(body))
        return complete("done")

    def people(tx: Tx) -> str:
        domains.add(tx, "mailwright.test", tenant="demo")
        accounts.add_user(tx, core, "ada@mailwright.test")
        agent = accounts.add_agent(tx, core, "main@mailwright.test", display_name="Mini Mouse")
        from mailwright.storage import assignments

        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=[])
        return task_of(tx, "ada")

    task_id = await core.write(people)
    ada = core.database.read_now(lambda tx: accounts.find(tx, "ada@mailwright.test"))
    chosen = settings(tmp_path, model_base_url=await service(serve), model_requests_per_minute=2, model_monthly_usd=5.0)
    asked = models_of(chosen, core)
    who = Asker(ada.tenant_id, ada.id, task_id)
    reply = await asked.ask(question(), who=who)
    recorded = await core.read(lambda tx: model_calls.of_task(tx, task_id))
    assert recorded == list(reply.calls)
    shown = await core.read(lambda tx: transcripts.of_call(tx, ada, recorded[0].id))
    assert [shown.sent] == bodies
    assert [turn.text for turn in shown.turns] == ["Do the task.", "the mail"]
    await core.write(lambda tx: tx.execute("UPDATE model_calls SET cost_usd = 6.0"))
    other = models_of(chosen, core)  # as another process would see it
    with pytest.raises(ModelFailed, match="the monthly limit for models is reached"):
        await other.ask(question(), who=who)
    await core.write(lambda tx: modelchoices.choose(tx, "work", ["openai:m", "rules"], by=SYSTEM))
    third = models_of(chosen, core)
    assert (await third.ask(question(), who=who)).model == "rules"
    assert len(bodies) == 1
    for each in (asked, other, third):
        await each.close()


async def test_nothing_is_kept_where_the_settings_keep_nothing(core: Core, service: Service, tmp_path: Path) -> None:
    async def serve(_body: bytes) -> bytes:
        return complete("done")

    chosen = settings(tmp_path, model_base_url=await service(serve), model_transcripts_kept_days=0)
    asked = models_of(chosen, core)
    reply = await asked.ask(question(), who=Asker("t"))
    assert reply.calls[0].transcript is None
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM model_transcripts")) == 0
    assert core.database.read_now(lambda tx: tx.scalar("SELECT count(*) FROM model_calls")) == 1
    await asked.close()


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("rules", ""),
        ("anthropic:claude-haiku-4-5", "anthropic:claude-haiku-4-5: anthropic is not set up: set ANTHROPIC_API_KEY"),
        ("nobody:x", "nobody:x: 'nobody' is no provider that is known here"),
        ("openrouter:a/b", "openrouter:a/b: openrouter is not set up: set OPENROUTER_API_KEY"),
    ],
)
async def test_what_a_model_lacks_is_known_before_it_is_asked(
    name: str, because: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "MAILWRIGHT_MODEL_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    fit = model_premises(load(data=tmp_path)).fit
    assert fit is not None
    assert await fit(name) == because
    if because:
        monkeypatch.setenv(because.rpartition(" ")[2], "a-key")
        assert (await fit(name) == "") is ("set " in because)
