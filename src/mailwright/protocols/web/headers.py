"""Security headers around every answer, and smaller answers for who takes them.

Plain ASGI, put around the application by `protocols.api.application`. Promises: a page without a policy of its own gets that of the
application in the browser, under which nothing runs, loads or frames but what comes from here. An answer that has a header already keeps
it. Nothing that may hold a secret beside a stranger's words is packed (BREACH).
"""

from __future__ import annotations

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "frame-src 'self'",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
HSTS = "max-age=31536000"  # RFC 6797 §6.1: a year; subdomains are not ours to speak for

SMALLEST_PACKED = 1024  # octets: below, the head of gzip eats the gain
LARGE_OCTETS = 256 * 1024  # packed in a thread
LEVEL = 5
PACKED = ("text/html", "text/css", "text/javascript", "text/plain", "application/json", "image/svg+xml")
UNPACKED_PATHS = ("/api/session", "/api/account", "/api/admin", "/approve", "/unsubscribe")


class SecurityHeaders:
    """The middleware. `tls`: browsers come by https, and shall from now on."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = {
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": PERMISSIONS,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        }
        if tls:
            self._headers["Strict-Transport-Security"] = HSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("Content-Security-Policy", POLICY)
                elif scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")  # RFC 9111 §5.2.2.5
            await send(message)

        await self._app(scope, receive, with_headers)


class Packed:
    """The middleware that packs whole answers of text with gzip (RFC 9110 §8.4.1.3); those in pieces pass as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not wants_gzip(Headers(scope=scope)) or scope["path"].startswith(UNPACKED_PATHS):
            await self._app(scope, receive, send)
            return
        begun: Message | None = None

        async def packing(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = message
                return
            start, begun = begun, None
            if start is not None:
                if (
                    message["type"] == "http.response.body"
                    and not message.get("more_body")
                    and _may_pack(start, message)
                ):
                    message = await _pack(start, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, packing)


def wants_gzip(headers: Headers) -> bool:
    """RFC 9110 §12.5.3: named, and not with a weight of 0."""
    for each in ",".join(headers.getlist("accept-encoding")).split(","):
        name, _, weight = each.strip().lower().partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _may_pack(start: Message, message: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        len(message.get("body", b"")) >= SMALLEST_PACKED
        and "content-encoding" not in headers
        and "etag" not in headers  # of the octets as they are
        and headers.get("content-type", "").partition(";")[0] in PACKED
    )


async def _pack(start: Message, message: Message) -> Message:
    body = message["body"]
    if len(body) > LARGE_OCTETS:
        packed = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
    else:
        packed = gzip.compress(body, LEVEL, mtime=0)
    headers = MutableHeaders(raw=start["headers"])
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(packed))
    headers.add_vary_header("Accept-Encoding")
    start["headers"] = headers.raw
    return {**message, "body": packed}
