"""DMARC (RFC 7489): does something that passed belong to the domain in the From line, and what does that domain want done if not?

Called by `examination`; `aligned` also by `reading`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.codecs.mailauth.questions import Answers
from mailwright.codecs.mailauth.suffixes import organizational

Wish: TypeAlias = Literal["none", "quarantine", "reject"]

MAX_RECORD_OCTETS = 4 * 1024  # of a TXT record that is read
_MILDER: dict[Wish, Wish] = {"reject": "quarantine", "quarantine": "none", "none": "none"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain publishes, as far as a receiver acts on it. `wish` is for this author's domain; `percent` how much of it."""

    wish: Wish
    strict_dkim: bool
    strict_spf: bool
    percent: int = 100

    def wish_for(self, message: bytes) -> Wish:
        """The wish for a failing message. RFC 7489 §6.6.4: what the percentage leaves out is treated one step milder.

        Which it leaves out hangs on the message's octets, so that the same one offered again meets the same answer.
        """
        return self.wish if zlib.crc32(message) % 100 < self.percent else _MILDER[self.wish]


def policy_of(answers: Answers, domain: str) -> Policy | None:
    """The policy for mail from `domain`: its own, else its organisation's. Raises Unanswered, NotNow."""
    own = _record(answers.texts(f"_dmarc.{domain}"))
    if own is not None:
        return _policy(own, "p")
    organization = organizational(domain)
    if organization == domain:
        return None
    inherited = _record(answers.texts(f"_dmarc.{organization}"))
    return None if inherited is None else _policy(inherited, "sp")


def aligned(domain: str, author: str, *, strict: bool = False) -> bool:
    """RFC 7489 §3.1: the same domain, or when not strict one of the same organisation. Both in lower case and A-labels."""
    return domain == author or (not strict and organizational(domain) == organizational(author))


def _record(texts: tuple[bytes, ...]) -> dict[str, str] | None:
    """RFC 7489 §6.6.3: the record that begins with its version; two of them are as good as none."""
    found = [text for text in texts if text.replace(b" ", b"")[:9] in (b"v=DMARC1;", b"v=DMARC1")]
    if len(found) != 1 or len(found[0]) > MAX_RECORD_OCTETS:
        return None
    tags: dict[str, str] = {}
    for tag in found[0].decode("utf-8", "replace").split(";"):
        name, equals, value = tag.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip().lower())
    return tags


def _policy(tags: dict[str, str], wanted: str) -> Policy | None:
    # RFC 7489 §6.6.3: without a readable p (or with an unreadable sp) a record that asks for reports means none, another nothing.
    wish = _WISHES.get(tags.get(wanted, tags.get("p", "")))
    if wish is None or tags.get("p") not in _WISHES:
        if not tags.get("rua"):
            return None
        wish = "none"
    percent = tags.get("pct", "100")
    return Policy(
        wish,
        strict_dkim=tags.get("adkim") == "s",
        strict_spf=tags.get("aspf") == "s",
        percent=min(100, int(percent)) if percent.isascii() and percent.isdigit() and len(percent) <= 3 else 100,
    )


_WISHES: dict[str, Wish] = {"none": "none", "quarantine": "quarantine", "reject": "reject"}
