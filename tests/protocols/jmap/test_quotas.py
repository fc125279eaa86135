"""Quota/get, /changes, /query and /queryChanges (RFC 9425)."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core
from tests.protocols.jmap.conftest import Client, MethodFailed, letter


async def _call(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    responses = await client.request((name, arguments), using=["core", "quota"])
    if responses[0][0] == "error":
        raise MethodFailed(responses[0][1])
    found: dict[str, Any] = responses[0][1]
    return found


async def _limit(core: Core, client: Client, octets: int | None) -> None:
    await core.write(lambda tx: tx.execute("UPDATE users SET quota_bytes = ? WHERE id = ?", (octets, client.id)))


async def test_a_quota_says_what_is_used(core: Core, ada: Client) -> None:
    await _limit(core, ada, 1_000)
    state = await ada.state()
    await ada.file(letter())
    (found,) = (await _call(ada, "Quota/get", ids=None))["list"]
    assert found["used"] == len(letter())
    assert (found["hardLimit"], found["warnLimit"], found["resourceType"]) == (1_000, 900, "octets")
    assert (found["scope"], found["types"]) == ("account", ["Mail"])
    assert (await _call(ada, "Quota/changes", sinceState=state))["updated"] == ["octets"]
    assert (await _call(ada, "Quota/changes", sinceState=await ada.state()))["updated"] == []


async def test_an_account_without_a_limit_has_no_quota(core: Core, ada: Client) -> None:
    await _limit(core, ada, None)
    found = await _call(ada, "Quota/get", ids=["octets"])
    assert (found["list"], found["notFound"]) == ([], ["octets"])


async def test_quotas_are_found(core: Core, ada: Client) -> None:
    await _limit(core, ada, 1_000)
    assert (await _call(ada, "Quota/query"))["ids"] == ["octets"]
    assert (await _call(ada, "Quota/query", filter={"name": "ADA", "type": "Mail"}))["ids"] == ["octets"]
    assert (await _call(ada, "Quota/query", filter={"resourceType": "count"}))["ids"] == []
    assert (await _call(ada, "Quota/query", filter={"type": "Calendar"}, sort=[{"property": "used"}]))["ids"] == []


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("Quota/query", {"filter": {"colour": "red"}}, "unsupportedFilter"),
        ("Quota/query", {"filter": {"name": 5}}, "invalidArguments"),
        ("Quota/query", {"sort": [{"property": "colour"}]}, "unsupportedSort"),
        ("Quota/queryChanges", {"sinceQueryState": "1"}, "cannotCalculateChanges"),
        ("Quota/set", {}, "unknownMethod"),
    ],
)
async def test_what_cannot_be_is_refused(
    core: Core, ada: Client, name: str, arguments: dict[str, Any], kind: str
) -> None:
    await _limit(core, ada, 1_000)
    with pytest.raises(MethodFailed) as caught:
        await _call(ada, name, **arguments)
    assert caught.value.type == kind
