"""Searching mail in a browser: words, operators, what is marked in the results, folders and labels, and nothing found."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.servers.mailwright import DOMAIN
from tests.web.mail import deliver, enter, html, letter, multipart, part, plain, row, show
from tests.web.site import SIZES, Site, Size
from tests.web.test_writing import ask

BASHIR = f"Bashir Haddad <bashir@{DOMAIN}>"


@pytest.fixture(scope="module")
def stocked(site: Site) -> Site:
    """Ada has mail to be found; one of it is in Junk."""
    deliver(
        site,
        "ada",
        plain("Harvest", "The tomatoes are ripe, and the third quarter was dry."),
        plain("Accounts", "The quarter was good. A third of it was tomatoes.", sender=BASHIR),
        html("Newsletter", "<p>Ripe <b>tomatoes</b> &amp; more: 1 &lt; 2</p>"),
        letter(
            "Offer",
            multipart(
                "mixed",
                part("text/plain", "See the file."),
                part("text/plain", "Zucchini at last", 'Content-Disposition: attachment; filename="price-list.txt"'),
            ),
        ),
        plain("Win now", "tomatoes for nothing"),
        plain("Zürich", "Über die Brücke: Gemüse"),
    )
    with site.visit() as visit:
        page = enter(visit, "ada")
        boxes = {each["role"]: each["id"] for each in ask(page, ("Mailbox/get", {"ids": None}))[0]["list"]}
        (unwanted,) = ask(page, ("Email/query", {"filter": {"subject": "Win"}}))[0]["ids"]
        (good,) = ask(page, ("Email/query", {"filter": {"subject": "Harvest"}}))[0]["ids"]
        ask(
            page,
            (
                "Email/set",
                {
                    "update": {
                        unwanted: {"mailboxIds": {boxes["junk"]: True}},
                        good: {"keywords/$flagged": True, "keywords/$seen": True},
                    }
                },
            ),
        )
        # The index follows a moment behind.
        ends = time.monotonic() + 90
        while not ask(page, ("Email/query", {"filter": {"text": "zucchini"}}))[0]["ids"]:
            assert time.monotonic() < ends
            page.wait_for_timeout(200)
    return site


def search(page: Page, text: str) -> None:
    """Typed by a person; the results are there."""
    field = page.get_by_role("searchbox", name="Search mail")
    field.fill(text)
    field.press("Enter")
    title = "Starred" if text == "is:starred" else f"Search: {text}"
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
    page.locator("[data-row]").first.or_(page.get_by_text("Nothing was found")).wait_for()


FOUND = {
    "tomatoes": {"Harvest", "Accounts", "Newsletter"},
    "tomato": {"Harvest", "Accounts", "Newsletter"},
    '"third quarter"': {"Harvest"},
    "tomatoes -good": {"Harvest", "Newsletter"},
    "good OR gemüse": {"Accounts", "Zürich"},
    "gemuse": {"Zürich"},
    "from:bashir tomatoes": {"Accounts"},
    f"from:bashir@{DOMAIN} quarter": {"Accounts"},
    "subject:newsletter": {"Newsletter"},
    "has:attachment": {"Offer"},
    "filename:price": {"Offer"},
    "zucchini": {"Offer"},
    "tomatoes in:anywhere": {"Harvest", "Accounts", "Newsletter", "Win now"},
    "in:junk": {"Win now"},
    "tomatoes is:unread": {"Accounts", "Newsletter"},
    "is:starred": {"Harvest"},
    "tomatoes after:2020": {"Harvest", "Accounts", "Newsletter"},
    "tomatoes before:2020": set(),
    "larger:2M": set(),
}


def test_words_and_operators_find_what_they_say(stocked: Site) -> None:
    with stocked.visit() as visit:
        page = enter(visit, "ada")
        for asked, wanted in FOUND.items():
            search(page, asked)
            if not wanted:
                page.get_by_text("Nothing was found").wait_for()
            else:
                expect(page.locator("[data-row]"), asked).to_have_count(len(wanted))
            for subject in wanted:
                expect(row(page, subject), asked).to_have_count(1)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_found_is_marked_where_it_stands(stocked: Site, size: Size) -> None:
    with stocked.visit(size) as visit:
        page = enter(visit, "ada")
        search(page, "tomatoes")
        expect(row(page, "Harvest").locator("mark").first).to_have_text("tomatoes")
        # What is text in the mail is text in the snippet.
        expect(row(page, "Newsletter")).to_contain_text("& more: 1 < 2")
        visit.check_access(page)
        visit.shot(page, "search")
        show(page, "Harvest")
        page.get_by_role("article").get_by_text("The tomatoes are ripe").wait_for()
        if size == "phone":
            page.get_by_role("button", name="Back to the list").click()
            row(page, "Accounts").wait_for()
        assert page.get_by_role("searchbox").input_value() == "tomatoes"
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_found_says_so_and_a_wrong_folder_is_told_of(stocked: Site, size: Size) -> None:
    with stocked.visit(size, color_scheme="dark") as visit:
        page = enter(visit, "ada")
        search(page, "aubergines in:nowhere")
        page.get_by_text("There is no folder “nowhere”.").wait_for()
        page.get_by_text("Nothing was found").wait_for()
        visit.check_access(page)
        visit.shot(page, "search-empty")


def test_results_come_while_one_types_and_the_help_fills_in(stocked: Site) -> None:
    with stocked.visit() as visit:
        page = enter(visit, "ada")
        row(page, "Newsletter").wait_for()
        page.keyboard.press("/")
        page.keyboard.type("newslet", delay=20)
        row(page, "Newsletter").wait_for()
        expect(page.locator("[data-row]")).to_have_count(1)
        page.get_by_role("button", name="Clear search").click()
        page.get_by_role("heading", level=1, name="Inbox").wait_for()
        page.get_by_role("button", name="How to search").click()
        page.get_by_text("What can be searched for").wait_for()
        visit.check_access(page)
        visit.shot(page, "search-help")
        page.get_by_role("button", name="has:attachment").click()
        row(page, "Offer").wait_for()


def test_what_one_cannot_mean_does_no_harm(stocked: Site) -> None:
    with stocked.visit() as visit:
        page = enter(visit, "ada")
        for asked in (
            '"',
            "((((",
            "from:",
            "<script>alert(1)</script>",
            "a" * 300,
            "before:never",
            "-",
            "\\",
            "in:",
            "🍅",
        ):
            search(page, asked)
            expect(page.get_by_text("could not be loaded")).to_have_count(0)
        assert page.evaluate("window.ran") is None


def test_a_search_can_be_kept_as_an_address(stocked: Site) -> None:
    with stocked.visit() as visit:
        page = enter(visit, "ada", "/app/search?q=from%3Abashir")
        row(page, "Accounts").wait_for()
        assert page.get_by_role("searchbox").input_value() == "from:bashir"
