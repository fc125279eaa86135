"""Keeping: what expires goes, what was deleted can be had back for a while, and a person takes theirs along."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from mailwright.core import Core, accounts, personaldata, tasks
from mailwright.core.accounts import Account
from mailwright.core.outreach import editing, keeping, making, templates, turns, views
from mailwright.core.outreach.making import FileGiven
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, Instant
from mailwright.domain.outreach import Limits, SourceKind
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, outreachsteps, webcache
from mailwright.storage import outreach as rows
from tests.core.outreach.conftest import ADA, Make, MakeBatch, finished

_TABLES = (
    *("outreach", "outreach_steps", "outreach_sources", "outreach_files", "outreach_templates", "outreach_batches"),
    *("scribes", "web_cache"),
)


def _counts(core: Core) -> dict[str, int]:
    found = core.database.read_now(lambda tx: {table: tx.scalar(f"SELECT COUNT(*) FROM {table}") for table in _TABLES})
    return {table: count for table, count in found.items() if count}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Says how much later it is."""
    start = clock.now

    def later(by: Instant) -> None:
        monkeypatch.setattr(clock, "now", lambda: start() + by)

    return later


def _written(tx: Tx, outreach_id: str, body: str = "Hello.") -> None:
    """The mail is written, and rests on a source."""
    finished(tx, outreach_id, body=body)
    outreachsteps.add_source(
        tx,
        outreach_id,
        kind=SourceKind.WEB,
        url="https://uni.example/okafor",
        title="Amara Okafor",
        text="She leads the group.",
        now=clock.now(),
    )


async def test_what_was_deleted_is_gone_for_good_after_a_month_and_not_before(
    core: Core, ada: Account, make: Make, at: Any
) -> None:
    kept, gone = make(), make()
    for each in (kept, gone):
        core.database.write_now(lambda tx, id=each.id: _written(tx, id))  # type: ignore[misc]
    core.database.write_now(lambda tx: editing.delete(tx, ada, gone.id, by=ADA))
    at(29 * DAY)
    await keeping.forget(core)
    assert _counts(core)["outreach_sources"] == 2
    at(31 * DAY)
    assert await keeping.forget(core) == 1
    assert _counts(core) == {"outreach": 1, "outreach_steps": 1, "outreach_sources": 1, "scribes": 1}
    assert core.database.read_now(lambda tx: rows.by_id(tx, gone.id)) is None
    assert core.database.read_now(lambda tx: tasks.get(tx, gone.id)).status is TaskStatus.COMPLETE


async def test_templates_files_batches_and_finds_go_when_nothing_needs_them(
    core: Core, ada: Account, make: Make, make_batch: MakeBatch, at: Any
) -> None:
    used, unused = core.database.write_now(
        lambda tx: making.keep_files(tx, ada, [FileGiven("a.txt", "tides"), FileGiven("b.txt", "maps")])
    )
    make(files=(used,))
    batch = make_batch(2)

    def prepare(tx: Tx) -> None:
        template = templates.add(tx, ada, name="T", text="Dear {{name}}", by=ADA)
        templates.add(tx, ada, name="Stays", text="Dear {{name}}", by=ADA)
        templates.remove(tx, ada, template.id, by=ADA)
        for each in views.listing(tx, ada, views.Wanted(batch_id=batch.id)):
            editing.delete(tx, ada, each.id, by=ADA)
        now = clock.now()
        webcache.put(tx, ada.tenant_id, "page", "https://a.example", b"old", now=now, expires_at=now + HOUR)
        webcache.put(tx, ada.tenant_id, "page", "https://b.example", b"new", now=now, expires_at=now + 60 * DAY)

    core.database.write_now(prepare)
    await keeping.forget(core)
    assert _counts(core) == {
        "outreach": 3,
        "outreach_files": 2,
        "outreach_templates": 2,
        "outreach_batches": 1,
        "scribes": 1,
        "web_cache": 2,
    }
    at(31 * DAY)
    await keeping.forget(core)
    assert _counts(core) == {"outreach": 1, "outreach_files": 1, "outreach_templates": 1, "scribes": 1, "web_cache": 1}
    left = core.database.read_now(lambda tx: tx.scalar("SELECT id FROM outreach_files"))
    assert (left, left == unused) == (used, False)


async def test_where_mail_is_redacted_so_is_outreach(core: Core, ada: Account, make: Make, at: Any) -> None:
    old, waiting = make(), make()
    core.database.write_now(lambda tx: _written(tx, old.id))
    core.settings = replace(core.settings, redact_after=10 * DAY)
    at(11 * DAY)
    assert await keeping.forget(core) == 1
    assert await keeping.forget(core) == 0
    found = core.database.read_now(lambda tx: views.own(tx, ada, old.id))
    assert (found.name, found.body, found.template, found.sentences) == ("Dr. Amara Okafor", "", "", ())
    assert core.database.read_now(lambda tx: views.sources(tx, found)) == []
    assert core.database.read_now(lambda tx: views.own(tx, ada, waiting.id)).template == waiting.template


def test_a_person_is_handed_their_outreach_and_where_it_was_found(core: Core, ada: Account, make: Make) -> None:
    made = make(email="amara@uni.example", fields={"talk": "tides"})
    make(owner=core.database.read_now(lambda tx: accounts.find(tx, "bashir@mailwright.test")))
    core.database.write_now(lambda tx: _written(tx, made.id, "Dear Dr. Okafor"))
    target = io.BytesIO()
    personaldata.export(core, ada, target, by=ADA)
    archive = zipfile.ZipFile(target)

    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in archive.read(f"data/{name}.jsonl").splitlines()]

    (mail,) = lines("outreach")
    assert (mail["email"], mail["body"], mail["fields"]) == ("amara@uni.example", "Dear Dr. Okafor", {"talk": "tides"})
    (source,) = lines("outreach_sources")
    assert (source["mail"], source["number"], source["url"]) == (made.id, 1, "https://uni.example/okafor")
    assert [each["generated"] for each in lines("scribes")] == [0]


async def test_a_person_who_is_removed_leaves_no_outreach_and_nothing_of_theirs_is_written(
    core: Core, ada: Account, make: Make, make_batch: MakeBatch
) -> None:
    def prepare(tx: Tx) -> None:
        making.keep_files(tx, ada, [FileGiven("a.txt", "tides")])
        templates.add(tx, ada, name="T", text="Dear {{name}}", by=ADA)

    core.database.write_now(prepare)
    make_batch(4)
    taken = core.database.write_now(lambda tx: turns.take(tx, Limits(at_once=2), clock.now()))
    core.database.write_now(lambda tx: _written(tx, taken[0][0]))
    await personaldata.erase(core, ada, by=ADA)
    assert _counts(core) == {}
    stands = core.database.read_now(lambda tx: [tasks.get(tx, id).status for id, _ in taken])
    assert stands == [TaskStatus.COMPLETE, TaskStatus.CANCELLED]
    assert core.database.write_now(lambda tx: turns.take(tx, Limits(), clock.now())) == []
