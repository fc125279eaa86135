"""Accounts elsewhere: what core and the connectors that speak with them say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailwright.domain.refusals import Refusal

TLS = ("tls", "starttls", "none")


class NotSetUp(Refusal):
    """Accounts of that kind cannot be connected here."""

    code = "not_set_up"


class Refused(Refusal):
    """The service, or the person there, said no. `word` is one of FAILURES."""

    code = "refused_there"

    def __init__(self, word: str) -> None:
        super().__init__(FAILURES[word])
        self.word = word


FAILURES: Mapping[str, str] = {
    "denied": "you did not allow it at Google, so nothing was connected",
    "scope": "Google was not told to let us read mail and write drafts: connect again and leave every box ticked",
    "expired": "that took too long, or the page was opened twice: connect again",
    "session": "you were signed out meanwhile: sign in and connect again",
    "blocked": "Google does not let people connect here at the moment: whoever looks after this server should look at its Google project",
    "away": "Google cannot be reached at the moment: connect again in a few minutes",
    "taken": "no more accounts can be connected: remove one first",
    "failed": "Google did not say what we needed: connect again",
}
"""Why somebody who came back from Google has no connection: the word that pages are told, and what it means."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An account somebody allowed us: whose it is (as the service says), and what opens it, as JSON."""

    address: str
    tokens: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """An IMAP account: where it is, and who signs in. `tls` is tls, starttls, or none (inside one's own network only)."""

    host: str
    port: int
    tls: str
    user: str

    def as_values(self) -> dict[str, Any]:
        return {"host": self.host, "port": self.port, "tls": self.tls, "user": self.user}

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Server:
        """As `as_values` wrote it."""
        return cls(str(settings["host"]), int(settings["port"]), str(settings["tls"]), str(settings["user"]))
