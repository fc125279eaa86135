"""What is written in a browser arrives: recipients, rich text, files, quotes, signatures, and nobody learns of hidden recipients."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.servers.mailwright import DOMAIN
from tests.web.mail import PICTURE, deliver, enter, frame, letter, multipart, part, plain, row, show
from tests.web.site import SIZES, Site, Size
from tests.web.test_writing import ask, emails, saved, texts

# A file let go over the composer, as a browser tells of it.
DROP = """async (box, [name, octets]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(octets)], name, { type: 'text/plain' }));
  for (const kind of ['dragenter', 'dragover']) {
    box.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  window.hint = box.innerText.includes('Drop files to attach them');
  box.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def compose(page: Page) -> Locator:
    """A new message; its window."""
    page.get_by_role("button", name="New message").first.click()
    page.get_by_role("textbox", name="Message").wait_for()
    return page.get_by_role("dialog").first


def send(page: Page) -> None:
    """With the keys, and without waiting until it can no longer be taken back."""
    page.keyboard.press("Control+Enter")
    page.get_by_text("Sending in").wait_for()


def without_delay(page: Page) -> None:
    """What this person sends leaves at once."""
    page.evaluate(
        """async () => {
          const { csrf } = await (await fetch('/api/session')).json();
          await fetch('/api/account/preferences', {
            method: 'PATCH', headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
            body: JSON.stringify({ undo_seconds: 0, display: { undoOff: true } }),
          });
        }"""
    )


def arrived(page: Page, subject: str, seconds: float = 90.0) -> dict[str, Any]:
    """The message in the INBOX of who looks, when it is there."""
    ends = time.monotonic() + seconds
    while not (found := emails(page, "inbox", subject)):
        assert time.monotonic() < ends, f"{subject} did not come"
        page.wait_for_timeout(200)
    return found[0]


@pytest.mark.parametrize("size", SIZES)
def test_people_are_suggested_and_become_chips(site: Site, size: Size) -> None:
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        compose(page)
        to = page.get_by_role("combobox", name="To", exact=True)
        to.press_sequentially("bash")
        page.get_by_role("option", name=re.compile("Bashir")).wait_for()
        visit.check_access(page)
        visit.shot(page, "suggestions")
        to.press("ArrowDown")
        to.press("Enter")
        page.get_by_role("button", name="Remove Bashir").wait_for()
        to.press_sequentially("Eve <eve@example.net>, not an address,")
        to.press("Tab")
        page.get_by_role("button", name="Remove Eve").wait_for()
        expect(page.get_by_text("(not a valid address)")).to_have_count(1)
        page.get_by_role("textbox", name="Message").press("Control+Enter")
        page.get_by_text("mail can be sent to").wait_for()
        page.get_by_role("button", name="Back").click()
        to.press("Backspace")
        expect(page.get_by_text("(not a valid address)")).to_have_count(0)
        page.get_by_role("button", name="Throw the draft away").click()


def test_rich_text_arrives_as_html_and_as_text(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "ada")
        without_delay(page)
        page.reload()
        compose(page)
        page.get_by_role("combobox", name="To", exact=True).fill(f"bashir@{DOMAIN},")
        page.get_by_placeholder("Subject").fill("Rich: ü & <b>")
        text = page.get_by_role("textbox", name="Message")
        text.click()
        page.keyboard.press("Control+b")
        page.keyboard.type("Bold & <b>")
        page.keyboard.press("Control+b")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Bulleted list").click()
        page.keyboard.type("first")
        page.keyboard.press("Enter")
        page.keyboard.type("second")
        visit.check_access(page)
        visit.shot(page, "rich")
        page.keyboard.press("Control+Enter")
        page.get_by_text("Sent.").wait_for()
    with site.visit() as visit:
        page = enter(visit, "bashir")
        came = arrived(page, "Rich: ü & <b>")
        html, text_ = "", ""
        for value in (each["value"] for each in came["bodyValues"].values()):
            if "<li>" in value:
                html = value
            else:
                text_ = value
        assert "<strong>Bold &amp; &lt;b&gt;</strong>" in html
        assert re.search(r"<ul>.*first.*second.*</ul>", html, re.DOTALL)
        assert "Bold & <b>" in text_ or "*Bold & <b>*" in text_
        assert re.search(r"^[-*•] first\s+[-*•] second", text_, re.MULTILINE)
        card = show(page, "Rich: ü & <b>")
        frame(card).get_by_text("Bold & <b>").wait_for()


def test_files_are_attached_by_choosing_and_by_dropping(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "chen")
        without_delay(page)
        page.reload()
        window = compose(page)
        page.get_by_role("combobox", name="To", exact=True).fill(f"bashir@{DOMAIN},")
        page.get_by_placeholder("Subject").fill("With files")
        held: list[Route] = []  # until its progress was seen
        page.route("**/jmap/upload/**", lambda route: held.append(route))
        with page.expect_file_chooser() as chooser:
            window.get_by_role("button", name="Attach files").click()
        chooser.value.set_files(FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"The plan" * 50_000))
        page.get_by_role("progressbar", name="Uploading plan.txt").wait_for()
        visit.check_access(page)
        held[0].continue_()
        page.unroute("**/jmap/upload/**")
        expect(page.get_by_role("progressbar", name="Uploading")).to_have_count(0)
        window.evaluate(DROP, ["dropped.txt", list(b"Dropped")])
        assert page.evaluate("window.hint") is True
        page.get_by_role("button", name="Remove dropped.txt").wait_for()
        visit.shot(page, "files")
        window.evaluate(DROP, ["mistake.txt", list(b"Mistake")])
        page.get_by_role("button", name="Remove mistake.txt").click()
        page.get_by_role("textbox", name="Message").click()
        page.keyboard.type("They are attached.")
        page.keyboard.press("Control+Enter")
        page.get_by_text("Sent.").wait_for()
    with site.visit() as visit:
        page = enter(visit, "bashir")
        arrived(page, "With files")
        card = show(page, "With files")
        files = card.get_by_role("region", name="Attachments")
        expect(files.get_by_role("listitem")).to_have_count(2)
        for name, content in (("plan.txt", b"The plan" * 50_000), ("dropped.txt", b"Dropped")):
            with page.expect_download() as download:
                files.get_by_role("link", name=f"Download {name}").click()
            assert download.value.suggested_filename == name
            assert download.value.path().read_bytes() == content


