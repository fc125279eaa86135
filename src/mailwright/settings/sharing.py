"""The settings of what many processes share: Valkey, and a search engine of its own. A part of `Settings`."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class SharingSettings(BaseSettings):
    """Where processes on many machines meet besides the database."""

    valkey_url: SecretStr | None = Field(
        None,
        description="Valkey, for event streams, shared limits, caches and wake-ups: valkey://user:password@host:6379/0, or valkeys:// for TLS",
    )
    valkey_prefix: str = Field(
        "mailwright", pattern=r"^[A-Za-z0-9._-]{1,40}$", description="what every key in Valkey begins with"
    )
