"""FETCH, STORE, COPY, MOVE and UID EXPUNGE as clients write them."""

import pytest

from mailwright.codecs.imap import Copy, Fetch, Move, SequenceSet, Store, UidExpunge, flags, items

from .conversation import one, refused

ONE = SequenceSet(((1, 1),))


def fetched(what: bytes) -> tuple[items.FetchItem, ...]:
    command = one(b"a FETCH 1 " + what)
    assert isinstance(command, Fetch), command
    return command.items


def section(what: bytes) -> items.Section:
    [item] = fetched(what)
    assert isinstance(item, items.Section)
    return item


def test_macros() -> None:
    fast = (items.Flags(), items.InternalDate(), items.Rfc822Size())
    assert fetched(b"FAST") == fast
    assert fetched(b"all") == (*fast, items.Envelope())
    assert fetched(b"Full") == (*fast, items.Envelope(), items.Body())
    assert "stands alone" in refused(b"a FETCH 1 (ALL)").text


def test_every_item_without_a_section() -> None:
    assert fetched(
        b"(FLAGS UID INTERNALDATE RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE MODSEQ EMAILID THREADID SAVEDATE PREVIEW FLAGS)"
    ) == (
        items.Flags(),
        items.Uid(),
        items.InternalDate(),
        items.Rfc822Size(),
        items.Envelope(),
        items.Body(),
        items.BodyStructure(),
        items.ModSeq(),
        items.EmailId(),
        items.ThreadId(),
        items.SaveDate(),
        items.Preview(),
    )
    assert fetched(b"flags") == (items.Flags(),)


def test_a_preview_may_be_lazy_and_a_modifier_may_follow_it() -> None:
    assert fetched(b"(PREVIEW (lazy) UID)") == (items.Preview(lazy=True), items.Uid())
    command = one(b"a FETCH 1 PREVIEW (CHANGEDSINCE 7)")
    assert isinstance(command, Fetch)
    assert command.items == (items.Preview(), items.ModSeq())
    assert command.changed_since == 7


@pytest.mark.parametrize(
    ("what", "wanted"),
    [
        (b"BODY[]", items.Section((), "", (), False, None, b"BODY[]")),
        (b"body.peek[]<0.1024>", items.Section((), "", (), True, (0, 1024), b"BODY[]<0>")),
        (b"BODY[1.2.MIME]", items.Section((1, 2), "MIME", (), False, None, b"BODY[1.2.MIME]")),
        (b"BODY.PEEK[TEXT]", items.Section((), "TEXT", (), True, None, b"BODY[TEXT]")),
        (b"BODY[3]", items.Section((3,), "", (), False, None, b"BODY[3]")),
        (b"BODY[4.header]", items.Section((4,), "HEADER", (), False, None, b"BODY[4.HEADER]")),
        (
            b'BODY.PEEK[HEADER.FIELDS (From "To" X-"a)]',
            None,
        ),
        (
            b'BODY.PEEK[HEADER.FIELDS (From "To")]',
            items.Section((), "HEADER.FIELDS", ("From", "To"), True, None, b"BODY[HEADER.FIELDS (From To)]"),
        ),
        (
            b'BODY[1.HEADER.FIELDS.NOT (Date "X(]")]<5.6>',
            items.Section(
                (1,), "HEADER.FIELDS.NOT", ("Date", "X(]"), False, (5, 6), b'BODY[1.HEADER.FIELDS.NOT (Date "X(]")]<5>'
            ),
        ),
        (
            b"BODY[HEADER.FIELDS ({4+}\r\nDate)]",
            items.Section((), "HEADER.FIELDS", ("Date",), False, None, b"BODY[HEADER.FIELDS (Date)]"),
        ),
        (b"RFC822", items.Section((), "", (), False, None, b"RFC822")),
        (b"RFC822.HEADER", items.Section((), "HEADER", (), True, None, b"RFC822.HEADER")),
        (b"RFC822.TEXT", items.Section((), "TEXT", (), False, None, b"RFC822.TEXT")),
    ],
    ids=repr,
)
def test_sections(what: bytes, wanted: items.Section | None) -> None:
    if wanted is None:
        refused(b"a FETCH 1 " + what)
    else:
        assert section(what) == wanted


def test_binary() -> None:
    whole, part, size = fetched(b"(BINARY[] BINARY.PEEK[1.2]<3.4> BINARY.SIZE[5])")
    assert whole == items.Binary((), False, None)
    assert part == items.Binary((1, 2), True, (3, 4))
    assert isinstance(part, items.Binary)
    assert part.label == b"BINARY[1.2]<3>"
    assert size == items.BinarySize((5,))
    assert items.BinarySize((5,)).label == b"BINARY.SIZE[5]"


