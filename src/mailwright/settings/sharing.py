"""The settings of what many processes share: Valkey, and a search engine of its own. A part of `Settings`."""

from __future__ import annotations

from collections.abc import Iterator

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
    mailbox_per_minute: int = Field(
        60_000,
        ge=1,
        description="messages that strangers may bring for one address; beyond it they are asked to come later",
    )

    def missing_of_sharing(self, database_url: str) -> Iterator[str]:
        """What does not go together, each as `setting|because`."""
        if self.valkey_url is None:
            return
        if database_url.startswith("sqlite:"):
            yield "valkey_url|an SQLite file has one process, which shares with nobody; set database_url to PostgreSQL, or leave this out"
            return
        from mailwright.storage.valkey import why_not

        wrong = why_not(self.valkey_url.get_secret_value())
        if wrong is not None:
            yield f"valkey_url|{wrong}"
