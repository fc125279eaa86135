"""Where Mailwright answers otherwise than Dovecot 2.3, and why: the one list of it. What is not here must be equal.

Read by the differential tests. Each entry excuses cases by name of the message (see `imap_corpus`) and of what was asked; a test
fails for an entry that excuses nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.clients.imap_speaker import Value


@dataclass(frozen=True)
class Case:
    """One value both were asked for: `item` is `ENVELOPE`, `BODYSTRUCTURE 1.2 lines`, `BODY[1.MIME]` …"""

    message: str
    item: str
    dovecot: Value
    ours: Value


@dataclass(frozen=True)
class Difference:
    """`reason` says who is right and by which rule. It holds for `messages` (empty: all) where `holds` says so."""

    name: str
    reason: str
    messages: frozenset[str] = frozenset()
    holds: Callable[[Case], bool] = field(default=lambda case: True)

    def excuses(self, case: Case) -> bool:
        """Is this case one of it?"""
        return (not self.messages or case.message in self.messages) and self.holds(case)


def _one_line_more(case: Case) -> bool:
    return case.item.endswith(" lines") and int(_text(case.ours)) == int(_text(case.dovecot)) + 1


def _without_last_line_end(case: Case) -> bool:
    if case.item.endswith(" size"):
        return case.item.startswith("BODY") and int(_text(case.ours)) == int(_text(case.dovecot)) - 2
    return case.item.startswith("BODY[") and _text(case.dovecot) == _text(case.ours) + b"\r\n"


def _text(value: Value) -> bytes:
    return value if isinstance(value, bytes) else b"-1"


def _names(*words: str) -> frozenset[str]:
    return frozenset(words)


DIFFERENCES = (
    Difference(
        "an unfinished last line is a line",
        "RFC 9051 §7.5.2 wants the size in text lines and does not define them; people see one line in `Hello` without a "
        "line end (and every part before a boundary lacks its last one, RFC 2046 §5.1.1). Dovecot counts line feeds.",
        holds=_one_line_more,
    ),
    Difference(
        "the line end before a boundary belongs to the boundary",
        "RFC 2046 §5.1.1. Dovecot keeps it in a multipart, or in an embedded one, whose own last boundary stands before it.",
        holds=_without_last_line_end,
    ),
    Difference(
        "nothing is NIL",
        "RFC 9051 §6.4.5 leaves open what a section that is not there gives; RFC 3501 §7.4.2 has nstring for it. Dovecot gives "
        "an empty string, or what is near.",
        holds=lambda case: case.item.startswith("BODY[") and case.ours is None and case.dovecot == b"",
    ),
    Difference(
        "BINARY is for leaves",
        "RFC 9051 §6.4.5: it can only be requested of parts that are neither multipart nor embedded messages.",
        holds=lambda case: case.item.startswith("BINARY") and case.ours == b"NO" and case.dovecot != b"NO",
    ),
    Difference(
        "BINARY of nothing is NIL",
        "As with BODY; Dovecot gives an empty string.",
        holds=lambda case: case.item.startswith("BINARY[") and case.ours is None and case.dovecot == b"",
    ),
    Difference(
        "broken encodings are decoded as far as they go",
        "RFC 2045 §6.7 and §6.8 ask decoders to go on; Dovecot answers NO [PARSE].",
        _names("base64-with-garbage", "quoted-printable-broken"),
        holds=lambda case: case.item.startswith("BINARY"),
    ),
    Difference(
        "a multipart has parts",
        "RFC 2046 §5.1.1: one or more. What says it is one and has none is shown as the text it is, where Dovecot shows one "
        "empty part and hides the text.",
        _names("boundary-never-occurs", "boundary-parameter-missing", "no parts", "only a preamble"),
    ),
    Difference(
        "an inner multipart may not use the boundary of the outer one",
        "RFC 2046 §5.1.2: the line belongs to the outer one, so that the inner one has no parts.",
        _names("nested-with-the-same-boundary"),
    ),
    Difference(
        "a body begins at the first line that is no header field",
        "RFC 5322 §2.2; what people wrote without an empty line before is shown, where Dovecot takes it for header.",
        _names("no-empty-line-after-header", "not-mail-at-all"),
    ),
    Difference(
        "a boundary is a line of its own",
        "RFC 2046 §5.1.1 defines the delimiter as a line with nothing but padding behind it; Dovecot takes every line that "
        "begins like one.",
        _names("lines that look like boundaries"),
    ),
    Difference(
        "an embedded message in base64 is octets",
        "RFC 2046 §5.2.1 forbids the encoding. It can be saved as a file; Dovecot describes the base64 as an empty message.",
        _names("embedded-message-in-base64"),
    ),
    Difference(
        "a type that cannot be read is text/plain",
        "RFC 2045 §5.2. Dovecot gives what it read, or nothing.",
        _names("content-type-garbage", "content-type-just-text"),
        holds=lambda case: case.item.startswith("BODY"),
    ),
    Difference(
        "file names are decoded",
        "RFC 2231 §4 is how a name beyond ASCII is said; RFC 2047 §5 forbids encoded words there, and unquoted names with "
        "spaces are repaired.",
        _names("filename-encoded-word", "filename-rfc2231-continued", "filename-in-name-with-spaces"),
        holds=lambda case: case.item.endswith((" params", " disposition")),
    ),
    Difference(
        "a carriage return alone ends a line",
        "Nothing else does in such a message (RFC 5322 §2.3 forbids it). Dovecot sees one header field; and it keeps mail with "
        "line feeds, so that a last CR goes.",
        _names("bare-cr"),
    ),
    Difference(
        "a byte order mark is no part of a field name",
        "Dovecot takes the first field for another one.",
        _names("byte-order-mark"),
    ),
    Difference(
        "a mailbox's own From line is not a header field",
        "RFC 4155 §2: it is the envelope of an mbox.",
        _names("mbox-from-line"),
        holds=lambda case: "HEADER.FIELDS.NOT" in case.item or "MIME" in case.item,
    ),
    Difference(
        "addresses that cannot be used",
        "RFC 9051 §7.5.2 does not say; Dovecot invents MISSING_MAILBOX and SYNTAX_ERROR and drops all fields of a name but the "
        "first.",
        _names("addresses-of-all-kinds"),
        holds=lambda case: case.item == "ENVELOPE",
    ),
    Difference(
        "the first From counts",
        "RFC 5322 §3.6 allows one; a second is a known way to deceive, so all of Mailwright reads the first.",
        _names("two-from-fields"),
        holds=lambda case: case.item == "ENVELOPE",
    ),
    Difference(
        "text beyond ASCII is UTF-8",
        "RFC 6532 §3.2; Latin-1 is converted, where Dovecot gives the octets, and a NUL is left out.",
        _names("eight-bit-latin1-header", "nuls"),
        holds=lambda case: case.item == "ENVELOPE",
    ),
    Difference(
        "unfolding takes the line end only",
        "RFC 5322 §2.2.3: the white space stays; Dovecot makes it one space.",
        _names("tab-folded-subject"),
        holds=lambda case: case.item == "ENVELOPE",
    ),
)
"""What one message is said to be."""

SEARCHES = (
    (
        "an address is searched without its brackets",
        "RFC 9051 §6.4.4: in the envelope structure, which has none. Dovecot looks into the line of the header.",
        b'FROM "<"',
    ),
    (
        "ß is found by ss",
        "RFC 9051 §6.4.4 leaves matching beyond ASCII open; Unicode's full case folding finds Straße for STRASSE.",
        b'BODY "STRASSE"',
    ),
    (
        "a letter with a mark is another letter",
        "The same; Dovecot decomposes (RFC 5051 §2), and then finds ö for o, but not the other way round.",
        b'SUBJECT "Ko"',
    ),
    (
        "the last message is in 500:*",
        "RFC 9051 §9, seq-range: the order means nothing and * is the largest number. Dovecot finds it by UID only.",
        b"500:*",
    ),
    (
        "NOT of OR",
        "What neither key finds. Dovecot 2.3 makes one date of two below NOT.",
        b"NOT (OR SENTBEFORE 24-Jan-2026 SENTBEFORE 20-Feb-2026)",
    ),
)
"""Name, reason, and a key both answer differently."""

MAILBOXES = (
    (
        "the root of an empty name",
        'RFC 9051 §6.3.9: empty, unless the reference is rooted. Dovecot repeats the reference, and answers nothing to LSUB "" "".',
        r' ""$',
    ),
    (
        "levels above what is subscribed",
        "RFC 3501 §6.3.9: LSUB names them when the pattern ends with %. Dovecot does not where a * stands before.",
        r"^LSUB .*\*/%$",
    ),
    (
        "STATUS of parents",
        "RFC 5819 §2: for every mailbox that is listed, also those RECURSIVEMATCH adds.",
        r"RECURSIVEMATCH.*STATUS",
    ),
)
"""Name, reason, and an expression that finds the commands concerned."""
