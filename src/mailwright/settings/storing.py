"""The settings of what is kept outside the database, and of copies of it. A part of `Settings`."""

from __future__ import annotations

from pydantic_settings import BaseSettings


class StoringSettings(BaseSettings):
    """How objects are kept, and where backups go."""
