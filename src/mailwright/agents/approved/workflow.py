"""The workflow of an approval: carry it out. It begins with the yes, so nothing waits for a person anywhere."""

from __future__ import annotations

from mailwright.agents.approved.carrying import carry_out
from mailwright.pipeline import workflow

NAME = "approved"


@workflow(name=NAME, lane="notify")
async def approved(approval_id: str) -> str:
    """What became of the approval: `done`, or `refused` when what was true at the yes is not any more. Its id: `approved:<id>`."""
    return await carry_out(approval_id)
