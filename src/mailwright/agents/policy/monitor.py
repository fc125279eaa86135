"""The reference monitor: every effect of every run passes here, is denied unless something allows it, and is recorded with its because.

Made by an agent for one task and the person it works for; asked by tools (`rule`) before each effect and by act (`rule_in`) inside
the sending transaction. It stands outside the model: no model sees it, is asked by it, or has a say in it.
Promises: the stop switch, the assignment's grants and the day's count are looked at anew each time; a ruling is a row before the
effect happens; what was allowed before is read from those rows, so a run that begins again after a crash gets nothing twice.
Does not: do what it allows, or keep approvals (`core.approvals`): `ask` means that a person must say yes to the exact thing first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from prometheus_client import Counter

from mailwright.agents.policy import judging
from mailwright.agents.policy.effects import Action, Effect, Ruling
from mailwright.agents.policy.judging import Outside
from mailwright.agents.policy.knowledge import Knowledge, Person, Thing, ThingKind
from mailwright.agents.policy.rules import Grant
from mailwright.agents.policy.words import OwnerWords, host_of
from mailwright.core import Core, grants, stops
from mailwright.domain import clock
from mailwright.domain.envelope import Origin
from mailwright.storage import Tx, effects

SENDS_PER_DAY = 200  # as the setting `agent_sends_per_day`
MAX_RULINGS = 2_000  # of one task: no work needs as many; what was allowed before is looked through each time
LEAVING = (Action.REPLY, Action.SEND, Action.INVITE, Action.SHARE)
"""What counts as a message of the day."""

NEEDED: dict[Action, Grant] = {
    Action.READ: Grant.READ,
    Action.COMPUTE: Grant.READ,
    Action.SEARCH: Grant.READ,
    Action.FETCH: Grant.READ,
    Action.CALL: Grant.READ,
    Action.WRITE: Grant.DRAFT,
    Action.CHANGE: Grant.ORGANISE,
    Action.DELETE: Grant.ORGANISE,
    Action.NOTE: Grant.SEND,
    Action.REPLY: Grant.SEND,
    Action.SEND: Grant.SEND,
    Action.INVITE: Grant.SEND,
    Action.SHARE: Grant.SEND,
    Action.SPEND: Grant.SEND,
}
"""What the assignment must grant for an action to be thought of at all."""

_TOO_MANY = f"this task has wanted {MAX_RULINGS} things already"

rulings_total = Counter(
    "mailwright_rulings_total", "What the reference monitor said to effects", ["agent", "action", "ruling"]
)


class Monitor:
    """Of one run. `user_id` is the person it works for (None: nobody whose identity is proven), `grants` the assignment's.

    `hosts` and `tools` are the installation's allow-lists for pages and for tools of others; `hides` says whether a text holds what a
    model was not to see (secrets, personal data).
    """

    def __init__(
        self,
        core: Core,
        *,
        tenant_id: str,
        user_id: str | None,
        task_id: str | None,
        agent: str,
        grants: Iterable[str],
        words: OwnerWords,
        hosts: Collection[str] = (),
        tools: Collection[str] = (),
        hides: Callable[[str], bool] = lambda text: False,
        sends_per_day: int = SENDS_PER_DAY,
    ) -> None:
        self._core = core
        self._tenant_id = tenant_id
        self._user_id = user_id
        self._task_id = task_id
        self._agent = agent
        self._grants = frozenset(grants)
        self._known = Knowledge(
            words if user_id is not None else replace(words, proven=False, clauses=(), participants={})
        )
        self._outside = Outside(frozenset(hosts), frozenset(tools), hides)
        self._sends_per_day = sends_per_day

    async def rule(self, effect: Effect) -> Ruling:
        """May this be done? The ruling is recorded when this returns."""
        outside = self._outside
        if effect.action in judging.TO_THE_WORLD:
            # Looking for what is hidden takes long: not in a transaction, and not on the loop.
            found = await asyncio.to_thread(outside.hides, judging.told_the_world(effect))
            outside = replace(outside, hides=lambda text: found)
        ruling = await self._core.write(lambda tx: self._rule(tx, effect, outside))
        rulings_total.labels(self._agent, effect.action.value, ruling.verdict).inc()
        return ruling

    def rule_in(self, tx: Tx, effect: Effect) -> Ruling:
        """The same as a part of a transaction: the ruling stands or falls with what it is for."""
        ruling = self._rule(tx, effect, self._outside)
        rulings_total.labels(self._agent, effect.action.value, ruling.verdict).inc()
        return ruling

    def saw(self, text: str, origin: Origin, *, sender: str = "", subject: str = "") -> None:
        """A text was read: by default it is a stranger's and allows nothing. With the proven `sender` of a mail, what it asks for counts
        as far as the owner handed over exactly that."""
        self._known.saw(text, origin, sender=sender, subject=subject)

    def learned(self, *known: Person | Thing) -> None:
        """Facts of rows that are the owner's: people of the directory, things by id and name. Never what a text says."""
        self._known.learn(known)

    def listed(self, kind: ThingKind, things: Iterable[Thing]) -> None:
        """Every thing of a kind that the owner has: what "the largest" and "the newest" mean is settled by the first list."""
        self._known.listed(kind, things)

    def offered(self, *urls: str) -> None:
        """A search returned these addresses: exactly they may be asked for."""
        self._known.offered.update(urls)

    def _rule(self, tx: Tx, effect: Effect, outside: Outside) -> Ruling:
        ruling = self._judged(tx, effect, outside)
        if ruling.because == _TOO_MANY:  # and the table does not grow by it
            return ruling
        effects.add(
            tx,
            tenant_id=self._tenant_id,
            user_id=self._user_id,
            task_id=self._task_id,
            agent=self._agent,
            action=effect.action.value,
            target=judging.told(effect),
            ruling=ruling.verdict,
            because=ruling.because,
        )
        return ruling

    def _judged(self, tx: Tx, effect: Effect, outside: Outside) -> Ruling:
        stopped = stops.engaged(tx, tenant_id=self._tenant_id, user_id=self._user_id)
        if stopped:
            return Ruling("denied", stopped)
        needed = NEEDED.get(effect.action)
        if needed is None or needed.value not in self._grants:
            return Ruling("denied", f"the assignment does not grant {needed.value if needed else effect.action}")
        earlier = effects.of_task(tx, self._task_id, limit=MAX_RULINGS) if self._task_id is not None else []
        if len(earlier) >= MAX_RULINGS:
            return Ruling("denied", _TOO_MANY)
        done = [judging.recalled(row.action, row.target) for row in earlier if row.ruling == "allowed"]
        ruling = judging.judge(effect, self._known, done, self._world(tx, effect, outside))
        if ruling.verdict == "ask":
            ruling = self._granted(tx, effect) or ruling
        if ruling.allowed and effect.action in LEAVING and self._sent_today(tx) >= self._sends_per_day:
            return Ruling("ask", f"agents sent {self._sends_per_day} messages for this person within a day already")
        return ruling

    def _world(self, tx: Tx, effect: Effect, outside: Outside) -> Outside:
        """The hosts of the list, and the one of a page when the person has a standing grant for it."""
        host = host_of(effect.target) if effect.action is Action.FETCH else ""
        if not host or self._user_id is None:
            return outside
        if grants.allows(tx, self._user_id, self._agent, effect.action.value, host) is None:
            return outside
        return replace(outside, hosts={*outside.hosts, host})

    def _granted(self, tx: Tx, effect: Effect) -> Ruling | None:
        """A standing grant for each recipient, or for the thing, says what otherwise a person would be asked. Never for money."""
        if effect.action is Action.SPEND or self._user_id is None:
            return None
        targets = effect.recipients if effect.action in judging.TO_PEOPLE else (effect.target,)
        found = [grants.allows(tx, self._user_id, self._agent, effect.action.value, each) for each in targets]
        if not found or None in found:
            return None
        shown = ", ".join(sorted({each.target for each in found if each is not None}))
        return Ruling("allowed", f"a standing grant for {shown[:200]}")

    def _sent_today(self, tx: Tx) -> int:
        if self._user_id is None:
            return 0
        since = clock.now() - clock.DAY
        return sum(effects.count_since(tx, self._user_id, action.value, since) for action in LEAVING)


__all__ = ["NEEDED", "Monitor", "Person", "Thing"]
