"""The first page, as somebody meets it who has never been here; and how much it costs to load."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import APP
from tests.web.site import SIZES, Site, Size

FIRST_LOAD_KB = 200  # scripts of the landing page and of signing in, gzipped
WEBMAIL_KB = 450


@pytest.mark.parametrize("size", SIZES)
def test_one_sees_at_once_what_this_is_and_who_is_working(site: Site, size: Size) -> None:
    with site.visit(size) as visit:
        page = visit.page("/")
        assert page.get_by_role("heading", level=1).inner_text().split() == [
            "Your",
            "AI",
            "employee.",
            "Email",
            "any",
            "task.",
        ]
        status = page.locator("[data-status] .name")
        assert status.is_visible()
        assert page.get_by_text("digital worker online now").is_visible()
        assert page.get_by_text(re.compile("Last updated")).is_visible()
        assert page.get_by_role("link", name="Email your first task").get_attribute("href", timeout=1000)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        visit.check_access(page)
        visit.shot(page, "landing")


def test_without_the_status_the_last_known_one_stays(site: Site) -> None:
    with site.visit() as visit:
        visit.context.route("**/api/public/workers/status", lambda route: route.abort())
        page = visit.page("/")
        page.wait_for_timeout(500)
        assert page.locator("[data-status] .name").is_visible()
        assert page.get_by_text(re.compile("Last updated")).is_visible()
        visit.faults.clear()  # Chromium says that the request failed, which is what this is about


def test_the_page_is_ready_without_scripts(site: Site) -> None:
    with site.visit(java_script_enabled=False) as visit:
        page = visit.context.new_page()
        page.goto(site.url)
        assert page.get_by_role("heading", name="How it works").is_visible()
        assert page.get_by_role("heading", name="Plans").is_visible()
        assert page.get_by_role("link", name="Sign in").first.is_visible()


def test_no_link_of_the_page_leads_nowhere(site: Site) -> None:
    with site.visit() as visit:
        page = visit.page("/")
        hrefs = {link.get_attribute("href") or "" for link in page.get_by_role("link").all()}
        assert hrefs
        for href in hrefs:
            if href.startswith("mailto:"):
                continue
            assert href, "a link without an address"
            if href.startswith("#"):
                assert page.locator(href).count() == 1
            elif href.startswith("/"):
                assert site.server.get(href)[0] == 200, href


def test_scripts_stay_within_their_budgets() -> None:
    manifest = json.loads((APP / ".vite" / "manifest.json").read_text())
    landing = len(gzip.compress((APP.parent / "landing.js").read_bytes()))
    sign_in = _scripts(manifest, "index.html", "src/routes/account/SignInPage.tsx")
    webmail = _scripts(
        manifest,
        "index.html",
        *(name for name in manifest if name.startswith(("src/routes/mail/", "src/compose/")) and name.endswith("tsx")),
    )
    assert 20 < _kilobytes(sign_in) + landing / 1000 <= FIRST_LOAD_KB
    assert 100 < _kilobytes(webmail) <= WEBMAIL_KB


def _scripts(manifest: dict[str, dict[str, object]], *entries: str) -> set[str]:
    """The files that these entries load, with all they import at once."""
    files: set[str] = set()
    waiting = list(entries)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in manifest:
            continue
        seen.add(name)
        entry = manifest[name]
        files.add(str(entry["file"]))
        imports = entry.get("imports", [])
        assert isinstance(imports, list)
        waiting += imports
    return {one for one in files if one.endswith(".js")}


def _kilobytes(files: set[str]) -> float:
    return sum(len(gzip.compress((APP / one).read_bytes())) for one in files) / 1000


def test_the_first_page_is_light(site: Site) -> None:
    """A budget of the page: it is ready HTML and one small style."""
    with site.visit() as visit:
        page = visit.page("/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        transferred = page.evaluate(
            "performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)"
        )
        assert transferred < 60_000
