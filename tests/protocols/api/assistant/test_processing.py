"""Processing on demand over HTTP: one mail, or all of a span of time, and that nobody reaches anybody else's."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, accounts, assistants, domains, stops, tasks
from mailwright.core.processing import Desk
from mailwright.domain.clock import DAY, HOUR, now, to_iso
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.domain.triage import Category
from mailwright.storage import Tx, assignments, connections, triage
from mailwright.storage import tasks as task_rows
from mailwright.storage.audit import SYSTEM
from tests.protocols.api.assistant.mails import (
    ADA,
    BASHIR,
    CHEN,
    Workers,
    connection_of,
    elsewhere,
    judge,
    mail,
    process,
    settle,
    switch_on,
)
from tests.protocols.api.people import PASSWORD, Browser, MakeBrowser, give_password

# --- one mail -------------------------------------------------------------------------------------------------------


async def test_a_mail_is_processed_once_and_answered_with_its_task(core: Core, ada: Browser, workers: Workers) -> None:
    email_id = await mail(core)
    made = await process(ada, email_id)
    assert made.status_code == 201
    task = made.json()
    assert task.keys() == {"task_id", "email_id", "status", "created_at"}
    assert (task["email_id"], task["status"]) == (email_id, "pending")
    again = await process(ada, email_id)
    assert (again.status_code, again.json()) == (200, task)
    await settle(core, task["task_id"])
    asked = len(workers.asked)
    done = await process(ada, email_id)
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    assert len(workers.asked) == asked, "what is done is not asked for again"


async def test_what_came_while_the_assistant_was_stopped_is_taken_up_without_force(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]
    await settle(core, task_id, TaskStatus.SKIPPED)
    anew = await process(ada, email_id)
    assert (anew.status_code, anew.json()["task_id"], anew.json()["status"]) == (201, task_id, "pending")
    await judge(core, email_id, Category.INFORMATIONAL)
    await settle(core, task_id, TaskStatus.SKIPPED)
    assert (await process(ada, email_id)).status_code == 200, "it is known what it is"


async def test_force_has_it_done_anew_once_it_is_done(core: Core, ada: Browser, workers: Workers) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]
    running = await process(ada, email_id, force=True)
    assert (running.status_code, running.json()["status"]) == (200, "pending"), "it goes on already"
    await settle(core, task_id)
    anew = await process(ada, email_id, force=True)
    assert (anew.status_code, anew.json()["task_id"], anew.json()["status"]) == (201, task_id, "pending")
    assert workers.asked[-1] == ((email_id,), True, False)


@pytest.mark.parametrize("state", ["edited", "sent"])
async def test_a_draft_that_is_its_owners_is_not_written_anew(core: Core, ada: Browser, state: str) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]
    await settle(core, task_id)
    await judge(core, email_id, draft_state=state, draft_id=new_id())
    for path, body in (
        ("/api/process-email", {"email_id": email_id, "force_reprocess": True}),
        (f"/api/assistant/items/{email_id}/redraft", None),
        (f"/api/assistant/items/{email_id}/discard", None),
    ):
        refused = await ada.post(path, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "draft_edited")


async def test_a_task_tells_how_far_it_is(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]

    async def told() -> dict[str, Any]:
        found: dict[str, Any] = (await ada.get(f"/api/task-status/{task_id}")).json()
        return found

    first = await told()
    assert (first["status"], first["stage"], first["completed_at"], first["ai_response"]) == (
        "pending",
        "queued",
        None,
        None,
    )
    assert first["correlation_id"] == "c-17"
    await core.write(lambda tx: tasks.start_attempt(tx, task_id, Stage.CLASSIFY, attempt=1))
    assert [(found := await told())["status"], found["stage"]] == ["processing", "queued"]
    await judge(core, email_id)
    await core.write(lambda tx: tasks.enter(tx, task_id, Stage.GENERATE))
    found = await told()
    assert (found["stage"], found["ai_response"]["category"]) == ("classified", "needs_reply")
    assert found["ai_response"]["generated_reply"] is None
    await core.write(lambda tx: task_rows.add_snapshot(tx, task_id, '{"text":"On Monday."}', now()))
    await core.write(lambda tx: tasks.enter(tx, task_id, Stage.DRAFT))
    assert (await told())["stage"] == "reply_generated"
    await judge(core, email_id, draft_state="made", draft_id="r-1")
    result = {"model": "rules"}
    await core.write(lambda tx: tasks.finish(tx, task_id, TaskStatus.COMPLETE, because="a draft", result=result))
    found = await told()
    assert (found["status"], found["stage"]) == ("completed", "draft_created")
    assert found["completed_at"]
    assert found["ai_response"] == {
        "category": "needs_reply",
        "confidence": 0.93,
        "because": "it asks when you can come",
        "generated_reply": "On Monday.",
        "draft_id": "r-1",
        "model": "rules",
    }


@pytest.mark.parametrize(
    ("status", "word"),
    [(TaskStatus.FAILED, "failed"), (TaskStatus.SKIPPED, "skipped"), (TaskStatus.CANCELLED, "skipped")],
)
async def test_every_end_has_its_word(core: Core, ada: Browser, status: TaskStatus, word: str) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]
    await settle(core, task_id, status)
    assert (await ada.get(f"/api/task-status/{task_id}")).json()["status"] == word


async def test_the_draft_here_is_told_as_it_is_now(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    task_id = (await process(ada, email_id)).json()["task_id"]
    draft_id = await mail(core, role="drafts", text="As I said: on Tuesday.")
    await settle(core, task_id)
    await judge(core, email_id, draft_state="edited", draft_id=draft_id)
    found = (await ada.get(f"/api/task-status/{task_id}")).json()
    assert found["ai_response"]["generated_reply"].strip() == "As I said: on Tuesday."


async def test_what_one_wrote_oneself_is_not_processed(core: Core, ada: Browser) -> None:
    for role in ("sent", "drafts"):
        refused = await process(ada, await mail(core, role=role))
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_input")


async def test_an_assistant_that_is_off_or_stopped_says_so(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    account = await core.read(lambda tx: accounts.find(tx, ADA))
    await core.write(lambda tx: stops.engage(tx, "user", account.id, because="a holiday", by=SYSTEM))
    refused = await process(ada, email_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "stopped")
    assert "a holiday" in refused.text
    await core.write(lambda tx: stops.release(tx, "user", account.id, by=SYSTEM))
    await core.write(lambda tx: assistants.change(tx, core, account, by=SYSTEM, own_mailbox=False))
    assert (await process(ada, email_id)).json()["error"]["code"] == "assistant_off"
    await core.write(lambda tx: assistants.switch_off(tx, core, account, by=SYSTEM))
    for path, body in (
        ("/api/process-email", {"email_id": email_id}),
        ("/api/process-email/bulk", {"from": "2020-01-01"}),
        ("/api/assistant/style/learn", None),
    ):
        refused = await ada.post(path, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "assistant_off")


async def test_mail_of_a_connected_account_goes_by_the_id_it_has_there(core: Core, ada: Browser) -> None:
    connection = connection_of(core)
    known = await core.write(lambda tx: elsewhere(tx, connection, "18c2f00000000000"))
    made = await process(ada, "18c2f00000000000")
    assert (made.status_code, made.json()["email_id"]) == (201, known)
    assert (await process(ada, known)).status_code == 200, "or by the id it has here"
    brought = await process(ada, "18c2f00000000001")
    assert brought.status_code == 201, "nothing has told of it yet"
    assert (await process(ada, "18c2f00000000009")).status_code == 404
    await core.write(lambda tx: connections.update(tx, connection.id, now=now(), enabled=False))
    refused = await process(ada, "18c2f00000000000", force=True)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "assistant_off")


async def test_without_workflows_it_is_tried_later(core: Core, browser: MakeBrowser) -> None:
    switch_on(core, ADA)
    someone = browser()
    await someone.sign_in(ADA)
    refused = await process(someone, await mail(core))
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "try_later")


# --- whose mail it is -----------------------------------------------------------------------------------------------


async def test_nobody_elses_mail_is_reached(core: Core, ada: Browser, browser: MakeBrowser, workers: Workers) -> None:
    """Not another person, not support, not an admin, not somebody of another tenant, nobody without a session."""

    def more(tx: Tx) -> None:
        domains.add(tx, "elsewhere.test", tenant="elsewhere")
        accounts.add_user(tx, core, "support@mailwright.test", role="support")
        accounts.add_user(tx, core, "admin@mailwright.test", role="admin", operator=True)
        accounts.add_user(tx, core, "eve@elsewhere.test", role="admin")

    core.database.write_now(more)
    email_id, untouched = await mail(core), await mail(core)
    connection = connection_of(core)
    await core.write(lambda tx: elsewhere(tx, connection, "18c2f00000000000"))
    task_id = (await process(ada, email_id)).json()["task_id"]
    await judge(core, email_id, draft_state="made", draft_id=new_id())
    rule = (await ada.post("/api/assistant/rules", json={"sender": CHEN, "category": "spam"})).json()
    await ada.change("PUT", f"/api/assistant/vips/{CHEN}")
    for email in (BASHIR, "support@mailwright.test", "admin@mailwright.test", "eve@elsewhere.test"):
        give_password(core, email)
        switch_on(core, email)
        person = browser(desk=Desk(lambda: workers))
        assert (await person.sign_in(email)).status_code == 200
        for name in (email_id, untouched, "18c2f00000000000", connection.id):
            assert (await process(person, name, force=True)).status_code == 404
        for method, path, body in (
            ("GET", f"/api/task-status/{task_id}", None),
            ("GET", f"/api/assistant/items/{email_id}", None),
            ("POST", f"/api/assistant/items/{email_id}/correct", {"category": "spam"}),
            ("POST", f"/api/assistant/items/{email_id}/redraft", None),
            ("POST", f"/api/assistant/items/{email_id}/discard", None),
            ("PATCH", f"/api/assistant/rules/{rule['id']}", {"enabled": False}),
            ("DELETE", f"/api/assistant/rules/{rule['id']}", None),
            ("DELETE", f"/api/assistant/vips/{CHEN}", None),
            ("GET", f"/api/assistant/items?connection={connection.id}", None),
            ("POST", "/api/process-email/bulk", {"from": "2020-01-01", "connection": connection.id}),
        ):
            assert (await person.change(method, path, json=body)).status_code == 404, (email, method, path)
        assert (await person.get("/api/assistant/items")).json()["items"] == []
        assert (await person.get("/api/assistant/rules")).json()["rules"] == []
        assert (await person.get("/api/assistant/vips")).json()["vips"] == []
        assert (await person.get("/api/assistant/summary")).json()["connections"] == []
        asked = len(workers.asked)
        await person.post("/api/process-email/bulk", json={"from": "2020-01-01", "force_reprocess": True})
        assert len(workers.asked) == asked
    nobody = browser(desk=Desk(lambda: workers))
    assert (await process(nobody, email_id)).status_code == 401
    assert (await nobody.get(f"/api/task-status/{task_id}")).status_code == 401
    item = await core.read(lambda tx: triage.by_id(tx, email_id))
    assert item is not None
    assert (item.category, item.draft_state) == ("needs_reply", "made")


async def test_a_task_of_another_agent_is_not_the_assistants(core: Core, ada: Browser) -> None:
    def write(tx: Tx) -> str:
        account = accounts.find(tx, ADA)
        agent = accounts.add_agent(tx, core, "main@mailwright.test", display_name="Mini Mouse")
        made = assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=["send"])
        assert made is not None
        return tasks.create(
            tx,
            tenant_id=account.tenant_id,
            agent="employee",
            assignment_id=made,
            message_id=new_id(),
            correspondent=ADA,
            user_id=account.id,
        ).id

    task_id = await core.write(write)
    assert (await ada.get(f"/api/task-status/{task_id}")).status_code == 404


async def test_a_program_reads_corrects_and_asks_and_chooses_nothing(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    signed = {"auth": (ADA, PASSWORD)}
    made = await ada.http.post("/api/process-email", json={"email_id": email_id}, **signed)
    assert made.status_code == 201
    corrected = await ada.http.post(
        f"/api/assistant/items/{email_id}/correct", json={"category": "informational"}, **signed
    )
    assert corrected.json()["category"] == "informational"
    for method, path, body in (
        ("PATCH", "/api/assistant/settings", {"drafts": False}),
        ("POST", "/api/assistant/rules", {"sender": CHEN, "category": "spam"}),
        ("PUT", f"/api/assistant/vips/{CHEN}", None),
        ("PUT", "/api/assistant/style", {"note": "Short."}),
        ("DELETE", "/api/assistant/style", None),
    ):
        ada.http.cookies.clear()
        assert (await ada.http.request(method, path, json=body, **signed)).status_code == 403


async def test_another_site_asks_for_nothing(core: Core, ada: Browser) -> None:
    email_id = await mail(core)
    body = {"email_id": email_id}
    assert (await ada.http.post("/api/process-email", json=body)).status_code == 403
    cross = await ada.post("/api/process-email", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403


# --- many mails -----------------------------------------------------------------------------------------------------


async def test_a_span_of_time_is_processed_behind_what_has_just_come(
    core: Core, ada: Browser, workers: Workers
) -> None:
    noon = now() - 10 * DAY
    ids = [await mail(core, received_at=noon + hour * HOUR) for hour in range(4)]
    await mail(core, received_at=noon - DAY)
    await mail(core, received_at=noon, role="sent")
    await mail(core, received_at=noon, role="junk")
    wanted = {"from": to_iso(noon), "to": to_iso(noon + 3 * HOUR)}
    made = await ada.post("/api/process-email/bulk", json=wanted)
    assert made.status_code == 202
    found = made.json()
    assert (found["accepted"], found["skipped"], found["next_to"]) == (3, 0, None)
    assert [each["email_id"] for each in found["tasks"]] == [ids[2], ids[1], ids[0]]
    assert {each["status"] for each in found["tasks"]} == {"pending"}
    assert all(bulk for _, _, bulk in workers.asked)
    again = (await ada.post("/api/process-email/bulk", json=wanted)).json()
    assert (again["accepted"], again["skipped"]) == (0, 3)


async def test_one_call_takes_so_many_and_says_where_the_next_begins(core: Core, ada: Browser) -> None:
    begin = now() - 10 * DAY
    ids = [await mail(core, received_at=begin + minute * 60_000_000) for minute in range(12)]
    found, to = [], to_iso(now())
    for _ in range(5):
        answer = (
            await ada.post("/api/process-email/bulk", json={"from": to_iso(begin), "to": to, "force_reprocess": True})
        ).json()
        found += [each["email_id"] for each in answer["tasks"]]
        if answer["next_to"] is None:
            break
        assert answer["accepted"] + answer["skipped"] == 5
        to = answer["next_to"]
    assert sorted(set(found)) == sorted(ids)


async def test_force_leaves_out_what_goes_on_and_what_is_its_owners(core: Core, ada: Browser, workers: Workers) -> None:
    done, edited, running = [await mail(core) for _ in range(3)]
    for email_id in (done, edited, running):
        task_id = (await process(ada, email_id)).json()["task_id"]
        if email_id != running:
            await settle(core, task_id)
    await judge(core, edited, draft_state="edited", draft_id=new_id())
    answer = await ada.post("/api/process-email/bulk", json={"from": "2020-01-01", "force_reprocess": True})
    assert (answer.json()["accepted"], answer.json()["skipped"]) == (1, 2)
    assert workers.asked[-1] == ((done,), True, True)


async def test_a_span_is_narrowed_to_a_category_and_an_account(core: Core, ada: Browser) -> None:
    connection = connection_of(core)
    here = [await mail(core) for _ in range(2)]
    there = await core.write(lambda tx: elsewhere(tx, connection, "18c2f00000000000"))
    for email_id in here:
        await settle(core, (await process(ada, email_id)).json()["task_id"])
    await judge(core, here[0], Category.SPAM)
    await judge(core, here[1])
    await judge(core, there, Category.SPAM)

    async def asked(**more: str) -> list[str]:
        body = {"from": "2020-01-01", "force_reprocess": True, **more}
        answer = await ada.post("/api/process-email/bulk", json=body)
        assert answer.status_code == 202
        found = [each["email_id"] for each in answer.json()["tasks"]]
        for each in answer.json()["tasks"]:
            await settle(core, each["task_id"])
        return sorted(found)

    assert await asked() == sorted([*here, there])
    assert await asked(category="spam") == sorted([here[0], there])
    assert await asked(connection="mailbox") == sorted(here)
    assert await asked(connection=connection.id) == [there]
    assert await asked(connection=connection.id, category="needs_reply") == []


async def test_a_span_that_is_none_is_refused(ada: Browser) -> None:
    for body, status in (
        ({}, 422),
        ({"from": "yesterday"}, 422),
        ({"from": "2026-01-02", "to": "2026-01-01"}, 400),
        ({"from": "2026-01-01", "category": "holiday"}, 422),
        ({"from": "2026-01-01", "connection": "x"}, 404),
        ({"from": "2026-01-01", "connection": "\x00"}, 422),
    ):
        assert (await ada.post("/api/process-email/bulk", json=body)).status_code == status, body
