"""Processing on demand: a person, or a program of theirs, asks the assistant to look at a mail (again), or at all mails of a span of time.

Called by the API and the command line. The work itself is done by workflows; `Worker` is what this module needs of them, handed in by
app.py and staff.py.
Promises: a mail is found among the caller's own and nowhere else; asking twice gives the one task there is; a draft that its owner
edited or sent is never written anew; nothing is asked of an assistant that is off or stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailwright.core import Core, assistants, stops
from mailwright.core.assistants import Assistant
from mailwright.core.connectionhealth import POLL
from mailwright.domain.clock import Instant
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound, Refusal, TryLater
from mailwright.domain.tasks import TaskStatus
from mailwright.domain.triage import DraftState
from mailwright.storage import Tx, connections, mailboxes, messages, tasks, triage
from mailwright.storage import processing as rows
from mailwright.storage.accounts import Account
from mailwright.storage.connections import Connection
from mailwright.storage.processing import Span
from mailwright.storage.tasks import Task
from mailwright.storage.triage import Item

MAILBOX = "mailbox"
"""Where a connection is named: the mailbox here."""
SLICE = 200  # mails handed to the workflows at once: one transaction
_OWNERS_OWN = (DraftState.EDITED.value, DraftState.SENT.value)


class AssistantOff(Refusal):
    """The mail's owner has the assistant off, for everything or for that mailbox."""

    code = "assistant_off"


class DraftEdited(Refusal):
    """Its owner edited or sent the draft: it is theirs."""

    code = "draft_edited"


class Worker(Protocol):
    """What the assistant's workflows do when asked. Everything raises TryLater."""

    async def again(self, item_ids: Sequence[str], *, force: bool, bulk: bool) -> list[Task]:
        """One task for each mail, in their order: made where there is none, and queued again at its end with `force`."""

    async def discard(self, item: Item) -> None:
        """Take the mail's draft away and note that; nothing happens when it is gone. Raises DraftEdited."""

    async def learn(self, user_id: str) -> None:
        """Learn anew how a person writes, soon."""

    async def bring(self, connection: Connection, remote_id: str) -> str:
        """The item of a mail elsewhere that was not seen yet. Raises NotFound."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The assistant as the API reaches it, with the installation's own settings. `worker` is made at first need; None: this process
    cannot ask it."""

    worker: Callable[[], Worker] | None = None
    at_once: int = 1000  # mails of one call
    threshold: float = 0.7
    kept_days: int = 90
    pushes: bool = False  # Gmail tells us of new mail
    poll: Instant = POLL  # how often accounts elsewhere are looked at

    def need(self) -> Worker:
        """The worker. Raises TryLater."""
        if self.worker is None:
            raise TryLater("this process cannot ask the assistant")
        return self.worker()


