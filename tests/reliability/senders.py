"""Senders that never give up, and the ledger of what they were promised.

Each sender is a thread that hands message after message to one entrance. A connection that breaks, a 4xx answer or a server that
is not there makes it offer the very same bytes again, as a mail server does; only a "yes" goes into the ledger.
"""

from __future__ import annotations

import hashlib
import json
import smtplib
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from tests.servers.mailwright import DOMAIN

PATIENCE_SECONDS = 20.0  # for one answer
PAUSE_SECONDS = 0.05  # between two attempts
LARGE_EVERY = 60  # one message in so many is too large for a row, and becomes a file
LARGE_OCTETS = 300 * 1024
FILLER = "0123456789abcdef" * 4 + "\r\n"

# A sender is told where the server is each time, because it may have moved: (raw, recipients) -> nothing, or one of:
Again = (OSError, smtplib.SMTPException, EOFError)
Offer = Callable[[str, bytes, Sequence[str]], None]


class Entrances(Protocol):
    """Where mail is handed in: one server, or several that take turns."""

    @property
    def smtp_port(self) -> int: ...

    @property
    def lmtp_port(self) -> int: ...

    @property
    def http_port(self) -> int: ...

    def submit(self, name: str, raw: bytes, recipients: Sequence[str], *, timeout: float) -> None: ...


class TemporarilyRefused(OSError):
    """A 4xx answer: come back."""


class Refused(Exception):
    """A 5xx answer to mail that is welcome."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One message the server said yes to. `digest` is of the bytes that were sent."""

    token: str
    channel: str
    recipients: tuple[str, ...]
    digest: str
    octets: int


@dataclass(slots=True)
class Ledger:
    """What was promised, what was offered (promised or not), and what was refused for good."""

    promises: list[Promise] = field(default_factory=list)
    offered: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    attempts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, *channels: str) -> list[Promise]:
        """The promises of some channels."""
        return [promise for promise in self.promises if promise.channel in channels]


class Senders:
    """All the threads. `askers` are users who mail tasks to the employee, each at most `tasks_each` of them.

    `pause` is what everybody rests after each message, when it is to be an even load; one in `large_every` is too large for a row;
    `outside` is somebody elsewhere to whom Ada writes.
    """

    def __init__(
        self,
        server: Entrances,
        askers: Sequence[str],
        *,
        tasks_each: int = 10,
        pause: float = 0.0,
        large_every: int = LARGE_EVERY,
        outside: str | None = None,
    ) -> None:
        self.ledger = Ledger()
        self._pause, self._large_every = pause, large_every
        self._server = server
        self._stopping = threading.Event()
        self._threads = [
            self._thread("smtp", self._over_smtp, (f"ada@{DOMAIN}",)),
            self._thread("smtp", self._over_smtp, (f"bashir@{DOMAIN}",)),
            self._thread("lmtp", self._over_lmtp, (f"bashir@{DOMAIN}", f"chen@{DOMAIN}")),
            self._thread("hook", self._over_http, (f"chen@{DOMAIN}",), pause=0.01),
            self._thread("submission", self._by_ada, (f"bashir@{DOMAIN}",), pause=0.02),
            threading.Thread(target=self._ask_tasks, args=(askers, tasks_each), daemon=True),
        ]
        if outside is not None:
            self._threads.append(self._thread("outside", self._by_ada, (outside,), pause=0.02))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Let everybody end the message at hand, which needs a server that runs."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a sender still waits for an answer"

    # --- one thread each ----------------------------------------------------------------------------------------------

    def _thread(self, channel: str, offer: Offer, recipients: tuple[str, ...], *, pause: float = 0) -> threading.Thread:
        return threading.Thread(target=self._send_many, args=(channel, offer, recipients, pause), daemon=True)

    def _send_many(self, channel: str, offer: Offer, recipients: tuple[str, ...], pause: float) -> None:
        for number in count():
            if self._stopping.is_set():
                return
            token = f"{channel}-{recipients[0].partition('@')[0]}-{number}"
            raw = message(token, recipients, number, large_every=self._large_every)
            self._insist(channel, token, offer, raw, recipients)
            time.sleep(max(pause, self._pause))

    def _ask_tasks(self, askers: Sequence[str], tasks_each: int) -> None:
        for number in range(tasks_each):
            for asker in askers:
                if self._stopping.is_set():
                    return
                token = f"task-{asker}-{number}"
                raw = message(token, (f"main@{DOMAIN}",), number + 1, sender=f"{asker}@{DOMAIN}", body=TASK)

                def offer(token: str, raw: bytes, recipients: Sequence[str], name: str = asker) -> None:
                    self._submit(name, raw, recipients)

                self._insist("task", token, offer, raw, (f"main@{DOMAIN}",))
                time.sleep(max(0.1, self._pause))

    def _insist(self, channel: str, token: str, offer: Offer, raw: bytes, recipients: tuple[str, ...]) -> None:
        ledger = self.ledger
        ledger.offered.add(token)
        while True:
            ledger.attempts += 1
            try:
                offer(token, raw, recipients)
            except Again:
                time.sleep(PAUSE_SECONDS)
            except Refused as refusal:
                ledger.refused.append(f"{token}: {refusal}")
                return
            else:
                digest = hashlib.sha256(raw).hexdigest()
                ledger.promises.append(Promise(token, channel, recipients, digest, len(raw)))
                return

    # --- the entrances ------------------------------------------------------------------------------------------------

    def _over_smtp(self, token: str, raw: bytes, recipients: Sequence[str]) -> None:
        deliver(self._server.smtp_port, raw, recipients, lmtp=False)

    def _over_lmtp(self, token: str, raw: bytes, recipients: Sequence[str]) -> None:
        deliver(self._server.lmtp_port, raw, recipients, lmtp=True)

    def _by_ada(self, token: str, raw: bytes, recipients: Sequence[str]) -> None:
        self._submit(
            "ada", raw.replace(b"From: Eve <eve@example.org>", f"From: Ada <ada@{DOMAIN}>".encode()), recipients
        )

    def _submit(self, name: str, raw: bytes, recipients: Sequence[str]) -> None:
        try:
            self._server.submit(name, raw, recipients, timeout=PATIENCE_SECONDS)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            if "(5" in str(error):
                raise Refused(str(error)) from error
            raise

    def _over_http(self, token: str, raw: bytes, recipients: Sequence[str]) -> None:
        body = {
            "messageId": token,
            "from": "Eve <eve@example.org>",
            "to": list(recipients),
            "subject": token,
            "textBody": "By the hook.",
            "timestamp": "2026-11-20T10:00:00Z",
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._server.http_port}/webhook/email",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                if json.load(answer)["status"] not in ("accepted", "duplicate"):
                    raise Refused(str(answer.status))
        except urllib.error.HTTPError as error:
            with error:
                if error.code < 500 and error.code != 429:
                    raise Refused(error.read().decode()) from error
                raise TemporarilyRefused(str(error)) from error
        except json.JSONDecodeError as error:  # the answer was cut off
            raise TemporarilyRefused("half an answer") from error


