"""An installation on either kind of database, whose people have the assistant on, and their browsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.core.processing import Desk
from mailwright.storage import Database, Tx, open_blobs
from tests.protocols.api.assistant.mails import ADA, BASHIR, Workers, switch_on
from tests.protocols.api.people import Browser, MakeBrowser


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    """On either database: what is asked here is asked of the tables."""
    blobs = open_blobs(any_database, f"file://{tmp_path}")
    made = Core(any_database, blobs, CoreSettings("mailwright.test", max_message_bytes=100_000))

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        for email in (ADA, BASHIR):
            accounts.add_user(tx, made, email)

    any_database.write_now(people)
    return made


@pytest.fixture
def workers(core: Core) -> Workers:
    return Workers(core)


@pytest.fixture
async def ada(core: Core, browser: MakeBrowser, workers: Workers) -> Browser:
    """Ada at her browser, with the assistant on."""
    switch_on(core, ADA)
    made = browser(desk=Desk(lambda: workers, at_once=5))
    await made.sign_in(ADA)
    return made


@pytest.fixture
async def bashir(browser: MakeBrowser, core: Core, workers: Workers) -> Browser:
    switch_on(core, BASHIR)
    made = browser(desk=Desk(lambda: workers))
    await made.sign_in(BASHIR)
    return made
