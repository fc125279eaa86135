"""A Gmail account, from Google's page to the draft in its thread: a whole Mailwright in a process of its own, beside Google's twin.

Everything is asked for as browsers, Pub/Sub and Ada in Gmail do. What takes hours is made to have happened while the server is down.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from mailwright.codecs import mime
from mailwright.core import accounts, assistants
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.gmail import LABELS
from mailwright.domain.triage import Category
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from mailwright.storage.audit import SYSTEM
from tests.servers.gmail import ACCOUNT, CLIENT_ID, CLIENT_SECRET, TOPIC, Box, GmailService, Message, letter
from tests.servers.googlekeys import Keys
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

pytestmark = pytest.mark.slow

ADDRESS = "ada@gmail.example"
NEEDS_REPLY, INFORMATIONAL = LABELS[Category.NEEDS_REPLY], LABELS[Category.INFORMATIONAL]
TEXT = """Dear Ada,

could you please tell me when you can come and look at the roof, and what it will cost?
Can we meet on Tuesday?

Kind regards
Bashir
"""


class Person:
    """Somebody at a browser."""

    def __init__(self, server: MailwrightServer, name: str) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{server.http_port}", timeout=30)
        answer = self.http.post("/api/session", json={"email": f"{name}@{DOMAIN}", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.http.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def come_back(self, url: str) -> dict[str, str]:
        """Follow where Google's page leads; what our page is told."""
        parts = urlsplit(url)
        answer = self.http.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 303
        led = urlsplit(answer.headers["location"])
        assert (led.scheme, led.netloc, led.path) == ("", "", "/app/assistant")
        return dict(parse_qsl(led.query))

    def connect(self, google: GmailService, address: str = ADDRESS) -> str:
        """Through Google's page and back; the id of the connection."""
        url = self.ask("POST", "/api/connections/gmail")["url"]
        assert url.startswith(google.auth_url)
        return self.come_back(google.consent(url, address))["connected"]

    def connection(self) -> dict[str, Any]:
        [found] = self.get("/api/connections")["connections"]
        return found  # type: ignore[no-any-return]

    def item(self, subject: str = "The offer for the roof") -> dict[str, Any]:
        """What the assistant's pages say of a mail; nothing when they say nothing."""
        found = self.get("/api/assistant/items")["items"]
        return next((each for each in found if each["subject"] == subject), {})


class Room:
    """The server, Google, and Ada, who has both."""

    def __init__(self, server: MailwrightServer, google: GmailService) -> None:
        self.server, self.google = server, google
        self.audience = f"http://127.0.0.1:{server.http_port}/api/webhook/gmail"
        self.box: Box = google.box(ADDRESS)
        self.sent: list[Message] = []

    def open(self) -> Person:
        self.server.start()
        self.ada = Person(self.server, "ada")
        return self.ada

    def connected(self) -> str:
        """Ada connects; the watch is set and said to work."""
        made = self.ada.connect(self.google)
        self.until(lambda: self.google.watched.get(ADDRESS))
        self.box.receive(sender="News <news@example.net>", subject="Hello", text="Nothing is asked here. " * 3)
        self.push_all()
        self.until(lambda: self.ada.connection()["state"] == "connected")
        return made

    def push_all(self, *, times: int = 1) -> None:
        """Pub/Sub delivers what there is."""
        told, self.google.pushes[:] = list(self.google.pushes), []
        for push in told * times:
            assert self.google.push(push, self.audience, self.audience) == 204

    def receive(self, subject: str = "The offer for the roof", **said: str) -> Message:
        made = {"sender": "Bashir <bashir@example.net>", "text": TEXT, "header_id": "<offer@example.net>", **said}
        return self.box.receive(letter(to=ADDRESS, subject=subject, **made))

    def drafts(self) -> list[Message]:
        with self.box.lock:
            return [self.box.messages[each] for each in self.box.drafts.values()]

    def until(self, found: Callable[[], Any], seconds: float = 120.0) -> Any:
        ends = time.monotonic() + seconds
        while not (value := found()):
            assert time.monotonic() < ends, f"it did not come true:\n{self.server.log()[-4000:]}\n{self.told()}"
            time.sleep(0.1)
        return value

    def told(self) -> str:
        """How things stand, for who reads why a test failed."""
        wanted = (
            "state, because, cursor, announced, failures FROM connections",
            "category, shown, decided_by FROM triage",
        )
        asked = [f"{each.method} {each.path} {each.body or ''}" for each in self.google.asked[-20:]]
        return "\n".join([*(str(self.rows(f"SELECT {each}")) for each in wanted), *asked])

    def labelled(self, message: Message, label: str) -> bool:
        return label in self.box.names_on(message.id)

    def change(self, sql: str, *values: object) -> None:
        """Time has passed: while the server is down."""
        assert self.server.process is None
        with sqlite3.connect(self.server.data / "mailwright.db") as database:
            database.execute(sql, values)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.server.opened() as database:
            return database.execute(sql).fetchall()

    def assert_keeps_secrets(self) -> None:
        """Neither tokens nor a mail's words are in a log, an answer or the audit trail."""
        tokens = [*self.google.access, *self.google.refresh, CLIENT_SECRET]
        shown = json.dumps(self.ada.get("/api/connections")) + json.dumps(self.rows("SELECT * FROM audit_events"))
        for where in (self.server.log(), shown):
            assert not [each for each in tokens if each in where]
            for word in ("roof", "Kind regards", "ya29.", "1//"):
                assert word not in where


