"""MessagesService, what changes: keywords, moving, copying, destroying and appending.

Keywords, moves and destroying go through JMAP's Email/set: one transaction, each message by itself. Copying is all or nothing, as in
IMAP. Promises: what is appended is counted as it comes, and a message that is too large is refused before it is there as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from typing import Any

from mailwright.core import appending, emailchanges, moving
from mailwright.core.appending import Appended, Item
from mailwright.domain.refusals import BadInput, MessageTooLarge, NotFound
from mailwright.protocols.grpc.codes import failure
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import instant
from mailwright.protocols.jmap.accounts import scope, scope_in
from mailwright.protocols.jmap.capabilities import MAX_OBJECTS_IN_SET
from mailwright.protocols.jmap.emails import keywords
from mailwright.protocols.jmap.emails.set import set_emails
from mailwright.storage import Tx, views
from mailwright.v1 import common_pb2
from mailwright.v1 import messages_pb2 as pb

HEAR_OUT_SECONDS = 5.0


async def set_flags(talk: Talk, asked: pb.SetFlagsRequest) -> pb.SetFlagsResponse:
    """Add and remove keywords."""
    if both := sorted(set(asked.add) & set(asked.remove)):
        raise BadInput(f"{both[0][:100]!r} is to be added and removed")
    if not all(keywords.KEYWORD.fullmatch(each) for each in (*asked.add, *asked.remove)):
        raise BadInput('keywords have no spaces and none of ()]{%*"\\')
    patch = {_path(each): True for each in asked.add} | {_path(each): None for each in asked.remove}
    state, failures = await _update(talk, asked, dict.fromkeys(asked.message_ids, patch))
    return pb.SetFlagsResponse(state=state, failures=failures)


async def move(talk: Talk, asked: pb.MoveMessagesRequest) -> pb.MoveMessagesResponse:
    """Put messages into another mailbox of the account."""
    patch = {"mailboxIds": {asked.mailbox_id: True}}
    state, failures = await _update(talk, asked, dict.fromkeys(asked.message_ids, patch))
    return pb.MoveMessagesResponse(state=state, failures=failures)


async def delete(talk: Talk, asked: pb.DeleteMessagesRequest) -> pb.DeleteMessagesResponse:
    """Destroy messages for good."""
    answer = await set_emails(talk.call, _asked(talk, asked) | {"destroy": list(asked.message_ids)})
    return pb.DeleteMessagesResponse(state=answer["newState"], failures=_failures(answer["notDestroyed"]))


async def copy(talk: Talk, asked: pb.CopyMessagesRequest) -> pb.CopyMessagesResponse:
    """Copies of all the messages, or of none."""
    ids = list(asked.message_ids)
    if len(ids) > MAX_OBJECTS_IN_SET or len(set(ids)) != len(ids):
        raise BadInput(f"at most {MAX_OBJECTS_IN_SET} messages, each once")
    target_id = talk.whose(asked.to_account_id)

    def write(tx: Tx) -> tuple[str, list[str], str]:
        source = scope(tx, talk.account, talk.whose(asked.account_id))
        target = scope_in(tx, talk.call, target_id, write=True)
        into = target.reached.get(asked.mailbox_id)
        if into is None:
            raise NotFound("there is no such mailbox")
        known = emailchanges.current(tx, source.owner.id, source.reached, ids)
        if missing := [each for each in ids if each not in known]:
            raise NotFound(f"there is no message {missing[0][:64]}")
        places: dict[str, dict[int, str]] = defaultdict(dict)
        for each in known.values():
            places[each.mailbox_id][each.uid] = each.id
        copies: dict[str, str] = {}
        for mailbox_id, uids in places.items():
            placed = moving.copy(tx, talk.core, source.reached[mailbox_id], into, sorted(uids))
            there = {uid: uids[before] for before, uid in placed.pairs}
            for start in range(0, len(there), views.SLICE):
                part = sorted(there)[start : start + views.SLICE]
                copies |= {there[row[0]]: row[1] for row in views.rows(tx, into.mailbox.id, part, ("id",))}
        state = scope_in(tx, talk.call, target_id).state(tx)
        return target.owner.email, [copies[each] for each in ids], state

    owner, made, state = await talk.core.write(write)
    talk.call.note_each("jmap.email.copy", owner, made)
    return pb.CopyMessagesResponse(message_ids=made, state=state)


async def append(talk: Talk, pieces: AsyncIterator[pb.AppendMessageRequest]) -> pb.AppendMessageResponse:
    """A message that comes in pieces."""
    with talk.house.uploads.one_more(talk.account.id):
        try:
            target, data = await _put_together(pieces, talk.core.settings.max_message_bytes)
        except (BadInput, MessageTooLarge):
            await _hear_out(pieces)
            raise
        appended, state = await _append(talk, target, data)
        return pb.AppendMessageResponse(message_id=appended.message_ids[0], uid=appended.uids[0], state=state)


async def _put_together(pieces: AsyncIterator[pb.AppendMessageRequest], most: int) -> tuple[pb.AppendTarget, bytes]:
    target: pb.AppendTarget | None = None
    data = bytearray()
    async for piece in pieces:
        is_target = piece.WhichOneof("piece") == "target"
        if is_target == (target is not None):
            raise BadInput("the target comes first, and once")
        if is_target:
            target = piece.target
        data += piece.data
        if len(data) > most:
            raise MessageTooLarge(f"the message is larger than {most} bytes")
    if target is None:
        raise BadInput("the target comes first, and once")
    return target, bytes(data)


async def _hear_out(pieces: AsyncIterator[pb.AppendMessageRequest]) -> None:
    """Take what still comes, for a moment: a client of grpcio that is writing when it is refused tells of a broken call, not of why."""
    with contextlib.suppress(TimeoutError, BadInput):
        async with asyncio.timeout(HEAR_OUT_SECONDS):
            async for _ in pieces:
                pass


async def append_whole(talk: Talk, asked: pb.AppendWholeMessageRequest) -> pb.AppendWholeMessageResponse:
    """A message in one piece."""
    appended, state = await _append(talk, asked.target, asked.data)
    return pb.AppendWholeMessageResponse(message_id=appended.message_ids[0], uid=appended.uids[0], state=state)


async def _append(talk: Talk, target: pb.AppendTarget, data: bytes) -> tuple[Appended, str]:
    if b":" not in data:
        raise BadInput("this is no message: it has no header")
    flags, words = keywords.parse(dict.fromkeys(target.keywords, True))
    date = instant(target.received_at) if target.HasField("received_at") else None
    account_id, mailbox_id = talk.whose(target.account_id), target.mailbox_id

    def look(tx: Tx) -> str:
        within = scope_in(tx, talk.call, account_id, write=True)
        if mailbox_id not in within.reached:
            raise NotFound("there is no such mailbox")
        return within.owner.email

    owner = await talk.core.read(look)
    item = Item(data, flags, words, date)
    appended = await appending.append(
        talk.core, talk.account, mailbox_id, [item], correlation_id=talk.call.correlation_id
    )
    talk.call.note_each("jmap.email.append", owner, appended.message_ids)
    return appended, await talk.core.read(lambda tx: scope_in(tx, talk.call, account_id).state(tx))


async def _update(
    talk: Talk, asked: pb.SetFlagsRequest | pb.MoveMessagesRequest, patches: Mapping[str, Mapping[str, Any]]
) -> tuple[str, list[common_pb2.Failure]]:
    answer = await set_emails(talk.call, _asked(talk, asked) | {"update": dict(patches)})
    return answer["newState"], _failures(answer["notUpdated"])


def _asked(talk: Talk, asked: pb.SetFlagsRequest | pb.MoveMessagesRequest | pb.DeleteMessagesRequest) -> dict[str, Any]:
    return {"accountId": talk.whose(asked.account_id), "ifInState": asked.if_in_state or None}


def _failures(found: Mapping[str, Mapping[str, Any]] | None) -> list[common_pb2.Failure]:
    return [failure(key, error) for key, error in (found or {}).items()]


def _path(keyword: str) -> str:
    """A keyword in a patch of JMAP (RFC 6901 §3)."""
    return f"keywords/{keyword.lower().replace('~', '~0').replace('/', '~1')}"


METHODS: Methods = {
    "SetFlags": set_flags,
    "MoveMessages": move,
    "CopyMessages": copy,
    "DeleteMessages": delete,
    "AppendMessage": append,
    "AppendWholeMessage": append_whole,
}
