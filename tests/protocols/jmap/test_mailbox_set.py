"""Mailbox/set (RFC 8621 §2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core
from mailwright.core import mailboxes as core_mailboxes
from mailwright.storage import Tx, mailbox_counts
from mailwright.storage.messages import Flag
from tests.protocols.jmap.conftest import Client, letter, mailbox_named


async def _get(client: Client, mailbox_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.call("Mailbox/get", ids=[mailbox_id]))["list"][0]
    return found


async def _not_created(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    answer = await client.call("Mailbox/set", create={"a": given})
    assert answer["created"] is None
    found: dict[str, Any] = answer["notCreated"]["a"]
    return found


async def _not_updated(client: Client, mailbox_id: str, patch: dict[str, Any]) -> dict[str, Any]:
    answer = await client.call("Mailbox/set", update={mailbox_id: patch})
    assert answer["updated"] is None
    found: dict[str, Any] = answer["notUpdated"][mailbox_id]
    return found


async def test_a_mailbox_is_made_and_the_rest_of_it_told(any_ada: Client) -> None:
    before = await any_ada.state()
    answer = await any_ada.call("Mailbox/set", create={"a": {"name": "Work", "sortOrder": 7, "parentId": None}})
    made = answer["created"]["a"]
    assert set(made) == {
        "id", "role", "totalEmails", "unreadEmails", "totalThreads", "unreadThreads", "myRights", "isSubscribed",
    }  # fmt: skip
    assert made["isSubscribed"]
    assert all(made["myRights"].values())
    assert answer["oldState"] == before
    assert answer["newState"] == await any_ada.state() != before
    assert (await _get(any_ada, made["id"]))["sortOrder"] == 7


async def test_mailboxes_of_one_call_may_be_below_each_other_in_any_order(ada: Client) -> None:
    answer = await ada.call(
        "Mailbox/set",
        create={
            "leaf": {"name": "leaf", "parentId": "#branch"},
            "branch": {"name": "branch", "parentId": "#root"},
            "root": {"name": "root"},
        },
    )
    ids = {key: each["id"] for key, each in answer["created"].items()}
    assert (await _get(ada, ids["leaf"]))["parentId"] == ids["branch"]
    assert (await _get(ada, ids["branch"]))["parentId"] == ids["root"]


async def test_a_circle_of_new_mailboxes_is_refused(ada: Client) -> None:
    answer = await ada.call(
        "Mailbox/set", create={"a": {"name": "a", "parentId": "#b"}, "b": {"name": "b", "parentId": "#a"}}
    )
    assert {each["type"] for each in answer["notCreated"].values()} == {"invalidProperties"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": " "}, ["name"]),
        ({"name": 5}, ["name"]),
        ({"name": "a/b"}, ["name"]),
        ({"name": "a\u0000b"}, ["name"]),
        ({"name": "star*"}, ["name"]),
        ({"name": "x" * 1_001}, ["name"]),
        ({"name": "inbox"}, ["name"]),
        ({"name": "Other Users"}, ["name"]),
        ({"name": "a", "parentId": "nothing"}, ["parentId"]),
        ({"name": "a", "parentId": "#nothing"}, ["parentId"]),
        ({"name": "a", "parentId": 5}, ["parentId"]),
        ({"name": "a", "role": "captain"}, ["role"]),
        ({"name": "a", "role": "inbox"}, ["role"]),
        ({"name": "a", "role": "sent"}, ["role"]),
        ({"name": "a", "role": 5}, ["role"]),
        ({"name": "a", "sortOrder": -1}, ["sortOrder"]),
        ({"name": "a", "sortOrder": 2**31}, ["sortOrder"]),
        ({"name": "a", "sortOrder": "1"}, ["sortOrder"]),
        ({"name": "a", "isSubscribed": "yes"}, ["isSubscribed"]),
        ({"name": "a", "totalEmails": 0}, ["totalEmails"]),
        ({"name": "a", "id": "x"}, ["id"]),
        ({"name": "a", "colour": "red"}, ["colour"]),
    ],
)
async def test_a_mailbox_that_cannot_be_is_refused_by_property(
    ada: Client, given: dict[str, Any], names: list[str]
) -> None:
    error = await _not_created(ada, given)
    assert error["type"] == "invalidProperties"
    assert error["properties"] == names
    assert len((await ada.call("Mailbox/get", ids=None))["list"]) == 6


async def test_two_of_one_name_cannot_stand_beside_each_other(ada: Client) -> None:
    work = await ada.mailbox("Wörk")
    error = await _not_created(ada, {"name": "Wo\u0308rk"})
    assert (error["type"], error["existingId"]) == ("alreadyExists", work)
    assert await ada.mailbox("Wörk", parentId=work)
    other = await ada.mailbox("Other")
    assert (await _not_updated(ada, other, {"name": "Wörk"}))["type"] == "alreadyExists"
    assert (await _not_updated(ada, other, {"name": "Inbox"}))["type"] == "alreadyExists"


async def test_a_mailbox_is_renamed_and_moved_with_what_is_below(core: Core, ada: Client) -> None:
    work, home = await ada.mailbox("Work"), await ada.mailbox("Home")
    year = await ada.mailbox("2026", parentId=work)
    quarter = await ada.mailbox("Q1", parentId=year)
    answer = await ada.call("Mailbox/set", update={year: {"name": "Last year", "parentId": home}})
    assert answer["updated"] == {year: None}
    assert mailbox_named(core, ada, "Home/Last year/Q1").id == quarter
    assert (await ada.call("Mailbox/set", update={year: {"parentId": None}}))["updated"] == {year: None}
    assert mailbox_named(core, ada, "Last year/Q1").id == quarter


async def test_what_the_server_writes_otherwise_is_told(ada: Client) -> None:
    work = await ada.mailbox("Work")
    assert (await ada.call("Mailbox/set", update={work: {"name": "Wo\u0308rk"}}))["updated"] == {work: {"name": "Wörk"}}


async def test_a_mailbox_cannot_be_put_into_itself(ada: Client) -> None:
    work = await ada.mailbox("Work")
    year = await ada.mailbox("2026", parentId=work)
    for target in (work, year):
        error = await _not_updated(ada, work, {"parentId": target})
        assert (error["type"], error["properties"]) == ("invalidProperties", ["parentId"])


async def test_the_inbox_stays_what_it_is(ada: Client) -> None:
    inbox, work = await ada.role("inbox"), await ada.mailbox("Work")
    assert (await _not_updated(ada, inbox, {"name": "Post"}))["type"] == "forbidden"
    assert (await _not_updated(ada, inbox, {"parentId": work}))["type"] == "forbidden"
    assert (await _not_updated(ada, inbox, {"role": None}))["type"] == "invalidProperties"
    answer = await ada.call("Mailbox/set", destroy=[inbox], onDestroyRemoveEmails=True)
    assert answer["notDestroyed"][inbox]["type"] == "forbidden"
    rights = (await _get(ada, inbox))["myRights"]
    assert not rights["mayRename"]
    assert not rights["mayDelete"]
    assert (await ada.call("Mailbox/set", update={inbox: {"name": "Inbox", "sortOrder": 3}}))["updated"] == {
        inbox: None
    }


async def test_roles_go_from_one_mailbox_to_another_in_one_call(ada: Client) -> None:
    archive, old = await ada.role("archive"), await ada.mailbox("Old")
    answer = await ada.call("Mailbox/set", update={old: {"role": "archive"}, archive: {"role": None}})
    assert answer["notUpdated"] is None
    assert await ada.role("archive") == old
    error = await _not_updated(ada, archive, {"role": "archive"})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["role"])


async def test_the_order_is_kept_also_when_it_is_zero(ada: Client) -> None:
    work = await ada.mailbox("Work", sortOrder=0)
    assert (await _get(ada, work))["sortOrder"] == 0
    await ada.call("Mailbox/set", update={work: {"sortOrder": 99}})
    assert (await _get(ada, work))["sortOrder"] == 99
    assert (await ada.call("Mailbox/set", update={work: {"sortOrder": None}}))["updated"] == {work: None}
    assert (await _get(ada, work))["sortOrder"] == 0


async def test_a_subscription_is_ended_and_begun_again(ada: Client) -> None:
    work, state = await ada.mailbox("Work", isSubscribed=False), await ada.state()
    assert not (await _get(ada, work))["isSubscribed"]
    await ada.call("Mailbox/set", update={work: {"isSubscribed": True}})
    assert (await _get(ada, work))["isSubscribed"]
    assert (await ada.call("Mailbox/changes", sinceState=state))["updated"] == [work]


async def test_what_is_the_servers_to_set_may_come_along_as_it_is(ada: Client) -> None:
    work = await ada.mailbox("Work")
    found = await _get(ada, work)
    assert (await ada.call("Mailbox/set", update={work: {**found, "name": "Other"}}))["updated"] == {work: None}
    error = await _not_updated(ada, work, {"totalEmails": 5})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["totalEmails"])
    assert (await _not_updated(ada, work, {"myRights/mayDelete": False}))["type"] == "invalidProperties"


async def test_a_patch_into_nothing_is_an_invalid_patch(ada: Client) -> None:
    work = await ada.mailbox("Work")
    assert (await _not_updated(ada, work, {"name/first": "x"}))["type"] == "invalidPatch"


async def test_what_is_not_there_is_not_found(ada: Client) -> None:
    answer = await ada.call("Mailbox/set", update={"nothing": {"name": "x"}, "#no": {}}, destroy=["nowhere"])
    assert {key: each["type"] for key, each in answer["notUpdated"].items()} == {
        "nothing": "notFound",
        "#no": "notFound",
    }
    assert answer["notDestroyed"]["nowhere"]["type"] == "notFound"


async def test_a_mailbox_with_mail_goes_only_when_that_is_meant(core: Core, ada: Client) -> None:
    work = await ada.mailbox("Work")
    message = await ada.file(letter(), mailbox_id=work)
    answer = await ada.call("Mailbox/set", destroy=[work])
    assert answer["notDestroyed"][work]["type"] == "mailboxHasEmail"
    answer = await ada.call("Mailbox/set", destroy=[work], onDestroyRemoveEmails=True)
    assert answer["destroyed"] == [work]
    left = await core.read(lambda tx: tx.all("SELECT message_id FROM tombstones WHERE mailbox_id = ?", (work,)))
    assert left == [(message,)]
    assert await core.read(lambda tx: tx.scalar("SELECT count(*) FROM mailboxes WHERE id = ?", (work,))) == 0


async def test_deleted_mail_that_nobody_sees_does_not_keep_a_mailbox(ada: Client) -> None:
    work = await ada.mailbox("Work")
    await ada.file(letter(), mailbox_id=work, flags=Flag.DELETED)
    assert (await ada.call("Mailbox/set", destroy=[work]))["destroyed"] == [work]


async def test_a_mailbox_with_children_stays_until_they_go(ada: Client) -> None:
    work = await ada.mailbox("Work")
    year = await ada.mailbox("2026", parentId=work)
    message = await ada.file(letter(), mailbox_id=work)
    answer = await ada.call("Mailbox/set", destroy=[work], onDestroyRemoveEmails=True)
    assert answer["notDestroyed"][work]["type"] == "mailboxHasChild"
    assert (await _get(ada, work))["totalEmails"] == 1, message
    answer = await ada.call("Mailbox/set", destroy=[work, year], onDestroyRemoveEmails=True)
    assert set(answer["destroyed"]) == {work, year}


async def test_what_another_program_leaves_below_nothing_shows_a_change(core: Core, ada: Client) -> None:
    work = await ada.mailbox("Work")
    year = await ada.mailbox("2026", parentId=work)
    state = await ada.state()

    def by_imap(tx: Tx) -> None:
        core_mailboxes.remove(tx, ada.account, "Work")

    await core.write(by_imap)
    changes = await ada.call("Mailbox/changes", sinceState=state)
    assert (changes["updated"], changes["destroyed"]) == ([year], [work])
    assert (await _get(ada, year))["name"] == "Work/2026"
    await ada.call("Mailbox/set", update={year: {"name": "Moved up"}})
    assert mailbox_named(core, ada, "Moved up").id == year


async def test_what_is_done_is_on_record(core: Core, ada: Client) -> None:
    work = await ada.mailbox("Work")
    await ada.call("Mailbox/set", update={work: {"name": "Other", "role": None, "sortOrder": 4}})
    await ada.call("Mailbox/set", destroy=[work])
    rows = await core.read(
        lambda tx: tx.all("SELECT action, actor FROM audit_events WHERE action LIKE 'mailbox.%' ORDER BY id")
    )
    actions = [action for action, actor in rows if actor == "ada@mailwright.test"]
    assert actions == ["mailbox.created", "mailbox.renamed", "mailbox.changed", "mailbox.removed"]


async def test_a_change_that_does_not_name_the_counts_counts_nothing(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await ada.role("inbox")
    await ada.file(letter())

    def counts(_tx: Tx, _mailbox_id: str) -> None:
        raise AssertionError("counted")

    monkeypatch.setattr(mailbox_counts, "counts", counts)
    answer = await ada.call("Mailbox/set", update={inbox: {"sortOrder": 7}})
    assert answer["updated"] == {inbox: None}
