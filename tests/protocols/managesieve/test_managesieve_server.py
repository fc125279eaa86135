"""The ManageSieve server over real sockets: signing in, scripts, limits and ends."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mailwright.core import Core, CoreSettings, accounts, apppasswords, domains, rules
from mailwright.protocols.managesieve import ManageSieveLimits, ManageSieveServer, ManageSieveSettings
from mailwright.protocols.tls import self_signed_context
from mailwright.storage import Database, Tx, open_blobs

PASSWORD = "a long enough password"


@pytest.fixture
def core(database: Database, tmp_path: Path) -> Core:
    made = Core(database, open_blobs(database, f"file://{tmp_path}"), CoreSettings(hostname="mail.mailwright.test"))
    hashed = accounts.hash_password(PASSWORD)

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        for name in ("ada", "bashir"):
            accounts.set_password(tx, accounts.add_user(tx, made, f"{name}@mailwright.test"), hashed)

    database.write_now(people)
    return made


class Client:
    """One conversation: what is said, and the complete answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def say(self, octets: bytes) -> bytes:
        self.writer.write(octets)
        return await self.answer()

    async def answer(self) -> bytes:
        """Everything up to and including a line that is OK, NO or BYE, or a challenge's string."""
        whole = b""
        async with asyncio.timeout(10):
            while True:
                line = await self.reader.readline()
                whole += line
                if line.rstrip().endswith(b"}"):
                    size = int(line.rstrip()[:-1].rpartition(b"{")[2])
                    whole += await self.reader.readexactly(size)
                    if not line.startswith((b"OK", b"NO", b"BYE")):
                        continue
                    return whole + await self.reader.readline()
                if not line or line.startswith((b"OK", b"NO", b"BYE")):
                    return whole

    async def sign_in(self, name: str = "ada@mailwright.test", password: str = PASSWORD) -> bytes:
        word = base64.b64encode(f"\0{name}\0{password}".encode())
        return await self.say(b'AUTHENTICATE "PLAIN" "%b"\r\n' % word)

    async def start_tls(self) -> bytes:
        assert (await self.say(b"STARTTLS\r\n")).startswith(b"OK")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await self.writer.start_tls(context)
        return await self.answer()


Connect = Callable[[], Awaitable[Client]]
Open = Callable[..., Awaitable[Connect]]


@pytest.fixture
async def open_server(core: Core, tmp_path: Path) -> AsyncIterator[Open]:
    servers: list[ManageSieveServer] = []
    clients: list[Client] = []

    async def opened(*, clear: bool = True, tls: bool = True, **limits: float) -> Connect:
        context = self_signed_context(tmp_path / "tls", ["localhost"]) if tls else None
        settings = ManageSieveSettings(
            tls=context,
            allow_clear_auth=clear,
            limits=ManageSieveLimits(**limits),  # type: ignore[arg-type]
        )
        server = ManageSieveServer(core, settings)
        await server.start()
        servers.append(server)

        async def connect() -> Client:
            client = Client(*await asyncio.open_connection("127.0.0.1", server.port))
            clients.append(client)
            client.server = server  # type: ignore[attr-defined]
            return client

        return connect

    yield opened
    for client in clients:
        client.writer.close()
    for server in servers:
        await server.close(0.5)


async def signed_in(open_server: Open, **limits: float) -> Client:
    client = await (await open_server(**limits))()
    await client.answer()
    assert (await client.sign_in()).startswith(b"OK")
    return client


async def test_the_greeting_says_what_is_offered(open_server: Open) -> None:
    client = await (await open_server(clear=False))()
    greeting = await client.answer()
    for line in (
        b'"VERSION" "1.0"',
        b'"SASL" ""',
        b'"STARTTLS"',
        b'"MAXREDIRECTS" "5"',
        b'"IMPLEMENTATION" "Mailwright"',
    ):
        assert line + b"\r\n" in greeting
    assert b'"SIEVE" "body comparator-i;ascii-numeric copy' in greeting
    assert b"OWNER" not in greeting


async def test_without_tls_nobody_signs_in(open_server: Open) -> None:
    client = await (await open_server(clear=False))()
    await client.answer()
    assert (await client.sign_in()).startswith(b"NO (ENCRYPT-NEEDED)")


