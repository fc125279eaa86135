"""A study: Ada has mails written by the scribe, with a web of three pages and models that say what they are told. For tests of its workflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mailwright.agents import scribe
from mailwright.agents.models import Asker, Letter, ModelFailed, Models, Question, Reply
from mailwright.agents.models.asking import T
from mailwright.core import Core, CoreSettings, accounts, domains
from mailwright.core.outreach import making, turns
from mailwright.core.outreach.making import Wish
from mailwright.domain import clock
from mailwright.domain.modelnames import PURPOSES
from mailwright.domain.outreach import ScribeStep
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage import Database, Tx, open_blobs, outreach, outreachsteps, scribes
from mailwright.storage.accounts import Account
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachsteps import StepDone

HOSTNAME = "mail.mailwright.test"
ADA = "ada@mailwright.test"
TEMPLATE = (
    "Dear Dr. {{last name}},\n\nI grow alpine plants in Linz. I read {{paper}} and have a question about it.\n\n"
    "You work at {{affiliation}}. Would you have time for a call?\n\nBest regards,\nAda Steiner"
)
HOME = (
    "Chen Lindqvist is a botanist. Chen Lindqvist leads the herbarium of the University of Graz since 2019. "
    "Chen Lindqvist studies alpine botany and the seed banks of snow beds in the Eastern Alps."
)
PAPER = "Snow beds and seed banks of the Eastern Alps"


@dataclass(frozen=True)
class Shown:
    """A result of a search."""

    title: str
    url: str
    text: str = ""
    author: str = ""
    published: str = ""


@dataclass(frozen=True)
class Fetched:
    """A page."""

    url: str
    content: bytes
    media_type: str = "text/html"
    charset: str = "utf-8"


@dataclass(frozen=True)
class Written:
    """A paper."""

    title: str = PAPER
    id: str = "2101.00001"
    abstract: str = "We count the seeds of alpine plants in snow beds: alpine botany at the University of Graz."
    authors: tuple[str, ...] = ("Chen Lindqvist",)
    affiliations: tuple[str, ...] = ("University of Graz",)
    categories: tuple[str, ...] = ("q-bio.PE",)
    year: int = 2021
    url: str = "https://papers.example/2101.00001"


@dataclass
class Pages:
    """The web: addresses and what stands there. `asked` counts what cost something."""

    pages: dict[str, str] = field(default_factory=lambda: {"https://graz.example/lindqvist": HOME})
    found: tuple[Written, ...] = (Written(),)
    asked: Counter[str] = field(default_factory=Counter)
    away: set[str] = field(default_factory=set)
    searches: bool = True
    has_papers: bool = True

    async def search(self, words: str, most: int) -> Sequence[Shown]:
        self._ask("search")
        return [Shown("Chen Lindqvist, botanist", url) for url in self.pages][:most]

    async def fetch(self, url: str) -> Fetched:
        self._ask("fetch")
        if url not in self.pages:
            raise NotFound("there is no such page")
        paragraphs = "".join(f"<p>{each}.</p>" for each in self.pages[url].rstrip(".").split(". "))
        html = f"<html><head><title>Chen Lindqvist</title></head><body><main><h1>Chen Lindqvist</h1>{paragraphs}</main></body></html>"
        return Fetched(url, html.encode())

    async def papers(self, author: str, most: int) -> Sequence[Written]:
        self._ask("papers")
        return self.found[:most]

    def _ask(self, kind: str) -> None:
        self.asked[kind] += 1
        if kind in self.away:
            raise TryLater("the service is away")


class Scripted(Models):
    """A model that answers like the rules, or what it is told; it counts what it is asked, and tells what that cost."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(PURPOSES, ("scripted",)))
        self.asked: list[str] = []
        self.seen: list[str] = []
        self.says: dict[str, Callable[[Question[Any]], BaseModel]] = {}
        self.failing: dict[str, Callable[[], Exception]] = {}

    async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
        self.asked.append(question.purpose)
        self.seen.append(question.material)
        call = ModelCall(question.purpose, "scripted", 100, 10, 0.001, 5, "ok", clock.now())
        if question.purpose in self.failing:
            raise self.failing[question.purpose]()
        said = self.says.get(question.purpose)
        value = question.by_rules() if said is None else said(question)
        assert isinstance(value, question.answer)
        return Reply(value, "scripted", (call,))


def away() -> Exception:
    """What a model raises that may be back in a moment."""
    return ModelFailed("scripted could not be reached", transient=True)


def letter(*paragraphs: Sequence[tuple[str, Sequence[int]]], subject: str = "A question") -> Letter:
    """A letter of sentences with the numbers of their facts."""
    told = [[{"text": text, "facts": list(facts)} for text, facts in each] for each in paragraphs]
    return Letter.model_validate({"subject": subject, "paragraphs": told})


@dataclass
class Study:
    """The installation under test."""

    core: Core
    ada: Account
    models: Scripted = field(default_factory=Scripted)
    web: Pages = field(default_factory=Pages)

    async def ask(self, template: str = TEMPLATE, name: str = "Chen Lindqvist", **values: Any) -> str:
        """Ada asks for a mail; its id."""
        wish = Wish(
            **({"name": name, "template": template, "interest": "alpine botany", "email": "chen@graz.example"} | values)
        )
        return (await self.core.write(lambda tx: making.make(tx, self.core, self.ada, wish))).id

    async def take(self) -> list[tuple[str, int]]:
        """Whose turn it is."""
        return await self.core.write(lambda tx: turns.take(tx, self.core.settings.outreach, clock.now()))

    async def write(self, template: str = TEMPLATE, **values: Any) -> Outreach:
        """A mail from the wish to its end, without the engine."""
        task_id = await self.ask(template, **values)
        await self.run()
        return await self.mail(task_id)

    async def run(self) -> list[str]:
        """The workflows of whose turn it is, without the engine."""
        return [await scribe.write(*each) for each in await self.take()]

    async def mail(self, task_id: str) -> Outreach:
        found = await self.core.read(lambda tx: outreach.by_id(tx, task_id))
        assert found is not None
        return found

    async def steps(self, task_id: str) -> dict[ScribeStep, StepDone]:
        found = await self.core.read(lambda tx: outreachsteps.of_task(tx, task_id))
        return {ScribeStep(each.step): each for each in found}

    async def generated(self) -> int:
        return (await self.core.read(lambda tx: scribes.of_user(tx, self.ada.id))).generated


def make(database: Database, folder: Path) -> Study:
    """A study over a migrated database."""
    core = _core(database, folder)

    def people(tx: Tx) -> Account:
        domains.add(tx, "mailwright.test", tenant="demo")
        return accounts.add_user(tx, core, ADA, display_name="Ada Steiner")

    return _configured(Study(core, database.write_now(people)))


def reopened(database: Database, folder: Path) -> Study:
    """The study that `make` made, in another process."""
    return _configured(Study(_core(database, folder), database.read_now(lambda tx: accounts.find(tx, ADA))))


def _core(database: Database, folder: Path) -> Core:
    return Core(database, open_blobs(database, f"file://{folder}"), CoreSettings(hostname=HOSTNAME))


def _configured(study: Study) -> Study:
    scribe.configure(study.core, study.models, study.web)
    return study
