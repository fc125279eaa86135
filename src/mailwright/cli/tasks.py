"""`mailwright task`: is it a task, and do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailwright.cli.installation import DataOption, JsonOption, check_exists, is_served, opened, settings_of
from mailwright.cli.lookup import message_named
from mailwright.cli.terminal import answer, fail, group, note, read_object, show, text_of
from mailwright.domain.clock import now, to_iso
from mailwright.domain.refusals import BadInput, NotFound

if TYPE_CHECKING:
    from mailwright.agents.models import Judgement, Material, Models
    from mailwright.core import Core
    from mailwright.settings import Settings
    from mailwright.storage import Tx
    from mailwright.storage.messages import StoredMessage
    from mailwright.storage.tasks import Task

commands = group("task", "Tasks of the employee: judge a message, do what it asks.")

WAIT_SECONDS = 120
LOOK_SECONDS = 0.2


@commands.command("judge")
def judge(
    message_id: Annotated[str, typer.Option(help="A message we have: its id or Message-ID.")] = "",
    json_file: Annotated[
        str, typer.Option("--json", metavar="FILE", help="subject, text and from as JSON; - is standard input.")
    ] = "",
    raw: Annotated[str, typer.Option(metavar="FILE", help="A message (RFC 5322); - is standard input.")] = "",
    data: DataOption = None,
) -> None:
    """Ask whether a message is a task. Nothing is written."""
    if [bool(message_id), bool(json_file), bool(raw)].count(True) != 1:
        raise BadInput("give one of --message-id, --json and --raw")
    import asyncio

    if message_id:
        with opened(data) as core:
            message = core.database.read_now(lambda tx: message_named(tx, message_id))
            material = material_of(core.blobs.read_now(message.blob_id))
        settings = settings_of(data)
    else:
        settings = settings_of(data)
        material = _material_of_json(read_object(json_file)) if json_file else material_of(_octets(raw))
    found, model = asyncio.run(_judge(settings, material))
    answer(judged(found, model, settings.judge_threshold))


@commands.command("run")
def run(
    message_id: Annotated[str, typer.Option(help="A message in the employee's mailbox: its id or Message-ID.")],
    again: Annotated[
        bool, typer.Option("--again", help="Once more, when it failed, was skipped or cancelled.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="How long to wait for a running server, in seconds.")] = WAIT_SECONDS,
    data: DataOption = None,
) -> None:
    """Do what a message asks, and show the answer. Done once: for a task that is done it shows what was answered."""
    import asyncio

    settings = settings_of(data)
    check_exists(settings)
    found = asyncio.run(_run(settings, message_id, again=again, seconds=timeout))
    answer(found)
    if found["status"] not in ("complete", "skipped"):
        fail(f"the task is {found['status']}")


@commands.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20, data: DataOption = None, json: JsonOption = False
) -> None:
    """Show the newest tasks."""
    with opened(data) as core:
        from mailwright.core import tasks

        found = core.database.read_now(lambda tx: tasks.listing(tx, limit=limit))
    if json:
        answer([_described(task) for task in found])
        return
    show(
        ["task", "begun", "status", "for", "because"],
        [(t.id, to_iso(t.created_at)[:19], t.status.value, t.correspondent, t.because) for t in found],
        empty="There is no task yet.",
    )


def material_of(raw: bytes) -> Material:
    """What a model is given of a message that stands alone."""
    from mailwright.agents.employee import contents
    from mailwright.agents.models import Material

    read = contents.read(raw)
    author = read.parsed.from_[0] if read.parsed.from_ else None
    return Material(
        subject=read.parsed.subject,
        text=read.split.new,
        sent_at=read.parsed.date or now(),
        forwarded=read.split.forwarded,
        sender=author.address if author else "",
        sender_name=author.name if author else "",
        attachments=read.attachments,
    )


def judged(found: Judgement, model: str, threshold: float) -> dict[str, Any]:
    """A judgement as JSON."""
    return {
        "is_task": found.kind != "neither" and found.confidence >= threshold,
        "kind": found.kind,
        "confidence": found.confidence,
        "threshold": threshold,
        "because": found.because,
        "model": model,
    }


def _octets(name: str) -> bytes:
    from mailwright.cli.terminal import read_input

    return read_input(name)


def _material_of_json(value: dict[str, Any]) -> Material:
    from mailwright.agents.models import Material

    text = text_of(value, "text") or text_of(value, "body")
    subject = text_of(value, "subject")
    if not text and not subject:
        raise BadInput("there is nothing to judge: text and subject are missing")
    return Material(subject=subject, text=text, sent_at=now(), sender=text_of(value, "from"))


async def _judge(settings: Settings, material: Material) -> tuple[Judgement, str]:
    from mailwright.staff import models_of

    models = models_of(settings)
    try:
        return await ask_judgement(models, material)
    finally:
        await models.close()


async def ask_judgement(models: Models, material: Material) -> tuple[Judgement, str]:
    """The judgement and the model that made it. Raises BadInput when no model could be asked."""
    import secrets

    from mailwright.agents.employee import prompts
    from mailwright.agents.models import Judgement, ModelFailed, Question, rules
    from mailwright.codecs.redaction import Placeholders

    question = Question(
        purpose="judge",
        instructions=prompts.instructions("judge"),
        material=prompts.quoted(material, secrets.token_hex(16), Placeholders().hide),
        answer=Judgement,
        by_rules=lambda: rules.judge(material),
    )
    try:
        reply = await models.ask(question)
    except ModelFailed as failure:
        raise BadInput(f"no model gave an answer: {failure.text}") from None
    return reply.value, reply.model


async def _run(settings: Settings, name: str, *, again: bool, seconds: float) -> dict[str, Any]:
    from mailwright.installation import build_core

    core = build_core(settings)
    try:
        message = await core.read(lambda tx: message_named(tx, name))
        task = await core.write(lambda tx: _task_of(tx, message))
        if is_served(settings):
            task = await _let_server(core, settings, task, again=again, seconds=seconds)
        else:
            task = await _here(core, settings, task, again=again)
        return await _told(core, task)
    finally:
        core.database.close()


def _task_of(tx: Tx, message: StoredMessage) -> Task:
    """The task of a message, made when a server has not come to it yet."""
    from mailwright.agents.employee import AGENT
    from mailwright.agents.employee.gather import open_task
    from mailwright.core import tasks
    from mailwright.storage import assignments

    found = tasks.find(tx, AGENT, message.id)
    if found is not None:
        return found
    serving = assignments.serving(tx, AGENT, message.user_id)
    if serving is None:
        raise NotFound(f"no employee serves the mailbox of message {message.id}")
    return open_task(tx, message, serving.id)


async def _here(core: Core, settings: Settings, task: Task, *, again: bool) -> Task:
    """Run the workflow's steps in this process. Their keys make a repeat by a server a no-op."""
    from mailwright.agents import employee
    from mailwright.core import tasks
    from mailwright.staff import models_of, options_of

    if task.status.is_final and again:
        task = await core.write(lambda tx: tasks.requeue(tx, task.id))
    if not task.status.is_final:
        models = models_of(settings, core)
        employee.configure(core, models, options_of(settings))
        try:
            await employee.answer(task.message_id, task.generation)
        finally:
            await models.close()
        note("The answer waits in the outbox until a server runs.")
    return await core.read(lambda tx: tasks.get(tx, task.id))


