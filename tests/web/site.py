"""A running Mailwright with people and their mail, and browsers that visit it: Debian's Chromium, driven by Playwright.

Used by every test in this folder. `visit.page(...)` fails the test when a page logs an error or asks anything of another host.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

from mailwright.codecs import mime
from mailwright.core import Core, accounts, signinlinks
from mailwright.domain import clock
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from mailwright.storage import accounts as account_rows
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers_node import packages

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Size = Literal["desktop", "phone"]
SIZES: dict[Size, tuple[int, int]] = {"desktop": (1440, 900), "phone": (390, 844)}
AXE = ("axe-core", "4.14.1")
SHOTS = os.environ.get("MAILWRIGHT_SHOTS")  # a folder to keep pictures of the pages in, to be looked at

# Chromium says so of every answer that is not 2xx; whether it should have been is the test's own question.
_NOT_A_FAULT = ("Failed to load resource: the server responded with a status of",)


def launch(playwright: Playwright) -> Browser:
    """Chromium, without a window."""
    assert CHROMIUM is not None
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))


@dataclass
class Visit:
    """One person at one browser: their own cookies."""

    site: Site
    context: BrowserContext
    size: Size
    faults: list[str] = field(default_factory=list)
    abroad: list[str] = field(default_factory=list)

    def page(self, path: str = "/") -> Page:
        """A new tab at that path."""
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)
        page.set_default_timeout(30_000)
        page.goto(self.site.url + path)
        return page

    def sign_in(self, name: str, *, path: str = "/app/sign-in", password: str = PASSWORD) -> Page:
        """Sign in with the page, as a person does; where one lands."""
        page = self.page(path)
        page.get_by_label("E-mail address").fill(f"{name}@{DOMAIN}")
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def check_access(self, page: Page, *, but: tuple[str, ...] = ()) -> None:
        """Fail on any accessibility fault that axe calls serious or critical."""
        script = packages.installed(*AXE) / "axe.min.js"
        # As Playwright's own, past the page's policy: it is the test that looks, not the page.
        page.evaluate(script.read_text())
        found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        serious = [
            f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical") and one["id"] not in but
        ]
        assert not serious, "\n".join(serious)

    def shot(self, page: Page, name: str) -> None:
        """Keep a picture, when somebody wants to look."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(SHOTS) / f"{name}-{self.size}.png", full_page=False)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_NOT_A_FAULT):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:", "about:")):
            self.abroad.append(request.url)


@dataclass
class Site:
    """The installation, and how to visit it."""

    server: MailwrightServer
    browser: Browser

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.http_port}"

    @contextmanager
    def visit(self, size: Size = "desktop", **options: Any) -> Iterator[Visit]:
        """Somebody comes. When they go, their pages must have had no fault and asked nobody else for anything."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            service_workers=options.pop("service_workers", "block"),
            **options,
        )
        visit = Visit(self, context, size)
        try:
            yield visit
            assert not visit.faults
            assert not visit.abroad
        finally:
            context.close()

    def add_guest(self, email: str) -> None:
        """An outside sender of the employee, as the first mail makes one."""
        with self.core() as core:

            def write(tx: Tx) -> None:
                tenant = accounts.find(tx, f"ada@{DOMAIN}").tenant_id
                accounts.add_guest(tx, tenant, email)

            core.database.write_now(write)

    def link_for(self, email: str) -> str:
        """The token of a sign-in link, as a mail to that address would bring it."""
        with self.core() as core:

            def write(tx: Tx) -> str:
                return signinlinks.make(tx, account_rows.with_address(tx, email)[0], client="")

            return core.database.write_now(write)

    @contextmanager
    def core(self) -> Iterator[Core]:
        """The installation itself, beside the process that serves it: to put things in that no page makes."""
        core = build_core(load(**self.server.settings))
        try:
            yield core
        finally:
            core.database.close()

    def deliver(
        self, to: str, subject: str, text: str, *, sender: str = "chen", html: str | None = None, **more: Any
    ) -> str:
        """Mail from one of the people to another. Its Message-ID."""
        message_id = f"<{clock.now()}.{abs(hash((to, subject)))}@{DOMAIN}>"
        raw = mime.compose(
            from_=mime.Mailbox(sender.title(), f"{sender}@{DOMAIN}"),
            to=[mime.Mailbox(to.title(), f"{to}@{DOMAIN}")],
            subject=subject,
            text=text,
            html=html,
            message_id=message_id,
            date=clock.now(),
            **more,
        )
        self.server.submit(sender, raw, [f"{to}@{DOMAIN}"])
        return message_id
