"""Every route × every role × one's own tenant and another's: who gets an answer, and who does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mailwright.core import Core
from mailwright.core.secondfactor import TOTP
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.storage import Tx, credentials
from tests.protocols.api.admin.conftest import ELSEWHERE, HOME, Sit, Things, things, with_a_call


@dataclass(frozen=True)
class Route:
    """A route: what it needs, how it is asked about somebody's `Things`, and what another tenant's people get (None: a list)."""

    method: str
    template: str
    needs: str
    ask: Callable[[Things], tuple[str, Any]]
    ok: int = 200
    foreign: int | None = 404


def _plain(path: str) -> Callable[[Things], tuple[str, Any]]:
    return lambda _: (path, None)


ROUTES = [
    Route("GET", "/tenants", "operates", _plain("/tenants"), foreign=None),
    Route("POST", "/tenants", "operates", lambda t: ("/tenants", {"name": f"Firm {t.number}"}), 201, None),
    Route("PATCH", "/tenants/{tenant_id}", "operates", lambda t: (f"/tenants/{t.tenant}", {"name": t.domain})),
    Route("GET", "/domains", "changes", _plain("/domains"), foreign=None),
    Route("POST", "/domains", "changes", lambda t: ("/domains", {"name": f"n{t.number}.{t.domain}"}), 201, 403),
    Route("PATCH", "/domains/{name}", "changes", lambda t: (f"/domains/{t.domain}", {"retain_days": 9})),
    Route("DELETE", "/domains/{name}", "changes", lambda t: (f"/domains/d{t.number}.{t.domain}", None), 204),
    Route("GET", "/domains/{name}/dns", "changes", lambda t: (f"/domains/{t.domain}/dns", None)),
    Route("POST", "/domains/{name}/dns/check", "changes", lambda t: (f"/domains/{t.domain}/dns/check", {})),
    Route("POST", "/domains/{name}/rotate-dkim", "changes", lambda t: (f"/domains/{t.domain}/rotate-dkim", {})),
    Route("GET", "/providers", "changes", _plain("/providers"), foreign=None),
    Route(
        "POST",
        "/providers",
        "operates",
        lambda t: ("/providers", {"name": "New", "issuer": f"https://{t.number}.example", "client_id": "web"}),
        201,
        None,
    ),
    Route("PATCH", "/providers/{provider_id}", "changes", lambda t: (f"/providers/{t.provider}", {"enabled": False})),
    Route("DELETE", "/providers/{provider_id}", "changes", lambda t: (f"/providers/{t.provider}", None), 204),
    Route("POST", "/providers/{provider_id}/check", "operates", lambda t: (f"/providers/{t.provider}/check", {})),
    Route("GET", "/providers/{provider_id}/services", "changes", lambda t: (f"/providers/{t.provider}/services", None)),
    Route(
        "POST",
        "/providers/{provider_id}/services",
        "changes",
        lambda t: (f"/providers/{t.provider}/services", {"email": f"p{t.number}@{t.domain}", "subject": "two"}),
        201,
    ),
    Route(
        "DELETE",
        "/providers/{provider_id}/services/{service_id}",
        "changes",
        lambda t: (f"/providers/{t.provider}/services/{t.service}", None),
        204,
    ),
    Route("GET", "/users", "looks", _plain("/users"), foreign=None),
    Route("POST", "/users", "changes", lambda t: ("/users", {"email": f"n{t.number}@{t.domain}", "invite": True}), 201),
    Route("GET", "/users/{user_id}", "looks", lambda t: (f"/users/{t.user}", None)),
    Route("PATCH", "/users/{user_id}", "changes", lambda t: (f"/users/{t.user}", {"name": "Chen"})),
    Route("DELETE", "/users/{user_id}", "changes", lambda t: (f"/users/{t.user}?confirm={t.email}", None)),
    Route("POST", "/users/{user_id}/password", "changes", lambda t: (f"/users/{t.user}/password", {})),
    Route("POST", "/users/{user_id}/invite", "changes", lambda t: (f"/users/{t.user}/invite", {})),
    Route("GET", "/users/{user_id}/phone", "looks", lambda t: (f"/users/{t.user}/phone", None)),
    Route("PUT", "/users/{user_id}/phone", "changes", lambda t: (f"/users/{t.user}/phone", {"phone": None})),
    Route("POST", "/users/{user_id}/sign-out", "changes", lambda t: (f"/users/{t.user}/sign-out", {})),
    Route("POST", "/users/{user_id}/totp/remove", "changes", lambda t: (f"/users/{t.user}/totp/remove", {})),
    Route("GET", "/aliases", "looks", _plain("/aliases"), foreign=None),
    Route(
        "POST",
        "/aliases",
        "changes",
        lambda t: ("/aliases", {"address": f"g{t.number}@{t.domain}", "targets": ["x@example.org", t.email]}),
        201,
    ),
    Route("DELETE", "/aliases/{address}", "changes", lambda t: (f"/aliases/{t.alias}", None), 204),
    Route("GET", "/mailboxes", "looks", lambda t: (f"/mailboxes?user={t.user}", None)),
    Route("PATCH", "/mailboxes/{mailbox_id}", "changes", lambda t: (f"/mailboxes/{t.mailbox}", {"retain_days": 3})),
    Route("GET", "/retention", "changes", _plain("/retention"), foreign=None),
    Route(
        "PUT", "/retention", "changes", lambda t: ("/retention", {"mailboxes": [{"id": t.mailbox, "retain_days": 5}]})
    ),
    Route("GET", "/audit", "looks", _plain("/audit"), foreign=None),
    Route("GET", "/outbox", "looks", _plain("/outbox"), foreign=None),
    Route("POST", "/outbox/{row_id}/retry", "looks", lambda t: (f"/outbox/{t.failed}/retry", {})),
    Route("POST", "/outbox/{row_id}/cancel", "changes", lambda t: (f"/outbox/{t.queued}/cancel", {})),
    Route("GET", "/dead-letters", "looks", _plain("/dead-letters"), foreign=None),
    Route("POST", "/dead-letters/{letter_id}/replay", "looks", lambda t: (f"/dead-letters/{t.letter}/replay", {})),
    Route("POST", "/dead-letters/{letter_id}/resolve", "changes", lambda t: (f"/dead-letters/{t.letter}/resolve", {})),
    Route("GET", "/status", "looks", _plain("/status"), foreign=None),
    Route("GET", "/model-calls", "looks", _plain("/model-calls?days=3"), foreign=None),
    Route("GET", "/models", "operates", _plain("/models"), foreign=None),
    Route("PUT", "/models/{purpose}", "operates", lambda t: ("/models/work", {"models": ["rules"]}), foreign=None),
    Route("DELETE", "/models/{purpose}", "operates", lambda t: ("/models/work", None), foreign=None),
    Route("GET", "/models/usage", "operates", _plain("/models/usage?days=3"), foreign=None),
    Route(
        "GET",
        "/models/tasks/{task_id}/calls",
        "operates",
        lambda t: (f"/models/tasks/{t.task}/calls", None),
        foreign=200,
    ),
    Route(
        "GET",
        "/models/calls/{call_id}/transcript",
        "operates",
        lambda t: (f"/models/calls/{t.call}/transcript", None),
        foreign=200,
    ),
    Route("GET", "/traffic", "looks", _plain("/traffic?days=3"), foreign=None),
    Route("GET", "/trace", "looks", lambda t: (f"/trace?q={t.email}", None), foreign=None),
]
MAY = {"looks": {"support", "admin", "operator"}, "changes": {"admin", "operator"}, "operates": {"operator"}}


def test_the_table_has_every_route(core: Core) -> None:
    document = create_api(core, ApiSettings(), metrics=lambda: b"").openapi()
    there = {
        (method.upper(), path.removeprefix("/api/admin"))
        for path, methods in document["paths"].items()
        if path.startswith("/api/admin")
        for method in methods
    }
    assert there == {(route.method, route.template) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.template}")
async def test_who_gets_an_answer(core: Core, sit: Sit, route: Route) -> None:
    for role, domain in ((None, HOME), ("guest", HOME), ("user", HOME), *_callers()):
        desk = await sit(role, domain)
        for whose in (HOME, ELSEWHERE):
            mine = await _things(core, whose)
            path, body = route.ask(mine)
            answer = await desk.ask(route.method, path, **({} if body is None else {"json": body}))
            told = f"{role}@{domain} asks about {whose}: {answer.status_code} {answer.text}"
            assert answer.status_code == _expected(route, role, domain, whose), told
            if answer.status_code >= 400:
                assert answer.json()["error"]["code"]


def _callers() -> list[tuple[str, str]]:
    return [(role, domain) for role in ("support", "admin") for domain in (HOME, ELSEWHERE)] + [("operator", HOME)]


def _expected(route: Route, role: str | None, domain: str, whose: str) -> int:
    if role is None:
        return 401
    if role not in MAY[route.needs]:
        return 403
    if role == "operator" or route.foreign is None or domain == whose:
        return route.ok
    return route.foreign


async def _things(core: Core, whose: str) -> Things:
    """With a second factor, so that there is one to remove, and with a call of a model."""
    made = await with_a_call(core, await things(core, whose))

    def secure(tx: Tx) -> None:
        credentials.add(tx, made.user, TOTP, "sealed")

    await core.write(secure)
    return made


@pytest.mark.parametrize("route", [one for one in ROUTES if one.method != "GET"], ids=lambda one: one.template)
async def test_no_change_without_the_token_of_the_session(core: Core, sit: Sit, route: Route) -> None:
    desk = await sit("operator")
    path, body = route.ask(await _things(core, HOME))
    answer = await desk.ask(route.method, path, json=body, headers={"X-CSRF-Token": "guessed"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted")
    answer = await desk.ask(route.method, path, json=body, headers={"Origin": "https://example.net"})
    assert answer.status_code == 403