async def test_after_tls_the_offer_is_told_again_and_a_password_is_taken(open_server: Open) -> None:
    client = await (await open_server(clear=False))()
    await client.answer()
    told = await client.start_tls()
    assert b'"SASL" "PLAIN LOGIN"' in told
    assert b"STARTTLS" not in told
    assert (await client.sign_in()).startswith(b"OK")
    assert b'"OWNER" "ada@mailwright.test"' in await client.say(b"CAPABILITY\r\n")
    assert (await client.say(b"STARTTLS\r\n")).startswith(b"NO")


async def test_commands_sent_ahead_of_tls_are_never_carried_out(open_server: Open) -> None:
    client = await (await open_server(clear=True))()
    await client.answer()
    client.writer.write(b'STARTTLS\r\nNOOP "injected"\r\n')
    assert (await client.answer()).startswith(b"OK")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    await client.writer.start_tls(context)
    assert b"injected" not in await client.answer()
    assert b"after" in await client.say(b'NOOP "after"\r\n')


async def test_login_asks_twice_and_takes_no_initial_response(open_server: Open) -> None:
    client = await (await open_server())()
    await client.answer()
    assert (await client.say(b'AUTHENTICATE "LOGIN" "YWRh"\r\n')).startswith(b"NO")
    client.writer.write(b'AUTHENTICATE "LOGIN"\r\n')
    assert await client.reader.readline() == b'"%b"\r\n' % base64.b64encode(b"Username:")
    client.writer.write(b'"%b"\r\n' % base64.b64encode(b"ada@mailwright.test"))
    assert await client.reader.readline() == b'"%b"\r\n' % base64.b64encode(b"Password:")
    assert (await client.say(b'"%b"\r\n' % base64.b64encode(PASSWORD.encode()))).startswith(b"OK")


async def test_an_exchange_can_be_cancelled_and_begun_again(open_server: Open) -> None:
    client = await (await open_server())()
    await client.answer()
    client.writer.write(b'AUTHENTICATE "PLAIN"\r\n')
    assert await client.reader.readline() == b'""\r\n'
    assert (await client.say(b'"*"\r\n')).startswith(b"NO")
    assert (await client.sign_in()).startswith(b"OK")


async def test_three_wrong_passwords_end_the_connection(open_server: Open) -> None:
    client = await (await open_server())()
    await client.answer()
    for _ in range(3):
        assert (await client.sign_in(password="wrong")).startswith(b"NO")
    assert (await client.answer()).startswith(b"BYE")
    assert await client.reader.read() == b""


async def test_an_app_password_for_rules_opens_and_one_for_mail_does_not(core: Core, open_server: Open) -> None:
    def make(tx: Tx, *scopes: str) -> str:
        return apppasswords.make(tx, accounts.find(tx, "ada@mailwright.test"), "laptop", scopes)[1]

    connect = await open_server()
    for scope, expected in (("sieve", b"OK"), ("imap", b"NO")):
        password = core.database.write_now(lambda tx, scope=scope: make(tx, scope))  # type: ignore[misc]
        client = await connect()
        await client.answer()
        assert (await client.sign_in(password=password)).startswith(expected)


async def test_a_script_is_put_listed_read_put_to_work_renamed_and_deleted(core: Core, open_server: Open) -> None:
    client = await signed_in(open_server)
    script = b'require "fileinto";\r\nfileinto "Lists";\r\n'
    assert (await client.say(b'HAVESPACE "mine" %d\r\n' % len(script))).startswith(b"OK")
    assert (await client.say(b'PUTSCRIPT "mine" {%d+}\r\n%b\r\n' % (len(script), script))).startswith(b"OK")
    assert await client.say(b"LISTSCRIPTS\r\n") == b'"mine"\r\nOK\r\n'
    assert (await client.say(b'SETACTIVE "mine"\r\n')).startswith(b"OK")
    assert await client.say(b"LISTSCRIPTS\r\n") == b'"mine" ACTIVE\r\nOK\r\n'
    assert await client.say(b'GETSCRIPT "mine"\r\n') == b"{%d}\r\n%b\r\nOK\r\n" % (len(script), script)
    assert (await client.say(b'DELETESCRIPT "mine"\r\n')).startswith(b"NO (ACTIVE)")
    assert (await client.say(b'RENAMESCRIPT "mine" "yours"\r\n')).startswith(b"OK")
    assert await client.say(b"LISTSCRIPTS\r\n") == b'"yours" ACTIVE\r\nOK\r\n'
    assert (await client.say(b'SETACTIVE ""\r\n')).startswith(b"OK")
    assert (await client.say(b'DELETESCRIPT "yours"\r\n')).startswith(b"OK")
    assert await client.say(b"LISTSCRIPTS\r\n") == b"OK\r\n"
    await core.trail.flush()
    actions = core.database.read_now(
        lambda tx: tx.all("SELECT action FROM audit_events WHERE action LIKE 'rules.%' ORDER BY id")
    )
    done = [action for (action,) in actions]
    assert sorted(done) == sorted(
        ["rules.put", "rules.activated", "rules.read", "rules.renamed", "rules.activated", "rules.removed"]
    )


