"""Python of a model: it computes with the run's files, and nothing it does reaches further."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailwright.agents.models.tools import ToolFailed
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.tools import sandbox
from mailwright.agents.tools.sandbox import Sandbox
from tests.agents.tools.conftest import Sit

CSV = ("sums.csv", "text/csv", b"name,sum\nAda,3\nChen,4\n")


@pytest.fixture
async def small() -> AsyncIterator[Sandbox]:
    """A sandbox that waits for little."""
    made = Sandbox(seconds=1.0, memory=32 * 1024 * 1024)
    yield made
    await made.close()


async def test_code_computes_with_the_files_of_the_run(sit: Sit) -> None:
    desk = await sit("Total this.", CSV)
    code = (
        "import csv\n"
        "rows = list(csv.DictReader(read_file('sums.csv').splitlines()))\n"
        "total = sum(int(row['sum']) for row in rows)\n"
        "print('total', total, list_files())\n"
        "print(write_file('total.txt', f'{total}', attach=False))\n"
        "table = read_table('sums.csv')\n"
        "print(table['columns'], sum(row[1] for row in table['rows']))\n"
        "print(write_table('sums.csv', ['n'], [[1], [2]]))\n"
    )
    said = await desk.use("run_python", code=code)
    assert said == "total 7 ['sums.csv']\ntotal.txt\n['name', 'sum'] 7\nsums_v1.csv\n"
    assert (await desk.files())["total.txt"] == b"7"
    assert [effect.action for effect in desk.monitor.effects] == [
        Action.COMPUTE,
        Action.READ,
        Action.READ,
        Action.WRITE,
        Action.READ,
        Action.WRITE,
    ]


async def test_code_gets_no_further_than_the_monitor_lets_the_tools(sit: Sit) -> None:
    desk = await sit("Total this.", CSV)
    desk.monitor.deny(Action.READ)
    said = await desk.use("run_python", code="try:\n  read_file('sums.csv')\nexcept OSError as e:\n  print('no:', e)")
    assert said == "no: not allowed: a test says so\n"
    desk.monitor.deny(Action.COMPUTE)
    with pytest.raises(ToolFailed, match="not allowed"):
        await desk.use("run_python", code="print(1)")
    assert desk.monitor.effects[-1] == Effect(Action.COMPUTE, "python")


async def test_wrong_calls_and_errors_are_told_to_the_code_and_the_model(sit: Sit) -> None:
    desk = await sit("Total this.", CSV)
    for code, told in (
        ("1/0", "ZeroDivisionError"),
        ("def(", "Expected"),
        ("nobody()", "NameError"),
        ("read_file()", "ValueError: name: Field required"),
        ("read_file('a', 'b')", "ValueError: the arguments are: name"),
        ("read_file('sums.csv', name='x')", "ValueError"),
        ("write_file('a.txt', 5)", "ValueError: text"),
        ("read_file('nothing.csv')", "OSError: there is no file 'nothing.csv'"),
        ("write_file('a.exe', 'x')", "OSError"),
        ("print('so far')\nraise ValueError('x' * 100000)", "so far"),
        ("async def f(): pass\nimport asyncio\nasyncio.run(f())\nprint('fine')", "fine"),
    ):
        said = await desk.use("run_python", code=code)
        assert told in said, code
        assert len(said) < 6_000
    assert await desk.use("run_python", code="x = 1") == "It ran to its end and printed nothing."


HOSTILE = {
    "endless": "while True: pass",
    "memory": "x = []\nwhile True: x.append('a' * 1000)",
    "one large list": "x = [0] * 10**9",
    "one large text": "x = 'a' * 10**10",
    "large number": "x = 10 ** 10 ** 8",
    "doubling": "x = 'a'\nwhile True: x = x + x",
    "deep": "def f(n): return f(n + 1)\nf(0)",
    "deep list": "x = []\nfor i in range(10**6): x = [x]\nprint(x)",
    "deep source": "x = " + "(" * 20_000 + ")" * 20_000,
    "minus": "x = " + "-" * 40_000 + "1",
    "backtracking": "import re\nre.match('(a|a|a)+$', 'a' * 60 + 'b')\nwhile True: pass",
    "many calls": "while True: list_files()",
    "no import": "import subprocess\nsubprocess.run('id')",
    "no module of ours": "import mailwright",
    "no socket": "import socket",
    "no file": "open('/etc/passwd').read()",
    "no folder": "import os\nos.listdir('/')",
    "no environment": "import os\nos.environ['PATH']",
    "no command": "import os\nos.system('id')",
    "no builtins": "__import__('os').system('id')",
    "no path": "from pathlib import Path\nPath('/etc/passwd').read_text()",
    "no frames": "(lambda: 0).__globals__['x']",
    "no classes": "().__class__.__bases__[0].__subclasses__()",
    "swallowed": "try:\n  while True: pass\nexcept BaseException: pass\nwhile True: pass",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_code_ends_and_harms_nothing(small: Sandbox, name: str) -> None:
    async def list_files(args: object, named: object) -> list[str]:
        return []

    ran = await small.run(HOSTILE[name], {"list_files": list_files})
    assert ran.error
    assert "root:" not in ran.printed
    assert (await small.run("print(1 + 1)", {})).printed == "2\n"


async def test_endless_printing_is_bounded(small: Sandbox) -> None:
    ran = await small.run("while True: print('x' * 1000)", {})
    assert len(ran.printed) == sandbox.MAX_OUTPUT
    assert ran.cut
    assert ran.error


async def test_a_large_value_is_not_copied_out_of_the_sandbox(small: Sandbox) -> None:
    ran = await small.run("x = [[] for _ in range(200000)]\nx", {})
    assert (ran.printed, ran.error) == ("", "")


async def test_code_that_runs_for_long_does_not_hold_up_anybody_else(small: Sandbox) -> None:
    running = asyncio.create_task(small.run("while True: pass", {}))
    turns = 0
    while not running.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 10
    assert (await running).error


async def test_a_sandbox_whose_functions_never_answer_is_given_up(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "WAITED_SECONDS", 0.5)

    async def never(args: object, named: object) -> None:
        await asyncio.Event().wait()

    assert "longer than" in (await small.run("never()", {"never": never})).error
    assert (await small.run("print('next')", {})).printed == "next\n"


async def test_sleeping_takes_no_time_and_files_of_this_machine_stay_as_they_are(
    small: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "written.txt"
    ran = await small.run(f"import time\ntime.sleep(3600)\nopen({str(target)!r}, 'w').write('x')", {})
    assert ran.error
    assert not target.exists()
