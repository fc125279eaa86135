"""Programs that are open while the load goes on: a mail program over IMAP and a program over gRPC, which put messages into Ada's INBOX
and read them back, and one more that watches her account. Each connects anew, elsewhere, when its server is gone.

Nobody can say whether an APPEND that got no answer was done, and to repeat it might do it twice. Every attempt is therefore a message of
its own: a "yes" makes it a promise in the ledger of the senders, anything else leaves it among what was offered.
"""

from __future__ import annotations

import hashlib
import imaplib
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import count, islice
from typing import Any, Protocol, TypeVar

import grpc

from mailwright.client import Client, reason
from mailwright.v1.messages_pb2 import ListMessageChangesRequest, ListMessagesRequest
from mailwright.v1.watch_pb2 import WatchRequest
from tests.reliability.senders import PATIENCE_SECONDS, Ledger, Promise, Refused, TemporarilyRefused, message
from tests.servers.mailwright import DOMAIN, PASSWORD

Answer = TypeVar("Answer")

ADA = f"ada@{DOMAIN}"
MOVES_AFTER = 15  # news: then the watcher goes on at another server, as behind a balancer
AGAIN_SECONDS = 0.5  # until a watcher without a server looks for one
TOLD_SECONDS = 120.0  # gRPC waits long before it calls a server that was away again
_UID = re.compile(rb"\[APPENDUID \d+ (\d+)\]")
_NOT_NOW = re.compile(r"\[(UNAVAILABLE|LIMIT)\]")  # RFC 5530 §3
_PATIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
}


class Doors(Protocol):
    """Where programs connect: each time another server may be named."""

    @property
    def imaps_port(self) -> int: ...

    @property
    def grpc_port(self) -> int: ...


class Program(Protocol):
    """One that has a mailbox open. Both raise TemporarilyRefused, OSError (not now), Refused (a wrong answer)."""

    def put(self, raw: bytes) -> str:
        """Append a message. What it is called there."""

    def read(self, name: str) -> bytes:
        """The bytes of a message."""

    def close(self) -> None:
        """Hang up."""


class MailProgram:
    """Over IMAP, on one connection for as long as it holds."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._line: imaplib.IMAP4_SSL | None = None

    def put(self, raw: bytes) -> str:
        answer = self._ask(lambda line: line.append("INBOX", None, None, raw))
        found = _UID.search(answer[-1])
        if found is None:
            raise Refused(f"no uid in {answer[-1]!r}")
        return found[1].decode()

    def read(self, name: str) -> bytes:
        try:
            found = self._fetched(name)
            if found is None:
                # EXISTS comes before the OK of APPEND (RFC 9051 §6.3.12) unless the database went away between the two; then with NOOP.
                self._ask(lambda line: line.noop())
                found = self._fetched(name)
        except Refused as refusal:  # a message whose octets come damaged cannot be read now, and that is said
            raise TemporarilyRefused(str(refusal)) from refusal
        if found is None:
            raise Refused("FETCH says OK, and there is no such message")
        return found

    def _fetched(self, name: str) -> bytes | None:
        answer = self._ask(lambda line: line.uid("FETCH", name, "(BODY.PEEK[])"))
        return next((bytes(each[1]) for each in answer if isinstance(each, tuple)), None)

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError):
                line.shutdown()

    def _ask(self, command: Callable[[imaplib.IMAP4_SSL], tuple[str, list[Any]]]) -> list[Any]:
        try:
            line = self._opened()
            status, answer = command(line)
        except imaplib.IMAP4.abort as broken:
            self.close()
            raise TemporarilyRefused(str(broken)) from broken
        except imaplib.IMAP4.error as refusal:  # the sign-in, or a BAD
            self.close()
            raise _no(str(refusal)) from refusal
        except OSError:
            self.close()
            raise
        if status != "OK":
            raise _no(str(answer[-1]))
        return answer

    def _opened(self) -> imaplib.IMAP4_SSL:
        if self._line is None:
            context = ssl._create_unverified_context()  # it made its certificate itself
            self._line = imaplib.IMAP4_SSL(
                "127.0.0.1", self._doors.imaps_port, ssl_context=context, timeout=PATIENCE_SECONDS
            )
            self._line.login(ADA, PASSWORD)
            status, answer = self._line.select("INBOX")
            if status != "OK":
                self.close()
                raise _no(str(answer[-1]))
        return self._line


class CoreProgram:
    """Over gRPC, with the client of the package."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._client: Client | None = None
        self._inbox = ""

    def put(self, raw: bytes) -> str:
        return self._ask(lambda client: client.append(self._inbox, raw))

    def read(self, name: str) -> bytes:
        return self._ask(lambda client: client.part(name))

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(self, call: Callable[[Client], Answer]) -> Answer:
        try:
            if self._client is None:
                self._client = client_of(self._doors)
            self._inbox = self._inbox or self._client.mailbox("inbox").id
            return call(self._client)
        except grpc.RpcError as error:
            self.close()
            raise _judged(error) from error


