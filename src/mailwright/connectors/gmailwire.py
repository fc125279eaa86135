"""Gmail's API through Google's client library: one call is made in a thread, and what went wrong is named.

Shared by every `gmail.Gmail` of a process (see `google.Google.wire`). The library and its description of the API are loaded with the
first call: who has no Gmail connected pays neither the time nor the memory. It is given no credentials and renews none.
Promises: a call is sent once: the library's own transport (httplib2) repeats a POST when the connection ends under it, which could
make a second draft, so requests leave through httpx. A Gmail that does not answer is left alone for a while: whoever waits for one of
the few places would wait for nothing, and keep others from their work. Nothing that was asked or answered is logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from weakref import WeakSet

import httpx

from mailwright.domain import clock
from mailwright.domain.breaker import Breaker
from mailwright.domain.clock import MINUTE

AT_ONCE = 8  # calls of all accounts; Gmail lets one user have about as many
SECONDS = 30.0
CONNECT_SECONDS = 10.0
WHOLE_SECONDS = 180.0  # of one answer, however steadily it drips
LONGEST_REST = 2 * MINUTE
MAX_ANSWER_OCTETS = 80 * 1024 * 1024  # a message of the 50 MB that Gmail takes, in base64 and JSON
MAX_ERROR_OCTETS = 64 * 1024


class CallFailed(Exception):
    """A call did not do what it was for. `status` is HTTP's, 0 when there was no answer; `reason` Google's word, or the error's name;
    `away`: nobody answered at all."""

    def __init__(self, status: int, reason: str, *, away: bool = False) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.away = away


class Wire:
    """Gmail's API at `url`."""

    def __init__(self, url: str, *, seconds: float = SECONDS, at_once: int = AT_ONCE) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="gmail")
        self._at_once = at_once
        self._places = asyncio.Semaphore(at_once)
        # An error that Gmail answers with may be one account's; only silence is everybody's.
        self._breaker = Breaker(failures_to_open=max(1, at_once // 2), longest_pause=LONGEST_REST)
        self._opening = threading.Lock()
        self._opened: tuple[Any, _Http] | None = None

    def close(self) -> None:
        """Let connections and threads go; calls under way fail: a process that ends waits for none."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._opened is not None:
            self._opened[1].close()

    async def call(self, request: Callable[[Any], Any], access: str) -> Any:
        """What `request`, made of the resource `users`, is answered with. Raises CallFailed."""
        loop = asyncio.get_running_loop()
        async with self._places:
            if not self._breaker.enter(clock.now()):
                raise CallFailed(0, "Resting")
            try:
                found = await loop.run_in_executor(self._threads, self._call, request, access)
            except CallFailed as error:
                self._breaker.failed(clock.now()) if error.away else self._breaker.succeeded()
                raise
            except RuntimeError as error:  # closed meanwhile
                raise CallFailed(0, type(error).__name__) from None
            self._breaker.succeeded()
            return found

    def _call(self, request: Callable[[Any], Any], access: str) -> Any:
        users, http = self._open()
        from googleapiclient.errors import Error, HttpError

        try:
            asked = request(users)
            asked.headers["authorization"] = f"Bearer {access}"
            return asked.execute(http=http, num_retries=0)
        except HttpError as error:
            raise CallFailed(int(error.resp.status), _reason(error.content)) from None
        except (httpx.TransportError, OSError) as error:
            raise CallFailed(0, type(error).__name__, away=True) from None
        except (Error, httpx.HTTPError, HTTPException, ValueError, RecursionError, _TooLarge) as error:
            raise CallFailed(0, type(error).__name__) from None

    def _open(self) -> tuple[Any, _Http]:
        with self._opening:
            if self._opened is None:
                from googleapiclient.discovery import build

                http = _Http(self._seconds, self._at_once)
                service = build(
                    "gmail",
                    "v1",
                    http=http,
                    static_discovery=True,  # the description that came with the library: nothing is fetched
                    cache_discovery=False,
                    client_options={"api_endpoint": f"{self._url}/"},
                )
                self._opened = service.users(), http
            return self._opened


class _TooLarge(Exception):
    """The answer has no end in sight."""


class _Http:
    """As much of `httplib2.Http` as the library asks for, over httpx; used from many threads."""

    def __init__(self, seconds: float, at_once: int) -> None:
        self._client = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            limits=httpx.Limits(max_connections=at_once),
            trust_env=False,  # a proxy of the environment has no business with people's mail
            follow_redirects=False,
        )
        self._sockets: WeakSet[socket.socket] = WeakSet()

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> tuple[Any, bytes]:
        """Send it; its header with its status, and its body."""
        import httplib2

        ends = time.monotonic() + WHOLE_SECONDS
        with self._client.stream(
            method, uri, content=body, headers=dict(headers or {}), extensions={"trace": self._connected}
        ) as answer:
            most = MAX_ANSWER_OCTETS if answer.status_code < 300 else MAX_ERROR_OCTETS
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if time.monotonic() > ends:
                    raise httpx.ReadTimeout("it has no end in sight")
                if len(content) > most:
                    if answer.status_code >= 300:
                        break
                    raise _TooLarge
            return httplib2.Response({**answer.headers, "status": str(answer.status_code)}), bytes(content)

    def close(self) -> None:
        """Let connections go, also those that a thread waits at: closing alone does not wake it."""
        for each in tuple(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._client.close()

    def _connected(self, event: str, told: Mapping[str, Any]) -> None:
        """What the client tells of a call: of a connection, and of the one inside TLS that takes its place."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            made = told["return_value"].get_extra_info("socket")
            if made is not None:
                self._sockets.add(made)


def _reason(content: bytes) -> str:
    """Google's word for what is wrong: `error.errors[0].reason`, or its status."""
    try:
        error = json.loads(content)["error"]
        told = [each.get("reason") for each in error.get("errors") or []]
        word = next((each for each in told if isinstance(each, str)), error.get("status"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return word if isinstance(word, str) and word.isascii() and len(word) <= 60 else ""
