"""Dead letters, settings, the doctor, and how commands fail."""

import json
import os
import socket
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mailwright import openings
from mailwright.installation import build_core
from mailwright.openings import programs_of
from mailwright.settings import load
from mailwright.storage import dead_letters
from tests.cli.conftest import Run, json_of, refusal_of
from tests.servers.localweb import LocalWeb
from tests.servers.searchservices import KEY


def _bury(*, source: str, reference: str) -> str:
    core = build_core(load())
    try:
        return core.database.write_now(
            lambda tx: dead_letters.add(
                tx,
                source=source,
                name="smtp",
                reference=reference,
                payload={"recipient": "chen@example.org"},
                error="Traceback …\nSendFailure: nobody answers",
                attempts=5,
            )
        )
    finally:
        core.database.close()


def test_dead_letters_are_listed_shown_and_replayed(run: Run, installed: Path) -> None:
    assert "no dead letter" in run("dlq", "list").stderr
    sent = json_of(run("email", "send", "--to", "chen@example.org", "--body", "Hello"))
    core = build_core(load())
    row_id = str(core.database.read_now(lambda tx: tx.scalar("SELECT id FROM outbox")))
    core.database.write_now(lambda tx: tx.execute("UPDATE outbox SET status = 'failed', attempts = 5"))
    core.database.close()
    letter_id = _bury(source="outbox", reference=row_id)
    assert "SendFailure: nobody answers" in run("dlq", "list").stdout
    shown = json_of(run("dlq", "show", letter_id))
    assert (shown["source"], shown["reference"], shown["attempts"]) == ("outbox", row_id, 5)
    (replayed,) = json_of(run("dlq", "replay", letter_id, "--json"))
    assert replayed["replayed_at"] is not None
    core = build_core(load())
    status, message_id = core.database.read_now(lambda tx: tx.one("SELECT status, message_id FROM outbox")) or ("", "")
    core.database.close()
    assert (status, message_id) == ("queued", sent["message_id"])
    assert "replayed before" in refusal_of(run("dlq", "replay", letter_id))
    assert json_of(run("dlq", "list", "--json")) == []
    assert len(json_of(run("dlq", "list", "--replayed", "--json"))) == 1


def test_a_dead_letter_that_was_looked_after_in_another_way_is_resolved_and_offered_no_more(
    run: Run, installed: Path
) -> None:
    letter_id = _bury(source="outbox", reference="01890000-0000-7000-8000-000000000001")
    (resolved,) = json_of(run("dlq", "resolve", letter_id, "--json"))
    assert (resolved["resolved_by"], resolved["replayed_at"]) == ("system", None)
    assert resolved["resolved_at"] is not None
    assert json_of(run("dlq", "list", "--json")) == []
    assert len(json_of(run("dlq", "list", "--replayed", "--json"))) == 1
    assert "resolved before" in refusal_of(run("dlq", "resolve", letter_id))
    assert "resolved before" in refusal_of(run("dlq", "replay", letter_id))
    # What dies again is a letter of its own.
    assert _bury(source="outbox", reference="01890000-0000-7000-8000-000000000001") != letter_id


def test_an_unknown_letter_is_told(run: Run, installed: Path) -> None:
    for command in ("show", "replay", "resolve"):
        assert "no dead letter" in refusal_of(run("dlq", command, "01890000-0000-7000-8000-000000000009"))


def test_the_settings_are_shown_without_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_WEBHOOK_SECRET", "hunter22")
    monkeypatch.setenv("MAILWRIGHT_DATABASE_URL", "postgresql://ada:hunter22@127.0.0.1/mail")
    result = run("config", "show")
    assert "hunter22" not in result.output
    assert json_of(result)["database_url"] == "postgresql://***@127.0.0.1/mail"


def test_every_bad_setting_is_a_line_and_nothing_starts(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAILWRIGHT_SMTP_PORT", "abc")
    monkeypatch.setenv("MAILWRIGHT_MODEL", "gpt")
    for words in (("config", "check"), ("up",), ("up", "--demo"), ("user", "list")):
        result = run(*words)
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 2
        assert "MAILWRIGHT_SMTP_PORT: should be a whole number" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_variable_is_a_warning(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_SMTPPORT", "25")
    result = run("config", "check")
    assert result.exit_code == 0
    assert "did you mean MAILWRIGHT_SMTP_PORT?" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("user", "list"),
        ("dlq", "list"),
        ("mailbox", "list", "ada@mailwright.test"),
        ("task", "run", "--message-id", "x"),
    ],
)
def test_where_nothing_is_installed_nothing_is_made(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "there is no installation" in refusal_of(run(*words))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("frobnicate",), "No such command"),
        (("user", "frobnicate"), "No such command"),
        (("user", "add"), "Missing argument"),
        (("user", "list", "--frobnicate"), "No such option"),
        (("mailbox", "show", "ada@mailwright.test", "--limit", "many"), "--limit"),
    ],
)
def test_what_is_not_understood_is_one_line_and_status_two(run: Run, words: tuple[str, ...], says: str) -> None:
    assert says in refusal_of(run(*words), 2)


def test_once_goes_with_the_demo_and_the_demo_with_all_roles(run: Run) -> None:
    assert "--once goes with --demo" in refusal_of(run("up", "--once"))
    assert "needs all roles" in refusal_of(run("up", "--demo", "--roles", "smtp"))


