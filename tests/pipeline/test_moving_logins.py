"""The workflow engine while the login of its database becomes another one: what runs ends, what comes is run."""

from __future__ import annotations

import asyncio

import pytest

from mailwright.connectors.vault import Access, VaultServer
from mailwright.pipeline import Flows, step, workflow
from mailwright.secretkeeping.login import DatabaseLogin, _Of
from mailwright.storage import logins, open_database
from tests.servers.vault import ROOT, VaultTwin

pytestmark = pytest.mark.server
gate = asyncio.Event()


@step()
async def wait_here(name: str) -> str:
    await gate.wait()
    return name


@workflow(name="moving-logins.waiting")
async def waiting(name: str) -> str:
    return await wait_here(name)


async def test_workflows_go_on_when_their_database_is_signed_in_to_anew(postgresql_url: str) -> None:
    global gate
    gate = asyncio.Event()
    twin = VaultTwin(postgresql_url)
    nameless = postgresql_url.replace("mailwright@", "")
    login = DatabaseLogin(VaultServer(Access(twin.url, token=ROOT)), "database", "mailwright", (nameless,))
    logins.follow(nameless, _Of(login, nameless))
    database = open_database(nameless)
    flows = Flows(database, nameless, executor_id="tests")
    try:
        await flows.start()
        await flows.enqueue(waiting, "one", id="one")
        await _until(flows, "one", "running")
        first = login.user
        await asyncio.to_thread(login._replace, login._lease, leave=True)
        assert login.user != first
        await asyncio.to_thread(twin._drop, first or "")  # its time is over, too: nothing may still need it
        await flows.enqueue(waiting, "two", id="two")
        await _until(flows, "two", "running")
        # Revoked without a word: connections are cut, and whoever opens one gets another login.
        login._not_before = 0.0
        second = login.user
        await asyncio.to_thread(twin.revoke, next(each for each, (user, _) in twin.leases.items() if user == second))
        gate.set()
        await _until(flows, "one", "done")
        await _until(flows, "two", "done")
        await flows.enqueue(waiting, "three", id="three")
        await _until(flows, "three", "done")
        assert login.user != second
    finally:
        await flows.stop(1.0)
        await asyncio.to_thread(database.close)
        logins.follow(nameless, None)
        login.close()
        twin.close()


async def _until(flows: Flows, name: str, status: str) -> None:
    for _ in range(600):
        found = await flows.status(name)
        if found is not None and found.status == status:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"{name} is {found}")
