"""CAPABILITY: what is offered, which depends on TLS, on signing in and on who can verify tokens (RFC 9051 §6.1.1)."""

from __future__ import annotations

from mailwright.codecs.imap import Capability, responses
from mailwright.codecs.sasl import BEARER_MECHANISMS, PASSWORD_MECHANISMS
from mailwright.protocols.imap.connection import Connection, Reply

ALWAYS = ("IMAP4rev2", "IMAP4rev1", "LITERAL+", "ENABLE", "ID", "SASL-IR")
SIGNED_IN = (
    *("IDLE", "NAMESPACE", "UIDPLUS", "MOVE", "UNSELECT", "CHILDREN", "MULTIAPPEND", "BINARY", "UTF8=ACCEPT"),
    *("CONDSTORE", "QRESYNC", "ESEARCH", "SEARCHRES", "WITHIN", "SORT", "SORT=DISPLAY"),
    *("THREAD=ORDEREDSUBJECT", "THREAD=REFERENCES"),
    *("SPECIAL-USE", "CREATE-SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS", "LIST-MYRIGHTS", "STATUS=SIZE"),
    *("OBJECTID", "PREVIEW", "SAVEDATE", "METADATA"),
    *("QUOTA", "QUOTA=RES-STORAGE", "ACL", "RIGHTS=kxte"),  # RFC 4314 §4: the rights RFC 2086 did not have
)


async def capability(connection: Connection, command: Capability) -> Reply:
    """Answer CAPABILITY."""
    connection.send(responses.capability(capabilities(connection)))
    return Reply("OK", "that is what there is")


def capabilities(connection: Connection) -> list[str]:
    """What the client may use now."""
    if connection.account is None:
        return [*ALWAYS, *_ways_in(connection)]
    names = [*ALWAYS, *SIGNED_IN, f"APPENDLIMIT={connection.server.settings.max_message}"]
    if not connection.is_compressed:
        names.append("COMPRESS=DEFLATE")  # RFC 4978 §3: not offered where it is in use already
    return names


def mechanisms(connection: Connection) -> tuple[str, ...]:
    """The ways of AUTHENTICATE that are open to this client; none without TLS."""
    if not may_sign_in(connection):
        return ()
    return PASSWORD_MECHANISMS + (BEARER_MECHANISMS if connection.core.bearer is not None else ())


def may_sign_in(connection: Connection) -> bool:
    """Nobody on the way can read a password: inside TLS, or, where settings allow it, on this machine."""
    if connection.secured:
        return True
    address = connection.client
    return connection.server.settings.allow_clear_auth and (address.startswith("127.") or address == "::1")


def _ways_in(connection: Connection) -> list[str]:
    settings = connection.server.settings
    names = [f"AUTH={mechanism}" for mechanism in mechanisms(connection)]
    if settings.tls is not None and not connection.secured:
        names.insert(0, "STARTTLS")
    if not may_sign_in(connection):
        names.append("LOGINDISABLED")  # RFC 9051 §6.2.3
    return names
