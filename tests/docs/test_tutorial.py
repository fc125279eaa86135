"""The tutorial and the README's samples, run as a newcomer runs them: the demo in one terminal, the commands in another."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-for-the-tutorial"
READY_SECONDS = 90.0  # start, the sample task and its answer, on a machine that does other things too
COMMAND_SECONDS = 90.0
USUAL_PORTS = {
    "SMTP": 2525,
    "SUBMISSION": 2587,
    "SUBMISSIONS": 2465,
    "LMTP": 2424,
    "IMAP": 2143,
    "IMAPS": 2993,
    "SIEVE": 4190,
    "HTTP": 8080,
    "GRPC": 50051,
}
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _samples(page: str) -> list[str]:
    return [
        block for block in _SHELL.findall((ROOT / page).read_text(encoding="utf-8")) if not block.startswith("make")
    ]


def _with(page: str, words: str) -> str:
    """The one sample of a page that has these words."""
    (found,) = [block for block in _samples(page) if words in block]
    return found


@dataclass
class Demo:
    """A running `mailwright up --demo`, and the folder it was started in."""

    folder: Path
    process: subprocess.Popen[str]
    ports: dict[int, int]
    lines: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def run(self, sample: str) -> str:
        """Run a sample in the folder; what it said. Fails when it fails."""
        for documented, real in self.ports.items():
            sample = sample.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{real}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", sample],
            cwd=self.folder,
            env=_environment(self.ports),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{sample}\n{done.stdout}\n{done.stderr}\n--- the demo said ---\n{self.said}"
        return done.stdout + done.stderr


def _environment(ports: dict[int, int]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAILWRIGHT_")}
    named = {f"MAILWRIGHT_{kind}_PORT": str(ports[usual]) for kind, usual in USUAL_PORTS.items()}
    return {**ours, **named, "MAILWRIGHT_DEMO_PASSWORD": PASSWORD, "PASSWORD": PASSWORD, "COLUMNS": "160"}


def _free_ports() -> dict[int, int]:
    """A free port in place of each usual one."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in USUAL_PORTS]
        return {usual: each.getsockname()[1] for usual, each in zip(USUAL_PORTS.values(), sockets, strict=True)}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / ".venv").symlink_to(sys.prefix)
    ports = _free_ports()
    process = subprocess.Popen(
        [".venv/bin/mailwright", "up", "--demo"],
        cwd=folder,
        env={**_environment(ports), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Demo(folder, process, ports)
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: running.lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    end = time.monotonic() + READY_SECONDS
    while "Ctrl-C" not in running.said and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    try:
        assert process.poll() is None, running.said
        assert "Ctrl-C" in running.said, running.said
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)


@pytest.mark.slow
def test_the_demo_shows_the_question_the_steps_and_the_answer(demo: Demo) -> None:
    assert "main@mailwright.test" in demo.said
    assert "delivered to main@mailwright.test" in demo.said
    assert "699.5" in demo.said  # the sum of the sample's expenses


@pytest.mark.slow
def test_the_answer_can_be_read_in_a_second_terminal(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "mailbox list"))
    assert "INBOX" in said
    assert "Mini Mouse" in said


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_answer_is_read_over_imap(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "imaps://"))
    assert "Subject: Re: " in said
    assert "Mini Mouse" in said


@pytest.mark.slow
def test_a_task_with_a_table_is_answered_with_its_total(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "books.csv"))
    assert "answered" in said
    assert "96.7" in said


@pytest.mark.slow
def test_the_readme_s_task_is_answered(demo: Demo) -> None:
    said = demo.run(_with("README.md", "email send"))
    assert "409.5" in said


@pytest.mark.slow
def test_what_is_mailed_to_the_concierge_is_followed_up(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "followup list"))
    assert "noted:" in said
    assert re.search(r"pending +\d{4}-\d\d-\d\dT09:00", said)


@pytest.mark.slow
def test_the_scribe_writes_by_what_it_is_given(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "scribe write"))
    assert "Dear Chen Wei," in said
    assert "[1] notes.txt" in said


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")
def test_swaks_submits_as_a_mail_program_does(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "swaks"))
    assert "250 2" in said


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_pages_of_a_running_server_say_what_the_tutorial_promises(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "/readyz"))
    assert '"ready"' in said
    assert '"online"' in said
    assert "mailwright_accept_total" in said


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_program_hands_over_mail_once_and_is_told_when_it_does_so_twice(demo: Demo) -> None:
    (sample,) = [block for block in _samples("docs/howto/hand-over-mail-from-a-program.md") if "order-4711" in block]
    assert '"accepted"' in demo.run(sample)
    assert '"duplicate"' in demo.run(sample)


@pytest.mark.slow
def test_an_installation_of_one_s_own_is_made_with_the_commands_shown(demo: Demo) -> None:
    said = demo.run(_with("docs/tutorial.md", "domain add"))
    assert "example.org" in said
    assert (demo.folder / "mail").is_dir()


@pytest.mark.slow
def test_one_message_is_read_judged_and_walked_through_in_json(demo: Demo) -> None:
    said = demo.run(_with("docs/howto/work-with-json.md", "question.eml"))
    assert '"subject": "Sum"' in said
    assert '"dry_run": true' in said
