"""Sending outreach over REST: a click is a yes, a program asks, what may not go is refused, and what waits is taken back."""

import httpx
import pytest

from mailwright.core import accounts
from mailwright.core.outreach import refusals
from mailwright.storage import outbox
from mailwright.storage.audit import SYSTEM
from tests.protocols.api.people import PASSWORD
from tests.protocols.api.test_outreach import ada as ada
from tests.protocols.api.test_outreach import asked, written

CHEN = "chen@bridges.example"


@pytest.fixture
async def mail(ada, core):
    """The id of a mail that is written."""
    email_id = await asked(ada, recipient_email=CHEN)
    written(core, email_id)
    return email_id


def leaving(core):
    return core.database.read_now(lambda tx: outbox.listing(tx, status=None, user_id=None, limit=50))


async def test_a_click_sends_and_is_taken_back_and_sends_again(ada, core, mail):
    later = await ada.post(f"/api/email/{mail}/send", json={"at": "2099-01-01T08:00:00Z"})
    assert (later.status_code, later.json()["error"]["code"]) == (400, "bad_input")
    sent = (await ada.post(f"/api/email/{mail}/send", json={})).json()["sent"]
    assert (sent["state"], sent["to"], sent["because"]) == ("queued", CHEN, "")
    assert [str(row.recipient) for row in leaving(core)] == [CHEN]
    back = (await ada.post(f"/api/email/{mail}/unsend")).json()["sent"]
    assert (back["state"], back["at"]) == ("", None)
    again = await ada.post(f"/api/email/{mail}/send", json={"to": "other@bridges.example"})
    assert (again.status_code, again.json()["sent"]["to"]) == (202, "other@bridges.example")
    elsewhere = await ada.post(f"/api/email/{mail}/send", json={"to": "third@bridges.example"})
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (409, "conflict")


async def test_a_program_with_the_same_password_asks_first(ada, core, mail):
    auth = httpx.BasicAuth("ada@mailwright.test", PASSWORD)
    answer = await ada.http.post(f"/api/email/{mail}/send", json={}, auth=auth, headers={"Cookie": ""})
    assert answer.status_code == 202, answer.text
    assert answer.json()["sent"]["state"] == "asked"
    assert [row for row in leaving(core) if row.agent == "scribe"] == []
    waiting = (await ada.get("/api/approvals?status=pending")).json()
    assert [each["recipients"] for each in waiting["approvals"]] == [[CHEN]]


async def test_who_wants_none_is_refused(ada, core, mail):
    def refuse(tx):
        tenant = accounts.find(tx, "ada@mailwright.test").tenant_id
        refusals.add(tx, core, tenant, CHEN, because="she said so", by=SYSTEM)

    core.database.write_now(refuse)
    for way in ("send", "draft"):
        answer = await ada.post(f"/api/email/{mail}/{way}", json={})
        assert answer.status_code == 403
        assert "she said so" in answer.json()["error"]["message"]


async def test_a_draft_is_put_and_found_in_drafts(ada, mail):
    put = await ada.post(f"/api/email/{mail}/draft")
    assert put.status_code == 200
    sent = put.json()["sent"]
    assert sent["state"] == "drafted"
    assert sent["draft_email_id"]
    assert (await ada.post(f"/api/email/{mail}/draft")).json()["sent"] == sent


async def test_a_batch_is_sent_with_a_note_only(ada, core):
    wanted = {"template": "Dear {{name}}, hello.", "recipients": [{"name": "Chen Wei", "email": CHEN}], "key": "b"}
    made = (await ada.post("/api/queue/batch", json=wanted)).json()
    [row] = (await ada.get(f"/api/email?batch={made['id']}")).json()["emails"]
    written(core, row["id"])
    path = f"/api/queue/batches/{made['id']}/send"
    refused = await ada.post(path, json={})
    assert (refused.status_code, "note" in refused.json()["error"]["message"]) == (403, True)
    assert (await ada.change("PATCH", "/api/scribe", json={"note": "Ada, 12 Example Street"})).status_code == 200
    done = (await ada.post(path, json={})).json()
    assert (done["queued"], done["refused"]) == (1, [])
    assert (await ada.get("/api/scribe")).json()["left_today"]["sends"] == 49
