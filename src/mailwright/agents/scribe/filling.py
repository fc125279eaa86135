"""Filling placeholders: what a template's `{{…}}` stand for, from what its owner gave. Called by parse and by the letter of the rules model. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailwright.agents.scribe import by_rules_table as table
from mailwright.core.outreach.wishes import placeholders as placeholders
from mailwright.domain.outreach import PLACEHOLDER
from mailwright.storage.outreach import Outreach


@dataclass(frozen=True, slots=True)
class Given:
    """What the owner gave: `fields` by their names as they are compared, `meant` by what placeholders usually mean."""

    fields: Mapping[str, str]
    meant: Mapping[str, str]


def given(mail: Outreach, sender: str) -> Given:
    """For a mail of that sender."""
    first, last = parts_of(mail.name)
    fields = {name_of(name): value.strip() for name, value in mail.fields.items() if value.strip()}
    meant = {
        "name": mail.name,
        "first": first,
        "last": last,
        "email": mail.email,
        "interest": mail.interest,
        "sender": sender,
    }
    for name, value in fields.items():
        meaning = table.PLACEHOLDERS.get(name)
        if meaning and not meant.get(meaning):
            meant[meaning] = value
    return Given(fields, {name: " ".join(value.split()) for name, value in meant.items() if value.strip()})


def value_of(placeholder: str, known: Given) -> str | None:
    """What a placeholder stands for; None: its owner gave nothing for it."""
    name = name_of(placeholder)
    return known.fields.get(name) or known.meant.get(meaning_of(placeholder))


def meaning_of(placeholder: str) -> str:
    """What a placeholder of that name usually means: a word of `by_rules_table.PLACEHOLDERS`, or ""."""
    name = name_of(placeholder)
    return table.PLACEHOLDERS.get(name) or table.PLACEHOLDERS.get(name.removeprefix("their ").removeprefix("your "), "")


def name_of(text: str) -> str:
    """The name of a placeholder or field, as it is compared."""
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def filled(text: str, known: Given) -> str:
    """A text with everything in its place that the owner gave; the rest stays."""
    return PLACEHOLDER.sub(lambda found: value_of(found[1], known) or found[0], text)


def parts_of(name: str) -> tuple[str, str]:
    """First and last name as a letter uses them, without titles; what stands before a comma is the last."""
    last, comma, first = name.partition(",")
    if comma and first.strip():
        name = f"{first} {last}"
    words = [word for word in name.split() if word.strip(".").casefold() not in table.NOBODY] or name.split()
    if len(words) < 2:
        return " ".join(words), " ".join(words)
    begins = next((at for at, word in enumerate(words) if at and word[:1].islower()), len(words) - 1)
    return words[0], " ".join(words[begins:])
