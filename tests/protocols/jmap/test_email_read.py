"""Email/get, Email/changes and Email/parse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.codecs.jmap.headers import CONVENIENCE
from mailwright.codecs.mime import Attachment, Mailbox, compose
from mailwright.core import Core
from mailwright.domain import clock
from mailwright.protocols.jmap.emails.properties import DEFAULT_OF_GET, PROPERTIES
from mailwright.storage import Tx
from mailwright.storage.messages import Flag
from tests.protocols.jmap.conftest import Client, MakeClient, MethodFailed, letter, share

SPECIMENS = sorted((Path(__file__).parents[2] / "messages").glob("*.eml"))
OF_ROWS = [
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
]
EVERY_PART = [
    "partId",
    "blobId",
    "size",
    "headers",
    "name",
    "type",
    "charset",
    "disposition",
    "cid",
    "language",
    "location",
]

MIXED = compose(
    from_=Mailbox("Zoë", "zoe@example.org"),
    to=[Mailbox("Ada", "ada@mailwright.test")],
    subject="Grüße",
    text="Hällo.\n",
    html="<p>Hällo <a href='https://example.org/'>there</a>.</p>",
    message_id="<mixed@example.org>",
    date=clock.now(),
    attachments=[Attachment("Bericht ä.pdf", b"%PDF" * 100, "application/pdf")],
)


async def _get(client: Client, message_id: str, *properties: str, **arguments: Any) -> dict[str, Any]:
    answer = await client.call("Email/get", ids=[message_id], properties=list(properties) or None, **arguments)
    assert answer["notFound"] == []
    return answer["list"][0]  # type: ignore[no-any-return]


# --- Email/get ------------------------------------------------------------------------------------------------------


async def test_a_message_has_the_default_properties(any_ada: Client) -> None:
    inbox = await any_ada.role("inbox")
    received = clock.now() - clock.HOUR
    mail = await any_ada.file(
        MIXED, flags=Flag.SEEN | Flag.FLAGGED, keywords=("$Forwarded", "NonJunk"), received_at=received
    )
    email = await _get(any_ada, mail)
    assert set(email) == set(DEFAULT_OF_GET)
    assert email["mailboxIds"] == {inbox: True}
    assert email["keywords"] == {"$seen": True, "$flagged": True, "$forwarded": True, "nonjunk": True}
    assert email["from"] == [{"name": "Zoë", "email": "zoe@example.org"}]
    assert (email["subject"], email["messageId"]) == ("Grüße", ["mixed@example.org"])
    assert (email["cc"], email["sender"], email["bodyValues"]) == (None, None, {})
    assert (email["size"], email["hasAttachment"]) == (len(MIXED), True)
    assert email["receivedAt"] == clock.to_datetime(received).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [part["type"] for part in email["textBody"]] == ["text/plain"]
    assert [part["type"] for part in email["htmlBody"]] == ["text/html"]
    [attached] = email["attachments"]
    assert (attached["name"], attached["size"], attached["type"]) == ("Bericht ä.pdf", 400, "application/pdf")


async def test_a_list_is_made_of_rows_alone(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [await ada.file(MIXED) for _ in range(50)]

    async def read_nothing(_ranges: Any) -> Any:
        raise AssertionError("a blob was read")

    monkeypatch.setattr(ada.core.blobs, "read_many", read_nothing)
    answer = await ada.call("Email/get", ids=ids, properties=OF_ROWS)
    assert [each["id"] for each in answer["list"]] == ids


@pytest.mark.parametrize("path", SPECIMENS, ids=lambda path: path.stem)
async def test_whatever_a_message_is_every_property_is_told(ada: Client, path: Path) -> None:
    raw = path.read_bytes()
    mail = await ada.file(raw)
    fields = [f"header:{name}:asText:all" for name in ("Subject", "X-Anything")]
    email = await _get(
        ada, mail, *PROPERTIES, *fields, bodyProperties=[*EVERY_PART, "subParts"], fetchAllBodyValues=True
    )
    assert json.loads(json.dumps(email)) == email
    blob = f"m{mail}"
    told = (await ada.call("Email/parse", blobIds=[blob], properties=list(PROPERTIES)))["parsed"]
    if told is None:
        assert not mime.parse(raw).header.fields
        return
    # The row says what the header says; of two From fields the first counts in both.
    for name in (*CONVENIENCE, "size", "preview", "hasAttachment"):
        assert told[blob][name] == email[name], name


async def test_rows_say_what_headers_say(ada: Client) -> None:
    """The short way over the row and the long one over the header, with fields that are odd in every way."""
    odd = (
        "From: A <a@example.org>\nSender: =?utf-8?q?S=C3=A9?= <s@example.org>\nTo:\nTo: b@example.org\nCc: x:;\n"
        f"Bcc: {', '.join(f'p{number}@example.org' for number in range(300))}\nReply-To: nobody at all\n"
        "Subject: =?utf-8?q?e=CC=81?=\nMessage-ID: <1@x> <2@x>\nIn-Reply-To: your letter\n"
        f"References: {' '.join(f'<{number}@x>' for number in range(80))}\n"
        "Date: Fri, 20 Nov 2026 10:00:00 -0330\n\nHi.\n"
    ).replace("\n", "\r\n")
    mail = await ada.file(odd.encode())
    email = await _get(ada, mail, *CONVENIENCE, *_as_headers())
    for name, field in CONVENIENCE.items():
        assert email[name] == email[f"header:{field.name}:as{field.form}"], name
    assert email["sentAt"] == "2026-11-20T10:00:00-03:30"
    assert (len(email["bcc"]), len(email["references"]), email["cc"]) == (300, 80, [])
    assert (email["subject"], email["messageId"]) == ("é", ["1@x", "2@x"])


async def test_rows_filed_before_more_was_kept_are_read_from_the_message(ada: Client) -> None:
    raw = letter(extra="Sender: s@example.org\nBcc: b@example.org\n").replace(b"+0000", b"+0530")
    mail = await ada.file(raw)
    before = await _get(ada, mail, *OF_ROWS)

    def forget(tx: Tx) -> None:
        kept = json.loads(tx.scalar("SELECT headers FROM messages WHERE id = ?", (mail,)))
        for name in ("v", "sender", "bcc", "zone"):
            kept.pop(name, None)
        tx.execute("UPDATE messages SET headers = ? WHERE id = ?", (json.dumps(kept), mail))

    ada.core.database.write_now(forget)
    assert await _get(ada, mail, *OF_ROWS) == before
    assert before["sentAt"] == "2026-11-20T10:00:00+05:30"


async def test_parts_kept_before_their_size_was_are_measured(ada: Client) -> None:
    mail = await ada.file(MIXED)
    properties = ["partId", "size", "type", "language"]
    before = await _get(ada, mail, "bodyStructure", bodyProperties=properties)

    def forget(tx: Tx) -> None:
        def older(fields: list[Any]) -> list[Any]:
            return [*fields[:14], [older(each) for each in fields[-1]]]

        kept = json.loads(tx.scalar("SELECT structure FROM messages WHERE id = ?", (mail,)))
        tx.execute("UPDATE messages SET structure = ? WHERE id = ?", (json.dumps(older(kept)), mail))

    ada.core.database.write_now(forget)
    assert await _get(ada, mail, "bodyStructure", bodyProperties=properties) == before


async def test_of_two_from_fields_the_first_is_shown(ada: Client) -> None:
    mail = await ada.file(b"From: Real <real@example.org>\r\nFrom: Fake <boss@mailwright.test>\r\n\r\nHi.\r\n")
    email = await _get(ada, mail, "from", "header:From:asAddresses", "header:From:asAddresses:all")
    assert email["from"] == [{"name": "Real", "email": "real@example.org"}]
    # RFC 8621 §4.1.3: who asks for the field itself gets the last.
    assert email["header:From:asAddresses"] == [{"name": "Fake", "email": "boss@mailwright.test"}]
    assert len(email["header:From:asAddresses:all"]) == 2


async def test_headers_come_in_the_forms_that_are_asked_for(ada: Client) -> None:
    mail = await ada.file(
        letter(extra="List-Post: <mailto:list@example.org> (all)\nX-Note: one\nX-NOTE: two\nResent-To: g: a@b.c;\n")
    )
    names = (
        "header:X-Note",
        "header:x-note:all",
        "header:X-Note:asText:all",
        "header:List-POST:asURLs",
        "header:Resent-To:asGroupedAddresses",
        "header:date:asDate",
        "header:Message-Id:asMessageIds",
        "header:Missing",
        "header:Missing:asText:all",
    )
    email = await _get(ada, mail, *names)
    assert email == {
        "id": mail,
        "header:X-Note": " two",
        "header:x-note:all": [" one", " two"],
        "header:X-Note:asText:all": ["one", "two"],
        "header:List-POST:asURLs": ["mailto:list@example.org"],
        "header:Resent-To:asGroupedAddresses": [{"name": "g", "addresses": [{"name": None, "email": "a@b.c"}]}],
        "header:date:asDate": "2026-11-20T10:00:00+00:00",
        "header:Message-Id:asMessageIds": ["1@example.org"],
        "header:Missing": None,
        "header:Missing:asText:all": [],
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {"properties": ["header:From:asDate"]},
        {"properties": ["header:Date:asText"]},
        {"properties": ["header:"]},
        {"properties": ["header:Subject:all:asText"]},
        {"properties": ["header:Subject:asShout"]},
        {"properties": ["colour"]},
        {"properties": "subject"},
        {"bodyProperties": ["colour"]},
        {"bodyProperties": ["header:Content-Type:asDate:some"]},
        {"bodyProperties": "size"},
        {"maxBodyValueBytes": -1},
        {"fetchAllBodyValues": 1},
        {"ids": [5]},
        {"accountId": None},
    ],
)
async def test_what_no_message_has_is_an_error(ada: Client, arguments: dict[str, Any]) -> None:
    with pytest.raises(MethodFailed) as failed:
        await ada.call("Email/get", **{"ids": [], **arguments})
    assert failed.value.type == "invalidArguments"


async def test_values_of_bodies_come_as_wanted(ada: Client) -> None:
    mail = await ada.file(MIXED)
    text = await _get(ada, mail, "bodyValues", "textBody", fetchTextBodyValues=True)
    plain = text["textBody"][0]["partId"]
    assert text["bodyValues"] == {plain: {"value": "Hällo.\n", "isEncodingProblem": False, "isTruncated": False}}
    html = await _get(ada, mail, "bodyValues", "htmlBody", fetchHTMLBodyValues=True)
    assert set(html["bodyValues"]) == {html["htmlBody"][0]["partId"]}
    every = await _get(ada, mail, "bodyValues", fetchAllBodyValues=True)
    assert len(every["bodyValues"]) == 2
    for most in range(1, 60):
        cut = await _get(ada, mail, "bodyValues", fetchAllBodyValues=True, maxBodyValueBytes=most)
        for number, value in cut["bodyValues"].items():
            assert len(value["value"].encode()) <= most or not value["isTruncated"]
            assert every["bodyValues"][number]["value"].startswith(value["value"])
            assert value["isTruncated"] is (value["value"] != every["bodyValues"][number]["value"])
            assert value["value"].count("<") == value["value"].count(">")  # no half of a tag


@pytest.mark.parametrize(
    ("header", "body", "sound"),
    [
        ("Content-Type: text/plain; charset=utf-8", b"\xc3\xa9", True),
        ("Content-Type: text/plain; charset=utf-8", b"\xe9", False),
        ("Content-Type: text/plain; charset=klingon", b"e", False),
        ("Content-Type: text/plain; charset=iso-8859-1", b"\xe9", True),
        ("Content-Type: text/plain", b"\xc3\xa9", True),
        ("Content-Transfer-Encoding: x-rot13", b"e", False),
    ],
)
async def test_problems_with_an_encoding_are_told(ada: Client, header: str, body: bytes, sound: bool) -> None:
    mail = await ada.file(letter(extra=f"{header}\n", body="#").replace(b"#", body))
    email = await _get(ada, mail, "bodyValues", fetchAllBodyValues=True)
    assert email["bodyValues"]["1"]["isEncodingProblem"] is not sound


async def test_a_structure_is_a_tree_without_the_inside_of_attached_messages(ada: Client) -> None:
    inner = MIXED.decode()
    raw = (
        "From: a@example.org\nContent-Type: multipart/mixed; boundary=zz\nContent-Language: de, en\n\n"
        "--zz\nContent-Type: text/plain\nContent-Location: https://exam\n ple.org/a\n\nHi\n"
        f"--zz\nContent-Type: message/rfc822\n\n{inner}\n--zz--\n"
    ).replace("\r\n", "\n")
    mail = await ada.file(raw.replace("\n", "\r\n").encode())
    email = await _get(
        ada, mail, "bodyStructure", "attachments", bodyProperties=["partId", "blobId", "type", "language", "location"]
    )
    assert email["bodyStructure"] == {
        "partId": None,
        "blobId": None,
        "type": "multipart/mixed",
        "language": ["de", "en"],
        "location": None,
        "subParts": [
            {
                "partId": "1",
                "blobId": f"m{mail}_1",
                "type": "text/plain",
                "language": None,
                "location": "https://example.org/a",
            },
            {"partId": "2", "blobId": f"m{mail}_2", "type": "message/rfc822", "language": None, "location": None},
        ],
    }
    parsed = (await ada.call("Email/parse", blobIds=[f"m{mail}_2"]))["parsed"][f"m{mail}_2"]
    assert (parsed["subject"], parsed["hasAttachment"]) == ("Grüße", True)
    # What is attached to the attached message can be had by its blob id.
    pdf = parsed["attachments"][0]["blobId"]
    got = await ada.http.get(f"/jmap/download/{ada.id}/{pdf}/a.pdf", params={"type": "application/pdf"})
    assert (got.status_code, got.content) == (200, b"%PDF" * 100)


async def test_what_is_not_there_is_not_found(any_ada: Client, jmap: MakeClient) -> None:
    chen = jmap(any_ada.core, "chen")
    theirs = await chen.file(letter())
    deleted = await any_ada.file(letter(), flags=Flag.DELETED)
    unknown = ["no-id-of-ours", any_ada.id, theirs, deleted]
    answer = await any_ada.call("Email/get", ids=unknown)
    assert (answer["list"], answer["notFound"]) == ([], unknown)
    # RFC 8621 §4.1.1: what has \\Deleted is in no list either.
    assert (await any_ada.call("Email/query", filter={}))["ids"] == []
    assert (await any_ada.call("Email/get", ids=None))["list"] == []


async def test_reading_a_body_is_in_the_audit_trail_and_a_list_is_not(ada: Client) -> None:
    mail = await ada.file(MIXED)
    await _get(ada, mail, *OF_ROWS)
    await _get(ada, mail)
    await _get(ada, mail, "bodyValues", fetchTextBodyValues=True)
    await ada.call("Email/parse", blobIds=[f"m{mail}"])
    await ada.core.trail.flush()
    rows = ada.core.database.read_now(
        lambda tx: tx.all("SELECT action, resource FROM audit_events WHERE action LIKE 'jmap.%' ORDER BY id")
    )
    assert rows == [("jmap.read", f"{ada.email}: {mail}"), ("jmap.parse", f"{ada.email}: m{mail}")]


async def test_everything_that_was_read_at_once_is_named_in_the_audit_trail(ada: Client) -> None:
    mails = [await ada.file(letter(message_id=f"<{number}@x>")) for number in range(60)]
    await ada.call("Email/get", ids=mails, properties=["bodyValues"], fetchTextBodyValues=True)
    await ada.call("SearchSnippet/get", emailIds=mails, filter={"body": "hi"})
    await ada.core.trail.flush()
    for action in ("jmap.read", "jmap.snippets"):
        rows = ada.core.database.read_now(
            lambda tx, action=action: tx.all(
                "SELECT resource FROM audit_events WHERE action = ? ORDER BY id", (action,)
            )
        )
        assert " ".join(row[0].partition(": ")[2] for row in rows).split() == mails


# --- Email/parse ----------------------------------------------------------------------------------------------------


async def test_an_upload_is_parsed_as_a_message(ada: Client) -> None:
    blob = await ada.upload(MIXED, "message/rfc822")
    nothing = await ada.upload(b"this is no message at all")
    answer = await ada.call(
        "Email/parse",
        blobIds=[blob, nothing, "b-unknown"],
        properties=[
            "id",
            "mailboxIds",
            "keywords",
            "receivedAt",
            "threadId",
            "blobId",
            "size",
            "subject",
            "bodyValues",
        ],
        fetchTextBodyValues=True,
    )
    assert (answer["notParsable"], answer["notFound"]) == ([nothing], ["b-unknown"])
    email = answer["parsed"][blob]
    assert [email[name] for name in ("id", "mailboxIds", "keywords", "receivedAt", "threadId")] == [None] * 5
    assert (email["blobId"], email["size"], email["subject"]) == (blob, len(MIXED), "Grüße")
    assert [each["value"] for each in email["bodyValues"].values()] == ["Hällo.\n"]
    with pytest.raises(MethodFailed) as failed:
        await ada.call("Email/parse", blobIds=[blob], properties=["header:From:asDate"])
    assert failed.value.type == "invalidArguments"
    empty = await ada.call("Email/parse", blobIds=[])
    assert (empty["parsed"], empty["notParsable"], empty["notFound"]) == (None, None, None)


async def test_parts_of_an_upload_can_be_had_by_their_blob_ids(ada: Client, jmap: MakeClient) -> None:
    blob = await ada.upload(MIXED, "message/rfc822")
    pdf = (await ada.call("Email/parse", blobIds=[blob]))["parsed"][blob]["attachments"][0]["blobId"]
    got = await ada.http.get(f"/jmap/download/{ada.id}/{pdf}/a.pdf", params={"type": "application/pdf"})
    assert (got.status_code, got.content) == (200, b"%PDF" * 100)
    assert "ilename" in got.headers["content-disposition"]
    chen = jmap(ada.core, "chen")
    for client, wrong in ((chen, pdf), (ada, f"{blob}_9"), (ada, f"{blob}_"), (ada, f"{blob}_x"), (ada, f"{blob}1")):
        answer = await client.http.get(f"/jmap/download/{client.id}/{wrong}/a.pdf")
        assert answer.status_code == 404, wrong


# --- Email/changes --------------------------------------------------------------------------------------------------


async def _follow(client: Client, state: str, **arguments: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Every answer until there are no more, and what became of each id."""
    pages: list[dict[str, Any]] = []
    known: dict[str, str] = {}
    while True:
        page = await client.call("Email/changes", sinceState=state, **arguments)
        pages.append(page)
        for kind in ("created", "updated", "destroyed"):
            for each in page[kind]:
                if kind == "created":
                    assert each not in known, "created after something else was told of it"
                assert known.get(each) != "destroyed"
                known[each] = kind if known.get(each) != "created" or kind == "destroyed" else "created"
        state = page["newState"]
        if not page["hasMoreChanges"]:
            return pages, known


