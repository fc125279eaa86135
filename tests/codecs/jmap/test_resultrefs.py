"""References to the results of earlier calls (RFC 8620 §3.7)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.jmap import resultrefs
from mailwright.codecs.jmap.resultrefs import BadReference

RESPONSES: list[list[Any]] = [
    ["Email/query", {"ids": ["m1", "m2"], "total": 2}, "0"],
    [
        "Email/get",
        {"list": [{"id": "m1", "threadId": "t1", "to": ["a", "b"]}, {"id": "m2", "threadId": "t2", "to": ["c"]}]},
        "1",
    ],
    ["error", {"type": "serverFail"}, "2"],
    ["Email/set", {"created": {"a/b": {"id": "x"}, "c~d": {"id": "y"}}}, "3"],
    ["Email/get", {"list": []}, "3"],
]


def _reference(call: str, name: str, path: str) -> dict[str, Any]:
    return resultrefs.resolve({"#ids": {"resultOf": call, "name": name, "path": path}}, RESPONSES)


@pytest.mark.parametrize(
    ("call", "name", "path", "found"),
    [
        ("0", "Email/query", "/ids", ["m1", "m2"]),
        ("0", "Email/query", "/ids/1", "m2"),
        ("1", "Email/get", "/list/*/threadId", ["t1", "t2"]),
        ("1", "Email/get", "/list/*/to", ["a", "b", "c"]),
        ("1", "Email/get", "/list/0/to/*", ["a", "b"]),
        ("3", "Email/set", "/created/a~1b/id", "x"),
        ("3", "Email/set", "/created/c~0d/id", "y"),
        ("0", "Email/query", "", {"ids": ["m1", "m2"], "total": 2}),
    ],
)
def test_a_path_finds_what_it_names(call: str, name: str, path: str, found: Any) -> None:
    assert _reference(call, name, path) == {"ids": found}


@pytest.mark.parametrize(
    ("call", "name", "path"),
    [
        ("9", "Email/query", "/ids"),  # no such call
        ("0", "Email/get", "/ids"),  # another name
        ("2", "Email/get", "/list"),  # it failed
        ("3", "Email/get", "/list"),  # the first response of that call has another name
        ("0", "Email/query", "/nothing"),
        ("0", "Email/query", "/ids/2"),
        ("0", "Email/query", "/ids/01"),
        ("0", "Email/query", "/ids/-1"),
        ("0", "Email/query", "/total/*"),
        ("0", "Email/query", "ids"),
        ("1", "Email/get", "/list/*/nothing"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_invalid_reference(call: str, name: str, path: str) -> None:
    with pytest.raises(BadReference) as caught:
        _reference(call, name, path)
    assert caught.value.type == "invalidResultReference"


@pytest.mark.parametrize(
    "reference", [None, "x", {}, {"resultOf": "0", "name": "Email/query"}, {"resultOf": 0, "name": "", "path": ""}]
)
def test_what_is_no_reference_object_is_an_invalid_reference(reference: Any) -> None:
    with pytest.raises(BadReference) as caught:
        resultrefs.resolve({"#ids": reference}, RESPONSES)
    assert caught.value.type == "invalidResultReference"


def test_an_argument_given_both_ways_is_refused() -> None:
    with pytest.raises(BadReference) as caught:
        resultrefs.resolve({"ids": [], "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}}, RESPONSES)
    assert caught.value.type == "invalidArguments"


def test_a_path_that_would_find_too_much_is_refused() -> None:
    wide = [["A/get", {"list": [{"inner": list(range(1_000))}] * 1_000}, "0"]]
    with pytest.raises(BadReference):
        resultrefs.resolve({"#x": {"resultOf": "0", "name": "A/get", "path": "/list/*/inner"}}, wide)


_KEYS = st.text(st.characters(codec="utf-8"), max_size=6)
_TREE = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=12
)


@given(_TREE, st.data())
def test_every_place_of_a_value_has_a_path(tree: Any, data: st.DataObject) -> None:
    place, path = tree, ""
    while isinstance(place, dict | list) and place and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        path += "/" + str(key).replace("~", "~0").replace("/", "~1")
        place = place[key]
    assert resultrefs.evaluate(tree, path) == place


@given(_TREE, st.text(max_size=12))
def test_no_path_breaks_it(tree: Any, path: str) -> None:
    with contextlib.suppress(BadReference):
        resultrefs.evaluate(tree, path)


def test_references_to_references_do_not_grow_without_end() -> None:
    responses: list[list[Any]] = [["Core/echo", {"text": "x" * 1_000}, "0"]]
    allowance = resultrefs.Allowance()

    def refer() -> None:
        for number in range(1, 64):
            before = {"resultOf": str(number - 1), "name": "Core/echo", "path": ""}
            arguments = {f"#{key}": before for key in range(10)}
            responses.append(["Core/echo", resultrefs.resolve(arguments, responses, allowance), str(number)])

    with pytest.raises(BadReference) as failed:
        refer()
    assert failed.value.type == "requestTooLarge"
    assert len(responses) < 6


@pytest.mark.parametrize("path", ["/a" * 40, "/a/" + "x" * 5_000, "/*" * 40])
def test_a_path_that_leads_nowhere_for_long_is_refused_at_once(path: str) -> None:
    with pytest.raises(BadReference):
        resultrefs.evaluate({"a": []}, path)


def test_going_through_a_list_costs_even_when_nothing_is_found() -> None:
    allowance = resultrefs.Allowance(left=1_000)
    with pytest.raises(BadReference):
        resultrefs.evaluate({"a": [[]] * 200}, "/a/*/*", allowance)
