"""The peer of the scribe: four Celery tasks that read a template, search and read the web, look for papers and compose, as such pipelines
are often built.

Runs in the virtual environment of the peer, with Redis as broker and SQLite, committed as durably as ours, as database; what comes with
Python reads the pages. `python -m benchmarks.celeryscribe send MAILS` queues; a worker (`celery -A benchmarks.celeryscribe worker`) writes.
Each task hands its findings to the next as its argument, and only the mail is kept: a worker that is lost begins its task again.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from celery import Celery, chain  # type: ignore[import-not-found]

FOLDER = os.environ.get("PEER_FOLDER", ".")
MODEL = os.environ.get("PEER_MODEL", "http://127.0.0.1:1/v1")
WEB = os.environ.get("PEER_WEB", "http://127.0.0.1:2")
KEY = os.environ.get("PEER_KEY", "")
BROKER = os.environ.get("PEER_BROKER", "redis://127.0.0.1:6379/0")
NAMES = os.environ.get("PEER_NAMES", "names.txt")
PAGES = 8

app = Celery("peer", broker=BROKER)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def _http(method: str, url: str, body: str | None = None, headers: dict[str, str] | None = None) -> bytes:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
    connection.request(method, parts.path or "/", body, {"Host": parts.netloc, **(headers or {})})
    content = connection.getresponse().read()
    connection.close()
    return content


def _ask(purpose: str, fields: list[str], material: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {} for name in fields}}
    tool = {"type": "function", "function": {"name": "final_result", "parameters": schema}}
    asked = {"model": "scribe", "messages": [{"role": "user", "content": f"{purpose}\n{material}"}], "tools": [tool]}
    content = _http("POST", f"{MODEL}/chat/completions", json.dumps(asked), {"Content-Type": "application/json"})
    answer = json.loads(content)
    return dict(json.loads(answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]))


def _search(words: str) -> list[dict[str, Any]]:
    wanted = {"query": words, "numResults": 10, "contents": {"text": {"maxCharacters": 2_000}}}
    headers = {"Content-Type": "application/json", "x-api-key": KEY}
    return list(json.loads(_http("POST", f"{WEB}/search", json.dumps(wanted), headers))["results"])


def _read(url: str) -> str:
    reader = _Text()
    reader.feed(_http("GET", url).decode(errors="replace"))
    return re.sub(r"\s+", " ", " ".join(reader.said))


@app.task(name="peer.template")  # type: ignore[untyped-decorator,unused-ignore]
def template(mail: dict[str, Any]) -> dict[str, Any]:
    """What to look for?"""
    found = _ask("Read the template.", ["type", "search_terms"], f"The recipient: {mail['name']}\n{mail['template']}")
    return mail | {"terms": found["search_terms"], "type": found["type"]}


@app.task(name="peer.research")  # type: ignore[untyped-decorator,unused-ignore]
def research(mail: dict[str, Any]) -> dict[str, Any]:
    """Two searches at once, the pages at once, then a model."""
    with ThreadPoolExecutor(PAGES) as at_once:
        found = [each for results in at_once.map(_search, mail["terms"][:2]) for each in results]
        urls = list(dict.fromkeys(each["url"] for each in found))[:PAGES]
        texts = list(at_once.map(_read, urls))
    told = "\n".join(f"[{number}] {text[:4000]}" for number, text in enumerate(texts, 1))
    facts = _ask("Find facts.", ["facts"], f"The recipient: {mail['name']}\n{told}")["facts"]
    return mail | {"facts": facts, "urls": urls}


@app.task(name="peer.papers")  # type: ignore[untyped-decorator,unused-ignore]
def papers(mail: dict[str, Any]) -> dict[str, Any]:
    """Only for RESEARCH."""
    return mail | {"papers": []}


@app.task(name="peer.compose")  # type: ignore[untyped-decorator,unused-ignore]
def compose(mail: dict[str, Any]) -> int:
    """Write it and keep it."""
    facts = "\n".join(f"[{number}] {each['claim']}" for number, each in enumerate(mail["facts"], 1))
    letter = _ask("Compose.", ["subject", "paragraphs"], f"The recipient: {mail['name']}\n{facts}\n{mail['template']}")
    database = _database()
    database.execute(
        "INSERT OR REPLACE INTO mails (id, subject, text, sources) VALUES (?, ?, ?, ?)",
        (mail["id"], letter["subject"], json.dumps(letter["paragraphs"]), json.dumps(mail["urls"])),
    )
    database.close()
    return int(mail["id"])


def _database() -> sqlite3.Connection:
    made = sqlite3.connect(f"{FOLDER}/peer.db", timeout=60, isolation_level=None)
    made.execute("PRAGMA journal_mode = WAL")
    made.execute("PRAGMA synchronous = FULL")
    made.execute("CREATE TABLE IF NOT EXISTS mails (id INTEGER PRIMARY KEY, subject TEXT, text TEXT, sources TEXT)")
    return made


def main() -> int:
    """Queue so many mails."""
    _database().close()
    with open(NAMES, encoding="utf-8") as listed:
        for number, name in enumerate(listed.read().splitlines()[: int(sys.argv[2])]):
            mail = {"id": number, "name": name, "template": "Dear {{name}}, may I come and see your diary?"}
            chain(template.s(mail), research.s(), papers.s(), compose.s()).apply_async()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
