"""What operators watch with: alert rules, dashboards, and an alert that arrives as mail, with the real Prometheus and Alertmanager.

Every figure that is asked for exists, with the labels it is asked by. Loki's, Tempo's and the collector's files are looked at as far as
that goes without these programs: they are YAML, and their addresses fit together.
"""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clients.conftest import sign_in
from tests.servers.mailwright import PASSWORD, MailwrightServer
from tests.servers.ports import free_port, wait_for_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "observability"
RULES = FOLDER / "prometheus"
OTHERS = {"up"}  # Prometheus' own
NAMES = re.compile(r"(?<![:\w])(?:mailwright|http|request|process)_[a-z_]+|(?<!\w)up\b|\bmailwright:[a-z_]+:\w+")
SELECTED = re.compile(r"([a-z_:]+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
GIVEN = {"le", "instance", "job", "slo", "severity", "window"}  # by Prometheus itself and by our rules
needs_prometheus = pytest.mark.skipif(shutil.which("promtool") is None, reason="prometheus is not installed")
needs_alertmanager = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="prometheus-alertmanager is not installed"
)


def _rules() -> Iterator[dict[str, Any]]:
    for name in ("alerts.yml", "slo.yml"):
        for group in yaml.safe_load((RULES / name).read_text())["groups"]:
            yield from group["rules"]


def _dashboards() -> dict[str, dict[str, Any]]:
    return {
        path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
    }


