"""What one sets stays set and shows; dashboard and settings in the dark. Signing in has its own file."""

from __future__ import annotations

import pytest

from tests.servers.mailwright import DOMAIN
from tests.web.site import SIZES, Site, Size

SECTIONS = ("general", "identities", "away", "scheduled", "notifications", "security", "mail-programs")


def test_a_signature_is_under_the_next_message(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/sign-in?next=/settings/identities")
        page.get_by_role("button", name=f"Change bashir@{DOMAIN}").click()
        page.get_by_role("textbox", name="Signature").fill("Bashir\nThe yard")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        page.goto(site.url + "/app/mail/inbox")
        page.get_by_role("button", name="New message").first.click()
        page.get_by_role("textbox", name="Message").get_by_text("The yard").wait_for()


def test_the_answer_while_away_is_kept(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/sign-in?next=/settings/away")
        page.get_by_label("Answer for me").click()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Write what people are to be told").wait_for()
        page.get_by_role("textbox", name="Text").fill("Back on Monday.")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("The answer is on").wait_for()
        page.reload()
        page.get_by_role("textbox", name="Text").wait_for()
        assert page.get_by_role("textbox", name="Text").input_value() == "Back on Monday."
        page.get_by_label("Answer for me").click()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("The answer is off").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_dashboard_and_settings_can_be_read_in_the_dark(site: Site, size: Size) -> None:
    with site.visit(size, color_scheme="dark") as visit:
        page = visit.sign_in("ada", path="/app/sign-in?next=/dashboard")
        page.get_by_role("heading", name="Task history").wait_for()
        for path in ("dashboard", *(f"settings/{section}" for section in SECTIONS)):
            page.goto(f"{site.url}/app/{path}")
            page.get_by_role("heading", level=2).first.wait_for()
            page.wait_for_load_state("networkidle")
            visit.check_access(page)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            visit.shot(page, f"{path.replace('/', '-')}-dark")
