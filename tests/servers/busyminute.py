"""A busy minute: two whole Mailwrights on one PostgreSQL database, and follow-ups of many people that are due in the same minute.

Used by the tests of reliability and by the benchmarks. What is due is looked for by two schedulers at once, and by those of the two
servers; the reminders are made by whichever server takes them, and arrive in the mailboxes of their people here.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from mailwright.agents.concierge import scanning
from mailwright.core import Core, accounts
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE
from mailwright.installation import build_core, flows_url
from mailwright.pipeline import Flows
from mailwright.settings import load
from mailwright.storage import Tx
from tests.core.followups.crowd import crowd
from tests.servers.mailwright import DOMAIN, MailwrightServer

PEOPLE = 100
SHOWN = 5  # of what is wrong


class BusyMinute:
    """`url` is a migrated database of its own; `folder` takes the servers' data folders."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        shared: dict[str, object] = {
            "database_url": url,
            "blob_url": f"file://{folder}/blobs",
            "secret_key": "a key for tests, the same for all",
            "log_level": "error",
            "agent_sends_per_day": 1_000_000,
        }
        self.servers = [MailwrightServer(folder / name, **shared) for name in ("one", "two")]
        self.names = tuple(f"person{number}" for number in range(PEOPLE))
        self.ids: set[str] = set()

    def start(self) -> None:
        """Both servers, with the people and a concierge."""
        self.servers[0].prepare(people=self.names, employee=False, concierge=True)
        for server in self.servers:
            server.start()

    def stop(self) -> None:
        """End both, whatever they are at."""
        for server in self.servers:
            server.kill()

    async def fall_due(self, many: int) -> float:
        """So many are due now, as many for each of the people, and two schedulers look; the seconds until all are handed off."""
        core = build_core(load(**self.servers[0].settings))
        flows = [
            Flows(core.database, flows_url(load(**each.settings)), executor_id=f"looks-{each.data.name}")
            for each in self.servers
        ]
        try:
            self.ids = await core.write(lambda tx: self._crowds(tx, core, many))
            began, now = time.monotonic(), clock.now()
            await asyncio.gather(*(scanning.hand_off_due(core, each, now) for each in flows))
            return time.monotonic() - began
        finally:
            for each in flows:
                await each.stop()
            core.database.close()

    def wait_until_done(self, seconds: float) -> None:
        """Until nothing is under way any more. Raises TimeoutError, telling where they stand."""
        ends = time.monotonic() + seconds
        while True:
            stand = self.rows("SELECT status, stage, count(*) FROM tasks GROUP BY status, stage")
            waiting = self.rows("SELECT count(*) FROM outbox WHERE status NOT IN ('sent', 'failed', 'cancelled')")
            if {status for status, *_ in stand} <= {"complete", "failed", "cancelled"} and waiting == [(0,)]:
                return
            if time.monotonic() > ends:
                raise TimeoutError(f"{stand}, {waiting} in the outbox\n{self.servers[0].log()[-2000:]}")
            time.sleep(0.5)

    def problems(self) -> list[str]:
        """What is not as it should be: each queued once, begun once, sent once, in its own person's INBOX once, and done."""
        due = self.rows("SELECT task_id, user_id FROM followups")
        said = {id: f"<followup.{id}.1-1@mail.{DOMAIN}>" for id, _ in due}
        arrived = "SELECT m.message_id, m.user_id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id WHERE b.role = 'inbox'"
        found: dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]] = {
            "queued": (
                self.rows("SELECT workflow_uuid FROM dbos.workflow_status WHERE name = 'followup'"),
                [(f"followup:{id}:1:1",) for id in self.ids],
            ),
            "begun": (
                self.rows("SELECT task_id FROM task_events WHERE stage = 'executing'"),
                [(id,) for id in self.ids],
            ),
            "sent": (
                self.rows("SELECT message_id FROM outbox WHERE status = 'sent'"),
                [(each,) for each in said.values()],
            ),
            "arrived": (self.rows(arrived), [(said[id], user_id) for id, user_id in due]),
            "done": (self.rows("SELECT id FROM tasks WHERE status = 'complete'"), [(id,) for id in self.ids]),
        }
        return [
            f"{what}: {len(is_)} instead of {len(wanted)}, such as {sorted(set(is_) ^ set(wanted))[:SHOWN]}"
            for what, (is_, wanted) in found.items()
            if sorted(is_) != sorted(wanted)
        ]

    def processor_seconds(self) -> float:
        """What the servers and this process have used."""
        used = os.times()
        return sum(each.processor_seconds() for each in self.servers) + used.user + used.system

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(sql.encode()).fetchall()
        return [tuple(str(each) if isinstance(each, UUID) else each for each in row) for row in found]

    def _crowds(self, tx: Tx, core: Core, many: int) -> set[str]:
        concierge = accounts.find(tx, f"concierge@{DOMAIN}")
        due_at = clock.now() // MINUTE * MINUTE
        ids: set[str] = set()
        for name in self.names:
            ids |= set(crowd(tx, accounts.find(tx, f"{name}@{DOMAIN}"), concierge, due_at, many // len(self.names)))
        return ids
