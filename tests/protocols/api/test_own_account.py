"""Odd input about one's own account, on both databases: refused or made harmless, and never our fault."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.storage import Database, Tx, audit, open_blobs
from tests.protocols.api.people import Browser, MakeBrowser, give_password

ADA = "ada@mailwright.test"


@pytest.fixture
def core(any_database: Database, tmp_path: Path) -> Core:
    made = Core(any_database, open_blobs(any_database, f"file://{tmp_path}"), CoreSettings("mailwright.test"))

    def people(tx: Tx) -> None:
        domains.add(tx, "mailwright.test", tenant="demo")
        for name in ("ada", "bashir"):
            accounts.add_user(tx, made, f"{name}@mailwright.test")

    any_database.write_now(people)
    give_password(made, ADA)
    return made


async def _patch(ada: Browser, body: str) -> Any:
    headers = {"Content-Type": "application/json"}
    return await ada.change("PATCH", "/api/account/preferences", content=body.encode(), headers=headers)


@pytest.mark.parametrize(
    "display",
    [
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"a": "\\u0000"}',
        '{"a": 1e999}',
        '{"a": ' + "[" * 300 + "]" * 300 + "}",
        '{"a":' * 600 + "1" + "}" * 600,
        '{"a": ' + "[" * 3000 + "]" * 3000 + "}",
    ],
)
async def test_what_the_webmail_keeps_can_always_be_read_again(browser: MakeBrowser, display: str) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    assert (await _patch(ada, f'{{"display": {display}}}')).status_code in (200, 400, 422)
    assert (await ada.get("/api/account/preferences")).status_code == 200
    assert (await _patch(ada, '{"display": {"theme": null, "a": {"b": [1]}}}')).status_code == 200
    assert (await ada.get("/api/account/preferences")).json()["display"] == {"theme": None, "a": {"b": [1]}}


@pytest.mark.parametrize("label", ["a\x00b", "a\x07b", "\x7f", "   "])
async def test_the_name_of_an_app_password_can_be_shown(browser: MakeBrowser, label: str) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    assert (await ada.post("/api/account/app-passwords", json={"label": label})).status_code == 400


@pytest.mark.parametrize("session_id", ["x", "%00", "%ff", "0" * 36, "0199F000-0000-7000-8000-000000000000"])
async def test_what_is_no_session_is_not_found(browser: MakeBrowser, session_id: str) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    for path in ("sessions", "app-passwords"):
        assert (await ada.change("DELETE", f"/api/account/{path}/{session_id}")).status_code == 404


async def test_the_trail_says_from_where_somebody_changed_their_account(core: Core, browser: MakeBrowser) -> None:
    ada = browser(peer="192.0.2.7")
    await ada.sign_in(ADA)
    made = (await ada.post("/api/account/app-passwords", json={"label": "phone"})).json()
    await ada.change("DELETE", f"/api/account/app-passwords/{made['id']}")
    await _patch(ada, '{"tone": "terse"}')
    entries = [entry for _, entry in core.database.read_now(lambda tx: audit.listing(tx, actor=ADA))]
    changes = {"app-password.added", "app-password.removed", "preferences.changed"}
    assert {entry.action for entry in entries} >= changes
    assert {entry.address for entry in entries if entry.action in changes} == {"192.0.2.7"}


async def test_everything_that_is_kept_of_oneself_is_handed_over(core: Core, browser: MakeBrowser) -> None:
    ada = browser()
    await ada.sign_in(ADA)
    answer = await ada.get("/api/account/data")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert int(answer.headers["content-length"]) == len(answer.content)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert json.loads(archive.read("about.json"))
    assert "bashir" not in "".join(archive.read(each).decode(errors="replace") for each in archive.namelist())
    assert (await browser().get("/api/account/data")).status_code == 401
    noted = await core.read(lambda tx: str(audit.listing(tx, limit=5)))
    assert "person.exported" in noted
    answers = [(await ada.get("/api/account/data")).status_code for _ in range(10)]
    assert answers == [200] * 9 + [429]  # each costs as much as the whole mailbox
