"""Thinking: what a message asks for. Commands by plain code; everything else by a model, which copies words and works out nothing.

A step: its result is the id of what was found, kept beside the snapshot. Whatever a model says stands only as far as the message bears it
out: a phrase that says when must be the asker's own words, else the asker is asked.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from mailwright.agents.concierge import prompts
from mailwright.agents.concierge.gather import worth_repeating as storage_may_be_back
from mailwright.agents.concierge.parts import parts
from mailwright.agents.concierge.snapshot import Snapshot
from mailwright.agents.models import Asker, ModelFailed, Question
from mailwright.agents.models.rules import commands
from mailwright.agents.models.rules import preferences as wishes
from mailwright.agents.models.rules.commands import Command
from mailwright.agents.models.rules.extract import Said, extract
from mailwright.agents.models.turns import MAX_BECAUSE, Extraction, Wanted
from mailwright.codecs import dates
from mailwright.codecs.dates import moments
from mailwright.codecs.redaction import Placeholders
from mailwright.core import tasks
from mailwright.domain import clock
from mailwright.domain.followups import FollowupStatus
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import Stage
from mailwright.domain.zones import zone_of
from mailwright.pipeline import step
from mailwright.storage import Tx, followups, model_calls, preferences
from mailwright.storage import tasks as task_rows
from mailwright.storage.followups import Followup
from mailwright.storage.model_calls import ModelCall
from mailwright.storage.preferences import Preferences

ATTEMPTS = 4  # with 2, 6 and 18 s between them
INTERVAL, BACKOFF = 2.0, 3.0
ABOUT_ONE = "It answers our message about one follow-up."
ABOUT_A_QUESTION = "It answers our question about the time of one follow-up."


class Advice(BaseModel):
    """What was found: a command by its words, or what a model said."""

    model_config = ConfigDict(frozen=True)

    extraction: Extraction
    kind: str = ""  # of the command, when it was one
    number: int = 0
    found_by: str = ""


def worth_repeating(error: BaseException) -> bool:
    """A service that may be back in a moment; never a refusal or a garbled answer."""
    return storage_may_be_back(error) or (isinstance(error, ModelFailed) and error.transient)


@step(name="concierge.extract", attempts=ATTEMPTS, interval=INTERVAL, backoff=BACKOFF, retry_if=worth_repeating)
async def think(task_id: str, snapshot_id: str) -> str:
    """The id of the advice. Raises ModelFailed, TryLater."""
    core = parts().core
    snapshot, likes, about, tenant_id = await core.write(lambda tx: _load(tx, task_id, snapshot_id))
    asked = about is not None and about.status is FollowupStatus.CLARIFYING
    told = quick(snapshot, answers=about is not None or bool(snapshot.about_task))
    if told is not None:
        return await core.write(lambda tx: _keep(tx, task_id, told, ()))
    hidden = Placeholders(parts().options.recognisers)
    earlier = "" if about is None else ABOUT_A_QUESTION if asked else ABOUT_ONE
    zone = zone_of(likes.time_zone)
    question = Question(
        purpose="extract",
        instructions=prompts.instructions("extract"),
        material=await asyncio.to_thread(
            prompts.to_extract, snapshot, zone.key, earlier, secrets.token_hex(16), hidden.hide
        ),
        answer=Extraction,
        by_rules=lambda: by_rules(snapshot, likes, zone, answers=about is not None, asked=asked),
    )
    try:
        reply = await parts().models.ask(question, who=Asker(tenant_id, snapshot.person_id or None, task_id))
    except ModelFailed as failure:
        text, calls = failure.text, failure.calls

        def record(tx: Tx) -> None:
            model_calls.add_all(tx, calls, task_id=task_id)
            tasks.note_error(tx, task_id, text)

        await core.write(record)
        raise
    advice = Advice(extraction=shown(reply.value, hidden), found_by=reply.model)
    return await core.write(lambda tx: _keep(tx, task_id, advice, reply.calls))


def by_rules(snapshot: Snapshot, likes: Preferences, zone: ZoneInfo, *, answers: bool, asked: bool) -> Extraction:
    """What the built-in rules model finds."""
    return extract(
        Said(
            snapshot.own,
            snapshot.subject,
            moments.wall_of(snapshot.received_at, zone),
            snapshot.language,
            dates.habits_of(likes.locale, snapshot.language),
            answers=answers,
            asked=asked,
            passed_on=snapshot.passed_on,
        )
    )


def is_said(phrase: str, snapshot: Snapshot) -> bool:
    """Whether every word of a phrase is one of the asker's own."""
    words = _words(phrase)
    return bool(words) and words <= _words(f"{snapshot.own}\n{snapshot.subject}\n{snapshot.tag}")


