"""A model service for the scribe: speaks OpenAI's chat completions, takes its time, and answers what the scribe asks, always the same way.

    with ScribeModel(seconds=0.05) as model: model.url; model.calls

Its template is of the type `kind` names, templates it drafts are about lamps; of the first source it quotes QUOTE, which pages that are read have to
hold; the letter says it again. `calls` has the purpose and the recipient of each question. `python -m tests.servers.scribemodel --port N --seconds S` serves alone.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.ports import free_port

QUOTE = "has kept a diary of the harbour lights since 2009"
_RECIPIENT = re.compile(r"The recipient: ([^\n\\]+)")
_FACT = re.compile(r"^\[(\d+)\]", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """A question: its purpose (template, research, compose, drafts), who it is about, and when it came, by the clock of the machine."""

    purpose: str
    recipient: str
    at: float


class ScribeModel:
    """`with ScribeModel() as model`."""

    def __init__(self, *, seconds: float = 0.0, port: int = 0, kind: str = "GENERAL") -> None:
        self.seconds = seconds
        self.kind = kind
        self.slow: dict[str, float] = {}  # seconds for some purposes
        self.port = port or free_port()
        self.calls: list[Asked] = []
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def settings(self) -> dict[str, object]:
        """Of a Mailwright that asks it for all that the scribe needs."""
        names = {f"model_{purpose}": "openai:scribe" for purpose in ("template", "research", "compose")}
        return {**names, "model_base_url": self.url, "model_api_key": "none"}

    def __enter__(self) -> ScribeModel:
        handler = type("Handler", (_Handler,), {"model": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    model: ScribeModel
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        told = "\n".join(_text(each) for each in asked["messages"])
        fields = json.dumps(asked.get("tools", asked.get("response_format", "")))
        purpose = next((each for word, each in _SIGNS.items() if f'"{word}"' in fields), "template")
        name = found[1].strip() if (found := _RECIPIENT.search(told)) else ""
        self.model.calls.append(Asked(purpose, name, time.time()))
        time.sleep(self.model.slow.get(purpose, self.model.seconds))
        tools = asked.get("tools")
        answer = _ANSWERS[purpose](name, told)
        if purpose == "template":
            answer["type"] = self.model.kind
        self._say(_completion(answer, tools[0]["function"]["name"] if tools else None))

    def _say(self, content: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Not here."""


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _template(name: str, told: str) -> dict[str, Any]:
    terms = [f"{name} harbour lights", f"{name} diary"]
    return {"search_terms": terms, "because": "nothing else is asked for"}


def _research(name: str, told: str) -> dict[str, Any]:
    fact = {"claim": f"{name} {QUOTE}.", "source": 1, "quote": QUOTE, "about": "recipient"}
    return {"facts": [fact], "because": "the first page says so"}


def _compose(name: str, told: str) -> dict[str, Any]:
    numbers = [int(number) for number in _FACT.findall(told)][:1]
    middle = {"text": f"I read that {name} {QUOTE}.", "facts": numbers}
    wish = {"text": "May I come and see it?", "facts": []}
    paragraphs = [[{"text": f"Dear {name},", "facts": []}], [middle, wish], [{"text": "Kind regards", "facts": []}]]
    return {"subject": "Your diary", "paragraphs": paragraphs, "because": "it is short"}


def _drafts(name: str, told: str) -> dict[str, Any]:
    first = "Dear {{name}},\n\nI keep a small museum of lamps. {{something about their work}}\n\nMay I come and see it?"
    second = "Dear {{name}},\n\nI collect lamps, and I read about {{interest}}.\n\nMay I ask you two questions?"
    return {"templates": [first, second, f"{second}\n\nKind regards"], "because": "they ask for different things"}


_ANSWERS = {"template": _template, "research": _research, "compose": _compose, "drafts": _drafts}
_SIGNS = {"paragraphs": "compose", "facts": "research", "templates": "drafts"}


def _completion(answer: dict[str, Any], tool: str | None) -> bytes:
    said = json.dumps(answer)
    message: dict[str, Any] = {"role": "assistant", "content": said}
    if tool is not None:
        call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": said}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "stop" if tool is None else "tool_calls", "message": message}
    usage = {"prompt_tokens": 1500, "completion_tokens": 120, "total_tokens": 1620}
    made = {"id": "1", "object": "chat.completion", "created": 1, "model": "scribe", "choices": [choice]}
    return json.dumps({**made, "usage": usage}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scribemodel")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1.0)
    given = parser.parse_args()
    with ScribeModel(seconds=given.seconds, port=given.port) as model:
        print(model.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
