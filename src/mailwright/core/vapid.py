"""The key by which push services know this installation (RFC 8292): made once, the same in every process.

Called by the JMAP session, which shows the public half to browsers (RFC 9749), and by `pushing`, which signs with it.
Promises: the private half is sealed in the database. A browser's subscription is bound to the public half, so it never changes by
itself.
"""

from __future__ import annotations

import asyncio

from mailwright.codecs.webpush import ServerKey
from mailwright.core import Core
from mailwright.storage import server_keys as rows
from mailwright.storage.server_keys import KeyRow

NAME = "vapid"
_PURPOSE = "server key vapid"


async def server_key(core: Core) -> ServerKey:
    """The key, made when nobody needed it before. Raises TryLater."""
    row = await core.read(lambda tx: rows.named(tx, NAME))
    if row is None:
        row = await _make(core)
    sealed = row.secret
    return ServerKey(await asyncio.to_thread(core.secrets.open, sealed, purpose=_PURPOSE))


async def public_key(core: Core) -> str:
    """Its public half in URL-safe Base64: the applicationServerKey of RFC 9749 §3. Raises TryLater."""
    row = await core.read(lambda tx: rows.named(tx, NAME))
    return (row or await _make(core)).public


async def _make(core: Core) -> KeyRow:
    key, pem = await asyncio.to_thread(ServerKey.generate)
    sealed = await asyncio.to_thread(core.secrets.seal, pem, purpose=_PURPOSE)
    await core.write(lambda tx: rows.add_unless_there(tx, KeyRow(NAME, sealed, key.public)))
    made = await core.read(lambda tx: rows.named(tx, NAME))
    assert made is not None, "it was just made, by us or by somebody faster"
    return made
