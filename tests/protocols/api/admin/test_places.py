"""Tenants, domains with their records, addresses, mailboxes and retention."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.codecs.mailauth import Answer
from mailwright.core import Core, accounts, dkimkeys, domains
from mailwright.storage import Tx, audit
from mailwright.storage import accounts as account_rows
from tests.protocols.api.admin.conftest import ELSEWHERE, HOME, ZONE, Desk, Sit, things


def _actions(core: Core, actor: str) -> list[str]:
    return [e.action for _, e in reversed(core.database.read_now(lambda tx: audit.listing(tx, actor=actor, limit=500)))]


async def test_an_operator_makes_a_tenant_with_a_domain_and_its_first_admin(core: Core, sit: Sit) -> None:
    desk = await sit("operator")
    made = await desk.ask("POST", "/tenants", json={"name": "Chen & Sons"})
    assert made.status_code == 201
    assert (await desk.ask("POST", "/tenants", json={"name": "Chen & Sons"})).status_code == 409
    domain = await desk.ask("POST", "/domains", json={"name": "Chen.Test.", "tenant": "Chen & Sons"})
    assert (domain.json()["name"], domain.json()["tenant"]) == ("chen.test", "Chen & Sons")
    person = await desk.ask("POST", "/users", json={"email": "chen@chen.test", "role": "admin"})
    assert person.json()["user"]["tenant"] == "Chen & Sons"
    assert (await desk.ask("POST", "/domains", json={"name": "x.test", "tenant": "Nobody"})).status_code == 404
    known = {one["name"]: one for one in (await desk.get("/tenants"))["tenants"]}
    assert (known["Chen & Sons"]["domains"], known["Chen & Sons"]["users"]) == (1, 1)
    path = f"/tenants/{made.json()['id']}"
    assert (await desk.ask("PATCH", path, json={"name": "home"})).status_code == 409
    assert (await desk.ask("PATCH", path, json={"name": "Chen"})).json()["name"] == "Chen"
    assert {"tenant.added", "domain.added", "user.added", "tenant.renamed"} <= set(_actions(core, f"operator@{HOME}"))


async def test_a_tenant_does_not_name_the_domains_of_the_world_its_own(core: Core, sit: Sit) -> None:
    desk = await sit("admin")
    for name in ("example.net", ELSEWHERE + ".example.net"):
        answer = await desk.ask("POST", "/domains", json={"name": name})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted")
    assert (await desk.ask("POST", "/domains", json={"name": f"x.{ELSEWHERE}"})).status_code == 403
    assert (await desk.ask("POST", "/domains", json={"name": f"x.{HOME}", "tenant": "elsewhere"})).status_code == 404
    assert (await desk.ask("POST", "/domains", json={"name": ELSEWHERE})).status_code == 409
    assert (await desk.ask("POST", "/domains", json={"name": "no domain"})).status_code == 400
    below = await desk.ask("POST", "/domains", json={"name": f"news.{HOME}"})
    assert (below.status_code, below.json()["tenant"]) == (201, "home")
    # Below a domain of another tenant that is itself below one of ours, it is theirs to say.
    await core.write(lambda tx: domains.add(tx, f"theirs.{HOME}", tenant="elsewhere"))
    assert (await desk.ask("POST", "/domains", json={"name": f"x.theirs.{HOME}"})).status_code == 403


async def test_policies_of_a_domain_are_set_one_by_one(core: Core, sit: Sit) -> None:
    desk, path = await sit("admin"), f"/domains/{HOME}"
    answer = await desk.ask("PATCH", path, json={"retain_days": 30, "journal_address": "Archive@example.org"})
    assert (answer.json()["retain_days"], answer.json()["journal_address"]) == (30, "Archive@example.org")
    answer = await desk.ask("PATCH", path, json={"on_failure": "reject"})
    assert (answer.json()["retain_days"], answer.json()["on_failure"]) == (30, "reject")
    answer = await desk.ask("PATCH", path, json={"retain_days": None, "journal_address": None})
    assert (answer.json()["retain_days"], answer.json()["journal_address"]) == (None, None)
    for wrong in (
        {"retain_days": 0},
        {"retain_days": 10**12},
        {"on_failure": "explode"},
        {"journal_address": "nobody"},
    ):
        assert (await desk.ask("PATCH", path, json=wrong)).status_code == 422, wrong
    assert (await desk.ask("DELETE", path)).status_code == 400
    assert "domain.changed" in _actions(core, f"admin@{HOME}")


async def test_the_records_of_a_domain_are_looked_up_one_by_one(core: Core, sit: Sit) -> None:
    desk = await sit("admin")
    known = await desk.get(f"/domains/{HOME}/dns")
    assert "version: STSv1" in known["mta_sts_policy"]
    assert {one["kind"] for one in known["records"]} >= {"mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "service"}
    for record in known["records"]:
        value = record["value"].rstrip(".")
        ZONE[record["name"], record["type"]] = {
            "MX": Answer(((10, value.partition(" ")[2]),)),
            "TXT": Answer((value.encode(),)),
        }.get(record["type"], Answer((value,)))
    assert {one["state"] for one in await _checked(desk)} == {"ok"}

    ZONE[HOME, "MX"] = Answer(((5, "mx.example.net"),))
    ZONE[HOME, "TXT"] = Answer((b"v=spf1 -all", b"v=spf1 mx -all"))
    ZONE[f"_dmarc.{HOME}", "TXT"] = Answer()
    ZONE[f"_smtp._tls.{HOME}", "TXT"] = Answer(failed=True)
    ZONE[f"autoconfig.{HOME}", "CNAME"] = Answer()
    ZONE[f"autoconfig.{HOME}", "A"] = ZONE["mail.mailwright.test", "A"] = Answer(("192.0.2.1",))
    ZONE[f"_imaps._tcp.{HOME}", "SRV"] = Answer(("0 1 143 mail.mailwright.test",))
    selector = next(one["name"] for one in known["records"] if one["kind"] == "dkim")
    ZONE[selector, "TXT"] = Answer((b"v=DKIM1; p=another\x00\x1b[31m",))
    found = {(one["name"], one["type"]): one for one in await _checked(desk)}
    assert (found[HOME, "MX"]["state"], found[HOME, "MX"]["found"]) == ("differs", ["5 mx.example.net."])
    assert "must be one" in found[HOME, "TXT"]["hint"]
    assert (found[f"_dmarc.{HOME}", "TXT"]["state"], found[f"_smtp._tls.{HOME}", "TXT"]["state"]) == (
        "missing",
        "unknown",
    )
    assert found[f"autoconfig.{HOME}", "CNAME"]["state"] == "ok"
    assert found[f"_imaps._tcp.{HOME}", "SRV"]["state"] == "differs"
    assert found[selector, "TXT"]["found"] == ["v=DKIM1; p=another??[31m"]


async def _checked(desk: Desk) -> list[dict[str, Any]]:
    answer = await desk.ask("POST", f"/domains/{HOME}/dns/check")
    assert answer.status_code == 200, answer.text
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


async def test_signing_keys_are_exchanged_in_two_steps(core: Core, sit: Sit) -> None:
    desk, path = await sit("admin"), f"/domains/{HOME}/rotate-dkim"
    assert (await desk.ask("POST", path, json={"activate": True})).status_code == 400
    waiting = (await desk.ask("POST", path)).json()
    assert (waiting["step"], len(waiting["records"])) == ("waiting", 2)
    assert {one["purpose"] for one in (await desk.get(f"/domains/{HOME}/dns"))["records"] if one["kind"] == "dkim"} == {
        "DKIM: signs mail of the domain",
        "DKIM: the next key, before it is used",
    }
    retired = (await desk.ask("POST", path, json={"activate": True})).json()
    assert retired["step"] == "activated"
    keys = core.database.read_now(lambda tx: dkimkeys.of_domain(tx, domains.find(tx, HOME)))
    assert {key.selector for key in keys.active} == {one["name"].partition(".")[0] for one in waiting["records"]}
    states = {one["kind"]: one["state"] for one in await _checked(desk)}
    assert states["dkim-retired"] == "ok"  # gone from DNS, as it should be
    assert _actions(core, f"admin@{HOME}")[-2:] == ["dkim.rotation-begun", "dkim.rotated"]


async def test_addresses_lead_to_users_groups_and_elsewhere(core: Core, sit: Sit) -> None:
    desk = await sit("admin")
    for address, targets, kind in (
        ("sales", [f"user@{HOME}"], "user"),
        ("team", [f"user@{HOME}", "x@example.org"], "group"),
        ("out", ["x@example.org"], "forward"),
        ("theirs", [f"user@{ELSEWHERE}"], "forward"),
        ("a/b", ["x@example.org"], "forward"),
    ):
        answer = await desk.ask("POST", "/aliases", json={"address": f"{address}@{HOME}", "targets": targets})
        assert (answer.status_code, answer.json()["kind"], answer.json()["targets"]) == (201, kind, targets)
    stranger = core.database.read_now(lambda tx: accounts.find(tx, f"user@{ELSEWHERE}"))
    assert core.database.read_now(lambda tx: accounts.addresses_of(tx, stranger)) == {f"user@{ELSEWHERE}"}
    listed = (await desk.get("/aliases"))["aliases"]
    assert [one["address"].partition("@")[0] for one in listed] == ["a/b", "out", "sales", "team", "theirs"]
    assert (await desk.get("/aliases", params={"q": "TEA"}))["aliases"][0]["kind"] == "group"
    page = await desk.get("/aliases", params={"limit": 3})
    rest = await desk.get("/aliases", params={"limit": 3, "cursor": page["next"]})
    assert [*page["aliases"], *rest["aliases"]] == listed
    assert rest["next"] is None
    assert (
        await desk.ask("POST", "/aliases", json={"address": f"sales@{HOME}", "targets": ["x@a.b"]})
    ).status_code == 409
    assert (
        await desk.ask("POST", "/aliases", json={"address": f"a+b@{HOME}", "targets": ["x@a.b"]})
    ).status_code == 400
    assert (await desk.ask("POST", "/aliases", json={"address": f"z@{HOME}", "targets": []})).status_code == 422
    assert (await desk.ask("DELETE", f"/aliases/a/b@{HOME}")).status_code == 204
    assert (await desk.ask("DELETE", f"/aliases/user@{HOME}")).status_code == 400
    assert _actions(core, f"admin@{HOME}").count("alias.added") == 5
    assert "alias.removed" in _actions(core, f"admin@{HOME}")


async def test_retention_is_seen_and_set_in_one_place(core: Core, sit: Sit) -> None:
    desk, mine, theirs = await sit("admin"), await things(core), await things(core, ELSEWHERE)
    body = {
        "domains": [{"name": HOME, "retain_days": 365}],
        "mailboxes": [{"id": mine.mailbox, "retain_days": 30}],
    }
    answer = await desk.ask("PUT", "/retention", json=body)
    found = answer.json()
    assert (found["redact_after_days"], found["audit_kept_days"]) == (None, 365)
    assert {"name": HOME, "retain_days": 365} in found["domains"]
    assert [(one["user"], one["name"], one["retain_days"]) for one in found["mailboxes"]] == [(mine.email, "INBOX", 30)]
    # All or nothing: what is another tenant's undoes the rest.
    body = {"domains": [{"name": HOME, "retain_days": 1}], "mailboxes": [{"id": theirs.mailbox, "retain_days": 1}]}
    assert (await desk.ask("PUT", "/retention", json=body)).status_code == 404
    assert {"name": HOME, "retain_days": 365} in (await desk.get("/retention"))["domains"]
    cleared = await desk.ask("PATCH", f"/mailboxes/{mine.mailbox}", json={"retain_days": None})
    assert cleared.json()["retain_days"] is None
    assert (await desk.get("/retention"))["mailboxes"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/users/not-an-id", None),
        ("GET", "/users?limit=0", None),
        ("GET", "/users?limit=100000000000000000000", None),
        ("GET", "/users?q=%00", None),
        ("GET", "/users?role=king", None),
        ("GET", "/audit?from=yesterday", None),
        ("GET", "/model-calls?days=91", None),
        ("GET", "/mailboxes", None),
        ("GET", "/trace?q=%00", None),
        ("GET", "/domains/%00/dns", None),
        ("DELETE", "/aliases/a%00b@mailwright.test", None),
        ("POST", "/users", {"email": "\ud800@mailwright.test"}),
        ("POST", "/users", {"email": "x@mailwright.test", "name": "\u0000"}),
        ("POST", "/users", {"email": "x@mailwright.test", "quota_bytes": 2**63}),
        ("POST", "/users", {"email": "x@mailwright.test", "quota_bytes": -1}),
        ("POST", "/users", {"email": "x@mailwright.test", "password": "\ud800" * 10}),
        ("POST", "/tenants", {"name": " "}),
        ("POST", "/tenants", {"name": "a\nb"}),
        ("POST", "/aliases", {"address": "no address", "targets": ["x@example.org"]}),
    ],
)
async def test_what_cannot_be_meant_is_refused_and_breaks_nothing(
    core: Core, sit: Sit, method: str, path: str, body: dict[str, Any] | None
) -> None:
    import json

    desk = await sit("operator")
    content = None if body is None else json.dumps(body)
    answer = await desk.ask(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize(
    "cursor", ["x", "bnVsbA", "WzFd", "WyJhIiwgImIiXQ", "W1tbW1tbW1tb", "WyJcdWQ4MDAiXQ", "é", "W251bGxd", "e30"]
)
async def test_a_cursor_that_is_none_of_ours_is_refused(core: Core, sit: Sit, cursor: str) -> None:
    desk = await sit("operator")
    for path in ("/users", "/aliases", "/audit", "/outbox", "/dead-letters"):
        answer = await desk.ask("GET", path, params={"cursor": cursor})
        assert answer.status_code in (200, 400), (path, answer.text)


async def test_a_large_number_in_a_cursor_of_the_trail_is_refused(core: Core, sit: Sit) -> None:
    from mailwright.protocols.api.admin.words import cursor_of

    desk = await sit("operator")
    assert (await desk.ask("GET", "/audit", params={"cursor": cursor_of(10**30)})).status_code == 400
    assert (await desk.ask("GET", "/outbox", params={"cursor": cursor_of("x" * 36)})).status_code == 400


async def test_mailboxes_are_shown_by_name_and_size(core: Core, sit: Sit) -> None:
    desk, mine = await sit("support"), await things(core)

    def used(tx: Tx) -> None:
        account_rows.set_quota(tx, mine.user, 5)

    await core.write(used)
    found = (await desk.get("/mailboxes", params={"user": mine.user}))["mailboxes"]
    assert {one["name"] for one in found} == {"INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"}
    assert (await desk.get(f"/users/{mine.user}"))["quota_bytes"] == 5
