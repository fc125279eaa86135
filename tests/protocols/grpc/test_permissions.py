"""Who may do what: other people's mailboxes, support, admins of this and of another tenant, and how one signs in for it."""

from __future__ import annotations

from typing import Any

import grpc
import httpx
import pytest

from mailwright.core import accounts, bearers
from mailwright.storage import Tx
from mailwright.v1 import (
    accounts_pb2,
    admin_pb2,
    mailboxes_pb2,
    messages_pb2,
    search_pb2,
)
from tests.core.bearing import issuing, proven
from tests.protocols.grpc.world import Core, World, opened, reason

FORBIDDEN, MISSING = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND


async def test_nobody_reads_or_changes_the_mail_of_others(any_world: World) -> None:
    message_id = await any_world.deliver("ada")
    whose = any_world.account("ada").id
    inbox = await _inbox(any_world, "ada")
    for name in ("bashir", "sue", "admin", "eve"):
        other = any_world.stubs(name)
        own = await _inbox(any_world, name)
        for call, asked in (
            (other.messages.GetMessage, messages_pb2.GetMessageRequest(message_id=message_id)),
            (other.messages.GetMessage, messages_pb2.GetMessageRequest(account_id=whose, message_id=message_id)),
            (other.messages.ListMessages, messages_pb2.ListMessagesRequest(mailbox_id=inbox)),
            (other.messages.ListMessageChanges, messages_pb2.ListMessageChangesRequest(account_id=whose)),
            (
                other.messages.CopyMessages,
                messages_pb2.CopyMessagesRequest(message_ids=[message_id], mailbox_id=own),
            ),
            (
                other.messages.AppendWholeMessage,
                messages_pb2.AppendWholeMessageRequest(
                    target=messages_pb2.AppendTarget(mailbox_id=inbox), data=b"Subject: x\r\n\r\n"
                ),
            ),
            (other.mailboxes.ListMailboxes, mailboxes_pb2.ListMailboxesRequest(account_id=whose)),
            (other.mailboxes.DeleteMailbox, mailboxes_pb2.DeleteMailboxRequest(account_id=whose, mailbox_id=inbox)),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call(asked)
            assert refused.value.code() is MISSING, (name, asked)
        with pytest.raises(grpc.aio.AioRpcError) as piece:
            async for _ in other.messages.FetchPart(messages_pb2.FetchPartRequest(message_id=message_id)):
                pass
        assert piece.value.code() is MISSING
        deleted = await other.messages.DeleteMessages(messages_pb2.DeleteMessagesRequest(message_ids=[message_id]))
        assert [each.reason for each in deleted.failures] == ["not_found"]
        assert not (await other.search.SearchMessages(search_pb2.SearchMessagesRequest(query="Hello"))).hits
    assert (
        await any_world.stubs("ada").messages.GetMessage(messages_pb2.GetMessageRequest(message_id=message_id))
    ).message.id == message_id


async def test_what_is_shared_is_shared_as_far_as_the_rights_go(world: World) -> None:
    message_id, whose = await world.deliver("ada"), world.account("ada").id
    world.share("ada", "bashir", "lrs")
    bashir = world.stubs("bashir")
    found = await bashir.messages.GetMessage(messages_pb2.GetMessageRequest(account_id=whose, message_id=message_id))
    assert found.message.id == message_id
    seen = messages_pb2.SetFlagsRequest(account_id=whose, message_ids=[message_id], add=["$seen"])
    assert not (await bashir.messages.SetFlags(seen)).failures
    for failing in (
        await bashir.messages.SetFlags(
            messages_pb2.SetFlagsRequest(account_id=whose, message_ids=[message_id], add=["$flagged"])
        ),
        await bashir.messages.DeleteMessages(
            messages_pb2.DeleteMessagesRequest(account_id=whose, message_ids=[message_id])
        ),
    ):
        assert [(each.reason, each.code) for each in failing.failures] == [("forbidden", FORBIDDEN.value[0])]
    own = await _inbox(world, "bashir")
    copied = await bashir.messages.CopyMessages(
        messages_pb2.CopyMessagesRequest(account_id=whose, message_ids=[message_id], mailbox_id=own)
    )
    assert len(copied.message_ids) == 1


async def test_administration_needs_a_role_and_a_way_in_that_is_good_enough(core: Core) -> None:
    admin = proven("admin@mailwright.test")
    core.bearer = issuing({"of admin": admin})

    def link(tx: Tx) -> None:
        bearers.link(tx, accounts.find(tx, "admin@mailwright.test"), admin.issuer, admin.subject)

    core.database.write_now(link)
    asked = admin_pb2.ListUsersRequest()
    async with opened(core) as strict:
        for way in ({"authorization": strict.basic("admin")}, {"authorization": "Bearer of admin"}):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await strict.stubs(None, **way).admin.ListUsers(asked)
            assert reason(refused.value) == (FORBIDDEN, "NOT_PERMITTED")
    async with opened(core, admin_tokens=True) as lenient:
        assert (await lenient.stubs(None, authorization="Bearer of admin").admin.ListUsers(asked)).users
    async with opened(core) as world:
        by = {name: (await world.browser(name)).admin for name in ("ada", "sue", "admin", "boss", "eve")}
        seen = {
            name: {each.email for each in (await by[name].ListUsers(asked)).users}
            for name in ("sue", "admin", "eve", "boss")
        }
        assert seen["eve"] == {"eve@other.test"}
        assert "eve@other.test" not in seen["admin"] | seen["sue"]
        assert seen["boss"] == seen["admin"] | seen["eve"]

        new = admin_pb2.AddUserRequest(email="new@mailwright.test", name="New", password="a good password")
        await _refused(by["ada"].ListUsers(asked), FORBIDDEN)
        for wrong in ({"role": "king"}, {"status": "lost"}, {"page_token": "ada@mailwright.test nobody"}):
            await _refused(by["admin"].ListUsers(admin_pb2.ListUsersRequest(**wrong)), grpc.StatusCode.INVALID_ARGUMENT)
        await _refused(by["sue"].AddUser(new), FORBIDDEN)
        await _refused(by["eve"].AddUser(new), MISSING)
        made = (await by["admin"].AddUser(new)).user
        await _refused(by["admin"].AddUser(new), grpc.StatusCode.ALREADY_EXISTS)
        await _refused(
            by["eve"].RemoveUser(admin_pb2.RemoveUserRequest(user_id=made.id, confirm_email=made.email)), MISSING
        )
        await _refused(
            by["admin"].RemoveUser(admin_pb2.RemoveUserRequest(user_id=made.id)), grpc.StatusCode.INVALID_ARGUMENT
        )
        gone = await by["admin"].RemoveUser(admin_pb2.RemoveUserRequest(user_id=made.id, confirm_email=made.email))
        assert gone.finished

        await _refused(by["sue"].ListDomains(admin_pb2.ListDomainsRequest()), FORBIDDEN)
        await _refused(by["admin"].AddDomain(admin_pb2.AddDomainRequest(name="third.test")), FORBIDDEN)
        await by["boss"].AddDomain(admin_pb2.AddDomainRequest(name="third.test"))
        listed = (await by["boss"].ListDomains(admin_pb2.ListDomainsRequest())).domains
        assert "third.test" in {each.name for each in listed}
        await by["boss"].RemoveDomain(admin_pb2.RemoveDomainRequest(name="third.test"))

        stop = admin_pb2.EngageStopRequest(scope=admin_pb2.STOP_SCOPE_TENANT, because="a drill")
        await _refused(by["ada"].EngageStop(stop), FORBIDDEN)
        assert (await by["admin"].EngageStop(stop)).stops[0].because == "a drill"
        own = admin_pb2.EngageStopRequest(scope=admin_pb2.STOP_SCOPE_USER)
        scopes = [each.scope for each in (await by["ada"].EngageStop(own)).stops]
        assert scopes == [admin_pb2.STOP_SCOPE_TENANT, admin_pb2.STOP_SCOPE_USER]
        await by["admin"].ReleaseStop(admin_pb2.ReleaseStopRequest(scope=admin_pb2.STOP_SCOPE_TENANT))
        program, back = world.stubs("ada").admin, admin_pb2.ReleaseStopRequest(scope=admin_pb2.STOP_SCOPE_USER)
        await _refused(program.ReleaseStop(back), FORBIDDEN)
        assert not (await by["ada"].ReleaseStop(back)).stops
        own.because = "two\nlines"
        await _refused(program.EngageStop(own), grpc.StatusCode.INVALID_ARGUMENT)
        own.because = "from a program"
        assert (await program.EngageStop(own)).stops[0].because == "from a program"
        everywhere = admin_pb2.EngageStopRequest(scope=admin_pb2.STOP_SCOPE_INSTALLATION)
        await _refused(by["admin"].EngageStop(everywhere), FORBIDDEN)

        assert not (await by["sue"].ListDeadLetters(admin_pb2.ListDeadLettersRequest())).dead_letters
        unknown = admin_pb2.ListDeadLettersRequest(source="lost")
        await _refused(by["sue"].ListDeadLetters(unknown), grpc.StatusCode.INVALID_ARGUMENT)
        nothing = admin_pb2.ReplayDeadLetterRequest(dead_letter_id="nothing")
        await _refused(by["sue"].ReplayDeadLetter(nothing), MISSING)


async def test_a_call_says_who_it_is_from(core: Core) -> None:
    tokens = {"good": "ada@mailwright.test"}
    core.bearer = issuing(tokens)
    asked = accounts_pb2.ListAccountsRequest()
    async with opened(core) as world:
        found = await world.stubs(None, authorization="Bearer good").accounts.ListAccounts(asked)
        assert found.accounts[0].email == "ada@mailwright.test"
        for metadata in (
            {},
            {"authorization": "Bearer bad"},
            {"authorization": "Basic eDp5"},
            {"authorization": "Huh"},
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await world.stubs(None, **metadata).accounts.ListAccounts(asked)
            assert reason(refused.value) == (grpc.StatusCode.UNAUTHENTICATED, "AUTHENTICATION_FAILED")
        await _refused(
            world.stubs("ada", x_mailwright_user="bashir@mailwright.test").accounts.ListAccounts(asked), FORBIDDEN
        )


async def test_a_service_opens_the_doors_it_was_linked_for_and_no_other(core: Core) -> None:
    made = {door: proven(None, subject=f"a program for {door}") for door in ("grpc", "api")}
    core.bearer = issuing(made)

    def link(tx: Tx) -> None:
        for (door, token), name in zip(made.items(), ("ada", "bashir"), strict=True):
            account = accounts.find(tx, f"{name}@mailwright.test")
            bearers.link(tx, account, token.issuer, token.subject, doors=(door,))

    core.database.write_now(link)
    asked = accounts_pb2.ListAccountsRequest()
    async with opened(core, http=True) as world:
        assert world.http is not None
        found = await world.stubs(None, authorization="Bearer grpc").accounts.ListAccounts(asked)
        assert found.accounts[0].email == "ada@mailwright.test"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await world.stubs(None, authorization="Bearer api").accounts.ListAccounts(asked)
        assert reason(refused.value) == (grpc.StatusCode.UNAUTHENTICATED, "AUTHENTICATION_FAILED")
        async with httpx.AsyncClient(base_url=f"http://localhost:{world.http.port}", timeout=20) as client:
            for door, by_rpc, by_jmap in (("grpc", 200, 401), ("api", 401, 200)):
                headers = {"Authorization": f"Bearer {door}"}
                listed = await client.post("/rpc/mailwright.v1.AccountsService/ListAccounts", json={}, headers=headers)
                assert listed.status_code == by_rpc, listed.text
                assert (await client.get("/jmap/session", headers=headers)).status_code == by_jmap


async def test_what_is_done_stands_in_the_audit_trail(world: World) -> None:
    message_id = await world.deliver("ada")
    ada = world.stubs("ada", x_correlation_id="a-story-of-one-call")
    call = ada.messages.GetMessage(
        messages_pb2.GetMessageRequest(message_id=message_id, view=messages_pb2.MESSAGE_VIEW_FULL)
    )
    await call
    assert dict(await call.trailing_metadata())["x-correlation-id"] == "a-story-of-one-call"
    await ada.messages.DeleteMessages(messages_pb2.DeleteMessagesRequest(message_ids=[message_id]))
    await world.core.trail.flush()
    rows = world.core.database.read_now(
        lambda tx: tx.all(
            "SELECT actor, action, correlation_id FROM audit_events WHERE action LIKE 'grpc.%' ORDER BY action"
        )
    )
    assert [tuple(row) for row in rows] == [
        ("ada@mailwright.test", "grpc.email.destroy", "a-story-of-one-call"),
        ("ada@mailwright.test", "grpc.read", "a-story-of-one-call"),
    ]


async def _refused(call: Any, code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    assert refused.value.code() is code


async def _inbox(world: World, name: str) -> str:
    found = await world.stubs(name).mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())
    return next(str(each.id) for each in found.mailboxes if each.role == "inbox")
