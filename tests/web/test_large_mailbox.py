"""A mailbox of a hundred thousand messages in a browser: it opens, scrolls from end to end, counts right, and stays small."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Playwright, expect

from mailwright.domain.clock import MINUTE
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx, mailboxes
from tests.servers.mailwright import MailwrightServer
from tests.web.mail import counted, deliver, enter, plain, row
from tests.web.site import SIZES, Site, Size, launch

MANY = 100_000
UNREAD_EACH = 10  # every tenth is unread
MOST_ROWS = 60  # elements of the list at any time: two screens

# What dragging the scroll bar does: hundreds of places on the way, a frame for each.
DRAG = """async ([from, to, steps]) => {
  const list = document.querySelector('[role=list][aria-label=Inbox]').parentElement;
  const most = list.scrollHeight - list.clientHeight;
  let rows = 0;
  for (let step = 0; step <= steps; step += 1) {
    list.scrollTop = most * (from + ((to - from) * step) / steps);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    rows = Math.max(rows, list.querySelectorAll('[role=listitem]').length);
  }
  return rows;
}"""


@pytest.fixture(scope="module")
def large(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Ada has a hundred thousand messages, the newest of which is called `Message 1`."""
    server = MailwrightServer(tmp_path_factory.mktemp("large") / "data")
    server.prepare()
    server.start()
    browser = launch(playwright)
    site = Site(server, browser)
    deliver(site, "ada", plain("Pattern", "The text of all of them."))
    server.stop()
    fill(server)
    server.start()
    yield site
    browser.close()
    server.stop()


def fill(server: MailwrightServer) -> None:
    """Copies of the one message that is there, each a conversation of its own, put beside it row by row in the database."""
    core = build_core(load(**server.settings))

    def write(tx: Tx) -> None:
        pattern = tx.one("SELECT mailbox_id, user_id, received_at FROM messages WHERE subject = 'Pattern'")
        assert pattern is not None
        box, user_id, newest = pattern
        names = [str(each[0]) for each in tx.all("SELECT name FROM pragma_table_info('messages')")]
        first = mailboxes.take_uids(tx, box, 1, total=MANY, unseen=MANY // UNREAD_EACH, size=0)
        new = {
            "id": "printf('01a00000-0000-7000-8000-%012x', n.i)",
            "thread_id": "printf('01a00000-0000-7000-9000-%012x', n.i)",
            "uid": f"{first} + {MANY} - n.i",
            "subject": "'Message ' || n.i",
            "message_id": "'<' || n.i || '@example.org>'",
            "received_at": f"{newest} - n.i * {MINUTE}",
            "flags": f"CASE WHEN n.i % {UNREAD_EACH} = 0 THEN 0 ELSE 1 END",
        }
        chosen = ", ".join(new.get(name, f"m.{name}") for name in names)
        tx.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "
            f"INSERT INTO messages ({', '.join(names)}) SELECT {chosen} FROM n, messages m WHERE m.subject = 'Pattern'"
        )
        tx.execute("UPDATE users SET modseq = modseq + 1 WHERE id = ?", (user_id,))

    core.database.write_now(write)
    core.database.close()


def in_view(page: Page, subject: str) -> Locator:
    return page.locator("[data-row]").filter(has_text=re.compile(rf"{subject}(?!\d)"))


def drag(page: Page, begin: float, end: float, steps: int = 60) -> None:
    """From one place of the list to another, given as parts of it; what is there then is there soon, and no more than needed."""
    rows = page.evaluate(DRAG, [begin, end, steps])
    page.wait_for_function(
        """() => {
          const list = document.querySelector('[role=list][aria-label=Inbox]').parentElement;
          const edge = list.getBoundingClientRect();
          return [...list.querySelectorAll('[role=listitem]')]
            .filter((one) => one.getBoundingClientRect().bottom > edge.top && one.getBoundingClientRect().top < edge.bottom)
            .every((one) => one.querySelector('[data-row]'));
        }""",
        polling=20,
    )
    assert rows <= MOST_ROWS