def test_a_draft_is_as_one_left_it_after_a_reload(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "bashir")
        compose(page)
        page.get_by_role("combobox", name="To", exact=True).fill(f"ada@{DOMAIN},")
        page.get_by_role("button", name="Bcc", exact=True).click()
        page.get_by_role("combobox", name="Bcc", exact=True).fill(f"chen@{DOMAIN},")
        page.get_by_placeholder("Subject").fill("Half written")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Attach files").click()
        chooser.value.set_files(FilePayload(name="half.txt", mimeType="text/plain", buffer=b"half"))
        page.get_by_role("button", name="Remove half.txt").wait_for()
        page.get_by_role("textbox", name="Message").click()
        page.keyboard.type("Dear Ada")
        saved(page)
        page.goto(f"{site.url}/app/mail/drafts")
        row(page, "Half written").click()
        window = page.get_by_role("dialog", name="Half written")
        window.get_by_text("Dear Ada").wait_for()
        for text in ("ada", "chen"):
            window.get_by_role("button", name=re.compile(f"Remove {text}", re.IGNORECASE)).wait_for()
        window.get_by_role("button", name="Remove half.txt").wait_for()
        assert len(emails(page, "drafts", "Half written")) == 1
        window.get_by_role("button", name="Throw the draft away").click()
        page.get_by_text("Draft thrown away").wait_for()


def test_hidden_recipients_are_in_nothing_that_leaves(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "bashir")
        without_delay(page)
        page.reload()
        compose(page)
        page.get_by_role("combobox", name="To", exact=True).fill(f"ada@{DOMAIN},")
        page.get_by_role("button", name="Bcc", exact=True).click()
        page.get_by_role("combobox", name="Bcc", exact=True).fill(f"chen@{DOMAIN},")
        page.get_by_placeholder("Subject").fill("Between us")
        page.get_by_role("textbox", name="Message").press("Control+Enter")
        page.get_by_text("Sent.").wait_for()
    for name in ("ada", "chen"):
        with site.visit() as visit:
            page = enter(visit, name)
            arrived(page, "Between us")
            card = show(page, "Between us")
            card.get_by_role("button", name="More about this message").click()
            page.get_by_role("menuitem", name="Source").click()
            source = page.get_by_role("dialog", name="Source").locator("pre")
            source.wait_for()
            head = source.inner_text()
            assert "bcc" not in head.lower()
            assert name == "chen" or f"chen@{DOMAIN}" not in head


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_to_all_goes_to_all_but_oneself(site: Site, size: Size) -> None:
    title = f"To many {size}"
    deliver(
        site,
        "ada",
        plain(
            title,
            "Who comes?",
            sender=f"Chen <chen@{DOMAIN}>",
            to=f"Ada <ada@{DOMAIN}>, Bashir <bashir@{DOMAIN}>",
            fields=["Cc: Eve <eve@example.net>", f"Message-ID: <many-{size}@example.org>"],
        ),
    )
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        card = show(page, title)
        card.get_by_role("button", name="Reply to all").click()
        window = page.get_by_role("dialog", name=f"Re: {title}")
        for name in ("Chen", "Bashir", "Eve"):
            window.get_by_role("button", name=f"Remove {name}").wait_for()
        expect(window.get_by_role("button", name=re.compile("^Remove "))).to_have_count(3)
        visit.check_access(page)
        visit.shot(page, "reply-all")
        window.get_by_role("textbox", name="Message").click()
        page.keyboard.type("I do.")
        saved(page)
        (draft,) = emails(page, "drafts", f"Re: {title}")
        assert draft["inReplyTo"] == [f"many-{size}@example.org"]
        assert "> Who comes?" in texts(draft)
        window.get_by_role("button", name="Throw the draft away").click()


