"""The dashboards of deploy/monitoring/grafana, written from the tables below: `make reference` runs this with the pages.

A panel is a title, a unit, and queries with their legends. Grafana's own form of them is long; here stands what one would argue about.
Every figure is one of `docs/reference/metrics.md`; a test looks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "deploy" / "monitoring" / "grafana"
WIDTH, HEIGHT, COLUMNS = 8, 8, 3  # of a panel, in Grafana's grid of 24 columns

Query = tuple[str, str]
"""PromQL, and how its line is named."""
Panel = tuple[str, str, str, list[Query]]
"""Title, what is drawn (timeseries, stat, piechart), unit, queries."""


def quantiles(metric: str, by: str = "", where: str = "") -> list[Query]:
    """The median, the 95th and the 99th percentile of a histogram."""
    group = f"le, {by}" if by else "le"
    name = f"{{{{{by}}}}} " if by else ""
    return [
        (
            f"histogram_quantile({q}, sum by ({group}) (rate({metric}_bucket{where}[$__rate_interval])))",
            f"{name}p{round(q * 100)}",
        )
        for q in (0.5, 0.95, 0.99)
    ]


def rate(metric: str, by: str, where: str = "") -> list[Query]:
    """How often a second, by a label."""
    return [(f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", f"{{{{{by}}}}}")]


DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "system-health": (
        "Mailwright: system health",
        [
            ("Requests", "timeseries", "reqps", rate("http_requests_total", "route")),
            ("Time of a request", "timeseries", "s", quantiles("request_duration_seconds")),
            ("Errors (5xx)", "timeseries", "reqps", rate("http_requests_total", "route", '{code=~"5.."}')),
            ("Living processes", "stat", "short", [("max by (role) (mailwright_workers)", "{{role}}")]),
            (
                "Work that waits",
                "timeseries",
                "short",
                [('max by (lane) (mailwright_workflows{status="queued"})', "{{lane}}")],
            ),
            (
                "Events that wait",
                "timeseries",
                "short",
                [("max by (stream, group) (mailwright_consumer_lag)", "{{stream}}/{{group}}")],
            ),
            ("Database", "timeseries", "s", quantiles("mailwright_transaction_seconds", "kind")),
            ("Accepting a message", "timeseries", "s", quantiles("mailwright_accept_seconds", "channel")),
            (
                "Outbox",
                "timeseries",
                "short",
                [("max by (channel, status) (mailwright_outbox)", "{{channel}} {{status}}")],
            ),
            ("Workflows", "timeseries", "s", quantiles("mailwright_workflow_seconds", "workflow")),
            ("Dead letters", "timeseries", "short", rate("mailwright_dead_letters_total", "source")),
            (
                "Memory",
                "timeseries",
                "bytes",
                [("process_resident_memory_bytes", "{{instance}}")],
            ),
        ],
    ),
    "email-pipeline": (
        "Mailwright: email pipeline",
        [
            (
                "Mails received, last hour",
                "stat",
                "short",
                [('sum by (channel) (increase(mailwright_accept_total{result="accepted"}[1h]))', "{{channel}}")],
            ),
            (
                "What they were",
                "piechart",
                "short",
                [("sum by (category) (increase(mailwright_assistant_mails_total[$__range]))", "{{category}}")],
            ),
            (
                "Success",
                "stat",
                "percentunit",
                [
                    (
                        'sum(rate(mailwright_assistant_seconds_count{outcome!="failed"}[1h])) / '
                        "sum(rate(mailwright_assistant_seconds_count[1h]))",
                        "of the last hour",
                    )
                ],
            ),
            ("From mail to end", "timeseries", "s", quantiles("mailwright_assistant_seconds", "outcome")),
            ("Steps", "timeseries", "s", quantiles("mailwright_assistant_step_seconds", "step")),
            (
                "Tried again",
                "timeseries",
                "short",
                [
                    (
                        "sum by (step, reason) (rate(mailwright_assistant_retries_total[$__rate_interval]))",
                        "{{step}}: {{reason}}",
                    )
                ],
            ),
            ("Drafts", "timeseries", "short", rate("mailwright_assistant_drafts_total", "outcome")),
            (
                "Corrections by owners",
                "timeseries",
                "short",
                [
                    (
                        "sum by (from, to) (increase(mailwright_triage_corrections_total[1h]))",
                        "{{from}} to {{to}}",
                    )
                ],
            ),
            ("Tokens", "timeseries", "short", rate("mailwright_model_tokens_total", "direction")),
            (
                "Gmail quota in use",
                "timeseries",
                "percentunit",
                [("max(mailwright_gmail_quota_used_ratio)", "the busiest account")],
            ),
            (
                "Accounts elsewhere",
                "timeseries",
                "short",
                [("max by (kind, state) (mailwright_connections)", "{{kind}} {{state}}")],
            ),
            ("Cost of models", "timeseries", "currencyUSD", rate("mailwright_model_cost_usd_total", "model")),
        ],
    ),
    "external-dependencies": (
        "Mailwright: external dependencies",
        [
            ("Calls of Gmail", "timeseries", "reqps", rate("mailwright_gmail_calls_total", "endpoint")),
            (
                "Calls of Gmail that fail",
                "timeseries",
                "reqps",
                rate("mailwright_gmail_calls_total", "status", '{status!~"2.."}'),
            ),
            (
                "Until the first watch ends",
                "stat",
                "s",
                [("min(mailwright_gmail_watch_ends_seconds)", "renewed a day before")],
            ),
            ("Models: time of a call", "timeseries", "s", quantiles("mailwright_model_call_seconds", "model")),
            ("Models: calls by outcome", "timeseries", "reqps", rate("mailwright_model_calls_total", "outcome")),
            (
                "Models: answered by a fallback",
                "timeseries",
                "percentunit",
                [
                    (
                        'sum by (purpose) (rate(mailwright_model_answers_total{by="fallback"}[$__rate_interval])) / '
                        "sum by (purpose) (rate(mailwright_model_answers_total[$__rate_interval]))",
                        "{{purpose}}",
                    )
                ],
            ),
            ("Database", "timeseries", "s", quantiles("mailwright_transaction_seconds", "kind")),
            ("Sending", "timeseries", "reqps", rate("mailwright_outbox_attempts_total", "result")),
            (
                "Longest since an account was looked at",
                "timeseries",
                "s",
                [("max(mailwright_connections_oldest_look_seconds)", "oldest look")],
            ),
        ],
    ),
}


def main() -> int:
    """Write the files. 0."""
    for name, text in written().items():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
    return 0


def written() -> dict[str, str]:
    """What belongs into each file."""
    return {
        name: json.dumps(_dashboard(name, title, panels), indent=1, ensure_ascii=False) + "\n"
        for name, (title, panels) in DASHBOARDS.items()
    }


def _dashboard(name: str, title: str, panels: list[Panel]) -> dict[str, Any]:
    return {
        "uid": f"mailwright-{name}",
        "title": title,
        "tags": ["mailwright"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [_panel(number, each) for number, each in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    title, kind, unit, queries = panel
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number + 1,
        "title": title,
        "type": kind,
        "datasource": source,
        "gridPos": {
            "x": number % COLUMNS * WIDTH,
            "y": number // COLUMNS * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if kind == "timeseries" else {},
        "targets": [
            {"refId": chr(ord("A") + at), "datasource": source, "expr": expression, "legendFormat": legend}
            for at, (expression, legend) in enumerate(queries)
        ],
    }


if __name__ == "__main__":
    raise SystemExit(main())
