"""A worker of a part of the work does that and nothing else, and the installation says what nobody does."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.agents.employee.workflow import answer
from mailwright.app import Application
from mailwright.core import checkup, status
from mailwright.domain import serving
from mailwright.domain.clock import now
from mailwright.pipeline.lanes import LANES
from mailwright.settings import BadSettings, load
from mailwright.storage import workers


def test_the_lanes_have_the_names_that_settings_know() -> None:
    assert tuple(LANES) == serving.LANES


@pytest.mark.server
async def test_a_worker_of_the_index_leaves_the_rest_to_others(tmp_path: Path, postgresql_url: str) -> None:
    application = Application(
        load(
            data=tmp_path / "data",
            database_url=postgresql_url,
            roles="worker",
            operations_port=0,
            worker_groups="indexers,extractors",
            worker_lanes="none",
            worker_sends=False,
        )
    )
    await application.start()
    core = application.core
    try:
        assert application._work is not None
        assert {one.group for one in application._work.consumers._subscriptions} == serving.INDEX
        assert not application._work._dispatcher._tasks
        assert application.flows._opened is not None
        assert not application.flows._opened._lanes
        await application.flows.enqueue(answer, "a message", 1, id="of a lane that nobody serves")
        waiting = await application.flows.status("of a lane that nobody serves")
        assert waiting is not None
        assert waiting.status == "queued"
        missing = await core.read(status.unserved)
        assert {"group ingesters", "lane execute", "sending"} <= set(missing)
        assert not {f"group {each}" for each in serving.INDEX} & set(missing)
        found = {each.name: each for each in await core.read(status.findings)}
        assert found["served"].ok  # no reason to send people elsewhere
        assert "group ingesters" in found["served"].because
        [said] = [each for each in await core.read(lambda tx: list(checkup.contents(tx))) if each.name == "workers"]
        assert (said.status, "lane execute" in said.because) == ("warn", True)
        # A worker of everything comes, as an older version or one without these settings says of itself.
        await core.write(lambda tx: workers.sign_in(tx, "other", "there", 1, ["worker"], now()))
        assert await core.read(status.unserved) == []
        assert (await core.read(status.measure)).unserved == 0
    finally:
        await application.stop(grace=2.0)


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"worker_groups": "indexers,extractors,nobody"}, "there is no nobody; there are all, none, ingesters"),
        ({"worker_lanes": "fast"}, "there is no fast; there are all, none, ingest, classify"),
        ({"worker_groups": "all,janitors"}, "all and none stand alone"),
        ({"worker_groups": "indexers"}, "write one index"),
    ],
    ids=["group", "lane", "all", "index"],
)
def test_names_that_nobody_knows_are_refused_at_the_start(tmp_path: Path, given: dict[str, str], because: str) -> None:
    with pytest.raises(BadSettings, match=because):
        load(data=tmp_path, database_url="postgresql://m@db/m", **given)


def test_an_installation_of_one_process_has_no_parts(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="does everything"):
        load(data=tmp_path, worker_lanes="execute")
