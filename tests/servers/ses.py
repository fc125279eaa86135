"""Amazon SES: moto, which takes mail as SES does, behind a door that answers as SES does when it is in trouble.

`with SesService() as ses:` then `ses.url`. `trouble` is a list of what to do with the next calls, in its own wire format.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

REGION = "eu-central-1"
ACCESS, SECRET = "AKIDOFNOBODY", "a secret of nobody's"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One call's: an answer of that status and name, or none at all. `taken`: moto gets it all the same."""

    status: int = 0
    name: str = ""
    taken: bool = False


class SesService:
    """`taken` has what it took, `calls` how often it was called."""

    def __init__(self) -> None:
        self.trouble: deque[Trouble] = deque()
        self.calls: list[dict[str, str]] = []
        self._moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._moto.start()
        host, port = self._moto.get_host_and_port()
        self._behind = f"http://{host}:{port}"
        self._door: ThreadingHTTPServer | None = None
        self._port = 0
        self.open()
        self.backend = ses_backends[DEFAULT_ACCOUNT_ID][REGION]
        self.backend.sent_messages.clear()
        self.backend.verify_email_identity("mailwright.test")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def taken(self) -> list[Any]:
        return list(self.backend.sent_messages)

    def open(self) -> None:
        service = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._door = ThreadingHTTPServer(("127.0.0.1", self._port), Door)
        self._port = self._door.server_port
        threading.Thread(target=self._door.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Nobody answers any more, until `open`."""
        assert self._door is not None
        self._door.shutdown()
        self._door.server_close()

    def stop(self) -> None:
        self.close()
        self._moto.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, call: BaseHTTPRequestHandler) -> None:
        body = call.rfile.read(int(call.headers.get("Content-Length", "0")))
        self.calls.append(dict(call.headers.items()))
        trouble = self.trouble.popleft() if self.trouble else None
        if trouble is None or trouble.taken:
            said = httpx.post(
                f"{self._behind}{call.path}", content=body, headers=dict(call.headers.items()), timeout=30
            )
        if trouble is None:
            self._say(call, said.status_code, said.content, said.headers.get("x-amzn-errortype", ""))
        elif trouble.status:
            self._say(call, trouble.status, b'{"message":"as it was told"}', trouble.name)
        else:
            call.close_connection = True

    def _say(self, call: BaseHTTPRequestHandler, status: int, content: bytes, name: str) -> None:
        call.send_response(status)
        call.send_header("Content-Type", "application/json")
        call.send_header("Content-Length", str(len(content)))
        if name:
            call.send_header("x-amzn-ErrorType", name)
        call.end_headers()
        call.wfile.write(content)
