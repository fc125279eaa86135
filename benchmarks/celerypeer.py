"""The peer of the assistant's pipeline: three Celery tasks that classify, generate and draft, as such pipelines are often built.

Runs in a virtual environment of its own (`requirements-celery.lock`), with Redis as broker and SQLite, committed as durably as ours, as
database. `python -m benchmarks.celerypeer send MESSAGES` queues; a Celery worker (`celery -A benchmarks.celerypeer worker`) does them.
Its settings are those such a pipeline has in production: acknowledged late, one task prefetched.
"""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import sys
from typing import Any
from urllib.parse import urlsplit

from celery import Celery, chain  # type: ignore[import-not-found]

FOLDER = os.environ.get("PEER_FOLDER", ".")
MODEL = os.environ.get("PEER_MODEL", "http://127.0.0.1:1/1/v1")
BROKER = os.environ.get("PEER_BROKER", "redis://127.0.0.1:6379/0")

app = Celery("peer", broker=BROKER)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
)


def _database() -> sqlite3.Connection:
    made = sqlite3.connect(f"{FOLDER}/peer.db", timeout=60, isolation_level=None)
    made.execute("PRAGMA journal_mode = WAL")
    made.execute("PRAGMA synchronous = FULL")
    return made


def _keep(mail: int, column: str, value: str) -> None:
    database = _database()
    database.execute(f"UPDATE mails SET {column} = ? WHERE id = ?", (value, mail))
    database.close()


def _ask(question: str, mail: int) -> dict[str, Any]:
    database = _database()
    (text,) = database.execute("SELECT text FROM mails WHERE id = ?", (mail,)).fetchone()
    database.close()
    parts = urlsplit(MODEL)
    body = json.dumps({"model": "slow", "messages": [{"role": "user", "content": f"{question}\n{text}"}]})
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("POST", f"{parts.path}/chat/completions", body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    called = answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]
    return dict(json.loads(called))


@app.task(bind=True, name="peer.classify", max_retries=5)  # type: ignore[untyped-decorator,unused-ignore]
def classify(_task: Any, mail: int) -> int:
    """What is it?"""
    _keep(mail, "category", _ask('Say which "category" it is.', mail)["category"])
    return mail


@app.task(bind=True, name="peer.generate", max_retries=3)  # type: ignore[untyped-decorator,unused-ignore]
def generate(_task: Any, mail: int) -> int:
    """What to answer?"""
    _keep(mail, "reply", _ask("Write the reply.", mail)["text"])
    return mail


@app.task(bind=True, name="peer.draft", max_retries=3)  # type: ignore[untyped-decorator,unused-ignore]
def draft(_task: Any, mail: int) -> int:
    """Put it into Drafts."""
    _keep(mail, "draft", f"draft of {mail}")
    return mail


def main() -> int:
    """Make so many mails and queue their pipelines."""
    messages = int(sys.argv[2])
    database = _database()
    database.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, text TEXT, category TEXT, reply TEXT, draft TEXT)")
    database.execute("BEGIN")
    for mail in range(messages):
        database.execute("INSERT INTO mails (id, text) VALUES (?, ?)", (mail, "Can you come on Tuesday? " + "x" * 400))
    database.execute("COMMIT")
    database.close()
    for mail in range(messages):
        chain(classify.s(mail), generate.s(), draft.s()).apply_async()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
