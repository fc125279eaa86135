"""A task and its plan: charged once when it begins, given back when it fails, refused when the plan is used up."""

from __future__ import annotations

import pytest

from mailwright.agents import employee
from mailwright.agents.models import ModelFailed, Models
from mailwright.codecs import mime
from mailwright.core import tasks, usage
from mailwright.core.usage import Usage
from mailwright.domain import clock
from mailwright.domain.refusals import TryLater
from mailwright.storage import accounts as account_rows
from mailwright.storage import judgements
from tests.agents.conftest import Office


async def _usage(office: Office, name: str = "ada") -> Usage:
    def read(tx):  # type: ignore[no-untyped-def]
        account = account_rows.by_id(tx, office.people[name])
        assert account is not None
        return usage.of_account(tx, office.core, account)

    found: Usage = await office.core.read(read)
    return found


async def _ask(office: Office, text: str = "What is 12 * 12?", **options: str) -> str:
    return await office.receive(text, sender="ada@mailwright.test", account="ada", **options)


async def test_a_task_is_charged_once_when_it_begins(office: Office) -> None:
    message_id = await _ask(office)
    assert [await office.run(message_id) for _ in range(3)] == ["complete"] * 3
    assert (await office.task(message_id)).charged
    assert (await _usage(office)).tasks_used == 1


async def test_what_is_no_task_is_never_charged(office: Office) -> None:
    message_id = await _ask(office, "Thanks a lot!", subject="Re: lunch", extra="In-Reply-To: <x@example.org>\n")
    await office.run(message_id)
    assert not (await office.task(message_id)).charged
    assert (await _usage(office)).tasks_used == 0


async def test_at_the_limit_the_sender_is_told_so_once_a_day_and_nothing_more_is_done(office: Office) -> None:
    for number in range(5):
        await office.run(await _ask(office, f"What is 12 * {number}?"))
    assert (await _usage(office)).tasks_used == 5
    sixth, seventh = await _ask(office, "What is 1 + 1?"), await _ask(office, "What is 2 + 2?")
    assert [await office.run(each) for each in (sixth, seventh)] == ["skipped", "skipped"]
    letters = [mime.body_text(reply.raw, reply) for _row, reply in await office.sent()]
    assert len(letters) == 6
    assert "5 of the 5 tasks" in letters[-1]
    assert (await _usage(office)).tasks_used == 5
    assert (await office.task(sixth)).kind == "limit"
    assert "told so within a day" in (await office.task(seventh)).because


async def test_an_unproven_sender_spends_nobodys_plan(office: Office) -> None:
    message_id = await office.receive("What is 12 * 12?", sender="ada@mailwright.test")
    await office.run(message_id)
    outside = await office.receive("What is 12 * 12?", sender="eve@example.org")
    await office.run(outside)
    assert not (await office.task(message_id)).charged
    assert not (await office.task(outside)).charged
    assert (await _usage(office)).tasks_used == 0


class Broken(Models):
    """Judges by rules, and never works."""

    async def ask(self, question, *, who=None):  # type: ignore[no-untyped-def]
        if question.purpose == "work":
            raise ModelFailed("openai:x is away", transient=False)
        return await super().ask(question, who=who)


async def test_a_failed_task_costs_nothing_and_may_be_asked_for_again(office: Office) -> None:
    employee.configure(office.core, Broken({"judge": ("rules",), "work": ("rules",)}))
    message_id = await _ask(office)
    assert await office.run(message_id) == "failed"
    assert (await _usage(office)).tasks_used == 0
    [(_row, apology)] = await office.sent()
    assert "openai:x is away" in mime.body_text(apology.raw, apology)
    employee.configure(office.core, Models.by_rules())
    task = await office.task(message_id)
    await office.core.write(lambda tx: tasks.requeue(tx, task.id))
    assert await office.run(message_id, 2) == "complete"
    assert (await _usage(office)).tasks_used == 1


async def test_a_message_is_judged_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = await _ask(office)
    asked: list[str] = []
    ask = Models.ask

    async def counted(self, question, **more):  # type: ignore[no-untyped-def]
        asked.append(question.purpose)
        if asked.count("work") == 1 and question.purpose == "work":
            raise ModelFailed("away for a moment", transient=False)
        return await ask(self, question, **more)

    monkeypatch.setattr(Models, "ask", counted)
    assert await office.run(message_id) == "complete"
    assert asked == ["judge", "work", "work"]
    kept = await office.core.read(lambda tx: judgements.get(tx, message_id))
    assert kept is not None
    assert (kept.kind, kept.model) == ("task", "rules")


async def test_who_waits_long_is_told_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailwright.agents.employee import progress

    told: list[int] = []
    ask = Models.ask

    async def slow(self, question, **more):  # type: ignore[no-untyped-def]
        if question.purpose == "work":
            told.append(await progress.tell_waiting())
            at = clock.now() + 3 * clock.MINUTE
            with monkeypatch.context() as later:
                later.setattr(progress.clock, "now", lambda: at)
                told.extend([await progress.tell_waiting(), await progress.tell_waiting()])
        return await ask(self, question, **more)

    monkeypatch.setattr(Models, "ask", slow)
    message_id = await _ask(office)
    assert await office.run(message_id) == "complete"
    assert told == [0, 1, 0]
    sent = await office.sent()
    assert [mime.body_text(each.raw, each).count("working on your message") for _row, each in sent] == [1, 0]
    assert {each.header.get("Auto-Submitted") for _row, each in sent} == {"auto-replied"}


async def test_no_progress_is_told_while_the_database_is_away(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailwright.agents.employee import progress

    async def away(function):  # type: ignore[no-untyped-def]
        raise TryLater("away")

    monkeypatch.setattr(type(office.core), "read", lambda self, function: away(function))
    assert await progress.tell_waiting() == 0
