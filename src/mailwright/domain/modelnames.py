"""The names of models: `rules` for the built-in one, else `provider:model`. Used by the settings and by who chooses others."""

import re
from typing import Literal, TypeAlias, get_args

RULES = "rules"

_NAME = re.compile(r"[a-z][a-z0-9_-]*:\S+")
MAX_NAME = 200  # characters; the longest in use are about 80


def is_model_name(name: str) -> bool:
    """Whether it is spelled like one; nobody has asked whether there is such a model."""
    return name == RULES or (len(name) <= MAX_NAME and name.isprintable() and _NAME.fullmatch(name) is not None)


Purpose: TypeAlias = Literal["judge", "work", "triage", "draft", "extract", "template", "research", "compose"]
"""What models are asked for: the employee judges and works, the assistant triages and drafts, the concierge extracts what is
to be done when (and drafts), the scribe reads templates, finds facts in what was researched, and composes."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
