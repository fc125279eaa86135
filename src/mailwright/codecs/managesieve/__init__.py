"""ManageSieve without sockets: how people's programs put, read and choose their rules (RFC 5804).

    session     bytes to commands: literals, limits, which command may come when      commands    one class each
    grammar     one command, cut out of the stream, to its value                      responses   answers to octets

Used by `protocols/managesieve`. Rules of the place: those of `codecs/smtp`.
"""

from mailwright.codecs.managesieve import responses
from mailwright.codecs.managesieve.commands import (
    Answer,
    Authenticate,
    Capability,
    CheckScript,
    Command,
    DeleteScript,
    Garbled,
    GetScript,
    HaveSpace,
    ListScripts,
    Logout,
    Noop,
    PutScript,
    RenameScript,
    SetActive,
    StartTls,
    Unauthenticate,
)
from mailwright.codecs.managesieve.session import ServerSession, State

__all__ = [
    "Answer",
    "Authenticate",
    "Capability",
    "CheckScript",
    "Command",
    "DeleteScript",
    "Garbled",
    "GetScript",
    "HaveSpace",
    "ListScripts",
    "Logout",
    "Noop",
    "PutScript",
    "RenameScript",
    "ServerSession",
    "SetActive",
    "StartTls",
    "State",
    "Unauthenticate",
    "responses",
]
