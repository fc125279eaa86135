"""Thread/get and Thread/changes (RFC 8621 §3)."""

from __future__ import annotations

import pytest

from mailwright.core import Core, expunge, marking, moving
from mailwright.core.access import by_id
from mailwright.storage import Tx, views
from mailwright.storage.messages import Flag
from tests.protocols.jmap.conftest import Client, MethodFailed, letter


async def _thread(core: Core, message_id: str) -> str:
    found: str = await core.read(lambda tx: tx.scalar("SELECT thread_id FROM messages WHERE id = ?", (message_id,)))
    return found


async def test_a_thread_has_its_messages_as_they_came(any_core: Core, any_ada: Client) -> None:
    ada = any_ada
    second = await ada.file(letter(message_id="<2@x>", extra="References: <1@x>\n"), received_at=2_000_000)
    first = await ada.file(letter(message_id="<1@x>"), received_at=1_000_000)
    third = await ada.file(letter(message_id="<3@x>", extra="In-Reply-To: <1@x>\n"), received_at=3_000_000, role="sent")
    await ada.file(letter(message_id="<4@x>", extra="In-Reply-To: <1@x>\n"), flags=Flag.DELETED)
    thread = await _thread(any_core, first)
    found = await ada.call("Thread/get", ids=[thread, "nothing"])
    assert found["list"] == [{"id": thread, "emailIds": [first, second, third]}]
    assert found["notFound"] == ["nothing"]
    assert (await ada.call("Thread/get", ids=[]))["list"] == []


async def test_a_thread_is_new_then_changed_then_gone(any_core: Core, any_ada: Client) -> None:
    core, ada = any_core, any_ada
    state = await ada.state()
    first = await ada.file(letter(message_id="<1@x>"))
    thread, inbox = await _thread(core, first), await ada.role("inbox")
    changes = await ada.call("Thread/changes", sinceState=state)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([thread], [], [])
    second = await ada.file(letter(message_id="<2@x>", extra="References: <1@x>\n"))
    changes = await ada.call("Thread/changes", sinceState=changes["newState"])
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([], [thread], [])

    def remove(tx: Tx, message_id: str) -> None:
        expunge.remove_uids(tx, inbox, [views.uid_of(tx, message_id)], because="test")

    await core.write(lambda tx: remove(tx, first))
    changes = await ada.call("Thread/changes", sinceState=changes["newState"])
    assert changes["destroyed"] == []
    assert thread in changes["updated"] + changes["created"]
    await core.write(lambda tx: remove(tx, second))
    changes = await ada.call("Thread/changes", sinceState=changes["newState"])
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([], [], [thread])
    changes = await ada.call("Thread/changes", sinceState=changes["newState"])
    assert changes["destroyed"] == []


async def test_flags_and_moves_change_no_thread(core: Core, ada: Client) -> None:
    first = await ada.file(letter())
    state, inbox, archive = await ada.state(), await ada.role("inbox"), await ada.role("archive")

    def change(tx: Tx) -> None:
        reached = by_id(tx, ada.account, inbox)
        uid = views.uid_of(tx, first)
        marking.store(tx, reached, [uid], mode="add", flags=Flag.SEEN, keywords=())
        moving.move(tx, core, reached, by_id(tx, ada.account, archive), [uid])

    await core.write(change)
    changes = await ada.call("Thread/changes", sinceState=state)
    assert (changes["created"], changes["updated"], changes["destroyed"]) == ([], [], [])
    assert changes["newState"] != state


async def test_a_message_marked_as_deleted_leaves_its_thread(core: Core, ada: Client) -> None:
    first = await ada.file(letter())
    thread, state, inbox = await _thread(core, first), await ada.state(), await ada.role("inbox")

    def delete(tx: Tx) -> None:
        reached = by_id(tx, ada.account, inbox)
        marking.store(tx, reached, [views.uid_of(tx, first)], mode="add", flags=Flag.DELETED, keywords=())

    await core.write(delete)
    assert (await ada.call("Thread/changes", sinceState=state))["destroyed"] == [thread]
    assert (await ada.call("Thread/get", ids=[thread]))["notFound"] == [thread]


async def test_a_message_that_is_not_deleted_after_all_is_in_its_thread_again(any_core: Core, any_ada: Client) -> None:
    core, ada = any_core, any_ada
    first = await ada.file(letter(message_id="<1@x>"))
    second = await ada.file(letter(message_id="<2@x>", extra="In-Reply-To: <1@x>\n"))
    thread, inbox = await _thread(core, first), await ada.role("inbox")

    def mark(tx: Tx, mode: marking.Mode, *ids: str) -> None:
        reached = by_id(tx, ada.account, inbox)
        marking.store(tx, reached, sorted(views.uid_of(tx, e) for e in ids), mode=mode, flags=Flag.DELETED, keywords=())

    await core.write(lambda tx: mark(tx, "add", second))
    state = await ada.state()
    await core.write(lambda tx: mark(tx, "remove", second))
    assert (await ada.call("Thread/changes", sinceState=state))["updated"] == [thread]
    await core.write(lambda tx: mark(tx, "add", first, second))
    state = await ada.state()
    await core.write(lambda tx: mark(tx, "remove", first))
    assert (await ada.call("Thread/changes", sinceState=state))["created"] == [thread]
    assert (await ada.call("Thread/get", ids=[thread]))["list"][0]["emailIds"] == [first]


async def test_many_threads_are_told_in_slices(ada: Client) -> None:
    state = await ada.state()
    for number in range(5):
        await ada.file(letter(message_id=f"<{number}@x>"))
    heard: list[str] = []
    while True:
        changes = await ada.call("Thread/changes", sinceState=state, maxChanges=2)
        heard += changes["created"]
        state = changes["newState"]
        if not changes["hasMoreChanges"]:
            break
    assert len(heard) == len(set(heard)) == 5


async def test_what_was_removed_before_threads_were_noted_cannot_be_told(core: Core, ada: Client) -> None:
    state = await ada.state()
    await ada.file(letter())
    inbox = await ada.role("inbox")

    def remove(tx: Tx) -> None:
        expunge.remove_uids(tx, inbox, [1], because="test")
        tx.execute("UPDATE tombstones SET thread_id = NULL")

    await core.write(remove)
    with pytest.raises(MethodFailed) as caught:
        await ada.call("Thread/changes", sinceState=state)
    assert caught.value.type == "cannotCalculateChanges"
