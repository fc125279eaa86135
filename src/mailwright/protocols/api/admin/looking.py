"""What was seen of the machine a moment ago: pages ask every few seconds, and a look costs the disk some writes."""

import threading
import time
from collections.abc import Iterable

from mailwright.core.administration.condition import Looks
from mailwright.core.checkup import Check

SECONDS = 30.0  # for which a look is believed


class Remembered:
    """A look that is made again when it is old. Called from threads."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._lock = threading.Lock()
        self._until = 0.0
        self._found: tuple[Check, ...] = ()

    def __call__(self) -> Iterable[Check]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = tuple(self._looks())
                self._until = time.monotonic() + SECONDS
            return self._found
