"""Exa, SearXNG and Brave on this machine, in their wire formats: one server that speaks all three, with the results it is given.

`SearchServices(results)`, `await start()`, then `url`. `asked` has the words and options of each search. `exa`, `searxng` and `brave`
write what each of them answers, for other servers, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "an Exa key"
BRAVE_KEY = "a Brave key"


@dataclass(frozen=True)
class Result:
    """A page as the services know it."""

    title: str
    url: str
    text: str
    author: str = ""
    published: str = ""
    """The day, like 2026-01-31; empty when unknown."""


def exa(results: Sequence[Result], wanted: dict[str, Any]) -> dict[str, Any]:
    """What Exa answers: the texts and highlights that were asked for, and what it cost."""
    contents = wanted.get("contents", {})
    found = []
    for each in results[: wanted.get("numResults", 10)]:
        entry: dict[str, Any] = {
            "id": each.url,
            "title": each.title,
            "url": each.url,
            "publishedDate": f"{each.published}T00:00:00.000Z" if each.published else None,
            "author": each.author or None,
        }
        if "text" in contents:
            entry["text"] = each.text[: contents["text"]["maxCharacters"]]
        if "highlights" in contents:
            entry["highlights"] = [snippet(each.text, wanted["query"], contents["highlights"]["maxCharacters"])]
            entry["highlightScores"] = [0.46]
        found.append(entry)
    return {
        "requestId": "b5947044c4b78efa9552a7c89b306d95",
        "searchType": "auto",
        "results": found,
        "costDollars": {"total": 0.007},
        "searchTime": 812.5,
    }


def searxng(results: Sequence[Result], words: str) -> dict[str, Any]:
    """What SearXNG answers."""
    found = [
        {
            "url": each.url,
            "title": each.title,
            "content": snippet(each.text, words, 2_500),
            "engine": "wikipedia",
            "template": "default.html",
            "parsed_url": [*urlsplit(each.url)],
            "engines": ["wikipedia"],
            "positions": [number],
            "publishedDate": f"{each.published}T00:00:00" if each.published else None,
            "author": each.author,
            "score": 1.0,
            "category": "general",
        }
        for number, each in enumerate(results, 1)
    ]
    return {
        "query": words,
        "number_of_results": 0,
        "results": found,
        "answers": [],
        "corrections": [],
        "infoboxes": [],
        "suggestions": [],
        "unresponsive_engines": [["qwant", "timeout"]],
    }


def brave(results: Sequence[Result], asked: dict[str, str]) -> dict[str, Any]:
    """What Brave answers; its descriptions mark the words that were found."""
    first = asked["q"].split()[0]
    found = [
        {
            "title": each.title,
            "url": each.url,
            "is_source_local": False,
            "is_source_both": False,
            "description": snippet(each.text, asked["q"], 2_500).replace(first, f"<strong>{first}</strong>"),
            "page_age": f"{each.published}T00:00:00" if each.published else None,
            "language": "en",
            "family_friendly": True,
            "type": "search_result",
            "subtype": "generic",
        }
        for each in results[: int(asked.get("count", "20"))]
    ]
    query = {"original": asked["q"], "more_results_available": False}
    if not found:
        return {"type": "search", "query": query}
    return {"type": "search", "query": query, "web": {"type": "search", "results": found, "family_friendly": True}}


def brave_error(code: str, status: int) -> dict[str, Any]:
    """How Brave tells of a mistake: a key that it does not know is a 422, too."""
    error = {"code": code, "detail": "SECRET detail", "status": status, "id": "5d832250", "meta": {}}
    return {"type": "ErrorResponse", "error": error, "time": 1663072993}


def snippet(text: str, words: str, most: int) -> str:
    """What is around the first of the words that is there."""
    small = text.lower()
    places = [at for word in words.lower().split() if (at := small.find(word.strip("\"'"))) >= 0]
    start = max(0, min(places, default=0) - 100)
    return text[start : start + most]


@dataclass
class SearchServices:
    """`results` are (title, url, text, author, published), the last two may be missing. `said` is answered instead: a status and octets.
    `json_allowed`: SearXNG's search.formats. `heads` are those of the requests."""

    results: Sequence[tuple[str, ...]] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    said: tuple[int, bytes] | None = None
    json_allowed: bool = True
    busy: list[str] = field(default_factory=list)
    """Headers of refusals for now (429), each said once before an answer."""
    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            body = await reader.readexactly(int(named.get("content-length", "0")))
            self.heads.append("\n".join(lines))
            wait = f"{self.busy.pop(0)}\r\n" if self.busy else ""
            status, content = (429, b"{}") if wait else self.said or self._answer(lines[0], named, body)
            head = f"HTTP/1.1 {status} x\r\n{wait}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + content)
            await writer.drain()
        writer.close()

    def _answer(self, line: str, named: dict[str, str], body: bytes) -> tuple[int, bytes]:
        method, target, _ = line.split(" ")
        if method == "GET" and target.startswith("/res/v1/web/search?"):
            return self._brave(named, dict(parse_qsl(urlsplit(target).query)))
        if (method, target) != ("POST", "/search"):
            return 404, b"{}"
        if named["content-type"].startswith("application/json"):
            return self._exa(named, json.loads(body))
        return self._searxng(dict(parse_qsl(body.decode())))

    def _exa(self, named: dict[str, str], wanted: dict[str, Any]) -> tuple[int, bytes]:
        if named.get("x-api-key") != KEY:
            return 401, b'{"error": "Invalid API key", "requestId": "b5947", "tag": "INVALID_API_KEY"}'
        self.asked.append(wanted)
        return 200, json.dumps(exa(self._results(), wanted)).encode()

    def _searxng(self, wanted: dict[str, str]) -> tuple[int, bytes]:
        if wanted.get("format") != "json" or not self.json_allowed:
            return 403, b"Forbidden"
        self.asked.append(wanted)
        return 200, json.dumps(searxng(self._results(), wanted["q"])).encode()

    def _brave(self, named: dict[str, str], asked: dict[str, str]) -> tuple[int, bytes]:
        if named.get("x-subscription-token") != BRAVE_KEY:
            return 422, json.dumps(brave_error("SUBSCRIPTION_TOKEN_INVALID", 422)).encode()
        if len(asked["q"]) > 400 or len(asked["q"].split()) > 50:
            return 422, json.dumps(brave_error("VALIDATION", 422)).encode()
        self.asked.append(asked)
        return 200, json.dumps(brave(self._results(), asked)).encode()

    def _results(self) -> list[Result]:
        return [Result(*each) for each in self.results]
