"""What FETCH says of a message, brought into a form in which two servers can be compared: a flat table of values by name.

Used by the differential tests. Case that means nothing goes (types, parameter names, encodings), order that means nothing too.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.header import decode_header, make_header

from tests.clients.imap_speaker import Answer, Value

Table = dict[str, Value]


def fetched(answer: Answer) -> dict[int, dict[bytes, Value]]:
    """The items of each message by its number."""
    found: dict[int, dict[bytes, Value]] = {}
    for number, pairs in answer.named(b"FETCH"):
        assert isinstance(number, bytes)
        assert isinstance(pairs, tuple)
        items = found.setdefault(int(number), {})
        for name, value in zip(pairs[::2], pairs[1::2], strict=True):
            assert isinstance(name, bytes)
            items[name.upper()] = value
    return found


def structure(value: Value, *, extensible: bool, path: str = "") -> Table:
    """A BODY or BODYSTRUCTURE: `{"1.2 type": b"text/plain", "1.2 lines": b"3", …}`."""
    assert isinstance(value, tuple)
    if isinstance(value[0], tuple):
        return _multipart(value, extensible=extensible, path=path)
    type_, subtype, params, content_id, description, encoding, size, *rest = value
    table: Table = {
        f"{path} type": _lower(type_) + b"/" + _lower(subtype),
        f"{path} params": _params(params),
        f"{path} id": content_id,
        f"{path} description": _decoded(description),
        f"{path} encoding": _lower(encoding),
        f"{path} size": size,
    }
    if table[f"{path} type"] == b"message/rfc822":
        table[f"{path} envelope"] = rest.pop(0)
        table |= structure(rest.pop(0), extensible=extensible, path=f"{path}.message")
        table[f"{path} lines"] = rest.pop(0)
    elif _lower(type_) == b"text":
        table[f"{path} lines"] = rest.pop(0)
    if extensible:
        md5, disposition, language, location = rest[:4]
        table |= {f"{path} md5": md5, f"{path} language": language, f"{path} location": location}
        table[f"{path} disposition"] = _disposition(disposition)
    return table


def numbers(value: Value, above: str = "") -> Iterator[str]:
    """The part numbers of a structure (RFC 9051 §6.4.5.1)."""
    assert isinstance(value, tuple)
    if isinstance(value[0], tuple):
        for index, child in enumerate((each for each in value if isinstance(each, tuple) and _is_body(each)), start=1):
            yield f"{above}{index}"
            yield from numbers(child, f"{above}{index}.")
    elif _lower(value[0]) == b"message" and _lower(value[1]) == b"rfc822":
        inner = value[8]
        assert isinstance(inner, tuple)
        if not isinstance(inner[0], tuple):
            yield f"{above}1"
        yield from numbers(inner, above if isinstance(inner[0], tuple) else f"{above}1.")


def _is_body(value: tuple[Value, ...]) -> bool:
    return bool(value) and (isinstance(value[0], tuple) or len(value) >= 7)


def _multipart(value: tuple[Value, ...], *, extensible: bool, path: str) -> Table:
    count = next(index for index, each in enumerate(value) if not isinstance(each, tuple))
    table: Table = {f"{path} type": b"multipart/" + _lower(value[count]), f"{path} parts": b"%d" % count}
    for index in range(count):
        table |= structure(value[index], extensible=extensible, path=f"{path}.{index + 1}".lstrip("."))
    if extensible:
        params, disposition, language, location = value[count + 1 : count + 5]
        table |= {f"{path} params": _params(params), f"{path} disposition": _disposition(disposition)}
        table |= {f"{path} language": language, f"{path} location": location}
    return table


def _params(value: Value) -> Value:
    if value is None:
        return None
    assert isinstance(value, tuple)
    pairs = zip(value[::2], value[1::2], strict=True)
    return tuple(sorted((_lower(name), text) for name, text in pairs))


def _disposition(value: Value) -> Value:
    if value is None:
        return None
    assert isinstance(value, tuple)
    return (_lower(value[0]), _params(value[1]))


def _decoded(value: Value) -> Value:
    return str(make_header(decode_header(value.decode("latin-1")))).encode() if isinstance(value, bytes) else value


def _lower(value: Value) -> bytes:
    return value.lower() if isinstance(value, bytes) else b""
