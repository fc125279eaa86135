"""The page about wishes from a program, and what the page about WhatsApp has one try: run as they stand there, against a whole Mailwright."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers.ports import free_port

from mailwright.core.followups import changing
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not all(map(shutil.which, ("curl", "jq", "openssl"))), reason="curl, jq or openssl is not installed"
    ),
]

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
WISHES, WHATSAPP = HOWTO / "wishes-from-a-program.md", HOWTO / "use-whatsapp.md"
ADA, PHONE = f"ada@{DOMAIN}", "+15551234567"
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def sample(page: Path, words: str) -> str:
    """The one sample of a page that has these words."""
    (found,) = [block for block in _SHELL.findall(page.read_text(encoding="utf-8")) if words in block]
    return str(found)


@dataclass
class Terminal:
    """The second terminal, beside a server."""

    server: MailwrightServer
    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    def run(self, *samples: str) -> str:
        """Run samples one after the other in one shell; what they said. Fails when they fail."""
        script = "\n".join(samples)
        for documented in ("http://127.0.0.1:8080", "https://mail.example.org"):
            script = script.replace(documented, f"http://127.0.0.1:{self.server.http_port}")
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MAILWRIGHT_")}
        settings = {f"MAILWRIGHT_{name.upper()}": str(value) for name, value in self.server.settings.items()}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env={**ours, **settings, **self.more, "PASSWORD": PASSWORD, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}\n{self.server.log()[-3000:]}"
        return done.stdout

    def hand_over(self, words: str) -> Any:
        """Run a sample that hands a wish over; the answer."""
        return json.loads(self.run(sample(WISHES, "hand_over()"), sample(WISHES, words)))

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.server.opened() as database:
            return database.execute(sql, values).fetchall()

    def letters(self) -> list[str]:
        """The subjects and previews of what the concierge wrote to Ada, oldest first."""
        return [
            f"{subject}: {preview}"
            for subject, preview in self.rows(
                "SELECT m.subject, m.preview FROM messages m JOIN users u ON u.id = m.user_id "
                "WHERE u.email = ? AND m.sender LIKE 'concierge@%' ORDER BY m.id",
                ADA,
            )
        ]

    def stand(self) -> list[str]:
        """Where the follow-ups stand, oldest first."""
        found = self.rows(
            "SELECT CASE t.status WHEN 'waiting' THEN t.stage ELSE t.status END FROM tasks t JOIN followups f ON f.task_id = t.id "
            "ORDER BY t.id"
        )
        return [each for (each,) in found]

    def until(self, found: Callable[[], Any], seconds: float = 120.0) -> Any:
        ends = time.monotonic() + seconds
        while not (value := found()):
            assert time.monotonic() < ends, (self.stand(), self.letters(), self.server.log()[-3000:])
            time.sleep(0.1)
        return value


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    server = MailwrightServer(
        tmp_path / "data",
        webhook_secret="a secret that only programs of our own have",
        concierge_trusts_hook=True,
        whatsapp_phone_number_id="106540352242922",
        whatsapp_access_token="a token",
        whatsapp_app_secret="the app's secret",
        whatsapp_verify_token="the verify token",
        whatsapp_url=f"http://127.0.0.1:{free_port()}",  # nobody is there: what is said by WhatsApp waits
    )
    server.prepare(people=("ada", "admin"), employee=False, concierge=True, roles={"admin": "admin"})
    server.start()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    yield Terminal(server, tmp_path)
    server.kill()


def test_a_wish_is_accepted_and_confirmed_and_the_same_again_is_a_duplicate(terminal: Terminal) -> None:
    assert terminal.hand_over("msg-001")["status"] == "accepted"
    [letter] = terminal.until(terminal.letters)
    assert "Follow up" in letter
    assert terminal.stand() in (["pending"], ["clarifying"])  # by the day of the week
    assert terminal.hand_over("msg-001")["status"] == "duplicate"
    time.sleep(2)
    assert len(terminal.letters()) == 1
    listed = terminal.run(sample(WISHES, "followup list"))
    assert "Follow up with Dr office about test results" in listed


def test_a_wish_that_is_not_clear_is_asked_about_once_and_the_answer_settles_it(terminal: Terminal) -> None:
    assert terminal.hand_over("msg-ambiguous-001")["status"] == "accepted"
    [_question] = terminal.until(terminal.letters)
    assert terminal.stand() == ["clarifying"]
    assert terminal.hand_over("msg-ambiguous-001")["status"] == "duplicate"
    assert terminal.hand_over("msg-answer-001")["status"] == "accepted"
    terminal.until(lambda: terminal.stand() == ["pending"])
    terminal.until(lambda: len(terminal.letters()) == 2)


def test_a_wish_by_whatsapp_is_accepted_once(terminal: Terminal) -> None:
    terminal.run(f".venv/bin/mailwright user set-phone {ADA} {PHONE}")
    assert json.loads(terminal.run(sample(WHATSAPP, "wamid.abc123")))["status"] == "accepted"
    terminal.until(terminal.stand)
    assert terminal.rows("SELECT channel FROM followups") == [("whatsapp",)]
    assert json.loads(terminal.run(sample(WHATSAPP, "wamid.abc123")))["status"] == "duplicate"
    assert terminal.letters() == [], "it is answered where it was said"


def test_what_failed_is_listed_and_tried_again_by_an_admin(terminal: Terminal) -> None:
    terminal.run(f".venv/bin/mailwright followup add {ADA} 'Call the clinic' 'in 3 days'")
    terminal.hand_over("msg-ambiguous-001")
    terminal.until(terminal.letters)
    terminal.server.stop()
    task_id, outbox_id = _let_fail(terminal.server)
    terminal.server.start()
    terminal.more = {"TASK_ID": task_id, "OUTBOX_ID": outbox_id}
    signed_in = sample(WISHES, "/admin/tasks/failed")
    tasks, messages = _answers(terminal.run(signed_in))
    assert [each["id"] for each in tasks["tasks"]] == [task_id]
    assert [each["id"] for each in messages["items"]] == [outbox_id]
    events, task, message = _answers(terminal.run(signed_in, sample(WISHES, "/retry")))[2:]
    assert [each["status"] for each in events["events"]][-2:] == ["due", "failed"]
    assert (task["id"], task["status"]) == (task_id, "waiting")
    assert (message["id"], message["status"]) == (outbox_id, "queued")
    terminal.until(lambda: [each for each in terminal.letters() if each.startswith("Reminder: Call the clinic")], 120)
    terminal.until(lambda: terminal.rows("SELECT status FROM outbox WHERE id = ?", outbox_id) == [("sent",)])
    assert len(terminal.letters()) == 2, "whoever has the question already gets no second one"
    assert _answers(terminal.run(signed_in, sample(WISHES, "/retention/redact")))[-1] == {"redacted": 0, "skipped": 0}


def _let_fail(server: MailwrightServer) -> tuple[str, str]:
    """A reminder could not be made, and a letter could not be sent: the ids of the task and of the row."""
    core = build_core(load(**server.settings))

    def fail(tx: Tx) -> tuple[str, str]:
        task_id = str(tx.scalar("SELECT task_id FROM followups WHERE what = 'Call the clinic'"))
        changing.take(tx, [changing.held(tx, task_id)])
        changing.fail(tx, core, task_id, because="its reminder could not be made")
        outbox_id = str(tx.scalar("SELECT id FROM outbox"))
        tx.execute("UPDATE outbox SET status = 'failed' WHERE id = ?", (outbox_id,))
        return task_id, outbox_id

    try:
        return core.database.write_now(fail)
    finally:
        core.database.close()


def _answers(said: str) -> list[Any]:
    """The JSON answers of several calls."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(said.rstrip()):
        value, at = decoder.raw_decode(said, at)
        found.append(value)
        at += len(said[at:]) - len(said[at:].lstrip())
    return found
