"""Uploads: files that a client sends ahead of the message they belong to (RFC 8620 §6).

Called by JMAP and the webmail's interface; expired ones are taken away by housekeeping.
Promises: an upload is there for KEPT after it was sent, to its uploader alone; when somebody has too many, the oldest of theirs
make room, as RFC 8620 §6 wants it.
"""

from __future__ import annotations

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import DAY
from mailwright.domain.events import BLOB_RELEASED
from mailwright.domain.refusals import MessageTooLarge
from mailwright.storage import Tx, accounts, events
from mailwright.storage import uploads as rows
from mailwright.storage.accounts import Account
from mailwright.storage.uploads import Upload

KEPT = DAY  # RFC 8620 §6 wants an hour at least; a letter may be written for a day
MOST = 1_000  # of one user
MOST_MESSAGES = 4  # and so many of the largest messages in octets: RFC 8620 §6 wants one at least
SLICE = 500  # rows of one transaction of the nightly round


async def keep(core: Core, account: Account, data: bytes, media_type: str) -> Upload:
    """Keep `data` for the account. Raises MessageTooLarge, TryLater."""
    if len(data) > core.settings.max_message_bytes:
        raise MessageTooLarge(f"a file may have {core.settings.max_message_bytes} bytes")
    blob = await core.blobs.stage(account.tenant_id, data, kind="bin")
    now = clock.now()
    made = Upload(blob.id, account.id, media_type, blob.size, now)

    def write(tx: Tx) -> None:
        accounts.hold(tx, account.id)
        _make_room(tx, core, account.id, blob.size)
        core.blobs.put(tx, blob)
        rows.add(tx, blob.id, account.id, media_type, now, now + KEPT)

    await core.write(write)
    return made


def find(tx: Tx, account: Account, blob_id: str) -> Upload | None:
    """The upload of this account that the blob is, or None."""
    return rows.by_blob(tx, blob_id, account.id)


async def sweep(core: Core) -> int:
    """Forget uploads that were kept long enough; how many. Their blobs go when nothing else needs them."""
    now, count = clock.now(), 0
    while gone := await core.write(lambda tx: _forget(tx, rows.expired(tx, now, SLICE))):
        count += gone
    return count


def _make_room(tx: Tx, core: Core, user_id: str, size: int) -> None:
    known = rows.of_user(tx, user_id)
    octets = sum(each.size for each in known) + size
    number, most = len(known) + 1, MOST_MESSAGES * core.settings.max_message_bytes
    going = []
    for oldest in known:
        if octets <= most and number <= MOST:
            break
        going.append(oldest.blob_id)
        octets, number = octets - oldest.size, number - 1
    _forget(tx, going)


def _forget(tx: Tx, blob_ids: list[str]) -> int:
    for blob_id in blob_ids:
        rows.remove(tx, blob_id)
        events.append(tx, BLOB_RELEASED, blob_id, {"blob_id": blob_id})
    return len(blob_ids)
