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