async def test_what_is_not_there_is_named_so(open_server: Open) -> None:
    client = await signed_in(open_server)
    for command in (b'SETACTIVE "baz"', b'GETSCRIPT "baz"', b'DELETESCRIPT "baz"', b'RENAMESCRIPT "baz" "x"'):
        assert (await client.say(command + b"\r\n")).startswith(b"NO (NONEXISTENT)")
    for name in (b"a", b"b"):
        await client.say(b'PUTSCRIPT "%b" "keep;"\r\n' % name)
    assert (await client.say(b'RENAMESCRIPT "a" "b"\r\n')).startswith(b"NO (ALREADYEXISTS)")


async def test_a_script_with_mistakes_is_not_kept_and_every_line_is_named(open_server: Open) -> None:
    client = await signed_in(open_server)
    script = b"#comment\r\nInvalidSieveCommand;\r\nkeep;\r\nfileinto 5;\r\n"
    told = await client.say(b'PUTSCRIPT "foo" {%d+}\r\n%b\r\n' % (len(script), script))
    assert told.startswith(b"NO {")
    assert b'line 2: there is no command "invalidsievecommand"' in told
    assert b"line 4:" in told
    assert await client.say(b"LISTSCRIPTS\r\n") == b"OK\r\n"
    assert (await client.say(b'CHECKSCRIPT "bogus;"\r\n')).startswith(b'NO "line 1:')
    assert (await client.say(b'CHECKSCRIPT "keep;"\r\n')).startswith(b"OK")


async def test_warnings_are_shown_and_the_script_is_kept(open_server: Open) -> None:
    client = await signed_in(open_server)
    told = await client.say(b'PUTSCRIPT "foo" "stop; keep;"\r\n')
    assert told.startswith(b"OK (WARNINGS) ")
    assert b"line 1:" in told
    assert await client.say(b"LISTSCRIPTS\r\n") == b'"foo"\r\nOK\r\n'


async def test_a_script_over_another_keeps_it_at_work_only_when_it_can_run(core: Core, open_server: Open) -> None:
    client = await signed_in(open_server)
    await client.say(b'PUTSCRIPT "foo" "keep;"\r\n')
    await client.say(b'SETACTIVE "foo"\r\n')
    await client.say(b'PUTSCRIPT "foo" "nonsense"\r\n')
    assert b"keep;" in await client.say(b'GETSCRIPT "foo"\r\n')
    await client.say(b'PUTSCRIPT "foo" "discard;"\r\n')
    assert await client.say(b"LISTSCRIPTS\r\n") == b'"foo" ACTIVE\r\nOK\r\n'


async def test_quotas_are_named(open_server: Open) -> None:
    client = await signed_in(open_server)
    assert (await client.say(b'HAVESPACE "big" 65537\r\n')).startswith(b"NO (QUOTA/MAXSIZE)")
    big = b"#" * 65537
    assert (await client.say(b'PUTSCRIPT "big" {%d+}\r\n%b\r\n' % (len(big), big))).startswith(b"NO (QUOTA/MAXSIZE)")
    assert (await client.say(b'PUTSCRIPT "none" ""\r\n')).startswith(b"NO")
    for number in range(rules.MAX_SCRIPTS):
        assert (await client.say(b'PUTSCRIPT "s%d" "keep;"\r\n' % number)).startswith(b"OK")
    assert (await client.say(b'PUTSCRIPT "more" "keep;"\r\n')).startswith(b"NO (QUOTA/MAXSCRIPTS)")
    assert (await client.say(b'HAVESPACE "more" 5\r\n')).startswith(b"NO (QUOTA/MAXSCRIPTS)")
    assert (await client.say(b'PUTSCRIPT "s1" "discard;"\r\n')).startswith(b"OK")


