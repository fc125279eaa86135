"""The server from outside: what is offered when, signing in, bounds, time-outs, and how it ends."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from mailwright.core import access
from mailwright.domain.refusals import NotFound
from mailwright.protocols.imap import ImapSettings
from mailwright.storage.database import Database
from tests.core.bearing import issuing
from tests.protocols.imap.house import PASSWORD, Client, House, clear, house_of, letter


@pytest.fixture
async def house(database: Database, data_folder: Path) -> AsyncIterator[House]:
    async with house_of(database, data_folder, clear()) as made:
        yield made


def _counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_everything_that_is_done_is_offered_after_signing_in(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    [line] = await ada.ok("CAPABILITY")
    offered = set(line.split()[2:])
    for name in (
        *(
            "IMAP4rev1",
            "IMAP4rev2",
            "IDLE",
            "NAMESPACE",
            "UIDPLUS",
            "MOVE",
            "LITERAL+",
            "ENABLE",
            "CONDSTORE",
            "QRESYNC",
        ),
        *("SPECIAL-USE", "CREATE-SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS", "STATUS=SIZE", "ESEARCH", "SEARCHRES"),
        *("SORT", "SORT=DISPLAY", "THREAD=REFERENCES", "THREAD=ORDEREDSUBJECT", "MULTIAPPEND", "BINARY", "UNSELECT"),
        *("ID", "SASL-IR", "QUOTA", "QUOTA=RES-STORAGE", "OBJECTID", "PREVIEW", "SAVEDATE", "WITHIN", "ACL"),
        *("RIGHTS=kxte", "COMPRESS=DEFLATE", "UTF8=ACCEPT", "APPENDLIMIT=52428800", "METADATA"),
    ):
        assert name in offered, name
    assert not any(name.startswith("AUTH=") or name in ("STARTTLS", "LOGINDISABLED") for name in offered)


async def test_a_sign_in_that_succeeds_and_one_that_fails_are_audited(house: House) -> None:
    ada = await house.client()
    await ada.ask("LOGIN ada@mailwright.test wrong")
    await ada.ok(f"LOGIN ada@mailwright.test {PASSWORD}")
    assert await house.audited("sign-in.failed") == [("ada@mailwright.test", "", "127.0.0.1")]
    [(actor, resource, address)] = await house.audited("sign-in")
    assert (actor, address) == ("ada@mailwright.test", "127.0.0.1")
    assert resource.startswith("app-password:")


async def test_every_wrong_password_waits_longer_for_its_answer(database: Database, data_folder: Path) -> None:
    async with house_of(database, data_folder, clear(refusal_seconds=0.3)) as house:
        ada = await house.client()
        waited = []
        for _ in range(2):
            begun = time.monotonic()
            await ada.ask("LOGIN ada@mailwright.test wrong")
            waited.append(time.monotonic() - begun)
    assert waited[0] >= 0.3
    assert waited[1] >= 0.6


async def test_a_bearer_token_signs_in_where_somebody_verifies_it(house: House) -> None:
    house.core.bearer = issuing({"good": "ada@mailwright.test"})
    ada = await house.client()
    assert "AUTH=OAUTHBEARER AUTH=XOAUTH2" in ada.greeting

    def said(token: str) -> str:
        return base64.b64encode(f"n,a=ada@mailwright.test,\x01auth=Bearer {token}\x01\x01".encode()).decode()

    ada.send(f"a1 AUTHENTICATE OAUTHBEARER {said('bad')}\r\n".encode())
    challenge = await ada.line()
    assert b"invalid_token" in base64.b64decode(challenge.removeprefix("+ "))
    ada.send(b"AQ==\r\n")
    assert (await ada.line()).startswith("a1 NO [AUTHENTICATIONFAILED]")
    await ada.ok(f"AUTHENTICATE OAUTHBEARER {said('good')}")


async def test_an_append_is_audited_with_its_uids(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    await ada.ok("APPEND Drafts {11}", b"a: b\r\n\r\nc\r\n")
    assert await house.audited("imap.append") == [
        ("ada@mailwright.test", "ada@mailwright.test:Drafts uid 1", "127.0.0.1")
    ]


async def test_commands_are_counted_and_timed(house: House) -> None:
    labels = {"command": "namespace", "result": "ok"}
    before = _counted("mailwright_imap_commands_total", **labels)
    ada = await house.client("ada@mailwright.test")
    await ada.ok("NAMESPACE")
    assert _counted("mailwright_imap_commands_total", **labels) == before + 1
    assert _counted("mailwright_imap_command_seconds_count", command="namespace") >= 1


async def test_a_bug_is_answered_and_the_conversation_goes_on(house: House) -> None:
    async def broken(connection: object, command: object) -> None:
        raise RuntimeError("a bug")

    house.server.handlers = {**house.server.handlers, "NAMESPACE": broken}  # type: ignore[dict-item]
    ada = await house.client("ada@mailwright.test")
    assert (await ada.ask("NAMESPACE"))[-1].startswith("NO [SERVERBUG]")
    await ada.ok("NOOP")


async def test_what_a_deleted_mailbox_held_is_taken_away_without_anybody_waiting(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    await ada.ok("CREATE Work")
    await house.put(3, "Work")
    await ada.ok("DELETE Work")
    for _ in range(100):
        if not await house.core.read(lambda tx: tx.scalar("SELECT count(*) FROM messages")):
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError("the messages are still there")
    with pytest.raises(NotFound):
        await house.core.read(lambda tx: access.by_name(tx, house.ada, "Work"))
    assert await ada.ok('GETQUOTA ""') == ['* QUOTA "" (STORAGE 0 97)']


async def test_who_is_one_too_many_is_sent_away(database: Database, data_folder: Path) -> None:
    async with house_of(database, data_folder, clear(connections=3, connections_per_client=2)) as house:
        first, second = await house.client(), await house.client()
        third = await house.client()
        assert third.greeting.startswith("* BYE [UNAVAILABLE] too many connections from your address")
        assert await third.line() == ""
        await first.close()
        await _until(lambda: house.server.connections == 1)
        assert (await house.client()).greeting.startswith("* OK")
        await second.ok("NOOP")


async def test_a_server_that_goes_down_says_goodbye_also_to_those_who_idle(house: House) -> None:
    ada = await house.client("ada@mailwright.test")
    bashir = await house.client("bashir@mailwright.test")
    await ada.ok("SELECT INBOX")
    ada.send(b"a1 IDLE\r\n")
    assert (await ada.line()).startswith("+ ")
    await house.server.close(grace=1.0)
    assert (await ada.line()).startswith("* BYE [UNAVAILABLE]")
    assert (await bashir.line()).startswith("* BYE [UNAVAILABLE]")
    assert await ada.line() == ""
    assert house.server.connections == 0


async def test_a_server_that_goes_down_lets_a_command_finish(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    append = house.server.handlers["APPEND"]

    async def slow(connection: object, command: object) -> object:
        begun.set()
        await go_on.wait()
        return await append(connection, command)  # type: ignore[arg-type]

    house.server.handlers = {**house.server.handlers, "APPEND": slow}  # type: ignore[dict-item]
    ada = await house.client("ada@mailwright.test")
    ada.send(b"a1 APPEND INBOX {9+}\r\na: b\r\n\r\nc\r\n")
    await begun.wait()
    closing = asyncio.create_task(house.server.close(grace=5.0))
    await asyncio.sleep(0.05)
    go_on.set()
    assert (await ada.line()).startswith("a1 OK [APPENDUID")
    assert (await ada.line()).startswith("* BYE")
    await ada.close()
    await closing


async def test_nobody_who_is_silent_costs_a_task(house: House) -> None:
    clients = [await house.client("ada@mailwright.test") for _ in range(5)]
    for client in clients:
        await client.ok("SELECT INBOX")
        client.send(b"a1 IDLE\r\n")
        assert (await client.line()).startswith("+ ")
    before = len(asyncio.all_tasks())
    await house.put(1)
    for client in clients:
        assert await client.line() == "* 1 EXISTS"
    await asyncio.sleep(0.05)
    assert len(asyncio.all_tasks()) == before
    for client in clients:
        client.send(b"DONE\r\n")
        assert (await client.line()).startswith("a1 OK")


async def test_tls_from_the_first_octet_and_no_other_password_than_inside_it(
    database: Database, data_folder: Path
) -> None:
    from mailwright.protocols.tls import self_signed_context

    context = self_signed_context(data_folder, ["mx.mailwright.test"])
    async with house_of(database, data_folder, ImapSettings(tls=context, implicit_tls=True)) as house:
        ada = await Client.connect(house.server.port, tls=True)
        assert "AUTH=PLAIN" in await ada.line()
        await ada.ok(f"LOGIN ada@mailwright.test {PASSWORD}")
        await ada.ok("APPEND INBOX {70007}", letter(1, 69_929)[:70007].ljust(70007, b"x"))
        assert "70007" in (await ada.ok("STATUS INBOX (SIZE)"))[0]


async def _until(true: object) -> None:
    for _ in range(200):
        if true():  # type: ignore[operator]
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")
