"""What the index keeps of a message, and when it has to be made anew."""

from __future__ import annotations

import hashlib

from mailwright.codecs import mime
from mailwright.codecs.search import attachments, document
from mailwright.codecs.search.document import Document, Filed
from mailwright.domain.ids import new_id
from mailwright.storage.search.folder import VERSION

LETTER = (
    "From: =?utf-8?q?M=C3=BCller?= <m@example.org>\r\nTo: ada@mailwright.test\r\nCc: chen@example.net\r\n"
    "Subject: =?utf-8?b?5p2x5Lqs?= Stra\u00dfe\r\nX-Odd: \u0130 \ufb01 \u03a3\u03c2\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="x"\r\n\r\n'
    "--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>the <b>Bud</b>get \uc11c\uc6b8 \u30ab\u3099 A1B2 123456</p>\r\n"
    '--x\r\nContent-Type: text/csv; name="r\u00e9sum\u00e9.csv"\r\nContent-Disposition: attachment\r\n\r\none;two\r\n'
    "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nwithin\r\n--x--\r\n"
).encode()


def made() -> Document:
    root = mime.parse(LETTER).root
    return document.of(Filed(new_id(), new_id(), 1, len(LETTER)), LETTER, root, attachments.plain_text(LETTER, root))


def test_each_text_is_in_its_field() -> None:
    one = made()
    assert one.subject == "東 京 strasse"
    assert one.sender == "muller m example org"
    assert one.recipients == "ada mailwright test chen example net"
    assert one.body.startswith("the budget 서 울")
    assert one.attached == "one two inner within"
    assert one.names == "resume csv"
    assert one.has_attachments
    assert "budget" in one.text.starts.split()
    assert "a1b2" not in one.text.starts.split()  # an id: found by its pieces
    assert "a1b2" in one.text.folded


def test_what_the_index_keeps_has_a_version() -> None:
    one = made()
    starts = [" ".join(sorted(exact.starts.split())) for exact in (one.header, one.text)]
    kept = [
        one.subject,
        one.sender,
        one.recipients,
        one.body,
        one.names,
        one.attached,
        one.header.folded,
        one.text.folded,
    ]
    digest = hashlib.sha256("\n".join([*kept, *starts]).encode()).hexdigest()[:16]
    # Another digest means that an index made before no longer fits what is looked for: raise VERSION, which has every
    # installation make its index anew, and put the new digest here.
    assert (VERSION, digest) == (1, "9a7fecde5c2bd131")


def test_an_attachment_is_read_by_its_type_or_its_name() -> None:
    assert attachments.kind_of("text/plain", "") == "text"
    assert attachments.kind_of("application/octet-stream", "notes.TXT") == "text"
    assert attachments.kind_of("application/octet-stream", "report.pdf") == "file"
    assert attachments.kind_of("application/zip", "report.docx") == "file"
    assert attachments.kind_of("image/png", "x.png") == "picture"
    assert attachments.kind_of("application/zip", "x.zip") is None
    assert attachments.kind_of("video/mp4", "report.pdf.mp4") is None
