"""What a run has learned, and from where: people of the owner's own directory, things of the owner's own, pages a search returned.

Filled through the monitor by tools, as they read; asked by `judging`. Only facts of rows are learned here (an address book, the
participants of an entry, the sender and the name of a thing), never what stands in a text: a mail that says it is from Bashir, or
that Bashir has a new address, teaches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mailwright.agents.policy import words_table as table
from mailwright.agents.policy.effects import Action
from mailwright.agents.policy.words import Clause, Delegation, OwnerWords, plain_address, spelled
from mailwright.domain.envelope import Origin

ThingKind: TypeAlias = Literal["file", "event", "message"]
MAX_KNOWN = 5_000  # people, and things: a run that has seen more goes on without learning
MIN_NAME = 2  # letters of a name that may stand for somebody


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the owner's directory: a contact, a colleague, one whom the owner has written to, who takes part in the owner's own
    appointment. `name` is the directory's, and may be empty: the address then says it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the owner's: `id` is an effect's target for it, and unlike any other's ("file:13"; a path). `people` are those with whom the owner has it in common (the
    participants of an entry, whom a file is shared with), `size` and `at` what "the largest" and "the newest" go by."""

    kind: ThingKind
    id: str
    names: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    size: int | None = None
    at: int | None = None
    dates: tuple[str, ...] = ()  # as the owner may write them, to tell two of one name apart
    made_now: bool = False  # by this run


@dataclass
class Knowledge:
    """Of one run."""

    words: OwnerWords
    people: dict[str, set[str]] = field(default_factory=dict)  # address → its names
    things: dict[tuple[str, str], Thing] = field(default_factory=dict)
    chosen: dict[str, tuple[str, str]] = field(default_factory=dict)  # "the largest file" → which that was
    offered: set[str] = field(default_factory=set)  # URLs exactly as a search returned them
    handed_over: list[tuple[str, OwnerWords]] = field(default_factory=list)  # by whom, and what the mail asks for

    def learn(self, known: Iterable[Person | Thing]) -> None:
        """Note facts of rows."""
        for each in known:
            if isinstance(each, Thing):
                if len(self.things) < MAX_KNOWN:
                    self.things[each.kind, each.id] = each
            elif len(self.people) < MAX_KNOWN and (address := plain_address(each.address)):
                self.people.setdefault(address, set()).update(_names(each.name, address))

    def listed(self, kind: ThingKind, things: Iterable[Thing]) -> None:
        """A complete list of a kind. What the owner's "the largest", "the newest" means is settled now, once: after a deletion the next
        one is not "the largest" any more."""
        all_of_them = list(things)
        self.learn(all_of_them)
        for word, order in table.SUPERLATIVES.items():
            key = f"{word} {kind}"
            by = [(getattr(each, order[1:]), each) for each in all_of_them]
            if not by or key in self.chosen or any(value is None for value, _ in by):
                continue
            ends = (max if order[0] == "-" else min)(value for value, _ in by)
            found = [each for value, each in by if value == ends]
            if len(found) == 1:
                self.chosen[key] = (kind, found[0].id)

    def saw(self, text: str, origin: Origin, *, sender: str = "", subject: str = "") -> None:
        """A text was read. It names nothing and asks for nothing, unless the owner handed over what exactly this mail asks for and who
        wrote it is proven."""
        written_by = plain_address(sender)
        if origin is Origin.STRANGER or not written_by:
            return
        if any(_is_meant(each, written_by, subject) for each in self.words.delegations):
            self.handed_over.append((written_by, OwnerWords.of([text], asker=written_by)))

    def things_named(self, action: Action) -> list[Thing]:
        """The things that the owner's words name for an action, each by its id, by its name, or by being the largest."""
        found = [each for clause in self.words.about(action) for each in self._in_clause(clause)]
        return list({(each.kind, each.id): each for each in found}.values())

    def is_named(self, action: Action, target: str) -> Thing | None:
        """The thing that `target` (an id or a name) stands for, when the owner's words name it for the action."""
        for each in self.things_named(action):
            if target == each.id or (target and target in each.names):
                return each
        return self._begins_with(target) if action is Action.CHANGE else None

    def _begins_with(self, target: str) -> Thing | None:
        """The thing of that id when the owner says the beginning of its name, in two words or more ("the grocery list"), and no other
        known thing has it: good enough for a change, after which the former version is still there."""
        clauses = self.words.about(Action.CHANGE)

        def said(thing: Thing) -> bool:
            return any(
                clause.mentions(" ".join(spelled(name)[:2]))
                for name in thing.names
                if len(spelled(_stem(name))) > 2
                for clause in clauses
            )

        wanted = next((each for each in self.things.values() if each.id == target), None)
        if wanted is None or not said(wanted):
            return None
        return wanted if all(each is wanted or not said(each) for each in self.things.values()) else None

    def people_named(self, action: Action) -> dict[str, str]:
        """Address → why: everybody whom the owner's words name for an action."""
        words, found = self.words, {}
        for clause in words.about(action, people=True):
            found.update(dict.fromkeys(clause.addresses, "the owner's words name the address"))
            named = self._called(clause)
            found.update({address: f"the owner's words name {name}" for address, name in named.items()})
            if clause.oneself and action in clause.actions and words.asker:
                found.setdefault(words.asker, "the owner asks for it to be sent to them")
            if clause.everybody:
                things = [each for each in self._in_clause(clause) if each.people]
                if not things and action in clause.actions:
                    found.update(dict.fromkeys(words.participants, "the owner means everybody of the thread"))
                for each in things:
                    why = f"the owner means everybody of {each.names[0] if each.names else each.id}"
                    found.update({plain_address(person): why for person in each.people})
        found.pop("", None)
        return found

    def _called(self, clause: Clause) -> dict[str, str]:
        """Those whom a sentence calls by name, when only one of all known people has that name."""
        known = {address: set(names) for address, names in self.people.items()}
        for address, name in self.words.participants.items():
            known.setdefault(address, set()).update(_names(name, address))
        whole: dict[str, set[str]] = {}
        first: dict[str, set[str]] = {}
        for address, names in known.items():
            for name in names:
                parts = spelled(name)
                if len(parts) > 1 and clause.mentions(name):
                    whole.setdefault(" ".join(parts), set()).add(address)
                if parts and len(parts[0]) >= MIN_NAME and clause.calls(parts[0]):
                    first.setdefault(parts[0], set()).add(address)
        found = {next(iter(who)): name for name, who in whole.items() if len(who) == 1}
        spoken_for = {part for name in whole for part in name.split()}
        for name, who in first.items():
            if len(who) == 1 and name not in spoken_for:
                found.setdefault(next(iter(who)), name)
        return found

    def _in_clause(self, clause: Clause) -> list[Thing]:
        found, named = [], []
        for each in self.things.values():
            if clause.has_id(each.id, each.kind):
                found.append(each)
            else:
                length = max(
                    (len(spelled(_stem(name))) for name in each.names if _is_mentioned(clause, name)), default=0
                )
                if length:
                    named.append((length, each))
        for key, chosen in self.chosen.items():
            word, kind = key.split(" ")
            if any(
                clause.words[at] == word and _kind_follows(clause.words[at + 1 : at + 4], kind)
                for at in range(len(clause.words))
            ):
                found.append(self.things[chosen])
        return found + _unmistakable(clause, named)


