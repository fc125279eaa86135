"""WhatsApp's Cloud API: what Meta posts to a webhook, in its real form, and the Graph API, which takes messages and keeps them here.

`text`, `reply`, `button`, `picked`, `voice`, … are messages as the developer documentation has them, `call` is the body around them,
`signed` its headers. `GraphApi` is a server: `await start()`, then `url`; its ids, errors and statuses are of the form of the real one's.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

TOKEN = "EAAGtokenOfNobody"
SECRET = "the secret of the app"
NUMBER_ID = "106540352242922"
OUR_NUMBER = "4930901820"
ADAS_PHONE = "+4915112345678"
EVES_PHONE = "+4915187654321"

CODES = {
    0: ("AuthException", 401),
    33: ("(#33) Parameter value is not valid", 400),
    100: ("(#100) Invalid parameter", 400),
    190: ("Error validating access token: Session has expired", 401),
    130429: ("(#130429) Rate limit hit", 429),
    131000: ("(#131000) Something went wrong", 500),
    131009: ("(#131009) Parameter value is not valid", 400),
    131016: ("(#131016) Service unavailable", 500),
    131026: ("(#131026) Message undeliverable", 400),
    131047: ("(#131047) Re-engagement message", 400),
    131056: ("(#131056) (Business Account, Consumer Account) pair rate limit hit", 400),
    132000: ("(#132000) Number of parameters does not match the expected number of params", 400),
    132001: ("(#132001) Template name does not exist in the translation", 404),
}


def wamid(phone: str = ADAS_PHONE) -> str:
    """An id like those of WhatsApp: base64 of the number and something random."""
    inner = (
        b"\x1d\x0b"
        + phone.removeprefix("+").encode()
        + b"\x15\x02\x00\x12\x18\x14"
        + uuid4().hex[:20].upper().encode()
        + b"\x00"
    )
    return f"wamid.{base64.b64encode(inner).decode()}"


def user_id(phone: str) -> str:
    """What WhatsApp calls a person towards one business; who has a name there may be known by that alone."""
    return f"DE.{int(phone.removeprefix('+')) * 7919}"


def message(
    type_: str, content: Any, *, phone: str = ADAS_PHONE, id: str = "", at: int = 1_790_000_000, **more: Any
) -> dict[str, Any]:
    """One message of any type."""
    return {
        "from": phone.removeprefix("+"),
        "from_user_id": user_id(phone),
        "id": id or wamid(phone),
        "timestamp": str(at),
        "type": type_,
        **({} if content is None else {type_: content}),
        **more,
    }


def text(words: str, **more: Any) -> dict[str, Any]:
    """Somebody writes."""
    return message("text", {"body": words}, **more)


def reply(words: str, to: str, **more: Any) -> dict[str, Any]:
    """Somebody answers a message by quoting it."""
    return text(words, context={"from": OUR_NUMBER, "id": to}, **more)


def button(title: str, to: str, **more: Any) -> dict[str, Any]:
    """Somebody presses a button of ours."""
    picked_ = {"type": "button_reply", "button_reply": {"id": "1", "title": title}}
    return message("interactive", picked_, context={"from": OUR_NUMBER, "id": to}, **more)


def picked(title: str, to: str, **more: Any) -> dict[str, Any]:
    """Somebody picks a row of a list of ours."""
    row = {"type": "list_reply", "list_reply": {"id": "1", "title": title, "description": "a day"}}
    return message("interactive", row, context={"from": OUR_NUMBER, "id": to}, **more)


def quick(words: str, to: str, **more: Any) -> dict[str, Any]:
    """Somebody presses a button of a template."""
    return message("button", {"payload": words, "text": words}, context={"from": OUR_NUMBER, "id": to}, **more)


def voice(**more: Any) -> dict[str, Any]:
    """Somebody speaks."""
    return message(
        "audio", {"mime_type": "audio/ogg; codecs=opus", "sha256": "x", "id": "1908647269898587", "voice": True}, **more
    )


def image(caption: str = "", **more: Any) -> dict[str, Any]:
    """Somebody sends a picture."""
    named = {"caption": caption} if caption else {}
    return message("image", {"mime_type": "image/jpeg", "sha256": "x", "id": "1479537139650973", **named}, **more)


def reaction(to: str, **more: Any) -> dict[str, Any]:
    """Somebody puts a thumb on a message."""
    return message("reaction", {"message_id": to, "emoji": "\U0001f44d"}, **more)


def unsupported(**more: Any) -> dict[str, Any]:
    """Something the Cloud API itself cannot tell."""
    errors = [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}]
    return message("unsupported", None, errors=errors, **more)


def status(
    id: str, state: str, *, phone: str = ADAS_PHONE, at: int = 1_790_000_000, tracker: str = "", error: int = 0
) -> dict[str, Any]:
    """What became of a message of ours."""
    made: dict[str, Any] = {
        "id": id,
        "status": state,
        "timestamp": str(at),
        "recipient_id": phone.removeprefix("+"),
        "recipient_user_id": user_id(phone),
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "utility", "type": "regular"},
    }
    if tracker:
        made["biz_opaque_callback_data"] = tracker
    if error:
        title = CODES[error][0].partition(") ")[2]
        made["errors"] = [
            {"code": error, "title": title, "message": title, "error_data": {"details": "as it was told"}}
        ]
    return made


def call(*entries: dict[str, Any], name: str = "Ada Lovelace", number_id: str = NUMBER_ID) -> dict[str, Any]:
    """The body of one call, with messages and statuses as they are mixed in it."""
    messages = [each for each in entries if "status" not in each]
    statuses = [each for each in entries if "status" in each]
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": OUR_NUMBER, "phone_number_id": number_id},
    }
    phones = dict.fromkeys(str(each.get("from") or each.get("recipient_id", "")) for each in entries)
    value["contacts"] = [{"profile": {"name": name}, "wa_id": each, "user_id": user_id(each or "0")} for each in phones]
    if messages:
        value["messages"] = messages
    if statuses:
        value["statuses"] = statuses
    changes = [{"value": value, "field": "messages"}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of a call."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Hub-Signature-256": f"sha256={digest}",
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """Instead of taking it: an error by its number, or a bare `status`, or (neither) no answer. `taken`: it is taken all the same;
    `hangs`: nothing is said, and the line stays open."""

    error: int = 0
    status: int = 0
    taken: bool = False
    hangs: bool = False


@dataclass
class GraphApi:
    """The Graph API on this machine. `taken` has what it took, with the `id` it gave; `answers` what to do with the next calls.
    `templates` are those that are approved, by name and language, each with two values."""

    taken: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    templates: set[tuple[str, str]] = field(default_factory=set)
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        return [each["text"]["body"] for each in self.taken if each["type"] == "text"]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            body = await reader.readexactly(int(named.get("content-length", "0")))
            method, target, _ = lines[0].split()
            hangs = bool(self.answers) and self.answers[0].hangs
            answer = self._answer(method, target, named, body)
            if hangs:
                await reader.read()  # until the other side is gone
            if answer is not None:
                code, said = answer
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                kind = "text/html" if isinstance(said, bytes) else "application/json; charset=UTF-8"
                head = f"HTTP/1.1 {code} x\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + content)
                await writer.drain()
        writer.close()

    def _answer(self, method: str, target: str, named: dict[str, str], body: bytes) -> tuple[int, Any] | None:
        version, _, path = target.removeprefix("/").partition("/")
        if named.get("authorization") != f"Bearer {TOKEN}":
            return self._error(190)
        if method != "POST" or path != f"{NUMBER_ID}/messages" or not version.startswith("v"):
            unknown = {
                "message": "Unsupported post request",
                "type": "GraphMethodException",
                "code": 100,
                "error_subcode": 33,
            }
            return 400, {"error": unknown}
        wanted = json.loads(body)
        self.calls.append(wanted)
        answer = self.answers.popleft() if self.answers else None
        if answer is not None and not answer.taken:
            return self._instead(answer)
        wrong = self._wrong(wanted)
        if wrong:
            return self._error(wrong)
        id_ = wamid(f"+{wanted['to']}")
        self.taken.append({**wanted, "id": id_})
        if answer is not None:
            return self._instead(answer)
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [{"input": wanted["to"], "wa_id": wanted["to"]}],
            "messages": [{"id": id_, **({"message_status": "accepted"} if wanted["type"] == "template" else {})}],
        }

    def _wrong(self, wanted: dict[str, Any]) -> int:
        if wanted.get("messaging_product") != "whatsapp" or not str(wanted.get("to", "")).isdigit():
            return 100
        if len(wanted.get("biz_opaque_callback_data", "")) > 512:
            return 100
        if wanted["type"] == "text":
            return 0 if 0 < len(wanted["text"]["body"].encode("utf-16-le")) // 2 <= 4096 else 100
        template = wanted["template"]
        if (template["name"], template["language"]["code"]) not in self.templates:
            return 132001
        values = [each["text"] for part in template["components"] for each in part["parameters"]]
        if len(values) != 2:
            return 132000
        return 100 if any("\n" in each or "\t" in each or "    " in each or not each for each in values) else 0

    def _instead(self, answer: Answer) -> tuple[int, Any] | None:
        if answer.error:
            return self._error(answer.error)
        return (answer.status, b"<html>Sorry, something went wrong.</html>") if answer.status else None

    def _error(self, code: int) -> tuple[int, dict[str, Any]]:
        words, http = CODES[code]
        data = {"messaging_product": "whatsapp", "details": "as it was told"}
        return http, {
            "error": {
                "message": words,
                "type": "OAuthException",
                "code": code,
                "error_data": data,
                "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
            }
        }
