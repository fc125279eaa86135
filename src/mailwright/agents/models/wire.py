"""What really travelled: listens at the HTTP client, so that a transcript is the request's own bytes and not a retelling.

Used by `recording` (which asks for what was heard during one request) and `providers` (which make their clients here).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpx2
from pydantic_ai.models import create_async_httpx2_client

FORMATS = {
    "/messages": "anthropic-messages",
    "/chat/completions": "openai-chat",
    "/responses": "openai-responses",
}
"""By the end of the path. What is none of these is `other`."""


@dataclass(slots=True)
class Heard:
    """One request and its answer; the last one when a library repeats itself. `answered` None: none came, or it came as a stream."""

    format: str = ""
    sent: bytes | None = None
    status: int | None = None
    answered: bytes | None = None


_heard: ContextVar[Heard | None] = ContextVar("mailwright_model_wire", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """What this task sends and gets through clients made here, until the end of the block."""
    heard = Heard()
    mark = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(mark)


def client() -> httpx2.AsyncClient:
    """An HTTP client for a provider, which listens."""
    made = create_async_httpx2_client()
    made.event_hooks["request"].append(_on_request)
    made.event_hooks["response"].append(_on_response)
    return made


async def _on_request(request: httpx2.Request) -> None:
    heard = _heard.get()
    if heard is None:
        return
    heard.format = next((name for end, name in FORMATS.items() if request.url.path.endswith(end)), "other")
    heard.sent = await request.aread()
    heard.status = heard.answered = None


async def _on_response(response: httpx2.Response) -> None:
    heard = _heard.get()
    if heard is None:
        return
    heard.status = response.status_code
    if "event-stream" not in response.headers.get("content-type", ""):  # that is read bit by bit by whoever asked
        heard.answered = await response.aread()
