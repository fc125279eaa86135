"""IMAP: what a mail program does with a large mailbox, beside Dovecot with the same mail in the same run.

Goals: FETCH and STORE within twice Dovecot's time, SEARCH by text three times as fast as Dovecot without a full-text index,
APPEND over 20 connections ahead of it. Both servers speak in clear on this machine to the same client.
"""

from __future__ import annotations

import random
import resource
import smtplib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers import dovecot
from tests.servers.dovecot import DovecotServer
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

from benchmarks.figures import Figure, percentile, rounded
from benchmarks.imapclient import Client

MESSAGES = 50_000
CONNECTIONS = 20
IDLERS = 200
WITHIN = 2.0
SEARCH_TIMES = 3.0
WORDS = 4_000
MEBIBYTE = 1024 * 1024


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Every figure of IMAP."""
    count = 2_000 if short else MESSAGES
    rounds = 1 if short else 3
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(
            Path(folder) / "data",
            default_quota_bytes="none",
            log_level="warning",
            allow_clear_sign_in=True,
            verify_inbound=False,
        )
        server.prepare(people=("ada", "bashir"), employee=False)
        server.start()
        peer = DovecotServer() if dovecot.is_installed() else None
        try:
            ours = _Side(server.imap_port, f"ada@{DOMAIN}", PASSWORD)
            theirs = None if peer is None else _Side(peer.imap_port, "ada", "any")
            sides = [ours] + ([theirs] if theirs else [])
            letters = letters_of(count)
            for side in sides:
                side.fill(letters)
            _wait_for_index(server)
            yield from _commands(ours, theirs, count, rounds)
            yield from _durable_stores(ours, count, rounds)
            yield from _appends(ours, theirs, 400 if short else 4_000, rounds)
        finally:
            server.stop()
            if peer is not None:
                peer.destroy()
        yield from _waiting(Path(folder) / "idle", 20 if short else IDLERS)


def _waiting(folder: Path, count: int) -> Iterator[Figure]:
    """Idle connections, on servers that did nothing else: memory that was used before would hide theirs."""
    folder.mkdir()
    server = MailwrightServer(folder / "data", log_level="warning", allow_clear_sign_in=True, verify_inbound=False)
    server.prepare(people=("bashir",), employee=False)
    server.start()
    peer = DovecotServer() if dovecot.is_installed() else None
    try:
        yield from _idle(server, peer, count)
    finally:
        server.stop()
        if peer is not None:
            peer.destroy()


class _Side:
    """A server, and an account on it."""

    def __init__(self, port: int, name: str, password: str) -> None:
        self.port, self.name, self.password = port, name, password

    def client(self) -> Client:
        client = Client(self.port)
        client.login(self.name, self.password)
        return client

    def fill(self, letters: list[bytes]) -> None:
        client = self.client()
        client.run("CREATE Big")
        client.append_many("Big", letters)
        client.close()

    def timed(self, rounds: int, command: Callable[[Client], object], *, select: str = "Big") -> float:
        """The median seconds of a command in a session that has selected the mailbox."""
        took = []
        for _ in range(rounds):
            client = self.client()
            client.run(f"SELECT {select}")
            began = time.perf_counter()
            command(client)
            took.append(time.perf_counter() - began)
            client.close()
        return statistics.median(took)


def letters_of(count: int) -> list[bytes]:
    """Messages of 1 to 8 KiB of words, some common and most rare; the same for everybody."""
    chance = random.Random(7)
    words = [
        "".join(chance.choice("bcdfghklmnprstvw") + chance.choice("aeiou") for _ in range(chance.randint(2, 5)))
        for _ in range(WORDS)
    ]
    letters = []
    for number in range(count):
        lines = []
        for _ in range(chance.randint(10, 100)):
            lines.append(" ".join(words[min(int(chance.paretovariate(0.5)), WORDS) - 1] for _ in range(10)))
        subject = " ".join(chance.choice(words) for _ in range(5))
        letters.append(
            (
                f"From: {chance.choice(words).title()} <{chance.choice(words)}@example.org>\r\nTo: Ada <ada@{DOMAIN}>\r\n"
                f"Subject: {subject}\r\nMessage-ID: <{number}.bench@example.org>\r\n"
                f"Date: Fri, {number % 28 + 1} Aug 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                + "\r\n".join(lines)
                + "\r\n"
            ).encode()
        )
    letters[count // 2] = letters[count // 2].replace(b"\r\n\r\n", b"\r\n\r\nthe needle in this haystack\r\n", 1)
    return letters


def _wait_for_index(server: MailwrightServer, seconds: float = 600.0) -> None:
    """Until everything is in the search index: what is measured is searching, not indexing."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for line in server.get("/metrics")[1].splitlines():
            if line.startswith('mailwright_consumer_lag{group="indexers"') and float(line.rsplit(" ", 1)[1]) == 0:
                return
        time.sleep(0.5)
    raise TimeoutError("the index is not complete")


