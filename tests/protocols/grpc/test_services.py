"""Every service, asked by grpcio's own client over a real connection; the reading and changing of mail on both databases."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from mailwright.core import accounts, tasks
from mailwright.core.followups import making
from mailwright.protocols.grpc.calls import CALLS, PATHS
from mailwright.storage import Tx, assignments
from mailwright.v1 import (
    accounts_pb2,
    acl_pb2,
    followups_pb2,
    mailboxes_pb2,
    messages_pb2,
    outbox_pb2,
    search_pb2,
    tasks_pb2,
)
from tests.protocols.grpc.world import Stubs, World, letter, reason


def test_every_method_of_the_protobufs_is_answered() -> None:
    assert set(PATHS) == set(CALLS)


async def test_mail_is_read_and_changed(any_world: World) -> None:
    world = any_world
    message_id = await world.deliver("ada", "An invoice", body="Please pay.")
    ada = world.stubs("ada")
    found = await ada.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())
    inbox = next(each for each in found.mailboxes if each.role == "inbox")
    assert (inbox.total_messages, inbox.unread_messages, inbox.rights) == (1, 1, "lrswipkxtea")

    page = await ada.messages.ListMessages(messages_pb2.ListMessagesRequest(mailbox_id=inbox.id, unread=True))
    assert [each.id for each in page.messages] == [message_id]
    assert page.total == 1
    assert page.next_page_token == ""
    whole = await _message(ada, message_id, messages_pb2.MESSAGE_VIEW_FULL)
    assert whole.subject == "An invoice"
    assert getattr(whole, "from")[0].email == "eve@example.org"
    assert whole.sent_at.ToJsonString() == "2026-11-20T10:00:00Z"
    assert whole.texts[whole.text_body[0].number].value.strip() == "Please pay."
    assert [(each.name, each.media_type, each.size) for each in whole.attachments] == [("a.png", "image/png", 8)]
    assert whole.has_attachment

    pieces = [
        piece
        async for piece in ada.messages.FetchPart(
            messages_pb2.FetchPartRequest(message_id=message_id, part=whole.attachments[0].number)
        )
    ]
    assert (pieces[0].media_type, pieces[0].name, pieces[0].size) == ("image/png", "a.png", 8)
    assert b"".join(piece.data for piece in pieces) == b"\x89PNG\r\n\x1a\n"
    raw = [piece async for piece in ada.messages.FetchPart(messages_pb2.FetchPartRequest(message_id=message_id))]
    assert b"".join(piece.data for piece in raw) == letter("An invoice", body="Please pay.")

    flagged = await ada.messages.SetFlags(
        messages_pb2.SetFlagsRequest(message_ids=[message_id, "nothing"], add=["$seen", "Invoice"])
    )
    assert [(each.id, each.reason) for each in flagged.failures] == [("nothing", "not_found")]
    assert set((await _message(ada, message_id)).keywords) == {"$seen", "invoice"}
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await ada.messages.SetFlags(
            messages_pb2.SetFlagsRequest(message_ids=[message_id], remove=["$seen"], if_in_state=page.state)
        )
    assert reason(late.value) == (grpc.StatusCode.ABORTED, "STATE_MISMATCH")

    made = await ada.mailboxes.CreateMailbox(mailboxes_pb2.CreateMailboxRequest(name="Paid"))
    copied = await ada.messages.CopyMessages(
        messages_pb2.CopyMessagesRequest(message_ids=[message_id], mailbox_id=made.mailbox.id)
    )
    moved = await ada.messages.MoveMessages(
        messages_pb2.MoveMessagesRequest(message_ids=[message_id], mailbox_id=made.mailbox.id)
    )
    assert not moved.failures
    assert (await _message(ada, message_id)).mailbox_id == made.mailbox.id
    changed = await ada.messages.ListMessageChanges(messages_pb2.ListMessageChangesRequest(since_state=page.state))
    assert set(changed.changes.created) == set(copied.message_ids)
    assert list(changed.changes.updated) == [message_id]
    gone = await ada.messages.DeleteMessages(messages_pb2.DeleteMessagesRequest(message_ids=copied.message_ids))
    assert not gone.failures
    several = await ada.messages.GetMessages(
        messages_pb2.GetMessagesRequest(message_ids=[*copied.message_ids, message_id])
    )
    assert [each.id for each in several.messages] == [message_id]
    assert list(several.not_found) == list(copied.message_ids)


async def test_pages_follow_one_another(world: World) -> None:
    ids = [await world.deliver("ada", f"Number {number}") for number in range(5)]
    ada = world.stubs("ada")
    seen: list[str] = []
    asked = messages_pb2.ListMessagesRequest(page_size=2, order=messages_pb2.MESSAGE_ORDER_OLDEST)
    while True:
        page = await ada.messages.ListMessages(asked)
        seen += [each.id for each in page.messages]
        asked.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert seen == ids


async def test_a_message_is_appended_in_pieces_and_as_a_whole(world: World) -> None:
    ada = world.stubs("ada")
    inbox = await _inbox(ada)
    raw = letter("Large", body="x" * 5_000_000)
    target = messages_pb2.AppendTarget(
        mailbox_id=inbox, keywords=["$seen"], received_at=Timestamp(seconds=1_700_000_000)
    )
    pieces = [messages_pb2.AppendMessageRequest(target=target)]
    pieces += [messages_pb2.AppendMessageRequest(data=raw[at : at + 100_000]) for at in range(0, len(raw), 100_000)]
    made = await ada.messages.AppendMessage(iter(pieces))
    found = await _message(ada, made.message_id)
    assert (found.size, list(found.keywords), found.received_at.seconds) == (len(raw), ["$seen"], 1_700_000_000)
    small = await ada.messages.AppendWholeMessage(
        messages_pb2.AppendWholeMessageRequest(target=messages_pb2.AppendTarget(mailbox_id=inbox), data=letter())
    )
    assert small.uid == made.uid + 1

    for wrong, code in (
        ([messages_pb2.AppendMessageRequest(data=b"x")], "BAD_INPUT"),
        ([*pieces[:1], *pieces[:1]], "BAD_INPUT"),
        ([pieces[0], *pieces[1:] * 2], "MESSAGE_TOO_LARGE"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ada.messages.AppendMessage(iter(wrong))
        assert reason(refused.value)[1] == code
    with pytest.raises(grpc.aio.AioRpcError) as whole:  # more than one message of gRPC takes
        await ada.messages.AppendWholeMessage(
            messages_pb2.AppendWholeMessageRequest(target=messages_pb2.AppendTarget(mailbox_id=inbox), data=raw)
        )
    assert whole.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_mailboxes_are_made_changed_and_removed(world: World) -> None:
    ada = world.stubs("ada")
    before = (await ada.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())).state
    work = (await ada.mailboxes.CreateMailbox(mailboxes_pb2.CreateMailboxRequest(name="Work"))).mailbox
    inner = (
        await ada.mailboxes.CreateMailbox(mailboxes_pb2.CreateMailboxRequest(name="2026", parent_id=work.id))
    ).mailbox
    assert inner.parent_id == work.id
    renamed = await ada.mailboxes.UpdateMailbox(
        mailboxes_pb2.UpdateMailboxRequest(mailbox_id=inner.id, name="Old", parent_id="", subscribed=False)
    )
    assert (renamed.mailbox.name, renamed.mailbox.parent_id, renamed.mailbox.subscribed) == ("Old", "", False)
    with pytest.raises(grpc.aio.AioRpcError) as twice:
        await ada.mailboxes.CreateMailbox(mailboxes_pb2.CreateMailboxRequest(name="Work"))
    assert reason(twice.value) == (grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS")
    await ada.mailboxes.DeleteMailbox(mailboxes_pb2.DeleteMailboxRequest(mailbox_id=work.id))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await ada.mailboxes.GetMailbox(mailboxes_pb2.GetMailboxRequest(mailbox_id=work.id))
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND
    changes = await ada.mailboxes.ListMailboxChanges(mailboxes_pb2.ListMailboxChangesRequest(since_state=before))
    assert list(changes.changes.created) == [inner.id]
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await ada.mailboxes.ListMailboxChanges(mailboxes_pb2.ListMailboxChangesRequest(since_state="what?"))
    assert reason(unknown.value) == (grpc.StatusCode.FAILED_PRECONDITION, "CANNOT_CALCULATE_CHANGES")


async def test_accounts_rights_and_search(world: World) -> None:
    message_id = await world.deliver("ada", "The garden party")
    ada, bashir = world.stubs("ada"), world.stubs("bashir")
    inbox = await _inbox(ada)
    told = await ada.acl.SetAcl(
        acl_pb2.SetAclRequest(mailbox_id=inbox, identifier="bashir@mailwright.test", rights="lr")
    )
    assert [(each.identifier, each.rights) for each in told.entries][1:] == [("bashir@mailwright.test", "lr")]
    assert (await bashir.acl.GetMyRights(acl_pb2.GetMyRightsRequest(mailbox_id=inbox))).rights == "lr"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await bashir.acl.GetAcl(acl_pb2.GetAclRequest(mailbox_id=inbox))
    assert reason(refused.value) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED")

    own, shared = (await bashir.accounts.ListAccounts(accounts_pb2.ListAccountsRequest())).accounts
    assert (own.personal, own.HasField("quota_bytes")) == (True, True)
    assert (shared.email, shared.personal, shared.read_only) == ("ada@mailwright.test", False, True)
    assert not shared.HasField("quota_bytes")
    one = await bashir.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=shared.id))
    assert one.account == shared

    found = await bashir.search.SearchMessages(search_pb2.SearchMessagesRequest(query="garden"))
    assert [(each.message_id, each.subject) for each in found.hits] == [(message_id, "The garden party")]
    assert not found.complete  # there is no index here


async def test_what_agents_do_is_told_to_whom_they_do_it_for(world: World) -> None:
    person = world.account("ada")
    message_id = await world.deliver("ada")

    def make(tx: Tx) -> str:
        from mailwright.cli.agents import assign

        assign(tx, world.core, "main@mailwright.test", kind="employee", name="Mini Mouse")
        return tasks.create(
            tx,
            tenant_id=person.tenant_id,
            agent="employee",
            assignment_id=tx.scalar("SELECT id FROM assignments LIMIT 1"),
            message_id=message_id,
            correspondent="eve@example.org",
            user_id=person.id,
        ).id

    task_id = await world.core.write(make)
    ada, bashir = world.stubs("ada"), world.stubs("bashir")
    page = await ada.tasks.ListTasks(tasks_pb2.ListTasksRequest(statuses=["queued"]))
    assert [(each.id, each.message_id) for each in page.tasks] == [(task_id, message_id)]
    assert (await ada.tasks.GetTask(tasks_pb2.GetTaskRequest(task_id=task_id))).task.status == "queued"
    events = await ada.tasks.ListTaskEvents(tasks_pb2.ListTaskEventsRequest(task_id=task_id))
    assert [each.status for each in events.events] == ["queued"]
    assert not (await bashir.tasks.ListTasks(tasks_pb2.ListTasksRequest())).tasks
    for narrowed in ({"statuses": ["queued"] * 100}, {"statuses": ["lost"]}, {"agent": "\x00"}):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ada.tasks.ListTasks(tasks_pb2.ListTasksRequest(**narrowed))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    for wrong in (task_id, "nothing"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await bashir.tasks.GetTask(tasks_pb2.GetTaskRequest(task_id=wrong))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_follow_ups_are_made_put_off_and_dropped(world: World) -> None:
    def make(tx: Tx) -> None:
        agent = accounts.add_agent(tx, world.core, "concierge@mailwright.test", display_name="Concierge")
        assignments.add(tx, agent.tenant_id, making.AGENT, agent.id, grants=("read", "reply"))

    await world.core.write(make)
    ada, bashir = world.stubs("ada").followups, world.stubs("bashir").followups
    soon, later = Timestamp(), Timestamp()
    soon.GetCurrentTime()
    soon.seconds += 86_400
    later.seconds = soon.seconds + 86_400
    new = followups_pb2.AddFollowupRequest(key="one", what="Call Chen", due_at=soon, action="draft")
    made = (await ada.AddFollowup(new)).followup
    assert (made.status, made.due_at.seconds, made.action, made.channel) == ("pending", soon.seconds, "draft", "web")
    assert (await ada.AddFollowup(new)).followup == made  # asked twice, made once
    assert list((await ada.ListFollowups(followups_pb2.ListFollowupsRequest())).followups) == [made]
    put_off = await ada.SnoozeFollowup(followups_pb2.SnoozeFollowupRequest(followup_id=made.id, until=later))
    assert (put_off.followup.due_at, put_off.followup.status) == (later, "pending")
    wanted = followups_pb2.UpdateFollowupRequest(followup_id=made.id, who="Chen", when="tomorrow at 10")
    changed = (await ada.UpdateFollowup(wanted)).followup
    assert (changed.who, changed.what, changed.phrase) == ("Chen", "Call Chen", "tomorrow at 10")
    read = await ada.ReadWhen(followups_pb2.ReadWhenRequest(text="tomorrow at 10"))
    assert read.at.seconds > changed.created_at.seconds
    assert not (await ada.ReadWhen(followups_pb2.ReadWhenRequest(text="the blue one"))).choices
    one = followups_pb2.CancelFollowupRequest(followup_id=made.id)
    assert (await ada.CancelFollowup(one)).followup.status == "cancelled"
    ended = await ada.ListFollowups(followups_pb2.ListFollowupsRequest(ended=True))
    assert [each.id for each in ended.followups] == [made.id]
    whole = await ada.GetFollowup(followups_pb2.GetFollowupRequest(followup_id=made.id))
    assert [whole.events[0].status, whole.events[-1].status] == ["pending", "cancelled"]

    for call, code, why in (
        (bashir.CancelFollowup(one), grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
        (ada.CancelFollowup(one), grpc.StatusCode.FAILED_PRECONDITION, "CONFLICT"),
        (
            ada.RetryFollowup(followups_pb2.RetryFollowupRequest(followup_id=made.id)),
            grpc.StatusCode.FAILED_PRECONDITION,
            "CONFLICT",
        ),
        (
            ada.AddFollowup(followups_pb2.AddFollowupRequest(key="two", what="Call Chen", when="the blue one")),
            grpc.StatusCode.FAILED_PRECONDITION,
            "UNCLEAR",
        ),
        (
            ada.AddFollowup(followups_pb2.AddFollowupRequest(key="two", what="Call Chen", due_at=soon, action="sing")),
            grpc.StatusCode.INVALID_ARGUMENT,
            "BAD_INPUT",
        ),
        (
            ada.ReadWhen(followups_pb2.ReadWhenRequest(text="soon", language="xx")),
            grpc.StatusCode.INVALID_ARGUMENT,
            "BAD_INPUT",
        ),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert reason(refused.value) == (code, why)
    done = followups_pb2.CompleteFollowupRequest(
        followup_id=(
            await ada.AddFollowup(followups_pb2.AddFollowupRequest(key="two", what="Call Chen", due_at=soon))
        ).followup.id
    )
    assert (await ada.CompleteFollowup(done)).followup.status == "done"


async def test_a_draft_is_sent_and_taken_back(any_world: World) -> None:
    ada = any_world.stubs("ada")
    boxes = (await ada.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())).mailboxes
    drafts = next(each.id for each in boxes if each.role == "drafts")
    draft = (
        b"From: Ada <ada@mailwright.test>\r\nTo: Zed <zed@example.org>\r\nSubject: News\r\n"
        b"Message-ID: <n@mailwright.test>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\nHello\r\n"
    )
    target = messages_pb2.AppendTarget(mailbox_id=drafts, keywords=["$draft"])
    made = await ada.messages.AppendWholeMessage(messages_pb2.AppendWholeMessageRequest(target=target, data=draft))
    identity = (await ada.outbox.ListIdentities(outbox_pb2.ListIdentitiesRequest())).identities[0]
    assert identity.email == "ada@mailwright.test"
    later = Timestamp()
    later.GetCurrentTime()
    later.seconds += 3600
    asked = outbox_pb2.SubmitMessageRequest(message_id=made.message_id, identity_id=identity.id, send_at=later)
    sent = (await ada.outbox.SubmitMessage(asked)).submission
    assert (sent.undo_status, [each.recipient for each in sent.deliveries]) == ("pending", ["zed@example.org"])
    assert (await ada.outbox.SubmitMessage(asked)).submission.id == sent.id  # asked twice, sent once
    lies = await _message(ada, made.message_id)
    assert lies.mailbox_id == next(each.id for each in boxes if each.role == "sent")
    assert "$draft" not in lies.keywords
    listed = await ada.outbox.ListSubmissions(outbox_pb2.ListSubmissionsRequest())
    assert [each.id for each in listed.submissions] == [sent.id]
    back = await ada.outbox.CancelSubmission(outbox_pb2.CancelSubmissionRequest(submission_id=sent.id))
    assert back.submission.undo_status == "canceled"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await any_world.stubs("bashir").outbox.GetSubmission(outbox_pb2.GetSubmissionRequest(submission_id=sent.id))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def _message(
    stubs: Stubs, message_id: str, view: Any = messages_pb2.MESSAGE_VIEW_SUMMARY
) -> messages_pb2.Message:
    answer = await stubs.messages.GetMessage(messages_pb2.GetMessageRequest(message_id=message_id, view=view))
    message: messages_pb2.Message = answer.message
    return message


async def _inbox(stubs: Stubs) -> str:
    found = await stubs.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())
    return next(str(each.id) for each in found.mailboxes if each.role == "inbox")
