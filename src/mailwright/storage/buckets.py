"""Buckets themselves: making one, which there are, and the versions it remembers. What obstore does not do.

Used by `objectblobs.py`, rarely: when a tenant's first message comes, when all are listed, and when a damaged object is repaired. Amazon's library is
loaded then. Raises TryLater for whatever the service says.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from mailwright.domain.refusals import TryLater

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 5
DEFAULT_REGION = "us-east-1"
_OURS = frozenset({"BucketAlreadyOwnedByYou"})


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets of one service and account."""

    scheme: str
    endpoint: str | None = None
    region: str | None = None
    keys: tuple[str | None, str | None] = field(default=(None, None), repr=False)
    ca: Path | None = None
    path_style: bool = True
    customer_key: str | None = field(default=None, repr=False)
    seconds: float = 20.0

    def make(self, bucket: str) -> None:
        """Make a bucket; no error when it is there and ours."""
        if self.scheme != "s3":
            log.error("blobs.no_container", bucket=bucket)
            raise TryLater("the container of this tenant is not there yet")
        from botocore.exceptions import BotoCoreError, ClientError

        where = {} if self._region == DEFAULT_REGION else {"LocationConstraint": self._region}
        more: dict[str, Any] = {"CreateBucketConfiguration": where} if where else {}
        try:
            self._client().create_bucket(Bucket=bucket, **more)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _OURS:
                raise _refused(bucket, error) from error
        except BotoCoreError as error:
            raise _refused(bucket, error) from error
        log.info("blobs.bucket_made", bucket=bucket)

    def names(self, prefix: str) -> list[str]:
        """The buckets of this account whose names begin so."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._client().list_buckets().get("Buckets", ())
        except (BotoCoreError, ClientError) as error:
            log.warning("blobs.no_buckets", error=str(error)[:500])
            raise TryLater("the buckets cannot be listed now") from error
        return sorted(each["Name"] for each in found if each["Name"].startswith(prefix))

    def versions(self, bucket: str, name: str) -> Iterator[bytes]:
        """What an object was, the newest first; nothing where versions are not kept."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client()
        try:
            pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=name)
            for page in pages:
                for version in page.get("Versions", ()):
                    if version["Key"] == name and version.get("VersionId") not in (None, "null"):
                        yield self._version(client, bucket, name, version["VersionId"])
        except (BotoCoreError, ClientError) as error:
            log.warning("blobs.no_versions", bucket=bucket, error=str(error)[:500])
            raise TryLater("older versions cannot be read now") from error

    def _version(self, client: Any, bucket: str, name: str, version: str) -> bytes:
        more: dict[str, Any] = {}
        if self.customer_key is not None:
            more = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": base64.b64decode(self.customer_key)}
        return bytes(client.get_object(Bucket=bucket, Key=name, VersionId=version, **more)["Body"].read())

    @property
    def _region(self) -> str:
        return self.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION

    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self._region,
            aws_access_key_id=self.keys[0],
            aws_secret_access_key=self.keys[1],
            verify=None if self.ca is None else str(self.ca),
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=self.seconds,
                retries={"total_max_attempts": 2},
                s3={"addressing_style": "path" if self.path_style else "virtual"},
            ),
        )


def _refused(bucket: str, error: Exception) -> TryLater:
    log.error("blobs.no_bucket", bucket=bucket, error=str(error)[:500])
    return TryLater("the bucket of this tenant is not there and could not be made")
