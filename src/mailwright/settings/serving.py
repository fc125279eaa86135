"""The settings of who does which part of the work: for workers among themselves. A part of `Settings`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from mailwright.domain.serving import GROUPS, INDEX, LANES, Serving

ALL, NONE = "all", "none"


def _words(value: object) -> object:
    return tuple(re.split(r"[,\s]+", value.strip())) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class ServingSettings(BaseSettings):
    """What a process with the role worker serves."""

    worker_groups: Names = Field(
        (ALL,), description=f"whose events a worker handles: all, none, or some of {', '.join(GROUPS)}"
    )
    worker_lanes: Names = Field(
        (ALL,), description=f"which lanes of workflows a worker runs: all, none, or some of {', '.join(LANES)}"
    )
    worker_sends: bool = Field(True, description="whether a worker sends what is queued")

    @property
    def serving(self) -> Serving:
        """What a worker process of these settings serves."""
        groups = None if self.worker_groups == (ALL,) else frozenset(self.worker_groups) - {NONE}
        lanes = None if self.worker_lanes == (ALL,) else tuple(each for each in LANES if each in self.worker_lanes)
        return Serving(groups, lanes, self.worker_sends)

    @field_validator("worker_groups")
    @classmethod
    def _known_groups(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _check(value, GROUPS)
        if len(INDEX & set(value)) == 1:
            raise ValueError(f"{' and '.join(sorted(INDEX))} write one index: a worker has both or neither")
        return value

    @field_validator("worker_lanes")
    @classmethod
    def _known_lanes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _check(value, LANES)
        return value

    def missing_of_serving(self, database_url: str) -> Iterator[str]:
        """What does not go together, each as `setting|because`."""
        if database_url.startswith("sqlite:") and self.serving.words is not None:
            yield (
                "worker_groups|an SQLite file has one process, which does everything; set database_url to PostgreSQL, "
                "or leave worker_groups, worker_lanes and worker_sends out"
            )


def _check(names: tuple[str, ...], known: Collection[str]) -> None:
    strange = [each for each in names if each not in (*known, ALL, NONE)]
    if strange:
        raise ValueError(f"there is no {', '.join(strange)}; there are all, none, {', '.join(known)}")
    if len(names) > 1 and {ALL, NONE} & set(names):
        raise ValueError(f"{ALL} and {NONE} stand alone")
