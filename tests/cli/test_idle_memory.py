"""What a process that has nothing to do does not hold, and that it can be made when it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


LATER = """
import sys, warnings
from importlib import import_module
from pydantic import BaseModel
import_module("mailwright.cli.up")._models_when_used()
import mailwright.app, mailwright.work
from mailwright.core import Core, CoreSettings
from mailwright.protocols.api import ApiSettings, create_api
from mailwright.protocols.identity import Web
from mailwright.storage import open_blobs
from mailwright.storage.database import open_database

def below(kind):
    for each in kind.__subclasses__():
        yield each
        yield from below(each)

database = open_database(sys.argv[1])
core = Core(database, open_blobs(database, "file://" + sys.argv[2]), CoreSettings("mail.mailwright.test", max_message_bytes=100_000))
described = create_api(core, ApiSettings(web=Web("http://mail.mailwright.test")), metrics=lambda: b"").openapi()
ours = {each for each in below(BaseModel) if each.__module__.startswith("mailwright.")}
for each in ours:
    each.model_rebuild()
database.close()
print(len(described["paths"]) > 100, len(ours) > 100)
"""


def test_every_model_can_be_made_when_it_is_used_first(sqlite_url: str, data_folder: Path) -> None:
    """As in `mailwright up`: a mistake in one would be found by the first request that has it."""
    given = [sqlite_url, str(data_folder)]
    said = subprocess.run([sys.executable, "-c", LATER, *given], capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "True True\n"), said.stderr
