"""The reference table of the settings: docs/reference/settings.md is made with it."""

from pydantic import ByteSize
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mailwright.domain.plans import STANDARD
from mailwright.settings.model import Settings, variable
from mailwright.settings.pages import PageSettings


def settings_table() -> str:
    """The reference table of every setting, in Markdown (docs/reference/settings.md is made with it)."""
    rows = ["| variable | in the file | default | meaning |", "|---|---|---|---|"]
    pages = PageSettings.model_fields  # inherited ones come first; people look for the server's own
    fields = {name: field for name, field in Settings.model_fields.items() if name not in pages} | pages
    for name, field in fields.items():
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
    if value == STANDARD:
        return f"`{', '.join(plan.id for plan in STANDARD)}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
