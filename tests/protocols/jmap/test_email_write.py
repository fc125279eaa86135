"""Email/set: drafts are made, mail is marked and moved, and destroyed; all of a call at once, and nobody else's."""

from __future__ import annotations

import pytest

from mailwright.core.messages import Flag
from mailwright.domain.ids import new_id
from mailwright.storage import accounts

from .conftest import Client, MethodFailed, letter, share


def body(text: str = "Hello\n"):
    return {"textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": text}}}


async def draft(client: Client, **more) -> dict:
    made = await client.call("Email/set", create={"d": await a_draft(client, **more)})
    assert made["notCreated"] is None, made["notCreated"]
    return made["created"]["d"]


async def a_draft(client: Client, **more) -> dict:
    return {
        "mailboxIds": {await client.role("drafts"): True},
        "keywords": {"$draft": True, "$seen": True},
        "from": [{"name": "Ada", "email": "ada@mailwright.test"}],
        "to": [{"name": None, "email": "chen@example.net"}],
        "subject": "Tomorrow",
        **body(),
        **more,
    }


async def got(client: Client, email_id: str, *properties: str) -> dict:
    answer = await client.call("Email/get", ids=[email_id], properties=list(properties) or ["keywords", "mailboxIds"])
    return answer["list"][0]


def modseq(client: Client) -> int:
    return client.core.database.read_now(lambda tx: accounts.modseq_of(tx, client.id))


async def test_a_draft_is_made_and_told_of(any_ada):
    made = await draft(any_ada, bcc=[{"email": "eve@example.org"}], receivedAt="2026-11-20T10:00:00Z")
    assert made["blobId"] == f"m{made['id']}"
    found = await got(any_ada, made["id"], "subject", "bcc", "messageId", "sentAt", "receivedAt", "keywords", "size")
    assert found["subject"] == "Tomorrow"
    assert found["bcc"] == [{"name": None, "email": "eve@example.org"}]
    assert found["messageId"][0].endswith("@mailwright.test")
    assert found["sentAt"]
    assert found["receivedAt"] == "2026-11-20T10:00:00Z"
    assert found["keywords"] == {"$draft": True, "$seen": True}
    assert found["size"] == made["size"]


async def test_a_draft_that_replaces_another_is_one_change_of_the_journal_for_each(ada):
    first = await draft(ada)
    before = modseq(ada)
    answer = await ada.call("Email/set", create={"d": await a_draft(ada, subject="Tonight")}, destroy=[first["id"]])
    assert answer["destroyed"] == [first["id"]]
    assert answer["created"]["d"]["id"] != first["id"]
    assert modseq(ada) == before + 2
    assert answer["newState"] == str(before + 2)


async def test_when_the_new_draft_cannot_be_made_the_old_one_stays(ada):
    first = await draft(ada)
    broken = await a_draft(ada, subject="a\nb")
    answer = await ada.call("Email/set", create={"d": broken}, destroy=[first["id"]])
    assert answer["notCreated"]["d"]["type"] == "invalidProperties"
    assert answer["notDestroyed"][first["id"]]["type"] == "forbidden"
    ada.core.database.write_now(lambda tx: accounts.set_quota(tx, ada.id, 1))
    answer = await ada.call("Email/set", create={"d": await a_draft(ada)}, destroy=[first["id"]])
    assert answer["notCreated"]["d"]["type"] == "overQuota"
    assert answer["notDestroyed"][first["id"]]["type"] == "forbidden"
    assert await got(ada, first["id"])


async def test_files_are_uploads_parts_of_messages_and_whole_messages(ada):
    upload = await ada.upload(b"%PDF-1.4", "application/pdf")
    original = await ada.file(letter("Original", message_id="<o@example.org>"))
    first = await draft(ada, attachments=[{"blobId": upload, "type": "application/pdf", "name": "a.pdf"}])
    found = await got(ada, first["id"], "attachments", "hasAttachment")
    part = found["attachments"][0]
    assert (found["hasAttachment"], part["name"], part["size"]) == (True, "a.pdf", 8)
    second = await draft(
        ada,
        attachments=[
            {"blobId": part["blobId"], "type": "application/pdf", "name": "b.pdf"},
            {"blobId": f"m{original}", "type": "message/rfc822"},
        ],
    )
    kinds = [(each["type"], each["size"]) for each in (await got(ada, second["id"], "attachments"))["attachments"]]
    assert kinds[0] == ("application/pdf", 8)
    assert kinds[1][0] == "message/rfc822"


