"""Composing, the last step: the mail from its template and the facts, checked, and kept together with what it rests on.

The facts are looked up in the stored copies once more before a model sees them. A model that loses too much in the check is told why and
asked once more. The mail, its sentences with their sources, what it cost, the person's counter and the end of the task are one transaction.
Nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from prometheus_client import Counter

from mailwright.agents.models import Letter, ModelFailed, Question
from mailwright.agents.models.rules import NAME as RULES
from mailwright.agents.models.turns import LetterSentence
from mailwright.agents.scribe import by_rules_table, ending, lettering, prompts
from mailwright.agents.scribe.checking import Checked, Ground, checked, standing_facts
from mailwright.agents.scribe.results import Composed, Paper, Papers, Parsed, Researched
from mailwright.agents.scribe.stepping import Work, scribed
from mailwright.domain import clock
from mailwright.domain.outreach import ScribeStep
from mailwright.storage import Tx, outreach, outreachsteps, scribes
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachsteps import StepDone

MAX_TOLD = 8  # complaints a model is told of
WORTH_ASKING: Final = 2  # sentences lost in the check, from which on a model is asked once more

sentences_total = Counter(
    "mailwright_scribe_sentences_total",
    "Sentences of the scribe's mails: verified, own, plain, marked, and those that were dropped.",
    ["state"],
)


@scribed(ScribeStep.COMPOSE, Composed)
async def compose(work: Work) -> Composed:
    """Write the mail, check it, keep it, and end the task."""
    parsed, researched = work.before(ScribeStep.TEMPLATE, Parsed), work.before(ScribeStep.RESEARCH, Researched)
    found = work.before(ScribeStep.PAPERS, Papers)
    sources = await work.read(lambda tx: outreachsteps.sources(tx, work.mail.id, texts=True))
    by_number = {each.number: each for each in sources}
    facts, fallen = await asyncio.to_thread(standing_facts, [*researched.facts, *found.facts], by_number)
    numbers = {fact.source for fact in facts}
    ground = Ground(
        work.mail,
        sender=work.owner.display_name or work.owner.email.partition("@")[0],
        parsed=parsed,
        facts=facts,
        papers=tuple(each for each in found.papers if each.source in numbers),
        sources=by_number,
        certain=researched.certain,
        at=clock.now(),
    )
    result = await _written(work, ground)

    def keep(tx: Tx, mail: Outreach) -> None:
        _keep(tx, mail, work, ground, result, researched, found, fallen)

    work.together(keep)
    return Composed(is_confident=result.is_confident, dropped=len(result.dropped))


async def _written(work: Work, ground: Ground) -> Checked:
    letter = await _ask(work, ground)
    result = await asyncio.to_thread(checked, letter, ground)
    if len(result.dropped) < WORTH_ASKING or work.models[-1:] == [RULES]:
        return result
    try:
        second = await _ask(work, ground, _complaint(result, letter))
    except ModelFailed:  # there is a mail already
        return result
    other = await asyncio.to_thread(checked, second, ground)
    return other if _merit(other) > _merit(result) else result


async def _ask(work: Work, ground: Ground, again: str = "") -> Letter:
    def material() -> str:
        return prompts.to_compose(
            ground.mail,
            sender=ground.sender,
            language=by_rules_table.LANGUAGES[ground.parsed.language],
            facts=ground.facts,
            papers=ground.papers,
            sources=ground.sources,
            hide=work.hidden.hide,
            again=again,
        )

    question = Question(
        purpose="compose",
        instructions=prompts.instructions("compose"),
        material=await asyncio.to_thread(material),
        answer=Letter,
        by_rules=lambda: lettering.letter(ground.mail, ground.sender, ground.parsed, ground.facts, ground.papers),
    )
    said = (await work.ask(question)).value
    show = work.hidden.show
    return said.model_copy(
        update={
            "subject": show(said.subject),
            "paragraphs": tuple(
                tuple(LetterSentence.model_construct(text=show(each.text), facts=each.facts) for each in paragraph)
                for paragraph in said.paragraphs
                if paragraph
            )
            or ((LetterSentence(text="…"),),),
        }
    )


def _complaint(result: Checked, letter: Letter) -> str:
    listed = "\n".join(f"- “{' '.join(text.split())}”: {why}" for text, why in result.dropped[:MAX_TOLD])
    return (
        f"This was your first mail; a program could not verify these sentences of it, and they would be left out:\n{listed}\n\n"
        "Write the mail once more. State only what a numbered fact says, and name it; leave out what none says."
    )


def _merit(result: Checked) -> tuple[bool, int, int]:
    states = [each.state for each in result.sentences]
    return result.is_confident, states.count("verified") - states.count("marked"), -len(result.dropped)


def _keep(
    tx: Tx,
    mail: Outreach,
    work: Work,
    ground: Ground,
    result: Checked,
    researched: Researched,
    found: Papers,
    fallen: int,
) -> None:
    now = clock.now()
    steps = {each.step: each for each in outreachsteps.of_task(tx, mail.id)}
    cost = round(sum(each.cost_usd for each in steps.values()), 6)
    outreach.update(
        tx,
        mail.id,
        now=now,
        subject=result.subject,
        body=result.body,
        original={"subject": result.subject, "body": result.body},
        sentences=[each.as_values() for each in result.sentences],
        is_confident=result.is_confident,
        because=result.because,
        metadata=_metadata(steps, ground.papers, result, researched, found, fallen, cost),
        edited_at=None,
    )
    scribes.count(tx, mail.user_id, now=now, generated=1)
    for each in result.sentences:
        sentences_total.labels(each.state).inc()
    sentences_total.labels("dropped").inc(len(result.dropped))
    ending.written(tx, mail.id, is_confident=result.is_confident, because=result.because, cost_usd=cost)


def _metadata(
    steps: dict[str, StepDone],
    papers: Sequence[Paper],
    result: Checked,
    researched: Researched,
    found: Papers,
    fallen: int,
    cost: float,
) -> dict[str, Any]:
    lost = dict(researched.dropped)
    if fallen:
        lost["did not stand in its copy"] = lost.get("did not stand in its copy", 0) + fallen
    told = [each for each in (researched.told, found.skipped) if each]
    return {
        "papers": [
            {"title": each.title, "year": each.year, "url": each.url, "number": each.source, "because": each.because}
            for each in papers
        ],
        "sources": sorted({number for each in result.sentences for number, _ in each.sources}),
        "timings": {name: round(each.latency_us / clock.SECOND, 3) for name, each in steps.items()},
        "tokens": {
            "input": sum(each.input_tokens for each in steps.values()),
            "output": sum(each.output_tokens for each in steps.values()),
        },
        "cost_usd": cost,
        "models": list(dict.fromkeys(name for each in steps.values() for name in each.models.split())),
        "dropped": [{"text": text, "because": why} for text, why in result.dropped],
        "searches": list(researched.searches),
        "pages": [each.model_dump() for each in researched.pages],
        "facts_dropped": lost,
        "identity": researched.identity,
        "told": "; ".join(told),
    }
