"""Tools as pydantic-ai wants them: checked arguments in, text out, and a clear word when a tool fails.

Made by `remote` for every run with tools. What a tool says with ToolFailed the model reads; TryLater ends the run, to be tried again;
anything else is a mistake of ours and ends the run for good.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from pydantic import ValidationError
from pydantic_ai.exceptions import ToolFailed as TheirToolFailed
from pydantic_ai.tools import Tool as TheirTool
from pydantic_ai.toolsets import FunctionToolset

from mailwright.agents.models.asking import ModelFailed
from mailwright.agents.models.tools import Tool, ToolFailed
from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)


def toolset(tools: Sequence[Tool]) -> FunctionToolset[object]:
    """The tools of a run. They are called one after the other, in the order the model gave: one may need what another wrote."""
    return FunctionToolset([_tool(tool) for tool in tools])


async def called(tool: Tool, arguments: dict[str, Any]) -> str:
    """Run one tool. Raises ToolFailed (for the model), ModelFailed (the run ends)."""
    try:
        checked = tool.arguments.model_validate(arguments)
    except ValidationError as error:
        raise ToolFailed(_wrong(error)) from None
    try:
        return await tool.run(checked)
    except ToolFailed:
        raise
    except TryLater as refusal:
        raise ModelFailed(str(refusal), transient=True, outcome="try-later", final=True) from refusal
    except Exception as error:
        log.error("tool.broke", tool=tool.name, error=type(error).__name__, where=_where(error))
        text = f"the tool {tool.name} broke with {type(error).__name__}"
        raise ModelFailed(text, transient=False, outcome="tool-broke", final=True) from error


def schema(tool: Tool) -> dict[str, Any]:
    """The JSON schema of its arguments."""
    made = tool.arguments.model_json_schema()
    made.pop("title", None)
    made.pop("description", None)  # the class's, which is for readers of the code
    return made


def _tool(tool: Tool) -> TheirTool[object]:
    function = _function(tool)
    return TheirTool.from_schema(function, tool.name, tool.description, schema(tool), sequential=True)


def _function(tool: Tool) -> Callable[..., Awaitable[str]]:
    async def run(**arguments: Any) -> str:
        try:
            return await called(tool, arguments)
        except ToolFailed as failed:
            raise TheirToolFailed(str(failed)) from None

    return run


def _wrong(error: ValidationError) -> str:
    """What is wrong with arguments, for the model."""
    told = [
        f"{'.'.join(str(part) for part in each['loc']) or 'arguments'}: {each['msg']}"
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return "wrong arguments: " + "; ".join(told[:10])


def _where(error: BaseException) -> str:
    """The place in the code, without the words of the error: they may quote the mail."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}"
