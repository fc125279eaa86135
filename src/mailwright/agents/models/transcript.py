"""A transcript: exactly what was sent to a model in one request, and what came back. JSON under zlib.

    {"format": "anthropic-messages", "sent": {…}, "status": 200, "answered": [{"kind": "call", "name": "read_file", …}], "raw": null}

`sent` is the body of the request as it travelled (see `wire`), in the words of the interface that `format` names; or, for a model that
is not reached through our HTTP client, instructions, messages and tools in those of `pydantic-ai`. `answered` has the parts that were
made of the answer; `raw` is the answer of a service that gave none. What is private stands there as placeholders, because that is what
travelled. A key travels in a header and is never in it.

Made by `recording`, stored by `storage.model_calls`, read by `core.transcripts` (by way of `codecs.modelwire`).
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
)
from pydantic_ai.models import ModelRequestParameters

from mailwright.agents.models.wire import Heard

MAX_RAW = 256 * 1024  # bytes of an answer that is none: a service gone mad must not fill the database


def written(
    heard: Heard,
    messages: list[ModelMessage],
    parameters: ModelRequestParameters,
    response: ModelResponse | None,
) -> bytes:
    """The transcript of one request."""
    raw = None
    if response is None and heard.answered is not None:
        raw = heard.answered[:MAX_RAW].decode("utf-8", "replace")
    return packed(
        {
            "format": "pydantic-ai" if heard.sent is None else heard.format,
            "sent": _sent(messages, parameters) if heard.sent is None else _parsed(heard.sent),
            "status": heard.status,
            "answered": None if response is None else [_part(part) for part in response.parts],
            "raw": raw,
        }
    )


def packed(told: dict[str, Any]) -> bytes:
    """As it is stored."""
    return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def _parsed(octets: bytes) -> Any:
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        return octets.decode("utf-8", "replace")


def _part(part: Any) -> dict[str, Any]:
    if isinstance(part, ToolCallPart):
        return {"kind": "call", "name": part.tool_name, "arguments": part.args_as_dict()}
    if isinstance(part, TextPart):
        return {"kind": "text", "text": part.content}
    if isinstance(part, ThinkingPart):
        return {"kind": "thinking", "text": part.content}
    return {"kind": part.part_kind}


def _sent(messages: list[ModelMessage], parameters: ModelRequestParameters) -> dict[str, Any]:
    tools = [*parameters.function_tools, *parameters.output_tools]
    return {
        "instructions": "\n\n".join(part.content for part in parameters.instruction_parts or ()),
        "messages": ModelMessagesTypeAdapter.dump_python(messages, mode="json"),
        "tools": [
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters_json_schema}
            for tool in tools
        ],
    }
