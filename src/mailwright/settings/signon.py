"""The settings of single sign-on: whose word we take for who somebody is. A part of `Settings`."""

from __future__ import annotations

from pydantic_settings import BaseSettings


class SignOnSettings(BaseSettings):
    """How people sign in with an account they have elsewhere."""
