"""From a wish to a mail that rests on what was read; what is done once is not paid for again; what stops a mail."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from mailwright.agents import scribe
from mailwright.agents.models import ModelFailed
from mailwright.agents.scribe import pages, stepping
from mailwright.agents.scribe.parts import parts
from mailwright.core import stops, tasks
from mailwright.domain import clock
from mailwright.domain.outreach import ScribeStep, TemplateType
from mailwright.domain.tasks import TaskStatus
from mailwright.storage import Database, dead_letters, model_calls, outreach, outreachturns
from mailwright.storage.audit import SYSTEM
from tests.agents.scribe.study import HOME, PAPER, TEMPLATE, Fetched, Study, away, letter, make


async def test_a_mail_rests_on_what_was_read(study: Study) -> None:
    mail = await study.write()
    assert mail.status is TaskStatus.COMPLETE
    assert (mail.template_type, mail.language) == (TemplateType.RESEARCH, "en")
    assert mail.body.startswith("Dear Dr. Lindqvist,\n\nI grow alpine plants in Linz.")
    assert f"“{PAPER}”" in mail.body
    assert "University of Graz" in mail.body
    assert mail.body.endswith("Best regards,\nAda Steiner")
    assert mail.is_confident, mail.why
    states = {each["text"].strip(): each["state"] for each in mail.sentences}
    assert states["I grow alpine plants in Linz."] == "own"
    assert states["You work at University of Graz."] == "verified"
    assert await study.generated() == 1
    assert sorted(study.models.asked) == ["compose", "research", "template"]


async def test_what_it_cost_and_how_long_it_took_is_kept(study: Study) -> None:
    mail = await study.write()
    told = mail.metadata
    assert set(told["timings"]) == {each.value for each in ScribeStep}
    assert told["models"] == ["scripted"]
    assert told["tokens"] == {"input": 300, "output": 30}
    assert told["cost_usd"] == pytest.approx(0.003)
    assert told["papers"][0]["title"] == PAPER
    calls = await study.core.read(lambda tx: model_calls.of_task(tx, mail.id))
    assert len(calls) == 3


async def test_nothing_that_was_asked_for_is_left_in_braces(study: Study) -> None:
    mail = await study.write("Dear {{name}},\n\nI loved {{anecdote}}. I keep bees. May I ask you something?\n\nAda")
    assert "{{" not in mail.body
    assert "anecdote" not in mail.body
    assert [each["text"] for each in mail.metadata["dropped"]] == ["I loved {{anecdote}}."]


async def test_without_anybody_to_search_the_template_is_written_and_is_not_sure(study: Study) -> None:
    study.web.searches = study.web.has_papers = False
    study.web.pages.clear()
    mail = await study.write("Dear {{name}},\n\nI keep bees and have a question about {{interest}}.\n\nAda")
    assert mail.status is TaskStatus.COMPLETE
    assert "alpine botany" in mail.body
    assert not mail.is_confident
    assert "nothing in it about the recipient could be verified" in mail.why


@pytest.mark.parametrize("purpose", ["template", "research", "compose"])
async def test_a_mail_that_is_tried_again_goes_on_where_it_failed(study: Study, purpose: str) -> None:
    study.models.failing[purpose] = lambda: ModelFailed("its answer was garbled", transient=False)
    mail = await study.write()
    assert mail.status is TaskStatus.FAILED
    failed = {"template": "template_parser", "research": "web_research", "compose": "composer"}[purpose]
    assert (mail.stage, mail.last_error) == (failed, "its answer was garbled")
    letters = await study.core.read(lambda tx: dead_letters.newest(tx, limit=5))
    assert [each.payload["stage"] for each in letters] == [failed]
    done = {each for each, step in (await study.steps(mail.id)).items() if step.content}
    before, searched = list(study.models.asked), study.web.asked.copy()
    study.models.failing.clear()
    await scribe.again(study.core, None, mail.id)  # type: ignore[arg-type]  # it waits for its turn
    assert await study.run() == ["complete"]
    again = study.models.asked[len(before) :]
    assert not {"template": ScribeStep.TEMPLATE, "research": ScribeStep.RESEARCH}.keys() & {
        each for each in again if {"template": ScribeStep.TEMPLATE, "research": ScribeStep.RESEARCH}.get(each) in done
    }
    assert study.web.asked["search"] == (searched["search"] or 2)
    assert await study.generated() == 1


async def test_what_an_attempt_cost_that_came_to_nothing_is_counted(study: Study) -> None:
    def broken(question: object) -> object:
        raise RuntimeError("broken by the answer")

    study.models.says["compose"] = broken  # type: ignore[assignment]
    mail = await study.write()
    assert mail.status is TaskStatus.FAILED
    assert mail.last_error == "it failed with RuntimeError"  # and not what it said


async def test_papers_that_cannot_be_had_are_done_without(study: Study) -> None:
    study.web.away.add("papers")
    mail = await study.write("Dear {{name}},\n\nI read about your research. May I ask you something?\n\nAda")
    assert mail.status is TaskStatus.COMPLETE
    assert "the service is away" in mail.metadata["told"]


async def test_a_template_about_no_research_asks_for_no_papers(study: Study) -> None:
    await study.write("Dear {{name}},\n\nI would like to invite you to our garden.\n\nAda")
    assert not study.web.asked["papers"]


async def test_a_finished_mail_is_not_written_twice(study: Study) -> None:
    mail = await study.write()
    asked = len(study.models.asked)
    assert await scribe.write(mail.id, mail.generation) == "complete"
    assert len(study.models.asked) == asked
    assert await study.generated() == 1


async def test_an_older_generation_does_nothing(study: Study) -> None:
    task_id = await study.ask()
    [(taken, generation)] = await study.take()
    assert taken == task_id
    assert await scribe.write(task_id, generation + 1) == "running"
    assert not study.models.asked


async def test_while_the_switch_is_thrown_mails_wait(study: Study) -> None:
    await study.core.write(lambda tx: stops.engage(tx, "user", study.ada.id, because="wait", by=SYSTEM))
    task_id = await study.ask()
    assert not await study.take()
    assert (await study.mail(task_id)).status is TaskStatus.QUEUED
    await study.core.write(lambda tx: stops.release(tx, "user", study.ada.id, by=SYSTEM))
    assert [each for each, _ in await study.take()] == [task_id]


async def test_a_switch_thrown_while_it_is_written_leaves_no_mail(study: Study) -> None:
    task_id = await study.ask()
    [turn] = await study.take()

    def thrown(question: object) -> object:
        study.core.database.write_now(lambda tx: stops.engage(tx, "user", study.ada.id, because="wait", by=SYSTEM))
        return letter([("Dear Dr. Lindqvist,", ())], [("I grow alpine plants in Linz.", ())])

    study.models.says["compose"] = thrown  # type: ignore[assignment]
    assert await scribe.write(*turn) == "failed"
    mail = await study.mail(task_id)
    assert mail.body == ""
    assert "agents are stopped" in mail.last_error
    assert await study.generated() == 0


async def test_a_deleted_mail_is_written_no_further(study: Study) -> None:
    task_id = await study.ask()
    [turn] = await study.take()
    await study.core.write(lambda tx: outreach.update(tx, task_id, now=clock.now(), deleted_at=clock.now()))
    assert await scribe.write(*turn) == "cancelled"
    assert not study.models.asked


async def test_a_mail_cancelled_in_the_middle_stays_cancelled(study: Study) -> None:
    task_id = await study.ask()
    [turn] = await study.take()

    def cancelled(question: object) -> object:
        study.core.database.write_now(
            lambda tx: tasks.finish(tx, task_id, TaskStatus.CANCELLED, because="its owner cancelled it")
        )
        return letter([("Dear Dr. Lindqvist,", ())], [("I grow alpine plants in Linz.", ())])

    study.models.says["compose"] = cancelled  # type: ignore[assignment]
    assert await scribe.write(*turn) == "cancelled"
    assert (await study.mail(task_id)).body == ""
    assert await study.generated() == 0


async def test_a_model_that_loses_sentences_in_the_check_is_told_and_asked_once_more(study: Study) -> None:
    bad = letter(
        [("Dear Dr. Lindqvist,", ())],
        [("I grow alpine plants in Linz.", ()), ("You won the Darwin Medal in 1998.", (1,))],
        [("Your brother Mikael sings in Oslo.", (1,))],
        [("Best regards,\nAda Steiner", ())],
    )
    answers = [bad, None]

    def said(question: object) -> object:
        return answers.pop(0) or question.by_rules()  # type: ignore[attr-defined]

    study.models.says["compose"] = said  # type: ignore[assignment]
    mail = await study.write()
    assert study.models.asked.count("compose") == 2
    assert "Darwin Medal" in study.models.seen[-1]
    assert mail.is_confident
    assert not mail.metadata["dropped"]


async def test_a_model_that_is_away_for_long_is_given_up_with_its_reason(study: Study) -> None:
    study.models.failing["template"] = away
    mail = await study.write()
    assert (mail.status, mail.stage) == (TaskStatus.FAILED, "template_parser")
    assert mail.last_error == "scripted could not be reached"


async def test_no_more_are_begun_than_are_written_at_once(study: Study) -> None:
    study.core.settings = replace(study.core.settings, outreach=replace(study.core.settings.outreach, at_once=2))
    for n in range(5):
        await study.ask(TEMPLATE, name=f"Chen Lindqvist {n}")
    assert len(await study.take()) == 2
    assert not await study.take()


async def test_both_databases_keep_it(any_database: Database, tmp_path: Path) -> None:
    study = make(any_database, tmp_path)
    mail = await study.write()
    assert mail.status is TaskStatus.COMPLETE, mail.last_error
    assert mail.is_confident, mail.why
    assert {each.value for each in await study.steps(mail.id)} == {each.value for each in ScribeStep}
    assert await study.generated() == 1
    await scribe.close()


async def test_what_a_process_paid_for_that_died_is_counted(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = await study.ask()
    finish = stepping._finish

    def died(*_: object) -> str:
        raise asyncio.CancelledError

    (taken,) = await study.take()
    monkeypatch.setattr(stepping, "_finish", died)
    with pytest.raises(asyncio.CancelledError):
        await scribe.write(*taken)
    monkeypatch.setattr(stepping, "_finish", finish)
    await scribe.write(*taken)
    mail, steps = await study.mail(task_id), await study.steps(task_id)
    assert study.models.asked.count("template") == 2
    assert steps[ScribeStep.TEMPLATE].input_tokens == 200
    assert mail.metadata["tokens"]["input"] == 100 * len(study.models.asked)
    assert mail.metadata["cost_usd"] == pytest.approx(0.001 * len(study.models.asked))


async def test_a_page_that_sets_off_a_bug_costs_only_itself(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    study.web.pages["https://broken.example/lindqvist"] = HOME
    fetch = study.web.fetch

    async def trips(url: str) -> Fetched:
        if "broken" in url:
            raise RuntimeError("SECRET of the page")
        return await fetch(url)

    monkeypatch.setattr(study.web, "fetch", trips)
    mail = await study.write()
    assert mail.status is TaskStatus.COMPLETE
    assert {each["url"]: each["outcome"] for each in mail.metadata["pages"]} == {
        "https://graz.example/lindqvist": "read",
        "https://broken.example/lindqvist": "failed",
    }
    assert "SECRET" not in str(mail.metadata)


async def test_a_task_whose_mail_is_gone_keeps_nobody_from_their_turn(study: Study) -> None:
    task_id = await study.ask()
    (taken,) = await study.take()
    await study.core.write(lambda tx: tx.execute("DELETE FROM outreach WHERE task_id = ?", (task_id,)))
    assert await scribe.write(*taken) == "cancelled"
    assert await study.core.read(outreachturns.running) == 0


def test_one_page_that_keeps_its_reader_busy_leaves_time_for_others(study: Study) -> None:
    assert 2 * parts().reader._seconds < pages.SECONDS
