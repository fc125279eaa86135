"""What HTTP counts. `telemetry.py` only exports it; `docs/reference/metrics.md` lists it."""

from prometheus_client import Counter, Histogram

REQUESTS = Counter("http_requests_total", "Requests, by route and status code.", ["route", "method", "code"])
SECONDS = Histogram(
    "request_duration_seconds",
    "From the first byte of a request to the last of its answer.",
    ["route", "code"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