@pytest.fixture
def google() -> Iterator[GmailService]:
    made = GmailService()
    yield made
    made.stop()


@pytest.fixture
def room(google: GmailService, tmp_path: Path) -> Iterator[Room]:
    server = MailwrightServer(
        tmp_path / "data",
        google_client_id=CLIENT_ID,
        google_client_secret=CLIENT_SECRET,
        google_auth_url=google.auth_url,
        google_token_url=google.token_url,
        google_revoke_url=google.revoke_url,
        google_keys_url=google.keys_url,
        google_pubsub_topic=TOPIC,
        google_push_account=ACCOUNT,
        gmail_url=google.url,
    )
    server.settings["public_url"] = f"http://127.0.0.1:{server.http_port}"
    server.prepare(people=("ada", "eve"), employee=False)
    core = build_core(load(**server.settings))

    def switch_on(tx: Tx) -> None:
        for name in ("ada", "eve"):
            assistants.switch_on(tx, core, accounts.find(tx, f"{name}@{DOMAIN}"), by=SYSTEM)

    core.database.write_now(switch_on)
    core.database.close()
    made = Room(server, google)
    made.open()
    yield made
    server.stop()


def test_a_question_has_its_label_and_a_draft_in_its_thread(room: Room) -> None:
    room.connected()
    mail = room.receive()
    room.push_all(times=3)
    [draft] = room.until(room.drafts)
    parsed = mime.parse(draft.raw)
    room.until(lambda: room.labelled(mail, NEEDS_REPLY))
    assert draft.thread_id == mail.thread_id
    assert parsed.subject == "Re: The offer for the roof"
    assert [each.address for each in parsed.header.mailboxes("To")] == ["bashir@example.net"]
    assert [each.address for each in parsed.from_] == [ADDRESS]
    assert (parsed.in_reply_to, parsed.references) == (("<offer@example.net>",), ("<offer@example.net>",))
    assert "UNREAD" in room.box.messages[mail.id].labels  # nothing is marked as read
    # Told of again, in another order, and of what was long read: it stays one.
    other = room.receive("And the chimney?", header_id="<chimney@example.net>", text=TEXT.replace("roof", "chimney"))
    stale = room.google.make_push(ADDRESS, room.box.history_id - 70)
    room.google.pushes[:] = [*reversed(room.google.pushes), stale, *room.google.pushes]
    room.push_all(times=2)
    room.until(lambda: len(room.drafts()) == 2)
    time.sleep(3)
    assert sorted(each.thread_id for each in room.drafts()) == sorted([mail.thread_id, other.thread_id])
    assert room.rows("SELECT count(*) FROM outbox") == [(0,)]  # nothing leaves
    room.until(lambda: room.ada.connection()["state"] == "connected")
    room.assert_keeps_secrets()


def test_what_the_owner_labels_in_gmail_is_a_correction_and_a_rule_and_a_click_here_changes_the_label_there(
    room: Room,
) -> None:
    room.connected()
    mail = room.receive()
    room.push_all()
    room.until(room.drafts)
    room.until(lambda: room.labelled(mail, NEEDS_REPLY))
    item = room.ada.item()
    needs_reply = next(each for each, name in room.box.labels.items() if name == NEEDS_REPLY)
    informational = next(each for each, name in room.box.labels.items() if name == INFORMATIONAL)
    room.box.relabel(mail.id, add=[informational], remove=[needs_reply])
    room.push_all()
    room.until(lambda: room.ada.item()["category"] == "informational")
    [rule] = room.ada.get("/api/assistant/rules")["rules"]
    assert (rule["sender"], rule["category"], rule["made_by"]) == ("bashir@example.net", "informational", "correction")
    # Second thoughts, in Gmail again.
    room.box.relabel(mail.id, add=[needs_reply], remove=[informational])
    room.push_all()
    room.until(lambda: room.ada.item()["category"] == "needs_reply")
    # And here, by one click.
    room.ada.ask("POST", f"/api/assistant/items/{item['id']}/correct", {"category": "informational"})
    room.until(lambda: room.labelled(mail, INFORMATIONAL) and not room.labelled(mail, NEEDS_REPLY))
    room.push_all()  # what we did there ourselves is no correction
    time.sleep(2)
    assert room.ada.item()["category"] == "informational"


