"""Accounts elsewhere, as whoever has a shell on the machine connects, checks and removes them; the server there is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwright.core import accounts, connections
from mailwright.domain.ids import new_id
from mailwright.installation import build_core
from mailwright.settings import PREFIX, load
from tests.cli.conftest import Run, json_of, refusal_of
from tests.servers.dovecot import DovecotServer, is_installed

ADA = "ada@mailwright.test"
SECRET = "pa ss word"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotServer]:
    if not is_installed():
        pytest.skip("Dovecot is not installed")
    server = DovecotServer()
    yield server
    server.destroy()


@pytest.fixture
def words(dovecot: DovecotServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What connects Ada's account there."""
    monkeypatch.setenv(f"{PREFIX}ALLOW_PRIVATE_ACCOUNTS", "true")
    (tmp_path / "password").write_text(f"{SECRET}\n")
    named = ["ada@example.org", "127.0.0.1", "--port", str(dovecot.imap_port), "--tls", "none", "--user", "ada"]
    return ["connection", "add-imap", ADA, *named, "--password-file", str(tmp_path / "password")]


@pytest.mark.server
def test_an_account_is_connected_checked_looked_at_and_let_go(run: Run, installed: Path, words: list[str]) -> None:
    made = json_of(run(*words, "--json"))
    assert (made["of"], made["kind"], made["address"], made["state"]) == (ADA, "imap", "ada@example.org", "connecting")
    assert SECRET not in run("connection", "list").output + run("connection", "list", "--json").output
    assert "ada@example.org" in run("connection", "list", "--user", ADA).output
    assert json_of(run("connection", "list", "--user", "admin@mailwright.test", "--json")) == []
    assert json_of(run("connection", "check", made["id"], "--json"))["works"]
    assert "looked at now" in run("connection", "look", made["id"]).output
    assert json_of(run("connection", "remove", made["id"], "--json")) == {"removed": True, "revoked": None}
    assert json_of(run("connection", "list", "--json")) == []


@pytest.mark.server
def test_a_server_inside_is_refused_where_nothing_else_is_said(
    run: Run, installed: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(f"{PREFIX}ALLOW_PRIVATE_ACCOUNTS")
    assert "not on the Internet" in refusal_of(run(*words))
    assert json_of(run("connection", "list", "--json")) == []


@pytest.mark.server
def test_a_check_that_fails_says_so_and_ends_with_one(run: Run, installed: Path, words: list[str]) -> None:
    made = json_of(run(*words, "--json"))
    core = build_core(load())
    ada = core.database.read_now(lambda tx: accounts.find(tx, ADA))
    server = {"host": "127.0.0.1", "port": 1, "user": "ada", "tls": "none"}
    core.database.write_now(
        lambda tx: connections.add_imap(tx, core, ada, address="ada@example.org", password="other", **server)  # type: ignore[arg-type]
    )
    core.database.close()
    found = run("connection", "check", made["id"])
    assert found.exit_code == 1
    assert "cannot be reached" in found.output
    assert "other" not in found.output


def test_what_is_not_connected_is_told(run: Run, installed: Path) -> None:
    for verb in ("look", "check", "remove"):
        assert "no connection" in refusal_of(run("connection", verb, "garbage"))
        assert "no such connection" in refusal_of(run("connection", verb, new_id()))
    assert "no user" in refusal_of(run("connection", "list", "--user", "nobody@mailwright.test"))
    refused = run("connection", "add-imap", ADA, "ada@example.org", "imap.example.org", stdin="")
    assert "CONNECTION_PASSWORD" in refusal_of(refused)
