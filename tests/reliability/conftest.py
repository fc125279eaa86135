"""A server in a process of its own, stopped after the test however it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.mailwright import MailwrightServer

Start = Callable[..., MailwrightServer]


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Start]:
    """Makes a server with its people, not started: `prepared(model="…")`."""
    made: list[MailwrightServer] = []

    def make(**settings: object) -> MailwrightServer:
        server = MailwrightServer(tmp_path / f"data{len(made)}", **settings)
        made.append(server)
        server.prepare()
        return server

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def server(prepared: Start) -> MailwrightServer:
    """One that runs."""
    made = prepared()
    made.start()
    return made
