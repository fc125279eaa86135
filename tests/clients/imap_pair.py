"""Dovecot and Mailwright side by side: the same mail in both, the same commands to both, their answers next to each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tests.clients.imap_speaker import Answer, Speaker
from tests.servers.dovecot import DovecotServer
from tests.servers.mailwright import DOMAIN, PASSWORD, MailwrightServer


@dataclass(frozen=True)
class Both:
    """What each of them said."""

    dovecot: Answer
    ours: Answer


class Pair:
    """One client that speaks to both servers at once."""

    def __init__(self, dovecot: DovecotServer, ours: MailwrightServer, user: str = "ada") -> None:
        self.dovecot = Speaker(dovecot.imap_port, user, PASSWORD, name="Dovecot")
        self.ours = Speaker(ours.imap_port, f"{user}@{DOMAIN}", PASSWORD, name="Mailwright")

    def ask(self, *parts: bytes) -> Both:
        """The same command to both; literals as in `Speaker.ask`."""
        return Both(self.dovecot.ask(*parts), self.ours.ask(*parts))

    def good(self, *parts: bytes) -> Both:
        """A command that both answer with OK."""
        return Both(self.dovecot.good(*parts), self.ours.good(*parts))

    def put(self, mailbox: bytes, raw: bytes, flags: Iterable[str], date: datetime) -> None:
        """Append a message with its flags and its internal date."""
        stamp = date.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
        self.good(b'APPEND %b (%b) "%b" ' % (mailbox, " ".join(flags).encode(), stamp), raw)

    def close(self) -> None:
        """Hang up."""
        self.dovecot.close()
        self.ours.close()
