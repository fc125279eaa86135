"""Outreach over REST: asked for once, watched, read with its sources, edited, put away; one's own only; who it is for comes from who calls."""

import base64
from dataclasses import replace

import pytest

from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.outreach import About, ScribeStep, SourceKind
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import outreach, outreachsteps

TEMPLATE = "Dear {{name}},\n\nI read about {{research}}.\n\nAda"
COPY = "Chen Wei leads the bridge laboratory.\nHer paper on corrosion appeared in 2024."
QUOTE = "Her paper on corrosion appeared in 2024."


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


async def asked(ada, **given):
    answer = await ada.post(
        "/api/email/generate", json={"recipient_name": "Chen Wei", "template": TEMPLATE, "key": "one", **given}
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["task_id"]


def written(core, email_id):
    """What the scribe leaves of a mail that it wrote."""

    def write(tx):
        now = clock.now()
        tasks.start_attempt(tx, email_id, ScribeStep.TEMPLATE.stage, attempt=1)
        outreachsteps.add_source(
            tx,
            email_id,
            kind=SourceKind.WEB,
            url="https://lab.example/chen",
            title="Bridge laboratory",
            text=COPY,
            now=now,
            about=About.RECIPIENT,
        )
        sentences = [
            {"text": "Dear Chen Wei,", "paragraph": 0, "state": "own", "sources": []},
            {
                "text": "I read your paper on corrosion of 2024.",
                "paragraph": 1,
                "state": "verified",
                "sources": [{"number": 1, "quote": QUOTE}],
            },
        ]
        body = "Dear Chen Wei,\n\nI read your paper on corrosion of 2024."
        outreach.update(
            tx,
            email_id,
            now=now,
            subject="Your paper",
            body=body,
            sentences=sentences,
            original={"subject": "Your paper", "body": body},
            is_confident=True,
            because="every claim has its quote",
            metadata={"cost_usd": 0.0},
            template_type="RESEARCH",
        )
        tasks.enter(tx, email_id, ScribeStep.COMPOSE.stage)
        tasks.finish(tx, email_id, TaskStatus.COMPLETE, because="written")

    core.database.write_now(write)


async def test_the_same_key_is_one_mail_and_it_waits_for_its_turn(ada):
    first = await asked(ada)
    assert await asked(ada) == first
    told = (await ada.get(f"/api/email/status/{first}")).json()
    assert (told["status"], told["email_id"], told["position"]) == ("PENDING", None, 0)
    assert [each["state"] for each in told["steps"]] == ["waiting"] * 4


async def test_a_mail_is_read_with_what_it_rests_on(ada, core):
    email_id = await asked(ada)
    written(core, email_id)
    told = (await ada.get(f"/api/email/status/{email_id}")).json()
    assert (told["status"], told["email_id"]) == ("SUCCESS", email_id)
    found = (await ada.get(f"/api/email/{email_id}")).json()
    assert (found["subject"], found["is_confident"], found["template_type"]) == ("Your paper", True, "RESEARCH")
    assert found["sentences"][1]["sources"] == [{"number": 1, "quote": QUOTE}]
    assert [each["title"] for each in found["sources"]] == ["Bridge laboratory"]
    copy = (await ada.get(f"/api/email/{email_id}/sources/1")).json()
    [place] = copy["quotes"]
    assert copy["text"][place["start"] : place["end"]] == QUOTE
    assert (await ada.get(f"/api/email/{email_id}/sources/2")).status_code == 404


async def test_an_edited_sentence_has_no_evidence_any_more(ada, core):
    email_id = await asked(ada)
    written(core, email_id)
    text = "Dear Chen Wei,\n\nI read your paper on rust of 2023."
    changed = (await ada.change("PATCH", f"/api/email/{email_id}", json={"text": text})).json()
    assert [each["state"] for each in changed["sentences"]] == ["own", "edited"]
    assert changed["is_confident"] is False
    assert changed["edited_at"] is not None


async def test_what_is_put_away_is_in_no_list_and_can_be_had_back(ada, core):
    email_id = await asked(ada)
    written(core, email_id)
    assert (await ada.change("DELETE", f"/api/email/{email_id}")).status_code == 204
    assert (await ada.get("/api/email")).json()["emails"] == []
    away = (await ada.get("/api/email", params={"deleted": True})).json()["emails"]
    assert [each["id"] for each in away] == [email_id]
    await ada.post(f"/api/email/{email_id}/restore")
    assert [each["id"] for each in (await ada.get("/api/email")).json()["emails"]] == [email_id]


async def test_lists_are_filtered_and_come_in_pages(ada, core):
    ids = [await asked(ada, key=f"key {n}", recipient_name=name) for n, name in enumerate(("Alder", "Birch", "Cedar"))]
    written(core, ids[1])
    whole = (await ada.get("/api/email", params={"limit": 2})).json()
    assert [each["id"] for each in whole["emails"]] == [ids[2], ids[1]]
    rest = (await ada.get("/api/email", params={"limit": 2, "before": whole["next"]})).json()
    assert ([each["id"] for each in rest["emails"]], rest["next"]) == ([ids[0]], None)
    for filters, wanted in [
        ({"status": "COMPLETED"}, [ids[1]]),
        ({"confident": True}, [ids[1]]),
        ({"type": "RESEARCH"}, [ids[1]]),
        ({"type": "BOOK"}, []),
        ({"q": "alder"}, [ids[0]]),
        ({"status": ["PENDING", "FAILED"]}, [ids[2], ids[0]]),
    ]:
        found = (await ada.get("/api/email", params=filters)).json()["emails"]
        assert [each["id"] for each in found] == wanted, filters


async def test_a_failure_says_where_and_why(ada, core):
    email_id = await asked(ada)

    def fail(tx):
        tasks.start_attempt(tx, email_id, ScribeStep.TEMPLATE.stage, attempt=1)
        tasks.enter(tx, email_id, ScribeStep.RESEARCH.stage)
        tasks.finish(tx, email_id, TaskStatus.FAILED, because="the search service cannot be reached")

    core.database.write_now(fail)
    told = (await ada.get(f"/api/email/status/{email_id}")).json()
    assert (told["status"], told["failed_step"]) == ("FAILURE", "web_research")
    assert "cannot be reached" in told["error"]


async def test_nobody_reaches_what_is_somebody_elses(ada, bashir, core):
    email_id = await asked(ada)
    written(core, email_id)
    for method, path, body in [
        ("GET", f"/api/email/status/{email_id}", None),
        ("GET", f"/api/email/{email_id}", None),
        ("GET", f"/api/email/{email_id}/sources/1", None),
        ("PATCH", f"/api/email/{email_id}", {"text": "mine"}),
        ("DELETE", f"/api/email/{email_id}", None),
        ("POST", f"/api/email/{email_id}/restore", None),
        ("POST", f"/api/email/{email_id}/draft", None),
        ("POST", f"/api/email/{email_id}/send", {}),
        ("POST", f"/api/email/{email_id}/unsend", None),
    ]:
        answer = await (bashir.get(path) if method == "GET" else bashir.change(method, path, json=body))
        assert answer.status_code == 404, (method, path, answer.text)


async def test_whose_mail_it_is_comes_from_who_calls_and_from_no_field(ada, bashir, core):
    email_id = await asked(ada, user_id="bashir@mailwright.test", fields={"user_id": "bashir"})
    assert (await bashir.get(f"/api/email/{email_id}")).status_code == 404
    assert (await ada.get(f"/api/email/{email_id}")).status_code == 200


async def test_a_file_that_is_given_is_read_and_one_that_cannot_be_is_refused(ada):
    content = base64.b64encode(b"Chen leads the bridge laboratory.").decode()
    await asked(ada, files=[{"name": "notes.txt", "content": content}])
    for name, data, code in [("notes.exe", content, 400), ("notes.txt", "no base64!", 400)]:
        answer = await ada.post(
            "/api/email/generate",
            json={"recipient_name": "Chen", "template": TEMPLATE, "files": [{"name": name, "content": data}]},
        )
        assert answer.status_code == code, answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient_name": ""},
        {"recipient_name": "Chen\nBcc: eve@example.org"},
        {"recipient_email": "not an address"},
        {"template": "{{" + "x" * 80 + "}}"},
        {"template": ""},  # and there is no default one
        {"template_id": "00000000-0000-7000-8000-000000000000"},
    ],
    ids=["no name", "two lines", "no address", "no placeholder", "no template", "nobody's template"],
)
async def test_a_wish_that_cannot_be_is_refused(ada, wrong):
    answer = await ada.post("/api/email/generate", json={"recipient_name": "Chen", "template": TEMPLATE} | wrong)
    assert answer.status_code in (400, 404, 422), answer.text
    assert (await ada.get("/api/email")).json()["emails"] == []


