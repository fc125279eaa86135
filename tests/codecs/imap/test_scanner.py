"""Words of a command: quoted strings and literals say the same, and errors say where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.imap import Garbled, Login, ServerSession

from .conversation import feed, refused, singly

words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=30)


def quoted(text: str) -> bytes:
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


QUOTES = 'CREATE: expected the name of a mailbox in quotes that are closed, with \\" and \\\\ inside them, at octet 10'


def literal(text: str, plus: bytes) -> bytes:
    return b"{%d%s}\r\n%s" % (len(text.encode()), plus, text.encode())


@given(words, words, st.booleans())
def test_a_string_is_the_same_quoted_and_as_a_literal(user: str, password: str, bytewise: bool) -> None:
    for spell in (quoted, lambda text: literal(text, b"+"), lambda text: literal(text, b"")):
        line = b"a LOGIN " + spell(user) + b" " + spell(password) + b"\r\n"
        session = ServerSession()
        said = []
        for chunk in singly(line) if bytewise else [line]:
            said += feed(session, chunk)
        assert [item for item in said if not isinstance(item, bytes)] == [Login(b"a", user, password)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"a FETCH 1  (FLAGS)", "FETCH: expected an item like FLAGS (and one space is enough) at octet 11"),
        (b"a FETCH", "FETCH: expected a space and a set of messages at octet 8"),
        (b"a FETCH 1 (FLAGS", "FETCH: expected a space and an item like FLAGS, or ) at octet 17"),
        (b'a CREATE "x', QUOTES),
        (b'a CREATE "x\\y"', QUOTES),
        (b"a CREATE x y", "CREATE: expected ( and USE at octet 12"),
        (b"a NOOP x", "NOOP: expected the end of the command at octet 7"),
        (b"a RENAME {1+}\r\nx  y", "RENAME: expected the name of a mailbox (and one space is enough) at octet 2 after literal 1"),
        (b"a COPY 1 x\0y", "COPY: expected the end of the command at octet 11"),
        (b"a  NOOP", "expected a command (and one space is enough) at octet 3"),
        (b"a UID NOOP", "the command is not known here"),
        (b"a XYZZY", "the command is not known here"),
    ],
)  # fmt: skip
def test_an_error_says_what_was_expected_and_where(line: bytes, text: str) -> None:
    assert refused(line).text == text


def test_a_secret_is_not_shown_in_an_error_or_in_a_value() -> None:
    session = ServerSession()
    [command] = feed(session, b'a LOGIN ada "open sesame" twice\r\n')
    assert isinstance(command, Garbled)
    assert "sesame" not in str(command)
    assert "sesame" not in repr(feed(session, b"a AUTHENTICATE PLAIN AGFkYQBzZXNhbWU=\r\n"))
    assert "sesame" not in repr(feed(ServerSession(), b"a LOGIN ada sesame\r\n"))


def test_a_literal_with_nul_and_a_binary_one_where_none_belongs() -> None:
    assert "NUL" in refused(b"a CREATE {3+}\r\nx\0y").text
    assert "not a binary literal" in refused(b"a CREATE ~{1+}\r\nx").text


def test_text_beyond_ascii_in_quotes_is_utf8() -> None:
    # quirks.UTF8_IN_QUOTES, as imaplib's search sends it.
    assert not isinstance(feed(ServerSession(), 'a LOGIN "jürgen" "geheim"\r\n'.encode())[0], Garbled)
    assert "UTF-8" in refused(b'a SEARCH SUBJECT "\xff"').text
    assert "UTF-8" in refused(b"a SEARCH SUBJECT {1+}\r\n\xff").text
