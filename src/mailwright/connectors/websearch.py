"""Searching the web for agents: by Exa's API, by Brave's, or by a SearXNG of one's own.

Used by the agents' tools (`search_web`) and the scribe's research, after policy has looked at the words, which leave the house here.
Promises: only titles, addresses (http and https), excerpts, authors and days come back, bounded, as plain text; a refusal says nothing
that the service said, and no key. The service is the settings' choice, so its address is not looked at.
Does not: believe a word of it; an author or a day is what somebody wrote into a page, too.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from mailwright.codecs.mime import charsets, html_to_text
from mailwright.domain.refusals import BadInput, NotPermitted, Refusal, TryLater

SECONDS = 20.0  # for one search; SearXNG waits for several others
TRIES = 3  # of one search, where the service wants a moment between two: Brave's smaller plans take one a second
PAUSE_SECONDS = 3.0  # no longer than that: who is over a month's quota says so with many more
JITTER_SECONDS = 0.3
MAX_ANSWER_OCTETS = 4 * 1024 * 1024
MAX_RESULTS = 20
MAX_WORDS_CHARACTERS = 400  # Brave takes no more, and no question of ours is longer
MAX_WORDS = 50  # the same
MAX_EXCERPT_CHARACTERS = 2_000
HIGHLIGHT_CHARACTERS = 1_000  # what Exa thinks is the answer, which may stand far behind the beginning
MAX_AUTHOR_CHARACTERS = 200
MAX_TITLE_CHARACTERS = 300
MAX_URL_CHARACTERS = 2_000
MAX_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """One result. `text` is what the service shows of it; `published` a day like 2026-01-31. Both it and `author` may be empty."""

    title: str
    url: str
    text: str
    author: str = ""
    published: str = ""


class Search(Protocol):
    """Whoever can search the web."""

    async def search(self, words: str, most: int) -> list[Found]:
        """At most `most` results, the best first. Raises BadInput, NotPermitted, TryLater."""

    async def close(self) -> None:
        """Let go of everything."""


class Exa:
    """Exa's API (https://api.exa.ai), with a key."""

    def __init__(self, key: str, *, url: str = "https://api.exa.ai", seconds: float = SECONDS) -> None:
        self._service = _Service("Exa", url, {"x-api-key": key}, seconds)

    async def search(self, words: str, most: int) -> list[Found]:
        """See `Search`."""
        plain = _checked(words)
        wanted = {
            "query": plain,
            "type": "auto",
            "numResults": _number(most),
            "contents": {
                "text": {"maxCharacters": MAX_EXCERPT_CHARACTERS},
                "highlights": {"query": plain, "maxCharacters": HIGHLIGHT_CHARACTERS},
            },
        }
        answer = await self._service.ask("POST", "/search", json=wanted)
        return _found(_entries(answer, "Exa"), _exa_text, "publishedDate", most)

    async def close(self) -> None:
        """Let go of everything."""
        await self._service.close()


class Searxng:
    """A SearXNG that gives JSON (`search.formats` in its settings names json)."""

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        self._service = _Service("SearXNG", url, {}, seconds)

    async def search(self, words: str, most: int) -> list[Found]:
        """See `Search`."""
        # Posted, so that the words stand in no log of a server between.
        answer = await self._service.ask("POST", "/search", data={"q": _checked(words), "format": "json"})
        return _found(_entries(answer, "SearXNG"), _text_of("content"), "publishedDate", most)

    async def close(self) -> None:
        """Let go of everything."""
        await self._service.close()


class Brave:
    """Brave's search API (https://api.search.brave.com), with a key."""

    def __init__(self, key: str, *, url: str = "https://api.search.brave.com", seconds: float = SECONDS) -> None:
        self._service = _Service("Brave", url, {"X-Subscription-Token": key}, seconds)

    async def search(self, words: str, most: int) -> list[Found]:
        """See `Search`."""
        plain = " ".join(_checked(words).split()[:MAX_WORDS])
        wanted = {"q": plain, "count": str(_number(most)), "result_filter": "web", "text_decorations": "false"}
        answer = await self._service.ask("GET", "/res/v1/web/search", params=wanted)
        # Who finds nothing has no part of the web at all.
        return _found(_entries(answer.get("web", {"results": []}), "Brave"), _brave_text, "page_age", most)

    async def close(self) -> None:
        """Let go of everything."""
        await self._service.close()


class NoSearch:
    """No service is set."""

    async def search(self, words: str, most: int) -> list[Found]:
        """Refused."""
        raise NotPermitted("no service that searches the web is set here")

    async def close(self) -> None:
        """Nothing to let go of."""


