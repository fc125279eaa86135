"""Views: outreach as its owner looks at it, in lists, one by one, and as it is written.

Called by the scribe's API and the command line. Promises: everybody sees their own only; a page is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailwright.codecs.quotation import where
from mailwright.core import tasks
from mailwright.core.outreach import turns
from mailwright.core.outreach.standing import own as own
from mailwright.domain.clock import SECOND
from mailwright.domain.ids import is_id
from mailwright.domain.outreach import QueueStatus, ScribeStep
from mailwright.domain.refusals import NotFound
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, outreachlists, outreachsteps
from mailwright.storage.accounts import Account
from mailwright.storage.outreach import Outreach
from mailwright.storage.outreachlists import Wanted as Wanted
from mailwright.storage.outreachsteps import Source
from mailwright.storage.tasks import TaskEvent

MAX_PAGE = 200
MAX_WORDS = 8  # of a search; what is behind them narrows nothing


@dataclass(frozen=True, slots=True)
class StepNow:
    """Where a step stands: `waiting`, `running`, `done` or `failed`; `seconds` it took, when it is done."""

    step: ScribeStep
    state: str
    seconds: float | None = None


def listing(tx: Tx, account: Account, wanted: Wanted, *, before: str | None = None, limit: int = 50) -> list[Outreach]:
    """What is wanted of one's own, the newest first, at most MAX_PAGE, each without template, sentences and metadata and with the
    beginning of its text; `before` is the id the page before ended with."""
    if not _can_be(wanted) or (before is not None and not is_id(before)):
        return []
    bound = max(1, min(limit, MAX_PAGE))
    return outreachlists.listing(tx, account.id, _bounded(wanted), before=before, limit=bound)


def counts(tx: Tx, account: Account, wanted: Wanted | None = None) -> dict[QueueStatus, int]:
    """How many of one's own stand where."""
    wanted = wanted or Wanted()
    if not _can_be(wanted):
        return dict.fromkeys(QueueStatus, 0)
    return outreachlists.counts(tx, account.id, _bounded(wanted))


def positions(tx: Tx, account: Account, found: list[Outreach]) -> dict[str, int]:
    """How many mails, anybody's, come before each of these; those that do not wait for their turn are left out."""
    waiting = [each.id for each in found if each.status is TaskStatus.QUEUED]
    return turns.positions(tx, account.id, waiting)


def steps(tx: Tx, known: Outreach) -> list[StepNow]:
    """The four steps of a mail."""
    done = {each.step: each for each in outreachsteps.of_task(tx, known.id) if each.content}
    found: list[StepNow] = []
    for step in ScribeStep:
        if step.value in done:
            found.append(StepNow(step, "done", done[step.value].latency_us / SECOND))
        elif known.stage == step.value and known.queue is QueueStatus.PROCESSING:
            found.append(StepNow(step, "running"))
        elif known.stage == step.value and known.queue is QueueStatus.FAILED:
            found.append(StepNow(step, "failed"))
        else:
            found.append(StepNow(step, "waiting"))
    return found


def history(tx: Tx, known: Outreach) -> list[TaskEvent]:
    """What happened to it, oldest first."""
    return tasks.history(tx, known.id)


def sources(tx: Tx, known: Outreach) -> list[Source]:
    """What its sentences rest on, by number, without the copies."""
    return outreachsteps.sources(tx, known.id)


def source(tx: Tx, known: Outreach, number: int) -> tuple[Source, list[tuple[int, int, str]]]:
    """One source with its copy, and where in the copy the quotes of the mail's sentences stand (start, end, the words there). Raises NotFound."""
    found = outreachsteps.sources(tx, known.id, numbers=[number], texts=True)
    if not found:
        raise NotFound(f"the mail has no source {number}")
    quotes = {
        str(given["quote"])
        for sentence in known.sentences
        for given in sentence.get("sources", ())
        if given.get("number") == number and given.get("quote")
    }
    text = found[0].text
    places = {where(quote, text) for quote in quotes}
    return found[0], sorted((*place, text[place[0] : place[1]]) for place in places if place is not None)


def _bounded(wanted: Wanted) -> Wanted:
    words = " ".join(wanted.words.replace("\x00", "").split()[:MAX_WORDS])[:200]
    return wanted if words == wanted.words else replace(wanted, words=words)


def _can_be(wanted: Wanted) -> bool:
    return wanted.batch_id is None or is_id(wanted.batch_id)
