"""Making follow-ups: from a message the concierge has read, or from a page.

Called by the concierge's workflow (`make`, for the task of the message; `add` for what else the same message asks for) and by the API of
the webmail (`add`).
Promises: a task has at most one follow-up and a key makes one, however often it is asked for; what is kept is bounded and can be stored;
one that has no time, or more than one, is clarifying and never guessed.
Does not: read words (`codecs.dates`), or tell anybody (the concierge does, in the same transaction).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailwright.codecs.dates.moments import wall_of
from mailwright.core import Core, tasks
from mailwright.core.messages import storable
from mailwright.domain import clock
from mailwright.domain.clock import DAY, Instant
from mailwright.domain.followups import AGENT as AGENT
from mailwright.domain.followups import LANGUAGES, Action, AskedIn
from mailwright.domain.ids import derived_token
from mailwright.domain.refusals import BadInput, NotFound, TooManyRequests
from mailwright.domain.tasks import Stage, TaskStatus
from mailwright.domain.zones import checked_zone
from mailwright.storage import Tx, assignments
from mailwright.storage import followups as rows
from mailwright.storage.accounts import Account
from mailwright.storage.assignments import Assignment
from mailwright.storage.followups import Followup
from mailwright.storage.preferences import Preferences
from mailwright.storage.tasks import Task

MAX_WHAT, MAX_WHO, MAX_CONTEXT, MAX_PHRASE = 500, 200, 1_000, 200  # characters
MAX_READINGS = 12
LONGEST: Instant = 100 * 366 * DAY  # ahead; what is later is a slip of the pen

# RFC 5545 §3.3.10 without seconds and minutes: nobody wants to be reminded by the minute.
_RULE = re.compile(r"FREQ=(?:HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)(?:;[A-Z]{2,10}=[0-9A-Z,+-]{1,60}){0,8}")


@dataclass(frozen=True, slots=True)
class NewFollowup:
    """What is to be made.

    `phrase` are the words that said when, `readings` the meanings that were kept (JSON objects, likeliest first), `zone` (IANA) where they
    are true, `rule` an RRULE without its name when it comes again, `starts` the wall-clock time it counts from (ISO; empty: `due_at`).
    `waits_for` is the Message-ID of what somebody is to answer, `waits_from` who (`Address.key`; empty: anybody else).
    Without `due_at`, or with an open `question`, it is clarifying.
    """

    what: str
    who: str
    context: str
    action: Action
    phrase: str
    zone: str
    readings: Sequence[dict[str, Any]]
    rule: str
    language: str
    waits_for: str
    waits_from: str
    due_at: Instant | None
    question: bool
    starts: str = ""


def make(
    tx: Tx,
    core: Core,
    task: Task,
    agent_user_id: str,
    channel: AskedIn,
    new: NewFollowup,
    *,
    source_id: str | None,
) -> Followup:
    """The follow-up of a task that is at work: it waits for its time now (pending), or for an answer (clarifying). Twice is as once.

    Raises BadInput, TooManyRequests (the person has too many open), IllegalMove (the task is at its end).
    """
    known = rows.hold(tx, task.id)
    if known is not None:
        return known
    if task.user_id is None:
        raise BadInput("a follow-up is for somebody")
    new = checked(new)
    check_room(tx, core, task.user_id)
    now = clock.now()
    asking = new.question or new.due_at is None
    rows.insert(
        tx,
        task.id,
        tenant_id=task.tenant_id,
        user_id=task.user_id,
        agent_user_id=agent_user_id,
        source_id=source_id,
        channel=channel,
        action=new.action,
        what=new.what,
        who=new.who,
        context=new.context,
        phrase=new.phrase,
        zone=new.zone,
        readings=new.readings,
        rule=new.rule,
        starts=new.starts,
        planned_at=None if asking else new.due_at,
        waits_for=new.waits_for,
        waits_from=new.waits_from,
        language=new.language,
        asked=int(asking),
        now=now,
    )
    stage, due_at = (Stage.CLARIFYING, ask_again_at(core, now)) if asking else (Stage.PENDING, new.due_at)
    because = "when is not clear: its owner was asked" if asking else "it waits for its time"
    tasks.move(tx, task.id, TaskStatus.WAITING, stage=stage, detail=because, due_at=due_at, because=because)
    return found(tx, task.id)


def add(
    tx: Tx,
    core: Core,
    account: Account,
    new: NewFollowup,
    *,
    key: str,
    source_id: str | None = None,
    channel: AskedIn = AskedIn.WEB,
    agent_user_id: str | None = None,
    correlation_id: str = "",
) -> Followup:
    """A follow-up with a task of its own. The same `key` of the same person is the same follow-up. `agent_user_id` is the mailbox that
    speaks for it; when not given, the tenant's concierge.

    Raises BadInput, TooManyRequests, NotFound (there is no concierge).
    """
    serving = concierge_of(tx, account.tenant_id, agent_user_id)
    if serving is None:
        raise NotFound("no concierge is set up here")
    task = tasks.create(
        tx,
        tenant_id=account.tenant_id,
        agent=AGENT,
        assignment_id=serving.id,
        message_id=id_of(account.id, key),
        correspondent=account.email,
        user_id=account.id,
        correlation_id=correlation_id,
    )
    return make(tx, core, task, serving.user_id, channel, new, source_id=source_id)


def is_added(tx: Tx, user_id: str, key: str) -> bool:
    """Whether `add` was called with this key before."""
    return tasks.find(tx, AGENT, id_of(user_id, key)) is not None


def concierge_of(tx: Tx, tenant_id: str, agent_user_id: str | None = None) -> Assignment | None:
    """The concierge of a tenant that is at work, the oldest when there are more; or the one of that mailbox."""
    return next(
        (
            each
            for each in assignments.listing(tx, tenant_id)
            if each.agent == AGENT and each.enabled and agent_user_id in (None, each.user_id)
        ),
        None,
    )


def found(tx: Tx, task_id: str) -> Followup:
    """The follow-up of that task. Raises NotFound."""
    known = rows.by_id(tx, task_id)
    if known is None:
        raise NotFound(f"there is no follow-up {task_id}")
    return known


def ask_again_at(core: Core, asked_at: Instant) -> Instant:
    """When a question is put once more: halfway through its time."""
    return asked_at + core.settings.followup_question // 2


def preferred_action(likes: Preferences) -> Action:
    """What is to happen when something is due and nothing was said of it."""
    return Action(likes.default_action) if likes.default_action in set(Action) else Action.REMIND


def starts_of(due_at: Instant, zone: str) -> str:
    """The wall-clock time a rule counts from when its first occurrence is due then."""
    return wall_of(due_at, ZoneInfo(zone)).replace(microsecond=0).isoformat()


def checked(new: NewFollowup) -> NewFollowup:
    """What may be kept of it. Raises BadInput."""
    what = checked_text("what is to be done", new.what, MAX_WHAT)
    if not what:
        raise BadInput("say what is to be done")
    if new.language not in LANGUAGES:
        raise BadInput(f"the language is one of {', '.join(LANGUAGES)}")
    if len(new.readings) > MAX_READINGS:
        raise BadInput(f"a phrase has at most {MAX_READINGS} readings")
    zone, rule = checked_zone(new.zone), checked_rule(new.rule)
    due_at = None if new.due_at is None else checked_due(new.due_at)
    starts = "" if not rule else checked_starts(new.starts) or ("" if due_at is None else starts_of(due_at, zone))
    return replace(
        new,
        what=what,
        who=checked_text("whom it is about", new.who, MAX_WHO),
        context=checked_text("the context", new.context, MAX_CONTEXT),
        phrase=checked_text("the time", new.phrase, MAX_PHRASE),
        action=Action(new.action),
        zone=zone,
        rule=rule,
        starts=starts,
        due_at=due_at,
        waits_for=storable(new.waits_for)[:998],
        waits_from=storable(new.waits_from)[:320],
    )


def checked_text(name: str, text: str, most: int) -> str:
    """The text as it is kept. Raises BadInput."""
    text = storable(text).strip()
    if len(text) > most:
        raise BadInput(f"{name} has at most {most} characters")
    return text


def checked_rule(rule: str) -> str:
    """Raises BadInput."""
    if rule and _RULE.fullmatch(rule) is None:
        raise BadInput("what comes again does so every hour, day, week, month or year")
    return rule


def checked_due(due_at: Instant) -> Instant:
    """Raises BadInput. A time that is past is due at once."""
    if due_at > clock.now() + LONGEST:
        raise BadInput("a follow-up is due within a hundred years")
    return due_at


def checked_starts(starts: str) -> str:
    """Raises BadInput."""
    if not starts:
        return ""
    try:
        moment = datetime.fromisoformat(starts)
    except ValueError:
        raise BadInput("the first time is not a date and time") from None
    return moment.replace(tzinfo=None).isoformat()


def check_room(tx: Tx, core: Core, user_id: str, wanted: int = 1) -> None:
    """Raises TooManyRequests when the person cannot have so many more."""
    most = core.settings.followups_open
    if rows.open_count(tx, user_id) + wanted > most:
        raise TooManyRequests(f"you have {most} follow-ups open; end some of them first")


def id_of(user_id: str, key: str) -> str:
    """Where other tasks have the id of their message: the same key, the same id."""
    token = derived_token("followup", user_id, key)
    return "-".join((token[:8], token[8:12], token[12:16], token[16:20], token[20:]))