async def test_every_file_that_is_not_there_is_named(ada, bashir, core):
    hers = await bashir.upload(b"secret")
    message = await bashir.file(letter())
    wanted = [hers, f"m{message}", f"m{message}_1", "b" + new_id(), "nonsense"]
    answer = await ada.call("Email/set", create={"d": await a_draft(ada, attachments=[{"blobId": e} for e in wanted])})
    assert answer["notCreated"]["d"]["type"] == "blobNotFound"
    assert answer["notCreated"]["d"]["notFound"] == wanted


async def test_too_large_a_message_is_refused(ada):
    upload = await ada.upload(b"x" * 900_000)
    answer = await ada.call("Email/set", create={"d": await a_draft(ada, attachments=[{"blobId": upload}])})
    assert answer["notCreated"]["d"]["type"] == "tooLarge"  # in Base64 it is larger than a message may be
    assert answer["notCreated"]["d"]["maxSize"] == 1024 * 1024


@pytest.mark.parametrize(
    ("change", "kind", "properties"),
    [
        ({"mailboxIds": {}}, "invalidProperties", ["mailboxIds"]),
        ({"mailboxIds": None}, "invalidProperties", ["mailboxIds"]),
        ({"mailboxIds": {"nonsense": True}}, "invalidProperties", ["mailboxIds"]),
        ({"mailboxIds": {"#nobody": True}}, "invalidProperties", ["mailboxIds"]),
        ({"mailboxIds": {"a": True, "b": True}}, "tooManyMailboxes", ["mailboxIds"]),
        ({"keywords": {"$seen": False}}, "invalidProperties", ["keywords"]),
        ({"keywords": {"two words": True}}, "invalidProperties", ["keywords"]),
        ({"keywords": {"a\r\nb": True}}, "invalidProperties", ["keywords"]),
        ({"keywords": {"x" * 256: True}}, "invalidProperties", ["keywords"]),
        ({"keywords": {f"k{n}": True for n in range(200)}}, "tooManyKeywords", None),
        ({"receivedAt": "yesterday"}, "invalidProperties", ["receivedAt"]),
        ({"subject": "Hello\r\nBcc: eve@example.org"}, "invalidProperties", ["subject"]),
        ({"header:X-Test": "a\r\n\r\n<script>"}, "invalidProperties", ["header:X-Test"]),
        ({"threadId": "x"}, "invalidProperties", ["threadId"]),
    ],
)
async def test_what_a_new_email_may_not_be(ada, change, kind, properties):
    answer = await ada.call("Email/set", create={"d": await a_draft(ada, **change)})
    error = answer["notCreated"]["d"]
    assert error["type"] == kind
    assert error.get("properties") == properties


async def test_somebody_elses_mailbox_and_email_are_not_there(ada, bashir):
    hers, message = await bashir.role("inbox"), await bashir.file(letter())
    mine = await ada.file(letter())
    answer = await ada.call(
        "Email/set",
        create={"d": await a_draft(ada, mailboxIds={hers: True})},
        update={message: {"keywords/$seen": True}, mine: {"mailboxIds": {hers: True}}, "nonsense": {}},
        destroy=[new_id()],
    )
    assert answer["notCreated"]["d"]["type"] == "invalidProperties"
    assert answer["notUpdated"][message]["type"] == "notFound"
    assert answer["notUpdated"]["nonsense"]["type"] == "notFound"
    assert answer["notUpdated"][mine]["type"] == "invalidProperties"
    assert [error["type"] for error in answer["notDestroyed"].values()] == ["notFound"]
    answer = await ada.call("Email/set", destroy=[message])
    assert answer["notDestroyed"][message]["type"] == "notFound"
    assert await got(bashir, message)
    with pytest.raises(MethodFailed, match="accountNotFound"):
        await ada.call("Email/set", accountId=bashir.id, destroy=[message])


async def test_keywords_are_changed_whole_and_one_by_one(any_ada):
    message = await any_ada.file(letter(), flags=Flag.SEEN, keywords=("Work", "$Forwarded"))
    await any_ada.call("Email/set", update={message: {"keywords/$Flagged": True, "keywords/WORK": None}})
    assert (await got(any_ada, message))["keywords"] == {"$seen": True, "$flagged": True, "$forwarded": True}
    await any_ada.call("Email/set", update={message: {"keywords": {"$Answered": True, "later": True}}})
    assert (await got(any_ada, message))["keywords"] == {"$answered": True, "later": True}
    await any_ada.call("Email/set", update={message: {"keywords": None}})
    assert (await got(any_ada, message))["keywords"] == {}


