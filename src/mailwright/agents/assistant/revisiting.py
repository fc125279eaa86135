"""Revisiting: rounds that look again. What became of drafts elsewhere, and how owners write by what they sent lately.

Scheduled workflows of the lane `batch`; `schedule` before the engine starts. Mailboxes here tell of their drafts by events (`learning`);
other services are asked.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import structlog

from mailwright.agents.assistant import composing, learning, style
from mailwright.agents.assistant.inbox import Inbox, Mail
from mailwright.agents.assistant.learning import Outcome
from mailwright.agents.assistant.parts import AGENT, opened, parts
from mailwright.codecs import mime
from mailwright.core import assistants, styles
from mailwright.core.styles import Style
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.ids import first_id_at
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.pipeline import Flows, step, workflow
from mailwright.storage import Tx, triage
from mailwright.storage import connections as connection_rows
from mailwright.storage import styles as style_rows
from mailwright.storage.triage import Item

log = structlog.get_logger(__name__)

DRAFTS_HOURLY = "37 * * * *"
STYLES_DAILY = "17 3 * * *"  # whoever is due: each owner once a week
REMEMBERED = 30 * DAY  # a draft that nobody touched for so long is looked at no more
MOST_DRAFTS = 2_000  # of one round
PAGE = 500
MOST_OWNERS = 500
MOST_SENT = 100  # mails by which a style is learned
MAX_THREAD = 30


def schedule(flows: Flows) -> None:
    """The rounds; before `start`."""
    flows.schedule(DRAFTS_HOURLY, drafts_round)
    flows.schedule(STYLES_DAILY, styles_round)


@workflow(name="assistant-drafts", lane="batch")
async def drafts_round(due: datetime, _context: Any = None) -> None:
    """One round."""
    await look_at_drafts()


@workflow(name="assistant-styles", lane="batch")
async def styles_round(due: datetime, _context: Any = None) -> None:
    """One round."""
    await learn_styles()


@workflow(name="assistant-style", lane="batch")
async def style_of(user_id: str) -> None:
    """One owner's, asked for by hand."""
    await learn_style(user_id)


@step(name="assistant.look-at-drafts", attempts=1)
async def look_at_drafts() -> int:
    """See what became of the open drafts elsewhere; of how many something new."""
    news = 0
    async for items in _open_drafts():
        by_connection: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            by_connection.setdefault((item.user_id, item.connection_id or ""), []).append(item)
        for (user_id, connection_id), theirs in by_connection.items():
            news += await _look(user_id, connection_id, theirs)
    return news


