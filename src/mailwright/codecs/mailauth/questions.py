"""What is asked of DNS about a message, and what it answered.

Used by every check of this package: a check looks into `Answers`, and raises `Unanswered` when it cannot go on without another
look-up; `examination` collects the questions, the caller brings the answers, and the check is made again from its start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["TXT", "A", "AAAA", "MX", "PTR", "CNAME", "SRV"]
Value: TypeAlias = bytes | str | tuple[int, str]
"""TXT: the octets, strings joined. A and AAAA: an address. PTR and CNAME: a name. MX: preference and name. SRV: as a zone file has it.

Names without a final dot. The last two kinds are asked about our own domains only.
"""

MAX_QUESTIONS = (
    60  # for one message: ten terms of SPF with ten MX each are the most that RFC 7208 §4.6.4 lets anybody cause
)
MAX_NAME_CHARACTERS = 253  # RFC 1035 §2.3.4: 255 octets with the lengths of its labels
MAX_LABEL_CHARACTERS = 63


@dataclass(frozen=True, slots=True)
class Question:
    """One look-up: a name in lower case without a final dot, and the type of record."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said: nothing (no such name, no such record), or values. `failed`: nobody knows, for now."""

    values: tuple[Value, ...] = ()
    failed: bool = False


NOTHING = Answer()
UNKNOWN = Answer(failed=True)


class Unanswered(Exception):
    """A check needs the answer to `question` first. Never leaves this package."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.name)
        self.question = question


class NotNow(Exception):
    """DNS gave no answer to something a check needs: its result is temperror. Never leaves this package."""


@dataclass(slots=True)
class Answers:
    """All that is known so far."""

    known: dict[Question, Answer] = field(default_factory=dict)

    def get(self, name: str, kind: Kind) -> Answer:
        """The answer, failed or not. A name that is no host name has none. Raises Unanswered."""
        name = name.rstrip(".").lower()
        labels = name.split(".")
        if not name.isascii() or len(name) > MAX_NAME_CHARACTERS:
            return NOTHING
        if not all(0 < len(label) <= MAX_LABEL_CHARACTERS and label.isprintable() for label in labels):
            return NOTHING
        question = Question(name, kind)
        if question not in self.known:
            raise Unanswered(question)
        return self.known[question]

    def texts(self, name: str) -> tuple[bytes, ...]:
        """The TXT records of a name. Raises Unanswered, NotNow."""
        answer = self.get(name, "TXT")
        if answer.failed:
            raise NotNow
        return tuple(value for value in answer.values if isinstance(value, bytes))
