"""Wishes: what somebody may ask the scribe for, checked before anything is made of it.

Called by `making`, `importing` and `templates`. Expects what came from outside.
Promises: what `checked` gives can be stored, is bounded, and has an address that is one; what is refused is named in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from mailwright.core.messages import storable
from mailwright.domain.addresses import Address
from mailwright.domain.outreach import (
    MAX_FIELD,
    MAX_FIELDS,
    MAX_FILES,
    MAX_INTEREST,
    MAX_NAME,
    MAX_TEMPLATE,
    PLACEHOLDER,
)
from mailwright.domain.refusals import BadInput

MAX_FIELD_NAME = 60  # characters, as many as a placeholder may have


@dataclass(frozen=True, slots=True)
class Wish:
    """A mail somebody wants. `fields` are what else placeholders of the template stand for, `files` ids from `making.keep_files`;
    without `template` it is the one of `template_id`, and without both the person's default one."""

    name: str
    template: str
    interest: str = ""
    email: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    template_id: str | None = None


def checked(wish: Wish) -> Wish:
    """The wish as it is kept; its template is there. Raises BadInput."""
    name = one_line("the recipient's name", wish.name, MAX_NAME)
    if not any(character.isalpha() for character in name):
        raise BadInput("the recipient needs a name")
    if len(wish.files) > MAX_FILES:
        raise BadInput(f"a mail may use {MAX_FILES} files at most")
    return replace(
        wish,
        name=name,
        interest=bounded("what the recipient is interested in", wish.interest, MAX_INTEREST),
        email=checked_email(wish.email),
        fields=checked_fields(wish.fields),
        template=checked_template(wish.template),
    )


@lru_cache(maxsize=32)  # a table of ten thousand rows has one
def checked_template(text: str) -> str:
    """A template as it is kept. Raises BadInput when it says nothing, or has placeholders that are none."""
    text = bounded("a template", text.replace("\r\n", "\n").replace("\r", "\n"), MAX_TEMPLATE)
    if not any(character.isalnum() for character in text):
        raise BadInput("a template needs some words")
    rest = PLACEHOLDER.sub("", text)
    at = rest.find("{{")
    if at >= 0 and "}}" in rest[at:]:
        found = rest[at : rest.index("}}", at) + 2]
        raise BadInput(
            f"{found[:80]!r} is no placeholder: between the braces stands one word or a few, at most {MAX_FIELD_NAME} characters"
        )
    if len(placeholders(text)) > MAX_FIELDS:
        raise BadInput(f"a template has {MAX_FIELDS} different placeholders at most")
    return text


def placeholders(template: str) -> tuple[str, ...]:
    """The names of a template's placeholders, each once, as it was first written."""
    found: dict[str, str] = {}
    for match in PLACEHOLDER.finditer(template):
        found.setdefault(match[1].casefold(), match[1])
    return tuple(found.values())


def checked_email(text: str) -> str:
    """An address, or "". Raises BadInput."""
    text = storable(text).strip()
    return "" if not text else str(Address.parse(text))


def checked_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Fields with names that placeholders can have. Raises BadInput."""
    kept: dict[str, str] = {}
    for given, value in fields.items():
        name = one_line("the name of a field", given, MAX_FIELD_NAME)
        if not name or "{" in name or "}" in name:
            raise BadInput(f"{given[:80]!r} is no name for a field")
        if name.casefold() in {known.casefold() for known in kept}:
            raise BadInput(f"there are two fields of the name {name!r}")
        kept[name] = bounded(f"the field {name!r}", value, MAX_FIELD)
    if len(kept) > MAX_FIELDS:
        raise BadInput(f"a mail has {MAX_FIELDS} fields at most")
    return kept


def bounded(what: str, text: str, most: int) -> str:
    """The text as it is kept. Raises BadInput when it is too long."""
    text = storable(text).strip()
    if len(text) > most:
        raise BadInput(f"{what} has at most {most:,} characters")
    return text


def one_line(what: str, text: str, most: int) -> str:
    """`bounded`, in one line."""
    return bounded(what, " ".join(storable(text).split()), most)
