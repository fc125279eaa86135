"""An installation with people and mail, on each database, and a place for its backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, access, accounts, appending, domains, mailboxes, outbox
from mailwright.core.accounts import Account
from mailwright.core.appending import Item
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, now
from mailwright.storage import Database, Tx, open_blobs
from mailwright.storage.messages import Flag

LARGE = 300 * 1024  # beyond what the database keeps itself


def letter(number: int, size: int = 400) -> bytes:
    """One message, the same for the same number."""
    head = f"From: chen@example.net\r\nMessage-ID: <{number}@example.net>\r\nSubject: letter {number}\r\n\r\n"
    line = f"{number:08d} {hash_of(number)}\r\n"
    return (head + line * max(size // len(line), 1)).encode()


def hash_of(number: int) -> str:
    """Text that does not compress to nothing."""
    from mailwright.domain.ids import checksum

    return checksum(str(number).encode())


@pytest.fixture
def core(any_database: Database, data_folder: Path) -> Core:
    """Two people, three mailboxes, forty messages; one of them large, some with flags and keywords."""
    core = Core(any_database, open_blobs(any_database, f"file://{data_folder}"), CoreSettings())
    fill(core)
    return core


@pytest.fixture
def embedded(database: Database, data_folder: Path) -> Core:
    """The same on SQLite alone."""
    core = Core(database, open_blobs(database, f"file://{data_folder}"), CoreSettings())
    fill(core)
    return core


def fill(core: Core) -> None:
    """Make the people, and put their mail into place."""

    def people(tx: Tx) -> None:
        domains.add(tx, "example.org", tenant="one")
        domains.add(tx, "example.com", tenant="two")
        for email in ("ada@example.org", "bashir@example.com"):
            account = accounts.add_user(tx, core, email, display_name=email[:3].title())
            accounts.set_password(tx, account, "a hash of a password")
        mailboxes.create(tx, accounts.find(tx, "ada@example.org"), "Work/2026")

    core.database.write_now(people)
    ada = [("Work/2026" if number % 3 else "INBOX", number, 400) for number in range(30)]
    _put_all(core, "ada@example.org", [*ada, ("INBOX", 999, LARGE)])
    _put_all(core, "bashir@example.com", [("INBOX", number, 400) for number in range(100, 109)])


def account_of(core: Core, email: str) -> Account:
    return core.database.read_now(lambda tx: accounts.find(tx, email))


def put(core: Core, email: str, mailbox: str, number: int, size: int = 400) -> None:
    """File one message."""
    _put_all(core, email, [(mailbox, number, size)])


def send(core: Core) -> None:
    """Queue a message of Ada's to Bashir and two people elsewhere; to the last of them it is on its way."""
    ada = account_of(core, "ada@example.org")

    def queue(tx: Tx) -> None:
        made = outbox.enqueue(
            tx,
            tenant_id=ada.tenant_id,
            user_id=ada.id,
            sender=Address.parse("ada@example.org"),
            recipients=[Address.parse(each) for each in ("bashir@example.com", "dax@example.net", "kira@example.net")],
            blob_id=tx.scalar("SELECT blob_id FROM messages LIMIT 1"),
            message_id="<1@example.org>",
            idempotency_key="one",
            correlation_id="",
        )
        tx.execute("UPDATE outbox SET status = 'sending', lease_until = 1 WHERE id = ?", (made[-1],))

    core.database.write_now(queue)


def states(core: Core) -> dict[str, str]:
    """How far what was sent is, by recipient."""
    return dict(core.database.read_now(lambda tx: tx.all("SELECT recipient, status FROM outbox")))


def _put_all(core: Core, email: str, letters: list[tuple[str, int, int]]) -> None:
    account = account_of(core, email)
    ready = [appending.prepare_now(core, account.tenant_id, letter(number, size)) for _, number, size in letters]

    def write(tx: Tx) -> None:
        for (mailbox, number, _), each in zip(letters, ready, strict=True):
            flags, words = (int(Flag.SEEN) if number % 2 else 0), (("later",) if number % 5 == 0 else ())
            item = Item(b"", flags, words, now() - number * DAY)
            appending.file_all(tx, core, account, access.by_name(tx, account, mailbox).mailbox.id, [item], [each])

    core.database.write_now(write)


Listing = dict[tuple[str, str], list[tuple[object, ...]]]


def listing(core: Core) -> Listing:
    """All mail as its owners see it: by person and mailbox, each message with its text, flags, keywords and date."""
    rows = core.database.read_now(
        lambda tx: tx.all(
            "SELECT u.email, b.name, m.checksum, m.flags, m.keywords, m.received_at, m.blob_id FROM messages m "
            "JOIN mailboxes b ON b.id = m.mailbox_id JOIN users u ON u.id = m.user_id"
        )
    )
    found: Listing = {}
    for email, mailbox, checksum, flags, keywords, received_at, blob_id in rows:
        text = core.blobs.read_now(blob_id)
        found.setdefault((email, mailbox), []).append((checksum, flags, keywords, received_at, len(text)))
    return {place: sorted(each) for place, each in found.items()}


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where backups go."""
    return str(tmp_path / "backups")


@pytest.fixture
def second(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The URL of an empty database of a kind, not migrated."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/second/mailwright.db"
        server = request.getfixturevalue("postgresql_server")
        url: str = server.fresh_database(migrated=False)
        made.append(url)
        return url

    yield make
    for url in made:
        request.getfixturevalue("postgresql_server").drop(url)
