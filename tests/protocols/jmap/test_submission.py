"""EmailSubmission: sent, scheduled, taken back, and followed until it is there; under one's own name, once."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.core import emailsubmissions, outbox, restoring, settlement, submission
from mailwright.core.dispatch import Dispatcher
from mailwright.core.messages import Flag
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND
from mailwright.domain.ids import new_id
from mailwright.domain.sending import PermanentFailure, TemporaryFailure
from mailwright.storage import email_submissions
from mailwright.storage.backup import held

from .conftest import Client, MethodFailed, letter


class Way:
    """A transport that does what it is told."""

    at_once = 5
    at_once_per_domain = 5

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def send(self, sender, recipient, raw, *, message_id, idempotency_key):
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.sent.append((str(recipient), raw))
        return "250-2.0.0 Ok:\n250 2.0.0 queued as 1"


async def draft(client: Client, **more) -> str:
    given = {
        "mailboxIds": {await client.role("drafts"): True},
        "keywords": {"$draft": True, "$seen": True},
        "from": [{"name": "Ada", "email": client.email}],
        "to": [{"name": "Chen", "email": "chen@example.net"}],
        "subject": "Tomorrow",
        "textBody": [{"partId": "t"}],
        "bodyValues": {"t": {"value": "Hello\n"}},
        **more,
    }
    answer = await client.call("Email/set", create={"d": given})
    return answer["created"]["d"]["id"]


async def identity(client: Client) -> str:
    return (await client.call("Identity/get"))["list"][0]["id"]


async def send(client: Client, email_id: str, envelope=None, **more) -> list:
    wish = {"identityId": await identity(client), "emailId": email_id, "envelope": envelope}
    return await client.request(("EmailSubmission/set", {"create": {"s": wish}, **more}))


async def sent(client: Client, email_id: str, envelope=None) -> dict:
    answer = (await send(client, email_id, envelope))[0][1]
    assert answer["notCreated"] is None, answer["notCreated"]
    return answer["created"]["s"]


async def got(client: Client, submission_id: str) -> dict:
    return (await client.call("EmailSubmission/get", ids=[submission_id]))["list"][0]


async def drain(client: Client, way: Way | None = None, *, now=clock.now) -> Way:
    way = way or Way()
    await Dispatcher(client.core, {outbox.SMTP: way}, now=now).drain()
    return way


def holding(**parameters) -> dict:
    return {
        "mailFrom": {"email": "ada@mailwright.test", "parameters": parameters},
        "rcptTo": [{"email": "chen@example.net", "parameters": None}],
    }


def rows(client: Client) -> list:
    return client.core.database.read_now(
        lambda tx: tx.all("SELECT recipient, status, next_attempt_at FROM outbox ORDER BY recipient")
    )


async def test_an_email_is_sent_to_everybody_it_names_once_and_its_blind_copies_are_not_told_of(any_ada):
    people = {
        "to": [{"email": "chen@example.net"}, {"email": "bashir@mailwright.test"}],
        "cc": [{"email": "chen@example.net"}],
        "bcc": [{"email": "eve@example.org"}],
    }
    email_id = await draft(any_ada, **people)
    before = await any_ada.state()
    made = await sent(any_ada, email_id)
    assert made["undoStatus"] == "pending"
    assert [each["email"] for each in made["envelope"]["rcptTo"]] == [
        "chen@example.net",
        "bashir@mailwright.test",
        "eve@example.org",
    ]
    changes = await any_ada.call("EmailSubmission/changes", sinceState=before)
    assert changes["created"] == [made["id"]]
    queued = await any_ada.state()
    way = await drain(any_ada)
    assert sorted(recipient for recipient, _ in way.sent) == ["chen@example.net", "eve@example.org"]
    assert all(b"eve@example.org" not in raw and b"192.0.2.7" not in raw for _, raw in way.sent)
    found = await got(any_ada, made["id"])
    assert found["undoStatus"] == "final"
    assert found["emailId"] == email_id
    assert found["deliveryStatus"] == {
        "chen@example.net": {
            "smtpReply": "250 2.0.0 Ok: 250 2.0.0 queued as 1",
            "delivered": "unknown",
            "displayed": "unknown",
        },
        "eve@example.org": {
            "smtpReply": "250 2.0.0 Ok: 250 2.0.0 queued as 1",
            "delivered": "unknown",
            "displayed": "unknown",
        },
        "bashir@mailwright.test": {
            "smtpReply": "250 2.0.0 delivered to the mailbox",
            "delivered": "yes",
            "displayed": "unknown",
        },
    }
    changes = await any_ada.call("EmailSubmission/changes", sinceState=queued)
    assert changes["updated"] == [made["id"]]
    email = (await any_ada.call("Email/get", ids=[email_id], properties=["bcc", "mailboxIds"]))["list"][0]
    assert email["bcc"] == [{"name": None, "email": "eve@example.org"}]  # the sender knows
    assert email["mailboxIds"] == {await any_ada.role("drafts"): True}
    assert (await any_ada.call("Email/query", filter={"inMailbox": await any_ada.role("sent")}))["ids"] == []


async def test_when_it_is_sent_the_email_moves_and_is_a_draft_no_more(ada):
    email_id = await draft(ada)
    drafts, place = await ada.role("drafts"), await ada.role("sent")
    patch = {f"mailboxIds/{drafts}": None, f"mailboxIds/{place}": True, "keywords/$draft": None}
    responses = await send(ada, email_id, onSuccessUpdateEmail={"#s": patch})
    assert [name for name, *_ in responses] == ["EmailSubmission/set", "Email/set"]
    assert responses[1][1]["updated"] == {email_id: None}
    assert responses[0][2] == responses[1][2]
    email = (await ada.call("Email/get", ids=[email_id], properties=["mailboxIds", "keywords"]))["list"][0]
    assert email["mailboxIds"] == {place: True}
    assert email["keywords"] == {"$seen": True}


async def test_a_draft_made_and_sent_in_one_request_can_be_destroyed_by_it(ada):
    drafts = await ada.role("drafts")
    given = {
        "mailboxIds": {drafts: True},
        "from": [{"email": ada.email}],
        "to": [{"email": "chen@example.net"}],
        "subject": "x",
    }
    wish = {"identityId": await identity(ada), "emailId": "#d"}
    responses = await ada.request(
        ("Email/set", {"create": {"d": given}}),
        ("EmailSubmission/set", {"create": {"s": wish}, "onSuccessDestroyEmail": ["#s", "#other"]}),
    )
    email_id = responses[0][1]["created"]["d"]["id"]
    assert responses[2][1]["destroyed"] == [email_id]
    made = responses[1][1]["created"]["s"]["id"]
    assert (await got(ada, made))["emailId"] == email_id
    assert len((await drain(ada)).sent) == 1  # RFC 8621 §7.5: destroying the Email recalls nothing


async def test_when_it_is_not_sent_the_email_stays_as_it_is(ada):
    email_id = await draft(ada, to=[])
    responses = await send(ada, email_id, onSuccessUpdateEmail={"#s": {"keywords/$draft": None}})
    assert len(responses) == 1
    assert responses[0][1]["notCreated"]["s"]["type"] == "noRecipients"


@pytest.mark.parametrize(
    ("email", "envelope", "kind", "more"),
    [
        ({"from": [{"email": "bashir@mailwright.test"}]}, None, "forbiddenFrom", {}),
        ({"from": [{"email": "someone@example.org"}]}, None, "forbiddenFrom", {}),
        ({"from": None}, None, "invalidEmail", {"properties": ["from"]}),
        ({"from": [{"email": "a@mailwright.test"}, {"email": "b@mailwright.test"}]}, None, "invalidEmail", {}),
        ({"to": [{"email": "bash"}]}, None, "invalidRecipients", {"invalidRecipients": ["bash"]}),
        ({"to": [{"email": "bash"}]}, holding(), "invalidEmail", {"properties": ["to"]}),
        (
            {},
            {"mailFrom": {"email": "bashir@mailwright.test"}, "rcptTo": [{"email": "x@example.net"}]},
            "forbiddenMailFrom",
            {},
        ),
        ({}, {"mailFrom": {"email": ""}, "rcptTo": [{"email": "x@example.net"}]}, "forbiddenMailFrom", {}),
        ({}, {"mailFrom": {"email": "ada@mailwright.test"}, "rcptTo": []}, "noRecipients", {}),
        (
            {},
            {"mailFrom": {"email": "ada@mailwright.test"}, "rcptTo": [{"email": "x@example.net\r\nRCPT TO:<y>"}]},
            "invalidRecipients",
            {"invalidRecipients": ["x@example.net\r\nRCPT TO:<y>"]},
        ),
        ({}, {"mailFrom": {"email": "ada@mailwright.test"}}, "invalidProperties", {}),
        ({}, {"mailFrom": "ada@mailwright.test", "rcptTo": []}, "invalidProperties", {}),
        ({}, holding(HOLDFOR="soon"), "invalidProperties", {}),
        ({}, holding(HOLDFOR="-1"), "invalidProperties", {}),
        ({}, holding(HOLDFOR="99999999"), "invalidProperties", {}),
        ({}, holding(HOLDUNTIL="2020-01-01T00:00:00Z"), "invalidProperties", {}),
        ({}, holding(HOLDUNTIL="2999-01-01T00:00:00Z"), "invalidProperties", {}),
        ({}, holding(HOLDUNTIL="2027-01-01T00:00:00Z", HOLDFOR="10"), "invalidProperties", {}),
        ({}, holding(XNONSENSE="1"), "invalidProperties", {}),
    ],
)
async def test_what_may_not_be_sent_says_why(ada, email, envelope, kind, more):
    answer = (await send(ada, await draft(ada, **email), envelope))[0][1]
    error = answer["notCreated"]["s"]
    assert error["type"] == kind
    assert {name: error[name] for name in more} == more
    assert rows(ada) == []


async def test_more_recipients_than_one_may_write_to_are_refused(ada):
    many = [{"email": f"p{n}@example.net"} for n in range(501)]
    error = (await send(ada, await draft(ada, to=many)))[0][1]["notCreated"]["s"]
    assert error["type"] == "tooManyRecipients"
    assert error["maxRecipients"] == 500
    await sent(ada, await draft(ada, to=many[:400]))
    assert (await send(ada, await draft(ada, to=many[:400])))[0][1]["notCreated"]["s"]["type"] == "rateLimit"


async def test_what_is_not_ones_own_can_be_neither_sent_nor_named(ada, bashir):
    hers, own = await bashir.file(letter()), await draft(ada)
    error = (await send(ada, hers))[0][1]["notCreated"]["s"]
    assert (error["type"], error["properties"]) == ("invalidProperties", ["emailId"])
    for wrong in (await identity(bashir), new_id(), "nonsense"):
        answer = await ada.call("EmailSubmission/set", create={"s": {"identityId": wrong, "emailId": own}})
        assert answer["notCreated"]["s"]["properties"] == ["identityId"]
    made = await sent(bashir, await draft(bashir), None)
    answer = await ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "canceled"}}, destroy=[new_id()])
    assert answer["notUpdated"][made["id"]]["type"] == "notFound"
    answer = await ada.call("EmailSubmission/set", destroy=[made["id"]])
    assert answer["notDestroyed"][made["id"]]["type"] == "notFound"
    assert (await ada.call("EmailSubmission/get", ids=[made["id"]]))["notFound"] == [made["id"]]
    with pytest.raises(MethodFailed, match="accountNotFound"):
        await ada.call("EmailSubmission/get", accountId=bashir.id)


# --- once, and taken back -------------------------------------------------------------------------------------------


async def test_a_client_that_missed_the_answer_sends_once(any_ada):
    email_id = await draft(any_ada)
    first = await sent(any_ada, email_id)
    assert (await sent(any_ada, email_id))["id"] == first["id"]
    await any_ada.call("Email/set", destroy=[email_id])
    assert (await sent(any_ada, email_id))["id"] == first["id"]  # also when its onSuccess had destroyed the Email
    assert len(rows(any_ada)) == 1
    other = await draft(any_ada)  # the same words in another Email are another sending
    assert (await sent(any_ada, other))["id"] != first["id"]


async def test_the_same_email_to_somebody_else_or_a_while_later_is_another_sending(ada, monkeypatch):
    email_id = await draft(ada)
    first = await sent(ada, email_id)
    to_bashir = holding()
    to_bashir["rcptTo"] = [{"email": "bashir@mailwright.test", "parameters": None}]
    assert (await sent(ada, email_id, to_bashir))["id"] != first["id"]
    monkeypatch.setattr(emailsubmissions, "SAME_SENDING", 0)
    assert (await sent(ada, email_id))["id"] != first["id"]


async def test_two_requests_at_the_same_moment_are_one_sending(any_ada):
    email_id = await draft(any_ada)
    made = await asyncio.gather(*(sent(any_ada, email_id) for _ in range(4)))
    assert len({each["id"] for each in made}) == 1
    assert len(rows(any_ada)) == 1


async def test_within_the_undo_window_it_is_taken_back_from_everybody(any_ada):
    any_ada.core.database.write_now(lambda tx: submission.set_undo_seconds(tx, any_ada.account, 30))
    email_id = await draft(any_ada, to=[{"email": "chen@example.net"}, {"email": "bashir@mailwright.test"}])
    made = await sent(any_ada, email_id)
    state = await any_ada.state()
    answer = await any_ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "canceled"}})
    assert answer["updated"] == {made["id"]: None}
    assert {status for _, status, _ in rows(any_ada)} == {"cancelled"}
    found = await got(any_ada, made["id"])
    assert found["undoStatus"] == "canceled"
    assert {each["delivered"] for each in found["deliveryStatus"].values()} == {"no"}
    assert (await any_ada.call("EmailSubmission/changes", sinceState=state))["updated"] == [made["id"]]
    way = await drain(any_ada, now=lambda: clock.now() + HOUR)
    assert way.sent == []
    again = await sent(any_ada, email_id)  # who sends it again after taking it back means it
    assert again["id"] != made["id"]
    answer = await any_ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "canceled"}})
    assert answer["updated"] == {made["id"]: None}
    answer = await any_ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "pending"}})
    assert answer["notUpdated"][made["id"]]["type"] == "invalidProperties"


async def test_what_was_taken_back_over_another_way_is_canceled_too(ada):
    ada.core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada.account, 30))
    made = await sent(ada, await draft(ada))
    header = ada.core.database.read_now(lambda tx: email_submissions.of_user(tx, ada.id))[0].header_id
    assert await submission.undo(ada.core, ada.account, header) == 1
    assert (await got(ada, made["id"]))["undoStatus"] == "canceled"


async def test_what_is_on_its_way_or_gone_cannot_be_taken_back(any_ada):
    email_id = await draft(any_ada, to=[{"email": "chen@example.net"}, {"email": "eve@example.org"}])
    made = await sent(any_ada, email_id)
    way = Way()
    way.gate = asyncio.Event()
    way.at_once = way.at_once_per_domain = 1  # the other one still waits
    dispatcher = Dispatcher(any_ada.core, {outbox.SMTP: way})
    await dispatcher._pass(clock.now(), sweep=False)
    change = {"update": {made["id"]: {"undoStatus": "canceled"}}}
    answer = await any_ada.call("EmailSubmission/set", **change)
    assert answer["notUpdated"][made["id"]]["type"] == "cannotUnsend"
    assert sorted(status for _, status, _ in rows(any_ada)) == ["queued", "sending"]  # nothing of it was taken back
    way.gate.set()
    await asyncio.gather(*dispatcher._sending)
    await dispatcher.drain()
    assert len(way.sent) == 2
    answer = await any_ada.call("EmailSubmission/set", **change)
    assert answer["notUpdated"][made["id"]]["type"] == "cannotUnsend"
    assert (await got(any_ada, made["id"]))["undoStatus"] == "final"


async def test_a_race_between_taking_back_and_sending_has_one_winner(any_ada):
    for round_ in range(6):
        email_id = await draft(
            any_ada, subject=f"Round {round_}", to=[{"email": f"p{n}@example.net"} for n in range(3)]
        )
        made = await sent(any_ada, email_id)
        way = Way()
        answer, _ = await asyncio.gather(
            any_ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "canceled"}}), drain(any_ada, way)
        )
        if answer["updated"]:
            assert way.sent == []
            assert (await got(any_ada, made["id"]))["undoStatus"] == "canceled"
        else:
            assert len(way.sent) == 3
            assert (await got(any_ada, made["id"]))["undoStatus"] == "final"


# --- later ----------------------------------------------------------------------------------------------------------


async def test_mail_is_scheduled_and_leaves_when_its_time_has_come(any_ada):
    made = await sent(any_ada, await draft(any_ada), holding(HOLDFOR=str(3 * 24 * 3600)))
    then = clock.now() + 3 * DAY
    assert abs(rows(any_ada)[0][2] - then) < MINUTE
    assert made["undoStatus"] == "pending"
    assert made["sendAt"][:16] == clock.to_iso(rows(any_ada)[0][2])[:16]
    early = await drain(any_ada, now=lambda: then - HOUR)
    assert early.sent == []
    late = await drain(any_ada, now=lambda: then + SECOND)
    assert len(late.sent) == 1
    assert (await got(any_ada, made["id"]))["undoStatus"] == "final"


async def test_what_a_restore_held_is_taken_back_or_leaves_at_the_time_it_was_written_for(any_ada):
    """What was due may have been sent in the time that was lost; what is for later was not."""
    envelope = holding(HOLDFOR="7200")
    later, other = [await sent(any_ada, await draft(any_ada, subject=each), envelope) for each in ("A", "B")]
    due = await sent(any_ada, await draft(any_ada, subject="C"), holding())
    times = [row[2] for row in rows(any_ada)]
    assert await any_ada.core.write(held.hold) == 3
    assert not (await drain(any_ada)).sent
    found = await got(any_ada, later["id"])
    assert found["undoStatus"] == "pending"
    assert found["deliveryStatus"]["chen@example.net"]["delivered"] == "queued"
    assert found["deliveryStatus"]["chen@example.net"]["smtpReply"].startswith("451 4.0.0 held: ")
    wish = {each["id"]: {"undoStatus": "canceled"} for each in (other, due)}
    answer = await any_ada.call("EmailSubmission/set", update=wish)
    assert answer["updated"] == {other["id"]: None}
    assert answer["notUpdated"][due["id"]]["type"] == "cannotUnsend"
    assert await restoring.release(any_ada.core) == 2
    assert sorted(row[1] for row in rows(any_ada)) == ["cancelled", "queued", "queued"]
    assert sorted(times)[1] in [row[2] for row in rows(any_ada) if row[1] == "queued"]
    assert len((await drain(any_ada)).sent) == 1, "what was due; the other one waits for its time"
    assert len((await drain(any_ada, now=lambda: clock.now() + 3 * HOUR)).sent) == 1


async def test_mail_scheduled_for_long_is_neither_given_up_nor_called_late(ada):
    moment = clock.to_iso(clock.now() + 300 * DAY)[:19] + "Z"
    made = await sent(ada, await draft(ada), holding(HOLDUNTIL=moment))
    assert made["sendAt"] == moment
    for days in (1, 6, 200):
        at = clock.now() + days * DAY
        assert await settlement.give_up_overdue(ada.core, outbox.SMTP, at, 10) == 0
        assert await settlement.tell_of_delays(ada.core, outbox.SMTP, at, 10) == 0
    assert [status for _, status, _ in rows(ada)] == ["queued"]
    answer = await ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "canceled"}})
    assert answer["updated"] == {made["id"]: None}


async def test_what_fails_says_what_the_other_server_said(any_ada):
    made = await sent(any_ada, await draft(any_ada))
    way = Way()
    way.failure = TemporaryFailure("try again", "4.2.1", reply="450 4.2.1 busy", host="mx.example.net")
    state = await any_ada.state()
    dispatcher = Dispatcher(any_ada.core, {outbox.SMTP: way})
    await dispatcher.drain()
    status = (await got(any_ada, made["id"]))["deliveryStatus"]["chen@example.net"]
    assert status["delivered"] == "queued"
    assert status["smtpReply"].startswith("421 4.2.1") or status["smtpReply"].startswith("451 4.2.1")
    assert (await any_ada.call("EmailSubmission/changes", sinceState=state))["updated"] == [made["id"]]
    way.failure = PermanentFailure("no such user", "5.1.1")
    await Dispatcher(any_ada.core, {outbox.SMTP: way}, now=lambda: clock.now() + DAY).drain()
    found = await got(any_ada, made["id"])
    assert found["deliveryStatus"]["chen@example.net"]["delivered"] == "no"
    assert found["deliveryStatus"]["chen@example.net"]["smtpReply"].startswith("550 5.1.1 no such user")
    assert found["undoStatus"] == "final"


# --- found again ----------------------------------------------------------------------------------------------------


async def test_submissions_are_found_by_what_they_are_and_in_order(any_ada):
    first_email, second_email = await draft(any_ada), await draft(any_ada, subject="Later")
    first = await sent(any_ada, first_email)
    second = await sent(any_ada, second_email, holding(HOLDFOR="3600"))
    await drain(any_ada)

    async def found(**condition):
        return (await any_ada.call("EmailSubmission/query", filter=condition))["ids"]

    assert await found() == [second["id"], first["id"]]
    assert await found(undoStatus="pending") == [second["id"]]
    assert await found(undoStatus="final") == [first["id"]]
    assert await found(emailIds=[first_email]) == [first["id"]]
    assert await found(threadIds=[second["threadId"]]) == [second["id"]]
    assert await found(identityIds=[await identity(any_ada)]) == [second["id"], first["id"]]
    assert await found(identityIds=["nonsense"]) == []
    assert await found(before=second["sendAt"]) == [first["id"]]
    assert await found(after=second["sendAt"]) == [second["id"]]
    assert await found(operator="NOT", conditions=[{"undoStatus": "final"}]) == [second["id"]]
    for name in ("sentAt", "emailId", "threadId"):
        answer = await any_ada.call(
            "EmailSubmission/query", sort=[{"property": name, "isAscending": True}], calculateTotal=True
        )
        assert answer["ids"] == [first["id"], second["id"]]
        assert answer["total"] == 2
    for wrong, kind in (
        ({"sort": [{"property": "x"}]}, "unsupportedSort"),
        ({"filter": {"x": 1}}, "unsupportedFilter"),
    ):
        with pytest.raises(MethodFailed, match=kind):
            await any_ada.call("EmailSubmission/query", **wrong)
    with pytest.raises(MethodFailed, match="invalidArguments"):
        await found(before="soon")


async def test_what_changed_in_a_query_is_told(ada):
    pending = {"undoStatus": "pending"}
    first = await sent(ada, await draft(ada))
    state = (await ada.call("EmailSubmission/query", filter=pending))["queryState"]
    second = await sent(ada, await draft(ada), holding(HOLDFOR="3600"))
    await drain(ada)
    answer = await ada.call("EmailSubmission/queryChanges", filter=pending, sinceQueryState=state)
    assert set(answer["removed"]) == {first["id"], second["id"]}
    assert answer["added"] == [{"id": second["id"], "index": 0}]


async def test_a_forgotten_submission_is_sent_all_the_same(any_ada):
    made = await sent(any_ada, await draft(any_ada))
    state = await any_ada.state()
    answer = await any_ada.call("EmailSubmission/set", destroy=[made["id"]])
    assert answer["destroyed"] == [made["id"]]
    assert (await any_ada.call("EmailSubmission/changes", sinceState=state))["destroyed"] == [made["id"]]
    assert len((await drain(any_ada)).sent) == 1


async def test_old_records_are_forgotten_at_night_and_what_waits_is_not(any_ada):
    made = await sent(any_ada, await draft(any_ada))
    waiting = await sent(any_ada, await draft(any_ada), holding(HOLDFOR="3600"))
    await drain(any_ada)
    assert await emailsubmissions.forget(any_ada.core) == 0
    any_ada.core.database.write_now(
        lambda tx: tx.execute("UPDATE email_submissions SET created_at = 1, send_at = 1")  # long ago
    )
    assert await emailsubmissions.forget(any_ada.core) == 1
    assert (await any_ada.call("EmailSubmission/get"))["list"][0]["id"] == waiting["id"]
    assert (await any_ada.call("EmailSubmission/get", ids=[made["id"]]))["notFound"] == [made["id"]]


async def test_killed_between_sending_and_what_comes_after_the_submission_is_there_and_the_email_as_it_was(
    ada, monkeypatch
):
    from mailwright.protocols.jmap import sending

    async def killed(call, arguments):
        raise SystemError("killed")

    email_id = await draft(ada)
    patch = {"#s": {"keywords/$draft": None}}
    with monkeypatch.context() as patched:
        patched.setattr(sending, "set_emails", killed)
        responses = await send(ada, email_id, onSuccessUpdateEmail=patch)
    assert responses[0][1]["type"] == "serverFail"
    found = (await ada.call("EmailSubmission/get"))["list"]
    assert [each["emailId"] for each in found] == [email_id]
    email = (await ada.call("Email/get", ids=[email_id], properties=["keywords"]))["list"][0]
    assert "$draft" in email["keywords"]
    responses = await send(ada, email_id, onSuccessUpdateEmail=patch)  # the client asks again
    assert responses[0][1]["created"]["s"]["id"] == found[0]["id"]
    assert responses[1][1]["updated"] == {email_id: None}
    assert len(rows(ada)) == 1


async def test_what_is_sent_and_taken_back_is_audited(ada):
    ada.core.database.write_now(lambda tx: submission.set_undo_seconds(tx, ada.account, 30))
    made = await sent(ada, await draft(ada))
    await ada.call("EmailSubmission/set", update={made["id"]: {"undoStatus": "canceled"}})
    found = ada.core.database.read_now(
        lambda tx: tx.all("SELECT action, address FROM audit_events WHERE action LIKE 'message.%' ORDER BY id")
    )
    assert found == [("message.submitted", "192.0.2.7"), ("message.taken-back", "192.0.2.7")]


async def test_a_message_marked_as_deleted_is_not_there_to_be_sent(ada):
    gone = await ada.file(letter(), flags=Flag.DELETED)
    assert (await send(ada, gone))[0][1]["notCreated"]["s"]["properties"] == ["emailId"]