def shown(found: Extraction, hidden: Placeholders) -> Extraction:
    """With what was hidden from the model in its place again, bounded as before."""

    def wanted(each: Wanted) -> Wanted:
        return each.model_copy(
            update={
                "what": hidden.show(each.what)[:500],
                "who": hidden.show(each.who)[:200],
                "context": hidden.show(each.context)[:1000],
                "phrase": hidden.show(each.phrase)[:200],
            }
        )

    return found.model_copy(
        update={
            "followups": tuple(wanted(each) for each in found.followups),
            "about": hidden.show(found.about)[:200],
            "phrase": hidden.show(found.phrase)[:200],
            "because": hidden.show(found.because)[:MAX_BECAUSE],
        }
    )


def quick(snapshot: Snapshot, *, answers: bool) -> Advice | None:
    """A message that is a command or a setting beyond doubt needs no model. What goes to others, or has the time in its address, is none."""
    if snapshot.tag or snapshot.copied or not snapshot.own.strip():
        return None
    if wishes.read(snapshot.own).any:
        told = Extraction(wants="preferences", confidence=1.0, because="it sets preferences")
        return Advice(extraction=told, kind="preferences", found_by="words")
    command = commands.read(snapshot.own)
    if command is None or (not answers and _may_be_a_wish(command)):
        return None
    wants = {
        "list": "list",
        "help": "help",
        "cancel": "cancel",
        "done": "cancel",
        "change": "change",
        "snooze": "change",
    }
    extraction = Extraction(
        wants=wants.get(command.kind, "answer"),  # type: ignore[arg-type]  # words of the type
        about=command.about[:200],
        phrase=command.phrase[:200],
        confidence=1.0,
        because=f"it says {command.kind}",
    )
    return Advice(extraction=extraction, kind=command.kind, number=command.number, found_by="words")


def _may_be_a_wish(command: Command) -> bool:
    """Whether words that answer nothing of ours may as well ask for something new ("cancel the gym by Friday")."""
    if command.kind in ("change", "yes", "no", "number"):
        return True
    named = command.about not in ("", "all")
    return command.kind == "cancel" and named and not commands.is_about_reminder(command.about)


def _load(tx: Tx, task_id: str, snapshot_id: str) -> tuple[Snapshot, Preferences, Followup | None, str]:
    tenant_id = tasks.enter(tx, task_id, Stage.THINK).tenant_id
    snapshot = load_snapshot(tx, snapshot_id)
    known = followups.by_id(tx, snapshot.about) if snapshot.about else None
    return snapshot, preferences.of_user(tx, snapshot.person_id), known, tenant_id


def load_snapshot(tx: Tx, snapshot_id: str) -> Snapshot:
    """A snapshot. Raises NotFound."""
    return Snapshot.model_validate_json(_content(tx, snapshot_id))


def load_advice(tx: Tx, advice_id: str) -> Advice:
    """What was found. Raises NotFound."""
    return Advice.model_validate_json(_content(tx, advice_id))


def _content(tx: Tx, snapshot_id: str) -> str:
    content = task_rows.snapshot(tx, snapshot_id)
    if content is None:
        raise NotFound(f"there is no snapshot {snapshot_id}")
    return content


def _keep(tx: Tx, task_id: str, advice: Advice, calls: tuple[ModelCall, ...]) -> str:
    model_calls.add_all(tx, calls, task_id=task_id)
    return task_rows.add_snapshot(tx, task_id, advice.model_dump_json(), clock.now())


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
