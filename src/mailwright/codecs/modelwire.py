"""What was sent to a model, for reading: the bodies of the providers' interfaces as a list of turns.

Used by `core.transcripts`. Takes whatever stands there: a body of an interface that is not known, or of another shape than expected,
has its texts left out and never raises; whoever shows it shows the body, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "call", "result", "thinking"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that was said. `role` is system, user, assistant or tool; `name` is that of a tool."""

    role: str
    kind: Kind
    text: str
    name: str = ""


def turns(format: str, sent: Any) -> list[Turn]:
    """What a body says, in order."""
    if not isinstance(sent, dict):
        return []
    reader = {
        "anthropic-messages": _anthropic,
        "openai-chat": _chat,
        "openai-responses": _responses,
        "pydantic-ai": _pydantic_ai,
        "claude-agent-sdk": _claude,
    }.get(format)
    return [] if reader is None else [turn for turn in reader(sent) if turn.text or turn.name]


def tools(sent: Any) -> list[str]:
    """The names of the tools that were offered."""
    found = []
    for tool in _each(sent, "tools"):
        inner = tool.get("function")
        name = inner.get("name") if isinstance(inner, dict) else tool.get("name")
        if isinstance(name, str):
            found.append(name)
    return found


def _anthropic(body: dict[str, Any]) -> Iterator[Turn]:
    yield from _texts("system", body.get("system"))
    names: dict[Any, str] = {}
    for message in _each(body, "messages"):
        role, content = _word(message.get("role")), message.get("content")
        if isinstance(content, str):
            yield Turn(role, "text", content)
            continue
        for block in _dicts(content):
            if block.get("type") == "tool_use":
                names[_key(block.get("id"))] = _word(block.get("name"))
                yield Turn("assistant", "call", _spelled(block.get("input")), _word(block.get("name")))
            elif block.get("type") == "tool_result":
                name = names.get(_key(block.get("tool_use_id")), "")
                yield Turn("tool", "result", _joined(block.get("content")), name)
            elif block.get("type") == "thinking":
                yield Turn("assistant", "thinking", _word(block.get("thinking")))
            else:
                yield Turn(role, "text", _word(block.get("text")))


def _chat(body: dict[str, Any]) -> Iterator[Turn]:
    names: dict[Any, str] = {}
    for message in _each(body, "messages"):
        role = _word(message.get("role"))
        if role == "tool":
            name = names.get(_key(message.get("tool_call_id")), "")
            yield Turn("tool", "result", _joined(message.get("content")), name)
            continue
        yield from _texts("system" if role == "developer" else role, message.get("content"))
        for call in _each(message, "tool_calls"):
            inner = call.get("function")
            function = inner if isinstance(inner, dict) else {}
            names[_key(call.get("id"))] = _word(function.get("name"))
            yield Turn("assistant", "call", _word(function.get("arguments")), _word(function.get("name")))


def _responses(body: dict[str, Any]) -> Iterator[Turn]:
    yield from _texts("system", body.get("instructions"))
    if isinstance(body.get("input"), str):
        yield Turn("user", "text", body["input"])
    names: dict[Any, str] = {}
    for item in _each(body, "input"):
        if item.get("type") == "function_call":
            names[_key(item.get("call_id"))] = _word(item.get("name"))
            yield Turn("assistant", "call", _word(item.get("arguments")), _word(item.get("name")))
        elif item.get("type") == "function_call_output":
            yield Turn("tool", "result", _joined(item.get("output")), names.get(_key(item.get("call_id")), ""))
        elif "content" in item:
            role = _word(item.get("role"))
            yield from _texts("system" if role == "developer" else role, item.get("content"))


def _pydantic_ai(body: dict[str, Any]) -> Iterator[Turn]:
    yield from _texts("system", body.get("instructions"))
    for message in _each(body, "messages"):
        for part in _each(message, "parts"):
            kind, name = part.get("part_kind"), _word(part.get("tool_name"))
            if kind == "tool-call":
                yield Turn("assistant", "call", _spelled(part.get("args")), name)
            elif kind in ("tool-return", "retry-prompt"):
                yield Turn(
                    "tool" if name else "user", "result" if name else "text", _spelled(part.get("content")), name
                )
            elif kind == "thinking":
                yield Turn("assistant", "thinking", _word(part.get("content")))
            else:
                role = {"text": "assistant", "system-prompt": "system"}.get(_word(kind), "user")
                yield from _texts(role, part.get("content"))


def _claude(body: dict[str, Any]) -> Iterator[Turn]:
    yield from _texts("system", body.get("instructions"))
    yield from _texts("user", body.get("material"))


def _texts(role: str, content: Any) -> Iterator[Turn]:
    if isinstance(content, str):
        yield Turn(role, "text", content)
    for block in content if isinstance(content, list) else ():
        text = block.get("text") if isinstance(block, dict) else block
        yield Turn(role, "text", _word(text))


def _joined(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(turn.text for turn in _texts("tool", content))
    return _spelled(content)


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _each(body: Any, name: str) -> list[dict[str, Any]]:
    return _dicts(body.get(name)) if isinstance(body, dict) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _key(value: Any) -> str:
    return value if isinstance(value, str) else ""
