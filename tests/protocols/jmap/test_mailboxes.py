"""Mailbox/get, /changes, /query and /queryChanges (RFC 8621 §2.1 to §2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from mailwright.core import Core, marking, moving
from mailwright.core.access import by_id
from mailwright.storage import Tx, mailboxes, views
from mailwright.storage.messages import Flag
from tests.protocols.jmap.conftest import Client, MethodFailed, letter

COUNTS = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]


async def _one(client: Client, mailbox_id: str, account: str | None = None) -> dict[str, Any]:
    more = {"accountId": account} if account else {}
    found: dict[str, Any] = (await client.call("Mailbox/get", ids=[mailbox_id], **more))["list"][0]
    return found


async def test_a_new_account_has_its_mailboxes_with_roles_in_order(any_ada: Client) -> None:
    found = (await any_ada.call("Mailbox/get", ids=None))["list"]
    by_order = sorted(found, key=lambda each: each["sortOrder"])
    assert [each["role"] for each in by_order] == ["inbox", "drafts", "sent", "archive", "junk", "trash"]
    assert by_order[0]["name"] == "Inbox"
    assert all(each["parentId"] is None and each["isSubscribed"] for each in found)


async def test_only_what_is_asked_for_is_told_and_always_the_id(ada: Client) -> None:
    inbox = await ada.role("inbox")
    assert (await ada.call("Mailbox/get", ids=[inbox], properties=["name"]))["list"] == [{"id": inbox, "name": "Inbox"}]


async def test_no_ids_are_no_mailboxes(ada: Client) -> None:
    found = await ada.call("Mailbox/get", ids=[])
    assert found["list"] == []
    assert found["notFound"] == []


async def test_a_path_is_a_tree(ada: Client) -> None:
    work = await ada.mailbox("Work")
    year = await ada.mailbox("2026", parentId=work)
    found = await _one(ada, year)
    assert (found["name"], found["parentId"]) == ("2026", work)


async def test_a_path_without_its_parent_shows_the_rest_as_its_name(core: Core, ada: Client) -> None:
    """IMAP programs make such mailboxes; nothing is made up for them."""

    def make(tx: Tx) -> str:
        from mailwright.core import mailboxes as core_mailboxes

        return core_mailboxes.create(tx, ada.account, "Work/2026/Q1").id

    made = await core.write(make)
    assert (await _one(ada, made))["name"] == "Work/2026/Q1"
    state = await ada.state()
    work = await ada.mailbox("Work")
    found = await _one(ada, made)
    assert (found["name"], found["parentId"]) == ("2026/Q1", work)
    changes = await ada.call("Mailbox/changes", sinceState=state)
    assert changes["created"] == [work]
    assert changes["updated"] == [made]
    assert changes["updatedProperties"] is None


async def test_counts_are_exact(any_core: Core, any_ada: Client) -> None:
    ada = any_ada
    first = await ada.file(letter("One", message_id="<1@x>"))
    await ada.file(letter("Re: One", message_id="<2@x>", extra="In-Reply-To: <1@x>\n"), flags=Flag.SEEN)
    await ada.file(letter("Two", message_id="<3@x>"), flags=Flag.SEEN)
    await ada.file(letter("Draft", message_id="<4@x>"), flags=Flag.DRAFT)
    await ada.file(letter("Gone", message_id="<5@x>"), flags=Flag.DELETED)
    inbox = await ada.role("inbox")
    found = await _one(ada, inbox)
    assert [found[name] for name in COUNTS] == [4, 1, 3, 1]

    def read(tx: Tx) -> None:
        reached = by_id(tx, ada.account, inbox)
        marking.store(tx, reached, [views.uid_of(tx, first)], mode="add", flags=Flag.SEEN, keywords=())

    await any_core.write(read)
    found = await _one(ada, inbox)
    assert [found[name] for name in COUNTS] == [4, 0, 3, 0]


async def test_a_large_mailbox_is_counted_quickly_and_once(core: Core, ada: Client) -> None:
    """Twenty thousand messages; a hundred thousand take five times as long."""
    first = await ada.file(letter())
    inbox = await ada.role("inbox")

    def fill(tx: Tx) -> None:
        tx.execute(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
            "INSERT INTO messages (id, tenant_id, user_id, mailbox_id, uid, modseq, created_modseq, thread_id, flags, headers, "
            "structure, size, blob_id, checksum, origin, received_at) "
            "SELECT printf('%08x-0000-7000-8000-000000000000', i), tenant_id, user_id, mailbox_id, i, modseq, created_modseq, "
            "printf('%08x-0000-7000-8000-000000000000', i / 2), i % 3 = 0, headers, structure, size, blob_id, checksum, origin, i "
            "FROM messages, n WHERE id = ?",
            (first,),
        )
        tx.execute("UPDATE mailboxes SET total = 20000, modseq = modseq + 1 WHERE id = ?", (inbox,))

    await core.write(fill)
    found = await _one(ada, inbox)
    assert found["totalEmails"] == 20_000
    assert found["totalThreads"] == 10_001
    assert await _one(ada, inbox) == found


async def test_when_only_messages_changed_only_the_counts_are_named(ada: Client) -> None:
    state = await ada.state()
    await ada.file(letter())
    changes = await ada.call("Mailbox/changes", sinceState=state)
    assert changes["updated"] == [await ada.role("inbox")]
    assert changes["updatedProperties"] == COUNTS
    assert (changes["created"], changes["destroyed"], changes["hasMoreChanges"]) == ([], [], False)
    again = await ada.call("Mailbox/changes", sinceState=changes["newState"])
    assert (again["updated"], again["updatedProperties"]) == ([], None)
    assert again["oldState"] == again["newState"]


async def test_what_is_made_renamed_and_removed_is_told(ada: Client) -> None:
    old = await ada.mailbox("Old")
    state = await ada.state()
    new = await ada.mailbox("New")
    await ada.call("Mailbox/set", update={new: {"name": "Newer"}}, destroy=[old])
    changes = await ada.call("Mailbox/changes", sinceState=state)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([new], [], [old])


async def test_changes_can_be_fetched_one_by_one(ada: Client) -> None:
    """Whatever the slices, a client ends with what the server has, and hears of each mailbox first that it is there."""
    old = [await ada.mailbox(f"Old {number}") for number in range(3)]
    state = await ada.state()
    made = await ada.call("Mailbox/set", create={f"n{number}": {"name": f"New {number}"} for number in range(3)})
    new = [each["id"] for each in made["created"].values()]
    await ada.call("Mailbox/set", update={new[0]: {"name": "Newest"}, old[0]: {"name": "Older"}}, destroy=old[1:])
    known, gone, rounds = set(old), set(), 0
    while True:
        changes = await ada.call("Mailbox/changes", sinceState=state, maxChanges=1)
        assert len(changes["created"]) + len(changes["updated"]) + len(changes["destroyed"]) <= 1
        assert not set(changes["created"]) & known
        known |= set(changes["created"])
        assert set(changes["updated"]) <= known
        gone |= set(changes["destroyed"])
        state, rounds = changes["newState"], rounds + 1
        if not changes["hasMoreChanges"]:
            break
    assert known - gone == {old[0], *new}
    assert state == await ada.state()
    assert rounds < 12


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"name": "ROJ"}, ["Projects"]),
        ({"role": "sent"}, ["Sent"]),
        ({"role": None}, ["Projects", "alpha", "Beta"]),
        ({"hasAnyRole": False}, ["Projects", "alpha", "Beta"]),
        ({"parentId": "#projects"}, ["alpha", "Beta"]),
        ({"hasAnyRole": False, "parentId": None}, ["Projects"]),
        ({"isSubscribed": False}, ["Beta"]),
        ({"operator": "NOT", "conditions": [{"hasAnyRole": True}, {"name": "a"}]}, ["Projects"]),
        ({"operator": "AND", "conditions": [{"hasAnyRole": False}, {"name": "a"}]}, ["alpha", "Beta"]),
        ({"operator": "OR", "conditions": [{"role": "junk"}, {"role": "trash"}]}, ["Junk", "Trash"]),
        ({"operator": "OR", "conditions": []}, []),
    ],
)
async def test_filters_find_what_they_say(ada: Client, condition: dict[str, Any], names: list[str]) -> None:
    responses = await ada.request(
        (
            "Mailbox/set",
            {
                "create": {
                    "projects": {"name": "Projects"},
                    "alpha": {"name": "alpha", "parentId": "#projects"},
                    "beta": {"name": "Beta", "parentId": "#projects", "isSubscribed": False},
                }
            },
        ),
        ("Mailbox/query", {"filter": condition, "sort": [{"property": "sortOrder"}]}),
        ("Mailbox/get", {"#ids": {"resultOf": "1", "name": "Mailbox/query", "path": "/ids"}, "properties": ["name"]}),
    )
    assert [each["name"] for each in responses[2][1]["list"]] != [] or names == []
    assert sorted(each["name"] for each in responses[2][1]["list"]) == sorted(names)


async def _names(ada: Client, **query: Any) -> list[str]:
    found = await ada.call("Mailbox/query", **query)
    by_id_ = {each["id"]: each["name"] for each in (await ada.call("Mailbox/get", ids=None))["list"]}
    return [by_id_[each] for each in found["ids"]]


async def test_results_are_sorted_as_asked(ada: Client) -> None:
    for name in ("beta", "Alpha", "Ärger"):
        await ada.mailbox(name)
    own = {"filter": {"hasAnyRole": False}}
    assert await _names(ada, **own, sort=[{"property": "name"}]) == ["Alpha", "Ärger", "beta"]
    assert await _names(ada, **own, sort=[{"property": "name", "isAscending": False}]) == ["beta", "Ärger", "Alpha"]
    ascii_ = [{"property": "name", "collation": "i;ascii-casemap"}]
    assert await _names(ada, **own, sort=ascii_) == ["Alpha", "beta", "Ärger"]
    both = [{"property": "sortOrder", "isAscending": False}, {"property": "name"}]
    assert (await _names(ada, sort=both))[:4] == ["Alpha", "Ärger", "beta", "Trash"]


async def test_a_tree_is_sorted_and_filtered_as_one(ada: Client) -> None:
    zoo = await ada.mailbox("Zoo")
    await ada.mailbox("ant", parentId=zoo)
    bear = await ada.mailbox("bear", parentId=zoo)
    await ada.mailbox("ant hill", parentId=bear)
    await ada.mailbox("apple")
    own = {"filter": {"hasAnyRole": False}, "sort": [{"property": "name"}]}
    assert await _names(ada, **own) == ["ant", "ant hill", "apple", "bear", "Zoo"]
    assert await _names(ada, **own, sortAsTree=True) == ["apple", "Zoo", "ant", "bear", "ant hill"]
    named = {"filter": {"name": "a"}, "sort": [{"property": "name"}]}
    assert "ant" in await _names(ada, **named)
    assert [name for name in await _names(ada, **named, filterAsTree=True) if name.startswith(("ant", "bear"))] == []


async def test_a_window_of_the_results_can_be_asked_for(ada: Client) -> None:
    everything = await ada.call("Mailbox/query", calculateTotal=True)
    ids = everything["ids"]
    assert everything["total"] == len(ids) == 6
    assert everything["canCalculateChanges"]

    async def window(**asked: Any) -> tuple[int, list[str]]:
        found = await ada.call("Mailbox/query", **asked)
        return found["position"], found["ids"]

    assert await window(position=2, limit=2) == (2, ids[2:4])
    assert await window(position=-2) == (4, ids[4:])
    assert await window(position=-20, limit=1) == (0, ids[:1])
    assert (await window(position=9))[1] == []
    assert await window(anchor=ids[3], limit=1) == (3, [ids[3]])
    assert await window(anchor=ids[3], anchorOffset=-1, limit=2) == (2, ids[2:4])
    assert await window(anchor=ids[1], anchorOffset=-5) == (0, ids)
    assert (await window(limit=0))[1] == []


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"filter": {"colour": "red"}}, "unsupportedFilter"),
        ({"filter": {"name": 5}}, "invalidArguments"),
        ({"filter": "x"}, "invalidArguments"),
        ({"filter": {"operator": "XOR", "conditions": []}}, "invalidArguments"),
        ({"filter": {"operator": "AND"}}, "invalidArguments"),
        ({"sort": [{"property": "colour"}]}, "unsupportedSort"),
        ({"sort": [{"property": "name", "collation": "i;octet"}]}, "unsupportedSort"),
        ({"sort": ["name"]}, "invalidArguments"),
        ({"anchor": "nothing"}, "anchorNotFound"),
        ({"limit": -1}, "invalidArguments"),
        ({"position": "1"}, "invalidArguments"),
        ({"calculateTotal": 1}, "invalidArguments"),
        ({"sortAsTree": "yes"}, "invalidArguments"),
    ],
)
async def test_a_query_that_cannot_be_is_refused_by_name(ada: Client, asked: dict[str, Any], kind: str) -> None:
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/query", **asked)
    assert caught.value.type == kind


async def test_a_filter_as_deep_as_a_well_is_refused(ada: Client) -> None:
    deep: dict[str, Any] = {"name": "x"}
    for _ in range(20):
        deep = {"operator": "NOT", "conditions": [deep]}
    with pytest.raises(MethodFailed):
        await ada.call("Mailbox/query", filter=deep)


async def test_changes_of_a_query_lead_from_the_old_results_to_the_new(ada: Client) -> None:
    query: dict[str, Any] = {"sort": [{"property": "name"}], "filter": {"hasAnyRole": False}}
    for name in ("b", "d", "f"):
        await ada.mailbox(name)
    before = await ada.call("Mailbox/query", **query)
    await ada.mailbox("a")
    await ada.mailbox("e")
    await ada.call("Mailbox/set", update={before["ids"][0]: {"name": "z"}}, destroy=[before["ids"][1]])
    await ada.file(letter())
    after = await ada.call("Mailbox/query", **query)
    changes = await ada.call("Mailbox/queryChanges", **query, sinceQueryState=before["queryState"], calculateTotal=True)
    ids = [each for each in before["ids"] if each not in changes["removed"]]
    for item in changes["added"]:
        ids.insert(item["index"], item["id"])
    assert ids == after["ids"]
    assert changes["total"] == len(ids)
    assert changes["newQueryState"] == after["queryState"]


async def test_a_query_with_too_many_changes_says_so(ada: Client) -> None:
    state = (await ada.call("Mailbox/query"))["queryState"]
    await ada.mailbox("a")
    await ada.mailbox("b")
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Mailbox/queryChanges", sinceQueryState=state, maxChanges=1)
    assert caught.value.type == "tooManyChanges"


async def test_a_parent_that_moves_takes_the_tree_along_in_query_changes(ada: Client) -> None:
    zoo = await ada.mailbox("Zoo")
    ant = await ada.mailbox("ant", parentId=zoo)
    query: dict[str, Any] = {"sort": [{"property": "sortOrder"}], "sortAsTree": True}
    before = await ada.call("Mailbox/query", **query)
    await ada.call("Mailbox/set", update={zoo: {"sortOrder": 0}})
    after = await ada.call("Mailbox/query", **query)
    assert after["ids"][:2] == [zoo, ant]
    changes = await ada.call("Mailbox/queryChanges", **query, sinceQueryState=before["queryState"])
    ids = [each for each in before["ids"] if each not in changes["removed"]]
    for item in changes["added"]:
        ids.insert(item["index"], item["id"])
    assert ids == after["ids"]


async def test_messages_that_move_change_both_mailboxes(core: Core, ada: Client) -> None:
    message = await ada.file(letter())
    state, inbox, archive = await ada.state(), await ada.role("inbox"), await ada.role("archive")

    def move(tx: Tx) -> None:
        moving.move(
            tx, core, by_id(tx, ada.account, inbox), by_id(tx, ada.account, archive), [views.uid_of(tx, message)]
        )

    await core.write(move)
    changes = await ada.call("Mailbox/changes", sinceState=state)
    assert set(changes["updated"]) == {inbox, archive}
    assert (await _one(ada, archive))["totalThreads"] == 1
    row = await core.read(lambda tx: mailboxes.by_id(tx, inbox))
    assert row is not None
    assert row.total == 0
