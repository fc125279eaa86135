"""Having the scribe write the mails: its four steps as they are, with core, database, connectors and models; only the web is ours.

Called by the evaluation and its tests. One mail after the other, so that the times of the steps are theirs alone. Without the workflow
engine: what that adds is measured by benchmarks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.servers.localweb import Call, LocalWeb

from evals.outreach import world
from evals.outreach.people import Person
from mailwright.agents import scribe
from mailwright.agents.models import Models
from mailwright.agents.scribe.results import Fact, Paper, Papers, Researched
from mailwright.agents.scribe.workflow import write
from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.core.outreach import making, turns
from mailwright.domain import clock
from mailwright.domain.outreach import Limits, ScribeStep, SourceKind
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, open_blobs, open_database, outreachsteps
from mailwright.storage import outreach as rows
from mailwright.storage.accounts import Account
from mailwright.storage.migrate import migrate
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachsteps import Source, StepDone

OWNER = "nora@magazine.example"


@dataclass(frozen=True)
class Written:
    """What the scribe made for one recipient. `failed` is why there is nothing; `asked` is what it wanted of the web."""

    person: Person
    mail: Outreach
    researched: Researched
    papers: Papers
    sources: dict[int, Source]  # by number, with copies; their addresses without `http://` and port
    steps: tuple[StepDone, ...]
    asked: tuple[Call, ...]
    failed: str = ""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All that the mail could be made of."""
        return self.researched.facts + self.papers.facts

    @property
    def own_papers(self) -> tuple[Paper, ...]:
        return self.papers.papers

    @property
    def letter(self) -> str:
        """Subject and text."""
        return f"{self.mail.subject}\n\n{self.mail.body}"


async def write_all(models: Models, persons: Sequence[Person], *, search: str = "exa") -> list[Written]:
    """A mail for each of them, in a new installation."""
    with tempfile.TemporaryDirectory(prefix="mailwright-outreach-") as folder:
        migrate(f"sqlite:///{folder}/mailwright.db")
        database = open_database(f"sqlite:///{folder}/mailwright.db")
        settings = CoreSettings(hostname="mail.magazine.example", outreach=Limits(per_day=10_000, at_once=1))
        core = Core(database, open_blobs(database, f"file://{folder}/blobs"), settings)
        try:
            owner = database.write_now(lambda tx: _owner(tx, core))
            with LocalWeb(world.build(Path(folder))) as web:
                research = web.research(search)
                scribe.configure(core, models, research)
                try:
                    return [await _write(core, owner, web, person) for person in persons]
                finally:
                    await research.close()
        finally:
            database.close()


def _owner(tx: Tx, core: Core) -> Account:
    domains.add(tx, "magazine.example", tenant="magazine")
    return accounts.add_user(tx, core, OWNER, display_name="Nora Field")


async def _write(core: Core, owner: Account, web: LocalWeb, person: Person) -> Written:
    before = len(web.calls)
    mail = await core.write(lambda tx: _wish(tx, core, owner, person))
    failed = ""
    try:
        await write(mail.id, mail.generation)
    except Exception as error:  # a mail that breaks the scribe is measured, too
        failed = repr(error)
    return await core.read(lambda tx: _written(tx, web, person, mail.id, before, failed))


def _wish(tx: Tx, core: Core, owner: Account, person: Person) -> Outreach:
    files = making.keep_files(tx, owner, [making.FileGiven("notes.txt", person.file)]) if person.file else ()
    wish = making.Wish(person.name, person.letter, person.interest, person.email, person.fields, files)
    made = making.make(tx, core, owner, wish)
    ((taken, _),) = turns.take(tx, core.settings.outreach, clock.now())
    assert taken == made.id
    found = rows.by_id(tx, made.id)
    assert found is not None
    return found


def _written(tx: Tx, web: LocalWeb, person: Person, id: str, before: int, failed: str) -> Written:
    mail = rows.by_id(tx, id)
    assert mail is not None
    steps = {each.step: each for each in outreachsteps.of_task(tx, id)}

    def content(which: ScribeStep) -> str:
        return steps[which.value].content if which.value in steps and steps[which.value].content else "{}"

    sources = outreachsteps.sources(tx, id, texts=True)
    return Written(
        person,
        mail,
        Researched.model_validate_json(content(ScribeStep.RESEARCH)),
        Papers.model_validate_json(content(ScribeStep.PAPERS)),
        {each.number: _plain(web, each) for each in sources},
        tuple(steps.values()),
        tuple(web.calls[before:]),
        failed or ("" if mail.status is TaskStatus.COMPLETE else f"{mail.stage}: {mail.last_error or mail.because}"),
    )


def _plain(web: LocalWeb, source: Source) -> Source:
    url = source.url if source.kind is SourceKind.PAPER else web.plain(source.url).removeprefix("http://")
    return replace(source, url=url)
