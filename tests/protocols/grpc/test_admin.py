"""AdminService and ApprovalsService: who may what, what is done and told, and what is refused, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from mailwright.core import approvals, tasks
from mailwright.domain.ids import new_id
from mailwright.domain.tasks import TaskStatus
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.protocols.api.admin import Machine
from mailwright.protocols.grpc.admin import METHODS
from mailwright.storage import Database, Tx
from mailwright.storage.approvals import Approval
from mailwright.storage.tasks import Task
from mailwright.v1 import admin_pb2, admin_places_pb2, admin_queues_pb2, approvals_pb2
from tests.protocols.api.admin.conftest import Things, things
from tests.protocols.grpc.world import Core, World, letter, make_core, opened

FORBIDDEN, MISSING, BAD, AS_IT_IS = (
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
)
NOBODY = "00000000-0000-7000-8000-000000000000"
OF_EVERYBODY = {"ListStops", "EngageStop", "ReleaseStop"}  # one's own switch; the wider ones are in test_permissions


@pytest.fixture
async def world(any_database: Database, tmp_path: Path) -> AsyncIterator[World]:
    """With whoever offers failed tasks and dead letters again."""
    core = make_core(any_database, tmp_path)
    core.settings = replace(core.settings, allow_private_providers=True)  # `things` has one

    async def again(task: Task) -> None:
        await core.write(lambda tx: tasks.requeue(tx, task.id))

    machine = Machine(letters=lambda: DeadLetters(core.database, cast(Any, None)), again=again)
    async with opened(core, machine=machine) as made:
        yield made


async def test_what_administrators_reach(world: World) -> None:
    by = {name: (await world.browser(name)).admin for name in ("ada", "sue", "admin", "boss", "eve")}
    program = world.stubs("admin").admin  # an administrator's, with a password of its own
    made = await things(world.core)
    task_id = await _failed_task(world.core, made)
    for name in METHODS.keys() - OF_EVERYBODY:
        for stub in (by["ada"], program):
            await _refused(_ask(stub, name), FORBIDDEN)

    alias = admin_places_pb2.AddAliasRequest(address="sales@mailwright.test", targets=[made.email])
    policy = admin_places_pb2.MailboxRetention(mailbox_id=made.mailbox, retain_days=7)
    asked: list[tuple[str, Any, bool]] = [  # a call, what it is asked, and whether support may
        ("GetUser", admin_pb2.GetUserRequest(user_id=made.user), True),
        ("ListUserMailboxes", admin_places_pb2.ListUserMailboxesRequest(user_id=made.user), True),
        ("RetryFailedTask", admin_queues_pb2.RetryFailedTaskRequest(task_id=task_id), True),
        ("UpdateUser", admin_pb2.UpdateUserRequest(user_id=made.user, name="Chen Li", quota_bytes=5_000), False),
        ("SetUserPassword", admin_pb2.SetUserPasswordRequest(user_id=made.user, password="a good password"), False),
        ("SignOutUser", admin_pb2.SignOutUserRequest(user_id=made.user), False),
        ("UpdateDomain", admin_pb2.UpdateDomainRequest(name="mailwright.test", retain_days=30), False),
        ("AddAlias", alias, False),
        ("RemoveAlias", admin_places_pb2.RemoveAliasRequest(address=made.alias), False),
        ("UpdateRetention", admin_places_pb2.UpdateRetentionRequest(mailboxes=[policy]), False),
        ("CancelOutboxItem", admin_queues_pb2.CancelOutboxItemRequest(item_id=made.queued), False),
        ("ResolveDeadLetter", admin_pb2.ResolveDeadLetterRequest(dead_letter_id=made.letter), False),
        ("RetryOutboxItem", admin_queues_pb2.RetryOutboxItemRequest(item_id=made.failed), True),
    ]
    for name, request, for_support in asked:
        await _refused(getattr(by["eve"], name)(request), MISSING)  # she administers another tenant
        if not for_support:
            await _refused(getattr(by["sue"], name)(request), FORBIDDEN)
        await getattr(by["sue" if for_support else "admin"], name)(request)
    await _refused(by["sue"].GetRetention(admin_places_pb2.GetRetentionRequest()), FORBIDDEN)
    tenants = (
        ("ListTenants", admin_places_pb2.ListTenantsRequest()),
        ("AddTenant", admin_places_pb2.AddTenantRequest(name="Third")),
        ("UpdateTenant", admin_places_pb2.UpdateTenantRequest(tenant_id=made.tenant, name="Demo")),
    )
    for name, request in tenants:
        await _refused(getattr(by["admin"], name)(request), FORBIDDEN)
        await getattr(by["boss"], name)(request)
    for name, key in (("ListAliases", "aliases"), ("ListOutbox", "items"), ("ListFailedTasks", "tasks")):
        assert not getattr(await _ask(by["eve"], name), key), name
    done = (await _ask(by["sue"], "ListAuditEvents")).events
    assert {"user.renamed", "alias.removed", "outbox.cancelled", "dead-letter.resolved"} <= {e.action for e in done}
    assert not any("mailwright.test" in each.resource for each in (await _ask(by["eve"], "ListAuditEvents")).events)


async def test_what_administrators_do(world: World) -> None:
    admin, boss = (await world.browser("admin")).admin, (await world.browser("boss")).admin
    made = await things(world.core)

    async def changed(**what: Any) -> admin_pb2.User:
        answer = await admin.UpdateUser(admin_pb2.UpdateUserRequest(user_id=made.user, **what))
        return cast(admin_pb2.User, answer.user)

    user = await changed(role="support", quota_bytes=5_000)
    assert (user.role, user.quota_bytes, user.tenant_id, user.name) == ("support", 5_000, made.tenant, "Chen")
    user = await changed(unlimited=True, status="blocked")
    assert (user.role, user.HasField("quota_bytes"), user.status) == ("support", False, "blocked")
    for whom, what, code in (
        (made.user, {"operator": True}, FORBIDDEN),
        (world.account("boss").id, {"name": "Not so"}, FORBIDDEN),
        (world.account("admin").id, {"status": "blocked"}, FORBIDDEN),
        (made.user, {"role": "king"}, BAD),
        (made.user, {"status": "removing"}, BAD),
        (made.user, {"quota_bytes": 1, "unlimited": True}, BAD),
        (made.user, {"quota_bytes": -1}, BAD),
        (made.user, {"name": "\x00"}, BAD),
        (NOBODY, {"name": "Nobody"}, MISSING),
        ("what?", {"name": "Nobody"}, MISSING),
    ):
        await _refused(admin.UpdateUser(admin_pb2.UpdateUserRequest(user_id=whom, **what)), code)

    domain = (
        await admin.UpdateDomain(
            admin_pb2.UpdateDomainRequest(
                name="mailwright.test",
                retain_days=30,
                journal_address="archive@mailwright.test",
                on_failure="quarantine",
            )
        )
    ).domain
    assert (domain.retain_days, domain.journal_address, domain.on_failure) == (
        30, "archive@mailwright.test", "quarantine",
    )  # fmt: skip
    policies = admin_places_pb2.UpdateRetentionRequest(
        domains=[admin_places_pb2.DomainRetention(name="mailwright.test")],
        mailboxes=[admin_places_pb2.MailboxRetention(mailbox_id=made.mailbox, retain_days=7)],
    )
    kept = (await admin.UpdateRetention(policies)).retention
    assert [each.HasField("retain_days") for each in kept.domains if each.name == "mailwright.test"] == [False]
    assert [(each.user, each.retain_days) for each in kept.mailboxes] == [(made.email, 7)]
    policies.domains[0].retain_days = 60
    policies.mailboxes[0].retain_days = 40_000
    await _refused(admin.UpdateRetention(policies), BAD)
    assert (await _ask(admin, "GetRetention")).retention == kept  # all of it, or none
    boxes = await admin.ListUserMailboxes(admin_places_pb2.ListUserMailboxesRequest(user_id=made.user))
    assert [each.retain_days for each in boxes.mailboxes if each.role == "inbox"] == [7]
    for what, code in (
        ({"journal_address": "no address"}, BAD),
        ({"on_failure": "dance"}, BAD),
        ({"name": "\x00"}, BAD),
    ):
        await _refused(admin.UpdateDomain(admin_pb2.UpdateDomainRequest(**{"name": "mailwright.test", **what})), code)

    group = admin_places_pb2.AddAliasRequest(
        address="sales@mailwright.test", targets=["ada@mailwright.test", "zed@example.org"]
    )
    assert (await admin.AddAlias(group)).alias.kind == "group"
    await _refused(admin.AddAlias(group), grpc.StatusCode.ALREADY_EXISTS)
    await _refused(admin.AddAlias(admin_places_pb2.AddAliasRequest(address="empty@mailwright.test")), BAD)
    first = await admin.ListAliases(admin_places_pb2.ListAliasesRequest(page_size=1))
    rest = await admin.ListAliases(admin_places_pb2.ListAliasesRequest(page_token=first.next_page_token))
    assert [each.address for each in [*first.aliases, *rest.aliases]] == [made.alias, "sales@mailwright.test"]
    await _refused(admin.RemoveAlias(admin_places_pb2.RemoveAliasRequest(address=made.email)), BAD)
    await _refused(admin.ListAliases(admin_places_pb2.ListAliasesRequest(query="\x00")), BAD)

    tenant = (await boss.AddTenant(admin_places_pb2.AddTenantRequest(name="Third"))).tenant
    renamed = admin_places_pb2.UpdateTenantRequest(tenant_id=tenant.id, name="Fourth")
    assert (await boss.UpdateTenant(renamed)).tenant.name == "Fourth"
    listed = {each.name: each.domains for each in (await _ask(boss, "ListTenants")).tenants}
    assert (listed["Fourth"], listed["demo"]) == (0, 2)
    renamed.tenant_id = NOBODY
    await _refused(boss.UpdateTenant(renamed), MISSING)
    await _refused(boss.AddTenant(admin_places_pb2.AddTenantRequest(name="\x00")), BAD)


async def test_the_queues_and_the_trail_go_by_pages(world: World) -> None:
    admin = (await world.browser("admin")).admin
    made = await things(world.core)
    first = await admin.ListOutbox(admin_queues_pb2.ListOutboxRequest(page_size=1))
    rest = await admin.ListOutbox(admin_queues_pb2.ListOutboxRequest(page_token=first.next_page_token))
    assert {each.id for each in [*first.items, *rest.items]} == {made.failed, made.queued}
    item = (await admin.CancelOutboxItem(admin_queues_pb2.CancelOutboxItemRequest(item_id=made.queued))).item
    assert (item.status, item.recipient, item.HasField("next_attempt_at")) == ("cancelled", "two@example.net", False)
    await _refused(admin.CancelOutboxItem(admin_queues_pb2.CancelOutboxItemRequest(item_id=NOBODY)), MISSING)
    await _refused(admin.ListOutbox(admin_queues_pb2.ListOutboxRequest(status="lost")), BAD)

    task_id = await _failed_task(world.core, made)
    assert [each.id for each in (await _ask(admin, "ListFailedTasks")).tasks] == [task_id]
    retry = admin_queues_pb2.RetryFailedTaskRequest(task_id=task_id)
    assert (await admin.RetryFailedTask(retry)).task.status == "queued"
    await _refused(admin.RetryFailedTask(retry), AS_IT_IS)
    [dead] = (await _ask(admin, "ListDeadLetters")).dead_letters
    assert (dead.id, dead.tenant_id, dead.reference) == (made.letter, made.tenant, made.failed)

    asked = admin_queues_pb2.ListAuditEventsRequest(action="outbox.", page_size=1)
    [event] = (await admin.ListAuditEvents(asked)).events
    assert (event.actor, event.action, event.resource) == ("admin@mailwright.test", "outbox.cancelled", made.queued)
    asked.page_token = str(event.id)
    assert not (await admin.ListAuditEvents(asked)).events
    late = admin_queues_pb2.ListAuditEventsRequest(since=Timestamp(seconds=event.at.seconds + 3600))
    assert not (await admin.ListAuditEvents(late)).events
    for wrong in ({"page_token": "x"}, {"page_token": "9" * 19}, {"actor": "\x00"}, {"since": Timestamp(seconds=-1)}):
        await _refused(admin.ListAuditEvents(admin_queues_pb2.ListAuditEventsRequest(**wrong)), BAD)


async def test_what_agents_ask_is_decided_by_whom_they_ask(world: World) -> None:
    ada, bashir = (await world.browser("ada")).approvals, (await world.browser("bashir")).approvals
    first, second = await _asked(world, "one@example.org"), await _asked(world, "two@example.org")
    page = await ada.ListApprovals(approvals_pb2.ListApprovalsRequest(status="pending", page_size=1))
    assert [each.id for each in page.approvals] == [second.id]
    assert page.next_page_token == second.id
    shown = await ada.GetApproval(approvals_pb2.GetApprovalRequest(approval_id=first.id))
    assert (shown.approval.recipients, shown.message.text.strip()) == (["one@example.org"], "Hi.")
    assert [each.name for each in shown.message.files] == ["a.png"]

    yes = approvals_pb2.ApproveRequest(approval_id=first.id)
    await _refused(bashir.Approve(yes), MISSING)
    await _refused(world.stubs("ada").approvals.Approve(yes), FORBIDDEN)  # her mail program
    await _refused(world.stubs("ada").approvals.ListApprovals(approvals_pb2.ListApprovalsRequest()), FORBIDDEN)
    decided = (await ada.Approve(yes)).approval
    assert (decided.status, decided.decided_by) == ("approved", "ada@mailwright.test")
    await _refused(ada.Approve(yes), AS_IT_IS)
    no = approvals_pb2.RejectRequest(approval_id=second.id)
    assert (await ada.Reject(no)).approval.status == "rejected"
    await _refused(ada.Reject(approvals_pb2.RejectRequest(approval_id="what?")), MISSING)
    await _refused(ada.ListApprovals(approvals_pb2.ListApprovalsRequest(status="maybe")), BAD)


async def _failed_task(core: Core, made: Things) -> str:
    def make(tx: Tx) -> str:
        task = tasks.create(
            tx,
            tenant_id=made.tenant,
            agent="employee",
            assignment_id=new_id(),
            message_id=new_id(),
            correspondent="eve@example.org",
            user_id=made.user,
        )
        return tasks.finish(tx, task.id, TaskStatus.FAILED, because="it failed", error="it failed").id

    return await core.write(make)


async def _asked(world: World, recipient: str) -> Approval:
    person = world.account("ada")
    blob = await world.core.blobs.stage(person.tenant_id, letter())
    return await world.core.write(
        lambda tx: approvals.ask(
            tx,
            world.core,
            tenant_id=person.tenant_id,
            user_id=person.id,
            task_id=new_id(),
            agent="employee",
            blob=blob,
            sender="main@mailwright.test",
            recipients=[recipient],
            subject="Hello",
            message_id="<1@example.org>",
            summary="send it",
            because="nobody said that it may",
            correlation_id="c",
        )
    )


def _ask(stub: Any, name: str) -> Any:
    """A call that names nothing."""
    requests = (admin_pb2, admin_places_pb2, admin_queues_pb2)
    request = next(getattr(each, f"{name}Request") for each in requests if hasattr(each, f"{name}Request"))
    return getattr(stub, name)(request())


async def _refused(call: Any, code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    assert refused.value.code() is code, refused.value
