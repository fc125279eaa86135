"""What a reply takes over from the message it answers: subject and references.

Called by agents' act step and core's delivery notices.
"""

import re

from mailwright.codecs.mime.messageids import MAX_IDS
from mailwright.codecs.mime.structure import Parsed

MAX_SUBJECT_CHARACTERS = 250  # of a reply; nobody reads on, and some clients cut at 255

# The marks mailers put before a reply, in the languages we have met them in, also numbered: "Re[2]:".
_MARK = re.compile(
    r"\s*(?:re|aw|antw|sv|vs|ref|rif|res|rép|odp|ynt|vá|atb|απ|σχετ|回复|回覆|答复|答覆|返信)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]",
    re.IGNORECASE,
)


def reply_subject(subject: str) -> str:
    """`subject` with exactly one "Re: " before it (RFC 5322 §3.6.5), whatever marks it had."""
    rest = subject[: 4 * MAX_SUBJECT_CHARACTERS]
    while found := _MARK.match(rest):
        rest = rest[found.end() :]
    rest = " ".join(rest.split())[:MAX_SUBJECT_CHARACTERS].rstrip()
    return f"Re: {rest}" if rest else "Re:"


def reply_references(parsed: Parsed) -> tuple[str, ...]:
    """The References of a reply to `parsed` (RFC 5322 §3.6.4): its own, or a single In-Reply-To, then its Message-ID."""
    before = parsed.references
    if not before and len(parsed.in_reply_to) == 1:
        before = parsed.in_reply_to
    ids = dict.fromkeys(before)
    if parsed.message_id is not None:
        ids.pop(parsed.message_id, None)
        ids[parsed.message_id] = None
    every = tuple(ids)
    return every if len(every) <= MAX_IDS else (every[0], *every[-(MAX_IDS - 1) :])
