"""What a process that has nothing to do does not hold."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from importlib import import_module
up = import_module("mailwright.cli.up")
up._without_colours()
up._models_when_used()
import mailwright.app, mailwright.work
from mailwright.codecs.redaction import reading
from mailwright.protocols.api.signing import SignIn
held = [name for name in ("rich", "pygments", "mailwright.storage.schema", "alembic", "connectrpc", "grpc") if name in sys.modules]
print(json.dumps([held, reading._at_words.cache_info().currsize, SignIn.__pydantic_complete__]))
import rich.console
"""


def test_what_nobody_asked_for_is_not_there() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == [[], 0, False]
