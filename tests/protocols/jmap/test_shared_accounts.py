"""Accounts of others who share mailboxes, and everything that must stay out of reach."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core
from tests.protocols.jmap.conftest import Client, MakeClient, MethodFailed, letter, share

ADA = "ada@mailwright.test"
FOREIGN = "00000000-0000-7000-8000-000000000000"


async def _type(client: Client, name: str, **arguments: Any) -> str:
    with pytest.raises(MethodFailed) as caught:
        await client.call(name, **arguments)
    return caught.value.type


async def test_an_account_that_shares_nothing_does_not_exist(any_core: Core, jmap: MakeClient) -> None:
    ada, bashir = jmap(any_core, "ada"), jmap(any_core, "bashir")
    for account in (bashir.id, FOREIGN, "x", ""):
        for name in ("Mailbox/get", "Thread/get", "Identity/get", "VacationResponse/get"):
            assert await _type(ada, name, accountId=account, ids=[]) == "accountNotFound"
        assert await _type(ada, "Mailbox/set", accountId=account) == "accountNotFound"


async def test_only_what_is_shared_is_there_and_rights_say_what_may_be_done(any_core: Core, jmap: MakeClient) -> None:
    ada, bashir = jmap(any_core, "ada"), jmap(any_core, "bashir")
    shared, hidden = await bashir.mailbox("Shared"), await bashir.mailbox("Hidden")
    below = await bashir.mailbox("Below", parentId=hidden)
    share(any_core, bashir, ADA, "lrs", "Shared")
    share(any_core, bashir, ADA, "l", "Hidden/Below")
    found = {each["id"]: each for each in (await ada.call("Mailbox/get", accountId=bashir.id, ids=None))["list"]}
    assert set(found) == {shared, below}
    assert found[below]["name"] == "Hidden/Below"
    assert found[below]["parentId"] is None
    assert {name for name, may in found[shared]["myRights"].items() if may} == {"mayReadItems", "maySetSeen"}
    assert (await ada.call("Mailbox/get", accountId=bashir.id, ids=[hidden]))["notFound"] == [hidden]
    assert not found[shared]["isSubscribed"]


async def test_counts_of_what_may_not_be_read_are_not_told(core: Core, ada: Client, bashir: Client) -> None:
    await bashir.file(letter())
    share(core, bashir, ADA, "l", "INBOX")
    found = (await ada.call("Mailbox/get", accountId=bashir.id, ids=None))["list"][0]
    assert found["totalEmails"] == found["totalThreads"] == 0
    share(core, bashir, ADA, "lr", "INBOX")
    found = (await ada.call("Mailbox/get", accountId=bashir.id, ids=None))["list"][0]
    assert found["totalEmails"] == 1


async def test_an_account_that_may_only_be_read_is_read_only(core: Core, ada: Client, bashir: Client) -> None:
    share(core, bashir, ADA, "lr", "INBOX")
    assert await _type(ada, "Mailbox/set", accountId=bashir.id, create={"a": {"name": "x"}}) == "accountReadOnly"
    assert await _type(ada, "Identity/get", accountId=bashir.id, ids=None) == "accountNotSupportedByMethod"
    assert await _type(ada, "VacationResponse/set", accountId=bashir.id) == "accountNotSupportedByMethod"


async def test_rights_are_needed_to_make_rename_and_remove(core: Core, ada: Client, bashir: Client) -> None:
    shared = await bashir.mailbox("Shared")
    share(core, bashir, ADA, "lrw", "Shared")
    answer = await ada.call(
        "Mailbox/set",
        accountId=bashir.id,
        create={"a": {"name": "x", "parentId": shared}, "b": {"name": "top"}},
        update={shared: {"name": "Mine"}},
    )
    assert {each["type"] for each in answer["notCreated"].values()} == {"forbidden"}
    assert answer["notUpdated"][shared]["type"] == "forbidden"
    answer = await ada.call("Mailbox/set", accountId=bashir.id, update={shared: {"sortOrder": 4}})
    assert answer["notUpdated"][shared]["type"] == "forbidden"
    answer = await ada.call("Mailbox/set", accountId=bashir.id, destroy=[shared])
    assert answer["notDestroyed"][shared]["type"] == "forbidden"
    share(core, bashir, ADA, "lrkx", "Shared")
    answer = await ada.call("Mailbox/set", accountId=bashir.id, create={"a": {"name": "x", "parentId": shared}})
    made = answer["created"]["a"]["id"]
    assert (await bashir.call("Mailbox/get", ids=[made]))["list"][0]["parentId"] == shared
    answer = await ada.call("Mailbox/set", accountId=bashir.id, update={made: {"name": "y"}})
    assert answer["updated"] == {made: None}
    answer = await ada.call("Mailbox/set", accountId=bashir.id, destroy=[made])
    assert answer["destroyed"] == [made]


async def test_a_subscription_is_each_ones_own(core: Core, ada: Client, bashir: Client) -> None:
    shared = await bashir.mailbox("Shared")
    share(core, bashir, ADA, "lrs", "Shared")
    await ada.call("Mailbox/set", accountId=bashir.id, update={shared: {"isSubscribed": True}})
    assert (await ada.call("Mailbox/get", accountId=bashir.id, ids=[shared]))["list"][0]["isSubscribed"]
    await bashir.call("Mailbox/set", update={shared: {"isSubscribed": False}})
    assert (await ada.call("Mailbox/get", accountId=bashir.id, ids=[shared]))["list"][0]["isSubscribed"]


async def test_other_rights_are_another_view_that_has_to_be_read_anew(core: Core, ada: Client, bashir: Client) -> None:
    share(core, bashir, ADA, "lr", "INBOX")
    state = (await ada.call("Mailbox/get", accountId=bashir.id, ids=[]))["state"]
    await bashir.file(letter())
    changes = await ada.call("Mailbox/changes", accountId=bashir.id, sinceState=state)
    assert changes["updated"] == [await bashir.role("inbox")]
    share(core, bashir, ADA, "lr", "Archive")
    for name in ("Mailbox/changes", "Thread/changes"):
        assert await _type(ada, name, accountId=bashir.id, sinceState=changes["newState"]) == "cannotCalculateChanges"
    query = await ada.call("Mailbox/query", accountId=bashir.id)
    share(core, bashir, ADA, "", "Archive")
    found = await _type(ada, "Mailbox/queryChanges", accountId=bashir.id, sinceQueryState=query["queryState"])
    assert found == "cannotCalculateChanges"


async def test_of_a_thread_only_what_is_shared_is_seen(core: Core, ada: Client, bashir: Client) -> None:
    shared = await bashir.mailbox("Shared")
    seen = await bashir.file(letter(message_id="<1@x>"), mailbox_id=shared)
    await bashir.file(letter(message_id="<2@x>", extra="In-Reply-To: <1@x>\n"))
    alone = await bashir.file(letter(message_id="<3@x>"))
    share(core, bashir, ADA, "lr", "Shared")
    threads = await core.read(
        lambda tx: dict(tx.all("SELECT id, thread_id FROM messages WHERE user_id = ?", (bashir.id,)))
    )
    found = await ada.call("Thread/get", accountId=bashir.id, ids=[threads[seen], threads[alone]])
    assert found["list"] == [{"id": threads[seen], "emailIds": [seen]}]
    assert found["notFound"] == [threads[alone]]
    assert [each["id"] for each in (await ada.call("Thread/get", accountId=bashir.id, ids=None))["list"]] == [
        threads[seen]
    ]


async def test_what_was_never_shown_is_not_told_to_be_gone(core: Core, ada: Client, bashir: Client) -> None:
    from mailwright.core.expunge import remove_uids

    shared = await bashir.mailbox("Shared")
    await bashir.file(letter(message_id="<1@x>"))
    share(core, bashir, ADA, "lr", "Shared")
    state = (await ada.call("Mailbox/get", accountId=bashir.id, ids=[]))["state"]
    inbox = await bashir.role("inbox")
    await core.write(lambda tx: remove_uids(tx, inbox, [1], because="test"))
    changes = await ada.call("Thread/changes", accountId=bashir.id, sinceState=state)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([], [], [])
    await bashir.file(letter(message_id="<2@x>"), mailbox_id=shared)
    changes = await ada.call("Thread/changes", accountId=bashir.id, sinceState=changes["newState"])
    assert len(changes["created"]) == 1


async def test_ids_of_others_are_as_if_they_were_not_there(any_core: Core, jmap: MakeClient) -> None:
    """Every kind of id, of a colleague and of another tenant, asked for in one's own account."""
    ada = jmap(any_core, "ada")
    for other in (jmap(any_core, "bashir"), jmap(any_core, "eve@other.test")):
        message = await other.file(letter())
        mailbox = await other.role("inbox")
        thread = await any_core.read(
            lambda tx, m=message: tx.scalar("SELECT thread_id FROM messages WHERE id = ?", (m,))
        )  # type: ignore[misc]
        identity = (await other.call("Identity/get", ids=None))["list"][0]["id"]
        blob = await other.upload(b"secret")
        assert (await ada.call("Mailbox/get", ids=[mailbox]))["notFound"] == [mailbox]
        assert (await ada.call("Thread/get", ids=[thread]))["notFound"] == [thread]
        assert (await ada.call("Identity/get", ids=[identity]))["notFound"] == [identity]
        answer = await ada.call(
            "Mailbox/set", update={mailbox: {"name": "x"}}, create={"a": {"name": "b", "parentId": mailbox}}
        )
        assert answer["notUpdated"][mailbox]["type"] == "notFound"
        assert answer["notCreated"]["a"]["type"] == "invalidProperties"
        assert (await ada.call("Mailbox/set", destroy=[mailbox]))["notDestroyed"][mailbox]["type"] == "notFound"
        answer = await ada.call("Identity/set", update={identity: {"name": "x"}}, destroy=[FOREIGN])
        assert answer["notUpdated"][identity]["type"] == "notFound"
        assert answer["notDestroyed"][FOREIGN]["type"] == "notFound"
        assert (await ada.call("Identity/set", destroy=[identity]))["notDestroyed"][identity]["type"] == "notFound"
        for account in (ada.id, other.id):
            for each in (blob, f"m{message}", f"m{message}_1"):
                assert (await ada.http.get(f"/jmap/download/{account}/{each}/x")).status_code == 404
        assert (await ada.http.post(f"/jmap/upload/{other.id}/", content=b"x")).status_code == 404
