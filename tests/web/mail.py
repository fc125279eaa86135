"""Mail for the tests of the webmail: put into mailboxes as it comes from outside, by LMTP, and the pages that show it.

Used by the tests of reading, organising, searching, hostile mail and live updates. Letters are written here byte by byte where a
well-behaved library would not write them.
"""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Sequence
from email.header import Header
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page

from tests.servers.mailwright import DOMAIN, PASSWORD
from tests.web.site import Site, Visit

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC"
)  # ten by ten pixels, red
EDGE = "edge-of-a-part"
_DATE = "Sat, 21 Nov 2026 09:00:00 +0000"


def enter(visit: Visit, name: str, path: str = "/app/mail/inbox") -> Page:
    """Come in without the form, which has tests of its own; the page at `path`."""
    answer = visit.context.request.post(
        visit.site.url + "/api/session", data={"email": f"{name}@{DOMAIN}", "password": PASSWORD}
    )
    assert answer.ok, answer.text()
    return visit.page(path)


def part(media_type: str, text: str | bytes, *fields: str) -> str:
    """A part of a message, base64 inside, with further header fields as they are given."""
    octets = text.encode() if isinstance(text, str) else text
    charset = "; charset=utf-8" if isinstance(text, str) else ""
    head = [f"Content-Type: {media_type}{charset}", "Content-Transfer-Encoding: base64", *fields]
    return "\r\n".join(head) + "\r\n\r\n" + base64.encodebytes(octets).decode().replace("\n", "\r\n")


def multipart(subtype: str, *parts: str) -> str:
    """Parts in one, to be given as `body` of a letter, or as a part of another."""
    edge = f"{EDGE}-{subtype}"
    inside = "".join(f"--{edge}\r\n{each}\r\n" for each in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{edge}"\r\n\r\n{inside}--{edge}--\r\n'


def letter(
    subject: str,
    body: str,
    *,
    sender: str = f"Chen <chen@{DOMAIN}>",
    to: str = f"Ada <ada@{DOMAIN}>",
    key: str | None = None,
    answers: str | None = None,
    fields: Sequence[str] = (),
) -> bytes:
    """A message whose `body` begins with its Content-Type. `key` names it and `answers` the one it answers, for a conversation."""
    head = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8').encode()}",
        f"Date: {_DATE}",
        *([f"Message-ID: <{key}@example.org>"] if key else []),
        *([f"In-Reply-To: <{answers}@example.org>"] if answers else []),
        *fields,
        "MIME-Version: 1.0",
    ]
    return ("\r\n".join(head) + "\r\n" + body).encode()


def plain(subject: str, text: str, **more: Any) -> bytes:
    """A message of plain text only."""
    return letter(subject, part("text/plain", text), **more)


def html(subject: str, source: str, **more: Any) -> bytes:
    """A message of HTML only."""
    return letter(subject, part("text/html", source), **more)


def deliver(site: Site, name: str, *letters: bytes) -> None:
    """Into the INBOX of one of the people, in this order; filed when this returns."""
    with smtplib.LMTP("127.0.0.1", site.server.lmtp_port, timeout=20) as client:
        for raw in letters:
            client.sendmail(f"chen@{DOMAIN}", [f"{name}@{DOMAIN}"], raw)


def row(page: Page, text: str) -> Locator:
    """The conversation of the list that has these words in it."""
    return page.locator("[data-row]").filter(has_text=text)


def show(page: Page, subject: str) -> Locator:
    """Open a conversation from the list; its last message."""
    row(page, subject).first.click()
    page.get_by_role("heading", level=2, name=subject).wait_for()
    card = page.get_by_role("article").last
    card.wait_for()
    return card


def frame(card: Locator) -> FrameLocator:
    """The HTML of a message."""
    return card.frame_locator("iframe")


def counted(page: Page) -> int:
    """How many conversations the list says it has."""
    return int(page.locator("[role=listitem][aria-setsize]").first.get_attribute("aria-setsize") or "-1")
