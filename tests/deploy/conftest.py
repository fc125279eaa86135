"""What the tests of deploy/ share: the folder, and the schemas that come as Python packages into an environment of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import venvs
from tests.servers_node.packages import NotAvailable

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the packages that requirements-deploy.lock names."""
    try:
        python = venvs.python("deploy-checks", ROOT / "requirements-deploy.lock")
    except NotAvailable as reason:
        pytest.skip(str(reason))
    return next((python.parent.parent / "lib").glob("python*/site-packages"))
