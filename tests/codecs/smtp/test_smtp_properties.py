"""Whatever a client sends: no exception, the same commands however it is cut, and dot-stuffing is undone exactly."""

from conversation import converse, singly
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.smtp import Message, Offer

PIECES = [
    b"EHLO client.example\r\n",
    b"LHLO client.example\r\n",
    b"HELO c\r\n",
    b"MAIL FROM:<bashir@example.org>\r\n",
    b"MAIL FROM:<> SIZE=10 SMTPUTF8\r\n",
    b"RCPT TO:<ada@mailwright.test>\r\n",
    b'RCPT TO:<"a>b"@mailwright.test>\r\n',
    b"DATA\r\n",
    b"Subject: x\r\n\r\n",
    b"..stuffed\r\n",
    b".\r\n",
    b"\r\n.\r\n",
    b".",
    b"\r",
    b"\n",
    b"\0",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN AAAA\r\n",
    b"*\r\n",
    b"STARTTLS\r\n",
    b"VRFY ada\r\n",
    b"x" * 3000,
    b"QUIT\r\n",
    "RCPT TO:<jürgen@mailwright.test>\r\n".encode(),
]
talks = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=25).map(b"".join)
offers = st.builds(
    Offer,
    lmtp=st.booleans(),
    starttls=st.booleans(),
    mechanisms=st.sampled_from([(), ("PLAIN", "LOGIN")]),
    auth_in_clear=st.booleans(),
    max_size=st.sampled_from([5, 100, 100_000]),
)


@settings(deadline=None, max_examples=300)
@given(talks, offers, st.data())
def test_how_it_is_cut_does_not_change_what_was_said(talk: bytes, offer: Offer, data: st.DataObject) -> None:
    whole = converse([talk], offer)
    assert converse(singly(talk), offer) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(talk)), max_size=5)))
    chunks = [talk[a:b] for a, b in zip([0, *cuts], [*cuts, len(talk)], strict=True)]
    assert converse([chunk for chunk in chunks if chunk], offer) == whole


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40), max_size=20))
def test_a_stuffed_message_comes_out_as_it_was(lines: list[str]) -> None:
    raw = "".join([f"{line}\r\n" for line in lines]).encode()
    stuffed = b"".join([b"." + line if line.startswith(b".") else line for line in raw.splitlines(keepends=True)])
    # splitlines of bytes knows only CR and LF, as we do.
    begin = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ada@mailwright.test>\r\nDATA\r\n"
    for chunks in ([begin + stuffed + b".\r\n"], singly(begin + stuffed + b".\r\n")):
        assert converse(chunks)[0][-1] == Message(raw)
