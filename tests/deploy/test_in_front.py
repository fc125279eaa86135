"""What stands in front, as deploy/ has it: NGINX and Postfix are well configured, and NGINX lets everything through that it should."""

from __future__ import annotations

import http.client
import http.server
import json
import shutil
import smtplib
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from websockets.sync.client import connect

from mailwright.protocols.tls import self_signed_certificate
from mailwright.v1 import accounts_pb2, accounts_pb2_grpc
from tests.deploy.conftest import DEPLOY
from tests.protocols.grpc.test_certificates import Authority
from tests.servers import nginx, postfix
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer
from tests.servers.nginx import NginxServer
from tests.servers.ports import free_port

pytestmark = pytest.mark.server
needs_nginx = pytest.mark.skipif(bool(nginx.why_not()), reason=nginx.why_not() or "it is installed")
ADA = (f"ada@{DOMAIN}", PASSWORD)
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[NginxServer, MailwrightServer]]:
    """A Mailwright with NGINX before it."""
    folder = tmp_path_factory.mktemp("front")
    server = MailwrightServer(
        folder / "data", roles="smtp,http,grpc,worker,scheduler", trusted_proxies="127.0.0.0/8", verify_inbound="false"
    )
    certificate = self_signed_certificate(folder / "grpc", ["localhost"])
    server.settings |= {"grpc_tls_cert": certificate, "grpc_tls_key": certificate}
    authority = Authority(folder, "ours")
    server.settings["grpc_client_ca"] = authority.file  # nobody gets to gRPC but by way of NGINX
    made = NginxServer(server.http_port, server.grpc_port, client=authority.give("nginx"))
    server.settings["public_url"] = f"https://127.0.0.1:{made.port}"
    server.prepare(employee=False)
    server.start()
    try:
        made.start()
        yield made, server
    finally:
        made.destroy()
        server.stop()


@pytest.fixture
def client(front: tuple[NginxServer, MailwrightServer]) -> Iterator[httpx.Client]:
    trusting = ssl.create_default_context(cafile=front[0].certificate)
    with httpx.Client(base_url=f"https://127.0.0.1:{front[0].port}", verify=trusting, timeout=30) as made:
        yield made


@needs_nginx
def test_nginx_has_nothing_to_complain_about() -> None:
    made = NginxServer(free_port(), free_port())
    try:
        assert made.complaints() == ""
    finally:
        made.destroy()


@needs_nginx
def test_pages_sign_in_and_limits(front: tuple[NginxServer, MailwrightServer], client: httpx.Client) -> None:
    made, server = front
    moved = httpx.get(f"http://127.0.0.1:{made.plain_port}/app?x=1")
    assert (moved.status_code, moved.headers["location"]) == (308, f"https://127.0.0.1:{made.port}/app?x=1")
    landing = client.get("/")
    assert landing.status_code == 200
    for header in ("strict-transport-security", "content-security-policy", "x-content-type-options"):
        assert len(landing.headers.get_list(header)) == 1, header
    for inside in ("/metrics", "/api/metrics", "/readyz", "/%6detrics", "/metrics/"):
        assert client.get(inside).status_code == 404, inside
    assert "mailwright_" in server.get("/metrics")[1]
    assert client.get("/healthz").headers["x-correlation-id"]
    assert client.get("/healthz", headers={"X-Correlation-Id": "walk-1"}).headers["x-correlation-id"] == "walk-1"
    if shutil.which("curl"):
        url = f"https://127.0.0.1:{made.port}/"
        told = subprocess.run(
            ["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_version}", url], capture_output=True
        )
        assert told.stdout == b"2"

    given = {"email": ADA[0], "password": PASSWORD}
    signed = client.post("/api/session", json=given, headers={"X-Forwarded-For": "203.0.113.9"})
    assert signed.status_code == 200
    assert "__Host-mailwright_session" in signed.cookies
    assert client.get("/api/session").status_code == 200
    assert client.post("/api/session", content=b"x" * (2 * MIB)).status_code == 413
    codes = [client.post("/api/session", json={}).status_code for _ in range(20)]
    assert 429 in codes
    ends = time.monotonic() + 20
    addresses: set[str] = set()
    while "127.0.0.1" not in addresses and time.monotonic() < ends:  # the trail is written now and then
        with server.opened() as rows:
            addresses = {row[0] for row in rows.execute("SELECT address FROM audit_events WHERE address IS NOT NULL")}
        time.sleep(0.2)
    assert "127.0.0.1" in addresses
    assert "203.0.113.9" not in addresses
    line = json.loads(made.said("access").splitlines()[0])
    assert line["service"] == "nginx"
    assert "x=1" not in made.said("access")


