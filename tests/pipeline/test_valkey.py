"""The connection to Valkey: a primary that hands over, and the server that our configuration makes."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.cli.checkup import _valkey
from mailwright.protocols.tls import self_signed_certificate
from mailwright.settings import load
from mailwright.storage.valkey import Valkey, ValkeyAway, why_not
from tests.servers.ports import free_port, wait_for_port
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


async def test_between_machines_users_sign_in_by_tls_and_the_certificate_names_the_host(tmp_path: Path) -> None:
    binary = find_binary()
    if binary is None:
        pytest.skip("neither Valkey nor Redis is installed")
    certificate, port = self_signed_certificate(tmp_path, ["localhost"]), free_port()
    for file in CONFIGURATION.parent.glob("valkey*"):
        text = file.read_text(encoding="utf-8").replace("/etc/valkey", str(tmp_path)).replace("\ndir /data\n", "\n")
        text = re.sub(r"/etc/ssl/mailwright/\S+", str(certificate), text).replace("6379", str(port))
        (tmp_path / file.name).write_text(text.replace("bind * -::*", "bind 127.0.0.1"))
    (tmp_path / "valkey-primary.conf").write_text("masterauth secret\n")
    command = [binary, str(tmp_path / "valkey-tls.conf"), "--dir", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, timeout=20).returncode != 0, "users have no passwords yet"
    users = tmp_path / "valkey-users.acl"
    users.write_text(users.read_text().replace("SHA-256-OF-THE-PASSWORD", hashlib.sha256(b"secret").hexdigest()))
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"valkeys://mailwright:secret@localhost:{port}/0?ssl_ca_certs={certificate}"
    known, nameless = Valkey(url, "mailwright"), Valkey(url.replace("localhost", "127.0.0.1"), "mailwright")
    nobody = Valkey(url.replace("mailwright:secret@", ""), "mailwright")
    try:
        wait_for_port(port)
        assert await known.ask(lambda client: client.set("mailwright:place", "here"))
        assert await asyncio.to_thread(known.ask_now, lambda client: client.get("mailwright:place")) == "here"
        with pytest.raises(ValkeyAway, match="IP address mismatch"):
            await nameless.ping()
        with pytest.raises(ValkeyAway, match="Authentication required"):
            await nobody.ping()
        with pytest.raises(ValkeyAway, match="permissions"):
            await known.ask(lambda client: client.config_set("protected-mode", "no"))
    finally:
        for each in (known, nameless, nobody):
            await each.close()
        server.kill()
        server.wait()


def test_a_url_says_no_more_of_tls_than_where_the_certificates_are() -> None:
    assert why_not("valkeys://valkey.internal/0?ssl_ca_certs=/etc/ssl/mailwright/ca.pem&ssl_check_hostname=no") is None
    assert why_not("valkey://valkey.internal/0?ssl_ca_certs=/etc/ssl/mailwright/ca.pem") is not None
    assert why_not("valkeys://valkey.internal/0?ssl_cert_reqs=none") is not None
