"""Approved: what an agent asked for and a person allowed is carried out, by a workflow of its own that waits for nobody.

    workflow   approved(approval id): the one step
    carrying   the policy once more, then the stored bytes into the outbox
    arrivals   from the events of an approval to the mail that asks, and to the workflow

work.py calls `configure(core)` before the first workflow and subscribes `on_events(core, flows)` to the stream `approvals` (group
`approvers`). Importing this package declares the workflow.
"""

from mailwright.agents.approved.arrivals import on_events
from mailwright.agents.approved.carrying import configure
from mailwright.agents.approved.workflow import approved

__all__ = ["approved", "configure", "on_events"]
