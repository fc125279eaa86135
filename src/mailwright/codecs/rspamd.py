"""What is said to rspamd about a message and what it answers (its HTTP protocol, `/checkv2`).

Called by `connectors.rspamd` (request and reply) and `core.authentication` (the opinion).
Promises: no field of a request can break out of its line, whatever a client called itself.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.domain.envelope import Envelope

Action: TypeAlias = Literal["accept", "junk", "later", "reject"]

MAX_SYMBOLS = 50  # kept of one answer; a usual one has twenty
MAX_SYMBOL_CHARACTERS = 100  # of one
MAX_RECIPIENTS = 100  # named to it: it looks at each

_ACTIONS: dict[str, Action] = {
    "no action": "accept",
    "add header": "junk",
    "rewrite subject": "junk",
    "quarantine": "junk",
    "greylist": "later",
    "soft reject": "later",
    "reject": "reject",
    "discard": "reject",  # nothing that was taken may vanish: its sender is told
}
_UNFIT = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What it thinks: what to do, its score, and the names of the symbols that led there (the weightiest first)."""

    action: Action
    score: float
    symbols: tuple[str, ...] = ()


class NotAnOpinion(ValueError):
    """The answer is not what rspamd gives."""


def request_headers(envelope: Envelope) -> list[tuple[str, str]]:
    """Who brings the message to whom, as HTTP header fields."""
    named = [
        ("IP", envelope.client.strip("[]").removeprefix("IPv6:")),
        ("Helo", envelope.helo),
        ("From", "" if envelope.sender is None else str(envelope.sender)),
        ("Queue-Id", envelope.correlation_id),
        *(("Rcpt", str(recipient)) for recipient in envelope.recipients[:MAX_RECIPIENTS]),
    ]
    return [(name, _UNFIT.sub("?", value)) for name, value in named if value]


def opinion(body: bytes) -> Opinion:
    """Read an answer. Raises NotAnOpinion."""
    try:
        answer = json.loads(body)
        weights = {str(name): abs(float(symbol["score"])) for name, symbol in answer["symbols"].items()}
        action, score = _ACTIONS[answer["action"]], float(answer["score"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise NotAnOpinion(f"it answered something else ({type(error).__name__})") from None
    if not math.isfinite(score):
        raise NotAnOpinion("its score is no number")
    heaviest = sorted(weights, key=lambda name: (-weights[name], name))[:MAX_SYMBOLS]
    return Opinion(action, score, tuple(name[:MAX_SYMBOL_CHARACTERS] for name in heaviest))
