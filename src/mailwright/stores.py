"""Stores: where the settings say that large messages are kept and were, and how the places are spoken to.

Called by everything that opens an installation, by the commands that move and check what is kept, and by the work. Light to
import: what speaks to object stores is loaded when there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from mailwright.settings import Settings
from mailwright.settings.storing import OBJECT_SCHEMES
from mailwright.storage import BlobStore, Database, open_blobs

if TYPE_CHECKING:
    from mailwright.core.reconciling import Options as LookingOptions
    from mailwright.storage.blobplaces import Outside
    from mailwright.storage.objectstores import ObjectOptions

BACKUP_SECONDS = 120.0  # a piece on a slow line, and all its repetitions: nobody waits for it
BACKUP_RETRIES = 8


def blobs_of(settings: Settings, database: Database) -> BlobStore:
    """Where the settings say that large messages are, and were. What lay in one bucket stays readable when each tenant has their own."""
    address, former = settings.tenant_address(settings.blob_url), list(settings.blob_former_urls)
    if address != settings.blob_url:
        former = [settings.blob_url, *former]
    return open_blobs(database, address, options=object_options(settings), former=former, owned=True)


def place_of_messages(settings: Settings) -> Outside:
    """The place that large messages are written to."""
    from mailwright.storage.blobs import open_outside

    return open_outside(settings.tenant_address(settings.blob_url), object_options(settings))


def object_options(settings: Settings) -> ObjectOptions | None:
    """How the object store is spoken to; None where there is none (and its library is not needed)."""
    if not any(each.startswith(OBJECT_SCHEMES) for each in (settings.blob_url, *settings.blob_former_urls)):
        return None
    from mailwright.storage.objectstores import ObjectOptions

    return ObjectOptions(
        endpoint=settings.blob_endpoint,
        region=settings.blob_region,
        access_key_id=settings.blob_access_key_id,
        secret_access_key=_plain(settings.blob_secret_access_key),
        ca=settings.blob_ca_file,
        path_style=settings.blob_path_style,
        encryption=settings.blob_encryption,
        encryption_key_id=settings.blob_encryption_key_id,
        encryption_key=_plain(settings.blob_encryption_key),
        seconds=settings.blob_seconds,
        retries=settings.blob_retries,
        conditional=settings.blob_conditional_put,
    )


def backup_options(settings: Settings, url: str) -> ObjectOptions | None:
    """How the place of backups at `url` is spoken to; None for a folder.

    As the object store of messages, but for what backups have of their own. Another service than that gets nothing that belongs to it.
    Never with sse-c: a backup that only the lost configuration opens would be none, and it has a passphrase.
    """
    if not url.startswith(OBJECT_SCHEMES):
        return None
    from mailwright.storage.objectstores import ObjectOptions

    own_keys = settings.backup_access_key_id is not None
    shared = _is_same_service(settings, url)
    shared_keys = shared and not own_keys
    same_region = settings.backup_region in (None, settings.blob_region)  # keys of a key service are of one
    by_the_service = shared_keys and same_region and settings.blob_encryption != "sse-c"
    return ObjectOptions(
        endpoint=settings.blob_endpoint if shared else settings.backup_endpoint,
        region=settings.backup_region or (settings.blob_region if shared else None),
        access_key_id=settings.blob_access_key_id if shared_keys else settings.backup_access_key_id,
        secret_access_key=_plain(settings.blob_secret_access_key if shared_keys else settings.backup_secret_access_key),
        ca=settings.backup_ca_file or (settings.blob_ca_file if shared else None),
        path_style=settings.blob_path_style or not shared,
        encryption=settings.blob_encryption if by_the_service else "none",
        encryption_key_id=settings.blob_encryption_key_id if by_the_service else None,
        seconds=BACKUP_SECONDS,
        retries=BACKUP_RETRIES,
    )


def _is_same_service(settings: Settings, url: str) -> bool:
    """Whether backups at `url` are in the object store that the settings of messages speak of."""
    stores = [each for each in (settings.blob_url, *settings.blob_former_urls) if each.startswith(OBJECT_SCHEMES)]
    same_kind = not stores or any(urlsplit(each).scheme == urlsplit(url).scheme for each in stores)
    return same_kind and settings.backup_endpoint in (None, settings.blob_endpoint)


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def looking_of(settings: Settings) -> LookingOptions:
    """How the nightly reconciler looks."""
    from mailwright.core.reconciling import Options as LookingOptions

    return LookingOptions(sample=settings.reconcile_sample, per_second=settings.reconcile_per_second)
