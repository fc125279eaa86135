"""One's own templates over REST, and how one uses the scribe: kept, put away, drafted from a text, a first look that is over."""

import pytest

from mailwright.core.outreach.generating import Drafted, Drafts
from mailwright.core.outreach.studio import Studio

TEXT = "Dear {{name}},\n\nI read {{research}}.\n\nAda"


@pytest.fixture
async def ada(browser):
    made = browser()
    await made.sign_in("ada@mailwright.test")
    return made


async def test_a_template_is_kept_changed_put_away_and_had_back(ada):
    made = (await ada.post("/api/templates", json={"name": "Mine", "text": TEXT})).json()
    assert (made["placeholders"], made["origin"]) == (["name", "research"], "own")
    path = f"/api/templates/{made['id']}"
    assert (await ada.change("PATCH", path, json={"name": "Ours"})).json()["name"] == "Ours"
    assert (await ada.change("DELETE", path)).status_code == 204
    assert (await ada.get("/api/templates")).json()["templates"] == []
    assert [each["name"] for each in (await ada.get("/api/templates?deleted=true")).json()["templates"]] == ["Ours"]
    assert (await ada.post(f"{path}/restore")).json()["text"] == TEXT
    assert [each["name"] for each in (await ada.get("/api/templates")).json()["templates"]] == ["Ours"]


async def test_a_template_is_its_owners_alone(ada, browser):
    made = (await ada.post("/api/templates", json={"name": "Mine", "text": TEXT})).json()
    bashir = browser()
    await bashir.sign_in("bashir@mailwright.test")
    path = f"/api/templates/{made['id']}"
    assert (await bashir.get("/api/templates")).json()["templates"] == []
    for method, given in [("PATCH", {"name": "His"}), ("DELETE", None)]:
        assert (await bashir.change(method, path, json=given)).status_code == 404
    assert (await bashir.change("PATCH", "/api/scribe", json={"template_id": made["id"]})).status_code == 404


async def test_the_first_look_the_default_template_and_the_note_are_kept(ada):
    before = (await ada.get("/api/scribe")).json()
    assert (before["onboarded"], before["template_id"], before["searches"]) == (False, None, False)
    assert before["left_today"] == {"writes": before["limits"]["per_day"], "sends": before["limits"]["sends_per_day"]}
    made = (await ada.post("/api/templates", json={"name": "Mine", "text": TEXT})).json()
    wanted = {"onboarded": True, "template_id": made["id"], "note": "Ada Lovelace, 1 Example Street"}
    after = (await ada.change("PATCH", "/api/scribe", json=wanted)).json()
    assert {name: after[name] for name in wanted} == wanted
    assert after["templates"] == 1
    assert (await ada.change("PATCH", "/api/scribe", json={"template_id": ""})).json()["template_id"] is None


@pytest.mark.parametrize("text", ["", "{{", "{{a}} " * 3 + "{{" + "b" * 99 + "}}"], ids=["empty", "open", "too long"])
async def test_what_is_no_template_is_refused(ada, text):
    answer = await ada.post("/api/templates", json={"name": "Mine", "text": text})
    assert answer.status_code in (400, 422), answer.text


class Drafting:
    """Somebody who drafts."""

    def __init__(self):
        self.asked = []

    async def write(self, account, text, about=""):
        self.asked.append((account.email, text, about))
        return Drafts((Drafted("Short", TEXT),), "by what the text says")


async def test_templates_are_drafted_from_one_text_and_not_kept(browser):
    drafting = Drafting()
    ada = browser(studio=Studio(generator=lambda: drafting))
    await ada.sign_in("ada@mailwright.test")
    found = (await ada.post("/api/templates/generate", json={"text": "I build engines.", "about": "a talk"})).json()
    assert [(each["name"], each["placeholders"]) for each in found["templates"]] == [("Short", ["name", "research"])]
    assert drafting.asked == [("ada@mailwright.test", "I build engines.", "a talk")]
    assert (await ada.get("/api/templates")).json()["templates"] == []
    for wrong in [{}, {"text": "a", "url": "https://example.org/"}, {"url": "https://example.org/"}]:
        assert (await ada.post("/api/templates/generate", json=wrong)).status_code in (400, 403)
