"""The settings of what is kept outside the database, and of copies of it. A part of `Settings`."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from mailwright.settings.backups import BackupSettings

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # S3's rule; Azure's is narrower
_ANY_TENANT = "0" * 36
_CUSTOMER_KEY_OCTETS = 32
OBJECT_SCHEMES = ("s3://", "az://")


def _addresses(value: object) -> object:
    return tuple(re.split(r"[,\s]+", value.strip())) if isinstance(value, str) else value


class StoringSettings(BackupSettings):
    """How objects are kept, and where backups go."""

    blob_buckets: Literal["shared", "tenant"] = Field(
        "shared",
        description="tenant: each tenant's messages in a bucket of their own, `{tenant}` in blob_url or behind its bucket's name; made at need",
    )
    blob_former_urls: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)] = Field(
        (), description="where messages lay before blob_url or blob_buckets changed; they stay readable", repr=False
    )
    blob_endpoint: str | None = Field(
        None,
        description="where the object store answers, like https://minio.example.org:9000; the provider's own, or AWS_ENDPOINT_URL, when not set",
    )
    blob_region: str | None = Field(None, description="its region; AWS_REGION when not set")
    blob_access_key_id: str | None = Field(
        None,
        description="the access key, on Azure the account; AWS_ACCESS_KEY_ID or AZURE_STORAGE_ACCOUNT_NAME when not set",
    )
    blob_secret_access_key: SecretStr | None = Field(
        None, description="its secret; AWS_SECRET_ACCESS_KEY or AZURE_STORAGE_ACCOUNT_KEY when not set"
    )
    blob_ca_file: Path | None = Field(
        None, description="certificates (PEM) by which the object store is known; the system's when not set"
    )
    blob_path_style: bool = Field(
        True, description="the bucket in the path of the address (MinIO); off: in front of its host name"
    )
    blob_encryption: Literal["none", "sse-s3", "sse-kms", "sse-c"] = Field(
        "none", description="how the object store encrypts: with a key of its own, of its key service, or ours"
    )
    blob_encryption_key_id: str | None = Field(None, description="of sse-kms: which key; the bucket's when not set")
    blob_encryption_key: SecretStr | None = Field(
        None, description="of sse-c: 32 octets in base64; without it nothing can be read again"
    )
    blob_seconds: float = Field(
        20, ge=1, le=120, description="how long the object store may take for a request and its repetitions"
    )
    blob_retries: int = Field(2, ge=0, le=10, description="how often a request to it is repeated within that time")
    blob_conditional_put: bool = Field(
        True,
        description="ask it to replace nothing (If-None-Match); a store that does not know that is asked once, and never when this is off",
    )
    reconcile_sample: float = Field(
        0.01, ge=0, le=1, description="the part of all messages that is read and checked every night"
    )
    reconcile_per_second: int = Field(500, ge=1, description="messages a second that the nightly check looks at")

    @field_validator("blob_former_urls")
    @classmethod
    def _former(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not each.startswith(("file:///", *OBJECT_SCHEMES)):
                raise ValueError("should be file:///folder, s3://bucket/prefix or az://container/prefix")
        return value

    @field_validator("blob_ca_file")
    @classmethod
    def _there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.expanduser().is_file():
            raise ValueError(f"there is no file {value}")
        return None if value is None else value.expanduser().absolute()

    @field_validator("blob_encryption_key")
    @classmethod
    def _customer_key(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if (
                value is not None
                and len(base64.b64decode(value.get_secret_value(), validate=True)) != _CUSTOMER_KEY_OCTETS
            ):
                raise ValueError("should be 32 octets in base64")
        except binascii.Error:
            raise ValueError("should be 32 octets in base64") from None
        return value

    def tenant_address(self, blob_url: str) -> str:
        """Where messages are written when `blob_url` is the setting: with `{tenant}` when each has a bucket."""
        return (
            tenant_url(blob_url) if self.blob_buckets == "tenant" and blob_url.startswith(OBJECT_SCHEMES) else blob_url
        )

    def missing_of_storing(self, blob_url: str) -> list[str]:
        """What does not fit together, each as `setting|because`."""
        found = self.missing_of_backups()
        is_object = blob_url.startswith(OBJECT_SCHEMES)
        if self.blob_encryption == "sse-c" and self.blob_encryption_key is None:
            found.append("blob_encryption_key|sse-c needs it")
        if self.blob_encryption in ("sse-s3", "sse-kms") and blob_url.startswith("az://"):
            found.append("blob_encryption|Azure encrypts by itself; only sse-c is ours to ask for")
        if self.blob_buckets == "tenant":  # which a folder has none of, but the place that messages move to may
            if is_object and not _BUCKET.fullmatch(
                urlsplit(tenant_url(blob_url)).netloc.replace("{tenant}", _ANY_TENANT)
            ):
                found.append("blob_url|with a tenant's id the bucket's name would be none (63 characters at most)")
        elif "{tenant}" in urlsplit(blob_url).netloc:
            found.append("blob_buckets|blob_url names a bucket for each tenant: should be tenant")
        return found


def tenant_url(blob_url: str) -> str:
    """The address with `{tenant}` in its bucket: as it is written, or behind the bucket's name."""
    parts = urlsplit(blob_url)
    if "{tenant}" in parts.netloc:
        return blob_url
    return f"{parts.scheme}://{parts.netloc}-{{tenant}}{parts.path}"