async def test_changes_tell_what_became_of_each_message(any_ada: Client) -> None:
    old = [await any_ada.file(letter(message_id=f"<{number}@example.org>")) for number in range(6)]
    state = await any_ada.state()
    archive = await any_ada.role("archive")
    await any_ada.call(
        "Email/set",
        update={old[0]: {"keywords/$flagged": True}, old[1]: {"mailboxIds": {archive: True}}},
        destroy=[old[2]],
    )
    new = [await any_ada.file(letter(message_id=f"<n{number}@example.org>")) for number in range(3)]
    await any_ada.call("Email/set", update={new[0]: {"keywords/$seen": True}})
    expected = {old[0]: "updated", old[1]: "updated", old[2]: "destroyed", **dict.fromkeys(new, "created")}
    for most in (None, 1, 2, 3, 100):
        pages, known = await _follow(any_ada, state, maxChanges=most)
        assert known == expected, most
        assert pages[-1]["newState"] == await any_ada.state()
        for page in pages:
            told = [*page["created"], *page["updated"], *page["destroyed"]]
            assert len(told) <= (most or 1000)
            assert len(told) == len(set(told))


async def test_changes_made_at_once_are_told_in_pages(ada: Client) -> None:
    ids = [await ada.file(letter(message_id=f"<{number}@example.org>")) for number in range(9)]
    state = await ada.state()
    archive = await ada.role("archive")
    await ada.call("Email/set", update={each: {"mailboxIds": {archive: True}} for each in ids[:5]}, destroy=ids[5:])
    pages, known = await _follow(ada, state, maxChanges=2)
    assert known == {**dict.fromkeys(ids[:5], "updated"), **dict.fromkeys(ids[5:], "destroyed")}
    assert len(pages) == 5


