"""Reading mail in a browser: conversations, plain text and HTML, pictures, files, print, source, and what happened to a message."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect

from tests.servers.mailwright import DOMAIN
from tests.web.mail import PICTURE, deliver, enter, frame, html, letter, multipart, part, plain, row, show
from tests.web.site import SIZES, Site, Size
from tests.web.test_writing import ask

# As it is written in the header, and what a browser may make of it.
HOSTILE_NAMES = {
    "up the tree": 'filename="../../etc/passwd"',
    "up the tree of another system": 'filename="..\\\\..\\\\windows\\\\system32\\\\drivers.txt"',
    "read from the right": "filename*=utf-8''invoice%E2%80%AEfdp.exe",
    "quotes": 'filename="a \\"quoted\\" name\\".txt"',
    "a line end": "filename*=utf-8''one%0D%0AX-Evil%3A%20yes.txt",
    "a script": "filename*=utf-8''%3Cscript%3Ealert(1)%3C%2Fscript%3E.txt",
    "none": "size=1",
}


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A picture on another server, and the paths that were asked of it."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


@pytest.mark.parametrize("size", SIZES)
def test_a_conversation_opens_what_is_unread_and_folds_the_rest(site: Site, size: Size) -> None:
    key = f"garden-{size}"
    title = f"The garden {size}"
    deliver(
        site,
        "ada",
        plain(title, "What shall we plant?", key=key),
        plain(f"Re: {title}", "Beans.\r\n\r\n> What shall we plant?", key=f"{key}-2", answers=key),
        plain(f"Re: {title}", "And peas.", key=f"{key}-3", answers=f"{key}-2", sender=f"Bashir <bashir@{DOMAIN}>"),
    )
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        entry = row(page, title)
        expect(entry).to_contain_text("3 messages")
        expect(entry).to_contain_text("Unread,")
        visit.shot(page, "list")
        visit.check_access(page)
        card = show(page, title)
        expect(page.get_by_role("article", name="Message from")).to_have_count(3)
        card.get_by_text("And peas.").wait_for()
        visit.shot(page, "conversation")
        visit.check_access(page)
        expect(page.get_by_role("button", name="Show what is quoted")).to_be_visible()
        # What was read is folded the next time.
        if size == "phone":
            page.get_by_role("button", name="Back to the list").click()
        ids = ask(page, ("Email/query", {"filter": {"subject": title}}))[0]["ids"]
        ask(page, ("Email/set", {"update": {each: {"keywords/$seen": True} for each in ids}}))
        page.goto(f"{site.url}/app/mail/inbox")
        show(page, title)
        expect(page.get_by_role("article", name="Message from")).to_have_count(1)
        folded = page.get_by_role("article").first.get_by_role("button")
        expect(folded).to_have_attribute("aria-expanded", "false")
        folded.click()
        page.get_by_role("article").first.get_by_text("What shall we plant?").wait_for()
        page.get_by_role("article", name="Message from Chen").get_by_role("button", name="Chen", exact=True).click()
        expect(page.get_by_role("article", name="Message from")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_what_one_has_opened_is_read_after_a_moment(site: Site) -> None:
    deliver(site, "ada", plain("To be read", "Now."))
    with site.visit() as visit:
        page = enter(visit, "ada")
        show(page, "To be read")
        expect(row(page, "To be read")).not_to_contain_text("Unread,", timeout=8_000)
        (found,) = ask(page, ("Email/query", {"filter": {"subject": "To be read", "hasKeyword": "$seen"}}))[0]["ids"]
        assert found


@pytest.mark.parametrize("size", SIZES)
def test_html_is_shown_as_it_was_written_or_as_plain_text(site: Site, size: Size) -> None:
    source = (
        "<h1 style='color:#205080'>News</h1><p>All is <b>well</b>.</p>"
        "<table width='900'><tr><td>wide</td><td>table</td></tr></table><a href='mailto:chen@mailwright.test'>Write</a>"
    )
    both = multipart("alternative", part("text/plain", "All is well, plainly."), part("text/html", source))
    deliver(site, "ada", letter(f"Newsletter {size}", both))
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        card = show(page, f"Newsletter {size}")
        expect(frame(card).get_by_role("heading", name="News")).to_have_css("color", "rgb(32, 80, 128)")
        expect(card.locator("iframe")).to_have_attribute(
            "sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        )
        visit.shot(page, "html")
        # The frame is as tall as what is in it.
        page.wait_for_function(
            "() => { const f = document.querySelector('iframe'); return f.clientHeight >= f.contentDocument.body.scrollHeight; }"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        visit.check_access(page)
        frame(card).get_by_role("link", name="Write").click()
        page.get_by_role("dialog").get_by_text("chen@mailwright.test").first.wait_for()
        page.get_by_role("button", name="Save and close").click()
        card.get_by_role("button", name="More about this message").click()
        page.get_by_role("menuitem", name="Show as plain text").click()
        card.get_by_text("All is well, plainly.").wait_for()
        expect(card.locator("iframe")).to_have_count(0)


def test_files_are_downloaded_whole_and_under_harmless_names(site: Site) -> None:
    files = [
        part("application/octet-stream", f"file {number}".encode(), f"Content-Disposition: attachment; {name}")
        for number, name in enumerate(HOSTILE_NAMES.values())
    ]
    deliver(site, "ada", letter("Files", multipart("mixed", part("text/plain", "Here they are."), *files)))
    with site.visit() as visit:
        page = enter(visit, "ada")
        card = show(page, "Files")
        attachments = card.get_by_role("region", name="Attachments")
        expect(attachments.get_by_role("listitem")).to_have_count(len(files))
        visit.shot(page, "attachments")
        for number, kind in enumerate(HOSTILE_NAMES):
            link = attachments.get_by_role("listitem").nth(number).get_by_role("link", name="Download")
            with page.expect_download() as download:
                link.click()
            name = download.value.suggested_filename
            assert download.value.path().read_text() == f"file {number}", kind
            assert not set(name) & set('/\\:"'), kind
            assert not any(unicodedata.category(letter) in ("Cc", "Cf") for letter in name), kind
            answer = visit.context.request.get(site.url + str(link.get_attribute("href")))
            assert answer.headers["content-disposition"].startswith("attachment"), kind
            assert answer.headers["x-content-type-options"] == "nosniff", kind
            assert "x-evil" not in answer.headers
        # What a person reads of a name does not turn around either.
        assert "\u202e" not in attachments.inner_text()


def test_pictures_that_came_with_the_message_are_shown_in_it(site: Site) -> None:
    body = multipart(
        "related",
        part("text/html", '<p>Look: <img src="cid:red@example.org" alt="red"></p>'),
        part("image/png", PICTURE, "Content-ID: <red@example.org>", "Content-Disposition: inline"),
    )
    deliver(site, "ada", letter("A red picture", body))
    with site.visit() as visit:
        page = enter(visit, "ada")
        card = show(page, "A red picture")
        page.wait_for_function(
            "document.querySelector('iframe')?.contentDocument?.querySelector('img')?.naturalWidth === 10"
        )
        expect(card.get_by_role("button", name="Show pictures")).to_have_count(0)
        expect(card.get_by_role("region", name="Attachments")).to_have_count(0)


def test_pictures_elsewhere_are_asked_for_by_us_and_only_on_request(
    site: Site, elsewhere: tuple[str, list[str]]
) -> None:
    host, asked = elsewhere
    deliver(
        site, "ada", html("Look here", f'<p>Hello</p><img src="{host}/a.png" width="200" height="80" alt="flower">')
    )
    with site.visit() as visit:
        page = enter(visit, "ada")
        card = show(page, "Look here")
        card.get_by_text("Pictures from elsewhere are not shown").wait_for()
        visit.shot(page, "pictures")
        visit.check_access(page)
        assert not asked
        with page.expect_response(re.compile("/api/mail/picture")) as answer:
            card.get_by_role("button", name="Show pictures").click()
        # The host is inside: whoever writes a mail must not have us knock at doors they cannot reach themselves.
        assert answer.value.status == 404
        assert not asked
        expect(card.get_by_role("button", name="Show pictures")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_a_conversation_is_printed_whole_and_without_the_page_around_it(site: Site, size: Size) -> None:
    key = f"print-{size}"
    deliver(
        site,
        "ada",
        plain(f"Contract {size}", "The first clause.", key=key),
        plain(f"Re: Contract {size}", "The second clause.", key=f"{key}-2", answers=key),
    )
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        page.evaluate("window.print = () => { window.printed = (window.printed ?? 0) + 1; }")
        ids = ask(page, ("Email/query", {"filter": {"subject": f"Contract {size}"}}))[0]["ids"]
        ask(page, ("Email/set", {"update": {each: {"keywords/$seen": True} for each in ids}}))
        show(page, f"Contract {size}")
        page.get_by_role("region", name="Conversation", exact=True).get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Print").click()
        page.wait_for_function("window.printed === 1")
        page.emulate_media(media="print")
        for text in ("The first clause.", "The second clause."):
            expect(page.get_by_text(text, exact=True)).to_be_visible()
        for part_of_the_page in ("New message", "Archive", "Reply"):
            expect(page.get_by_role("button", name=part_of_the_page, exact=True)).to_have_count(0)
        expect(page.get_by_role("searchbox")).to_have_count(0)
        visit.shot(page, "print")


def test_the_source_of_a_message_is_shown_and_downloaded(site: Site) -> None:
    deliver(site, "ada", plain("With a source", "Text", fields=["X-Strange: <b>bold</b>"]))
    with site.visit() as visit:
        page = enter(visit, "ada")
        card = show(page, "With a source")
        card.get_by_role("button", name="More about this message").click()
        page.get_by_role("menuitem", name="Source").click()
        expect(page.get_by_role("dialog", name="Source").locator("pre")).to_contain_text("X-Strange: <b>bold</b>")
        expect(page.get_by_role("dialog").locator("pre")).to_contain_text("Received:")
        visit.check_access(page)
        visit.shot(page, "source")
        page.keyboard.press("Escape")
        card.get_by_role("button", name="More about this message").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Download").click()
        assert download.value.suggested_filename == "With a source.eml"
        assert b"X-Strange: <b>bold</b>\r\n" in download.value.path().read_bytes()


@pytest.mark.parametrize("size", SIZES)
def test_what_happened_to_a_task_is_told_step_by_step(site: Site, size: Size) -> None:
    title = f"A sum {size}"
    site.deliver("main", title, "What is 17.5 % of 2340?", sender="bashir")
    with site.visit(size) as visit:
        page = enter(visit, "bashir")
        answer = row(page, title)
        answer.wait_for(timeout=40_000)
        page.goto(f"{site.url}/app/mail/sent")
        show(page, title)
        card = page.get_by_role("article").first  # the question: read, and folded
        card.get_by_role("button", expanded=False).first.click()
        card.get_by_role("button", name="More about this message").click()
        page.get_by_role("menuitem", name="What happened to it").click()
        steps = page.get_by_role("dialog", name="What happened to it").get_by_role("listitem")
        expect(steps.filter(has_text=re.compile("judged a task", re.IGNORECASE)).first).to_be_visible()
        expect(steps.filter(has_text=re.compile(f"bashir@{DOMAIN} signed in"))).to_have_count(1)
        expect(steps.filter(has_text=re.compile("answered", re.IGNORECASE)).first).to_be_visible()
        visit.check_access(page)
        visit.shot(page, "trace")


def test_who_wrote_to_whom_is_told_on_request(site: Site) -> None:
    deliver(
        site,
        "ada",
        plain("Details", "Hi", to=f"Ada <ada@{DOMAIN}>, Bashir <bashir@{DOMAIN}>", sender="Eve <eve@example.net>"),
    )
    with site.visit() as visit:
        page = enter(visit, "ada")
        card = show(page, "Details")
        card.get_by_role("button", name="to me, Bashir").click()
        expect(card.get_by_role("button", name="Eve <eve@example.net>")).to_be_visible()
        visit.check_access(page)


@pytest.mark.parametrize("size", SIZES)
def test_the_webmail_can_be_used_in_the_dark(site: Site, size: Size) -> None:
    deliver(site, "ada", html(f"By night {size}", "<p>Dark text on white stays so.</p>"))
    with site.visit(size, color_scheme="dark") as visit:
        page = enter(visit, "ada")
        row(page, f"By night {size}").wait_for()
        visit.check_access(page)
        visit.shot(page, "list-dark")
        show(page, f"By night {size}")
        page.frame_locator("iframe").get_by_text("Dark text").wait_for()
        visit.check_access(page)
        visit.shot(page, "conversation-dark")
        if size == "desktop":
            page.keyboard.press("?")
            page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
            visit.check_access(page)


def test_one_goes_back_and_forth_with_the_browser(site: Site) -> None:
    deliver(site, "ada", plain("There and back", "again"))
    with site.visit("phone") as visit:
        page = enter(visit, "ada")
        show(page, "There and back")
        page.get_by_role("button", name="Back to the list").click()
        row(page, "There and back").wait_for()
        page.go_back()
        page.get_by_role("heading", level=2, name="There and back").wait_for()
        page.go_back()
        row(page, "There and back").wait_for()
        page.get_by_role("button", name="Folders").click()
        page.get_by_role("link", name="Sent").wait_for()
        visit.check_access(page)
        visit.shot(page, "drawer")
        page.get_by_role("link", name="Sent").click()
        page.get_by_role("heading", level=1, name="Sent").wait_for()
