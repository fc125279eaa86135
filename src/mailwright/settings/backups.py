"""The settings of backups. A part of `Settings`."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_KEEP = re.compile(r"(hourly|daily|weekly|monthly|last)=(\d{1,4})")


class BackupSettings(BaseSettings):
    """Where backups go, when, and how long they are kept."""

    backup_url: str | None = Field(
        None,
        description="where backups go: a folder, s3://bucket/prefix or az://container/prefix; then one is made every day",
        repr=False,
    )
    backup_at: str = Field("02:30", description="when the role scheduler has one made, in UTC, like 02:30")
    backup_keep: str = Field(
        "daily=14 weekly=8 monthly=12",
        description="which backups stay when one was made: last=, hourly=, daily=, weekly=, monthly= with how many of each; all, for ever",
    )
    backup_endpoint: str | None = Field(
        None,
        description="where the object store of backups answers, if it is another than that of messages (blob_endpoint); region, keys and CA are its own then",
    )
    backup_region: str | None = Field(
        None, description="the region of backups; blob_region, or AWS_REGION, when not set"
    )
    backup_access_key_id: str | None = Field(
        None,
        description="the access key (on Azure the account) for backups; that of messages, or AWS_ACCESS_KEY_ID or AZURE_STORAGE_ACCOUNT_NAME, when not set",
    )
    backup_secret_access_key: SecretStr | None = Field(None, description="the secret of that key")
    backup_ca_file: Path | None = Field(
        None,
        description="certificates (PEM) by which the store of backups is known; blob_ca_file, or the system's, when not set",
    )
    backup_passphrase: SecretStr | None = Field(
        None, min_length=8, description="encrypts backups; without it nobody can read them again"
    )
    backup_key_file: Path | None = Field(None, description="the file that holds that passphrase, instead")
    backup_secret_key: bool = Field(
        False, description="put secret.key and the data folder's certificate into backups that are not encrypted, too"
    )

    @field_validator("backup_at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if not _TIME.fullmatch(value):
            raise ValueError("should be a time like 02:30")
        return value

    @field_validator("backup_keep")
    @classmethod
    def _kept(cls, value: str) -> str:
        keeping(value)
        return value

    @field_validator("backup_ca_file")
    @classmethod
    def _authority(cls, value: Path | None) -> Path | None:
        if value is not None and not value.expanduser().is_file():
            raise ValueError(f"there is no file {value}")
        return None if value is None else value.expanduser().absolute()

    def missing_of_backups(self) -> list[str]:
        """What does not fit together, each as `setting|because`."""
        if self.backup_secret_access_key is not None and self.backup_access_key_id is None:
            return ["backup_access_key_id|backup_secret_access_key belongs to it"]
        is_azure = (self.backup_url or "").startswith("az://")  # where an account may do without, by the machine's role
        if self.backup_access_key_id is not None and self.backup_secret_access_key is None and not is_azure:
            return ["backup_secret_access_key|backup_access_key_id needs it"]
        return []

    def backup_secret(self) -> str | None:
        """The passphrase, from wherever it is. Raises OSError."""
        if self.backup_key_file is not None:
            return read_passphrase(self.backup_key_file)
        return None if self.backup_passphrase is None else self.backup_passphrase.get_secret_value()


def read_passphrase(path: Path) -> str:
    """What a key file holds, without the end of its line. Raises OSError, ValueError when it holds too little."""
    text = path.expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    if len(text) < 8:
        raise ValueError(f"{path} holds fewer than 8 characters")
    return text


def keeping(text: str) -> dict[str, int] | None:
    """`daily=14 weekly=8` by name; None for `all`. Raises ValueError."""
    if text.strip().lower() == "all":
        return None
    found = [_KEEP.fullmatch(word) for word in re.split(r"[,\s]+", text.strip())]
    if not found or any(each is None for each in found):
        raise ValueError("should be like daily=14 weekly=8 monthly=12, or all")
    kept = {each[1]: int(each[2]) for each in found if each is not None}
    if not any(kept.values()):
        raise ValueError("would keep no backup at all")
    return kept
