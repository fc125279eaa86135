"""Moving in and out: Maildir, mbox and a real IMAP server, interrupted and repeated, with flags, keywords and dates."""

from __future__ import annotations

import mailbox
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.codecs import mbox
from mailwright.connectors.imap import ImapSource
from mailwright.connectors.mailfiles import open_files
from mailwright.core import Core, CoreSettings, access, accounts, domains, exporting, importing
from mailwright.core.accounts import Account
from mailwright.domain.refusals import AlreadyExists, BadInput
from mailwright.storage import Tx, open_blobs, views
from mailwright.storage.database import Database
from tests.servers import dovecot

LETTER = b"From: chen@example.org\r\nSubject: %s\r\nMessage-ID: <%s@example.org>\r\n\r\nHello\r\nFrom here on\r\n>From there\r\n"
MOMENT = 1_700_000_000


class House:
    def __init__(self, core: Core) -> None:
        self.core = core
        self.ada, self.bashir = core.database.write_now(self._people)

    def _people(self, tx: Tx) -> tuple[Account, Account]:
        domains.add(tx, "mailwright.test")
        return accounts.add_user(tx, self.core, "ada@mailwright.test"), accounts.add_user(
            tx, self.core, "bashir@mailwright.test"
        )

    def content(self, account: Account | None = None) -> dict[str, list[tuple[bytes, int, str, int]]]:
        """Every mailbox that holds something: bytes, flags, keywords and second of each message."""
        who = account or self.ada
        found = {}
        for reached in self.core.database.read_now(lambda tx: access.reachable(tx, who)):
            box = reached.mailbox.id
            rows = self.core.database.read_now(
                lambda tx, box=box: views.rows(  # type: ignore[misc]
                    tx, box, list(views.uids(tx, box)), ("flags", "keywords", "received_at", "blob_id")
                )
            )
            if rows:
                found[reached.name] = [(self.core.blobs.read_now(r[4]), r[1], r[2], r[3] // 1_000_000) for r in rows]
        return found


@pytest.fixture
def house(database: Database, data_folder: Path) -> House:
    return House(Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings()))


def _maildir(root: Path) -> Path:
    """INBOX with two messages, Work/Übung with one, and an empty Sent Items; keywords as Dovecot keeps them."""
    box = root / "Maildir"
    for folder in (box, box / ".Work.&ANw-bung", box / ".Sent Items"):
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True)
    (box / "dovecot-keywords").write_text("0 $Important\n1 Later\n")
    for path, text in (
        (box / "cur" / "1.a.host:2,FSab", b"one"),
        (box / "new" / "2.b.host", b"two"),
        (box / ".Work.&ANw-bung" / "cur" / "3.c.host:2,R", b"three"),
    ):
        path.write_bytes((LETTER % (text, text)).replace(b"\r\n", b"\n"))
        os.utime(path, (MOMENT, MOMENT))
    return box


def test_a_maildir_comes_in_with_flags_keywords_and_dates(house: House, tmp_path: Path) -> None:
    report = importing.run(house.core, house.ada, open_files(_maildir(tmp_path)))
    assert (report.imported, report.known, report.problems) == (3, 0, [])
    assert house.content() == {
        "INBOX": [
            (LETTER % (b"one", b"one"), 5, '["$Important","Later"]', MOMENT),
            (LETTER % (b"two", b"two"), 0, "[]", MOMENT),
        ],
        "Work/Übung": [(LETTER % (b"three", b"three"), 2, "[]", MOMENT)],
    }


def test_a_repeated_import_takes_what_is_new_and_a_read_message_is_the_same_message(
    house: House, tmp_path: Path
) -> None:
    box = _maildir(tmp_path)
    importing.run(house.core, house.ada, open_files(box))
    (box / "new" / "2.b.host").rename(box / "cur" / "2.b.host:2,S")
    (box / "new" / "4.d.host").write_bytes(LETTER % (b"four", b"four"))
    report = importing.run(house.core, house.ada, open_files(box))
    assert (report.imported, report.known) == (1, 3)
    assert len(house.content()["INBOX"]) == 3


