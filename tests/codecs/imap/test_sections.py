"""BODY[…] and BINARY[…] of the specimens, against Python's email, and what is read for them."""

import email
from email.message import Message
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.imap import PeerError, items
from mailwright.codecs.imap.items import Binary, BinarySize, Section, SectionKind
from mailwright.codecs.imap.sections import (
    MERGED_GAP_OCTETS,
    Excerpts,
    binary,
    binary_size,
    chosen_fields,
    needed,
    section,
)

from .answers import SPECIMENS, specimen


def _section(number: str, partial: tuple[int, int] | None = None, fields: tuple[str, ...] = ()) -> Section:
    """The section of that name: "1.2.MIME", "HEADER", "" …"""
    steps = [word for word in number.split(".") if word.isdigit()]
    kind = number.removeprefix(".".join(steps)).lstrip(".")
    return Section(tuple(map(int, steps)), cast(SectionKind, kind), fields, True, partial, b"")


def _ask(raw: bytes, number: str, partial: tuple[int, int] | None = None, fields: tuple[str, ...] = ()) -> bytes | None:
    """The answer, of nothing but what was announced as needed."""
    root = mime.parse(raw).root
    asked = _section(number, partial, fields)
    read = Excerpts([(start, raw[start:end]) for start, end in needed(root, [asked])])
    return section(read, root, asked)


@pytest.mark.parametrize("name", SPECIMENS)
def test_header_and_text_make_the_message(name: str) -> None:
    raw = specimen(name)
    header, text = _ask(raw, "HEADER"), _ask(raw, "TEXT")
    assert header is not None
    assert text is not None
    assert header + text == _ask(raw, "") == raw


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_part_is_what_the_tree_says(name: str) -> None:
    raw = specimen(name)
    for part in mime.parse(raw).root.walk():
        if part.number[-1].isdigit():
            assert _ask(raw, part.number) == raw[part.body_start : part.body_end]
            assert _ask(raw, f"{part.number}.MIME") == raw[part.header_start : part.body_start]
        if part.is_message:
            inner = part.children[0]
            assert _ask(raw, f"{part.number}.HEADER") == raw[inner.header_start : inner.body_start]
            assert _ask(raw, f"{part.number}.TEXT") == raw[inner.body_start : inner.body_end]


@pytest.mark.parametrize(
    "name",
    ["plain.eml", "alternative.eml", "apple-mixed-in-alternative.eml", "digest.eml", "embedded-message.eml",
     "delivery-status.eml", "preamble-and-epilogue.eml", "inline-picture.eml", "boundary-is-prefix-of-inner.eml",
     "html-only.eml"],
)  # fmt: skip
def test_the_standard_library_finds_the_same_bodies(name: str) -> None:
    raw = specimen(name)
    found = []

    def walk(message: Message, prefix: str, number: str) -> None:
        if message.get_content_maintype() == "multipart":
            for index, child in enumerate(cast(list[Message], message.get_payload()), 1):
                walk(child, f"{prefix}{index}.", f"{prefix}{index}")
        elif message.get_content_type() == "message/rfc822":
            walk(cast(list[Message], message.get_payload())[0], f"{number}.", f"{number}.1")
        elif message.get_content_maintype() != "message":
            found.append((number, cast(str, message.get_payload()).encode("ascii", "surrogateescape")))

    walk(email.message_from_bytes(raw), "", "1")
    assert found
    assert [(number, _ask(raw, number)) for number, _body in found] == found


def test_the_only_part_of_a_message_is_number_one() -> None:
    raw = b"Subject: x\r\n\r\nbody\r\n"
    assert _ask(raw, "1") == b"body\r\n"
    assert _ask(raw, "1.MIME") == b"Subject: x\r\n\r\n"


@pytest.mark.parametrize("number", ["9", "1.1", "1.HEADER", "1.TEXT", "9.MIME", "2.HEADER", "1.HEADER.FIELDS"])
def test_a_part_that_is_not_there_is_nil(number: str) -> None:
    assert _ask(b"Subject: x\r\n\r\nbody\r\n", number, fields=("Subject",)) is None


def test_a_part_of_an_octet_range_is_that_range() -> None:
    raw = b"Subject: x\r\n\r\n0123456789"
    assert _ask(raw, "TEXT", (2, 3)) == b"234"
    assert _ask(raw, "TEXT", (8, 100)) == b"89"
    assert _ask(raw, "TEXT", (10, 5)) == b""
    assert _ask(raw, "TEXT", (10**12, 5)) == b""
    assert _ask(raw, "HEADER.FIELDS", (0, 4), ("subject",)) == b"Subj"


_HEADER = b"From: a\r\nSubject: one\r\n two\r\nX-SUBJECT: n\r\nsubject : again\r\nTo: b\r\n\r\n"


def test_chosen_fields_keep_their_order_their_folds_and_the_empty_line() -> None:
    assert chosen_fields(_HEADER, ["To", "subject"]) == b"Subject: one\r\n two\r\nsubject : again\r\nTo: b\r\n\r\n"
    assert chosen_fields(_HEADER, ["SUBJECT", "to"], others=True) == b"From: a\r\nX-SUBJECT: n\r\n\r\n"
    assert chosen_fields(_HEADER, ["X-None"]) == b"\r\n"
    assert chosen_fields(_HEADER, ["s.bject", "From|To"]) == b"\r\n"
    assert chosen_fields(_HEADER, [], others=True) == _HEADER
    assert chosen_fields(_HEADER, []) == b"\r\n"


