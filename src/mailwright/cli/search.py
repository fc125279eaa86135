"""`mailwright search`: look for mail, make the index anew, and see how it does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mailwright.cli.installation import DataOption, JsonOption, check_exists, is_served, opened, settings_of
from mailwright.cli.terminal import answer, fail, group, note, say
from mailwright.domain.refusals import NotFound

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.core.reindexing import Progress
    from mailwright.core.search import Order, Result, Results
    from mailwright.settings import Settings
    from mailwright.storage.search import KeptIndex

R = TypeVar("R")

commands = group("search", "Look for mail; make the search index anew.")

TOLD_SECONDS = 15.0  # a server looks for requests every second, unless it reads attachments
TAKEN_UP_SECONDS = 150.0  # longer than the claim of a server that was killed holds, and than most attachments take
LOOK_SECONDS = 0.2
STEPS = 10  # lines of progress where no terminal can draw a bar


@commands.command("query")
def query(
    email: Annotated[str, typer.Argument(help="Who asks: only mail they may read is found.")],
    words: Annotated[list[str], typer.Argument(help="What to look for, like: budget from:bashir after:2026-05")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 20,
    cursor: Annotated[str, typer.Option(help="The page behind another: its `next`.")] = "",
    newest: Annotated[bool, typer.Option("--newest", help="The newest first, not the best.")] = False,
    json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Look for mail as its owner would."""
    settings = settings_of(data)
    check_exists(settings)
    with opened(data) as core:
        found = _run(_query(core, settings, email, " ".join(words), limit, cursor, "newest" if newest else "relevance"))
    if json or not sys.stdout.isatty():
        answer(_as_json(found))
    else:
        _show(found)


