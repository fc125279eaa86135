"""SEARCH, SORT and THREAD as clients write them."""

import datetime

import pytest

from mailwright.codecs.imap import Garbled, Search, SequenceSet, Sort, Thread
from mailwright.codecs.imap import criteria as keys

from .conversation import one, refused

DAY = datetime.date(2026, 7, 1)


def key(text: bytes) -> keys.Key:
    command = one(b"a SEARCH " + text)
    assert isinstance(command, Search), command
    return command.key


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"ALL", keys.All()),
        (b"unseen", keys.Not(keys.HasFlag("\\Seen"))),
        (b"DELETED DRAFT", keys.And((keys.HasFlag("\\Deleted"), keys.HasFlag("\\Draft")))),
        (b"(ANSWERED)", keys.HasFlag("\\Answered")),
        (b"OR NEW (OLD RECENT)", keys.Or(keys.New(), keys.And((keys.Old(), keys.Recent())))),
        (b"NOT NOT ALL", keys.Not(keys.Not(keys.All()))),
        (b"KEYWORD $Junk", keys.HasKeyword("$Junk")),
        (b"UNKEYWORD x", keys.Not(keys.HasKeyword("x"))),
        (b"1:3,5", keys.SeqNumbers(SequenceSet.parse(b"1:3,5"))),
        (b"UID 7:*", keys.Uids(SequenceSet.parse(b"7:*"))),
        (b"$", keys.Uids(SequenceSet((), uses_saved=True))),
        (b"LARGER 10 SMALLER 20", keys.And((keys.Larger(10), keys.Smaller(20)))),
        (b"BEFORE 1-Jul-2026", keys.InternalDate("before", DAY)),
        (b'ON "01-jul-2026"', keys.InternalDate("on", DAY)),
        (b"SINCE 1-Jul-2026", keys.InternalDate("since", DAY)),
        (b"SENTBEFORE 1-Jul-2026", keys.SentDate("before", DAY)),
        (b"SENTON 1-Jul-2026", keys.SentDate("on", DAY)),
        (b"SENTSINCE 1-Jul-2026", keys.SentDate("since", DAY)),
        (b"SAVEDBEFORE 1-Jul-2026", keys.SavedDate("before", DAY)),
        (b"SAVEDON 1-Jul-2026", keys.SavedDate("on", DAY)),
        (b"SAVEDSINCE 1-Jul-2026", keys.SavedDate("since", DAY)),
        (b"SAVEDATESUPPORTED", keys.SaveDateSupported()),
        (b"YOUNGER 60 OLDER 5", keys.And((keys.Younger(60), keys.Older(5)))),
        (b'HEADER "Message-ID" ""', keys.HeaderHas("Message-ID", "")),
        (b"FROM ada TO bashir", keys.And((keys.AddressHas("from", "ada"), keys.AddressHas("to", "bashir")))),
        (b"CC x BCC y", keys.And((keys.AddressHas("cc", "x"), keys.AddressHas("bcc", "y")))),
        (b'SUBJECT "a \\"b\\""', keys.SubjectHas('a "b"')),
        (b"BODY x TEXT {2+}\r\ny ", keys.And((keys.BodyHas("x"), keys.TextHas("y ")))),
        (b"MODSEQ 620162338", keys.ModSeqAtLeast(620162338)),
        (b'MODSEQ "/flags/\\\\draft" all 0', keys.ModSeqAtLeast(0)),
        (b"EMAILID M6d99ac3275bb4e", keys.EmailId("M6d99ac3275bb4e")),
        (b"THREADID T64b478a75b7ea9", keys.ThreadId("T64b478a75b7ea9")),
    ],
    ids=repr,
)
def test_keys(text: bytes, wanted: keys.Key) -> None:
    assert key(text) == wanted


def test_return_options() -> None:
    assert one(b"a SEARCH RETURN () ALL") == Search(b"a", None, keys.All(), frozenset({"ALL"}))
    assert one(b"a UID SEARCH RETURN (min MAX Count SAVE) ALL") == Search(
        b"a", None, keys.All(), frozenset({"MIN", "MAX", "COUNT", "SAVE"}), uid=True
    )
    assert "return options" in refused(b"a SEARCH RETURN (XYZZY) ALL").text


