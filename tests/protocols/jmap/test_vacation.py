"""VacationResponse/get and /set (RFC 8621 §8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocols.jmap.conftest import Client


async def _get(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await client.call("VacationResponse/get", ids=None))["list"][0]
    return found


async def test_there_is_one_and_at_first_it_says_nothing(any_ada: Client) -> None:
    assert await _get(any_ada) == {
        "id": "singleton", "isEnabled": False, "fromDate": None, "toDate": None, "subject": None, "textBody": None,
        "htmlBody": None,
    }  # fmt: skip
    found = await any_ada.call("VacationResponse/get", ids=["singleton", "other"], properties=["isEnabled"])
    assert found["list"] == [{"id": "singleton", "isEnabled": False}]
    assert found["notFound"] == ["other"]


async def test_it_is_enabled_with_words_and_dates(any_ada: Client) -> None:
    patch = {
        "isEnabled": True,
        "fromDate": "2026-03-01T00:00:00Z",
        "toDate": "2026-03-15T00:00:00Z",
        "subject": "Away",
        "textBody": "Until the 15th.",
    }
    state = await any_ada.state()
    answer = await any_ada.call("VacationResponse/set", update={"singleton": patch})
    assert answer["updated"] == {"singleton": None}
    assert answer["newState"] == await any_ada.state() != state
    assert await _get(any_ada) == {"id": "singleton", "htmlBody": None, **patch}
    await any_ada.call("VacationResponse/set", update={"singleton": {"isEnabled": False, "fromDate": None}})
    found = await _get(any_ada)
    assert (found["isEnabled"], found["fromDate"], found["subject"]) == (False, None, "Away")


async def test_html_is_cleaned_and_that_is_told(ada: Client) -> None:
    answer = await ada.call("VacationResponse/set", update={"singleton": {"htmlBody": "<b>x</b><script>1</script>"}})
    assert answer["updated"] == {"singleton": {"htmlBody": "<b>x</b>"}}


async def test_there_is_never_another_nor_none(ada: Client) -> None:
    answer = await ada.call("VacationResponse/set", create={"a": {}}, update={"b": {}}, destroy=["singleton", "c"])
    assert answer["notCreated"]["a"]["type"] == "singleton"
    assert answer["notUpdated"]["b"]["type"] == "notFound"
    assert answer["notDestroyed"]["singleton"]["type"] == "singleton"
    assert answer["notDestroyed"]["c"]["type"] == "notFound"


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ({"isEnabled": "yes"}, "isEnabled"),
        ({"fromDate": "tomorrow"}, "fromDate"),
        ({"toDate": "2026-03-15T00:00:00+01:00"}, "toDate"),
        ({"subject": 5}, "subject"),
        ({"subject": "x" * 251}, "subject"),
        ({"textBody": []}, "textBody"),
        ({"id": "other"}, "id"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_it_cannot_say_is_refused_by_property(ada: Client, patch: dict[str, Any], name: str) -> None:
    error = (await ada.call("VacationResponse/set", update={"singleton": patch}))["notUpdated"]["singleton"]
    assert error["type"] == "invalidProperties"
    assert error["properties"] == [name]


async def test_it_cannot_end_before_it_begins(ada: Client) -> None:
    patch = {"fromDate": "2026-03-15T00:00:00Z", "toDate": "2026-03-01T00:00:00Z"}
    error = (await ada.call("VacationResponse/set", update={"singleton": patch}))["notUpdated"]["singleton"]
    assert error["type"] == "invalidProperties"
