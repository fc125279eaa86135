"""SIGTERM while mail comes in: idle clients are told, what is under way is finished, and it is over within 20 seconds."""

from __future__ import annotations

import signal
import socket
import time

import pytest

from tests.reliability.conftest import Start
from tests.reliability.examination import problems, wait_until_quiet
from tests.reliability.senders import Senders
from tests.servers.mailwright import MailwrightServer

GRACE_SECONDS = 20.0


@pytest.mark.slow
def test_mail_under_way_is_finished_or_offered_again_but_never_lost(prepared: Start) -> None:
    server = prepared(log_level="warning")
    server.start()
    senders = Senders(server, ("ada", "bashir", "chen"), tasks_each=3)
    senders.start()
    time.sleep(1.5)
    assert server.stop() < GRACE_SECONDS
    before = len(senders.ledger.promises)
    server.start()
    time.sleep(1.0)
    senders.finish()
    wait_until_quiet(server, 60)
    server.stop()
    assert len(senders.ledger.promises) > before > 0
    assert problems(server, senders.ledger) == []


def test_an_idle_client_is_told_before_the_line_is_closed(server: MailwrightServer) -> None:
    for port in (server.smtp_port, server.lmtp_port, server.submission_port):
        assert _hello(port).startswith(b"220 ")
    with socket.create_connection(("127.0.0.1", server.smtp_port)) as line:
        assert line.recv(1000).startswith(b"220 ")
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert line.recv(1000).startswith(b"421 4.3.2 ")
        assert line.recv(1000) == b""
    assert server.stop() < GRACE_SECONDS


def test_a_client_that_never_ends_its_message_does_not_keep_the_server(server: MailwrightServer) -> None:
    with socket.create_connection(("127.0.0.1", server.smtp_port)) as line:
        for said in (b"EHLO x", b"MAIL FROM:<eve@example.org>", b"RCPT TO:<ada@mailwright.test>", b"DATA"):
            line.sendall(said + b"\r\n")
            time.sleep(0.1)
        line.sendall(b"Subject: never ends\r\n\r\n")
        assert server.stop() < GRACE_SECONDS


def _hello(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as line:
        return line.recv(1000)
