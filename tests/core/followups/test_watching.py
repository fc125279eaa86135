"""What waits for an answer ends when it comes, from whom it was waited for, and not when a machine answers."""

from __future__ import annotations

import pytest

from mailwright.codecs import mime
from mailwright.core import Core, messages
from mailwright.core.accounts import Account
from mailwright.core.filing import JUNK
from mailwright.core.followups import making, watching
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.clock import HOUR
from mailwright.domain.envelope import Origin
from mailwright.domain.events import MESSAGE_DELIVERED, Event
from mailwright.domain.followups import FollowupStatus
from mailwright.storage import Tx
from mailwright.storage.followups import Followup
from tests.core.followups.conftest import Make
from tests.core.followups.states import move

S = FollowupStatus
ASKED = "<offer.1@mailwright.test>"
BOB = "bob@example.org"


def mail(
    *, sender: str = BOB, refers: str = f"In-Reply-To: {ASKED}", own: str = "<answer.1@example.org>", more: str = ""
) -> bytes:
    lines = [
        f"From: Bob <{sender}>",
        "To: ada@mailwright.test",
        "Subject: Re: Offer",
        f"Message-ID: {own}",
        refers,
        more,
    ]
    header = "\r\n".join(line for line in lines if line)
    return f"{header}\r\n\r\nYes, gladly.\r\n".encode()


async def deliver(
    core: Core, account: Account, raw: bytes, *, role: str = "inbox", keywords: tuple[str, ...] = ()
) -> Event:
    blob = await core.blobs.stage(account.tenant_id, raw)

    def write(tx: Tx) -> str:
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role=role,
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.STRANGER, "c", keywords=keywords),
            received_at=clock.now(),
        )

    id = await core.write(write)
    return Event(1, MESSAGE_DELIVERED, "m", {"message_id": id, "user_id": account.id, "role": role}, "c", clock.now())


async def watch(core: Core, *events: Event) -> None:
    commit = await watching.on_delivered(core)(events)
    if commit is not None:
        await core.write(commit)


async def stands(core: Core, known: Followup) -> Followup:
    return await core.read(lambda tx: making.found(tx, known.id))


@pytest.mark.parametrize(
    "refers",
    [f"In-Reply-To: {ASKED}", f"References: <x@y.example> {ASKED} <z@y.example>"],
    ids=["in-reply-to", "references"],
)
@pytest.mark.parametrize("waits_from", [BOB, ""], ids=["from-bob", "from-anybody"])
async def test_the_answer_ends_it(core: Core, make: Make, ada: Account, refers: str, waits_from: str) -> None:
    known, other = make(waits_for=ASKED, waits_from=waits_from), make()
    event = await deliver(core, ada, mail(refers=refers))
    await watch(core, event)
    ended = await stands(core, known)
    assert (ended.status, ended.because) == (S.CANCELLED, "their reply came")
    assert (await stands(core, other)).status is S.PENDING
    await watch(core, event)
    assert await stands(core, known) == ended


@pytest.mark.parametrize(
    ("raw", "waits_from"),
    [
        (mail(refers=""), BOB),
        (mail(refers="In-Reply-To: <other@mailwright.test>"), BOB),
        (mail(sender="carol@example.org"), BOB),
        (mail(sender="ada@mailwright.test"), ""),
        (mail(sender="concierge@mailwright.test"), ""),
        (mail(own=ASKED), ""),
        (mail(sender="no address"), ""),
        (mail(more="Auto-Submitted: auto-replied"), BOB),
        (mail(more="Precedence: bulk"), BOB),
        (mail(sender="mailer-daemon@example.org"), ""),
    ],
    ids=["no-reference", "another", "somebody-else", "herself", "the-concierge", "itself", "nobody", "absence", "bulk", "bounce"],
)  # fmt: skip
async def test_anything_else_leaves_it_waiting(
    core: Core, make: Make, ada: Account, raw: bytes, waits_from: str
) -> None:
    known = make(waits_for=ASKED, waits_from=waits_from)
    await watch(core, await deliver(core, ada, raw))
    assert (await stands(core, known)).status is S.PENDING
    assert not await watching.look(core, known)


async def test_junk_is_no_answer(core: Core, make: Make, ada: Account) -> None:
    known = make(waits_for=ASKED)
    await deliver(core, ada, mail(own=ASKED, refers=""), role="sent")
    await watch(core, await deliver(core, ada, mail(), role="junk"))
    await watch(core, await deliver(core, ada, mail(own="<answer.2@example.org>"), keywords=(JUNK,)))
    assert not await watching.look(core, known)
    assert (await stands(core, known)).status is S.PENDING


async def test_an_answer_in_somebody_elses_mailbox_is_not_seen(core: Core, make: Make) -> None:
    from mailwright.core import accounts

    known = make(waits_for=ASKED)
    bashir = await core.read(lambda tx: accounts.find(tx, "bashir@mailwright.test"))
    await watch(core, await deliver(core, bashir, mail()))
    assert (await stands(core, known)).status is S.PENDING


async def test_an_answer_to_all_that_reaches_the_concierge_ends_it(core: Core, make: Make, concierge: Account) -> None:
    known = make(waits_for=ASKED, waits_from=BOB)
    await watch(core, await deliver(core, concierge, mail()))
    assert (await stands(core, known)).status is S.CANCELLED


async def test_an_answer_that_was_there_before_is_found_when_it_is_due(core: Core, make: Make, ada: Account) -> None:
    await deliver(core, ada, mail(own=ASKED, refers="", sender="ada@mailwright.test"), role="sent")
    await deliver(core, ada, mail())
    known = make(waits_for=ASKED, waits_from=BOB, due_at=clock.now() - HOUR)
    due = await core.write(lambda tx: move(tx, core, known, S.DUE))
    assert await watching.look(core, due)
    assert (await stands(core, known)).status is S.CANCELLED


async def test_what_is_being_sent_already_is_left_alone(core: Core, make: Make, ada: Account) -> None:
    known = make(waits_for=ASKED)
    await core.write(lambda tx: move(tx, core, known, S.SENDING))
    await watch(core, await deliver(core, ada, mail()))
    assert (await stands(core, known)).status is S.SENDING
