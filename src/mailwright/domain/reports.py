"""What a sending service tells of mail it took from us: one word about one message to one recipient.

Made by codecs from a service's own form, recorded by `core.reports`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mailwright.domain.addresses import Address
from mailwright.domain.clock import Instant

Kind: TypeAlias = Literal["bounce", "complaint", "delivered", "stopped", "allowed"]


@dataclass(frozen=True, slots=True)
class Report:
    """`provider_id` makes it one, however often it is told. `permanent`: the address takes no more mail. `stopped` and `allowed` are
    about the address: nothing is sent there any more, or it may be again.

    `outbox_id` is what we named the message by when we handed it over, empty where it was not ours; `sender` is its From address.
    `detail` is the other server's or the service's own words, for people.
    """

    provider: str
    provider_id: str
    kind: Kind
    recipient: Address
    at: Instant
    permanent: bool = False
    outbox_id: str = ""
    sender: Address | None = None
    detail: str = ""

    @property
    def address(self) -> str:
        """The recipient as our tables know them: in small letters, and with its tag, which may be another mailbox elsewhere."""
        return str(self.recipient).lower()
