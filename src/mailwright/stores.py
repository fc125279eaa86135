"""Stores: where the settings say that large messages are kept and were, and how the places are spoken to.

Called by everything that opens an installation, by the commands that move and check what is kept, and by the work. Light to
import: what speaks to object stores is loaded when there is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailwright.settings import Settings
from mailwright.settings.storing import OBJECT_SCHEMES, tenant_url
from mailwright.storage import BlobStore, Database, open_blobs

if TYPE_CHECKING:
    from mailwright.core.reconciling import Options as LookingOptions
    from mailwright.storage.objectblobs import ObjectOptions


def blobs_of(settings: Settings, database: Database) -> BlobStore:
    """Where the settings say that large messages are, and were. What lay in one bucket stays readable when each tenant has their own."""
    address, former = settings.blob_url, list(settings.blob_former_urls)
    if settings.blob_buckets == "tenant":
        address = tenant_url(settings.blob_url)
        former = [settings.blob_url, *former] if address != settings.blob_url else former
    return open_blobs(database, address, options=object_options(settings), former=former)


def object_options(settings: Settings) -> ObjectOptions | None:
    """How the object store is spoken to; None where there is none (and its library is not needed)."""
    if not any(each.startswith(OBJECT_SCHEMES) for each in (settings.blob_url, *settings.blob_former_urls)):
        return None
    from mailwright.storage.objectblobs import ObjectOptions

    secret, own = settings.blob_secret_access_key, settings.blob_encryption_key
    return ObjectOptions(
        endpoint=settings.blob_endpoint,
        region=settings.blob_region,
        access_key_id=settings.blob_access_key_id,
        secret_access_key=None if secret is None else secret.get_secret_value(),
        ca=settings.blob_ca_file,
        path_style=settings.blob_path_style,
        encryption=settings.blob_encryption,
        encryption_key_id=settings.blob_encryption_key_id,
        encryption_key=None if own is None else own.get_secret_value(),
        seconds=settings.blob_seconds,
        retries=settings.blob_retries,
        conditional=settings.blob_conditional_put,
    )


def looking_of(settings: Settings) -> LookingOptions:
    """How the nightly reconciler looks."""
    from mailwright.core.reconciling import Options as LookingOptions

    return LookingOptions(sample=settings.reconcile_sample, per_second=settings.reconcile_per_second)
