"""The table from refusals to canonical codes, and what else a call can end with."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY

from mailwright.core.stops import Stopped
from mailwright.domain import refusals, spans
from mailwright.domain.refusals import Refusal, TooManyRequests, TryLater
from mailwright.protocols.grpc import calls, codes
from mailwright.protocols.grpc.callers import Callers, Incoming, connection_of
from mailwright.protocols.grpc.codes import Code
from mailwright.protocols.identity import Web
from mailwright.protocols.jmap.dispatch import MethodError
from mailwright.telemetry import traces
from mailwright.v1 import accounts_pb2, messages_pb2
from tests.protocols.grpc.world import WEB, Core, World, opened, reason

LIST = "/mailwright.v1.AccountsService/ListAccounts"


def test_every_refusal_has_a_code() -> None:
    every = {kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
    assert every == set(codes.REFUSALS)
    assert codes.said_of(Stopped("the stop switch is on")).code is Code.FAILED_PRECONDITION
    assert codes.said_of(TryLater("no database")).retry_after == codes.RETRY_SECONDS
    assert codes.said_of(MethodError("stateMismatch")) == codes.Said(Code.ABORTED, "state_mismatch", "state mismatch")
    assert all(
        each.name == grpc_code.name for each in Code for grpc_code in grpc.StatusCode if grpc_code.value[0] == each
    )


@pytest.mark.parametrize(
    ("raised", "code", "word"),
    [
        (TryLater("the database cannot be reached"), grpc.StatusCode.UNAVAILABLE, "TRY_LATER"),
        (TooManyRequests("slow down"), grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS"),
        (ValueError("the password is swordfish"), grpc.StatusCode.INTERNAL, "INTERNAL_ERROR"),
    ],
    ids=["try later", "too many", "a bug"],
)
async def test_what_goes_wrong_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch, raised: Exception, code: grpc.StatusCode, word: str
) -> None:
    async def fail(_talk: Any, _asked: Any) -> Any:
        raise raised

    monkeypatch.setitem(calls.CALLS, LIST, fail)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.stubs("ada").accounts.ListAccounts(accounts_pb2.ListAccountsRequest())
    assert reason(refused.value) == (code, word)
    assert "swordfish" not in str(refused.value.details())
    raw = dict(refused.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(raw)  # type: ignore[arg-type]
    again = error_details_pb2.RetryInfo()
    assert any(each.Unpack(again) for each in status.details) is (code is not grpc.StatusCode.INTERNAL)


async def test_work_ends_with_its_deadline(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def wait(_talk: Any, _asked: Any) -> Any:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    def counted(code: str) -> float:
        found = REGISTRY.get_sample_value("mailwright_grpc_requests_seconds_count", {"method": LIST, "code": code})
        return found or 0.0

    cancelled, failed = counted("CANCELLED"), counted("DEADLINE_EXCEEDED")
    monkeypatch.setitem(calls.CALLS, LIST, wait)
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await world.stubs("ada").accounts.ListAccounts(accounts_pb2.ListAccountsRequest(), timeout=0.5)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(10):
        await ended.wait()
        while counted("CANCELLED") == cancelled:
            await asyncio.sleep(0.01)
    assert (counted("CANCELLED"), counted("DEADLINE_EXCEEDED")) == (cancelled + 1, failed)  # the client's own wish


async def test_a_person_calls_so_often_and_no_more(core: Core) -> None:
    async with opened(core, per_minute=3) as world:
        ada, asked = world.stubs("ada"), accounts_pb2.ListAccountsRequest()
        for _ in range(3):
            await ada.accounts.ListAccounts(asked)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ada.accounts.ListAccounts(asked)
        assert reason(refused.value) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS")
        await world.stubs("bashir").accounts.ListAccounts(asked)


async def test_a_call_goes_on_with_the_trace_of_a_client_of_ours(core: Core) -> None:
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    spans.follow(traces.Traces(provider))
    theirs = "0af7651916cd43dd8448eb211c80319c"
    try:
        async with opened(core) as world:
            stranger = world.stubs("ada", traceparent=f"00-{theirs}-b7ad6b7169203331-01")
            call = stranger.accounts.ListAccounts(accounts_pb2.ListAccountsRequest())
            await call
            own = dict(await call.trailing_metadata())["x-trace-id"]
        async with opened(
            core, http=True, web=Web.of(WEB.public_url, ["127.0.0.0/8", "::1"], brand=WEB.brand)
        ) as world:
            ada = world.stubs("ada", traceparent=f"00-{theirs}-b7ad6b7169203331-01")
            call = ada.accounts.ListAccounts(accounts_pb2.ListAccountsRequest())
            await call
            assert dict(await call.trailing_metadata())["x-trace-id"] == theirs
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ada.messages.GetMessage(messages_pb2.GetMessageRequest(message_id="nothing"))
            assert dict(refused.value.trailing_metadata())["x-trace-id"] == theirs
            assert world.http is not None
            url = f"http://localhost:{world.http.port}/rpc{LIST}"
            async with httpx.AsyncClient(headers={"Authorization": world.basic("ada")}, timeout=20) as client:
                answer = await client.post(url, json={})
        account = world.account("ada")
    finally:
        spans.follow(None)
    ended = {(span.name, f"{span.context.trace_id:032x}"): span for span in kept.get_finished_spans()}
    listed = ended[f"grpc {LIST[1:]}", theirs]
    assert listed.kind is SpanKind.SERVER
    assert dict(listed.attributes or {}) == {
        "mailwright.tenant": account.tenant_id,
        "mailwright.user": account.id,
        "mailwright.status": "OK",
    }
    begun = ended[f"grpc {LIST[1:]}", own]
    assert own != theirs
    assert begun.parent is None
    assert [f"{each.context.trace_id:032x}" for each in begun.links] == [theirs]
    missing = ended["grpc mailwright.v1.MessagesService/GetMessage", theirs]
    assert (missing.attributes or {})["mailwright.status"] == "NOT_FOUND"
    # A call by /rpc is a part of the request that brought it.
    ours = answer.headers["x-trace-id"]
    request = ended[f"POST /rpc{LIST}", ours]
    within = ended[f"grpc {LIST[1:]}", ours].parent
    assert within is not None
    assert within.span_id == request.context.span_id


async def test_a_service_of_ours_says_what_is_traced(core: Core) -> None:
    callers = Callers(core, WEB, ["billing"], admin_tokens=False)
    for names, ours in ((("billing", "other"), True), (("other",), False), ((), False)):
        assert callers.is_ours(Incoming(connection_of(LIST, {}, ("192.0.2.1", 9)), frozenset(names))) is ours


@pytest.mark.parametrize("word", ["page_token", "page_size"])
async def test_a_page_that_is_none_of_ours_is_refused(world: World, word: str) -> None:
    asked = messages_pb2.ListMessagesRequest(**{word: "x" if word == "page_token" else -1})  # type: ignore[arg-type]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.stubs("ada").messages.ListMessages(asked)
    assert reason(refused.value) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_INPUT")
