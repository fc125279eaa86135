"""The reference table of the settings: docs/reference/settings.md is made with it."""

from pydantic import ByteSize
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mailwright.settings.model import Settings, variable


def settings_table() -> str:
    """The reference table of every setting, in Markdown (docs/reference/settings.md is made with it)."""
    rows = ["| variable | in the file | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(
            f"| `{variable(name)}` | `{name}` | {_default(field)} | {(field.description or '').replace('|', '/')} |"
        )
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value is None:
        return ""
    if isinstance(value, ByteSize):
        return f"`{value.human_readable()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