async def test_a_message_marked_as_deleted_counts_as_destroyed(ada: Client) -> None:
    from mailwright.core import access, marking
    from mailwright.storage import views

    mail = await ada.file(letter())
    inbox = await ada.role("inbox")
    state = await ada.state()

    def mark(tx: Tx, mode: marking.Mode) -> None:
        reached = access.by_id(tx, ada.account, inbox)
        marking.store(tx, reached, list(views.uids(tx, inbox)), mode=mode, flags=int(Flag.DELETED), keywords=())

    await ada.core.write(lambda tx: mark(tx, "add"))
    changes = await ada.call("Email/changes", sinceState=state)
    assert (changes["destroyed"], changes["updated"]) == ([mail], [])
    state = changes["newState"]
    await ada.core.write(lambda tx: mark(tx, "remove"))
    # Who was told that it went is told that it came.
    assert (await ada.call("Email/changes", sinceState=state))["created"] == [mail]


async def test_what_is_hidden_pushes_nothing_off_a_page_of_changes(any_ada: Client) -> None:
    from mailwright.core import access, marking
    from mailwright.storage import views

    ada = any_ada
    state, inbox = await ada.state(), await ada.role("inbox")
    work = await ada.mailbox("Work")
    hidden = [await ada.file(letter(message_id=f"<h{number}@x>")) for number in range(3)]
    going = [await ada.file(letter(message_id=f"<g{number}@x>"), mailbox_id=work) for number in range(3)]
    seen = [await ada.file(letter(message_id=f"<s{number}@x>")) for number in range(3)]

    def hide(tx: Tx) -> None:
        reached = access.by_id(tx, ada.account, inbox)
        uids = sorted(views.uid_of(tx, each) for each in hidden)
        marking.store(tx, reached, uids, mode="add", flags=int(Flag.DELETED), keywords=())

    await ada.core.write(hide)
    await ada.call("Mailbox/set", destroy=[work], onDestroyRemoveEmails=True)
    for most in (1, 2, 3, 4):
        _, known = await _follow(ada, state, maxChanges=most)
        assert [known.get(each) for each in seen] == ["created"] * 3, most
        assert {known.get(each, "destroyed") for each in (*hidden, *going)} == {"destroyed"}


