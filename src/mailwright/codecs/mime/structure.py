"""Parsing a message: its header, and where every part begins and ends.

Called by `core.filing` for every message that is accepted, by the command line and the hooks.
Expects: any bytes at all.
Promises: never raises; offsets point into the bytes given; time grows with size × nesting at worst, both limited; what is odd
is listed in `defects`. A message that is no message is one text part with everything in it.
Does not: decode bodies (`bodies` does, when asked) or judge anything.

Line ends are CRLF or LF. A CR alone is text, except in a message without a single LF, where it is the line end.
Beyond a limit the rest of the enclosing part is one opaque leaf (application/octet-stream) and a defect says so.
"""

from dataclasses import dataclass
from functools import cached_property
from re import compile as pattern

from mailwright.codecs.mime import mailboxes, parameters, partfields, preview, transfer
from mailwright.codecs.mime.charsets import is_known
from mailwright.codecs.mime.header import MAX_FIELDS, MAX_HEADER_OCTETS, Header, read_fields
from mailwright.codecs.mime.mailboxes import Mailbox
from mailwright.codecs.mime.part import ENCODED, Bodies, Part, bodies_of
from mailwright.domain.clock import Instant

MAX_DEPTH = 64  # parts within parts; a forward of a forward takes two, the deepest seen in the wild had about thirty
MAX_PARTS = 2000  # digests of busy lists stay below a thousand
MAX_BOUNDARY_LINES = (
    50_000  # lines that begin like a boundary, true ones included; bounds the work of a hostile message
)
MAX_BOUNDARY_CHARACTERS = 256  # RFC 2046 §5.1.1 says 70; some write more, none this much
MAX_DEFECTS = 20  # of one message; the list is for people
MAX_HEADERS_OCTETS = 4 * 1024 * 1024  # of all headers in a message: a digest of a thousand mails has three
MAX_SCANNED_OCTETS = 512 * 1024**2  # looked through for boundaries and embedded messages: ten levels around 50 MiB
MAX_KEPT_CHARACTERS = (
    512 * 1024
)  # of all parts' parameters, names and descriptions: they are in a row for each recipient

_AFTER_BOUNDARY = pattern(rb"(--)?[ \t]*+(?:\r?\n|\r?\Z)")
_TOKEN = pattern(r"[!#$%&'*+.^_`{|}~0-9a-z-]{1,127}/[!#$%&'*+.^_`{|}~0-9a-z-]{1,127}")
_OPAQUE = "application/octet-stream"


@dataclass(frozen=True)
class Parsed:
    """A message read: `header`, `root` and `defects` at once, everything else when it is first asked for."""

    raw: bytes
    header: Header
    root: Part
    defects: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Parsed({len(self.raw)} octets, {self.root.media_type}, {len(self.defects)} defects)"  # no mail text in logs

    @cached_property
    def hops(self) -> int:
        """How many Received fields there are (RFC 5321 §6.3 counts them to find loops)."""
        return self.header.count("received")

    @cached_property
    def message_id(self) -> str | None:
        """The Message-ID as `<…>`, or None when there is none that can be used."""
        ids = self.header.message_ids("message-id")
        return ids[0] if ids else None

    @cached_property
    def in_reply_to(self) -> tuple[str, ...]:
        return self.header.message_ids("in-reply-to")

    @cached_property
    def references(self) -> tuple[str, ...]:
        return self.header.message_ids("references")

    @cached_property
    def subject(self) -> str:
        return self.header.get("subject") or ""

    @cached_property
    def from_(self) -> tuple[Mailbox, ...]:
        """The authors. Only the first From field counts; a second one is a defect and a known way to deceive."""
        from_ = self.header.raw("from")
        if from_ is None:
            return ()
        return self.header.mailboxes("from") if self.header.count("from") == 1 else mailboxes.parse(from_)

    @cached_property
    def sender(self) -> tuple[Mailbox, ...]:
        return self.header.mailboxes("sender")

    @cached_property
    def reply_to(self) -> tuple[Mailbox, ...]:
        return self.header.mailboxes("reply-to")

    @cached_property
    def to(self) -> tuple[Mailbox, ...]:
        return self.header.mailboxes("to")

    @cached_property
    def cc(self) -> tuple[Mailbox, ...]:
        return self.header.mailboxes("cc")

    @cached_property
    def bcc(self) -> tuple[Mailbox, ...]:
        return self.header.mailboxes("bcc")

    @cached_property
    def date(self) -> Instant | None:
        return self.header.date()

    @cached_property
    def bodies(self) -> Bodies:
        """The parts to read as text, as HTML, and those attached."""
        return bodies_of(self.root)

    @property
    def attachments(self) -> tuple[Part, ...]:
        return self.bodies.attachments

    @cached_property
    def preview(self) -> str:
        """What a list of messages shows beside the subject: one line, at most `preview.MAX_CHARACTERS`."""
        return preview.of(self.raw, self.bodies)


