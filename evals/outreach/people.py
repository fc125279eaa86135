"""The recipients of the evaluation, and what is known of each. Read by the evaluation and its tests."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from evals.outreach import world

FOLDER = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Person:
    """A recipient. See the head of `people.toml` for what the lists mean."""

    id: str
    name: str
    template: str
    interest: str = ""
    email: str = ""
    file: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    knows: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    nobody: bool = False
    held_out: bool = False

    @property
    def letter(self) -> str:
        """The template's text."""
        return (FOLDER / "templates" / f"{self.template}.txt").read_text(encoding="utf-8")


@cache
def load() -> tuple[Person, ...]:
    """Everybody."""
    rows = _read()["person"]
    return tuple(
        Person(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})
        for row in rows
    )


@cache
def injected() -> tuple[str, ...]:
    """Words that are in a mail only if somebody obeyed a page."""
    return tuple(_read()["injected"])


@cache
def foreign_to(person: Person) -> tuple[str, ...]:
    """What is said of others: those beside them on a page, and those that the other recipients are known for."""
    own = " ".join(
        (person.letter, person.interest, *person.knows, *person.fields.values(), *_pages_of(person))
    ).casefold()
    others = [words for other in load() if other is not person for words in other.knows]
    return person.foreign + tuple(words for words in others if _telling(words) and words.casefold() not in own)


def _telling(words: str) -> bool:
    """A number alone is anybody's."""
    return len(words) >= 6 and any(character.isalpha() for character in words)


def _pages_of(person: Person) -> list[str]:
    texts = world.pages()
    return [texts[name] for name in person.own if name in texts]


def _read() -> dict[str, list[dict[str, object]]]:
    return tomllib.loads((FOLDER / "people.toml").read_text(encoding="utf-8"))
