"""A push service and the browser behind it: takes posts over TLS, checks who sends them (VAPID) and decrypts what they say.

`PushService(folder)`, `await start()`; it is push.example.net to whoever asks `names`, and trusted by `client_tls`. `posts` has what
came; `answers` what to say instead of 201.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from mailwright.codecs.webpush import decode, encode
from mailwright.protocols.tls import self_signed_certificate, server_context

HOST = "push.example.net"
WAIT_SECONDS = 8.0


class Browser:
    """What subscribes: a key pair and a secret of its own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)

    @property
    def keys(self) -> dict[str, str]:
        """As a browser's PushSubscription.toJSON has them."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": encode(point), "auth": encode(self._secret)}

    def decrypt(self, body: bytes) -> dict[str, Any]:
        """What a post says."""
        plain = http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")
        found: dict[str, Any] = json.loads(plain)
        return found


@dataclass
class Posted:
    """One post that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    said: dict[str, Any] = field(default_factory=dict)


class Names:
    """A resolver that knows these names; each question is noted."""

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self.known = dict(known)
        self.asked: list[str] = []

    async def addresses(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.known.get(host, ())


class PushService:
    """One on this machine."""

    def __init__(self, folder: Path) -> None:
        certificate = self_signed_certificate(folder / "push-service", [HOST])
        self._tls = server_context(certificate)
        self.client_tls = ssl.create_default_context(cafile=str(certificate))
        self.names = Names({HOST: ["127.0.0.1"]})
        self.browser = Browser()
        self.posts: list[Posted] = []
        self.answers: deque[tuple[int, dict[str, str]]] = deque()
        self.silent = False
        self.port = 0
        self._came = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    def url(self, name: str = "ada") -> str:
        """The URL a browser gets when it subscribes."""
        return f"https://{HOST}:{self.port}/send/{name}"

    async def wait_for(self, count: int) -> Posted:
        """The last of that many posts, when they have come."""
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.posts) < count:
                self._came.clear()
                await self._came.wait()
        return self.posts[count - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if self.silent:
                await asyncio.sleep(3600)
            post = Posted(head[0].split()[1], headers, body)
            status, more = self.answers.popleft() if self.answers else (self._judged(post), {})
            self.posts.append(post)
            self._came.set()
            fields = "".join(f"{name}: {value}\r\n" for name, value in more.items())
            writer.write(f"HTTP/1.1 {status} x\r\n{fields}content-length: 0\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    def _judged(self, post: Posted) -> int:
        """As a push service would: who does not say who it is, or says nothing, gets no further."""
        if not self.vouched(post) or "ttl" not in post.headers:
            return 403
        if post.headers.get("content-encoding") == "aes128gcm":
            post.said = self.browser.decrypt(post.body)
        else:
            post.said = json.loads(post.body)
        return 201

    def vouched(self, post: Posted) -> str:
        """The public key that signed for the post; empty when nobody did (RFC 8292 §3, §4.2)."""
        scheme, _, rest = post.headers.get("authorization", "").partition(" ")
        parts = dict(each.strip().split("=", 1) for each in rest.split(",") if "=" in each)
        if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
            return ""
        point = decode(parts["k"])
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])})
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"]).claims
        fine = (
            claims["aud"] == f"https://{HOST}:{self.port}"
            and time.time() < claims["exp"] <= time.time() + 24 * 3600
            and claims["sub"].startswith("mailto:")
        )
        return parts["k"] if fine else ""
