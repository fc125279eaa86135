"""The application in the browser, as its build left it: `/app/…`.

Promises: nothing outside of the folder and nothing hidden in it is served; what has a hash in its name is kept by browsers for ever, the
rest is asked for again each time (and answered 304); a path that is no file is a page of the application, which finds its own way.
When nothing was built, one plain page says how to.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from mailwright.protocols.web.headers import LEVEL, SMALLEST_PACKED, wants_gzip

FOLDER = Path(__file__).parent / "app"
ASSETS = "assets/"  # files with a hash in their names: their content never changes
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
MAX_KEPT = 500  # files kept in memory; a build has some dozens

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_TEXT = frozenset({".css", ".html", ".js", ".json", ".map", ".svg", ".txt", ".webmanifest"})

NOT_BUILT = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not built</title></head><body><h1>The pages are not built</h1>'
    "<p>Run <code>make demo</code> or <code>make pages</code> where the program was installed from, then load this again. Mail is "
    'received and sent all the same.</p><p><a href="/">To the first page</a></p></body></html>'
)


@dataclass(frozen=True, slots=True)
class _File:
    changed: tuple[int, int, int]
    body: bytes
    packed: bytes | None
    tag: str


def create_router(folder: Path = FOLDER) -> APIRouter:
    """The paths. `folder` is where the build is."""
    router = APIRouter(include_in_schema=False)
    kept: dict[Path, _File] = {}

    @router.api_route("/app", methods=["GET", "HEAD"])
    async def to_application() -> Response:
        return RedirectResponse("/app/", 308)

    @router.api_route("/app/{path:path}", methods=["GET", "HEAD"])
    async def application(request: Request, path: str) -> Response:
        file = await asyncio.to_thread(_find, folder, path)
        if file is None and path.startswith(ASSETS):
            raise HTTPException(404)  # a page of yesterday asks for yesterday's scripts: it must not get a page for one
        if file is None:
            file = await asyncio.to_thread(_find, folder, "index.html")
        if file is None:
            return HTMLResponse(NOT_BUILT, 503, {"Cache-Control": "no-store"})
        content = await asyncio.to_thread(_load, kept, file)
        lasting = FOR_EVER if file.parent.name == ASSETS.strip("/") else ASK_AGAIN
        return _answer(request, file, content, lasting)

    return router


def _find(folder: Path, path: str) -> Path | None:
    """The file of the build that is meant, or None."""
    if not path or "\x00" in path or "\\" in path or any(step.startswith(".") for step in path.split("/")):
        return None
    try:
        root = folder.resolve()
        file = (root / path).resolve()
        return file if file.is_relative_to(root) and file.suffix in _TYPES and file.is_file() else None
    except (OSError, ValueError, RuntimeError):  # too long a name, a circle of links
        return None


def _load(kept: dict[Path, _File], file: Path) -> _File:
    """The file's content, from memory while it has not changed."""
    found = file.stat()
    changed = (found.st_ino, found.st_size, found.st_mtime_ns)
    known = kept.get(file)
    if known is not None and known.changed == changed:
        return known
    body = file.read_bytes()
    packed = gzip.compress(body, LEVEL, mtime=0) if file.suffix in _TEXT and len(body) >= SMALLEST_PACKED else None
    if len(kept) >= MAX_KEPT:
        kept.clear()
    kept[file] = made = _File(changed, body, packed, hashlib.sha256(body).hexdigest()[:24])
    return made


def _answer(request: Request, file: Path, content: _File, lasting: str) -> Response:
    packed = content.packed if wants_gzip(request.headers) else None
    # RFC 9110 §8.8.3.3: another coding of the same is another representation.
    tag = f'"{content.tag}{"-gzip" if packed is not None else ""}"'
    headers = {"Cache-Control": lasting, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(packed if packed is not None else content.body, headers=headers, media_type=_TYPES[file.suffix])
