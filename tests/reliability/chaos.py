"""Chaos for an installation of many processes: a random hand that kills processes and breaks services, a keeper that starts again
whatever ended, as an init system does, and the timeline of all of it.

The seed decides what is done, to whom and for how long; what was under way at that moment is not repeatable.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count

from tests.servers.installation import Installation
from tests.servers.mailwright import MailwrightServer

KEPT_LINES = 80  # of the timeline, in a failure
LOOK_SECONDS = 0.3  # between two looks at the processes
CUT_SHORT = 0.2  # of the starts
LONGEST_SECONDS = 5.0  # a service is away


class Timeline:
    """What happened when, in seconds since the beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        """Write down that this happened now."""
        self.lines.append(f"{time.monotonic() - self._began:7.1f} s  {text}")

    def __str__(self) -> str:
        left_out = len(self.lines) - KEPT_LINES
        return "\n".join([*([f"({left_out} lines before)"] if left_out > 0 else []), *self.lines[-KEPT_LINES:]])


class Front:
    """The doors of all processes as one place: every attempt goes to the next one, as a sender with several exchangers does."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._turns = count()

    @property
    def smtp_port(self) -> int:
        return self._next("smtp").smtp_port

    @property
    def lmtp_port(self) -> int:
        return self._next("lmtp").lmtp_port

    @property
    def http_port(self) -> int:
        return self._next("http").http_port

    @property
    def imaps_port(self) -> int:
        return self._next("imap").imaps_port

    @property
    def grpc_port(self) -> int:
        return self._next("grpc").grpc_port

    def submit(self, name: str, raw: bytes, recipients: Sequence[str], *, timeout: float) -> None:
        """As `MailwrightServer.submit`; Ada's From is Ada's whoever takes it."""
        self._next("smtp").submit(name, raw, recipients, timeout=timeout)

    def _next(self, role: str) -> MailwrightServer:
        able = self._installation.having(role)
        return able[next(self._turns) % len(able)]


class Keeper:
    """Starts a process again that has ended, whoever ended it. It does not wait until it is ready."""

    def __init__(self, installation: Installation, timeline: Timeline) -> None:
        self._installation, self._timeline = installation, timeline
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(30)

    def kill(self, name: str) -> None:
        """End a process with SIGKILL; it is started again at the next look."""
        with self._lock:
            self._installation.processes[name].kill()
            self._timeline.note(f"{name} is killed")

    def _keep(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            with self._lock:
                for name, each in self._installation.processes.items():
                    status = None if each.process is None else each.process.poll()
                    if each.process is None or status is not None:
                        self._timeline.note(
                            f"{name} is started" if status is None else f"{name} ended with {status}, is started"
                        )
                        each.start(wait=False)


class Hand:
    """Does harm, one thing after the other, and puts each service right again; processes are the keeper's."""

    def __init__(self, installation: Installation, keeper: Keeper, moments: random.Random, timeline: Timeline) -> None:
        self._installation, self._keeper = installation, keeper
        self._moments, self._timeline = moments, timeline
        self._harms: list[Callable[[], None]] = [
            self._kill,
            self._kill,
            self._kill,
            self._valkey_away,
            self._valkey_emptied,
            self._valkey_frozen,
            self._database_away,
            self._store_slow,
            self._store_failing,
            self._store_lying,
            self._store_forgetful,
        ]

    def harm(self, *, seconds: float, at_least: int) -> int:
        """For so long, and so many times; everything of the list comes before anything comes again. How many times."""
        ends, done = time.monotonic() + seconds, 0
        while done < at_least or time.monotonic() < ends:
            for harm in self._moments.sample(self._harms, len(self._harms)):
                if done >= at_least and time.monotonic() >= ends:
                    break
                time.sleep(self._moments.uniform(0.2, 2.0))
                harm()
                done += 1
        return done

    def _kill(self) -> None:
        name = self._moments.choice(list(self._installation.processes))
        self._keeper.kill(name)
        if self._moments.random() < CUT_SHORT:
            time.sleep(self._moments.uniform(0.5, 3.0))
            self._keeper.kill(name)

    def _valkey_away(self) -> None:
        valkey = self._installation.valkey
        self._spell("Valkey is stopped", valkey.stop, "Valkey is back", valkey.start)

    def _valkey_emptied(self) -> None:
        self._installation.valkey.empty()
        self._timeline.note("Valkey is emptied")

    def _valkey_frozen(self) -> None:
        valkey = self._installation.valkey
        self._spell("Valkey is frozen", valkey.freeze, "Valkey is thawed", valkey.thaw)

    def _database_away(self) -> None:
        postgresql = self._installation.postgresql
        self._spell("PostgreSQL is stopped", postgresql.stop, "PostgreSQL is back", postgresql.start)

    def _store_slow(self) -> None:
        self._store("is slow", "seconds", self._moments.uniform(0.3, 2.0), 0.0)

    def _store_failing(self) -> None:
        self._store("fails", "failing", 1_000_000, 0)

    def _store_lying(self) -> None:
        self._store("lies", "lying", True, False)

    def _store_forgetful(self) -> None:
        self._installation.meddler.forgetful = self._moments.randrange(1, 6)
        self._timeline.note("the object store loses answers to what it has stored")

    def _store(self, how: str, name: str, worse: object, honest: object) -> None:
        meddler = self._installation.meddler
        self._spell(
            f"the object store {how}",
            lambda: setattr(meddler, name, worse),
            "the object store is itself again",
            lambda: setattr(meddler, name, honest),
        )

    def _spell(self, begun: str, harm: Callable[[], None], over: str, mend: Callable[[], None]) -> None:
        harm()
        self._timeline.note(begun)
        time.sleep(self._moments.uniform(0.5, LONGEST_SECONDS))
        mend()
        self._timeline.note(over)
