"""Research, the second step: two searches at once, the pages read, the right person told from others, and facts with their quotations.

Results of searches and pages are kept for a while, so that an attempt that broke off pays for nothing twice; sources and facts are kept
together with the step. A model sees only pages that are the recipient's, and what it finds is checked against their copies by code.
Promises: a page that fails costs only itself; what was not possible is told; facts are of the recipient, or there are none.
Does not: write anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from mailwright.agents.models import FactsFound, Question
from mailwright.agents.models.turns import FoundFact
from mailwright.agents.scribe import excerpts, facts_by_rules, identity, prompts, sifting
from mailwright.agents.scribe.identity import Judgement, Page
from mailwright.agents.scribe.pages import ReadPage, read_all
from mailwright.agents.scribe.parts import parts
from mailwright.agents.scribe.recipient import Known, with_files, with_middle
from mailwright.agents.scribe.results import Parsed, Read, Researched
from mailwright.agents.scribe.searching import chosen, monitor_of, search
from mailwright.agents.scribe.sifting import Material
from mailwright.agents.scribe.stepping import Work, scribed
from mailwright.domain import clock
from mailwright.domain.outreach import MAX_COPY, About, ScribeStep, SourceKind
from mailwright.storage import Tx, outreachfiles, outreachsteps
from mailwright.storage.outreach import Outreach


@dataclass(frozen=True, slots=True)
class _Looked:
    """Everything that was read, with the verdict on each; the first ones are the owner's files."""

    kinds: tuple[SourceKind, ...]
    pages: tuple[ReadPage, ...]
    judgement: Judgement
    materials: tuple[Material, ...]  # of those about the recipient
    candidates: tuple[facts_by_rules.Candidate, ...]


@scribed(ScribeStep.RESEARCH, Researched)
async def research(work: Work) -> Researched:
    """Find out about the recipient."""
    mail, parsed = work.mail, work.before(ScribeStep.TEMPLATE, Parsed)
    known = Known.of(mail.name, email=mail.email, interest=mail.interest, fields=mail.fields)
    files = await work.read(lambda tx: outreachfiles.of_user(tx, mail.user_id, mail.files))
    own = [ReadPage("", "", each.name, each.text[:MAX_COPY]) for each in files if each.text.strip()]
    monitor = monitor_of(work)
    wanted = list(dict.fromkeys(each for each in (parsed.background, parsed.publications) if each.strip()))
    lists, told = await search(work, monitor, wanted)
    pages, outcomes = await read_all(work, monitor, chosen(known, lists, parts().options.pages))
    looked = await asyncio.to_thread(_look, known, own, pages)
    found = await _ask(work, known, looked)
    sifted = await asyncio.to_thread(sifting.sift, known, mail.name, looked.materials, found)
    work.together(lambda tx, mail_: _keep(tx, mail_, looked))
    judgement = looked.judgement
    return Researched(
        facts=tuple(sifted.facts),
        pages=tuple(_outcome(each, pages, looked) for each in outcomes),
        searches=tuple(wanted) if lists else (),
        identity=judgement.identity,
        certain=judgement.certain,
        dropped=dict(sifted.dropped),
        told=_told(told, lists, outcomes, looked, bool(sifted.facts)),
    )


def _look(known: Known, files: Sequence[ReadPage], pages: Sequence[ReadPage]) -> _Looked:
    every = (*files, *pages)
    kinds = (*(SourceKind.FILE for _ in files), *(SourceKind.WEB for _ in pages))
    known = with_files(known, [each.text for each in files])
    shown = [Page(each.url, each.title, each.text, kind, each.site) for each, kind in zip(every, kinds, strict=True)]
    judgement = identity.judge(known, shown)
    known = with_middle(known, judgement.middle)
    materials = tuple(
        sifting.material(known, number, page, verdict, judgement.organisations)
        for number, (page, verdict) in enumerate(zip(every, judgement.verdicts, strict=True), 1)
        if verdict.about is About.RECIPIENT
    )
    return _Looked(kinds, every, judgement, materials, tuple(sifting.candidates(known, materials)))


async def _ask(work: Work, known: Known, looked: _Looked) -> tuple[FoundFact, ...]:
    """What a model finds in the pages of the recipient. Nobody is asked where there are none."""
    if not looked.materials:
        return ()
    shown = [(each, looked.kinds[each.number - 1]) for each in looked.materials]
    material = await asyncio.to_thread(excerpts.to_research, work.mail, shown, work.hidden.hide)
    question = Question(
        purpose="research",
        instructions=prompts.instructions("research"),
        material=material,
        answer=FactsFound,
        by_rules=lambda: facts_by_rules.find(known.name, known.topics, looked.candidates),
    )
    reply = await work.ask(question)
    show = work.hidden.show
    return tuple(
        each.model_copy(update={"claim": show(each.claim), "quote": show(each.quote)}) for each in reply.value.facts
    )


def _keep(tx: Tx, mail: Outreach, looked: _Looked) -> None:
    """The copies that facts rest on, under the numbers that the facts name."""
    outreachsteps.forget_sources(tx, mail.id)  # of an attempt that broke off
    now = clock.now()
    for kind, page, verdict in zip(looked.kinds, looked.pages, looked.judgement.verdicts, strict=True):
        outreachsteps.add_source(
            tx,
            mail.id,
            kind=kind,
            url=page.url,
            title=page.title,
            text=page.text,
            now=now,
            author=page.author,
            published=page.published,
            about=verdict.about,
            because=verdict.because,
        )


def _outcome(told: Read, pages: Sequence[ReadPage], looked: _Looked) -> Read:
    """What became of a page, now that it is known whom it is about."""
    files = len(looked.pages) - len(pages)
    for place, page in enumerate(pages):
        if page.wanted == told.url and looked.judgement.verdicts[files + place].about is About.OTHER:
            return told.model_copy(
                update={"outcome": "elsewhere", "because": "it is about another person of that name"}
            )
    return told


def _told(
    told: Sequence[str], lists: Sequence[Sequence[object]], outcomes: Sequence[Read], looked: _Looked, found: bool
) -> str:
    """What was not possible, in plain words."""
    out = list(told)
    unread = [each for each in outcomes if each.outcome in ("refused", "failed", "too-large")]
    if lists and not any(lists):
        out.append("the searches found nothing")
    elif unread and len(unread) == len(outcomes):
        out.append("none of the pages that were found can be read")
    elif unread:
        out.append(f"{len(unread)} of {len(outcomes)} pages could not be read")
    if looked.pages and not looked.materials:
        out.append(looked.judgement.identity)
    elif looked.materials and not found:
        out.append("the pages about the recipient tell nothing that could be used")
    return "; ".join(dict.fromkeys(out))
