"""ManageSieve: the door through which people's programs put, read and choose their rules (RFC 5804).

    server      who is connected, for how long, how it ends       verbs      what each command asks of core
    connection  bytes to commands, commands to verbs              refusals   core's refusals in this protocol's words

Role `imap`. Rules of the place: those of `protocols/smtp`.
"""

from mailwright.protocols.managesieve.server import ManageSieveServer
from mailwright.protocols.managesieve.settings import ManageSieveLimits, ManageSieveSettings

__all__ = ["ManageSieveLimits", "ManageSieveServer", "ManageSieveSettings"]
