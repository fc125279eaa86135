"""`python -m benchmarks [name …]`: one JSON line a figure on standard output, what is being done on standard error."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.page import write_page

NAMES = (
    "idle",
    "ingest",
    "large",
    "hook",
    "pushes",
    "agents",
    "assistant",
    "scribe",
    "followups",
    "imap",
    "search",
    "grpc",
    "relay",
    "cluster",
    "backup",
)


def main() -> int:
    """1 when a goal is missed with `--strict`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Mailwright on this machine.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--short", action="store_true", help="few messages: does it run, rather than how fast")
    parser.add_argument("--page", type=Path, help="write the figures into this Markdown page as well")
    parser.add_argument("--strict", action="store_true", help="end with status 1 when a goal is missed")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in NAMES]
    if unknown:
        parser.error(f"nothing is called {unknown[0]}; there are {', '.join(NAMES)}")
    with contextlib.suppress(PermissionError):
        os.nice(-15)  # servers, load and peer alike: a neighbour must not weigh more on one process than on twenty
    figures: list[Figure] = []
    for name in asked.names or NAMES:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        for figure in importlib.import_module(f"benchmarks.{name}").measure(short=asked.short):
            print(figure.line(), flush=True)
            figures.append(figure)
    if asked.page:
        write_page(asked.page, figures)
    return 1 if asked.strict and any(figure.reached is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
