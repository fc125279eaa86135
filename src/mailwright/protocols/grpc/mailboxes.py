"""MailboxesService: the tree of mailboxes of an account, through JMAP's Mailbox methods."""

from __future__ import annotations

from typing import Any

from mailwright.core.access import RIGHTS
from mailwright.domain.refusals import NotFound
from mailwright.protocols.grpc.talk import Methods, Talk
from mailwright.protocols.grpc.words import changes, changes_asked
from mailwright.protocols.jmap.accounts import scope_in
from mailwright.protocols.jmap.changing import SetError
from mailwright.protocols.jmap.mailboxes import METHODS as JMAP
from mailwright.protocols.jmap.mailboxset import set_mailboxes
from mailwright.protocols.jmap.mailboxtree import Node, record, tree
from mailwright.storage import Tx
from mailwright.v1 import mailboxes_pb2 as pb

_NEW = "new"


async def list_mailboxes(talk: Talk, asked: pb.ListMailboxesRequest) -> pb.ListMailboxesResponse:
    """All that the caller sees."""

    def look(tx: Tx) -> pb.ListMailboxesResponse:
        scope = scope_in(tx, talk.call, talk.whose(asked.account_id))
        state = scope.state(tx)
        return pb.ListMailboxesResponse(mailboxes=[_told(tx, each) for each in tree(tx, scope).values()], state=state)

    return await talk.core.read(look)


async def get_mailbox(talk: Talk, asked: pb.GetMailboxRequest) -> pb.GetMailboxResponse:
    """One of them."""
    mailbox, state = await _one(talk, asked.account_id, asked.mailbox_id)
    return pb.GetMailboxResponse(mailbox=mailbox, state=state)


async def list_changes(talk: Talk, asked: pb.ListMailboxChangesRequest) -> pb.ListMailboxChangesResponse:
    """What changed since a state."""
    arguments = changes_asked(talk.whose(asked.account_id), asked.since_state, asked.max_changes)
    answer = await JMAP["Mailbox/changes"].handler(talk.call, arguments)
    assert isinstance(answer, dict)
    return pb.ListMailboxChangesResponse(changes=changes(answer))


async def create(talk: Talk, asked: pb.CreateMailboxRequest) -> pb.CreateMailboxResponse:
    """Make one."""
    wanted = {
        "name": asked.name,
        "parentId": asked.parent_id or None,
        "role": asked.role or None,
        "isSubscribed": not asked.unsubscribed,
    }
    answer = await _set(talk, asked.account_id, {"create": {_NEW: wanted}})
    mailbox, state = await _one(talk, asked.account_id, answer["created"][_NEW]["id"])
    return pb.CreateMailboxResponse(mailbox=mailbox, state=state)


async def update(talk: Talk, asked: pb.UpdateMailboxRequest) -> pb.UpdateMailboxResponse:
    """Change one."""
    patch: dict[str, Any] = {}
    if asked.HasField("name"):
        patch["name"] = asked.name
    if asked.HasField("parent_id"):
        patch["parentId"] = asked.parent_id or None
    if asked.HasField("role"):
        patch["role"] = asked.role or None
    if asked.HasField("sort_order"):
        patch["sortOrder"] = asked.sort_order
    if asked.HasField("subscribed"):
        patch["isSubscribed"] = asked.subscribed
    await _set(talk, asked.account_id, {"update": {_reference(asked.mailbox_id): patch}})
    mailbox, state = await _one(talk, asked.account_id, asked.mailbox_id)
    return pb.UpdateMailboxResponse(mailbox=mailbox, state=state)


async def delete(talk: Talk, asked: pb.DeleteMailboxRequest) -> pb.DeleteMailboxResponse:
    """Remove one."""
    wanted = {"destroy": [_reference(asked.mailbox_id)], "onDestroyRemoveEmails": asked.remove_messages}
    answer = await _set(talk, asked.account_id, wanted)
    return pb.DeleteMailboxResponse(state=answer["newState"])


async def _set(talk: Talk, account_id: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Mailbox/set for one mailbox. Raises SetError."""
    answer = await set_mailboxes(talk.call, {"accountId": talk.whose(account_id), **wanted})
    for name in ("notCreated", "notUpdated", "notDestroyed"):
        for error in (answer[name] or {}).values():
            raise SetError(error["type"], error.get("description", ""))
    return answer


async def _one(talk: Talk, account_id: str, mailbox_id: str) -> tuple[pb.Mailbox, str]:
    def look(tx: Tx) -> tuple[pb.Mailbox, str]:
        scope = scope_in(tx, talk.call, talk.whose(account_id))
        node = tree(tx, scope).get(mailbox_id)
        if node is None:
            raise NotFound("there is no such mailbox")
        return _told(tx, node), scope.state(tx)

    return await talk.core.read(look)


def _reference(mailbox_id: str) -> str:
    """An id that JMAP reads as one. Raises NotFound for what would be no id, or a creation id."""
    if not mailbox_id or mailbox_id.startswith("#"):
        raise NotFound("there is no such mailbox")
    return mailbox_id


def _told(tx: Tx, node: Node) -> pb.Mailbox:
    found = record(tx, node)
    return pb.Mailbox(
        id=node.id,
        name=node.name,
        parent_id=node.parent_id or "",
        role=node.role or "",
        sort_order=node.order,
        subscribed=node.is_subscribed,
        total_messages=found["totalEmails"],
        unread_messages=found["unreadEmails"],
        total_threads=found["totalThreads"],
        unread_threads=found["unreadThreads"],
        rights="".join(each for each in RIGHTS if each in node.reached.rights),
    )


METHODS: Methods = {
    "ListMailboxes": list_mailboxes,
    "GetMailbox": get_mailbox,
    "ListMailboxChanges": list_changes,
    "CreateMailbox": create,
    "UpdateMailbox": update,
    "DeleteMailbox": delete,
}
