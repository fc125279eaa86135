"""Commands about mailboxes, and the few that may be said at any time, as clients write them."""

import datetime

import pytest

from mailwright.codecs.imap import (
    Append,
    AppendMessage,
    Authenticate,
    Capability,
    Check,
    Close,
    Command,
    Compress,
    Create,
    Delete,
    DeleteAcl,
    Enable,
    Examine,
    Expunge,
    Garbled,
    GetAcl,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Id,
    Idle,
    ListCommand,
    ListRights,
    Logout,
    Lsub,
    MyRights,
    Namespace,
    Noop,
    QResync,
    Rename,
    Select,
    SequenceSet,
    ServerSession,
    SetAcl,
    SetMetadata,
    SetQuota,
    StartTls,
    Status,
    Subscribe,
    Unselect,
    Unsubscribe,
    flags,
)

from .conversation import feed, one, refused, signed_in


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"a CAPABILITY", Capability(b"a")),
        (b"a noop", Noop(b"a")),
        # quirks.TRAILING_SPACE: typed into telnet.
        (b"a NOOP ", Noop(b"a")),
        (b"a LOGOUT", Logout(b"a")),
        (b"a ID NIL", Id(b"a", None)),
        (b"a ID ()", Id(b"a", ())),
        (b'1 ID ("name" "Thunderbird" "version" NIL)', Id(b"1", (("name", "Thunderbird"), ("version", None)))),
        (b"a COMPRESS deflate", Compress(b"a")),
        (b"a IDLE", Idle(b"a")),
        (b"a NAMESPACE", Namespace(b"a")),
        (b"a CHECK", Check(b"a")),
        (b"a CLOSE", Close(b"a")),
        (b"a UNSELECT", Unselect(b"a")),
        (b"a EXPUNGE", Expunge(b"a")),
        (b"a SELECT inbox", Select(b"a", "INBOX")),
        (b"a EXAMINE Work (CONDSTORE)", Examine(b"a", "Work", condstore=True)),
        (b"a SELECT Work (QRESYNC (67890007 20050715194045000))", Select(b"a", "Work", qresync=QResync(67890007, 20050715194045000))),
        (
            b"a SELECT Work (QRESYNC (1 2 41,43:211 (1:2 3:4)) CONDSTORE)",
            Select(
                b"a", "Work", condstore=True,
                qresync=QResync(1, 2, SequenceSet.parse(b"41,43:211"), (SequenceSet(((1, 2),)), SequenceSet(((3, 4),)))),
            ),
        ),
        (b"a SELECT W (QRESYNC (1 2 (1 3)))", Select(b"a", "W", qresync=QResync(1, 2, None, (SequenceSet(((1, 1),)), SequenceSet(((3, 3),)))))),
        (b"a CREATE Work/Plans/", Create(b"a", "Work/Plans")),
        (b"a CREATE Mine (USE (\\Drafts \\sent))", Create(b"a", "Mine", ("\\Drafts", "\\Sent"))),
        (b"a DELETE {4+}\r\nWork", Delete(b"a", "Work")),
        (b'a RENAME "Old one" New', Rename(b"a", "Old one", "New")),
        (b"a SUBSCRIBE x", Subscribe(b"a", "x")),
        (b"a UNSUBSCRIBE x", Unsubscribe(b"a", "x")),
        (b'a LIST "" ""', ListCommand(b"a", "", ("",))),
        (b'a LIST "" %', ListCommand(b"a", "", ("%",))),
        (b'a LIST Work/ "Entw&APw-r*"', ListCommand(b"a", "Work/", ("Entwür*",))),
        (b'a LIST () "" *', ListCommand(b"a", "", ("*",), extended=True)),
        (
            b'a LIST (SUBSCRIBED RECURSIVEMATCH) "" (INBOX "Work/%") RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN) MYRIGHTS)',
            ListCommand(
                b"a", "", ("INBOX", "Work/%"), frozenset({"SUBSCRIBED", "RECURSIVEMATCH"}),
                frozenset({"CHILDREN", "SPECIAL-USE", "STATUS", "MYRIGHTS"}), ("MESSAGES", "UNSEEN"), extended=True,
            ),
        ),
        (b'a LSUB "" "*"', Lsub(b"a", "", ("*",))),
        (b"a STATUS Work (messages UIDNEXT messages size)", Status(b"a", "Work", ("MESSAGES", "UIDNEXT", "SIZE"))),
        (b'a GETQUOTA ""', GetQuota(b"a", "")),
        (b"a GETQUOTAROOT inbox", GetQuotaRoot(b"a", "INBOX")),
        (b'a SETQUOTA "" (STORAGE 512 MESSAGE 0)', SetQuota(b"a", "", (("STORAGE", 512), ("MESSAGE", 0)))),
        (b"a GETACL Work", GetAcl(b"a", "Work")),
        (b"a SETACL Work bashir@mailwright.test +lr", SetAcl(b"a", "Work", "bashir@mailwright.test", "add", frozenset("lr"))),
        (b"a SETACL Work anyone -cd", SetAcl(b"a", "Work", "anyone", "remove", frozenset("kxte"))),
        (b'a SETACL Work chen ""', SetAcl(b"a", "Work", "chen", "replace", frozenset())),
        (b"a DELETEACL Work chen", DeleteAcl(b"a", "Work", "chen")),
        (b"a LISTRIGHTS Work chen", ListRights(b"a", "Work", "chen")),
        (b"a MYRIGHTS Work", MyRights(b"a", "Work")),
        (b'a GETMETADATA "" /shared/Comment', GetMetadata(b"a", "", ("/shared/comment",))),
        (
            b"a GETMETADATA (MAXSIZE 1024 DEPTH infinity) INBOX (/private/filters /shared/comment)",
            GetMetadata(b"a", "INBOX", ("/private/filters", "/shared/comment"), 1024, "infinity"),
        ),
        (b"a GETMETADATA INBOX (DEPTH 1) (/private/filters)", GetMetadata(b"a", "INBOX", ("/private/filters",), None, "1")),
        (
            b'a SETMETADATA INBOX (/private/comment {2+}\r\nhi /shared/x NIL /shared/y ~{3+}\r\na\0b /shared/z "nil")',
            SetMetadata(
                b"a", "INBOX",
                (("/private/comment", b"hi"), ("/shared/x", None), ("/shared/y", b"a\0b"), ("/shared/z", b"nil")),
            ),
        ),
    ],
    ids=lambda given: repr(given) if isinstance(given, bytes) else type(given).__name__,
)  # fmt: skip
def test_what_clients_say(line: bytes, wanted: Command) -> None:
    assert one(line) == wanted
    assert one(line).name == wanted.name


