"""`mailwright config`: the settings as they are found."""

from __future__ import annotations

import re
from typing import Any

from mailwright.cli.installation import DataOption, settings_of
from mailwright.cli.terminal import answer, group, say

commands = group("config", "Settings: check them, show them.")


@commands.command("check")
def check(data: DataOption = None) -> None:
    """Check every setting; each bad one is a line on standard error."""
    settings_of(data)
    say("All settings are well.")


@commands.command("show")
def show(data: DataOption = None) -> None:
    """Show every setting as JSON, without secrets."""
    settings = settings_of(data)
    answer({name: _shown(name, getattr(settings, name)) for name in type(settings).model_fields})


def _shown(name: str, value: Any) -> Any:
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return "***"
    if name in ("database_url", "database_direct_url") and value is not None:
        return re.sub(r"://[^@/]*@", "://***@", value)
    return (
        value
        if isinstance(value, bool | int | float | str | None)
        else [*value]
        if isinstance(value, tuple)
        else str(value)
    )
