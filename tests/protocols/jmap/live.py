"""A listening server over real sockets, and people who are connected to it for long: by event source and by WebSocket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from mailwright.core import Core, accounts, apppasswords, sessions
from mailwright.core.access import set_acl
from mailwright.core.accounts import Account
from mailwright.core.sessions import Opened
from mailwright.protocols.api import ApiSettings, HttpServer, create_api
from mailwright.protocols.identity import COOKIE, Web
from mailwright.storage import Tx

WAIT_SECONDS = 8.0


class Live:
    """One server. `await start()`, at the end `await stop()`."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.http: HttpServer
        self.port = 0

    async def start(self) -> None:
        await self.core.changes.start()
        api = create_api(self.core, ApiSettings(web=Web("http://mail.mailwright.test")), metrics=lambda: b"")
        self.streams = api.state.streams
        self.http = HttpServer(api, "127.0.0.1", 0, self.streams)
        await self.http.start()
        self.port = self.http.port

    async def stop(self, grace: float = 3) -> None:
        await self.http.close(grace)
        await self.core.changes.stop()

    def person(self, name: str) -> Account:
        return self.core.database.read_now(lambda tx: accounts.find(tx, f"{name}@mailwright.test"))

    def program(self, name: str) -> dict[str, str]:
        """The Authorization field of a program of that person."""

        def make(tx: Tx) -> str:
            return apppasswords.make(tx, accounts.find(tx, f"{name}@mailwright.test"), "a program", ["jmap"])[1]

        password = self.core.database.write_now(make)
        return {"Authorization": "Basic " + base64.b64encode(f"{name}@mailwright.test:{password}".encode()).decode()}

    async def browser(self, name: str) -> tuple[Opened, dict[str, str]]:
        """Somebody signed in, and what their browser sends along."""
        opened = await sessions.open_session(
            self.core, self.person(name), by="password", client="127.0.0.1", agent="a browser", long_lived=False
        )
        return opened, {"Cookie": f"{COOKIE}={opened.token}", "Origin": f"http://127.0.0.1:{self.port}"}

    @contextlib.asynccontextmanager
    async def events(self, headers: dict[str, str], **parameters: str) -> AsyncIterator[Stream]:
        """An event source, open."""
        wanted = {"types": "*", "closeafter": "no", "ping": "0", **parameters}
        url = f"http://127.0.0.1:{self.port}/jmap/events"
        async with (
            httpx.AsyncClient(timeout=WAIT_SECONDS, trust_env=False) as client,
            client.stream("GET", url, params=wanted, headers=headers) as answer,
        ):
            stream = Stream(answer)
            try:
                yield stream
            finally:
                stream.close()

    def socket(self, headers: dict[str, str], **options: Any) -> connect:
        """A WebSocket, to be opened with `async with`."""
        wanted = {"subprotocols": ["jmap"], "compression": None, "proxy": None, **options}
        return connect(f"ws://127.0.0.1:{self.port}/jmap/ws", additional_headers=headers, **wanted)

    def share(self, owner: str, grantee: str, rights: str, name: str = "INBOX") -> None:
        from mailwright.core import access

        def write(tx: Tx) -> None:
            account = accounts.find(tx, f"{owner}@mailwright.test")
            set_acl(tx, account, access.by_name(tx, account, name), f"{grantee}@mailwright.test", rights)

        self.core.database.write_now(write)


class Stream:
    """What comes of an event source. Read all the time, so that a test may stop waiting and go on later."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self._blocks: asyncio.Queue[list[str] | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def next(self, seconds: float = WAIT_SECONDS) -> tuple[str, Any] | None:
        """The next event, by name and data; None when the answer has ended. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while (block := await self._blocks.get()) is not None:
                fields = [line.partition(":")[::2] for line in block]
                found = {name: value.removeprefix(" ") for name, value in fields}
                self.last_id = found.get("id", self.last_id)
                if "data" in found:
                    return found.get("event", "message"), json.loads(found["data"])
        return None

    async def opened(self, seconds: float = WAIT_SECONDS) -> str:
        """The id the stream begins with."""
        async with asyncio.timeout(seconds):
            block = await self._blocks.get()
        assert block is not None
        self.last_id = next(line[3:].strip() for line in block if line.startswith("id:"))
        return self.last_id

    def close(self) -> None:
        self._reading.cancel()

    async def _read(self) -> None:
        block: list[str] = []
        with contextlib.suppress(httpx.HTTPError):
            async for line in self.answer.aiter_lines():
                if line:
                    block.append(line)
                else:
                    self._blocks.put_nowait(block)
                    block = []
        self._blocks.put_nowait(None)


async def say(socket: ClientConnection, value: Any) -> None:
    await socket.send(json.dumps(value))


async def hear(socket: ClientConnection, seconds: float = WAIT_SECONDS) -> Any:
    """The next message. Raises TimeoutError, ConnectionClosed."""
    async with asyncio.timeout(seconds):
        return json.loads(await socket.recv())


def echo(text: str = "hello", **more: Any) -> dict[str, Any]:
    """A request that says something back."""
    calls = [["Core/echo", {"text": text}, "0"]]
    return {"@type": "Request", "using": ["urn:ietf:params:jmap:core"], "methodCalls": calls, **more}
