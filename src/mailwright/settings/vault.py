"""The settings of Vault, where secrets may come from. A part of `Settings`."""

from __future__ import annotations

from pydantic_settings import BaseSettings


class VaultSettings(BaseSettings):
    """Where secrets are fetched, and as whom."""
