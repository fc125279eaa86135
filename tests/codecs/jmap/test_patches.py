"""Patches (RFC 8620 §5.3)."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.jmap import patches
from mailwright.codecs.jmap.patches import BadPatch

EMAIL: dict[str, Any] = {"keywords": {"$seen": True, "a/b": True}, "mailboxIds": {"m1": True}, "list": [1, 2]}


def test_a_whole_property_is_replaced() -> None:
    assert patches.apply(EMAIL, {"keywords": {"$draft": True}})["keywords"] == {"$draft": True}


def test_a_part_of_a_property_is_set_and_another_taken_away() -> None:
    changed = patches.apply(EMAIL, {"keywords/$flagged": True, "keywords/$seen": None, "keywords/a~1b": None})
    assert changed["keywords"] == {"$flagged": True}


def test_null_takes_a_property_away() -> None:
    assert "mailboxIds" not in patches.apply(EMAIL, {"mailboxIds": None})


def test_what_was_there_stays_as_it_was() -> None:
    before = copy.deepcopy(EMAIL)
    patches.apply(EMAIL, {"keywords/$seen": None, "mailboxIds/m2": True})
    assert before == EMAIL


@pytest.mark.parametrize(
    "patch",
    [
        {"keywords": {}, "keywords/$seen": True},
        {"a/b": 1},
        {"list/0": 5},
        {"keywords/$seen/deeper": True},
        {"mailboxIds/m1": None, "mailboxIds/m1/x": 1},
    ],
)
def test_a_patch_that_contradicts_itself_or_reaches_into_nothing_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(BadPatch):
        patches.apply(EMAIL, patch)


def test_the_properties_a_patch_changes_are_known() -> None:
    assert patches.touched({"keywords/$seen": True, "name": "x", "a~1b": 1}) == {"keywords", "name", "a/b"}


_OBJECTS = st.dictionaries(
    st.text(max_size=4), st.integers() | st.dictionaries(st.text(max_size=4), st.integers(), max_size=3), max_size=4
)


@given(_OBJECTS, _OBJECTS)
def test_replacing_every_property_makes_one_object_the_other(one: dict[str, Any], other: dict[str, Any]) -> None:
    patch = {key.replace("~", "~0").replace("/", "~1"): other.get(key) for key in {*one, *other}}
    assert patches.apply(one, patch) == other


@given(_OBJECTS, st.dictionaries(st.text(max_size=8), st.none() | st.integers(), max_size=4))
def test_no_patch_breaks_it(one: dict[str, Any], patch: dict[str, Any]) -> None:
    with contextlib.suppress(BadPatch):
        patches.apply(one, patch)
