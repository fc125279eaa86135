"""Follow-ups in the browser: asked for by mail, by a key on a message and by hand; questions answered; put off, done, and told in full."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.servers.mailwright import DOMAIN, PASSWORD
from tests.web.mail import enter, row
from tests.web.site import SIZES, Site, Size


def listed(page: Page, what: str):  # type: ignore[no-untyped-def]
    return page.get_by_role("listitem").filter(has=page.get_by_role("button", name=re.compile(what, re.IGNORECASE)))


def submit(site: Site, name: str, text: str) -> None:
    """Mail to the concierge as a mail program sends it: signed in, so that it is known whose it is."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = f"{name}@{DOMAIN}", f"concierge@{DOMAIN}", "A wish"
    letter.set_content(text)
    with smtplib.SMTP("127.0.0.1", site.server.submission_port) as smtp:
        smtp.starttls(context=ssl._create_unverified_context())
        smtp.login(f"{name}@{DOMAIN}", PASSWORD)
        smtp.send_message(letter)


@pytest.mark.parametrize("size", SIZES)
def test_one_is_added_in_words_changed_and_done(site: Site, size: Size) -> None:
    what = f"Send the offer from a {size}"
    with site.visit(size) as visit:
        page = visit.sign_in("bashir", path="/app/followups")
        page.get_by_role("button", name="Add").first.click()
        page.get_by_label("When", exact=True).fill("monday or tuesday")
        choice = page.get_by_role("group", name="Which one?").get_by_role("button").first
        choice.wait_for()
        page.get_by_label("What").fill(what)
        visit.check_access(page)
        visit.shot(page, "followup-add")
        page.get_by_role("dialog").get_by_role("button", name="Follow up").click()
        page.get_by_text("Say which time you mean.").wait_for()
        choice.click()
        page.get_by_role("dialog").get_by_role("button", name="Follow up").click()
        listed(page, what).get_by_text("Waiting").wait_for()
        visit.check_access(page)
        visit.shot(page, "followups")
        listed(page, what).get_by_role("button", name=what).first.click()
        page.get_by_text("it waits for its time", exact=True).wait_for()
        page.get_by_label("Another time").fill("every friday at 10")
        page.get_by_text("then every Friday").wait_for()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("dialog").get_by_text("every Friday", exact=True).wait_for()
        visit.check_access(page)
        visit.shot(page, "followup")
        page.get_by_role("button", name="Close").last.click()
        time = listed(page, what).get_by_text(" at 10:00")
        before = time.inner_text()
        page.get_by_role("button", name=f"More: {what}").click()
        page.get_by_role("menuitem", name="Put off by a day").click()
        expect(
            listed(page, what).get_by_text("Saturday, ")
        ).to_be_visible()  # the day after its Friday, not after today
        page.get_by_role("button", name="Undo").last.click()
        expect(time).to_have_text(before)
        page.get_by_role("button", name=f"Done, with all its repetitions: {what}").click()
        expect(listed(page, what)).to_have_count(0)
        page.get_by_role("button", name="Undo").last.click()
        listed(page, what).get_by_text("every Friday", exact=True).wait_for()
        page.get_by_role("button", name=f"Done, with all its repetitions: {what}").click()
        expect(listed(page, what)).to_have_count(0)
        page.get_by_role("tab", name="Over").click()
        listed(page, what).get_by_text("Done", exact=True).wait_for()


def test_one_key_follows_up_a_message(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "ada")
        row(page, "Lunch on Friday").wait_for()
        row(page, "Lunch on Friday").click()
        page.get_by_role("heading", level=2, name="Lunch on Friday").wait_for()
        page.keyboard.press("t")
        page.get_by_role("dialog", name="Follow up").wait_for()
        expect(page.get_by_label("What")).to_have_value("Lunch on Friday")
        page.get_by_label("When", exact=True).fill("in 3 days")
        page.get_by_label("Only if nobody answers").click()
        page.get_by_role("dialog").get_by_role("button", name="Follow up").click()
        page.get_by_text("Followed up on").wait_for()
        page.keyboard.press("g")
        page.keyboard.press("f")
        page.get_by_role("heading", level=1, name="Follow-ups").wait_for()
        listed(page, "Lunch on Friday").get_by_text("unless an answer comes").wait_for()


def test_what_the_concierge_asks_is_answered_with_a_click(site: Site) -> None:
    with site.visit() as visit:
        submit(site, "chen", "Please remind me next week to call Bashir about the offer.")
        page = visit.sign_in("chen", path="/app/followups")
        one = listed(page, "call Bashir about the offer")
        one.wait_for(timeout=60_000)
        one.get_by_role("group", name="Which one?").get_by_role("button").first.click()
        one.get_by_text("Waiting", exact=True).wait_for()


def test_how_one_is_reminded_is_chosen_in_the_settings(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/settings/follow-ups")
        page.get_by_label("Quiet from").fill("22:00")
        page.get_by_text("Give both, or neither.").wait_for()
        page.get_by_label("until", exact=True).fill("07:00")
        page.get_by_label("The day's agenda at").fill("07:30")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        page.get_by_label("When something is due").select_option("remind_and_draft")
        visit.check_access(page)
        visit.shot(page, "reminders")
        page.reload()
        expect(page.get_by_label("Quiet from")).to_have_value("22:00")
        expect(page.get_by_label("When something is due")).to_have_value("remind_and_draft")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download everything").click()
        assert download.value.suggested_filename.endswith(".zip")
