"""What is wrong with a script: found when it is read, or when it runs.

Raised by the parser and the builder (`ScriptInvalid`) and by the interpreter (`RunFailed`); core turns the first into a refusal
and the second into an implicit keep (RFC 5228 §2.10.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake, at a line counted from 1. The text is for the script's author."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class ScriptInvalid(Exception):
    """The script cannot be run. `problems` is never empty and sorted by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RunFailed(Exception):
    """A run-time error: processing stops and the message is kept. The text holds nothing of the message."""

    def __init__(self, line: int, text: str) -> None:
        self.problem = Problem(line, text)
        super().__init__(str(self.problem))
