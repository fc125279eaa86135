"""The program as it is started: the demo, the doctor's round trip, and a benchmark, each in a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import program

pytestmark = pytest.mark.slow

PORTS = ("SMTP", "SUBMISSION", "LMTP", "HTTP", "GRPC")


@pytest.fixture
def environment(data_folder: Path) -> dict[str, str]:
    """Settings for a server on free ports."""
    found = program.environment({"data": data_folder})
    for name in PORTS:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            found[f"MAILWRIGHT_{name}_PORT"] = str(listener.getsockname()[1])
    return found


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailwright", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_the_demo_answers_a_task_and_prints_passwords_once(environment: dict[str, str]) -> None:
    first = _run(environment, "up", "--demo", "--once")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("password ") >= 4
    assert "699.5" in first.stdout  # what the sample's column adds up to
    for step in ("submitted with STARTTLS", "delivered to main@mailwright.test", "thinking", "answered"):
        assert step in first.stdout
    assert "email send --wait --from ada@mailwright.test" in first.stdout
    assert "\x1b" not in first.stdout
    second = _run(environment, "up", "--demo", "--once")
    assert second.returncode == 0, second.stderr
    assert "user password ada@mailwright.test" in second.stdout
    assert "These passwords are random" not in second.stdout
    assert "699.5" in second.stdout


def test_a_running_server_answers_commands_beside_it_and_ends_on_sigterm(environment: dict[str, str]) -> None:
    environment["MAILWRIGHT_DEMO_PASSWORD"] = "correct horse"
    server = subprocess.Popen(
        [sys.executable, "-m", "mailwright", "up", "--demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        for said in server.stdout:
            assert "correct horse" not in said
            if "Ctrl-C ends it" in said:
                break
        sent = _run(
            environment, "email", "send", "--wait", "--from", "ada@mailwright.test", "--to", "main@mailwright.test",
            "--subject", "Two numbers", "--body", "What is 17.5 % of 2340?",
        )  # fmt: skip
        assert sent.returncode == 0, sent.stderr
        assert "409.5" in json.loads(sent.stdout)["reply"]["text"]
        assert "delivered to main@mailwright.test" in sent.stderr
        looked = _run(environment, "doctor", "--json")
        report = {each["name"]: each for each in json.loads(looked.stdout)["checks"]}
        assert looked.returncode == 0, looked.stdout
        assert "through the running server" in report["round trip"]["because"]
        for door in ("http", "grpc"):
            port = environment[f"MAILWRIGHT_{door.upper()}_PORT"]
            assert report[f"port {port}"]["because"] == f"{door}: the server answers"
        assert "doctor-" not in _run(environment, "user", "list").stdout
        second = _run(environment, "up")
        assert second.returncode == 1
        assert second.stderr.strip().splitlines()[-1].startswith("mailwright: another Mailwright is running")
    finally:
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert time.monotonic() - began < 20


def test_the_doctor_sends_a_task_around_in_a_server_of_its_own(environment: dict[str, str], data_folder: Path) -> None:
    result = _run(environment, "doctor", "--json")
    report = {each["name"]: each for each in json.loads(result.stdout)["checks"]}
    assert report["round trip"]["status"] == "ok", report["round trip"]["because"]
    assert list(data_folder.iterdir()) == []


def test_a_benchmark_prints_one_json_line_a_figure(environment: dict[str, str]) -> None:
    result = _run(environment, "bench", "ingest", "-n", "40", "--users", "3")
    assert result.returncode == 0, result.stderr
    figures = [json.loads(line) for line in result.stdout.splitlines()]
    assert [figure["protocol"] for figure in figures] == ["smtp", "lmtp"]
    assert all(figure["messages"] == 40 and figure["messages_per_second"] > 0 for figure in figures)


def test_help_is_there_at_once(environment: dict[str, str]) -> None:
    heavy = ("pydantic", "sqlalchemy", "fastapi", "dbos", "rich", "asyncio")
    code = f"import sys, mailwright.cli; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_server_starts_without_what_only_some_of_its_work_needs(environment: dict[str, str]) -> None:
    heavy = (
        "stripe",
        "pydantic_ai",
        "mcp",
        "matplotlib",
        "numpy",
        "pandas",
        "openpyxl",
        "docx",
        "reportlab",
        "markitdown",
    )
    code = f"""
import sys, mailwright.app, mailwright.work
from mailwright.installation import shop_of
from mailwright.staff import servers_of
from mailwright.webs import web_of
from mailwright.settings import load
settings = load(
    stripe_secret_key="sk_test_nobody", stripe_webhook_secret="whsec_nobody", stripe_prices={{"paid_20": "price_20"}},
    web_search="exa", exa_api_key="nobody", web_allowed_hosts=("example.org",),
    mcp_servers=[{{"name": "tools", "url": "http://127.0.0.1:9/mcp"}}],
)
assert shop_of(settings, "http://localhost") and web_of(settings) and servers_of(settings)
print([name for name in {heavy!r} if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
