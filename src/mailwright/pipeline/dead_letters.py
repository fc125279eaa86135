"""Dead letters: look at what was given up, and offer it again.

Called by the command line (`mailwright dlq list|show|replay|resolve`) and the administrators' pages.
Events and workflows are replayed here; core adds its own (`replayers["outbox"]`), because what may leave is its to decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from mailwright.domain.refusals import BadInput
from mailwright.pipeline.flows import Flows
from mailwright.storage import dead_letters, events
from mailwright.storage.database import Database, Tx
from mailwright.storage.dead_letters import DeadLetter

Replayer: TypeAlias = Callable[[DeadLetter], Awaitable[None]]


class DeadLetters:
    """The dead letters of one installation. `replayers` maps a source to what offers its letters again."""

    def __init__(self, database: Database, flows: Flows) -> None:
        self._database = database
        self._flows = flows
        self.replayers: dict[str, Replayer] = {"event": self._replay_event, "workflow": self._replay_workflow}

    async def list(self, *, source: str | None = None, replayed: bool = False, limit: int = 100) -> list[DeadLetter]:
        """The newest letters. Raises TryLater."""
        return await self._database.read(
            lambda tx: dead_letters.newest(tx, source=source, replayed=replayed, limit=limit)
        )

    async def show(self, letter_id: str) -> DeadLetter:
        """One letter. Raises NotFound, TryLater."""
        return await self._database.read(lambda tx: dead_letters.find(tx, letter_id))

    async def replay(self, letter_id: str, *, along: Callable[[Tx], None] | None = None) -> DeadLetter:
        """Offer it again: the letter as it stands after. `along` runs in the transaction that marks it.

        Raises NotFound, BadInput when it was replayed or resolved already, TryLater.
        """
        letter = await self.show(letter_id)
        _check_open(letter)
        replayer = self.replayers.get(letter.source)
        if replayer is None:
            raise BadInput(f"nobody here knows how to replay a letter of {letter.source}")
        await replayer(letter)

        def mark(tx: Tx) -> None:
            dead_letters.mark_replayed(tx, letter_id)
            if along is not None:
                along(tx)

        await self._database.write(mark)
        return await self.show(letter_id)

    async def resolve(self, letter_id: str, *, by: str, along: Callable[[Tx], None] | None = None) -> DeadLetter:
        """Somebody looked after it in another way: it counts as open no more, and is not offered again. `along` as for `replay`.

        Raises NotFound, BadInput when it was replayed or resolved already, TryLater.
        """

        def mark(tx: Tx) -> DeadLetter:
            if not dead_letters.mark_resolved(tx, letter_id, by):
                _check_open(dead_letters.find(tx, letter_id))
            if along is not None:
                along(tx)
            return dead_letters.find(tx, letter_id)

        return await self._database.write(mark)

    async def _replay_event(self, letter: DeadLetter) -> None:
        await self._database.write(
            lambda tx: events.revive(tx, letter.name, letter.group, int(letter.reference)),
        )

    async def _replay_workflow(self, letter: DeadLetter) -> None:
        """Go on where it failed: the steps it recorded before stay; the failing one is run again."""
        steps = await self._flows.steps(letter.reference)
        failed = [one.number for one in steps if one.error is not None]
        last = max((one.number for one in steps), default=0)
        await self._flows.replay(letter.reference, failed[-1] if failed else last + 1)


def _check_open(letter: DeadLetter) -> None:
    """Raises BadInput."""
    if letter.replayed_at is not None:
        raise BadInput(f"dead letter {letter.id} was replayed before")
    if letter.resolved_at is not None:
        raise BadInput(f"dead letter {letter.id} was resolved before, by {letter.resolved_by}")
