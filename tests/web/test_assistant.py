"""The assistant in the browser: switched on, what it makes of mail, corrected with a click, its draft, rules, VIPs and style."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.servers.mailwright import DOMAIN
from tests.web import mail
from tests.web.site import SIZES, Site, Size, Visit

QUESTION = "Hello,\n\ncould you send me the minutes of our meeting, and when may I call you?\n\nKind regards\nChen"


def look(visit: Visit, page: Page, name: str) -> None:
    """It can be read by everybody, nothing sticks out, and a picture is kept for who wants one."""
    page.wait_for_timeout(300)
    visit.shot(page, name)
    visit.check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def switch_on(page: Page) -> None:
    """As its owner does, on the page; on already is as good."""
    switch = page.get_by_role("switch", name="Work for me")
    switch.wait_for()
    if switch.get_attribute("aria-checked") != "true":
        switch.click()
        page.get_by_text("Saved.").wait_for()
    expect(switch).to_have_attribute("aria-checked", "true")


def item(page: Page, subject: str) -> Page:
    """The line of a mail in the list, once it is there."""
    line = page.get_by_role("listitem").filter(
        has=page.get_by_role("button", name=re.compile(f"^{re.escape(subject)}"))
    )
    line.first.wait_for(timeout=30_000)
    return line.first  # type: ignore[return-value]


@pytest.mark.parametrize("size", SIZES)
def test_a_mail_is_judged_drafted_and_corrected_with_a_click(site: Site, size: Size) -> None:
    subject = f"The minutes, read at a {size}"
    with site.visit(size) as visit:
        page = mail.enter(visit, "ada", "/app/assistant")
        switch_on(page)
        look(visit, page, "assistant-on")
        site.deliver("ada", subject, QUESTION)
        line = item(page, subject)
        line.get_by_role("button", name="Needs reply. Correct it").wait_for()
        line.get_by_text(re.compile("^Draft")).first.wait_for(timeout=30_000)
        page.get_by_role("heading", name="What it made of your mail").scroll_into_view_if_needed()
        look(visit, page, "assistant-items")
        line.get_by_role("button", name=re.compile(f"^{re.escape(subject)}")).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("heading", name="Draft").wait_for()
        dialog.get_by_text("What happened").click()
        look(visit, page, "assistant-item")
        dialog.get_by_role("button", name="Close", exact=True).last.click()

        page.goto(f"{site.url}/app/mail/inbox")
        mail.row(page, subject).first.click()
        page.get_by_text("Open the draft").wait_for()
        look(visit, page, "assistant-mail")
        page.get_by_role("button", name="Needs reply. Correct it").click()
        look(visit, page, "assistant-correct")
        page.get_by_role("menuitem", name=re.compile("^Informational")).click()
        page.get_by_text("Informational. It is remembered for Chen.").wait_for()
        page.get_by_role("button", name="Informational. Correct it").wait_for()

        page.goto(f"{site.url}/app/assistant")
        rules = page.get_by_role("region", name="Rules")
        rules.get_by_text(f"Mail from chen@{DOMAIN} that a person wrote: Informational").wait_for()
        rules.get_by_role("heading", name="Rules").scroll_into_view_if_needed()
        look(visit, page, "assistant-rules")
        rules.get_by_role("button", name=re.compile("^Forget: Mail from chen")).click()
        page.get_by_text("Forgotten.").wait_for()
        page.get_by_role("switch", name="Work for me").click()
        page.get_by_text("Saved.").last.wait_for()


def test_rules_vips_facts_and_style_are_kept(site: Site) -> None:
    with site.visit() as visit:
        page = mail.enter(visit, "bashir", "/app/assistant")
        page.get_by_role("button", name="Add a rule").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Mail from").fill("not an address")
        dialog.get_by_role("button", name="Save").click()
        dialog.get_by_role("alert").wait_for()
        dialog.get_by_label("Mail from").fill("@shop.example")
        dialog.get_by_label("Which of it").select_option("receipt")
        look(visit, page, "assistant-rule")
        dialog.get_by_role("button", name="Save").click()
        page.get_by_role("listitem").filter(
            has_text="anybody at shop.example that is a receipt: Informational"
        ).wait_for()
        page.get_by_role("button", name=re.compile("^Edit: Mail from anybody at shop")).click()
        page.get_by_role("dialog").get_by_label("The rule is").select_option("off")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        page.get_by_role("listitem").filter(has_text="shop.example").get_by_text("Off", exact=True).wait_for()

        vips = page.get_by_role("region", name="VIPs")
        vips.get_by_label("Sender").fill("Boss@Example.org")
        vips.get_by_role("button", name="Add").click()
        vips.get_by_text("boss@example.org", exact=True).wait_for()
        vips.get_by_role("button", name="Remove boss@example.org").click()
        expect(vips.get_by_role("listitem")).to_have_count(0)

        switch_on(page)
        page.get_by_label("What may be said of you").fill("An hour costs 90 €.")
        page.get_by_role("region", name="What it does").get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").last.wait_for()
        style = page.get_by_role("region", name="How you write")
        style.get_by_label("In your own words").fill("Short, without exclamation marks.")
        style.get_by_role("button", name="Save").click()
        page.get_by_text("Drafts follow your note.").wait_for()
        page.reload()
        expect(page.get_by_label("What may be said of you")).to_have_value("An hour costs 90 €.")
        expect(page.get_by_label("In your own words")).to_have_value("Short, without exclamation marks.")
        page.get_by_role("switch", name="Work for me").click()
        page.get_by_text("Saved.").last.wait_for()


def test_an_account_that_cannot_be_reached_is_not_connected(site: Site) -> None:
    with site.visit() as visit:
        page = mail.enter(visit, "bashir", "/app/assistant")
        page.get_by_role("button", name="Connect an account").click()
        page.get_by_role("menuitem", name="Another account (IMAP)").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Address").fill("bashir@example.org")
        dialog.get_by_label("IMAP server").fill("127.0.0.1")
        dialog.get_by_label("Password").fill("a wrong one")
        look(visit, page, "assistant-imap")
        dialog.get_by_role("button", name="Connect").click()
        dialog.get_by_role("alert").wait_for()
        dialog.get_by_role("button", name="Cancel").click()
        page.get_by_text("No account is connected.").wait_for()
        page.get_by_role("button", name="Connect an account").click()
        page.get_by_role("menuitem", name="Gmail").get_by_text("not set up on this server").wait_for()
