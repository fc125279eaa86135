"""TLS and mutual TLS with real certificates: good, missing, of another authority, not named; and renewed without a restart."""

from __future__ import annotations

import asyncio
import datetime
import os
import socket
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from mailwright.cli.checkup import _ours
from mailwright.client import AsyncClient
from mailwright.openings import open_grpc, programs_of
from mailwright.protocols.tls import VAULT_CERTIFICATE
from mailwright.settings import BadSettings, load
from mailwright.v1 import accounts_pb2
from tests.protocols.grpc.world import WEB, Core, opened, reason

ASKED = accounts_pb2.ListAccountsRequest()


class Authority:
    """Signs certificates, into files."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.certificate = (
            _builder(self.name, self.name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def give(self, name: str, file: str = "") -> tuple[Path, Path]:
        """The files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            _builder(subject, self.name, key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        chain, private = self.folder / f"{file or name}.crt", self.folder / f"{file or name}.key"
        for path, octets in (
            (chain, made.public_bytes(serialization.Encoding.PEM)),
            (
                private,
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                ),
            ),
        ):
            beside = path.with_suffix(".new")
            beside.write_bytes(octets)
            os.replace(beside, path)
        return chain, private


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
    )


async def test_a_named_service_acts_for_people_and_nobody_else_does(core: Core, tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    cert, key = ours.give("localhost")
    named, unnamed, foreign = ours.give("billing"), ours.give("guest"), theirs.give("billing", "foreign")
    async with opened(core, cert=cert, key=key, client_ca=ours.file, services=("billing",)) as world:
        target = f"localhost:{world.grpc.port}"

        def client(certificate: tuple[Path, Path] | None, email: str = "ada@mailwright.test") -> AsyncClient:
            return AsyncClient(target, ca=ours.file, certificate=certificate, acts_for=email, timeout=5)

        async with client(named) as good:
            assert (await good.accounts.ListAccounts(ASKED)).accounts[0].email == "ada@mailwright.test"
            message_id = await world.deliver("ada")
            await good.message(message_id)
        await core.trail.flush()
        noted = core.database.read_now(
            lambda tx: tx.scalar("SELECT address FROM audit_events WHERE action = 'grpc.read'")
        )
        assert noted.endswith("service billing")
        async with client(named, "nobody@mailwright.test") as nobody:
            with pytest.raises(grpc.aio.AioRpcError) as unknown:
                await nobody.accounts.ListAccounts(ASKED)
            assert reason(unknown.value)[0] is grpc.StatusCode.UNAUTHENTICATED
        async with client(unnamed) as other:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await other.accounts.ListAccounts(ASKED)
            assert reason(refused.value) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED")
        for wrong in (None, foreign):
            async with client(wrong) as stranger:
                with pytest.raises(grpc.aio.AioRpcError) as closed:
                    await stranger.accounts.ListAccounts(ASKED)
                assert (
                    closed.value.code() is grpc.StatusCode.UNAVAILABLE
                )  # the handshake fails: nobody is asked anything


async def test_a_renewed_certificate_is_used_without_a_restart(core: Core, tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    cert, key = first.give("localhost")
    async with opened(core, cert=cert, key=key) as world:
        target, login = f"localhost:{world.grpc.port}", ("ada@mailwright.test", "wrong")

        async def answer(ca: Path) -> grpc.StatusCode:
            async with AsyncClient(target, ca=ca, login=login, timeout=5) as mail:
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await mail.accounts.ListAccounts(ASKED)
                return refused.value.code()

        assert await answer(first.file) is grpc.StatusCode.UNAUTHENTICATED
        second.give("localhost")
        assert await answer(second.file) is grpc.StatusCode.UNAUTHENTICATED
        assert await answer(first.file) is grpc.StatusCode.UNAVAILABLE
        key.write_text("no key")  # a renewal that went wrong: what is in use stays
        assert await answer(second.file) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("way", ["plain text", "TLS", "certificates of clients"])
async def test_the_doctor_knows_our_port_and_chain_and_key_may_be_one_file(
    core: Core, tmp_path: Path, way: str
) -> None:
    ours = Authority(tmp_path, "ours")
    both = tmp_path / VAULT_CERTIFICATE
    both.parent.mkdir()
    both.write_bytes(b"".join(each.read_bytes() for each in ours.give("localhost")))
    secure = way != "plain text"
    files = {"cert": both, "key": both} if secure else {}
    if way == "certificates of clients":
        files["client_ca"] = ours.file
    async with opened(core, **files) as world:
        port = world.grpc.port
        found = await asyncio.to_thread(_ours, "grpc", "127.0.0.1", port, f"port {port}", secure=secure)
        assert (found.status, found.because) == ("ok", "grpc: the server answers")
        if way == "TLS":
            async with AsyncClient(f"localhost:{port}", ca=ours.file, login=("ada@mailwright.test", "x")) as mail:
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await mail.accounts.ListAccounts(ASKED)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_what_vault_issues_is_shown_where_nothing_else_is_named(tmp_path: Path) -> None:
    vault = {"vault_url": "http://127.0.0.1:9", "vault_token": "t", "vault_pki_role": "mail", "host": "0.0.0.0"}
    told = programs_of(load(data=tmp_path, **vault))
    assert (told.host, told.cert, told.key) == ("0.0.0.0", tmp_path / VAULT_CERTIFICATE, tmp_path / VAULT_CERTIFICATE)
    cert, key = Authority(tmp_path, "ours").give("localhost")
    told = programs_of(load(data=tmp_path, **vault, grpc_tls_cert=cert, grpc_tls_key=key, grpc_host="127.0.0.1"))
    assert (told.host, told.cert, told.key) == ("127.0.0.1", cert, key)


async def test_a_port_that_nobody_chose_may_be_taken_and_no_other(core: Core, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        usual, asked = load(data=tmp_path), load(data=tmp_path, roles=("grpc", "worker"))
        usual.__dict__["grpc_port"] = asked.__dict__["grpc_port"] = port  # as if it were the one that is always taken
        with capture_logs() as logs:
            assert await open_grpc(usual, core, WEB, cast(Any, None)) is None
        assert [(entry["event"], entry["port"]) for entry in logs] == [("grpc.port_taken", port)]
        for settings in (asked, load(data=tmp_path, grpc_port=port)):
            with pytest.raises(OSError, match="cannot listen"):
                await open_grpc(settings, core, WEB, cast(Any, None))


def test_settings_that_would_open_too_much_are_refused(tmp_path: Path) -> None:
    cert, key = Authority(tmp_path, "ours").give("localhost")
    for given, word in (
        ({"grpc_host": "0.0.0.0"}, "MAILWRIGHT_GRPC_HOST: 0.0.0.0 is not this machine alone"),
        ({"grpc_tls_cert": cert}, "MAILWRIGHT_GRPC_TLS_KEY: a certificate and its key belong together"),
        ({"grpc_services": "billing"}, "MAILWRIGHT_GRPC_SERVICES: services are known by certificates"),
        ({"grpc_client_ca": cert}, "MAILWRIGHT_GRPC_CLIENT_CA: clients show certificates only where"),
        ({"grpc_tls_cert": cert, "grpc_tls_key": tmp_path / "none"}, "MAILWRIGHT_GRPC_TLS_KEY: there is no file"),
    ):
        with pytest.raises(BadSettings) as refused:
            load(data=tmp_path, **given)
        assert len(refused.value.lines) == 1
        assert refused.value.lines[0].startswith(word)
    found = load(data=tmp_path, grpc_host="0.0.0.0", grpc_tls_cert=cert, grpc_tls_key=key, grpc_services="")
    assert found.grpc_services == ()


async def test_a_port_that_is_taken_is_said(core: Core, tmp_path: Path) -> None:
    async with opened(core) as world:
        with pytest.raises(OSError, match="gRPC cannot listen"):
            async with opened(core, port=world.grpc.port):
                pass
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    with pytest.raises(OSError, match="cannot be used"):
        async with opened(core, cert=wrong, key=wrong):
            pass
