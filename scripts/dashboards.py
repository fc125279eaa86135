"""The dashboards of deploy/observability/grafana/dashboards, written from the tables below: `make reference` runs this with the pages.

A panel is a title, a unit, and queries with their legends. Grafana's own form of them is long; here stands what one would argue about.
Every figure is one of `docs/reference/metrics.md`; a test looks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "deploy" / "observability" / "grafana" / "dashboards"
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
    return [(f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", _legend(by))]


def most(metric: str, by: str) -> list[Query]:
    """A gauge that is the same whichever process tells it, by labels."""
    return [(f"max by ({by}) ({metric})", _legend(by))]


def _legend(by: str) -> str:
    return " ".join(f"{{{{{each}}}}}" for each in by.split(", "))


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
            (
                "PostgreSQL: connections",
                "timeseries",
                "short",
                [
                    ("max by (state) (mailwright_database_connections)", "{{state}}"),
                    ("max(mailwright_database_connections_limit)", "limit"),
                ],
            ),
            (
                "Write-ahead log",
                "timeseries",
                "Bps",
                [("max(rate(mailwright_database_wal_position_bytes[$__rate_interval]))", "written")],
            ),
            ("Replicas behind", "timeseries", "s", most("mailwright_replication_lag_seconds", "replica")),
            (
                "SQLite: write-ahead log",
                "timeseries",
                "bytes",
                [("max by (instance) (mailwright_sqlite_wal_bytes)", "{{instance}}")],
            ),
            (
                "Large messages: time of an operation",
                "timeseries",
                "s",
                quantiles("mailwright_blob_seconds", "operation"),
            ),
            (
                "Large messages: failures",
                "timeseries",
                "reqps",
                rate("mailwright_blob_errors_total", "operation, place"),
            ),
            ("Valkey", "stat", "short", [("min(mailwright_valkey_up)", "1: it answers")]),
            ("DNS", "timeseries", "s", quantiles("mailwright_dns_seconds", "outcome")),
            ("Sending, by way out", "timeseries", "reqps", rate("mailwright_outbox_attempts_total", "channel, result")),
            ("What sending services report", "timeseries", "short", rate("mailwright_delivery_reports_total", "kind")),
            ("rspamd", "timeseries", "reqps", rate("mailwright_rspamd_total", "answer")),
        ],
    ),
    "protocol-latency": (
        "Mailwright: protocol latency",
        [
            ("HTTP and JMAP", "timeseries", "s", quantiles("request_duration_seconds", "route")),
            ("HTTP: requests by route", "timeseries", "reqps", rate("http_requests_total", "route")),
            ("HTTP: answers by code", "timeseries", "reqps", rate("http_requests_total", "code")),
            (
                "SMTP, LMTP and submission: a message",
                "timeseries",
                "s",
                quantiles("mailwright_accept_seconds", "channel"),
            ),
            ("Messages", "timeseries", "reqps", rate("mailwright_accept_total", "channel, result")),
            ("SMTP: connections", "timeseries", "short", [("sum by (kind) (mailwright_smtp_connections)", "{{kind}}")]),
            ("IMAP: a command", "timeseries", "s", quantiles("mailwright_imap_command_seconds", "command")),
            ("IMAP: commands", "timeseries", "reqps", rate("mailwright_imap_commands_total", "command, result")),
            (
                "IMAP and ManageSieve: connections",
                "timeseries",
                "short",
                [
                    ("sum(mailwright_imap_connections)", "imap"),
                    ("sum(mailwright_managesieve_connections)", "managesieve"),
                ],
            ),
            ("gRPC", "timeseries", "s", quantiles("mailwright_grpc_requests_seconds", "method")),
            ("Search", "timeseries", "s", quantiles("mailwright_search_query_seconds")),
            ("Open streams", "timeseries", "short", [("sum by (kind) (mailwright_open_streams)", "{{kind}}")]),
        ],
    ),
    "queues": (
        "Mailwright: queues",
        [
            ("Depth of streams", "timeseries", "short", most("mailwright_queue_depth", "stream")),
            ("Events a group has before it", "timeseries", "short", most("mailwright_consumer_lag", "stream, group")),
            ("How old the oldest is", "timeseries", "s", most("mailwright_consumer_lag_seconds", "stream, group")),
            ("Events handled", "timeseries", "reqps", rate("mailwright_event_handled_total", "group, result")),
            ("Valkey: events not relayed yet", "timeseries", "short", [("max(mailwright_relay_lag)", "events")]),
            (
                "Valkey: how old the oldest of them is",
                "timeseries",
                "s",
                [("max(mailwright_relay_lag_seconds)", "oldest")],
            ),
            (
                "Valkey: given and not acknowledged",
                "timeseries",
                "short",
                most("mailwright_stream_pending", "stream, group"),
            ),
            ("Workflows that wait or run", "timeseries", "short", most("mailwright_workflows", "lane, status")),
            ("Workflows", "timeseries", "s", quantiles("mailwright_workflow_seconds", "workflow")),
            ("Outbox", "timeseries", "short", most("mailwright_outbox", "channel, status")),
            (
                "Outbox: how old the oldest is",
                "timeseries",
                "s",
                most("mailwright_outbox_oldest_seconds", "channel, status"),
            ),
            ("Dead letters", "timeseries", "short", rate("mailwright_dead_letters_total", "source")),
        ],
    ),
    "tenants": (
        "Mailwright: tenants",
        [
            ("Mail of the largest, by id", "timeseries", "bytes", most("mailwright_tenant_stored_bytes", "tenant")),
            (
                "What waits in the outbox, by id",
                "timeseries",
                "short",
                most("mailwright_tenant_outbox_waiting", "tenant"),
            ),
            ("Tasks charged", "timeseries", "short", rate("mailwright_tasks_charged_total", "plan")),
            ("Tasks no plan paid for", "timeseries", "short", rate("mailwright_tasks_refused_total", "reason")),
            ("Cost of models", "timeseries", "currencyUSD", rate("mailwright_model_cost_usd_total", "model")),
            ("Sign-ins by token", "timeseries", "short", rate("mailwright_token_sign_ins_total", "result")),
        ],
    ),
    "error-budget": (
        "Mailwright: error budget",
        [
            (
                "What is left of 30 days (99.9 %)",
                "stat",
                "percentunit",
                [("1 - avg_over_time(mailwright:slo_errors:ratio_rate1h[30d]) / 0.001", "{{slo}}")],
            ),
            (
                "How fast it burns (1: all of it in 30 days)",
                "timeseries",
                "short",
                [
                    ("mailwright:slo_errors:ratio_rate5m / 0.001", "{{slo}} 5 minutes"),
                    ("mailwright:slo_errors:ratio_rate1h / 0.001", "{{slo}} an hour"),
                    ("mailwright:slo_errors:ratio_rate6h / 0.001", "{{slo}} 6 hours"),
                    ("mailwright:slo_errors:ratio_rate3d / 0.001", "{{slo}} 3 days"),
                ],
            ),
            ("Share that fails", "timeseries", "percentunit", [("mailwright:slo_errors:ratio_rate5m", "{{slo}}")]),
            (
                "API: answers by code",
                "timeseries",
                "reqps",
                rate("http_requests_total", "code", '{route=~"/(api|jmap|rpc).*"}'),
            ),
            (
                "API: what fails",
                "timeseries",
                "reqps",
                rate("http_requests_total", "route", '{route=~"/(api|jmap|rpc).*",code=~"5.."}'),
            ),
            ("Submission", "timeseries", "reqps", rate("mailwright_accept_total", "result", '{channel="submission"}')),
            ("gRPC: answers by code", "timeseries", "reqps", rate("mailwright_grpc_requests_seconds_count", "code")),
            (
                "gRPC: what fails",
                "timeseries",
                "reqps",
                rate(
                    "mailwright_grpc_requests_seconds_count",
                    "method",
                    '{code=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED"}',
                ),
            ),
        ],
    ),
    "concierge-and-scribe": (
        "Mailwright: concierge and scribe",
        [
            ("Concierge: follow-ups that are open", "timeseries", "short", most("mailwright_followups", "status")),
            ("Concierge: from due to taken", "timeseries", "s", quantiles("mailwright_followups_due_lag_seconds")),
            (
                "Concierge: the longest due",
                "timeseries",
                "s",
                [("max(mailwright_followups_overdue_seconds)", "waits to be taken")],
            ),
            ("Concierge: how they ended", "timeseries", "short", rate("mailwright_followups_ended_total", "status")),
            ("Concierge: WhatsApp in", "timeseries", "short", rate("mailwright_whatsapp_messages_total", "outcome")),
            ("Concierge: WhatsApp out", "timeseries", "short", rate("mailwright_whatsapp_statuses_total", "state")),
            ("Scribe: mails at work or waiting", "timeseries", "short", most("mailwright_scribe_mails", "state")),
            ("Scribe: from turn to text", "timeseries", "s", quantiles("mailwright_scribe_seconds")),
            ("Scribe: steps", "timeseries", "s", quantiles("mailwright_scribe_step_seconds", "step")),
            ("Scribe: how mails ended", "timeseries", "short", rate("mailwright_scribe_ended_total", "outcome")),
            ("Scribe: sentences", "timeseries", "short", rate("mailwright_scribe_sentences_total", "state")),
            ("Scribe: pages", "timeseries", "short", rate("mailwright_scribe_pages_total", "outcome")),
            ("Scribe: cost of a mail", "timeseries", "currencyUSD", quantiles("mailwright_scribe_cost_usd")),
            ("Scribe: sends", "timeseries", "short", rate("mailwright_scribe_sends_total", "state")),
            ("Scribe: tried again", "timeseries", "short", rate("mailwright_scribe_retries_total", "step, reason")),
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
