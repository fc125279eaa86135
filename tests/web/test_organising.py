"""Keeping mail in order in a browser: archive, delete, move, label, snooze, choose many, folders, keys, and taking it all back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.mail import deliver, enter, html, plain, row, show
from tests.web.site import SIZES, Site, Size
from tests.web.test_writing import ask


def places(page: Page, subject: str) -> list[str]:
    """The roles, or names, of the mailboxes a message of that subject is in."""
    boxes = {each["id"]: each["role"] or each["name"] for each in ask(page, ("Mailbox/get", {"ids": None}))[0]["list"]}
    return [boxes[box] for email in found(page, subject) for box in email["mailboxIds"]]


def keywords(page: Page, subject: str) -> set[str]:
    return {word for email in found(page, subject) for word in email["keywords"]}


def found(page: Page, subject: str) -> list[dict[str, Any]]:
    answers = ask(
        page,
        ("Email/query", {"filter": {"subject": f'"{subject}"'}}),
        (
            "Email/get",
            {
                "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"},
                "properties": ["subject", "mailboxIds", "keywords"],
            },
        ),
    )
    return [each for each in answers[1]["list"] if each["subject"] == subject]


def eventually(page: Page, what: Any, wanted: Any, seconds: float = 60.0) -> None:
    """Until `what()` is that: the page shows a change before the server has it."""
    ends = time.monotonic() + seconds
    while (last := what()) != wanted:
        assert time.monotonic() < ends, f"{last!r} is not {wanted!r}"
        page.wait_for_timeout(100)


def toolbar(page: Page) -> Locator:
    """The buttons above the conversation that is open."""
    return page.get_by_role("region", name="Conversation", exact=True)


ACTIONS = {"Archive": "archive", "Delete": "trash", "Junk": "junk"}


@pytest.mark.parametrize("size", SIZES)
def test_what_is_archived_deleted_or_junk_leaves_the_list_and_comes_back_with_undo(site: Site, size: Size) -> None:
    deliver(site, "ada", *(plain(f"For {verb} {size}", "Hello") for verb in ACTIONS))
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        for verb, role in ACTIONS.items():
            title = f"For {verb} {size}"
            show(page, title)
            toolbar(page).get_by_role("button", name=verb, exact=True).click()
            expect(row(page, title)).to_have_count(0)
            eventually(page, lambda title=title: places(page, title), [role])
            page.get_by_role("button", name="Undo").click()
            page.get_by_text("Undone.").wait_for()
            assert places(page, title) == ["inbox"]
            if size == "phone" and page.get_by_role("button", name="Back to the list").is_visible():
                page.get_by_role("button", name="Back to the list").click()
            row(page, title).wait_for()
        visit.shot(page, "undone")


def test_the_buttons_over_a_row_do_what_they_say(site: Site) -> None:
    deliver(site, "ada", plain("Over a row", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "ada")
        entry = page.get_by_role("listitem").filter(has_text="Over a row")
        entry.hover()
        entry.get_by_role("button", name="Mark as read").click()
        eventually(page, lambda: "$seen" in keywords(page, "Over a row"), True)
        entry.get_by_role("button", name="Star", exact=True).click()
        eventually(page, lambda: "$flagged" in keywords(page, "Over a row"), True)
        entry.hover()
        entry.get_by_role("button", name="Archive").click()
        expect(entry).to_have_count(0)
        eventually(page, lambda: places(page, "Over a row"), ["archive"])
        page.get_by_role("link", name="Starred").click()
        row(page, "Over a row").wait_for()


def test_keys_do_what_the_sheet_says(site: Site) -> None:
    deliver(site, "bashir", *(plain(f"Key {number}", "Hello") for number in range(5)))
    with site.visit() as visit:
        page = enter(visit, "bashir")
        row(page, "Key 4").wait_for()
        page.keyboard.press("j")
        expect(row(page, "Key 4")).to_be_focused()
        page.keyboard.press("j")
        page.keyboard.press("k")
        page.keyboard.press("o")
        page.get_by_role("heading", level=2, name="Key 4").wait_for()
        page.get_by_role("article").last.wait_for()  # keys go to what is open once it is there
        page.keyboard.press("j")
        page.get_by_role("heading", level=2, name="Key 3").wait_for()
        page.keyboard.press("e")
        eventually(page, lambda: places(page, "Key 3"), ["archive"])
        page.get_by_role("heading", level=2, name="Key 2").wait_for()
        page.keyboard.press("#")
        eventually(page, lambda: places(page, "Key 2"), ["trash"])
        page.keyboard.press("z")
        eventually(page, lambda: places(page, "Key 2"), ["inbox"])
        page.keyboard.press("u")
        page.get_by_text("No conversation is open").wait_for()
        page.keyboard.press("s")
        page.keyboard.press("?")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        sheet.wait_for()
        visit.check_access(page)
        visit.shot(page, "shortcuts")
        page.keyboard.press("Escape")
        expect(sheet).to_have_count(0)
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="Search mail")).to_be_focused()
        page.keyboard.type("jj")  # is text there
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("a")
        page.get_by_role("heading", level=1, name="Archive").wait_for()
        row(page, "Key 3").wait_for()
        page.keyboard.press("c")
        page.get_by_role("dialog", name="New message").wait_for()


def test_keys_work_while_the_focus_is_in_the_text_of_a_message(site: Site) -> None:
    deliver(site, "bashir", plain("Before the frame", "x"), html("In the frame", "<p>Click here</p>"))
    with site.visit() as visit:
        page = enter(visit, "bashir")
        card = show(page, "In the frame")
        card.frame_locator("iframe").get_by_text("Click here").click()
        page.keyboard.press("j")
        page.get_by_role("heading", level=2, name="Before the frame").wait_for()


@pytest.mark.parametrize("size", SIZES)
def test_many_are_chosen_and_moved_at_once(site: Site, size: Size) -> None:
    deliver(site, "chen", *(plain(f"Many {size} {number}", "Hello") for number in range(6)))
    with site.visit(size) as visit:
        page = enter(visit, "chen")
        boxes = [page.get_by_role("checkbox", name=f"Many {size} {number}") for number in range(6)]
        boxes[5].check()
        boxes[2].click(modifiers=["Shift"])
        page.get_by_text("4 chosen").wait_for()
        boxes[3].uncheck()
        page.get_by_text("3 chosen").wait_for()
        visit.check_access(page)
        visit.shot(page, "chosen")
        page.get_by_role("button", name="Archive", exact=True).first.click()
        for number, role in enumerate(["inbox", "inbox", "archive", "inbox", "archive", "archive"]):
            eventually(page, lambda number=number: places(page, f"Many {size} {number}"), [role])
        expect(row(page, f"Many {size} 5")).to_have_count(0)
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Undone.").wait_for()
        expect(row(page, f"Many {size}")).to_have_count(6)
        page.get_by_role("checkbox", name="Choose all that are loaded").check()
        page.get_by_role("button", name="Mark as read").first.click()
        eventually(page, lambda: {"$seen"} <= keywords(page, f"Many {size} 0"), True)
        expect(page.get_by_text("Unread,")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_folders_are_made_filled_renamed_and_deleted(site: Site, size: Size) -> None:
    name, title = f"Journeys {size}", f"To be filed {size}"
    deliver(site, "ada", plain(title, "Hello"))
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        side = page.get_by_role("navigation", name="Folders")

        def open_side() -> None:
            if size == "phone":
                page.get_by_role("button", name="Folders", exact=True).click()

        row(page, title).wait_for()
        open_side()
        side.get_by_role("button", name="New folder").click()
        page.get_by_role("dialog", name="New folder").get_by_role("button", name="Make folder").click()
        page.get_by_text("A folder needs a name.").wait_for()
        page.get_by_label("Name").fill(name)
        visit.check_access(page)
        page.get_by_role("button", name="Make folder").click()
        side.get_by_role("link", name=name).wait_for()
        if size == "phone":
            page.keyboard.press("Escape")
        show(page, title)
        toolbar(page).get_by_role("button", name="Move to").click()
        page.get_by_role("combobox", name="Find a folder").fill("journ")
        visit.check_access(page)
        visit.shot(page, "move")
        page.keyboard.press("Enter")
        eventually(page, lambda: places(page, title), [name])
        open_side()
        side.get_by_role("link", name=name).click()
        row(page, title).wait_for()
        open_side()
        side.get_by_role("button", name=f"Folder {name}").click()
        page.get_by_role("menuitem", name="Rename or move").click()
        page.get_by_label("Name").fill(f"{name} renamed")
        page.get_by_role("button", name="Save").click()
        side.get_by_role("link", name=f"{name} renamed").wait_for()
        side.get_by_role("button", name=f"Folder {name} renamed").click()
        page.get_by_role("menuitem", name="Delete folder").click()
        page.get_by_text("The message in it will be deleted for good").wait_for()
        visit.check_access(page)
        page.get_by_role("button", name="Delete folder").click()
        page.get_by_role("heading", level=1, name="Inbox").wait_for()
        assert found(page, title) == []


def test_a_conversation_is_dragged_to_a_folder(site: Site) -> None:
    deliver(site, "ada", plain("To be dragged", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "ada")
        row(page, "To be dragged").drag_to(page.get_by_role("navigation").get_by_role("link", name="Archive"))
        expect(row(page, "To be dragged")).to_have_count(0)
        eventually(page, lambda: places(page, "To be dragged"), ["archive"])


def test_labels_are_made_put_on_and_taken_off(site: Site) -> None:
    deliver(site, "ada", plain("To be labelled", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "ada")
        show(page, "To be labelled")
        page.keyboard.press("l")
        page.get_by_role("combobox", name="Find or make a label").fill("Travel plans")
        page.keyboard.press("Enter")
        expect(page.get_by_role("option", name="Travel plans")).to_have_attribute("aria-selected", "true")
        visit.check_access(page)
        page.keyboard.press("Escape")
        expect(row(page, "To be labelled")).to_contain_text("Travel plans")
        visit.shot(page, "labelled")
        page.get_by_role("navigation").get_by_role("link", name="Travel plans").click()
        row(page, "To be labelled").wait_for()
        show(page, "To be labelled")
        page.get_by_role("button", name="Remove label Travel plans").click()
        eventually(page, lambda: {word for word in keywords(page, "To be labelled") if not word.startswith("$")}, set())


@pytest.mark.parametrize("size", SIZES)
def test_what_is_snoozed_leaves_waits_and_comes_back(site: Site, size: Size) -> None:
    title = f"Later {size}"
    deliver(site, "ada", plain(title, "Hello"))
    with site.visit(size) as visit:
        page = enter(visit, "ada")
        show(page, title)
        toolbar(page).get_by_role("button", name="Snooze").click()
        visit.check_access(page)
        visit.shot(page, "snooze")
        page.get_by_role("button", name="Tomorrow morning").click()
        page.get_by_text("snoozed until").wait_for()
        expect(row(page, title)).to_have_count(0)
        assert places(page, title) == ["snoozed"]
        page.get_by_role("button", name="Undo").click()
        row(page, title).wait_for()
        eventually(page, lambda: places(page, title), ["inbox"])
        show(page, title)
        toolbar(page).get_by_role("button", name="Snooze").click()
        page.get_by_role("button", name="Tomorrow morning").click()
        page.get_by_text("snoozed until").wait_for()
        page.goto(f"{site.url}/app/mail/snoozed")
        row(page, title).wait_for()
        visit.shot(page, "snoozed")
        visit.check_access(page)
        show(page, title)
        toolbar(page).get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Bring back now").click()
        eventually(page, lambda: places(page, title), ["inbox"])


def test_what_is_in_the_trash_is_deleted_for_good_only_after_a_question(site: Site) -> None:
    deliver(site, "ada", plain("For good", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "ada")
        show(page, "For good")
        page.keyboard.press("#")
        eventually(page, lambda: places(page, "For good"), ["trash"])
        page.goto(f"{site.url}/app/mail/trash")
        show(page, "For good")
        page.keyboard.press("#")
        page.get_by_text("This cannot be undone").wait_for()
        visit.check_access(page)
        page.get_by_role("alertdialog").or_(page.get_by_role("dialog")).get_by_role("button", name="Delete").click()
        expect(row(page, "For good")).to_have_count(0)
        eventually(page, lambda: found(page, "For good"), [])


def test_unread_and_star_are_set_from_the_conversation(site: Site) -> None:
    deliver(site, "ada", plain("Twice read", "Hello"))
    with site.visit() as visit:
        page = enter(visit, "ada")
        card = show(page, "Twice read")
        card.get_by_role("button", name="Star").click()
        eventually(page, lambda: "$flagged" in keywords(page, "Twice read"), True)
        expect(row(page, "Twice read")).to_contain_text("Starred,")
        expect(row(page, "Twice read")).not_to_contain_text("Unread,")
        toolbar(page).get_by_role("button", name="Mark as unread").click()
        expect(row(page, "Twice read")).to_contain_text("Unread,")
        page.get_by_text("No conversation is open").wait_for()
        eventually(page, lambda: "$seen" in keywords(page, "Twice read"), False)