@dataclass(frozen=True, slots=True)
class Asked:
    """The task of a mail; `made` when this call asked for it."""

    task: Task
    item_id: str
    made: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a call for many. `skipped`: they have a task that is not to be done again, or a draft that is their owner's.
    `until`: there are more, that came before then."""

    asked: tuple[Asked, ...]
    skipped: int
    until: Instant | None


async def process(core: Core, desk: Desk, account: Account, name: str, *, force: bool = False) -> Asked:
    """Have one mail processed. `name` is its id here, or the id its account elsewhere has for it.

    Without `force` a mail that was judged is left as it is; one that was not (its task was skipped while the assistant was stopped or off,
    or has failed) is taken up. Raises NotFound, BadInput (its owner wrote it), AssistantOff, Stopped,
    DraftEdited, TryLater.
    """
    worker = desk.need()
    item_id, item = await core.read(lambda tx: _checked(tx, account, name))
    if not item_id:
        item_id = await _brought(core, worker, account, name)
    before = await core.read(lambda tx: _task_of(tx, item))
    if force and item is not None and item.draft_state in _OWNERS_OWN:
        raise DraftEdited("the draft was edited or sent by its owner, and is not written anew")
    if before is not None and before.status is not TaskStatus.QUEUED and not _may_again(item, before, force=force):
        return Asked(before, item_id, made=False)
    task = (await worker.again([item_id], force=force, bulk=False))[0]
    return Asked(task, item_id, made=_is_new(before, task))


async def process_span(
    core: Core, desk: Desk, account: Account, span: Span, *, connection: str | None = None, force: bool = False
) -> Batch:
    """Have the mails of a span of time processed, the newest first, at most `desk.at_once`, behind everything that has just come.

    `connection`: MAILBOX or the id of one; None is everything the assistant looks after. Of an account elsewhere that is what was
    seen of it. Raises NotFound, BadInput, AssistantOff, Stopped, TryLater.
    """
    worker, limit = desk.need(), desk.at_once
    if span.since >= span.until:
        raise BadInput("the span ends before it begins")
    wanted, known = await core.read(lambda tx: _in_span(tx, account, span, connection, force=force, limit=limit + 1))
    until = wanted[limit - 1][1] + 1 if len(wanted) > limit else None
    chosen = [item_id for item_id, _ in wanted[:limit]]
    skipped = 0 if force else max(0, known - len(wanted))
    asked: list[Asked] = []
    for start in range(0, len(chosen), SLICE):
        part = chosen[start : start + SLICE]
        done = await _process_part(core, worker, part, force=force)
        skipped += len(part) - len(done)
        asked += done
    return Batch(tuple(asked), skipped, until)


def own_item(tx: Tx, account: Account, item_id: str) -> Item:
    """The row of one of the account's own mails. Raises NotFound, whosever else it is."""
    item = triage.by_id(tx, item_id) if is_id(item_id) else None
    if item is None or item.user_id != account.id:
        raise NotFound("there is no such mail")
    return item


async def discard(core: Core, desk: Desk, account: Account, item_id: str) -> None:
    """Throw a mail's draft away; nothing happens without one. Raises NotFound, DraftEdited, TryLater."""
    item = await core.read(lambda tx: own_item(tx, account, item_id))
    if item.draft_state in _OWNERS_OWN:
        raise DraftEdited("the draft was edited or sent by its owner")
    if item.draft_state == DraftState.MADE:
        await desk.need().discard(item)


def check_on(tx: Tx, account: Account) -> Assistant:
    """The account's assistant. Raises AssistantOff, Stopped when it does nothing now."""
    serving = assistants.serving(tx, account.id)
    if serving is None:
        raise AssistantOff("the assistant is switched off")
    stops.check(tx, tenant_id=account.tenant_id, user_id=account.id)
    return serving


def check_serves(tx: Tx, account: Account, connection_id: str | None) -> None:
    """Raises AssistantOff, Stopped when the assistant does nothing for that mailbox of the account's now."""
    serving = check_on(tx, account)
    if connection_id is None and not serving.options.own_mailbox:
        raise AssistantOff("the assistant does not look after the mailbox here")
    if connection_id is not None:
        connection = connections.by_id(tx, connection_id)
        if connection is None or not connection.enabled:
            raise AssistantOff("the assistant does not look after that account")


def _checked(tx: Tx, account: Account, name: str) -> tuple[str, Item | None]:
    """The mail's id and its row, if it has one; no id for what may be elsewhere and was not seen."""
    if is_id(name):
        item = triage.by_id(tx, name)
        if item is None or item.connection_id is None:
            _check_message(tx, account, name)
        if item is not None and item.user_id != account.id:
            raise NotFound("there is no such mail")
    else:
        mine = connections.of_user(tx, account.id)
        item = next((found for each in mine if (found := triage.by_remote(tx, each.id, name)) is not None), None)
        if item is None:
            if not mine:
                raise NotFound("there is no such mail")
            check_on(tx, account)
            return "", None
    check_serves(tx, account, None if item is None else item.connection_id)
    return name if item is None else item.id, item


