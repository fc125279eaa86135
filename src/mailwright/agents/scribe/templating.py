"""Templating: three drafts of a template from what a person says of themselves. The `Generator` of `core.outreach.generating`.

Made by whoever has the API (`scribing`), in a process with or without workflows. No workflow of its own: somebody waits for it, nothing is
kept, and asked again it costs one call more.
Promises: the person's text is quoted to the model and hidden where it is private; a sentence that says of them what they do not say (a
number, a year, a name) is left out; there are always three, the rest by rules. Without a model, and when it is stopped, rules write all.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItemPerHour

from mailwright.agents import policy
from mailwright.agents.models import Asker, ModelFailed, Models, Question, TemplatesWritten
from mailwright.agents.models import rules as rules_model
from mailwright.agents.scribe import by_rules, evidence, filling, prompts
from mailwright.agents.scribe import by_rules_table as table
from mailwright.agents.scribe.evidence import Support
from mailwright.agents.scribe.parts import Options
from mailwright.agents.scribe.templates_table import ORDERS, ROLES, SAYS
from mailwright.codecs.redaction import Placeholders
from mailwright.core import Core, stops
from mailwright.core.outreach.generating import MAX_ABOUT, MAX_MATERIAL, Drafted, Drafts
from mailwright.core.outreach.wishes import checked_template, placeholders
from mailwright.domain import clock
from mailwright.domain.outreach import PLACEHOLDER
from mailwright.domain.refusals import BadInput, TooManyRequests, TryLater
from mailwright.storage import model_calls
from mailwright.storage.accounts import Account

DRAFTS = 3
PER_HOUR = RateLimitItemPerHour(30)  # each is a call of a model that somebody pays
MAX_SHOWN = 20_000  # characters of the material that a model gets: a CV says what matters at its beginning
MAX_ROLE = 90  # characters of a line that says what somebody is
LINES = 40  # in which it is looked for
KEPT = 0.6  # of its sentences: a draft that loses more says too much that nobody said

_ROLE = re.compile(ROLES, re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?…])[ \t]+(?=[^\s])")
_NAMED = {"name", "first", "last"}
_MINUTES = re.compile(
    r"\b\d{1,2}(?:\s*[-–]\s*\d{1,2})?[\s-]*min\w*", re.IGNORECASE
)  # what is asked for, and says nothing of anybody
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose templates they are, and what they said."""

    name: str
    text: str
    about: str
    language: str


class Templating:
    """Drafts templates. `models` are asked for the purpose `template`."""

    def __init__(self, core: Core, models: Models, options: Options | None = None) -> None:
        self._core = core
        self._models = models
        self._options = options or Options()

    async def write(self, account: Account, text: str, about: str = "") -> Drafts:
        """See `Generator`. Raises BadInput, TooManyRequests, Stopped, TryLater."""
        text, about = text.strip()[:MAX_MATERIAL], about.strip()[:MAX_ABOUT]
        if not any(each.isalnum() for each in text + about):
            raise BadInput("say something of yourself, or what the mails are for")
        if not await self._core.submissions.hit(PER_HOUR, "templates", account.id):
            raise TooManyRequests(f"templates are drafted {PER_HOUR.amount} times in an hour; try it again later")
        await self._core.read(lambda tx: stops.check(tx, tenant_id=account.tenant_id, user_id=account.id))
        owner = _Owner(account.display_name.strip(), text, about, by_rules.language_of(f"{about}\n{text[:4_000]}"))
        hidden = Placeholders(self._options.recognisers)
        question = Question(
            purpose="template",
            instructions=prompts.instructions("templates"),
            material=await asyncio.to_thread(_material, owner, hidden),
            answer=TemplatesWritten,
            by_rules=lambda: TemplatesWritten(templates=tuple(each.text for each in drafted(owner))),
        )
        try:
            reply = await self._models.ask(question, who=Asker(account.tenant_id, account.id))
        except ModelFailed as failure:
            calls = failure.calls
            await self._core.write(lambda tx: model_calls.add_all(tx, calls, task_id=None))
            raise TryLater(f"no model drafts templates now: {failure.text}") from failure
        made = reply.calls
        await self._core.write(lambda tx: model_calls.add_all(tx, made, task_id=None))
        if reply.model == rules_model.NAME:
            return Drafts(tuple(drafted(owner)), "by rules, from what you say of yourself")
        kept = await asyncio.to_thread(_kept, owner, [hidden.show(each) for each in reply.value.templates])
        names = _names(owner.language)
        drafts = [Drafted(name, each) for name, each in zip(names, kept, strict=False)]
        left = DRAFTS - len(drafts)
        if left:
            drafts += drafted(owner)[len(drafts) :]
        told = f"by {reply.model}" + (f"; {left} of them by rules" if left else "")
        return Drafts(tuple(drafts), told)


