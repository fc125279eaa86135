"""WhatsApp as mail: a phone number is an address under a name that no mail server has (RFC 2606), and a message of WhatsApp a message.

Used by the hook, the outbox, the way out to WhatsApp and the concierge.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from mailwright.domain.addresses import Address
from mailwright.domain.clock import HOUR, Instant

DOMAIN = "whatsapp.invalid"
WINDOW = 24 * HOUR
"""So long after somebody wrote they may be written to in free words; later only by a template that Meta has approved."""
MAX_ID_CHARACTERS = 512  # of WhatsApp's id of a message, which is part of ours
TEMPLATE_HEADER = "X-Mailwright-WhatsApp-Template"
"""In what we send: the values of the template that may be sent outside of the 24 hours, JSON; see `connectors.whatsapp`."""

_PLAIN_ID = re.compile(
    r"wamid\.[A-Za-z0-9_=+/-]+"
)  # as all of them are; RFC 5322 §3.2.3: these characters need no quotes
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: at most 15 digits


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one part of a message of ours: WhatsApp's id for it, or None of a call whose outcome nobody knows, and since when."""

    wamid: str | None
    at: Instant


def is_phone(text: str) -> bool:
    """Whether it is a phone number in the form of E.164, like +4915112345678."""
    return _PHONE.fullmatch(text) is not None


def address_of(phone: str) -> Address:
    """The address that stands for a phone number in the form of E.164."""
    return Address.parse(f"{phone}@{DOMAIN}")


def phone_of(address: Address) -> str | None:
    """The phone number an address stands for, or None when it is any other address."""
    return address.local if address.domain == DOMAIN and is_phone(address.local) else None


def message_id_of(wamid: str) -> str:
    """The Message-ID of a message that WhatsApp has by that id: the id itself, in an alphabet that no program breaks."""
    if _PLAIN_ID.fullmatch(wamid):
        return f"<{wamid}@{DOMAIN}>"
    return f"<b64.{base64.urlsafe_b64encode(wamid.encode()).decode().rstrip('=')}@{DOMAIN}>"


def wamid_of(message_id: str) -> str | None:
    """WhatsApp's id in a Message-ID that `message_id_of` made, else None."""
    local, at, domain = message_id.removeprefix("<").removesuffix(">").rpartition("@")
    if not at or domain != DOMAIN:
        return None
    if not local.startswith("b64."):
        return local if _PLAIN_ID.fullmatch(local) else None
    try:
        return base64.b64decode(local[4:] + "=" * (-len(local[4:]) % 4), b"-_", validate=True).decode() or None
    except (binascii.Error, ValueError):
        return None
