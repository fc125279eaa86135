"""Object stores: how one is spoken to, and what obstore is told of it.

Used for blobs (`objectblobs`) and for backups (`backup.places`). obstore is loaded when a store is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Encryption = Literal["none", "sse-s3", "sse-kms", "sse-c"]

CONNECT_SECONDS = 5
_WORDS = {"sse-s3": "AES256", "sse-kms": "aws:kms", "sse-c": "sse-c"}


@dataclass(frozen=True, slots=True)
class ObjectOptions:
    """How an object store is spoken to. What is None comes from the variables its own tools use (AWS_…, AZURE_…).

    For Azure `access_key_id` is the account and `secret_access_key` its key. `more` goes to obstore as it is.
    """

    endpoint: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    ca: Path | None = None  # PEM: whom we believe to be the service, instead of the system's list
    path_style: bool = True
    encryption: Encryption = "none"
    encryption_key_id: str | None = None  # of sse-kms; the bucket's own when None
    encryption_key: str | None = field(default=None, repr=False)  # of sse-c: 32 octets in base64
    seconds: float = 20.0  # one request, and all its repetitions
    retries: int = 2
    conditional: bool = True
    more: Mapping[str, Any] = field(default_factory=dict, repr=False)


def open_store(url: str, options: ObjectOptions) -> ObjectStore:
    """What obstore has for s3://bucket/prefix or az://container/prefix. Raises exceptions of obstore's, OSError."""
    from obstore.store import from_url

    parts = urlsplit(url)
    return from_url(url, **arguments(parts.scheme, parts.netloc, options))


def arguments(scheme: str, bucket: str, chosen: ObjectOptions) -> dict[str, Any]:
    """What obstore is told. A setting goes before a variable of the environment, `more` before both."""
    more = dict(chosen.more)
    client: dict[str, Any] = {
        "connect_timeout": f"{CONNECT_SECONDS}s",
        "timeout": f"{chosen.seconds:g}s",
        "allow_http": (more.get("endpoint") or chosen.endpoint or "").startswith("http://"),
        **more.pop("client_options", {}),
    }
    if chosen.ca is not None:
        client["root_certificate"] = chosen.ca.read_bytes()
    if not client["allow_http"]:
        del client["allow_http"]  # AWS_ALLOW_HTTP may still say so
    names: dict[str, Any] = _s3_names(chosen, bucket) if scheme == "s3" else _azure_names(chosen)
    return {
        **{name: value for name, value in names.items() if value is not None},
        "client_options": client,
        "retry_config": {"max_retries": chosen.retries, "retry_timeout": timedelta(seconds=chosen.seconds)},
        **more,
    }


def _s3_names(chosen: ObjectOptions, bucket: str) -> dict[str, Any]:
    endpoint = chosen.endpoint
    if endpoint is not None and not chosen.path_style and bucket:
        parts = urlsplit(endpoint)
        endpoint = f"{parts.scheme}://{bucket}.{parts.netloc}"
    return {
        "endpoint": endpoint,
        "region": chosen.region,
        "access_key_id": chosen.access_key_id,
        "secret_access_key": chosen.secret_access_key,
        "virtual_hosted_style_request": None if chosen.path_style else True,
        "checksum_algorithm": "SHA256",
        "server_side_encryption": _WORDS.get(chosen.encryption),
        "sse_kms_key_id": chosen.encryption_key_id if chosen.encryption == "sse-kms" else None,
        "sse_customer_key_base64": chosen.encryption_key if chosen.encryption == "sse-c" else None,
    }


def _azure_names(chosen: ObjectOptions) -> dict[str, Any]:
    return {
        "endpoint": chosen.endpoint,
        "account_name": chosen.access_key_id,
        "account_key": chosen.secret_access_key,
        "encryption_key": chosen.encryption_key if chosen.encryption == "sse-c" else None,
    }
