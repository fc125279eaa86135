"""Push as JMAP spells it (RFC 8620 §7): what is told of changes, how a place in them is named, and how an event stream has it.

Called by everything that pushes. Pure. A push state names what a client has been told of, over all accounts it reaches: an event
stream's `id` and a WebSocket's `pushState`. It names the own account's state and a digest of the others', so that it is short.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

MAX_TYPES = 100  # names of types in one list; there are seven
MAX_TYPE_CHARACTERS = 255
OTHERS_DIGEST = 12  # characters of 48 bits: a client compares it with its own last one only

_STATE = re.compile(r"(\d{1,19})(?:-([0-9a-f]{12}))?", re.ASCII)
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

Changed = Mapping[str, Mapping[str, str]]
"""By account id, the state of each type that changed."""


@dataclass(frozen=True, slots=True)
class PushState:
    """How far a client has been told: the modseq of its own account, and the digest of the states of others' ("": of none)."""

    modseq: int
    others: str = ""

    @classmethod
    def of(cls, own: str, others: Mapping[str, str]) -> PushState:
        """Of the states of all accounts."""
        told = "\n".join(f"{account}={state}" for account, state in sorted(others.items()))
        digest = hashlib.sha256(told.encode()).hexdigest()[:OTHERS_DIGEST] if others else ""
        return cls(int(own), digest)

    @classmethod
    def parse(cls, text: str) -> PushState | None:
        """What `str` wrote; None for what we never say."""
        found = _STATE.fullmatch(text)
        return cls(int(found[1]), found[2] or "") if found else None

    def __str__(self) -> str:
        return f"{self.modseq}-{self.others}" if self.others else str(self.modseq)


def types_of(value: Any) -> frozenset[str] | None:
    """A list of names of types, of which a server may not know all; None for null, which means all. Raises ValueError."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_TYPES:
        raise ValueError("it is a list of names of types, or null")
    if not all(isinstance(each, str) and 0 < len(each) <= MAX_TYPE_CHARACTERS for each in value):
        raise ValueError("a name of a type is a short string")
    return frozenset(value)


def types_of_parameter(text: str) -> frozenset[str] | None:
    """RFC 8620 §7.3: `*`, or names with commas between. Raises ValueError."""
    return None if text == "*" else types_of([each.strip() for each in text.split(",") if each.strip()])


def state_change(changed: Changed, push_state: PushState | None = None) -> dict[str, Any]:
    """RFC 8620 §7.1; `pushState` is RFC 8887 §4.3.5.1's."""
    told: dict[str, Any] = {"@type": "StateChange", "changed": {key: dict(each) for key, each in changed.items()}}
    return told if push_state is None else {**told, "pushState": str(push_state)}


def verification(subscription_id: str, code: str) -> dict[str, Any]:
    """RFC 8620 §7.2.2."""
    return {"@type": "PushVerification", "pushSubscriptionId": subscription_id, "verificationCode": code}


def topic(types: Collection[str]) -> str:
    """RFC 8030 §5.4: what waits for a browser is replaced by a younger message that tells of the same types, and of no fewer."""
    return hashlib.sha256(",".join(sorted(types)).encode()).hexdigest()[:32]  # 32 characters at most


def octets(value: Mapping[str, Any]) -> bytes:
    """JSON in UTF-8."""
    return _encode(value).encode()


def stream_event(name: str, value: Mapping[str, Any], state: PushState | None = None) -> bytes:
    """One event of an event stream (HTML, "Server-sent events"); with `state`, the client comes back with that id."""
    return b"".join(
        (
            b"event: " + name.encode() + b"\n",
            b"" if state is None else b"id: " + str(state).encode() + b"\n",
            b"data: " + octets(value) + b"\n\n",
        )
    )


def stream_opening(state: PushState, retry_seconds: float) -> bytes:
    """The beginning of an event stream: no event, but whoever loses the connection comes back with this state, after a while."""
    return f": here are changes\nretry: {int(retry_seconds * 1000)}\nid: {state}\n\n".encode()
