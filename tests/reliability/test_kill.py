"""Killed with -9 at random moments while mail pours in through every entrance: nothing promised is lost, nothing is done twice.

Short in `make test`; `make crash` sets MAILWRIGHT_CRASH_SECONDS and goes on for so long. MAILWRIGHT_CRASH_SEED repeats the
moments of a run.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.reliability.examination import problems, wait_until_quiet
from tests.reliability.senders import Senders
from tests.servers.mailwright import PEOPLE, MailwrightServer

SHORT_KILLS = 4
SECONDS = float(os.environ.get("MAILWRIGHT_CRASH_SECONDS", "0"))
ASKERS = 10 + int(SECONDS / 5)  # one person is answered twenty times an hour at most


@pytest.mark.slow
@pytest.mark.timeout(240 + 4 * SECONDS)
def test_whatever_was_accepted_before_a_kill_is_there_once_and_done_once(tmp_path: Path) -> None:
    seed = int(os.environ.get("MAILWRIGHT_CRASH_SEED", random.randrange(10**9)))
    print(f"MAILWRIGHT_CRASH_SEED={seed}")
    moments = random.Random(seed)
    askers = tuple(f"asker{number}" for number in range(ASKERS))
    server = MailwrightServer(tmp_path / "data", log_level="warning")
    server.prepare(people=(*PEOPLE, *askers), plan="paid_200")
    senders = Senders(server, askers)
    server.start()
    senders.start()
    try:
        kills = _kill_again_and_again(server, moments)
        senders.finish()
        wait_until_quiet(server, 60 + SECONDS)
        server.stop()
    finally:
        server.kill()
    ledger = senders.ledger
    told = {channel: len(ledger.of(channel)) for channel in ("smtp", "lmtp", "submission", "hook", "task")}
    print(f"{kills} kills, {len(ledger.promises)} promises in {ledger.attempts} attempts: {told}")
    found = problems(server, ledger)
    assert not found, "\n".join([f"MAILWRIGHT_CRASH_SEED={seed}", *found[:40]])
    assert all(told.values()), told


def _kill_again_and_again(server: MailwrightServer, moments: random.Random) -> int:
    ends, kills = time.monotonic() + SECONDS, 0
    while kills < SHORT_KILLS or time.monotonic() < ends:
        time.sleep(moments.uniform(0.2, 2.0))
        server.kill()
        kills += 1
        if moments.random() < 0.25:  # a start is cut short as well
            server.start(wait=False)
            time.sleep(moments.uniform(0.2, 1.5))
            server.kill()
            kills += 1
        server.start()
    time.sleep(1.0)
    return kills
