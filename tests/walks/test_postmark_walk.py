"""The main job with Postmark at both ends: its hook brings the task, its API takes the answer, its reports end in the trace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mailwright.app import Application
from mailwright.core import accounts, reports, traces
from mailwright.settings import Settings, load
from mailwright.storage import mailboxes, messages
from tests.servers.postmark import TOKEN, PostmarkApi, bounce, delivery, inbound

from .conftest import MAIN, Outside, arrive, task, until

PASSWORD = "the password of the hooks"
EVE = "eve@example.org"
QUIET_SECONDS = 1.5  # in which a second answer would have been sent


@pytest.fixture
async def api() -> AsyncIterator[PostmarkApi]:
    made = PostmarkApi()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def settings(any_url: str, tmp_path: Path, outside: Outside, api: PostmarkApi) -> Settings:
    ports = ("smtp", "submission", "submissions", "imap", "imaps", "sieve", "lmtp", "http")
    return load(
        data=tmp_path / "data",
        database_url=any_url,
        hostname="mail.mailwright.test",
        send_through="postmark",
        postmark_server_token=TOKEN,
        postmark_url=api.url,
        postmark_hook_password=PASSWORD,
        verify_inbound=False,
        **{f"{name}_port": 0 for name in ports},
    )


async def post(installation: Application, path: str, body: dict[str, Any]) -> dict[str, Any]:
    assert installation.http is not None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{installation.http.port}", timeout=30) as client:
        answer = await client.post(path, json=body, auth=("postmark", PASSWORD))
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        return said


def asked(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A task of Eve's, as Postmark hands it over."""
    return inbound(
        OriginalRecipient=MAIN,
        ToFull=[{"Email": MAIN, "Name": ""}],
        To=MAIN,
        MessageID=f"pm-{number}",
        Subject="Sum",
        TextBody=f"Please add {number} + 41 for me.",
        Headers=[{"Name": "Message-ID", "Value": f"<task-{number}@example.org>"}],
        **changes,
    )


async def test_a_task_that_postmark_brings_is_answered_through_postmark_once(
    installation: Application, api: PostmarkApi
) -> None:
    said = [await post(installation, "/api/inbound/postmark", asked()) for _ in range(3)]
    assert [each["status"] for each in said] == ["accepted", "duplicate", "duplicate"]
    [answer] = await until(lambda: api.taken)
    assert (answer["From"], answer["To"], answer["Subject"]) == (
        '"Mini Mouse" <main@mailwright.test>',
        f'"Eve" <{EVE}>',
        "Re: Sum",
    )
    named = {each["Name"]: each["Value"] for each in answer["Headers"]}
    assert named["In-Reply-To"] == "<task-1@example.org>"
    assert named["Auto-Submitted"] == "auto-replied"
    assert "42" in answer["TextBody"]
    await asyncio.sleep(QUIET_SECONDS)
    assert len(api.taken) == 1


async def test_both_entrances_lead_to_the_same_agent(installation: Application, api: PostmarkApi) -> None:
    await arrive(installation, task(EVE), EVE)
    await post(installation, "/api/inbound/postmark", asked())
    await until(lambda: len(api.taken) == 2)
    assert sorted(each["Subject"] for each in api.taken) == ["Re: Sum", "Re: Two numbers"]


async def test_a_storm_of_reports_about_an_answer_causes_no_mail(installation: Application, api: PostmarkApi) -> None:
    await post(installation, "/api/inbound/postmark", asked())
    [answer] = await until(lambda: api.taken)
    about = {"Metadata": answer["Metadata"], "MessageID": answer["MessageID"]}
    bodies = [bounce(Email=EVE, From=MAIN, ID=number, **about) for number in range(30)]
    bodies.append(delivery(Recipient=EVE, **about))
    await asyncio.gather(*(post(installation, "/api/webhook/postmark", body) for body in bodies))
    await asyncio.sleep(QUIET_SECONDS)
    assert len(api.taken) == 1

    def look(tx: Any) -> tuple[str, int, str]:
        agent = accounts.find(tx, MAIN)
        mailbox = mailboxes.by_role(tx, agent.id, "inbox")
        assert mailbox is not None
        mails = messages.in_mailbox(tx, mailbox.id, 10)
        [told] = [each for each in mails if each.subject == "Sum"]
        return reports.suppressed(tx, agent.tenant_id, EVE), len(mails), traces.of_message(tx, told).summary

    because, mails, summary = await installation.core.read(look)
    assert "HardBounce" in because
    assert mails == 1
    assert "came back" in summary


async def test_automatic_mail_that_postmark_brings_is_not_answered(installation: Application, api: PostmarkApi) -> None:
    await post(
        installation,
        "/api/inbound/postmark",
        asked(2) | {"Headers": [{"Name": "Auto-Submitted", "Value": "auto-replied"}]},
    )
    await post(installation, "/api/inbound/postmark", asked(3) | {"Headers": [{"Name": "Return-Path", "Value": "<>"}]})
    await asyncio.sleep(QUIET_SECONDS)
    assert api.taken == []


@pytest.mark.slow
async def test_fifty_tasks_at_once_are_each_answered_once(installation: Application, api: PostmarkApi) -> None:
    many = [asked(number, FromFull={"Email": f"eve{number}@example.org", "Name": ""}) for number in range(50)]
    await asyncio.gather(*(post(installation, "/api/inbound/postmark", body) for body in many + many))
    await until(lambda: len(api.taken) >= 50, seconds=120)
    await asyncio.sleep(QUIET_SECONDS)
    assert sorted(each["To"] for each in api.taken) == sorted(f"eve{number}@example.org" for number in range(50))