class _Service:
    def __init__(self, name: str, url: str, headers: dict[str, str], seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Accept": "application/json", **headers},
            timeout=seconds,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            trust_env=False,  # a proxy of the environment has no business with what people look for
        )

    async def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The JSON object it answers. Raises BadInput, NotPermitted, TryLater."""
        try:
            async with asyncio.timeout(self._seconds):
                for _ in range(TRIES - 1):
                    status, content, pause = await self._once(method, path, options)
                    if status != 429 or not 0 < pause <= PAUSE_SECONDS:
                        break
                    await asyncio.sleep(pause + random.uniform(0, JITTER_SECONDS))
                else:
                    status, content, _ = await self._once(method, path, options)
        except TimeoutError:
            raise TryLater(f"{self._name} did not answer in time") from None
        said = _json(content)
        if status != 200:
            raise self._refusal(status, said)
        if not isinstance(said, dict):
            raise TryLater(f"{self._name} does not answer with results")
        return said

    async def _once(self, method: str, path: str, options: dict[str, Any]) -> tuple[int, bytes, float]:
        """The status, the octets, and the seconds to wait before one may ask again."""
        try:
            async with self._client.stream(method, path, **options) as answer:
                content = b""
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > MAX_ANSWER_OCTETS:
                        raise TryLater(f"{self._name} says too much")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TryLater(f"{self._name} cannot be reached ({type(error).__name__})") from None
        return answer.status_code, content, _pause(answer.headers)

    def _refusal(self, status: int, said: Any) -> Refusal:
        # Brave's word for a key that it does not know is a 422, as for words it cannot search for.
        error = said.get("error") if isinstance(said, dict) else None
        code = str(error.get("code")) if isinstance(error, dict) else ""
        if status in (401, 402, 403) or code.startswith(("SUBSCRIPTION_", "OPTION_NOT_IN_PLAN")):
            is_ours = self._name == "SearXNG"
            why = "gives no JSON: its search.formats must name json" if is_ours else "does not know our key"
            return NotPermitted(f"{self._name} {why} ({status})")
        if status in (400, 422):
            return BadInput(f"{self._name} cannot search for that")
        return TryLater(f"{self._name} answers {status}")

    async def close(self) -> None:
        await self._client.aclose()


def _checked(words: str) -> str:
    plain = charsets.one_line(charsets.clean(words))[:MAX_WORDS_CHARACTERS]
    if not plain:
        raise BadInput("there is nothing to search for")
    return plain


def _number(most: int) -> int:
    return max(1, min(most, MAX_RESULTS))


def _pause(headers: Mapping[str, str]) -> float:
    """The seconds that Retry-After names, or the first window of Brave's X-RateLimit-Reset; 0 when neither does."""
    said = headers.get("retry-after") or headers.get("x-ratelimit-reset", "").partition(",")[0]
    return float(said.strip()[:9]) if said.strip().isascii() and said.strip().isdigit() else 0.0


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _entries(answer: Any, name: str) -> list[Any]:
    found = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise TryLater(f"{name} does not answer with results")
    return found


def _found(entries: list[Any], text: Callable[[Mapping[str, Any]], str], day: str, most: int) -> list[Found]:
    """What can be shown of the results; what is no page of the web is left out."""
    found: dict[str, Found] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        url = entry.get("url")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")) or len(url) > MAX_URL_CHARACTERS:
            continue
        found.setdefault(
            url,
            Found(
                _plain(_string(entry.get("title")), MAX_TITLE_CHARACTERS),
                url,
                text(entry),
                _plain(_string(entry.get("author")), MAX_AUTHOR_CHARACTERS),
                _day(_string(entry.get(day))),
            ),
        )
        if len(found) >= _number(most):
            break
    return list(found.values())


def _exa_text(entry: Mapping[str, Any]) -> str:
    """The beginning, and what it highlights where that stands further on."""
    begins = next((text for name in ("text", "summary") if (text := _string(entry.get(name))).strip()), "")
    shown = _plain(begins, MAX_EXCERPT_CHARACTERS)
    highlights = (_plain(each, HIGHLIGHT_CHARACTERS) for each in _strings(entry.get("highlights")))
    further = [each for each in highlights if each and each not in shown]
    return " … ".join([*([shown] if shown else []), *further])[: MAX_EXCERPT_CHARACTERS + HIGHLIGHT_CHARACTERS]


def _brave_text(entry: Mapping[str, Any]) -> str:
    """The description, and the extra snippets where the plan has them."""
    pieces = [_string(entry.get("description")), *_strings(entry.get("extra_snippets"))]
    return _plain(" … ".join(each for each in pieces if each.strip()), MAX_EXCERPT_CHARACTERS)


def _text_of(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda entry: _plain(_string(entry.get(name)), MAX_EXCERPT_CHARACTERS)


def _day(said: str) -> str:
    """The day of a date in ISO 8601; nothing when there is none, or one that cannot be."""
    try:
        return datetime.date.fromisoformat(said[:10]).isoformat()
    except ValueError:
        return ""


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> Iterator[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else iter(())


def _plain(text: str, most: int) -> str:
    """Without markup, which SearXNG leaves in where a service marks the words that were found."""
    cut = text[: most * 4]
    return charsets.one_line(html_to_text(cut) if "<" in cut else cut)[:most]
