"""An installation of many processes under load, while processes are killed and every service it needs breaks: it recovers without hands,
nothing promised is lost, nothing is filed twice, and who watches an account is told of everything.

Short in `make test`, on few processes; `make chaos` sets MAILWRIGHT_CHAOS_SECONDS and goes on for so long, with three processes of each
role. MAILWRIGHT_CHAOS_SEED repeats what was done.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.reliability.chaos import Front, Hand, Keeper, Timeline
from tests.reliability.examination import broken_promises, unfinished
from tests.reliability.programs import ADA, Programs
from tests.reliability.senders import Ledger, Senders
from tests.servers.installation import ROLES, Installation
from tests.servers.mailwright import PEOPLE, MailwrightServer

pytestmark = [pytest.mark.server, pytest.mark.slow]

SECONDS = float(os.environ.get("MAILWRIGHT_CHAOS_SECONDS", "0"))
SHORT_HARMS = 7
SHORT_ROLES = ("smtp,lmtp", "smtp,lmtp,imap,http,grpc", "worker", "worker,scheduler")
IMPATIENT = (  # what a killed worker was sending is looked for after seconds, not after minutes
    sys.executable,
    "-c",
    "import sys; from mailwright.core import dispatch; dispatch.LEASE //= 12; dispatch.SWEEP_EVERY //= 12; "
    "sys.argv = ['mailwright', 'up']; from mailwright.cli import main; sys.exit(main())",
)
ASKERS = tuple(f"asker{number}" for number in range(3 + int(SECONDS / 5)))
TASKS_EACH = 5  # one person is answered twenty times an hour at most
PAUSE = 0.25 if SECONDS else 0.75  # after each message: the load is even, and not what is measured
LARGE_EVERY = 60 if SECONDS else 10  # messages are few in a short run, and some must go to the store
RECOVERED_SECONDS = 300.0  # what a killed worker was sending waits for its lease
TELL_SECONDS = 10.0
OUTSIDE = "zoe@example.net"
GAUGES = re.compile(
    r"^(mailwright_(?:relay_lag|stream_pending|consumer_lag|queue_depth)(?:\{[^}]*\})?) ([0-9.e+]+)$", re.MULTILINE
)


@pytest.mark.timeout(600 + 5 * SECONDS)
def test_everything_recovers_and_every_promise_is_kept(tmp_path: Path) -> None:
    seed = int(os.environ.get("MAILWRIGHT_CHAOS_SEED", random.randrange(10**9)))
    print(f"MAILWRIGHT_CHAOS_SEED={seed}")
    try:
        installation = Installation(
            tmp_path, ROLES if SECONDS else SHORT_ROLES, log_level="warning", submission_per_hour=1_000_000
        )
    except LookupError as missing:
        pytest.skip(str(missing))
    if not SECONDS:
        for each in installation.processes.values():
            each.command = IMPATIENT
    timeline, front = Timeline(), Front(installation)
    senders = Senders(front, ASKERS, tasks_each=TASKS_EACH, pause=PAUSE, large_every=LARGE_EVERY, outside=OUTSIDE)
    programs = Programs(front, senders.ledger, pause=PAUSE, large_every=LARGE_EVERY)
    try:
        _survive(installation, senders, programs, random.Random(seed), timeline)
        found = [
            *_recovered(installation, timeline),
            *_examined(installation, senders.ledger),
            *_untold(installation, programs),
        ]
    finally:
        programs.stop()
        installation.destroy()
        print(timeline)
    assert not found, "\n".join([f"MAILWRIGHT_CHAOS_SEED={seed}", *found[:40], "What happened:", str(timeline)])


def _survive(
    installation: Installation, senders: Senders, programs: Programs, moments: random.Random, timeline: Timeline
) -> None:
    """Load and harm at once; when it returns, nobody does harm any more, and every process was started again."""
    installation.prepare(people=(*PEOPLE, *ASKERS), plan="paid_200")
    installation.start()
    timeline.note(f"all {len(installation.processes)} are ready")
    keeper = Keeper(installation, timeline)
    programs.start()
    senders.start()
    keeper.start()
    try:
        harms = Hand(installation, keeper, moments, timeline).harm(seconds=SECONDS, at_least=SHORT_HARMS)
        timeline.note("no more harm is done")
        senders.finish()
        programs.finish()
    finally:
        keeper.stop()
    timeline.note("every sender has its answer")
    ledger = senders.ledger
    told = Counter(promise.channel for promise in ledger.promises)
    print(f"{harms} harms, {len(ledger.promises)} promises in {ledger.attempts} attempts: {dict(told)}")
    assert {*told} == {"smtp", "lmtp", "submission", "hook", "task", "outside", "imap", "grpc"}, told


# --- recovering --------------------------------------------------------------------------------------------------------


def _recovered(installation: Installation, timeline: Timeline) -> list[str]:
    """Wait until all is well again. What is not when time is over."""
    ends, tell = time.monotonic() + RECOVERED_SECONDS + SECONDS, 0.0
    while left := [*_not_ready(installation), *_left_over(installation)]:
        if time.monotonic() > ends:
            return [f"not recovered: {line}" for line in left[:20]]
        if time.monotonic() > tell:
            timeline.note(f"not yet: {left[0][:200]}" + (f" and {len(left) - 1} more" if left[1:] else ""))
            tell = time.monotonic() + TELL_SECONDS
        time.sleep(0.5)
    timeline.note("everything has recovered")
    return []


def _not_ready(installation: Installation) -> Iterator[str]:
    for name, each in installation.processes.items():
        if each.process is None or each.process.poll() is not None:
            yield f"{name} does not run:\n{each.log()[-2000:]}"
            continue
        try:
            status, told = each.get("/readyz")
        except OSError as error:
            yield f"{name} does not answer: {error}"
            continue
        if status != 200 or '"ok":false' in told:
            yield f"{name} is not ready: {told}"
        elif "worker" in str(each.settings["roles"]):
            yield from _behind(name, each)


def _behind(name: str, process: MailwrightServer) -> Iterator[str]:
    for gauge, value in GAUGES.findall(process.get("/metrics")[1]):
        if float(value):
            yield f"{name}: {gauge} is {value}"


def _left_over(installation: Installation) -> list[str]:
    with psycopg.connect(installation.database_url) as database:
        flows = database.execute(
            "SELECT name, workflow_uuid, status FROM dbos.workflow_status WHERE status NOT IN ('SUCCESS', 'ERROR', 'CANCELLED')"
        ).fetchall()
        return [str(row) for row in [*unfinished(database), *flows]]


# --- what has become of it ---------------------------------------------------------------------------------------------


def _examined(installation: Installation, ledger: Ledger) -> list[str]:
    with psycopg.connect(installation.database_url) as database:
        found = broken_promises(database, ledger, lambda _, key: installation.stored(key))
        open_ones = database.execute("SELECT kind, blob_key FROM divergences WHERE settled_at IS NULL").fetchall()
    print(f"{len(open_ones)} divergences were noted while the store lied, and wait for the night")
    return found + _outside(installation, ledger)


def _untold(installation: Installation, programs: Programs) -> list[str]:
    """Who watches Ada's account knows all that is in it, whoever put it there."""
    held = dict(
        installation.rows(
            "SELECT CAST(m.id AS text), m.subject FROM messages m JOIN users u ON u.id = m.user_id WHERE u.email = %s",
            ADA,
        )
    )
    watcher = programs.watcher
    missing = sorted(held[each] for each in watcher.missing(held))
    print(f"the watcher knows {len(held) - len(missing)} messages of {len(held)}, and began anew {dict(watcher.cuts)}")
    return [f"nobody told the watcher of {len(missing)} of {len(held)}: {missing[:20]}"] if missing else []


def _outside(installation: Installation, ledger: Ledger) -> list[str]:
    """Each submission for elsewhere went there, under one Message-ID. How often it went twice is printed: nobody can rule it out."""
    got = {(subject, message_id): times for (_, subject, message_id), times in installation.sink.got.items()}
    named = Counter(subject for subject, _ in got)
    print(f"{len(named)} messages went outside, {sum(got.values()) - len(got)} times one of them once more")
    return [
        *(f"{promise.token} did not go out" for promise in ledger.of("outside") if promise.token not in named),
        *(f"{subject} went out with {times} Message-IDs" for subject, times in named.items() if times > 1),
        *(f"nobody sent {subject}, which went out" for subject in named if subject not in ledger.offered),
    ]
