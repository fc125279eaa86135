"""Learning: what became of drafts, and how their owners write when they change them.

`on_events` is the consumer `learners` of the stream `triage`, for mailboxes here; `revisiting` looks at drafts elsewhere with the same
`judged` and `note`. What counts is what lies in the mailboxes when it is looked at, and not the order in which it came there: mail
programs keep an edited draft as a new message and take the old one away, in either order, and send before or after that.
Promises: the same twice is as once; a mail that was sent stays sent; no mail text leaves the database but as counts and as a greeting,
an ending and a name in the note of its own writer.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from mailwright.agents.assistant import composing, standing, style
from mailwright.agents.assistant.parts import AGENT
from mailwright.agents.assistant.stepping import drafts_total
from mailwright.core import Core, assistants, styles
from mailwright.domain import clock
from mailwright.domain.events import MESSAGE_APPENDED, MESSAGE_MOVED, MESSAGE_REMOVED, TRIAGE_CHANGED, Event
from mailwright.domain.refusals import NotFound
from mailwright.domain.triage import DraftState
from mailwright.pipeline import Commit, Handler
from mailwright.storage import Tx, events, mailboxes, messages, tasks, triage
from mailwright.storage.messages import StoredMessage
from mailwright.storage.triage import Item

MAX_THREAD = 200  # messages of a conversation that are looked through
MAX_COMPARED = 1_500  # words of a draft and of what was sent
MAX_PAIRS = 100_000  # places where a word of one is a word of the other; texts that repeat few words have millions
AS_DRAFTED = 0.02  # of the words: a program broke a line, or set a character right
SLICE = 200  # ids asked for at once

_ROLES = ("drafts", "sent")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft. `changed` is the part of its words that are others now, `drafted` and `text` what is compared, to learn."""

    item_id: str
    state: DraftState
    draft_id: str
    because: str
    changed: float | None = None
    drafted: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A draft's row, and where it lies now: among what was sent, among the drafts (there as we made it, or another), or nowhere."""

    item: Item
    written: str
    sent: StoredMessage | None
    draft: StoredMessage | None


def on_events(core: Core) -> Handler:
    """The consumer: what was put among the drafts or among what was sent, and what was taken away."""

    async def handle(batch: Sequence[Event]) -> Commit | None:
        touched = _touched(batch)
        owners = await core.read(lambda tx: triage.drafted_for(tx, sorted(touched)))
        found: list[_Found] = []
        for user_id in sorted(owners):
            found += await core.read(lambda tx, user_id=user_id: _affected(tx, user_id, touched[user_id]))  # type: ignore[misc]
        outcomes = [outcome for each in found if (outcome := await _outcome(core, each)) is not None]
        return (lambda tx: note(tx, outcomes)) if outcomes else None

    return handle


def judged(item: Item, drafted: str, text: str, *, sent: bool, draft_id: str) -> Outcome | None:
    """What a text that was found says of the draft; nothing when nothing new. `drafted` is what we wrote, if that is still known."""
    changed = difference(drafted, text) if drafted else None
    same = changed is not None and changed <= AS_DRAFTED
    if sent:
        because = "its owner sent it as it was drafted" if same else "its owner changed it and sent it"
        return Outcome(item.id, DraftState.SENT, draft_id, because, changed, drafted, text)
    if item.draft_state == DraftState.EDITED.value:
        same = False  # once edited it is the owner's, whatever it says now
    state = DraftState.MADE if same else DraftState.EDITED
    if state.value == item.draft_state and draft_id == item.draft_id:
        return None
    because = item.draft_because if same else "its owner edited it"
    return Outcome(item.id, state, draft_id, because)


def discarded(item: Item) -> Outcome | None:
    """It lies nowhere any more."""
    if item.draft_state not in (DraftState.MADE.value, DraftState.EDITED.value):
        return None
    return Outcome(item.id, DraftState.DISCARDED, item.draft_id, "its owner took it away")


def note(tx: Tx, outcomes: Iterable[Outcome]) -> None:
    """Write down what became of drafts, and what their owners' changes teach."""
    for outcome in outcomes:
        item = triage.by_id(tx, outcome.item_id)
        if item is None or item.draft_state == DraftState.SENT.value:  # noted before, or gone
            continue
        triage.update(
            tx,
            item.id,
            now=clock.now(),
            draft_state=outcome.state.value,
            draft_id=outcome.draft_id,
            draft_because=outcome.because,
            draft_changed=outcome.changed,
        )
        events.append(tx, TRIAGE_CHANGED, item.user_id, {"user_id": item.user_id, "item_ids": [item.id]})
        if outcome.state is DraftState.SENT and outcome.drafted:
            _learn(tx, item, outcome)
        name = outcome.state.value
        if outcome.state is DraftState.SENT and (outcome.changed is None or outcome.changed > AS_DRAFTED):
            name = "sent-edited"
        if outcome.state.value != item.draft_state:
            drafts_total.labels(name).inc()


