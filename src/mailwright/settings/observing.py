"""The settings of what is told about a process: traces, reports of errors, health. A part of `Settings`."""

from __future__ import annotations

from pydantic_settings import BaseSettings


class ObservingSettings(BaseSettings):
    """Where traces and reports of errors go."""
