"""Identity/get, /changes and /set (RFC 8621 §6)."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, accounts
from mailwright.storage import Tx
from mailwright.storage import accounts as account_rows
from tests.protocols.jmap.conftest import Client, share


def _alias(core: Core, client: Client, address: str) -> None:
    def add(tx: Tx) -> None:
        account_rows.add_address(tx, client.account.tenant_id, address, "user", user_id=client.id)

    core.database.write_now(add)


async def _all(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.call("Identity/get", ids=None))["list"]
    return found


async def test_every_address_has_an_identity_the_main_one_first(any_core: Core, any_ada: Client) -> None:
    _alias(any_core, any_ada, "aaa@mailwright.test")
    found = await _all(any_ada)
    assert [each["email"] for each in found] == ["ada@mailwright.test", "aaa@mailwright.test"]
    assert [each["mayDelete"] for each in found] == [False, True]
    main = found[0]
    assert (main["name"], main["replyTo"], main["bcc"], main["textSignature"], main["htmlSignature"]) == (
        "Ada", None, None, "", "",
    )  # fmt: skip
    assert await _all(any_ada) == found


async def test_an_identity_is_changed_and_what_is_cleaned_is_told(any_ada: Client) -> None:
    main = (await _all(any_ada))[0]["id"]
    state = (await any_ada.call("Identity/get", ids=[]))["state"]
    patch = {
        "name": "Ada L.",
        "replyTo": [{"name": None, "email": "team@example.org"}],
        "bcc": [{"email": "log@example.org", "name": "Log"}],
        "textSignature": "-- \nAda",
        "htmlSignature": "<p>Ada<script>alert(1)</script></p>",
    }
    answer = await any_ada.call("Identity/set", update={main: patch})
    assert answer["updated"] == {main: {"htmlSignature": "<p>Ada</p>"}}
    found = (await any_ada.call("Identity/get", ids=[main]))["list"][0]
    assert {name: found[name] for name in patch} == {**patch, "htmlSignature": "<p>Ada</p>"}
    changes = await any_ada.call("Identity/changes", sinceState=state)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([], [main], [])
    await any_ada.call("Identity/set", update={main: {"replyTo": None, "name": None}})
    found = (await any_ada.call("Identity/get", ids=[main]))["list"][0]
    assert (found["replyTo"], found["name"], found["textSignature"]) == (None, "", "-- \nAda")


async def test_another_identity_is_made_and_removed(any_ada: Client) -> None:
    await _all(any_ada)
    state = await any_ada.state()
    answer = await any_ada.call("Identity/set", create={"a": {"email": "ada@mailwright.test", "name": "Support"}})
    made = answer["created"]["a"]
    assert made["mayDelete"]
    assert set(made) == {"id", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete"}
    changes = await any_ada.call("Identity/changes", sinceState=state)
    assert changes["created"] == [made["id"]]
    assert (await any_ada.call("Identity/set", destroy=[made["id"]]))["destroyed"] == [made["id"]]
    changes = await any_ada.call("Identity/changes", sinceState=changes["newState"])
    assert changes["destroyed"] == [made["id"]]


async def test_the_identity_of_the_main_address_stays(ada: Client) -> None:
    main = (await _all(ada))[0]["id"]
    assert (await ada.call("Identity/set", destroy=[main]))["notDestroyed"][main]["type"] == "forbidden"


async def test_an_identity_that_was_taken_away_is_not_made_again(core: Core, ada: Client) -> None:
    _alias(core, ada, "aaa@mailwright.test")
    alias = (await _all(ada))[1]["id"]
    await ada.call("Identity/set", destroy=[alias])
    assert [each["email"] for each in await _all(ada)] == ["ada@mailwright.test"]


@pytest.mark.parametrize(
    "email",
    ["bashir@mailwright.test", "nobody@mailwright.test", "eve@other.test", "x@example.org", "*@mailwright.test"],
)
async def test_nobody_writes_under_an_address_that_is_not_theirs(ada: Client, email: str) -> None:
    answer = await ada.call("Identity/set", create={"a": {"email": email}})
    assert answer["notCreated"]["a"]["type"] == "forbiddenFrom"


async def test_who_may_send_as_another_may_have_an_identity_for_it(core: Core, ada: Client, bashir: Client) -> None:
    share(core, bashir, "ada@mailwright.test", "lp", "INBOX")
    answer = await ada.call("Identity/set", create={"a": {"email": "bashir@mailwright.test"}})
    assert answer["created"]["a"]["mayDelete"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"email": None}, "email"),
        ({"email": "not an address"}, "email"),
        ({"email": "ada@mailwright.test", "name": 5}, "name"),
        ({"email": "ada@mailwright.test", "replyTo": "x"}, "replyTo"),
        ({"email": "ada@mailwright.test", "bcc": [{"name": "x"}]}, "bcc"),
        ({"email": "ada@mailwright.test", "bcc": [{"email": "x@y.example", "more": 1}]}, "bcc"),
        ({"email": "ada@mailwright.test", "mayDelete": True}, "mayDelete"),
        ({"email": "ada@mailwright.test", "colour": "red"}, "colour"),
    ],
)
async def test_an_identity_that_cannot_be_is_refused_by_property(ada: Client, given: dict[str, Any], name: str) -> None:
    error = (await ada.call("Identity/set", create={"a": given}))["notCreated"]["a"]
    assert error["type"] == "invalidProperties"
    assert error["properties"] == [name]


@pytest.mark.parametrize(
    "patch",
    [
        {"email": "aaa@mailwright.test"},
        {"mayDelete": True},
        {"name": "x" * 251},
        {"name": "a\r\nBcc: x@example.org"},
        {"textSignature": "x" * 70_000},
        {"replyTo": [{"email": "no address"}]},
        {"bcc": [{"email": "a@b.example"}] * 21},
    ],
)
async def test_what_an_identity_cannot_say_is_refused(ada: Client, patch: dict[str, Any]) -> None:
    main = (await _all(ada))[0]["id"]
    answer = await ada.call("Identity/set", update={main: patch})
    assert answer["notUpdated"][main]["type"] == "invalidProperties"


async def test_there_is_an_end_to_identities(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailwright.core.identities.MAX_IDENTITIES", 2)
    create = {f"i{number}": {"email": "ada@mailwright.test"} for number in range(3)}
    answer = await ada.call("Identity/set", create=create)
    assert len(answer["created"]) == 1
    assert {each["type"] for each in answer["notCreated"].values()} == {"rateLimit"}


async def test_removing_an_account_takes_its_identities_along(core: Core, ada: Client) -> None:
    await _all(ada)
    await ada.call("VacationResponse/set", update={"singleton": {"isEnabled": True}})
    await ada.upload(b"x")
    await core.write(lambda tx: accounts.remove_user(tx, ada.email))
    assert await core.read(lambda tx: tx.scalar("SELECT count(*) FROM identities WHERE user_id = ?", (ada.id,))) == 0
