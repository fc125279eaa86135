"""Writes the pages of docs/reference that are made from the code: settings.md, metrics.md and grpc.md.

Called by `make reference` after a setting or a metric was added or changed; a test compares the pages with the program.
Expects: metrics are declared with their names, texts and labels as literals, as Prometheus' own library is called.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mailwright.settings.reference import settings_table

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
KINDS = ("Counter", "Gauge", "Histogram", "Summary")

SETTINGS = """\
# Settings

Made by `make reference`; the texts stand beside the settings in `src/mailwright/settings/model.py`.

A setting comes from the command line, else from a `MAILWRIGHT_…` variable, else from `mailwright.toml` in the current folder
(`MAILWRIGHT_CONFIG` names another file), else it has its default. All are checked before anything starts: each bad one is one line
on standard error, and nothing starts. Sizes take `50MB`, `2GiB` or plain bytes; port 0 picks a free one. Paths in the file are
relative to the file.

```toml
# mailwright.toml
hostname = "mail.example.org"
host = "0.0.0.0"
data = "data"
tls_cert = "fullchain.pem"
tls_key = "privkey.pem"
```

Secrets belong into variables, or into a file only its owner can read; they are never printed. `mailwright config check` looks at all
settings without starting anything, `mailwright config show` tells what they are.

"""

METRICS = """\
# Metrics

Made by `make reference`; each metric is declared beside the code that counts.

`GET /metrics` (the same as `/api/metrics`) has them in Prometheus' text format. Every metric has one name. What is a gauge over the
database (queues, outbox, workflows) is measured when it is asked for. A histogram `x` is shown as `x_bucket`, `x_sum` and `x_count`.

| name | kind | labels | what it tells |
|---|---|---|---|
"""


GRPC = """\
# The core API

Made by `make reference` from `proto/mailwright/v1`, where every message and field is explained. How to call it:
[call from programs by gRPC](../howto/call-from-programs-by-grpc.md).
"""


@dataclass(frozen=True, order=True)
class Metric:
    """One metric as Prometheus shows it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """File name → what should be in it."""
    rows = (
        f"| `{metric.name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.text} |\n"
        for metric in sorted(metrics())
    )
    return {
        "settings.md": SETTINGS + settings_table(),
        "metrics.md": METRICS + "".join(rows),
        "grpc.md": GRPC + "".join(services()),
    }


def services() -> Iterator[str]:
    """Every service of the core API, from the comments in its protobufs."""
    for path in sorted((ROOT / "proto" / "mailwright" / "v1").glob("*.proto")):
        said: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            words = line.strip()
            if words.startswith("//"):
                said.append(words[2:].strip())
                continue
            if words.startswith("service "):
                yield f"\n## {words.split()[1]}\n\n{' '.join(said)} (`{path.name}`)\n\n| call | answers | what it does |\n|---|---|---|\n"
            elif words.startswith("rpc "):
                name, asked, answered = re.split(r"\(|\) returns \(|\);", words.removeprefix("rpc "))[:3]
                yield f"| `{name}({asked})` | `{answered}` | {' '.join(said)} |\n"
            said = []


def metrics() -> Iterator[Metric]:
    """Every metric that src declares. A counter has the name Prometheus gives it, with `_total`."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KINDS and _starts_with_text(node):
                yield _metric(node)


def _starts_with_text(call: ast.Call) -> bool:
    """A metric has a name and a text; the Counter that counts things has neither."""
    return len(call.args) >= 2 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)


def _metric(call: ast.Call) -> Metric:
    kind = ast.unparse(call.func).lower()
    name, text = ast.literal_eval(call.args[0]), ast.literal_eval(call.args[1])
    named = [keyword.value for keyword in call.keywords if keyword.arg == "labelnames"]
    labels = ast.literal_eval((call.args[2:3] or named)[0]) if call.args[2:3] or named else ()
    if kind == "counter":
        name = name.removesuffix("_total") + "_total"
    return Metric(name, kind, tuple(labels), text.rstrip(".").replace("|", "/"))


if __name__ == "__main__":
    main()
