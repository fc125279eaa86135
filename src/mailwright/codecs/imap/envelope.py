"""ENVELOPE: the header of a message as ten fields, taken apart (RFC 9051 §7.5.2).

Called when a message is filed or first asked for (the answer is kept), and by `bodystructure` for embedded messages.
Expects a header as `mime` reads it, or its octets. Promises: never raises; encoded words are left encoded; text beyond ASCII,
which was no legal header before UTF-8, is given as UTF-8, in a literal unless `utf8`.
"""

from mailwright.codecs.imap.addresslists import addresses
from mailwright.codecs.imap.strings import NIL, string
from mailwright.codecs.mime import Header
from mailwright.codecs.mime.words import unfold


def envelope(header: Header, *, utf8: bool = False) -> bytes:
    """`(date subject from sender reply-to to cc bcc in-reply-to message-id)`."""
    # The first From only, as everywhere here: a second one is a known way to deceive.
    from_ = _address_field(header, "from", utf8=utf8, first=True)
    # RFC 9051 §7.5.2: a Sender or Reply-To that is absent or empty is the same as From.
    sender = _address_field(header, "sender", utf8=utf8, first=True)
    reply_to = _address_field(header, "reply-to", utf8=utf8)
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        _text_field(header, "date", utf8=utf8),
        _text_field(header, "subject", utf8=utf8),
        from_,
        from_ if sender == NIL else sender,
        from_ if reply_to == NIL else reply_to,
        _address_field(header, "to", utf8=utf8),
        _address_field(header, "cc", utf8=utf8),
        _address_field(header, "bcc", utf8=utf8),
        _text_field(header, "in-reply-to", utf8=utf8),
        _text_field(header, "message-id", utf8=utf8),
    )


def envelope_of(header_block: bytes, *, utf8: bool = False) -> bytes:
    """The same from the octets of a header."""
    return envelope(Header.parse(header_block), utf8=utf8)


def _text_field(header: Header, name: str, *, utf8: bool) -> bytes:
    # RFC 9051 §7.5.2: NIL for a field that is absent, an empty string for one that is empty.
    value = header.raw(name)
    return NIL if value is None else string(value, utf8=utf8)


def _address_field(header: Header, name: str, *, utf8: bool, first: bool = False) -> bytes:
    value = header.raw(name)
    if not value:
        return NIL
    if not first and header.count(name) > 1:
        # RFC 5322 §3.6.3 allows one; mailers that write two mean both.
        value = ", ".join([unfold(text).strip() for key, text in header.fields if key.lower() == name])
    return addresses(value, utf8=utf8)