async def _open_drafts() -> AsyncIterator[list[Item]]:
    """The open drafts elsewhere, in pages; of more than `MOST_DRAFTS` some that lie together, and each round others."""
    since, now = clock.now() - REMEMBERED, clock.now()
    start = first_id_at((since + secrets.randbelow(now - since)) // 1000)
    left = MOST_DRAFTS
    for until in ("", start):  # from there to the newest, and then from the oldest to there
        after = None if until else start
        while left > 0:
            limit = min(PAGE, left)
            items = await parts().core.read(
                lambda tx, after=after, limit=limit: triage.drafts_elsewhere(tx, since, after=after, limit=limit)  # type: ignore[misc]
            )
            wanted = [each for each in items if not until or each.id <= until]
            if wanted:
                yield wanted
            left -= len(wanted)
            if len(wanted) < limit:
                break
            after = items[-1].id


async def _look(user_id: str, connection_id: str, items: list[Item]) -> int:
    core = parts().core
    if not await core.read(lambda tx: _served(tx, user_id, connection_id)):
        return 0
    outcomes: list[Outcome] = []
    try:
        async with opened(user_id, connection_id) as inbox:
            for item in items:
                written = await core.read(lambda tx, item=item: learning.written_text(tx, item))  # type: ignore[misc]
                outcome = await outcome_of(inbox, item, written)
                outcomes += [outcome] if outcome is not None else []
    except Refusal as refusal:  # the account is away, or signed out: the next round is an hour away
        log.warning("assistant.drafts_not_seen", connection=connection_id, error=refusal.code)
    if outcomes:
        await core.write(lambda tx: learning.note(tx, outcomes))
    return len(outcomes)


async def outcome_of(inbox: Inbox, item: Item, written: str) -> Outcome | None:
    """What became of one draft elsewhere. Raises TryLater, AuthenticationFailed, NotFound."""
    raw = await inbox.draft(item.draft_id)
    if raw is not None:
        return learning.judged(item, written, composing.own_text(raw), sent=False, draft_id=item.draft_id)
    for mail in reversed(await inbox.thread(item, MAX_THREAD)):
        parsed = mime.parse(mail.raw)
        if mail.mine and (parsed.message_id == item.draft_header_id or item.header_id in parsed.in_reply_to):
            text = composing.own_text(mail.raw)
            return learning.judged(item, written, text, sent=True, draft_id=item.draft_id)
    return learning.discarded(item)


@step(name="assistant.learn-styles", attempts=1)
async def learn_styles() -> int:
    """Learn from what owners sent, of those who are due; how many those were."""
    core = parts().core
    before = clock.now() - styles.LEARNED_AGAIN
    due = await core.read(lambda tx: style_rows.not_learned_since(tx, AGENT, before, MOST_OWNERS))
    learned = 0
    for user_id in due:
        try:
            learned += await learn(user_id)
        except TryLater as refusal:
            log.warning("assistant.style_waits", error=str(refusal))
            break
    return learned


@step(name="assistant.learn-style", attempts=3, interval=30.0, retry_if=lambda error: isinstance(error, TryLater))
async def learn_style(user_id: str) -> bool:
    """`learn`, as a step of its own."""
    return await learn(user_id)


async def learn(user_id: str) -> bool:
    """Learn how one owner writes, from every mailbox that is looked after. False: it is not to be learned. Raises TryLater."""
    core = parts().core
    places = await core.read(lambda tx: _places(tx, user_id))
    mails: list[Mail] = []
    for connection_id in places:
        try:
            async with opened(user_id, connection_id) as inbox:
                mails += await inbox.sent(MOST_SENT)
        except TryLater:
            raise
        except Refusal as refusal:
            log.warning("assistant.sent_not_seen", connection=connection_id or "", error=refusal.code)
    if not places:
        return False
    newest = sorted(mails, key=lambda mail: -mail.received_at)[:MOST_SENT]
    read = await asyncio.to_thread(own_texts, newest)
    await core.write(lambda tx: keep(tx, user_id, _theirs(tx, user_id, read)))
    return True


def own_texts(mails: list[Mail]) -> dict[str, str]:
    """What of sent mails their owner wrote, by their Message-IDs: nothing that programs sent."""
    out = {}
    for number, mail in enumerate(mails):
        parsed = mime.parse(mail.raw)
        text = composing.own_text(mail.raw)
        if text.strip() and not mime.is_automatic(parsed.header):
            out[parsed.message_id or str(number)] = text
    return out


def _theirs(tx: Tx, user_id: str, read: dict[str, str]) -> list[str]:
    """Without what was sent as it was drafted: from that we would learn how we write."""
    ours = {
        each.draft_header_id
        for each in triage.by_draft(tx, user_id, list(read))
        if each.draft_changed is None or each.draft_changed <= learning.AS_DRAFTED
    }
    return [text for header_id, text in read.items() if header_id not in ours]


def keep(tx: Tx, user_id: str, texts: list[str]) -> Style:
    """Put down what those texts show; the note of the owner's own stands."""
    measures = style.learn(texts, before=styles.of(tx, user_id).measures)
    return styles.learned(
        tx, user_id, note=style.note(measures), measures=measures, samples=len(texts), looked_at=clock.now()
    )


def _places(tx: Tx, user_id: str) -> list[str | None]:
    """Where the owner's sent mail lies: None is the mailbox here. Nowhere, when it is not to be learned from."""
    assistant = assistants.serving(tx, user_id)
    if assistant is None or not assistant.options.learn_style:
        return []
    elsewhere = [each.id for each in connection_rows.of_user(tx, user_id) if each.enabled]
    return [*([None] if assistant.options.own_mailbox else []), *elsewhere]


def _served(tx: Tx, user_id: str, connection_id: str) -> bool:
    connection = connection_rows.by_id(tx, connection_id)
    return connection is not None and connection.enabled and assistants.serving(tx, user_id) is not None
