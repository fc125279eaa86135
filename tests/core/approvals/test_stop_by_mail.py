"""STOP and RESUME by mail, as core does it: once for each mail, and told by one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mailwright.codecs import mime
from mailwright.core import messages, stopmail, stops
from mailwright.core.messages import Provenance, StoredMessage
from mailwright.domain.envelope import Origin
from mailwright.storage import Tx, accounts
from mailwright.storage.audit import SYSTEM
from tests.core.approvals.conftest import ADDRESS, Desk


async def arrive(desk: Desk, subject: str = "STOP", *, number: int = 1) -> StoredMessage:
    """A mail of Ada's in the agent's INBOX."""
    raw = mime.compose(
        from_=mime.Mailbox("Ada", "ada@mailwright.test"),
        to=[mime.Mailbox("", ADDRESS)],
        subject=subject,
        text="",
        message_id=f"<{number}@mailwright.test>",
        date=desk.now(),
    )
    blob = await desk.core.blobs.stage(desk.tenant_id, raw)

    def write(tx: Tx) -> StoredMessage:
        desk.core.blobs.put(tx, blob)
        made = messages.append(
            tx,
            tenant_id=desk.tenant_id,
            user_id=desk.agent_id,
            role="inbox",
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.OWNER, "c-9", account_id=desk.ada),
            received_at=desk.now(),
        )
        return messages.load(tx, made)

    return await desk.core.write(write)


async def throw(desk: Desk, message: StoredMessage, word: Any) -> bool:
    people = await desk.core.read(lambda tx: (accounts.by_id(tx, desk.ada), accounts.by_id(tx, desk.agent_id)))
    assert people[0] is not None
    assert people[1] is not None
    return await stopmail.throw(desk.core, message, people[0], people[1], word)


async def is_stopped(desk: Desk) -> bool:
    return bool(await desk.core.read(lambda tx: stops.engaged(tx, tenant_id=desk.tenant_id, user_id=desk.ada)))


async def test_one_mail_throws_once_and_is_told_by_one(desk: Desk) -> None:
    message = await arrive(desk)
    told = await asyncio.gather(*(throw(desk, message, "STOP") for _ in range(3)))
    assert sorted(told) == [False, False, True]
    assert await is_stopped(desk)
    [row] = await desk.outbox()
    parsed = mime.parse(await desk.core.blobs.read(row.blob_id))
    assert (str(row.recipient), row.sender, row.agent) == ("ada@mailwright.test", None, "")
    assert parsed.header.get("Auto-Submitted") == "auto-replied"
    assert parsed.header.get("In-Reply-To") == "<1@mailwright.test>"
    assert "RESUME" in mime.body_text(parsed.raw, parsed)


async def test_an_event_that_comes_again_late_throws_nothing(desk: Desk) -> None:
    first, second = await arrive(desk, number=1), await arrive(desk, "RESUME", number=2)
    assert await throw(desk, first, "STOP")
    assert await throw(desk, second, "RESUME")
    assert not await throw(desk, first, "STOP")
    assert not await is_stopped(desk)


async def test_a_copy_of_an_earlier_mail_throws_nothing(desk: Desk) -> None:
    genuine = await arrive(desk, "RESUME", number=1)
    await throw(desk, genuine, "RESUME")
    assert await throw(desk, await arrive(desk, number=2), "STOP")
    copy = await arrive(desk, "RESUME", number=1)  # the same Message-ID, brought again by whoever kept it
    assert not await throw(desk, copy, "RESUME")
    assert await is_stopped(desk)


async def test_resume_puts_back_one_s_own_switch_only_and_says_so(desk: Desk) -> None:
    await desk.core.write(lambda tx: stops.engage(tx, "installation", None, because="an audit", by=SYSTEM))
    await throw(desk, await arrive(desk), "STOP")
    await throw(desk, await arrive(desk, "RESUME", number=2), "RESUME")
    assert await is_stopped(desk)
    rows = await desk.outbox()
    parsed = mime.parse(await desk.core.blobs.read(rows[-1].blob_id))
    assert "still stopped" in parsed.subject
    assert "an audit" in mime.body_text(parsed.raw, parsed)


@pytest.mark.parametrize(
    ("subject", "word"),
    [
        ("STOP", "STOP"),
        (" stop ", "STOP"),
        ("Resume", "RESUME"),
        ("Re: STOP", None),
        ("STOP it", None),
        ("STOP.", None),
        ("", None),
        ("\u017ftop", None),
        ("UNSTOP", None),
    ],
)
def test_only_the_one_word_is_a_word(subject: str, word: str | None) -> None:
    assert stopmail.word_of(subject) == word