async def test_moving_keeps_the_id_and_marks_on_the_way(any_ada):
    message = await any_ada.file(letter())
    inbox, archive = await any_ada.role("inbox"), await any_ada.role("archive")
    change = {f"mailboxIds/{inbox}": None, f"mailboxIds/{archive}": True, "keywords/$seen": True}
    answer = await any_ada.call("Email/set", update={message: change})
    assert answer["updated"] == {message: None}
    found = await got(any_ada, message)
    assert found["mailboxIds"] == {archive: True}
    assert found["keywords"] == {"$seen": True}
    answer = await any_ada.call("Email/set", update={message: {"mailboxIds": {inbox: True}}})
    assert (await got(any_ada, message))["mailboxIds"] == {inbox: True}


async def test_a_mailbox_made_in_the_same_request_is_named_by_its_creation_id(ada):
    message = await ada.file(letter())
    inbox = await ada.role("inbox")
    responses = await ada.request(
        ("Mailbox/set", {"create": {"new": {"name": "Projects"}}}),
        ("Email/set", {"create": {"d": await a_draft(ada, mailboxIds={"#new": True})}}),
        ("Email/set", {"update": {message: {f"mailboxIds/{inbox}": None, "mailboxIds/#new": True}}}),
        ("Email/set", {"update": {"#d": {"keywords/$flagged": True}}}),
    )
    made = responses[0][1]["created"]["new"]["id"]
    assert responses[2][1]["notUpdated"] is None
    assert (await got(ada, message))["mailboxIds"] == {made: True}
    found = await got(ada, responses[1][1]["created"]["d"]["id"])
    assert found["mailboxIds"] == {made: True}
    assert "$flagged" in found["keywords"]


@pytest.mark.parametrize(
    ("patch", "kind"),
    [
        ({"subject": "Another"}, "invalidProperties"),
        ({"receivedAt": "2026-11-20T10:00:00Z"}, "invalidProperties"),
        ({"size": 1}, "invalidProperties"),
        ({"mailboxIds": {}}, "invalidProperties"),
        ({"mailboxIds/nonsense": True}, "tooManyMailboxes"),
        ({"keywords/a b": True}, "invalidProperties"),
        ({"keywords/x": "yes"}, "invalidProperties"),
        ({"keywords": {}, "keywords/x": True}, "invalidPatch"),
        ({"bodyValues/1/value": "x"}, "invalidPatch"),
        ({f"keywords/k{n}": True for n in range(200)}, "tooManyKeywords"),
    ],
)
async def test_what_an_update_may_not_be(ada, patch, kind):
    message = await ada.file(letter())
    answer = await ada.call(
        "Email/set", update={message: {**patch, "keywords/$seen": True} if "keywords" not in patch else patch}
    )
    assert answer["notUpdated"][message]["type"] == kind
    assert (await got(ada, message))["keywords"] == {}


async def test_what_cannot_change_may_be_repeated_as_it_is(ada):
    message = await ada.file(letter())
    found = await got(ada, message, "threadId", "size", "blobId", "mailboxIds")
    answer = await ada.call("Email/set", update={message: {**found, "keywords/$seen": True}})
    assert answer["updated"] == {message: None}


async def test_five_hundred_messages_are_marked_and_moved_in_one_change_each(ada):
    ids = [await ada.file(letter(message_id=f"<{n}@example.org>")) for n in range(60)]
    trash, before = await ada.role("trash"), modseq(ada)
    await ada.call("Email/set", update={each: {"keywords/$seen": True} for each in ids})
    assert modseq(ada) == before + 1
    await ada.call("Email/set", update={each: {"mailboxIds": {trash: True}} for each in ids})
    assert modseq(ada) == before + 2
    answer = await ada.call("Email/set", destroy=ids)
    assert modseq(ada) == before + 3
    assert answer["destroyed"] == ids
    assert (await ada.call("Email/get", ids=ids))["notFound"] == ids


