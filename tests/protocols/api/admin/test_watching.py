"""Audit, outbox, dead letters, status, figures and traces: what those who look after the server see, of whom, and never what mail says."""

from __future__ import annotations

from typing import Any

from mailwright.core import Core, accounts, appending, mailboxes
from mailwright.core.accept import accept
from mailwright.core.appending import Item
from mailwright.domain.clock import DAY, SECOND, now
from mailwright.domain.envelope import Origin, Verdict
from mailwright.domain.ids import first_id_at, new_id
from mailwright.storage import Tx, audit, dead_letters, events, model_calls, searching, workers
from mailwright.storage.model_calls import ModelCall
from tests.core.conftest import envelope, letter
from tests.protocols.api.admin.conftest import ELSEWHERE, HOME, Desk, Sit, things

SECRET = "the merger with Globex"


async def _all(desk: Desk, path: str, key: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await desk.get(path, params={**asked, "cursor": cursor})
        found += page[key]
        cursor = page["next"]
    return found


# --- audit ----------------------------------------------------------------------------------------------------------


async def test_the_trail_is_narrowed_by_actor_action_resource_and_time(core: Core, sit: Sit) -> None:
    desk = await sit("support")
    began = now()
    tenant = desk.account.tenant_id if desk.account else ""

    def write(tx: Tx) -> None:
        for number in range(5):
            audit.record(
                tx, actor="bashir@mailwright.test", action="note.made", resource=f"n{number}", tenant_id=tenant
            )
        audit.record(tx, actor="chen@mailwright.test", action="note.lost", resource="n1", tenant_id=tenant)

    await core.write(write)
    found = await _all(desk, "/audit", "events", action="note.", limit=2)
    assert [one["resource"] for one in found] == ["n1", "n4", "n3", "n2", "n1", "n0"]
    assert len(await _all(desk, "/audit", "events", actor="bashir@mailwright.test")) == 5
    assert len(await _all(desk, "/audit", "events", action="note.", resource="n1")) == 2
    later = (await desk.get("/audit", params={"from": "2999-01-01T00:00:00+02:00"}))["events"]
    assert later == []
    assert await _all(desk, "/audit", "events", action="note.", to="1999-01-01T00:00:00Z") == []
    assert now() > began


async def test_a_rare_action_does_not_read_the_whole_trail_at_once(core: Core, sit: Sit, monkeypatch: Any) -> None:
    monkeypatch.setattr("mailwright.core.administration.auditing.LOOKED_AT", 10)
    desk = await sit("operator")

    def write(tx: Tx) -> None:
        audit.record(tx, actor="a", action="rare")
        for _ in range(35):
            audit.record(tx, actor="a", action="usual")

    await core.write(write)
    first = await desk.get("/audit", params={"action": "rare"})
    assert (first["events"], first["next"] is None) == ([], False)
    assert [one["action"] for one in await _all(desk, "/audit", "events", action="rare")] == ["rare"]


# --- queues ---------------------------------------------------------------------------------------------------------


async def test_support_retries_what_failed_or_waits_and_nothing_that_is_held(core: Core, sit: Sit) -> None:
    desk, mine = await sit("support"), await things(core)
    answer = (await desk.ask("POST", f"/outbox/{mine.failed}/retry")).json()
    assert (answer["status"], answer["attempts"], answer["message_id"]) == ("queued", 0, f"<{mine.number}@{HOME}>")
    assert (await desk.get("/dead-letters"))["dead_letters"] == []
    assert (await desk.ask("POST", f"/outbox/{mine.queued}/retry")).status_code == 400

    def waits(tx: Tx) -> None:
        tx.execute(
            "UPDATE outbox SET attempts = 2, next_attempt_at = ? WHERE id = ?", (now() + 3600 * SECOND, mine.queued)
        )

    await core.write(waits)
    answer = (await desk.ask("POST", f"/outbox/{mine.queued}/retry")).json()
    assert (answer["status"], answer["attempts"]) == ("queued", 2)
    due = core.database.read_now(
        lambda tx: tx.scalar("SELECT next_attempt_at FROM outbox WHERE id = ?", (mine.queued,))
    )
    assert due <= now()
    trail = [one["action"] for one in await _all(desk, "/audit", "events", resource=mine.queued)]
    assert trail == ["outbox.retried"]
    operator = await sit("admin")
    assert (await operator.ask("POST", f"/outbox/{mine.queued}/cancel")).json()["status"] == "cancelled"
    assert (await operator.ask("POST", f"/outbox/{mine.queued}/cancel")).status_code == 400


async def test_the_outbox_is_listed_by_status_and_recipient_while_rows_are_added(core: Core, sit: Sit) -> None:
    desk = await sit("operator")
    for _ in range(3):
        await things(core)
    page = await desk.get("/outbox", params={"limit": 4})
    await things(core)
    rest = await desk.get("/outbox", params={"limit": 4, "cursor": page["next"]})
    ids = [one["id"] for one in (*page["items"], *rest["items"])]
    assert len(ids) == len(set(ids)) == 6
    assert len(await _all(desk, "/outbox", "items", status="failed")) == 4
    assert {one["recipient"] for one in await _all(desk, "/outbox", "items", recipient="TWO@")} == {"two@example.net"}


async def test_a_dead_letter_tells_why_and_quotes_no_mail(core: Core, sit: Sit) -> None:
    desk, mine = await sit("support"), await things(core)
    tenant = mine.tenant

    def bury(tx: Tx) -> None:
        facts = {"kind": "MessageDelivered", "key": "k", "payload": {"user_id": mine.user, "subject": SECRET}}
        for error in (f"ValueError: cannot read '{SECRET}'", "TryLater: the disk is full"):
            dead_letters.add(
                tx, source="event", name="index", reference=new_id(), payload=facts, error=error, attempts=3
            )
        dead_letters.add(
            tx,
            source="workflow",
            name="employee",
            reference="employee:1",
            payload={"args": ["1", 1], "tenant": tenant, "status": "failed"},
            error=f"could not answer {SECRET}",
            attempts=3,
        )
        dead_letters.add(tx, source="event", name="index", reference="9", payload={}, error="KeyError: 'x'", attempts=3)

    await core.write(bury)
    found = await _all(desk, "/dead-letters", "dead_letters")
    assert SECRET not in str(found)
    assert [one["error"] for one in found] == [
        "an error; the logs have its text",
        "TryLater: the disk is full",
        "ValueError (the logs have its text)",
        "550 5.1.1 no such user",
    ]
    assert found[-1]["facts"]["recipient"] == "one@example.net"
    assert len(await _all(await sit("operator"), "/dead-letters", "dead_letters")) == 5  # and the one that is nobody's
    assert len(await _all(desk, "/dead-letters", "dead_letters", source="workflow")) == 1

    answer = await desk.ask("POST", f"/dead-letters/{mine.letter}/replay")
    assert answer.json()["replayed_at"] is not None
    assert (await desk.ask("POST", f"/dead-letters/{mine.letter}/replay")).status_code == 400
    assert len(await _all(desk, "/dead-letters", "dead_letters", replayed="true")) == 4
    assert [one["action"] for one in await _all(desk, "/audit", "events", action="dead-letter.")] == [
        "dead-letter.replayed"
    ]


async def test_a_dead_letter_shows_where_it_broke_and_may_be_resolved(core: Core, sit: Sit) -> None:
    desk, mine = await sit("support"), await things(core)
    letter_id = await core.write(
        lambda tx: dead_letters.add(
            tx,
            source="workflow",
            name="assistant",
            reference="assistant:1:1",
            payload={"args": ["1", 1, False], "tenant": mine.tenant, "stage": "generate", "transient": True},
            error="ModelFailed: openai:x could not be reached",
            attempts=3,
            trace="mailwright/agents/assistant/generate.py:40 generate",
        )
    )
    [found] = await _all(desk, "/dead-letters", "dead_letters", source="workflow")
    assert (found["trace"], found["error"]) == (
        "mailwright/agents/assistant/generate.py:40 generate",
        "ModelFailed: openai:x could not be reached",
    )
    assert (found["facts"]["stage"], found["facts"]["transient"]) == ("generate", "True")
    assert (await desk.ask("POST", f"/dead-letters/{letter_id}/resolve")).status_code == 403, "support only retries"
    desk = await sit("admin")
    answer = (await desk.ask("POST", f"/dead-letters/{letter_id}/resolve")).json()
    assert answer["resolved_by"]
    assert answer["resolved_at"] is not None
    assert await _all(desk, "/dead-letters", "dead_letters", source="workflow") == []
    assert (await desk.ask("POST", f"/dead-letters/{letter_id}/resolve")).status_code == 400
    assert (await desk.ask("POST", f"/dead-letters/{letter_id}/replay")).status_code == 400
    trail = [one["action"] for one in await _all(await sit("operator"), "/audit", "events", resource=letter_id)]
    assert trail == ["dead-letter.resolved"]


async def test_a_tenants_letters_are_found_behind_many_of_others(core: Core, sit: Sit, monkeypatch: Any) -> None:
    monkeypatch.setattr("mailwright.core.administration.queues.LOOKED_AT", 3)
    mine = await things(core)
    for _ in range(7):
        await things(core, ELSEWHERE)
    found = await _all(await sit("support"), "/dead-letters", "dead_letters")
    assert [one["id"] for one in found] == [mine.letter]


# --- nothing of others ----------------------------------------------------------------------------------------------


async def test_no_list_shows_anything_of_another_tenant(core: Core, sit: Sit) -> None:
    theirs = await things(core, ELSEWHERE)
    other = await sit("admin", ELSEWHERE)
    await other.ask("PATCH", f"/mailboxes/{theirs.mailbox}", json={"retain_days": 3})
    for role in ("support", "admin"):
        desk = await sit(role)
        for path in ("/users", "/aliases", "/audit", "/outbox", "/dead-letters", "/status", "/traffic", "/model-calls"):
            text = str(await desk.get(path))
            for word in (theirs.number, theirs.user, theirs.letter, ELSEWHERE, "/srv/mail"):
                assert word not in text, (role, path)
        for asked in (theirs.email, f"request-{theirs.number}", f"<{theirs.number}@{ELSEWHERE}>", theirs.user):
            assert (await desk.get("/trace", params={"q": asked}))["messages"] == []
    for path in ("/domains", "/retention"):
        assert ELSEWHERE not in str(await (await sit("admin")).get(path))
        assert ELSEWHERE in str(await (await sit("operator")).get(path))


# --- status and figures ---------------------------------------------------------------------------------------------


async def test_the_condition_of_everything_in_one_look(core: Core, sit: Sit) -> None:
    mine, theirs = await things(core), await things(core, ELSEWHERE)

    def live(tx: Tx) -> None:
        workers.sign_in(tx, "worker-1", "host-1", 7, ["all"], now())
        workers.sign_in(tx, "worker-0", "host-0", 7, ["all"], now() - DAY)
        events.claim(tx, "index", "indexers", "me", seconds=10)
        events.append(tx, "MessageDelivered", "k", {})
        for whose in (mine, theirs):
            searching.note_missing(tx, new_id(), whose.user, "it is encrypted")

    await core.write(live)
    found = await (await sit("operator")).get("/status")
    assert [(one["name"], one["online"], one["host"]) for one in found["workers"]] == [
        ("worker-1", True, "host-1"),
        ("worker-0", False, "host-0"),
    ]
    assert [(one["stream"], one["waiting"]) for one in found["groups"]] == [("index", 1)]
    assert found["groups"][0]["oldest_seconds"] >= 0
    assert (found["index"]["missing"], found["outbox"]["failed"], found["outbox"]["queued"]) == (2, 2, 2)
    assert {one["name"] for one in found["checks"]} >= {"database", "consumers", "workers", "disk", "domains"}
    narrow = await (await sit("support")).get("/status")
    assert (narrow["index"]["missing"], narrow["outbox"]["failed"]) == (1, 1)
    assert {one["host"] for one in narrow["workers"]} == {""}
    assert {one["name"] for one in narrow["checks"]} == {"database", "consumers", "workers", "served"}


async def test_the_look_at_the_machine_is_remembered_for_a_while() -> None:
    from mailwright.protocols.api.admin.looking import Remembered

    count = 0

    def looks() -> list[Any]:
        nonlocal count
        count += 1
        return []

    remembered = Remembered(looks)
    assert (list(remembered()), list(remembered()), count) == ([], [], 1)


async def test_model_calls_are_summed_by_day_model_and_purpose(core: Core, sit: Sit) -> None:
    mine, moment = await things(core), now()

    def call(tx: Tx, latency: int, task: str | None = None, at: int = moment, **other: Any) -> None:
        values = {"purpose": "judge", "model": "rules", "outcome": "ok", **other}
        model_calls.add(
            tx,
            ModelCall(**values, input_tokens=10, output_tokens=2, cost_usd=0.25, latency_us=latency, created_at=at),
            task_id=task,
        )  # type: ignore[arg-type]

    def write(tx: Tx) -> None:
        for number in range(1, 101):
            call(tx, number * 1000)
        call(tx, 7_000, outcome="timeout", model="other")
        call(tx, 5_000, at=moment - 40 * DAY)
        task = new_id()
        tx.insert(
            "tasks", id=task, tenant_id=mine.tenant, agent="employee", assignment_id=new_id(), message_id=new_id(),
            status="complete", created_at=moment, updated_at=moment,
        )  # fmt: skip
        call(tx, 9_000, task=task, purpose="work")

    await core.write(write)
    found = (await (await sit("operator")).get("/model-calls"))["days"]
    judged = next(one for one in found if one["model"] == "rules" and one["purpose"] == "judge")
    assert (judged["calls"], judged["failed"], judged["input_tokens"], judged["cost_usd"]) == (100, 0, 1000, 25.0)
    assert (judged["p50_ms"], judged["p95_ms"]) == (50.0, 95.0)
    assert next(one for one in found if one["model"] == "other")["failed"] == 1
    assert len(found) == 3
    assert len((await (await sit("operator")).get("/model-calls?days=90"))["days"]) == 4
    own = (await (await sit("support")).get("/model-calls"))["days"]
    assert [(one["purpose"], one["calls"], one["p95_ms"]) for one in own] == [("work", 1, 9.0)]
    assert (await (await sit("support", ELSEWHERE)).get("/model-calls"))["days"] == []


async def test_traffic_has_every_day_and_does_not_invent_what_is_forgotten(core: Core, sit: Sit) -> None:
    mine = await things(core)
    await accept(core, envelope(f"user@{HOME}"), letter(), Verdict(Origin.STRANGER, None, "a test"))

    def older(tx: Tx) -> None:
        at = now() - 3 * DAY
        row = tx.one("SELECT tenant_id, blob_id FROM outbox WHERE id = ?", (mine.failed,))
        assert row is not None
        tx.insert(
            "outbox", id=first_id_at(at // 1000), tenant_id=row[0], channel="smtp", idempotency_key="old", blob_id=row[1],
            recipient="x@example.org", status="sent", next_attempt_at=at, created_at=at,
        )  # fmt: skip

    await core.write(older)
    days = (await (await sit("support")).get("/traffic?days=90"))["days"]
    assert len(days) == 90
    today = days[-1]
    assert (today["received"], today["failed"], today["waiting"], today["tasks"]) == (1, 1, 1, 0)
    assert days[-4]["sent"] == 1
    assert (days[0]["received"], days[0]["sent"]) == (None, 0)
    assert (await (await sit("support", ELSEWHERE)).get("/traffic?days=1"))["days"][0]["received"] == 0


# --- traces ---------------------------------------------------------------------------------------------------------


async def test_a_message_is_traced_and_support_sees_no_word_of_it(core: Core, sit: Sit) -> None:
    raw = letter(SECRET, message_id="<secret@example.org>", body=SECRET)
    way = envelope(f"user@{HOME}")
    await accept(core, way, raw, Verdict(Origin.STRANGER, None, "nobody vouches for it"))
    admin, support = await sit("admin"), await sit("support")
    user = core.database.read_now(lambda tx: accounts.find(tx, f"user@{HOME}"))
    message_id = core.database.read_now(lambda tx: tx.scalar("SELECT id FROM messages"))
    for asked in (
        "<secret@example.org>",
        "secret@example.org",
        message_id,
        message_id.upper(),
        user.email,
        way.correlation_id,
    ):
        found = (await admin.get("/trace", params={"q": asked}))["messages"]
        assert [(one["id"], one["subject"], one["from"]) for one in found] == [
            (message_id, SECRET, "eve@example.org")
        ], asked
        assert [step["stage"] for step in found[0]["steps"]][:2] == ["received", "filed"]
        hidden = (await support.get("/trace", params={"q": asked}))["messages"]
        assert [one["id"] for one in hidden] == [message_id]
        assert SECRET not in str(hidden)
    assert (await (await sit("admin", ELSEWHERE)).get("/trace", params={"q": message_id}))["messages"] == []
    assert (await admin.get("/trace", params={"q": "  "}))["messages"] == []


async def test_mail_in_no_mailbox_is_traced_as_long_as_it_is_remembered(core: Core, sit: Sit) -> None:
    mine, admin = await things(core), await sit("admin")
    for asked in (f"request-{mine.number}", f"<{mine.number}@{HOME}>", "one@example.net", "ONE@example.net"):
        found = (await admin.get("/trace", params={"q": asked}))["messages"]
        assert [(one["id"], one["message_id"], one["from"]) for one in found] == [
            (None, f"<{mine.number}@{HOME}>", mine.email)
        ], asked
    assert found[0]["to"] == "one@example.net, two@example.net"
    assert "550 no" in [step["because"] for step in found[0]["steps"]]

    user = core.database.read_now(lambda tx: accounts.find(tx, f"user@{HOME}"))
    work = await core.write(lambda tx: mailboxes.create(tx, user, "Work"))
    await appending.append(core, user, work.id, [Item(letter(SECRET, message_id="<own@example.org>"))])
    [own] = (await admin.get("/trace", params={"q": "own@example.org"}))["messages"]
    assert own["steps"][0]["stage"] == "filed"
