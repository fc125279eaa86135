"""Restoring what was interrupted, into places that are in use, and for people who are not those of the backup any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, accounts, backups, puttingback, restoring
from mailwright.core.puttingback import Wanted
from mailwright.domain.clock import now
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists
from mailwright.installation import build_core
from mailwright.pipeline import engineschema
from mailwright.settings import load
from mailwright.storage import Tx, open_blobs, open_database
from mailwright.storage import retention as policies
from mailwright.storage.backup.opening import opened
from mailwright.storage.backup.puttingback import TABLES
from mailwright.storage.backup.repository import Repository, open_repository
from mailwright.storage.migrate import current_revision
from tests.backups.conftest import fill, listing
from tests.servers.postgresql import PostgresqlServer

PASSPHRASE = "correct horse battery"
ANOTHER_KEY = b"the key of an installation that works"


def _core(url: str, folder: Path) -> Core:
    database = open_database(url)
    return Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())


def _restore(kept: Repository, url: str, folder: Path) -> None:
    restoring.whole(
        kept,
        "latest",
        folder,
        url,
        lambda database: open_blobs(database, f"file://{folder}"),
        make_engine=engineschema.make,
    )


@pytest.mark.server
def test_a_restore_into_postgresql_that_was_killed_is_no_installation_and_is_begun_again(
    postgresql_server: PostgresqlServer,
    data_folder: Path,
    place: str,
    tmp_path: Path,
    second: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = postgresql_server.fresh_database(engine=True)  # with rows of the engine's
    core = _core(source, data_folder)
    fill(core)
    (data_folder / "secret.key").write_bytes(b"k" * 32)
    backups.make(core, data_folder, place, passphrase=PASSPHRASE)
    kept, url, folder = open_repository(place, PASSPHRASE), second("postgresql"), tmp_path / "second"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    folder.mkdir()
    key = folder / "secret.key"
    key.write_bytes(ANOTHER_KEY)
    with pytest.raises(AlreadyExists, match="not that of the backup"):
        _restore(kept, url, folder)
    assert key.read_bytes() == ANOTHER_KEY
    assert current_revision(url) is None, "nothing was begun"
    key.unlink()
    for step in ("migrate", "_begin_anew"):
        with monkeypatch.context() as patched:
            patched.setattr(restoring, step, killed)
            with pytest.raises(KeyboardInterrupt):
                _restore(kept, url, folder)
        with pytest.raises(AlreadyExists, match="restore has begun"):
            build_core(load(data=folder, database_url=url))
        assert not key.exists()
    _restore(kept, url, folder)
    again = _core(url, folder)
    try:
        assert listing(again) == listing(core)
        assert again.database.read_now(policies.spared_until) > now()
        assert key.read_bytes() == b"k" * 32
    finally:
        again.database.close()
        core.database.close()
        postgresql_server.drop(source)
    with pytest.raises(AlreadyExists, match="people"):
        _restore(kept, url, folder)


async def test_mail_goes_to_who_had_the_address_and_to_nobody_who_has_it_now(
    embedded: Core, data_folder: Path, place: str
) -> None:
    core, email = embedded, "ada@example.org"
    backups.make(core, data_folder, place)
    kept = open_repository(place)
    tenants: dict[str, str] = dict(core.database.read_now(lambda tx: tx.all("SELECT name, id FROM tenants")))

    def restored(wanted: Wanted) -> puttingback.Report:
        with opened(kept, tables=TABLES) as found:
            assert puttingback.run(core, found, wanted, dry_run=True).failed >= 0
            return puttingback.run(core, found, wanted)

    async def remove() -> None:
        core.database.write_now(lambda tx: accounts.remove_user(tx, email))
        await accounts.finish_removals(core)

    def hand_over(tenant: str) -> None:
        core.database.write_now(
            lambda tx: tx.execute("UPDATE domains SET tenant_id = ? WHERE name = 'example.org'", (tenants[tenant],))
        )

    def make(tx: Tx) -> None:
        accounts.add_user(tx, core, email)

    await remove()
    hand_over("two")
    theirs = restored(Wanted(tenant="one"))
    assert (theirs.users, theirs.messages, theirs.failed) == (0, 0, 1)
    assert "another tenant's" in theirs.problems[0]
    core.database.write_now(make)
    theirs = restored(Wanted(user=email, same_person=True))
    assert (theirs.messages, theirs.failed) == (0, 1)
    assert "of another tenant" in theirs.problems[0]
    await remove()

    hand_over("one")
    assert restored(Wanted(tenant="one")).messages == 31
    again = restored(Wanted(tenant="one"))
    assert (again.messages, again.there, again.failed) == (0, 31, 0), "it was a restore that made the account"
    await remove()

    core.database.write_now(make)
    anew = restored(Wanted(tenant="one"))
    assert (anew.messages, anew.failed) == (0, 1)
    assert "--same-person" in anew.problems[0]
    assert restored(Wanted(user=email, same_person=True)).messages == 31


def test_undoing_takes_out_what_was_put_in_and_nothing_that_has_its_number(
    embedded: Core, data_folder: Path, place: str
) -> None:
    core = embedded
    backups.make(core, data_folder, place)
    core.database.write_now(lambda tx: accounts.remove_user(tx, "bashir@example.com"))
    asyncio.run(accounts.finish_removals(core))
    made: list[puttingback.Made] = []
    with opened(open_repository(place), tables=TABLES) as found:
        puttingback.run(core, found, Wanted(tenant="two"), made=made.append)
    before = listing(core)
    others = [{**each, "id": new_id()} for each in made]  # as after another restore, of the whole
    assert puttingback.undo(core, others) == 0
    assert listing(core) == before
    assert puttingback.undo(core, made) == 9
