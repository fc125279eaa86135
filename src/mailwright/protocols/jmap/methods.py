"""The table of every method, and the answer to a request.

Called by the HTTP endpoint (`frame`) and the WebSocket. Each type brings its own methods; here they are joined.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mailwright.codecs.jmap import request
from mailwright.core import Core
from mailwright.protocols.jmap import (
    blobdata,
    blobs,
    capabilities,
    identities,
    mailboxes,
    push,
    quotas,
    sending,
    session,
    submissions,
    threads,
    vacation,
)
from mailwright.protocols.jmap.dispatch import Arguments, Call, Method, run
from mailwright.protocols.jmap.emails import changes, copying, get, importing, parse, query, querychanges, snippets
from mailwright.protocols.jmap.emails import set as setting

if TYPE_CHECKING:
    from mailwright.protocols.identity import Caller


async def _echo(_call: Call, arguments: Arguments) -> Arguments:
    return arguments  # RFC 8620 §4


METHODS: dict[str, Method] = {
    "Core/echo": Method(_echo, capabilities.CORE),
    **blobdata.METHODS,
    **blobs.METHODS,
    **get.METHODS,
    **changes.METHODS,
    **query.METHODS,
    **querychanges.METHODS,
    **snippets.METHODS,
    **parse.METHODS,
    **setting.METHODS,
    **importing.METHODS,
    **copying.METHODS,
    **submissions.METHODS,
    **sending.METHODS,
    **identities.METHODS,
    **mailboxes.METHODS,
    **push.METHODS,
    **quotas.METHODS,
    **threads.METHODS,
    **vacation.METHODS,
}


LARGE_OCTETS = 64 * 1024  # a request is read in a thread from here on


async def respond(core: Core, caller: Caller, body: bytes) -> dict[str, Any]:
    """The Response object (RFC 8620 §3.4) to the request in `body`. Raises RequestError."""
    return await respond_to(core, caller, await read(body))


async def read(body: bytes) -> Any:
    """What a request says, without holding up everybody else. Raises RequestError."""
    return request.loads(body) if len(body) <= LARGE_OCTETS else await asyncio.to_thread(request.loads, body)


async def respond_to(core: Core, caller: Caller, value: Any) -> dict[str, Any]:
    """`respond` to what was read already. Raises RequestError."""
    asked = request.from_json(value, capabilities=session.CAPABILITIES, max_calls=capabilities.MAX_CALLS)
    call = Call(core, caller, asked.using, dict(asked.created_ids or {}))
    responses = await run(call, asked, METHODS)
    answer: dict[str, Any] = {
        "methodResponses": responses,
        "sessionState": await core.read(lambda tx: session.state(tx, core, caller.account)),
    }
    if asked.created_ids is not None:
        answer["createdIds"] = call.created
    return answer