TASK = "Please work out 17 * 3 and tell me the result.\r\n"


def message(
    token: str,
    recipients: Sequence[str],
    number: int,
    *,
    sender: str = "eve@example.org",
    body: str = "",
    large_every: int = LARGE_EVERY,
) -> bytes:
    """A message whose subject is its token."""
    name = sender.partition("@")[0].title()
    text = body or FILLER * (LARGE_OCTETS // len(FILLER) if number % large_every == large_every - 1 else 30)
    return (
        f"From: {name} <{sender}>\r\nTo: {', '.join(recipients)}\r\nSubject: {token}\r\n"
        f"Message-ID: <{token.replace(' ', '-')}@{sender.partition('@')[2]}>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\n{text}"
    ).encode()


def deliver(port: int, raw: bytes, recipients: Sequence[str], *, lmtp: bool, sender: str = "eve@example.org") -> None:
    """Hand over one message on a connection of its own. Raises TemporarilyRefused, Refused, OSError, EOFError.

    Returns when every recipient was accepted; the first refusal of any is raised.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
        answers = _answers(line)
        _expect(next(answers), "220")
        for command in (
            "LHLO mx.example.org" if lmtp else "EHLO mx.example.org",
            f"MAIL FROM:<{sender}>",
            *(f"RCPT TO:<{recipient}>" for recipient in recipients),
        ):
            line.sendall(f"{command}\r\n".encode())
            _expect(next(answers), "250")
        line.sendall(b"DATA\r\n")
        _expect(next(answers), "354")
        line.sendall(raw + b"\r\n.\r\n" if not raw.endswith(b"\r\n") else raw + b".\r\n")
        for _ in recipients if lmtp else [""]:
            _expect(next(answers), "250")
        line.sendall(b"QUIT\r\n")


def _answers(line: socket.socket) -> Iterator[str]:
    with line.makefile("rb") as lines:
        while True:
            said = lines.readline()
            if not said.endswith(b"\n"):
                raise EOFError("the server hung up")
            if said[3:4] != b"-":
                yield said.decode().strip()


def _expect(answer: str, code: str) -> None:
    if answer.startswith(code):
        return
    raise TemporarilyRefused(answer) if answer.startswith("4") else Refused(answer)
