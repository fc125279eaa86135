"""FollowupsService: the caller's own follow-ups, as under `/api/followups`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from mailwright.core.followups import changing, views
from mailwright.core.followups.making import MAX_PHRASE
from mailwright.core.followups.meaning import Meaning
from mailwright.core.followups.views import Show
from mailwright.domain.clock import Instant
from mailwright.domain.followups import LANGUAGES, Action, FollowupStatus
from mailwright.domain.refusals import BadInput
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import MAX_PAGE, PAGE, cut, instant, page_size, row_before, stamp, storable
from mailwright.storage import Tx
from mailwright.storage.followups import Followup
from mailwright.v1 import common_pb2
from mailwright.v1 import followups_pb2 as pb

MAX_KEY = 100  # characters, as under /api/followups


async def list_followups(talk: Talk, asked: pb.ListFollowupsRequest) -> pb.ListFollowupsResponse:
    """The caller's own."""
    size, before = page_size(asked.page_size, PAGE, MAX_PAGE), row_before(asked.page_token)
    show: Show = "ended" if asked.ended else "open"
    found = await talk.core.read(lambda tx: views.listing(tx, talk.account, show, before=before, limit=size + 1))
    rows, more = cut(found, size, lambda row: row.id)
    return pb.ListFollowupsResponse(followups=[_told(each) for each in rows], next_page_token=more)


async def get_followup(talk: Talk, asked: pb.GetFollowupRequest) -> pb.GetFollowupResponse:
    """One with its history."""

    def look(tx: Tx) -> pb.GetFollowupResponse:
        found = views.own(tx, talk.account, asked.followup_id)
        lines = [
            common_pb2.HistoryLine(at=stamp(each.created_at), status=status.value, stage=each.stage, detail=each.detail)
            for status, each in views.history(tx, found)
        ]
        return pb.GetFollowupResponse(followup=_told(found), events=lines)

    return await talk.core.read(look)


async def read_when(talk: Talk, asked: pb.ReadWhenRequest) -> pb.ReadWhenResponse:
    """What words mean."""
    text, language = storable(asked.text, "what is said", MAX_PHRASE), _language(asked.language)
    meaning = await talk.core.read(lambda tx: views.meaning_of(tx, talk.account, text, language))
    return pb.ReadWhenResponse(
        at=stamp(meaning.due_at),
        rule=meaning.rule,
        choices=_choices(meaning.readings()) if meaning.due_at is None else (),
    )


async def add(talk: Talk, asked: pb.AddFollowupRequest) -> pb.AddFollowupResponse:
    """Have something followed up."""
    if not 1 <= len(asked.key) <= MAX_KEY or not asked.key.isprintable():
        raise BadInput(f"a key has 1 to {MAX_KEY} characters that can be shown")
    moment, language = _moment(asked, "due_at"), _language(asked.language)
    action = _action(asked.action) if asked.action else None

    def write(tx: Tx) -> Followup:
        new = views.wanted(
            tx,
            talk.account,
            views.when_of(tx, talk.account, asked.when, moment, language),
            what=asked.what,
            who=asked.who,
            context=asked.context,
            action=action,
            phrase=asked.when,
            language=language,
        )
        return views.add(
            tx,
            talk.core,
            talk.account,
            new,
            key=asked.key,
            email_id=asked.message_id or None,
            if_no_reply=asked.if_no_reply,
        )

    return pb.AddFollowupResponse(followup=_told(await talk.core.write(write)))


async def update(talk: Talk, asked: pb.UpdateFollowupRequest) -> pb.UpdateFollowupResponse:
    """Another time, text or action."""
    moment, language = _moment(asked, "due_at"), _language(asked.language)
    texts: dict[str, Any] = {name: getattr(asked, name) for name in ("what", "who", "context") if asked.HasField(name)}
    if asked.HasField("action"):
        texts["action"] = _action(asked.action)

    def write(tx: Tx) -> Followup:
        found, by = views.own(tx, talk.account, asked.followup_id), talk.caller.actor
        if texts:
            found = changing.edit(tx, talk.core, found.id, by=by, **texts)
        if asked.HasField("when") or moment is not None:
            when = views.when_of(tx, talk.account, asked.when, moment, language)
            found = views.set_when(tx, talk.core, found, when, phrase=asked.when, by=by)
        return found

    return pb.UpdateFollowupResponse(followup=_told(await talk.core.write(write)))


