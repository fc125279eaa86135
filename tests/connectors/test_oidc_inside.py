"""A tenant's identity provider leads to no place inside our network, whatever it says of itself; it is reached by TLS, by its own name."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mailwright.connectors import publicweb
from mailwright.connectors.jwks import ALGORITHMS, DISCOVERY, Keys
from mailwright.connectors.oidc import Provider
from mailwright.connectors.publicweb import PublicWeb
from mailwright.connectors.signon import Client
from mailwright.connectors.smtp import is_outside
from mailwright.domain.refusals import TryLater
from mailwright.domain.signon import NotSignedOn
from mailwright.protocols.tls import self_signed_certificate
from tests.servers.issuer import Issuer

OUTSIDE = "127.0.0.2"  # stands for an address of the Internet here
NAME = "login.example.test"
NOT_OUTSIDE = "not on the Internet"


class Names:
    """A resolver: `inside.…` is on this machine, and `both.…` answers with an address of each kind."""

    async def addresses(self, host: str) -> Sequence[str]:
        return {
            NAME: [OUTSIDE],
            "inside.example.test": ["127.0.0.1"],
            "mapped.example.test": ["::ffff:127.0.0.1"],
        }.get(host, [])


class Outside:
    """A provider on the Internet that says of itself what a test wants; and `inside`, a port that nobody may come to."""

    def __init__(self, certificate: Path, keys: dict[str, Any]) -> None:
        outside, self.asked = self, list[tuple[str, bytes]]()
        self.certificate = certificate

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                outside.asked.append((self.path, self.rfile.read(length)))
                status, headers, said = outside.answers.get(self.path, (404, {}, {}))
                body = json.dumps(said).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - as its base names it

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((OUTSIDE, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.inside = socket.create_server(("127.0.0.1", 0))
        self.inside.setblocking(False)
        self.inside_port = self.inside.getsockname()[1]
        self.issuer = f"https://{NAME}:{self._server.server_port}"
        self.answers: dict[str, tuple[int, dict[str, str], Any]] = {"/certs": (200, {}, keys)}
        self.says()

    def says(self, **replaced: str) -> None:
        """Its discovery; `INSIDE` is the port inside."""
        said = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/certs",
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
        }
        given = {name: value.replace("INSIDE", str(self.inside_port)) for name, value in replaced.items()}
        self.answers[DISCOVERY] = (200, {}, {**said, **given})

    def web(self) -> PublicWeb:
        return PublicWeb(Names(), seconds=5, tls=ssl.create_default_context(cafile=self.certificate))

    def keys(self, issuer: str = "") -> Keys:
        return Keys(issuer=issuer or self.issuer, algorithms=ALGORITHMS, web=self.web)

    def somebody_came_inside(self) -> bool:
        try:
            self.inside.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.inside.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    known = Issuer()
    known.stop()
    certificate = self_signed_certificate(tmp_path_factory.mktemp("outside"), [NAME])
    made = Outside(certificate, known.published())
    yield made
    made.stop()


@pytest.fixture
def outside(running: Outside, monkeypatch: pytest.MonkeyPatch) -> Outside:
    monkeypatch.setattr(publicweb, "is_outside", lambda address: address == OUTSIDE or is_outside(address))
    running.says()
    running.asked.clear()
    return running


INSIDE = {
    "loopback": ("https://127.0.0.1:INSIDE/certs", NOT_OUTSIDE),
    "loopback-6": ("https://[::1]:INSIDE/certs", NOT_OUTSIDE),
    "mapped": ("https://[::ffff:127.0.0.1]:INSIDE/certs", NOT_OUTSIDE),
    "metadata": ("https://169.254.169.254/latest/meta-data", NOT_OUTSIDE),
    "private": ("https://10.0.0.8/certs", NOT_OUTSIDE),
    "name": ("https://inside.example.test:INSIDE/certs", NOT_OUTSIDE),
    "name-mapped": ("https://mapped.example.test:INSIDE/certs", NOT_OUTSIDE),
    "number": ("https://2130706433:INSIDE/certs", "no address"),
    "no-tls": ("http://127.0.0.1:INSIDE/certs", "where its keys are"),
}


@pytest.mark.parametrize("which", INSIDE)
async def test_keys_are_not_fetched_inside(outside: Outside, which: str) -> None:
    address, why = INSIDE[which]
    outside.says(jwks_uri=address)
    keys = outside.keys()
    with pytest.raises(TryLater, match=why):
        await keys.look()
    await keys.close()
    assert not outside.somebody_came_inside()


async def test_a_redirect_leads_nowhere(outside: Outside) -> None:
    there = {"Location": f"https://127.0.0.1:{outside.inside_port}/"}
    kept = outside.answers["/certs"]
    outside.answers["/certs"] = (302, there, {})
    keys = outside.keys()
    with pytest.raises(TryLater, match="302"):
        await keys.look()
    outside.answers["/certs"] = kept
    await keys.close()
    assert not outside.somebody_came_inside()


async def test_an_issuer_itself_is_outside_and_reached_by_tls(outside: Outside) -> None:
    for issuer, why in (
        (f"https://127.0.0.1:{outside.inside_port}", NOT_OUTSIDE),
        (f"http://{NAME}:{outside.inside_port}", "https"),
        (outside.issuer.replace(NAME, OUTSIDE), "cannot be reached"),  # a certificate of another name
    ):
        keys = outside.keys(issuer)
        with pytest.raises(TryLater, match=why):
            await keys.look()
        await keys.close()
    assert not outside.somebody_came_inside()
    assert outside.asked == []


async def test_codes_are_exchanged_outside_only(outside: Outside) -> None:
    keys = outside.keys()
    assert await keys.look() == 3
    client = Client(Provider(outside.issuer, "web", keys), "web", "a secret", "openid", web=outside.web)
    outside.answers["/token"] = (400, {}, {"error": "invalid_grant"})

    async def returned() -> None:
        await client.returned("the-code", "https://here.example/back", verifier="v", nonce="n", iss=None)

    with pytest.raises(NotSignedOn) as refused:
        await returned()
    assert refused.value.word == "expired"
    [sent] = [body for path, body in outside.asked if path == "/token"]
    assert b"code=the-code" in sent
    outside.says(token_endpoint="https://inside.example.test:INSIDE/token")
    client._place = None
    with pytest.raises(TryLater, match=NOT_OUTSIDE):
        await returned()
    outside.says(
        authorization_endpoint="http://127.0.0.1:INSIDE/auth"
    )  # where people are sent is of no stranger on the way, either
    client._place = None
    with pytest.raises(TryLater, match="where people sign in"):
        await client.errand("https://here.example/back")
    await client.close()
    await keys.close()
    assert not outside.somebody_came_inside()
