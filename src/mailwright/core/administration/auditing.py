"""The audit trail, as those who look after the server see it: who did what, from where, to what.

Called by the administration pages and the core API. Support may look. Promises: nobody sees another tenant's but operators, who see also
what belongs to no tenant; one question looks through LOOKED_AT entries at most.
"""

from __future__ import annotations

from mailwright.core.administration.reach import Reach
from mailwright.domain.clock import Instant
from mailwright.storage import Tx, audit
from mailwright.storage.audit import Entry, Wanted

LOOKED_AT = 200_000  # entries that one request looks through


def page(
    tx: Tx,
    reach: Reach,
    *,
    actor: str | None = None,
    action: str | None = None,
    resource: str | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    before: int | None = None,
    limit: int,
) -> tuple[list[tuple[int, Entry]], int | None]:
    """Entries with their numbers, newest first, and the number to go on before (None: there is no more).

    `action` and `resource` are whole, or how several begin. A page may be short, or empty, and have more behind it.
    """
    wanted = Wanted(reach.tenant_id, actor, action, resource, since, until)
    return audit.search(tx, wanted, before=before, limit=limit, look_at=LOOKED_AT)
