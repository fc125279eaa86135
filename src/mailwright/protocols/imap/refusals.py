"""The one table from refusals to the words of IMAP: what to say, and the response code (RFC 5530 §3, RFC 9051 §7.1).

Used by `connection`. Core knows none of these codes.
"""

from mailwright.domain import refusals
from mailwright.domain.refusals import Refusal

CODES: dict[type[Refusal], tuple[str, str]] = {
    refusals.NotFound: ("NONEXISTENT", "there is no such thing here"),
    refusals.NotPermitted: ("NOPERM", "you may not do that"),
    refusals.AlreadyExists: ("ALREADYEXISTS", "it is there already"),
    refusals.BadInput: ("CANNOT", "that cannot be"),
    refusals.BadAddress: ("CANNOT", "that is not an address"),
    refusals.MailboxFull: ("OVERQUOTA", "there is no room for it"),
    refusals.ExceedsQuota: ("OVERQUOTA", "it is larger than all the room there is"),
    refusals.MessageTooLarge: ("TOOBIG", "the message is larger than we take"),  # RFC 7889 §4
    refusals.TooManyRequests: ("LIMIT", "too many, try again later"),
    refusals.AuthenticationFailed: ("AUTHENTICATIONFAILED", "name or password is wrong"),
    refusals.TryLater: ("UNAVAILABLE", "not now, try again later"),
}
"""Refusal → code, and what to say when the refusal brings no text of its own."""


def words_for(refusal: Refusal) -> tuple[str, str]:
    """Text and code for a tagged NO."""
    for kind in type(refusal).__mro__:
        if kind in CODES:
            code, text = CODES[kind]
            return str(refusal) or text, code
    return str(refusal) or "refused", ""
