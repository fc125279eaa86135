"""Moving in and out when the source is hostile, the disk odd, the mailbox full, and names are not names of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from imapclient.exceptions import IMAPClientError

from mailwright.codecs import mbox
from mailwright.connectors import imap
from mailwright.connectors.mailfiles import open_files
from mailwright.core import access, appending, exporting, importing, mailboxes
from mailwright.core.appending import Item
from mailwright.domain.refusals import BadInput, MailboxFull, TryLater
from mailwright.domain.transfer import Found, Unreadable
from mailwright.storage import imports, open_blobs, views
from mailwright.storage.database import Database
from tests.clients.test_transfer import House, house

__all__ = ["house"]

LETTER = b"From: chen@example.org\nSubject: %s\n\nHello\n"


class Given:
    """A source of messages that a test gives."""

    def __init__(self, *found: Found, name: str = "given", boxes: Sequence[tuple[str, str | None]] = ()) -> None:
        self.name = name
        self._found = found
        self._boxes = boxes

    def count(self) -> int | None:
        return len(self._found)

    def mailboxes(self) -> Iterator[tuple[str, str | None]]:
        yield from self._boxes

    def messages(self, known: Callable[[Sequence[str]], set[str]]) -> Iterator[Found | Unreadable]:
        there = known([found.item for found in self._found])
        yield from (found for found in self._found if found.item not in there)


def _found(item: str, mailbox: str = "INBOX", text: bytes | None = None, **options: Any) -> Found:
    return Found(item, mailbox, lambda: text or LETTER % item.encode("utf-8", "replace"), **options)


def _maildir(root: Path) -> Path:
    for name in ("cur", "new", "tmp"):
        (root / name).mkdir(parents=True)
    return root


def _names(house: House) -> set[str]:
    return {each.name for each in house.core.database.read_now(lambda tx: access.reachable(tx, house.ada))}


def test_links_pipes_and_devices_in_a_maildir_are_not_opened(house: House, tmp_path: Path) -> None:
    box = _maildir(tmp_path / "box")
    secret = tmp_path / "secret"
    secret.write_bytes(LETTER % b"secret")
    (box / "cur" / "1.link:2,S").symlink_to(secret)
    (box / "cur" / "2.device").symlink_to("/dev/zero")
    os.mkfifo(box / "cur" / "3.pipe")
    os.mkfifo(box / "dovecot-keywords")
    (box / "cur" / "4.folder").mkdir()
    (box / "cur" / "5.good").write_bytes(LETTER % b"good")
    (box / ".Linked").mkdir()
    elsewhere = _maildir(tmp_path / "elsewhere")
    (elsewhere / "cur" / "1.x").write_bytes(LETTER % b"elsewhere")
    for name in ("cur", "new"):
        (box / ".Linked" / name).symlink_to(elsewhere / name)
    (box / ".Whole").symlink_to(elsewhere)
    report = importing.run(house.core, house.ada, open_files(box))
    assert (report.imported, report.failed) == (1, 4)
    assert list(house.content()) == ["INBOX"]


def test_links_among_mbox_files_are_not_followed(house: House, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"From x\n" + LETTER % b"outside")
    folder = tmp_path / "boxes"
    folder.mkdir()
    (folder / "in.mbox").write_bytes(b"From x\n" + LETTER % b"inside")
    (folder / "out.mbox").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe.mbox")
    report = importing.run(house.core, house.ada, open_files(folder))
    assert (report.imported, list(house.content())) == (1, ["in"])


def test_a_message_that_is_too_large_is_told_and_not_read_whole(house: House, tmp_path: Path) -> None:
    box = _maildir(tmp_path / "box")
    with (box / "cur" / "1.large").open("wb") as file:
        file.truncate(1024**3)
    (box / "cur" / "2.good").write_bytes(LETTER % b"good")
    report = importing.run(house.core, house.ada, open_files(box, largest=10_000))
    assert (report.imported, report.failed) == (1, 1)
    path = tmp_path / "large.mbox"
    path.write_bytes(b"From " + b"a " * 200_000 + b"\n" + b"x" * 50_000 + b"\n\nFrom b\n" + LETTER % b"second")
    report = importing.run(house.core, house.bashir, open_files(path, largest=10_000))
    assert (report.imported, report.failed) == (1, 1)
    path.write_bytes(b"From b\n" + b"x" * 50_000)
    report = importing.run(house.core, house.bashir, open_files(path, largest=10_000))
    assert (report.imported, report.failed) == (0, 1)


def test_names_of_files_that_are_no_text_come_in(house: House, tmp_path: Path) -> None:
    box = _maildir(tmp_path / "box")
    with open(os.fsencode(box / "cur") + b"/1.\xff\xfe:2,S", "wb") as file:
        file.write(LETTER % b"odd")
    os.mkdir(os.fsencode(box) + b"/.W\xfcrste")
    for name in (b"cur", b"new"):
        os.mkdir(os.fsencode(box) + b"/.W\xfcrste/" + name)
    assert importing.run(house.core, house.ada, open_files(box)).imported == 1
    assert importing.run(house.core, house.ada, open_files(box)).known == 1
    assert "W_rste" in _names(house)


def test_an_mbox_that_was_changed_gives_what_is_new_and_nothing_twice(house: House, tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    one, two, three = (b"From x\n" + LETTER % name + b"\n" for name in (b"one", b"two", b"three"))
    path.write_bytes(one + two + two)
    assert importing.run(house.core, house.ada, open_files(path)).imported == 3
    path.write_bytes(two.replace(b"Subject", b"Status: RO\nSubject") + three + two)  # one went, one was read, one came
    report = importing.run(house.core, house.ada, open_files(path))
    assert (report.imported, report.known) == (1, 2)
    path.write_bytes(three)  # another file in its place
    assert importing.run(house.core, house.ada, open_files(path)).imported == 0


@pytest.mark.parametrize(
    "name",
    [
        "Other Users/bashir@mailwright.test/INBOX",
        "Other Users",
        "a" * 3000,
        "/".join("abcdefghijklmnopqrstuvwxyz"),
        "\ud800",
        "//",
        "a\x00b",
        "../..",
        "x*%y",
        "",
    ],
)
def test_any_name_of_a_mailbox_becomes_one_of_the_accounts_own(house: House, name: str) -> None:
    inbox = house.core.database.read_now(lambda tx: access.by_name(tx, house.bashir, "INBOX"))
    house.core.database.write_now(
        lambda tx: access.set_acl(tx, house.bashir, inbox, "ada@mailwright.test", access.RIGHTS)
    )
    source = Given(_found("1", name), boxes=[(name, None)])
    assert importing.run(house.core, house.ada, source).imported == 1
    assert importing.run(house.core, house.ada, source).known == 1
    assert house.content(house.bashir) == {}
    assert sum(len(messages) for messages in house.content().values()) == 1


def test_long_names_that_differ_stay_two_mailboxes() -> None:
    assert importing.fitting("a" * 2000) != importing.fitting("a" * 2001)


def test_nothing_is_imported_into_somebody_elses_mailbox(house: House) -> None:
    with pytest.raises(BadInput):
        importing.run(house.core, house.ada, Given(_found("1")), into="Other Users/bashir@mailwright.test")


def test_keywords_of_a_hostile_source_become_words_imap_can_say(house: House) -> None:
    words = ('a) UID 5 (FLAGS "', "ü", "", *(f"k{n}" * 10 for n in range(300)))
    assert importing.run(house.core, house.ada, Given(_found("1", keywords=words))).imported == 1
    [(_, _, kept, _)] = house.content()["INBOX"]
    assert {"_", "a__UID_5__FLAGS__", "k0" * 10} <= set(views.keywords_of(kept))


def test_a_full_mailbox_is_filled_to_the_last_message_and_the_next_run_goes_on(house: House) -> None:
    def quota(size: int) -> None:
        house.core.database.write_now(
            lambda tx: tx.execute("UPDATE users SET quota_bytes = ? WHERE id = ?", (size, house.ada.id))
        )

    quota(10_000)
    texts = (
        [b"Subject: x\r\n\r\n" + b"y" * 986] * 6
        + [b"Subject: larger than all\r\n\r\n" + b"y" * 13_000]
        + [b"z" * 1000] * 6
    )
    source = Given(*(_found(str(n), text=text) for n, text in enumerate(texts)))
    with pytest.raises(MailboxFull, match="after 10 messages"):
        importing.run(house.core, house.ada, source)
    quota(12_000)
    report = importing.run(house.core, house.ada, source)
    assert (report.imported, report.known, report.failed) == (2, 10, 1)
    assert len(house.content()["INBOX"]) == 12


def test_a_mailbox_that_is_deleted_while_mail_comes_in_is_made_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_MESSAGES", 1)

    def second() -> bytes:
        house.core.database.write_now(lambda tx: mailboxes.remove(tx, house.ada, "Work"))
        return LETTER % b"second"

    source = Given(_found("1", "Work"), Found("2", "Work", second), _found("3", "Work"))
    assert importing.run(house.core, house.ada, source).imported == 3
    assert len(house.content()["Work"]) == 2


def test_a_name_too_long_for_an_index_is_known_again(any_database: Database, data_folder: Path) -> None:
    from mailwright.core import Core, CoreSettings

    house = House(Core(any_database, open_blobs(any_database, f"file://{data_folder}"), CoreSettings()))
    names = ["x" * 5000 + str(n) for n in range(2)] + ["\x00", "\udcff"]
    import_id = any_database.write_now(lambda tx: imports.begin(tx, house.ada.id, "s" * 6000))
    assert any_database.write_now(lambda tx: imports.begin(tx, house.ada.id, "s" * 6000)) == import_id
    any_database.write_now(lambda tx: imports.note(tx, import_id, names[:1] + names[2:]))
    assert any_database.read_now(lambda tx: imports.known(tx, import_id, names)) == {names[0], *names[2:]}


# --- another IMAP server --------------------------------------------------------------------------------------------


class HostileServer:
    """As much of an IMAPClient as the import uses."""

    def __init__(self, **answers: Any) -> None:
        self._imap = SimpleNamespace(read=lambda size: b"x" * size)
        self.answers = {"folders": [((), b"/", "INBOX")], **answers}

    def login(self, *_: str) -> None: ...

    def capabilities(self) -> Any:
        return self.answers.get("capabilities", (b"IMAP4REV1",))

    def list_folders(self) -> Any:
        return self.answers["folders"]

    def select_folder(self, folder: str, readonly: bool) -> Any:
        self.selected = folder
        return self.answers.get("select", {b"UIDVALIDITY": 1, b"EXISTS": 2})

    def search(self, criteria: list[str]) -> Any:
        return self.answers.get("search", [1, 2])

    def fetch(self, uids: list[int], items: list[Any]) -> Any:
        if items == [b"X-GM-MSGID"]:
            return {uid: {b"X-GM-MSGID": self.answers["ids"][self.selected][uid - 1]} for uid in uids}
        if items == ["RFC822.SIZE"]:
            return self.answers.get("sizes", {uid: {b"RFC822.SIZE": 10} for uid in uids})
        return {
            uid: {b"BODY[]": LETTER % b"x", b"FLAGS": (b"\\Seen", 7, b"$\xff("), **self.answers.get("message", {})}
            for uid in uids
        }


def _source(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> imap.ImapSource:
    monkeypatch.setattr(imap, "IMAPClient", lambda *_, **__: HostileServer(**answers))
    return imap.ImapSource("imaps://ada@imap.example.org", "secret", largest=1000)


@pytest.mark.parametrize(
    "answers",
    [
        {"select": {b"EXISTS": b"many"}},
        {"select": None},
        {"search": ["one"]},
        {"sizes": {1: {b"RFC822.SIZE": b"large"}}},
        {"sizes": None},
    ],
)
def test_answers_that_are_none_end_the_import_with_a_word(
    house: House, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]
) -> None:
    source = _source(monkeypatch, **answers)
    with pytest.raises(TryLater, match="the other server"):
        importing.run(house.core, house.ada, source)


def test_a_list_of_folders_that_is_none_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TryLater):
        _source(monkeypatch, folders=[(None, None, None)])


def test_odd_dates_flags_and_sizes_come_in_as_far_as_they_can(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(monkeypatch, message={b"INTERNALDATE": datetime(1, 1, 1)}, sizes={2: {b"RFC822.SIZE": 5000}})
    report = importing.run(house.core, house.ada, source)
    assert (report.imported, report.failed) == (1, 1)
    [(_, flags, words, _)] = house.content()["INBOX"]
    assert (flags, words) == (1, '["$__"]')


def test_a_literal_larger_than_any_message_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(monkeypatch)
    with pytest.raises(IMAPClientError):
        source._client._imap.read(10**9)
    assert source._client._imap.read(3) == b"xxx"


def test_folders_whose_names_become_one_lose_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(monkeypatch, folders=[((), b".", "a/b"), ((), b".", "a_b")])
    assert importing.run(house.core, house.ada, source).imported == 4
    assert len(house.content()["a_b"]) == 4


def test_what_was_archived_at_gmail_is_not_forgotten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [
        ((b"\\All",), b"/", "[Gmail]/All Mail"),
        ((), b"/", "INBOX"),
        ((b"\\Important",), b"/", "[Gmail]/Important"),
    ]
    ids = {"INBOX": [71, 72], "[Gmail]/All Mail": [72, 73]}
    for imported in (3, 0):
        source = _source(monkeypatch, folders=folders, ids=ids, capabilities=(b"X-GM-EXT-1",))
        assert importing.run(house.core, house.ada, source).imported == imported
    assert {name: len(messages) for name, messages in house.content().items()} == {"INBOX": 2, "Archive": 1}
    source = _source(monkeypatch, folders=folders)  # elsewhere it is a view of what is in the others
    assert [name for name, _ in source.mailboxes()] == ["INBOX"]


# --- exports --------------------------------------------------------------------------------------------------------

ODD_NAMES = [
    "..",
    "../..",
    ".hidden",
    "a.b",
    "a_b",
    "A_B",
    "a",
    "a.mbox/b",
    "x" * 900,
    "ü" * 400,
    "_./_.",
    "Work\\..",
    "&",
    "INBOX/sub",
]


@pytest.mark.parametrize("form", ["maildir", "mbox"])
def test_an_export_stays_below_its_folder_and_keeps_mailboxes_apart(house: House, tmp_path: Path, form: str) -> None:
    source = Given(*(_found(str(number), name) for number, name in enumerate(ODD_NAMES)))
    importing.run(house.core, house.ada, source)
    before = house.content()
    assert len(before) == len(ODD_NAMES)
    target = tmp_path / "deep" / "er" / "out"
    assert exporting.run(house.core, house.ada, target, form=form).exported == len(ODD_NAMES)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(target)]
    assert all(path.is_relative_to(tmp_path / "data") for path in outside)
    again = importing.run(house.core, house.bashir, open_files(target))
    assert again.imported == len(ODD_NAMES)
    assert len(house.content(house.bashir)) == len(ODD_NAMES)


def test_letters_of_keywords_mean_the_same_after_a_second_export(house: House, tmp_path: Path) -> None:
    target = tmp_path / "out"
    importing.run(house.core, house.ada, Given(_found("1", keywords=("Zebra",))))
    exporting.run(house.core, house.ada, target, form="maildir")
    importing.run(house.core, house.ada, Given(_found("2", keywords=("Apple", "Zebra")), name="more"))
    exporting.run(house.core, house.ada, target, form="maildir")
    importing.run(house.core, house.bashir, open_files(target))
    assert sorted(each[2] for each in house.content(house.bashir)["INBOX"]) == ['["Apple","Zebra"]', '["Zebra"]']


async def test_a_message_like_an_mbox_comes_back_whole(house: House, tmp_path: Path) -> None:
    texts = [
        b"\r\nFrom here on\r\n\r\nFrom there\r\n",
        b"Subject: x\r\nX-Status: D\r\nX-Keywords: Evil\r\n\r\nbody\r\n",
        b"no header at all",
        b"From: a\r\n\r\n\r\n\r\nFrom b\r\n>From c\r\n",
    ]
    inbox = house.core.database.read_now(lambda tx: access.by_name(tx, house.ada, "INBOX"))
    far = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) * 1_000_000
    items = [Item(text, date=date) for text, date in zip(texts, (-(10**16), far, 0, far * 30), strict=True)]
    await appending.append(house.core, house.ada, inbox.mailbox.id, items)
    exporting.run(house.core, house.ada, tmp_path / "out", form="mbox")
    importing.run(house.core, house.bashir, open_files(tmp_path / "out"))
    found = house.content(house.bashir)["INBOX"]
    assert [each[1:3] for each in found] == [(0, "[]")] * 4
    assert [each[0] for each in found] == [
        texts[0],
        b"Subject: x\r\n\r\nbody\r\n",
        b"no header at all\r\n\r\n",
        texts[3],
    ]


def test_a_from_line_without_an_end_is_read_soon() -> None:
    reader = mbox.MboxReader(10_000_000)
    found = reader.feed(b"From " + b"1 " * 1_000_000 + b"\n\nHello\n\nFrom x\n\n") + reader.close()
    assert len(found) == 2
