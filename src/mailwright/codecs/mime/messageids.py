"""Message-ID, In-Reply-To and References.

Called by `header` and `replies`.
Promises: every id is `<…>` of printable ASCII, at most `MAX_ID_OCTETS` long, so that whatever is read can be written again
and kept in an index; garbage between ids is ignored; an id that was written as encoded words, as some programs do with long
ones, is read; never raises.
"""

import re

from mailwright.codecs.mime import words

MAX_ID_OCTETS = 900  # with its field name it must fit a line of 998 octets (RFC 5322 §2.1.1)
MAX_IDS = 100  # of one field: the first (the thread's root) and the last 99; longer threads are known by their root

_ID = re.compile(r"<([^<>]+)>")
_LEGAL = re.compile(rf"[!-;=?-~]{{1,{MAX_ID_OCTETS - 2}}}")


def parse(value: str) -> tuple[str, ...]:
    """The ids of an unfolded field, in their order, each once."""
    if "=?" in _ID.sub("", value):  # RFC 2047 §5 allows it nowhere here; Python's own library does it
        value = words.decode_words(value)
    ids: dict[str, None] = {}
    for found in _ID.findall(value):
        inner = found if found.isprintable() and " " not in found else "".join(found.split())  # folded inside the id
        if _LEGAL.fullmatch(inner):
            ids[f"<{inner}>"] = None
    if not ids and "<" not in value:
        # Brackets forgotten: taken only when the whole field is one word with an @.
        bare = value.strip()
        if "@" in bare and _LEGAL.fullmatch(bare):
            ids[f"<{bare}>"] = None
    if len(ids) > MAX_IDS:
        every = list(ids)
        return (every[0], *every[-(MAX_IDS - 1) :])
    return tuple(ids)
