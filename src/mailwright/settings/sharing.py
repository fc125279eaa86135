"""The settings of what many processes share: Valkey, and a search engine of its own. A part of `Settings`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
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

    search_url: str | None = Field(
        None,
        description="OpenSearch 2 or later, for one search index that all processes share, like https://search.example.org:9200; several nodes with commas between them; a folder in the data folder when not set",
    )
    search_user: str | None = Field(None, min_length=1, description="who asks OpenSearch")
    search_password: SecretStr | None = Field(None, description="the password of search_user")
    search_ca_file: Path | None = Field(
        None, description="certificates (PEM) by which OpenSearch is known; the usual ones when not set"
    )
    search_prefix: str = Field(
        "mailwright",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$",
        description="what every index in OpenSearch begins with: an installation, a prefix",
    )
    search_seconds: float = Field(
        5,
        ge=0.1,
        le=60,
        description="how long OpenSearch may take to answer; then the headers of the newest are looked through",
    )
    search_shards: int = Field(
        1, ge=1, le=64, description="parts of the index in OpenSearch, from the next reindex on: one for each 50 GB"
    )

    @field_validator("search_url")
    @classmethod
    def _nodes(cls, value: str | None) -> str | None:
        for node in () if value is None else value.split(","):
            parts = urlsplit(node.strip())
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
                raise ValueError("should be an address like https://search.example.org:9200")
            if parts.username is not None or parts.password is not None:
                raise ValueError("holds no name and no password: they are search_user and search_password")
        return value

    @field_validator("search_ca_file")
    @classmethod
    def _file_there(cls, value: Path | None) -> Path | None:
        if value is not None and not value.expanduser().is_file():
            raise ValueError(f"there is no file {value}")
        return None if value is None else value.expanduser().absolute()

    def missing_of_sharing(self, database_url: str) -> Iterator[str]:
        """What does not go together, each as `setting|because`."""
        if self.search_url is not None and (self.search_user is None) != (self.search_password is None):
            missing = "search_user" if self.search_user is None else "search_password"
            yield f"{missing}|OpenSearch is told a name and a password, or neither"
        if self.valkey_url is None:
            return
        if database_url.startswith("sqlite:"):
            yield "valkey_url|an SQLite file has one process, which shares with nobody; set database_url to PostgreSQL, or leave this out"
            return
        from mailwright.storage.valkey import why_not

        wrong = why_not(self.valkey_url.get_secret_value())
        if wrong is not None:
            yield f"valkey_url|{wrong}"
