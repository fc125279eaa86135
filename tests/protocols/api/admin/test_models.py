"""Models, for operators: which serve what, how they do, what they cost, and what was sent to them."""

from __future__ import annotations

from mailwright.core import Core, modelchoices
from mailwright.domain.clock import HOUR, now
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, audit, model_calls
from mailwright.storage.model_calls import ModelCall
from tests.protocols.api.admin.conftest import ELSEWHERE, SENT, Sit, things, with_a_call


async def test_an_operator_chooses_other_models_and_goes_back(core: Core, sit: Sit) -> None:
    desk = await sit("operator")
    assert [(one["purpose"], one["models"], one["chosen"]) for one in (await desk.get("/models"))["purposes"]] == [
        ("judge", ["rules"], False),
        ("work", ["openai:m", "rules"], False),
        ("triage", ["rules"], False),
        ("draft", ["rules"], False),
    ]
    answer = await desk.ask("PUT", "/models/judge", json={"models": ["openai:small", "rules"]})
    judge = answer.json()["purposes"][0]
    assert (judge["models"], judge["settings"], judge["chosen"]) == (["openai:small", "rules"], ["rules"], True)
    assert (judge["chosen_by"], judge["chosen_at"] is None) == ("operator@mailwright.test", False)
    assert await core.read(modelchoices.chosen) == {"judge": ("openai:small", "rules")}
    judge = (await desk.ask("DELETE", "/models/judge")).json()["purposes"][0]
    assert (judge["models"], judge["chosen"], judge["chosen_by"]) == (["rules"], False, None)
    assert (await desk.ask("DELETE", "/models/judge")).status_code == 200
    await core.trail.flush()
    noted = core.database.read_now(lambda tx: audit.listing(tx, actor="operator@mailwright.test"))
    assert [(entry.action, entry.resource) for _, entry in noted if entry.action.startswith("models.")] == [
        ("models.reset", "judge"),
        ("models.chosen", "judge: openai:small, rules"),
    ]


async def test_what_a_model_lacks_is_said_when_it_is_chosen(sit: Sit) -> None:
    desk = await sit("operator")
    for models, status, text in (
        (["anthropic:m"], 400, "anthropic:m: there is no key"),
        (["gpt"], 400, "'gpt' should be rules or provider:model, like anthropic:claude-sonnet-4-5"),
        ([" "], 400, "name at least one model"),
        ([], 422, ""),
        ([f"openai:m{n}" for n in range(11)], 422, ""),
        (["openai:" + "m" * 300], 422, ""),
    ):
        answer = await desk.ask("PUT", "/models/work", json={"models": models})
        assert answer.status_code == status, models
        if text:
            assert answer.json()["error"]["message"] == text
    answer = await desk.ask("PUT", "/models/dream", json={"models": ["rules"]})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        404,
        "models have no purpose 'dream'; there are judge, work, triage, draft",
    )
    assert (await desk.get("/models"))["purposes"][1]["chosen"] is False


async def test_how_models_do_and_what_they_cost_is_shown(core: Core, sit: Sit) -> None:
    moment = now()

    def asked(tx: Tx) -> None:
        for outcome, cost in (("ok", 10.0), ("ok", 15.0), ("rate-limited", 0.0)):
            call = ModelCall("work", "openai:m", 100, 20, cost, 2_000, outcome, moment, cached_tokens=60)
            model_calls.add(tx, call, task_id=new_id())
        old = ModelCall("work", "openai:old", 100, 20, 99.0, 2_000, "timeout", moment - 40 * 24 * HOUR)
        model_calls.add(tx, old, task_id=None)

    await core.write(asked)
    desk = await sit("operator")
    found = await desk.get("/models")
    [recent] = found["recent"]
    assert (recent["model"], recent["calls"], recent["failed"]) == ("openai:m", 3, 1)
    assert recent["outcomes"] == {"ok": 2, "rate-limited": 1}
    assert recent["last_ok"] == recent["last_failure"]
    month = found["month"]
    assert (month["spent_usd"], month["limit_usd"], month["reached"]) == (25.0, 25.0, True)
    [day] = (await desk.get("/models/usage"))["days"]
    assert (day["calls"], day["failed"], day["input_tokens"], day["cached_tokens"]) == (3, 1, 300, 180)
    assert (day["output_tokens"], day["cost_usd"], day["p50_ms"], day["p95_ms"]) == (60, 25.0, 2.0, 2.0)


async def test_an_operator_sees_what_was_sent_and_that_is_noted(core: Core, sit: Sit) -> None:
    mine = await with_a_call(core, await things(core, ELSEWHERE))
    desk = await sit("operator")
    [call] = (await desk.get(f"/models/tasks/{mine.task}/calls"))["calls"]
    assert (call["id"], call["has_transcript"], call["model"]) == (mine.call, True, "openai:m")
    found = await desk.get(f"/models/calls/{mine.call}/transcript")
    assert (found["sent"], found["format"], found["status"], found["because"]) == (SENT, "openai-chat", 200, "")
    assert [(turn["role"], turn["text"]) for turn in found["turns"]] == [
        ("system", "Do it."),
        ("user", "the mail of <PERSON_1>"),
    ]
    assert found["answered"] == [{"kind": "text", "text": "done"}]
    await core.trail.flush()
    [(_, newest), *_] = core.database.read_now(lambda tx: audit.listing(tx, actor="operator@mailwright.test"))
    assert (newest.action, newest.resource) == ("transcript.read", mine.call)
    assert (await desk.ask("GET", f"/models/calls/{new_id()}/transcript")).status_code == 404
    assert (await desk.ask("GET", f"/models/tasks/{new_id()}/calls")).status_code == 404
