"""The main job, from socket to socket: a mail comes in, is kept, worked on and answered."""

from __future__ import annotations

import asyncio
import json
import urllib.request

from mailwright.app import Application
from mailwright.core import domains

from .conftest import ADA, MAIN, Outside, arrive, inbox_of, submit, task, until

EVE = "eve@example.org"


async def tasks_of(application: Application) -> list[tuple[str, str, str]]:
    return await application.core.read(lambda tx: tx.all("SELECT status, correspondent, because FROM tasks"))


async def test_a_local_user_finds_the_answer_in_the_thread(installation: Application) -> None:
    await submit(installation, task(ADA))
    (answer,) = await until(lambda: inbox_of(installation, ADA))
    assert answer["Subject"] == "Re: Two numbers"
    assert answer["In-Reply-To"] == "<task@example.org>"
    assert answer["References"].split() == ["<task@example.org>"]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["From"].addresses[0].addr_spec == MAIN
    text = answer.get_content()
    assert "100" in text
    assert "rules model" in text
    assert [status for status, _, _ in await tasks_of(installation)] == ["complete"]


async def test_an_outside_sender_gets_the_answer_through_the_outbox(
    installation: Application, outside: Outside
) -> None:
    await arrive(installation, task(EVE), EVE)
    ((sender, recipients, answer),) = await until(lambda: outside.received)
    assert (sender, recipients) == (MAIN, [EVE])
    assert answer["Subject"] == "Re: Two numbers"
    assert answer["In-Reply-To"] == "<task@example.org>"
    assert "100" in answer.get_content()


async def test_lmtp_is_the_same_entrance(installation: Application, outside: Outside) -> None:
    await arrive(installation, task(EVE), EVE, kind="lmtp")
    await until(lambda: outside.received)


async def test_the_hook_is_the_same_entrance_and_a_repeat_is_told(installation: Application, outside: Outside) -> None:
    assert installation.http is not None
    body = {
        "messageId": "msg-001",
        "from": EVE,
        "to": MAIN,
        "subject": "Sum",
        "textBody": "Please add 20 + 22 for me.",
        "timestamp": "2026-11-20T10:00:00Z",
    }
    url = f"http://127.0.0.1:{installation.http.port}/webhook/email"

    def call() -> dict[str, str]:
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            decoded: dict[str, str] = json.load(answer)
            return decoded

    first = await asyncio.to_thread(call)
    assert first["status"] == "accepted"
    assert first["inboundId"]
    assert (await asyncio.to_thread(call))["status"] == "duplicate"
    ((_, _, answer),) = await until(lambda: outside.received)
    assert "42" in answer.get_content()


async def test_a_journaled_domain_keeps_the_task_and_the_answer(installation: Application, outside: Outside) -> None:
    await installation.core.write(
        lambda tx: domains.set_policies(tx, "mailwright.test", journal_address="archive@example.net", retain_days=None)
    )
    await submit(installation, task(ADA))
    await until(lambda: len(outside.received) == 2)
    assert [recipients for _, recipients, _ in outside.received] == [["archive@example.net"]] * 2
    assert {message["Subject"] for _, _, message in outside.received} == {"Two numbers", "Re: Two numbers"}


async def test_a_follow_up_is_answered_in_the_same_thread(installation: Application) -> None:
    await submit(installation, task(ADA))
    (first,) = await until(lambda: inbox_of(installation, ADA))
    follow_up = task(
        ADA,
        subject="Re: Two numbers",
        text="And what is 3 + 4?",
        message_id="<task2@example.org>",
        In_Reply_To=first["Message-ID"],
        References=f"<task@example.org> {first['Message-ID']}",
    )
    await submit(installation, follow_up)
    _, second = await until(lambda: _two(installation))
    assert second["Subject"] == "Re: Two numbers"
    assert second["References"].split()[-1] == "<task2@example.org>"
    threads = await installation.core.read(lambda tx: tx.all("SELECT DISTINCT user_id, thread_id FROM messages"))
    assert len(threads) == 2, "one thread for Ada, one for the employee"


async def test_the_same_bytes_twice_are_one_task(installation: Application, outside: Outside) -> None:
    await arrive(installation, task(EVE), EVE)
    await arrive(installation, task(EVE), EVE)
    await arrive(installation, task(EVE, message_id="<later@example.org>"), EVE)
    await until(lambda: len(outside.received) >= 2)
    await asyncio.sleep(0.5)
    assert len(outside.received) == 2
    assert len(await tasks_of(installation)) == 2


async def test_automatic_mail_is_never_answered(installation: Application, outside: Outside) -> None:
    silent = [
        task(EVE, message_id="<a@example.org>", Auto_Submitted="auto-replied"),
        task(EVE, message_id="<b@example.org>", Precedence="bulk"),
        task(EVE, message_id="<c@example.org>", List_Id="<list.example.org>"),
        task(MAIN, message_id="<e@example.org>"),
    ]
    for message in silent:
        await arrive(installation, message, EVE, kind="lmtp")  # by SMTP, what says it is from us goes to Junk
    await arrive(installation, task(EVE, message_id="<d@example.org>"), "")
    await until(lambda: _finished(installation, 5))
    await asyncio.sleep(0.3)
    assert outside.received == []
    assert {status for status, _, _ in await tasks_of(installation)} == {"skipped"}


async def test_a_stranger_who_writes_under_a_local_name_works_for_nobody(
    installation: Application, outside: Outside
) -> None:
    await arrive(installation, task(ADA), EVE, kind="lmtp")
    await until(lambda: _finished(installation, 1))
    ((person,),) = await installation.core.read(lambda tx: tx.all("SELECT user_id FROM tasks"))
    assert person is None, "it spends nobody's plan and opens nobody's workspace"
    assert await installation.core.read(lambda tx: tx.scalar("SELECT count(*) FROM workspaces")) == 0
    assert outside.received == [], "Eve learns nothing"


async def _two(application: Application) -> list[object]:
    found = await inbox_of(application, ADA)
    return list(found) if len(found) == 2 else []


async def _finished(application: Application, count: int) -> bool:
    rows = await tasks_of(application)
    return len(rows) == count and all(status in ("complete", "skipped", "failed") for status, _, _ in rows)
