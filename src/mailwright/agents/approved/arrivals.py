"""Arrivals: an approval that is asked for is mailed to its person; one that is given becomes a workflow.

Called by the pipeline's consumers (group `approvers` of the stream `approvals`). Idempotent: one mail and one workflow id for each.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailwright.agents.approved.workflow import NAME, approved
from mailwright.core import Core, approvalmail
from mailwright.domain import spans
from mailwright.domain.events import APPROVAL_ASKED, APPROVAL_GIVEN, Event
from mailwright.pipeline import Commit, Flows, Handler, Request


def on_events(core: Core, flows: Flows) -> Handler:
    """The consumer."""

    async def handle(events: Sequence[Event]) -> Commit | None:
        for event in events:
            if event.kind == APPROVAL_ASKED:
                await approvalmail.mail(core, event.payload["approval_id"])
        given = [event for event in events if event.kind == APPROVAL_GIVEN]
        return await flows.hand_off([request_for(event) for event in given])

    return handle


def request_for(event: Event) -> Request:
    """The workflow of an approval that was given."""
    approval_id, tenant_id = event.payload["approval_id"], event.payload["tenant_id"]
    trace = spans.trace_of(event.correlation_id)
    return Request(approved, (approval_id,), id=f"{NAME}:{approval_id}", tenant=tenant_id, trace=trace)