def drafted(owner: _Owner) -> list[Drafted]:
    """Three by rules: sentences that say of the owner what they said, in their words, and leave the recipient open."""
    says = SAYS[owner.language if owner.language in SAYS else "en"]
    me = owner.name or "{{my name}}"
    role = _role(owner)
    said = {
        **says,
        "me": says["me_role"].format(me=me, role=role) if role else says["me"].format(me=me),
        "about": says["about"].format(about=_ended(owner.about)) if owner.about else "",
        "work": says[_work(owner)],
        "bye": f"{says['bye']}\n{me}",
    }
    made = []
    for name, order in zip(_names(owner.language), ORDERS, strict=True):
        paragraphs = [" ".join(filter(None, (said[each] for each in paragraph.split()))) for paragraph in order]
        made.append(Drafted(name, "\n\n".join([says["subject"], *filter(None, paragraphs)])))
    return made


def _names(language: str) -> list[str]:
    return SAYS[language if language in SAYS else "en"]["names"].split("|")


def _role(owner: _Owner) -> str:
    """A line of the material that says what its owner is, as it stands there."""
    for line in owner.text.splitlines()[:LINES]:
        line = PLACEHOLDER.sub("", line).strip(" \t•*-–|#.")
        plain = not any(each in line for each in "@{}()<>:") and not _LINK.search(line)
        if plain and 3 < len(line) <= MAX_ROLE and _ROLE.search(line) and not evidence.instructs(line):
            return " ".join(line.split())
    return ""


def _work(owner: _Owner) -> str:
    """What the recipients are known for, by what the mails are for, and else by what their writer is."""
    for text, least in ((owner.about, 1), (owner.text, 2)):
        words = {each.casefold() for each in re.findall(r"\w+", text)}
        found = {"paper": len(words & set(table.RESEARCH_WORDS)), "book": len(words & set(table.BOOK_WORDS))}
        best = max(found, key=lambda each: found[each])
        if found[best] >= least:
            return best
    return "detail"


def _ended(text: str) -> str:
    text = " ".join(PLACEHOLDER.sub(" ", text).replace("{", "(").replace("}", ")").split())
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _material(owner: _Owner, hidden: Placeholders) -> str:
    told = [
        f"The sender's name: {owner.name or '(not known; write {{my name}})'}",
        f"What the mails are for: {owner.about or '(not said)'}",
        "",
        "== What the sender says of themselves ==",
        owner.text[:MAX_SHOWN],
    ]
    return prompts.between("\n".join(told), "MATERIAL", hidden.hide)


def _kept(owner: _Owner, written: Sequence[str]) -> list[str]:
    """What of a model's drafts can be shown: bounded, plain, with a name to fill in, and without what nobody said."""
    support = Support(f"{owner.name}\n{owner.about}\n{owner.text}", "", at=clock.now(), language=owner.language)
    found = []
    for each in written[:DRAFTS]:
        text = _said(policy.outgoing(each).strip(), support, owner)
        try:
            text = checked_template(text)
        except BadInput:
            continue
        if text and _NAMED & {filling.meaning_of(name) for name in placeholders(text)}:
            found.append(text)
    return found


def _said(text: str, support: Support, owner: _Owner) -> str:
    """The text without the sentences that say more of the sender than the sender said; empty when that is too much of it."""
    lines, all_of_them, left = [], 0, 0
    for line in text.split("\n"):
        sentences = _SENTENCE.split(line) if line.strip() else []
        fit = [each for each in sentences if _is_said(each, support, owner)]
        all_of_them, left = all_of_them + len(sentences), left + len(fit)
        if fit or not sentences:
            lines.append(" ".join(fit))
    told = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return told if left >= KEPT * all_of_them else ""


def _is_said(sentence: str, support: Support, owner: _Owner) -> bool:
    if any(link.rstrip(".,;)") not in owner.text for link in _LINK.findall(sentence)):
        return False
    plain = _MINUTES.sub(" ", PLACEHOLDER.sub(" ", sentence))
    return not evidence.supports(plain, support) and not evidence.instructs(plain)
