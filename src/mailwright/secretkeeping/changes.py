"""Secrets that have changed where they are kept, while we run: what each part does about it.

Called by the keeper every few minutes. The settings are read again as at a start; what differs, of those that Vault or a file
gives, is told to the parts that can take it, by `listen`. Every other one is named: it needs a restart.
Promises: a part is told of a new value only when all settings together are valid; until then the old values stay.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

import structlog
from prometheus_client import Gauge
from pydantic import ValidationError

from mailwright.domain.refusals import Refusal
from mailwright.settings.fetching import Found, find_again
from mailwright.settings.model import BadSettings, Settings
from mailwright.settings.reading import find_file, read_file

log = structlog.get_logger(__name__)

Taker = Callable[[Settings], None]

waiting_gauge = Gauge("mailwright_secrets_waiting", "Secrets that have changed and need a restart")


class Changes:
    """The settings of this process, and who takes new values of which."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._takers: list[tuple[frozenset[str], Taker]] = []
        self._lock = threading.Lock()
        self.waiting: frozenset[str] = frozenset()  # settings whose new value needs a restart

    def listen(self, names: Collection[str], taker: Taker) -> None:
        """Call `taker` (from the keeper's thread) with the settings when one of `names` has changed."""
        with self._lock:
            self._takers.append((frozenset(names), taker))

    def look(self) -> frozenset[str]:
        """Read again; the names of those that were taken. What cannot be read now is told in the log and tried again."""
        try:
            path = find_file()
            found = find_again((path, read_file(path)) if path else None)
            fresh = self._with(found)
        except (BadSettings, ValidationError, Refusal) as error:
            lines = error.lines if isinstance(error, BadSettings) else [_line(error)]
            log.warning("secrets.look_failed", problems=lines)
            return frozenset()
        changed = frozenset(name for name in found.changing if getattr(fresh, name) != getattr(self.settings, name))
        taken = self._take(fresh, changed)
        waiting = changed - taken
        if waiting - self.waiting:
            log.warning("secrets.restart_needed", settings=sorted(waiting))
        self.waiting = waiting
        waiting_gauge.set(len(waiting))
        return taken

    def _with(self, found: Found) -> Settings:
        """Our settings with what was found in the place of what it was."""
        kept = {name: getattr(self.settings, name) for name in self.settings.model_fields_set}
        return Settings(**kept | {name: found.values[name] for name in found.changing})

    def _take(self, fresh: Settings, changed: frozenset[str]) -> frozenset[str]:
        with self._lock:
            takers = [(names & changed, taker) for names, taker in self._takers if names & changed]
        known = frozenset[str]().union(*(names for names, _ in takers))
        if not known:
            return known
        # What nobody takes stays as it is: a part that is made later must not be the only one with the new value.
        merged = self.settings.model_copy(update={name: getattr(fresh, name) for name in known})
        taken: set[str] = set()
        for names, taker in takers:
            try:
                taker(merged)
                taken |= names
            except Exception as error:  # its text may hold what it was given
                log.error("secrets.not_taken", settings=sorted(names), raised=type(error).__name__)
        self.settings = self.settings.model_copy(update={name: getattr(fresh, name) for name in taken})
        if taken:
            log.info("secrets.changed", settings=sorted(taken))
        return frozenset(taken)


def _line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in error.errors(include_input=False)
        )
    return str(error)