def test_pushes_that_do_not_come_lose_no_mail_and_are_not_called_connected(room: Room) -> None:
    room.connected()
    room.server.stop()
    hours_ago = clock.now() - 2 * HOUR
    room.change(
        "UPDATE connections SET watched_at = ?, pushed_at = ?, looked_at = ?, next_look_at = ?", *[hours_ago] * 4
    )
    mail = room.receive()
    mail.received_ms -= 10 * 60_000
    room.google.pushes.clear()  # they died
    room.open()
    room.until(room.drafts, seconds=100)  # the round of the minute
    found = room.ada.connection()
    assert found["state"] == "delayed"
    assert "Google had not told of" in found["because"]
    # The history is gone: everything recent is looked through, once more.
    room.receive("And the chimney?", header_id="<chimney@example.net>", text=TEXT.replace("roof", "chimney"))
    room.box.forget_history()
    room.push_all()
    room.until(lambda: len(room.drafts()) == 2)
    room.until(lambda: room.ada.connection()["state"] == "connected")
    assert room.rows("SELECT count(*) FROM triage") == [(3,)]


def test_who_takes_back_what_was_allowed_is_told_so_and_connects_again(room: Room) -> None:
    room.connected()
    room.google.revoke(ADDRESS)
    missed = room.receive()
    room.push_all()
    room.until(lambda: room.ada.connection()["state"] == "revoked")
    assert "sign in there again" in room.ada.connection()["because"]
    asked = len(room.google.asked)
    room.push_all()
    time.sleep(1)
    assert len(room.google.asked) == asked  # Google is left alone
    room.ada.connect(room.google)
    [draft] = room.until(room.drafts)
    assert draft.thread_id == missed.thread_id


def test_one_mail_by_its_gmail_id_a_status_and_letting_go(room: Room) -> None:
    connection_id = room.connected()
    old = room.receive()
    old.received_ms -= 90 * 24 * 3600 * 1000
    room.google.pushes.clear()  # nobody told of it
    asked = room.ada.ask("POST", "/api/process-email", {"email_id": old.id}, status=201)
    assert asked["email_id"] in (old.id, room.ada.item().get("id"))

    def done() -> dict[str, Any] | None:
        found: dict[str, Any] = room.ada.get(f"/api/task-status/{asked['task_id']}")
        return found if found["stage"] == "draft_created" else None

    told = room.until(done)
    [draft_id] = room.box.drafts
    assert (told["ai_response"]["category"], told["ai_response"]["draft_id"]) == ("needs_reply", draft_id)
    eve = Person(room.server, "eve")
    eve.ask("POST", "/api/process-email", {"email_id": old.id}, status=404)
    eve.ask("DELETE", f"/api/connections/{connection_id}", status=404)
    assert room.ada.ask("DELETE", f"/api/connections/{connection_id}") == {"removed": True, "revoked": True}
    assert room.google.refresh == {}
    assert room.rows("SELECT count(*) FROM triage") == [(0,)]
    room.box.receive()
    room.push_all()  # of an account that nobody here has: taken, and nothing is done
    assert len(room.box.drafts) == 1


def test_nobody_is_led_to_anothers_account_and_a_forged_push_is_not_heard(room: Room) -> None:
    eve = Person(room.server, "eve")
    # Eve sets out and gives Ada the address that Google led to, to have Ada's pages work on Eve's Gmail.
    led = room.google.consent(eve.ask("POST", "/api/connections/gmail")["url"], "eve@gmail.example")
    assert room.ada.come_back(led) == {"error": "expired"}
    # Also when Ada has set out herself; and with Eve's own state once Ada's browser was given Eve's cookie.
    room.ada.ask("POST", "/api/connections/gmail")
    assert room.ada.come_back(led) == {"error": "expired"}
    room.ada.http.cookies.set("mailwright_connect", eve.http.cookies["mailwright_connect"], domain="127.0.0.1")
    assert room.ada.come_back(led) == {"error": "expired"}
    # Ada allows it on a page that Eve made: it is not Eve who gets Ada's mail.
    bait = eve.ask("POST", "/api/connections/gmail")["url"]
    assert room.ada.come_back(room.google.consent(bait, ADDRESS)) == {"error": "expired"}
    assert room.rows("SELECT count(*) FROM connections") == [(0,)]
    room.connected()
    room.receive()
    [push, *_] = room.google.pushes
    room.google.pushes.clear()
    url, aud, keys = room.audience, room.audience, room.google.keys
    forged = {
        "no token": "",
        "no JWT": "a.b.c",
        "another's": keys.token("https://eve.example/hook"),
        "another account's": keys.token(aud, email="pushes@eve.iam.gserviceaccount.com"),
        "not verified": keys.token(aud, claims={"email_verified": False}),
        "too old": keys.token(aud, at=time.time() - 7200),
        "another issuer's": keys.token(aud, claims={"iss": "https://eve.example"}),
        "signed by Eve": Keys().token(aud, kid=keys.newest.kid),
        "of a key nobody has": Keys().token(aud),
    }
    for name, token in forged.items():
        assert room.google.push(push, url, aud, token=token) == 401, name
    before = room.google.keys_asked
    for _ in range(120):
        status = room.google.push(push, url, aud, token=Keys.token(keys, aud, kid="none"))
    assert status == 429
    assert room.google.keys_asked <= before + 1
    assert room.google.push(push, url, aud) == 204  # Google itself is not kept out
    room.until(room.drafts)
    headers, _body = room.google.push_request(push, aud)
    too_long = httpx.post(url, headers=headers, content=b" " * 100_000)
    assert too_long.status_code == 413
