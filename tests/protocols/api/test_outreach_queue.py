"""Outreach to many over REST: tables looked into, batches taken whole, paused, gone on, cancelled; one's own queue in its order."""

import base64

import pytest

from mailwright.core import tasks
from mailwright.domain.outreach import ScribeStep
from mailwright.domain.tasks import TaskStatus

TEMPLATE = "Dear {{name}},\n\nI read about {{research}} at {{affiliation}}.\n\nAda"
CSV = "Name;E-Mail;Affiliation;Forschung\nChen Wei;chen@example.org;Bridge Laboratory;rust\nÅsa Berg;asa@example.net;Nordhamn;salt\n"


@pytest.fixture
async def ada(browser):
    made = browser()
    await made.sign_in("ada@mailwright.test")
    return made


@pytest.fixture
async def bashir(browser):
    made = browser()
    await made.sign_in("bashir@mailwright.test")
    return made


def packed(text, encoding="utf-8"):
    return base64.b64encode(text.encode(encoding)).decode()


async def batch(ada, **given):
    wanted = {"template": TEMPLATE, "recipients": [{"name": "Chen Wei"}, {"name": "Åsa Berg"}], "key": "one"} | given
    answer = await ada.post("/api/queue/batch", json=wanted)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_the_same_key_is_one_batch_in_the_order_of_its_recipients(ada):
    made = await batch(ada, name="Bridges")
    assert await batch(ada, name="Bridges") == made
    assert (made["name"], made["total"], made["counts"]["PENDING"], made["paused"]) == ("Bridges", 2, 2, False)
    queue = (await ada.get("/api/queue")).json()
    assert [(each["recipient_name"], each["position"]) for each in queue["items"]] == [("Åsa Berg", 1), ("Chen Wei", 0)]
    assert queue["counts"]["PENDING"] == 2
    assert {(each["is_confident"], each["sent"]["state"]) for each in queue["items"]} == {(False, "")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_a_table_is_looked_into_and_then_used(ada, encoding):
    content = packed(CSV, encoding)
    found = (await ada.post("/api/queue/preview", json={"content": content, "template": TEMPLATE})).json()
    assert found["columns"] == ["Name", "E-Mail", "Affiliation", "Forschung"]
    assert (found["total"], found["problems"]) == (2, [])
    assert (found["mapping"]["name"], found["mapping"]["email"], found["mapping"]["affiliation"]) == (0, 1, 2)
    made = await batch(ada, recipients=[], csv={"content": content, "mapping": found["mapping"] | {"interest": 3}})
    items = (await ada.get("/api/queue", params={"batch": made["id"]})).json()["items"]
    assert [(each["recipient_email"], each["recipient_interest"]) for each in items] == [
        ("asa@example.net", "salt"),
        ("chen@example.org", "rust"),
    ]
    whole = (await ada.get(f"/api/email/{items[0]['email_id']}")).json()
    assert whole["fields"] == {"affiliation": "Nordhamn"}


async def test_a_row_that_cannot_be_refuses_all_or_is_left_out(ada):
    content = packed(CSV + ";nobody@example.org;;\nEve;not an address;;\n")
    found = (await ada.post("/api/queue/preview", json={"content": content, "template": TEMPLATE})).json()
    assert [each["row"] for each in found["problems"]] == [4, 5]
    wanted = {"template": TEMPLATE, "csv": {"content": content}}
    refused = await ada.post("/api/queue/batch", json=wanted)
    assert (refused.status_code, "row 4" in refused.json()["error"]["message"]) == (400, True)
    assert (await ada.get("/api/queue")).json()["items"] == []
    made = await batch(ada, recipients=[], csv={"content": content, "skip": True})
    assert made["total"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"recipients": [{"name": "Chen"}], "csv": {"content": packed(CSV)}},
        {"csv": {"content": packed("")}},
        {"csv": {"content": packed(CSV), "mapping": {"name": 9}}},
        {"csv": {"content": packed(CSV), "mapping": {"email": 1}}},
        {"recipients": [{"name": "Chen", "email": "c@example.org"}, {"name": "Wei", "email": "c@example.org"}]},
    ],
    ids=["nobody", "both", "empty", "no such column", "no names", "twice the same"],
)
async def test_a_batch_that_cannot_be_is_refused_whole(ada, wrong):
    answer = await ada.post("/api/queue/batch", json={"template": TEMPLATE} | wrong)
    assert answer.status_code in (400, 422), answer.text
    assert (await ada.get("/api/queue/batches")).json()["batches"] == []


async def test_a_batch_is_paused_gone_on_and_cancelled(ada):
    made = await batch(ada)
    path = f"/api/queue/batches/{made['id']}"
    assert (await ada.post(f"{path}/pause")).json()["paused"] is True
    assert [each["position"] for each in (await ada.get("/api/queue")).json()["items"]] == [None, None]
    assert (await ada.post(f"{path}/resume")).json()["paused"] is False
    ended = (await ada.post(f"{path}/cancel")).json()
    assert (ended["counts"]["CANCELLED"], ended["cancelled_at"] is not None) == (2, True)
    assert (await ada.post(f"{path}/resume")).status_code == 409
    assert (await ada.get(path)).json() == ended


async def test_one_is_dropped_and_one_that_failed_is_tried_once_more(ada, core):
    await batch(ada)
    second, first = (await ada.get("/api/queue")).json()["items"]
    assert (await ada.post(f"/api/queue/{first['id']}/cancel")).json()["status"] == "CANCELLED"

    def fail(tx):
        tasks.start_attempt(tx, second["id"], ScribeStep.TEMPLATE.stage, attempt=1)
        tasks.finish(tx, second["id"], TaskStatus.FAILED, because="x" * 5_000)

    core.database.write_now(fail)
    told = (await ada.get("/api/queue", params={"status": "FAILED"})).json()["items"]
    assert [each["id"] for each in told] == [second["id"]]
    assert 0 < len(told[0]["error_message"]) <= 1_000
    assert (await ada.post(f"/api/queue/{second['id']}/retry")).json()["status"] == "PENDING"
    assert (await ada.post(f"/api/queue/{second['id']}/retry")).status_code == 200  # twice is as once


async def test_nobody_reaches_a_queue_that_is_somebody_elses(ada, bashir):
    made = await batch(ada)
    [one, _] = (await ada.get("/api/queue")).json()["items"]
    assert (await bashir.get("/api/queue")).json()["items"] == []
    assert (await bashir.get("/api/queue", params={"batch": made["id"]})).json()["items"] == []
    assert (await bashir.get(f"/api/queue/batches/{made['id']}")).status_code == 404
    for path in [f"batches/{made['id']}/{verb}" for verb in ("pause", "resume", "cancel")] + [f"{one['id']}/cancel"]:
        assert (await bashir.post(f"/api/queue/{path}")).status_code == 404, path
    answer = await bashir.post(f"/api/queue/batches/{made['id']}/send", json={})
    assert answer.status_code in (403, 404)