@pytest.mark.parametrize(
    "line",
    [
        b"a ID", b"a ID x", b'a ID ("name")', b"a ID (" + b" ".join([b'"a" "b"'] * 31) + b")", b'a ID ("a" "' + b"x" * 1025 + b'")',
        b"a COMPRESS LZMA", b"a SELECT", b"a SELECT x ()", b"a SELECT x (XYZZY)", b"a SELECT x (QRESYNC (0 1))", b"a SELECT x (QRESYNC (1 2 $))",
        b"a CREATE", b"a CREATE x (XYZZY)", b"a RENAME x", b"a LIST", b'a LIST ""', b'a LIST (XYZZY) "" *', b'a LIST (RECURSIVEMATCH) "" *',
        b'a LIST "" ()', b'a LIST "" * RETURN', b'a LIST "" * RETURN (XYZZY)', b'a LIST "" * XYZZY ()', b'a LIST "" * RETURN (STATUS)',
        b"a STATUS x", b"a STATUS x ()", b"a STATUS x (XYZZY)", b'a SETQUOTA "" (STORAGE)', b"a SETACL x y z!", b"a SETACL x y 7", b'a SETACL x "" l',
        b'a GETMETADATA "" comment', b'a GETMETADATA "" /shared/a*', b'a GETMETADATA "" /vendor/x', b'a GETMETADATA (DEPTH 2) "" /shared/x',
        b'a SETMETADATA "" (/shared/x)', b'a SETMETADATA "" ()', b"a EXPUNGE 1", b"a ENABLE", b"a UID", b"a APPEND INBOX", b"a APPEND INBOX (x) x",
        b'a APPEND INBOX "30-Feb-2026 00:00:00 +0000" {1+}\r\nx', b'a APPEND INBOX "1-Feb-2026 00:00:00 +0000" {1+}\r\nx',
        b'a APPEND INBOX "01-Feb-0001 00:00:00 +1400" {1+}\r\nx', b"a APPEND INBOX UTF8 (~{1+}\r\nx", b"a APPEND INBOX {1+}\r\nx y",
        b"a APPEND INBOX (\\Recent) {1+}\r\nx",
    ],
)  # fmt: skip
def test_what_breaks_the_grammar(line: bytes) -> None:
    answer = refused(line)
    assert (answer.tag, answer.condition) == (b"a", "BAD")


