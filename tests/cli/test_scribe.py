"""Outreach from the command line: asked for, listed, shown with what it rests on, tables looked into and taken whole, cancelled."""

from pathlib import Path

import pytest

from mailwright.domain import clock
from mailwright.installation import build_core
from mailwright.settings import load
from mailwright.storage import Tx, outreach
from tests.cli.conftest import Run, json_of, refusal_of

ADA = "ada@mailwright.test"
TABLE = "Name,E-mail,Interest\nChen Wei,chen@example.org,rust\nÅsa Berg,asa@example.net,salt\n"


@pytest.fixture
def letter(tmp_path: Path) -> str:
    """A template in a file."""
    file = tmp_path / "letter.txt"
    file.write_text("Subject: Your work\n\nDear {{name}},\n\nI read about {{research}}.\n\nAda\n")
    return str(file)


def asked(run: Run, letter: str, *more: str) -> str:
    words = ("scribe", "write", "--user", ADA, "--template", letter, "--name", "Chen Wei", "--json", *more)
    return str(json_of(run(*words))["id"])


def written(outreach_id: str) -> None:
    """What the scribe leaves when it has done its work."""
    sentences = [
        {"text": "Dear Chen Wei,", "paragraph": 0, "state": "own", "sources": []},
        {"text": "You won a prize.", "paragraph": 1, "state": "marked", "sources": []},
    ]
    told = {
        "told": "no service that searches the web is set up",
        "dropped": [{"text": "A lamp.", "because": "unheard of"}],
    }
    core = build_core(load())

    def write(tx: Tx) -> None:
        text = {
            "subject": "Your work",
            "body": "Dear Chen Wei,\n\nYou won a prize.",
            "because": "one could not be verified",
        }
        outreach.update(tx, outreach_id, now=clock.now(), sentences=sentences, metadata=told, **text)
        tx.execute("UPDATE tasks SET status = 'complete' WHERE id = ?", (outreach_id,))

    core.database.write_now(write)
    core.database.close()


def test_the_same_key_makes_one_mail_which_is_listed_and_cancelled(run: Run, installed: Path, letter: str) -> None:
    made = asked(run, letter, "--key", "one", "--field", "research=rust")
    assert asked(run, letter, "--key", "one", "--field", "research=rust") == made
    [listed] = json_of(run("scribe", "list", ADA, "--json"))
    assert (listed["id"], listed["status"], listed["recipient_name"]) == (made, "PENDING", "Chen Wei")
    assert "PENDING" in run("scribe", "list", ADA).output
    assert json_of(run("scribe", "cancel", made, "--json"))["status"] == "CANCELLED"


def test_what_is_shown_says_what_it_does_not_rest_on(run: Run, installed: Path, letter: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Chen Wei leads the Bridge Laboratory.\n")
    made = asked(run, letter, "--file", str(notes))
    written(made)
    shown = run("scribe", "show", made).output
    for line in (
        "Subject: Your work",
        "confident: no (one could not be verified)",
        "not shown by anything: You won a prize.",
        "left out: A lamp. (unheard of)",
        "no service that searches the web is set up",
    ):
        assert line in shown
    assert json_of(run("scribe", "show", made, "--json"))["told"] == "no service that searches the web is set up"


def test_a_table_is_looked_into_and_taken_whole_or_not_at_all(run: Run, installed: Path, letter: str) -> None:
    words = ("scribe", "batch", "-", "--user", ADA, "--template", letter)
    looked = json_of(run(*words, "--dry-run", stdin=TABLE))
    assert (looked["recipients"], looked["columns"]["email"], looked["problems"]) == (2, "E-mail", [])
    bad = TABLE + "Eve,no address,\n"
    assert "row 4" in refusal_of(run(*words, stdin=bad))
    assert json_of(run("scribe", "list", ADA, "--json")) == []
    made = json_of(run(*words, "--skip", "--json", stdin=bad))
    assert made["total"] == 2
    assert len(json_of(run("scribe", "list", ADA, "--batch", made["id"], "--json"))) == 2


def test_what_cannot_be_is_told(run: Run, installed: Path, letter: str, tmp_path: Path) -> None:
    words = ("scribe", "write", "--user", ADA, "--name", "Chen Wei")
    assert "template" in refusal_of(run(*words))
    assert "NAME=VALUE" in refusal_of(run(*words, "--template", letter, "--field", "research"))
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"Dear {{name}}, caf\xe9")
    assert "UTF-8" in refusal_of(run(*words, "--template", str(latin)))
    assert refusal_of(run("scribe", "show", "nothing"))
