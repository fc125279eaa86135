"""What operators watch with: alert rules, dashboards, and an alert that arrives as mail, with the real Prometheus and Alertmanager."""

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

import pytest
import yaml

from tests.clients.conftest import sign_in
from tests.servers.mailwright import PASSWORD, MailwrightServer
from tests.servers.ports import free_port, wait_for_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monitoring"
OTHERS = {"up"}  # Prometheus' own
NAMES = re.compile(r"\b(?:mailwright|http|request|process)_[a-z_]+|\bup\b")
needs_prometheus = pytest.mark.skipif(shutil.which("promtool") is None, reason="prometheus is not installed")
needs_alertmanager = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="prometheus-alertmanager is not installed"
)


def _expressions() -> dict[str, str]:
    """Every query, by where it stands."""
    found = {}
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]:
        found |= {f"alert {rule['alert']}": rule["expr"] for rule in group["rules"]}
    for path in sorted((FOLDER / "grafana").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                found[f"{path.stem}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


def _known() -> set[str]:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    names = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)) | OTHERS
    return names | {f"{name}_{part}" for name in names for part in ("bucket", "sum", "count")}


@pytest.mark.parametrize(("where", "expression"), _expressions().items())
def test_every_query_asks_for_figures_there_are(where: str, expression: str) -> None:
    asked = set(NAMES.findall(expression))
    assert asked, where
    assert {name for name in asked if not name.startswith("process_")} <= _known(), where


def test_the_dashboards_are_those_of_the_tables() -> None:
    written = runpy.run_path(str(ROOT / "scripts" / "dashboards.py"))["written"]()
    kept = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "grafana").glob("*.json")}
    assert kept == written


@needs_prometheus
def test_the_alert_rules_do_what_their_tests_say() -> None:
    for command in (["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run(["promtool", *command], cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@needs_alertmanager
def test_the_alertmanager_takes_its_configuration_and_routes_by_severity() -> None:
    config = str(FOLDER / "alertmanager.yml")
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

    rules = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        rule["for"] = "0s"
    (tmp_path / "alerts.yml").write_text(yaml.safe_dump(rules))
    watching = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    watching["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    watching["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{alertmanager}"]
    gone = f"127.0.0.1:{free_port()}"
    watching["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{server.http_port}", gone]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(watching))
    telling = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())
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
