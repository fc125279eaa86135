"""Reverse-paths and forward-paths: what stands between < and > after MAIL FROM and RCPT TO (RFC 5321 §4.1.2).

Called by the command grammar. Promises an `Address`, None for the null path, or a PeerError that says what is wrong.
Does not: ask whether anybody lives there.
"""

import re
from functools import lru_cache

from mailwright.codecs.smtp.errors import PeerError
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

ADDRESS_CACHE = 4096  # entries of at most 254 octets: mail comes from and goes to the same people

PATH = r'<(?P<path>(?:"(?:[^"\\]|\\.)*"|[^<>"\\])*)>'
"""Angle brackets around anything, where a quoted local part may hold brackets of its own."""

# RFC 5321 §4.1.2, A-d-l: "@one,@two:" before the mailbox. Appendix C: accepted, and otherwise ignored.
_ROUTE = re.compile(r"@[^\s@,:<>]+(?:,@[^\s@,:<>]+)*:")


def reverse_path(text: str) -> Address | None:
    """The sender between the brackets of MAIL FROM; empty text is the null path (RFC 5321 §4.5.5)."""
    return _mailbox(text, "5.1.7") if text else None


def forward_path(text: str, postmaster_domain: str) -> Address:
    """The recipient between the brackets of RCPT TO. `postmaster` may stand without a domain and then means ours."""
    # RFC 5321 §4.5.1: "RCPT TO:<Postmaster>", in any case, is always accepted without a domain.
    if len(text) == 10 and text.lower() == "postmaster":
        return Address("postmaster", postmaster_domain)
    if not text:
        raise PeerError(501, "5.1.3", "a recipient cannot be empty")
    return _mailbox(text, "5.1.3")


@lru_cache(maxsize=ADDRESS_CACHE)
def _mailbox(text: str, enhanced: str) -> Address:
    bare = text
    if text.startswith("@"):
        route = _ROUTE.match(text)
        if route is None:
            raise PeerError(501, enhanced, "the source route before the address is not one")
        bare = text[route.end() :]
    try:
        return Address.parse(bare)
    except BadAddress as refusal:
        # RFC 3463 §3.2: X.1.3 bad destination mailbox address syntax, X.1.7 bad sender's mailbox address syntax.
        raise PeerError(501, enhanced, str(refusal)) from None
