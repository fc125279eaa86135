"""Clients in the wild: Python's smtplib, swaks, and Postfix's smtp-source."""

import asyncio
import shutil
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest
from memory_entrance import PASSWORD, MemoryEntrance

from mailwright.protocols.smtp import Kind, MailServer, SmtpSettings
from mailwright.protocols.tls import self_signed_certificate, server_context

SMTP_SOURCE = shutil.which("smtp-source", path="/usr/sbin:/usr/bin:/usr/lib/postfix/sbin")
SWAKS = shutil.which("swaks")


async def _server(kind: Kind, entrance: MemoryEntrance, folder: Path) -> tuple[MailServer, ssl.SSLContext]:
    certificate = self_signed_certificate(folder, ["localhost"])
    server = MailServer(
        kind, entrance, SmtpSettings(hostname="localhost", tls=server_context(certificate), max_size=1_000_000)
    )
    await server.start()
    return server, ssl.create_default_context(cafile=str(certificate))


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bashir@example.org", "ada@mailwright.test", "Lunch"
    message.set_content("At noon?\n.\n..and more\n")
    return message


async def test_smtplib_submits_over_tls_after_signing_in(tmp_path: Path) -> None:
    entrance = MemoryEntrance()
    server, trusting = await _server("submission", entrance, tmp_path)

    def send() -> None:
        with smtplib.SMTP("localhost", server.port, timeout=10) as client:
            client.starttls(context=trusting)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("ada@mailwright.test", "wrong")
            client.login("ada@mailwright.test", PASSWORD)
            client.send_message(_message())

    await asyncio.to_thread(send)
    await server.close(grace=1)
    (account, envelope, raw), *others = entrance.submitted
    assert not others
    assert (account, envelope.protocol) == ("id-of-ada@mailwright.test", "ESMTPSA")
    assert b"\r\n.\r\n..and more\r\n" in raw


async def test_smtplib_hears_why_a_recipient_is_refused(tmp_path: Path) -> None:
    server, _ = await _server("smtp", MemoryEntrance(), tmp_path)

    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("localhost", server.port, timeout=10) as client:
            return client.send_message(_message(), to_addrs=["ada@mailwright.test", "nobody@mailwright.test"])

    refused = await asyncio.to_thread(send)
    await server.close(grace=1)
    assert refused["nobody@mailwright.test"][0] == 550


async def test_smtplib_speaks_lmtp(tmp_path: Path) -> None:
    entrance = MemoryEntrance()
    server, _ = await _server("lmtp", entrance, tmp_path)

    def send() -> None:
        with smtplib.LMTP("localhost", server.port, timeout=10) as client:
            client.send_message(_message())

    await asyncio.to_thread(send)
    await server.close(grace=1)
    assert len(entrance.kept) == 1


@pytest.mark.server
@pytest.mark.skipif(SWAKS is None, reason="swaks is not installed")
async def test_swaks_signs_in_and_submits() -> None:
    entrance = MemoryEntrance()
    # Not every swaks has the Perl modules for TLS: on loopback the operator may allow passwords without.
    server = MailServer("submission", entrance, SmtpSettings(allow_clear_auth=True))
    await server.start()
    assert SWAKS is not None
    words = (
        f"--server 127.0.0.1:{server.port} --auth LOGIN --auth-user ada@mailwright.test"
        " --from ada@mailwright.test --to bashir@example.org --pipeline"
    )
    process = await asyncio.create_subprocess_exec(
        SWAKS,
        *words.split(),
        "--auth-password",
        PASSWORD,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    await server.close(grace=1)
    assert process.returncode == 0, said.decode()
    assert len(entrance.submitted) == 1


@pytest.mark.server
@pytest.mark.skipif(SMTP_SOURCE is None, reason="smtp-source (Debian's postfix) is not installed")
@pytest.mark.parametrize("kind", ["smtp", "lmtp"])
@pytest.mark.parametrize("keep", [True, False], ids=["one connection", "a connection for each"])
async def test_smtp_source_loses_nothing(kind: Kind, keep: bool, tmp_path: Path) -> None:
    entrance = MemoryEntrance(counting_only=True)
    server, _ = await _server(kind, entrance, tmp_path)
    assert SMTP_SOURCE is not None
    words = f"-s 20 -m 300 -l 5120 -f a@example.org -t ada@mailwright.test 127.0.0.1:{server.port}"
    options = (["-L"] if kind == "lmtp" else []) + (["-d"] if keep else [])
    process = await asyncio.create_subprocess_exec(SMTP_SOURCE, *options, *words.split())
    assert await asyncio.wait_for(process.wait(), 30) == 0
    await server.close(grace=1)
    assert entrance.count == 300
