"""Mailboxes as JMAP has them: a tree of names, made of the whole paths that we keep (RFC 8621 §2).

Used by the Mailbox methods. A path whose parent is not there, or not to be seen, hangs below the nearest one that is, and shows
the rest of the path as its name: `Work/2026` without `Work` is a mailbox of that name at the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailwright.core.access import SEPARATOR, SUBSCRIBED, Reached
from mailwright.core.mailboxcounts import counts_of
from mailwright.core.mailboxroles import order_of
from mailwright.protocols.jmap.accounts import Scope
from mailwright.storage import Tx, mailboxes

INBOX_NAME = "Inbox"  # what people call what is INBOX to programs

COUNTS = ("totalEmails", "unreadEmails", "totalThreads", "unreadThreads")
PROPERTIES = ("id", "name", "parentId", "role", "sortOrder", *COUNTS, "myRights", "isSubscribed")

# RFC 8621 §2, MailboxRights: which of RFC 4314's rights each of them needs.
_RIGHTS = {
    "mayReadItems": "r",
    "mayAddItems": "i",
    "mayRemoveItems": "te",
    "maySetSeen": "s",
    "maySetKeywords": "w",
    "mayCreateChild": "k",
    "mayRename": "x",
    "mayDelete": "x",
    "maySubmit": "p",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A mailbox in the tree; `path` is what its owner calls it as a whole."""

    reached: Reached
    name: str
    parent_id: str | None
    is_subscribed: bool

    @property
    def id(self) -> str:
        return self.reached.mailbox.id

    @property
    def path(self) -> str:
        return self.reached.mailbox.name

    @property
    def role(self) -> str | None:
        return self.reached.mailbox.role

    @property
    def order(self) -> int:
        return order_of(self.reached.mailbox)


def tree(tx: Tx, scope: Scope) -> dict[str, Node]:
    """Every mailbox of the account that the asker sees, by id."""
    ids = {each.mailbox.name: key for key, each in scope.reached.items()}
    subscribed = set() if scope.personal else mailboxes.with_metadata(tx, scope.asker.id, SUBSCRIBED)
    nodes: dict[str, Node] = {}
    for key, each in scope.reached.items():
        parent = _above(each.mailbox.name, ids)
        name = each.mailbox.name if parent is None else each.mailbox.name[len(parent) + 1 :]
        if each.mailbox.role == "inbox" and name == "INBOX":
            name = INBOX_NAME
        shown = bool(each.mailbox.subscribed) if scope.personal else key in subscribed
        nodes[key] = Node(each, name, None if parent is None else ids[parent], shown)
    return nodes


def record(tx: Tx, node: Node, *, counted: bool = True) -> dict[str, Any]:
    """The Mailbox object. Without `counted` the four counts, which cost the most, are missing."""
    found: dict[str, Any] = {
        "id": node.id,
        "name": node.name,
        "parentId": node.parent_id,
        "role": node.role,
        "sortOrder": node.order,
        "myRights": rights(node),
        "isSubscribed": node.is_subscribed,
    }
    if counted:
        found |= dict(zip(COUNTS, _counts(tx, node), strict=True))
    return found


def rights(node: Node) -> dict[str, bool]:
    """The MailboxRights."""
    given = node.reached.rights
    found = {name: given.issuperset(needed) for name, needed in _RIGHTS.items()}
    if node.role == "inbox":
        found["mayRename"] = found["mayDelete"] = False
    return found


def children(nodes: dict[str, Node]) -> dict[str | None, list[Node]]:
    """The mailboxes below each, and those at the top (None)."""
    found: dict[str | None, list[Node]] = {}
    for node in nodes.values():
        found.setdefault(node.parent_id, []).append(node)
    return found


def ancestors(nodes: dict[str, Node], node: Node) -> list[Node]:
    """Those above it, the nearest first."""
    found = []
    while node.parent_id is not None:
        node = nodes[node.parent_id]
        found.append(node)
    return found


def _counts(tx: Tx, node: Node) -> tuple[int, int, int, int]:
    if "r" not in node.reached.rights:
        return 0, 0, 0, 0  # nothing in it may be read, and so nothing is there to be counted
    counts = counts_of(tx, node.reached.mailbox)
    return counts.total, counts.unread, counts.threads, counts.unread_threads


def _above(path: str, known: dict[str, str]) -> str | None:
    """The longest beginning of the path that is a mailbox."""
    above, separator, _ = path.rpartition(SEPARATOR)
    while separator:
        if above in known:
            return above
        above, separator, _ = above.rpartition(SEPARATOR)
    return None