async def test_a_state_that_is_not_the_present_one_stops_the_call(ada):
    state = await ada.state()
    message = await ada.file(letter())
    with pytest.raises(MethodFailed, match="stateMismatch"):
        await ada.call("Email/set", ifInState=state, destroy=[message])
    assert (await ada.call("Email/set", ifInState=await ada.state(), destroy=[message]))["destroyed"] == [message]


async def test_more_than_may_be_asked_for_at_once_is_refused(ada):
    with pytest.raises(MethodFailed, match="requestTooLarge"):
        await ada.call("Email/set", destroy=[f"x{n}" for n in range(1001)])


async def test_a_message_marked_as_deleted_is_not_there(ada):
    message = await ada.file(letter(), flags=Flag.DELETED)
    answer = await ada.call("Email/set", update={message: {"keywords/$seen": True}}, destroy=[])
    assert answer["notUpdated"][message]["type"] == "notFound"


async def test_what_somebody_shares_is_changed_as_far_as_the_rights_go(ada, bashir, core):
    message = await bashir.file(letter(), keywords=("work",))
    inbox, archive = await bashir.role("inbox"), await bashir.role("archive")
    share(core, bashir, "ada@mailwright.test", "lrs", "INBOX")
    there = {"accountId": bashir.id}
    answer = await ada.call("Email/set", **there, update={message: {"keywords/$seen": True}})
    assert answer["updated"] == {message: None}
    answer = await ada.call("Email/set", **there, update={message: {"keywords/$seen": None, "keywords/$flagged": True}})
    assert answer["notUpdated"][message]["type"] == "forbidden"
    assert (await got(bashir, message))["keywords"] == {"$seen": True, "work": True}  # all of an update or nothing
    answer = await ada.call("Email/set", **there, update={message: {"mailboxIds": {archive: True}}}, destroy=[])
    assert answer["notUpdated"][message]["type"] == "invalidProperties"
    answer = await ada.call("Email/set", **there, destroy=[message])
    assert answer["notDestroyed"][message]["type"] == "forbidden"
    made = {"mailboxIds": {inbox: True}, **body()}
    assert (await ada.call("Email/set", **there, create={"d": made}))["notCreated"]["d"]["type"] == "forbidden"
    share(core, bashir, "ada@mailwright.test", "lrswit", "INBOX", "Archive")
    answer = await ada.call("Email/set", **there, update={message: {"mailboxIds": {archive: True}}})
    assert answer["notUpdated"][message]["type"] == "forbidden"  # without the right to take it out of INBOX
    share(core, bashir, "ada@mailwright.test", "lrswite", "INBOX", "Archive")
    answer = await ada.call("Email/set", **there, update={message: {"mailboxIds": {archive: True}}}, create={"d": made})
    assert answer["updated"] == {message: None}
    assert answer["created"]["d"]["id"]
    assert (await got(bashir, message))["mailboxIds"] == {archive: True}
    share(core, bashir, "ada@mailwright.test", "lr", "INBOX", "Archive")
    with pytest.raises(MethodFailed, match="accountReadOnly"):
        await ada.call("Email/set", **there, destroy=[message])


async def test_a_mailbox_deleted_while_the_message_is_made_is_no_mailbox(ada, monkeypatch):
    target = await ada.mailbox("Short-lived")
    from mailwright.protocols.jmap.emails import creating

    stage = creating.stage

    async def slow(call, within, raw):
        prepared = await stage(call, within, raw)
        await ada.call("Mailbox/set", destroy=[target])
        return prepared

    monkeypatch.setattr(creating, "stage", slow)
    answer = await ada.call("Email/set", create={"d": await a_draft(ada, mailboxIds={target: True})})
    assert answer["notCreated"]["d"]["properties"] == ["mailboxIds"]


async def test_what_clients_do_is_in_the_audit_trail(ada):
    made = await draft(ada)
    await ada.call("Email/set", update={made["id"]: {"keywords/$flagged": True}})
    await ada.call("Email/set", destroy=[made["id"]])
    await ada.core.trail.flush()
    rows = ada.core.database.read_now(
        lambda tx: tx.all(
            "SELECT action, resource, address FROM audit_events WHERE action LIKE 'jmap.email.%' ORDER BY id"
        )
    )
    assert [row[0] for row in rows] == ["jmap.email.create", "jmap.email.update", "jmap.email.destroy"]
    assert all(made["id"] in row[1] and row[2] == "192.0.2.7" for row in rows)
