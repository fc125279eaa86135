"""Follow-ups over REST: made in words or for a moment, put off, dropped, done; one's own only; what is unclear is asked and never guessed."""

import pytest

from mailwright.core import accounts
from mailwright.core.followups import changing, making
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND, to_iso
from mailwright.domain.ids import new_id
from mailwright.storage import assignments
from tests.protocols.api.mail import put

RAW = b"From: Chen <chen@example.org>\r\nMessage-ID: <offer@example.org>\r\nSubject: Offer\r\n\r\nHere it is.\r\n"
WEDNESDAY = 1_795_000_000 * SECOND - (1_795_000_000 % 86_400) * SECOND + 9 * HOUR  # 18 November 2026, 9 o'clock


@pytest.fixture(autouse=True)
def concierge(core, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: WEDNESDAY)

    def make(tx):
        account = accounts.add_agent(tx, core, "concierge@mailwright.test", display_name="Concierge")
        assignments.add(tx, account.tenant_id, making.AGENT, account.id, grants=("read", "reply"))

    core.database.write_now(make)


@pytest.fixture
async def ada(browser):
    made = browser()
    await made.sign_in("ada@mailwright.test")
    return made


@pytest.fixture
def message(core):
    """The id of a message in Ada's INBOX."""
    return put(core, RAW)


