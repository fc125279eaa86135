"""Judging one effect: what the owner's words and what is known allow. Plain code, no I/O: the same facts, the same ruling.

Called by `monitor`, which has looked at the stop switch, the assignment and the day's count before, and records what is said here.
The order: whose words these are, then the rule of the action. What no rule allows is asked or denied.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mailwright.agents.policy.effects import Action, Effect, Ruling
from mailwright.agents.policy.knowledge import Knowledge, Thing
from mailwright.agents.policy.words import OwnerWords, host_of, plain_address
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

MAX_SEARCH = 300  # characters of what a search service is told: a question, and no file
MAX_PATH = 300  # characters of a URL's path that was not given to us as it is
MAX_RECIPIENTS = 20  # of one message or entry; more is asked
MAX_TOLD = 400  # characters of the recipients that are kept with a ruling: what was allowed before is read there again
MAX_TEXT = 100_000
HISTORY = frozenset(["thread.md"])
"""Files of a workspace that only the server writes: what happened in a thread."""

INSIDE = frozenset([Action.READ, Action.WRITE, Action.COMPUTE])
TO_THE_ASKER = frozenset([Action.REPLY, Action.NOTE])
TO_PEOPLE = frozenset([Action.SEND, Action.INVITE, Action.SHARE])
TO_THE_WORLD = frozenset([Action.SEARCH, Action.FETCH, Action.CALL])


@dataclass(frozen=True, slots=True)
class Outside:
    """What the installation allows of the world. `hides` says whether a text holds something that a model was not to see."""

    hosts: Collection[str] = ()
    tools: Collection[str] = ()
    hides: Callable[[str], bool] = lambda text: False


@dataclass(frozen=True, slots=True)
class Done:
    """An effect of the same task that was allowed before."""

    action: str
    target: str
    recipients: frozenset[str] = field(default=frozenset())
    mark: str = ""


def judge(effect: Effect, known: Knowledge, done: Sequence[Done], outside: Outside) -> Ruling:
    """What is to be said to it, the standing grants not yet looked at."""
    words = known.words
    action = effect.action
    if action in INSIDE:
        return _inside(effect)
    if action in TO_THE_ASKER:
        return _to_the_asker(effect, words)
    if not words.proven:
        return _no(f"nothing proves who asks for it, so there is nobody who could allow {_NAMES[action]}")
    if action in TO_THE_WORLD:
        return {Action.SEARCH: _search, Action.FETCH: _fetch, Action.CALL: _call}[action](effect, known, outside)
    if action is Action.SPEND:
        return _ask("money is never spent without a person's yes")
    if action in TO_PEOPLE:
        return _to_people(effect, known, done)
    return _to_things(effect, known)


def told_the_world(effect: Effect) -> str:
    """What somebody outside is told by an effect of TO_THE_WORLD: the text that `Outside.hides` is asked about."""
    if effect.action is Action.CALL:
        return effect.text
    if effect.action is Action.SEARCH:
        return effect.text or effect.target
    try:
        return urlsplit(effect.target.strip()).path
    except ValueError:
        return effect.target


def told(effect: Effect) -> str:
    """An effect as it is recorded: to what, to whom, and a mark of the text; `recalled` reads it again."""
    to = f" > {', '.join(map(_spelled, effect.recipients))}" if effect.recipients else ""
    return f"{_one_line(effect.target)}{to[:MAX_TOLD]}{f' #{_mark(effect)}' if effect.action in TO_PEOPLE else ''}"


def recalled(action: str, told_before: str) -> Done:
    """What `told` wrote."""
    rest, _, mark = told_before.rpartition(" #") if action in TO_PEOPLE else (told_before, "", "")
    target, arrow, recipients = rest.rpartition(" > ")
    return Done(
        action,
        target if arrow else rest,
        frozenset(filter(None, recipients.split(", "))) if arrow else frozenset(),
        mark,
    )


# --- inside, and to the asker ------------------------------------------------------------------------------------------------


def _inside(effect: Effect) -> Ruling:
    if effect.action is Action.WRITE:
        path = effect.target.replace("\\", "/")
        if path.startswith("/") or "\x00" in path or ".." in path.split("/"):
            return _no("that path leads out of the workspace")
        if path.rpartition("/")[2].lower() in HISTORY:
            return _no("the history of a thread is written by the server alone")
    return _yes("it stays in the run's own workspace")


def _to_the_asker(effect: Effect, words: OwnerWords) -> Ruling:
    recipients = {_spelled(each) for each in effect.recipients}
    if words.asker and recipients == {words.asker}:
        return _yes("it goes to the one who asked, and to nobody else")
    return _no("a reply goes to the one who asked, and to nobody else")


# --- to people ---------------------------------------------------------------------------------------------------------------


def _to_people(effect: Effect, known: Knowledge, done: Sequence[Done]) -> Ruling:
    action, words = effect.action, known.words
    recipients = {_spelled(each) for each in effect.recipients}
    if action is Action.INVITE:
        recipients.discard(words.asker)  # it is the owner's own calendar
    if len(effect.recipients) > MAX_RECIPIENTS or len(", ".join(recipients)) > MAX_TOLD - 10:
        return _ask(f"it reaches more than {MAX_RECIPIENTS} people at once")
    if not recipients and action is not Action.INVITE:
        return _no("it names nobody who would get it")
    whom = _allowed_people(action, known)
    if not words.asks(action) and not recipients <= set(whom):
        return _ask(f"the owner's words do not ask for {_NAMES[action]}")
    unnamed = sorted(recipients - set(whom))
    if unnamed:
        return _ask(f"the owner's words do not name {', '.join(unnamed)[:200]}")
    if action is Action.SEND:
        return _send(effect, recipients, whom, known, done)
    if action is Action.SHARE:
        return _share(effect, recipients, whom, known)
    return _invite(effect, recipients, known, done)


def _allowed_people(action: Action, known: Knowledge) -> dict[str, str]:
    """Address → why. Who wrote a mail that the owner handed over may be written to when that mail asks for it, and nobody else by it."""
    found = known.people_named(action)
    if action is Action.SEND:
        for sender, asked in known.handed_over:
            if any(clause.oneself for clause in asked.about(action)):
                found.setdefault(sender, "the owner handed over what their mail asks for")
    return found


def _send(effect: Effect, recipients: set[str], whom: dict[str, str], known: Knowledge, done: Sequence[Done]) -> Ruling:
    mark = _mark(effect)
    for before in done:
        if before.action == Action.SEND and before.mark != mark and recipients & before.recipients:
            again = ", ".join(sorted(recipients & before.recipients))
            return _ask(f"{again[:200]} was written to once already in this task")
    if recipients - {known.words.asker}:
        links = [link for link in _links(f"{effect.target}\n{effect.text}") if not _is_given(link, known)]
        if links:
            return _ask(f"it carries a link that the owner did not give: {links[0][:100]}")
    return _yes("; ".join(sorted({whom[each] for each in recipients}))[:400])


def _share(effect: Effect, recipients: set[str], whom: dict[str, str], known: Knowledge) -> Ruling:
    thing = known.is_named(Action.SHARE, effect.target)
    if thing is None:
        return _ask("the owner's words do not name what is to be shared")
    return _yes(
        f"the owner asks to share {_title(thing)}; {'; '.join(sorted({whom[each] for each in recipients}))}"[:400]
    )


def _invite(effect: Effect, recipients: set[str], known: Knowledge, done: Sequence[Done]) -> Ruling:
    if not known.words.asks(Action.INVITE):
        return _ask("the owner's words do not ask for an entry in the calendar")
    existing = known.things.get(("event", effect.target))
    if existing is not None and not existing.made_now:
        if known.is_named(Action.INVITE, effect.target) is None:
            return _ask("the owner's words do not name that entry")
        return _yes(f"the owner asks for it, and names {_title(existing)} and whom to invite")
    others = {(each.target, each.mark) for each in done if each.action == Action.INVITE}
    if (_one_line(effect.target), _mark(effect)) not in others and len(others) >= known.words.events_asked():
        return _ask("the owner asked for no further entry")
    return _yes(
        "the owner asks for the entry"
        + (", and names whom to invite" if recipients else ", which nobody else is told of")
    )


# --- to things of the owner's ------------------------------------------------------------------------------------------------


def _to_things(effect: Effect, known: Knowledge) -> Ruling:
    action = effect.action
    own = next((each for (_, id_), each in known.things.items() if effect.target in (id_, *each.names)), None)
    if own is not None and own.made_now and action is Action.CHANGE:
        return _yes("this run made it")
    if known.words.asks(action):
        thing = known.is_named(action, effect.target)
        if thing is not None:
            outsiders = {_spelled(each) for each in effect.recipients} - {plain_address(each) for each in thing.people}
            outsiders -= {known.words.asker, *known.people_named(action)}
            if not outsiders:
                return _yes(f"the owner asks for it, and names {_title(thing)}")
            return _ask(f"it would reach {', '.join(sorted(outsiders))[:200]}, whom the owner's words do not name")
    if action is Action.CHANGE and own is not None and not effect.recipients:
        for sender, asked in known.handed_over:
            if asked.asks(action) and _names_it(asked, action, own):
                return _yes(f"the owner handed over what the mail of {sender} asks for, and it names {_title(own)}")
    if not known.words.asks(action):
        return _ask(f"the owner's words do not ask for {_NAMES[action]}")
    return _ask(f"the owner's words do not name what {_NAMES[action]} is asked for")


def _names_it(words: OwnerWords, action: Action, thing: Thing) -> bool:
    return any(clause.mentions(name) for clause in words.about(action) for name in thing.names)


def _title(thing: Thing) -> str:
    return _one_line(thing.names[0] if thing.names else thing.id)[:100]


# --- to the world ------------------------------------------------------------------------------------------------------------


def _search(effect: Effect, known: Knowledge, outside: Outside) -> Ruling:
    text = told_the_world(effect)
    if len(text) > MAX_SEARCH:
        return _no(f"a search has at most {MAX_SEARCH} characters")
    if _LONG_WORD.search(text):
        return _no("a search is made of words")
    if "@" in text or outside.hides(text):
        return _no("a search service is not told addresses, secrets or personal data")
    return _yes("a few words go to the search service")


def _fetch(effect: Effect, known: Knowledge, outside: Outside) -> Ruling:
    url = effect.target.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _no("that is no address of a page")
    host = host_of(url)
    if parts.scheme not in ("http", "https") or not host or any(c.isspace() or ord(c) < 33 for c in url):
        return _no("that is no address of a page")
    if url in known.offered:
        return _yes("a search returned exactly this address")
    if url in known.words.urls:
        return _yes("the owner's words give exactly this address")
    # Who gives a page has not given its site: a page that asks for others below it could be told anything by their names.
    named, listed = _covers(known.words.sites, host), _covers(outside.hosts, host)
    if not named and not listed:
        return _no(f"nobody named {host[:100]}: not the owner, not a search, not the list of allowed hosts")
    if parts.username is not None or parts.password is not None or port not in (None, 80, 443):
        return _no("an address with a name, a password or a port of its own must be given as it is")
    if parts.query or parts.fragment:
        return _no("an address that a model put together carries no question: it could carry data")
    if len(parts.path) > MAX_PATH or _LONG_WORD.search(parts.path) or outside.hides(parts.path):
        return _no("the path of an address that a model put together is too long, or holds data")
    return _yes(f"{'the owner names' if named else 'the list of allowed hosts has'} {host[:100]}")


def _call(effect: Effect, known: Knowledge, outside: Outside) -> Ruling:
    if effect.target not in outside.tools:
        return _no("that tool is not among those the installation allows")
    if outside.hides(effect.text):
        return _ask("it would be told secrets or personal data")
    return _yes("the installation allows this tool")


def _covers(hosts: Collection[str], host: str) -> bool:
    """`example.org` covers itself and www.example.org; `*.example.org` everything below it."""
    return any(
        host == each or host == f"www.{each}" or (each.startswith("*.") and host.endswith(each[1:])) for each in hosts
    )


# --- links, words ------------------------------------------------------------------------------------------------------------

_LINK = re.compile(
    r"(?:https?|ftp):[/\\]{1,4}[^\s<>\"'”“)\]]{1,2000}|(?<![\w@.-])www\.[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}[^\s<>\"')\]]{0,500}"
    # What mail programs make a link of, too: a host with a path.
    r"|(?<![\w@./\\-])(?:[/\\]{2})?(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}(?::\d{1,5})?[/\\][^\s<>\"')\]]{1,500}",
    re.IGNORECASE,
)
_LONG_WORD = re.compile(r"[^\s/]{65,}")  # longer than any word: something encoded


def _links(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text[:MAX_TEXT])[: 2 * MAX_TEXT]  # as programs read it: ： is a colon to some
    return [found[0].rstrip(".,;:!?") for found in _LINK.finditer(text)]


def _is_given(link: str, known: Knowledge) -> bool:
    host = host_of(link if "://" in link else f"http://{link}")
    return link in known.words.urls or link in known.offered or _covers(known.words.hosts, host)


def _mark(effect: Effect) -> str:
    """Tells one text from another: the same effect again, after a restart, is no second one."""
    return hashlib.sha256("\x00".join((_one_line(effect.target), effect.text)).encode("utf-8", "replace")).hexdigest()[
        :10
    ]


def _spelled(address: str) -> str:
    """A recipient as it is compared. Exactly one address, and nothing beside it: of a list, a program might read another one of them
    than we do. What is none is in nobody's words."""
    try:
        return str(Address.parse(address)).lower()
    except BadAddress:
        return f"? {_one_line(address).replace(',', ' ')}"


def _one_line(text: str) -> str:
    return (
        " ".join("".join(c if c.isprintable() else " " for c in text[:300]).split())
        .replace(" > ", " ")
        .replace(" #", " ")[:80]
    )


def _yes(because: str) -> Ruling:
    return Ruling("allowed", because)


def _ask(because: str) -> Ruling:
    return Ruling("ask", because)


def _no(because: str) -> Ruling:
    return Ruling("denied", because)


_NAMES = {
    Action.SEND: "a message to others",
    Action.INVITE: "an invitation",
    Action.SHARE: "sharing",
    Action.CHANGE: "a change",
    Action.DELETE: "a deletion",
    Action.SEARCH: "a search",
    Action.FETCH: "a page",
    Action.CALL: "a tool of somebody else's",
    Action.SPEND: "money",
}