def _check_message(tx: Tx, account: Account, message_id: str) -> None:
    message = messages.by_id(tx, message_id)
    if message is None or message.user_id != account.id:
        raise NotFound("there is no such mail")
    mailbox = mailboxes.by_id(tx, message.mailbox_id)
    if mailbox is not None and mailbox.role in rows.NOT_INCOMING:
        raise BadInput("it is a mail that you wrote: the assistant looks at what you get")


async def _brought(core: Core, worker: Worker, account: Account, remote_id: str) -> str:
    """A mail elsewhere that no push and no look has told of yet."""

    mine = await core.read(lambda tx: connections.of_user(tx, account.id))
    for connection in [each for each in mine if each.enabled]:
        try:
            return await worker.bring(connection, remote_id)
        except NotFound:
            continue
    raise NotFound("there is no such mail")


async def _process_part(core: Core, worker: Worker, item_ids: Sequence[str], *, force: bool) -> list[Asked]:
    befores = await core.read(lambda tx: _befores(tx, item_ids))
    ready = [each for each in item_ids if _may_again(*befores[each], force=force)]
    done = await worker.again(ready, force=force, bulk=True) if ready else []
    return [
        Asked(task, item_id, made=_is_new(befores[item_id][1], task)) for item_id, task in zip(ready, done, strict=True)
    ]


def _in_span(
    tx: Tx, account: Account, span: Span, connection: str | None, *, force: bool, limit: int
) -> tuple[list[tuple[str, Instant]], int]:
    """The mails to be processed, the newest first, and how many there are with those that have a task (at most `limit`)."""
    places: list[str | None]
    if connection is None:
        places = _served(tx, account)
    else:
        places = [_place(tx, account, connection)]
        check_serves(tx, account, places[0])
    found: list[tuple[str, Instant]] = []
    known = 0
    for place in places:
        found += _of_place(tx, span, place, untouched=not force, limit=limit)
        if not force:
            known += len(_of_place(tx, span, place, untouched=False, limit=limit))
    found.sort(key=lambda each: (each[1], each[0]), reverse=True)
    return found[:limit], known


def _of_place(tx: Tx, span: Span, place: str | None, *, untouched: bool, limit: int) -> list[tuple[str, Instant]]:
    if place is None:
        return rows.here(tx, span, untouched=untouched, limit=limit)
    return rows.elsewhere(tx, span, place, untouched=untouched, limit=limit)


def _place(tx: Tx, account: Account, connection: str) -> str | None:
    if connection == MAILBOX:
        return None
    found = connections.by_id(tx, connection) if is_id(connection) else None
    if found is None or found.user_id != account.id:
        raise NotFound("there is no such connection")
    return found.id


def _served(tx: Tx, account: Account) -> list[str | None]:
    """Everything of the account's that the assistant looks after. Raises AssistantOff, Stopped."""
    serving = check_on(tx, account)
    here: list[str | None] = [None] if serving.options.own_mailbox and account.has_mailbox else []
    found = here + [each.id for each in connections.of_user(tx, account.id) if each.enabled]
    if not found:
        raise AssistantOff("the assistant looks after no mailbox")
    return found


def _befores(tx: Tx, item_ids: Sequence[str]) -> dict[str, tuple[Item | None, Task | None]]:
    known = triage.known(tx, item_ids)
    return {each: (known.get(each), _task_of(tx, known.get(each))) for each in item_ids}


def _task_of(tx: Tx, item: Item | None) -> Task | None:
    return None if item is None or item.task_id is None else tasks.by_id(tx, item.task_id)


def _may_again(item: Item | None, before: Task | None, *, force: bool) -> bool:
    if item is not None and item.draft_state in _OWNERS_OWN:
        return False
    if before is None:
        return True
    # It came while the assistant was stopped or off, or it failed.
    undone = before.status is not TaskStatus.COMPLETE and item is not None and not item.category
    return before.status.is_final and (force or undone)


def _is_new(before: Task | None, task: Task) -> bool:
    return before is None or before.id != task.id or before.generation != task.generation
