"""Where the reading of a group from Valkey stands, as a worker process remembers it. Used by `streamed` alone."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.events import Event
from mailwright.pipeline import copies
from mailwright.pipeline.consumers import Commit
from mailwright.storage.database import Mark, Tx
from mailwright.storage.streams import Streams


@dataclass(slots=True)
class Place:
    """Where the reading of one group in this process stands, in the streams of one life of the database."""

    streams: Streams
    sure: bool = False  # the stream is a copy of this log
    ask_at: float = 0.0  # when that is looked at again, while it is not
    joined: bool = False  # SPREAD: the group is there, and has passed what is handled for certain
    look_back: bool = False  # there may be entries in our hands that we do not know of
    hand: list[Mark] | None = None  # the entries being handled now; None: what is handled comes from the log
    held: tuple[tuple[Mark, Event], ...] = ()  # entries that could not be handled just now
    seen: Mark | None = None  # where the stream ended when it was last looked at
    announced_at: float | None = None  # when a commit was heard of that the stream does not show yet
    moved_at: float = 0.0
    house_at: float = 0.0
    shown_at: float = 0.0
    sweep_at: float = 0.0

    def proved(self, mark: Mark, commit: Commit | None = None) -> Commit:
        """A commit that is undone when a place that came from a stream is none of this log."""

        def function(tx: Tx) -> None:
            copies.check(tx, self.streams.life, mark)
            if commit is not None:
                commit(tx)

        return function
