"""/api/account/phone: a code to send from one's phone, and the number it proved."""

from __future__ import annotations

import pytest

from mailwright.core import Core, accounts, phones
from mailwright.domain import clock
from mailwright.domain.refusals import BadInput, NotPermitted
from mailwright.protocols.api.whatsapphook import WhatsAppHook
from mailwright.storage import Tx
from mailwright.storage import phones as rows
from tests.protocols.api.people import Browser, MakeBrowser

PHONE = "/api/account/phone"
HOOK = WhatsAppHook(app_secret="the secret of the app", number="+49 30 90-1820")


@pytest.fixture
async def ada(browser: MakeBrowser) -> Browser:
    made = browser(whatsapp=HOOK)
    await made.sign_in("ada@mailwright.test")
    return made


async def test_a_code_is_shown_with_what_to_do_with_it(ada: Browser, core: Core) -> None:
    assert (await ada.get(PHONE)).json() == {
        "phone": None,
        "whatsapp": "+49 30 90-1820",
        "available": True,
        "code_until": None,
    }
    answer = await ada.post(PHONE)
    assert answer.status_code == 201
    made = answer.json()
    assert made["message"] == f"link {made['code']}"
    assert made["url"] == f"https://wa.me/4930901820?text=link%20{made['code']}"
    account = await phones.prove(core, "+4915112345678", phones.code_in(made["message"]) or "")
    assert account is not None
    assert (await ada.get(PHONE)).json()["phone"] == "+4915112345678"
    assert (await ada.change("DELETE", PHONE)).status_code == 204
    assert (await ada.get(PHONE)).json()["phone"] is None


async def test_a_second_code_ends_the_first_and_each_is_good_once(ada: Browser, core: Core) -> None:
    first, second = [phones.code_in((await ada.post(PHONE)).json()["code"]) or "" for _ in range(2)]
    assert (await ada.get(PHONE)).json()["code_until"] is not None
    assert await phones.prove(core, "+4915112345678", first) is None
    assert await phones.prove(core, "+4915112345678", second) is not None
    assert await phones.prove(core, "+4915187654321", second) is None


async def test_a_code_is_good_for_a_quarter_of_an_hour(
    ada: Browser, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = phones.code_in((await ada.post(PHONE)).json()["code"]) or ""
    later = clock.now() + phones.VALID
    monkeypatch.setattr("mailwright.domain.clock.now", lambda: later)
    assert await phones.prove(core, "+4915112345678", code) is None
    assert await core.write(phones.forget_expired) in (0, 1)


async def test_where_nothing_comes_in_by_whatsapp_there_is_no_code(browser: MakeBrowser) -> None:
    made = browser()
    await made.sign_in("ada@mailwright.test")
    assert (await made.get(PHONE)).json()["available"] is False
    assert (await made.post(PHONE)).status_code == 404


async def test_strangers_and_other_pages_get_nothing(browser: MakeBrowser, ada: Browser) -> None:
    assert (await browser(whatsapp=HOOK).get(PHONE)).status_code == 401
    assert (await ada.http.post(PHONE)).status_code == 403


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+49 151 1234-5678", "+4915112345678"),
        ("0049 (151) 12345678", "+4915112345678"),
        (" +1.415.555.0100 ", "+14155550100"),
    ],
)
async def test_a_number_is_kept_in_one_form(core: Core, written: str, number: str) -> None:
    assert phones.parse(written) == number


@pytest.mark.parametrize(
    "written", ["", "0151 1234567", "+0123456789", "+49", "ada", "+49151123456789012", "+4915112345678;x"]
)
async def test_what_is_no_number_with_its_country_is_refused(written: str) -> None:
    with pytest.raises(BadInput):
        phones.parse(written)


async def test_a_number_belongs_to_one_person_and_agents_have_none(core: Core) -> None:
    def write(tx: Tx) -> tuple[str | None, str | None]:
        ada, bashir = (accounts.find(tx, f"{name}@mailwright.test") for name in ("ada", "bashir"))
        phones.set_phone(tx, ada, "+4915112345678")
        phones.set_phone(tx, bashir, "+4915112345678")
        phones.set_phone(tx, bashir, "+4915112345678")
        agent = accounts.add_user(tx, core, "concierge@mailwright.test", role="agent")
        with pytest.raises(NotPermitted):
            phones.set_phone(tx, agent, "+4915100000000")
        with pytest.raises(NotPermitted):
            phones.link_code(tx, agent)
        return rows.of_user(tx, ada.id), rows.of_user(tx, bashir.id)

    assert await core.write(write) == (None, "+4915112345678")
