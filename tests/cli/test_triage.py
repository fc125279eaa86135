"""Triage, its rules, VIPs and the assistant's settings with a shell on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailwright.core import accounts, triage
from mailwright.domain.clock import now
from mailwright.domain.triage import Category
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx
from mailwright.storage import triage as rows
from tests.cli.conftest import Run, json_of, refusal_of

ADA, CHEN = "ada@mailwright.test", "chen@example.org"
UNKNOWN = "01890000-0000-7000-8000-000000000009"


@pytest.fixture
def item_id(run: Run, installed: Path) -> str:
    """A mail of Chen's that needs a reply of Ada's, with a draft."""
    assert run("agent", "add", "assistant", "--mailbox", ADA).exit_code == 0
    core = build_core(load())

    def write(tx: Tx) -> str:
        ada = accounts.find(tx, ADA)
        item = rows.insert(
            tx,
            tenant_id=ada.tenant_id,
            user_id=ada.id,
            sender=CHEN,
            sender_name="Chen",
            subject="The roof",
            received_at=now(),
            now=now(),
        )
        triage.judged(
            tx,
            item.id,
            category=Category.NEEDS_REPLY,
            confidence=0.93,
            because="it asks when you can come",
            decided_by="rules",
            mail_kind="person",
            proven=True,
        )
        claims = [{"kind": "price", "text": "300 EUR", "support": "", "source": ""}]
        rows.update(tx, item.id, now=now(), draft_state="made", draft_because="a reply is due", claims=claims)
        return item.id

    try:
        return core.database.write_now(write)
    finally:
        core.database.close()


def test_mails_are_listed_shown_and_corrected(run: Run, item_id: str) -> None:
    assert [each["id"] for each in json_of(run("triage", "list", ADA, "--json"))] == [item_id]
    listed = run("triage", "list", ADA, "--category", "needs_reply", "--draft", "waiting", "--sender", CHEN)
    assert "The roof" in listed.stdout
    assert "No mail" in run("triage", "list", ADA, "--category", "spam").stderr
    assert "is none of" in refusal_of(run("triage", "list", ADA, "--category", "holiday"))
    shown = run("triage", "show", item_id).stdout
    assert "needs_reply (0.93)" in shown
    assert "'300 EUR': not supported" in shown
    assert json_of(run("triage", "show", item_id, "--json"))["owner"] == ADA
    corrected = json_of(run("triage", "correct", item_id, "informational", "--json"))
    assert (corrected["category"], corrected["decided_by"]) == ("informational", "owner")
    assert f"Mail of {CHEN} that a person wrote is informational" in run("triage", "show", item_id).stdout
    assert "there is no category" in refusal_of(run("triage", "correct", item_id, "holiday"))
    for lost in (UNKNOWN, "x"):
        assert lost in refusal_of(run("triage", "show", lost))


@pytest.mark.usefixtures("item_id")
def test_rules_are_written_and_forgotten(run: Run) -> None:
    made = json_of(run("triage", "rule", "add", ADA, "@Shop.example", "informational", "--kind", "receipt", "--json"))
    assert (made["sender"], made["kind"], made["made_by"]) == ("@shop.example", "receipt", "owner")
    assert "anybody at shop.example that is a receipt" in run("triage", "rule", "list", ADA).stdout
    assert "forgotten" in run("triage", "rule", "remove", made["id"]).stdout
    assert json_of(run("triage", "rule", "list", ADA, "--json")) == []
    assert "no rule" in refusal_of(run("triage", "rule", "remove", made["id"]))
    assert "not a mail address" in refusal_of(run("triage", "rule", "add", ADA, "nobody", "spam"))


@pytest.mark.usefixtures("item_id")
def test_vips_are_marked(run: Run) -> None:
    assert f"{CHEN} goes first" in run("vip", "add", ADA, "Chen@Example.org").stdout
    assert json_of(run("vip", "list", ADA, "--json")) == [CHEN]
    assert "goes first no more" in run("vip", "remove", ADA, CHEN).stdout
    assert "not among" in refusal_of(run("vip", "remove", ADA, CHEN))
    assert "There are no VIPs" in run("vip", "list", ADA).stderr


@pytest.mark.usefixtures("item_id")
def test_how_it_works_is_chosen(run: Run, tmp_path: Path) -> None:
    facts = tmp_path / "facts.txt"
    facts.write_text("We open at nine.\n")
    words = ("--threshold", "0.9", "--languages", "de,en", "--no-drafts", "--facts", str(facts), "--kept-days", "30")
    chosen = json_of(run("assistant", "set", ADA, *words, "--json"))
    assert (chosen["threshold"], chosen["languages"], chosen["drafts"]) == (0.9, ["de", "en"], False)
    assert (chosen["facts"], chosen["kept_days"]) == ("We open at nine.", 30)
    again = json_of(run("assistant", "set", ADA, "--threshold", "default", "--languages", "any", "--json"))
    assert (again["threshold"], again["languages"], again["kept_days"]) == (None, [], 30)
    shown = json_of(run("assistant", "show", ADA, "--json"))
    assert (shown["enabled"], shown["today"]["needs_reply"], shown["drafts_waiting"]) == (True, 1, 1)
    assert "1 needs_reply" in run("assistant", "show", ADA).stdout
    assert "say what to choose" in refusal_of(run("assistant", "set", ADA))
    assert "is a number" in refusal_of(run("assistant", "set", ADA, "--threshold", "much"))
    assert "agent add assistant" in refusal_of(run("assistant", "show", "admin@mailwright.test"))
