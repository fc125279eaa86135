"""People sign in at a real OpenID provider, and their tokens open a whole server: its API, submission and IMAP; new keys, blocks and sign-out."""

from __future__ import annotations

import imaplib
import json
import smtplib
import sqlite3
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.mailwright import MailwrightServer
from tests.servers_node.oidc_issuer import ALGORITHMS, AUDIENCE, OidcIssuer
from tests.servers_node.packages import NotAvailable

pytestmark = [pytest.mark.server, pytest.mark.slow]

ADA, BASHIR, EVE = "ada@mailwright.test", "bashir@mailwright.test", "eve@example.org"
PEOPLE = {
    "ada": {"email": ADA, "email_verified": True},
    "bashir": {"email": BASHIR, "email_verified": False},
    "eve": {"email": EVE, "email_verified": True},
}
SECONDS = 40.0  # new keys are looked for once in half a minute


class Place:
    """A provider, and a server that believes it."""

    def __init__(self, folder: Path) -> None:
        self.issuer = OidcIssuer(folder, PEOPLE)
        self.server = MailwrightServer(
            folder / "data", oidc_issuer=self.issuer.url, oidc_audience=AUDIENCE, oidc_adds_users="true"
        )

    def ask(self, token: str, path: str = "/api/user/usage") -> int:
        url = f"http://127.0.0.1:{self.server.http_port}{path}"
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20).status_code

    def username(self, token: str) -> str:
        url = f"http://127.0.0.1:{self.server.http_port}/jmap/session"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20)
        return str(answer.json()["username"])

    def read(self, token: str) -> list[bytes]:
        """Who signs in to IMAP so has that INBOX. Raises imaplib.IMAP4.error."""
        context = ssl._create_unverified_context()
        with imaplib.IMAP4_SSL("127.0.0.1", self.server.imaps_port, ssl_context=context, timeout=30) as client:
            # The answer to a refusal's challenge is one octet (RFC 7628 §3.2.3).
            said = iter([bearing(token), "\x01"])
            client.authenticate("OAUTHBEARER", lambda _: next(said).encode())
            client.select("INBOX", readonly=True)
            return [
                each[1] for each in client.fetch("1:*", "(BODY[HEADER.FIELDS (SUBJECT)])")[1] if isinstance(each, tuple)
            ]

    def submit(self, token: str, sender: str, recipient: str) -> None:
        """Raises smtplib.SMTPException."""
        context = ssl._create_unverified_context()
        with smtplib.SMTP_SSL("127.0.0.1", self.server.submissions_port, context=context, timeout=30) as client:
            client.ehlo()
            client.auth("OAUTHBEARER", lambda challenge=None: bearing(token) if not challenge else "\x01")
            client.sendmail(
                sender, [recipient], f"From: {sender}\r\nTo: {recipient}\r\nSubject: By token\r\n\r\nHello.\r\n"
            )

    def change(self, sql: str, *params: object) -> None:
        """What an administrator does, straight in the database."""
        with sqlite3.connect(self.server.data / "mailwright.db", timeout=20) as connection:
            connection.execute(sql, params)


def bearing(token: str) -> str:
    return f"n,,\x01auth=Bearer {token}\x01\x01"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    try:
        made = Place(tmp_path)
    except NotAvailable as reason:
        pytest.skip(str(reason))
    made.server.prepare(employee=False)
    made.server.start()
    yield made
    made.server.stop()
    made.issuer.stop()


def test_the_tokens_of_a_real_provider_open_what_is_theirs(place: Place) -> None:
    for algorithm in ALGORITHMS:
        tokens = place.issuer.sign_in("ada", algorithm)
        assert place.ask(tokens.access) == 200, algorithm
        assert place.username(tokens.access) == ADA
        assert place.ask(tokens.identity) == 401  # it is for the page that asked, not for us
    ada = place.issuer.sign_in("ada").access

    place.submit(ada, ADA, ADA)
    began = time.monotonic()
    while not (found := place.read(ada)) and time.monotonic() - began < SECONDS:
        time.sleep(0.2)
    assert [b"By token" in each for each in found] == [True]
    with pytest.raises(smtplib.SMTPException):
        place.submit(ada, BASHIR, ADA)

    bashir = place.issuer.sign_in("bashir").access  # nobody made sure of the address
    assert place.ask(bashir) == 401
    eve = place.issuer.sign_in("eve").access  # nobody added her, and the settings let her in: without mail
    assert place.ask(eve) == 200
    assert place.ask(eve, "/jmap/session") == 403
    with pytest.raises(imaplib.IMAP4.error):
        place.read(eve)
    with pytest.raises(smtplib.SMTPException):
        place.submit(eve, EVE, ADA)

    place.change("UPDATE users SET status = 'blocked' WHERE email = ?", ADA)
    assert place.ask(ada) == 401
    with pytest.raises(imaplib.IMAP4.error):
        place.read(ada)
    place.change("UPDATE users SET status = 'active' WHERE email = ?", ADA)

    place.issuer.restart()  # with new keys
    fresh = place.issuer.sign_in("ada").access
    began = time.monotonic()
    while (status := place.ask(fresh)) != 200 and time.monotonic() - began < SECONDS:
        assert status in (401, 503)
        time.sleep(1)
    assert status == 200
    assert place.username(fresh) == ADA
    logged = place.server.log()
    for token in (ada, bashir, eve, fresh):
        assert token not in logged
        assert token.split(".")[1] not in logged
    assert json.dumps(EVE) not in logged
