"""Any order of appends, marks, copies, moves, removals, renames and shares, against a model of two people's mail.

After every step the counters are the truth, the mailboxes hold what the model holds, and a client that only ever reads the
journal (CONDSTORE and QRESYNC: what changed, what vanished, what came) has the mailbox as it is, be it awake or rarely so.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mailwright.core import Core, CoreSettings, access, accounts, appending, domains, mailboxes, marking, moving
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.core.expunge import expunge_uids
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound, NotPermitted
from mailwright.storage import Tx, open_blobs, views
from mailwright.storage import mailboxes as rows
from mailwright.storage.database import open_database
from mailwright.storage.messages import Flag

T = TypeVar("T")

DELETED, SEEN = int(Flag.DELETED), int(Flag.SEEN)
NAMES = ("INBOX", "Archive", "Work", "Work/a", "Work/a/b", "Else", "Else/a")
PEOPLE = ("ada", "bashir")
WORDS = ("Later", "Urgent")
REFUSALS = (AlreadyExists, BadInput, NotFound, NotPermitted)

people = st.sampled_from(PEOPLE)
names = st.sampled_from(NAMES)
flags = st.integers(0, 31)
modes = st.sampled_from(["add", "remove", "replace"])
words = st.lists(st.sampled_from(WORDS), unique=True).map(tuple)
picks = st.sets(st.integers(0, 5), min_size=1, max_size=5)
there = st.integers(0, 99)  # one of the mailboxes there are

Content = dict[int, tuple[str, int, tuple[str, ...]]]  # uid: subject, flags, keywords


class JournalClient:
    """What a mail program knows of a mailbox that it asks only for news."""

    def __init__(self) -> None:
        self.modseq, self.uidnext = 0, 1
        self.known: dict[int, tuple[int, tuple[str, ...]]] = {}

    def look(self, tx: Tx, mailbox_id: str) -> None:
        mailbox = rows.by_id(tx, mailbox_id)
        assert mailbox is not None
        for uid in views.vanished_since(tx, mailbox.user_id, mailbox_id, self.modseq):
            self.known.pop(uid, None)
        changed = {
            c.uid: (c.flags, c.keywords) for c in views.changed_since(tx, mailbox.user_id, mailbox_id, self.modseq)
        }
        for uid in views.uids_from(tx, mailbox_id, self.uidnext):
            self.known[uid] = changed[uid]  # what came has a modseq above the one before
        self.known.update({uid: seen for uid, seen in changed.items() if uid in self.known})
        self.modseq, self.uidnext = mailbox.modseq, mailbox.uidnext


class Mail(RuleBasedStateMachine):
    """Ada and Bashir, who share each other's mailboxes or do not."""

    def __init__(self, template: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="mailwright-machine-"))
        shutil.copy(template, self.folder / "mailwright.db")
        self.database = open_database(f"sqlite:///{self.folder}/mailwright.db")
        self.core = Core(self.database, open_blobs(self.database, f"file://{self.folder}"), CoreSettings())
        self.loop = asyncio.new_event_loop()
        self.number = 0
        self.accounts: dict[str, Account] = {}
        self.database.write_now(self._people)
        self.model: dict[str, dict[str, Content]] = {who: {"INBOX": {}, "Archive": {}} for who in PEOPLE}
        self.eager: dict[str, JournalClient] = {}
        self.lazy: dict[str, JournalClient] = {}
        self.modseqs = dict.fromkeys(PEOPLE, 0)
        for place in range(4):
            self.append(place, 0, (), 4)

    def _people(self, tx: Tx) -> None:
        domains.add(tx, "mailwright.test")
        for who in PEOPLE:
            self.accounts[who] = accounts.add_user(tx, self.core, f"{who}@mailwright.test")
        for name in ("INBOX", "Archive"):
            access.set_acl(
                tx, self.accounts["ada"], self._by_name(tx, "ada", "ada", name), "bashir@mailwright.test", access.RIGHTS
            )

    def teardown(self) -> None:
        self.loop.close()
        self.database.close()
        shutil.rmtree(self.folder)

    # Steps

    @rule(place=there, flags=flags, words=words, count=st.integers(1, 3))
    def append(self, place: int, flags: int, words: tuple[str, ...], count: int) -> None:
        who, name = self._there(place)
        items, subjects = [], []
        for _ in range(count):
            self.number += 1
            subjects.append(str(self.number))
            raw = f"Subject: {self.number}\r\n\r\n{'x' * (self.number % 7)}".encode()
            items.append(Item(raw, flags=flags, keywords=words))
        mailbox = self.database.read_now(lambda tx: self._by_name(tx, who, who, name)).mailbox
        done = self.loop.run_until_complete(appending.append(self.core, self.accounts[who], mailbox.id, items))
        new = zip(done.uids, subjects, strict=True)
        self.model[who][name].update({uid: (subject, flags, tuple(sorted(words))) for uid, subject in new})

    @rule(who=people, place=there, picks=picks, flags=flags, words=words, mode=modes)
    def store(
        self, who: str, place: int, picks: set[int], flags: int, words: tuple[str, ...], mode: marking.Mode
    ) -> None:
        owner, name = self._there(place)
        uids = self._uids(owner, name, picks)
        stored = self._try(
            lambda tx: marking.store(
                tx, self._by_name(tx, who, owner, name), uids, mode=mode, flags=flags, keywords=words
            )
        )
        if stored is None:
            return
        box = self.model[owner][name]
        for uid in uids:
            subject, before, had = box[uid]
            after = {"add": before | flags, "remove": before & ~flags, "replace": flags}[mode]
            kept = {"add": {*had, *words}, "remove": {*had} - {*words}, "replace": {*words}}[mode]
            box[uid] = (subject, after, tuple(sorted(kept)))
        assert {marked.uid for marked in (*stored.changed, *stored.same)} == set(uids)

    @rule(who=people, start=there, end=there, picks=picks, move=st.booleans())
    def carry(self, who: str, start: int, end: int, picks: set[int], move: bool) -> None:
        source, target = self._there(start), self._there(end)
        uids = self._uids(*source, picks)
        verb = moving.move if move else moving.copy
        placed = self._try(
            lambda tx: verb(tx, self.core, self._by_name(tx, who, *source), self._by_name(tx, who, *target), uids)
        )
        if placed is None:
            return
        old, new = self.model[source[0]][source[1]], self.model[target[0]][target[1]]
        assert [uid for uid, _ in placed.pairs] == uids
        taken = {there: old[uid] for uid, there in placed.pairs}
        if move:
            for uid in uids:
                del old[uid]
        new.update(taken)

    @rule(who=people, place=there, picks=st.none() | picks)
    def expunge(self, who: str, place: int, picks: set[int] | None) -> None:
        owner, name = self._there(place)
        wanted = None if picks is None else self._uids(owner, name, picks)
        gone = self._try(lambda tx: expunge_uids(tx, self._by_name(tx, who, owner, name), wanted))
        if gone is None:
            return
        box = self.model[owner][name]
        marked = [uid for uid in sorted(box) if box[uid][1] & DELETED and (wanted is None or uid in wanted)]
        assert gone == marked
        for uid in gone:
            del box[uid]

    @rule(who=people, owner=people, name=names)
    def create(self, who: str, owner: str, name: str) -> None:
        made = self._try(lambda tx: mailboxes.create(tx, self.accounts[who], self._name(who, owner, name)))
        if made is not None:
            self.model[owner][name] = {}

    @rule(who=people, place=there, new=names)
    def rename(self, who: str, place: int, new: str) -> None:
        owner, old = self._there(place)

        def run(tx: Tx) -> bool:
            mailboxes.rename(tx, self.accounts[who], self._name(who, owner, old), self._name(who, owner, new))
            return True

        if not self._try(run):
            return
        boxes = self.model[owner]
        if old == "INBOX":
            # They come with new uids, in the same order.
            boxes[new] = dict(enumerate((boxes["INBOX"][uid] for uid in sorted(boxes["INBOX"])), start=1))
            boxes["INBOX"] = {}
            return
        tree = {name: boxes.pop(name) for name in list(boxes) if name == old or name.startswith(f"{old}/")}
        boxes.update({new + name[len(old) :]: content for name, content in tree.items()})

    @rule(who=people, place=there, empty=st.booleans())
    def remove(self, who: str, place: int, empty: bool) -> None:
        owner, name = self._there(place)
        if self._try(lambda tx: mailboxes.remove(tx, self.accounts[who], self._name(who, owner, name))) is not None:
            del self.model[owner][name]
        if empty:
            self.loop.run_until_complete(mailboxes.empty_removed(self.core))

    @rule(place=there, rights=st.sampled_from(["", "lr", "lrswite", "lrk", access.RIGHTS]))
    def share(self, place: int, rights: str) -> None:
        owner, name = self._there(place)
        other = PEOPLE[1 - PEOPLE.index(owner)]

        def run(tx: Tx) -> None:
            reached = self._by_name(tx, owner, owner, name)
            access.set_acl(tx, self.accounts[owner], reached, f"{other}@mailwright.test", rights)

        self._try(run)

    @precondition(lambda self: self.eager)
    @rule(data=st.data())
    def look_at_last(self, data: st.DataObject) -> None:
        there = [each.id for who in PEOPLE for each in self._own(who).values()]
        mailbox_id = data.draw(st.sampled_from(there))
        self._compare(self.lazy.setdefault(mailbox_id, JournalClient()), mailbox_id)

    # What is always true

    @invariant()
    def counters_and_contents_are_the_truth(self) -> None:
        for who in PEOPLE:
            own = self._own(who)
            roots = {name: mailbox for name, mailbox in own.items() if name in NAMES}
            assert set(roots) - {"Archive"} <= set(self.model[who])
            for name, content in self.model[who].items():
                self._check(who, own[name], content)
            used, modseq, size = self.database.read_now(lambda tx, who=who: self._totals(tx, who))  # type: ignore[misc]
            assert used == size
            assert modseq >= self.modseqs[who]
            self.modseqs[who] = modseq

    @invariant()
    def whoever_reads_the_journal_knows_the_mailbox(self) -> None:
        for who in PEOPLE:
            for mailbox in self._own(who).values():
                self._compare(self.eager.setdefault(mailbox.id, JournalClient()), mailbox.id)

    def _check(self, who: str, mailbox: rows.Mailbox, content: Content) -> None:
        def read(tx: Tx) -> list[tuple[object, ...]]:
            uids = list(views.uids(tx, mailbox.id))
            return views.rows(tx, mailbox.id, uids, ("subject", "flags", "keywords", "size", "modseq"))

        found = self.database.read_now(read)
        assert {r[0]: (r[1], r[2], views.keywords_of(str(r[3]))) for r in found} == content
        assert mailbox.total == len(found)
        assert mailbox.unseen == sum(1 for flags in (each[1] for each in content.values()) if not flags & SEEN)
        assert mailbox.size_bytes == sum(int(str(r[4])) for r in found)
        assert all(int(str(r[0])) < mailbox.uidnext and int(str(r[5])) <= mailbox.modseq for r in found)

    def _totals(self, tx: Tx, who: str) -> tuple[int, int, int]:
        user_id = self.accounts[who].id
        used, modseq = tx.one("SELECT used_bytes, modseq FROM users WHERE id = ?", (user_id,)) or (0, 0)
        return used, modseq, tx.scalar("SELECT coalesce(sum(size), 0) FROM messages WHERE user_id = ?", (user_id,))

    def _compare(self, client: JournalClient, mailbox_id: str) -> None:
        def read(tx: Tx) -> dict[int, tuple[int, tuple[str, ...]]]:
            client.look(tx, mailbox_id)
            found = views.listed(tx, mailbox_id, list(views.uids(tx, mailbox_id)))
            return {uid: (flags, views.keywords_of(text)) for uid, flags, _, text in found}

        assert self.database.read_now(read) == client.known

    # Means

    def _own(self, who: str) -> dict[str, rows.Mailbox]:
        found = self.database.read_now(lambda tx: rows.of_user(tx, self.accounts[who].id))
        return {mailbox.name: mailbox for mailbox in found}

    def _uids(self, owner: str, name: str, picks: set[int]) -> list[int]:
        there = sorted(self.model[owner][name])
        return sorted({there[pick % len(there)] for pick in picks}) if there else []

    def _name(self, who: str, owner: str, name: str) -> str:
        return name if who == owner else f"{access.OTHERS}/{owner}@mailwright.test/{name}"

    def _by_name(self, tx: Tx, who: str, owner: str, name: str) -> access.Reached:
        return access.by_name(tx, self.accounts[who], self._name(who, owner, name))

    def _there(self, place: int) -> tuple[str, str]:
        found = [(who, name) for who in PEOPLE for name in sorted(self.model[who])]
        return found[place % len(found)]

    def _try(self, function: Callable[[Tx], T]) -> T | None:
        """None when it was refused; then nothing has changed, which the invariants see."""
        try:
            return self.database.write_now(function)
        except REFUSALS:
            return None


def test_any_order_of_changes_keeps_counters_and_journal_true(sqlite_template: Path) -> None:
    class Here(Mail):
        def __init__(self) -> None:
            super().__init__(sqlite_template)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
