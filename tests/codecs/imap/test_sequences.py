"""Sets of messages: reading, writing, resolving by bisection, `$` and `*`."""

import time
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs.imap import STAR, NoSuchNumber, PeerError, SequenceSet, compact

numbers = st.one_of(st.integers(1, 40), st.integers(1, 2**32 - 1), st.just(STAR))
ranges = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30)
mailboxes = st.lists(st.integers(1, 60), unique=True, max_size=30).map(sorted)


def test_ranges_are_put_in_order_and_joined() -> None:
    assert SequenceSet.parse(b"9:7,1,2,4:3,20:*,8").ranges == ((1, 4), (7, 9), (20, STAR))
    assert SequenceSet.parse(b"*") == SequenceSet(((STAR, STAR),))
    assert SequenceSet.parse(b"$") == SequenceSet((), uses_saved=True)


@pytest.mark.parametrize(
    "text",
    [b"", b"0", b"01", b"1,", b",1", b"1:", b":1", b"1:2:3", b"4294967296", b"99999999999", b"1,$", b"-1", b"1 2"],
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(PeerError):
        SequenceSet.parse(text)


@given(ranges)
def test_what_is_written_reads_back(given: list[tuple[int, int]]) -> None:
    chosen = SequenceSet.of(given)
    assert SequenceSet.parse(chosen.encode()) == chosen


@given(ranges, mailboxes)
def test_uids_are_those_that_a_loop_over_all_would_find(given: list[tuple[int, int]], uids: list[int]) -> None:
    largest = uids[-1] if uids else 0
    spelled = [(largest if a == STAR else a, largest if b == STAR else b) for a, b in given]
    wanted = [uid for uid in uids if any(min(pair) <= uid <= max(pair) for pair in spelled)]
    chosen = SequenceSet.of(given)
    assert chosen.resolve(uids, uid=True) == wanted
    assert chosen.resolve(array("I", uids), uid=True) == wanted
    assert [uid for uid in uids if chosen.covers(uid, largest)] == wanted


@given(mailboxes, st.data())
def test_message_numbers_count_from_one(uids: list[int], data: st.DataObject) -> None:
    count = len(uids)
    if not count:
        return
    known = st.one_of(st.integers(1, count), st.just(STAR))
    given = data.draw(st.lists(st.tuples(known, known), min_size=1))
    spelled = [(min(a, count), min(b, count)) for a, b in given]
    wanted = [uid for n, uid in enumerate(uids, 1) if any(min(pair) <= n <= max(pair) for pair in spelled)]
    assert SequenceSet.of(given).resolve(uids, uid=False) == wanted


def test_a_number_beyond_the_last_message_is_an_error_and_a_uid_is_not() -> None:
    with pytest.raises(NoSuchNumber):
        SequenceSet.parse(b"2:4").resolve([5, 6, 7], uid=False)
    assert SequenceSet.parse(b"2:4,99").resolve([5, 6, 7], uid=True) == []


def test_from_beyond_the_last_to_the_last_is_the_last() -> None:
    assert SequenceSet.parse(b"559:*").resolve([5, 6, 7], uid=True) == [7]
    assert SequenceSet.parse(b"559:*").resolve([5, 6, 7], uid=False) == [7]


def test_all_of_an_empty_mailbox_is_nothing() -> None:
    # quirks.STAR_IN_AN_EMPTY_MAILBOX: imaplib scripts say FETCH 1:* (FLAGS) without a look at EXISTS.
    assert SequenceSet.parse(b"1:*").resolve([], uid=False) == []
    with pytest.raises(NoSuchNumber):
        SequenceSet.parse(b"1").resolve([], uid=False)


def test_the_saved_result_stands_for_uids() -> None:
    saved = SequenceSet.parse(b"$")
    assert saved.resolve([5, 6, 7], uid=False, saved=[7, 5, 99]) == [5, 7]
    assert saved.resolve([5, 6, 7], uid=True) == []


def test_a_set_as_large_as_all_numbers_costs_nothing() -> None:
    before = time.thread_time()
    text = b"1:4294967295," + b",".join([b"%d:%d" % (n * 3, n * 3 + 1) for n in range(1, 50_000)])
    for _ in range(3):
        chosen = SequenceSet.parse(text)
        assert len(chosen.resolve(array("I", range(1, 100_001)), uid=True)) == 100_000
    scattered = SequenceSet.of([(n * 3, n * 3) for n in range(1, 50_000)])
    assert len(scattered.resolve(array("I", range(1, 200_001)), uid=True)) == 49_999
    assert time.thread_time() - before < 10


def test_numbers_are_joined_in_the_order_given() -> None:
    assert compact([]) == b""
    assert compact([1, 2, 3, 4, 7]) == b"1:4,7"
    assert compact(array("I", [7, 8, 3, 5, 4])) == b"7:8,3,5,4"


@given(st.lists(st.integers(1, 2**32 - 1), unique=True, min_size=1).map(sorted))
def test_joined_numbers_read_back(given: list[int]) -> None:
    small = [number for number in given if number < 10_000]
    if small:
        assert SequenceSet.parse(compact(small)).resolve(range(1, 10_001), uid=True) == small
