"""A process to be killed: runs workflows of three steps, each leaving a line in a ledger before it is recorded as done.

Usage: python -m tests.pipeline.crash_program FOLDER COUNT. Ends when all have finished; started again it goes on.
"""

import asyncio
import os
import sys
from pathlib import Path

from mailwright.pipeline import Flows, Heartbeat, Request, step, workflow, workflow_id
from mailwright.storage.database import open_database
from mailwright.storage.migrate import migrate

folder = Path(sys.argv[1])


def write_down(word: str) -> None:
    """The effect of a step: it outlives the process."""
    descriptor = os.open(folder / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{workflow_id()} {word}\n".encode())
    os.close(descriptor)


@step()
async def effect(word: str) -> str:
    write_down(word)
    await asyncio.sleep(0.03)  # between the effect and its record: where a crash repeats it
    return word


@workflow(name="crash.three")
async def three() -> str:
    return " ".join([await effect("one"), await effect("two"), await effect("three")])


async def main(count: int) -> None:
    url = f"sqlite:///{folder}/mailwright.db"
    migrate(url)
    database = open_database(url)
    flows = Flows(database, f"sqlite:///{folder}/flows.db")
    heart = Heartbeat(database, flows.executor_id, ["worker"], flows=flows, alone=True)
    await heart.sign_in()
    await flows.hand_off([Request(three, (), f"w{n}", tenant=f"t{n % 3}") for n in range(count)])
    await flows.start()
    while len(await flows.find(status=["done"], limit=count)) < count:
        await asyncio.sleep(0.05)
    await flows.stop()
    await heart.stop()
    database.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[2])))
