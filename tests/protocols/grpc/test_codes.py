"""The table from refusals to canonical codes, and what else a call can end with."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from mailwright.core.stops import Stopped
from mailwright.domain import refusals
from mailwright.domain.refusals import Refusal, TooManyRequests, TryLater
from mailwright.protocols.grpc import calls, codes
from mailwright.protocols.grpc.codes import Code
from mailwright.protocols.jmap.dispatch import MethodError
from mailwright.v1 import accounts_pb2, messages_pb2
from tests.protocols.grpc.world import Core, World, opened, reason

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

    monkeypatch.setitem(calls.CALLS, LIST, wait)
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await world.stubs("ada").accounts.ListAccounts(accounts_pb2.ListAccountsRequest(), timeout=0.5)
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(10):
        await ended.wait()


async def test_a_person_calls_so_often_and_no_more(core: Core) -> None:
    async with opened(core, per_minute=3) as world:
        ada, asked = world.stubs("ada"), accounts_pb2.ListAccountsRequest()
        for _ in range(3):
            await ada.accounts.ListAccounts(asked)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ada.accounts.ListAccounts(asked)
        assert reason(refused.value) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS")
        await world.stubs("bashir").accounts.ListAccounts(asked)


@pytest.mark.parametrize("word", ["page_token", "page_size"])
async def test_a_page_that_is_none_of_ours_is_refused(world: World, word: str) -> None:
    asked = messages_pb2.ListMessagesRequest(**{word: "x" if word == "page_token" else -1})  # type: ignore[arg-type]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await world.stubs("ada").messages.ListMessages(asked)
    assert reason(refused.value) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_INPUT")
