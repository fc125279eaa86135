"""What was sent to which model: the calls of a task or a message, and of each exactly what travelled and what came back.

Called by the dashboard (for the task's own person) and by the administration (for operators; nobody else there sees words of mail).
What is private stands in a transcript as placeholders, because that is what travelled. Kept for `transcripts_kept`, and not longer than
the text of mail itself (`redact_after`); removing a user removes theirs.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from mailwright.codecs import modelwire
from mailwright.codecs.modelwire import Turn
from mailwright.core import Core, mailview, usage
from mailwright.domain import clock
from mailwright.domain.clock import MINUTE
from mailwright.domain.ids import is_id
from mailwright.domain.modelnames import RULES
from mailwright.domain.refusals import NotFound
from mailwright.storage import Tx, model_calls, modelwindows, quotas
from mailwright.storage import tasks as task_rows
from mailwright.storage.accounts import Account
from mailwright.storage.model_calls import ModelCall

SLICE = 500  # transcripts deleted in one transaction
MAX_BYTES = 64 * 1024 * 1024  # of one transcript, unpacked: more than any model reads
WINDOWS_KEPT = 60  # minutes; only the present one counts

NOTHING_SENT = "the built-in model reads on this machine: nothing was sent to anybody"
NOT_KEPT = "what was sent is not kept any more, or never was"


@dataclass(frozen=True, slots=True)
class CallView:
    """A call, and whether its transcript can be had."""

    call: ModelCall
    task_id: str
    has_transcript: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    """One request to a model. `sent` is its body as it travelled, in the words of `format`; `turns` and `tools` are what that says, for
    reading; `answered` is what came back, in parts, or `raw` when that was no answer. `because` says why there is nothing to show."""

    call: ModelCall
    task_id: str | None
    format: str
    sent: Any
    status: int | None
    answered: list[dict[str, Any]] | None
    raw: str | None
    turns: tuple[Turn, ...]
    tools: tuple[str, ...]
    because: str


def of_task(tx: Tx, account: Account, task_id: str) -> list[CallView]:
    """The calls made for a task of the account's own, oldest first. Raises NotFound, whosever else it is."""
    _view, _events, calls = usage.task_of(tx, account, task_id)
    return _views(tx, task_id, calls)


def of_message(tx: Tx, account: Account, message_id: str) -> list[CallView]:
    """The calls made because of a message that the account may read: the mail that asked for a task of its own, or the answer to it.
    Raises NotFound."""
    message = mailview.readable(tx, account, message_id).message
    header_ids = [message.message_id, *message.headers["in_reply_to"]]
    found = []
    for task_id in model_calls.tasks_about(tx, account.id, [each for each in header_ids if each]):
        found += _views(tx, task_id, model_calls.of_task(tx, task_id))
    return found


def of_call(tx: Tx, account: Account, call_id: str) -> Transcript:
    """What was sent in one call made for the account's own task. Raises NotFound, whosever else it is."""
    call, task_id = _call(tx, call_id)
    if task_id is None:
        raise NotFound("there is no such call")
    usage.task_of(tx, account, task_id)
    return _told(call, task_id)


def for_operator(tx: Tx, call_id: str) -> Transcript:
    """What was sent in any call. The caller has seen that an operator asks, and notes it. Raises NotFound."""
    return _told(*_call(tx, call_id))


def of_task_for_operator(tx: Tx, task_id: str) -> list[CallView]:
    """The calls made for any task. Raises NotFound."""
    if not is_id(task_id) or task_rows.by_id(tx, task_id) is None:
        raise NotFound("there is no such task")
    return _views(tx, task_id, model_calls.of_task(tx, task_id))


async def forget(core: Core) -> int:
    """Delete transcripts and budgets of minutes that are too old; how many transcripts. Raises TryLater."""
    settings, now = core.settings, clock.now()
    kept = settings.transcripts_kept
    if settings.redact_after is not None:
        kept = min(kept, settings.redact_after)
    before, forgotten = now - kept, 0
    while count := await core.write(lambda tx: model_calls.forget_transcripts(tx, before, SLICE)):
        forgotten += count
    await core.write(lambda tx: modelwindows.forget(tx, now // MINUTE - WINDOWS_KEPT))
    await core.write(lambda tx: quotas.forget(tx, now - quotas.KEPT))
    return forgotten


def _views(tx: Tx, task_id: str, calls: list[ModelCall]) -> list[CallView]:
    kept = model_calls.with_transcripts(tx, task_id)
    return [CallView(call, task_id, call.id in kept) for call in calls]


def _call(tx: Tx, call_id: str) -> tuple[ModelCall, str | None]:
    found = model_calls.by_id(tx, call_id) if is_id(call_id) else None
    if found is None:
        raise NotFound("there is no such call")
    return found


def _told(call: ModelCall, task_id: str | None) -> Transcript:
    told = _unpacked(call.transcript)
    if told is None:
        because = NOTHING_SENT if call.model == RULES else NOT_KEPT
        return Transcript(call, task_id, "", None, None, None, None, (), (), because)
    format, sent = str(told.get("format", "")), told.get("sent")
    return Transcript(
        call,
        task_id,
        format,
        sent,
        told.get("status"),
        told.get("answered"),
        told.get("raw"),
        tuple(modelwire.turns(format, sent)),
        tuple(modelwire.tools(sent)),
        "",
    )


def _unpacked(content: bytes | None) -> dict[str, Any] | None:
    if content is None:
        return None
    unpacking = zlib.decompressobj()
    found = json.loads(unpacking.decompress(content, MAX_BYTES))
    return found if isinstance(found, dict) else None
