"""ENVELOPE, read back by a client, and address fields of every kind."""

from email import policy
from email.parser import BytesHeaderParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.imap.addresslists import MAX_ADDRESSES, addresses
from mailwright.codecs.imap.envelope import envelope, envelope_of

from .answers import SPECIMENS, item, specimen


def _read(field: str) -> list[tuple[bytes | None, ...]]:
    envelope_ = item(b"ENVELOPE", envelope_of(b"To: " + field.encode() + b"\r\n\r\n"))
    return [(each.name, each.route, each.mailbox, each.host) for each in envelope_.to or ()]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("ada@example.org", [(None, None, b"ada", b"example.org")]),
        ("Ada <ada@example.org>", [(b"Ada", None, b"ada", b"example.org")]),
        ('"Lovelace, Ada" <ada@example.org>', [(b"Lovelace, Ada", None, b"ada", b"example.org")]),
        ("ada@example.org (Ada (the) Lovelace)", [(b"Ada (the) Lovelace", None, b"ada", b"example.org")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.org>", [(b"=?utf-8?q?J=C3=B6rg?=", None, b"j", b"example.org")]),
        ("Jörg <j@example.org>", [("Jörg".encode(), None, b"j", b"example.org")]),
        ('"a b"@example.org', [(None, None, b"a b", b"example.org")]),
        (
            "<@hub.example.net,@x.example.net:c@example.org>",
            [(None, b"@hub.example.net,@x.example.net", b"c", b"example.org")],
        ),
        ("chen@[192.0.2.1]", [(None, None, b"chen", b"[192.0.2.1]")]),
        ("Ada Lovelace ada@example.org", [(b"Ada Lovelace", None, b"ada", b"example.org")]),
        ("ada . l @ example . org", [(None, None, b"ada.l", b"example.org")]),
        ("root", [(None, None, b"root", b"")]),
        ("not an address", [(b"not an address", None, b"", b"")]),
        ("<>", []),
        (", ,", []),
        (
            "<ada@example.org, chen@example.net",
            [(None, None, b"ada", b"example.org"), (None, None, b"chen", b"example.net")],
        ),
        (
            "Team: Ada <ada@example.org>, b@example.net;, c@example.net",
            [
                (None, None, b"Team", None),
                (b"Ada", None, b"ada", b"example.org"),
                (None, None, b"b", b"example.net"),
                (None, None, None, None),
                (None, None, b"c", b"example.net"),
            ],
        ),
        ("undisclosed-recipients:;", [(None, None, b"undisclosed-recipients", None), (None, None, None, None)]),
        ("Open: a@example.org", [(None, None, b"Open", None), (None, None, b"a", b"example.org"), (None,) * 4]),
    ],
)
def test_an_address_is_given_in_four_pieces(field: str, expected: list[tuple[bytes | None, ...]]) -> None:
    assert _read(field) == expected


def test_sender_and_reply_to_are_the_author_when_nothing_else_is_said() -> None:
    for block in (
        b"From: Ada <ada@example.org>\r\n\r\n",
        b"From: Ada <ada@example.org>\r\nSender: \r\nReply-To:\r\n\r\n",
    ):
        read = item(b"ENVELOPE", envelope_of(block))
        assert read.sender == read.reply_to == read.from_
        assert read.from_[0].mailbox == b"ada"


def test_what_is_missing_is_nil_and_what_is_empty_is_empty() -> None:
    assert envelope_of(b"") == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert envelope_of(b"Subject:\r\nDate: \r\nTo:\r\n\r\n") == b'("" "" NIL NIL NIL NIL NIL NIL NIL NIL)'


def test_a_second_from_field_is_not_shown() -> None:
    read = item(b"ENVELOPE", envelope_of(b"From: ada@example.org\r\nFrom: bank@example.net\r\n\r\n"))
    assert [each.mailbox for each in read.from_] == [b"ada"]


def test_several_to_fields_are_one() -> None:
    read = item(b"ENVELOPE", envelope_of(b"To: a@example.org\r\nTo: b@example.org\r\n\r\n"))
    assert [each.mailbox for each in read.to] == [b"a", b"b"]


def test_folds_are_undone_and_encoded_words_left_alone() -> None:
    written = envelope_of(
        b"Subject: =?utf-8?q?a?=\r\n =?utf-8?q?b?=\r\nDate: Thu,\r\n\t5 Nov 2026 10:00:00 +0100 (CET)\r\n\r\n"
    )
    assert written.startswith(b'("Thu, 5 Nov 2026 10:00:00 +0100 (CET)" "=?utf-8?q?a?= =?utf-8?q?b?=" ')


def test_eight_bit_text_is_a_literal_of_utf8_or_quoted_when_the_client_takes_it() -> None:
    for block in ("Subject: Grüße\r\n\r\n".encode(), "Subject: Grüße\r\n\r\n".encode("latin-1")):
        assert "NIL {7}\r\nGrüße NIL".encode() in envelope_of(block)
        assert 'NIL "Grüße" NIL'.encode() in envelope_of(block, utf8=True)


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_specimen_has_an_envelope_a_client_can_read(name: str) -> None:
    raw = specimen(name)
    parsed = mime.parse(raw)
    read = item(b"ENVELOPE", envelope(parsed.header))
    subject = parsed.header.raw("subject")
    assert read.subject == (None if subject is None else subject.replace("\0", "").encode())
    # Both readers find the same people: the addresses that are legal, in their order.
    found = [b"%b@%b" % (each.mailbox, each.host) for each in read.from_ or () if each.host and each.mailbox]
    assert set(map(str.encode, (mailbox.address for mailbox in parsed.from_ if mailbox.address))) <= set(found)


@pytest.mark.parametrize("name", ["plain.eml", "mailing-list.eml", "quoted-reply.eml", "alternative.eml"])
def test_the_standard_library_reads_the_same(name: str) -> None:
    theirs = BytesHeaderParser(policy=policy.default).parsebytes(specimen(name))
    ours = item(b"ENVELOPE", envelope(mime.parse(specimen(name)).header))
    assert ours.message_id == theirs["message-id"].encode()
    for field, read in (("from", ours.from_), ("to", ours.to), ("cc", ours.cc)):
        expected = [(a.display_name, a.username, a.domain) for a in theirs[field].addresses] if theirs[field] else []
        found = [((e.name or b"").decode(), e.mailbox.decode(), e.host.decode()) for e in read or ()]
        assert found == expected


@given(st.text(alphabet=' ,;:<>@"\\()[].abé=?\t\0', max_size=60))
def test_any_address_field_gives_addresses_of_four_pieces(field: str) -> None:
    written = addresses(field)
    read = item(b"X", written)
    assert read is None or all(len(each) == 4 for each in read)
    opened = 0
    for name, route, mailbox, host in read or ():
        if host is None:  # a group's beginning or its end, in turn
            assert (name, route) == (None, None)
            opened += 1 if mailbox is not None else -1
            assert opened in (0, 1)
    assert opened == 0


@pytest.mark.parametrize("piece", ["a ", "(", "<", '"', "@", " ", "a@b,", ". ", "[ ", ",", "a.", "(a) ", "x:"])
def test_a_long_field_of_nonsense_takes_no_long_time(piece: str) -> None:
    addresses(piece * (100_000 // len(piece)))


def test_there_is_an_end_to_addresses() -> None:
    assert addresses("a@example.org," * 3000).count(b"example.org") == MAX_ADDRESSES
