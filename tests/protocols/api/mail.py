"""Mail that is in somebody's mailbox when a test begins."""

from mailwright.codecs import mime
from mailwright.core import Core, accounts, messages
from mailwright.core.messages import Provenance
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.envelope import Origin
from mailwright.storage import Tx


def put(core: Core, raw: bytes, *, email: str = "ada@mailwright.test", role: str = "inbox", age: Instant = 0) -> str:
    """Put a message there; its id."""

    def write(tx: Tx) -> str:
        account = accounts.find(tx, email)
        blob = core.blobs.stage_now(account.tenant_id, raw)
        core.blobs.put(tx, blob)
        return messages.append(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            role=role,
            blob=blob,
            parsed=mime.parse(raw),
            provenance=Provenance(Origin.STRANGER, "c"),
            received_at=clock.now() - age,
            enforce_quota=False,
        )

    return core.database.write_now(write)
