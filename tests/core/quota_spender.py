"""A process that spends a quota as fast as it may: `python -m tests.core.quota_spender URL NAME TIMES UNITS LIMIT`.

Waits for a line on its input and then prints the moment that each spending counts for.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile

from mailwright.core import Core, CoreSettings, quotas
from mailwright.storage import open_blobs, open_database

AT_ONCE = 4


async def spend(url: str, name: str, times: int, units: int, limit: int) -> list[int]:
    """Several who spend at once; when each did."""
    database = open_database(url)
    with tempfile.TemporaryDirectory() as folder:
        core = Core(database, open_blobs(database, f"file://{folder}"), CoreSettings())
        print("ready", flush=True)
        sys.stdin.readline()

        async def one() -> list[int]:
            return [await quotas.spend(core, name, units, limit) for _ in range(times // AT_ONCE)]

        spent = await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    database.close()
    return [at for each in spent for at in each]


if __name__ == "__main__":
    print(*asyncio.run(spend(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))))
