"""BODY and BODYSTRUCTURE of every specimen, read back by a client and compared with the tree."""

from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.codecs.imap.bodystructure import body, ranges
from mailwright.codecs.imap.sections import Excerpts

from .answers import SPECIMENS, item, specimen


def _structure(raw: bytes, *, extensible: bool = True) -> Any:
    root = mime.Part.from_json(mime.parse(raw).root.to_json())
    # Only what was announced can be read.
    read = Excerpts([(start, raw[start:end]) for start, end in ranges(root)])
    return item(b"BODYSTRUCTURE", body(root, read, extensible=extensible))


def _agrees(part: mime.Part, read: Any) -> None:
    if part.children and part.is_multipart:
        # The client gathers the children of a multipart in a list, but leaves those inside an embedded message.
        children = read[0] if isinstance(read[0], list) else [each for each in read if isinstance(each, tuple)]
        assert part.subtype.encode() in read
        for child, inner in zip(part.children, children, strict=False):
            _agrees(child, inner)
        return
    assert read[5] == part.encoding.encode()
    assert read[6] == part.size
    if part.is_message:
        assert read[:2] == (b"message", part.subtype.encode())
        _agrees(part.children[0], read[8])
        assert read[9] == part.lines
    elif part.type == "text":
        assert read[:2] == (b"text", part.subtype.encode())
        assert read[7] == part.lines


@pytest.mark.parametrize("extensible", [True, False])
@pytest.mark.parametrize("name", SPECIMENS)
def test_the_structure_of_a_specimen_is_its_tree(name: str, extensible: bool) -> None:
    raw = specimen(name)
    _agrees(mime.parse(raw).root, _structure(raw, extensible=extensible))


def _message(content_type: str, more: str = "", text: str = "x\r\n") -> bytes:
    return f"Content-Type: {content_type}\r\n{more}\r\n{text}".encode()


def test_text_without_a_charset_is_said_to_be_ascii() -> None:
    assert _structure(b"\r\nhi\r\n") == (
        b"text", b"plain", (b"charset", b"us-ascii"), None, None, b"7bit", 4, 1, None, None, None, None,
    )  # fmt: skip


def test_the_short_form_has_no_extension() -> None:
    assert len(_structure(b"\r\nhi\r\n", extensible=False)) == 8


def test_a_file_name_beyond_ascii_is_written_as_rfc_2231_wants_it() -> None:
    raw = _message("application/pdf", 'Content-Disposition: attachment; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe.pdf?="\r\n')
    assert _structure(raw)[8] == (b"attachment", (b"filename*", b"utf-8''Gr%C3%B6%C3%9Fe.pdf"))


def test_a_description_beyond_ascii_is_written_in_encoded_words() -> None:
    raw = _message("image/png", "Content-Description: =?utf-8?b?w6k=?= x\r\nContent-ID: <p@x>\r\n")
    read = _structure(raw)
    assert read[3] == b"<p@x>"
    assert read[4].startswith(b"=?utf-8?")


def test_an_embedded_message_in_base64_is_octets() -> None:
    # RFC 9051 §9: message/rfc822 without an envelope would be read wrongly by every client.
    read = _structure(specimen("embedded-message-in-base64.eml"))
    assert read[:2] == (b"application", b"octet-stream")


def test_an_embedded_message_has_its_envelope() -> None:
    read = _structure(specimen("digest.eml"))
    assert read[1] == b"digest"
    assert read[0][0][7][1] == b"first"
    assert read[0][1][7][1] == b"second"


def test_parameters_cannot_break_out() -> None:
    read = _structure(_message('application/x; name="a\\"b) NIL"; q=") ("'))
    assert read[2] == (b"name", b'a"b) NIL', b"q", b") (")


def test_language_location_and_checksum_are_told() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\nContent-Language: de, en (both)\r\n\r\n"
        b"--b\r\nContent-Language: fr\r\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n"
        b"Content-Location: https://exam\r\n ple.org/a\r\n\r\nHi\r\n--b--\r\n"
    )
    root = mime.parse(raw).root
    assert mime.Part.from_json(root.to_json()) == root
    found = body(root, Excerpts([(0, raw)]), extensible=True)
    # RFC 9051 §7.5.2: MD5, disposition, language, location.
    assert b'"Q2hlY2sgSW50ZWdyaXR5IQ==" NIL "fr" "https://example.org/a")' in found
    assert found.endswith(b'NIL ("de" "en") NIL)')
