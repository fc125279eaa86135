"""Figures of the largest tenants, asked for before metrics are shown: those alone, so that a thousand tenants are no thousand series.

Tenants are told by their ids: whoever may read figures does not learn who the customers are (`mailwright domain list` and the
administration say which is whose). Asked of the database once in a while only: every process of an installation would say the same.
"""

from __future__ import annotations

import time

from prometheus_client import Gauge

from mailwright.core import Core
from mailwright.storage import tenantfigures as rows

SHOWN = 10  # tenants, of each figure
EVERY_SECONDS = 300.0  # sizes do not change by the minute, and people are counted together for them

stored_gauge = Gauge("mailwright_tenant_stored_bytes", "Mail of the ten largest tenants, by their ids", ["tenant"])
waiting_gauge = Gauge(
    "mailwright_tenant_outbox_waiting", "What waits in the outbox, of the ten tenants (ids) with the most", ["tenant"]
)
_measured: list[float] = []


async def measure(core: Core) -> None:
    """Bring the gauges up to date, when that is due. Raises TryLater."""
    moment = time.monotonic()
    if _measured and moment - _measured[-1] < EVERY_SECONDS:
        return
    stored, waiting = await core.read(lambda tx: (rows.most_stored(tx, SHOWN), rows.most_waiting(tx, SHOWN)))
    for gauge, found in ((stored_gauge, stored), (waiting_gauge, waiting)):
        gauge.clear()
        for tenant_id, value in found:
            gauge.labels(tenant_id).set(value)
    _measured[:] = [moment]
