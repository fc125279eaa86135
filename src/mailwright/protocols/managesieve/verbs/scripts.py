"""The scripts of the person who is signed in: put, check, list, get, choose, rename and delete (RFC 5804 §2.5 to §2.12)."""

import asyncio
from typing import TYPE_CHECKING

from mailwright.codecs.managesieve import (
    CheckScript,
    DeleteScript,
    GetScript,
    HaveSpace,
    ListScripts,
    PutScript,
    RenameScript,
    SetActive,
)
from mailwright.codecs.managesieve import responses as say
from mailwright.codecs.managesieve.responses import response
from mailwright.codecs.sieve import Script
from mailwright.core import rules

if TYPE_CHECKING:
    from mailwright.protocols.managesieve.connection import Connection


async def have_space(connection: "Connection", command: HaveSpace) -> bytes:
    """RFC 5804 §2.5. Raises BadInput, TooManyScripts, ScriptTooLarge."""
    account = connection.who
    await connection.core.read(lambda tx: rules.may_put(tx, account, command.script, command.size))
    return response("OK", "there is room")


async def put(connection: "Connection", command: PutScript) -> bytes:
    """RFC 5804 §2.6: kept only when it can run. Raises BadScript with the lines, and as HAVESPACE does."""
    core, account = connection.core, connection.who
    # Whether there is room first: a script that cannot be kept need not be read.
    await core.read(lambda tx: rules.may_put(tx, account, command.script, len(command.content)))
    script = await _read(command.content)
    await core.write(lambda tx: rules.put(tx, account, command.script, command.content, client=connection.client))
    rules.changed(core, account)
    return _good(script, "the script is kept")


async def check(connection: "Connection", command: CheckScript) -> bytes:
    """RFC 5804 §2.12. Raises BadScript."""
    return _good(await _read(command.content), "the script can run")


async def listing(connection: "Connection", command: ListScripts) -> bytes:
    """RFC 5804 §2.7."""
    account = connection.who
    found = await connection.core.read(lambda tx: rules.listing(tx, account))
    return say.scripts((script.name, script.active) for script in found) + response("OK")


async def set_active(connection: "Connection", command: SetActive) -> bytes:
    """RFC 5804 §2.8: an empty name puts none to work. Raises NotFound."""
    core, account = connection.core, connection.who
    await core.write(lambda tx: rules.activate(tx, account, command.script or None, client=connection.client))
    rules.changed(core, account)
    return response("OK", "that script is at work" if command.script else "no script is at work")


async def get(connection: "Connection", command: GetScript) -> bytes:
    """RFC 5804 §2.9. Raises NotFound."""
    account = connection.who
    content = await connection.core.read(lambda tx: rules.load(tx, account, command.script))
    connection.core.trail.note(
        account.email,
        "rules.read",
        resource=command.script,
        address=connection.client,
        tenant_id=account.tenant_id,
    )
    return say.string(content) + b"\r\n" + response("OK")


async def delete(connection: "Connection", command: DeleteScript) -> bytes:
    """RFC 5804 §2.10. Raises NotFound, ScriptActive."""
    account = connection.who
    await connection.core.write(lambda tx: rules.remove(tx, account, command.script, client=connection.client))
    return response("OK", "the script is gone")


async def rename(connection: "Connection", command: RenameScript) -> bytes:
    """RFC 5804 §2.11. Raises NotFound, AlreadyExists, BadInput."""
    account, client = connection.who, connection.client
    await connection.core.write(lambda tx: rules.rename(tx, account, command.script, command.new_name, client=client))
    return response("OK", "the script has its new name")


async def _read(content: bytes) -> Script:
    """In a thread: a large script takes a moment, and everybody else would wait for it."""
    return await asyncio.to_thread(rules.check, content)


def _good(script: Script, text: str) -> bytes:
    if not script.warnings:
        return response("OK", text)
    # RFC 5804 §1.3: the warnings are what is said.
    return response("OK", "\r\n".join(map(str, script.warnings)), "WARNINGS")
