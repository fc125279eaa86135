"""AgentDojo's workspace suite as a process: installed once, from its own lock file, into `.venv/agentdojo`.

It is no dependency of ours: a venv of its own holds it, without what it has for talking to models. `AgentDojo` says with NotAvailable
why it cannot be had (no network, no package index).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.servers import venvs

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements-agentdojo.lock"
DRIVER = Path(__file__).with_name("agentdojo_driver.py")


class AgentDojo:
    """One running driver. Call `close`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(venvs.python("agentdojo", LOCK)), "-I", str(DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def suite(self) -> dict[str, Any]:
        """Its version, the places of injections, the tasks of users and of injections, with the calls that solve each."""
        return dict(self._ask({"do": "suite"}))

    def begin(self, injections: dict[str, str]) -> None:
        """A fresh environment with these texts in these places."""
        self._ask({"do": "begin", "injections": injections})

    def call(self, function: str, args: dict[str, Any]) -> Any:
        """Call a tool; what it returned, or None where it refused."""
        return self._ask({"do": "call", "function": function, "args": args}).get("result")

    def look(self) -> dict[str, Any]:
        """The whole environment."""
        return dict(self._ask({"do": "look"}))

    def close(self) -> None:
        """End the driver."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)

    def _ask(self, question: dict[str, Any]) -> Any:
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        pipe_in.write(json.dumps(question) + "\n")
        pipe_in.flush()
        line = pipe_out.readline()
        if not line:
            raise RuntimeError("the driver of AgentDojo has ended")
        return json.loads(line)
