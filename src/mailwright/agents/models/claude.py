"""The other runtime: Claude's Agent SDK carries out a run with tools, in the place of `remote` (`MAILWRIGHT_AGENT_RUNTIME`, extra `claude`).

Used by `registry` for questions with tools that an `anthropic:` model is asked; everything else goes by `remote` whatever the runtime.
The SDK starts Anthropic's `claude` program. What it may do is what we hand it and nothing else: its own tools are all switched off, it
reads no settings, no memory and no commands of this machine, its folders are empty and gone afterwards, it inherits no variable of ours,
and the prompt is taken as it is written. Tools are ours, by an MCP server in this process; the way to the model is `relay`, where every
request is counted, limited and written down, and which has the key. (What the program adds to a request of its own is seen in the
transcript.)
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import structlog
from pydantic import ValidationError

from mailwright.agents.models.asking import ModelFailed, Question, T
from mailwright.agents.models.recording import Run
from mailwright.agents.models.relay import Relay
from mailwright.agents.models.toolbox import called, schema
from mailwright.agents.models.tools import Tool, ToolFailed

if TYPE_CHECKING:
    from claude_agent_sdk import ClaudeAgentOptions, SdkMcpTool

log = structlog.get_logger(__name__)

ANTHROPIC = "https://api.anthropic.com"
SERVER = "mailwright"
INHERITED = frozenset({"PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"})
"""Variables that the program has from us; all others are emptied."""

MAX_RESULT = 500_000  # characters of a tool's result that are read as they are; it would put longer ones into a file
MISSING = "the runtime claude-agent-sdk is not installed: pip install 'mailwright[claude]'"


class Claude:
    """Carries out runs. `base_url` None is Anthropic's own."""

    def __init__(self, *, base_url: str | None, api_key: str | None) -> None:
        self._base_url = base_url or ANTHROPIC
        self._api_key = api_key

    async def ask(self, name: str, question: Question[T], run: Run) -> T:
        """Ask the model `anthropic:model`; the calls are in `run`. Raises ModelFailed."""
        run.meter.check()
        if self._api_key is None:
            raise ModelFailed(f"{name} is not set up: there is no key", transient=False, outcome="not-set-up")
        try:
            await asyncio.to_thread(__import__, "claude_agent_sdk")
        except ImportError:
            raise ModelFailed(MISSING, transient=False, outcome="not-set-up") from None
        async with Relay(run, name, upstream=self._base_url, key=self._api_key) as relay:
            try:
                with tempfile.TemporaryDirectory(prefix="mailwright-run-", ignore_cleanup_errors=True) as folder:
                    made = options(name, question, relay, Path(folder))
                    answer = await _to_its_end(question.material, made, relay, run)
                return question.answer.model_validate(answer)
            except ModelFailed:
                raise
            except Exception as error:
                if relay.failure is not None:
                    raise relay.failure from error
                garbage = isinstance(error, ValidationError)
                log.warning("model.failed", model=name, purpose=question.purpose, error=type(error).__name__)
                raise ModelFailed(
                    f"{name} gave no usable answer" if garbage else f"claude failed with {type(error).__name__}",
                    transient=False,
                    outcome="garbage" if garbage else "error",
                ) from error


def options(name: str, question: Question[Any], relay: Relay, folder: Path) -> ClaudeAgentOptions:
    """How the program is started for one question. Makes its folders in `folder`."""
    from claude_agent_sdk import ClaudeAgentOptions, create_sdk_mcp_server

    work, home = folder / "work", folder / "home"
    work.mkdir()
    home.mkdir()
    one_by_one = asyncio.Lock()  # as with the other runtime: a tool may need what the one before it wrote
    return ClaudeAgentOptions(
        model=name.partition(":")[2],
        system_prompt=question.instructions,
        tools=[],  # none of its own
        mcp_servers={
            SERVER: create_sdk_mcp_server(SERVER, tools=[bridged(tool, relay, one_by_one) for tool in question.tools])
        },
        strict_mcp_config=True,
        allowed_tools=[f"mcp__{SERVER}__{tool.name}" for tool in question.tools],
        permission_mode="dontAsk",  # what is not allowed above is refused
        setting_sources=[],
        skills=[],
        verbatim_prompts=True,  # else an @/path in a mail would be the file
        output_format={"type": "json_schema", "schema": question.answer.model_json_schema()},
        cwd=work,
        env=_environment(relay, home),
        extra_args={"no-session-persistence": None},
        stderr=lambda _line: None,  # it may quote the mail
    )


def bridged(tool: Tool, relay: Relay, one_by_one: asyncio.Lock) -> SdkMcpTool[Any]:
    """One of our tools, as the SDK calls it."""
    from claude_agent_sdk import SdkMcpTool, ToolAnnotations

    async def run(arguments: dict[str, Any]) -> dict[str, Any]:
        async with one_by_one:
            try:
                if relay.failure is not None:
                    return _said("the run was ended", failed=True)
                return _said(await called(tool, arguments))
            except ToolFailed as failed:
                return _said(str(failed), failed=True)
            except ModelFailed as failure:
                relay.stop(failure)
                return _said("the run was ended", failed=True)

    annotations = ToolAnnotations(maxResultSizeChars=MAX_RESULT)
    return SdkMcpTool(tool.name, tool.description, schema(tool), run, annotations)


async def _to_its_end(material: str, made: ClaudeAgentOptions, relay: Relay, run: Run) -> Any:
    """`_answer` within the run's time. When this returns, however it does, the program has ended: the SDK sees to that when it is told to
    stop in the way it knows (a scope of anyio's), and not when its task is cancelled under it."""
    scope = anyio.CancelScope()
    left = run.meter.seconds_left()
    scope.deadline = anyio.current_time() + (inf if left is None else left)

    async def answer() -> Any:
        with scope:
            return await _answer(material, made, relay)
        raise run.meter.too_long()

    task = asyncio.create_task(answer(), name="claude")
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        scope.cancel()
        await asyncio.wait([task])
        raise


async def _answer(material: str, made: ClaudeAgentOptions, relay: Relay) -> Any:
    """What the run ends with. Raises ModelFailed."""
    from claude_agent_sdk import ClaudeSDKClient, ResultMessage

    async with ClaudeSDKClient(made) as client:  # its end is the program's; that of the simpler `query` is not
        await client.query(material)
        async for message in client.receive_response():
            if relay.failure is not None:
                raise relay.failure
            if isinstance(message, ResultMessage) and message.structured_output is not None and not message.is_error:
                return message.structured_output
    raise relay.failure or ModelFailed("the model ended without an answer", transient=False, outcome="garbage")


def _said(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "is_error": failed}


def _environment(relay: Relay, home: Path) -> dict[str, str]:
    """The SDK lays this over our own environment, so what must not be seen is made empty."""
    hidden = {name: "" for name in os.environ if name not in INHERITED}
    return hidden | {
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / "config"),
        "TMPDIR": str(home),
        "ANTHROPIC_BASE_URL": relay.url,
        "ANTHROPIC_API_KEY": relay.token,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "MAX_MCP_OUTPUT_TOKENS": str(MAX_RESULT),
        "NO_PROXY": "127.0.0.1",
    }
