"""Mailbox/set (RFC 8621 §2.5): making, renaming, moving and removing mailboxes, their roles, order and subscription."""

from __future__ import annotations

import unicodedata
from typing import Any

from mailwright.codecs.jmap import patches
from mailwright.core import mailboxes, mailboxroles
from mailwright.core.access import OTHERS, SEPARATOR
from mailwright.domain.refusals import AlreadyExists, BadInput, NotFound
from mailwright.protocols.jmap.accounts import Scope, scope_in
from mailwright.protocols.jmap.changing import SetError, Setting, begin, invalid_properties
from mailwright.protocols.jmap.dispatch import Arguments, Call
from mailwright.protocols.jmap.mailboxtree import COUNTS, Node, record, tree
from mailwright.protocols.jmap.standard import boolean, is_unsigned
from mailwright.storage import Tx

_SETTABLE = ("name", "parentId", "role", "sortOrder", "isSubscribed")
_SERVER_SET = ("id", *COUNTS, "myRights")
_DEFAULTS: dict[str, Any] = {"parentId": None, "role": None, "isSubscribed": True}
_NULLS = {**_DEFAULTS, "sortOrder": 0}  # what null stands for in a patch


async def set_mailboxes(call: Call, arguments: Arguments) -> Arguments:
    """The method. Mailboxes that others of the same call refer to are made first, those below others removed first."""
    removes_emails = boolean(arguments, "onDestroyRemoveEmails")
    setting = await begin(call, arguments, extra=("onDestroyRemoveEmails",))
    setting.create = _parents_first(setting.create)
    # A role that one mailbox gives up may be another's in the same call.
    setting.update = dict(sorted(setting.update.items(), key=lambda item: item[1].get("role", "") is not None))
    paths = {key: each.mailbox.name for key, each in setting.scope.reached.items()}
    setting.destroy.sort(key=lambda each: -paths.get(each, "").count(SEPARATOR))
    change = _Changes(call, setting, removes_emails)
    await setting.run(create=change.create, update=change.update, destroy=change.destroy)
    if setting.destroyed:
        await mailboxes.empty_removed(call.core)
    return setting.answer()


