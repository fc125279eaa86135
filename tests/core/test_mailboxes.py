"""Mailboxes, flags, copies, moves and appends, on both databases: the counters, the journal and the rights."""

import pytest

from mailwright.core import Core, CoreSettings, access, accounts, appending, domains, mailboxes, marking, moving
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.core.expunge import expunge, expunge_uids
from mailwright.domain.envelope import Origin
from mailwright.domain.refusals import AlreadyExists, BadInput, ExceedsQuota, MailboxFull, NotFound, NotPermitted
from mailwright.storage import BlobStore, Tx, messages, open_blobs, views
from mailwright.storage import mailboxes as rows
from mailwright.storage.database import Database
from mailwright.storage.mailboxes import Mailbox
from mailwright.storage.messages import Flag

SEEN, FLAGGED, DELETED = int(Flag.SEEN), int(Flag.FLAGGED), int(Flag.DELETED)


class House:
    """A core with Ada and Bashir in one tenant and Chen in another."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.ada, self.bashir, self.chen = core.database.write_now(self._people)

    def _people(self, tx: Tx) -> tuple[Account, Account, Account]:
        domains.add(tx, "mailwright.test")
        domains.add(tx, "example.org", tenant="others")
        return (
            accounts.add_user(tx, self.core, "ada@mailwright.test", quota_bytes=100_000),
            accounts.add_user(tx, self.core, "bashir@mailwright.test"),
            accounts.add_user(tx, self.core, "chen@example.org"),
        )

    def mailbox(self, name: str = "INBOX", account: Account | None = None) -> access.Reached:
        return self.core.database.read_now(lambda tx: access.by_name(tx, account or self.ada, name))

    async def put(self, count: int = 1, name: str = "INBOX", **options: object) -> list[int]:
        items = [Item(_letter(n), **options) for n in range(count)]  # type: ignore[arg-type]
        return (await appending.append(self.core, self.ada, self.mailbox(name).mailbox.id, items)).uids

    def list(self, name: str = "INBOX") -> list[tuple[int, int]]:
        mailbox = self.mailbox(name).mailbox
        found = self.core.database.read_now(lambda tx: views.listed(tx, mailbox.id, list(views.uids(tx, mailbox.id))))
        return [(uid, flags) for uid, flags, _, _ in found]

    def counted(self, name: str = "INBOX") -> tuple[int, int, int]:
        """What the counters say: after they were compared with the rows."""
        mailbox = self.mailbox(name).mailbox

        def count(tx: Tx) -> tuple[int, int, int]:
            found = views.rows(tx, mailbox.id, list(views.uids(tx, mailbox.id)), ("flags", "size", "modseq"))
            assert all(row[3] <= mailbox.modseq for row in found)
            return len(found), sum(1 for row in found if not row[1] & SEEN), sum(row[2] for row in found)

        truth = self.core.database.read_now(count)
        assert (mailbox.total, mailbox.unseen, mailbox.size_bytes) == truth
        return truth


def _letter(number: int) -> bytes:
    return (
        f"From: chen@example.org\r\nMessage-ID: <{number}@example.org>\r\nSubject: {number}\r\n\r\nHello\r\n".encode()
    )


@pytest.fixture
def house(any_database: Database, data_folder: object) -> House:
    blobs: BlobStore = open_blobs(any_database, f"file://{data_folder}")
    return House(Core(any_database, blobs, CoreSettings(hostname="mailwright.test")))


def _write(house: House, function: object) -> object:
    return house.core.database.write_now(function)  # type: ignore[arg-type]


async def test_what_is_appended_is_there_with_its_flags_and_date(house: House) -> None:
    [uid] = await house.put(flags=SEEN, keywords=("$Work", "$work"), date=1_700_000_000_000_000)
    mailbox = house.mailbox().mailbox
    [row] = house.core.database.read_now(
        lambda tx: views.rows(tx, mailbox.id, [uid], ("flags", "keywords", "received_at", "saved_at"))
    )
    assert row[:4] == (1, SEEN, '["$work"]', 1_700_000_000_000_000)
    assert row[4] > 1_700_000_000_000_000
    assert house.counted() == (1, 0, mailbox.size_bytes)


async def test_flags_are_added_removed_and_replaced_with_one_modseq(house: House) -> None:
    uids = await house.put(3)
    inbox = house.mailbox()
    stored = _write(house, lambda tx: marking.store(tx, inbox, uids[:2], mode="add", flags=SEEN, keywords=("Urgent",)))
    assert isinstance(stored, marking.Stored)
    assert [(m.uid, m.flags, m.keywords) for m in stored.changed] == [(1, SEEN, ("Urgent",)), (2, SEEN, ("Urgent",))]
    assert house.list() == [(1, SEEN), (2, SEEN), (3, 0)]
    assert house.counted()[:2] == (3, 1)
    again = _write(house, lambda tx: marking.store(tx, inbox, uids, mode="replace", flags=SEEN, keywords=("urgent",)))
    assert isinstance(again, marking.Stored)
    assert [m.uid for m in again.same] == [1, 2]
    assert [(m.uid, m.keywords) for m in again.changed] == [(3, ("urgent",))]
    changed = house.core.database.read_now(
        lambda tx: views.changed_since(tx, house.ada.id, inbox.mailbox.id, stored.modseq)
    )
    assert [change.uid for change in changed] == [3]
    assert house.counted()[:2] == (3, 0)


async def test_a_message_that_changed_meanwhile_is_left_alone(house: House) -> None:
    uids = await house.put(2)
    inbox = house.mailbox()
    since = inbox.mailbox.modseq
    _write(house, lambda tx: marking.store(tx, inbox, [2], mode="add", flags=FLAGGED, keywords=()))
    stored = _write(
        house, lambda tx: marking.store(tx, inbox, uids, mode="add", flags=SEEN, keywords=(), unchanged_since=since)
    )
    assert isinstance(stored, marking.Stored)
    assert ([m.uid for m in stored.changed], stored.failed) == ([1], [2])


async def test_a_copy_is_another_message_on_the_same_bytes(house: House) -> None:
    uids = await house.put(3, flags=FLAGGED)
    inbox, archive = house.mailbox(), house.mailbox("Archive")
    placed = _write(house, lambda tx: moving.copy(tx, house.core, inbox, archive, uids))
    assert isinstance(placed, moving.Placed)
    assert placed.pairs == [(1, 1), (2, 2), (3, 3)]
    assert house.counted("Archive") == house.counted("INBOX")
    assert house.list("Archive") == [(1, FLAGGED), (2, FLAGGED), (3, FLAGGED)]


async def test_a_moved_message_keeps_its_id_and_leaves_a_tombstone(house: House) -> None:
    await house.put(2)
    inbox, archive = house.mailbox(), house.mailbox("Archive")
    before = house.core.database.read_now(lambda tx: views.rows(tx, inbox.mailbox.id, [2], ("id",)))[0][1]
    _write(house, lambda tx: moving.move(tx, house.core, inbox, archive, [2]))
    after = house.core.database.read_now(lambda tx: views.rows(tx, archive.mailbox.id, [1], ("id",)))[0][1]
    assert before == after
    gone = house.core.database.read_now(
        lambda tx: views.vanished_since(tx, house.ada.id, inbox.mailbox.id, inbox.mailbox.modseq)
    )
    assert gone == [2]
    assert (house.counted("INBOX")[0], house.counted("Archive")[0]) == (1, 1)


async def test_messages_moved_into_their_own_mailbox_get_new_uids(house: House) -> None:
    await house.put(2)
    inbox = house.mailbox()
    _write(house, lambda tx: moving.move(tx, house.core, inbox, inbox, [1]))
    assert [uid for uid, _ in house.list()] == [2, 3]
    assert house.counted()[0] == 2


async def test_a_copy_that_does_not_fit_leaves_nothing(house: House) -> None:
    inbox, archive = house.mailbox(), house.mailbox("Archive")
    big = b"Subject: x\r\n\r\n" + b"y" * 60_000
    await appending.append(house.core, house.ada, inbox.mailbox.id, [Item(big)])
    with pytest.raises(MailboxFull):
        _write(house, lambda tx: moving.copy(tx, house.core, inbox, archive, [1]))
    assert house.counted("Archive") == (0, 0, 0)
    with pytest.raises(ExceedsQuota):
        await appending.append(house.core, house.ada, inbox.mailbox.id, [Item(b"\r\n" + b"y" * 100_001)])


async def test_only_messages_marked_deleted_are_expunged(house: House) -> None:
    uids = await house.put(4)
    inbox = house.mailbox()
    _write(house, lambda tx: marking.store(tx, inbox, [1, 3], mode="add", flags=DELETED, keywords=()))
    assert _write(house, lambda tx: expunge_uids(tx, inbox, [3, 4])) == [3]
    assert _write(house, lambda tx: expunge_uids(tx, inbox)) == [1]
    assert [uid for uid, _ in house.list()] == [2, 4]
    assert uids == [1, 2, 3, 4]
    house.counted()


async def test_a_name_that_is_used_again_is_another_mailbox(house: House) -> None:
    first = _write(house, lambda tx: mailboxes.create(tx, house.ada, "Work/2026"))
    assert isinstance(first, Mailbox)
    await house.put(3, name="Work/2026")
    with pytest.raises(AlreadyExists):
        _write(house, lambda tx: mailboxes.create(tx, house.ada, "Work/2026"))
    _write(house, lambda tx: mailboxes.remove(tx, house.ada, "Work/2026"))
    with pytest.raises(NotFound):
        house.mailbox("Work/2026")
    second = _write(house, lambda tx: mailboxes.create(tx, house.ada, "Work/2026"))
    assert isinstance(second, Mailbox)
    assert second.uidvalidity > first.uidvalidity
    assert await mailboxes.empty_removed(house.core) == 1
    assert house.core.database.read_now(lambda tx: rows.by_id(tx, first.id)) is None
    used = house.core.database.read_now(
        lambda tx: tx.scalar("SELECT used_bytes FROM users WHERE id = ?", (house.ada.id,))
    )
    assert used == 0


@pytest.mark.parametrize(
    "name", ["", "/", "a//b", "a/", "x*", "tab\there", "inbox", "Other Users", "Other Users/x/y", "n" * 1001]
)
async def test_a_bad_name_makes_no_mailbox(house: House, name: str) -> None:
    if name == "a/":
        _write(house, lambda tx: mailboxes.create(tx, house.ada, name))
        assert house.mailbox("a").name == "a"
        return
    with pytest.raises((BadInput, AlreadyExists, NotPermitted)):
        _write(house, lambda tx: mailboxes.create(tx, house.ada, name))


async def test_a_renamed_mailbox_takes_those_below_it_along(house: House) -> None:
    for name in ("Old", "Old/a", "Old/a/b", "Older"):
        _write(house, lambda tx, name=name: mailboxes.create(tx, house.ada, name))
    _write(house, lambda tx: mailboxes.rename(tx, house.ada, "Old", "New/place"))
    names = [each.name for each in house.core.database.read_now(lambda tx: access.reachable(tx, house.ada))]
    assert {"New/place", "New/place/a", "New/place/a/b", "Older"} <= set(names)
    assert "Old" not in names
    with pytest.raises(BadInput):
        _write(house, lambda tx: mailboxes.rename(tx, house.ada, "New/place", "New/place/a/c"))


async def test_a_renamed_inbox_stays_and_gives_its_messages_away(house: House) -> None:
    await house.put(3)
    _write(house, lambda tx: mailboxes.rename(tx, house.ada, "inbox", "Before"))
    assert house.counted("INBOX")[0] == 0
    assert house.counted("Before")[0] == 3


async def test_a_shared_mailbox_is_seen_and_used_as_far_as_its_owner_allows(house: House) -> None:
    await house.put(2)
    inbox = house.mailbox()
    core, bashir = house.core, house.bashir
    _write(house, lambda tx: access.set_acl(tx, house.ada, inbox, "bashir@mailwright.test", "lr"))
    shared = house.mailbox("Other Users/ada@mailwright.test/INBOX", bashir)
    assert shared.rights == frozenset("lr")
    with pytest.raises(NotPermitted):
        _write(house, lambda tx: marking.store(tx, shared, [1], mode="add", flags=SEEN, keywords=()))
    own = house.mailbox("INBOX", bashir)
    placed = _write(house, lambda tx: moving.copy(tx, core, shared, own, [1, 2]))
    assert isinstance(placed, moving.Placed)
    assert len(placed.pairs) == 2
    with pytest.raises(NotPermitted):
        _write(house, lambda tx: moving.move(tx, core, shared, own, [1]))
    _write(house, lambda tx: access.set_acl(tx, house.ada, inbox, "bashir@mailwright.test", "+ste"))
    shared = house.mailbox("Other Users/ada@mailwright.test/INBOX", bashir)
    _write(house, lambda tx: moving.move(tx, core, shared, own, [1]))
    assert house.counted()[0] == 1
    with pytest.raises(NotPermitted):
        _write(house, lambda tx: access.set_acl(tx, bashir, shared, "anyone", "lr"))
    _write(house, lambda tx: access.set_acl(tx, house.ada, inbox, "bashir@mailwright.test", ""))
    with pytest.raises(NotFound):
        house.mailbox("Other Users/ada@mailwright.test/INBOX", bashir)


async def test_anyone_ends_at_the_tenant(house: House) -> None:
    inbox = house.mailbox()
    _write(house, lambda tx: access.set_acl(tx, house.ada, inbox, "anyone", "lr"))
    assert house.mailbox("Other Users/ada@mailwright.test/INBOX", house.bashir).rights == frozenset("lr")
    with pytest.raises(NotFound):
        house.mailbox("Other Users/ada@mailwright.test/INBOX", house.chen)
    with pytest.raises(NotFound):
        _write(house, lambda tx: access.set_acl(tx, house.ada, inbox, "chen@example.org", "lr"))


async def test_whoever_may_send_as_somebody_was_told_so_by_their_inbox(house: House) -> None:
    from mailwright.domain.addresses import Address

    address = Address.parse("ada@mailwright.test")

    def may(account: Account) -> bool:
        return house.core.database.read_now(lambda tx: access.may_send_as(tx, account, address))

    assert (may(house.ada), may(house.bashir), may(house.chen)) == (True, False, False)
    inbox = house.mailbox()
    _write(house, lambda tx: access.set_acl(tx, house.ada, inbox, "bashir@mailwright.test", "p"))
    assert (may(house.ada), may(house.bashir), may(house.chen)) == (True, True, False)


# --- what others do meanwhile, and what they may not ------------------------------------------------------------------


def _read(house: House, function: object) -> object:
    return house.core.database.read_now(function)  # type: ignore[arg-type]


def _share(house: House, name: str, rights: str, who: str = "bashir@mailwright.test") -> None:
    _write(house, lambda tx: access.set_acl(tx, house.ada, access.by_name(tx, house.ada, name), who, rights))


def _names(house: House, account: Account) -> set[str]:
    return {each.name for each in house.core.database.read_now(lambda tx: access.reachable(tx, account))}


async def test_what_somebody_expunged_meanwhile_is_not_removed_twice(house: House) -> None:
    await house.put(3)
    inbox = house.mailbox().mailbox
    stale = house.core.database.read_now(lambda tx: messages.in_mailbox(tx, inbox.id, 10))
    assert _write(house, lambda tx: expunge(tx, stale[:2], because="test")) == 2
    assert _write(house, lambda tx: expunge(tx, stale, because="test")) == 1
    assert house.counted() == (0, 0, 0)


async def test_a_message_that_moved_away_is_not_expunged_from_where_it_was(house: House) -> None:
    await house.put(1)
    inbox, archive = house.mailbox(), house.mailbox("Archive")
    stale = house.core.database.read_now(lambda tx: messages.in_mailbox(tx, inbox.mailbox.id, 10))
    _write(house, lambda tx: moving.move(tx, house.core, inbox, archive, [1]))
    assert _write(house, lambda tx: expunge(tx, stale, because="test")) == 0
    assert house.counted("Archive")[0] == 1


async def test_nothing_is_put_into_a_mailbox_that_was_deleted_meanwhile(house: House) -> None:
    await house.put(1)
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "Work"))
    inbox, work = house.mailbox(), house.mailbox("Work")
    _write(house, lambda tx: mailboxes.remove(tx, house.ada, "Work"))
    for verb in (moving.copy, moving.move):
        with pytest.raises(NotFound):
            _write(house, lambda tx, verb=verb: verb(tx, house.core, inbox, work, [1]))
    with pytest.raises(NotFound):
        await appending.append(house.core, house.ada, work.mailbox.id, [Item(_letter(1))])
    await mailboxes.empty_removed(house.core)
    with pytest.raises(NotFound):
        _write(house, lambda tx: moving.copy(tx, house.core, inbox, work, [1]))
    assert house.counted()[0] == 1


async def test_flags_one_may_not_set_do_not_come_along(house: House) -> None:
    _share(house, "Archive", "li")
    name = "Other Users/ada@mailwright.test/Archive"
    shared = house.mailbox(name, house.bashir)
    item = Item(_letter(1), flags=SEEN | DELETED | FLAGGED, keywords=("Urgent",))
    await appending.append(house.core, house.bashir, shared.mailbox.id, [item])
    own = house.mailbox("INBOX", house.bashir)
    await appending.append(house.core, house.bashir, own.mailbox.id, [item])
    _write(house, lambda tx: moving.copy(tx, house.core, own, shared, [1]))
    _write(house, lambda tx: moving.move(tx, house.core, own, shared, [1]))
    archive = house.mailbox("Archive").mailbox
    found = house.core.database.read_now(lambda tx: views.listed(tx, archive.id, [1, 2, 3]))
    assert [(flags, words) for _, flags, _, words in found] == [(0, "[]")] * 3
    assert house.counted("Archive")[:2] == (3, 3)


async def test_ones_own_words_are_a_strangers_in_somebody_elses_mailbox(house: House) -> None:
    _share(house, "Archive", "lrswite")
    own, shared = (
        house.mailbox("INBOX", house.bashir),
        house.mailbox("Other Users/ada@mailwright.test/Archive", house.bashir),
    )
    await appending.append(house.core, house.bashir, own.mailbox.id, [Item(_letter(1))])
    _write(house, lambda tx: tx.execute("UPDATE messages SET origin = 'owner', account_id = ?", (house.bashir.id,)))
    _write(house, lambda tx: moving.copy(tx, house.core, own, shared, [1]))
    _write(house, lambda tx: moving.copy(tx, house.core, own, own, [1]))
    found = house.core.database.read_now(lambda tx: messages.in_mailbox(tx, shared.mailbox.id, 1))
    assert [(m.origin, m.account_id, m.inbound_id) for m in found] == [(Origin.STRANGER, None, None)]
    found = house.core.database.read_now(lambda tx: messages.in_mailbox(tx, own.mailbox.id, 2))
    assert [(m.origin, m.account_id) for m in found] == [(Origin.OWNER, house.bashir.id)] * 2


async def test_what_is_made_below_a_shared_mailbox_is_shared_like_it(house: House) -> None:
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "Team"))
    _share(house, "Team", "lrk")
    _write(house, lambda tx: mailboxes.create(tx, house.bashir, "Other Users/ada@mailwright.test/Team/2026"))
    assert "Team/2026" in _names(house, house.ada)
    assert "Other Users/ada@mailwright.test/Team/2026" in _names(house, house.bashir)
    with pytest.raises(NotPermitted):
        _write(house, lambda tx: mailboxes.create(tx, house.bashir, "Other Users/ada@mailwright.test/Else"))


async def test_a_removed_mailbox_is_gone_for_those_it_was_shared_with(house: House) -> None:
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "Team"))
    _share(house, "Team", "lr")
    before = _names(house, house.bashir)
    _write(house, lambda tx: mailboxes.remove(tx, house.ada, "Team"))
    assert before - _names(house, house.bashir) == {"Other Users/ada@mailwright.test/Team"}
    assert not any("removed" in name for name in _names(house, house.bashir))


async def test_others_may_not_tear_a_tree_apart_by_renaming_it(house: House) -> None:
    prefix = "Other Users/ada@mailwright.test"
    for name in ("Team", "Team/a", "Team/private", "Place"):
        _write(house, lambda tx, name=name: mailboxes.create(tx, house.ada, name))
    for name in ("Team", "Team/a", "Place"):
        _share(house, name, "lrkx")
    before = _names(house, house.ada)
    for old, new in (
        (f"{prefix}/Team", f"{prefix}/Place/Team"),  # there is something below that Bashir does not see
        (f"{prefix}/Team/a", "Mine"),
        ("Other Users", f"{prefix}/Place/x"),
        (prefix, f"{prefix}/Place/x"),
        (f"{prefix}/INBOX", f"{prefix}/Place/x"),
    ):
        with pytest.raises((NotPermitted, NotFound)):
            _write(house, lambda tx, old=old, new=new: mailboxes.rename(tx, house.bashir, old, new))
    assert _names(house, house.ada) == before
    _write(house, lambda tx: mailboxes.rename(tx, house.bashir, f"{prefix}/Team/a", f"{prefix}/Place/b"))
    assert _names(house, house.ada) == before - {"Team/a"} | {"Place/b"}


async def test_somebody_elses_inbox_is_not_emptied_by_a_rename(house: House) -> None:
    await house.put(2)
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "Place"))
    for name in ("INBOX", "Place"):
        _share(house, name, "lrkxte")
    prefix = "Other Users/ada@mailwright.test"
    for target in (f"{prefix}/Place/Old", "Old"):
        with pytest.raises(NotPermitted):
            _write(house, lambda tx, target=target: mailboxes.rename(tx, house.bashir, f"{prefix}/INBOX", target))
    assert house.counted()[0] == 2
    assert "Old" not in _names(house, house.bashir)


async def test_a_tree_may_be_renamed_to_a_name_inside_its_old_one(house: House) -> None:
    for name in ("a/b", "a/b/b", "a/b/b/b"):
        _write(house, lambda tx, name=name: mailboxes.create(tx, house.ada, name))
    _write(house, lambda tx: mailboxes.rename(tx, house.ada, "a/b", "a"))
    assert {name for name in _names(house, house.ada) if name.startswith("a")} == {"a", "a/b", "a/b/b"}
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "z/b"))
    with pytest.raises(AlreadyExists):
        _write(house, lambda tx: mailboxes.rename(tx, house.ada, "a", "z"))
    assert {name for name in _names(house, house.ada) if name.startswith("a")} == {"a", "a/b", "a/b/b"}


async def test_an_address_with_a_slash_is_no_level_of_a_name(house: House) -> None:
    odd = house.core.database.write_now(lambda tx: accounts.add_user(tx, house.core, "o/d@mailwright.test"))
    _write(house, lambda tx: mailboxes.create(tx, odd, "Team"))
    _write(
        house,
        lambda tx: access.set_acl(tx, odd, access.by_name(tx, odd, "Team"), "ada@mailwright.test", "lrkx"),
    )
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "Other Users/o/d@mailwright.test/Team/x"))
    assert "Team/x" in _names(house, odd)
    _write(
        house,
        lambda tx: mailboxes.rename(
            tx, house.ada, "Other Users/o/d@mailwright.test/Team/x", "Other Users/o/d@mailwright.test/Team/y"
        ),
    )
    assert {"Team", "Team/y"} < _names(house, odd)


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "Other Users/\x00", "//removed/x", "ınbox"])
async def test_a_name_that_no_mailbox_has_is_not_found(house: House, name: str) -> None:
    with pytest.raises(NotFound):
        house.mailbox(name)


async def test_whoever_has_a_mailbox_open_hears_that_it_went(house: House) -> None:
    _write(house, lambda tx: mailboxes.create(tx, house.ada, "Team"))
    _share(house, "Team", "lr")
    team = house.mailbox("Team").mailbox.id
    _write(house, lambda tx: mailboxes.rename(tx, house.ada, "Team", "Crew"))
    _write(house, lambda tx: mailboxes.remove(tx, house.ada, "Crew"))
    heard = _read(
        house, lambda tx: tx.scalar("SELECT count(*) FROM events WHERE kind = 'MailboxChanged' AND key = ?", (team,))
    )
    assert heard == 4  # made, renamed, removed, and what the last of them took from its guests


@pytest.mark.parametrize("word", ["two words", "(", ")", '"', "a\\b", "", "*", "ü", "a\r\nb"])
async def test_what_imap_cannot_say_is_no_keyword(house: House, word: str) -> None:
    with pytest.raises(BadInput):
        await house.put(keywords=(word,))
    await house.put()
    inbox = house.mailbox()
    with pytest.raises(BadInput):
        _write(house, lambda tx: marking.store(tx, inbox, [1], mode="add", flags=0, keywords=(word,)))


async def test_the_longest_keywords_fit_into_the_index(house: House) -> None:
    words = tuple(f"k{number:02d}{'x' * 14}" for number in range(95))
    await house.put(keywords=words)
    with pytest.raises(BadInput):
        await house.put(keywords=(*words, "y" * 500))
    inbox = house.mailbox()
    with pytest.raises(BadInput):
        _write(house, lambda tx: marking.store(tx, inbox, [1], mode="add", flags=0, keywords=("y" * 500,)))
