"""A client of the core API, for Python programs: `Client`, and `AsyncClient` for asyncio.

    from mailwright.client import Client

    with Client("mail.example.org:50051", token=token) as mail:
        inbox = mail.mailbox("inbox")
        for message in mail.messages_of(inbox.id, unread=True):
            print(message.subject)

Both have every service as its stub (`client.messages.SetFlags(SetFlagsRequest(…))`, with the messages of `mailwright.v1`), and a few
methods for what programs do most. Raises grpc.RpcError; `reason` finds the word for programs in it.
Promises: secrets leave in plain text for this machine only; a call that the server could not answer (UNAVAILABLE) is repeated for a few
seconds where repeating does no harm; without a deadline of its own a call has `timeout` seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import grpc
from google.rpc import error_details_pb2, status_pb2

from mailwright.client.way import Says, SaysMany, SaysOne, SaysPieces, Stubs, Way, way_of
from mailwright.v1 import mailboxes_pb2, messages_pb2, search_pb2, watch_pb2

__all__ = ["AsyncClient", "Client", "reason"]

TIMEOUT_SECONDS = 30.0
PIECE_OCTETS = 256 * 1024  # of a message that is appended, at a time
AGAIN_SECONDS = 2.0  # until a watch that was cut comes back


def reason(error: grpc.RpcError) -> str:
    """Why a call was not done, as a word for programs like `NOT_FOUND` or `MAILBOX_FULL`; empty when the server did not say."""
    trailing: Any = getattr(error, "trailing_metadata", tuple)() or ()
    raw = dict(trailing).get("grpc-status-details-bin", b"")
    why = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(raw).details:
        if detail.Unpack(why):
            return str(why.reason)
    return ""


class _Caller(Stubs):
    """What both clients are made of."""

    def __init__(
        self,
        target: str = "localhost:50051",
        *,
        token: str | None = None,
        login: tuple[str, str] | None = None,
        acts_for: str | None = None,
        tls: bool | None = None,
        ca: Path | str | None = None,
        certificate: tuple[Path | str, Path | str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        way = way_of(
            target,
            token=token,
            login=login,
            acts_for=acts_for,
            tls=tls,
            ca=ca,
            certificate=certificate,
            timeout=timeout,
        )
        self.open_on(self._connected(way))

    def _connected(self, way: Way) -> Any:
        """The channel that calls go by."""
        raise NotImplementedError


class Client(_Caller):
    """A connection to a server, for programs without asyncio. May be used by several threads.

    `token` is a bearer token, `login` an address with an app password; `acts_for` the person a service calls for, by its `certificate`
    (chain, key). `tls` is on for other machines, and off for this one unless certificates are given.
    """

    def _connected(self, way: Way) -> Any:
        if way.credentials is None:
            self._channel = grpc.insecure_channel(way.target, way.options)
        else:
            self._channel = grpc.secure_channel(way.target, way.credentials, way.options)
        return grpc.intercept_channel(self._channel, Says(way.metadata))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def mailbox(self, role: str) -> mailboxes_pb2.Mailbox:
        """The own mailbox of a role, like `inbox`. Raises LookupError."""
        return _of_role(self.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest()).mailboxes, role)

    def message(self, message_id: str, *, full: bool = True) -> messages_pb2.Message:
        """A message; with its text, when `full`."""
        found: messages_pb2.Message = self.messages.GetMessage(_message(message_id, full)).message
        return found

    def messages_of(self, mailbox_id: str = "", *, unread: bool = False) -> Iterator[messages_pb2.Message]:
        """Those of a mailbox (or of the account), the newest first, fetched page by page."""
        asked = messages_pb2.ListMessagesRequest(mailbox_id=mailbox_id, unread=unread)
        while True:
            page = self.messages.ListMessages(asked)
            yield from page.messages
            if not page.next_page_token:
                return
            asked.page_token = page.next_page_token

    def find(self, query: str) -> Sequence[search_pb2.SearchHit]:
        """The best messages for some words."""
        hits: Sequence[search_pb2.SearchHit] = self.search.SearchMessages(
            search_pb2.SearchMessagesRequest(query=query)
        ).hits
        return hits

    def append(self, mailbox_id: str, raw: bytes, *, keywords: Sequence[str] = ()) -> str:
        """Put a message into a mailbox. Its id."""
        return str(self.messages.AppendMessage(_pieces(mailbox_id, raw, keywords)).message_id)

    def part(self, message_id: str, number: str = "") -> bytes:
        """The bytes of a part, decoded; of the whole message as it came, without a number."""
        asked = messages_pb2.FetchPartRequest(message_id=message_id, part=number)
        return b"".join(piece.data for piece in self.messages.FetchPart(asked))

    def watch(self, since_place: str = "") -> Iterator[watch_pb2.WatchResponse]:
        """What changes, for ever; a stream that is cut is taken up where it was. Raises grpc.RpcError for everything but UNAVAILABLE."""
        place = since_place
        while True:
            try:
                for news in self.watching.Watch(watch_pb2.WatchRequest(since_place=place)):
                    place = news.place
                    if news.changes:
                        yield news
            except grpc.RpcError as error:
                if not _is_cut(error):
                    raise
            time.sleep(AGAIN_SECONDS)


class AsyncClient(_Caller):
    """The same for asyncio: `async with AsyncClient(…) as mail: await mail.message(message_id)`."""

    def _connected(self, way: Way) -> Any:
        says: list[Any] = [SaysOne(way.metadata), SaysMany(way.metadata), SaysPieces(way.metadata)]
        if way.credentials is None:
            self._channel = grpc.aio.insecure_channel(way.target, way.options, interceptors=says)
        else:
            self._channel = grpc.aio.secure_channel(way.target, way.credentials, way.options, interceptors=says)
        return self._channel

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connection."""
        await self._channel.close()

    async def mailbox(self, role: str) -> mailboxes_pb2.Mailbox:
        """See `Client.mailbox`."""
        found = await self.mailboxes.ListMailboxes(mailboxes_pb2.ListMailboxesRequest())
        return _of_role(found.mailboxes, role)

    async def message(self, message_id: str, *, full: bool = True) -> messages_pb2.Message:
        """See `Client.message`."""
        found: messages_pb2.Message = (await self.messages.GetMessage(_message(message_id, full))).message
        return found

    async def messages_of(self, mailbox_id: str = "", *, unread: bool = False) -> AsyncIterator[messages_pb2.Message]:
        """See `Client.messages_of`."""
        asked = messages_pb2.ListMessagesRequest(mailbox_id=mailbox_id, unread=unread)
        while True:
            page = await self.messages.ListMessages(asked)
            for message in page.messages:
                yield message
            if not page.next_page_token:
                return
            asked.page_token = page.next_page_token

    async def find(self, query: str) -> Sequence[search_pb2.SearchHit]:
        """See `Client.find`."""
        found = await self.search.SearchMessages(search_pb2.SearchMessagesRequest(query=query))
        hits: Sequence[search_pb2.SearchHit] = found.hits
        return hits

    async def append(self, mailbox_id: str, raw: bytes, *, keywords: Sequence[str] = ()) -> str:
        """See `Client.append`."""
        return str((await self.messages.AppendMessage(_pieces(mailbox_id, raw, keywords))).message_id)

    async def part(self, message_id: str, number: str = "") -> bytes:
        """See `Client.part`."""
        asked = messages_pb2.FetchPartRequest(message_id=message_id, part=number)
        return b"".join([piece.data async for piece in self.messages.FetchPart(asked)])

    async def watch(self, since_place: str = "") -> AsyncIterator[watch_pb2.WatchResponse]:
        """See `Client.watch`."""
        place = since_place
        while True:
            try:
                async for news in self.watching.Watch(watch_pb2.WatchRequest(since_place=place)):
                    place = news.place
                    if news.changes:
                        yield news
            except grpc.aio.AioRpcError as error:
                if not _is_cut(error):
                    raise
            await asyncio.sleep(AGAIN_SECONDS)


def _is_cut(error: Any) -> bool:
    """The server went down, or cannot be reached now."""
    return bool(error.code() is grpc.StatusCode.UNAVAILABLE)


def _of_role(found: Iterable[mailboxes_pb2.Mailbox], role: str) -> mailboxes_pb2.Mailbox:
    for each in found:
        if each.role == role:
            return each
    raise LookupError(f"there is no mailbox for {role}")


def _message(message_id: str, full: bool) -> messages_pb2.GetMessageRequest:
    view = messages_pb2.MESSAGE_VIEW_FULL if full else messages_pb2.MESSAGE_VIEW_SUMMARY
    return messages_pb2.GetMessageRequest(message_id=message_id, view=view)


def _pieces(mailbox_id: str, raw: bytes, keywords: Sequence[str]) -> Iterator[messages_pb2.AppendMessageRequest]:
    target = messages_pb2.AppendTarget(mailbox_id=mailbox_id, keywords=keywords)
    yield messages_pb2.AppendMessageRequest(target=target)
    for start in range(0, len(raw), PIECE_OCTETS):
        yield messages_pb2.AppendMessageRequest(data=raw[start : start + PIECE_OCTETS])
