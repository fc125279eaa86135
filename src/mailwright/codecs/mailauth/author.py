"""The author of a message: the one address its From line names, or nobody.

Called by `examination` and `core.authentication`. Strict on purpose: a result is about the domain of this address, agents act on
its words, and a reader of the message must not be shown another one. What is legal and strange (two fields, a group, an address
with quotes or comments inside) has no author here, and its mail is a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from mailwright.codecs.mime import mailboxes
from mailwright.codecs.mime.words import unfold
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

MAX_FROM_CHARACTERS = 2_000  # of the field; names are shorter
MAX_CLAIMED_OCTETS = 128 * 1024  # of a longer one; nobody's program reads more of it (`codecs/mime`)

_ATOM = r"[^\s<>()\[\],;:@\\\"]"
_ADDRESS = rf"(?P<{{}}>{_ATOM}{{{{1,64}}}}@{_ATOM}{{{{1,255}}}})"
# RFC 5322 §3.4, without groups, routes, and comments other than one at the end. Nothing that is repeated can be read two ways.
_ONE = re.compile(
    r"\s*+(?:"
    r'(?:"(?:[^"\\]|\\.)*+"|[^<>()\[\],;:@\\"])*+<\s*+' + _ADDRESS.format("angle") + r"\s*+>"
    r"|" + _ADDRESS.format("bare") + r")\s*+(?:\([^()\\]*+\)\s*+)?",
    re.DOTALL,
)


def author(values: Iterable[bytes]) -> Address | None:
    """The author, when `values` (of every From field of the message, folded as they are) is one field with one mailbox."""
    fields = list(values)
    if len(fields) != 1 or len(fields[0]) > MAX_FROM_CHARACTERS:
        return None
    try:
        value = unfold(fields[0].decode())  # RFC 6532 §3.2: ASCII or UTF-8, and no guess
    except UnicodeDecodeError:
        return None
    found = _ONE.fullmatch(value.strip())
    if found is None:
        return None
    written = found["angle"] or found["bare"]
    # What everybody else here takes for the author must be the same.
    read = mailboxes.parse(value)
    if len(read) != 1 or read[0].address != written or "=?" in written:
        return None
    try:
        return Address.parse(written)
    except BadAddress:
        return None


def claimed(values: Iterable[bytes]) -> list[str]:
    """The domain of every address that any reader may take for an author's: of all fields and groups, as kindly read as can be."""
    return [domain for value in values for domain in _domains(value)]


def _domains(value: bytes) -> tuple[str, ...]:
    return _remembered(value) if len(value) <= MAX_FROM_CHARACTERS else _read(value[:MAX_CLAIMED_OCTETS])


@lru_cache(maxsize=1024)  # who writes once writes again
def _remembered(value: bytes) -> tuple[str, ...]:
    return _read(value)


def _read(value: bytes) -> tuple[str, ...]:
    found = []
    for mailbox in mailboxes.parse(unfold(value.decode("utf-8", "replace"))):
        try:
            found.append(Address.parse(mailbox.address).domain)
        except BadAddress:
            continue
    return tuple(found)
