"""Pages: fetched politely, read in a process of their own, kept for a while. The second half of what research looks at.

Called by `research`. The monitor is asked for each page: exactly what a search returned may be fetched.
Promises: all pages are fetched at once and none is waited for longer than SECONDS; a page that fails costs only itself, and its outcome
is told. What a service shows of a page that cannot be had now is taken in its place, when it is long enough; never of one that does not
want to be read.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import structlog
from prometheus_client import Counter

from mailwright.agents.attempts import frames_of
from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.policy.monitor import Monitor
from mailwright.agents.scribe.parts import parts
from mailwright.agents.scribe.results import Read
from mailwright.agents.scribe.searching import Result
from mailwright.agents.scribe.stepping import Work
from mailwright.core.pagetext import MAX_TEXT, seen
from mailwright.domain import clock
from mailwright.domain.refusals import NotPermitted, Refusal
from mailwright.storage import webcache

log = structlog.get_logger(__name__)

SECONDS = 12.0  # for all pages of a mail together: somebody is watching
SHOWN_ENOUGH = 200  # characters of what a service shows, to be taken for the page

pages_total = Counter(
    "mailwright_scribe_pages_total", "Pages the scribe wanted to read, by what became of them.", ["outcome"]
)


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page as text. `wanted` is the address that a search returned, `url` where it was found in the end."""

    wanted: str
    url: str
    title: str
    text: str
    author: str = ""
    site: str = ""
    published: str = ""


async def read_all(work: Work, monitor: Monitor, wanted: Sequence[Result]) -> tuple[list[ReadPage], list[Read]]:
    """The pages that could be read, in their order, and what became of each."""
    if not wanted:
        return [], []
    monitor.offered(*(each.url for each in wanted))
    rulings = await work.write(lambda tx: [monitor.rule_in(tx, Effect(Action.FETCH, each.url)) for each in wanted])
    tasks = [
        asyncio.ensure_future(_read(work, each) if ruling.allowed else _refused(each, ruling.because))
        for each, ruling in zip(wanted, rulings, strict=True)
    ]
    try:
        await asyncio.wait(tasks, timeout=SECONDS)
    finally:
        for task in tasks:
            task.cancel()
    pages: list[ReadPage] = []
    outcomes: list[Read] = []
    for each, task in zip(wanted, tasks, strict=True):
        if not task.done() or task.cancelled():
            page, told = None, Read(url=each.url, outcome="failed", because="it takes too long")
        else:
            page, told = task.result()
        if page is None and told.outcome in ("failed", "too-large"):
            page = _as_shown(each)
            told = told if page is None else told.model_copy(update={"because": f"{told.because}; {AS_SHOWN}"[:300]})
        if page is not None and any(page.url == other.url or page.text == other.text for other in pages):
            page, told = None, Read(url=each.url, outcome=told.outcome, because="it is the same page as another")
        pages_total.labels(told.outcome).inc()
        outcomes.append(told)
        pages += [page] if page is not None else []
    return pages, outcomes


AS_SHOWN = "read as the search service shows it"


async def _refused(wanted: Result, because: str) -> tuple[ReadPage | None, Read]:
    return None, Read(url=wanted.url, outcome="refused", because=because)


async def _read(work: Work, wanted: Result) -> tuple[ReadPage | None, Read]:
    tenant, now = work.mail.tenant_id, clock.now()
    kept = await work.read(lambda tx: webcache.get(tx, tenant, "page", wanted.url, now))
    if kept is not None:
        return ReadPage(**json.loads(kept)), Read(url=wanted.url, outcome="cached")
    try:
        page, because = await _fetched(wanted)
    except NotPermitted as refusal:
        return None, Read(url=wanted.url, outcome="refused", because=str(refusal)[:300])
    except Refusal as refusal:
        outcome = "too-large" if "larger" in str(refusal) else "failed"
        return None, Read(url=wanted.url, outcome=outcome, because=str(refusal)[:300])
    except Exception as error:  # whatever a page sets off: it costs that page, and what the error says is not told
        log.warning("scribe.page_failed", error=type(error).__name__, where=frames_of(error).splitlines()[-3:])
        return None, Read(url=wanted.url, outcome="failed", because="it cannot be read")
    if page is None:
        return None, Read(url=wanted.url, outcome="too-large" if "larger" in because else "failed", because=because)
    content = json.dumps(asdict(page), ensure_ascii=False).encode("utf-8", "replace")
    until = now + parts().core.settings.outreach.cached
    await work.write(lambda tx: webcache.put(tx, tenant, "page", wanted.url, content, now=now, expires_at=until))
    return page, Read(url=wanted.url, outcome="read", because=because)


async def _fetched(wanted: Result) -> tuple[ReadPage | None, str]:
    """Raises Refusal."""
    got = await parts().web.fetch(wanted.url)
    found = await parts().reader.read(got.content, got.media_type, got.charset, url=got.url)
    if not found.text:
        return None, found.because or "there is no text on it"
    page = ReadPage(
        wanted.url,
        got.url,
        found.title or wanted.title,
        found.text,
        found.author or wanted.author,
        found.site,
        found.published or _day(wanted.published),
    )
    return page, found.because


def _as_shown(wanted: Result) -> ReadPage | None:
    text = seen(wanted.text)[:MAX_TEXT]
    if len(text) < SHOWN_ENOUGH:
        return None
    return ReadPage(wanted.url, wanted.url, wanted.title, text, wanted.author, "", _day(wanted.published))


def _day(written: str) -> str:
    return written[:10] if written[:4].isdigit() else ""