async def test_the_default_template_is_used_when_none_is_named(ada):
    made = (await ada.post("/api/templates", json={"name": "Mine", "text": TEMPLATE})).json()
    await ada.change("PATCH", "/api/scribe", json={"template_id": made["id"]})
    email_id = await asked(ada, template="")
    found = (await ada.get(f"/api/email/{email_id}")).json()
    assert (found["template"], found["template_id"]) == (TEMPLATE, made["id"])


async def test_no_file_is_read_or_kept_for_a_mail_that_is_there_or_that_cannot_be_made_today(ada, core):
    file = {"name": "cv.txt", "content": base64.b64encode(b"I studied tides.").decode()}
    first = await asked(ada, files=[file])
    for _ in range(3):
        assert await asked(ada, files=[file]) == first
    batch = {"recipients": [{"name": "Chen Wei"}], "template": TEMPLATE, "files": [file], "key": "many"}
    made = [(await ada.post("/api/queue/batch", json=batch)).json()["id"] for _ in range(3)]
    assert len(set(made)) == 1
    assert core.database.read_now(lambda tx: tx.scalar("SELECT COUNT(*) FROM outreach_files")) == 2
    core.settings = replace(core.settings, outreach=replace(core.settings.outreach, per_day=2))
    broken = {"name": "cv.exe", "content": ""}  # would be refused as a file that cannot be read
    answer = await ada.post(
        "/api/email/generate", json={"recipient_name": "Bo", "template": TEMPLATE, "files": [broken]}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests")
