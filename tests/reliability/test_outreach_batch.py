"""A batch of two hundred mails, and a server that is killed in the middle: every mail is written once, and what was found is not paid for twice."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from mailwright.core import accounts
from mailwright.core.outreach import making
from mailwright.domain.outreach import ScribeStep
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from tests.servers import outreachworld
from tests.servers.localweb import LocalWeb
from tests.servers.mailwright import DOMAIN, MailwrightServer
from tests.servers.outreachworld import INTEREST, TEMPLATE
from tests.servers.scribemodel import QUOTE, ScribeModel

MAILS = 200
MEBIBYTES = 512
PURPOSES = {
    ScribeStep.TEMPLATE.value: "template",
    ScribeStep.RESEARCH.value: "research",
    ScribeStep.COMPOSE.value: "compose",
}
Finished = set[tuple[str, str]]


def _ask_for_all(server: MailwrightServer) -> None:
    core = build_core(load(**server.settings))
    wishes = [making.Wish(name, TEMPLATE, INTEREST) for name in outreachworld.names(MAILS)]

    def make(tx: Tx) -> None:
        making.make_batch(tx, core, accounts.find(tx, f"ada@{DOMAIN}"), wishes, name="lamps", key="once")

    try:
        core.database.write_now(make)
        core.database.write_now(make)  # who is not sure that it was taken asks again
    finally:
        core.database.close()


def _statuses(server: MailwrightServer) -> Counter[str]:
    with server.opened() as database:
        return Counter(status for (status,) in database.execute("SELECT status FROM tasks WHERE agent = 'scribe'"))


def _finished(server: MailwrightServer) -> Finished:
    """The steps that are done, by the purpose of their question and the name of the recipient."""
    asked = "SELECT o.name, s.step FROM outreach_steps s JOIN outreach o ON o.task_id = s.task_id WHERE s.content != ''"
    with server.opened() as database:
        return {(PURPOSES[step], name) for name, step in database.execute(asked) if step in PURPOSES}


def _wait_until(server: MailwrightServer, status: str, count: int, seconds: float) -> int:
    """Until so many are; the most memory of the server and what it starts."""
    ends = time.monotonic() + seconds
    memory = 0
    while _statuses(server)[status] < count:
        if time.monotonic() > ends:
            raise TimeoutError(f"{dict(_statuses(server))}\n{server.log()[-3000:]}")
        memory = max(memory, server.family_bytes())
        time.sleep(0.1)
    return memory


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_batch_of_two_hundred_outlives_a_kill_and_pays_for_no_finished_step_twice(tmp_path: Path) -> None:
    with LocalWeb(outreachworld.make(tmp_path / "world", MAILS)) as web, ScribeModel(seconds=0.05) as model:
        server = MailwrightServer(
            tmp_path / "data", log_level="warning", **web.settings(), **model.settings(), scribe_per_day=1_000
        )
        server.command = outreachworld.HERE
        server.prepare(people=("ada",), employee=False)
        server.start()
        try:
            _ask_for_all(server)
            _wait_until(server, "complete", MAILS // 3, 150)
            server.kill()
            before, asked_before = _finished(server), len(model.calls)
            searched_before = web.count("search")
            assert len(before) < 3 * MAILS
            server.start()
            peak = _wait_until(server, "complete", MAILS, 240) / 1024**2
            server.stop()
        finally:
            server.kill()
        assert _statuses(server) == {"complete": MAILS}
        again = [(each.purpose, each.recipient) for each in model.calls[asked_before:]]
        assert [each for each in again if each in before] == []
        assert max(Counter(again).values()) == 1
        # Only what was in hand when it died was asked for once more: at most as many as are written at once.
        assert len(model.calls) <= 3 * MAILS + 8
        researched = sum(purpose == "research" for purpose, _ in before)
        assert web.count("search") - searched_before <= 2 * (MAILS - researched)
    _every_mail_says_what_stands(server)
    assert peak < MEBIBYTES


def _every_mail_says_what_stands(server: MailwrightServer) -> None:
    with server.opened() as database:
        rows = database.execute("SELECT name, body, sentences, is_confident FROM outreach").fetchall()
        counted = database.execute("SELECT generated FROM scribes").fetchall()
    assert sorted(name for name, *_ in rows) == sorted(outreachworld.names(MAILS))
    for name, body, sentences, is_confident in rows:
        states = Counter(each["state"] for each in json.loads(sentences))
        assert (name in body, QUOTE in body, states["verified"], states["marked"], bool(is_confident)) == (
            True,
            True,
            1,
            0,
            True,
        )
    assert counted == [(MAILS,)]
