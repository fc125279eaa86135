"""Email/import and Email/copy: messages from uploads, and from one account to another."""

from __future__ import annotations

import pytest

from mailwright.core.messages import Flag
from mailwright.storage import accounts

from .conftest import Client, MethodFailed, letter, share


async def got(client: Client, email_id: str, *properties: str) -> dict:
    answer = await client.call("Email/get", ids=[email_id], properties=list(properties))
    return answer["list"][0]


async def imported(client: Client, raw: bytes, **more) -> dict:
    blob_id = await client.upload(raw, "message/rfc822")
    one = {"blobId": blob_id, "mailboxIds": {await client.role("inbox"): True}, **more}
    return await client.call("Email/import", emails={"i": one})


async def test_an_upload_becomes_an_email(any_ada):
    answer = await imported(
        any_ada, letter("Old"), keywords={"$seen": True, "Work": True}, receivedAt="2020-01-02T03:04:05Z"
    )
    assert set(answer) == {"accountId", "oldState", "newState", "created", "notCreated"}
    made = answer["created"]["i"]
    found = await got(any_ada, made["id"], "subject", "keywords", "receivedAt", "blobId", "threadId", "size")
    assert found["subject"] == "Old"
    assert found["keywords"] == {"$seen": True, "work": True}
    assert found["receivedAt"] == "2020-01-02T03:04:05Z"
    assert {name: found[name] for name in ("id", "blobId", "threadId", "size")} == made


async def test_without_a_time_that_of_the_last_hop_counts(ada):
    trace = "Received: from a by b; Thu, 19 Nov 2026 09:00:00 +0100\nReceived: from c by a; Wed, 18 Nov 2026 09:00:00 +0100\n"
    answer = await imported(ada, letter(extra=trace))
    assert (await got(ada, answer["created"]["i"]["id"], "receivedAt"))["receivedAt"] == "2026-11-19T08:00:00Z"