async def test_a_state_from_nowhere_cannot_be_gone_on_from(ada: Client) -> None:
    for state in ("x", "99999", "1.abc", "1~no-id"):
        with pytest.raises(MethodFailed) as failed:
            await ada.call("Email/changes", sinceState=state)
        assert failed.value.type == "cannotCalculateChanges"
    with pytest.raises(MethodFailed) as failed:
        await ada.call("Email/changes", sinceState=await ada.state(), maxChanges=0)
    assert failed.value.type == "invalidArguments"


# --- somebody else's account ----------------------------------------------------------------------------------------


async def test_of_somebody_elses_mail_only_what_they_share_is_there(core: Core, jmap: MakeClient) -> None:
    ada, bashir = jmap(core, "ada"), jmap(core, "bashir")
    shown, hidden = await bashir.mailbox("Shown"), await bashir.mailbox("Hidden")
    share(core, bashir, "ada@mailwright.test", "lr", "Shown")
    there = await bashir.file(letter(message_id="<1@example.org>"), mailbox_id=shown)
    other = await bashir.file(letter(message_id="<2@example.org>"), mailbox_id=hidden)
    answer = await ada.call("Email/get", accountId=bashir.id, ids=[there, other], properties=["subject"])
    assert ([each["id"] for each in answer["list"]], answer["notFound"]) == ([there], [other])
    assert (await ada.call("Email/query", accountId=bashir.id, filter=None))["ids"] == [there]
    hidden_only = {"filter": {"inMailbox": hidden}}
    assert (await ada.call("Email/query", accountId=bashir.id, **hidden_only))["ids"] == []
    found = await ada.call("SearchSnippet/get", accountId=bashir.id, emailIds=[there, other], filter={"text": "hi"})
    assert found["notFound"] == [other]
    # What leaves the mailbox is gone for her, what comes is new; what happens elsewhere is none of hers.
    state = answer["state"]
    await bashir.call("Email/set", update={there: {"mailboxIds": {hidden: True}}, other: {"mailboxIds": {shown: True}}})
    unseen = await bashir.file(letter(message_id="<3@example.org>"), mailbox_id=hidden)
    changes = await ada.call("Email/changes", accountId=bashir.id, sinceState=state)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([other], [], [there])
    assert unseen not in str(changes)
    before = await ada.call("Email/query", accountId=bashir.id, filter=None)
    assert before["ids"] == [other]
    # Other rights may show or hide anything: the client begins anew.
    share(core, bashir, "ada@mailwright.test", "lr", "Hidden")
    for name, arguments in (
        ("Email/changes", {"sinceState": state}),
        ("Email/queryChanges", {"sinceQueryState": before["queryState"]}),
    ):
        with pytest.raises(MethodFailed) as failed:
            await ada.call(name, accountId=bashir.id, **arguments)
        assert failed.value.type == "cannotCalculateChanges"


def _as_headers() -> list[str]:
    return [f"header:{field.name}:as{field.form}" for field in CONVENIENCE.values()]
