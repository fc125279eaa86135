"""Email/query and Email/queryChanges against the same worked out the slow way, over mail and histories made at random."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core.idlist import IdLists
from mailwright.domain import clock
from tests.protocols.jmap.conftest import Client, MethodFailed, letter
from tests.protocols.jmap.email_world import World

NEWEST = [{"property": "receivedAt", "isAscending": False}]


async def test_a_query_finds_what_the_slow_way_finds(any_ada: Client) -> None:
    world = World(any_ada, seed=7)
    await world.prepare(60)
    emails = await world.emails()
    assert len(emails) == 60
    for _ in range(150):
        filter, sort, collapse = world.filter(), world.sort(), world.chance.random() < 0.5
        answer = await any_ada.call(
            "Email/query", filter=filter, sort=sort, collapseThreads=collapse, calculateTotal=True
        )
        expected = World.answer(emails, filter, sort, collapse=collapse)
        assert answer["ids"] == expected, (filter, sort, collapse)
        assert answer["total"] == len(expected)
        assert answer["canCalculateChanges"] is True


async def test_pages_are_stretches_of_the_whole_list(ada: Client) -> None:
    world = World(ada, seed=11)
    await world.prepare(30)
    for collapse in (False, True):
        everything = (await ada.call("Email/query", filter={}, collapseThreads=collapse))["ids"]
        for _ in range(40):
            position, limit = world.chance.randrange(-40, 40), world.chance.choice((None, 0, 1, 7, 100))
            page = await ada.call("Email/query", position=position, limit=limit, collapseThreads=collapse)
            start = position if position >= 0 else max(len(everything) + position, 0)
            assert page["position"] == start
            assert page["ids"] == everything[start:][:limit]
            anchor, offset = world.chance.choice(everything), world.chance.randrange(-5, 6)
            page = await ada.call("Email/query", anchor=anchor, anchorOffset=offset, limit=3, collapseThreads=collapse)
            start = max(everything.index(anchor) + offset, 0)
            assert (page["position"], page["ids"]) == (start, everything[start:][:3])


async def test_an_anchor_that_is_not_in_the_list_is_an_error(ada: Client) -> None:
    first = await ada.file(letter(message_id="<a@example.org>"), received_at=clock.now() - clock.HOUR)
    await ada.file(letter(message_id="<b@example.org>", extra="In-Reply-To: <a@example.org>\n"))
    for anchor, collapse in ((first, True), ("nobody", False), (ada.id, False)):
        with pytest.raises(MethodFailed) as failed:
            await ada.call("Email/query", anchor=anchor, collapseThreads=collapse, sort=NEWEST)
        assert failed.value.type == "anchorNotFound"


async def test_a_list_follows_what_happens(any_ada: Client) -> None:
    """The remembered list is brought up to date; a fresh one must be the same."""
    world = World(any_ada, seed=3)
    await world.prepare(25)
    questions: list[dict[str, Any]] = [
        {"filter": {"inMailbox": world.mailboxes[0]}, "sort": NEWEST, "collapseThreads": True},
        {"filter": {"inMailbox": world.mailboxes[1], "notKeyword": "$seen"}},
        {"filter": None, "sort": [{"property": "receivedAt"}]},
        {"filter": {"hasAttachment": True, "inMailboxOtherThan": [world.mailboxes[2]]}},
        {"filter": {"someInThreadHaveKeyword": "$flagged"}, "collapseThreads": True},
    ]
    for _ in range(40):
        await world.happen()
        remembered = [(await any_ada.call("Email/query", **each))["ids"] for each in questions]
        lists, any_ada.core.lists = any_ada.core.lists, IdLists()
        fresh = [(await any_ada.call("Email/query", **each))["ids"] for each in questions]
        any_ada.core.lists = lists
        assert remembered == fresh


async def test_query_changes_bring_an_old_list_up_to_date(any_ada: Client) -> None:
    world = World(any_ada, seed=5)
    await world.prepare(25)
    for _ in range(25):
        question = {
            "filter": world.filter(),
            "sort": world.sort(),
            "collapseThreads": world.chance.random() < 0.5,
        }
        before = await any_ada.call("Email/query", **question)
        for _ in range(world.chance.randrange(4)):
            await world.happen()
        changes = await any_ada.call(
            "Email/queryChanges", **question, sinceQueryState=before["queryState"], calculateTotal=True
        )
        after = await any_ada.call("Email/query", **question, calculateTotal=True)
        assert _spliced(before["ids"], changes) == after["ids"], question
        assert changes["newQueryState"] == after["queryState"]
        assert changes["total"] == after["total"]
        assert changes["oldQueryState"] == before["queryState"]


async def test_what_did_not_change_is_not_told_again(ada: Client) -> None:
    inbox, archive = await ada.role("inbox"), await ada.role("archive")
    await ada.file(letter(message_id="<1@example.org>"))
    question = {"filter": {"inMailbox": inbox}, "sort": NEWEST}
    before = await ada.call("Email/query", **question)
    same = await ada.call("Email/queryChanges", **question, sinceQueryState=before["queryState"])
    assert (same["removed"], same["added"]) == ([], [])
    await ada.file(letter(message_id="<2@example.org>"), mailbox_id=archive)
    elsewhere = await ada.call("Email/queryChanges", **question, sinceQueryState=before["queryState"])
    assert (elsewhere["removed"], elsewhere["added"]) == ([], [])


async def test_more_changes_than_wanted_are_an_error(ada: Client) -> None:
    before = await ada.call("Email/query", filter={})
    for number in range(3):
        await ada.file(letter(message_id=f"<{number}@example.org>"))
    with pytest.raises(MethodFailed) as failed:
        await ada.call("Email/queryChanges", filter={}, sinceQueryState=before["queryState"], maxChanges=3)
    assert failed.value.type == "tooManyChanges"
    assert len((await ada.call("Email/queryChanges", filter={}, sinceQueryState=before["queryState"]))["added"]) == 3


async def test_behind_what_a_client_knows_nothing_is_told_when_nothing_moves(ada: Client) -> None:
    old = await ada.file(letter(message_id="<1@example.org>"), received_at=clock.now() - clock.DAY)
    question: dict[str, Any] = {"filter": {"minSize": 1}, "sort": NEWEST}
    before = await ada.call("Email/query", **question)
    await ada.file(letter(message_id="<2@example.org>"), received_at=clock.now() - 2 * clock.DAY)
    newest = await ada.file(letter(message_id="<3@example.org>"))
    changes = await ada.call("Email/queryChanges", **question, sinceQueryState=before["queryState"], upToId=old)
    assert changes["added"] == [{"id": newest, "index": 0}]
    mutable = {**question, "filter": {"notKeyword": "$seen"}}
    changes = await ada.call("Email/queryChanges", **mutable, sinceQueryState=before["queryState"], upToId=old)
    assert [each["index"] for each in changes["added"]] == [0, 2]


async def test_changes_of_a_search_for_words_cannot_be_told(ada: Client) -> None:
    for filter in ({"text": "hello"}, {"header": ["Subject"]}, {"text": "in:inbox"}):
        answer = await ada.call("Email/query", filter=filter)
        assert answer["canCalculateChanges"] is False
        with pytest.raises(MethodFailed) as failed:
            await ada.call("Email/queryChanges", filter=filter, sinceQueryState=answer["queryState"])
        assert failed.value.type == "cannotCalculateChanges"
    for state in ("never", "999999", "1~x"):
        with pytest.raises(MethodFailed) as failed:
            await ada.call("Email/queryChanges", filter={}, sinceQueryState=state)
        assert failed.value.type == "cannotCalculateChanges"


async def test_messages_of_a_mailbox_that_goes_leave_the_list(ada: Client) -> None:
    box = await ada.mailbox("Work")
    gone = await ada.file(letter(), mailbox_id=box)
    before = await ada.call("Email/query", filter={})
    assert before["ids"] == [gone]
    state = await ada.state()
    await ada.call("Mailbox/set", destroy=[box], onDestroyRemoveEmails=True)
    changes = await ada.call("Email/queryChanges", filter={}, sinceQueryState=before["queryState"])
    assert _spliced(before["ids"], changes) == (await ada.call("Email/query", filter={}))["ids"] == []
    assert (await ada.call("Email/changes", sinceState=state))["destroyed"] == [gone]
    assert (await ada.call("Email/get", ids=[gone]))["notFound"] == [gone]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filter": {"colour": "red"}}, "unsupportedFilter"),
        ({"filter": {"before": "yesterday"}}, "invalidArguments"),
        ({"filter": {"minSize": -1}}, "invalidArguments"),
        ({"filter": {"hasKeyword": "two words"}}, "invalidArguments"),
        ({"filter": {"hasAttachment": "yes"}}, "invalidArguments"),
        ({"filter": {"header": ["a", "b", "c"]}}, "invalidArguments"),
        ({"filter": {"header": ["no name"]}}, "invalidArguments"),
        ({"filter": {"inMailboxOtherThan": "x"}}, "invalidArguments"),
        ({"filter": {"text": 5}}, "invalidArguments"),
        ({"filter": {"operator": "XOR", "conditions": []}}, "invalidArguments"),
        ({"filter": {"text": "x " * 600}}, "unsupportedFilter"),
        ({"sort": [{"property": "colour"}]}, "unsupportedSort"),
        ({"sort": [{"property": "subject", "collation": "i;klingon"}]}, "unsupportedSort"),
        ({"sort": [{"property": "hasKeyword"}]}, "invalidArguments"),
        ({"sort": [{"property": "size"}] * 20}, "unsupportedSort"),
        ({"collapseThreads": "yes"}, "invalidArguments"),
        ({"limit": -1}, "invalidArguments"),
        ({"anything": 1}, "invalidArguments"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(ada: Client, arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(MethodFailed) as failed:
        await ada.call("Email/query", **arguments)
    assert failed.value.type == error


def _spliced(before: list[str], changes: dict[str, Any]) -> list[str]:
    """RFC 8620 §5.6: take out what was removed, put in what was added, lowest index first."""
    found = [each for each in before if each not in set(changes["removed"])]
    assert [each["index"] for each in changes["added"]] == sorted(each["index"] for each in changes["added"])
    for each in changes["added"]:
        found.insert(each["index"], each["id"])
    return found


async def test_large_questions_are_remembered_in_little_room(ada: Client) -> None:
    import sys

    await ada.file(letter())
    words = [{"hasKeyword": "k" * 250 + str(number)} for number in range(200)]
    await ada.call("Email/query", filter={"operator": "OR", "conditions": words})
    assert [sys.getsizeof(key) < 500 for key in ada.core.lists._kept] == [True]


async def test_the_first_of_equal_orders_counts(ada: Client) -> None:
    ids = [await ada.file(letter(message_id=f"<{number}@x>"), received_at=number * 1_000_000) for number in range(3)]
    for ways in ((True, False), (False, True)):
        sort = [{"property": "receivedAt", "isAscending": way} for way in ways]
        found = (await ada.call("Email/query", filter={}, sort=sort))["ids"]
        assert found == (ids if ways[0] else ids[::-1])