class Watcher:
    """A program that is told of changes, and asks each time what they are. `told` has the ids of the messages it knows, `cuts`
    how often it had to begin anew, and why; what the package's client takes up again by itself is not among them.
    """

    def __init__(self, doors: Doors, ledger: Ledger) -> None:
        self.told: set[str] = set()
        self.cuts: Counter[str] = Counter()
        self._doors, self._ledger = doors, ledger
        self._state = self._place = ""
        self._client: Client | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Learn what is there by now, which needs a server that runs, and begin to listen."""
        with client_of(self._doors) as client:
            first = client.messages.ListMessages(ListMessagesRequest(page_size=500))
            self._state = first.state
            self.told.update(each.id for each in first.messages)
            self._place = next(client.watching.Watch(WatchRequest())).place
        self._thread.start()

    def missing(self, ids: Collection[str]) -> set[str]:
        """Those of them it was not told of, after some time for it."""
        ends = time.monotonic() + TOLD_SECONDS
        while not self.told.issuperset(ids) and time.monotonic() < ends:
            time.sleep(0.2)
        return set(ids) - self.told

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        client = self._client
        if client is not None:
            client.close()

    def _watch(self) -> None:
        while True:
            self._client = client = client_of(self._doors)
            try:
                if self._stopping.is_set():  # asked now: `stop` may have hung up on the one before
                    return
                for news in islice(client.watch(self._place), MOVES_AFTER):
                    self._ask_what(client)
                    self._place = news.place  # only now: who could not ask comes back to the place before
            except (grpc.RpcError, ValueError) as error:  # ValueError: hung up by `stop`
                if self._stopping.is_set():
                    return
                wrong = _judged(error) if isinstance(error, grpc.RpcError) else Refused(repr(error))
                self.cuts[str(wrong)] += 1
                if isinstance(wrong, Refused):
                    self._ledger.refused.append(f"the watcher: {wrong}")
                time.sleep(AGAIN_SECONDS)
            finally:
                client.close()

    def _ask_what(self, client: Client) -> None:
        while True:
            asked = ListMessageChangesRequest(since_state=self._state)
            changes = client.messages.ListMessageChanges(asked).changes
            self.told.update(changes.created)
            self._state = changes.new_state
            if not changes.has_more:
                return


class Programs:
    """All of them. `ledger` is the senders'; `pause` is what they rest after each message, one in `large_every` is large."""

    def __init__(self, doors: Doors, ledger: Ledger, *, pause: float, large_every: int) -> None:
        self.watcher = Watcher(doors, ledger)
        self._ledger, self._pause, self._large_every = ledger, pause, large_every
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._append_many, args=(channel, program), daemon=True)
            for channel, program in (("imap", MailProgram(doors)), ("grpc", CoreProgram(doors)))
        ]

    def start(self) -> None:
        """Begin, before anything is sent to Ada."""
        self.watcher.start()
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Append no more; who watches goes on."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(6 * PATIENCE_SECONDS)
            assert not thread.is_alive(), "a program still waits for an answer"

    def stop(self) -> None:
        """End everything, whatever it is at."""
        self._stopping.set()
        self.watcher.stop()

    def _append_many(self, channel: str, program: Program) -> None:
        for number in count():
            if self._stopping.is_set():
                break
            try:
                self._append(channel, f"{channel}-ada-{number}", number, program)
            except Refused as refusal:
                self._ledger.refused.append(f"{channel}-ada-{number}: {refusal}")
            except Exception as error:
                self._ledger.refused.append(f"the program of {channel} broke: {error!r}")
                break
            time.sleep(self._pause)
        program.close()

    def _append(self, channel: str, token: str, number: int, program: Program) -> None:
        raw = message(token, (ADA,), number, large_every=self._large_every)
        self._ledger.offered.add(token)
        self._ledger.attempts += 1
        with suppress(OSError):
            name = program.put(raw)
            self._ledger.promises.append(Promise(token, channel, (ADA,), hashlib.sha256(raw).hexdigest(), len(raw)))
            if program.read(name) != raw:
                raise Refused("what is read is not what was appended")


def client_of(doors: Doors) -> Client:
    """The package's client for Ada, of the server whose turn it is."""
    return Client(f"127.0.0.1:{doors.grpc_port}", login=(ADA, PASSWORD), timeout=PATIENCE_SECONDS)


def _no(said: str) -> TemporarilyRefused | Refused:
    return TemporarilyRefused(said) if _NOT_NOW.search(said) else Refused(said)


def _judged(error: grpc.RpcError) -> TemporarilyRefused | Refused:
    """What is without a reason was said by gRPC itself, of a connection that broke."""
    code: grpc.StatusCode = error.code()
    why = reason(error)
    said = f"{code.name} {why}"
    return Refused(said) if why and code not in _PATIENT else TemporarilyRefused(said)
