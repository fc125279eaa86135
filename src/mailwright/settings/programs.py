"""The settings of the gRPC door, for other programs. A part of `Settings`; its port is among the others."""

from __future__ import annotations

from pydantic_settings import BaseSettings


class ProgramSettings(BaseSettings):
    """How programs call core."""