def test_refusals_that_are_no_syntax_errors() -> None:
    assert refused(b"a CREATE x (USE (\\Xyzzy))").code == "USEATTR"
    assert refused(b'a LIST "" (' + b" ".join([b"x"] * 101) + b")").code == "LIMIT"
    assert refused(b"a CREATE a//b").code == "CANNOT"


def test_before_signing_in() -> None:
    assert one(b"a STARTTLS", ServerSession()) == StartTls(b"a")
    assert one(b"a AUTHENTICATE plain AGFkYQBzZXNhbWU=", ServerSession()) == Authenticate(
        b"a", "PLAIN", b"\0ada\0sesame"
    )
    assert one(b"a AUTHENTICATE EXTERNAL =", ServerSession()) == Authenticate(b"a", "EXTERNAL", b"")
    for rest in (b"PLAIN AGFk*", b"PLAIN A", b"", b"=", b"PLAIN  AGFk"):
        assert feed(ServerSession(), b"a AUTHENTICATE " + rest + b"\r\n")[0].name == "(garbled)"


def test_enable_changes_how_names_are_written() -> None:
    session = ServerSession(authenticated=True)
    assert one(b"a ENABLE condstore UTF8=ACCEPT", session) == Enable(b"a", ("CONDSTORE", "UTF8=ACCEPT"))
    assert (session.utf8, session.rev2, session.utf8_names) == (True, False, True)
    assert (
        one("a SELECT Entwürfe".encode(), session)
        != one('b SELECT "Entwürfe"'.encode(), session)
        == Select(b"b", "Entwürfe")
    )
    session = ServerSession(authenticated=True)
    feed(session, b"a ENABLE imap4rev2\r\n")
    assert (session.utf8, session.rev2, session.utf8_names) == (False, True, True)


ONE_HOUR = datetime.timezone(datetime.timedelta(hours=1))


def test_append_with_all_there_is() -> None:
    line = b'a APPEND "Sent" (\\Seen $Forwarded) "17-Jul-2026 02:44:60 +0100" {3+}\r\nabc'
    date = datetime.datetime(2026, 7, 17, 2, 44, 59, tzinfo=ONE_HOUR)
    assert one(line) == Append(b"a", "Sent", (AppendMessage(flags.SEEN, ("$Forwarded",), date, b"abc"),))


def test_several_messages_in_one_append() -> None:
    line = b"a APPEND {5+}\r\ninbox {1+}\r\nx (\\Draft) ~{2+}\r\n\0y UTF8 (~{2+}\r\n\xc3\xbc) {0+}\r\n"
    assert one(line) == Append(
        b"a",
        "INBOX",
        (
            AppendMessage(0, (), None, b"x"),
            AppendMessage(flags.DRAFT, (), None, b"\0y", binary=True),
            AppendMessage(0, (), None, "ü".encode(), binary=True, utf8=True),
            AppendMessage(0, (), None, b""),
        ),
    )


def test_two_spaces_stand_between_the_messages_of_imapclient() -> None:
    # quirks.TWO_SPACES_BETWEEN_MESSAGES: its multiappend, where a message has neither flags nor date.
    command = one(b'a APPEND "INBOX" {1+}\r\nx  {1+}\r\ny  {1+}\r\nz')
    assert isinstance(command, Append)
    assert [message.data for message in command.messages] == [b"x", b"y", b"z"]
    for wrong in (b"a APPEND INBOX {1+}\r\nx   {1+}\r\ny", b"a APPEND INBOX  {1+}\r\nx"):
        assert isinstance(one(wrong), Garbled)


def test_a_message_with_nul_comes_from_old_archives() -> None:
    # quirks.NUL_IN_MESSAGES: mbsync copies old mail octet by octet.
    command = one(b"a APPEND Archive {3+}\r\nx\0y")
    assert isinstance(command, Append)
    assert command.messages[0].data == b"x\0y"


def test_a_quiet_command_after_another() -> None:
    session = signed_in()
    assert [item.name for item in feed(session, b"a NOOP\r\nb CHECK\r\nc CLOSE\r\n")] == ["NOOP", "CHECK", "CLOSE"]
