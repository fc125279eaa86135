"""The hostile corpus in a real browser, without any policy or sandbox to help: nothing runs and nothing is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Route, sync_playwright
from tests.codecs.htmlmail.hostile_table import VECTORS

from mailwright.codecs.htmlmail import document, sanitise

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
PAGE = "http://mail.mailwright.test/"

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started.new_context()
        started.close()


def seen(browser: BrowserContext, text: str) -> tuple[list[str], list[str]]:
    """The requests and dialogs of a document, beside itself."""
    requests: list[str] = []
    dialogs: list[str] = []
    page = browser.new_page()

    def answer(route: Route) -> None:
        if route.request.url == PAGE:
            route.fulfill(body=text, content_type="text/html; charset=utf-8")
        else:
            requests.append(route.request.url)
            route.abort()

    page.route("**/*", answer)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(PAGE)
    page.wait_for_timeout(300)
    page.close()
    return [each for each in requests if "favicon" not in each], dialogs


def test_nothing_runs_and_nothing_is_asked_for(browser: BrowserContext) -> None:
    for names in (VECTORS, *({name: VECTORS[name]} for name in list(VECTORS)[::8])):
        pieces = [sanitise(VECTORS[name], picture=lambda _: None, part=lambda _: None) for name in names]
        text = document(pieces[0]).replace(pieces[0].body, "".join(piece.body for piece in pieces), 1)
        styles = "".join(f"<style>{piece.styles}</style>" for piece in pieces)
        assert seen(browser, text.replace("</head>", f"{styles}</head>", 1)) == ([], [])


def test_the_browser_would_have_noticed(browser: BrowserContext) -> None:
    requests, dialogs = seen(browser, VECTORS["onerror"] + VECTORS["remote picture"])
    assert "https://evil.example/a.png" in requests
    assert dialogs == ["1"]
