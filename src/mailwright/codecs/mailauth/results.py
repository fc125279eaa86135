"""What was found, in the words of RFC 8601: one result for each method, the header field that tells of it, and a line for people.

Made by the checks of this package and by `reading`; written into messages by core when it files them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

FIELD_NAME = "Authentication-Results"

MAX_VALUE_CHARACTERS = 255  # of one property: a domain name fits

# RFC 2045 §5.1 (token), with what RFC 8601 §2.2 lets a pvalue have besides: "@" and what stands in a domain name.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.@^_`{|}~-]+")
_UNFIT = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class MethodResult:
    """`method` is spf, dkim, dmarc, arc or auth; `result` one of its words (RFC 8601 §2.7); properties are ptype.property and value.

    `reason` is for people. Of our own results it is our own words, never something the message says.
    """

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def property(self, name: str) -> str:
        """The value of `header.d` or the like; empty when it is not there."""
        return next((value for key, value in self.properties if key == name), "")

    def __str__(self) -> str:
        told = f" ({self.reason})" if self.reason else ""
        return " ".join([f"{self.method}={self.result}{told}", *(f"{key}={value}" for key, value in self.properties)])


def summary(results: Sequence[MethodResult]) -> str:
    """All of them in one line for people: `spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org; …`."""
    return "; ".join(map(str, results))


def results_field(authserv_id: str, results: Sequence[MethodResult]) -> bytes:
    """The header field with its CRLF, one result a line. RFC 8601 §2.2: `none` when nothing was checked."""
    lines = [_written(result) for result in results] or ["none"]
    return f"{FIELD_NAME}: {_value(authserv_id)};\r\n\t{(';' + chr(13) + chr(10) + chr(9)).join(lines)}\r\n".encode()


def _written(result: MethodResult) -> str:
    words = [f"{result.method}={result.result}"]
    if result.reason:
        words.append(f"reason={_quoted(result.reason)}")
    words += [f"{name}={_value(value)}" for name, value in result.properties]
    return "\r\n\t\t".join([" ".join(words[:2]), *words[2:]])


def _value(text: str) -> str:
    return text if _TOKEN.fullmatch(text) and len(text) <= MAX_VALUE_CHARACTERS else _quoted(text)


def _quoted(text: str) -> str:
    plain = _UNFIT.sub("?", text[:MAX_VALUE_CHARACTERS])
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
