"""Requests: their order, references, creation ids, and every error of RFC 8620 §3.6."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from mailwright.codecs.jmap.request import MAX_BRACKETS
from mailwright.core import Core
from mailwright.domain.refusals import TryLater
from mailwright.protocols.jmap import capabilities, dispatch, methods, requests
from mailwright.protocols.jmap.dispatch import Call, Method
from mailwright.protocols.jmap.methods import METHODS
from tests.protocols.jmap.conftest import Client, MethodFailed, letter

CORE, MAIL = capabilities.CORE, capabilities.MAIL
ERROR = "urn:ietf:params:jmap:error:"


async def test_an_echo_comes_back_as_it_went(ada: Client) -> None:
    sent = {"hello": True, "nested": {"a": [1, None, "ü"]}}
    assert (await ada.request(("Core/echo", sent))) == [["Core/echo", sent, "0"]]


async def test_calls_run_in_order_and_see_what_went_before(ada: Client) -> None:
    responses = await ada.request(
        ("Mailbox/set", {"create": {"a": {"name": "Work"}}}),
        ("Mailbox/query", {"filter": {"name": "Work"}}),
        ("Mailbox/get", {"#ids": {"resultOf": "1", "name": "Mailbox/query", "path": "/ids"}, "properties": ["name"]}),
        ("Mailbox/set", {"destroy": ["#a"]}),
    )
    made = responses[0][1]["created"]["a"]["id"]
    assert responses[1][1]["ids"] == [made]
    assert responses[2][1]["list"] == [{"id": made, "name": "Work"}]
    assert responses[3][1]["destroyed"] == [made]


async def test_an_answer_does_not_double_with_every_call(ada: Client) -> None:
    calls: list[Any] = [("Core/echo", {"text": "x" * 1_000})]
    for number in range(60):
        before = {"resultOf": str(number), "name": "Core/echo", "path": ""}
        calls.append(("Core/echo", {f"#{key}": before for key in range(10)}))
    responses = await ada.request(*calls)
    assert responses[1][0] == "Core/echo"
    assert responses[-2:] == [["error", responses[-1][1], "59"], ["error", responses[-1][1], "60"]]


async def test_two_calls_may_have_the_same_id(ada: Client) -> None:
    responses = await ada.request(("Core/echo", {"n": 1}, "x"), ("Core/echo", {"n": 2}, "x"))
    assert [each[1]["n"] for each in responses] == [1, 2]


async def test_created_ids_are_told_when_the_client_wants_to_know(ada: Client) -> None:
    answer = await ada.post(
        {
            "using": [CORE, MAIL],
            "createdIds": {"old": "x1"},
            "methodCalls": [["Mailbox/set", {"accountId": ada.id, "create": {"new": {"name": "Work"}}}, "0"]],
        }
    )
    made = answer.json()["methodResponses"][0][1]["created"]["new"]["id"]
    assert answer.json()["createdIds"] == {"old": "x1", "new": made}


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "status"),
    [
        (b"not json", "application/json", "notJSON", 400),
        (b"{}", "application/json", "notRequest", 400),
        (b'{"using": ["urn:x"], "methodCalls": []}', "application/json", "unknownCapability", 400),
        (b'{"using": [], "methodCalls": []}', "text/plain", "notJSON", 400),
        (b'{"using": [], "methodCalls": []}', "", "notJSON", 400),
    ],
)
async def test_a_bad_request_is_a_problem_document(
    ada: Client, body: bytes, content_type: str, kind: str, status: int
) -> None:
    answer = await ada.http.post("/jmap", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == ERROR + kind
    assert answer.json()["status"] == status


async def test_too_many_calls_are_refused_by_name(ada: Client) -> None:
    calls = [["Core/echo", {}, "0"]] * (capabilities.MAX_CALLS + 1)
    answer = await ada.post({"using": [CORE], "methodCalls": calls})
    assert answer.status_code == 400
    assert answer.json()["limit"] == "maxCallsInRequest"


async def test_too_large_a_request_is_refused_by_name(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capabilities, "MAX_REQUEST_OCTETS", 1_000)
    answer = await ada.post({"using": [CORE], "methodCalls": [["Core/echo", {"x": "y" * 1_000}, "0"]]})
    assert answer.status_code == 413
    assert answer.json()["limit"] == "maxSizeRequest"


async def test_a_request_of_brackets_alone_is_refused(ada: Client) -> None:
    body = b'{"using":[],"methodCalls":[' + b"[]," * MAX_BRACKETS + b"[]]}"
    answer = await ada.http.post("/jmap", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["limit"]) == (413, "maxSizeRequest")


async def test_a_request_that_takes_too_long_has_an_end(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_call: Call, _arguments: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(10)
        return {}

    monkeypatch.setattr(requests, "REQUEST_SECONDS", 0.1)
    monkeypatch.setitem(METHODS, "Core/echo", Method(slow, CORE))
    answer = await ada.post({"using": [CORE], "methodCalls": [["Core/echo", {}, "0"]]})
    assert answer.status_code == 503


@pytest.mark.parametrize(
    "responses",
    [
        [],
        [["Core/echo", {}, "0"]],
        [["Core/echo", {"list": []}, "0"], ["error", {"type": "x"}, ""]],
        [["Email/get", {"list": [{"a": "\ud800ü"}, {"b": []}], "state": "1", "methodResponses": 1}, "0"]],
        [["Core/echo", {"list": {"no": "list"}}, "0"]],
    ],
)
async def test_an_answer_is_the_same_written_in_stretches(
    responses: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "STRETCH_OCTETS", 3)
    for more in ({}, {"sessionState": "s"}):
        value = {"methodResponses": responses, **more}
        expected = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        assert json.loads(await requests.response_octets(value)) == expected


async def test_all_calls_together_bring_so_much_of_the_messages_only(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = await ada.file(letter(body="x" * 1_000))
    blob = await ada.upload(letter(body="y" * 1_000), "message/rfc822")
    monkeypatch.setattr(dispatch, "MAX_OCTETS", 4_000)
    read = ("Email/get", {"ids": [mail], "fetchTextBodyValues": True, "properties": ["bodyValues"]})
    parsed = ("Email/parse", {"blobIds": [blob], "fetchTextBodyValues": True})
    responses = await ada.request(read, parsed, read, parsed)
    assert [each[0] for each in responses] == ["Email/get", "Email/parse", "Email/get", "error"]
    assert responses[3][1]["type"] == "requestTooLarge"


async def test_too_many_requests_at_once_are_refused_by_name(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    go = asyncio.Event()

    async def wait(_call: Call, _arguments: dict[str, Any]) -> dict[str, Any]:
        await go.wait()
        return {}

    monkeypatch.setitem(methods.METHODS, "Core/echo", Method(wait, CORE))
    request = {"using": [CORE], "methodCalls": [["Core/echo", {}, "0"]]}
    await ada.post({"using": [CORE], "methodCalls": []})  # who is asking is known from now on
    going = [asyncio.create_task(ada.post(request)) for _ in range(capabilities.MAX_REQUESTS_AT_ONCE)]
    await asyncio.sleep(0.3)
    late = await ada.post(request)
    go.set()
    answers = await asyncio.gather(*going)
    assert late.status_code == 429
    assert late.json()["limit"] == "maxConcurrentRequests"
    assert {each.status_code for each in answers} == {200}
    assert (await ada.post(request)).status_code == 200


async def test_a_method_nobody_knows_is_an_error_of_that_call_alone(ada: Client) -> None:
    responses = await ada.request(("Foo/bar", {}), ("Core/echo", {"x": 1}))
    assert responses == [["error", {"type": "unknownMethod"}, "0"], ["Core/echo", {"x": 1}, "1"]]


async def test_a_method_of_a_capability_that_is_not_used_is_unknown(ada: Client) -> None:
    assert (await ada.request(("Mailbox/get", {"ids": None}), using=["core"]))[0][1]["type"] == "unknownMethod"
    assert (await ada.request(("Core/echo", {}), using=[]))[0][1]["type"] == "unknownMethod"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"ids": "x"}, "invalidArguments"),
        ({"ids": [1]}, "invalidArguments"),
        ({"ids": ["no spaces"]}, "invalidArguments"),
        ({"ids": None, "properties": ["id", "nothing"]}, "invalidArguments"),
        ({"ids": None, "properties": "id"}, "invalidArguments"),
        ({"ids": None, "other": 1}, "invalidArguments"),
        ({"ids": None, "accountId": None}, "invalidArguments"),
        ({"ids": None, "accountId": "nobody"}, "accountNotFound"),
        ({"ids": [f"m{number}" for number in range(1_001)]}, "requestTooLarge"),
        ({"#ids": {"resultOf": "9", "name": "x", "path": "/"}}, "invalidResultReference"),
        ({"ids": None, "#ids": {"resultOf": "9", "name": "x", "path": "/"}}, "invalidArguments"),
    ],
)
async def test_bad_arguments_of_get_are_named(ada: Client, arguments: dict[str, Any], kind: str) -> None:
    responses = await ada.request(("Mailbox/get", arguments))
    assert responses[0][0] == "error"
    assert responses[0][1]["type"] == kind


async def test_an_account_that_is_not_named_is_an_invalid_argument(ada: Client) -> None:
    answer = await ada.post({"using": [CORE, MAIL], "methodCalls": [["Mailbox/get", {"ids": None}, "0"]]})
    assert answer.json()["methodResponses"][0][1]["type"] == "invalidArguments"


async def test_ids_are_answered_once_each(ada: Client) -> None:
    inbox = await ada.role("inbox")
    found = await ada.call("Mailbox/get", ids=[inbox, inbox, "nothing", "nothing"], properties=["role"])
    assert found["list"] == [{"id": inbox, "role": "inbox"}]
    assert found["notFound"] == ["nothing"]


async def test_a_bug_is_answered_politely_and_the_rest_goes_on(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_call: Call, _arguments: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("a secret")

    monkeypatch.setitem(methods.METHODS, "Mailbox/get", Method(broken, MAIL))
    with capture_logs() as logs:
        responses = await ada.request(("Mailbox/get", {}), ("Core/echo", {}))
    assert responses[0][1]["type"] == "serverFail"
    assert "secret" not in responses[0][1]["description"]
    assert responses[1][0] == "Core/echo"
    assert any(each["event"] == "jmap.broke" and each["method"] == "Mailbox/get" for each in logs)


async def test_a_database_that_is_away_is_said_to_be(core: Core, ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_call: Call, _arguments: dict[str, Any]) -> dict[str, Any]:
        raise TryLater("the database cannot be reached")

    monkeypatch.setitem(methods.METHODS, "Mailbox/get", Method(away, MAIL))
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/get")
    assert caught.value.type == "serverUnavailable"


@pytest.mark.parametrize("name", ["Mailbox", "Thread", "Identity"])
@pytest.mark.parametrize("state", ["", "x", "-1", "999999", "1.abc", "1~"])
async def test_changes_since_a_state_that_never_was_cannot_be_told(ada: Client, name: str, state: str) -> None:
    if state == "1~":  # an intermediate state of the beginning: everything since
        assert "newState" in await ada.call(f"{name}/changes", sinceState=state)
        return
    with pytest.raises(MethodFailed) as caught:
        await ada.call(f"{name}/changes", sinceState=state)
    assert caught.value.type == "cannotCalculateChanges"


@pytest.mark.parametrize("most", [0, -1, "5", True, 1.5])
async def test_max_changes_is_a_number_above_zero(ada: Client, most: object) -> None:
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/changes", sinceState=await ada.state(), maxChanges=most)
    assert caught.value.type == "invalidArguments"


@pytest.mark.parametrize(
    "arguments",
    [
        {"create": []},
        {"create": {"a": 1}},
        {"create": {"#a": {"name": "x"}}},
        {"update": {"a b": {}}},
        {"destroy": {}},
        {"destroy": [None]},
        {"ifInState": 5},
        {"unknown": 1},
    ],
)
async def test_bad_arguments_of_set_are_named(ada: Client, arguments: dict[str, Any]) -> None:
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/set", **arguments)
    assert caught.value.type == "invalidArguments"


async def test_too_many_objects_in_a_set_are_too_large_a_request(ada: Client) -> None:
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/set", destroy=[f"m{number}" for number in range(1_001)])
    assert caught.value.type == "requestTooLarge"


async def test_what_is_changed_and_destroyed_at_once_is_only_destroyed(ada: Client) -> None:
    made = await ada.mailbox("Work")
    answer = await ada.call("Mailbox/set", update={made: {"name": "Other"}}, destroy=[made])
    assert answer["notUpdated"][made]["type"] == "willDestroy"
    assert answer["destroyed"] == [made]


async def test_a_set_against_an_old_state_changes_nothing(ada: Client) -> None:
    state = await ada.state()
    await ada.mailbox("Work")
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/set", ifInState=state, create={"a": {"name": "Other"}})
    assert caught.value.type == "stateMismatch"
    assert (await ada.call("Mailbox/query", filter={"name": "Other"}))["ids"] == []
    now = await ada.state()
    answer = await ada.call("Mailbox/set", ifInState=now, create={"a": {"name": "Other"}})
    assert answer["oldState"] == now
    assert answer["newState"] == await ada.state()


async def test_a_delivery_between_two_changes_of_a_set_is_not_missed(
    core: Core, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.protocols.jmap.conftest import letter

    before, write, count = await ada.state(), core.database.write, 0

    async def interrupted(function: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == 2:
            monkeypatch.undo()
            await ada.file(letter())
        return await write(function, **options)

    monkeypatch.setattr(core.database, "write", interrupted)
    answer = await ada.call("Mailbox/set", create={"a": {"name": "A"}, "b": {"name": "B"}})
    assert answer["oldState"] == before
    changes = await ada.call("Mailbox/changes", sinceState=answer["newState"])
    assert await ada.role("inbox") in changes["updated"]
