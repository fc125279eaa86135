"""Views: one's own follow-ups as pages list them, and what pages ask for put into the words of `making` and `changing`.

Called by the API and the command line. Promises: everybody reaches their own only; a message that a follow-up is about is one's own.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import dropwhile
from typing import Literal, TypeAlias

from mailwright.codecs import dates
from mailwright.core import Core, tasks
from mailwright.core.followups import changing, making
from mailwright.core.followups.making import NewFollowup
from mailwright.core.followups.meaning import Meaning, mean
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.followups import Action, FollowupStatus, status_of
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound, Refusal
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Tx, messages, preferences
from mailwright.storage import followups as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import Actor
from mailwright.storage.followups import Followup
from mailwright.storage.tasks import TaskEvent

Show: TypeAlias = Literal["open", "ended"]

_UNDER_WAY = (FollowupStatus.DUE, FollowupStatus.EXECUTING, FollowupStatus.SENDING)
_ENDED = (TaskStatus.COMPLETE, TaskStatus.CANCELLED, TaskStatus.FAILED)


def listing(tx: Tx, account: Account, show: Show, *, before: str | None = None, limit: int) -> list[Followup]:
    """Open ones: what is under way, then the next to come; ended ones: the last made first. `before` is the id the page before ended with.

    Raises NotFound.
    """
    if show == "ended":
        return rows.of_user(tx, account.id, states=_ENDED, before=before, limit=limit)
    last = None if before is None else own(tx, account, before)
    found: list[Followup] = []
    after = None
    if last is None or last.status in _UNDER_WAY:
        found = rows.of_user(tx, account.id, states=(TaskStatus.RUNNING,), before=before, limit=limit)
    else:
        after = (last.due_at or 0, last.id)
    return found + rows.coming(tx, account.id, after=after, limit=limit - len(found))


def own(tx: Tx, account: Account, followup_id: str) -> Followup:
    """One's own. Raises NotFound."""
    found = rows.by_id(tx, followup_id) if is_id(followup_id) else None
    if found is None or found.user_id != account.id:
        raise NotFound("there is no such follow-up")
    return found


def history(tx: Tx, known: Followup) -> list[tuple[FollowupStatus, TaskEvent]]:
    """What happened to it, oldest first, from when there was one."""
    lines = dropwhile(lambda each: each.status is not TaskStatus.WAITING, tasks.history(tx, known.id))
    return [(status_of(each.status, each.stage), each) for each in lines]


def action_of(tx: Tx, account: Account, wanted: Action | None) -> Action:
    """What is to happen when it is due: as wanted, or as its owner prefers."""
    return making.preferred_action(preferences.of_user(tx, account.id)) if wanted is None else wanted


def language_of(given: str, text: str) -> str:
    """The language a follow-up is told in: as given, or that of its words."""
    return given or dates.language_of(text) or "en"


def wanted(
    tx: Tx,
    account: Account,
    when: Meaning | Instant,
    *,
    what: str,
    who: str = "",
    context: str = "",
    action: Action | None = None,
    phrase: str = "",
    language: str = "",
) -> NewFollowup:
    """What is to be made for somebody who says when in words that mean one time, or as a moment."""
    meaning = when if isinstance(when, Meaning) else None
    return NewFollowup(
        what=what,
        who=who,
        context=context,
        action=action_of(tx, account, action),
        phrase=phrase,
        zone=preferences.of_user(tx, account.id).time_zone,
        readings=() if meaning is None else meaning.readings(),
        rule="" if meaning is None else meaning.rule,
        starts="" if meaning is None else meaning.starts,
        language=language_of(language, f"{what}\n{phrase}"),
        waits_for="",
        waits_from="",
        due_at=when if not isinstance(when, Meaning) else when.due_at,
        question=False,
    )


def add(
    tx: Tx,
    core: Core,
    account: Account,
    new: NewFollowup,
    *,
    key: str,
    email_id: str | None = None,
    if_no_reply: bool = False,
) -> Followup:
    """Have something followed up. `email_id` is the message of one's own that it is about; `if_no_reply`: only if nobody answers it.

    Raises BadInput, NotFound, TooManyRequests.
    """
    if email_id is None:
        if if_no_reply:
            raise BadInput("name the message whose answer is waited for")
        return making.add(tx, core, account, new, key=key)
    message = messages.by_id(tx, email_id) if is_id(email_id) else None
    if message is None or message.user_id != account.id:
        raise NotFound("there is no such message")
    if if_no_reply:
        if not message.message_id:
            raise BadInput("that message has no Message-ID, so that no answer to it can be known")
        new = replace(new, waits_for=message.message_id)
    return making.add(tx, core, account, new, key=key, source_id=message.id)


class Unclear(Refusal):
    """What was said means several times, or none."""

    code = "unclear"

    def __init__(self, meaning: Meaning) -> None:
        super().__init__("that may mean several times" if meaning.choices else "that says no time that can be")
        self.meaning = meaning


def meaning_of(tx: Tx, account: Account, words: str, language: str) -> Meaning:
    """What somebody's words mean now."""
    return mean(words, preferences.of_user(tx, account.id), language=language, now=clock.now())


def when_of(tx: Tx, account: Account, words: str, moment: Instant | None, language: str = "") -> Meaning | Instant:
    """A moment, or else what the words mean. Raises Unclear, BadInput."""
    if moment is not None:
        return moment
    if not words.strip():
        raise BadInput("say when, in words (`when`) or as a moment")
    meaning = meaning_of(tx, account, words, language)
    if meaning.due_at is None:
        raise Unclear(meaning)
    return meaning


def set_when(
    tx: Tx, core: Core, known: Followup, when: Meaning | Instant, *, phrase: str, by: Actor, because: str = ""
) -> Followup:
    """Give it the time that was said, which has to be one. Raises IllegalMove, BadInput."""
    because = because or "its owner chose another time"
    if not isinstance(when, Meaning):
        return changing.set_due(tx, core, known.id, when, by=by, because=because)
    if when.due_at is None:
        raise BadInput("that is not one time")
    return changing.set_due(
        tx,
        core,
        known.id,
        when.due_at,
        by=by,
        because=because,
        rule=when.rule,
        readings=when.readings(),
        phrase=phrase,
        starts=when.starts,
    )
