"""What was sent to which model: everybody sees it for their own tasks, word for word, and for nobody else's."""

from __future__ import annotations

import json
import zlib
from typing import Any

from mailwright.core import Core, accounts, tasks
from mailwright.domain.clock import now
from mailwright.domain.ids import new_id
from mailwright.storage import Tx, model_calls
from mailwright.storage.model_calls import ModelCall
from tests.protocols.api.people import MakeBrowser
from tests.protocols.api.test_mailviews import file_message
from tests.protocols.api.test_usage import ADA, BASHIR

SENT = {
    "system": [{"type": "text", "text": "You are a clerk."}],
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Write to <PERSON_1>."}]}],
    "tools": [{"name": "send_mail", "input_schema": {}}],
}


def asked(core: Core, email: str, *, message_id: str | None = None) -> tuple[str, list[str]]:
    """A task of somebody's: the built-in model judged, and a real one was asked twice; the first has no transcript any more."""
    told = {
        "format": "anthropic-messages",
        "sent": SENT,
        "status": 200,
        "answered": [{"kind": "text", "text": "Done."}],
    }
    calls = [
        ModelCall("judge", "rules", 0, 0, 0.0, 100, "ok", now()),
        ModelCall("work", "anthropic:m", 900, 20, 0.0125, 1_500_000, "timeout", now()),
        ModelCall(
            "work",
            "anthropic:m",
            900,
            20,
            0.0125,
            1_500_000,
            "ok",
            now(),
            cached_tokens=800,
            transcript=zlib.compress(json.dumps(told).encode()),
        ),
    ]

    def write(tx: Tx) -> str:
        account = accounts.find(tx, email)
        task = tasks.create(
            tx,
            tenant_id=account.tenant_id,
            agent="employee",
            assignment_id=new_id(),
            message_id=message_id or file_message(core, email),
            correspondent=email,
            user_id=account.id,
        )
        for call in calls:
            model_calls.add(tx, call, task_id=task.id)
        return task.id

    message_id = message_id or file_message(core, email)
    return core.database.write_now(write), [call.id for call in calls]


async def signed_in(browser: MakeBrowser, email: str) -> Any:
    made = browser()
    await made.sign_in(email)
    return made


async def test_a_person_sees_the_calls_of_their_task_and_exactly_what_was_sent(
    core: Core, browser: MakeBrowser
) -> None:
    task_id, ids = asked(core, ADA)
    ada = await signed_in(browser, ADA)
    calls = (await ada.get(f"/api/user/tasks/{task_id}/calls")).json()["calls"]
    assert [(one["id"], one["outcome"], one["has_transcript"]) for one in calls] == [
        (ids[0], "ok", False),
        (ids[1], "timeout", False),
        (ids[2], "ok", True),
    ]
    assert (calls[2]["cached_tokens"], calls[2]["seconds"], calls[2]["cost_usd"]) == (800, 1.5, 0.0125)
    found = (await ada.get(f"/api/user/calls/{ids[2]}/transcript")).json()
    assert (found["sent"], found["tools"], found["answered"]) == (
        SENT,
        ["send_mail"],
        [{"kind": "text", "text": "Done."}],
    )
    assert [(turn["role"], turn["kind"], turn["text"]) for turn in found["turns"]] == [
        ("system", "text", "You are a clerk."),
        ("user", "text", "Write to <PERSON_1>."),
    ]
    for call_id, because in ((ids[0], "the built-in model reads on this machine"), (ids[1], "is not kept any more")):
        found = (await ada.get(f"/api/user/calls/{call_id}/transcript")).json()
        assert found["sent"] is None
        assert because in found["because"]


async def test_a_message_leads_to_the_calls_it_caused(core: Core, browser: MakeBrowser) -> None:
    message_id = file_message(core, ADA)
    _task, ids = asked(core, ADA, message_id=message_id)
    asked(core, ADA)
    ada, bashir = await signed_in(browser, ADA), await signed_in(browser, BASHIR)
    calls = (await ada.get(f"/api/user/messages/{message_id}/calls")).json()["calls"]
    assert [one["id"] for one in calls][:3] == ids
    assert (await bashir.get(f"/api/user/messages/{message_id}/calls")).status_code == 404
    assert (await ada.get(f"/api/user/messages/{new_id()}/calls")).status_code == 404


async def test_nobody_sees_what_was_sent_for_somebody_else(core: Core, browser: MakeBrowser) -> None:
    task_id, ids = asked(core, ADA)
    other = ModelCall("work", "anthropic:m", 1, 1, 0.0, 1, "ok", now(), transcript=zlib.compress(b"{}"))
    core.database.write_now(lambda tx: model_calls.add(tx, other, task_id=None))
    bashir, nobody = await signed_in(browser, BASHIR), browser()
    for path in (f"tasks/{task_id}/calls", f"calls/{ids[2]}/transcript"):
        assert (await bashir.get(f"/api/user/{path}")).status_code == 404
        assert (await nobody.get(f"/api/user/{path}")).status_code == 401
    ada = await signed_in(browser, ADA)
    for path in (
        f"calls/{other.id}/transcript",
        "calls/x/transcript",
        "tasks/%00/calls",
        f"calls/{new_id()}/transcript",
    ):
        assert (await ada.get(f"/api/user/{path}")).status_code == 404
