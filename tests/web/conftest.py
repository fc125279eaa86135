"""The site every test of pages visits. Skipped, with the reason, without Chromium or without the built pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.servers.mailwright import PEOPLE, MailwrightServer
from tests.web.site import CHROMIUM, Site, launch

APP = Path(__file__).parents[2] / "src" / "mailwright" / "protocols" / "web" / "app"

expect.set_options(timeout=20_000)  # milliseconds; on a busy machine five seconds are soon over


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Ends with its module: while it is there this thread has a running event loop, and the tests of other modules have their own."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    if not (APP / "index.html").exists():
        pytest.skip("the pages are not built (scripts/webmail.py builds them, with Node)")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def site(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running server with Ada, Bashir, Chen, an admin, a supporter and the employee, the concierge, and some mail for Ada."""
    server = MailwrightServer(tmp_path_factory.mktemp("site") / "data", model_monthly_usd=0.5)
    server.prepare(people=(*PEOPLE, "admin", "sue"), roles={"admin": "admin", "sue": "support"}, concierge=True)
    server.start()
    browser = launch(playwright)
    made = Site(server, browser)
    made.deliver("ada", "Lunch on Friday", "Shall we meet at noon?\n\nChen")
    made.deliver("ada", "Minutes of the meeting", "Here they are.", sender="bashir")
    _settle(server, 2)
    yield made
    browser.close()
    server.stop()


def _settle(server: MailwrightServer, messages: int, seconds: float = 90.0) -> None:
    """Until that many messages are in Ada's INBOX."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with server.opened() as database:
            found = database.execute(
                "SELECT count(*) FROM messages m JOIN mailboxes x ON x.id = m.mailbox_id JOIN users u ON u.id = x.user_id "
                "WHERE u.email = 'ada@mailwright.test' AND x.role = 'inbox'"
            ).fetchone()[0]
        if found >= messages:
            return
        time.sleep(0.05)
    raise TimeoutError("the mail did not arrive")