def test_the_empty_line_is_missing_only_where_there_is_no_body_either() -> None:
    assert _ask(b"From: a\r\nTo: b", "HEADER.FIELDS", fields=("To",)) == b"To: b\r\n"
    assert _ask(b"From: a\r\nTo: b\r\n", "HEADER.FIELDS", fields=("From",)) == b"From: a\r\n"
    assert _ask(b"From: a\r\nno field\r\n", "HEADER.FIELDS", fields=("From",)) == b"From: a\r\n\r\n"
    assert _ask(b"From: a\n\nx", "HEADER.FIELDS", fields=("From",)) == b"From: a\n\n"
    assert _ask(b"From: a\n\r\nx", "HEADER.FIELDS", fields=("From",)) == b"From: a\n\r\n"
    assert _ask(b"\r\nx", "HEADER.FIELDS", fields=("From",)) == b"\r\n"
    assert _ask(specimen("bare-cr.eml"), "HEADER.FIELDS", fields=("subject",)) == b"Subject: CR\r\r"


@given(st.sets(st.sampled_from(["From", "SUBJECT", "to", "X-Subject", "date", "X"])))
def test_fields_and_the_other_fields_are_all_fields(names: set[str]) -> None:
    chosen, others = chosen_fields(_HEADER, names), chosen_fields(_HEADER, names, others=True)
    lines = chosen.removesuffix(b"\r\n").splitlines() + others.removesuffix(b"\r\n").splitlines()
    assert sorted(lines) == sorted(_HEADER.removesuffix(b"\r\n").splitlines())


@pytest.mark.parametrize("name", SPECIMENS)
def test_the_header_is_read_without_the_body(name: str) -> None:
    raw = specimen(name)
    root = mime.parse(raw).root
    ranges = needed(root, [items.Envelope(), _section("HEADER.FIELDS", fields=("From",)), items.Flags(), items.Uid()])
    assert all(end <= root.body_start for _start, end in ranges)


def test_only_what_is_asked_for_is_read() -> None:
    root = mime.parse(specimen("embedded-message.eml")).root
    assert needed(root, [items.Flags(), items.Preview(), items.BinarySize((2, 2)), items.Rfc822Size()]) == [(467, 475)]
    assert needed(root, [_section("TEXT", (0, 10))]) == [(root.body_start, root.body_start + 10)]
    assert needed(root, [_section("9"), Binary((9,), True, None), BinarySize((9,)), BinarySize(())]) == []
    assert needed(root, [items.BodyStructure()]) == [(267, 540)]  # close enough to be read at once


def test_ranges_far_apart_are_read_apart() -> None:
    raw = (
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n%b\r\n--b\r\n\r\nlast\r\n--b--\r\n"
        % (b"x" * MERGED_GAP_OCTETS * 2)
    )
    root = mime.parse(raw).root
    first, second = needed(root, [_section("HEADER"), _section("2")])
    assert raw[slice(*second)] == b"last"
    assert first == (0, root.body_start)


def test_reading_beyond_what_was_fetched_is_a_mistake_that_shows() -> None:
    read = Excerpts([(10, b"abc"), (0, b"xy")])
    assert (read(0, 2), read(11, 13), read(5, 5)) == (b"xy", b"bc", b"")
    with pytest.raises(LookupError):
        read(1, 11)


def _binary(raw: bytes, part: tuple[int, ...], partial: tuple[int, int] | None = None) -> bytes | None:
    root = mime.parse(raw).root
    asked = Binary(part, True, partial)
    octets = binary(Excerpts([(s, raw[s:e]) for s, e in needed(root, [asked])]), root, asked)
    if partial is None:
        size = BinarySize(part)
        read = Excerpts([(s, raw[s:e]) for s, e in needed(root, [size])])
        assert binary_size(read, root, size) == len(octets or b"")
    return octets


def _encoded(encoding: str, body: bytes, media_type: str = "application/pdf") -> bytes:
    return f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def test_binary_is_decoded() -> None:
    assert _binary(_encoded("base64", b"JVBERgA=\r\n"), (1,)) == b"%PDF\0"
    assert _binary(_encoded("base64", b"JVBERgA=\r\n"), (1,), (1, 2)) == b"PD"
    assert _binary(_encoded("quoted-printable", b"a=3Db=\r\nc"), (1,)) == b"a=bc"
    assert _binary(_encoded("8bit", b"a\nb\xff"), (1,)) == b"a\nb\xff"
    assert _binary(_encoded("binary", b"x"), (9,)) is None


def test_binary_text_has_whole_line_ends() -> None:
    assert _binary(_encoded("base64", b"YQpiCg==", "text/plain"), (1,)) == b"a\r\nb\r\n"
    assert _binary(_encoded("7bit", b"a\nb\r\n", "text/plain"), (1,)) == b"a\r\nb\r\n"


def test_binary_of_the_whole_message_is_the_message() -> None:
    raw = specimen("nuls.eml")
    assert _binary(raw, ()) == raw
    assert _binary(raw, (), (1, 3)) == raw[1:4]


def test_binary_of_an_unknown_encoding_is_refused_by_name() -> None:
    raw = specimen("encoding-unknown.eml")
    with pytest.raises(PeerError) as refused:
        _binary(raw, (1,))
    assert (refused.value.condition, refused.value.code) == ("NO", "UNKNOWN-CTE")


@pytest.mark.parametrize(("name", "part"), [("embedded-message.eml", (2,)), ("apple-mixed-in-alternative.eml", (2,))])
def test_binary_is_for_leaves(name: str, part: tuple[int, ...]) -> None:
    with pytest.raises(PeerError) as refused:
        _binary(specimen(name), part)
    assert refused.value.condition == "NO"
