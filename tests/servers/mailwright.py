"""A whole Mailwright in a process of its own, on ports of its own: started, asked to stop, killed, started again.

Used by the tests of reliability and of real clients, and by the benchmarks. The data folder outlives the process: what is in
it after `kill` is what a power cut of the process leaves.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.ports import free_port
from tests.servers.program import environment

COMMAND = (sys.executable, "-m", "mailwright", "up")
DOMAIN = "mailwright.test"
PEOPLE = ("ada", "bashir", "chen")
PASSWORD = "a password for tests"
READY_SECONDS = 120.0


class MailwrightServer:
    """One installation in `data`. `settings` are settings by name, without the prefix: `smart_host="smtp://…"`."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self.smtp_port, self.submission_port, self.lmtp_port, self.http_port = (free_port() for _ in range(4))
        self.submissions_port, self.imap_port, self.imaps_port, self.sieve_port = (free_port() for _ in range(4))
        roles = str(settings.get("roles", "all")).replace(",", " ").split()
        # Without the role http it is asked at a port of its own.
        self.operations_port = 0 if {"all", "http"} & set(roles) else free_port()
        self.grpc_port = free_port()
        self.settings: dict[str, object] = {
            "data": data,
            "hostname": f"mail.{DOMAIN}",
            "smtp_port": self.smtp_port,
            "submission_port": self.submission_port,
            "submissions_port": self.submissions_port,
            "imap_port": self.imap_port,
            "imaps_port": self.imaps_port,
            "sieve_port": self.sieve_port,
            "lmtp_port": self.lmtp_port,
            "http_port": self.http_port,
            "grpc_port": self.grpc_port,
            "operations_port": self.operations_port,
            "log_format": "json",
            "webhook_per_minute": 10_000_000,
            **settings,
        }
        self.ready_seconds = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.command: Sequence[str] = COMMAND
        self._log = data.parent / f"{data.name}.log"

    # --- what is in it ------------------------------------------------------------------------------------------------

    def prepare(
        self,
        *,
        people: tuple[str, ...] = PEOPLE,
        employee: bool = True,
        concierge: bool = False,
        quota_bytes: int | None = None,
        roles: Mapping[str, str] | None = None,
        plan: str = "free",
    ) -> None:
        """Make the domain, its people (who all have PASSWORD and that plan) and the employee at `main@` (and a concierge), before the process starts.

        `roles` are those of people who are not plain users; an admin among them is an operator.
        """
        from mailwright.cli.agents import assign
        from mailwright.core import accounts, domains
        from mailwright.installation import build_core
        from mailwright.settings import load
        from mailwright.storage import Tx

        core = build_core(load(**self.settings))
        hashed = accounts.hash_password(PASSWORD)

        def fill(tx: Tx) -> None:
            domains.add(tx, DOMAIN, tenant="tests")
            for name in people:
                role = (roles or {}).get(name, "user")
                account = accounts.add_user(
                    tx, core, f"{name}@{DOMAIN}", display_name=name.title(), quota_bytes=quota_bytes, role=role
                )
                accounts.set_password(tx, account, hashed)
                tx.execute("UPDATE users SET plan = ? WHERE id = ?", (plan, account.id))
                if role == "admin":
                    tx.execute("UPDATE users SET operator = ? WHERE id = ?", (True, account.id))
            if employee:
                assign(tx, core, f"main@{DOMAIN}", kind="employee", name="Mini Mouse")
            if concierge:
                assign(tx, core, f"concierge@{DOMAIN}", kind="concierge", name="Concierge")

        core.database.write_now(fill)
        core.database.close()

    @property
    def certificate(self) -> Path:
        """The certificate it made itself, with its key, once it has been started."""
        return self.data / "tls" / "self-signed.pem"

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Its SQLite database, to read what is in it."""
        connection = sqlite3.connect(self.data / "mailwright.db")
        try:
            yield connection
        finally:
            connection.close()

    # --- the process --------------------------------------------------------------------------------------------------

    def start(self, *, wait: bool = True, limits: Mapping[int, int] | None = None) -> None:
        """Start it. `limits` are soft `resource` limits of the process, by number."""
        variables = environment(self.settings)
        variables.pop("PYTHONDONTWRITEBYTECODE", None)  # a server that is installed starts from compiled files
        began = time.monotonic()
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data.parent,
                preexec_fn=_limiter(limits) if limits else None,
            )
        if wait:
            self.wait_until_ready()
            self.ready_seconds = time.monotonic() - began

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        """Until /readyz says so. Raises RuntimeError with the log's end when it ended, TimeoutError when it takes too long."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"Mailwright ended at its start:\n{self.log()[-3000:]}")
            if self.is_ready():
                return
            time.sleep(0.02)
        raise TimeoutError(f"Mailwright is not ready after {seconds} s:\n{self.log()[-3000:]}")

    def is_ready(self) -> bool:
        """What /readyz says now."""
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """End it with SIGKILL, as an out-of-memory killer would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self, seconds: float = 25.0) -> float:
        """Ask it to end, as an init system would. How long it took; raises TimeoutError (and kills it) when too long."""
        if self.process is None:
            return 0.0
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"Mailwright did not end within {seconds} s:\n{self.log()[-3000:]}") from None
        code, self.process = self.process.returncode, None
        if code != 0:
            raise RuntimeError(f"Mailwright ended with status {code}:\n{self.log()[-3000:]}")
        return time.monotonic() - began

    # --- asking it ----------------------------------------------------------------------------------------------------

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a GET. Raises OSError while nobody listens."""
        return self._ask(urllib.request.Request(self._url(path)))

    def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a POST of JSON."""
        request = urllib.request.Request(
            self._url(path),
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        return self._ask(request)

    def submit(self, name: str, raw: bytes, recipients: Sequence[str], *, timeout: float = 20.0) -> None:
        """Send as one of its people, by submission. Raises smtplib.SMTPException, OSError."""
        with smtplib.SMTP("127.0.0.1", self.submission_port, timeout=timeout) as client:
            client.starttls(context=ssl._create_unverified_context())  # it made its certificate itself
            client.login(f"{name}@{DOMAIN}", PASSWORD)
            client.sendmail(f"{name}@{DOMAIN}", list(recipients), raw)

    def log(self) -> str:
        """All it has logged, over every start."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def resident_bytes(self, *, peak: bool = False) -> int:
        """Memory of the process now, or the most it had (Linux)."""
        assert self.process is not None
        wanted = "VmHWM:" if peak else "VmRSS:"
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(wanted):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no such process")

    def family_bytes(self) -> int:
        """The most memory the process had, and with it what the processes it has started had so far (Linux)."""
        assert self.process is not None
        return sum(_peaks(self.process.pid))

    def processor_seconds(self) -> float:
        """Processor time it has used (Linux)."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.operations_port or self.http_port}{path}"

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()


def _peaks(pid: int, parent: bytes = b"") -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if command == parent:
            return  # about to become another program: until then its memory is its parent's
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                yield int(line.split()[1]) * 1024
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _peaks(int(child), command)


def _limiter(limits: Mapping[int, int]) -> Callable[[], None]:
    def apply() -> None:
        for number, value in limits.items():
            resource.setrlimit(number, (value, resource.getrlimit(number)[1]))

    return apply
