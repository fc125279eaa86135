"""Addressees: whose words a message is to one of its recipients.

Called by filing. What a check proves is who wrote a message, and to whom: a signature outlives its delivery, and whoever got the
message can bring it to somebody it was never meant for (RFC 6376 §8.6), an agent that acts on its author's words for one.
Promises: proven words count as their author's only for recipients that To or Cc names; to others, blind copies included, they are a
stranger's. Who signed in here has named the recipients to us.
"""

from __future__ import annotations

from mailwright.codecs.mime import Parsed
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Channel, Origin, Verdict
from mailwright.domain.refusals import BadAddress


def named(verdict: Verdict, parsed: Parsed) -> frozenset[str]:
    """The addresses (`Address.key`) in To and Cc; empty where nobody will ask."""
    if not _may_be_repeated(verdict):
        return frozenset()
    found = set()
    for mailbox in (*parsed.to, *parsed.cc):
        try:
            found.add(Address.parse(mailbox.address).key)
        except BadAddress:
            continue
    return frozenset(found)


def origin_for(verdict: Verdict, channel: Channel, recipient: Address, known: frozenset[str]) -> Origin:
    """Whose words it is to the recipient that the envelope names; `known` as `named` said. What our own outbox delivers was judged
    when it came in."""
    if _may_be_repeated(verdict) and channel is not Channel.LOCAL and recipient.key not in known:
        return Origin.STRANGER
    return verdict.origin


def _may_be_repeated(verdict: Verdict) -> bool:
    return verdict.origin is not Origin.STRANGER and verdict.account is None
