"""The scribe in the browser: mail written while one looks on, read beside its sources, changed, put into Drafts, sent; batches from a table; templates."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from tests.servers.localweb import LocalWeb
from tests.servers.mailwright import DOMAIN, PEOPLE, MailwrightServer
from tests.servers.outreachworld import HERE, INTEREST, TEMPLATE, make, names
from tests.servers.scribemodel import QUOTE, ScribeModel
from tests.web.site import SIZES, Site, Size, Visit, launch

RECIPIENTS = 12
QUICK, SLOW = 0.3, 4.0  # seconds the model takes: the second leaves time to click
WRITTEN_MS = 60_000  # on a machine that does much else
NAMES = list(names(RECIPIENTS))
SIZES_ORDER = list(SIZES)
NEWCOMERS: dict[Size, str] = {"desktop": "ines", "phone": "omar"}  # who have not seen the page yet


@pytest.fixture(scope="module")
def model() -> Iterator[ScribeModel]:
    """What writes; how long it takes can be changed."""
    with ScribeModel(seconds=QUICK) as started:
        yield started


@pytest.fixture(scope="module")
def site(playwright: Playwright, model: ScribeModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose scribe finds a small web and asks a model that quotes it; Ada, Bashir, Chen and newcomers."""
    folder = tmp_path_factory.mktemp("scribe")
    with LocalWeb(make(folder / "web", RECIPIENTS)) as web:
        server = MailwrightServer(folder / "data", **web.settings("searxng"), **model.settings())
        server.command = HERE
        server.prepare(people=(*PEOPLE, *NEWCOMERS.values()))
        server.start()
        browser = launch(playwright)
        yield Site(server, browser)
        browser.close()
        server.stop()


def look(visit: Visit, page: Page, name: str) -> None:
    """It can be read by everybody, nothing sticks out, and a picture is kept for who wants one."""
    page.wait_for_timeout(300)
    visit.shot(page, name)
    visit.check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight"), name  # the page scrolls inside


@pytest.fixture
def slow(model: ScribeModel) -> Iterator[ScribeModel]:
    """The model, which takes its time."""
    model.seconds = SLOW
    yield model
    model.seconds = QUICK


def write(page: Page, name: str) -> Locator:
    """Have a mail written from the form, and wait for the letter."""
    ask(page, name)
    letter = page.get_by_role("region", name="Letter")
    letter.wait_for(timeout=WRITTEN_MS)
    return letter


def ask(page: Page, name: str) -> None:
    """Have a mail written from the form."""
    page.get_by_role("textbox", name="Template", exact=True).fill(TEMPLATE)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("What interests you about them").fill(INTEREST)
    page.get_by_role("button", name="Write it", exact=True).last.click()


def note(page: Page, text: str) -> None:
    """Say who one is."""
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Your note").fill(text)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_a_mail_is_written_while_one_looks_on_and_shows_where_each_claim_stands(site: Site, size: Size) -> None:
    name = NAMES[SIZES_ORDER.index(size)]
    with site.visit(size) as visit:
        page = visit.sign_in(NEWCOMERS[size], path="/app/scribe")
        page.get_by_role("heading", name="Mail that was researched").wait_for()
        look(visit, page, "scribe-first")
        page.get_by_role("button", name="Fill in an example").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Ada Lovelace")
        letter = write(page, name)
        expect(letter.get_by_text(QUOTE)).to_be_visible()
        page.get_by_text("Its claims are checked.").wait_for()
        look(visit, page, "scribe-letter")
        letter.get_by_role("button", name=re.compile("^Source 1")).first.click()
        expect(page.locator("blockquote")).to_contain_text(QUOTE)
        copy = page.get_by_role("region", name=re.compile("^Source 1 as it was read"))
        expect(copy.locator("mark").first).to_have_text(QUOTE)
        look(visit, page, "scribe-source")
        if size == "phone":
            page.get_by_role("dialog").get_by_role("button", name="Close").click()
        page.get_by_text("How it was written").click()
        page.get_by_text(f"{name} harbour lights").first.wait_for()
        page.get_by_role("button", name="Write another").click()
        expect(page.get_by_role("heading", name="Mail that was researched")).to_have_count(0)
        expect(page.get_by_label("Name", exact=True)).to_have_value("")


