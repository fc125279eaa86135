"""The connection to Valkey: a primary that hands over, and the server that our configuration makes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.cli.checkup import _valkey
from mailwright.settings import load
from mailwright.storage.valkey import Valkey, ValkeyAway
from tests.servers.valkey import ValkeyServer, find_binary

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "ha" / "valkey.conf"
pytestmark = pytest.mark.server


@pytest.fixture
def pair() -> Iterator[list[ValkeyServer]]:
    """Two servers, each as deploy/ha has it."""
    binary = find_binary()
    if binary is None:
        pytest.skip("neither Valkey nor Redis is installed")
    config = CONFIGURATION.read_text(encoding="utf-8").replace("\ndir /data\n", "\n")
    servers = [ValkeyServer(binary, config) for _ in range(2)]
    yield servers
    for server in servers:
        server.destroy()


class Address:
    """One address for whichever is the primary: who connects is led to `leads_to`, and stays there, as behind a balancer."""

    def __init__(self, leads_to: int) -> None:
        self.leads_to = leads_to

    async def open(self) -> asyncio.Server:
        return await asyncio.start_server(self._lead, "127.0.0.1", 0)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.leads_to)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(65_536):
        target.write(piece)
    target.close()


async def test_a_primary_that_hands_over_and_keeps_its_connections_is_left(pair: list[ValkeyServer]) -> None:
    first, second = pair
    address = Address(first.port)
    there = await address.open()
    valkey = Valkey(f"valkey://127.0.0.1:{there.sockets[0].getsockname()[1]}/0", "t")
    try:
        await valkey.ask(lambda client: client.set("place", "first"))
        await asyncio.to_thread(valkey.ask_now, lambda client: client.set("place", "first"))
        first.client.replicaof("127.0.0.1", second.port)
        address.leads_to = second.port
        with pytest.raises(ValkeyAway, match="ReadOnlyError"):
            await valkey.ask(lambda client: client.set("place", "second"))
        valkey.answered()  # the moment in which nobody asks is over
        await valkey.ask(lambda client: client.set("place", "second"))
        with pytest.raises(ValkeyAway, match="ReadOnlyError"):
            await asyncio.to_thread(valkey.ask_now, lambda client: client.set("seen", "by threads"))
        valkey.answered()
        await asyncio.to_thread(valkey.ask_now, lambda client: client.set("seen", "by threads"))
        assert second.client.mget("place", "seen") == ["second", "by threads"]
    finally:
        await valkey.close()
        there.close()


def test_doctor_is_content_with_our_configuration(
    pair: list[ValkeyServer], postgresql_url: str, tmp_path: Path
) -> None:
    settings = load(data=tmp_path, database_url=postgresql_url, valkey_url=pair[0].url, blob_url="s3://b/m")
    assert [check.status for check in _valkey(settings)] == ["ok"]
    pair[0].client.config_set("maxmemory-policy", "volatile-ttl")  # streams have a time to live
    assert [check.status for check in _valkey(settings)] == ["warn", "ok"]
