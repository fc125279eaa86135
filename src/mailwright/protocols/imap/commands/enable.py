"""ENABLE: extensions that change what the server says without being asked (RFC 9051 §6.3.1)."""

from __future__ import annotations

from mailwright.codecs.imap import Enable
from mailwright.codecs.imap.responses import enabled
from mailwright.protocols.imap.connection import Connection, Reply


async def enable(connection: Connection, command: Enable) -> Reply:
    """Answer ENABLE. What is not known is ignored; the session takes note of those that change how names are written."""
    switched: list[str] = []
    for extension in command.extensions:
        match extension:
            case "CONDSTORE":
                connection.condstore = True
            case "QRESYNC":
                # RFC 7162 §3.2.3: with it comes CONDSTORE.
                connection.condstore = connection.qresync = True
            case "UTF8=ACCEPT" | "IMAP4REV2":
                pass
            case _:
                continue
        switched.append("IMAP4rev2" if extension == "IMAP4REV2" else extension)
    connection.send(enabled(switched))
    return Reply("OK", "enabled" if switched else "nothing to enable")
