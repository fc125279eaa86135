"""Servers of tools (Model Context Protocol): those named in the settings, and of theirs only the tools listed there.

Made once at start from the settings and closed at the end by work.py. A run asks which tools there are, and each call passes the monitor
first, as `server.tool`. What a server says (its descriptions, too) is a stranger's text.
Promises: a server that does not answer, answers rubbish or takes long costs its tools and nothing else; a program started here gets none
of our environment; a server can neither ask our models, nor our people, nor for our folders.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, ConfigDict

from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.agents.policy.effects import Action, Effect

if TYPE_CHECKING:
    from mcp import Client

    from mailwright.agents.tools.run import Run

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 15.0
CALL_SECONDS = 60.0
MAX_TOOLS = 30  # of one server that are offered
MAX_DESCRIPTION = 600  # characters of what a server says of its tool
MAX_SCHEMA = 20_000  # characters of how it wants its arguments
MAX_ARGUMENTS = 50_000  # characters of JSON
MAX_SAID = 200_000  # characters of an answer; of these a model gets what every result may have
_UNFIT = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Server:
    """A server as the settings name it: by `url` (streamable HTTP) or by `command`. `tools` are those that may be called."""

    name: str
    url: str | None = None
    command: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool of a server that may be called."""

    server: str
    tool: str
    description: str
    schema: dict[str, Any]

    @property
    def target(self) -> str:
        """What the monitor knows it by."""
        return f"{self.server}.{self.tool}"


class Servers:
    """The servers of an installation. Each is connected to when it is first needed."""

    def __init__(self, servers: Sequence[Server] = ()) -> None:
        self._connections = {server.name: _Connection(server) for server in servers}
        self.allowed = frozenset(f"{server.name}.{tool}" for server in servers for tool in server.tools)
        """What the monitor may let pass: `server.tool`."""
        # It would write what servers and models say into our logs.
        logging.getLogger("mcp").setLevel(logging.CRITICAL)

    async def offered(self) -> list[Offered]:
        """The tools that may be called now; those of a server that does not answer are left out."""
        found = await asyncio.gather(*(connection.offered() for connection in self._connections.values()))
        return [each for tools in found for each in tools]

    async def call(self, offered: Offered, arguments: dict[str, Any]) -> str:
        """What the tool says. Raises ToolFailed."""
        return await self._connections[offered.server].call(offered.tool, arguments)

    async def close(self) -> None:
        """End every connection and program."""
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))


def tools(run: Run, offered: Sequence[Offered]) -> tuple[Tool, ...]:
    """The servers' tools for one run."""
    found: dict[str, Tool] = {}
    for each in offered:
        name = _UNFIT.sub("_", f"{each.server}_{each.tool}".lower()).strip("_")[:60]
        if name not in found:
            found[name] = _tool(run, name, each)
    return tuple(found.values())


def _tool(run: Run, name: str, offered: Offered) -> Tool:
    async def call(arguments: BaseModel) -> str:
        given = arguments.model_dump(mode="json")
        text = json.dumps(given, ensure_ascii=False)
        if len(text) > MAX_ARGUMENTS:
            raise ToolFailed(f"the arguments have more than {MAX_ARGUMENTS} characters")
        await run.allow(Effect(Action.CALL, offered.target, text=text))
        assert run.servers is not None
        return await run.servers.call(offered, given)

    return Tool(name, f"Of the server {offered.server}: {offered.description}", _arguments(offered.schema), call)


def _arguments(schema: dict[str, Any]) -> type[BaseModel]:
    """Arguments as the server describes them; the server checks them."""

    class Arguments(BaseModel):
        model_config = ConfigDict(extra="allow")

        @classmethod
        def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
            return json.loads(json.dumps(schema))  # type: ignore[no-any-return]

    return Arguments


class _Connection:
    """One server. The connection lives in a task of its own: it has to be opened and closed in the same one."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self._opening = asyncio.Lock()

    async def offered(self) -> list[Offered]:
        """The listed tools that the server has."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = await (await self._connected()).list_tools()
        except Exception as error:
            await self._failed(error)
            return []
        out = []
        for tool in found.tools:
            if tool.name in self._server.tools and len(json.dumps(tool.input_schema)) <= MAX_SCHEMA:
                description = " ".join((tool.description or "").split())[:MAX_DESCRIPTION]
                out.append(Offered(self._server.name, tool.name, description, tool.input_schema))
        return out[:MAX_TOOLS]

    async def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """What the tool says. Raises ToolFailed."""
        if tool not in self._server.tools:
            raise ToolFailed("that tool may not be called")
        try:
            client = await self._connected()
            async with asyncio.timeout(CALL_SECONDS):
                result = await client.call_tool(tool, arguments)
        except TimeoutError as error:
            await self._failed(error)
            raise ToolFailed(f"the server {self._server.name} takes longer than {CALL_SECONDS:.0f} s") from None
        except Exception as error:
            await self._failed(error)
            raise ToolFailed(f"the server {self._server.name} does not answer as it should") from None
        text = _text(result)
        return f"It says that it failed: {text}" if result.is_error else text

    async def close(self) -> None:
        """End it; what is open ends within some seconds."""
        task, self._task, self._client = self._task, None, None
        self._end.set()
        if task is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(task, CONNECT_SECONDS)

    async def _connected(self) -> Client:
        async with self._opening:
            if self._client is None or self._task is None or self._task.done():
                self._end = asyncio.Event()
                opened: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
                self._task = asyncio.create_task(self._hold(opened, self._end))
                self._client = await asyncio.wait_for(opened, CONNECT_SECONDS)
            return self._client

    async def _hold(self, opened: asyncio.Future[Client], end: asyncio.Event) -> None:
        try:
            async with _transport(self._server) as client:
                if not opened.done():
                    opened.set_result(client)
                await end.wait()
        except Exception as error:
            if not opened.done():
                opened.set_exception(ConnectionError(type(error).__name__))

    async def _failed(self, error: Exception) -> None:
        """Forget the connection: the next call makes another. Servers' words do not go into the log."""
        log.warning("tools.server_failed", server=self._server.name, error=type(error).__name__)
        await self.close()


@asynccontextmanager
async def _transport(server: Server) -> AsyncIterator[Client]:
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    async with contextlib.AsyncExitStack() as stack:
        if server.url is not None:
            http = await stack.enter_async_context(create_mcp_http_client(headers=dict(server.headers)))
            way = streamable_http_client(server.url, http_client=http)
        else:
            quiet = stack.enter_context(open(os.devnull, "w"))  # noqa: ASYNC230, SIM115 (a device; the stack closes it)
            command, *rest = server.command or ("",)
            way = stdio_client(StdioServerParameters(command=command, args=rest, cwd="/"), errlog=quiet)
        yield await stack.enter_async_context(
            Client(way, read_timeout_seconds=CALL_SECONDS, input_required_max_rounds=1, cache=None)
        )


def _text(result: Any) -> str:
    """What a result says in words; what is no text is named."""
    pieces: list[str] = []
    for each in result.content:
        text = getattr(each, "text", None) or getattr(getattr(each, "resource", None), "text", None)
        pieces.append(text if isinstance(text, str) else f"[left out: {str(each.type)[:50]}]")
    if not pieces and result.structured_content is not None:
        pieces.append(json.dumps(result.structured_content, ensure_ascii=False))
    return "\n".join(pieces)[:MAX_SAID] or "It says nothing."
