"""What people have said in answer to their mail while they are away, without a Sieve script of their own. The rows."""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.domain.clock import Instant
from mailwright.storage.database import Tx


@dataclass(frozen=True, slots=True)
class VacationResponse:
    """One person's. `from_at` and `to_at` None: at once, for ever. What is None of the words is ours to choose."""

    enabled: bool = False
    from_at: Instant | None = None
    to_at: Instant | None = None
    subject: str | None = None
    text_body: str | None = None
    html_body: str | None = None
    modseq: int = 0


def of_user(tx: Tx, user_id: str) -> VacationResponse:
    """The user's; a disabled one without words when nothing was ever said."""
    row = tx.one(
        "SELECT enabled, from_at, to_at, subject, text_body, html_body, modseq FROM vacation_responses WHERE user_id = ?",
        (user_id,),
    )
    return VacationResponse(bool(row[0]), *row[1:]) if row else VacationResponse()


def put(tx: Tx, user_id: str, response: VacationResponse) -> None:
    """Write it over the one before."""
    tx.execute("DELETE FROM vacation_responses WHERE user_id = ?", (user_id,))
    tx.insert(
        "vacation_responses",
        user_id=user_id,
        enabled=response.enabled,
        from_at=response.from_at,
        to_at=response.to_at,
        subject=response.subject,
        text_body=response.text_body,
        html_body=response.html_body,
        modseq=response.modseq,
    )
