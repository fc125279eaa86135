"""What holds agents back, in the browser: approvals shown exactly and decided, the switch, held mail, grants, what models were sent,
and which models serve."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page

from mailwright.codecs import mime
from mailwright.core import stops
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, model_calls
from mailwright.storage.audit import SYSTEM
from mailwright.storage.model_calls import ModelCall
from tests.servers.mailwright import DOMAIN
from tests.web import mail
from tests.web.employee import CHEN, SENT, TEXT, ask, asked_models, hold
from tests.web.site import SIZES, Site, Size, Visit

OFFER = b"%PDF-1.7\n" + b"0" * 2_000


@pytest.fixture(autouse=True)
def _agents_go(site: Site) -> None:
    """No switch is thrown when a test begins, whatever the one before left."""
    with site.core() as core:

        def release(tx: Tx) -> None:
            for each in stops.listing(tx):
                stops.release(tx, each.scope, each.scope_id, by=SYSTEM)

        core.database.write_now(release)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def look(visit: Visit, page: Page, name: str) -> None:
    """It can be read by everybody, nothing sticks out, and a picture is kept for who wants one."""
    page.wait_for_timeout(300)
    visit.shot(page, name)
    visit.check_access(page)
    assert fits(page), name


@pytest.mark.parametrize("size", SIZES)
def test_an_approval_is_shown_exactly_and_what_is_approved_leaves(site: Site, size: Size) -> None:
    subject = f"Our offer, seen at a {size}"
    approval = ask(site, subject, attachments=[mime.Attachment("offer.pdf", OFFER, "application/pdf")])
    with site.visit(size) as visit:
        page = mail.enter(visit, "ada", "/app/dashboard")
        page.get_by_role("link", name="Look and decide", exact=True).wait_for()
        look(visit, page, "dashboard-banner")
        page.get_by_role("link", name="Look and decide", exact=True).click()
        page.get_by_role("heading", name="Waiting for your approval").wait_for()
        page.get_by_text("is not named in what you wrote").first.wait_for()
        look(visit, page, "agents")
        page.get_by_role("button", name=f"Look and decide: {subject}").click()
        dialog = page.get_by_role("dialog")
        assert dialog.get_by_role("region", name="Text", exact=True).inner_text().strip() == TEXT
        assert CHEN in dialog.get_by_role("region", name="Recipients").inner_text()
        assert "offer.pdf" in dialog.get_by_role("list", name="Attachments").inner_text()
        assert approval.checksum in dialog.inner_text()
        look(visit, page, "approval")
        with page.expect_download() as download:
            dialog.get_by_role("link", name="The exact bytes").click()
        assert b"Subject: " in download.value.path().read_bytes()
        dialog.get_by_role("button", name="Approve and send").click()
        page.get_by_text("Approved. It is being sent.").wait_for()
        earlier = page.get_by_role("region", name="Earlier approvals")
        row = earlier.get_by_role("button").filter(has_text=subject)
        row.get_by_text("Approved", exact=True).wait_for()
        row.click()
        page.get_by_role("dialog").get_by_text(f"Approved by ada@{DOMAIN}").wait_for()
        assert page.get_by_role("button", name="Approve and send").count() == 0
        look(visit, page, "approval-done")
        page.goto(f"{site.url}/app/agents")
        page.get_by_role("heading", name="Earlier approvals").scroll_into_view_if_needed()
        look(visit, page, "agents-earlier")
    with site.visit() as visit:
        mail.row(mail.enter(visit, "chen"), subject).first.wait_for()


def test_what_is_rejected_stays_here_and_who_was_second_is_told(site: Site) -> None:
    ask(site, "Not this one")
    with site.visit() as visit, site.visit() as other:
        pages = [mail.enter(each, "ada", "/app/agents") for each in (visit, other)]
        for page in pages:
            page.get_by_role("button", name="Look and decide: Not this one").click()
            page.get_by_role("button", name="Reject").wait_for()
        pages[0].get_by_role("button", name="Reject").click()
        pages[0].get_by_text("Rejected. It is not sent.").wait_for()
        pages[0].get_by_role("region", name="Earlier approvals").get_by_text("Rejected").first.wait_for()
        pages[1].get_by_role("button", name="Approve and send").click()
        pages[1].get_by_role("dialog").get_by_text("it was rejected already").wait_for()
        pages[1].get_by_role("dialog").get_by_text(f"Rejected by ada@{DOMAIN}").wait_for()
        assert pages[1].get_by_role("button", name="Approve and send").count() == 0
        look(other, pages[1], "approval-second")


def test_nobody_sees_what_was_asked_of_somebody_else(site: Site) -> None:
    approval = ask(site, "For Ada alone")
    with site.visit() as visit:
        page = mail.enter(visit, "bashir", f"/app/agents?approval={approval.id}")
        page.get_by_text("Nothing waits for you.").wait_for()
        page.get_by_role("dialog").get_by_text("There is no such approval.").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_agents_are_stopped_and_let_go_on(site: Site, size: Size) -> None:
    ask(site, f"While stopped at a {size}", who="bashir")
    with site.visit(size) as visit:
        page = mail.enter(visit, "bashir", "/app/agents")
        page.get_by_text("Agents may work for you.").wait_for()
        page.get_by_role("button", name="Stop all agents").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("I am looking into it")
        look(visit, page, "stop-dialog")
        dialog.get_by_role("button", name="Stop all agents").click()
        page.get_by_text("Agents are stopped for you.").last.wait_for()
        page.get_by_text("I am looking into it.").wait_for()
        assert page.get_by_role("button", name="Stop all agents").count() == 0
        look(visit, page, "agents-stopped")

        page.get_by_role("button", name=f"Look and decide: While stopped at a {size}").click()
        page.get_by_role("button", name="Approve and send").click()
        page.get_by_role("dialog").get_by_text("The stop switch is on").wait_for()
        page.keyboard.press("Escape")

        page.goto(f"{site.url}/app/dashboard")
        page.get_by_text("Agents are stopped: the stop switch is on").wait_for()
        page.get_by_role("link", name="Stop switch").click()
        page.get_by_role("button", name="Let agents go on").click()
        page.get_by_text("Agents may work for you.").wait_for()


def test_who_looks_after_everybody_stops_them_for_everybody(site: Site) -> None:
    with site.visit() as visit, site.visit() as other:
        page = mail.enter(visit, "admin", "/app/admin")
        page.get_by_role("button", name="Stop all agents").click()
        dialog = page.get_by_role("dialog")
        assert dialog.get_by_role("radio").count() == 2
        dialog.get_by_label("For everybody on this server").check()
        dialog.get_by_label("Reason").fill("maintenance")
        look(visit, page, "admin-stop")
        dialog.get_by_role("button", name="Stop all agents").click()
        page.get_by_text("Agents are stopped for everybody on this server.").last.wait_for()
        theirs = mail.enter(other, "ada", "/app/agents")
        theirs.get_by_text("Whoever looks after the server can let them go on.").wait_for()
        assert theirs.get_by_role("button", name="Let agents go on").count() == 0
        page.get_by_role("button", name="Let agents go on").click()
        page.get_by_text("Agents may work.").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_held_mail_is_taken_back(site: Site, size: Size) -> None:
    subject = f"Too early at a {size}"
    hold(site, subject)
    hold(site, "Left alone")
    with site.visit(size) as visit:
        page = mail.enter(visit, "ada", "/app/agents")
        held = page.get_by_role("region", name="Not sent yet")
        held.get_by_text(subject).wait_for()
        held.get_by_text(re.compile("leaves in")).first.wait_for()
        held.scroll_into_view_if_needed()
        look(visit, page, "held")
        held.get_by_role("button", name=f"Take back {subject}").click()
        page.get_by_text(f"Taken back. {CHEN} does not get it.").wait_for()
        held.get_by_text(subject).wait_for(state="detached")
        held.get_by_text("Left alone").first.wait_for()
    with site.core() as core:
        rows = core.database.read_now(
            lambda tx: tx.all("SELECT status FROM outbox WHERE agent = 'employee' AND status = 'cancelled'")
        )
    assert rows


@pytest.mark.parametrize("size", SIZES)
def test_what_agents_may_do_is_allowed_and_revoked(site: Site, size: Size) -> None:
    with site.visit(size) as visit:
        page = mail.enter(visit, "ada", "/app/agents")
        page.get_by_role("button", name="Allow something").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("May").select_option(label="Send mail")
        dialog.get_by_label("To whom or what").fill("nobody at all")
        dialog.get_by_role("button", name="Allow").click()
        dialog.get_by_role("alert").wait_for()
        look(visit, page, "grant-wrong")
        dialog.get_by_label("To whom or what").fill(f"@{size}.example.org")
        dialog.get_by_role("button", name="Allow").click()
        said = f"Send mail to anybody at {size}.example.org"
        page.get_by_role("button", name=f"Revoke: {said}").wait_for()
        page.get_by_role("heading", name="What agents may do without asking").scroll_into_view_if_needed()
        look(visit, page, "grants")
        page.get_by_role("button", name=f"Revoke: {said}").click()
        page.get_by_text("Revoked.").wait_for()
        page.get_by_role("button", name=f"Revoke: {said}").wait_for(state="detached")


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sent_to_a_model_can_be_read(site: Site, size: Size) -> None:
    subject = f"Write to Chen from a {size}"
    mail.deliver(site, "ada", mail.plain(subject, "Please.", key=new_id()))
    with site.visit(size) as visit, site.core() as core:
        inbox = mail.enter(visit, "ada")
        mail.row(inbox, subject).first.wait_for()
        task_id = core.database.write_now(lambda tx: asked_models(core, tx, subject))

        page = visit.page(f"/app/dashboard?task={task_id}")
        page.get_by_role("button", name="What was sent to anthropic:m").wait_for()
        look(visit, page, "task")
        page.get_by_role("button", name="What was sent to anthropic:m").click()
        dialog = page.get_by_role("dialog", name="What was sent")
        dialog.get_by_text("that is what travelled").wait_for()
        for text in (
            "Call PHONE-1-x7k2m9q4 about the offer.",
            "The model calls read_file",
            "What read_file answered",
            "The offer is 420 a month.",
        ):
            dialog.get_by_text(text, exact=True).wait_for()
        look(visit, page, "transcript")
        dialog.get_by_role("tab", name="Exact JSON").click()
        shown = dialog.get_by_role("region", name="JSON: Sent (anthropic-messages)").inner_text()
        assert json.loads(shown) == SENT
        look(visit, page, "transcript-json")

        card = mail.show(inbox, subject)
        card.get_by_role("button", name="More about this message").click()
        inbox.get_by_role("menuitem", name="What happened to it").click()
        inbox.get_by_role("heading", name="Models asked").wait_for()
        inbox.get_by_role("button", name="What was sent to anthropic:m").scroll_into_view_if_needed()
        look(visit, inbox, "trace-models")
        inbox.get_by_role("button", name="What was sent to anthropic:m").click()
        inbox.get_by_text("Call PHONE-1-x7k2m9q4 about the offer.").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_other_models_serve_a_purpose_and_the_settings_say_again(site: Site, size: Size) -> None:
    with site.core() as core:

        def calls(tx: Tx) -> None:
            day = 24 * HOUR
            for at, model, outcome in (
                (0, "anthropic:m", "ok"),
                (0, "openai:gpt-4.1", "rate-limited"),
                (day, "anthropic:m", "ok"),
                (3 * day, "openai:gpt-4.1", "ok"),
            ):
                call = ModelCall(
                    "work", model, 900, 20, 0.0125, 1_500_000, outcome, clock.now() - at, cached_tokens=800
                )
                model_calls.add(tx, call, task_id=None)

        core.database.write_now(calls)
    with site.visit(size) as visit:
        page = mail.enter(visit, "admin", "/app/admin/models")
        page.get_by_role("heading", name="Models", exact=True).wait_for()
        page.get_by_role("cell", name="anthropic:m").first.wait_for()
        page.get_by_text("rate-limited × ").wait_for()
        look(visit, page, "models")

        page.get_by_role("button", name="Change models of judge").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Add another").click()
        dialog.get_by_label("Model 2", exact=True).fill("nobody:knows-it")
        dialog.get_by_role("button", name="Move model 2 up").click()
        dialog.get_by_role("button", name="Change models").click()
        dialog.get_by_role("alert").wait_for()
        wrong = dialog.get_by_label("Model 1", exact=True)
        assert wrong.get_attribute("aria-invalid") == "true", "what the server says stands at the name it speaks of"
        look(visit, page, "models-wrong")
        wrong.fill("anthropic")
        dialog.get_by_role("button", name="Change models").click()
        dialog.get_by_text("should be rules or provider:model").wait_for()
        assert wrong.get_attribute("aria-invalid") == "true"
        dialog.get_by_role("button", name="Remove model 1").click()
        dialog.get_by_role("button", name="Change models").click()
        page.get_by_text("chosen here").wait_for()
        page.get_by_text(f"Chosen by admin@{DOMAIN}").wait_for()
        look(visit, page, "models-chosen")
        page.get_by_role("button", name="Reset to settings: judge").click()
        page.get_by_role("dialog").get_by_role("button", name="Reset to settings").click()
        page.get_by_text("It is as the settings say again.").wait_for()
        page.get_by_text("chosen here").wait_for(state="detached")

        page.get_by_role("heading", name="This month").scroll_into_view_if_needed()
        page.get_by_role("figure").last.scroll_into_view_if_needed()
        look(visit, page, "models-usage")

        dear = ModelCall("work", "anthropic:m", 1, 1, 1.0, 1, "ok", clock.now())
        with site.core() as core:
            core.database.write_now(lambda tx: model_calls.add(tx, dear, task_id=None))
        page.reload()
        page.get_by_text("The limit is reached").wait_for()
        assert page.get_by_role("progressbar", name="Spent").get_attribute("aria-valuemax") == "0.5"
        page.get_by_role("heading", name="This month").scroll_into_view_if_needed()
        look(visit, page, "models-reached")
