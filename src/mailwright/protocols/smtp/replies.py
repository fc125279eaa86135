"""SMTP's words: the one table from refusals to replies, and the answer to a message with several recipients.

Used by the verbs. Core knows none of these numbers (RFC 5321 §4.2, RFC 3463).
"""

from collections.abc import Sequence

from mailwright.codecs.smtp import Reply
from mailwright.domain import refusals
from mailwright.domain.refusals import Refusal
from mailwright.protocols.smtp.entrance import Outcome

REFUSALS: dict[type[Refusal], tuple[int, str, str]] = {
    refusals.NoSuchRecipient: (550, "5.1.1", "nobody here has that address"),
    refusals.RelayDenied: (550, "5.7.1", "we do not pass mail on for strangers"),
    refusals.SenderNotAllowed: (550, "5.7.1", "this sender address is not yours to use here"),
    # RFC 7372 §3.3: X.7.26, several checks of authenticity failed.
    refusals.NotAuthentic: (550, "5.7.26", "its domain does not vouch for this message"),
    refusals.LooksLikeSpam: (550, "5.7.1", "this looks like spam"),
    refusals.MailboxFull: (452, "4.2.2", "the mailbox is full, try again later"),
    refusals.ExceedsQuota: (552, "5.2.2", "the message is larger than the whole mailbox may be"),
    refusals.MessageTooLarge: (552, "5.3.4", "the message is larger than we take"),
    refusals.LoopDetected: (554, "5.4.6", "the message goes round in circles"),
    refusals.TryLater: (451, "4.3.0", "not now, try again later"),
    refusals.TooManyRequests: (452, "4.7.0", "too many, try again later"),
    refusals.AuthenticationFailed: (535, "5.7.8", "name or password is wrong"),
    refusals.BadAddress: (553, "5.1.3", "that is not an address"),
}
"""Refusal → code, enhanced code, and what to say when the refusal brings no text of its own."""

BROKEN = Reply(451, "4.3.0", "something went wrong here; it is recorded, try again later")
SHUTTING_DOWN = Reply(421, "4.3.2", "the server is going down, come back soon")


def reply_to(refusal: Refusal) -> Reply:
    """A refusal in SMTP's words. One without a row of its own is permanent and a matter of policy: 550 5.7.1."""
    for kind in type(refusal).__mro__:
        if kind in REFUSALS:
            code, enhanced, text = REFUSALS[kind]
            return Reply(code, enhanced, str(refusal) or text)
    return Reply(550, "5.7.1", str(refusal) or "refused")


def one_reply(outcomes: Sequence[Outcome], accepted: Reply) -> Reply:
    """SMTP has one answer for all recipients (RFC 5321 §4.2.5), where LMTP has one for each.

    - Somebody is refused for now: that 4xx, although others may be filed. The client comes back with the same bytes, and
      who has them already is recognised by the checksum and not given them twice.
    - Otherwise, somebody has it: `accepted`. Those refused for good were told of by core, which owes the sender a bounce.
    - Nobody has it: the first refusal.
    """
    refused = [reply_to(outcome.refusal) for outcome in outcomes if outcome.refusal is not None]
    for reply in refused:
        if reply.is_temporary:
            return reply
    return refused[0] if refused and len(refused) == len(outcomes) else accepted


def each_reply(outcomes: Sequence[Outcome], accepted: Reply) -> list[Reply]:
    """LMTP: one answer for each recipient, in order (RFC 2033 §4.2)."""
    return [accepted if outcome.refusal is None else reply_to(outcome.refusal) for outcome in outcomes]
