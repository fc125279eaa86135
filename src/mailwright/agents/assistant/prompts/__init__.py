"""The assistant's prompts, as files: reviewed like code, read once."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=8)
def instructions(name: str) -> str:
    """The text of `<name>.md` in this folder."""
    return (files(__package__) / f"{name}.md").read_text(encoding="utf-8")
