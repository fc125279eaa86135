"""Parsing the template, the first step: what it is about, what is searched for, and which placeholders nothing stands for yet.

A model says type and search terms; code checks the terms (each names the recipient), finds the placeholders, and knows what the owner gave
for them. The template is its owner's text; it is quoted to the model all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mailwright.agents.models import Question, TemplateRead
from mailwright.agents.scribe import by_rules, filling, prompts
from mailwright.agents.scribe.results import Parsed
from mailwright.agents.scribe.stepping import Work, scribed
from mailwright.domain import clock
from mailwright.domain.outreach import ScribeStep, TemplateType
from mailwright.storage import Tx, outreach
from mailwright.storage.outreach import Outreach

MAX_TERMS = 6
MAX_TERM = 300  # characters


@scribed(ScribeStep.TEMPLATE, Parsed)
async def parse(work: Work) -> Parsed:
    """Read the template."""
    mail = work.mail
    material = await asyncio.to_thread(prompts.to_read_template, mail, work.hidden.hide)
    question = Question(
        purpose="template",
        instructions=prompts.instructions("template"),
        material=material,
        answer=TemplateRead,
        by_rules=lambda: by_rules.read_template(mail),
    )
    read = (await work.ask(question)).value
    kind = TemplateType(read.type)
    terms = _terms(mail, [work.hidden.show(each) for each in read.search_terms], kind)
    placeholders = filling.placeholders(mail.template)
    given = filling.given(mail, work.owner.display_name)
    language = by_rules.language_of(mail.template)

    def note(tx: Tx, found: Outreach) -> None:
        outreach.update(tx, found.id, now=clock.now(), template_type=kind.value, language=language)

    work.together(note)
    return Parsed(
        type=kind,
        search_terms=terms,
        background=terms[0],
        publications=terms[1],
        placeholders=placeholders,
        missing=tuple(each for each in placeholders if filling.value_of(each, given) is None),
        language=language,
        because=work.hidden.show(read.because),
    )


def _terms(mail: Outreach, said: Sequence[str], kind: TemplateType) -> tuple[str, ...]:
    """What a model said, as far as it is about the recipient, and then what the rules say: two at least."""
    last = mail.name.split()[-1].casefold()
    ours = by_rules.terms(mail, kind)
    flat = [" ".join(each.split())[:MAX_TERM] for each in said]
    fit = list(dict.fromkeys(each for each in flat if last in each.casefold()))[:MAX_TERMS]
    if not fit:
        return ours
    return (*fit, ours[1]) if len(fit) == 1 else tuple(fit)
