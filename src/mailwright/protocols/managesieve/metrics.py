"""What the ManageSieve server counts. `telemetry.py` only exports it; `docs/reference/metrics.md` lists it."""

from prometheus_client import Counter, Gauge

CONNECTIONS = Gauge("mailwright_managesieve_connections", "Open connections")
COMMANDS = Counter(
    "mailwright_managesieve_commands", "Commands, by name and by how they were answered", ["command", "result"]
)
