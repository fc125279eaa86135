"""Triage as its owner sees it: lists of mails, one mail with its draft and history, a task in the words of the API, and the summary.

Called by the API and the command line. Questions only; whoever asks sees their own and learns nothing of anybody else's.
Promises: the text of a draft is told while it is kept: the draft itself where the mailbox is here, what was written where it is elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from mailwright.codecs import mime
from mailwright.core import Core, assistants, processing, stops, triage
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, DamagedBlob, NotFound
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.domain.triage import Category
from mailwright.storage import Tx, connections, messages, styles, tasks
from mailwright.storage import processing as counted
from mailwright.storage import triage as rows
from mailwright.storage.accounts import Account
from mailwright.storage.connections import Connection
from mailwright.storage.tasks import Task, TaskEvent
from mailwright.storage.triage import Item
from mailwright.storage.triagerules import Rule

MAX_PAGE = 100  # mails of one answer
UNDECIDED = "undecided"
WAITING = "waiting"
"""Words of filters beside the categories and the states of drafts."""
MAX_TEXT = 100_000  # characters of a draft that are told

Word: TypeAlias = Literal["pending", "processing", "completed", "failed", "skipped"]
StageWord: TypeAlias = Literal["queued", "classified", "reply_generated", "draft_created"]

WORDS: Final[Mapping[TaskStatus, Word]] = {
    TaskStatus.QUEUED: "pending",
    TaskStatus.RUNNING: "processing",
    TaskStatus.WAITING: "processing",
    TaskStatus.COMPLETE: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.SKIPPED: "skipped",
    TaskStatus.CANCELLED: "skipped",
}
"""The words of the assistant's API."""

