"""What the SMTP servers count. `telemetry.py` only exports it; `docs/reference/metrics.md` lists it."""

from prometheus_client import Counter, Gauge, Histogram

_KINDS = ("smtp", "lmtp", "submission")

_connections = Gauge("mailwright_smtp_connections", "Open connections.", ["kind"])
_seconds = Histogram(
    "mailwright_accept_seconds",
    "From the end of a message to the answer of core.",
    ["channel"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0),
)
_total = Counter("mailwright_accept_total", "Messages, by what became of them.", ["channel", "result"])

# Looking up a child by its labels costs more than counting: it is done once.
CONNECTIONS = {kind: _connections.labels(kind) for kind in _KINDS}
ACCEPT_SECONDS = {kind: _seconds.labels(kind) for kind in _KINDS}
ACCEPTED = {kind: _total.labels(kind, "accepted") for kind in _KINDS}
REFUSED = {kind: _total.labels(kind, "refused") for kind in _KINDS}
LATER = {kind: _total.labels(kind, "later") for kind in _KINDS}
FAILED = {kind: _total.labels(kind, "failed") for kind in _KINDS}