def test_an_import_that_broke_off_goes_on(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = _maildir(tmp_path)
    monkeypatch.setattr(importing, "BATCH_MESSAGES", 1)

    class Breaks:
        def __init__(self) -> None:
            self.source = open_files(box)
            self.name = self.source.name
            self.mailboxes = self.source.mailboxes
            self.count = self.source.count

        def messages(self, known: object) -> Iterator[object]:
            for number, found in enumerate(self.source.messages(known)):  # type: ignore[arg-type]
                if number == 2:
                    raise KeyboardInterrupt
                yield found

    with pytest.raises(KeyboardInterrupt):
        importing.run(house.core, house.ada, Breaks())  # type: ignore[arg-type]
    report = importing.run(house.core, house.ada, open_files(box))
    assert (report.imported, report.known) == (1, 2)
    assert sum(len(messages) for messages in house.content().values()) == 3


def test_special_mailboxes_meet_their_own_and_everything_may_go_below_one(house: House, tmp_path: Path) -> None:
    box = _maildir(tmp_path)
    (box / ".Sent Items" / "cur" / "5.e.host:2,S").write_bytes(LETTER % (b"five", b"five"))
    importing.run(house.core, house.ada, open_files(box))
    assert set(house.content()) == {"INBOX", "Sent", "Work/Übung"}
    importing.run(house.core, house.bashir, open_files(box), into="Old")
    assert set(house.content(house.bashir)) == {"Old/INBOX", "Old/Sent Items", "Old/Work/Übung"}


@pytest.mark.parametrize("form", ["maildir", "mbox"])
def test_what_is_exported_comes_back_the_same(house: House, tmp_path: Path, form: str) -> None:
    importing.run(house.core, house.ada, open_files(_maildir(tmp_path)))
    target = tmp_path / "out"
    report = exporting.run(house.core, house.ada, target, form=form)
    assert (report.exported, report.missing) == (3, 0)
    again = importing.run(house.core, house.bashir, open_files(target))
    assert again.imported == 3
    before, after = house.content(house.ada), house.content(house.bashir)
    assert {name: sorted(messages) for name, messages in after.items()} == {
        name: sorted(messages) for name, messages in before.items()
    }


def test_an_export_overwrites_nothing(house: House, tmp_path: Path) -> None:
    importing.run(house.core, house.ada, open_files(_maildir(tmp_path)))
    target = tmp_path / "out"
    exporting.run(house.core, house.ada, target, form="maildir")
    report = exporting.run(house.core, house.ada, target, form="maildir")
    assert (report.exported, report.there) == (0, 3)
    exporting.run(house.core, house.ada, tmp_path / "boxes", form="mbox")
    with pytest.raises(AlreadyExists):
        exporting.run(house.core, house.ada, tmp_path / "boxes", form="mbox")


def test_pythons_own_reader_understands_the_mbox_we_write(house: House, tmp_path: Path) -> None:
    importing.run(house.core, house.ada, open_files(_maildir(tmp_path)))
    exporting.run(house.core, house.ada, tmp_path / "out", form="mbox", only=["inbox"])
    read = mailbox.mbox(str(tmp_path / "out" / "INBOX.mbox"))
    assert [(message["Subject"], message.get_flags()) for message in read] == [("one", "ROF"), ("two", "O")]


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_an_mbox_is_read_the_same_in_pieces_of_any_size(size: int) -> None:
    text = b"noise\n\nFrom a@example.org Thu Jan  1 00:00:01 1970\nStatus: RO\nSubject: x\n\none\n>From me\n\n"
    text += b"From b Thu Jan  1 00:00:02 1970\r\nSubject: y\r\n\r\ntwo\r\nFrom here\r\n\r\n"
    text += b"From MAILER-DAEMON Fri Nov 20 10:00:00 +0100 2026\n\n"
    reader = mbox.MboxReader(1000)
    found = [each for start in range(0, len(text), size) for each in reader.feed(text[start : start + size])]
    found += reader.close()
    assert [(e.raw, e.flags, e.date) for e in found if isinstance(e, mbox.Entry)] == [
        (b"Subject: x\n\none\nFrom me\n", 1, 1_000_000),
        (b"Subject: y\r\n\r\ntwo\r\nFrom here\r\n", 0, 2_000_000),
        (b"\n", 0, 1_795_165_200_000_000),
    ]


def test_a_message_that_is_too_long_is_told_and_the_next_one_read() -> None:
    text = b"From a\n\n" + b"x" * 5000 + b"\n\nFrom b\n\nshort\n"
    reader = mbox.MboxReader(1000)
    found = [
        each for start in range(0, len(text), 64) for each in reader.feed(text[start : start + 64])
    ] + reader.close()
    assert isinstance(found[0], mbox.MessageTooLong)
    assert [each.raw for each in found[1:] if isinstance(each, mbox.Entry)] == [b"\nshort\n"]


def test_what_is_no_mail_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for path in (tmp_path / "notes.txt", tmp_path, tmp_path / "nothing"):
        with pytest.raises(BadInput):
            open_files(path)


@pytest.mark.server
@pytest.mark.skipif(not dovecot.is_installed(), reason="Dovecot is not installed")
def test_mail_comes_from_a_real_imap_server_and_only_once(house: House) -> None:
    server = dovecot.DovecotServer()
    try:
        url = f"imap://ada@127.0.0.1:{server.imap_port}"
        origin = ImapSource(url, "any", clear=True)
        client = origin._client
        client.create_folder("Work/Übung")
        client.create_folder("Sent")
        for folder, name, flags in (
            ("INBOX", b"one", [b"\\Seen", b"$Forwarded"]),
            ("INBOX", b"two", []),
            ("Work/Übung", b"three", [b"\\Flagged"]),
            ("Sent", b"four", [b"\\Seen"]),
        ):
            client.append(folder, LETTER % (name, name), flags)
        origin.close()
        origin = ImapSource(url, "any", clear=True)
        report = importing.run(house.core, house.ada, origin)
        assert (report.imported, report.problems) == (4, [])
        content = house.content()
        assert {name: [(m[0], m[1], m[2]) for m in messages] for name, messages in content.items()} == {
            "INBOX": [(LETTER % (b"one", b"one"), 1, '["$Forwarded"]'), (LETTER % (b"two", b"two"), 0, "[]")],
            "Sent": [(LETTER % (b"four", b"four"), 1, "[]")],
            "Work/Übung": [(LETTER % (b"three", b"three"), 4, "[]")],
        }
        report = importing.run(house.core, house.ada, ImapSource(url, "any", clear=True))
        assert (report.imported, report.known) == (0, 4)
        with pytest.raises(BadInput, match="no TLS"):
            ImapSource(url, "any")
    finally:
        server.destroy()
