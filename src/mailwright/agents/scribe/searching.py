"""Searching: what two searches find, and which of the pages are worth reading. The first half of research.

Called by `research`. The monitor is asked before words go to the service; results are kept for a while, each tenant its own.
Promises: the same words are paid for once a day; a search that fails leaves the other one; what was not possible is told in our words.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import unquote, urlsplit

from mailwright.agents.policy.effects import Action, Effect
from mailwright.agents.policy.monitor import Monitor
from mailwright.agents.policy.rules import Grant
from mailwright.agents.policy.words import OwnerWords
from mailwright.agents.scribe import identity_table as table
from mailwright.agents.scribe.names import fold, mentions
from mailwright.agents.scribe.parts import AGENT, parts
from mailwright.agents.scribe.recipient import Known, stems
from mailwright.agents.scribe.stepping import Work
from mailwright.codecs.mailauth.suffixes import organizational
from mailwright.codecs.redaction import Placeholders
from mailwright.domain import clock
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.storage import webcache

RESULTS = 10  # of one search
MAX_WORDS = 300  # characters of a search
MAX_URL = 2_000  # characters
MAX_SHOWN = 20_000  # characters kept of what a service shows of a page
OF_ONE_HOST = 3  # pages
SOME = 2  # pages that are read however unlikely they are
UNLIKELY = 1.0  # what is worth less names nobody of that name, as far as the service shows it


@dataclass(frozen=True, slots=True)
class Result:
    """One page that a search found. `text` is what the service shows of it."""

    title: str
    url: str
    text: str = ""
    author: str = ""
    published: str = ""


def monitor_of(work: Work) -> Monitor:
    """Who is asked before anything is done: for this mail, by its owner's words, to read and nothing else."""
    mail = work.mail
    recognisers = parts().options.recognisers
    return Monitor(
        parts().core,
        tenant_id=mail.tenant_id,
        user_id=mail.user_id,
        task_id=mail.id,
        agent=AGENT,
        grants=(Grant.READ.value,),
        words=OwnerWords.of([mail.interest, *mail.fields.values()], asker=work.owner.email),
        hides=lambda text: Placeholders(recognisers).hide(text) != text,
    )


async def search(work: Work, monitor: Monitor, wanted: Sequence[str]) -> tuple[list[list[Result]], list[str]]:
    """What each search found, and what was not possible. Raises TryLater when none was possible now."""
    if not parts().web.searches:
        return [], ["no service that searches the web is set up"]
    found = await asyncio.gather(*(_search(work, monitor, each) for each in wanted), return_exceptions=True)
    lists: list[list[Result]] = []
    told: list[str] = []
    later: TryLater | None = None
    for each in found:
        if isinstance(each, TryLater):
            later = each
            told.append(f"a search was not possible: {each}")
        elif isinstance(each, Refusal):
            told.append(f"a search was not made: {each}")
        elif isinstance(each, BaseException):
            raise each
        else:
            lists.append(each)
    if later is not None and not lists:
        raise later
    return lists, list(dict.fromkeys(told))


def chosen(known: Known, lists: Sequence[Sequence[Result]], most: int) -> list[Result]:
    """The pages to be read, the most promising first."""
    ranked: dict[str, tuple[float, Result]] = {}
    for found in lists:
        for place, each in enumerate(found):
            key = _plain(each.url)
            if not key or urlsplit(each.url).scheme not in ("http", "https") or len(each.url) > MAX_URL:
                continue
            worth = _worth(known, each) - place / 20
            if key not in ranked or ranked[key][0] < worth:
                ranked[key] = (worth, each)
    out: list[Result] = []
    hosts: dict[str, int] = {}
    for worth, each in sorted(ranked.values(), key=lambda pair: -pair[0]):
        host = (urlsplit(each.url).hostname or "").lower()
        if organizational(host) in table.CLOSED or hosts.get(host, 0) >= OF_ONE_HOST:
            continue
        if worth < UNLIKELY and len(out) >= SOME:
            break
        hosts[host] = hosts.get(host, 0) + 1
        out.append(each)
        if len(out) >= most:
            break
    return out


async def _search(work: Work, monitor: Monitor, words: str) -> list[Result]:
    words = " ".join(words.split())[:MAX_WORDS]
    mail, key = work.mail, f"{RESULTS}|{words}"
    now = clock.now()
    kept = await work.read(lambda tx: webcache.get(tx, mail.tenant_id, "search", key, now))
    if kept is not None:
        return [Result(**each) for each in json.loads(kept)]
    ruling = await monitor.rule(Effect(Action.SEARCH, "web", text=words))
    if not ruling.allowed:
        raise NotSearched(ruling.because)
    found = [
        Result(each.title[:300], each.url, each.text[:MAX_SHOWN], each.author[:200], each.published[:40])
        for each in await parts().web.search(words, RESULTS)
    ]
    content = json.dumps([asdict(each) for each in found], ensure_ascii=False).encode("utf-8", "replace")
    until = clock.now() + parts().core.settings.outreach.cached
    await work.write(lambda tx: webcache.put(tx, mail.tenant_id, "search", key, content, now=now, expires_at=until))
    return found


class NotSearched(Refusal):
    """The monitor said no to the words of a search."""

    code = "not_searched"


def _worth(known: Known, each: Result) -> float:
    """How likely a page is to tell of the recipient, by what is seen of it before it is read."""
    shown = f"{each.title}\n{each.text}"
    named = mentions(known.name, shown)
    host = organizational((urlsplit(each.url).hostname or "").lower())
    place = fold(unquote(each.url))
    worth = 4.0 * any(one.form == "full" for one in named) + 1.0 * any(one.form != "other" for one in named)
    worth += 2.0 * any(part in place for part in known.name.family)
    worth += 4.0 * (bool(known.domain) and host == known.domain)
    worth += 1.5 * any(word in place or word in fold(shown) for each_ in known.organisations for word in each_)
    return worth + min(3, len(known.topics & stems(shown)))


def _plain(url: str) -> str:
    """An address by which pages are told apart."""
    parts_ = urlsplit(url)
    host = (parts_.hostname or "").removeprefix("www.")
    port = f":{parts_.port}" if parts_.port not in (None, 80, 443) else ""
    return f"{host}{port}{parts_.path.rstrip('/')}?{parts_.query}" if host else ""
