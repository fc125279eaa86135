"""Writing mail in a browser: saved as one types, sent and taken back, scheduled, answered, and kept when the network goes."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page

from tests.servers.mailwright import DOMAIN
from tests.web.site import SIZES, Site, Size, Visit

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC"
)

ASK = """async (calls) => {
  const { csrf, user } = await (await fetch('/api/session')).json();
  const answer = await fetch('/jmap', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: JSON.stringify({
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:submission'],
      methodCalls: calls.map(([name, args], at) => [name, { accountId: user.id, ...args }, String(at)]),
    }),
  });
  return (await answer.json()).methodResponses.map(([, result]) => result);
}"""


def ask(page: Page, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """JMAP, as the person who is signed in."""
    answers: list[dict[str, Any]] = page.evaluate(ASK, [list(call) for call in calls])
    return answers


def emails(page: Page, role: str, subject: str | None = None) -> list[dict[str, Any]]:
    """What is in the mailbox of that role, with its text."""
    boxes = ask(page, ("Mailbox/get", {"ids": None}))[0]["list"]
    box = next(each["id"] for each in boxes if each["role"] == role)
    found = ask(
        page,
        ("Email/query", {"filter": {"inMailbox": box}}),
        (
            "Email/get",
            {
                "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"},
                "properties": ["subject", "keywords", "inReplyTo", "messageId", "attachments", "bodyValues", "bcc"],
                "fetchAllBodyValues": True,
            },
        ),
    )[1]["list"]
    return [each for each in found if subject is None or each["subject"] == subject]


def texts(email: dict[str, Any]) -> str:
    return "\n".join(each["value"] for each in email["bodyValues"].values())


def write(page: Page, to: str, subject: str, text: str) -> None:
    """In a composer that is open already."""
    page.get_by_role("combobox", name="To").fill(to)
    page.keyboard.press("Enter")
    page.get_by_placeholder("Subject").fill(subject)
    page.get_by_role("textbox", name="Message").click()
    page.keyboard.type(text)


def saved(page: Page) -> None:
    page.get_by_role("dialog").get_by_text("Saved ").wait_for()


def begin(visit: Visit, who: str = "ada") -> Page:
    page = visit.sign_in(who)
    page.get_by_role("button", name="New message").first.click()
    page.get_by_role("textbox", name="Message").wait_for()
    return page


@pytest.mark.parametrize("size", SIZES)
def test_a_message_is_saved_as_one_writes_and_thrown_away_with_a_way_back(site: Site, size: Size) -> None:
    with site.visit(size) as visit:
        page = begin(visit)
        write(page, f"bashir@{DOMAIN}", f"Plans {size}", "Hello Bashir")
        saved(page)
        visit.check_access(page)
        visit.shot(page, "composer")
        (draft,) = emails(page, "drafts", f"Plans {size}")
        assert set(draft["keywords"]) == {"$draft", "$seen"}
        assert "Hello Bashir" in texts(draft)
        page.get_by_role("button", name="Throw the draft away").click()
        page.get_by_text("Draft thrown away").wait_for()
        assert not emails(page, "drafts", f"Plans {size}")
        page.get_by_role("button", name="Undo").click()
        saved(page)
        assert len(emails(page, "drafts", f"Plans {size}")) == 1


def test_what_is_sent_can_be_taken_back_and_then_arrives_with_its_picture(site: Site) -> None:
    with site.visit() as visit:
        page = begin(visit)
        write(page, f"bashir@{DOMAIN}", "A picture", "Look: ")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Picture in the text").click()
        chooser.value.set_files(FilePayload(name="p.png", mimeType="image/png", buffer=PICTURE))
        saved(page)
        page.get_by_role("textbox", name="Message").press("Control+Enter")
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("It is in Drafts again").wait_for()
        assert len(emails(page, "drafts", "A picture")) == 1
        assert not emails(page, "sent", "A picture")
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("Sending in").wait_for()
        (sent,) = emails(page, "sent", "A picture")
        assert "$draft" not in sent["keywords"]
    with site.visit() as visit:
        page = visit.sign_in("bashir")
        ends = time.monotonic() + 90
        while not (came := emails(page, "inbox", "A picture")) and time.monotonic() < ends:
            page.wait_for_timeout(500)
        (picture,) = came[0]["attachments"]
        assert picture["disposition"] == "inline"
        assert f'src="cid:{picture["cid"]}"' in texts(came[0])
        assert "Look:" in texts(came[0])


def test_nothing_of_pasted_html_runs_or_is_fetched(site: Site) -> None:
    with site.visit() as visit:
        page = begin(visit)
        page.get_by_role("textbox", name="Message").evaluate(
            """(editor) => {
              const data = new DataTransfer();
              data.setData('text/html', '<p>pasted <b>bold</b><img src="https://example.net/x.gif" onerror="window.ran = 1">' +
                '<a href="javascript:window.ran = 1">link</a><iframe src="https://example.net"></iframe></p>');
              editor.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }"""
        )
        html = page.get_by_role("textbox", name="Message").inner_html()
        assert "<strong>bold</strong>" in html
        assert not any(bad in html for bad in ("example.net", "javascript:", "onerror", "iframe"))
        assert page.evaluate("window.ran") is None
        # Chromium tells of the handler that the policy of the page kept from running, though it was parsed where none would.
        assert all("Executing inline event handler violates" in fault for fault in visit.faults)
        visit.faults.clear()


def test_a_message_that_looks_unfinished_is_asked_about(site: Site) -> None:
    with site.visit() as visit:
        page = begin(visit)
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("Add at least one recipient").wait_for()
        page.get_by_role("button", name="Back").click()
        write(page, f"chen@{DOMAIN}", "", "The report is attached.")
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("you mention an attachment", exact=False).wait_for()
        page.get_by_text("The message has no subject").wait_for()
        visit.check_access(page)
        page.get_by_role("button", name="Keep writing").click()
        page.get_by_role("button", name="Throw the draft away").click()


def test_a_scheduled_message_waits_and_can_be_edited(site: Site) -> None:
    with site.visit() as visit:
        page = begin(visit, "chen")
        write(page, f"ada@{DOMAIN}", "On Monday", "Good morning")
        page.get_by_role("button", name="More ways to send").click()
        page.get_by_role("menuitem", name="Send later").click()
        visit.check_access(page)
        # Its name goes on with the hour. Before four in the morning it is "This afternoon", then "Tomorrow afternoon".
        page.get_by_role("button", name="afternoon").last.click()
        page.get_by_text("It will be sent").wait_for()
        page.goto(site.url + "/app/settings/scheduled")
        page.get_by_text("On Monday").wait_for()
        visit.shot(page, "scheduled")
        (waiting,) = ask(page, ("EmailSubmission/get", {"ids": None}))[0]["list"]
        assert waiting["undoStatus"] == "pending"
        page.get_by_role("button", name="Edit").click()
        page.get_by_role("textbox", name="Message").get_by_text("Good morning").wait_for()
        assert ask(page, ("EmailSubmission/get", {"ids": None}))[0]["list"][0]["undoStatus"] == "canceled"
        assert len(emails(page, "drafts", "On Monday")) == 1


def test_an_answer_quotes_the_original_which_is_marked_answered(site: Site) -> None:
    with site.visit() as visit:
        page = visit.sign_in("ada")
        page.get_by_text("Lunch on Friday").first.click()
        page.get_by_role("button", name="Forward").last.wait_for()
        page.keyboard.press("r")
        page.get_by_role("textbox", name="Message").wait_for()
        page.keyboard.type("Yes")
        page.get_by_role("button", name="Show the quoted message").click()
        page.get_by_role("dialog").get_by_text("Shall we meet at noon?").wait_for()
        visit.shot(page, "reply")
        page.keyboard.press("Control+Enter")
        page.get_by_text("Sending in").wait_for()
        (sent,) = emails(page, "sent", "Re: Lunch on Friday")
        (asked,) = emails(page, "inbox", "Lunch on Friday")
        assert sent["inReplyTo"] == asked["messageId"]
        assert "Yes" in texts(sent)
        assert "> Shall we meet at noon?" in texts(sent)
        ends = time.monotonic() + 60
        while "$answered" not in emails(page, "inbox", "Lunch on Friday")[0]["keywords"] and time.monotonic() < ends:
            page.wait_for_timeout(200)
        assert "$answered" in emails(page, "inbox", "Lunch on Friday")[0]["keywords"]


def test_what_is_written_without_a_network_survives_a_reload_and_is_saved_once(site: Site) -> None:
    with site.visit() as visit:
        page = begin(visit, "bashir")
        write(page, f"ada@{DOMAIN}", "Train", "On the train")
        saved(page)
        visit.context.set_offline(True)
        page.keyboard.type(" in a tunnel")
        page.get_by_text("Not saved: retrying").wait_for()
        page.get_by_role("button", name="Save and close").click()
        page.get_by_text("It stays here until it is").wait_for()
        visit.context.set_offline(False)
        page.reload()
        page.get_by_role("dialog", name="Train").get_by_text("Saved ").wait_for()
        (draft,) = emails(page, "drafts", "Train")
        assert "On the train in a tunnel" in texts(draft)
        assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []
        visit.faults.clear()  # the requests that failed are what this is about


def test_two_tabs_do_not_fight_over_a_draft(site: Site) -> None:
    with site.visit() as visit:
        page = begin(visit, "bashir")
        write(page, f"ada@{DOMAIN}", "Two tabs", "First")
        saved(page)
        other = visit.page("/app/mail/drafts")
        other.get_by_text("Two tabs").first.click()
        other.get_by_text("being written in another tab").wait_for()
        visit.check_access(other)
        other.get_by_role("button", name="Write here instead").click()
        page.get_by_text("being written in another tab").wait_for()
        other.get_by_role("textbox", name="Message").click()
        other.keyboard.type("Second ")
        saved(other)
        (draft,) = emails(other, "drafts", "Two tabs")
        assert "Second" in texts(draft)
