"""Refusals: what core says no to, each named for what happened.

Raised by core and by parsers at the edge; each protocol has one table from these to its own words (SMTP replies, HTTP errors).
Promises: the text of a refusal is fit to be shown to the person who asked; it holds no secret and no mail text.
"""


class Refusal(Exception):
    """Something was asked that may not or cannot be done. `code` is the stable word for it in APIs."""

    code = "refused"


class BadAddress(Refusal):
    """The text is not a mail address (RFC 5321 §4.1.2)."""

    code = "bad_address"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:300]!r} is not a mail address: {reason}")


class BadInput(Refusal):
    """A value from outside is not what it should be; the text says which and why."""

    code = "bad_input"


class NotFound(Refusal):
    """The named thing does not exist (or is not the asker's to see)."""

    code = "not_found"


class NotPermitted(Refusal):
    """The asker may see the thing, and may not do this to it."""

    code = "not_permitted"


class AlreadyExists(Refusal):
    """The named thing exists and there can be one only."""

    code = "already_exists"


class NoSuchRecipient(Refusal):
    """We are responsible for the domain and have no such address."""

    code = "no_such_recipient"


class RelayDenied(Refusal):
    """The recipient's domain is not ours and the sender has not signed in."""

    code = "relay_denied"


class SenderNotAllowed(Refusal):
    """The sender may not use this From or MAIL FROM: one of our own domains without sign-in, or somebody else's address."""

    code = "sender_not_allowed"


class NotAuthentic(Refusal):
    """The message says it is from a domain that does not vouch for it and wants such mail refused (RFC 7489 §6.3)."""

    code = "not_authentic"


class LooksLikeSpam(Refusal):
    """The spam filter is sure."""

    code = "looks_like_spam"


class MailboxFull(Refusal):
    """The recipient's quota has no room now; it may have later."""

    code = "mailbox_full"


class ExceedsQuota(Refusal):
    """One message is larger than the recipient's whole quota; it can never fit."""

    code = "exceeds_quota"


class MessageTooLarge(Refusal):
    """The message is larger than the server accepts."""

    code = "message_too_large"


class LoopDetected(Refusal):
    """The message went round in circles (RFC 5321 §6.3)."""

    code = "loop_detected"


class RejectedByRule(Refusal):
    """A rule of the recipient's refuses the message; the text is the recipient's own. `exact`: it must not be changed."""

    code = "rejected_by_rule"

    def __init__(self, text: str, *, exact: bool = False) -> None:
        super().__init__(text)
        self.exact = exact

    @property
    def is_ascii(self) -> bool:
        """Whether any reply can carry the words."""
        return str(self).isascii()


class AuthenticationFailed(Refusal):
    """Name or password is wrong; which of them is not said."""

    code = "authentication_failed"


class TokenExpired(AuthenticationFailed):
    """The token was good once: whoever signed it gives its owner a new one."""

    code = "token_expired"


class UnknownKey(AuthenticationFailed):
    """Whoever signed the token is known, the key is not: it was taken back, or is newer than our last look."""


class SecondFactorRequired(Refusal):
    """The password is right, and a code is needed with it."""

    code = "second_factor_required"


class TooManyRequests(Refusal):
    """A rate limit is used up for now."""

    code = "too_many_requests"


class TryLater(Refusal):
    """We cannot do it now (database away, disk full, shutting down); the same request may succeed later."""

    code = "try_later"


class DamagedBlob(TryLater):
    """What came is not what was stored: a store that lies may tell the truth later, and a copy can be put back.

    It concerns this one thing alone: whoever works on many goes on with the others.
    """