def _commands(ours: _Side, theirs: _Side | None, count: int, rounds: int) -> Iterator[Figure]:
    numbers = random.Random(3).sample(range(1, count + 1), min(1_000, count))

    def bodies(client: Client) -> None:
        for number in numbers:
            client.run(f"FETCH {number} (UID BODY.PEEK[])")

    def select(client: Client) -> None:
        client.run("SELECT Big")

    def each(flag: str) -> Callable[[Client], None]:
        def store(client: Client) -> None:
            for number in numbers[:300]:
                client.run(f"STORE {number} {flag}")

        return store

    def toggle(client: Client) -> None:
        client.run("STORE 1:* +FLAGS.SILENT (\\Seen)")
        client.run("STORE 1:* -FLAGS.SILENT (\\Seen)")

    def both(client: Client) -> None:
        each("+FLAGS (\\Flagged)")(client)
        each("-FLAGS (\\Flagged)")(client)

    plans: list[tuple[str, Callable[[Client], object], float | None]] = [
        (f"SELECT of {count} messages", select, None),
        (f"FETCH 1:* (FLAGS UID), {count} messages", lambda c: c.run("FETCH 1:* (FLAGS UID)"), WITHIN),
        (f"FETCH 1:* (ENVELOPE), {count} messages, again", lambda c: c.run("FETCH 1:* (ENVELOPE)"), WITHIN),
        ("FETCH of 1,000 bodies with one command", lambda c: c.run("FETCH 1:1000 (UID BODY.PEEK[])"), WITHIN),
        ("FETCH of 1,000 bodies, one by one", bodies, WITHIN),
        (f"STORE 1:* +FLAGS.SILENT and -FLAGS.SILENT, {count} messages", toggle, WITHIN),
        ("STORE +FLAGS and -FLAGS, 300 one by one", both, WITHIN),
        ("SEARCH by header (SUBJECT)", lambda c: c.run("SEARCH SUBJECT needle"), None),
    ]
    for side in [ours] + ([theirs] if theirs else []):
        side.timed(1, lambda client: client.run("FETCH 1:* (ENVELOPE)"))  # both keep what they worked out
    for name, command, within in plans:
        yield from _beside(name, ours, theirs, rounds, command, within)
    for what in ("haystack", "zzqqxx"):
        yield from _searches(what, ours, theirs, rounds)
    took = [_sign_in(side, 20) for side in [ours] + ([theirs] if theirs else [])]
    more: dict[str, object] = {"dovecot_ms": rounded(took[1] * 1000)} if len(took) > 1 else {}
    yield Figure("LOGIN and SELECT", took[0] * 1000, "ms", more=more)


def _durable_stores(ours: _Side, count: int, rounds: int) -> Iterator[Figure]:
    """Flags one by one, beside a Dovecot that has them on the disk as well when it says OK."""
    if not dovecot.is_installed():
        return
    peer = DovecotServer(durable=True)
    try:
        theirs = _Side(peer.imap_port, "ada", "any")
        theirs.fill(letters_of(min(count, 1_000)))

        def store(client: Client) -> None:
            for flag in "+-":
                for number in range(1, 301):
                    client.run(f"STORE {number} {flag}FLAGS (\\Flagged)")

        name = "STORE +FLAGS and -FLAGS, 300 one by one, beside Dovecot with mail_fsync=always"
        yield from _beside(name, ours, theirs, rounds, store, WITHIN)
    finally:
        peer.destroy()


