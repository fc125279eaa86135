"""IMAPClient and aioimaplib against the whole application: what scripts and home automation use, and how soon IDLE tells."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aioimaplib import IMAP4_SSL

from imapclient import IMAPClient
from tests.clients.conftest import letter, sign_in
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer

pytestmark = pytest.mark.server

SOON_SECONDS = 1.0
"""From the answer to whoever made the change, to the line in IDLE."""


def _deliver(server: MailwrightServer, name: str, subject: str) -> None:
    with smtplib.LMTP("127.0.0.1", server.lmtp_port, timeout=20) as client:
        client.sendmail("chen@example.org", [f"{name}@{DOMAIN}"], letter(subject))


def _told(client: IMAPClient, wanted: Callable[[tuple[object, ...]], bool]) -> float:
    """Seconds until IDLE says that; what else it says is passed over."""
    began = time.monotonic()
    while time.monotonic() - began < 10:
        if any(wanted(line) for line in client.idle_check(timeout=10)):
            return time.monotonic() - began
    raise TimeoutError


def test_idle_tells_imapclient_of_a_delivery_a_flag_and_an_expunge_in_less_than_a_second(
    running: MailwrightServer, newcomer: str
) -> None:
    waiting, other = sign_in(running, newcomer), sign_in(running, newcomer)
    waiting.select_folder("INBOX")
    other.select_folder("INBOX")
    waiting.idle()
    for number in range(1, 4):
        _deliver(running, newcomer, f"Number {number}")
        assert _told(waiting, lambda line, number=number: line == (number, b"EXISTS")) < SOON_SECONDS
    other.noop()
    uids = other.search()
    other.add_flags(uids[:1], [b"\\Flagged", b"$Work"])
    assert _told(waiting, lambda line: line[:2] == (1, b"FETCH") and b"$Work" in str(line).encode()) < SOON_SECONDS
    other.delete_messages(uids[1:2])
    other.uid_expunge(uids[1:2])
    assert _told(waiting, lambda line: line == (2, b"EXPUNGE")) < SOON_SECONDS
    other.move(uids[2:], "Archive")
    assert _told(waiting, lambda line: line == (2, b"EXPUNGE")) < SOON_SECONDS
    waiting.idle_done()
    assert waiting.search() == uids[:1]
    waiting.logout()
    other.logout()


@asynccontextmanager
async def _aioimap(server: MailwrightServer, name: str) -> AsyncIterator[IMAP4_SSL]:
    client = IMAP4_SSL("127.0.0.1", server.imaps_port, timeout=20, ssl_context=ssl._create_unverified_context())
    await client.wait_hello_from_server()
    assert (await client.login(f"{name}@{DOMAIN}", PASSWORD)).result == "OK"
    yield client
    await client.logout()


def test_imapclient_appends_many_messages_at_once(running: MailwrightServer, newcomer: str) -> None:
    client = sign_in(running, newcomer)
    client.multiappend("INBOX", [letter(f"Number {number}") for number in range(250)])
    assert client.select_folder("INBOX")[b"EXISTS"] == 250
    client.logout()


async def test_aioimaplib_walks_through_a_mailbox(running: MailwrightServer, newcomer: str) -> None:
    async with _aioimap(running, newcomer) as client:
        assert client.has_capability("MOVE")
        assert client.has_capability("UIDPLUS")
        assert (await client.create("Work")).result == "OK"
        assert b'(\\HasNoChildren) "/" Work' in (await client.list('""', "*")).lines
        for number in range(1, 4):
            appended = await client.append(letter(f"Number {number}"), mailbox="Work", flags="\\Seen $Work")
            assert appended.result == "OK"
        assert (await client.select("Work")).result == "OK"
        assert (await client.search("SUBJECT", '"Number 2"')).lines[0] == b"2"
        fetched = await client.fetch("2", "(FLAGS BODY.PEEK[])")
        assert fetched.lines[1] == letter("Number 2")
        assert b"$Work" in fetched.lines[0]
        assert (await client.store("1", "+FLAGS", "(\\Deleted)")).result == "OK"
        assert b"1 EXPUNGE" in (await client.expunge()).lines
        assert (await client.uid("move", "3", "Archive")).result == "OK"
        assert b"MESSAGES 1" in (await client.status("Archive", "(MESSAGES)")).lines[0]
        assert (await client.getquotaroot("INBOX")).result == "OK"
        assert (await client.rename("Work", "Done")).result == "OK"
        assert (await client.close()).result == "OK"
        assert (await client.delete("Done")).result == "OK"


async def test_idle_tells_aioimaplib_of_what_happens_in_less_than_a_second(
    running: MailwrightServer, newcomer: str
) -> None:
    other = await asyncio.to_thread(sign_in, running, newcomer)
    async with _aioimap(running, newcomer) as client:
        await client.select("INBOX")
        idle = await client.idle_start(timeout=60)

        async def told(line: bytes) -> float:
            began = time.monotonic()
            while line not in (said := await client.wait_server_push(10)):
                assert time.monotonic() - began < 10, said
            return time.monotonic() - began

        await asyncio.to_thread(_deliver, running, newcomer, "Number 1")
        assert await told(b"1 EXISTS") < SOON_SECONDS
        await asyncio.to_thread(other.select_folder, "INBOX")
        await asyncio.to_thread(other.add_flags, [1], [b"\\Flagged"])
        assert await told(b"1 FETCH (FLAGS (\\Flagged))") < SOON_SECONDS
        await asyncio.to_thread(other.delete_messages, [1])
        await asyncio.to_thread(other.expunge)
        assert await told(b"1 EXPUNGE") < SOON_SECONDS
        client.idle_done()
        await asyncio.wait_for(idle, 10)
    await asyncio.to_thread(other.logout)
