"""Gmail's API (v1) over a `gmailbox.Box`: profile, messages, threads, labels, drafts, history. The shapes are those of its reference.

Called by `gmail.GmailService`, which does tokens, quotas and watch.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.servers.gmailbox import SYSTEM, Box, Message

Query = dict[str, list[str]]
UNITS = {
    ("GET", "profile"): 1,
    ("POST", "watch"): 100,
    ("POST", "stop"): 50,
    ("GET", "history"): 2,
    ("GET", "messages"): 5,
    ("POST", "messages"): 5,
    ("GET", "threads"): 10,
    ("GET", "labels"): 1,
    ("POST", "labels"): 5,
    ("GET", "drafts"): 5,
    ("POST", "drafts"): 10,
    ("DELETE", "drafts"): 10,
}
"""What Gmail charges for a call (its page "Usage limits")."""


class Gone(Exception):
    """The history that is asked for was forgotten."""


def units_of(method: str, path: str) -> int:
    """What a call costs."""
    return UNITS.get((method, path.partition("/")[0]), 5)


def error(status: int, message: str, reason: str, name: str) -> tuple[int, dict[str, Any]]:
    """An error as Google's APIs say it."""
    domain = "usageLimits" if "Exceeded" in reason else "global"
    told = [{"message": message, "domain": domain, "reason": reason}]
    return status, {"error": {"code": status, "message": message, "errors": told, "status": name}}


def answer(box: Box, method: str, path: str, query: Query, body: Any) -> tuple[int, Any]:
    """One call. KeyError and Gone are 404."""
    kind, _, rest = path.partition("/")
    which, _, verb = rest.partition("/")
    match method, kind, bool(which), verb:
        case "GET", "profile", False, "":
            return 200, _profile(box)
        case "GET", "history", False, "":
            return 200, _history(box, query)
        case "GET", "messages", False, "":
            return 200, _messages(box, query)
        case "GET", "messages", True, "":
            return 200, _message(box.messages[which], _one(query, "format", "full"))
        case "POST", "messages", True, "modify":
            return _modify(box, which, body or {})
        case "GET", "threads", True, "":
            found = box.thread(which)
            shown = [_message(each, _one(query, "format", "full")) for each in found]
            return 200, {"id": found[0].thread_id if found else _missing(), "messages": shown}
        case "GET", "labels", False, "":
            return 200, {"labels": [_label(label_id, name) for label_id, name in box.labels.items()]}
        case "POST", "labels", False, "":
            if body["name"].lower() in {name.lower() for name in box.labels.values()}:
                return error(409, "Label name exists or conflicts", "aborted", "ABORTED")
            return 200, _label(box.add_label(body["name"]), body["name"])
        case _, "drafts", _, "":
            return _drafts(box, method, which, query, body)
    return error(404, "Requested entity was not found.", "notFound", "NOT_FOUND")


def _profile(box: Box) -> dict[str, Any]:
    threads = {each.thread_id for each in box.messages.values()}
    return {
        "emailAddress": box.address,
        "messagesTotal": len(box.messages),
        "threadsTotal": len(threads),
        "historyId": str(box.history_id),
    }


def _history(box: Box, query: Query) -> dict[str, Any]:
    since = int(_one(query, "startHistoryId", "0"))
    if since < box.history_from:
        raise Gone
    kinds = {
        {
            "messageAdded": "messagesAdded",
            "messageDeleted": "messagesDeleted",
            "labelAdded": "labelsAdded",
            "labelRemoved": "labelsRemoved",
        }[each]
        for each in query.get("historyTypes", [])
    }
    found = [
        each
        for each in box.history
        if int(each["id"]) > since and (not kinds or kinds & set(each) - {"id", "messages"})
    ]
    page, token = _page(found, query)
    said: dict[str, Any] = {"historyId": str(box.history_id)}
    if page:  # Gmail leaves out what is empty
        said["history"] = page
    return {**said, **token}


def _messages(box: Box, query: Query) -> dict[str, Any]:
    everywhere = _one(query, "includeSpamTrash", "false") == "true"
    found = box.found(_one(query, "q", ""), query.get("labelIds", []), everywhere=everywhere)
    page, token = _page(found, query)
    said: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if page:
        said["messages"] = [{"id": each.id, "threadId": each.thread_id} for each in page]
    return {**said, **token}


def _message(message: Message, form: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": message.id,
        "threadId": message.thread_id,
        "labelIds": sorted(message.labels),
        "snippet": "",
        "sizeEstimate": len(message.raw),
        "historyId": str(message.history_id),
        "internalDate": str(message.received_ms),
    }
    if form == "raw":
        shown["raw"] = base64.urlsafe_b64encode(message.raw).decode()
    return shown


def _modify(box: Box, message_id: str, body: dict[str, Any]) -> tuple[int, Any]:
    add, remove = body.get("addLabelIds", []), body.get("removeLabelIds", [])
    for each in [*add, *remove]:
        if each not in box.labels:
            return error(400, f"Invalid label: {each}", "invalidArgument", "INVALID_ARGUMENT")
    message = box.relabel(message_id, add, remove)
    return 200, {"id": message.id, "threadId": message.thread_id, "labelIds": sorted(message.labels)}


def _label(label_id: str, name: str) -> dict[str, Any]:
    return {"id": label_id, "name": name, "type": "system" if label_id in SYSTEM else "user"}


def _drafts(box: Box, method: str, which: str, query: Query, body: Any) -> tuple[int, Any]:
    if method == "POST" and not which:
        given = body["message"]
        raw = base64.urlsafe_b64decode(given["raw"] + "=" * (-len(given["raw"]) % 4))
        thread_id = given.get("threadId")
        if thread_id is not None and not box.thread(thread_id):
            return error(404, "Requested entity was not found.", "notFound", "NOT_FOUND")
        return 200, _draft(box, box.add_draft(raw, thread_id), "minimal", labels=True)
    if method == "GET" and which:
        return 200, _draft(box, which, _one(query, "format", "full"))
    if method == "GET":
        found = {each.id for each in box.found(_one(query, "q", ""), ["DRAFT"])}
        page, token = _page([draft for draft, held in reversed(box.drafts.items()) if held in found], query)
        said: dict[str, Any] = {"resultSizeEstimate": len(found)}
        if page:
            said["drafts"] = [_draft(box, each, "") for each in page]
        return 200, {**said, **token}
    if method == "DELETE" and which:
        box.remove(box.drafts[which])
        return 204, b""
    return error(404, "Requested entity was not found.", "notFound", "NOT_FOUND")


def _draft(box: Box, draft_id: str, form: str, *, labels: bool = False) -> dict[str, Any]:
    message = box.messages[box.drafts[draft_id]]
    if form in ("", "minimal"):
        shown: dict[str, Any] = {"id": message.id, "threadId": message.thread_id}
        return {"id": draft_id, "message": {**shown, "labelIds": ["DRAFT"]} if form or labels else shown}
    return {"id": draft_id, "message": _message(message, form)}


def _page(found: list[Any], query: Query) -> tuple[list[Any], dict[str, str]]:
    start, size = int(_one(query, "pageToken", "0")), int(_one(query, "maxResults", "100"))
    more = start + size < len(found)
    return found[start : start + size], {"nextPageToken": str(start + size)} if more else {}


def _one(query: Query, name: str, default: str) -> str:
    return query.get(name, [default])[0]


def _missing() -> str:
    raise KeyError
