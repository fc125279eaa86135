"""The link below outreach: looking changes nothing, one click does it, and who has no whole link is told what to do."""

from __future__ import annotations

import pytest

from mailwright.core import Core, accounts
from mailwright.core.outreach import refusals, unsubscribing
from mailwright.domain.addresses import Address
from mailwright.storage import Tx
from tests.protocols.api.conftest import Client
from tests.protocols.api.conftest import client as client
from tests.protocols.api.conftest import core as core


def _token(core: Core, address: str = "Amara+news@tides.example") -> str:
    tenant = core.database.read_now(lambda tx: accounts.find(tx, "ada@mailwright.test")).tenant_id
    return unsubscribing.token_for(core, tenant, address)


def _refused(core: Core, address: str = "amara@tides.example") -> str:
    def read(tx: Tx) -> str:
        return refusals.because(tx, accounts.find(tx, "ada@mailwright.test").tenant_id, Address.parse(address))

    return core.database.read_now(read)


async def test_looking_changes_nothing_and_the_click_does_it(core: Core, client: Client) -> None:
    path = f"/unsubscribe/{_token(core)}"
    async with client() as browser:
        page = await browser.get(path)
        assert page.status_code == 200
        assert "amara@tides.example" in page.text
        assert "no-store" in page.headers["cache-control"]
        assert _refused(core) == ""
        done = await browser.post(path, data={"List-Unsubscribe": "One-Click"})
        again = await browser.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (done.status_code, again.status_code) == (200, 200)
    assert "Done" in done.text
    assert "set-cookie" not in done.headers
    assert _refused(core) == refusals.WANTS_NONE


async def test_a_mail_program_s_one_click_needs_no_page_before(core: Core, client: Client) -> None:
    async with client() as program:
        answer = await program.post(
            f"/unsubscribe/{_token(core)}",
            content="List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://mail.example"},
        )
    assert answer.status_code == 200  # RFC 8058 §3.1: no redirect
    assert _refused(core)


@pytest.mark.parametrize("cut", ["", "x", "A" * 120, "é" * 30, "A" * 5000])
async def test_every_link_that_is_none_gets_the_same_answer_and_does_nothing(
    core: Core, client: Client, cut: str
) -> None:
    path = f"/unsubscribe/{_token(core)[:-4]}{cut}"
    async with client() as browser:
        for answer in (await browser.get(path), await browser.post(path)):
            assert answer.status_code == 404
            assert "not complete" in answer.text
    assert _refused(core) == ""


async def test_a_link_is_sealed_and_opens_nothing_elsewhere(core: Core) -> None:
    token = _token(core)
    assert "amara" not in token.lower()
    assert unsubscribing.read(core, token) is not None
    other = core.secrets.seal(b"x" * 40, purpose="another")
    assert unsubscribing.read(core, other.removeprefix("v1:")) is None