async def test_a_part_that_is_a_message_and_a_whole_message_are_imported_too(ada):
    inner = letter("Inner").decode()
    outer = (
        "From: Eve <eve@example.org>\r\nSubject: Outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    )
    message = await ada.file(outer.encode())
    part = (await got(ada, message, "attachments"))["attachments"][0]["blobId"]
    place = {await ada.role("archive"): True}
    answer = await ada.call(
        "Email/import",
        emails={
            "part": {"blobId": part, "mailboxIds": place},
            "whole": {"blobId": f"m{message}", "mailboxIds": place},
        },
    )
    subjects = [(await got(ada, answer["created"][key]["id"], "subject"))["subject"] for key in ("part", "whole")]
    assert subjects == ["Inner", "Outer"]


@pytest.mark.parametrize(
    ("change", "kind", "names"),
    [
        ({"blobId": "nonsense"}, "invalidProperties", ["blobId"]),
        ({"blobId": None}, "invalidProperties", ["blobId"]),
        ({"mailboxIds": {}}, "invalidProperties", ["mailboxIds"]),
        ({"mailboxIds": {"x": True}}, "invalidProperties", ["mailboxIds"]),
        ({"keywords": {"a b": True}}, "invalidProperties", ["keywords"]),
        ({"receivedAt": "x"}, "invalidProperties", ["receivedAt"]),
        ({"subject": "x"}, "invalidProperties", ["subject"]),
    ],
)
async def test_what_an_import_may_not_be(ada, change, kind, names):
    answer = await imported(ada, letter(), **change)
    assert answer["created"] is None
    assert answer["notCreated"]["i"]["type"] == kind
    assert answer["notCreated"]["i"]["properties"] == names


async def test_what_is_no_message_is_refused_and_a_full_mailbox_says_so(ada, bashir):
    assert (await imported(ada, b"\x00\x01\x02"))["notCreated"]["i"]["type"] == "invalidEmail"
    assert (await imported(ada, b""))["notCreated"]["i"]["type"] == "invalidEmail"
    hers = await bashir.upload(letter())
    answer = await imported(ada, letter(), blobId=hers)
    assert answer["notCreated"]["i"]["properties"] == ["blobId"]
    ada.core.database.write_now(lambda tx: accounts.set_quota(tx, ada.id, 1))
    assert (await imported(ada, letter()))["notCreated"]["i"]["type"] == "overQuota"


async def test_imports_in_a_state_that_is_past_are_not_made(ada):
    state = await ada.state()
    await ada.file(letter())
    with pytest.raises(MethodFailed, match="stateMismatch"):
        await ada.call("Email/import", ifInState=state, emails={})
    with pytest.raises(MethodFailed, match="invalidArguments"):
        await ada.call("Email/import", emails=[])


# --- Email/copy -----------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(any_core, jmap):
    """Ada, and Bashir who shares his INBOX with her."""
    ada, bashir = jmap(any_core, "ada"), jmap(any_core, "bashir")
    share(any_core, bashir, "ada@mailwright.test", "lrswite", "INBOX")
    return ada, bashir


async def test_an_email_is_copied_into_what_somebody_shares_and_back(shared):
    ada, bashir = shared
    message = await ada.file(letter("Mine"), flags=Flag.SEEN, keywords=("work",))
    inbox = await bashir.role("inbox")
    answer = await ada.call(
        "Email/copy",
        fromAccountId=ada.id,
        accountId=bashir.id,
        create={"c": {"id": message, "mailboxIds": {inbox: True}, "receivedAt": "2020-01-02T03:04:05Z"}},
    )
    made = answer["created"]["c"]
    assert answer["fromAccountId"] == ada.id
    found = await got(bashir, made["id"], "subject", "keywords", "receivedAt", "mailboxIds")
    assert found["subject"] == "Mine"
    assert found["keywords"] == {"$seen": True, "work": True}
    assert found["receivedAt"] == "2020-01-02T03:04:05Z"
    assert found["mailboxIds"] == {inbox: True}
    answer = await ada.call(
        "Email/copy",
        fromAccountId=bashir.id,
        accountId=ada.id,
        create={
            "c": {"id": made["id"], "mailboxIds": {await ada.role("archive"): True}, "keywords": {"$flagged": True}}
        },
    )
    assert (await got(ada, answer["created"]["c"]["id"], "keywords"))["keywords"] == {"$flagged": True}


async def test_the_original_is_destroyed_when_that_is_asked_for(shared):
    ada, bashir = shared
    message = await ada.file(letter())
    copy = {
        "fromAccountId": ada.id,
        "accountId": bashir.id,
        "create": {
            "c": {"id": message, "mailboxIds": {await bashir.role("inbox"): True}},
            "no": {"id": "nonsense", "mailboxIds": {await bashir.role("inbox"): True}},
        },
        "onSuccessDestroyOriginal": True,
    }
    responses = await ada.request(("Email/copy", {**copy, "destroyFromIfInState": "0"}))
    assert [name for name, *_ in responses] == ["Email/copy", "error"]
    assert responses[0][1]["notCreated"]["no"]["type"] == "notFound"
    assert responses[1][1]["type"] == "stateMismatch"
    responses = await ada.request(("Email/copy", copy))
    assert [name for name, *_ in responses] == ["Email/copy", "Email/set"]
    assert responses[1][1]["destroyed"] == [message]
    assert responses[1][2] == responses[0][2]


async def test_a_copy_needs_two_accounts_that_are_there_and_rights_in_both(shared):
    ada, bashir = shared
    message = await bashir.file(letter())
    mine, archive = await ada.role("inbox"), await bashir.role("archive")
    with pytest.raises(MethodFailed, match="invalidArguments"):
        await ada.call("Email/copy", fromAccountId=ada.id, accountId=ada.id, create={})
    with pytest.raises(MethodFailed, match="fromAccountNotFound"):
        await bashir.call("Email/copy", fromAccountId=ada.id, accountId=bashir.id, create={})
    with pytest.raises(MethodFailed, match="stateMismatch"):
        await ada.call("Email/copy", fromAccountId=bashir.id, ifFromInState="0", accountId=ada.id, create={})
    private = await bashir.file(letter(), role="archive")
    answer = await ada.call(
        "Email/copy",
        fromAccountId=bashir.id,
        accountId=ada.id,
        create={
            "private": {"id": private, "mailboxIds": {mine: True}},
            "there": {"id": message, "mailboxIds": {archive: True}},
            "more": {"id": message, "mailboxIds": {mine: True}, "subject": "x"},
            "none": {"mailboxIds": {mine: True}},
        },
    )
    kinds = {key: error["type"] for key, error in answer["notCreated"].items()}
    assert kinds == {
        "private": "notFound",
        "there": "invalidProperties",
        "more": "invalidProperties",
        "none": "invalidProperties",
    }


async def test_a_copy_to_where_nothing_can_be_marked_is_made_once_and_told_of(any_core, jmap):
    ada, bashir = jmap(any_core, "ada"), jmap(any_core, "bashir")
    work = await ada.mailbox("Work")
    share(any_core, ada, "bashir@mailwright.test", "lri", "Work")
    message = await bashir.file(letter(), flags=Flag.SEEN)
    answer = await bashir.call(
        "Email/copy",
        fromAccountId=bashir.id,
        accountId=ada.id,
        create={"c": {"id": message, "mailboxIds": {work: True}, "keywords": {}}},
    )
    assert answer["notCreated"] is None
    found = await got(ada, answer["created"]["c"]["id"], "keywords")
    assert found == {"id": answer["created"]["c"]["id"], "keywords": {}}
    assert (await ada.call("Email/query", filter={"inMailbox": work}))["ids"] == [found["id"]]
