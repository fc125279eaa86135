"""Email/set: drafts are made, keywords and mailboxes changed, messages destroyed (RFC 8621 §4.6).

Whatever is slow about new messages happens first; then all of the call is one transaction: a draft that takes the place of
another is there when the other goes, and five hundred messages marked as read are one change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mailwright.codecs.jmap.patches import BadPatch
from mailwright.core import emailchanges
from mailwright.core.emailchanges import Change, Current
from mailwright.domain.refusals import NotFound, Refusal
from mailwright.protocols.jmap.accounts import Scope
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.changing import SetError, Setting, as_set_error, begin
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method
from mailwright.protocols.jmap.emails import creating, updating
from mailwright.protocols.jmap.emails.creating import Composed
from mailwright.storage import Tx
from mailwright.storage.messages import Flag


@dataclass(slots=True)
class _Done:
    """What the transaction did."""

    created: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_created: dict[str, SetError] = field(default_factory=dict)
    updated: list[str] = field(default_factory=list)
    not_updated: dict[str, SetError] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    not_destroyed: dict[str, SetError] = field(default_factory=dict)


async def set_emails(call: Call, arguments: Arguments) -> Arguments:
    """Answer Email/set."""
    setting = await begin(call, arguments)
    composed: dict[str, Composed] = {}
    for key, given in setting.create.items():
        try:
            composed[key] = await creating.compose(call, setting.scope, given)
        except (SetError, Refusal) as error:
            setting.not_created[key] = as_set_error(error)
    if composed or setting.update or setting.destroy:
        done = await setting.apply(lambda tx, within: _carry_out(tx, within, setting, composed))
        for key, made in done.created.items():
            setting.note_created(key, made)
        setting.updated.update(dict.fromkeys(done.updated))
        setting.destroyed.extend(done.destroyed)
        setting.not_created.update(done.not_created)
        setting.not_updated.update(done.not_updated)
        setting.not_destroyed.update(done.not_destroyed)
    for verb, ids in (
        ("create", [made["id"] for made in setting.created.values()]),
        ("update", list(setting.updated)),
        ("destroy", setting.destroyed),
    ):
        note(call, setting.scope, verb, ids)
    return setting.answer()


def note(call: Call, within: Scope, verb: str, ids: list[str]) -> None:
    """Leave it in the audit trail."""
    call.note_each(f"jmap.email.{verb}", within.owner.email, ids)


def _carry_out(tx: Tx, within: Scope, setting: Setting, composed: dict[str, Composed]) -> _Done:
    done = _Done()
    for key, each in composed.items():
        try:
            done.created[key] = creating.file(tx, setting.call, each)
        except (SetError, Refusal) as error:
            done.not_created[key] = as_set_error(error)
    known = emailchanges.current(tx, within.owner.id, within.reached, [*setting.update, *setting.destroy])
    _update(tx, within, setting, known, done)
    _destroy(tx, within, setting, known, done)
    return done


def _update(tx: Tx, within: Scope, setting: Setting, known: dict[str, Current], done: _Done) -> None:
    changes: list[tuple[Current, Change]] = []
    for message_id, patch in setting.update.items():
        try:
            message = _found(known, message_id)
            change = updating.change_of(setting.call, within, message, patch)
            emailchanges.check(within.reached, message, change)
        except (SetError, BadPatch, Refusal) as error:
            done.not_updated[message_id] = as_set_error(error)
            continue
        changes.append((message, change))
        done.updated.append(message_id)
    emailchanges.carry_out(tx, setting.call.core, within.reached, changes)


def _destroy(tx: Tx, within: Scope, setting: Setting, known: dict[str, Current], done: _Done) -> None:
    failed = bool(setting.not_created or done.not_created)
    going: list[Current] = []
    for message_id in setting.destroy:
        try:
            message = _found(known, message_id)
            emailchanges.check_destroy(within.reached, message)
            if failed and message.flags & Flag.DRAFT:
                # A client replaces a draft by making the new one and destroying the old: one of them always stays.
                raise SetError("forbidden", "the draft stays, since what was to take its place could not be made")
        except (SetError, Refusal) as error:
            done.not_destroyed[message_id] = as_set_error(error)
            continue
        going.append(message)
        done.destroyed.append(message_id)
    emailchanges.destroy(tx, going)


def _found(known: dict[str, Current], message_id: str) -> Current:
    message = known.get(message_id)
    if message is None:
        raise NotFound("there is no such Email")
    return message


METHODS = {"Email/set": Method(set_emails, MAIL)}
