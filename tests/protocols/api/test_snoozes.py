"""Snoozing over REST: of one's own messages, with a session and its token, until a time that makes sense."""

import pytest

from mailwright.domain import clock
from mailwright.domain.clock import DAY, to_iso
from mailwright.domain.ids import new_id
from tests.protocols.api.mail import put

RAW = b"From: Eve <eve@example.org>\r\nSubject: Hi\r\n\r\nHi.\r\n"


@pytest.fixture
def message(core) -> str:
    """The id of a message in Ada's INBOX."""
    return put(core, RAW)


async def test_a_message_is_snoozed_listed_and_woken(browser, message):
    ada = browser()
    await ada.sign_in("ada@mailwright.test")
    until = to_iso(clock.now() + DAY)
    answer = await ada.change("PUT", f"/api/mail/{message}/snooze", json={"until": until})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"snoozed": [{"email_id": message, "until": until}]}
    assert (await ada.get("/api/mail/snoozed")).json() == {"snoozed": [{"email_id": message, "until": until}]}
    assert (await ada.change("DELETE", f"/api/mail/{message}/snooze")).status_code == 200
    assert (await ada.get("/api/mail/snoozed")).json() == {"snoozed": []}
    assert (await ada.change("DELETE", f"/api/mail/{message}/snooze")).status_code == 404


@pytest.mark.parametrize(
    ("until", "status"),
    [
        ("2020-01-01T00:00:00Z", 400),
        ("2999-01-01T00:00:00Z", 400),
        ("9999-12-31T23:59:59-23:59", 400),
        ("2027-01-01T00:00:00", 400),
        ("soon", 422),
    ],
)
async def test_a_time_that_makes_no_sense_is_refused(browser, message, until, status):
    ada = browser()
    await ada.sign_in("ada@mailwright.test")
    answer = await ada.change("PUT", f"/api/mail/{message}/snooze", json={"until": until})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == "bad_input"


async def test_nobody_snoozes_somebody_elses_mail_or_without_signing_in(browser, client, message):
    bashir = browser()
    await bashir.sign_in("bashir@mailwright.test")
    until = {"until": to_iso(clock.now() + DAY)}
    for wrong in (message, new_id(), "nonsense"):
        assert (await bashir.change("PUT", f"/api/mail/{wrong}/snooze", json=until)).status_code == 404
        assert (await bashir.change("DELETE", f"/api/mail/{wrong}/snooze")).status_code == 404
    answer = await client().put(f"/api/mail/{message}/snooze", json=until)
    assert answer.status_code == 401