def test_without_words_help_is_shown(run: Run) -> None:
    for words in ((), ("user",), ("pipeline",)):
        assert "Commands:" in run(*words).output


def _free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP", "SUBMISSION", "LMTP", "HTTP", "GRPC"):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            monkeypatch.setenv(f"MAILWRIGHT_{name}_PORT", str(listener.getsockname()[1]))


def test_the_doctor_finds_an_installation_well(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _free_ports(monkeypatch)
    installed.chmod(0o700)
    result = run("doctor", "--no-round-trip", "--json")
    found = {each["name"]: each for each in json_of(result)["checks"]}
    assert {"settings", "server", "data", "disk", "database", "domains", "models"} <= found.keys()
    assert found["data"]["status"] == found["database"]["status"] == "ok"
    assert found[f"port {os.environ['MAILWRIGHT_GRPC_PORT']}"]["because"] == "grpc: free"
    assert "mailwright.test" in found["domains"]["because"]


def test_the_doctor_says_what_is_wrong_and_because(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _free_ports(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("MAILWRIGHT_SMTP_PORT", str(port))
        result = run("doctor", "--no-round-trip", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False
    (bad,) = [each for each in report["checks"] if each["status"] == "fail"]
    assert (bad["name"], bad["because"]) == (f"port {port}", "smtp: address already in use")


def test_a_usual_port_that_is_taken_is_no_illness(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _free_ports(monkeypatch)
    monkeypatch.setenv("MAILWRIGHT_HTTP_PORT", "0")
    monkeypatch.setenv("MAILWRIGHT_ROLES", "smtp,imap")
    monkeypatch.setenv("MAILWRIGHT_HOST", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(openings, "OPERATIONS_PORT", port)
        monkeypatch.delenv("MAILWRIGHT_OPERATIONS_PORT", raising=False)
        result = run("doctor", "--no-round-trip", "--json")
        found = {each["name"]: each for each in json_of(result)["checks"]}[f"port {port}"]
        assert (found["status"], found["because"]) == (
            "warn",
            "operations: address already in use; everything else goes on without it. "
            "MAILWRIGHT_OPERATIONS_PORT names another, or none (0)",
        )
        monkeypatch.setenv("MAILWRIGHT_OPERATIONS_PORT", str(port))  # somebody counts on it
        assert run("doctor", "--no-round-trip", "--json").exit_code == 1

        monkeypatch.setenv("MAILWRIGHT_OPERATIONS_PORT", "0")
        monkeypatch.delenv("MAILWRIGHT_ROLES")
        monkeypatch.delenv("MAILWRIGHT_GRPC_PORT")
        monkeypatch.setattr(openings, "programs_of", lambda settings: replace(programs_of(settings), port=port))
        result = run("doctor", "--no-round-trip", "--json")
        found = {each["name"]: each for each in json_of(result)["checks"]}[f"port {port}"]
        assert (found["status"], found["because"].partition(";")[0]) == ("warn", "grpc: address already in use")
        assert "MAILWRIGHT_GRPC_PORT names another" in found["because"]
        monkeypatch.setenv("MAILWRIGHT_ROLES", "all,grpc")
        assert run("doctor", "--no-round-trip", "--json").exit_code == 1


def test_the_doctor_reports_bad_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILWRIGHT_SMTP_PORT", "abc")
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["checks"][0]["status"] == "fail"


@pytest.mark.parametrize("key", [KEY, "wrong"])
def test_the_doctor_asks_who_searches_when_told_to(run: Run, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    _free_ports(monkeypatch)
    with TemporaryDirectory() as folder, LocalWeb(Path(folder)) as web:
        for name, value in (web.environment() | {"MAILWRIGHT_EXA_API_KEY": key}).items():
            monkeypatch.setenv(name, value)
        report = json.loads(run("doctor", "--online", "--no-round-trip", "--json").stdout)
    said = {each["name"]: each for each in report["checks"]}
    assert said["papers"]["status"] == "ok"
    assert "arXiv answered" in said["papers"]["because"]
    asked = [each for each in report["checks"] if each["name"] == "web"]
    assert asked[0]["because"] == "exa searches it, papers come from arXiv (--online asks)"
    if key == KEY:
        assert "exa answered" in asked[1]["because"]
    else:
        assert (asked[1]["status"], asked[1]["because"]) == ("fail", "Exa does not know our key (401)")


def test_a_benchmark_of_nothing_is_refused(run: Run) -> None:
    assert "none of smtp, lmtp and both" in refusal_of(run("bench", "ingest", "--protocol", "uucp"))


def test_the_doctor_asks_the_models_when_told_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _free_ports(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        monkeypatch.setenv("MAILWRIGHT_MODEL_BASE_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}/v1")
    report = json.loads(run("doctor", "--online", "--no-round-trip", "--json").stdout)
    assert "rules answered" in report["checks"][-1]["because"]
    monkeypatch.setenv("MAILWRIGHT_MODEL", "openai:gone")
    monkeypatch.setenv("MAILWRIGHT_MODEL_TIMEOUT_SECONDS", "2")
    result = run("doctor", "--online", "--no-round-trip", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["checks"][-1]["status"] == "fail"