def test_a_mail_is_changed_put_into_drafts_deleted_and_brought_back(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/scribe")
        letter = write(page, NAMES[2])
        page.get_by_role("button", name="Change", exact=True).click()
        expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
        text = page.get_by_label("Text", exact=True)
        text.fill(text.input_value().replace("May I come and see it?", "May I come and see it in June?"))
        look(visit, page, "scribe-edit")
        page.get_by_role("button", name="Save").click()
        letter.get_by_text("in June").wait_for()
        letter.get_by_text("1 changed by hand").wait_for()
        page.get_by_role("button", name="Put into Drafts").click()
        page.get_by_role("button", name="Open the draft").click()
        page.get_by_role("dialog").get_by_text("in June").first.wait_for()
        page.goto(f"{site.url}/app/scribe?tab=mails")
        line = page.get_by_role("listitem").filter(has_text=NAMES[2])
        line.get_by_text("In Drafts").wait_for()
        line.get_by_role("button", name=f"Delete: {NAMES[2]}").click()
        expect(line).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        line.wait_for()
        page.get_by_label("Find").fill("nobody is called this")
        page.get_by_text("Nothing fits.").wait_for()
        page.get_by_label("Find").fill(NAMES[2].split()[1])
        line.wait_for()
        look(visit, page, "scribe-mails")


@pytest.mark.parametrize("size", SIZES)
def test_a_mail_is_sent_with_the_note_of_who_writes_and_can_be_taken_back(site: Site, size: Size) -> None:
    name = NAMES[3 + SIZES_ORDER.index(size)]
    with site.visit(size) as visit:
        page = visit.sign_in("bashir", path="/app/scribe")
        note(page, f"Bashir Ahmadi, Example Press, written on a {size}")
        look(visit, page, "scribe-settings")
        page.get_by_role("tab", name="Write").click()
        write(page, name)
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_label("To", exact=True).fill(f"recipient.{size}@elsewhere.example")
        page.get_by_label("At another time").click()
        look(visit, page, "scribe-send")
        page.get_by_role("button", name="Send then").click()
        page.get_by_text("On its way", exact=True).wait_for()
        page.get_by_role("button", name="Do not send").click()
        page.get_by_text("It is not sent.").wait_for()
        page.get_by_role("button", name="Send", exact=True).wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_a_batch_is_made_of_a_table_whose_columns_are_seen_first(site: Site, size: Size) -> None:
    some = NAMES[5:8]
    table = "Who;Mail;About\n" + "".join(
        f"{name};{size}{at}@elsewhere.example;{INTEREST}\n" for at, name in enumerate(some)
    )
    with site.visit(size) as visit:
        page = visit.sign_in("ada" if size == "desktop" else "chen", path="/app/scribe?tab=queue")
        page.get_by_role("button", name="Write to many").click()
        page.locator("input[type=file]").first.set_input_files(
            {"name": "spring.csv", "mimeType": "text/csv", "buffer": (table + "No Address;nowhere;\n").encode()}
        )
        page.get_by_text("4 recipients").wait_for()
        page.get_by_label("What the column Who is").select_option("name")
        page.get_by_label("What the column Mail is").select_option("email")
        page.get_by_label("What the column About is").select_option("interest")
        page.get_by_label("Leave this row out").check()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Write 3 mails").wait_for()
        page.get_by_role("button", name="Correct it here").click()
        page.get_by_label("Or paste them here").fill(table)
        page.get_by_text("3 recipients").wait_for()
        page.get_by_label("What the column Who is").select_option("name")
        page.get_by_label("What the column Mail is").select_option("email")
        page.get_by_label("What the column About is").select_option("interest")
        dialog.get_by_role("textbox", name="Template", exact=True).fill(TEMPLATE)
        look(visit, page, "scribe-batch")
        dialog.get_by_role("button", name="Write 3 mails").click()
        card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="spring"))
        card.get_by_text("3 of 3 written").first.wait_for(timeout=WRITTEN_MS)
        look(visit, page, "scribe-queue")
        for name in some:
            page.get_by_role("listitem").filter(has_text=name).get_by_text("Written").wait_for()
        note(page, "Ada Brandt, Example Press")
        page.get_by_role("tab", name="Queue").click()
        card.get_by_role("button", name="Send the confident ones: spring").click()
        expect(dialog.get_by_role("list", name="To whom").get_by_role("listitem")).to_have_count(3)
        look(visit, page, "scribe-send-batch")
        dialog.get_by_role("button", name="Send 3 mails").click()
        dialog.get_by_text("3 mails are on their way.").wait_for()
        dialog.get_by_role("button", name="Close").last.click()