async def snooze(talk: Talk, asked: pb.SnoozeFollowupRequest) -> pb.SnoozeFollowupResponse:
    """Put it off."""
    moment = _moment(asked, "until")

    def write(tx: Tx) -> Followup:
        found = views.own(tx, talk.account, asked.followup_id)
        when = views.when_of(tx, talk.account, asked.when, moment)
        until = when.due_at or 0 if isinstance(when, Meaning) else when
        by = talk.caller.actor
        return changing.snooze(tx, talk.core, found.id, until, by=by, because="its owner put it off")

    return pb.SnoozeFollowupResponse(followup=_told(await talk.core.write(write)))


async def complete(talk: Talk, asked: pb.CompleteFollowupRequest) -> pb.CompleteFollowupResponse:
    """It is done."""

    def write(tx: Tx) -> Followup:
        own, by = views.own(tx, talk.account, asked.followup_id), talk.caller.actor
        return changing.complete(tx, talk.core, own.id, by=by, because="its owner says it is done")

    return pb.CompleteFollowupResponse(followup=_told(await talk.core.write(write)))


async def cancel(talk: Talk, asked: pb.CancelFollowupRequest) -> pb.CancelFollowupResponse:
    """Drop it."""

    def write(tx: Tx) -> Followup:
        own, by = views.own(tx, talk.account, asked.followup_id), talk.caller.actor
        return changing.cancel(tx, talk.core, own.id, by=by, because="its owner dropped it")

    return pb.CancelFollowupResponse(followup=_told(await talk.core.write(write)))


async def retry(talk: Talk, asked: pb.RetryFollowupRequest) -> pb.RetryFollowupResponse:
    """Try one that failed again."""

    def write(tx: Tx) -> Followup:
        own = views.own(tx, talk.account, asked.followup_id)
        return changing.retry(tx, talk.core, own.id, by=talk.caller.actor)

    return pb.RetryFollowupResponse(followup=_told(await talk.core.write(write)))


def _moment(asked: Any, name: str) -> Instant | None:
    given: Timestamp = getattr(asked, name)
    return instant(given) if asked.HasField(name) else None


def _language(given: str) -> str:
    if given and given not in LANGUAGES:
        raise BadInput(f"the language is one of {', '.join(LANGUAGES)}")
    return given


def _action(given: str) -> Action:
    try:
        return Action(given)
    except ValueError:
        raise BadInput(f"{given[:50]!r} is nothing that can be done: {', '.join(Action)}") from None


def _choices(readings: Iterable[Mapping[str, Any]]) -> list[pb.FollowupChoice]:
    return [
        pb.FollowupChoice(at=stamp(each["due_at"]), because=each["because"], note=each["note"]) for each in readings
    ]


def _told(found: Followup) -> pb.Followup:
    clear = found.status is not FollowupStatus.CLARIFYING
    return pb.Followup(
        id=found.id,
        status=found.status.value,
        what=found.what,
        who=found.who,
        context=found.context,
        action=found.action.value,
        due_at=stamp(found.due_at) if clear else None,
        planned_at=stamp(found.planned_at),
        zone=found.zone,
        phrase=found.phrase,
        rule=found.rule,
        choices=() if clear else _choices(found.readings),
        waits=bool(found.waits_for),
        waits_from=found.waits_from,
        channel=found.channel.value,
        language=found.language,
        message_id=found.source_id or "",
        draft_message_id=found.draft_id,
        because=found.because,
        last_error=found.last_error,
        created_at=stamp(found.created_at),
        updated_at=stamp(found.updated_at),
        completed_at=stamp(found.completed_at),
    )


METHODS: Methods = {
    "ListFollowups": list_followups,
    "GetFollowup": get_followup,
    "ReadWhen": read_when,
    "AddFollowup": add,
    "UpdateFollowup": update,
    "SnoozeFollowup": snooze,
    "CompleteFollowup": complete,
    "CancelFollowup": cancel,
    "RetryFollowup": retry,
}
