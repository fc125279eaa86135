"""A small web on this machine: hosts that end in .example or .test, services that search it, and arXiv's papers.

`LocalWeb(folder)` serves a tree `<host>/<path>` by the name that is asked for, on one port, in a thread of its own; under its address
(`url`) Exa, SearXNG, Brave and arXiv answer in their wire formats, with what is in the tree and in its `papers.toml`. A `rules.toml` beside
the pages of a host makes some of them odd (see `_Rule`). The addresses of pages carry the port: `at` makes them, `plain` drops it.
Names of its hosts are resolved by `resolver`, and in a whole program after `names_here`.

`python -m tests.servers.localweb FOLDER --port N` serves alone, until it is interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import math
import mimetypes
import re
import sys
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from mailwright.codecs.mime import html_to_text
from mailwright.connectors.arxiv import Arxiv
from mailwright.connectors.dns import DnsResolver
from mailwright.connectors.politepages import PolitePages
from mailwright.connectors.research import Research
from mailwright.connectors.websearch import Brave, Exa, Search, Searxng
from mailwright.domain.sending import TemporaryFailure
from tests.servers import arxiv, searchservices
from tests.servers.arxiv import Paper, words
from tests.servers.ports import free_port
from tests.servers.searchservices import BRAVE_KEY, KEY, Result

TOPS = (".example", ".test")
PIECE = 1024
MOST = 64 * 1024  # octets written at once

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_META = re.compile(r"<meta\s[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_DATES = ("article:published_time", "date", "dc.date", "datepublished")


@dataclass(frozen=True)
class Call:
    """Something that was asked. `kind` is search, papers, robots or page; `what` the words, the query, or the address without its port."""

    kind: str
    what: str
    status: int


@dataclass(frozen=True)
class _Rule:
    """What is odd about a path. `seconds` before it answers, `drip` seconds between pieces of a kilobyte, `octets` to repeat it to,
    `breaks_after` so many octets, `type` its Content-Type, `packed` octets that it unpacks to, `title`, `author`, `published` and `text` for
    searches, which find it unless `listed` is false."""

    redirect: str = ""
    status: int = 0
    seconds: float = 0.0
    drip: float = 0.0
    octets: int = 0
    breaks_after: int = 0
    type: str = ""
    packed: int = 0
    listed: bool = True
    title: str = ""
    author: str = ""
    published: str = ""
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class LocalResolver:
    """Every name of ours is this machine; there are no others."""

    async def addresses(self, host: str) -> Sequence[str]:
        if not host.rstrip(".").endswith(TOPS):
            raise TemporaryFailure("the name servers did not answer", "4.4.3")
        return ["127.0.0.1"]


def names_here() -> None:
    """From now on DNS knows the names of ours, in this process; others are asked for as before."""
    asked = DnsResolver.addresses

    async def addresses(self: DnsResolver, host: str) -> list[str]:
        return ["127.0.0.1"] if host.rstrip(".").endswith(TOPS) else await asked(self, host)

    DnsResolver.addresses = addresses  # type: ignore[method-assign]


class LocalWeb:
    """`with LocalWeb(folder) as web`. `calls` is what was asked, in order."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.calls: list[Call] = []
        self.resolver = LocalResolver()
        self.papers = _papers(folder / "papers.toml")
        self.rules = {host.name: _rules(host / "rules.toml") for host in _hosts(folder)}
        self._index: _Index | None = None
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    # --- what a test needs

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def at(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def plain(self, url: str) -> str:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.hostname or ""))

    def count(self, kind: str) -> int:
        return sum(call.kind == kind for call in self.calls)

    def settings(self, search: str = "exa") -> dict[str, Any]:
        chosen = {
            "exa": {"exa_api_key": KEY, "exa_url": self.url},
            "searxng": {"searxng_url": self.url},
            "brave": {"brave_api_key": BRAVE_KEY, "brave_url": self.url},
        }[search]
        return {"web_search": search, **chosen, "arxiv_url": self.url, "allow_private_web": True}

    def environment(self, search: str = "exa") -> dict[str, str]:
        return {f"MAILWRIGHT_{name.upper()}": str(value) for name, value in self.settings(search).items()}

    def research(self, search: str = "exa", *, pace: float = 0.0, seconds: float = 5.0) -> Research:
        """The connector over all of it; pages of one host `pace` seconds apart. `await close()` ends it."""
        made: dict[str, Search] = {
            "exa": Exa(KEY, url=self.url),
            "searxng": Searxng(self.url),
            "brave": Brave(BRAVE_KEY, url=self.url),
        }
        pages = PolitePages(self.resolver, pause=pace, allow_private=True, seconds=seconds)
        return Research(made[search], pages, Arxiv(url=self.url))

    def start(self) -> None:
        handler = type("Handler", (_Handler,), {"web": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> LocalWeb:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- what it knows

    def found(self, query: str, most: int = 20) -> list[Result]:
        """Pages for these words, the best first."""
        with self._lock:
            if self._index is None:
                self._index = _Index(list(self._pages()))
        return self._index.found(query, most)

    def rule(self, host: str, path: str) -> _Rule:
        rules = self.rules.get(host, {})
        chosen = rules.get("*", {}) | rules.get(path.partition("?")[0], {}) | rules.get(path, {})
        return _Rule(**chosen)

    def file(self, host: str, path: str) -> Path | None:
        """The file of a path; None when there is none."""
        root = self.folder / host
        wanted = root / path.partition("?")[0].lstrip("/")
        if wanted.is_dir():
            wanted /= "index.html"
        inside = wanted.resolve().is_relative_to(root.resolve())
        return wanted if inside and wanted.is_file() and wanted.name != "rules.toml" else None

    def _pages(self) -> Iterator[Result]:
        for host in _hosts(self.folder):
            for file in sorted(host.rglob("*")):
                path = "/" + file.relative_to(host).as_posix()
                if not file.is_file() or file.name in ("rules.toml", "robots.txt"):
                    continue
                path = path.removesuffix("index.html")
                rule = self.rule(host.name, path)
                if rule.listed and not rule.redirect:
                    read = _read(file)
                    yield Result(
                        rule.title or read.title or path,
                        self.at(host.name, path),
                        rule.text or read.text,
                        rule.author or read.author,
                        rule.published or read.published,
                    )


class _Index:
    """BM25 (k1 1.2, b 0.75) over titles (which count thrice), texts and addresses."""

    def __init__(self, pages: Sequence[Result]) -> None:
        self._pages = pages
        self._counts = [Counter(words(f"{f'{each.title} ' * 3}{each.text} {each.url}")) for each in pages]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = sum(self._lengths) / max(1, len(pages))
        self._holding = Counter(word for counts in self._counts for word in counts)

    def found(self, query: str, most: int) -> list[Result]:
        wanted = set(words(query))
        scored = [(self._score(number, wanted), number) for number in range(len(self._pages))]
        best = sorted((each for each in scored if each[0] > 0), key=lambda each: (-each[0], each[1]))
        return [self._pages[number] for _, number in best[:most]]

    def _score(self, number: int, wanted: set[str]) -> float:
        counts, length = self._counts[number], self._lengths[number]
        score = 0.0
        for word in wanted & counts.keys():
            rare = math.log(1 + (len(self._pages) - self._holding[word] + 0.5) / (self._holding[word] + 0.5))
            score += rare * counts[word] * 2.2 / (counts[word] + 1.2 * (0.25 + 0.75 * length / self._mean))
        return score


def _hosts(folder: Path) -> list[Path]:
    return [each for each in sorted(folder.iterdir()) if each.is_dir() and each.name.endswith(TOPS)]


def _rules(file: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(file.read_text()) if file.exists() else {}


def _papers(file: Path) -> list[Paper]:
    rows = tomllib.loads(file.read_text()).get("paper", []) if file.exists() else []
    return [Paper(**row) for row in rows]


def _read(file: Path) -> Result:
    """A page as a search service reads it; its address is left open."""
    content = file.read_bytes()
    if file.suffix == ".pdf":
        from pdfminer.high_level import extract_text

        try:
            return Result("", "", extract_text(io.BytesIO(content)))
        except Exception:  # broken ones are there on purpose
            return Result("", "", "")
    source = content.decode("utf-8", "replace")
    if file.suffix not in (".html", ".htm", ""):
        return Result("", "", source)
    title = _TITLE.search(source)
    named = {}
    for tag in _META.findall(source):
        values = {name.lower(): first or second for name, first, second in _ATTRIBUTE.findall(tag)}
        named[(values.get("name") or values.get("property") or "").lower()] = values.get("content", "")
    date = next((named[name][:10] for name in _DATES if named.get(name)), "")
    return Result(
        html_to_text(title[1]).strip() if title else "", "", html_to_text(source), named.get("author", ""), date
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many ask at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up is nothing to tell."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    web: LocalWeb
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, format: str, *args: Any) -> None:
        """Not here."""

    def _answer(self, body: bytes) -> None:
        self.close_connection = True
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host.endswith(TOPS):
            self._page(host.lower())
        else:
            kind, what, status, media_type, content = self._service(body)
            if kind:
                self._keep(kind, what, status)
            self._say(status, media_type, content)

    def _keep(self, kind: str, what: str, status: int) -> None:
        self.web.calls.append(Call(kind, what, status))

    # --- the services

    def _service(self, body: bytes) -> tuple[str, str, int, str, bytes]:
        target = urlsplit(self.path)
        asked = dict(parse_qsl(target.query))
        if target.path == "/_calls":
            said: Any = [asdict(call) for call in self.web.calls]
            return "", "", 200, "application/json", json.dumps(said).encode()
        if target.path == "/api/query":
            status, content = arxiv.feed(self.web.papers, asked)
            return "papers", asked.get("search_query", ""), status, "application/atom+xml; charset=UTF-8", content
        status = 200
        if target.path == "/res/v1/web/search":
            query = asked.get("q", "")
            said = searchservices.brave(self.web.found(query), asked)
            if self.headers.get("X-Subscription-Token") != BRAVE_KEY:
                status, said = 422, searchservices.brave_error("SUBSCRIPTION_TOKEN_INVALID", 422)
        elif target.path == "/search" and self.headers.get("Content-Type", "").startswith("application/json"):
            wanted = json.loads(body)
            query = wanted["query"]
            said = searchservices.exa(self.web.found(query), wanted)
            if self.headers.get("x-api-key") != KEY:
                status, said = 401, {"error": "Invalid API key", "tag": "INVALID_API_KEY"}
        elif target.path == "/search":
            query = dict(parse_qsl(body.decode())).get("q", "")
            said = searchservices.searxng(self.web.found(query), query)
        else:
            return "", "", 404, "text/plain", b"no such service"
        return "search", query, status, "application/json", json.dumps(said).encode()

    # --- the pages

    def _page(self, host: str) -> None:
        rule, file = self.web.rule(host, self.path), self.web.file(host, self.path)
        status = rule.status or (302 if rule.redirect else 200 if file else 404)
        self._keep("robots" if self.path == "/robots.txt" else "page", f"http://{host}{self.path}", status)
        more = dict(rule.headers)
        if rule.redirect:
            more["Location"] = self._placed(rule.redirect)
        content = file.read_bytes() if file else b"" if status != 404 else b"not here"
        time.sleep(rule.seconds)
        if rule.packed:
            content, more["Content-Encoding"] = _bomb(rule.packed), "gzip"
        guessed = mimetypes.guess_type(file.name)[0] if file else None
        media_type = rule.type or guessed or "text/html"
        if not rule.type and media_type.startswith("text/"):
            media_type += "; charset=utf-8"
        if rule.octets or rule.breaks_after or rule.drip:
            self._say_oddly(rule, status, media_type, content)
        else:
            self._say(status, media_type, content, more)

    def _placed(self, redirect: str) -> str:
        """With our port, where it leads to one of our hosts."""
        parts = urlsplit(redirect)
        if parts.hostname and parts.hostname.endswith(TOPS) and parts.port is None and parts.scheme == "http":
            return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{self.web.port}"))
        return redirect

    def _say(self, status: int, media_type: str, content: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _say_oddly(self, rule: _Rule, status: int, media_type: str, content: bytes) -> None:
        """Too much of it, too slowly, or not to its end."""
        length = rule.octets or len(content)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        ends = min(length, rule.breaks_after or length)
        piece = PIECE if rule.drip else MOST
        filled = (content or b" ") * (1 + piece // max(1, len(content)))
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < ends:
                at = sent % max(1, len(content))
                sent += self.wfile.write(filled[at : at + min(piece, ends - sent)])
                time.sleep(rule.drip)


def _bomb(octets: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as into:
        for _ in range(octets // MOST + 1):
            into.write(b" " * MOST)
    return packed.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(prog="localweb", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with LocalWeb(given.folder, port=given.port) as web:
        print(web.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
