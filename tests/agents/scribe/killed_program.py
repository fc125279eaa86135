"""A process to be killed in the middle of a mail, and started again.

`python -m tests.agents.scribe.killed_program FOLDER MOMENT`: asks for one mail, hands it to the real engine, and dies once without a word (like
kill -9) at MOMENT: `begun STEP` (the step has found what it found, and nothing is kept yet) or `kept STEP` (it is committed, and the engine does
not know). Started again it goes on where it was, and prints what there is. What was asked of models and of the web is counted in a file
that outlives it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from mailwright.agents import scribe
from mailwright.agents.models import Asker, Question, Reply
from mailwright.agents.models.asking import T
from mailwright.agents.scribe import stepping
from mailwright.domain.outreach import ScribeStep
from mailwright.pipeline import Consumers, Flows
from mailwright.storage import Tx, open_database
from tests.agents.scribe.study import Pages, Scripted, Study, make, reopened


def die(moment: str) -> None:
    """Once, when it is time."""
    folder, wanted = Path(sys.argv[1]), sys.argv[2]
    if moment == wanted and not (folder / "died").exists():
        (folder / "died").touch()
        os._exit(9)


def count(what: str) -> None:
    """One more of it was paid for."""
    with (Path(sys.argv[1]) / "paid").open("a") as file:
        file.write(f"{what}\n")


class Paid(Scripted):
    """Every answer is counted."""

    async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
        count(question.purpose)
        return await super().ask(question, who=who)


class PaidPages(Pages):
    """Every search is counted."""

    def _ask(self, kind: str) -> None:
        count(kind)
        super()._ask(kind)


def watched() -> None:
    """Steps die at the moment, just before or after what they found is committed."""
    finish, attempt = stepping._finish, stepping._attempt

    def finishing(tx: Tx, work: stepping.Work, value: Any) -> str:
        die(f"begun {work.step.value}")
        return finish(tx, work, value)

    async def attempting(which: ScribeStep, *rest: Any) -> tuple[str, str]:
        found = await attempt(which, *rest)
        die(f"kept {which.value}")
        return found

    stepping._finish, stepping._attempt = finishing, attempting  # type: ignore[assignment]


async def main(folder: Path) -> None:
    database = open_database(f"sqlite:///{folder}/mailwright.db")
    first = not (folder / "begun").exists()
    study = make(database, folder) if first else reopened(database, folder)
    study = Study(study.core, study.ada, Paid(), PaidPages())
    scribe.configure(study.core, study.models, study.web)
    watched()
    flows = Flows(database, f"sqlite:///{folder}/flows.db", on_dead=scribe.on_dead)
    consumers = Consumers(database)
    consumers.subscribe(scribe.STREAM, scribe.GROUP, scribe.on_changed(study.core, flows))
    if first:
        (folder / "begun").write_text(await study.ask())
    task_id = (folder / "begun").read_text()
    await flows.start()
    await consumers.start()
    async with asyncio.timeout(60):
        while not (mail := await study.mail(task_id)).status.is_final:
            await asyncio.sleep(0.05)
    paid = Counter((folder / "paid").read_text().split())
    told = {"status": mail.status.value, "sure": mail.is_confident, "paid": paid, "generated": await study.generated()}
    print(json.dumps(told))
    await consumers.stop()
    await flows.stop()
    await scribe.close()
    database.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