def written_text(tx: Tx, item: Item) -> str:
    """The text of the draft as it was written, as long as that is kept."""
    task = tasks.by_message(tx, AGENT, item.id)
    content = tasks.written(tx, task.id) if task is not None else None
    if content is None:
        return ""
    text = json.loads(content).get("text", "")
    return text if isinstance(text, str) else ""


def difference(before: str, after: str) -> float:
    """The part of the words that are others: 0, the same; 1, nothing of it is left. Takes a while over long texts."""
    old, new = before.split()[:MAX_COMPARED], after.split()[:MAX_COMPARED]
    if not old or not new:
        return float(old != new)
    matcher, counted = SequenceMatcher(None, old, new, autojunk=False), Counter(new)
    # The same few words over and over would take minutes; there, which words they are says enough.
    repeats = sum(times * counted[word] for word, times in Counter(old).items()) > MAX_PAIRS
    return round(1 - (matcher.quick_ratio() if repeats else matcher.ratio()), 3)


def _learn(tx: Tx, item: Item, outcome: Outcome) -> None:
    assistant = assistants.of(tx, item.user_id)
    if assistant is None or not assistant.options.learn_style:
        return
    known = styles.of(tx, item.user_id)
    measures = style.from_edit(known.measures, outcome.drafted, outcome.text)
    styles.learned(tx, item.user_id, note=style.note(measures), measures=measures, samples=known.samples)


@dataclass(slots=True)
class _Touched:
    """Messages of one owner that came or moved, and those that went."""

    here: list[str]
    gone: list[str]


def _touched(batch: Sequence[Event]) -> dict[str, _Touched]:
    out: dict[str, _Touched] = {}
    for event in batch:
        of = out.setdefault(event.payload.get("user_id", ""), _Touched([], []))
        if event.kind == MESSAGE_APPENDED and event.payload.get("role") in _ROLES:
            of.here.append(event.payload["message_id"])
        elif event.kind == MESSAGE_MOVED:
            of.here += event.payload["message_ids"]
        elif event.kind == MESSAGE_REMOVED:
            of.gone.append(event.payload["message_id"])
    return {user_id: of for user_id, of in out.items() if user_id and (of.here or of.gone)}


def _affected(tx: Tx, user_id: str, touched: _Touched) -> list[_Found]:
    """The drafts that what happened may be about, each with where it lies now."""
    roles = {each.id: each.role or "" for each in mailboxes.of_user(tx, user_id)}
    items: dict[str, Item] = {}
    for start in range(0, max(len(touched.here), len(touched.gone)), SLICE):
        here, gone = touched.here[start : start + SLICE], touched.gone[start : start + SLICE]
        came = [each for each in messages.with_ids(tx, here) if roles.get(each.mailbox_id) in _ROLES]
        ids = [each.message_id for each in came if each.message_id]
        answered = [each for message in came for each in message.headers.get("in_reply_to", ())[:5]]
        found = triage.by_draft(tx, user_id, ids)
        for part in range(0, max(len(answered), 1), SLICE):
            found += triage.with_drafts(tx, user_id, answered=answered[part : part + SLICE])
        found += triage.with_drafts(tx, user_id, draft_ids=[*here, *gone])
        items |= {each.id: each for each in found if each.connection_id is None and _is_open(each)}
    return [_where(tx, each, roles) for each in items.values()]


def _is_open(item: Item) -> bool:
    return item.draft_state in (DraftState.MADE.value, DraftState.EDITED.value, DraftState.DISCARDED.value)


def _where(tx: Tx, item: Item, roles: dict[str, str]) -> _Found:
    mail = messages.by_id(tx, item.id)
    near = messages.in_thread(tx, item.user_id, mail.thread_id, MAX_THREAD) if mail is not None else []
    near += messages.with_message_id(tx, item.user_id, item.draft_header_id)
    unnamed = {each.id: each for each in standing.unnamed_answers(tx, item)}
    near += unnamed.values()
    sent = draft = None
    for each in {message.id: message for message in near}.values():
        ours = each.message_id == item.draft_header_id
        answers = each.id in unnamed or item.header_id in each.headers.get("in_reply_to", ())
        if not (ours or each.id == item.draft_id or answers):
            continue
        role = roles.get(each.mailbox_id)
        if role == "sent":
            sent = each if sent is None or ours else sent
        elif role == "drafts" and (
            draft is None or (each.uid > draft.uid and draft.id != item.draft_id) or each.id == item.draft_id
        ):
            draft = each
    return _Found(item, written_text(tx, item), sent, draft)


async def _outcome(core: Core, found: _Found) -> Outcome | None:
    item, lies = found.item, found.sent or found.draft
    if lies is None:
        return discarded(item)
    if found.sent is None and lies.id == item.draft_id and item.draft_state != DraftState.DISCARDED.value:
        return None  # a message never changes: it is the one we know
    try:
        raw = await core.blobs.read(lies.blob_id)
    except NotFound:  # redacted or removed since: what comes of that is told by an event of its own
        return None
    draft_id = item.draft_id if found.sent is not None else lies.id
    return await asyncio.to_thread(
        lambda: judged(item, found.written, composing.own_text(raw), sent=found.sent is not None, draft_id=draft_id)
    )