@pytest.mark.parametrize("size", SIZES)
def test_it_opens_at_its_newest_and_counts_right(large: Site, size: Size) -> None:
    with large.visit(size) as visit:
        page = enter(visit, "ada")
        in_view(page, "Message 1").wait_for()
        assert counted(page) == MANY + 1
        page.get_by_text(f"{MANY + 1:,}", exact=True).wait_for()
        if size == "phone":
            page.get_by_role("button", name="Folders", exact=True).click()
        unread = f"{MANY // UNREAD_EACH + 1:,} unread"
        expect(page.get_by_role("navigation").get_by_role("link", name="Inbox")).to_contain_text(unread)
        visit.shot(page, "large")


def test_it_is_dragged_from_top_to_bottom_and_back(large: Site) -> None:
    with large.visit() as visit:
        page = enter(visit, "ada")
        in_view(page, "Message 1").wait_for()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/jmap" in request.url else None)
        drag(page, 0, 1, steps=200)
        last = in_view(page, f"Message {MANY}")
        expect(last).to_be_visible()
        expect(page.get_by_role("listitem").filter(has=last)).to_have_attribute("aria-posinset", str(MANY + 1))
        # What one passes by is not loaded.
        assert len(asked) <= 12
        visit.shot(page, "large-bottom")
        for begin, end in ((1, 0.5), (0.5, 0.25), (0.25, 0.75), (0.75, 0)):
            drag(page, begin, end)
        expect(in_view(page, "Message 1")).to_be_visible()


def test_it_is_gone_through_by_keys(large: Site) -> None:
    with large.visit() as visit:
        page = enter(visit, "ada")
        in_view(page, "Message 1").wait_for()
        page.keyboard.press("j")
        for _ in range(30):
            page.keyboard.press("j")
        expect(in_view(page, "Message 30")).to_be_focused()
        expect(in_view(page, "Message 30")).to_be_visible()
        page.keyboard.press("End")
        expect(in_view(page, f"Message {MANY}")).to_be_visible()
        page.keyboard.press("Home")
        expect(in_view(page, "Message 1")).to_be_visible()
        for _ in range(5):
            page.keyboard.press("PageDown")
        expect(page.locator("[data-row]").first).to_be_visible()
        assert page.locator("[role=listitem]").count() <= MOST_ROWS


def test_far_down_one_reads_archives_and_takes_it_back(large: Site) -> None:
    with large.visit() as visit:
        page = enter(visit, "ada")
        in_view(page, "Message 1").wait_for()
        drag(page, 0, 0.5)
        entry = page.locator("[data-row]").nth(10)
        subject = re.search(r"Message \d+", entry.inner_text())
        assert subject is not None
        entry.click()
        page.get_by_role("heading", level=2, name=subject[0]).wait_for()
        page.get_by_text("The text of all of them.").last.wait_for()
        page.keyboard.press("e")
        expect(in_view(page, subject[0])).to_have_count(0)
        following = f"Message {int(subject[0].split()[1]) + 1}"
        page.get_by_role("heading", level=2, name=following).wait_for()
        expect(in_view(page, following)).to_be_visible()
        assert counted(page) == MANY
        page.keyboard.press("z")
        page.get_by_text("Undone.").wait_for()
        expect(in_view(page, subject[0])).to_be_visible()
        assert counted(page) == MANY + 1


def test_what_arrives_stands_on_top_and_moves_nobody_away(large: Site) -> None:
    with large.visit() as visit:
        page = enter(visit, "ada")
        in_view(page, "Message 1").wait_for()
        drag(page, 0, 0.5)
        deliver(large, "ada", plain("Only just", "arrived"))
        expect(page.locator("[role=listitem][aria-setsize]").first).to_have_attribute("aria-setsize", str(MANY + 2))
        expect(row(page, "Message").first).to_be_visible()
        drag(page, 0.5, 0)
        expect(row(page, "Only just")).to_be_visible()
