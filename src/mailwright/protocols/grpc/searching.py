"""SearchService: the search that people have, for programs."""

from __future__ import annotations

from mailwright.core.search import MAX_LIMIT, Order, Result, search
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import page_size, stamp
from mailwright.v1 import common_pb2
from mailwright.v1 import search_pb2 as pb

PAGE = 25
MAX_QUERY = 2_000  # characters


async def search_messages(talk: Talk, asked: pb.SearchMessagesRequest) -> pb.SearchMessagesResponse:
    """The best messages for some words."""
    order: Order = "newest" if asked.order == pb.SEARCH_ORDER_NEWEST else "relevance"
    found = await search(
        talk.core,
        talk.core.search,
        talk.account,
        asked.query[:MAX_QUERY],
        limit=page_size(asked.page_size, PAGE, MAX_LIMIT),
        cursor=asked.page_token or None,
        order=order,
    )
    talk.call.note("jmap.search", f"{len(found.results)} found")
    return pb.SearchMessagesResponse(
        hits=[_told(each) for each in found.results],
        total=found.total,
        exact=found.exact,
        complete=found.complete,
        problems=found.problems,
        next_page_token=found.next or "",
    )


def _told(found: Result) -> pb.SearchHit:
    name, email = found.sender
    return pb.SearchHit(
        message_id=found.message_id,
        mailbox_id=found.mailbox_id,
        mailbox=found.mailbox,
        thread_id=found.thread_id,
        subject=found.subject,
        sender=common_pb2.Address(name=name, email=email),
        received_at=stamp(found.received_at),
        size=found.size,
        has_attachments=found.has_attachments,
        snippet=found.snippet.text,
        score=found.score,
    )


METHODS: Methods = {"SearchMessages": search_messages}
