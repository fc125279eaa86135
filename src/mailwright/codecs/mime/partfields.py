"""What the header of a part says of it, besides what it is: where it belongs, what it is called, in which language.

Called by `structure` for every part. Promises: never raises; every value is bounded, the parameters by `parameters`.
"""

from typing import NamedTuple

from mailwright.codecs.mime import parameters
from mailwright.codecs.mime.header import Header

MAX_DESCRIPTION_CHARACTERS = 1000  # a line for people
MAX_CONTENT_ID_CHARACTERS = 998  # a line of a header (RFC 5322 §2.1.1)
MAX_LANGUAGES = 20  # RFC 3282 §2 means the languages of the audience: more is no statement
MAX_LANGUAGE_CHARACTERS = 35  # RFC 5646 §4.4.1: the longest that is to be expected
MAX_LOCATION_CHARACTERS = 2000  # of a URI, as browsers take them
MAX_MD5_CHARACTERS = 32  # RFC 1864 §2: 24 of base64


class Said(NamedTuple):
    """The fields of one part."""

    disposition: str | None = None
    disposition_params: dict[str, str] = {}  # noqa: RUF012  # never changed, and made anew where there are any
    filename: str | None = None
    content_id: str | None = None
    description: str | None = None
    languages: tuple[str, ...] = ()
    location: str | None = None
    md5: str | None = None

    @property
    def length(self) -> int:
        """Characters that are kept."""
        texts = (self.content_id, self.description, self.location, self.md5, *self.languages)
        return length(self.disposition_params) + sum(len(text) for text in texts if text)


NOTHING = Said()


def read(header: Header, params: dict[str, str]) -> Said:
    """Read the fields. `params` are those of the Content-Type, which may hold the file's name."""
    if not header.fields:
        return NOTHING
    disposition: str | None = None
    disposition_params: dict[str, str] = {}
    value = header.raw("content-disposition")
    if value:
        disposition, disposition_params = parameters.parse(value)
        disposition = disposition.split(None, 1)[0][:64] if disposition.strip() else None
    return Said(
        disposition,
        disposition_params,
        parameters.filename_of(disposition_params, params) if disposition_params or params else None,
        _content_id(header),
        _line(header, "content-description", MAX_DESCRIPTION_CHARACTERS),
        _languages(header),
        _location(header),
        _line(header, "content-md5", MAX_MD5_CHARACTERS),
    )


def encoding_of(header: Header) -> str:
    """RFC 2045 §6.1; what is missing is 7bit."""
    value = header.raw("content-transfer-encoding")
    if not value:
        return "7bit"
    words = value.partition(";")[0].partition("(")[0].strip(" \t\"'").lower()
    return words[:64] if words.isprintable() and words else "7bit"


def length(params: dict[str, str]) -> int:
    """Characters of parameters."""
    return sum(len(name) + len(value) for name, value in params.items())


def _line(header: Header, name: str, most: int) -> str | None:
    return (header.get(name) or "")[:most] if name in header else None


def _content_id(header: Header) -> str | None:
    """RFC 2045 §7, without its angle brackets, as `cid:` links have it."""
    value = header.get("content-id")
    if not value:
        return None
    return value.strip("<> \t")[:MAX_CONTENT_ID_CHARACTERS] or None


def _languages(header: Header) -> tuple[str, ...]:
    # RFC 3282 §2: tags between commas.
    value = header.get("content-language")
    if not value:
        return ()
    tags = (tag.partition("(")[0].strip()[:MAX_LANGUAGE_CHARACTERS] for tag in value.split(","))
    return tuple([tag for tag in tags if tag][:MAX_LANGUAGES])


def _location(header: Header) -> str | None:
    # RFC 2557 §4.4.2: a long URI is folded, and the white space of that is none of its own.
    value = header.get("content-location")
    return ("".join(value.split())[:MAX_LOCATION_CHARACTERS] or None) if value else None
