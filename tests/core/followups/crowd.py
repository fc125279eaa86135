"""Very many follow-ups at once, written as rows: making each by itself would take longer than what is tested with them."""

from __future__ import annotations

from mailwright.core.accounts import Account
from mailwright.core.followups import making
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage import Tx


def crowd(tx: Tx, person: Account, concierge: Account, due_at: Instant, many: int) -> list[str]:
    """That many, all pending and due then; their ids."""
    ids, now = [new_id() for _ in range(many)], clock.now()
    assignment = making.concierge_of(tx, person.tenant_id)
    assert assignment is not None
    tx.executemany(
        "INSERT INTO tasks (id, tenant_id, agent, assignment_id, message_id, user_id, status, stage, charged, due_at, created_at, "
        "updated_at) VALUES (?, ?, 'concierge', ?, ?, ?, 'waiting', 'pending', ?, ?, ?, ?)",
        [(id, person.tenant_id, assignment.id, new_id(), person.id, False, due_at, now, now) for id in ids],
    )
    tx.executemany(
        "INSERT INTO followups (task_id, tenant_id, user_id, agent_user_id, channel, action, what, zone, planned_at, created_at, "
        "updated_at) VALUES (?, ?, ?, ?, 'mail', 'remind', 'Call', 'UTC', ?, ?, ?)",
        [(id, person.tenant_id, person.id, concierge.id, due_at, now, now) for id in ids],
    )
    return ids
