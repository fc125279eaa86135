"""The webmail without reloading: new mail, changes from other programs and tabs, other channels, and servers that go and come."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.servers.mailwright import DOMAIN, PASSWORD
from tests.web.mail import deliver, enter, plain, row, show
from tests.web.site import Site

SOON_MS = 60_000  # on a machine that does other things as well
# As behind a proxy that lets no sockets through: the handshake fails.
NO_SOCKETS = """
window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.(new CloseEvent('close')), 5); }
  send() {}
  close() {}
};
"""


@contextmanager
def imap(site: Site, name: str) -> Iterator[imaplib.IMAP4_SSL]:
    """Another mail program of that person, with INBOX selected."""
    context = ssl._create_unverified_context()  # the server made its certificate itself
    with imaplib.IMAP4_SSL("localhost", site.server.imaps_port, ssl_context=context) as client:
        client.login(f"{name}@{DOMAIN}", PASSWORD)
        client.select("INBOX")
        yield client


def number(client: imaplib.IMAP4_SSL, subject: str) -> str:
    """The sequence number of a message."""
    return str(client.search(None, "SUBJECT", f'"{subject}"')[1][0].split()[-1].decode())


def ready(page: Page) -> None:
    """The list is there, and the channel open: whatever comes now is told of."""
    page.locator("[data-row]").first.or_(page.get_by_text("The inbox is empty")).wait_for()


def test_what_comes_by_smtp_appears_by_itself(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "ada")
        ready(page)
        with smtplib.SMTP("127.0.0.1", site.server.smtp_port, timeout=20) as client:
            client.sendmail(
                "eve@example.net", [f"ada@{DOMAIN}"], plain("By SMTP", "Hello", sender="Eve <eve@example.net>")
            )
        expect(row(page, "By SMTP")).to_be_visible(timeout=SOON_MS)
        expect(page.get_by_role("status").filter(has_text="New message from Eve: By SMTP")).to_have_count(1)
        expect(page).to_have_title("Inbox (3) · Mailwright")
        # And while a conversation is open, in it.
        deliver(site, "ada", plain("Talk", "One", key="talk"))
        show(page, "Talk")
        deliver(site, "ada", plain("Re: Talk", "Two", key="talk-2", answers="talk"))
        expect(page.get_by_role("article").get_by_text("Two")).to_be_visible(timeout=SOON_MS)


def test_what_another_program_changes_is_seen(site: Site) -> None:
    deliver(site, "bashir", plain("Changed elsewhere", "Hello"), plain("Gone elsewhere", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "bashir")
        entry = row(page, "Changed elsewhere")
        expect(entry).to_contain_text("Unread,")
        with imap(site, "bashir") as client:
            client.store(number(client, "Changed elsewhere"), "+FLAGS", "(\\Seen \\Flagged)")
            expect(entry).to_contain_text("Starred,", timeout=SOON_MS)
            expect(entry).not_to_contain_text("Unread,")
            client.store(number(client, "Changed elsewhere"), "-FLAGS", "(\\Flagged)")
            expect(entry).not_to_contain_text("Starred,", timeout=SOON_MS)
            client.store(number(client, "Gone elsewhere"), "+FLAGS", "(\\Deleted)")
            client.expunge()
            expect(row(page, "Gone elsewhere")).to_have_count(0, timeout=SOON_MS)
            client.create('"Made elsewhere"')
            expect(page.get_by_role("navigation").get_by_role("link", name="Made elsewhere")).to_be_visible(
                timeout=SOON_MS
            )


def test_two_tabs_show_the_same(site: Site) -> None:
    deliver(site, "bashir", plain("In both", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "bashir")
        row(page, "In both").wait_for()
        other = visit.page("/app/mail/inbox")
        row(other, "In both").wait_for()
        page.get_by_role("listitem").filter(has_text="In both").get_by_role("button", name="Star", exact=True).click()
        expect(row(other, "In both")).to_contain_text("Starred,", timeout=SOON_MS)
        row(other, "In both").click()
        other.keyboard.press("e")
        expect(row(page, "In both")).to_have_count(0, timeout=SOON_MS)


def test_without_sockets_events_do_as_well(site: Site) -> None:
    with site.visit() as visit:
        visit.context.add_init_script(NO_SOCKETS)
        page = enter(visit, "chen", "/app/settings/general")
        with page.expect_request("**/jmap/events*", timeout=15_000):
            page.goto(f"{site.url}/app/mail/inbox")
        ready(page)
        deliver(site, "chen", plain("By event", "Hello"))
        expect(row(page, "By event")).to_be_visible(timeout=SOON_MS)
        expect(page.get_by_text("cannot be reached")).to_have_count(0)


def test_without_a_network_one_is_told_and_catches_up_after(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "chen")
        ready(page)
        visit.context.set_offline(True)
        page.get_by_text("You are offline.").wait_for()
        visit.check_access(page)
        visit.shot(page, "offline")
        deliver(site, "chen", plain("While away", "Hello"))
        visit.context.set_offline(False)
        expect(page.get_by_text("You are offline.")).to_have_count(0)
        expect(row(page, "While away")).to_be_visible(timeout=SOON_MS)
        visit.faults.clear()  # what failed while there was no network


@pytest.fixture
def running(site: Site) -> Iterator[Site]:
    """The server runs again afterwards, whatever became of the test."""
    yield site
    if site.server.process is None:
        site.server.start()


def test_a_server_that_goes_is_told_of_and_found_again(running: Site) -> None:
    site = running
    deliver(site, "chen", plain("Before it goes", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "chen")
        ready(page)
        row(page, "Before it goes").wait_for()
        site.server.stop()
        expect(page.get_by_text("The server cannot be reached.")).to_be_visible(timeout=SOON_MS)
        visit.shot(page, "unreachable")
        # What is there can still be seen, and what is asked for says that it is not.
        row(page, "Before it goes").wait_for()
        page.get_by_role("navigation").get_by_role("link", name="Archive").click()
        page.get_by_role("button", name="Try again").first.wait_for()
        site.server.start()
        deliver(site, "chen", plain("After the pause", "Hello"))
        page.get_by_role("button", name="Try again").first.click(timeout=SOON_MS)
        expect(page.get_by_text("The server cannot be reached.")).to_have_count(0, timeout=SOON_MS)
        page.get_by_role("navigation").get_by_role("link", name="Inbox").click()
        expect(row(page, "After the pause")).to_be_visible(timeout=SOON_MS)
        # And what comes from now on is told of again.
        deliver(site, "chen", plain("Told again", "Hello"))
        expect(row(page, "Told again")).to_be_visible(timeout=SOON_MS)
        visit.faults.clear()  # what failed while there was no server


def test_who_is_signed_out_elsewhere_signs_in_and_is_back(site: Site) -> None:
    with site.visit() as visit:
        page = enter(visit, "ada", "/app/mail/sent")
        page.get_by_role("heading", level=1, name="Sent").wait_for()
        visit.context.clear_cookies()
        page.get_by_role("navigation").get_by_role("link", name="Archive").click()
        page.get_by_label("E-mail address").fill(f"ada@{DOMAIN}")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("heading", level=1, name="Archive").wait_for()
        visit.faults.clear()  # the socket that was refused
