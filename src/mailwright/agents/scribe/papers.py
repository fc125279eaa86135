"""Papers, the third step: scientific work of the recipient, when the template is about research. A mail can do without it.

Papers are asked for by the recipient's name; many people have one name, so each must be theirs for a reason (`authorship`). What was found
is kept for a while, each tenant its own; the service's pauses are the connector's affair.
Promises: at most five, the newest first; each is a source with its own copy, and a fact that stands in it. A service that is away is
tried again, and then left out with a word.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.scribe import authorship, identity, names, sifting
from mailwright.agents.scribe.authorship import Candidate
from mailwright.agents.scribe.evidence import instructs
from mailwright.agents.scribe.identity import Verdict
from mailwright.agents.scribe.pages import ReadPage
from mailwright.agents.scribe.parts import parts
from mailwright.agents.scribe.recipient import Known, with_files, with_middle
from mailwright.agents.scribe.results import Fact, Paper, Papers, Parsed, Researched
from mailwright.agents.scribe.searching import monitor_of
from mailwright.agents.scribe.sifting import Material
from mailwright.agents.scribe.stepping import Work, scribed
from mailwright.core.pagetext import seen
from mailwright.domain import clock
from mailwright.domain.outreach import About, ScribeStep, SourceKind, TemplateType
from mailwright.storage import Tx, outreachfiles, outreachsteps, webcache
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachsteps import Source

TOP = 5  # papers of one mail
ASKED = 30  # papers of people of that name that are looked at
MAX_CLAIM = 400


@dataclass(slots=True)
class _Kept:
    """What goes into the step's result, and the copies."""

    papers: list[Paper] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    copies: list[tuple[Candidate, str, str, str]] = field(default_factory=list)  # with address, text and reason


@scribed(ScribeStep.PAPERS, Papers, otherwise=lambda because: Papers(skipped=because))
async def papers(work: Work) -> Papers:
    """Find the recipient's papers."""
    mail, parsed = work.mail, work.before(ScribeStep.TEMPLATE, Parsed)
    researched = work.before(ScribeStep.RESEARCH, Researched)
    if parsed.type is not TemplateType.RESEARCH:
        return Papers(skipped="the template is not about research")
    if not parts().web.has_papers:
        return Papers(skipped="no service that finds papers is set up")
    ruling = await monitor_of(work).rule(Effect(Action.SEARCH, "papers", text=mail.name))
    if not ruling.allowed:
        return Papers(skipped=ruling.because)
    sources = await work.read(lambda tx: outreachsteps.sources(tx, mail.id, texts=True))
    files = await work.read(lambda tx: outreachfiles.of_user(tx, mail.user_id, mail.files))
    known = with_files(
        Known.of(mail.name, email=mail.email, interest=mail.interest, fields=mail.fields), [each.text for each in files]
    )
    pages = [each for each in sources if each.kind is not SourceKind.PAPER]
    materials = await asyncio.to_thread(_materials, known, pages)
    found: dict[str, Candidate] = {}
    for wanted in authorship.signatures(names.plainly(mail.name), known.name, materials):
        found |= {each.id: each for each in await _found(work, wanted)}
    newest = sorted(found.values(), key=lambda each: -each.year)
    own = await asyncio.to_thread(authorship.theirs, known, materials, newest)
    kept = _kept(own[:TOP], pages, len(researched.facts))
    work.together(lambda tx, mail_: _keep(tx, mail_, kept))
    return Papers(papers=tuple(kept.papers), facts=tuple(kept.facts), others=len(found) - len(own))


async def _found(work: Work, wanted: str) -> list[Candidate]:
    """Papers of people of that name. Raises TryLater."""
    mail, now = work.mail, clock.now()
    kept = await work.read(lambda tx: webcache.get(tx, mail.tenant_id, "papers", wanted, now))
    if kept is not None:
        return [
            Candidate(**{**each, "authors": tuple(each["authors"]), "affiliations": tuple(each["affiliations"])})
            for each in json.loads(kept)
        ]
    found = [
        Candidate(
            each.id,
            _line(each.title),
            seen(each.abstract),
            tuple(map(_line, each.authors)),
            tuple(map(_line, each.affiliations)),
            each.year,
            each.url,
        )
        for each in await parts().web.papers(wanted, ASKED)
    ]
    content = json.dumps([asdict(each) for each in found], ensure_ascii=False).encode("utf-8", "replace")
    until = now + parts().core.settings.outreach.cached
    await work.write(lambda tx: webcache.put(tx, mail.tenant_id, "papers", wanted, content, now=now, expires_at=until))
    return found


def _materials(known: Known, sources: Sequence[Source]) -> list[Material]:
    """The pages that research found to be the recipient's."""
    shown = [identity.Page(each.url, each.title, each.text, each.kind) for each in sources]
    judgement = identity.judge(known, shown)
    known = with_middle(known, judgement.middle)
    return [
        sifting.material(
            known,
            each.number,
            ReadPage(each.url, each.url, each.title, each.text),
            Verdict(About.RECIPIENT, each.because, verdict.subject, verdict.personal),
            judgement.organisations,
        )
        for each, verdict in zip(sources, judgement.verdicts, strict=True)
        if each.about is About.RECIPIENT
    ]


def _kept(own: Sequence[tuple[Candidate, str]], pages: Sequence[Source], facts: int) -> _Kept:
    """Numbers for sources and facts after those of research."""
    number = max((each.number for each in pages), default=0)
    taken = {each.url for each in pages}
    kept = _Kept()
    for each, because in own:
        if instructs(each.title):
            continue
        number += 1
        url = each.url if each.url not in taken else f"{each.url}#paper"
        quote = f"{each.title} ({each.year})"
        abstract = "" if instructs(each.abstract) else each.abstract
        text = f"{quote}\n{', '.join(each.authors)}\n\n{abstract}".strip()
        kept.copies.append((each, url, text, because))
        kept.papers.append(
            Paper(title=each.title, year=each.year, url=each.url, authors=each.authors, source=number, because=because)
        )
        fact = facts + len(kept.facts) + 1
        kept.facts.append(
            Fact(number=fact, claim=quote[:MAX_CLAIM], quote=quote[:MAX_CLAIM], source=number, because=because)
        )
    return kept


def _keep(tx: Tx, mail: Outreach, kept: _Kept) -> None:
    outreachsteps.forget_sources(tx, mail.id, SourceKind.PAPER)  # of an attempt that broke off
    now = clock.now()
    for each, url, text, because in kept.copies:
        outreachsteps.add_source(
            tx,
            mail.id,
            kind=SourceKind.PAPER,
            url=url,
            title=each.title,
            text=text,
            now=now,
            author=", ".join(each.authors)[:300],
            published=str(each.year),
            about=About.RECIPIENT,
            because=because,
        )


def _line(text: str) -> str:
    return " ".join(seen(text).split())