@pytest.mark.parametrize("size", SIZES)
def test_the_four_steps_are_watched_and_what_was_cancelled_is_tried_again(
    site: Site, slow: ScribeModel, size: Size
) -> None:
    name = NAMES[8 + SIZES_ORDER.index(size)]
    with site.visit(size) as visit:
        page = visit.sign_in("bashir", path="/app/scribe")
        ask(page, name)
        steps = page.get_by_role("region", name="The four steps")
        expect(steps.get_by_role("listitem")).to_have_count(4)
        expect(steps.locator("[aria-current=step]")).to_have_count(1)
        look(visit, page, "scribe-live")
        page.get_by_role("button", name="Cancel it").click()
        page.get_by_text("It was cancelled.").wait_for()
        slow.seconds = QUICK
        page.get_by_role("button", name="Try again").click()
        page.get_by_role("region", name="Letter").wait_for(timeout=WRITTEN_MS)


def test_a_batch_is_paused_goes_on_and_is_cancelled(site: Site, slow: ScribeModel) -> None:
    with site.visit() as visit:
        page = visit.sign_in("bashir", path="/app/scribe?tab=queue")
        page.get_by_role("button", name="Write to many").click()
        dialog = page.get_by_role("dialog")
        rows = "".join(f"{name},{INTEREST}\n" for name in NAMES[10:12])
        dialog.get_by_label("Or paste them here").fill(f"name,interest\n{rows}")
        dialog.get_by_role("textbox", name="Template", exact=True).fill(TEMPLATE)
        dialog.get_by_label("Name of the batch").fill("Of no use")
        dialog.get_by_role("button", name="Write 2 mails").click()
        card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Of no use"))
        card.get_by_role("button", name="Pause: Of no use").click()
        card.get_by_text("Paused", exact=True).wait_for()
        card.get_by_role("button", name="Go on: Of no use").click()
        expect(card.get_by_text("Paused", exact=True)).to_have_count(0)
        card.get_by_role("button", name="Cancel: Of no use").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel them").click()
        card.get_by_text("Cancelled", exact=True).wait_for()
        card.get_by_text("2 cancelled").first.wait_for(timeout=WRITTEN_MS)
        expect(page.get_by_role("button", name=re.compile("^Try again"))).to_have_count(0)


def test_a_template_is_kept_used_by_default_and_deleted(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("chen", path="/app/scribe?tab=templates")
        page.get_by_role("button", name="Add").click()
        page.get_by_label("Name", exact=True).fill("Asking to visit")
        page.get_by_label("Text", exact=True).fill("Dear {{name}},\n\nmay I visit {{place}}?")
        page.get_by_role("dialog").get_by_role("button", name="Add").click()
        one = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Asking to visit"))
        one.get_by_text("place", exact=True).wait_for()
        page.get_by_role("button", name="More: Asking to visit").click()
        page.get_by_role("menuitem", name="Use by default").click()
        one.get_by_text("Used by default").wait_for()
        look(visit, page, "scribe-templates")
        page.get_by_role("tab", name="Write").click()
        expect(page.get_by_role("textbox", name="Template", exact=True)).to_have_value(
            "Dear {{name}},\n\nmay I visit {{place}}?"
        )
        page.get_by_label("place", exact=True).wait_for()
        page.get_by_role("tab", name="Templates").click()
        page.get_by_role("button", name="More: Asking to visit").click()
        page.get_by_role("menuitem", name="Delete").click()
        expect(one).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        one.wait_for()


def test_templates_are_made_of_a_few_lines_and_kept_when_they_are_liked(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("chen", path="/app/scribe?tab=templates")
        page.get_by_role("button", name="Make some").click()
        page.get_by_label("Made of").select_option("text")
        page.get_by_label("What you do, and what you have done").fill(
            "Chen keeps a small museum of lamps and looks for people who know about harbour lights. Chen has written two books."
        )
        page.get_by_label("What the mails are for").fill("asking for a visit")
        page.get_by_role("button", name="Make three").click()
        page.get_by_role("heading", name="Keep what you like").wait_for(timeout=WRITTEN_MS)
        look(visit, page, "scribe-made")
        page.get_by_role("button", name=re.compile("^Keep it: ")).first.click()
        page.get_by_role("button", name=re.compile("^Kept: ")).wait_for()
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Made for you").first.wait_for()


def test_the_scribe_is_a_key_away(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("ada", path="/app/mail/inbox")
        page.get_by_role("link", name="Inbox").first.wait_for()
        page.keyboard.press("g")
        page.keyboard.press("w")
        page.get_by_role("heading", level=1, name="Scribe").wait_for()


def test_whose_mail_it_is_stays_with_them(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("ada", path="/app/scribe")
        write(page, NAMES[2])
        address = page.url
    with site.visit() as visit:
        page = visit.sign_in("bashir", path=address.removeprefix(site.url))
        page.get_by_role("alert").wait_for()
        expect(page.get_by_role("region", name="Letter")).to_have_count(0)
        page.get_by_role("button", name=f"Account of bashir@{DOMAIN}").wait_for()