def _expressions() -> dict[str, str]:
    """Every query, by where it stands."""
    found = {}
    for rule in _rules():
        name = rule.get("alert") or rule["record"]
        found[f"{name} {' '.join(rule.get('labels', {}).values())}"] = rule["expr"]
    for name, board in _dashboards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                found[f"{name}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


def _known() -> dict[str, set[str]]:
    """The labels of every figure, by its name."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    rows = re.findall(r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \|", page, re.MULTILINE)
    found = {name: set(re.findall(r"`(\w+)`", labels)) for name, _, labels in rows}
    parts = {
        f"{name}_{part}": found[name]
        for name, kind, _ in rows
        if kind == "histogram"
        for part in ("bucket", "sum", "count")
    }
    recorded = {rule["record"]: {"slo"} for rule in _rules() if "record" in rule}
    return found | parts | recorded | {name: set() for name in OTHERS}


@pytest.mark.parametrize(("where", "expression"), _expressions().items())
def test_every_query_asks_for_figures_there_are(where: str, expression: str) -> None:
    asked, known = {name for name in NAMES.findall(expression) if not name.startswith("process_")}, _known()
    assert NAMES.search(expression), where
    assert asked <= known.keys(), where
    labels = set().union(*(known[name] for name in asked)) | GIVEN
    for name, selectors in SELECTED.findall(expression):
        assert set(re.findall(r"(\w+)\s*[=!]", selectors)) <= known.get(name, set()) | GIVEN, where
    for group in GROUPED.findall(expression):
        assert {each.strip() for each in group.split(",")} <= labels, where


def test_dashboards_have_a_name_of_their_own_each() -> None:
    boards = _dashboards()
    assert len({board["uid"] for board in boards.values()}) == len(boards) == 8
    assert len({board["title"] for board in boards.values()}) == len(boards)


def test_grafana_finds_the_logs_of_a_trace_and_the_trace_of_a_line() -> None:
    sources = yaml.safe_load((FOLDER / "grafana" / "provisioning" / "datasources.yml").read_text())["datasources"]
    by_type = {source["type"]: source for source in sources}
    [to_trace] = by_type["loki"]["jsonData"]["derivedFields"]
    assert to_trace["datasourceUid"] == by_type["tempo"]["uid"]
    assert by_type["tempo"]["jsonData"]["tracesToLogsV2"]["datasourceUid"] == by_type["loki"]["uid"]
    assert by_type["loki"]["url"].endswith(
        str(yaml.safe_load((FOLDER / "loki" / "loki.yml").read_text())["server"]["http_listen_port"])
    )


def test_what_the_collector_sends_is_what_tempo_listens_to() -> None:
    collector = yaml.safe_load((FOLDER / "collector" / "collector.yml").read_text())
    tail = yaml.safe_load((FOLDER / "collector" / "tail-sampling.yml").read_text())
    tempo = yaml.safe_load((FOLDER / "tempo" / "tempo.yml").read_text())
    taken = tempo["distributor"]["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert collector["exporters"]["otlphttp/tempo"]["endpoint"] == f"http://{taken}"
    assert taken != collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    collector["processors"] |= tail["processors"]
    for pipeline in (collector["service"]["pipelines"]["traces"], tail["service"]["pipelines"]["traces"]):
        for part, names in pipeline.items():
            assert set(names) <= set(collector[part])


def test_alloy_makes_labels_of_few_values_only() -> None:
    text = (FOLDER / "alloy" / "config.alloy").read_text()
    [labels] = re.findall(r"stage\.labels \{\s*values = \{([^}]*)\}", text)
    assert set(re.findall(r"(\w+) =", labels)) == {"service", "level"}
    assert text.count("{") == text.count("}")


def test_lines_from_kubernetes_go_where_those_of_the_journal_go() -> None:
    pods, rest = ((FOLDER / "alloy" / name).read_text() for name in ("kubernetes.alloy", "config.alloy"))
    whole = pods + re.sub(
        r"^loki.source.journal.*?^}", "", rest, flags=re.S | re.M
    )  # as trace-a-mail.md puts them together
    assert pods.count("{") == pods.count("}")
    made = {f"{kind}.{name}" for kind, name in re.findall(r'^([a-z.]+) "(\w+)" \{', whole, re.M)}
    named = set(re.findall(r"\b((?:discovery|loki)\.\w+\.\w+)\.(?:targets|output|receiver)\b", whole))
    assert named <= made
    assert "loki.process.mailwright" in named
    [label] = re.findall(r'label = "([\w./]+)=mailwright"', pods)
    [kept] = re.findall(r'regex\s+= "([\w|]+)"', pods)
    files = [(ROOT / "deploy" / "kubernetes" / name).read_text() for name in ("mailwright.yaml", "migrate.yaml")]
    made_of = [
        each["spec"]["template"]
        for text in files
        for each in yaml.safe_load_all(text)
        if "template" in each.get("spec", {})
    ]
    assert {pod["metadata"]["labels"][label] for pod in made_of} == {"mailwright"}
    assert {each["name"] for pod in made_of for each in pod["spec"]["containers"]} == set(kept.split("|"))


def test_the_dashboards_are_those_of_the_tables() -> None:
    written = runpy.run_path(str(ROOT / "scripts" / "dashboards.py"))["written"]()
    kept = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "grafana" / "dashboards").glob("*.json")}
    assert kept == written


@needs_prometheus
def test_the_alert_rules_do_what_their_tests_say() -> None:
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yml", "slo_test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=RULES, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@needs_alertmanager
def test_the_alertmanager_takes_its_configuration_and_routes_by_severity() -> None:
    config = str(RULES / "alertmanager.yml")
    checked = subprocess.run(["amtool", "check-config", config], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for severity, receiver in (("critical", "operators-now"), ("warning", "operators")):
        command = ["amtool", "config", "routes", "test", f"--config.file={config}", f"severity={severity}"]
        assert subprocess.check_output(command, text=True).strip() == receiver


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            wait_for_port(port, 30)
            yield
        finally:
            process.terminate()
            process.wait(15)


@pytest.mark.server
@needs_prometheus
@needs_alertmanager
def test_a_process_that_is_gone_becomes_a_mail_to_the_operators(tmp_path: Path) -> None:
    server = MailwrightServer(tmp_path / "data")
    server.prepare(people=("postmaster", "alerts"), employee=False)
    prometheus, alertmanager = free_port(), free_port()

    rules = yaml.safe_load((RULES / "alerts.yml").read_text())
    [down] = [rule for rule in rules["groups"][0]["rules"] if rule["alert"] == "MailwrightDown"]
    down["for"] = "0s"
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(rules))
    shutil.copy(RULES / "slo.yml", tmp_path)
    watching = yaml.safe_load((RULES / "prometheus.yml").read_text())
    watching["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    watching["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alertmanager}"]
    gone = f"127.0.0.1:{free_port()}"
    watching["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{server.http_port}", gone]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(watching))
    telling = yaml.safe_load((RULES / "alertmanager.yml").read_text())
    (tmp_path / "password").write_text(PASSWORD)
    telling["global"] |= {
        "smtp_smarthost": f"127.0.0.1:{server.submission_port}",
        "smtp_auth_password_file": str(tmp_path / "password"),
    }
    telling["route"]["routes"][0]["group_wait"] = "0s"
    for receiver in telling["receivers"]:
        receiver["email_configs"][0]["tls_config"] = {"insecure_skip_verify": True}  # the tests' certificate is our own
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(telling))

    server.start()
    try:
        one = [
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/tsdb",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        ]
        other = [
            "prometheus-alertmanager",
            f"--config.file={tmp_path}/alertmanager.yml",
            f"--storage.path={tmp_path}/am",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        ]
        with (
            _running(other, alertmanager, tmp_path / "alertmanager.log"),
            _running(one, prometheus, tmp_path / "prometheus.log"),
        ):
            subject = _subject_in_inbox(server, seconds=60)
    finally:
        server.stop()
    assert subject == "[FIRING] MailwrightDown: look now", (tmp_path / "alertmanager.log").read_text()[-2000:]


def _subject_in_inbox(server: MailwrightServer, *, seconds: float) -> str:
    ends = time.monotonic() + seconds
    with sign_in(server, "postmaster") as client:
        while time.monotonic() < ends:
            client.select_folder("INBOX")
            found = client.search()
            if found:
                [answer] = client.fetch(found[:1], ["ENVELOPE"]).values()
                return str(answer[b"ENVELOPE"].subject.decode())
            time.sleep(0.5)
    return ""
