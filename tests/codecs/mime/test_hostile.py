"""Parsing never raises, stays inside the bytes and inside its limits, whatever comes."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.mime import header, htmltext, mailboxes, messageids, preview, structure, transfer, words

SPECIMENS = sorted((Path(__file__).parents[2] / "messages").glob("*.eml"))

_FRAGMENTS = st.sampled_from(
    [
        b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b"--b", b"--b--", b"--b\r\n", b"\r\n--b\r\n", b"\r\n--b--\r\n",
        b"--c\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/digest; boundary=c\r\n",
        b"Content-Type: message/rfc822\r\n", b"Content-Type: text/html; charset=utf-16\r\n", b"Content-Type:", b";",
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n", b"begin 644 a\r\n", b"Subject: =?utf-8?B?4pyT?= =?x?q?=E2?=\r\n",
        b"From: \"a\\", b"To: <a@b>, (c (d) e) g: h@i;,\r\n", b"Date: Thu, 31 Feb 2026 25:61 +9999\r\n", b"From ", b"=", b"==",
        b"Content-Disposition: attachment; filename*0*=utf-8''%e; filename*1=x; filename*=y\r\n", b"<a href='", b"<!--",
        b"<style>", b"\xff\xfe", b"\xc3", b"References: <a@b> <c\r\n @d>\r\n", b"text", b"=?", b"?=", b"\xed\xa0\x80", b"+AGEAYg-",
    ]
)  # fmt: skip
_MESSAGES = st.lists(_FRAGMENTS | st.binary(max_size=12), max_size=60).map(b"".join)


def read_everything(raw: bytes) -> mime.Parsed:
    """Ask for all that can be asked for, and check what is promised of it."""
    parsed = mime.parse(raw)
    _check_range(parsed.root, 0, len(raw))
    numbers = [part.number for part in parsed.root.walk()]
    assert len(numbers) <= structure.MAX_PARTS + structure.MAX_DEPTH
    assert len(set(numbers)) == len(numbers)
    texts = [parsed.subject, parsed.preview, mime.body_text(raw, parsed), mime.body_html(raw, parsed) or ""]
    for name, _value in parsed.header.fields:
        texts += parsed.header.all(name)
    for field in (parsed.from_, parsed.sender, parsed.reply_to, parsed.to, parsed.cc, parsed.bcc):
        for mailbox in field:
            assert mailbox.address == "" or mailboxes.address_of(mailbox.address)
            texts += [mailbox.name, mailbox.address]
    assert parsed.date is None or isinstance(parsed.date, int)
    assert len(parsed.preview) <= preview.MAX_CHARACTERS
    assert "\n" not in parsed.preview
    for reference in (*parsed.references, *parsed.in_reply_to, parsed.message_id or "<x>"):
        assert messageids.parse(reference) == (reference,)
    for part in parsed.root.walk():
        mime.decode_body(raw, part)
        assert len(mime.decode_body(raw, part, limit=7)) <= 7
        texts += [mime.text_of(raw, part), part.filename or "", part.description or "", *part.params.values()]
    for text in texts:
        text.encode("utf-8")  # no lone surrogate
        assert "\x00" not in text
    assert mime.Part.from_json(parsed.root.to_json()) == parsed.root
    mime.is_automatic(parsed.header)
    mime.reply_subject(parsed.subject)
    assert len(mime.reply_references(parsed)) <= messageids.MAX_IDS
    return parsed


def _check_range(part: mime.Part, start: int, end: int) -> None:
    assert start <= part.header_start <= part.body_start <= part.body_end <= end
    position = part.body_start
    for child in part.children:
        _check_range(child, position, part.body_end)
        position = child.body_end


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_MESSAGES)
def test_any_bytes_are_read_without_an_error(raw: bytes) -> None:
    read_everything(raw)


@settings(max_examples=200, deadline=None)
@given(_MESSAGES, st.integers(0, 2000))
def test_a_message_cut_anywhere_is_read_without_an_error(raw: bytes, cut: int) -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    read_everything((head + raw)[:cut])


@pytest.mark.parametrize("path", SPECIMENS, ids=lambda path: path.stem)
def test_a_specimen_is_read_whole_cut_at_every_octet_and_with_a_tail(path: Path) -> None:
    raw = path.read_bytes()
    whole = read_everything(raw)
    for cut in range(len(raw)):
        parsed = mime.parse(raw[:cut])
        _check_range(parsed.root, 0, cut)
        assert len(parsed.preview) <= preview.MAX_CHARACTERS
    tailed = read_everything(raw + b"\r\n.\r\nNOOP\r\n")
    if raw.count(b"\n\r\n") or raw.count(b"\n\n"):
        assert tailed.subject == whole.subject


@pytest.mark.parametrize("path", SPECIMENS, ids=lambda path: path.stem)
def test_mutated_specimens_are_read_without_an_error(path: Path) -> None:
    chance = random.Random(path.stem)
    raw = path.read_bytes()
    for _ in range(15):
        mutant = bytearray(raw)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(mutant) + 1)
            mutant[at : at + chance.randint(0, 6)] = chance.choice(
                [b"\r", b"\n", b"\x00", b"--b", b'"', b"=?", b"\xff", b";"]
            )
        read_everything(bytes(mutant))


def test_ten_thousand_nested_multiparts_end_at_the_depth_limit() -> None:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(10_000))
    parsed = read_everything(levels + b"\r\nbottom\r\n")
    assert "parts are nested too deeply" in parsed.defects
    deepest = list(parsed.root.walk())[-1]
    assert deepest.media_type == "application/octet-stream"
    assert deepest.body_end == len(parsed.raw)
    assert sum(1 for _ in parsed.root.walk()) == structure.MAX_DEPTH + 1


def test_ten_thousand_embedded_messages_end_at_the_depth_limit() -> None:
    parsed = read_everything(b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + b"Subject: x\r\n\r\ny\r\n")
    assert "parts are nested too deeply" in parsed.defects
    assert sum(1 for _ in parsed.root.walk()) == structure.MAX_DEPTH + 1


def test_of_a_hundred_thousand_header_fields_the_first_thousand_are_read() -> None:
    fields = b"".join(b"X-Field-%d: value\r\n" % i for i in range(100_000))
    parsed = mime.parse(b"Subject: still here\r\n" + fields + b"\r\nbody\r\n")
    assert parsed.subject == "still here"
    assert len(parsed.header.fields) == header.MAX_FIELDS
    assert mime.body_text(parsed.raw, parsed) == "body"
    assert parsed.defects


def test_a_small_header_with_too_many_fields_is_cut_too() -> None:
    parsed = mime.parse(b"a:b\r\n" * (header.MAX_FIELDS + 5) + b"\r\nbody")
    assert len(parsed.header.fields) == header.MAX_FIELDS
    assert parsed.defects == ("too many header fields; the first thousand are read",)


def test_a_header_field_of_megabytes_is_read_to_its_limit() -> None:
    parsed = mime.parse(b"Subject: " + b"x" * 3_000_000 + b"\r\nFrom: ada@example.org\r\n\r\nbody")
    assert parsed.defects == ("the header is too long to be read to its end",)
    assert len(parsed.subject) <= header.MAX_FIELD_CHARACTERS
    assert mime.body_text(parsed.raw, parsed) == "body"


def test_beyond_the_part_limit_the_rest_is_one_opaque_leaf() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000 + b"--b--\r\n"
    parsed = read_everything(raw)
    last = parsed.root.children[-1]
    assert "too many parts; the rest is one" in parsed.defects
    assert last.media_type == "application/octet-stream"
    assert last.body_end == len(raw)


def test_lines_that_only_look_like_a_boundary_are_counted_and_limited() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + b"--bx\r\n" * (
        structure.MAX_BOUNDARY_LINES + 10
    )
    parsed = mime.parse(raw)
    assert "too many parts; the rest is one" in parsed.defects
    assert parsed.root.children[-1].body_end == len(raw)


def test_a_digest_of_a_thousand_mails_is_read_whole() -> None:
    mail = b"--b\r\n\r\n" + b"".join(b"X-Field-%d: %s\r\n" % (i, b"v" * 80) for i in range(30)) + b"\r\nHi.\r\n"
    parsed = mime.parse(b"Content-Type: multipart/digest; boundary=b\r\n\r\n" + mail * 900 + b"--b--\r\n")
    assert not parsed.defects
    assert len(parsed.root.children) == 900


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "field",
    [
        b"a:\n" * 8_000,
        b"Content-Description: " + b"d" * 20_000 + b"\r\n",
        b"Content-Type: a/b" + b"; name=" + b"n" * 8_000 + b"\r\n",
        b"Content-Type: a/b" + b"".join(b"; p%d*=utf-8''%%41" % i for i in range(190)) + b"\r\n",
        b"Content-ID: <" + b"c" * 20_000 + b">\r\n",
    ],
    ids=["tiny fields", "descriptions", "names", "parameters", "content ids"],
)
def test_what_is_kept_of_two_thousand_hostile_parts_is_bounded(field: bytes) -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n" + field + b"\r\nx\r\n") * 1990 + b"--b--\r\n"
    )
    began = time.thread_time()
    parsed = mime.parse(raw)
    assert time.thread_time() - began < 10
    assert len(parsed.root.to_json()) < 1_500_000
    assert len(parsed.root.children) == 1990
    assert parsed.defects


@pytest.mark.timeout(20)
def test_a_large_message_is_not_looked_through_at_every_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MAX_SCANNED_OCTETS", 10_000_000)
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(60))
    parsed = mime.parse(levels + b"\r\n" + b"\n" * 1_000_000)
    assert "parts are nested too deeply for so large a message" in parsed.defects
    assert sum(1 for _ in parsed.root.walk()) == 10


class _CountedBytes(bytes):
    """Bytes that count how many octets their `find` was asked to look at, at most."""

    looked_at = 0

    def find(self, *arguments: object) -> int:  # type: ignore[override]  # counted, then handed on
        found = super().find(*arguments)  # type: ignore[arg-type]
        start = arguments[1] if len(arguments) > 1 else 0
        end = arguments[2] if len(arguments) > 2 else len(self)
        assert isinstance(start, int)
        assert isinstance(end, int)
        type(self).looked_at += (found if found >= 0 else end) - start
        return found


@pytest.mark.parametrize(
    "piece",
    [
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n",
        b"--b\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n",
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n",
        b"--b\r\nno blank line\r\n",
        b"--bb\r\n",
        b"\r\n--b",
    ],
)
def test_the_octets_looked_at_grow_as_the_message_does(piece: bytes) -> None:
    looked_at = []
    for copies in (2_000, 4_000):
        _CountedBytes.looked_at = 0
        raw = _CountedBytes(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + piece * copies)
        structure.parse(raw)
        looked_at.append(_CountedBytes.looked_at)
        assert _CountedBytes.looked_at <= len(raw) * 2 * (structure.MAX_DEPTH + 1)
    assert looked_at[1] <= looked_at[0] * 2.5 + 10_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "<!--", "<style>", "<a href='", '<a href="', "<", "</", "<a ", "&", "<p>", "<script></script ", "<svg ", "= ", '="', "<![CDATA[",
        "<li>", "<b>x</b>", "&#x", "<pre>",
    ],
)  # fmt: skip
def test_hostile_html_is_turned_to_text_in_one_pass(piece: str) -> None:
    assert isinstance(htmltext.to_text(piece * (300_000 // len(piece))), str)
    raw = b"Content-Type: text/html\r\n\r\n" + piece.encode() * (100_000 // len(piece))
    assert len(mime.parse(raw).preview) <= preview.MAX_CHARACTERS


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["(", ")", "<", '"', '<"', ",", ":", ";", "a@", "\\", "=?x?q?", "=?", "[", "a ", "<a", "@", "'", "a.", "a@b,"],
)
def test_hostile_header_values_are_read_in_one_pass(piece: str) -> None:
    value = piece * (100_000 // len(piece))
    assert len(mailboxes.parse(value)) <= mailboxes.MAX_MAILBOXES
    assert isinstance(words.decode_text(value), str)
    assert len(messageids.parse(value)) <= messageids.MAX_IDS
    parsed = mime.parse(f"Content-Type: {value}\r\nContent-Disposition: a;{value}\r\nDate: {value}\r\n\r\n".encode())
    assert parsed.date is None


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "value",
    [
        "a" + " " * 100_000 + "b@example.org",
        "a " + "(x) " * 25_000 + "b@example.org",
        "a " * 30_000 + "@ " + ":" * 30_000,
        "a" + " " * 50_000 + "@" + " " * 50_000 + ".",
    ],
    ids=["spaces", "comments", "colons", "spaces around signs"],
)
def test_long_runs_in_an_address_field_are_read_in_one_pass(value: str) -> None:
    began = time.thread_time()
    mailboxes.parse(value)
    assert time.thread_time() - began < 10


@pytest.mark.timeout(20)
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "7bit", "unheard-of"])
@pytest.mark.parametrize("piece", [b"=", b"= ", b"A=", b"=\n", b" ", b"\xff", b"begin 644 a\n", b"M\n", b"\x00"])
def test_hostile_bodies_are_decoded_in_one_pass(encoding: str, piece: bytes) -> None:
    data = piece * (500_000 // len(piece))
    assert isinstance(transfer.decode(data, encoding), bytes)
    assert len(transfer.decode(data, encoding, limit=100)) <= 100
