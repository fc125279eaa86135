"""An installation in memory-sized pieces: a database and blobs in a temporary folder, and HTTP without a socket."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.domain.refusals import TryLater
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.storage import Database, Tx, open_blobs
from tests.protocols.api.people import Browser, MakeBrowser, give_password

Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    made = Core(
        database, open_blobs(database, f"file://{tmp_path}"), CoreSettings("mailwright.test", max_message_bytes=100_000)
    )

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        accounts.add_user(tx, made, "ada@mailwright.test")
        accounts.add_user(tx, made, "bashir@mailwright.test", quota_bytes=10)

    database.write_now(people)
    return made


@pytest.fixture
def away(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database cannot be reached."""

    async def refuse(*_arguments: object, **_options: object) -> None:
        raise TryLater("the database cannot be reached")

    monkeypatch.setattr(core.database, "read", refuse)
    monkeypatch.setattr(core.database, "write", refuse)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as captured:
        yield captured


@pytest.fixture
async def client(core: Core) -> AsyncIterator[Client]:
    """Makes clients: `client(secret=…, peer=…)`."""
    opened: list[httpx.AsyncClient] = []

    def make(
        *, secret: str | None = None, peer: str = "127.0.0.1", host: str = "127.0.0.1:8080", **settings: int
    ) -> httpx.AsyncClient:
        api = create_api(core, ApiSettings(secret, **settings), metrics=lambda: b"figures")
        transport = httpx.ASGITransport(api, client=(peer, 50_000), raise_app_exceptions=False)
        opened.append(httpx.AsyncClient(transport=transport, base_url=f"http://{host}"))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()


@pytest.fixture
async def browser(core: Core) -> AsyncIterator[MakeBrowser]:
    """Makes browsers: `browser()`; Ada and Bashir have a password."""
    for email in ("ada@mailwright.test", "bashir@mailwright.test"):
        give_password(core, email)
    made: list[Browser] = []

    def make(**options: Any) -> Browser:
        made.append(Browser(core, **options))
        return made[-1]

    yield make
    for each in made:
        await each.close()