async def made(ada, **given):
    answer = await ada.post(
        "/api/followups", json={"key": "one", "what": "Call Chen", "when": "tomorrow at 10", **given}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_words_become_a_time_and_the_same_key_one_follow_up(ada):
    first = await made(ada)
    assert (first["status"], first["due_at"], first["zone"]) == ("pending", "2026-11-19T10:00:00.000Z", "UTC")
    assert await made(ada) == first
    listed = (await ada.get("/api/followups")).json()
    assert [each["id"] for each in listed["followups"]] == [first["id"]]
    whole = (await ada.get(f"/api/followups/{first['id']}")).json()
    assert [each["status"] for each in whole["history"]][-1] == "pending"


async def test_words_are_meant_in_the_time_zone_of_who_says_them(ada):
    await ada.change("PATCH", "/api/account/preferences", json={"time_zone": "Europe/Vienna"})
    assert (await made(ada))["due_at"] == "2026-11-19T09:00:00.000Z"
    told = (await ada.get("/api/followups/when", params={"text": "every monday at 9"})).json()
    assert told == {"at": "2026-11-23T08:00:00.000Z", "rule": "FREQ=WEEKLY;BYDAY=MO", "choices": []}


async def test_what_means_several_times_is_refused_with_the_choices(ada):
    answer = await ada.post("/api/followups", json={"key": "k", "what": "Call Chen", "when": "next friday"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "unclear")
    choices = [each["at"] for each in answer.json()["error"]["details"]["choices"]]
    assert sorted(choices) == ["2026-11-20T09:00:00.000Z", "2026-11-27T09:00:00.000Z"]
    assert (await ada.get("/api/followups")).json()["followups"] == []
    chosen = await made(ada, when="next friday", due_at=choices[0])
    assert chosen["due_at"] == choices[0]


@pytest.mark.parametrize("words", ["blue", "yesterday", "31 February", "."])
async def test_what_says_no_time_to_come_is_refused(ada, words):
    answer = await ada.post("/api/followups", json={"key": "k", "what": "Call Chen", "when": words})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "unclear"), answer.text
    assert (await ada.get("/api/followups/when", params={"text": words})).json()["at"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"when": ""},
        {"when": "", "due_at": "2026-12-01T09:00:00"},
        {"what": " "},
        {"email_id": "nonsense"},
        {"if_no_reply": True},
        {"when": "", "due_at": "2999-01-01T00:00:00.000Z"},
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused(ada, wrong):
    given = {"key": "k", "what": "Call Chen", "when": "tomorrow", **wrong}
    answer = await ada.post("/api/followups", json=given)
    assert answer.status_code in (400, 404), answer.text
    assert (await ada.get("/api/followups")).json()["followups"] == []


async def test_one_is_put_off_changed_dropped_and_wanted_again(ada):
    one = await made(ada)
    path = f"/api/followups/{one['id']}"
    put_off = (await ada.post(f"{path}/snooze", json={"minutes": 90})).json()
    assert (put_off["status"], put_off["due_at"]) == ("pending", to_iso(WEDNESDAY + 90 * MINUTE))
    words = (await ada.post(f"{path}/snooze", json={"when": "tomorrow at 8"})).json()
    assert words["due_at"] == "2026-11-19T08:00:00.000Z"
    changed = (
        await ada.change("PATCH", path, json={"what": "Call Bashir", "when": "in 3 days", "action": "draft"})
    ).json()
    assert (changed["what"], changed["action"], changed["due_at"][:10]) == ("Call Bashir", "draft", "2026-11-21")
    assert (await ada.post(f"{path}/cancel")).json()["status"] == "cancelled"
    assert (await ada.get("/api/followups")).json()["followups"] == []
    ended = (await ada.get("/api/followups", params={"show": "ended"})).json()["followups"]
    assert [each["id"] for each in ended] == [one["id"]]
    assert (await ada.post(f"{path}/snooze", json={"minutes": 60})).json()["status"] == "pending"
    assert (await ada.post(f"{path}/done")).json()["status"] == "done"
    assert (await ada.post(f"{path}/retry")).status_code == 409


async def test_all_that_is_open_is_told_page_by_page(ada, core):
    ids = [
        (await made(ada, key=f"n{n}", when="", due_at=to_iso(WEDNESDAY + HOUR + n // 2 * MINUTE)))["id"]
        for n in range(7)
    ]
    core.database.write_now(lambda tx: changing.take(tx, [changing.held(tx, each) for each in ids[:3]]))
    found, before = [], None
    for _ in range(4):
        query = {"limit": 2} | ({} if before is None else {"before": before})
        page = (await ada.get("/api/followups", params=query)).json()
        found += [each["id"] for each in page["followups"]]
        before = page["next"]
    assert before is None
    assert found == [*reversed(ids[:3]), *ids[3:]]


async def test_a_question_is_answered_by_a_choice(ada, core):
    def ask(tx):
        account = accounts.find(tx, "ada@mailwright.test")
        known = making.add(tx, core, account, new("next friday"), key="asked")
        return known.id

    def new(phrase):
        readings = ({"due_at": WEDNESDAY + 2 * DAY, "because": "this week's", "note": ""},)
        return making.NewFollowup(
            what="Call Chen", who="", context="", action="remind", phrase=phrase, zone="UTC", readings=readings, rule="",
            language="en", waits_for="", waits_from="", due_at=None, question=True,
        )  # fmt: skip

    one = core.database.write_now(ask)
    [listed] = (await ada.get("/api/followups")).json()["followups"]
    assert (listed["status"], listed["due_at"]) == ("clarifying", None)
    [choice] = listed["choices"]
    answered = (await ada.change("PATCH", f"/api/followups/{one}", json={"due_at": choice["at"]})).json()
    assert (answered["status"], answered["due_at"], answered["choices"]) == ("pending", choice["at"], [])


async def test_a_follow_up_knows_its_message_and_waits_for_an_answer_to_it(ada, core, message):
    one = await made(ada, email_id=message, if_no_reply=True)
    assert (one["email_id"], one["waits_from"]) == (message, "")
    [waiting] = core.database.read_now(lambda tx: changing.rows.waiting_for(tx, _id(tx), ["<offer@example.org>"]))
    assert waiting.id == one["id"]


def _id(tx):
    return accounts.find(tx, "ada@mailwright.test").id


async def test_everybody_reaches_their_own_only(ada, browser, message):
    one = await made(ada)
    bashir = browser()
    await bashir.sign_in("bashir@mailwright.test")
    path = f"/api/followups/{one['id']}"
    assert (await bashir.get("/api/followups")).json()["followups"] == []
    assert (await bashir.get(path)).status_code == 404
    assert (await bashir.change("PATCH", path, json={"what": "x"})).status_code == 404
    for verb, body in (("snooze", {"minutes": 5}), ("done", None), ("cancel", None), ("retry", None)):
        assert (await bashir.post(f"{path}/{verb}", json=body)).status_code == 404
    stolen = {"key": "k", "what": "x", "when": "tomorrow", "email_id": message}
    assert (await bashir.post("/api/followups", json=stolen)).status_code == 404
    nobody = browser()
    assert (await nobody.get("/api/followups")).status_code == 401
    for wrong in (new_id(), "nonsense", "%00"):
        assert (await ada.get(f"/api/followups/{wrong}")).status_code == 404


async def test_without_a_concierge_nothing_is_promised(ada, core):
    core.database.write_now(lambda tx: tx.execute("UPDATE assignments SET enabled = ?", (False,)))
    answer = await ada.post("/api/followups", json={"key": "k", "what": "Call Chen", "when": "tomorrow"})
    assert answer.status_code == 404
    assert "concierge" in answer.json()["error"]["message"]
