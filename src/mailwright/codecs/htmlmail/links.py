"""Links: where one leads, and whether its text claims another place.

Called by `sanitise`. Promises: only http, https and mailto come out, written so that every browser reads the same; never raises.
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import urlsplit

MAX_CHARACTERS = 4_000  # of an address; trackers have long ones
MAX_SHOWN = 1_000  # characters of a link's text that are looked at for a host; it stands at its beginning

# What browsers take out of an address before they read its scheme (WHATWG URL §4.4).
_IGNORED = re.compile(r"[\t\r\n]")
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_EDGES = "".join(chr(code) for code in range(0x21))
_BEFORE_QUERY = re.compile(r"[^?#]*")
_AUTHORITY = re.compile(r"[^/?#]*")
_SCHEME = re.compile(r"(https?|mailto):", re.IGNORECASE)
# A host as people write it in a text: labels and a last one of letters, with what may stand before and behind it.
_HOST = re.compile(r"(?:https?://)?(?:[^\s/@]*@)?((?:[\w-]+\.)+[^\W\d_]{2,24})(?=[/:?#\s]|\Z)", re.IGNORECASE)


# Names of files and programs that look like hosts and are none: no domain ends like this.
_FILES = frozenset(
    [
        "css",
        "csv",
        "doc",
        "docx",
        "gif",
        "htm",
        "html",
        "ics",
        "jpeg",
        "jpg",
        "js",
        "json",
        "pdf",
        "php",
        "png",
        "ppt",
        "pptx",
        "tar",
        "txt",
        "xls",
        "xlsx",
        "xml",
    ]
)


def target(given: str) -> str | None:
    """The address as it is written out, or None when it may not be followed."""
    address = _IGNORED.sub("", given).strip(_EDGES)
    if len(address) > MAX_CHARACTERS or not _SCHEME.match(address):
        return None
    if address[:7].lower() == "mailto:":
        return "mailto:" + _CONTROLS.sub("", address[7:])
    address = _CONTROLS.sub(lambda found: "".join(f"%{octet:02X}" for octet in found[0].encode()), address)
    scheme, _, rest = address.partition(":")
    # WHATWG URL §4.4: before the host stand slashes in any number, and backslashes are slashes up to the query.
    rest = _BEFORE_QUERY.sub(lambda found: found[0].replace("\\", "/"), rest, count=1).lstrip("/")
    authority = _AUTHORITY.match(rest)
    end = authority.end() if authority else 0
    # A name before an @ is nobody's honest link: https://bank.example@example.net leads to example.net.
    address = f"{scheme.lower()}://{rest[:end].rpartition('@')[2]}{rest[end:]}"
    return address if host_of(address) else None


def host_of(address: str) -> str:
    """The host an http(s) address leads to, lower-case; empty when there is none."""
    try:
        return (urlsplit(address).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def claims_another(text: str, address: str) -> str:
    """The host that the text of a link names although the link leads elsewhere; empty for an honest link.

    `text` is what a reader sees. A name of the same registered domain is honest: `bank.example` may lead to `www.bank.example`.
    """
    # What takes no room on the screen must not hide a host that a reader sees.
    visible = "".join(each for each in html.unescape(text.lstrip()[:MAX_SHOWN]) if unicodedata.category(each) != "Cf")
    shown = unicodedata.normalize("NFKC", visible).strip()
    if address.startswith("mailto:"):
        return ""
    found = _HOST.match(shown)
    if found is None or (not shown.lower().startswith("http") and found[1].rpartition(".")[2].lower() in _FILES):
        return ""
    claimed, real = _ascii(found[1].lower()), _ascii(host_of(address))
    if (
        claimed == real
        or real.endswith("." + claimed.removeprefix("www."))
        or claimed.endswith("." + real.removeprefix("www."))
    ):
        return ""
    return "" if claimed.removeprefix("www.") == real.removeprefix("www.") else found[1].lower()


def _ascii(host: str) -> str:
    """A host name in A-labels where it has such a form (RFC 5890 §2.3.2.1)."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