def test_what_is_forwarded_takes_its_files_and_pictures_along(site: Site) -> None:
    body = multipart(
        "mixed",
        multipart(
            "related",
            part("text/html", '<p>Red: <img src="cid:red@example.org" alt="red"></p>'),
            part("image/png", PICTURE, "Content-ID: <red@example.org>", "Content-Disposition: inline"),
        ),
        part("text/csv", "a,b", 'Content-Disposition: attachment; filename="numbers.csv"'),
    )
    deliver(site, "chen", letter("Pass it on", body, sender="Eve <eve@example.net>"))
    with site.visit() as visit:
        page = enter(visit, "chen")
        without_delay(page)
        page.reload()
        show(page, "Pass it on")
        page.keyboard.press("f")
        window = page.get_by_role("dialog", name="Fwd: Pass it on")
        window.get_by_role("button", name="Remove numbers.csv").wait_for()
        page.get_by_role("combobox", name="To", exact=True).fill(f"bashir@{DOMAIN},")
        window.get_by_role("textbox", name="Message").press("Control+Enter")
        page.get_by_text("Sent.").wait_for()
    with site.visit() as visit:
        page = enter(visit, "bashir")
        came = arrived(page, "Fwd: Pass it on")
        assert {each["name"] for each in came["attachments"] if each["disposition"] == "attachment"} == {"numbers.csv"}
        assert "eve@example.net" in texts(came)
        card = show(page, "Fwd: Pass it on")
        page.wait_for_function(
            "document.querySelector('iframe')?.contentDocument?.querySelector('img')?.naturalWidth === 10"
        )
        card.get_by_role("link", name="Download numbers.csv").wait_for()


def test_a_signature_stands_below_and_before_what_is_quoted(site: Site) -> None:
    deliver(site, "bashir", plain("A question", "How are you?"))
    with site.visit() as visit:
        page = enter(visit, "bashir")
        (own,) = ask(page, ("Identity/get", {"ids": None}))[0]["list"]
        signature = {"htmlSignature": "<p>Bashir <b>Haddad</b></p>", "textSignature": "Bashir Haddad"}
        ask(page, ("Identity/set", {"update": {own["id"]: signature}}))
        page.reload()
        show(page, "A question")
        page.keyboard.press("r")
        text = page.get_by_role("textbox", name="Message")
        expect(text.locator("strong")).to_have_text("Haddad")
        expect(text).to_be_focused()
        page.keyboard.type("Well.")
        saved(page)
        (draft,) = emails(page, "drafts", "Re: A question")
        assert re.search(r"Well\..*Bashir.*How are you\?", texts(draft), re.DOTALL)
        page.get_by_role("button", name="Throw the draft away").click()
        page.get_by_text("Draft thrown away").wait_for()
        ask(page, ("Identity/set", {"update": {own["id"]: {"htmlSignature": "", "textSignature": ""}}}))


def test_a_scheduled_message_is_listed_and_can_be_cancelled(site: Site) -> None:
    with site.visit("phone") as visit:
        page = enter(visit, "ada")
        compose(page)
        page.get_by_role("combobox", name="To", exact=True).fill(f"bashir@{DOMAIN},")
        page.get_by_placeholder("Subject").fill("Not yet")
        page.get_by_role("textbox", name="Message").click()
        page.keyboard.type("Later")
        page.get_by_role("button", name="More ways to send").click()
        page.get_by_role("menuitem", name="Send later").click()
        visit.check_access(page)
        visit.shot(page, "send-later")
        page.get_by_role("button", name=re.compile("Tomorrow morning|This morning")).click()
        page.get_by_text("It will be sent").wait_for()
        page.goto(f"{site.url}/app/settings/scheduled")
        page.get_by_text("Not yet").wait_for()
        visit.check_access(page)
        page.get_by_role("button", name="Do not send").click()
        page.get_by_role("dialog").get_by_role("button", name="Do not send").click()
        expect(page.get_by_text("Not yet")).to_have_count(0)
        assert len(emails(page, "drafts", "Not yet")) == 1


@pytest.mark.parametrize("size", SIZES)
def test_one_writes_in_the_dark(site: Site, size: Size) -> None:
    with site.visit(size, color_scheme="dark") as visit:
        page = enter(visit, "ada")
        compose(page)
        page.get_by_role("textbox", name="Message").click()
        page.keyboard.type("By night")
        visit.check_access(page)
        visit.shot(page, "composer-dark")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.get_by_role("button", name="Throw the draft away").click()