def parse(raw: bytes) -> Parsed:
    """Read `raw` (RFC 5322, RFC 2045 to 2049). Never raises, whatever the bytes."""
    data = raw
    reader = _Reader(data)
    if b"\n" not in data and b"\r" in data:
        reader.data = data.replace(b"\r", b"\n")  # the same length, so offsets into it are offsets into `raw`
        reader.note("lines end with a bare CR")
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0  # a byte order mark, left by an editor
    if data.startswith((b"From ", b">From "), start):
        # mbox: the postmark line of a spool file is no header field (RFC 4155, appendix A).
        start = reader.data.find(b"\n", start) + 1 or len(data)
        reader.note("begins with an mbox From line")
    header, body_start = reader.header(start, len(data))
    root = reader.entity(header, start, body_start, len(data), 0, _Place("1", "TEXT", ""), "text/plain")
    if header.count("from") > 1:
        reader.note("more than one From field")
    if b"\x00" in data:
        reader.note("holds NUL")
    return Parsed(raw, header, root, tuple(reader.defects))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part stands: its number as a leaf, as a multipart, and what the numbers of its children begin with."""

    leaf: str
    multipart: str
    prefix: str


class _Reader:
    """The bytes of one message and what its limits still allow."""

    __slots__ = ("boundary_lines", "data", "defects", "headers", "kept", "parts", "raw", "scanned")

    def __init__(self, data: bytes) -> None:
        self.raw = self.data = data
        self.parts = 0
        self.boundary_lines = 0
        self.headers = 0  # octets
        self.scanned = 0  # octets
        self.kept = 0  # characters
        self.defects: list[str] = []

    def note(self, defect: str) -> None:
        if len(self.defects) < MAX_DEFECTS and defect not in self.defects:
            self.defects.append(defect)

    def header(self, start: int, end: int) -> tuple[Header, int]:
        """The header that begins at `start`, and where the body begins."""
        data = self.data
        if data.startswith((b"\n", b"\r\n"), start, end):
            return _EMPTY, start + (1 if data[start] == 10 else 2)
        crlf = data.find(b"\n\r\n", start, end)
        bare = data.find(b"\n\n", start, crlf if crlf >= 0 else end)
        if bare >= 0:
            stop, body_start = bare + 1, bare + 2
        elif crlf >= 0:
            stop, body_start = crlf + 1, crlf + 3
        else:
            stop = body_start = end
        if stop - start > MAX_HEADER_OCTETS:
            self.note("the header is too long to be read to its end")
            limit = start + MAX_HEADER_OCTETS
            stop = data.rfind(b"\n", start, limit) + 1 or limit
        self.headers += stop - start
        if self.headers > MAX_HEADERS_OCTETS:
            self.note("too much header in all; the headers of later parts are not read")
            return _EMPTY, body_start
        fields, junk = read_fields(data[start:stop])
        if junk is not None:
            # RFC 5322 §2.1 wants an empty line here. What is no field begins the body.
            self.note("a line that is no header field ends the header")
            body_start = start + junk
        elif len(fields) >= MAX_FIELDS:
            self.note("too many header fields; the first thousand are read")
        elif body_start == end and start < end and not data.endswith((b"\n\n", b"\n\r\n"), start, end):
            self.note("no empty line after the header")
        return Header(fields), body_start

    def entity(
        self, header: Header, start: int, body_start: int, end: int, depth: int, place: _Place, default_type: str
    ) -> Part:
        """The part whose header and body are known; its children are found here."""
        self.parts += 1
        media_type, params = self.content_type(header, default_type)
        encoding = partfields.encoding_of(header)
        children: tuple[Part, ...] = ()
        number = place.leaf
        if media_type.startswith(("multipart/", "message/")):
            self.scanned += end - body_start
            if self.scanned > MAX_SCANNED_OCTETS:
                self.note("parts are nested too deeply for so large a message")
                media_type = _OPAQUE
        if media_type.startswith("multipart/"):
            if encoding not in ("7bit", "8bit", "binary"):
                self.note("a multipart has a transfer encoding, which is not applied")  # RFC 2045 §6.4
                encoding = "7bit"
            found = self.multipart(body_start, end, params.get("boundary", ""), depth, place.prefix, media_type)
            if isinstance(found, str):
                media_type = found
            else:
                children, number = found, place.multipart
        elif media_type in ("message/rfc822", "message/global") and encoding in ("7bit", "8bit", "binary"):
            # RFC 2046 §5.2.1: an embedded message is never base64; one that is stays a leaf.
            if depth >= MAX_DEPTH or self.parts >= MAX_PARTS:
                self.note("parts are nested too deeply")
                media_type = _OPAQUE
            else:
                inner, inner_start = self.header(body_start, end)
                below = _Place(f"{number}.1", f"{number}.TEXT", f"{number}.")
                children = (self.entity(inner, body_start, inner_start, end, depth + 1, below, "text/plain"),)
        type_, _slash, subtype = media_type.partition("/")
        return self.part(header, number, type_, subtype, params, encoding, (start, body_start, end), children)

    def part(
        self,
        header: Header,
        number: str,
        type_: str,
        subtype: str,
        params: dict[str, str],
        encoding: str,
        offsets: tuple[int, int, int],
        children: tuple[Part, ...],
    ) -> Part:
        start, body_start, end = offsets
        said = partfields.read(header, params)
        lines = 0
        if type_ == "text" or (type_ == "message" and children):
            lines = self.data.count(b"\n", body_start, end)
            if end > body_start and self.data[end - 1] != 10:
                lines += 1
        if self.kept > MAX_KEPT_CHARACTERS:
            self.note("too many parameters in all; those of later parts are not kept")
            params, said = {}, partfields.NOTHING._replace(disposition=said.disposition)
        else:
            self.kept += partfields.length(params) + said.length
        octets = None
        if encoding in ENCODED and type_ != "multipart":
            octets = len(transfer.decode(self.raw[body_start:end], encoding))
        return Part(
            number,
            type_,
            subtype,
            params,
            said.disposition,
            said.disposition_params,
            said.filename,
            said.content_id,
            encoding,
            said.description,
            start,
            body_start,
            end,
            lines,
            children,
            said.languages,
            said.location,
            said.md5,
            octets,
        )

    def content_type(self, header: Header, default_type: str) -> tuple[str, dict[str, str]]:
        value = header.raw("content-type")
        if not value:
            return default_type, {}
        media_type, params = parameters.parse(value)
        if not _TOKEN.fullmatch(media_type):
            squeezed = "".join(media_type.split())  # "text / plain"
            if _TOKEN.fullmatch(squeezed):
                return squeezed, params
            # RFC 2045 §5.2: a Content-Type that cannot be read counts as text/plain; "text" alone is a habit of old mailers.
            self.note("a Content-Type cannot be read")
            return ("text/plain" if media_type in ("text", "") else default_type), params
        charset = params.get("charset")
        if charset and not is_known(charset):
            self.note("a charset is unknown")
        return media_type, params

    def multipart(
        self, body_start: int, end: int, boundary: str, depth: int, prefix: str, media_type: str
    ) -> tuple[Part, ...] | str:
        """The children, or the media type that the whole counts as because it has none."""
        boundary = boundary[: MAX_BOUNDARY_CHARACTERS + 1].rstrip()
        if not boundary or len(boundary) > MAX_BOUNDARY_CHARACTERS:
            self.note("a multipart without a usable boundary")
            return "text/plain"
        if depth >= MAX_DEPTH:
            self.note("parts are nested too deeply")
            return _OPAQUE
        marker = b"--" + boundary.encode("utf-8", "replace")
        child_type = "message/rfc822" if media_type == "multipart/digest" else "text/plain"  # RFC 2046 §5.1.5
        found = self.delimiter(marker, body_start, end)
        if self.boundary_lines > MAX_BOUNDARY_LINES:
            self.note("too many lines that look like a boundary")
            return _OPAQUE
        if found is None or found[2]:
            self.note("a multipart whose boundary does not occur")
            return "text/plain"
        children: list[Part] = []
        while True:
            start = found[1]
            following = self.delimiter(marker, start, end)
            stop = end if following is None else max(start, following[0])
            number = f"{prefix}{len(children) + 1}"
            if self.parts >= MAX_PARTS or self.boundary_lines >= MAX_BOUNDARY_LINES:
                self.note("too many parts; the rest is one")
                offsets = (start, start, end)
                children.append(self.part(_EMPTY, number, "application", "octet-stream", {}, "binary", offsets, ()))
                break
            header, child_start = self.header(start, stop)
            place = _Place(number, number, f"{number}.")
            children.append(self.entity(header, start, child_start, stop, depth + 1, place, child_type))
            if following is None:
                self.note("a multipart without its end boundary")
                break
            if following[2]:
                break
            found = following
        return tuple(children)

    def delimiter(self, marker: bytes, start: int, end: int) -> tuple[int, int, bool] | None:
        """The next boundary line from `start`: where the line end before it begins, where it ends, and whether it is the last.

        RFC 2046 §5.1.1 lets a boundary be the prefix of a line; in the wild one boundary is often the prefix of another
        (`=_1` and `=_1a`), so the whole line counts.
        """
        data = self.data
        at = start if data.startswith(marker, start, end) else -1
        position = start
        while True:
            if at < 0:
                at = data.find(b"\n" + marker, position, end) + 1
                if at == 0:
                    return None
            self.boundary_lines += 1
            if self.boundary_lines > MAX_BOUNDARY_LINES:
                return None
            tail = _AFTER_BOUNDARY.match(data, at + len(marker), end)
            if tail is not None:
                before = at
                if before > 0 and data[before - 1] == 10:
                    before -= 2 if before > 1 and data[before - 2] == 13 else 1
                return before, tail.end(), tail[1] is not None
            position = at
            at = -1


_EMPTY = Header(())