@commands.command("reindex")
def reindex(
    user: Annotated[
        str, typer.Option(metavar="EMAIL", help="Only this person's mail, into the index that is there.")
    ] = "",
    json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Make the index anew while the old one goes on answering. A server that runs does it; else this command does."""
    settings = settings_of(data)
    check_exists(settings)
    tell = _teller()
    with opened(data) as core:
        user_id = _user_id(core, user) if user else None
        index = _index(settings, core)
        if is_served(settings):
            done = _by_server(index, user_id, tell)
        else:
            done = _run(_by_us(core, settings, index, user_id, tell))
    if json:
        answer({"messages": done.done, "missing": done.missing})
    else:
        note(f"{done.done} messages are in the index" + (f", {done.missing} could not be read" if done.missing else ""))


@commands.command("status")
def status(json: JsonOption = False, data: DataOption = None) -> None:
    """How much is in the index, how far it is behind, and what it does not have."""
    settings = settings_of(data)
    check_exists(settings)
    with opened(data) as core:
        found = _status(core, _index(settings, core))
    if json:
        answer(found)
        return
    state = "ready" if found["ready"] else "not there: a server makes it by itself, `mailwright search reindex` at once"
    say(f"The index is {state}.")
    say(
        f"{found['documents']} of {found['messages']} messages, {found['bytes'] // 1024} KiB, {found['behind']} changes behind."
    )
    for each in found["missing"]:
        say(f"Not in it: {each['message_id']}, since {each['because']}")
    if found["rebuild"] and found["rebuild"]["state"] != "done":
        rebuild = found["rebuild"]
        say(f"A rebuild is {rebuild['state']}: {rebuild['done']} of {rebuild['total']}. {rebuild['error']}".rstrip())


def _run(work: Coroutine[Any, Any, R]) -> R:
    """Run it to its end; `--help` need not wait for the library."""
    import asyncio

    return asyncio.run(work)


async def _query(
    core: Core, settings: Settings, email: str, text: str, limit: int, cursor: str, order: Order
) -> Results:
    from mailwright.core import accounts
    from mailwright.core.search import search

    account = await core.read(lambda tx: accounts.find(tx, email))
    return await search(core, _index(settings, core), account, text, limit=limit, cursor=cursor or None, order=order)


def _index(settings: Settings, core: Core) -> KeptIndex:
    from mailwright.installation import index_of

    return index_of(settings, core.database)


def _user_id(core: Core, email: str) -> str:
    from mailwright.core import accounts

    return core.database.read_now(lambda tx: accounts.find(tx, email)).id


def _as_json(found: Results) -> dict[str, Any]:
    return {
        "total": found.total,
        "exact": found.exact,
        "complete": found.complete,
        "next": found.next,
        "problems": list(found.problems),
        "results": [_result_json(each) for each in found.results],
    }


def _result_json(one: Result) -> dict[str, Any]:
    from mailwright.domain.clock import to_iso

    return {
        "message_id": one.message_id,
        "mailbox": one.mailbox,
        "uid": one.uid,
        "thread_id": one.thread_id,
        "subject": one.subject,
        "from": {"name": one.sender[0], "address": one.sender[1]},
        "received_at": to_iso(one.received_at),
        "size": one.size,
        "has_attachments": one.has_attachments,
        "snippet": {"text": one.snippet.text, "marks": [list(mark) for mark in one.snippet.marks]},
        "score": one.score,
        "in_thread": one.in_thread,
    }


def _show(found: Results) -> None:
    """For a terminal: subject, sender and day, and the stretch that was found with its words in bold."""
    from rich.console import Console
    from rich.text import Text

    from mailwright.domain.clock import to_datetime

    console = Console()
    for problem in found.problems:
        note(problem)
    if not found.complete:
        note("there is no index yet: only the headers of the newest messages were looked through")
    for one in found.results:
        head = Text(_harmless(one.subject) or "(no subject)", style="bold")
        head.append(f"  {_harmless(one.sender[0] or one.sender[1])}", style="cyan")
        head.append(f"  {to_datetime(one.received_at):%Y-%m-%d}  {_harmless(one.mailbox)}", style="dim")
        console.print(head)
        text = Text("  " + _harmless(one.snippet.text))
        for start, end in one.snippet.marks:
            text.stylize("bold yellow", start + 2, end + 2)
        console.print(text)
    note(
        f"{'' if found.exact else 'about '}{found.total} found"
        + (f"; more: --cursor {found.next}" if found.next else "")
    )


def _harmless(text: str) -> str:
    """What came by mail may hold control characters; one for one, so that the marks stay in their places."""
    return "".join(c if c.isprintable() else " " for c in text)


# --- rebuilding -----------------------------------------------------------------------------------------------------


def _by_server(index: KeptIndex, user_id: str | None, tell: Callable[[Progress], None]) -> Progress:
    """Ask the server, and watch."""
    from mailwright.core.reindexing import ask, progress_of, withdraw

    request = ask(index, user_id)
    told_at, given_up = time.monotonic() + TOLD_SECONDS, time.monotonic() + TAKEN_UP_SECONDS
    while True:
        progress = progress_of(index)
        if progress is not None and progress.id == request:
            tell(progress)
            if progress.state == "done":
                return progress
            if progress.state == "failed":
                fail(f"the index could not be made: {progress.error}; the server tries again")
        elif time.monotonic() > given_up:
            withdraw(index, request)
            fail("no server with the role worker has begun it")
        elif time.monotonic() > told_at:
            told_at = given_up
            note(
                "no server has begun yet: one reads attachments, or one was killed a moment ago and another follows it; waiting"
            )
        time.sleep(LOOK_SECONDS)


async def _by_us(
    core: Core, settings: Settings, index: KeptIndex, user_id: str | None, tell: Callable[[Progress], None]
) -> Progress:
    import asyncio

    from mailwright.core.attachmenttext import AttachmentReader
    from mailwright.core.believing import is_believed
    from mailwright.core.extraction import Extractor
    from mailwright.core.reindexing import Progress, rebuild, refresh
    from mailwright.domain.ids import new_id

    progress = Progress(new_id())

    async def told(now: Progress) -> None:
        tell(now)

    if user_id is None:
        await rebuild(core, index, progress, told, gentle=False)
    elif await is_believed(core, index):
        await refresh(core, index, user_id, progress, told)
    else:
        raise NotFound("there is no index yet; make it without --user")
    progress.state = "done"
    tell(progress)
    extractor = Extractor(ocr=settings.search_ocr_languages if settings.search_ocr else None)
    try:
        reader = AttachmentReader(core, index, extractor)
        while await reader.catch_up():
            pass
    finally:
        await extractor.close()
        await asyncio.to_thread(index.close)
    return progress


def _teller() -> Callable[[Progress], None]:
    """Progress on standard error: a line that is written over on a terminal, else a line now and then."""
    last = -1

    def tell(progress: Progress) -> None:
        nonlocal last
        share = progress.done * 100 // max(progress.total, 1)
        if sys.stderr.isatty():
            typer.echo(
                f"\r{progress.done} of {progress.total} messages ({share} %)", err=True, nl=progress.state == "done"
            )
        elif share // STEPS != last:
            last = share // STEPS
            note(f"{progress.done} of {progress.total} messages")

    return tell


def _status(core: Core, index: KeptIndex) -> dict[str, Any]:
    from dataclasses import asdict

    from mailwright.core.administration import condition

    found = _run(condition.index(core, index))
    return {
        "ready": found.ready,
        "documents": found.documents,
        "messages": found.messages,
        "bytes": found.octets,
        "behind": found.behind,
        "missing": [{"message_id": one, "because": because} for one, because, _ in found.examples],
        "rebuild": None if found.rebuild is None else asdict(found.rebuild),
    }