def _unmistakable(clause: Clause, named: list[tuple[int, Thing]]) -> list[Thing]:
    """Of things of one name the one whose date is said; of several that stay, none. A longer name hides a shorter one within it."""
    out = []
    for length, each in named:
        mine = {spelled(_stem(name)) for name in each.names if _is_mentioned(clause, name)}
        rivals = [
            other
            for other_length, other in named
            if other is not each
            and other.kind == each.kind
            and (
                (other_length == length and mine & {spelled(_stem(name)) for name in other.names})
                or (
                    other_length > length
                    and any(_within(short, spelled(_stem(name))) for short in mine for name in other.names)
                )
            )
        ]
        if not rivals or (_dated(clause, each) and not any(_dated(clause, other) for other in rivals)):
            out.append(each)
    return out


def _dated(clause: Clause, thing: Thing) -> bool:
    return any(clause.mentions(date) for date in thing.dates)


def _within(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    return any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _is_mentioned(clause: Clause, name: str) -> bool:
    return len("".join(spelled(_stem(name)))) >= MIN_NAME and (clause.mentions(name) or clause.mentions(_stem(name)))


def _stem(name: str) -> str:
    """A file's name without its folder and its ending."""
    return re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name.rpartition("/")[2]) or name


def _kind_follows(words: tuple[str, ...], kind: str) -> bool:
    return any(table.KINDS_OF_THINGS.get(word) == kind for word in words)


def _names(name: str, address: str) -> set[str]:
    local = address.partition("@")[0]
    return {each for each in (name, re.sub(r"[._+-]+", " ", local)) if any(c.isalpha() for c in each)}


def _is_meant(delegation: Delegation, sender: str, subject: str) -> bool:
    return delegation.sender == sender and (
        not delegation.subject
        or spelled(delegation.subject)
        == spelled(re.sub(r"^(?:\s*(?:re|fwd?|aw|wg)\s*:)+", "", subject, flags=re.IGNORECASE))
    )
