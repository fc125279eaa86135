"""S3 by moto, in a thread of the tests; and a server in front of it that is slow, fails or lies when it is told to."""

from __future__ import annotations

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from moto.server import ThreadedMotoServer
from obstore.store import S3Store

BUCKET = "mailwright-tests"
_OWN_HEADERS = ("content-length", "transfer-encoding", "connection", "date")  # of one connection
KEYS = {"access_key_id": "test", "secret_access_key": "test", "region": "us-east-1"}


class S3Server:
    """One server with one bucket."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._make_bucket()

    @property
    def options(self) -> dict[str, object]:
        """What `open_blobs("s3://…", **options)` needs to come here."""
        return {**KEYS, "endpoint": self.endpoint, "client_options": {"allow_http": True}}

    def destroy(self) -> None:
        self._server.stop()

    def _make_bucket(self) -> None:
        # At the first request moto reads what it knows.
        httpx.put(f"{self.endpoint}/{BUCKET}", timeout=60).raise_for_status()
        assert S3Store(BUCKET, **KEYS, endpoint=self.endpoint, client_options={"allow_http": True}) is not None


class Meddler:
    """Passes requests on to a server and keeps them in `seen` as (method, path, headers); until told otherwise, honestly."""

    def __init__(self, endpoint: str) -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.seconds = 0.0  # how long each answer is waited for
        self.failing = 0  # so many requests get 503 instead of an answer
        self.lying = False  # what is read is changed in one octet
        self.lying_once = False  # the next time only
        self.without: int | None = None  # the status by which a put with a condition is refused
        self.forgetful = 0  # so many puts are done and their answer is lost
        meddler = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def __getattr__(self, name: str) -> object:
                if name.startswith("do_"):
                    return self._pass_on
                raise AttributeError(name)

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                meddler.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                time.sleep(meddler.seconds)
                if meddler.failing > 0:
                    meddler.failing -= 1
                    return self._answer(503, {}, b"")
                if meddler.without is not None and "if-none-match" in self.headers:
                    return self._answer(meddler.without, {}, b"<Error><Code>NotImplemented</Code></Error>")
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "host")}
                told = client.request(self.command, f"{endpoint}{self.path}", content=body, headers=headers)
                if meddler.forgetful > 0 and self.command == "PUT":
                    meddler.forgetful -= 1
                    return self._answer(503, {}, b"")
                content = told.content
                lying, meddler.lying_once = meddler.lying or meddler.lying_once, False
                if lying and self.command == "GET" and not re.search("list-type|comp=list", self.path) and content:
                    content = bytes([content[0] ^ 1]) + content[1:]
                kept = {k: v for k, v in told.headers.items() if k.lower() not in _OWN_HEADERS}
                if self.command == "HEAD":
                    kept["content-length"] = told.headers.get("content-length", "0")
                return self._answer(told.status_code, kept, content)

            def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "content-length" not in headers:
                    self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                return

        client = httpx.Client(timeout=30)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