@pytest.mark.parametrize(
    "what",
    [
        b"()", b"(FLAGS )", b"BODY[", b"BODY[0]", b"BODY[1.]", b"BODY[MIME]", b"BODY[HEADER.FIELDS]", b"BODY[HEADER.FIELDS ()]",
        b"BODY[HEADER.FIELDS (a:b)]", b"BODY[]<0>", b"BODY[]<0.0>", b"BODY[]<a.b>", b"BODY.PEEK", b"BINARY", b"BINARY[1.MIME]",
        b"FLAGS UID", b"XYZZY", b"BODY[" + b"1." * 100 + b"1]", b"BODY[99999999999]",
        b"BODY[]<99999999999999999999.1>", b"FLAGS (CHANGEDSINCE 0)", b"FLAGS (VANISHED)", b"FLAGS (CHANGEDSINCE 1 VANISHED)",
    ],
)  # fmt: skip
def test_what_no_client_may_ask_for(what: bytes) -> None:
    assert refused(b"a FETCH 1 " + what).tag == b"a"


def test_uid_fetch_tells_the_uid_and_changedsince_the_modseq() -> None:
    command = one(b"a UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED)")
    assert command == Fetch(
        b"a",
        SequenceSet.parse(b"1:*"),
        (items.Flags(), items.Uid(), items.ModSeq()),
        changed_since=12345,
        vanished=True,
        uid=True,
    )
    assert command.name == "FETCH"


def test_more_items_than_any_client_wants_are_refused() -> None:
    answer = refused(b"a FETCH 1 (" + b" ".join([b"BODY[%d]" % n for n in range(1, 502)]) + b")")
    assert (answer.condition, answer.code) == ("NO", "LIMIT")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (rb"a STORE 1 FLAGS (\Seen)", Store(b"a", ONE, "replace", False, flags.SEEN, ())),
        (rb"a store 1 +flags.silent (\SEEN $Forwarded)", Store(b"a", ONE, "add", True, flags.SEEN, ("$Forwarded",))),
        (rb"a STORE 1 -FLAGS \Draft \Deleted Work work", Store(b"a", ONE, "remove", False, flags.DRAFT | flags.DELETED, ("Work",))),
        (rb"a STORE 1 FLAGS ()", Store(b"a", ONE, "replace", False, 0, ())),
        (
            rb"a UID STORE 1 (UNCHANGEDSINCE 0) FLAGS.SILENT (NonJunk)",
            Store(b"a", ONE, "replace", True, 0, ("NonJunk",), unchanged_since=0, uid=True),
        ),
    ],
)  # fmt: skip
def test_store(line: bytes, wanted: Store) -> None:
    assert one(line) == wanted


@pytest.mark.parametrize(
    "rest",
    [rb"FLAGS (\Recent)", rb"FLAGS (\Xyzzy)", rb"FLAGS", rb"FLAG (\Seen)", rb"+ FLAGS x", rb"FLAGS (a", rb"(UNCHANGED 1) FLAGS a", rb"FLAGS (a) b"],
)  # fmt: skip
def test_what_cannot_be_stored(rest: bytes) -> None:
    assert refused(b"a STORE 1 " + rest).condition == "BAD"


def test_keywords_are_bounded() -> None:
    for rest in (b"x" * 101, b"(" + b" ".join([b"k%d" % n for n in range(101)]) + b")"):
        answer = refused(b"a STORE 1 +FLAGS " + rest)
        assert (answer.condition, answer.code) == ("NO", "LIMIT")


def test_copy_move_and_uid_expunge() -> None:
    assert one(b"a COPY 1 Entw&APw-rfe") == Copy(b"a", ONE, "Entwürfe")
    assert one(b'a UID COPY $ "inbox"') == Copy(b"a", SequenceSet((), uses_saved=True), "INBOX", uid=True)
    assert one(b"a MOVE 1 {5+}\r\nTrash") == Move(b"a", ONE, "Trash")
    assert one(b"a UID MOVE 1 Trash") == Move(b"a", ONE, "Trash", uid=True)
    assert one(b"a UID EXPUNGE 1") == UidExpunge(b"a", ONE)
    assert refused(b"a UID EXPUNGE").verb == "UID EXPUNGE"
    assert refused(b"a MOVE 1 R&D").code == "CANNOT"
