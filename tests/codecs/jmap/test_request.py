"""The Request object (RFC 8620 §3.3), and what is wrong with one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.jmap import request
from mailwright.codecs.jmap.request import RequestError

CORE = "urn:ietf:params:jmap:core"


def _parse(value: Any) -> request.Request:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return request.parse(body, capabilities={CORE}, max_calls=4)


def _error(value: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        _parse(value)
    return caught.value


def test_a_request_has_its_calls_in_order() -> None:
    found = _parse({"using": [CORE], "methodCalls": [["A/get", {"x": 1}, "a"], ["B/get", {}, "b"]]})
    assert found.using == {CORE}
    assert [(each.name, each.call_id) for each in found.calls] == [("A/get", "a"), ("B/get", "b")]
    assert found.calls[0].arguments == {"x": 1}
    assert found.created_ids is None


def test_created_ids_of_an_earlier_request_come_along() -> None:
    found = _parse({"using": [], "methodCalls": [], "createdIds": {"k1": "m-1"}})
    assert found.created_ids == {"k1": "m-1"}


def test_further_properties_of_a_request_are_left_alone() -> None:
    assert _parse({"using": [], "methodCalls": [], "later": True}).calls == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"using": [], "using": [], "methodCalls": []}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": 1} {"b": 2}',
        b"[" * 100 + b"]" * 100,
        b"[" * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_i_json_is_not_json(body: bytes) -> None:
    error = _error(body)
    assert error.type == "urn:ietf:params:jmap:error:notJSON"
    assert error.status == 400


@pytest.mark.parametrize(
    "value",
    [
        [],
        "text",
        None,
        {"foo": "bar"},
        {"using": CORE, "methodCalls": []},
        {"using": [1], "methodCalls": []},
        {"using": [], "methodCalls": {}},
        {"using": [], "methodCalls": [["A/get", {}]]},
        {"using": [], "methodCalls": [["A/get", [], "a"]]},
        {"using": [], "methodCalls": [["A/get", {}, 1]]},
        {"using": [], "methodCalls": [[1, {}, "a"]]},
        {"using": [], "methodCalls": [], "createdIds": []},
        {"using": [], "methodCalls": [], "createdIds": {"k": 1}},
        {"using": [], "methodCalls": [], "createdIds": {"not an id": "x"}},
    ],
)
def test_other_json_is_no_request(value: Any) -> None:
    assert _error(value).type == "urn:ietf:params:jmap:error:notRequest"


def test_a_capability_nobody_knows_is_named() -> None:
    error = _error({"using": [CORE, "urn:example:other"], "methodCalls": []})
    assert error.type == "urn:ietf:params:jmap:error:unknownCapability"
    assert "urn:example:other" in error.detail


def test_too_many_calls_pass_a_limit_that_is_named() -> None:
    error = _error({"using": [CORE], "methodCalls": [["A/get", {}, "a"]] * 5})
    assert error.to_json() == {
        "type": "urn:ietf:params:jmap:error:limit",
        "status": 400,
        "detail": "a request has at most 4 calls",
        "limit": "maxCallsInRequest",
    }


@given(st.binary(max_size=200))
def test_no_octets_break_the_reader(body: bytes) -> None:
    with contextlib.suppress(RequestError):
        _parse(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_i_json_is_read_as_it_was_written(value: Any) -> None:
    assert request.loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "is_one"), [("a-Z_9", True), ("", False), ("a b", False), ("a.b", False), ("x" * 256, False)]
)
def test_an_id_has_few_characters(text: str, is_one: bool) -> None:
    assert request.is_id(text) is is_one
