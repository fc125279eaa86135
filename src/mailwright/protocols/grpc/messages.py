"""MessagesService, what reads: one message, several, lists, changes, and the bytes of parts. What changes them is in `changing`.

Through JMAP's Email methods, which read only what is needed. Promises: an answer fits into what clients take by default (4 MiB).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from mailwright.codecs.jmap import dates
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import (
    addresses,
    changes,
    changes_asked,
    instant,
    offset,
    page_size,
    stamp_of,
)
from mailwright.protocols.jmap import blobs
from mailwright.protocols.jmap.accounts import scope_of
from mailwright.protocols.jmap.capabilities import MAIL
from mailwright.protocols.jmap.emails.changes import changes as email_changes
from mailwright.protocols.jmap.emails.get import get
from mailwright.protocols.jmap.emails.query import View, question_of
from mailwright.v1 import messages_pb2 as pb

MAX_MESSAGES = 500  # of one answer
MAX_FULL = 50  # of them with their text
TEXT_OCTETS = 256 * 1024  # of each text, when a client does not say
MAX_TEXT_OCTETS = 1024 * 1024
MAX_TEXTS_OCTETS = 3 * 1024 * 1024  # of all texts of an answer; clients take messages of 4 MiB
PAGE = 50
PIECE_OCTETS = 64 * 1024  # of a part, at a time

_SUMMARY = (
    "threadId", "mailboxIds", "keywords", "size", "receivedAt", "sentAt", "subject", "from", "to", "cc", "bcc", "replyTo",
    "sender", "messageId", "inReplyTo", "references", "preview", "hasAttachment",
)  # fmt: skip
_BODIES = ("textBody", "htmlBody", "attachments", "bodyValues")
_PARTS = ("partId", "size", "type", "charset", "name", "disposition", "cid")


async def get_message(talk: Talk, asked: pb.GetMessageRequest) -> pb.GetMessageResponse:
    """One message."""
    found, _, state = await _get(talk, asked.account_id, [asked.message_id], asked.view, asked.max_text_bytes)
    if not found:
        raise NotFound("there is no such message")
    return pb.GetMessageResponse(message=found[0], state=state)


async def get_messages(talk: Talk, asked: pb.GetMessagesRequest) -> pb.GetMessagesResponse:
    """Several."""
    ids = list(asked.message_ids)
    most = MAX_FULL if asked.view == pb.MESSAGE_VIEW_FULL else MAX_MESSAGES
    if len(ids) > most:
        raise BadInput(f"at most {most} messages at once")
    found, missing, state = await _get(talk, asked.account_id, ids, asked.view, asked.max_text_bytes)
    return pb.GetMessagesResponse(messages=found, not_found=missing, state=state)


async def list_messages(talk: Talk, asked: pb.ListMessagesRequest) -> pb.ListMessagesResponse:
    """A page of a mailbox, or of an account."""
    start, size = offset(asked.page_token), page_size(asked.page_size, PAGE, MAX_MESSAGES)
    whose = {"accountId": talk.whose(asked.account_id), "collapseThreads": asked.collapse_threads}
    order = {"property": "receivedAt", "isAscending": asked.order == pb.MESSAGE_ORDER_OLDEST}
    question = await question_of(talk.call, whose, _filter(asked), [order])
    view = View(talk.call, whose)
    answer = await view.find(question)
    if asked.mailbox_id and asked.mailbox_id not in view.scope.readable:
        raise NotFound("there is no such mailbox")
    ids = list(answer.ids[start : start + size])
    found, _, state = await _get(talk, asked.account_id, ids, pb.MESSAGE_VIEW_SUMMARY, 0)
    total = len(answer.ids)
    more = str(start + size) if start + size < total else ""
    return pb.ListMessagesResponse(messages=found, next_page_token=more, total=total, state=state)


async def list_changes(talk: Talk, asked: pb.ListMessageChangesRequest) -> pb.ListMessageChangesResponse:
    """What changed since a state."""
    arguments = changes_asked(talk.whose(asked.account_id), asked.since_state, asked.max_changes)
    return pb.ListMessageChangesResponse(changes=changes(await email_changes(talk.call, arguments)))


async def fetch_part(talk: Talk, asked: pb.FetchPartRequest) -> AsyncIterator[pb.FetchPartResponse]:
    """The bytes of a message or a part, piece by piece."""
    blob_id = blobs.part_blob(asked.message_id, asked.part) if asked.part else blobs.message_blob(asked.message_id)
    with talk.house.downloads.one_more(talk.account.id):
        within = await scope_of(talk.call, talk.whose(asked.account_id), capability=MAIL)
        found = await talk.core.read(lambda tx: blobs.locate(tx, within, blob_id))
        content = await blobs.read(talk.call, found)
        talk.call.note("jmap.download", f"{within.owner.email}:{found.message_id}")
        data = memoryview(content.data)
        first = bytes(data[:PIECE_OCTETS])
        yield pb.FetchPartResponse(media_type=content.media_type, name=content.name or "", size=len(data), data=first)
        for place in range(PIECE_OCTETS, len(data), PIECE_OCTETS):
            yield pb.FetchPartResponse(data=bytes(data[place : place + PIECE_OCTETS]))


def _filter(asked: pb.ListMessagesRequest) -> dict[str, Any] | None:
    """A FilterCondition of JMAP."""
    found: dict[str, Any] = {}
    if asked.mailbox_id:
        found["inMailbox"] = asked.mailbox_id
    if asked.unread:
        found["notKeyword"] = "$seen"
    if asked.keyword:
        found["hasKeyword"] = asked.keyword
    if asked.HasField("received_from"):
        found["after"] = dates.utc_text(instant(asked.received_from))
    if asked.HasField("received_before"):
        found["before"] = dates.utc_text(instant(asked.received_before))
    return found or None


async def _get(
    talk: Talk, account_id: str, ids: Sequence[str], view: pb.MessageView, max_text_bytes: int
) -> tuple[list[pb.Message], list[str], str]:
    """Those that are there, the ids of those that are not, and the state."""
    if max_text_bytes < 0:
        raise BadInput("max_text_bytes is not below 0")
    full = view == pb.MESSAGE_VIEW_FULL
    arguments: dict[str, Any] = {
        "accountId": talk.whose(account_id),
        "ids": list(ids),
        "properties": [*_SUMMARY, *(_BODIES if full else ())],
    }
    if full:
        arguments |= {
            "bodyProperties": list(_PARTS),
            "fetchTextBodyValues": True,
            "fetchHTMLBodyValues": True,
            "maxBodyValueBytes": min(max_text_bytes or TEXT_OCTETS, MAX_TEXT_OCTETS),
        }
    answer = await get(talk.call, arguments)
    room = _Room()
    return [_told(each, room) for each in answer["list"]], answer["notFound"], answer["state"]


class _Room:
    """What an answer has room for still."""

    def __init__(self) -> None:
        self._left = MAX_TEXTS_OCTETS

    def text(self, found: Mapping[str, Any]) -> pb.PartText:
        """A body value; nothing of it, cut, when it is too much."""
        size = len(found["value"].encode())
        fits = size <= self._left
        self._left -= size if fits else 0
        return pb.PartText(
            value=found["value"] if fits else "",
            truncated=found["isTruncated"] or not fits,
            has_encoding_problem=found["isEncodingProblem"],
        )


def _told(found: Mapping[str, Any], room: _Room) -> pb.Message:
    """An Email object of JMAP."""
    message = pb.Message(
        id=found["id"],
        thread_id=found["threadId"],
        mailbox_id=next(iter(found["mailboxIds"])),
        keywords=found["keywords"],
        size=found["size"],
        received_at=stamp_of(found["receivedAt"]),
        sent_at=stamp_of(found["sentAt"]),
        subject=found["subject"] or "",
        to=addresses(found["to"]),
        cc=addresses(found["cc"]),
        bcc=addresses(found["bcc"]),
        reply_to=addresses(found["replyTo"]),
        sender=addresses(found["sender"]),
        message_id=found["messageId"] or (),
        in_reply_to=found["inReplyTo"] or (),
        references=found["references"] or (),
        preview=found["preview"],
        has_attachment=found["hasAttachment"],
    )
    getattr(message, "from").extend(addresses(found["from"]))  # a word of Python's
    if "bodyValues" in found:
        message.text_body.extend(_part(each) for each in found["textBody"])
        message.html_body.extend(_part(each) for each in found["htmlBody"])
        message.attachments.extend(_part(each) for each in found["attachments"])
        for number, value in found["bodyValues"].items():
            message.texts[number].CopyFrom(room.text(value))
    return message


def _part(found: Mapping[str, Any]) -> pb.Part:
    return pb.Part(
        number=found["partId"] or "",
        media_type=found["type"] or "",
        charset=found["charset"] or "",
        name=found["name"] or "",
        disposition=found["disposition"] or "",
        content_id=found["cid"] or "",
        size=found["size"],
    )


METHODS: Methods = {
    "GetMessage": get_message,
    "GetMessages": get_messages,
    "ListMessages": list_messages,
    "ListMessageChanges": list_changes,
    "FetchPart": fetch_part,
}
