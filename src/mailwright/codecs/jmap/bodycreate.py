"""Body parts that a client wants to have created: EmailBodyPart from JSON, and the MIME entities they become (RFC 8621 §4.6).

Called by `emailcreate`.
Expects: values straight from JSON; for writing, the octets of the blobs that the parts name.
Promises: what is wrong is noted under the path of the property, all of it; the entities are legal MIME with lines of at most 998
octets; seven-bit, but for messages that are attached and have eight bits themselves. A text is read back as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailwright.codecs.jmap.headers import BadProperty, parse_property
from mailwright.codecs.jmap.headerwriting import NotWritable, write
from mailwright.codecs.mime import encoding, parameters
from mailwright.codecs.mime.compose import CONTENT_ID, MEDIA_TYPE
from mailwright.codecs.mime.words import unfold
from mailwright.domain.ids import derived_token

MAX_PARTS = 500  # of one message; a letter with its pictures has a dozen
MAX_DEPTH = 20  # parts within parts
MAX_NAME_CHARACTERS = 255  # of a file name: what file systems take

_PROPERTIES = frozenset(
    ["partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location", "subParts"]
)
_CONTENT_FIELDS = {
    "disposition": "content-disposition",
    "cid": "content-id",
    "language": "content-language",
    "location": "content-location",
}
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,60}")
_LOCATION = re.compile(r"[!-~]{1,900}")


class Problems(dict[str, str]):
    """What is wrong: the path of each property that is, and why."""

    def note(self, path: str, why: str) -> None:
        self.setdefault(path, why)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part: children, or a text, or the octets of a blob."""

    media_type: str
    params: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[tuple[str, bytes], ...] = ()
    """The fields of its header beside Content-Type and Content-Transfer-Encoding: name in lower case, whole field."""
    text: str | None = None
    blob_id: str | None = None
    children: tuple[Piece, ...] = ()

    def walk(self) -> Iterator[Piece]:
        """This part and those below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class PartReader:
    """Reads the parts of one Email; `values` is its `bodyValues`."""

    def __init__(self, values: Mapping[str, Any], problems: Problems) -> None:
        self._values = values
        self._problems = problems
        self._parts = 0

    def read(self, value: Any, path: str, *, usual: str = "text/plain", beside: bool = False, depth: int = 0) -> Piece:
        """The part at `path`. `usual` is its type when it gives none; `beside`: it is an attachment unless it says otherwise."""
        self._parts += 1
        if not isinstance(value, Mapping) or depth > MAX_DEPTH or self._parts > MAX_PARTS:
            self._problems.note(path, f"a body part is an object; at most {MAX_PARTS} of them, {MAX_DEPTH} deep")
            return Piece(usual)
        given = {name: each for name, each in value.items() if each is not None}
        fields, taken = self._header(given, path)
        media_type, params = self._type(given, path, usual, taken)
        children = given.get("subParts")
        if media_type.startswith("multipart/") or children:
            return self._multipart(given, path, media_type, fields, taken, depth)
        fields += self._content_fields(given, path, params, taken, beside=beside)
        text, blob_id = self._content(given, path)
        if text is not None and media_type.startswith("text/"):
            params["charset"] = "utf-8"
        return Piece(media_type, params, tuple(fields), text, blob_id)

    def _multipart(
        self,
        given: Mapping[str, Any],
        path: str,
        media_type: str,
        fields: list[tuple[str, bytes]],
        taken: set[str],
        depth: int,
    ) -> Piece:
        children = given.get("subParts")
        if not media_type.startswith("multipart/"):
            self._problems.note(f"{path}/subParts", "only a multipart has parts")
        if not isinstance(children, list) or not children:
            self._problems.note(f"{path}/subParts", "a multipart has at least one part")
            children = []
        for name in ("partId", "blobId", "charset"):
            if name in given:
                self._problems.note(f"{path}/{name}", "a multipart has parts and no content of its own")
        parts = [
            self.read(child, f"{path}/subParts/{index}", depth=depth + 1)
            for index, child in enumerate(children[:MAX_PARTS])
        ]
        if len(children) > MAX_PARTS:
            self._problems.note(f"{path}/subParts", f"a message has at most {MAX_PARTS} parts")
        fields += self._content_fields(given, path, {}, taken, beside=False)
        return Piece(media_type, {}, tuple(fields), children=tuple(parts))

    def _header(self, given: Mapping[str, Any], path: str) -> tuple[list[tuple[str, bytes]], set[str]]:
        """The header properties of the part; and the names of the Content fields among them, lower-case."""
        fields: list[tuple[str, bytes]] = []
        for name in given:
            if name in _PROPERTIES:
                continue
            try:
                asked = parse_property(name)
                if asked.name == "content-transfer-encoding":
                    raise NotWritable("the server chooses the transfer encoding")  # RFC 8621 §4.6: MUST NOT be given
                if any(asked.name == known for known, _ in fields):
                    raise NotWritable("two properties are the same header field")
                fields += [(asked.name, written) for written in write(asked, given[name])]
            except (BadProperty, NotWritable) as refusal:
                self._problems.note(f"{path}/{name}", str(refusal))
        return [each for each in fields if each[0] != "content-type"], {key for key, _ in fields}

    def _type(self, given: Mapping[str, Any], path: str, usual: str, taken: set[str]) -> tuple[str, dict[str, str]]:
        params: dict[str, str] = {}
        value = given.get("type", usual)
        if "content-type" in taken:
            if "type" in given or "charset" in given:
                self._problems.note(f"{path}/type", "two properties are the same header field")
            written = next(each for name, each in given.items() if _is_content_type(name))
            value, params = parameters.parse(unfold(written).strip() if isinstance(written, str) else "")
            for ours in ("boundary", "charset") if "partId" in given else ("boundary",):
                params.pop(ours, None)
        if not isinstance(value, str) or not MEDIA_TYPE.fullmatch(value):
            self._problems.note(f"{path}/type", "a type is like text/plain")
            return usual, {}
        charset = given.get("charset")
        if charset is not None:
            # RFC 8621 §4.6: omitted with a partId, whose text the server encodes.
            if "partId" in given or not isinstance(charset, str) or not _TOKEN.fullmatch(charset):
                self._problems.note(f"{path}/charset", "a charset is a word, and goes with a blobId only")
            else:
                params["charset"] = charset
        return value.lower(), params

    def _content_fields(
        self, given: Mapping[str, Any], path: str, params: dict[str, str], taken: set[str], *, beside: bool
    ) -> list[tuple[str, bytes]]:
        """Content-Disposition, -ID, -Language and -Location; a name without a disposition goes into `params`."""
        out: list[tuple[str, bytes]] = []
        for own, key in _CONTENT_FIELDS.items():
            if own in given and key in taken:
                self._problems.note(f"{path}/{own}", "two properties are the same header field")
        name, disposition = given.get("name"), given.get("disposition")
        if name is not None and not (isinstance(name, str) and _is_file_name(name)):
            self._problems.note(f"{path}/name", f"a file name has up to {MAX_NAME_CHARACTERS} characters, one line")
            name = None
        if disposition is not None and (not isinstance(disposition, str) or not _TOKEN.fullmatch(disposition)):
            self._problems.note(f"{path}/disposition", "a disposition is a word like attachment")
            disposition = None
        if disposition is None and beside and "content-disposition" not in taken:
            disposition = "inline" if "cid" in given else "attachment"
        if disposition is not None:
            filename = {"filename": name} if name else {}
            words = encoding.parameters(disposition.lower(), filename)
            out.append(("content-disposition", encoding.field("Content-Disposition", words)))
        elif name:
            params["name"] = name
        return out + self._references(given, path)

    def _references(self, given: Mapping[str, Any], path: str) -> list[tuple[str, bytes]]:
        out: list[tuple[str, bytes]] = []
        cid, language, location = given.get("cid"), given.get("language"), given.get("location")
        if cid is not None:
            if isinstance(cid, str) and CONTENT_ID.fullmatch(cid):
                out.append(("content-id", encoding.field("Content-ID", [f"<{cid}>"])))
            else:
                self._problems.note(f"{path}/cid", "a content id is printable ASCII without angle brackets")
        if language is not None:
            if isinstance(language, list) and all(
                isinstance(each, str) and _LANGUAGE.fullmatch(each) for each in language
            ):
                words = [f"{each}," for each in language[:-1]] + language[-1:]
                out += [("content-language", encoding.field("Content-Language", words))] if words else []  # RFC 3282 §2
            else:
                self._problems.note(f"{path}/language", "languages are a list of tags like de or en-GB")
        if location is not None:
            if isinstance(location, str) and _LOCATION.fullmatch(location):
                out.append(("content-location", encoding.field("Content-Location", [location])))
            else:
                self._problems.note(f"{path}/location", "a location is a URI")
        return out

    def _content(self, given: Mapping[str, Any], path: str) -> tuple[str | None, str | None]:
        part_id, blob_id = given.get("partId"), given.get("blobId")
        if (part_id is None) == (blob_id is None):
            self._problems.note(path, "a part has a partId or a blobId, and not both")  # RFC 8621 §4.6
            return None, None
        if part_id is None:
            if not isinstance(blob_id, str):
                self._problems.note(f"{path}/blobId", "an id is a text")
                return None, None
            return None, blob_id
        if "size" in given:
            self._problems.note(f"{path}/size", "the size of a part with a partId is the server's to know")
        value = self._values.get(part_id) if isinstance(part_id, str) else None
        text = value.get("value") if isinstance(value, Mapping) else None
        if not isinstance(text, str):
            self._problems.note(f"{path}/partId", "there is no such text in bodyValues")
            return None, None
        return text, None


def entity(piece: Piece, contents: Mapping[str, bytes], seed: str, path: str = "0") -> tuple[list[bytes], bytes, bool]:
    """A part as the fields of its header, its body, and whether that has eight-bit octets."""
    own = [written for _, written in piece.fields]
    if piece.children:
        written = [entity(each, contents, seed, f"{path}.{index}") for index, each in enumerate(piece.children)]
        inner = [b"".join(head) + b"\r\n" + body for head, body, _ in written]
        eight_bit = any(each[2] for each in written)
        boundary = _boundary(inner, seed, path)
        marker = b"--" + boundary.encode()
        head = [encoding.field("Content-Type", [f"{piece.media_type};", f'boundary="{boundary}"'])]
        if eight_bit:
            head.append(b"Content-Transfer-Encoding: 8bit\r\n")  # RFC 2045 §6.4: said of all that is inside
        body = b"".join(marker + b"\r\n" + each + b"\r\n" for each in inner) + marker + b"--\r\n"
        return [*head, *own], body, eight_bit
    media_type, transfer, body = _leaf(piece, contents)
    head = [
        encoding.field("Content-Type", encoding.parameters(media_type, piece.params)),
        encoding.field("Content-Transfer-Encoding", [transfer]),
    ]
    return [*head, *own], body, transfer == "8bit"


def _leaf(piece: Piece, contents: Mapping[str, bytes]) -> tuple[str, str, bytes]:
    """Its type, transfer encoding and encoded content."""
    if piece.text is not None:
        # RFC 2046 §4.1.1: lines of text end with CRLF and hold no other CR or LF. A NUL is in no text.
        lines = piece.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        if piece.media_type.startswith("text/"):
            return piece.media_type, *encoding.text_body(lines)
        return piece.media_type, "base64", encoding.base64_body(lines.encode("utf-8", "replace"))
    octets = contents[piece.blob_id] if piece.blob_id is not None else b""
    if piece.media_type.startswith("message/"):
        # RFC 2046 §5.2.1: a message may not be base64, so it stays as it is, or is a file of octets when it cannot.
        lined = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        longest = max(map(len, lined.split(b"\r\n")), default=0)
        if longest <= encoding.MAX_LINE_OCTETS and b"\x00" not in lined and b"\r" not in lined.replace(b"\r\n", b""):
            return piece.media_type, "7bit" if lined.isascii() else "8bit", lined
        return "application/octet-stream", "base64", encoding.base64_body(octets)
    return piece.media_type, "base64", encoding.base64_body(octets)


def _boundary(parts: Sequence[bytes], seed: str, path: str) -> str:
    """RFC 2046 §5.1: a boundary that occurs in none of the parts."""
    attempt = 0
    while True:
        boundary = f"=_{derived_token('boundary', seed, path, str(attempt))}"
        if not any(boundary.encode() in part for part in parts):
            return boundary
        attempt += 1


def _is_file_name(name: str) -> bool:
    return len(name) <= MAX_NAME_CHARACTERS and _CONTROLS.search(name) is None


def _is_content_type(name: str) -> bool:
    return name.lower().startswith("header:content-type") and parse_property(name).name == "content-type"
