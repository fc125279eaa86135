"""Plain Kubernetes manifests from the Helm chart, for whoever does not use Helm: deploy/kubernetes/mailwright.yaml and migrate.yaml.

Called by `make manifests`; a test compares where helm is installed. Expects helm 3 on the path.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "deploy" / "helm" / "mailwright"
FOLDER = ROOT / "deploy" / "kubernetes"
KUBERNETES = "1.30.0"
HEADER = """\
# Made from deploy/helm/mailwright by `make manifests`: change the chart, not this. The image, names and addresses are those of its
# values.yaml; kustomization.yaml beside it is where yours come in.
"""


def render(*options: str) -> str:
    """What helm makes of the chart. Raises FileNotFoundError without helm, CalledProcessError when it refuses."""
    helm = shutil.which("helm")
    if helm is None:
        raise FileNotFoundError("helm is not on the path")
    command = [helm, "template", "mailwright", str(CHART), "--namespace", "mailwright", "--kube-version", KUBERNETES]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=True).stdout


def manifests() -> dict[str, str]:
    """The files by their names. What is run once is apart: a Job is applied anew, not changed."""
    found = [_without_helm(each) for each in yaml.safe_load_all(render()) if each]
    jobs = [each for each in found if each["kind"] == "Job"]
    return {
        "mailwright.yaml": _text([each for each in found if each not in jobs]),
        "migrate.yaml": _text(jobs),
    }


def _without_helm(manifest: dict[str, Any]) -> dict[str, Any]:
    metadata = manifest["metadata"]
    for part in ("annotations", "labels"):
        kept = {
            name: value
            for name, value in metadata.get(part, {}).items()
            if not name.startswith("helm.sh/") and value != "Helm"
        }
        metadata.pop(part, None)
        if kept:
            metadata[part] = kept
    labels = manifest.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
    for name in ("helm.sh/chart", "app.kubernetes.io/managed-by"):
        labels.pop(name, None)
    return manifest


def _text(found: list[dict[str, Any]]) -> str:
    return f"{HEADER}---\n{yaml.safe_dump_all(found, sort_keys=False, width=140)}"


def main() -> int:
    """Write the files."""
    try:
        made = manifests()
    except FileNotFoundError as missing:
        print(f"{missing}: https://helm.sh says how to install it", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as refused:
        print(refused.stderr, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(f"Wrote {(FOLDER / name).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
