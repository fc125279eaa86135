"""An installation of many processes on this host: PostgreSQL, Valkey, S3 with a meddler in front, a smart host that counts, and a
process for each of the roles given.

Every process has a data folder of its own, as machines have; they meet only where many machines would.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from email import message_from_bytes
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from aiosmtpd.controller import Controller
from obstore.store import S3Store

from tests.servers.mailwright import READY_SECONDS, MailwrightServer
from tests.servers.ports import free_port
from tests.servers.postgresql import PostgresqlServer, find_binaries
from tests.servers.s3 import BUCKET, KEYS, Meddler, S3Server
from tests.servers.valkey import ValkeyServer, find_binary

Made = TypeVar("Made")

PREFIX = "mail"
ROLES = (*["smtp,lmtp"] * 3, *["imap,http,grpc"] * 3, *["worker"] * 3, *["scheduler"] * 3)
CONNECTIONS = 40  # to the database: what a process has at most, and some
START_SECONDS = 20.0  # the more processes start at once, the later they are ready


class Sink:
    """The rest of the world: takes mail for everybody, and counts how often it got which."""

    def __init__(self) -> None:
        self.got: Counter[tuple[str, str, str]] = Counter()  # (recipient, subject, Message-ID)
        self._door = Controller(self, hostname="127.0.0.1", port=free_port())
        self._door.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._door.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = message_from_bytes(envelope.content)
        for recipient in envelope.rcpt_tos:
            self.got[recipient, str(found["Subject"]), str(found["Message-ID"])] += 1
        return "250 taken"

    def stop(self) -> None:
        self._door.stop()


class Installation:
    """The services run after it was made; the processes are started one by one, or all by `start`."""

    def __init__(self, folder: Path, roles: Sequence[str] = ROLES, **settings: object) -> None:
        """Raises LookupError when PostgreSQL or Valkey is not installed."""
        binaries, binary = find_binaries(), find_binary()
        if binaries is None or binary is None:
            raise LookupError("PostgreSQL or Valkey is not installed")
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto tells of each request
        with contextlib.ExitStack() as made:
            postgresql = PostgresqlServer(binaries, connections=CONNECTIONS * len(roles))
            self.postgresql = _kept(made, postgresql, PostgresqlServer.destroy)
            self.valkey = _kept(made, ValkeyServer(binary), ValkeyServer.destroy)
            self.s3 = _kept(made, S3Server(), S3Server.destroy)
            self.meddler = _kept(made, Meddler(self.s3.endpoint), Meddler.stop)
            self.sink = _kept(made, Sink(), Sink.stop)
            self.database_url = self.postgresql.fresh_database()
            self.settings: dict[str, object] = {
                "database_url": self.database_url,
                "valkey_url": self.valkey.url,
                "blob_url": f"s3://{BUCKET}/{PREFIX}",
                "blob_endpoint": self.meddler.endpoint,
                "blob_region": KEYS["region"],
                "blob_access_key_id": KEYS["access_key_id"],
                "blob_secret_access_key": KEYS["secret_access_key"],
                "secret_key": "a key for tests, the same for all",
                "smart_host": self.sink.url,
                "verify_inbound": False,  # there is no DNS to ask
                **settings,
            }
            self.processes: dict[str, MailwrightServer] = {
                f"{number}-{each.replace(',', '-')}": MailwrightServer(
                    folder / f"{number}-{each.replace(',', '-')}", **self.settings, roles=each
                )
                for number, each in enumerate(roles)
            }
            self._made = made.pop_all()

    def having(self, role: str) -> list[MailwrightServer]:
        """The processes with that role."""
        return [each for each in self.processes.values() if role in str(each.settings["roles"]).split(",")]

    def prepare(self, **options: Any) -> None:
        """As `MailwrightServer.prepare`, before the first process starts."""
        next(iter(self.processes.values())).prepare(**options)

    def start(self) -> None:
        """Start every process; return when all are ready."""
        for each in self.processes.values():
            each.start(wait=False)
        for each in self.processes.values():
            each.wait_until_ready(READY_SECONDS + START_SECONDS * len(self.processes))

    def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """What the database says, asked past all code of ours. Raises psycopg.OperationalError while it is away."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql.encode(), params).fetchall()

    def stored(self, key: str) -> bytes:
        """The octets of an object, past the meddler. Raises FileNotFoundError."""
        store = S3Store(
            BUCKET,
            prefix=PREFIX,
            endpoint=self.s3.endpoint,
            region=KEYS["region"],
            access_key_id=KEYS["access_key_id"],
            secret_access_key=KEYS["secret_access_key"],
            client_options={"allow_http": True},
        )
        return bytes(store.get(key).bytes())

    def destroy(self) -> None:
        """Kill every process, then end the services."""
        for each in self.processes.values():
            each.kill()
        self._made.close()


def _kept(made: contextlib.ExitStack, thing: Made, end: Callable[[Made], None]) -> Made:
    made.callback(end, thing)
    return thing
