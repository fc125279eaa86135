"""What DBOS logs, in our log: warnings only, without tracebacks (they may quote mail), and not the same one every second.

Used by engine.py, before DBOS sets up its own console handler.
"""

from __future__ import annotations

import logging
import time

import structlog

log = structlog.get_logger(__name__)

REPEAT_SECONDS = 60.0  # a database that is away is told of once a minute
SAME = 60  # characters that make two messages the same


def route() -> None:
    """Send DBOS's log our way."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(handler, _ToStructlog) for handler in logger.handlers):
        logger.handlers[:] = [_ToStructlog()]
    logger.propagate = False
    logger.setLevel(logging.WARNING)


class _ToStructlog(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().split("\n", 1)[0][:300]
        moment = time.monotonic()
        if moment - self._last.get(text[:SAME], -REPEAT_SECONDS) < REPEAT_SECONDS:
            return
        if len(self._last) > 200:  # messages with ids in front: forget rather than grow
            self._last.clear()
        self._last[text[:SAME]] = moment
        raised = type(record.exc_info[1]).__name__ if record.exc_info and record.exc_info[1] else None
        log.warning("flows.engine", message=text, raised=raised)
