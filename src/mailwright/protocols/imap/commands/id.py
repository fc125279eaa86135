"""ID: who the two programs are (RFC 2971)."""

from __future__ import annotations

import structlog

import mailwright
from mailwright.codecs.imap import Id
from mailwright.codecs.imap.responses import id_line
from mailwright.protocols.imap.connection import Connection, Reply

TOLD = ("name", "version", "os", "os-version", "vendor")  # of what a client may say, what helps to understand a log

log = structlog.get_logger("mailwright.imap")


async def id_(connection: Connection, command: Id) -> Reply:
    """Answer ID. RFC 2971 §3: nothing that is done depends on what the client says."""
    if command.params is not None:
        said = {name.lower(): value for name, value in command.params if name.lower() in TOLD}
        log.debug("imap client", client=connection.client, program=said)
    connection.send(id_line((("name", "Mailwright"), ("version", mailwright.__version__)), utf8=connection.utf8))
    return Reply("OK", "pleased to meet you")
