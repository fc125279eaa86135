"""What operators' scripts call: failed tasks and messages, what happened to them, and once more; with the rights of administration."""

import httpx
import pytest

from mailwright.core import Core, accounts, tasks
from mailwright.core.followups import changing, making
from mailwright.core.followups.making import NewFollowup
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.followups import Action
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, assignments
from mailwright.storage.followups import Followup
from tests.protocols.api.admin.conftest import ELSEWHERE, HOME, Desk, Sit, things


async def ask(desk: Desk, method: str, path: str) -> httpx.Response:
    return await desk.http.request(method, path, headers={"X-CSRF-Token": desk.csrf})


@pytest.fixture
def failed(core: Core) -> Followup:
    """A follow-up of a user at home whose reminder could not be sent."""

    def make(tx: Tx) -> Followup:
        agent = accounts.add_agent(tx, core, f"concierge@{HOME}", display_name="Concierge")
        assignments.add(tx, agent.tenant_id, making.AGENT, agent.id, grants=("read", "reply"))
        owner = accounts.find(tx, f"user@{HOME}")
        new = NewFollowup(
            what="Call the clinic about the results", who="", context="", action=Action.REMIND, phrase="", zone="UTC", readings=(),
            rule="", language="en", waits_for="", waits_from="", due_at=clock.now() + HOUR, question=False,
        )  # fmt: skip
        made = making.add(tx, core, owner, new, key="one")
        changing.take(tx, [changing.held(tx, made.id)])
        return changing.fail(tx, core, made.id, because="it could not be sent", error="the service said no")

    return core.database.write_now(make)


async def test_failed_follow_ups_are_listed_told_and_tried_again(core: Core, sit: Sit, failed: Followup) -> None:
    for role in ("support", "admin", "operator"):
        desk = await sit(role)
        listed = await ask(desk, "GET", "/admin/tasks/failed")
        [task] = [each for each in listed.json()["tasks"] if each["id"] == failed.id]
        assert (task["agent"], task["status"], task["last_error"]) == ("concierge", "failed", "the service said no")
        told = (await ask(desk, "GET", f"/admin/tasks/{failed.id}/events")).json()
        assert [each["status"] for each in told["events"]][-3:] == ["pending", "due", "failed"]
        assert "clinic" not in listed.text + str(told)
    support = await sit("support")
    again = await ask(support, "POST", f"/admin/tasks/{failed.id}/retry")
    assert (again.status_code, again.json()["status"]) == (200, "waiting")
    assert core.database.read_now(lambda tx: making.found(tx, failed.id)).status.value == "pending"
    assert (await ask(support, "POST", f"/admin/tasks/{failed.id}/retry")).status_code == 409


async def test_the_longest_page_is_not_the_last(core: Core, sit: Sit, failed: Followup) -> None:
    def more(tx: Tx) -> None:
        known = tasks.get(tx, failed.id)
        for _ in range(200):
            made = tasks.create(
                tx,
                tenant_id=known.tenant_id,
                agent=known.agent,
                assignment_id=known.assignment_id,
                message_id=new_id(),
                correspondent=known.correspondent,
                user_id=known.user_id,
                correlation_id="",
            )
            tasks.finish(tx, made.id, TaskStatus.FAILED, because="it failed", error="it failed")

    await core.write(more)
    desk = await sit("support")
    first = (await ask(desk, "GET", "/admin/tasks/failed?limit=200")).json()
    rest = (await ask(desk, "GET", f"/admin/tasks/failed?limit=200&cursor={first['next']}")).json()
    assert len(first["tasks"]) == 200
    assert ([each["id"] for each in rest["tasks"]], rest["next"]) == ([failed.id], None)


async def test_only_those_who_look_after_the_server_and_only_their_tenant(sit: Sit, failed: Followup) -> None:
    ways = [
        ("GET", "/admin/tasks/failed"),
        ("GET", f"/admin/tasks/{failed.id}/events"),
        ("POST", f"/admin/tasks/{failed.id}/retry"),
        ("GET", "/admin/outbox/failed"),
        ("POST", f"/admin/outbox/{new_id()}/retry"),
    ]
    for role, status in ((None, 401), ("user", 403), ("guest", 403)):
        desk = await sit(role)
        for method, path in ways:
            assert (await ask(desk, method, path)).status_code == status, (role, path)
    stranger = await sit("admin", ELSEWHERE)
    assert (await ask(stranger, "GET", "/admin/tasks/failed")).json()["tasks"] == []
    assert (await ask(stranger, "GET", f"/admin/tasks/{failed.id}/events")).status_code == 404
    assert (await ask(stranger, "POST", f"/admin/tasks/{failed.id}/retry")).status_code == 404


async def test_failed_messages_are_listed_and_tried_again(core: Core, sit: Sit) -> None:
    mine = await things(core, HOME)
    desk = await sit("support")
    listed = (await ask(desk, "GET", "/admin/outbox/failed")).json()["items"]
    assert mine.failed in [each["id"] for each in listed]
    again = await ask(desk, "POST", f"/admin/outbox/{mine.failed}/retry")
    assert (again.status_code, again.json()["status"]) == (200, "queued")


async def test_old_texts_are_removed_at_once_by_operators_alone(core: Core, sit: Sit, failed: Followup) -> None:
    core.database.write_now(lambda tx: changing.complete(tx, core, failed.id, by=None, because="done"))
    operator, admin = await sit("operator"), await sit("admin")
    assert (await ask(admin, "POST", "/admin/retention/redact")).status_code == 403
    young = await ask(operator, "POST", "/admin/retention/redact")
    assert (young.status_code, young.json()) == (200, {"redacted": 0, "skipped": 0})
    object.__setattr__(core.settings, "followups_kept", -HOUR)  # what ended just now is old
    found = (await ask(operator, "POST", "/admin/retention/redact")).json()
    assert found["redacted"] >= 1
    assert core.database.read_now(lambda tx: making.found(tx, failed.id)).what == ""
