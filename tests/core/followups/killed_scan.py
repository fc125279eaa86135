"""A scheduler that is killed between taking what is due and handing it off. Run as a program: the database's URL and a data folder."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from mailwright.core import Core, CoreSettings
from mailwright.core.followups import scanning
from mailwright.domain import clock
from mailwright.storage import open_blobs
from mailwright.storage.database import open_database


async def main(url: str, folder: str) -> None:
    database = open_database(url)
    core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())
    async for _ in scanning.batches_due(core, clock.now()):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
