"""MIME: what a mail message says, where its parts are, and how to write one.

    structure   parse: bytes to a header and a tree of parts with offsets       header      the fields, read when asked
    part        the tree, its JSON, which parts are text and which attached     mailboxes   addresses with names
    bodies      octets and text of a part, text and HTML of a message           dates       the Date field
    preview     the first words of a message                                    messageids  Message-ID and its kin
    htmltext    HTML to plain text                                              words       encoded words (RFC 2047)
    transfer    base64, quoted-printable, uuencode                              parameters  `; name=value` (RFC 2231)
    compose     a message from names, texts and files                           encoding    how its fields are written
    automatic   RFC 3834: mail that must not be answered                        charsets    bytes to text
    replies     subject and references of an answer

Rules of the place: reading never raises and is linear; writing refuses what could break out of its field. What is written
here is read back here as it was given. The standard library's `email` is not used: it takes three times
as long over a small message and has no offsets; it is the oracle in the tests.
"""

from mailwright.codecs.mime.automatic import is_automatic, is_robot
from mailwright.codecs.mime.bodies import body_html, body_text, decode_body, text_of
from mailwright.codecs.mime.compose import Attachment, compose
from mailwright.codecs.mime.header import Header
from mailwright.codecs.mime.htmltext import to_text as html_to_text
from mailwright.codecs.mime.mailboxes import Mailbox
from mailwright.codecs.mime.part import Bodies, Part
from mailwright.codecs.mime.replies import reply_references, reply_subject
from mailwright.codecs.mime.structure import Parsed, parse

__all__ = [
    "Attachment",
    "Bodies",
    "Header",
    "Mailbox",
    "Parsed",
    "Part",
    "body_html",
    "body_text",
    "compose",
    "decode_body",
    "html_to_text",
    "is_automatic",
    "is_robot",
    "parse",
    "reply_references",
    "reply_subject",
    "text_of",
]
