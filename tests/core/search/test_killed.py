"""A process that writes the index is killed at any moment: what it had applied is there, and the next one goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mailwright.codecs import mime
from mailwright.codecs.search import document
from mailwright.codecs.search.document import Filed
from mailwright.domain.ids import new_id
from mailwright.storage.search.folder import SearchFolder

WRITER = """
import sys
from pathlib import Path
from tests.core.search.test_killed import one
from mailwright.storage.search.folder import SearchFolder
index = SearchFolder(Path(sys.argv[1]))
while True:
    documents = [one() for _ in range(50)]
    index.apply(documents, [])
    print(len(documents), flush=True)
"""


def one() -> document.Document:
    raw = f"Subject: budget\r\n\r\n{new_id()} {new_id()}\r\n".encode()
    return document.of(Filed(new_id(), new_id(), 1, len(raw)), raw, mime.parse(raw).root)


def test_what_was_applied_survives_the_writer(tmp_path: Path) -> None:
    index = SearchFolder(tmp_path / "search")
    index.begin()
    index.finish()
    index.close()
    said = 0
    for lines in (1, 4, 9):
        root = Path(__file__).parents[3]
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "search")], stdout=subprocess.PIPE, text=True, cwd=root
        ) as writer:
            assert writer.stdout is not None
            said += sum(int(writer.stdout.readline()) for _ in range(lines))
            writer.kill()
            said += sum(int(line) for line in writer.stdout)
        index = SearchFolder(tmp_path / "search")
        assert index.is_ready
        assert said <= index.count() <= said + 50
        said = index.count()
        index.apply([one()], [])
        said += 1
        assert index.count() == said
        index.close()
