"""The names of all metrics of this version, as docs/reference/metrics.md lists them."""

from __future__ import annotations

import re
from functools import cache

from tests.deploy.conftest import ROOT


@cache
def known() -> frozenset[str]:
    """Without the endings that counters and histograms get."""
    text = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"`([a-z_]+)`", text))