class _Changes:
    """What is done for each object of one call."""

    def __init__(self, call: Call, setting: Setting, removes_emails: bool) -> None:
        self._call = call
        self._setting = setting
        self._removes_emails = removes_emails

    async def create(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make one. Raises SetError."""
        for name in given:
            if name not in _SETTABLE:
                raise invalid_properties(f"{name[:100]} cannot be set", name)
        if "name" not in given:
            raise invalid_properties("a mailbox needs a name", "name")
        wanted = {**_DEFAULTS, **given}
        _check(wanted)
        made = await self._setting.apply(lambda tx, scope: self._create(tx, scope, wanted))
        return {name: value for name, value in made.items() if name not in given or given[name] != value}

    async def update(self, mailbox_id: str, patch: dict[str, Any]) -> dict[str, Any] | None:
        """Change one. Raises SetError, BadPatch."""
        return await self._setting.apply(lambda tx, scope: self._update(tx, scope, mailbox_id, patch))

    async def destroy(self, mailbox_id: str) -> None:
        """Remove one. Raises SetError."""
        await self._setting.apply(lambda tx, scope: self._destroy(tx, scope, mailbox_id))

    def _create(self, tx: Tx, scope: Scope, wanted: dict[str, Any]) -> dict[str, Any]:
        nodes, account = tree(tx, scope), self._call.account
        parent = self._parent(nodes, wanted["parentId"])
        _check_siblings(nodes, wanted["name"], parent, None)
        try:
            made = mailboxes.create(tx, account, _name(scope, parent, wanted["name"]))
        except BadInput as refusal:
            raise invalid_properties(str(refusal), "name") from None
        except NotFound:
            raise SetError("forbidden", "you may not make a mailbox there") from None
        scope = scope_in(tx, self._call, scope.id)
        node = tree(tx, scope)[made.id]
        self._set_rest(tx, node, wanted)
        return record(tx, tree(tx, scope_in(tx, self._call, scope.id))[made.id])

    def _update(self, tx: Tx, scope: Scope, mailbox_id: str, patch: dict[str, Any]) -> dict[str, Any] | None:
        nodes = tree(tx, scope)
        node = nodes.get(mailbox_id)
        if node is None:
            raise SetError("notFound")
        # To count a large mailbox takes a while, in which nobody else writes.
        before = record(tx, node, counted=not patches.touched(patch).isdisjoint(COUNTS))
        after = patches.apply(before, patch)
        wanted = {name: after.get(name, _NULLS.get(name)) for name in _SETTABLE if name in patches.touched(patch)}
        for name in patches.touched(patch):
            # RFC 8620 §5.3: what is not the client's to set may be there as it is.
            if name not in _SETTABLE and (name not in before or after.get(name) != before[name]):
                raise invalid_properties(f"{name[:100]} cannot be set", name)
        _check(wanted)
        self._move(tx, scope, nodes, node, wanted)
        self._set_rest(tx, node, wanted)
        now = record(tx, tree(tx, scope_in(tx, self._call, scope.id))[mailbox_id], counted=False)
        differing = {name: now[name] for name, value in wanted.items() if now[name] != self._as_id(name, value)}
        return differing or None

    def _destroy(self, tx: Tx, scope: Scope, mailbox_id: str) -> None:
        nodes = tree(tx, scope)
        node = nodes.get(mailbox_id)
        if node is None:
            raise SetError("notFound")
        if node.role == "inbox":
            raise SetError("forbidden", "the inbox stays")
        if any(each.parent_id == mailbox_id for each in nodes.values()):
            raise SetError("mailboxHasChild")
        if not self._removes_emails and record(tx, node)["totalEmails"]:
            raise SetError("mailboxHasEmail")
        mailboxes.remove(tx, self._call.account, node.reached.name)

    def _move(self, tx: Tx, scope: Scope, nodes: dict[str, Node], node: Node, wanted: dict[str, Any]) -> None:
        """Give it the name and the parent that are wanted."""
        parent_id = self._as_id("parentId", wanted["parentId"]) if "parentId" in wanted else node.parent_id
        parent = self._parent(nodes, wanted["parentId"]) if "parentId" in wanted else nodes.get(parent_id or "")
        name = wanted.get("name", node.name)
        if parent_id == node.parent_id and name == node.name:
            return
        if node.role == "inbox":
            raise SetError("forbidden", "the inbox keeps its name and its place")
        if parent is not None and (parent.path + SEPARATOR).startswith(node.path + SEPARATOR):
            raise invalid_properties("a mailbox cannot be put into itself", "parentId")
        if SEPARATOR in name:  # the rest of a path without a parent moves as it is, but nobody gives such a name
            name = name.rpartition(SEPARATOR)[2]
        _check_siblings(nodes, name, parent, node)
        try:
            mailboxes.rename(tx, self._call.account, node.reached.name, _name(scope, parent, name))
        except BadInput as refusal:
            raise invalid_properties(str(refusal), "name" if "name" in wanted else "parentId") from None

    def _set_rest(self, tx: Tx, node: Node, wanted: dict[str, Any]) -> None:
        account, reached = self._call.account, node.reached
        if "role" in wanted and wanted["role"] != node.role:
            try:
                mailboxroles.set_role(tx, account, reached, wanted["role"])
            except (BadInput, AlreadyExists) as refusal:
                raise invalid_properties(str(refusal), "role") from None
        if "sortOrder" in wanted and wanted["sortOrder"] != node.order:
            mailboxroles.set_order(tx, account, reached, wanted["sortOrder"])
        if "isSubscribed" in wanted and wanted["isSubscribed"] != node.is_subscribed:
            # By the name it has now: it may just have been moved.
            now = scope_in(tx, self._call, self._setting.scope.id).reached[node.id]
            mailboxes.subscribe(tx, account, now.name, on=wanted["isSubscribed"])

    def _parent(self, nodes: dict[str, Node], reference: str | None) -> Node | None:
        if reference is None:
            return None
        found = nodes.get(self._call.resolve(reference) or "")
        if found is None:
            raise invalid_properties("there is no such mailbox to be the parent", "parentId")
        return found

    def _as_id(self, name: str, value: Any) -> Any:
        return self._call.resolve(value) if name == "parentId" and isinstance(value, str) else value


def _check(wanted: dict[str, Any]) -> None:
    """Raises SetError for a value that cannot be."""
    name = wanted.get("name", "-")
    if not isinstance(name, str) or not name.strip():
        raise invalid_properties("a name is a text, and not empty", "name")
    if SEPARATOR in name:
        raise invalid_properties(f"a name has no {SEPARATOR}, which stands between the parts of a path", "name")
    if not isinstance(wanted.get("parentId"), str | None):
        raise invalid_properties("it is the id of a mailbox, or null", "parentId")
    if not isinstance(wanted.get("role"), str | None):
        raise invalid_properties("a role is a text, or null", "role")
    order = wanted.get("sortOrder", 0)
    if not is_unsigned(order) or order > mailboxroles.MAX_ORDER:
        raise invalid_properties("it is a number from 0 to 2^31 - 1", "sortOrder")
    if not isinstance(wanted.get("isSubscribed", True), bool):
        raise invalid_properties("it is true or false", "isSubscribed")


def _check_siblings(nodes: dict[str, Node], name: str, parent: Node | None, itself: Node | None) -> None:
    """RFC 8621 §2: there are no two of one name beside each other."""
    composed = unicodedata.normalize("NFC", name)
    parent_id = None if parent is None else parent.id
    for node in nodes.values():
        if node is not itself and node.parent_id == parent_id and node.name == composed:
            raise SetError("alreadyExists", "there is a mailbox of that name", existingId=node.id)


def _name(scope: Scope, parent: Node | None, name: str) -> str:
    """What the asker would call the mailbox in IMAP."""
    if parent is not None:
        return f"{parent.reached.name}{SEPARATOR}{name}"
    if not scope.personal:
        raise SetError("forbidden", "at the top of somebody else's account nobody else makes mailboxes")
    if name.upper() == "INBOX" or name == OTHERS:
        raise invalid_properties("that name is taken", "name")
    return name


def _parents_first(create: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """In an order in which a mailbox comes after the one it is to be below of, where that is made here too."""
    ordered: dict[str, dict[str, Any]] = {}

    def place(key: str) -> None:
        chain = [key]
        while True:  # up to one that is placed already, is no creation of ours, or closes a circle
            above = create[chain[-1]].get("parentId")
            if not isinstance(above, str) or above[1:] not in create or above[0] != "#" or above[1:] in chain:
                break
            chain.append(above[1:])
        for each in reversed(chain):
            ordered.setdefault(each, create[each])

    for key in create:
        place(key)
    return ordered
