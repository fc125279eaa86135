"""Header text: unfolding, 8-bit bytes and the encoded words of RFC 2047.

Called by `header` for every field that is shown to people, by `mailboxes` for display names, by `parameters` for file names.
Expects: a field's value as text, 8-bit bytes already read as UTF-8 or Latin-1.
Promises: one line without control characters, whatever the bytes were; never raises; linear time.
"""

import binascii
import re

from mailwright.codecs.mime import charsets

MAX_CHARSET_CHARACTERS = 60  # no registered label is longer (RFC 2978 §2.3 allows 40); a longer one is not a word

# RFC 2047 §2: =?charset?encoding?text?=. The text may not hold a space, but senders write one; it may not hold "?" either.
_WORD = re.compile(rf"=\?([^?\s=]{{1,{MAX_CHARSET_CHARACTERS}}})\?([BbQq])\?([^?\r\n]*)\?=")
_FOLD = re.compile(r"[\r\n]+[ \t]?")


def unfold(value: str) -> str:
    """RFC 5322 §2.2.3: folding white space counts as the one space it was folded at."""
    return _FOLD.sub(" ", value) if "\n" in value or "\r" in value else value


def decode_text(value: str) -> str:
    """Unfold and decode `value`: what a person should see of the field. Garbage stays as it was written."""
    return charsets.one_line(decode_words(unfold(value)))


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded; what merely looks like one is left alone."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    label = ""
    end = 0
    for found in _WORD.finditer(text):
        data = _word_bytes(found[2], found[3])
        if data is None:
            continue
        between = text[end : found.start()]
        charset = found[1].partition("*")[0]  # RFC 2231 §5: charset*language
        # RFC 2047 §6.2: white space between two encoded words is not shown. A character cut in two by careless senders
        # comes together again because neighbours of one charset are decoded as one.
        adjacent = bool(pending) and not between.strip(" \t")
        if not (adjacent and charset.lower() == label.lower()):
            if pending:
                out.append(charsets.decode(b"".join(pending), label))
                pending = []
            if not adjacent:
                out.append(between)
        pending.append(data)
        label = charset
        end = found.end()
    if pending:
        out.append(charsets.decode(b"".join(pending), label))
    out.append(text[end:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes | None:
    try:
        data = text.encode("ascii")
    except UnicodeEncodeError:
        data = text.encode("utf-8", "replace")
    if encoding in "Qq":
        # RFC 2047 §4.2: "_" stands for a space.
        return binascii.a2b_qp(data, header=True)
    for padded in (data, data + b"=" * (-len(data) % 4), data.rstrip(b"=")[:-1] + b"=="):
        try:
            return binascii.a2b_base64(padded) or (None if text else b"")
        except binascii.Error:
            continue
    return None
