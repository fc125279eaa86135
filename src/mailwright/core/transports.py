"""What carries messages out, as `dispatch` asks for it: connectors are such transports, and so are those of tests."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from mailwright.domain.addresses import Address


class Transport(Protocol):
    """What carries a channel's messages out: a smart host, direct MX, a sending service."""

    at_once: int
    at_once_per_domain: int

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        """Hand the message over; what the other side answered. `sender` None is the null reverse-path. `idempotency_key` is the same
        whenever this message is handed over for this recipient.

        Raises TemporaryFailure, PermanentFailure, OutcomeUnknown, or Unavailable when the service itself is down.
        """


@runtime_checkable
class Inquiring(Protocol):
    """A transport whose service can be asked what it took."""

    async def find(self, recipient: Address, *, idempotency_key: str) -> str | None:
        """What it said when it took the message with that key, or None when it has none such. Raises Unavailable."""