def _sign_in(side: _Side, times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        client = side.client()
        client.run("SELECT Big")
        took.append(time.perf_counter() - began)
        client.close()
    return statistics.median(took)


def _beside(
    name: str,
    ours: _Side,
    theirs: _Side | None,
    rounds: int,
    command: Callable[[Client], object],
    within: float | None,
) -> Iterator[Figure]:
    mine = ours.timed(rounds, command)
    if theirs is None:
        yield Figure(name, mine * 1000, "ms")
        return
    peer = theirs.timed(rounds, command)
    yield Figure(name, mine * 1000, "ms", more={"dovecot_ms": rounded(peer * 1000)})
    yield Figure(f"{name}: our time by Dovecot's", mine / peer, "×", at_most=within)


def _searches(word: str, ours: _Side, theirs: _Side | None, rounds: int) -> Iterator[Figure]:
    name = f"SEARCH by text ({'one finds it' if word == 'haystack' else 'nothing has it'})"
    mine = ours.timed(rounds, lambda client: client.run(f"SEARCH TEXT {word}"))
    if theirs is None:
        yield Figure(name, mine * 1000, "ms")
        return
    peer = theirs.timed(1, lambda client: client.run(f"SEARCH TEXT {word}"))
    yield Figure(name, mine * 1000, "ms", more={"dovecot_ms": rounded(peer * 1000)})
    yield Figure(f"{name}: times as fast as Dovecot", peer / mine, "×", at_least=SEARCH_TIMES)


def _appends(ours: _Side, theirs: _Side | None, count: int, rounds: int) -> Iterator[Figure]:
    letter = b"From: chen@example.org\r\nSubject: appended\r\n\r\n" + b"words and words\r\n" * 300

    def rate(side: _Side) -> float:
        clients = [side.client() for _ in range(CONNECTIONS)]

        def work(client: Client) -> None:
            for _ in range(count // CONNECTIONS):
                client.append("INBOX", letter)

        began = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(work, clients))
        took = time.perf_counter() - began
        for client in clients:
            client.close()
        return count / took

    mine = statistics.median([rate(ours) for _ in range(rounds)])
    name = f"APPEND of 5 KiB over {CONNECTIONS} connections"
    if theirs is None:
        yield Figure(name, mine, "messages/s")
        return
    peer = statistics.median([rate(theirs) for _ in range(rounds)])
    yield Figure(name, mine, "messages/s", more={"dovecot": rounded(peer)})
    yield Figure(f"{name}: times Dovecot", mine / peer, "×", at_least=1.0)


def _idle(server: MailwrightServer, peer: DovecotServer | None, count: int) -> Iterator[Figure]:
    before = server.resident_bytes()
    idlers = []
    for _ in range(count):
        client = Client(server.imap_port)
        client.login(f"bashir@{DOMAIN}", PASSWORD)
        client.run("SELECT INBOX")
        client.idle()
        idlers.append(client)
    time.sleep(1)
    each = (server.resident_bytes() - before) / count
    more: dict[str, object] = {}
    others: list[Client] = []
    if peer is not None:
        start = _dovecot_bytes()
        for _ in range(count):
            client = Client(peer.imap_port)
            client.login("bashir", "any")
            client.run("SELECT INBOX")
            client.idle()
            others.append(client)
        time.sleep(1)
        more["dovecot_KiB"] = rounded((_dovecot_bytes() - start) / count / 1024)
    yield Figure(f"memory of each of {count} idle connections", each / 1024, "KiB", more=more)
    took = []
    letter = b"From: chen@example.org\r\nSubject: hello\r\n\r\nHello\r\n"
    with smtplib.LMTP("127.0.0.1", server.lmtp_port) as client:
        for _ in range(20):
            began = time.perf_counter()
            client.sendmail("chen@example.org", [f"bashir@{DOMAIN}"], letter + str(began).encode())
            took.append(max(idler.wait_for(b" EXISTS") for idler in idlers) - began)
    yield Figure(
        f"from delivery to the last of {count} IDLE answers, 95th percentile",
        percentile(took, 95) * 1000,
        "ms",
        more={"p50": rounded(percentile(took, 50) * 1000)},
    )
    for idler in [*idlers, *others]:
        idler.close()


def _dovecot_bytes() -> int:
    """Private memory of all processes of Dovecot's (what they share counts once)."""
    total = 0
    names = subprocess.run(["pgrep", "-f", "imap|dovecot"], capture_output=True, text=True, check=False).stdout.split()
    for pid in names:
        try:
            command = Path(f"/proc/{pid}/comm").read_text().strip()
            if command not in ("imap", "imap-login", "dovecot", "anvil", "stats", "auth", "config"):
                continue
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Private_Clean:", "Private_Dirty:")):
                    total += int(line.split()[1]) * 1024
        except OSError:
            continue
    return total
