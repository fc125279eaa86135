"""Compact lists of ids against plain ones, and the memory they may take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailwright.core.idlist import IdList, IdLists, Kept
from mailwright.domain.ids import new_id

Row = tuple[str, str, int]

_POOL = [new_id() for _ in range(40)]
_rows = st.lists(
    st.tuples(st.sampled_from(_POOL), st.sampled_from("abcd"), st.integers(0, 4)),
    max_size=12,
    unique_by=lambda row: row[0],
)


def _in_order(rows: list[Row], *, descending: bool) -> list[Row]:
    return sorted(rows, key=lambda row: (row[2], row[0]), reverse=descending)


def _shown(rows: list[Row], *, collapsed: bool) -> list[str]:
    seen: dict[str, str] = {}
    for row in rows:
        seen.setdefault(row[1], row[0])
    return list(seen.values()) if collapsed else [row[0] for row in rows]


@given(_rows, _rows, st.sets(st.sampled_from(_POOL)), st.booleans(), st.booleans())
def test_a_list_that_was_updated_is_as_if_made_anew(
    before: list[Row], come: list[Row], gone: set[str], descending: bool, collapsed: bool
) -> None:
    made = IdList.of(_in_order(before, descending=descending), collapsed=collapsed, descending=descending)
    gone |= {row[0] for row in come}
    now = _in_order([row for row in before if row[0] not in gone] + come, descending=descending)
    updated = made.updated(gone, come)
    expected = _shown(now, collapsed=collapsed)
    assert list(updated) == updated[:] == expected
    assert [updated.place(each) for each in expected] == list(range(len(expected)))
    assert all((each in updated) is (each in expected) for each in _POOL)
    assert updated.size == len(now)
    assert list(made) == _shown(_in_order(before, descending=descending), collapsed=collapsed)
    if expected:
        assert (updated[0], updated[-1]) == (expected[0], expected[-1])
        assert updated[1:3] == expected[1:3]


def test_what_is_remembered_has_a_bound() -> None:
    rows = [(new_id(), "t", number) for number in range(100)]
    one = IdList.of(rows, collapsed=False, descending=True)
    lists = IdLists(max_octets=3 * one.octets)
    for key in "abcd":
        lists.put(key, Kept(one, 1, 0.0))
        assert lists.octets <= 3 * one.octets
    assert [key for key in "abcd" if lists.get(key)] == ["b", "c", "d"]
    lists.get("b")
    lists.put("e", Kept(one, 1, 0.0))
    assert [key for key in "abcde" if lists.get(key)] == ["b", "d", "e"]
    lists.put("e", Kept(one, 2, 0.0))
    assert lists.octets == 3 * one.octets
    IdLists(max_octets=one.octets).put("large", Kept(one, 1, 0.0))


def test_a_hundred_thousand_messages_take_six_megabytes() -> None:
    rows = [(new_id(), str(number // 2), number) for number in range(100_000)]
    made = IdList.of(rows, collapsed=True, descending=False)
    assert len(made) == 50_000
    assert made.octets < 6_000_000
