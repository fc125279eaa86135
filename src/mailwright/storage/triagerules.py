"""Rules of triage and VIPs: what an owner taught or wrote about a sender's mail, and whose mail goes first. The rows.

A `sender` is an address (`Address.key`) or @domain; `mail_kind` empty means every kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.ids import new_id
from mailwright.storage.database import Row, Tx

OWNER, CORRECTION = "owner", "correction"
"""Who made a rule: its owner's own hand, or what was learned from corrections."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `times` is how often it was said, `was` the category before it was corrected to another (empty: there was no rule),
    `proven` that a mail taught it which is its sender's beyond doubt."""

    id: str
    user_id: str
    sender: str
    mail_kind: str
    category: str
    made_by: str
    proven: bool
    was: str
    times: int
    used: int
    enabled: bool
    created_at: Instant
    updated_at: Instant


_COLUMNS = (
    "id, user_id, sender, mail_kind, category, made_by, proven, was, times, used, enabled, created_at, updated_at"
)
_CHANGEABLE = frozenset(["sender", "mail_kind", "category", "made_by", "proven", "was", "times", "enabled"])


def insert(
    tx: Tx,
    *,
    user_id: str,
    sender: str,
    mail_kind: str,
    category: str,
    made_by: str,
    proven: bool,
    now: Instant,
    times: int = 1,
) -> str | None:
    """The id of a new one; None when there is one for that sender and kind."""
    rule_id = new_id()
    made = tx.insert(
        "triage_rules",
        unless_exists=True,
        id=rule_id,
        user_id=user_id,
        sender=sender,
        mail_kind=mail_kind,
        category=category,
        made_by=made_by,
        proven=proven,
        times=times,
        created_at=now,
        updated_at=now,
    )
    return rule_id if made else None


def by_id(tx: Tx, rule_id: str) -> Rule | None:
    """The one of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM triage_rules WHERE id = ?", (rule_id,))
    return _rule(row) if row else None


def of(tx: Tx, user_id: str, sender: str, mail_kind: str) -> Rule | None:
    """The rule for exactly that sender and kind."""
    row = tx.one(
        f"SELECT {_COLUMNS} FROM triage_rules WHERE user_id = ? AND sender = ? AND mail_kind = ?",
        (user_id, sender, mail_kind),
    )
    return _rule(row) if row else None


def matching(tx: Tx, user_id: str, senders: Sequence[str], kinds: Sequence[str]) -> list[Rule]:
    """Those that are switched on for any of these senders and kinds, in no order."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM triage_rules WHERE user_id = ? AND sender IN ({_marks(senders)}) "
        f"AND mail_kind IN ({_marks(kinds)}) AND enabled = ?",
        (user_id, *senders, *kinds, True),
    )
    return [_rule(row) for row in rows]


def listing(tx: Tx, user_id: str, limit: int) -> list[Rule]:
    """An owner's rules, by sender."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM triage_rules WHERE user_id = ? ORDER BY sender, mail_kind LIMIT ?", (user_id, limit)
    )
    return [_rule(row) for row in rows]


def count(tx: Tx, user_id: str, made_by: str) -> int:
    """How many rules an owner wrote, or taught."""
    return int(
        tx.scalar("SELECT count(*) FROM triage_rules WHERE user_id = ? AND made_by = ?", (user_id, made_by)) or 0
    )


def least_said(tx: Tx, user_id: str, made_by: str, limit: int) -> list[str]:
    """The ids of those that were said least often and longest ago."""
    rows = tx.all(
        "SELECT id FROM triage_rules WHERE user_id = ? AND made_by = ? ORDER BY times, updated_at, id LIMIT ?",
        (user_id, made_by, limit),
    )
    return [row[0] for row in rows]


def update(tx: Tx, rule_id: str, *, now: Instant, **changes: Any) -> bool:
    """Set the given columns; whether there is such a rule."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise ValueError(f"not a changeable column: {sorted(unknown)}")
    names = ", ".join(f"{name} = ?" for name in (*changes, "updated_at"))
    return tx.execute(f"UPDATE triage_rules SET {names} WHERE id = ?", (*changes.values(), now, rule_id)) == 1


def note_used(tx: Tx, rule_id: str) -> None:
    """A mail was judged by it."""
    tx.execute("UPDATE triage_rules SET used = used + 1 WHERE id = ?", (rule_id,))


def remove(tx: Tx, rule_ids: Sequence[str]) -> None:
    """They are forgotten."""
    tx.executemany("DELETE FROM triage_rules WHERE id = ?", [(each,) for each in rule_ids])


def is_vip(tx: Tx, user_id: str, senders: Sequence[str]) -> bool:
    """Whether any of these stands among an owner's VIPs."""
    found = tx.one(
        f"SELECT 1 FROM vips WHERE user_id = ? AND sender IN ({_marks(senders)}) LIMIT 1", (user_id, *senders)
    )
    return found is not None


def add_vip(tx: Tx, user_id: str, sender: str, now: Instant) -> bool:
    """Whose mail goes first from now on. False when that was so before."""
    return tx.insert("vips", unless_exists=True, user_id=user_id, sender=sender, created_at=now)


def remove_vip(tx: Tx, user_id: str, sender: str) -> bool:
    """Whose mail goes first no more. False when that was so before."""
    return tx.execute("DELETE FROM vips WHERE user_id = ? AND sender = ?", (user_id, sender)) == 1


def vips(tx: Tx, user_id: str, limit: int) -> list[str]:
    """An owner's VIPs, in order."""
    return [
        row[0] for row in tx.all("SELECT sender FROM vips WHERE user_id = ? ORDER BY sender LIMIT ?", (user_id, limit))
    ]


def forget_of_user(tx: Tx, user_id: str) -> None:
    """The owner goes, with rules and VIPs."""
    tx.execute("DELETE FROM triage_rules WHERE user_id = ?", (user_id,))
    tx.execute("DELETE FROM vips WHERE user_id = ?", (user_id,))


def _rule(row: Row) -> Rule:
    values = list(row)
    values[6], values[10] = bool(values[6]), bool(values[10])
    return Rule(*values)


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
