"""The Session resource (RFC 8620 §2): what this server can do, which accounts the caller has, and where to ask.

Called by `frame` for GET /jmap/session, and for the state that every response carries.
"""

from __future__ import annotations

import json
from typing import Any

from mailwright import __version__
from mailwright.core import Core
from mailwright.domain.ids import derived_token
from mailwright.protocols.jmap import capabilities as names
from mailwright.protocols.jmap.accounts import Scope, visible
from mailwright.storage import Tx
from mailwright.storage.accounts import Account

STATE = 16  # characters of the digest that the state of a session is
OWN = (names.MAIL, names.SUBMISSION, names.VACATION, names.QUOTA, names.BLOB)
"""What one's own account is the first choice for. Others' can be used for `accounts.SHARED`."""

CAPABILITIES = frozenset({names.CORE, *OWN, names.WEBSOCKET, names.WEBPUSH})
"""What a request may use."""


def resource(tx: Tx, core: Core, account: Account, base: str) -> dict[str, Any]:
    """The session object; `base` is where people reach us, as `https://mail.mailwright.test`."""
    content = _content(tx, core, account)
    # RFC 8887 §3.1: where the WebSocket is, and that it tells of changes.
    socket = {"url": f"ws{base.removeprefix('http')}/jmap/ws", "supportsPush": True}
    return {
        **content,
        "capabilities": {**content["capabilities"], names.WEBSOCKET: socket},
        "username": account.email,
        "apiUrl": f"{base}/jmap",
        "downloadUrl": base + "/jmap/download/{accountId}/{blobId}/{name}?type={type}",
        "uploadUrl": base + "/jmap/upload/{accountId}/",
        "eventSourceUrl": base + "/jmap/events?types={types}&closeafter={closeafter}&ping={ping}",
        "state": _state(account, content),
    }


def state(tx: Tx, core: Core, account: Account) -> str:
    """What changes when the session object does (RFC 8620 §3.4, sessionState)."""
    return _state(account, _content(tx, core, account))


def _state(account: Account, content: dict[str, Any]) -> str:
    return derived_token("jmap-session", __version__, account.email, json.dumps(content, sort_keys=True))[:STATE]


def _content(tx: Tx, core: Core, account: Account) -> dict[str, Any]:
    return {
        "capabilities": {
            names.CORE: names.limits(core),
            **{name: {} for name in OWN},
            # RFC 9749 §3: by which key push services know us.
            **({names.WEBPUSH: {"applicationServerKey": core.push_key}} if core.push_key is not None else {}),
        },
        "accounts": {each.id: _account(core, each) for each in visible(tx, account)},
        "primaryAccounts": dict.fromkeys((names.CORE, *OWN), account.id),
    }


def _account(core: Core, scope: Scope) -> dict[str, Any]:
    can: dict[str, Any] = {names.MAIL: names.of_mail(core, may_create=scope.personal), names.BLOB: names.of_blobs()}
    if scope.personal:
        can |= {names.CORE: {}, names.SUBMISSION: names.of_submission(), names.VACATION: {}, names.QUOTA: {}}
    return {
        "name": scope.owner.email,
        "isPersonal": scope.personal,
        "isReadOnly": scope.read_only,
        "accountCapabilities": can,
    }
