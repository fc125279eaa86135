"""What the IMAP servers count. `telemetry.py` only exports it; `docs/reference/metrics.md` lists it."""

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("mailwright_imap_connections", "Open connections.")
_total = Counter(
    "mailwright_imap_commands_total", "Commands, by name and by how they were answered.", ["command", "result"]
)
_seconds = Histogram(
    "mailwright_imap_command_seconds",
    "From a complete command to its answer.",
    ["command"],
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0),
)


def observe(command: str, result: str, seconds: float) -> None:
    """One command was answered."""
    counted, timed = _children(command.strip("()").lower(), result.lower())
    counted.inc()
    timed.observe(seconds)


@lru_cache(maxsize=256)  # the names and results there are: looking up a child by its labels costs more than counting
def _children(command: str, result: str) -> tuple[Counter, Histogram]:
    return _total.labels(command, result), _seconds.labels(command)
