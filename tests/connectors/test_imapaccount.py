"""An IMAP account elsewhere, on servers that are real: our own (TLS, CONDSTORE, special uses) and Dovecot (as Debian ships it)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailwright.connectors import imapasking, imapsession
from mailwright.connectors.imapaccount import ImapAccount
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.elsewhere import Server
from mailwright.domain.refusals import AuthenticationFailed, BadInput, NotPermitted, TryLater
from tests.servers.imapthere import ADA, EVE, NoNames, There, mail, unverified
from tests.servers.mailwright import PASSWORD, MailwrightServer

pytestmark = pytest.mark.server


async def test_new_mail_is_found_once_and_stays_unread(there: There) -> None:
    account = there.account()
    there.put("INBOX", mail("<old@example.org>"), days_ago=3)
    there.put("INBOX", mail("<1@example.org>"))
    since = clock.now() - DAY
    first = await account.news("", since=since, most=50)
    assert [imapasking.header_in({b"BODY[HEADER]": head.header}).message_ids("Message-ID") for head in first.heads] == [
        ("<1@example.org>",)
    ]
    assert first.anew
    assert not first.more
    assert (await account.news(first.cursor, since=since, most=50)).heads == ()
    for n in (2, 3, 4):
        there.put("INBOX", mail(f"<{n}@example.org>"))
    second = await account.news(first.cursor, since=since, most=2)
    assert (len(second.heads), second.more, second.anew) == (2, True, False)
    third = await account.news(second.cursor, since=since, most=2)
    assert (len(third.heads), third.more) == (1, False)
    assert (await account.news(third.cursor, since=since, most=2)).heads == ()
    assert not any(b"\\Seen" in flags for flags in there.flags().values())


async def test_another_uidvalidity_is_looked_at_anew(there: There) -> None:
    account = there.account()
    there.put("INBOX", mail("<1@example.org>"))
    found = await account.news('{"validity": 7, "uid": 1000000, "modseq": 3}', since=clock.now() - DAY, most=50)
    assert found.anew
    assert len(found.heads) == 1
    assert (await account.news(found.cursor, since=0, most=50)).heads == ()
    for broken in ("garbage", "{}", "[]", '{"validity": null}'):
        assert (await account.news(broken, since=clock.now() - DAY, most=50)).anew


async def test_drafts_and_what_was_deleted_are_not_new(there: There) -> None:
    there.put("INBOX", mail("<1@example.org>"), flags=[b"\\Deleted"])
    there.put("INBOX", mail("<2@example.org>"), flags=[b"\\Draft"])
    assert (await there.account().news("", since=clock.now() - DAY, most=50)).heads == ()


async def test_a_message_is_found_by_its_name_or_by_its_message_id(there: There) -> None:
    account = there.account()
    raw = mail("<1@example.org>", body="The text of it.")
    there.put("INBOX", raw)
    there.put("INBOX", mail("<11@example.org>"))
    head = (await account.news("", since=clock.now() - DAY, most=50)).heads[0]
    for name in (head.id, "1.99", "garbage", ""):
        found = await account.message(name, "<1@example.org>")
        assert found is not None
        assert (found.id, found.raw, found.sent) == (head.id, raw, False)
    assert await account.message(head.id, "<other@example.org>") is None
    assert await account.message("", "<@example.org>") is None
    assert await account.message("", '<a" NOT DELETED\r\nA1 LOGOUT>') is None


async def test_a_conversation_is_of_the_inbox_and_of_what_was_sent(there: There) -> None:
    account = there.account()
    there.put("INBOX", mail("<1@example.org>"), days_ago=3)
    there.put("Sent", mail("<2@mailwright.test>", sender=ADA, to=EVE, refs="<1@example.org>"), days_ago=2)
    there.put("INBOX", mail("<3@example.org>", refs="<1@example.org> <2@mailwright.test>"), days_ago=1)
    there.put("INBOX", mail("<other@example.org>", refs="<11@example.org>"))
    ids = ["<1@example.org>", "<2@mailwright.test>", "<3@example.org>"]
    found = await account.conversation(ids, 10)
    assert [each.sent for each in found] == [False, True, False]
    assert [each.raw.split(b"Message-ID: ")[1].split(b"\r")[0].decode() for each in found] == ids
    assert len(await account.conversation(ids, 2)) == 2
    assert await account.conversation([], 10) == []
    assert await account.conversation(["garbage"], 10) == []


async def test_an_answer_is_seen_in_sent_and_by_the_flag(there: There) -> None:
    account = there.account()
    there.put("INBOX", mail("<1@example.org>"))
    there.put("INBOX", mail("<2@example.org>"), flags=[b"\\Answered"])
    names = [head.id for head in (await account.news("", since=clock.now() - DAY, most=9)).heads]
    assert not await account.answered(names[0], "<1@example.org>")
    assert await account.answered(names[1], "<2@example.org>")
    there.put("Sent", mail("<9@mailwright.test>", sender=ADA, to=EVE, refs="<1@example.org>"))
    assert await account.answered(names[0], "<1@example.org>")


async def test_who_was_written_to_is_the_whole_address(there: There) -> None:
    account = there.account()
    there.put("Sent", mail("<1@mailwright.test>", sender=ADA, to="Reve@example.org, Eve <eve+news@example.org>"))
    assert await account.wrote_to("eve@example.org")
    assert await account.wrote_to("reve@example.org")
    assert not await account.wrote_to("ve@example.org")
    assert not await account.wrote_to("eve@example.or")
    assert not await account.wrote_to('eve" TEXT "x@example.org\r\n')


async def test_what_was_sent_last_comes_first(there: There) -> None:
    account = there.account()
    assert await account.newest_sent(5) == []
    for n in range(4):
        there.put("Sent", mail(f"<{n}@mailwright.test>", sender=ADA), days_ago=4 - n)
    found = await account.newest_sent(2)
    assert [b"<3@" in found[0].raw, b"<2@" in found[1].raw, len(found)] == [True, True, 2]


async def test_a_draft_is_put_once_found_changed_and_taken_away(there: There) -> None:
    account = there.account()
    raw = mail("<draft@mailwright.test>", sender=ADA, to=EVE)
    assert await account.find_draft("<draft@mailwright.test>") is None
    name = await account.put_draft(raw, "<draft@mailwright.test>")
    assert await account.put_draft(raw, "<draft@mailwright.test>") == name
    assert await account.find_draft("<draft@mailwright.test>") == name
    assert await account.draft(name) == raw
    (flags,) = there.flags("Drafts").values()
    assert b"\\Draft" in flags
    # A mail program saves it: another UID, the same Message-ID.
    edited = mail("<draft@mailwright.test>", sender=ADA, to=EVE, body="In my own words.")
    there.client.select_folder("Drafts")
    there.client.delete_messages(there.client.search())
    there.client.expunge()
    there.put("Drafts", edited)
    assert await account.draft(name) == edited
    await account.remove_draft(name)
    await account.remove_draft(name)
    assert await account.draft(name) is None
    assert there.flags("Drafts") == {}
    there.put("Sent", edited)
    sent = await account.find_draft("<draft@mailwright.test>")
    assert sent is not None
    assert sent.startswith("sent:")
    assert await account.draft(sent) == edited
    await account.remove_draft(sent)
    assert len(there.flags("Sent")) == 1
    assert await account.draft("garbage") is None


async def test_taking_a_draft_away_takes_nothing_else(there: There) -> None:
    account = there.account()
    name = await account.put_draft(mail("<draft@mailwright.test>", sender=ADA), "<draft@mailwright.test>")
    there.put("Drafts", mail("<mine@mailwright.test>", sender=ADA), flags=[b"\\Deleted"])
    await account.remove_draft(name)
    assert len(there.flags("Drafts")) == 1


async def test_keywords_are_shown_and_changes_of_them_are_told(there: There) -> None:
    account = there.account()
    there.put("INBOX", mail("<1@example.org>"))
    before = await account.news("", since=clock.now() - DAY, most=9)
    (head,) = before.heads
    assert await account.mark(head.id, "<1@example.org>", add=["needs_reply"], remove=["spam"])
    assert await account.mark(head.id, "<1@example.org>", add=["needs_reply"], remove=["spam"])
    (flags,) = there.flags().values()
    assert b"needs_reply" in flags
    assert b"\\Seen" not in flags
    assert await account.mark(head.id, "<1@example.org>", add=["spam"], remove=["needs_reply", "informational"])
    (flags,) = there.flags().values()
    assert b"spam" in flags
    assert b"needs_reply" not in flags
    after = await account.news(before.cursor, since=0, most=9)
    assert after.heads == ()
    if there.condstore:
        assert after.touched == ((head.id, frozenset({"spam"})),)
        assert "spam" in after.keywords
        assert (await account.news(after.cursor, since=0, most=9)).touched == ()
    assert not await account.mark("1.99", "<gone@example.org>", add=["spam"], remove=[])


async def test_a_connection_that_broke_is_made_anew(there: There) -> None:
    account = there.account()
    await account.check()
    account._session._cutter.cut()
    with pytest.raises(TryLater):
        await account.news("", since=0, most=9)
    assert (await account.news("", since=0, most=9)).heads == ()


# --- signing in -------------------------------------------------------------------------------------------------------


async def test_a_wrong_password_is_said_and_stands_nowhere(ours: MailwrightServer) -> None:
    secret = "Tr0ub4dor&3 and more"
    server = Server("127.0.0.1", ours.imaps_port, "tls", ADA)
    account = ImapAccount(server, secret, NoNames(), allow_private=True, context=unverified())
    with pytest.raises(AuthenticationFailed) as refused:
        await account.check()
    assert secret not in str(refused.value)
    assert secret not in repr(account)
    assert secret not in repr(account._session)
    assert refused.value.__cause__ is None
    await account.close()


async def test_a_certificate_of_nobody_is_not_trusted(ours: MailwrightServer) -> None:
    for tls, port in (("tls", ours.imaps_port), ("starttls", ours.imap_port)):
        account = ImapAccount(Server("127.0.0.1", port, tls, ADA), PASSWORD, NoNames(), allow_private=True)
        with pytest.raises(BadInput, match="certificate is not trusted"):
            await account.check()
        with pytest.raises(TryLater):  # in the middle of work it may be right again
            await account.news("", since=0, most=1)


async def test_servers_inside_are_connected_to_only_where_that_is_allowed(ours: MailwrightServer) -> None:
    names = NoNames(
        inside_example=["10.0.0.1"], mapped_example=["::ffff:127.0.0.1"], both_example=["127.0.0.1", "192.0.2.1"]
    )
    for host in (
        "127.0.0.1",
        "::1",
        "[::1]",
        "169.254.169.254",
        "inside.example",
        "mapped.example",
        "10.1.2.3",
        "0.0.0.0",
    ):
        account = ImapAccount(Server(host, 993, "tls", ADA), PASSWORD, names)
        with pytest.raises(NotPermitted, match="not on the Internet"):
            await account.check()
    for port in (25, 22, 80, 6):
        with pytest.raises(NotPermitted, match="port"):
            await ImapAccount(Server("imap.example", port, "tls", ADA), PASSWORD, names).check()
    with pytest.raises(BadInput, match="no address"):
        await ImapAccount(Server("nowhere.example", 993, "tls", ADA), PASSWORD, names).check()


async def test_a_password_goes_over_the_internet_inside_tls_only() -> None:
    account = ImapAccount(Server("8.8.8.8", 143, "none", ADA), PASSWORD, NoNames(), allow_private=True)
    with pytest.raises(NotPermitted, match="TLS"):
        await account.check()


async def test_what_speaks_no_imap_or_no_tls_is_said_so(ours: MailwrightServer) -> None:
    for port, tls, because in (
        (ours.http_port, "tls", "TLS"),
        (ours.smtp_port, "none", "does not speak IMAP"),
        (ours.imap_port, "none", "lets nobody sign in"),
    ):
        account = ImapAccount(Server("127.0.0.1", port, tls, ADA), PASSWORD, NoNames(), allow_private=True)
        with pytest.raises((BadInput, TryLater), match=because):
            await account.check()


# --- servers that mean no good ----------------------------------------------------------------------------------------


class Hostile:
    """Signs anybody in; answers to SELECT with whatever it is told."""

    def __init__(self, answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> None:
        self.answer = answer
        self.heard: list[bytes] = []

    async def __aenter__(self) -> ImapAccount:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        return ImapAccount(Server("127.0.0.1", port, "none", "ada"), "secret-word", NoNames(), allow_private=True)

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self.heard.append(line)
                tag, _, command = line.partition(b" ")
                if command.startswith(b"CAPABILITY"):
                    writer.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                elif command.startswith(b"LOGIN"):
                    writer.write(tag + b" OK welcome\r\n")
                else:
                    await self.answer(writer)
                await writer.drain()
        writer.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def huge(writer: asyncio.StreamWriter) -> None:
    writer.write(b"* 1 FETCH (BODY[] {99999999999}\r\n")


async def endless(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"* OK " + b"x" * 60_000 + b"\r\n")
        await writer.drain()


async def gone(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff))((\r\n* SEARCH a b c\r\n* 5 FETCH\r\n* BYE secret-word\r\n")


@pytest.mark.parametrize("answer", [drip, huge, endless, gone, garbage])
async def test_a_hostile_server_ends_a_look_and_nothing_else(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imapsession, "SECONDS", 1.0)
    monkeypatch.setattr(imapsession, "MAX_OCTETS", 1_000_000)
    async with Hostile(answer) as account:
        with pytest.raises(TryLater) as refused:
            await account.news("", since=0, most=9)
        assert "secret-word" not in str(refused.value)
        await account.close()


async def test_one_persons_slow_servers_leave_room_for_everybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imapsession, "OF_ONE_OWNER", 2)
    monkeypatch.setattr(imapsession, "_pool", ThreadPoolExecutor(3))
    slow, quick = Hostile(drip), Hostile(gone)
    async with slow as eves, quick as adas:

        def account(of: ImapAccount, whose: str) -> ImapAccount:
            return ImapAccount(of._session.server, "secret-word", NoNames(), whose=whose, allow_private=True)

        looks = [asyncio.create_task(account(eves, "eve").news("", since=0, most=9)) for _ in range(20)]
        while sum(line.split(b" ")[1].startswith((b"SELECT", b"EXAMINE")) for line in slow.heard) < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(TryLater):
            await account(adas, "ada").news("", since=0, most=9)
        assert not any(each.done() for each in looks)
        for each in looks:
            each.cancel()
        await asyncio.gather(*looks, return_exceptions=True)


async def test_who_cancels_a_look_lets_go_of_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Hostile(drip) as account:
        looking = asyncio.create_task(account.news("", since=0, most=9))
        await asyncio.sleep(0.3)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        await account.close()
    for _ in range(100):
        if imapsession._pool._work_queue.empty() and not account._session._client:
            break
        await asyncio.sleep(0.05)
    assert account._session._client is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"NO [AUTHENTICATIONFAILED] wrong", AuthenticationFailed),
        (b"NO wrong password secret-word", AuthenticationFailed),
        (b"NO [UNAVAILABLE] the directory is away", TryLater),
        (b"NO [ALERT] Too many simultaneous connections", TryLater),
        (b"NO Temporary authentication failure", TryLater),
    ],
)
async def test_only_a_wrong_password_is_a_wrong_password(said: bytes, kind: type[Exception]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                tag = line.partition(b" ")[0]
                if b"CAPABILITY" in line:
                    writer.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
                else:
                    writer.write(tag + b" " + said + b"\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    account = ImapAccount(Server("127.0.0.1", port, "none", "ada"), "secret-word", NoNames(), allow_private=True)
    with pytest.raises(kind) as refused:
        await account.check()
    assert "secret-word" not in str(refused.value)
    await account.close()
    server.close()


async def test_no_command_and_no_mail_is_in_the_log(there: There, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        there_now = there.account()
        there.put("INBOX", mail("<1@example.org>", body="a secret of Eve's"))
        await there_now.message("", "<1@example.org>")
        ours = [record for record in caplog.records if record.name.startswith("imapclient")]
        assert ours == [] or all(there.password not in record.getMessage() for record in ours)
        assert "a secret of Eve's" not in caplog.text
