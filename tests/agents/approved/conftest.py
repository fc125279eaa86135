"""The desk of `tests.core.approvals`, and what carries approvals out."""

from __future__ import annotations

import pytest

from mailwright.agents import approved
from tests.core.approvals.conftest import Desk
from tests.core.approvals.conftest import desk as desk
from tests.core.approvals.conftest import now as now
from tests.pipeline.conftest import postgresql_url as postgresql_url


@pytest.fixture(autouse=True)
def _configured(desk: Desk) -> None:
    approved.configure(desk.core)
