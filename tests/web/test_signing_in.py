"""Signing in with the pages: password, mailed link, second factor; where one lands, and what one's own settings do."""

from __future__ import annotations

import imaplib
import re
import ssl
import time

import pytest

from tests.servers.mailwright import DOMAIN, PASSWORD
from tests.web.site import SIZES, Site, Size


@pytest.mark.parametrize("size", SIZES)
def test_a_password_leads_to_ones_mail_and_back_out(site: Site, size: Size) -> None:
    with site.visit(size) as visit:
        page = visit.page("/app/sign-in")
        visit.check_access(page)
        visit.shot(page, "sign-in")
        page.get_by_label("E-mail address").fill(f"ada@{DOMAIN}")
        page.get_by_label("Password", exact=True).fill("not the password")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_text("The address or the password is not right.").wait_for()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_text("Lunch on Friday").first.wait_for()
        page.get_by_role("button", name=re.compile("account", re.IGNORECASE)).first.click()
        page.get_by_role("menuitem", name="Sign out").click()
        page.get_by_label("E-mail address").wait_for()
        page.goto(f"{site.url}/app/mail/inbox")
        page.get_by_label("E-mail address").wait_for()


def test_a_mailed_link_signs_in_on_a_click_and_once(site: Site) -> None:
    with site.visit() as visit, site.visit("phone") as other:
        page = visit.page("/app/sign-in")
        page.get_by_role("button", name="Mail me a sign-in link").click()
        page.get_by_label("E-mail address").fill(f"chen@{DOMAIN}")
        page.get_by_role("button", name="Mail me a link").click()
        page.get_by_text("a link is on its way").wait_for()
        link = _mailed_link(site, "chen")
        page.goto(link)  # in the same tab: only what stands behind the # changes
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        late = other.page(link.removeprefix(site.url))
        late.get_by_role("button", name="Continue").click()
        late.get_by_text("This link has been used already or is older than 15 minutes.").wait_for()
        assert "link=" not in late.url


def test_an_outside_sender_comes_to_the_dashboard_and_nowhere_else(site: Site) -> None:
    site.add_guest("dana@example.org")
    with site.visit() as visit:
        page = visit.page("/app/sign-in#link=" + site.link_for("dana@example.org"))
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="Dashboard").wait_for()
        page.goto(f"{site.url}/app/mail/inbox")
        page.wait_for_timeout(500)
        assert "/mail/" not in page.url
        visit.check_access(page)
        visit.shot(page, "guest")


def test_an_app_password_is_made_used_and_taken_back(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/settings/mail-programs")
        page.get_by_role("button", name=re.compile("New app password|Add")).first.click()
        page.get_by_label("What it is for").fill("my phone")
        page.get_by_role("dialog").get_by_role("button", name=re.compile("Create|Make|Add")).click()
        found = re.search(r"(?:[a-z0-9]{4}-){6}[a-z0-9]{4}", page.get_by_role("dialog").inner_text())
        while found is None:
            page.wait_for_timeout(50)
            found = re.search(r"(?:[a-z0-9]{4}-){6}[a-z0-9]{4}", page.get_by_role("dialog").inner_text())
        visit.shot(page, "app-password")
        assert _can_read(site, found[0])
        page.get_by_role("button", name=re.compile("Done|Close")).first.click()
        page.get_by_role("button", name="Take back my phone").click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("Take")).click()
        page.get_by_text("No mail program has a password yet.").wait_for()
        assert not _can_read(site, found[0])


def test_signing_out_everywhere_reaches_the_other_browser(site: Site) -> None:
    with site.visit() as here, site.visit("phone") as there:
        page = here.sign_in("bashir", path="/app/settings/security")
        other = there.sign_in("bashir")
        page.get_by_role("button", name="Sign out everywhere").click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("Sign out")).click()
        page.get_by_label("E-mail address").wait_for()
        other.get_by_label("E-mail address").wait_for()  # by itself: its connection was closed


def test_the_theme_and_the_time_zone_are_kept(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/settings/general")
        page.get_by_label("Theme").select_option("dark")
        page.get_by_role("combobox", name="Time zone").select_option("Europe/Berlin")
        page.wait_for_timeout(800)
        page.reload()
        page.get_by_label("Theme").wait_for()
        assert page.get_by_label("Theme").input_value() == "dark"
        assert page.get_by_role("combobox", name="Time zone").input_value() == "Europe/Berlin"
        visit.check_access(page)
        visit.shot(page, "settings-dark")
        page.get_by_label("Theme").select_option("system")
        page.wait_for_timeout(500)


def _mailed_link(site: Site, name: str) -> str:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with site.server.opened() as database:
            row = database.execute(
                "SELECT b.data FROM messages m JOIN blobs b ON b.id = m.blob_id JOIN users u ON u.id = m.user_id "
                "WHERE u.email = ? AND m.subject LIKE 'Sign in to%' ORDER BY m.id DESC LIMIT 1",
                (f"{name}@{DOMAIN}",),
            ).fetchone()
        if row:
            text = row[0].decode().replace("=\r\n", "").replace("=3D", "=")
            found = re.search(r"http://\S+#link=[\w-]+", text)
            assert found is not None
            return site.url + "/" + found[0].split("/", 3)[3]
        time.sleep(0.05)
    raise TimeoutError("the mail with the link did not come")


def _can_read(site: Site, password: str) -> bool:
    try:
        with imaplib.IMAP4_SSL(
            "localhost", site.server.imaps_port, ssl_context=ssl._create_unverified_context()
        ) as client:
            client.login(f"bashir@{DOMAIN}", password)
            return bool(client.select("INBOX")[0] == "OK")
    except imaplib.IMAP4.error:
        return False
