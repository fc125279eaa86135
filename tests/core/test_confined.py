"""A confined process: what it may do, and what it costs when it does not end well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.core.confined import Answered, Confined, Stopped
from mailwright.core.confined_child import ANSWERS

JOB = """
import os, sys, time
SCRATCH = True
OPENS = (sys.prefix, sys.base_prefix, "/usr/lib", "/proc/self")
MEMORY = 512 * 1024**2
CPU_SECONDS = 1

def tried(what):
    try:
        what()
    except OSError:
        return "refused"
    return "done"

def answer(head, data):
    import socket, subprocess, tempfile
    wish = head["wish"]
    if wish == "echo":
        return data, ""
    if wish == "write":
        with tempfile.NamedTemporaryFile("w") as made:
            made.write("x")
            return made.name.encode(), ""
    if wish == "memory":
        return bytes(1024**3), ""
    if wish == "time":
        while True:
            pass
    if wish == "sleep":
        time.sleep(60)
    if wish == "much":
        return b"x" * 2_000, ""
    other = head["other"]
    def link():
        os.symlink(other, "link")
    done = [
        tried(lambda: open(other)),
        tried(lambda: open(other, "w")),
        tried(lambda: open("../" + other.lstrip("/"))),
        tried(lambda: os.open(other, os.O_RDONLY)),
        tried(lambda: open("/etc/passwd")),
        tried(link),
        tried(lambda: socket.create_connection(("127.0.0.1", 1))),
        tried(lambda: subprocess.run(["true"])),
        tried(os.fork),
    ]
    return " ".join(done).encode(), ""
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    made = tmp_path / "job.py"
    made.write_text(JOB)
    return made


@pytest.fixture
async def confined(job: Path) -> AsyncIterator[Confined]:
    made = Confined(job, seconds=20, idle_seconds=60, scratch=True)
    yield made
    await made.close()


async def test_it_answers_and_is_kept_for_the_next_question(confined: Confined) -> None:
    assert await confined.ask({"wish": "echo"}, b"one", limit=10) == Answered(b"one")
    process = confined.process
    assert await confined.ask({"wish": "echo"}, b"two", limit=10) == Answered(b"two")
    assert confined.process is process


async def test_a_process_that_has_answered_often_makes_room_for_the_next_and_no_question_is_lost(
    confined: Confined,
) -> None:
    used = set()
    for number in range(2 * ANSWERS + 1):
        said = str(number).encode()
        assert await confined.ask({"wish": "echo"}, said, limit=100) == Answered(said)
        used.add(confined.process and confined.process.pid)
    assert len(used - {None}) == 3


async def test_it_writes_in_its_own_folder_which_goes_with_it(confined: Confined) -> None:
    written = Path((await confined.ask({"wish": "write"}, b"", limit=1_000)).content.decode())
    folder = written.parent
    assert folder.is_dir()
    await confined.close()
    assert not folder.exists()


async def test_it_reads_and_reaches_nothing_else(confined: Confined, tmp_path: Path) -> None:
    other = tmp_path / "mail.eml"
    other.write_text("secret")
    answer = await confined.ask({"wish": "all", "other": str(other)}, b"", limit=1_000)
    assert answer.content.decode().split() == ["refused"] * 9
    assert other.read_text() == "secret"


@pytest.mark.parametrize("wish", ["memory", "time", "much"])
async def test_what_wants_too_much_costs_the_process_and_nothing_else(confined: Confined, wish: str) -> None:
    with pytest.raises(Stopped) as stopped:
        await confined.ask({"wish": wish}, b"", limit=1_000)
    assert not stopped.value.timed_out
    assert await confined.ask({"wish": "echo"}, b"next", limit=10) == Answered(b"next")


async def test_what_takes_too_long_is_killed(job: Path) -> None:
    confined = Confined(job, seconds=1.0, idle_seconds=60, scratch=True)
    with pytest.raises(Stopped) as stopped:
        await confined.ask({"wish": "sleep"}, b"", limit=10)
    assert stopped.value.timed_out
    await confined.close()


async def test_a_question_nobody_waits_for_any_more_ends_its_process(confined: Confined) -> None:
    asking = asyncio.create_task(confined.ask({"wish": "sleep"}, b"", limit=10))
    while confined.process is None:
        await asyncio.sleep(0.01)
    process = confined.process
    asking.cancel()
    await asyncio.wait([asking])
    assert await asyncio.wait_for(process.wait(), 10) != 0
    assert await confined.ask({"wish": "echo"}, b"next", limit=10) == Answered(b"next")


async def test_questions_wait_for_each_other(confined: Confined) -> None:
    answers = await asyncio.gather(*(confined.ask({"wish": "echo"}, bytes([number]), limit=10) for number in range(20)))
    assert [answer.content for answer in answers] == [bytes([number]) for number in range(20)]
