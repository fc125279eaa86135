"""LIST and LSUB in all their forms: which mailboxes there are (RFC 9051 §6.3.9, RFC 3501 §6.3.8 and §6.3.9, RFC 5258).

One look at the account's mailboxes makes a tree; names that only have mailboxes below them are in it too, as `\\NonExistent`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailwright.codecs.imap import ListCommand, Pattern, PeerError
from mailwright.codecs.imap.listings import list_line, my_rights_line, status_line
from mailwright.core import access, mailboxes
from mailwright.core.access import SEPARATOR, Reached
from mailwright.protocols.imap.commands.acl import letters
from mailwright.protocols.imap.commands.status import items_of, note_modseqs
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.storage import Tx
from mailwright.storage.accounts import Account

AT_ONCE = 200  # mailboxes whose lines are written together
MAX_COMPARED = (
    5_000_000  # characters of names times patterns: about a second; ten patterns over 5,000 mailboxes are a third of it
)


@dataclass(frozen=True, slots=True)
class Node:
    """A name in the tree. `reached` None: there is no such mailbox, only some below it."""

    name: str
    reached: Reached | None = None
    has_children: bool = False
    subscribed: bool = False
    subscribed_below: bool = False


async def list_(connection: Connection, command: ListCommand) -> Reply:
    """Answer LIST or LSUB."""
    subscribed_only = command.name == "LSUB"
    if command.patterns == ("",) and not command.extended:
        # RFC 9051 §6.3.9: an empty pattern asks for the separator; the root of names that are not rooted is empty.
        connection.send(list_line(("\\Noselect",), "", subscribed_only=subscribed_only))
        return Reply("OK", "that is the separator")
    account = connection.who
    ask = subscribed_only or "SUBSCRIBED" in command.selection | command.return_options

    def read(tx: Tx) -> list[Node]:
        nodes = tree(tx, account, subscriptions=ask)
        if len(command.patterns) * sum(len(node.name) for node in nodes) > MAX_COMPARED:
            raise PeerError("those are too many patterns for so many mailboxes", code="LIMIT", condition="NO")
        return list(_lsub(command, nodes) if subscribed_only else _chosen(command, nodes))

    chosen = await connection.core.read(read)  # matched there, beside the event loop
    if "STATUS" in command.return_options:
        note_modseqs(connection, command.status_items)
    for start in range(0, len(chosen), AT_ONCE):
        if subscribed_only:
            lines = [_lsub_line(connection, node) for node in chosen[start : start + AT_ONCE]]
        else:
            lines = await _lines(connection, command, chosen[start : start + AT_ONCE])
        connection.send(*lines)
        await connection.drain()
    return Reply("OK", "that is all")


def tree(tx: Tx, account: Account, *, subscriptions: bool) -> list[Node]:
    """Every name the account may see, parents before their children. `subscriptions`: look for those, too."""
    nodes: dict[str, Node] = {}
    for reached in access.reachable(tx, account):
        subscribed = subscriptions and mailboxes.is_subscribed(tx, account, reached)
        known = nodes.get(reached.name, Node(reached.name))
        nodes[reached.name] = replace(known, reached=reached, subscribed=subscribed)
        for parent in _parents(reached.name):
            above = nodes.get(parent, Node(parent))
            if above.has_children and above.subscribed_below >= subscribed:
                break  # and so have all above it
            below = above.subscribed_below or subscribed
            nodes[parent] = replace(above, has_children=True, subscribed_below=below)
    return sorted(nodes.values(), key=lambda node: (node.name != "INBOX", node.name))


def _parents(name: str) -> Iterator[str]:
    """The names above it, the nearest first."""
    while SEPARATOR in name:
        name = name.rpartition(SEPARATOR)[0]
        yield name


def _chosen(command: ListCommand, nodes: list[Node]) -> list[Node]:
    patterns = [(Pattern(command.reference, text), text) for text in command.patterns]
    recursive = "RECURSIVEMATCH" in command.selection
    chosen = [node for node in nodes if _is_named(node, patterns, recursive) and _is_selected(command.selection, node)]
    if not (recursive and "SUBSCRIBED" in command.selection):
        return chosen
    # RFC 5258 §3.5: a parent that is not subscribed itself is named only for a child that is not named.
    names = {node.name for node in chosen}
    hidden = [node.name for node in nodes if node.subscribed and node.name not in names]
    above = {parent for name in hidden for parent in _parents(name)}
    return [node for node in chosen if node.subscribed or node.name in above]


def _is_named(node: Node, patterns: list[tuple[Pattern, str]], recursive: bool) -> bool:
    if node.reached is None and not recursive:
        # RFC 9051 §6.3.9: a level of hierarchy that is no mailbox is named when "%" asks for levels, or by its name.
        return any(pattern.matches(node.name) for pattern, text in patterns if not text.endswith("*"))
    return any(pattern.matches(node.name) for pattern, _ in patterns)


def _is_selected(selection: frozenset[str], node: Node) -> bool:
    if "SPECIAL-USE" in selection and _special_use(node) is None:
        return False
    if "SUBSCRIBED" in selection and not node.subscribed:
        # RFC 5258 §3.1: RECURSIVEMATCH names the parents of what was asked for, too.
        return "RECURSIVEMATCH" in selection and node.subscribed_below
    return True


async def _lines(connection: Connection, command: ListCommand, nodes: list[Node]) -> list[bytes]:
    """LIST lines, each followed by what RETURN asked for beside it."""
    wanted, utf8 = command.return_options, connection.utf8
    limit = connection.server.settings.max_message
    statuses: dict[str, dict[str, int | str]] = {}
    if "STATUS" in wanted:

        def read(tx: Tx) -> dict[str, dict[str, int | str]]:
            readable = [node.reached for node in nodes if node.reached is not None and "r" in node.reached.rights]
            return {reached.name: items_of(tx, reached, command.status_items, limit) for reached in readable}

        statuses = await connection.core.read(read)
    lines = []
    for node in nodes:
        child_info = "RECURSIVEMATCH" in command.selection and "SUBSCRIBED" in command.selection
        lines.append(
            list_line(
                _attributes(connection, command, node),
                node.name,
                utf8=utf8,
                child_info=child_info and node.subscribed_below,
            )
        )
        if node.name in statuses:
            # RFC 5819 §2: STATUS for each mailbox that can be selected.
            lines.append(status_line(node.name, statuses[node.name], utf8=utf8))
        if "MYRIGHTS" in wanted and node.reached is not None:
            lines.append(my_rights_line(node.name, letters(node.reached.rights), utf8=utf8))  # RFC 8440 §3
    return lines


def _attributes(connection: Connection, command: ListCommand, node: Node) -> list[str]:
    words: list[str] = []
    if node.reached is None:
        # RFC 9051 §7.3.1: \NonExistent implies \Noselect, which is all that older clients know.
        words += ["\\NonExistent"] if connection.rev2 else ["\\Noselect", "\\NonExistent"]
    elif "r" not in node.reached.rights:
        words.append("\\Noselect")
    words.append("\\HasChildren" if node.has_children else "\\HasNoChildren")
    if node.subscribed and "SUBSCRIBED" in command.selection | command.return_options:
        words.append("\\Subscribed")
    use = _special_use(node)
    if use is not None:
        words.append(use)  # RFC 6154 §2 allows it in any answer, and most clients look there only
    return words


def _special_use(node: Node) -> str | None:
    """What one's own mailbox is for. RFC 6154 §2: what it is for its owner need not hold for others."""
    if node.reached is None or not node.reached.own or node.reached.mailbox.role not in mailboxes.ROLES:
        return None
    return f"\\{node.reached.mailbox.role.capitalize()}"


def _lsub(command: ListCommand, nodes: list[Node]) -> Iterator[Node]:
    levels = command.patterns[0].endswith("%")
    pattern = Pattern(command.reference, command.patterns[0])
    for node in nodes:
        # RFC 3501 §6.3.9: "%" names a level that is not subscribed to, when something below it is.
        if (node.subscribed or (levels and node.subscribed_below)) and pattern.matches(node.name):
            yield node


def _lsub_line(connection: Connection, node: Node) -> bytes:
    attributes = () if node.subscribed else ("\\Noselect",)
    return list_line(attributes, node.name, utf8=connection.utf8, subscribed_only=True)