async def _let_server(core: Core, settings: Settings, task: Task, *, again: bool, seconds: float) -> Task:
    """Let the running server do it, and wait."""
    import asyncio
    import time

    from mailwright.agents import employee
    from mailwright.core import tasks
    from mailwright.installation import flows_url
    from mailwright.pipeline import Flows

    flows = Flows(core.database, flows_url(settings), executor_id="command-line")
    try:
        if task.status.is_final and again:
            task = await employee.again(core, flows, task.id)
        task_id, end = task.id, time.monotonic() + seconds
        while not task.status.is_final and time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            task = await core.read(lambda tx: tasks.get(tx, task_id))
        return task
    finally:
        await flows.stop()


async def _told(core: Core, task: Task) -> dict[str, Any]:
    return _described(task) | {
        "reply": await reply_of(core, task),
        "events": await core.read(lambda tx: _events(tx, task)),
    }


async def reply_of(core: Core, task: Task) -> dict[str, Any] | None:
    """What a task sent, from the agent's copy in Sent; None when it stayed silent."""
    from mailwright.codecs import mime
    from mailwright.core import messages

    copy = task.result.get("sent_message_id")
    if not copy:
        return None
    message = await core.read(lambda tx: messages.load(tx, copy))
    raw = await core.blobs.read(message.blob_id)
    parsed = mime.parse(raw)
    return {
        "message_id": message.message_id,
        "from": message.headers["from"],
        "to": message.headers["to"],
        "subject": message.subject,
        "in_reply_to": message.headers["in_reply_to"],
        "references": message.headers["references"],
        "auto_submitted": parsed.header.get("Auto-Submitted"),
        "text": mime.body_text(raw, parsed),
    }


def _events(tx: Tx, task: Task) -> list[dict[str, str]]:
    from mailwright.core import tasks

    return [
        {"at": to_iso(event.created_at), "status": event.status.value, "stage": event.stage, "detail": event.detail}
        for event in tasks.history(tx, task.id)
    ]


def _described(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "message_id": task.message_id,
        "thread_id": task.thread_id,
        "status": task.status.value,
        "stage": task.stage,
        "kind": task.kind,
        "attempts": task.attempts,
        "because": task.because,
        "last_error": task.last_error,
        "correspondent": task.correspondent,
        "model": task.result.get("model"),
        "correlation_id": task.correlation_id,
        "created_at": to_iso(task.created_at),
    }