def test_charsets() -> None:
    # quirks.UTF8_IN_QUOTES: imaplib's search sends the words as they are.
    assert one('a SEARCH CHARSET utf-8 SUBJECT "Grüße"'.encode()) == Search(b"a", "UTF-8", keys.SubjectHas("Grüße"))
    assert one("a SEARCH SUBJECT {7+}\r\nGrüße".encode()) == Search(b"a", None, keys.SubjectHas("Grüße"))
    assert one(b'a SEARCH CHARSET "US-ASCII" ALL') == Search(b"a", "US-ASCII", keys.All())
    answer = refused(b"a SEARCH CHARSET KOI8-R ALL")
    assert (answer.condition, answer.code) == ("NO", "BADCHARSET (US-ASCII UTF-8)")


@pytest.mark.parametrize(
    "text",
    [
        b"", b"XYZZY", b"OR ALL", b"NOT", b"()", b"(ALL", b"ALL)", b"ALL ()", b"SINCE 31-Feb-2026", b"SINCE 1-Xyz-2026", b"SINCE 1/2/2026",
        b"SUBJECT", b"HEADER x", b"LARGER -1", b"LARGER 99999999999999999999", b"UID", b"UID x", b"YOUNGER 0", b"EMAILID /", b"0", b"1,,2",
        b"MODSEQ x", b'MODSEQ "/flags/x" some 1', b"KEYWORD \\Seen", b"SINCE 1-Jan-0000", b'ON "1-Jul-2026',
    ],
)  # fmt: skip
def test_what_is_no_search(text: bytes) -> None:
    assert refused(b"a SEARCH " + text).verb == "SEARCH"


@pytest.mark.parametrize("opening", [b"(", b"NOT ", b"OR ALL ", b"OR (", b"NOT ("])
def test_nesting_is_bounded(opening: bytes) -> None:
    assert refused(b"a SEARCH " + opening * 5000 + b"ALL").code == "LIMIT"
    closing = opening.count(b"(") * b")"
    if opening != b"OR (":
        levels = 50 // (2 if opening == b"NOT (" else 1)
        assert not isinstance(one(b"a SEARCH " + opening * levels + b"ALL" + closing * levels), Garbled)


def test_so_many_keys_nobody_asks() -> None:
    assert refused(b"a SEARCH" + b" SEEN" * 1001).code == "LIMIT"
    assert isinstance(one(b"a SEARCH" + b" SEEN" * 1000), Search)


def test_sort_and_thread() -> None:
    assert one(b"a SORT (REVERSE date Subject DISPLAYFROM) UTF-8 ALL") == Sort(
        b"a", (("DATE", True), ("SUBJECT", False), ("DISPLAYFROM", False)), "UTF-8", keys.All()
    )
    assert one(b"a UID SORT RETURN (COUNT) (ARRIVAL) us-ascii SEEN") == Sort(
        b"a", (("ARRIVAL", False),), "US-ASCII", keys.HasFlag("\\Seen"), frozenset({"COUNT"}), uid=True
    )
    assert one(b"a UID THREAD references UTF-8 ALL") == Thread(b"a", "REFERENCES", "UTF-8", keys.All(), uid=True)
    assert one(b"a THREAD ORDEREDSUBJECT UTF-8 ALL") == Thread(b"a", "ORDEREDSUBJECT", "UTF-8", keys.All())


@pytest.mark.parametrize(
    "rest", [b"SORT () UTF-8 ALL", b"SORT (XYZZY) UTF-8 ALL", b"SORT (REVERSE) UTF-8 ALL", b"SORT (DATE) ALL", b"THREAD X UTF-8 ALL", b"THREAD REFERENCES ALL"]
)  # fmt: skip
def test_what_is_no_sort_and_no_thread(rest: bytes) -> None:
    assert refused(b"a " + rest).tag == b"a"
