"""Hostile mail in the webmail itself: nothing of it runs, fetches, submits, navigates, covers or reports, and its names are text.

The vectors are those of the sanitiser's own tests; here they go the whole way, from LMTP to the frame a person looks at.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect

from tests.codecs.htmlmail.hostile_table import VECTORS
from tests.web.mail import deliver, enter, frame, html, letter, multipart, part, plain, row, show
from tests.web.site import SIZES, Site, Size, Visit

A_CONVERSATION = 40  # frames of one page: as many as a long conversation has
SCROLL_ALONG = """async () => {
  for (const frame of document.querySelectorAll('iframe')) {
    frame.scrollIntoView();
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}"""
SCRIPT = "<script>top.ran=1;alert(1)</script>"
HANDLER = '"><img src=x onerror=top.ran=1>'
# What only the whole way can show: what stands around the HTML, and what the sanitiser is not asked about.
MESSAGES: dict[str, bytes] = {
    "subject": letter(f"Subject {SCRIPT}{HANDLER}", part("text/plain", f"Text {SCRIPT}{HANDLER}")),
    "encoded subject": letter(
        "=?utf-8?b?" + base64.b64encode(f"Encoded {SCRIPT}".encode()).decode() + "?=", part("text/plain", SCRIPT)
    ),
    "sender": plain("Sender", "Hello", sender=f'"{SCRIPT[:-9]}<img src=x onerror=top.ran=1>" <eve@example.net>'),
    "names of files": letter(
        "Names of files",
        multipart(
            "mixed",
            part("text/plain", "Look"),
            part("text/html", f"Page {SCRIPT}", 'Content-Disposition: attachment; filename="<img src=x onerror=top.ran=1>.html"'),
            part("image/svg+xml", f"<svg xmlns='http://www.w3.org/2000/svg'>{SCRIPT}</svg>", 'Content-Disposition: attachment; filename="<script>top.ran=1</script>.svg"'),
        ),
    ),
    "a page as text": letter("A page as text", part("text/plain", f"<html><body>{SCRIPT}{HANDLER}</body></html>")),
    "a link in plain text": plain("A link in plain text", "Look: javascript:top.ran=1 data:text/html,x http://x\"onmouseover=top.ran=1"),
    "calendar of a stranger": letter("A calendar", part("text/calendar", f"BEGIN:VCALENDAR\nX:{SCRIPT}\nEND:VCALENDAR")),
}  # fmt: skip


@contextmanager
def watched(visit: Visit) -> Iterator[dict[str, list[str]]]:
    """What must not happen while a person looks: dialogs, requests beyond our own pages, complaints."""
    seen: dict[str, list[str]] = {"dialogs": [], "abroad": [], "said": []}
    context: BrowserContext = visit.context

    def guard(route: Route) -> None:
        if route.request.url.startswith((visit.site.url, "data:", "blob:")):
            route.continue_()
        else:
            seen["abroad"].append(route.request.url)
            route.abort()

    def refuse(dialog: Dialog) -> None:
        seen["dialogs"].append(dialog.message)
        dialog.dismiss()

    context.route("**/*", guard)
    context.on("dialog", refuse)
    context.on("console", lambda message: seen["said"].append(message.text))
    yield seen


def untouched(page: Page, address: str) -> None:
    """The page is where it was, nothing ran in it, and every frame still shows what we put into it."""
    assert page.evaluate("[window.ran, window.name, document.cookie]") == [None, "", ""]
    assert page.url == address
    for each in page.frames[1:]:
        assert re.search(r"/api/mail/[0-9a-f-]+/html", each.url), each.url


def active(page: Page) -> list[str]:
    """What in the frames could still do something."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('iframe')].flatMap((frame) => {
          const inside = frame.contentDocument;
          const bad = [...inside.querySelectorAll(
            'script, iframe, frame, object, embed, form, input, button, textarea, select, svg, math, link, video, audio, meta[http-equiv]'
          )].map((one) => one.outerHTML.slice(0, 100));
          for (const one of inside.querySelectorAll('*')) {
            for (const { name, value } of one.attributes) {
              if (/^on/i.test(name) || /^\\s*(javascript|vbscript|data:text)/i.test(value)) bad.push(`${name}=${value}`.slice(0, 100));
            }
            const style = inside.defaultView.getComputedStyle(one);
            if (['fixed', 'absolute', 'sticky'].includes(style.position)) bad.push(`position ${style.position}`);
            if (/url\\(/.test(style.backgroundImage + style.listStyleImage + style.cursor + style.content)) bad.push('url() in a style');
          }
          return bad;
        })"""
    )
    return found


@pytest.mark.parametrize("start", range(0, len(VECTORS), A_CONVERSATION))
def test_nothing_of_hostile_html_runs_or_reaches_out(site: Site, start: int) -> None:
    some = list(VECTORS.items())[start : start + A_CONVERSATION]
    title = f"Hostile {start}"
    deliver(
        site,
        "ada",
        *(
            html(title, source, key=f"v{start}-{number}", answers=f"v{start}-{number - 1}", sender=f"Eve <eve{number}@example.net>")
            for number, (_, source) in enumerate(some)
        ),
    )  # fmt: skip
    with site.visit() as visit, watched(visit) as seen:
        page = enter(visit, "ada")
        row(page, title).first.click()
        # All are unread, so all are open. What has no HTML left is shown as text.
        expect(page.get_by_role("article", name="Message from Eve")).to_have_count(len(some))
        page.wait_for_load_state("networkidle")
        address = page.url
        # As a person would, over everything.
        page.evaluate(SCROLL_ALONG)
        untouched(page, address)
        assert active(page) == []
        assert seen["dialogs"] == []
        assert seen["abroad"] == []
        # Nothing in the frames was even tried and then held back by the policy: the sanitiser had taken it out.
        assert [text for text in seen["said"] if "Failed to load resource" not in text] == []


def test_pictures_on_request_come_through_us_and_nothing_else_does(site: Site) -> None:
    everything = "".join(VECTORS[name] for name in VECTORS if "picture" in name or "url" in name or "track" in name)
    deliver(site, "ada", html("All pictures", everything))
    with site.visit() as visit, watched(visit) as seen:
        page = enter(visit, "ada")
        card = show(page, "All pictures")
        card.get_by_role("button", name="Show pictures").click()
        page.wait_for_function("document.querySelector('iframe').src.includes('proxied')")
        page.wait_for_load_state("networkidle")
        untouched(page, page.url)
        assert seen["abroad"] == []
        sources: list[str] = page.evaluate(
            "[...document.querySelector('iframe').contentDocument.images].map((one) => one.getAttribute('src') ?? '')"
        )
        assert any(source.startswith("/api/mail/picture?") for source in sources)
        assert all(source.startswith(("/api/mail/", "data:image/")) or source == "" for source in sources)


def test_no_link_of_a_mail_leads_where_scripts_are_or_takes_the_page_along(site: Site) -> None:
    kinds = [name for name in VECTORS if " link" in name or name.startswith(("ping", "base", "link "))]
    deliver(site, "ada", html("Links", "".join(f"<p>{VECTORS[name]}</p>" for name in kinds)))
    with site.visit() as visit, watched(visit) as seen:
        page = enter(visit, "ada")
        card = show(page, "Links")
        address = page.url
        links = frame(card).locator("a")
        links.first.wait_for()
        for at in range(links.count()):
            link = links.nth(at)
            href = link.get_attribute("href")
            assert href is None or href.startswith("https://evil.example"), href
            with visit.context.expect_page() if href else _nothing() as tab:
                link.click()
            if href:
                opened = tab.value
                assert opened.evaluate("window.opener") is None
                opened.close()
        untouched(page, address)
        assert seen["dialogs"] == []
        assert all(url.startswith("https://evil.example") for url in seen["abroad"])
        visit.abroad.clear()  # the links one has clicked oneself


@contextmanager
def _nothing() -> Iterator[Any]:
    yield None


@pytest.mark.parametrize("size", SIZES)
def test_a_link_that_lies_is_marked_and_said_to(site: Site, size: Size) -> None:
    deliver(
        site,
        "ada",
        html(
            f"Your account {size}", '<p>Sign in at <a href="https://evil.example/x">https://bank.example</a> now.</p>'
        ),
    )
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        card = show(page, f"Your account {size}")
        card.get_by_text("A link names another place than it leads to.").wait_for()
        assert frame(card).locator("a").get_attribute("title") == "This link leads to evil.example"
        visit.check_access(page)
        visit.shot(page, "lying-link")


def test_names_and_texts_of_strangers_are_only_text(site: Site) -> None:
    deliver(site, "bashir", *MESSAGES.values())
    with site.visit() as visit, watched(visit) as seen:
        page = enter(visit, "bashir")
        for at, kind in enumerate(reversed(MESSAGES)):
            page.locator("[data-row]").nth(at).click()
            expect(page.locator("[data-row][aria-current]")).to_have_count(1)
            card = page.get_by_role("article").last
            card.get_by_role("button", name="Reply", exact=True).first.click()
            page.get_by_role("textbox", name="Message").wait_for()
            page.get_by_role("button", name="Show the quoted message").click()
            visit.shot(page, f"hostile-{kind.replace(' ', '-')}")
            page.get_by_role("button", name="Throw the draft away").click()
            card.get_by_role("button", name="More about this message").click()
            page.get_by_role("menuitem", name="Source").click()
            page.get_by_role("dialog", name="Source").locator("pre").wait_for()
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
            untouched(page, page.url)
        assert seen["dialogs"] == []
        assert seen["abroad"] == []
        assert [text for text in seen["said"] if "Failed to load resource" not in text] == []


def test_an_attached_page_is_never_shown_as_one_of_ours(site: Site) -> None:
    deliver(site, "bashir", MESSAGES["names of files"] + b"--\r\n")
    with site.visit() as visit:
        page = enter(visit, "bashir")
        page.locator("[data-row]").first.click()
        files = page.get_by_role("article").last.get_by_role("region", name="Attachments")
        expect(files.get_by_role("listitem")).to_have_count(2)
        assert files.get_by_role("link", name="Look at").count() == 0
        for link in files.get_by_role("link").all():
            href = str(link.get_attribute("href"))
            for address in (href, f"{href}&inline=1", re.sub(r"type=[^&]*", "type=text/html", href) + "&inline=1"):
                answer = visit.context.request.get(site.url + address)
                assert answer.headers["content-disposition"].startswith("attachment"), address
                assert "sandbox" in answer.headers["content-security-policy"], address
                assert answer.headers["x-content-type-options"] == "nosniff", address


def test_an_answer_to_hostile_mail_quotes_no_harm(site: Site) -> None:
    deliver(
        site, "chen", html("Please answer", "<p>Before</p>" + "".join(VECTORS[name] for name in list(VECTORS)[:60]))
    )
    with site.visit() as visit, watched(visit) as seen:
        page = enter(visit, "chen")
        show(page, "Please answer")
        page.keyboard.press("r")
        page.get_by_role("textbox", name="Message").wait_for()
        page.get_by_role("button", name="Show the quoted message").click()
        page.get_by_role("dialog").get_by_text("Before").wait_for()
        page.get_by_role("button", name="Edit", exact=True).click()
        page.wait_for_timeout(300)
        inside = page.get_by_role("textbox", name="Message").inner_html()
        assert "Before" in inside
        assert not re.search(r"<(?:script|iframe|object|embed|form|svg|math)|\son\w+=|javascript:", inside)
        untouched(page, page.url)
        assert seen["dialogs"] == []
        assert seen["abroad"] == []
        # It is parsed in a document of its own, where nothing runs; Chromium tells of what our policy holds back even there.
        assert all("violates the following Content Security Policy directive" in fault for fault in visit.faults)
        visit.faults.clear()
        page.get_by_role("button", name="Throw the draft away").click()
