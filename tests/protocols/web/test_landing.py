"""The landing page: ready HTML in the words of the settings, true to what is so, there while the database is away."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.domain.brand import Brand
from mailwright.domain.clock import now
from mailwright.domain.plans import Plan
from mailwright.domain.refusals import TryLater
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.identity import Web
from mailwright.protocols.web.headers import POLICY
from mailwright.storage import Database, Tx, assignments, open_blobs, workers

Visit = Callable[..., httpx.AsyncClient]


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    made = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings("mailwright.test"))

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        agent = accounts.add_agent(tx, made, "main@mailwright.test", display_name="Mini Mouse")
        assignments.add(tx, agent.tenant_id, "employee", agent.id, grants=[])

    database.write_now(people)
    return made


@pytest.fixture
async def visit(core: Core) -> AsyncIterator[Visit]:
    opened: list[httpx.AsyncClient] = []

    def make(brand: Brand | None = None, url: str = "https://mail.example.org") -> httpx.AsyncClient:
        settings = ApiSettings(web=Web(url, brand or Brand()))
        transport = httpx.ASGITransport(create_api(core, settings, metrics=lambda: b""))
        opened.append(httpx.AsyncClient(transport=transport, base_url=url))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()


def work(core: Core, *, running: int = 0) -> None:
    def write(tx: Tx) -> None:
        workers.sign_in(tx, "one", "host", 1, ["all"], now())
        workers.beat(tx, "one", now(), tasks_running=running, activity="")

    core.database.write_now(write)


async def test_it_says_what_it_is_and_how_to_begin(visit: Visit) -> None:
    text = (await visit().get("/")).text
    assert "<h1>Your AI employee. Email any task.</h1>" in text
    assert text.count('href="mailto:main@mailwright.test?subject=A%20task"') == 1
    assert "mailto:postmaster@mailwright.test" in text
    assert "5 tasks in all" in text
    assert "50 tasks a year" in text
    assert "Unlimited tasks" in text
    assert 'href="/app/dashboard"' in text
    assert ">Legal<" not in text, "no dead link"
    assert "!" not in re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", "", text, flags=re.DOTALL)


async def test_search_engines_and_previews_are_told(visit: Visit) -> None:
    text = (await visit().get("/")).text
    assert '<link rel="canonical" href="https://mail.example.org/">' in text
    assert '<meta name="description" content="Send a task by mail' in text
    assert '<meta property="og:title" content="Your AI employee. Email any task.">' in text
    assert '<link rel="canonical" href="https://mail.example.org/status">' in (await visit().get("/status")).text
    assert "Disallow: /app/" in (await visit().get("/robots.txt")).text


async def test_every_word_of_the_brand_is_a_setting_and_text(core: Core, visit: Visit) -> None:
    brand = Brand(
        name="<b>Acme</b> & Co",
        tagline="Work by mail",
        description='Say "please"',
        employee_address="work@acme.example",
        support_email="help@acme.example",
        legal_url="https://acme.example/legal?a=1&b=2",
        status_url="https://status.acme.example",
    )
    core.settings = replace(core.settings, plans=(Plan("one", "<i>One</i>", 9.5, 1000, "month"),))
    text = (await visit(brand).get("/")).text
    assert "&lt;b&gt;Acme&lt;/b&gt; &amp; Co" in text
    assert "<b>Acme" not in text
    assert 'content="Say &#34;please&#34;"' in text
    assert 'href="https://acme.example/legal?a=1&amp;b=2"' in text
    assert "mailto:work@acme.example" in text
    assert "mailto:help@acme.example" in text
    assert 'href="https://status.acme.example"' in text
    assert "$9.50" in text
    assert "1,000 tasks a month" in text
    assert "Mailwright" not in text


async def test_the_card_tells_who_works(core: Core, visit: Visit) -> None:
    text = (await visit().get("/")).text
    assert 'data-state="offline"' in text
    work(core, running=2)
    text = (await visit().get("/")).text
    assert 'data-state="online"' in text
    assert "Working on 2 tasks" in text
    assert re.search(r'data-part="count">1</strong> <span data-part="workers">digital worker online now<', text)
    assert 'data-part="metric" hidden' in text, "no figure without an answered task"


async def test_it_is_there_while_the_database_is_away(
    core: Core, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(core)
    known, new = visit(), visit()
    await known.get("/")

    async def refuse(*_: object) -> None:
        raise TryLater("away")

    monkeypatch.setattr(core.database, "read", refuse)
    monkeypatch.setattr("mailwright.protocols.web.landing.KEPT_SECONDS", 0)
    answer = await known.get("/")
    assert answer.status_code == 200
    assert 'data-state="online"' in answer.text
    answer = await new.get("/")
    assert answer.status_code == 200
    assert "Unknown" in answer.text
    answer = await new.get("/status")
    assert "Disturbed" in answer.text


async def test_the_status_page_names_no_machine_and_no_figure(core: Core, visit: Visit) -> None:
    work(core)
    text = (await visit().get("/status")).text
    assert "All systems work." in text
    assert "host" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert "groups" not in text


async def test_its_policy_names_its_one_style_and_nothing_from_elsewhere(visit: Visit) -> None:
    answer = await visit().get("/")
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"""\s(?:src|href)=["'](?:https?:)?//(?!mail\.example\.org)""", answer.text)
    assert "style=" not in answer.text
    assert len(answer.content) < 24_000, "one small answer"


async def test_the_script_and_the_icon_are_ours(visit: Visit) -> None:
    client = visit()
    script = await client.get("/landing.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "innerHTML" not in script.text
    for path in ("/favicon.svg", "/favicon.ico"):
        assert (await client.get(path)).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/", "/status", "/docs", "/app/", "/api/user/plans", "/healthz", "/nothing-here"])
async def test_every_answer_has_the_headers(visit: Visit, path: str) -> None:
    answer = await visit().get(path)
    for name, value in {
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }.items():
        assert answer.headers[name] == value
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    if answer.headers["content-type"].startswith("text/html"):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "strict-transport-security" not in (await visit(url="http://localhost:8080").get(path)).headers


async def test_the_applications_policy_lets_nothing_in(visit: Visit) -> None:
    answer = await visit().get("/app/")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY


async def test_answers_of_text_are_packed_but_not_beside_secrets(visit: Visit) -> None:
    client = visit()
    assert (await client.get("/openapi.json")).headers["content-encoding"] == "gzip"
    assert (await client.get("/")).headers["vary"] == "Accept-Encoding"
    plain = await client.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for path in ("/api/session", "/healthz"):
        assert "content-encoding" not in (await client.get(path)).headers
