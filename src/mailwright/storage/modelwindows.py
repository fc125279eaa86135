"""Model windows: what was asked of a model in one minute, by every process together. A row for each model and minute."""

from __future__ import annotations

from mailwright.storage.database import Tx


def take(tx: Tx, model: str, minute: int, tokens: int, *, most_requests: int | None, most_tokens: int | None) -> bool:
    """Take a request of about so many tokens out of a minute's budget, or nothing when it is used up: one statement, so that two
    who ask at once never pass a limit between them. The first request of a minute is always let through, however large."""
    return (
        tx.execute(
            "INSERT INTO model_windows (model, minute, requests, tokens) VALUES (?, ?, 1, ?) "
            "ON CONFLICT (model, minute) DO UPDATE SET requests = model_windows.requests + 1, "
            "tokens = model_windows.tokens + excluded.tokens "
            "WHERE model_windows.requests < ? AND model_windows.tokens + excluded.tokens <= ?",
            (model, minute, tokens, _most(most_requests), _most(most_tokens)),
        )
        == 1
    )


def correct(tx: Tx, model: str, minute: int, tokens: int) -> None:
    """Add (or give back) so many tokens: what was guessed before is known now."""
    tx.execute(
        "UPDATE model_windows SET tokens = CASE WHEN tokens + ? < 0 THEN 0 ELSE tokens + ? END "
        "WHERE model = ? AND minute = ?",
        (tokens, tokens, model, minute),
    )


def used(tx: Tx, model: str, minute: int) -> tuple[int, int]:
    """Requests and tokens of a minute."""
    row = tx.one("SELECT requests, tokens FROM model_windows WHERE model = ? AND minute = ?", (model, minute))
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def forget(tx: Tx, before: int) -> int:
    """Drop the minutes before one; how many rows."""
    return tx.execute("DELETE FROM model_windows WHERE minute < ?", (before,))


def _most(limit: int | None) -> int:
    return 2**62 if limit is None else limit