async def test_a_name_has_no_controls_and_a_hundred_and_twenty_eight_characters(open_server: Open) -> None:
    client = await signed_in(open_server)
    name = ("ä" * 128).encode()
    assert (await client.say(b'PUTSCRIPT "%b" "keep;"\r\n' % name)).startswith(b"OK")
    assert (await client.say(b'PUTSCRIPT "%b!" "keep;"\r\n' % name)).startswith(b"NO")
    assert (await client.say(b'PUTSCRIPT "a\tb" "keep;"\r\n')).startswith(b"NO")
    # RFC 5804 §1.6: composed and decomposed are one name.
    assert (await client.say('GETSCRIPT "{}"\r\n'.format("a\u0308" * 128).encode())).endswith(b"OK\r\n")


async def test_scripts_of_another_are_not_seen(open_server: Open) -> None:
    connect = await open_server()
    for name, expected in (("ada", b"OK\r\n"), ("bashir", b"OK\r\n")):
        client = await connect()
        await client.answer()
        await client.sign_in(f"{name}@mailwright.test")
        assert await client.say(b"LISTSCRIPTS\r\n") == expected
        await client.say(b'PUTSCRIPT "mine" "keep;"\r\n')


async def test_who_signs_out_is_a_stranger_again(open_server: Open) -> None:
    client = await signed_in(open_server)
    assert (await client.say(b"UNAUTHENTICATE\r\n")).startswith(b"OK")
    assert (await client.say(b"LISTSCRIPTS\r\n")).startswith(b"NO")
    assert (await client.sign_in("bashir@mailwright.test")).startswith(b"OK")
    assert b"bashir" in await client.say(b"CAPABILITY\r\n")


async def test_many_commands_at_once_are_answered_in_order(open_server: Open) -> None:
    client = await signed_in(open_server)
    client.writer.write(b'NOOP "1"\r\nPUTSCRIPT "a" "keep;"\r\nLISTSCRIPTS\r\nNOOP "2"\r\n')
    answers = [await client.answer() for _ in range(4)]
    assert [answer.split(b"\r\n")[0][:12] for answer in answers] == [
        b'OK (TAG "1")',
        b'OK "the scri',
        b'"a"',
        b'OK (TAG "2")',
    ]


async def test_three_garbled_commands_in_a_row_end_the_connection(open_server: Open) -> None:
    client = await signed_in(open_server)
    for command in (b"x\r\n", b"NOOP\r\n", b"x\r\n", b"GETSCRIPT\r\n"):
        await client.say(command)
    assert (await client.say(b'"\r\n')).startswith(b"NO")
    assert (await client.answer()).startswith(b"BYE")
    assert await client.reader.read() == b""


async def test_logout_ends_politely(open_server: Open) -> None:
    client = await signed_in(open_server)
    assert (await client.say(b'LOGOUT\r\nNOOP "x"\r\n')).startswith(b"OK")
    assert await client.reader.read() == b""


async def test_a_silent_stranger_is_sent_away(open_server: Open) -> None:
    client = await (await open_server(stranger_seconds=0.2))()
    await client.answer()
    assert (await client.answer()).startswith(b"BYE")
    assert await client.reader.read() == b""


async def test_too_many_connections_from_one_address_are_refused(open_server: Open) -> None:
    connect = await open_server(connections_per_client=2)
    kept = [await connect(), await connect()]
    for client in kept:
        assert (await client.answer()).endswith(b'OK "Mailwright is ready"\r\n')
    assert (await (await connect()).answer()).startswith(b"BYE (TRYLATER)")


async def test_closing_says_goodbye_and_lets_a_command_finish(open_server: Open) -> None:
    client = await signed_in(open_server)
    await client.server.close(2.0)  # type: ignore[attr-defined]
    assert (await client.answer()).startswith(b"BYE (TRYLATER)")


async def test_a_bug_is_answered_and_recorded_without_what_was_asked(
    open_server: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await signed_in(open_server)
    monkeypatch.setattr(rules, "check", lambda content: 1 / 0)
    with capture_logs() as logs:
        assert (await client.say(b'PUTSCRIPT "x" "keep; # my secret"\r\n')).startswith(b"NO (TRYLATER)")
    assert (await client.say(b"NOOP\r\n")).startswith(b"OK")
    [entry] = logs
    assert entry["command"] == "PUTSCRIPT"
    assert "my secret" not in str(entry)