_DONE_BEFORE: Final[Mapping[str, StageWord]] = {
    Stage.GENERATE.value: "classified",
    Stage.DRAFT.value: "reply_generated",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One mail in a list. `source` says where it is: mailbox, gmail, imap."""

    item: Item
    source: str


@dataclass(frozen=True, slots=True)
class TaskShown:
    """A task in the words of the API. `reply` is the text that was written, while it is kept."""

    task: Task
    item: Item | None
    status: Word
    stage: StageWord
    reply: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    """One mail with everything: its task, what happened to it, and the owner's rule that fits its sender."""

    shown: Shown
    task: TaskShown | None
    history: tuple[TaskEvent, ...]
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Summary:
    """How it stands with one owner's assistant. `stopped` says because of which switch it does nothing."""

    enabled: bool
    stopped: str
    mailbox: str | None
    served: bool
    connections: tuple[Connection, ...]
    since: Instant
    today: Mapping[str, int]
    drafts_waiting: int
    tasks: Mapping[str, int]
    style_learned: bool


def listing(
    tx: Tx,
    account: Account,
    *,
    category: str = "",
    draft: str = "",
    connection: str = "",
    sender: str = "",
    before: str | None = None,
    limit: int = 50,
) -> tuple[list[Shown], str | None]:
    """The account's mails that match everything given, the newest first, and where the next page begins.

    `category` may be UNDECIDED, `draft` WAITING, `connection` the mailbox here (`processing.MAILBOX`). Raises BadInput, NotFound.
    """
    if before is not None and not is_id(before):
        raise BadInput("before is the id of the last mail of the page before")
    here = connection == processing.MAILBOX
    kinds = {each.id: each.kind for each in connections.of_user(tx, account.id)}
    if connection and not here and connection not in kinds:
        raise NotFound("there is no such connection")
    limit = max(1, min(limit, MAX_PAGE))
    found = rows.listing(
        tx,
        account.id,
        category="" if category == UNDECIDED else category,
        draft_state="" if draft == WAITING else draft,
        connection_id=connection if connection and not here else None,
        sender=sender,
        undecided=category == UNDECIDED,
        waiting=draft == WAITING,
        ours=here,
        before=before,
        limit=limit + 1,
    )
    page = [Shown(item, _source(item, kinds)) for item in found[:limit]]
    return page, found[limit - 1].id if len(found) > limit else None


def shown(tx: Tx, account: Account, item_id: str) -> Shown:
    """One mail as lists have it. Raises NotFound."""
    item = processing.own_item(tx, account, item_id)
    return Shown(item, _source(item, {each.id: each.kind for each in connections.of_user(tx, account.id)}))


async def whole(core: Core, account: Account, item_id: str) -> Whole:
    """One mail with everything. Raises NotFound, TryLater."""

    def read(tx: Tx) -> tuple[Shown, Task | None, list[TaskEvent], Rule | None]:
        found = shown(tx, account, item_id)
        item = found.item
        task = None if item.task_id is None else tasks.by_id(tx, item.task_id)
        history = [] if task is None else tasks.events(tx, task.id)
        return found, task, history, triage.rule_for(tx, account.id, item.sender, item.mail_kind)

    found, task, history, rule = await core.read(read)
    told = None if task is None else await _told(core, task, found.item)
    return Whole(found, told, tuple(history), rule)


async def task_of(core: Core, account: Account, task_id: str) -> TaskShown:
    """One of the account's own tasks of the assistant. Raises NotFound, whosever else it is, TryLater."""

    def read(tx: Tx) -> tuple[Task, Item | None]:
        task = tasks.by_id(tx, task_id) if is_id(task_id) else None
        if task is None or task.user_id != account.id or task.agent != assistants.AGENT:
            raise NotFound("there is no such task")
        return task, rows.by_task(tx, task.id)

    return await _told(core, *await core.read(read))


def summary(tx: Tx, account: Account) -> Summary:
    """How it stands with the account's assistant."""
    known, since = assistants.of(tx, account.id), clock.now() - DAY
    enabled = known is not None and known.enabled
    today = rows.counts_since(tx, account.id, since)
    by_word: dict[str, int] = dict.fromkeys(WORDS.values(), 0)
    for status, count in counted.counts(tx, assistants.AGENT, account.id, since).items():
        by_word[WORDS[status]] += count
    style = styles.of_user(tx, account.id)
    return Summary(
        enabled=enabled,
        stopped=stops.engaged(tx, tenant_id=account.tenant_id, user_id=account.id),
        mailbox=account.email if account.has_mailbox else None,
        served=known is not None and known.enabled and known.options.own_mailbox,
        connections=tuple(connections.of_user(tx, account.id)),
        since=since,
        today={each.value: today.get(each.value, 0) for each in Category} | {UNDECIDED: today.get("", 0)},
        drafts_waiting=rows.drafts_waiting(tx, account.id),
        tasks=by_word,
        style_learned=style.learned_at is not None,
    )


def stage_of(task: Task, item: Item | None) -> StageWord:
    """What is done last: queued (nothing yet), classified, reply_generated, draft_created."""
    if task.status is not TaskStatus.COMPLETE:
        return _DONE_BEFORE.get(task.stage, "queued")
    return "draft_created" if item is not None and item.draft_id else "classified"


async def _told(core: Core, task: Task, item: Item | None) -> TaskShown:
    reply = None if item is None else await _reply(core, task, item)
    return TaskShown(task, item, WORDS[task.status], stage_of(task, item), reply)


async def _reply(core: Core, task: Task, item: Item) -> str | None:
    """The draft's text: as it is in Drafts here; else as it was written."""

    def read(tx: Tx) -> tuple[str | None, str | None]:
        draft = messages.by_id(tx, item.draft_id) if item.connection_id is None and is_id(item.draft_id) else None
        mine = draft is not None and draft.user_id == item.user_id and not draft.is_redacted
        return draft.blob_id if draft is not None and mine else None, tasks.written(tx, task.id)

    blob_id, written = await core.read(read)
    if blob_id is not None:
        try:
            raw = await core.blobs.read(blob_id)
            return mime.body_text(raw, mime.parse(raw))[:MAX_TEXT]
        except (NotFound, DamagedBlob):
            pass
    return None if written is None else _text_of(written)


def _text_of(written: str) -> str | None:
    found: Any = json.loads(written)
    text = found.get("text") if isinstance(found, dict) else None
    return text[:MAX_TEXT] if isinstance(text, str) else None


def _source(item: Item, kinds: Mapping[str, str]) -> str:
    return processing.MAILBOX if item.connection_id is None else kinds.get(item.connection_id, "")
