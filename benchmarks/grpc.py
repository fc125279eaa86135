"""The core API by gRPC: a small read, a search, an append and news, by the Python client, for 1, 8 and 32 callers at once.

Each caller is a person with a connection. In the same run the same calls go to a bare grpcio server with the same messages and no core
behind it (`grpcpeer`), and the read as JMAP's Email/get by HTTP. The client is Python too, in a process beside: that is a part of every
figure.
"""

from __future__ import annotations

import asyncio
import base64
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

from benchmarks import grpcpeer
from benchmarks.figures import Figure, percentile, rounded
from benchmarks.mailclient import Load, send
from mailwright.client import AsyncClient
from mailwright.protocols.jmap.feed import GAP_SECONDS
from mailwright.v1 import mailboxes_pb2, messages_pb2, search_pb2

CALLERS = (1, 8, 32)
PEOPLE = tuple(f"caller{number}" for number in range(max(CALLERS)))
OCTETS = 5 * 1024
INDEX_SECONDS = 60.0  # until what was delivered is found

Call: TypeAlias = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody with a connection each to ours, to the peer, and by HTTP; `message_id` is what they read."""

    mail: AsyncClient
    bare: AsyncClient
    http: httpx.AsyncClient
    inbox: str
    message_id: str
    account_id: str


@dataclass(frozen=True, slots=True)
class _Run:
    """How many calls a second, and how long each took, in seconds."""

    rate: float
    times: list[float]


def measure(*, short: bool = False) -> Iterator[Figure]:
    """Calls a second, the time of each, and the time from a delivery to the news of it."""
    import uvloop

    calls, rounds, deliveries = (200, 1, 10) if short else (4000, 3, 100)
    with tempfile.TemporaryDirectory(prefix="mailwright-bench-") as folder:
        server = MailwrightServer(
            Path(folder) / "data", default_quota_bytes="none", log_level="warning", grpc_per_minute=10_000_000
        )
        server.prepare(people=PEOPLE, employee=False)
        server.start()
        try:
            yield from uvloop.run(_measured(server, Path(folder) / "answers.json", calls, rounds, deliveries))
        finally:
            server.stop()


async def _measured(server: MailwrightServer, file: Path, calls: int, rounds: int, deliveries: int) -> list[Figure]:
    found: list[Figure] = []
    await _deliver(server, len(PEOPLE), PEOPLE)
    async with AsyncExitStack() as stack:
        mails = [await stack.enter_async_context(_client(server.grpc_port, name)) for name in PEOPLE]
        file.write_text(json.dumps(await _answers(mails[0])))
        port = stack.enter_context(_peer(file))
        people = [await _person(stack, server, name, mail, port) for name, mail in zip(PEOPLE, mails, strict=True)]
        for what, path in (("a message read", "read"), ("a search", "search")):
            for callers in CALLERS:
                found += await _compared(f"gRPC, {what}", path, people[:callers], calls, rounds)
        found.append(await _news(server, people[0].mail, deliveries))
        for callers in CALLERS:  # last: what they leave behind is indexed for a while
            found += await _compared("gRPC, an append of 5 KiB", "append", people[:callers], calls, rounds)
    return found


async def _compared(what: str, path: str, people: Sequence[_Person], calls: int, rounds: int) -> list[Figure]:
    """Ours and the others in turn, and the medians of all rounds."""
    name = f"{what}, 1 caller" if len(people) == 1 else f"{what}, {len(people)} callers"
    ours = [_call(path, each, each.mail) for each in people]
    beside = {"bare grpcio": [_call(path, each, each.bare) for each in people]}
    if path == "read":
        beside["jmap"] = [_by_jmap(each) for each in people]
    runs: dict[str, list[_Run]] = {each: [] for each in ("ours", *beside)}
    for _ in range(rounds):
        for each, who in {"ours": ours, **beside}.items():
            runs[each].append(await _run(who, calls))
    rates = {each: statistics.median(run.rate for run in done) for each, done in runs.items()}
    more: dict[str, Any] = {"p50 ms": _middle(runs["ours"], 50), "p99 ms": _middle(runs["ours"], 99)}
    for each in beside:
        more |= {f"{each} p50 ms": _middle(runs[each], 50), f"{each} p99 ms": _middle(runs[each], 99)}
    figures = [Figure(name, rates["ours"], "calls/s", more=more)]
    for each in beside:
        ratio = {"ours": rounded(rates["ours"]), each: rounded(rates[each])}
        figures.append(Figure(f"{name}: times {each}", rates["ours"] / rates[each], "×", more=ratio))
    return figures


async def _run(callers: Sequence[Call], calls: int) -> _Run:
    """So many calls in all, each caller one after the other."""
    times: list[float] = []

    async def go_on(call: Call) -> None:
        for _ in range(max(1, calls // len(callers))):
            began = time.perf_counter()
            await call()
            times.append(time.perf_counter() - began)

    await asyncio.gather(*(call() for call in callers))  # the first finds out who calls
    began = time.perf_counter()
    await asyncio.gather(*(go_on(call) for call in callers))
    return _Run(len(times) / (time.perf_counter() - began), times)


async def _news(server: MailwrightServer, mail: AsyncClient, deliveries: int) -> Figure:
    """From the 250 of a delivery to the news in the stream of whom it is for; one after the other."""
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def watch() -> None:
        async for _ in mail.watch():
            arrived.put_nowait(time.perf_counter())

    watching = asyncio.create_task(watch())
    took: list[float] = []
    try:
        await asyncio.sleep(1)  # it is open
        for _ in range(deliveries):
            await _deliver(server, 1, PEOPLE[:1])
            delivered = time.perf_counter()
            async with asyncio.timeout(30):
                took.append(max(0.0, await arrived.get() - delivered))
            await asyncio.sleep(GAP_SECONDS + 0.2)  # a second one within the gap would be told at its end
            while not arrived.empty():
                arrived.get_nowait()
    finally:
        watching.cancel()
    more = {"p50": rounded(percentile(took, 50) * 1000), "p99": rounded(percentile(took, 99) * 1000)}
    return Figure(
        "gRPC, from a delivery to the news of it, 95th percentile", percentile(took, 95) * 1000, "ms", more=more
    )


def _call(what: str, person: _Person, mail: AsyncClient) -> Call:
    async def read() -> Any:
        return await mail.message(person.message_id, full=False)

    async def search() -> Any:
        return await mail.find("lazy fox")

    async def append() -> Any:
        return await mail.append(person.inbox, _LETTER)

    return {"read": read, "search": search, "append": append}[what]


def _by_jmap(person: _Person) -> Call:
    """The read by Email/get, with what a summary has."""
    wanted = ["id", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "sentAt", "subject", "from", "to"]
    wanted += ["cc", "bcc", "replyTo", "sender", "messageId", "inReplyTo", "references", "preview", "hasAttachment"]
    asked = {"accountId": person.account_id, "ids": [person.message_id], "properties": wanted}
    body = {
        "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
        "methodCalls": [["Email/get", asked, "0"]],
    }

    async def read() -> Any:
        answer = (await person.http.post("/jmap", json=body)).raise_for_status().json()
        return answer["methodResponses"][0][1]["list"][0]["id"]

    return read


async def _answers(mail: AsyncClient) -> dict[str, str]:
    """What ours says, for the peer to say the same; waits until what was delivered is found."""
    message_id = (await anext(mail.messages_of())).id
    async with asyncio.timeout(INDEX_SECONDS):
        asked = search_pb2.SearchMessagesRequest(query="lazy fox")
        while not (hits := await mail.search.SearchMessages(asked)).hits:
            await asyncio.sleep(0.2)
    given = {
        grpcpeer.READ: await mail.messages.GetMessage(messages_pb2.GetMessageRequest(message_id=message_id)),
        grpcpeer.SEARCH: hits,
        grpcpeer.APPEND: messages_pb2.AppendMessageResponse(message_id=message_id, uid=1, state="1"),
    }
    return {path: base64.b64encode(each.SerializeToString()).decode() for path, each in given.items()}


async def _person(stack: AsyncExitStack, server: MailwrightServer, name: str, mail: AsyncClient, port: int) -> _Person:
    bare = await stack.enter_async_context(_client(port, name))
    http = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.http_port}", auth=(f"{name}@{DOMAIN}", PASSWORD), timeout=60
    )
    boxes = await mail.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())
    inbox = next(each.id for each in boxes.mailboxes if each.role == "inbox")
    session = (await (await stack.enter_async_context(http)).get("/jmap/session")).raise_for_status().json()
    message_id = (await anext(mail.messages_of())).id
    return _Person(mail, bare, http, inbox, message_id, next(iter(session["primaryAccounts"].values())))


def _client(port: int, name: str) -> AsyncClient:
    return AsyncClient(f"localhost:{port}", login=(f"{name}@{DOMAIN}", PASSWORD))


@contextmanager
def _peer(file: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.grpcpeer", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _deliver(server: MailwrightServer, messages: int, people: Sequence[str]) -> None:
    load = Load(server.lmtp_port, messages, [f"{each}@{DOMAIN}" for each in people], OCTETS, connections=1, lmtp=True)
    await asyncio.to_thread(send, load)


def _middle(runs: list[_Run], percent: float) -> float:
    return rounded(statistics.median(percentile(run.times, percent) for run in runs) * 1000)


_LETTER = (
    b"From: Eve <eve@example.org>\r\nTo: caller@mailwright.test\r\nSubject: load\r\nMessage-ID: <1@example.org>\r\n"
    b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\n"
    + b"The quick brown fox jumps over the lazy dog.\r\n"
    * (OCTETS // 46)
)
