"""What rules are told of a message that is being filed for one person.

Made by filing, read by rule delivery and vacation.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailwright.codecs import mime
from mailwright.core.derived import Derived
from mailwright.core.messages import Provenance
from mailwright.domain.addresses import Address
from mailwright.domain.envelope import Envelope, Verdict
from mailwright.storage import StoredBlob


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message for one user. `recipient` is whom the envelope names (perhaps a group), `key` makes the delivery one."""

    tenant_id: str
    user_id: str
    recipient: Address
    envelope: Envelope
    verdict: Verdict
    parsed: mime.Parsed
    blob: StoredBlob
    provenance: Provenance
    key: str
    derived: Derived
