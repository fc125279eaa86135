"""Administration in the browser: every page for every role that may see it, and the work of an admin done with them."""

from __future__ import annotations

import re

import pytest

from tests.servers.mailwright import DOMAIN
from tests.web.site import SIZES, Site, Size

PAGES = {
    "": "Checks",
    "/figures": "Mail",
    "/models": "Models",
    "/tenants": "Tenants",
    "/domains": "Domains",
    f"/domains/{DOMAIN}": f"DNS records of {DOMAIN}",
    "/users": "Users",
    "/aliases": "Aliases",
    "/retention": "Retention",
    "/outbox": "Outbox",
    "/dead-letters": "Dead letters",
    "/tasks": "Failed tasks",
    "/trace": "Message trace",
    "/audit": "Audit log",
}


@pytest.mark.parametrize("size", SIZES)
def test_every_page_shows_itself_to_an_operator(site: Site, size: Size) -> None:
    with site.visit(size) as visit:
        page = visit.sign_in("admin")
        for path, heading in PAGES.items():
            page.goto(f"{site.url}/app/admin{path}")
            page.get_by_role("heading", name=heading, exact=True).wait_for()
            page.wait_for_timeout(400)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            visit.check_access(page)
            visit.shot(page, f"admin{path.replace('/', '-')}")


def test_support_sees_queues_and_people_and_cannot_change_them(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("sue", path="/app/admin/users")
        page.get_by_role("link", name=f"ada@{DOMAIN}").click()
        page.get_by_role("heading", name=f"ada@{DOMAIN}").wait_for()
        page.get_by_text("INBOX").first.wait_for()
        for button in ("New password", "Remove with all mail", "Save", "Block"):
            assert page.get_by_role("button", name=button).count() == 0
        page.goto(f"{site.url}/app/admin/trace?q=ada@{DOMAIN}")
        page.get_by_text("filed").first.wait_for()
        assert page.get_by_text("Lunch on Friday").count() == 0
        visit.check_access(page)


def test_a_user_does_not_get_in(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("ada", path="/app/admin/users")
        page.wait_for_timeout(500)
        assert "/admin" not in page.url


def test_an_admin_adds_somebody_who_signs_in_and_is_removed_again(site: Site) -> None:
    with site.visit() as visit, site.visit() as other:
        page = visit.sign_in("admin", path="/app/admin/users")
        page.get_by_role("button", name="Add user").click()
        page.get_by_label("Name", exact=True).fill("Grace")
        page.get_by_label("Address", exact=True).fill("grace")
        page.get_by_label("Quota").fill("200 MiB")
        page.get_by_role("dialog").get_by_role("button", name="Add user").click()
        password = page.get_by_role("dialog").locator("code").first.inner_text()
        page.get_by_role("button", name="Done").click()

        newcomer = other.sign_in("grace", password=password)
        newcomer.get_by_role("link", name="Inbox").first.wait_for()

        page.get_by_role("link", name=f"grace@{DOMAIN}").click()
        page.get_by_role("button", name="Block", exact=True).click()
        page.get_by_role("button", name="Unblock").wait_for()
        newcomer.goto(f"{site.url}/app/dashboard")
        newcomer.get_by_label("E-mail address").wait_for()

        page.get_by_role("button", name="Remove with all mail").click()
        remove = page.get_by_role("button", name="Remove for good")
        assert remove.is_disabled()
        page.get_by_label(re.compile("to confirm")).fill(f"grace@{DOMAIN}")
        remove.click()
        page.wait_for_url("**/admin/users")


def test_an_admin_sets_policies_and_addresses(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("admin", path=f"/app/admin/domains/{DOMAIN}")
        page.get_by_label("Keep mail for (days)").fill("400")
        page.get_by_role("button", name="Save policies").click()
        page.get_by_text("The policies were changed.").wait_for()
        page.get_by_role("button", name="Check now").click()
        page.get_by_text(re.compile("^(missing|could not be asked|found|differs)$")).first.wait_for(timeout=40_000)

        page.goto(f"{site.url}/app/admin/aliases")
        page.get_by_role("button", name="Add alias").click()
        page.get_by_label("Address", exact=True).fill(f"team@{DOMAIN}")
        page.get_by_label("Leads to").fill(f"ada@{DOMAIN}, bashir@{DOMAIN}")
        page.get_by_role("dialog").get_by_role("button", name="Add").click()
        page.get_by_role("cell", name=f"team@{DOMAIN}", exact=True).wait_for()
        page.get_by_role("button", name=f"Remove team@{DOMAIN}").click()
        page.get_by_role("button", name="Remove alias").click()
        page.get_by_text("was removed.").wait_for()

        page.goto(f"{site.url}/app/admin/audit")
        page.get_by_label("Action").fill("alias")
        page.get_by_text("alias.added").first.wait_for()


def test_a_trace_tells_what_became_of_a_message(site: Site) -> None:
    message_id = site.deliver("ada", "Where is it", "Here.")
    with site.visit() as visit:
        page = visit.sign_in("admin", path="/app/admin/trace")
        page.get_by_label("Message-ID, address or correlation id").fill(message_id)
        page.get_by_role("button", name="Trace", exact=True).click()
        page.get_by_text("received").first.wait_for()
        page.get_by_text("filed").first.wait_for()