@needs_nginx
def test_grpc_is_called_through_it_and_nobody_names_another_client(front: tuple[NginxServer, MailwrightServer]) -> None:
    made, server = front
    trusting = grpc.ssl_channel_credentials(made.certificate.read_bytes())
    with grpc.secure_channel(f"127.0.0.1:{made.grpc_port}", trusting) as channel:
        stub: Any = accounts_pb2_grpc.AccountsServiceStub  # what is generated has no types
        accounts = stub(channel)

        def asked(password: str) -> accounts_pb2.ListAccountsResponse:
            basic = httpx.BasicAuth(ADA[0], password)._auth_header
            forged = (("authorization", basic), ("x-forwarded-for", "203.0.113.77"))
            answer: accounts_pb2.ListAccountsResponse = accounts.ListAccounts(
                accounts_pb2.ListAccountsRequest(), metadata=forged, timeout=30
            )
            return answer

        assert [each.email for each in asked(PASSWORD).accounts] == [ADA[0]]
        with pytest.raises(grpc.RpcError, match="UNAUTHENTICATED"):
            asked("a guess")
    with server.opened() as rows:  # a sign-in in vain is written at once
        found = rows.execute("SELECT address FROM audit_events WHERE action = 'sign-in.failed'").fetchall()
    assert ("127.0.0.1",) in found
    assert ("203.0.113.77",) not in found


@needs_nginx
def test_jmap_with_uploads_event_source_and_websocket(
    front: tuple[NginxServer, MailwrightServer], client: httpx.Client
) -> None:
    made, server = front
    session = client.get("/jmap/session", auth=ADA).json()
    account = next(iter(session["accounts"]))
    most = session["capabilities"]["urn:ietf:params:jmap:core"]["maxSizeUpload"]
    uploaded = client.post(
        f"/jmap/upload/{account}/", auth=ADA, content=b"x" * most, headers={"Content-Type": "text/plain"}
    )
    assert (uploaded.status_code, uploaded.json()["size"]) == (201, most)
    assert _refused_by_size(made, f"/jmap/upload/{account}/", 80 * MIB) == 413

    with client.stream("GET", "/jmap/events?types=*&closeafter=no&ping=0", auth=ADA) as events:
        assert events.status_code == 200
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=20) as outside:
            outside.sendmail("eve@example.net", [ADA[0]], b"From: eve@example.net\r\nSubject: news\r\n\r\nhello\r\n")
        assert any("state" in line for line in events.iter_lines() if line.startswith(("event:", "data:")))

    trusting = ssl.create_default_context(cafile=made.certificate)
    headers = {"Authorization": httpx.BasicAuth(*ADA)._auth_header}
    url = f"wss://127.0.0.1:{made.port}/jmap/ws"
    with connect(url, ssl=trusting, subprotocols=["jmap"], additional_headers=headers) as talk:  # type: ignore[list-item] # a plain str
        talk.send('{"@type":"Request","using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1},"c"]]}')
        assert json.loads(talk.recv(timeout=20))["methodResponses"] == [["Core/echo", {"a": 1}, "c"]]


def _refused_by_size(made: NginxServer, path: str, octets: int) -> int:
    """The answer to a request that only announces its size."""
    trusting = ssl.create_default_context(cafile=made.certificate)
    connection = http.client.HTTPSConnection("127.0.0.1", made.port, context=trusting, timeout=20)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(octets))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


@needs_nginx
def test_a_post_that_may_have_been_acted_on_is_never_repeated() -> None:
    seen: list[str] = []

    class Breaking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(self.command)
            self.connection.close()  # in the middle of it

        do_GET = do_POST  # noqa: N815 # as its base names it

        def log_message(self, *_: object) -> None:
            pass

    upstreams = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaking) for _ in range(2)]
    for each in upstreams:
        threading.Thread(target=each.serve_forever, daemon=True).start()
    first, second = (each.server_port for each in upstreams)
    made = NginxServer(first, free_port())
    here = made.folder / "here.conf"
    here.write_text(
        here.read_text().replace(f"127.0.0.1:{first} ", f"127.0.0.1:{second} max_fails=0; server 127.0.0.1:{first} ")
    )
    try:
        made.start()
        trusting = ssl.create_default_context(cafile=made.certificate)
        with httpx.Client(base_url=f"https://127.0.0.1:{made.port}", verify=trusting, timeout=20) as asking:
            assert asking.post("/api/outreach", json={}).status_code == 502
            assert seen == ["POST"]
            assert asking.get("/").status_code == 502
            assert seen.count("GET") == 2
    finally:
        made.destroy()
        for each in upstreams:
            each.shutdown()
            each.server_close()


@pytest.mark.skipif(bool(postfix.why_not()), reason=postfix.why_not() or "it is installed")
def test_postfix_has_nothing_to_complain_about(tmp_path: Path) -> None:
    for name in ("main.cf", "master.cf", "header_checks"):
        text = (DEPLOY / "postfix" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/etc/postfix/header_checks", str(tmp_path / "header_checks")))
    for name in ("dynamicmaps.cf", "postfix-files"):
        shutil.copy(Path("/etc/postfix") / name, tmp_path)
    checked = subprocess.run([postfix.PROGRAM, "-c", tmp_path, "check"], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")
    unused = subprocess.run(["postconf", "-c", tmp_path, "-n"], capture_output=True, text=True)
    assert (unused.returncode, unused.stderr) == (0, "")  # it warns of parameters it does not know
    assert "virtual_transport = lmtp:inet:127.0.0.1:2424" in unused.stdout
