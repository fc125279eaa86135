"""What must be true of the database of a server that was killed and came back, given the ledger of its promises.

Reads the database and the place of large blobs directly: nothing of the server's own code vouches for itself here. What is asked is the same
for SQLite and PostgreSQL.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.reliability.senders import Ledger, Promise
from tests.servers.mailwright import DOMAIN, MailwrightServer

Database = Any
"""A connection: of sqlite3 or of psycopg."""


def wait_until_quiet(server: MailwrightServer, seconds: float) -> None:
    """Until nothing waits in the outbox and every task has ended. Raises TimeoutError with what is left."""
    ends = time.monotonic() + seconds
    left: list[tuple[object, ...]] = []
    while time.monotonic() < ends:
        with server.opened() as database:
            left = unfinished(database)
        if not left:
            return
        time.sleep(0.2)
    raise TimeoutError(f"still at work after {seconds} s: {left[:10]}\n{server.log()[-3000:]}")


def unfinished(database: Database) -> list[tuple[object, ...]]:
    """What waits to be sent or worked on."""
    served = (
        "SELECT 'no task yet', m.id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id AND b.role = 'inbox' "
        "JOIN assignments a ON a.user_id = m.user_id WHERE m.id NOT IN (SELECT message_id FROM tasks)"
    )
    return [
        *database.execute("SELECT 'outbox', id, status, last_error FROM outbox WHERE status IN ('queued', 'sending')"),
        *database.execute(
            "SELECT 'task', id, status, stage FROM tasks WHERE status IN ('queued', 'running', 'waiting')"
        ),
        *database.execute(served),
    ]


def problems(server: MailwrightServer, ledger: Ledger) -> list[str]:
    """Everything that is not as promised; the server is stopped."""
    with server.opened() as database:
        return [
            *_damage(database),
            *broken_promises(database, ledger, lambda place, key: (server.data / key).read_bytes()),
        ]


def broken_promises(database: Database, ledger: Ledger, read: Callable[[str, str], bytes]) -> list[str]:
    """Everything that is not as the ledger says. `read` gives the octets of a blob that is not in a row, by its place and key."""
    dead = database.execute("SELECT source, name, error FROM dead_letters").fetchall()
    return [
        *(f"a dead letter: {row}" for row in dead),
        *_deliveries(database, ledger),
        *_bytes(database, read, ledger),
        *_counters(database),
        *_tasks(database, ledger),
        *(f"refused: {line}" for line in ledger.refused),
    ]


def _damage(database: sqlite3.Connection) -> list[str]:
    sound = [row[0] for row in database.execute("PRAGMA integrity_check")]
    foreign = database.execute("PRAGMA foreign_key_check").fetchall()
    return [
        *(f"integrity: {line}" for line in sound if line != "ok"),
        *(f"a row points to nothing: {row}" for row in foreign),
    ]


def _deliveries(database: Database, ledger: Ledger) -> list[str]:
    """Each promise is in each recipient's INBOX once, if they have one here; nothing is anywhere twice."""
    held: Counter[tuple[str, str]] = Counter(
        database.execute(
            "SELECT u.email, m.subject FROM messages m JOIN users u ON u.id = m.user_id "
            "JOIN mailboxes b ON b.id = m.mailbox_id WHERE b.role = 'inbox'"
        ).fetchall()
    )
    lost = [
        f"{promise.token} is not in the mailbox of {recipient}"
        for promise in ledger.promises
        for recipient in promise.recipients
        if recipient.endswith(f"@{DOMAIN}") and (recipient, promise.token) not in held
    ]
    doubled = [
        f"{token} is {times} times in the mailbox of {email}" for (email, token), times in held.items() if times > 1
    ]
    unknown = [
        f"nobody sent {token}, which is in the mailbox of {email}"
        for (email, token) in held
        if token.removeprefix("Re: ") not in ledger.offered
    ]
    return lost + doubled + unknown


def _bytes(database: Database, read: Callable[[str, str], bytes], ledger: Ledger) -> list[str]:
    """What is stored ends with the bytes that were sent, before which stand only trace fields, and has its checksum."""
    promised: dict[str, Promise] = {promise.token: promise for promise in ledger.of("smtp", "lmtp", "imap", "grpc")}
    found = []
    rows = database.execute(
        "SELECT m.subject, b.place, b.key, b.data, b.checksum, b.size FROM messages m LEFT JOIN blobs b ON b.id = m.blob_id"
    )
    for token, place, key, row, checksum, size in rows:
        if place is None:
            found.append(f"the blob of {token} has no row")
            continue
        raw = row if place == "row" else read(place, key)
        if len(raw) != size or hashlib.sha256(raw).hexdigest() != checksum:
            found.append(f"the bytes of {token} are not those that were stored")
        promise = promised.get(token)
        if promise and hashlib.sha256(raw[-promise.octets :]).hexdigest() != promise.digest:
            found.append(f"the bytes of {token} are not those that were sent")
    return found


def _counters(database: Database) -> list[str]:
    """Mailboxes and accounts count what is in them; uids and modseqs were given once."""
    wrong = database.execute(
        "SELECT b.name, b.user_id, b.total, count(m.id), b.uidnext, max(m.uid) FROM mailboxes b "
        "LEFT JOIN messages m ON m.mailbox_id = b.id GROUP BY b.id "
        "HAVING b.total <> count(m.id) OR b.uidnext <= coalesce(max(m.uid), 0)"
    ).fetchall()
    used = database.execute(
        "SELECT u.email, u.used_bytes, coalesce(sum(m.size), 0) FROM users u LEFT JOIN messages m ON m.user_id = u.id "
        "GROUP BY u.id HAVING u.used_bytes <> coalesce(sum(m.size), 0)"
    ).fetchall()
    twice = database.execute("SELECT user_id, modseq FROM messages GROUP BY 1, 2 HAVING count(*) > 1").fetchall()
    return [
        *(f"a mailbox counts wrong: {row}" for row in wrong),
        *(f"an account counts wrong: {row}" for row in used),
        *(f"a modseq was given twice: {row}" for row in twice),
    ]


def _tasks(database: Database, ledger: Ledger) -> list[str]:
    """Every task ran to its end once and was answered once."""
    ended = dict(
        database.execute("SELECT m.subject, t.status FROM tasks t JOIN messages m ON m.id = t.message_id").fetchall()
    )
    answers: Counter[tuple[str, str]] = Counter(
        database.execute(
            "SELECT u.email, m.subject FROM messages m JOIN users u ON u.id = m.user_id "
            "JOIN mailboxes b ON b.id = m.mailbox_id WHERE b.role = 'inbox' AND m.subject LIKE 'Re: %'"
        ).fetchall()
    )
    copies = Counter(
        subject
        for (subject,) in database.execute(
            "SELECT m.subject FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id JOIN users u ON u.id = m.user_id "
            f"WHERE b.role = 'sent' AND u.email = 'main@{DOMAIN}'"
        )
    )
    found = []
    for promise in ledger.of("task"):
        asker = promise.token.split("-")[1]
        if ended.get(promise.token) != "complete":
            found.append(f"{promise.token} is {ended.get(promise.token)}, not complete")
        times = answers[(f"{asker}@{DOMAIN}", f"Re: {promise.token}")]
        if times != 1:
            found.append(f"{promise.token} was answered {times} times")
        if copies[f"Re: {promise.token}"] != 1:
            found.append(f"{promise.token} has {copies[f'Re: {promise.token}']} copies in Sent")
    return found
