"""The files of deploy/ fit each other, the settings and the ports of this version, and the formats they are written in."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT4

from mailwright.domain.roles import ROLES
from mailwright.domain.serving import GROUPS, LANES, Serving, unserved
from mailwright.settings import Settings
from mailwright.settings.fetching import file_variables
from mailwright.settings.model import variable
from mailwright.settings.observing import OPERATIONS_PORT
from tests.deploy.conftest import DEPLOY, ROOT

COMPOSE = DEPLOY / "compose" / "compose.yaml"
CHART = DEPLOY / "helm" / "mailwright"
KUBERNETES = DEPLOY / "kubernetes"
SETTINGS = {variable(name) for name in Settings.model_fields} | set(file_variables())
NAMED = re.compile(r"\bMAILWRIGHT_[A-Z0-9_]+[A-Z0-9]\b")
OUR_IMAGES = {"mailwright", "mailwright-postfix"}
PORTS = {
    name.removesuffix("_port"): Settings.model_fields[name].default
    for name in Settings.model_fields
    if name.endswith("_port")
} | {"operations": OPERATIONS_PORT}


def _texts() -> Iterator[tuple[Path, str]]:
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and "secrets" not in path.parts:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def _compose(name: str = COMPOSE.name) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.with_name(name).read_text(encoding="utf-8"))
    return found


def _manifests() -> list[dict[str, Any]]:
    return [
        each
        for name in ("mailwright.yaml", "migrate.yaml")
        for each in yaml.safe_load_all((KUBERNETES / name).read_text(encoding="utf-8"))
    ]


def _values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return found


# --- all of it ------------------------------------------------------------------------------------------------------------


def test_every_setting_that_is_named_exists() -> None:
    unknown = {(str(path), name) for path, text in _texts() for name in NAMED.findall(text) if name not in SETTINGS}
    assert unknown == set()
    keys = [f"{variable(key)}_FILE" for key in _values()["secrets"]["keys"]]
    assert set(keys) <= set(file_variables())


def test_every_image_is_pinned() -> None:
    images = {service["image"] for service in _compose()["services"].values()}
    for path, text in _texts():
        if path.name == "Containerfile":
            images |= set(re.findall(r"(?:^FROM |_IMAGE=)([\w./:@-]+)", text, re.M))
    for image in images:
        name, _, tag = image.partition(":")
        assert re.search(r"\d+\.\d+|\d{4}-\d\d-\d\d|\d{8}", tag), image
        assert tag != "latest", name


def test_no_secret_is_written_down() -> None:
    secret = re.compile(r"(?:password|secret|token)\w*\s*[:=]\s*[\"']?(?!/|\$|\{|vault)[A-Za-z0-9+/]{16,}", re.I)
    assert [(str(path), found[0]) for path, text in _texts() if (found := secret.search(text))] == []


# --- the image ------------------------------------------------------------------------------------------------------------


def test_the_linter_of_container_files_has_nothing_to_say(packages: Path) -> None:
    hadolint = packages.parents[2] / "bin" / "hadolint"
    files = sorted(str(path) for path in DEPLOY.rglob("Containerfile"))
    done = subprocess.run([hadolint, "--no-color", *files], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_opens_our_ports() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    last = text[text.rindex("\nFROM ") :]
    assert "\nUSER 10001:10001\n" in last
    assert "\nSTOPSIGNAL SIGTERM\n" in last
    assert "\nHEALTHCHECK " in last
    exposed = {int(port) for port in re.findall(r"^EXPOSE (.*)$", last, re.M)[0].split()}
    assert exposed == set(PORTS.values()) - {None}
    assert text.count("--require-hashes") == 2
    for source in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M):
        for each in source.split():
            assert (ROOT / each).exists(), each


def test_an_unhealthy_container_says_so() -> None:
    probe = [sys.executable, str(DEPLOY / "container" / "healthy.py")]
    assert subprocess.run(probe, env={"MAILWRIGHT_HTTP_PORT": "1", "MAILWRIGHT_OPERATIONS_PORT": "1"}).returncode == 1


# --- Compose --------------------------------------------------------------------------------------------------------------


def test_the_compose_file_fits_its_schema(packages: Path) -> None:
    schema = json.loads((packages / "compose" / "config" / "compose_spec.json").read_text())
    found = _compose()
    found.pop("name")  # younger than the schema
    assert [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(found)] == []


def test_what_the_compose_file_names_is_there() -> None:
    compose = _compose()
    services = compose["services"]
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, (name, other)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(("/", "./made/")):
                continue  # the engine's, or made by prepare.sh
            here = source.startswith(".")
            assert (COMPOSE.parent / source).exists() if here else source in compose["volumes"], (name, source)
        for secret in service.get("secrets", []):
            assert (secret if isinstance(secret, str) else secret["source"]) in compose["secrets"], (name, secret)
        for network in service.get("networks", []):
            assert network in compose["networks"], (name, network)
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in services.values()
        for secret in service.get("secrets", [])
    }
    assert used == set(compose["secrets"])


def test_every_role_is_a_service_with_a_locked_down_container() -> None:
    services = {
        name: service for name, service in _compose()["services"].items() if name.startswith(("svc-", "worker-"))
    }
    assert sorted(service["environment"]["MAILWRIGHT_ROLES"] for service in services.values()) == sorted(ROLES)
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["environment"]["MAILWRIGHT_SERVICE_NAME"] == name
        for port in service.get("ports", []):
            address, _, inner = port.rsplit(":", 2)
            assert address == "127.0.0.1"
            assert int(inner) in PORTS.values()


def test_nginx_reaches_grpc_by_the_certificate_that_its_container_has() -> None:
    compose = _compose()
    environment = compose["services"]["svc-grpc"]["environment"]
    certificate = environment["MAILWRIGHT_GRPC_TLS_CERT"]
    assert environment["MAILWRIGHT_GRPC_TLS_KEY"] == certificate
    assert f"certificates:{Path(certificate).parent}:ro" in compose["services"]["svc-grpc"]["volumes"]
    here = (COMPOSE.parent / "nginx-here.conf").read_text(encoding="utf-8")
    assert f"grpc_ssl_trusted_certificate {certificate};" in here
    assert f"grpc_ssl_name {environment['MAILWRIGHT_HOSTNAME']};" in here


def test_browsers_and_containers_reach_keycloak_by_the_name_its_tokens_have() -> None:
    services = _compose()["services"]
    keycloak, ours = services["keycloak"], services["svc-http"]["environment"]
    [address] = [word.partition("=")[2] for word in keycloak["command"] if word.startswith("--hostname=")]
    host, port = str(urlsplit(address).hostname), urlsplit(address).port
    assert host.endswith(".localhost"), "browsers take it for this machine, without a line in /etc/hosts"
    assert host in keycloak["networks"]["inner"]["aliases"]
    assert f"--http-port={port}" in keycloak["command"]
    assert f"127.0.0.1:{port}:{port}" in keycloak["ports"]
    assert keycloak["environment"]["OUR_URL"] == ours["MAILWRIGHT_PUBLIC_URL"]
    assert ours["MAILWRIGHT_ALLOW_PRIVATE_PROVIDERS"] == "true"
    realm = json.loads((DEPLOY / "keycloak" / "people-realm.json").read_text(encoding="utf-8"))
    full = (COMPOSE.parent / "full.env").read_text(encoding="utf-8")
    assert f"\nISSUER={address}/realms/{realm['realm']}\n" in full
    seed = (COMPOSE.parent / "seed.py").read_text(encoding="utf-8")
    [client] = [each for each in realm["clients"] if each.get("secret") == "${WEB_CLIENT_SECRET}"]
    assert f'client_id="{client["clientId"]}"' in seed
    for role in realm["roles"]["realm"]:
        assert f'"{role["name"]}": "' in seed


def test_the_secrets_are_made_once_and_are_those_of_the_compose_file(tmp_path: Path) -> None:
    folder = tmp_path / "compose"
    folder.mkdir()
    shutil.copy(DEPLOY / "compose" / "prepare.sh", folder)
    shutil.copytree(DEPLOY / "observability" / "alloy", tmp_path / "observability" / "alloy")
    made: dict[str, str] = {}
    for again in (False, True):
        subprocess.run(["sh", folder / "prepare.sh"], check=True, capture_output=True)
        found = {path.name: path.read_text() for path in (folder / "secrets").iterdir()}
        assert not again or found == made
        made = found
    assert set(made) == set(_compose()["secrets"])
    logs = (folder / "made" / "config.alloy").read_text()
    assert "loki.source.docker" in logs
    assert 'journal" "mailwright' not in logs
    assert logs.count("{") == logs.count("}")
    assert made["postgres_password"] in made["database_url"]
    assert not any("\n" in each for each in made.values())
    assert (folder / "secrets").stat().st_mode & 0o077 == 0


# --- Kubernetes -----------------------------------------------------------------------------------------------------------


def _schema(folder: Path, manifest: dict[str, Any]) -> Path:
    group, _, version = manifest["apiVersion"].rpartition("/")
    parts = [manifest["kind"].lower(), *([group.split(".")[0]] if group else []), version]
    return folder / f"{'-'.join(parts)}.json"


@pytest.mark.parametrize("version", ["1.30.0", "1.37.0"])
def test_the_manifests_fit_the_schemas_of_kubernetes(packages: Path, version: str) -> None:
    folder = packages / "kubernetes_validate" / "kubernetes-json-schema" / f"v{version}-local-strict"
    definitions = json.loads((folder / "_definitions.json").read_text())
    registry: Registry[Any] = Registry().with_resource("/api/_definitions.json", DRAFT4.create_resource(definitions))
    wrong = []
    for manifest in _manifests():
        schema = json.loads(_schema(folder, manifest).read_text())
        validator = jsonschema.Draft4Validator(schema, registry=registry)
        wrong += [
            f"{manifest['kind']} {manifest['metadata']['name']}: {e.message}" for e in validator.iter_errors(manifest)
        ]
    assert wrong == []


def test_every_role_is_deployed_so_that_nothing_is_lost_in_a_rolling_update() -> None:
    found = _manifests()
    deployments = {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == "Deployment"}
    assert {name.partition("-")[0] for name in deployments} == {"svc", "worker"}
    roles = []
    for name, spec in deployments.items():
        pod = spec["template"]["spec"]
        (container,) = pod["containers"]
        roles += container["args"][2].split(",")
        assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name
        drain = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] > 20 + drain, name
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert {port: PORTS[port] for port in ports} == ports
        for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz"), ("startupProbe", "/healthz")):
            assert container[probe]["httpGet"] == {"path": path, "port": "http" if "http" in ports else "operations"}
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        mounted = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert mounted == {"/data", "/tmp"}
    assert sorted(roles) == sorted(ROLES)
    budgets = {each["metadata"]["name"] for each in found if each["kind"] == "PodDisruptionBudget"}
    assert budgets == set(deployments)
    scaled = [each["spec"] for each in found if each["kind"] == "HorizontalPodAutoscaler"]
    assert {each["scaleTargetRef"]["name"] for each in scaled} == set(deployments) - {"worker-scheduler"}
    assert {(each["minReplicas"], each["maxReplicas"]) for each in scaled} == {(2, 10)}


def test_who_has_a_port_for_grpc_has_a_certificate_for_it() -> None:
    """Without one it is for its own pod alone, and ready all the same."""
    found = _manifests()
    [settings] = [
        each["data"] for each in found if each["kind"] == "ConfigMap" and "MAILWRIGHT_TLS_CERT" in each["data"]
    ]
    pods = [each["spec"]["template"]["spec"] for each in found if each["kind"] in ("Deployment", "Job")]
    containers = [pod["containers"][0] for pod in pods]
    assert [each for each in containers if "grpc" in {port["name"] for port in each.get("ports", [])}]
    for container in containers:  # every one reads these settings, and refuses files that are not there
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {str(Path(settings[f"MAILWRIGHT_GRPC_TLS_{each}"]).parent) for each in ("CERT", "KEY")} <= mounted


def test_services_and_network_policies_lead_to_pods_that_are_there() -> None:
    found = _manifests()
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in found
        if each["kind"] in ("Deployment", "Job")
    }
    services = {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == "Service"}
    assert set(pods) - {"mailwright-migrate"} <= set(services)
    assert [name for name, spec in services.items() if "selector" not in spec] == ["svc-nobody"]
    for name, spec in services.items():
        if name == "svc-nobody":
            continue
        assert any(spec["selector"].items() <= labels.items() for labels in pods.values()), name
    policies = [each["spec"] for each in found if each["kind"] == "NetworkPolicy"]
    closed = policies[0]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed
    assert all(closed["podSelector"]["matchLabels"].items() <= labels.items() for labels in pods.values())


def test_what_is_for_the_inside_leads_nowhere_from_outside() -> None:
    inside = {"/metrics", "/api/metrics", "/readyz"}
    (ingress,) = [each["spec"] for each in _manifests() if each["kind"] == "Ingress"]
    (rule,) = ingress["rules"]
    leads = {each["path"]: each["backend"]["service"]["name"] for each in rule["http"]["paths"]}
    assert leads == dict.fromkeys(inside, "svc-nobody") | {"/": "svc-http"}
    route = (CHART / "templates" / "web.yaml").read_text()
    assert route.count("{{- range $inside }}") == 2, "by the Gateway API, too"


def test_the_figures_that_autoscalers_go_by_exist_and_are_made_by_the_rules() -> None:
    from tests.deploy.metricnames import known

    rules = yaml.safe_load((CHART / "adapter-rules.yaml").read_text())
    every = [*rules["rules"], *rules["externalRules"]]
    for rule in every:
        series = rule["seriesQuery"].partition("{")[0].removesuffix("_bucket")
        assert series in known(), series
    made = {rule["name"]["as"] for rule in every}
    wanted = {
        component["autoscaling"]["latency"]["metric"]
        for component in _values()["components"].values()
        if "latency" in component["autoscaling"]
    } | set(re.findall(r"metric: \{name: (mailwright_\w+)", (CHART / "templates" / "autoscalers.yaml").read_text()))
    assert wanted == made


def test_the_values_of_the_chart_fit_their_schema() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(_values())] == []
    assert set(schema["properties"]) - {"global"} == set(_values())


def test_the_plain_manifests_are_those_of_the_chart() -> None:
    if shutil.which("helm") is None:
        pytest.skip("helm is not installed")
    done = subprocess.run(
        [sys.executable, "-c", "import json, manifests; print(json.dumps(manifests.manifests()))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "scripts",
    )
    for name, text in json.loads(done.stdout).items():
        assert (KUBERNETES / name).read_text() == text, "call `make manifests`"


def test_workers_for_parts_of_the_work_serve_everything_together() -> None:
    example = yaml.safe_load((DEPLOY / "helm" / "workers.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(_values() | example)] == []
    worlds = [
        [(each.get("groups", []), each.get("lanes", []), each.get("sends", False)) for each in example["workers"]],
        [_of_environment(each["environment"]) for each in _compose("workers.yaml")["services"].values()],
    ]
    for workers in worlds:
        assert unserved(Serving(frozenset(groups), tuple(lanes), sends).words for groups, lanes, sends in workers) == []
        assert all(set(groups) <= set(GROUPS) and set(lanes) <= set(LANES) for groups, lanes, _ in workers)


def _of_environment(environment: dict[str, str]) -> tuple[list[str], list[str], bool]:
    def words(name: str, known: Iterable[str]) -> list[str]:
        said = environment.get(f"MAILWRIGHT_WORKER_{name}", "all")
        return list(known) if said == "all" else [each for each in said.split(",") if each != "none"]

    return words("GROUPS", GROUPS), words("LANES", LANES), environment.get("MAILWRIGHT_WORKER_SENDS") != "false"


def test_the_chart_makes_a_deployment_of_each_worker_in_the_place_of_the_one_for_all() -> None:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("helm is not installed")
    command = [helm, "template", "mailwright", str(CHART), "--kube-version", "1.30.0"]
    options = ["--values", str(DEPLOY / "helm" / "workers.yaml"), "--set", "customMetrics.enabled=true"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [each for each in yaml.safe_load_all(done.stdout) if each]
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in found if each["kind"] == "Deployment"
    }
    names = {f"worker-{part}" for part in ("ingest", "agents", "index", "notify", "retention", "scheduler")}
    assert {name for name in pods if name.startswith("worker-")} == names
    said = {each["name"]: each.get("value") for each in pods["worker-index"]["containers"][0]["env"]}
    assert said["MAILWRIGHT_WORKER_GROUPS"] == "indexers,extractors"
    assert (said["MAILWRIGHT_WORKER_LANES"], said["MAILWRIGHT_WORKER_SENDS"]) == ("none", "false")
    scaled = {each["metadata"]["name"]: each["spec"] for each in found if each["kind"] == "HorizontalPodAutoscaler"}
    [lag] = [
        each["external"]["metric"]
        for each in scaled["worker-notify"]["metrics"]
        if each["type"] == "External" and "lag" in each["external"]["metric"]["name"]
    ]
    assert lag["selector"]["matchExpressions"] == [{"key": "group", "operator": "In", "values": ["notifiers"]}]
    [world] = [each for each in found if each["metadata"]["name"] == "mailwright-world"]
    assert names <= set(world["spec"]["podSelector"]["matchExpressions"][0]["values"])


def test_pods_that_vault_knows_have_the_token_of_their_service_account_and_need_no_secret() -> None:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("helm is not installed")
    command = [helm, "template", "mailwright", str(CHART), "--kube-version", "1.30.0", "--set-json", "secrets.keys=[]"]
    for options, shown in (
        ("podMonitor.enabled=true,settings.MAILWRIGHT_VAULT_KUBERNETES_ROLE=mailwright", True),
        ("podMonitor.enabled=true", False),
    ):
        done = subprocess.run([*command, "--set", options], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = [each for each in yaml.safe_load_all(done.stdout) if each]
        pods = [each["spec"]["template"]["spec"] for each in found if each["kind"] in ("Deployment", "Job")]
        assert {pod["automountServiceAccountToken"] for pod in pods} == {shown}
        assert {volume["name"] for pod in pods for volume in pod["volumes"]} == {"data", "tmp", "tls"}
        [monitor] = [each["spec"] for each in found if each["kind"] == "PodMonitor"]
        [job] = {each["metadata"]["labels"][monitor["jobLabel"]] for each in found if each["kind"] == "Deployment"}
        assert f'up{{job="{job}"}} == 0' in (DEPLOY / "observability" / "prometheus" / "alerts.yml").read_text()


def test_what_the_chart_reads_in_vault_is_what_the_policy_permits() -> None:
    policy = (DEPLOY / "vault" / "mailwright.hcl").read_text(encoding="utf-8")
    path = _values()["secrets"]["vaultAgent"]["path"]
    assert f'path "{path}" {{' in policy
    permitted = set(re.findall(r'path "([a-z]+)/data/', policy))
    page = (ROOT / "docs" / "howto" / "secrets.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bkv put ([a-z]+)/", page)) == permitted
    assert set(re.findall(r"vault_settings\W+([a-z]+)/", page, re.I)) == permitted


@pytest.mark.parametrize(
    "options",
    [
        "customMetrics.enabled=true",
        "gateway.enabled=true,ingress.enabled=false",
        "tls.certManager.enabled=true",
        "secrets.vaultAgent.enabled=true",
        "settings.MAILWRIGHT_GRPC_TLS_CERT=/data/grpc.pem,settings.MAILWRIGHT_GRPC_TLS_KEY=/data/grpc.key",
    ],
)
def test_the_chart_can_be_rendered_with_what_is_off_by_default(options: str) -> None:
    helm = shutil.which("helm")
    if helm is None:
        pytest.skip("helm is not installed")
    command = [helm, "template", "mailwright", str(CHART), "--kube-version", "1.30.0", "--set", options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = [(each["kind"], each["metadata"]["name"]) for each in yaml.safe_load_all(done.stdout) if each]
    assert not [key for key, group in itertools.groupby(sorted(names)) if len(list(group)) > 1]
