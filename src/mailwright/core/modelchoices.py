"""Which models serve which purpose, chosen while the server runs: what is chosen stands before the settings until it is reset.

Called by the command line and the administration; `agents.models` asks `chosen` every few seconds, in every process. Whether a model can
be asked at all (its provider known, its key there) the caller finds out before, since that takes a library and no transaction.
Promises: a change is in the audit trail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from mailwright.core import Core
from mailwright.domain import clock
from mailwright.domain.clock import DAY, HOUR, Instant
from mailwright.domain.modelnames import RULES, is_model_name
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.storage import Tx, audit, model_calls
from mailwright.storage import modelchoices as rows
from mailwright.storage.audit import Actor
from mailwright.storage.model_calls import Recent

PURPOSES: Mapping[str, str] = {
    "judge": "Is a mail a task? Every mail to an agent is judged; a small, quick model will do.",
    "work": "Doing the task and writing the answer.",
    "triage": "What is a mail to its owner? Every mail that plain rules leave open is asked; a small, quick model will do.",
    "draft": "Writing the drafts of replies in an owner's voice.",
}
MAX_MODELS = 10  # of one purpose: each waits for the one before it to fail
LOOKED_BACK = HOUR  # for how models do at present


@dataclass(frozen=True, slots=True)
class Premises:
    """What is set up: the models that the settings name, by purpose, the monthly cap, and `fit`, which says why a model cannot be
    asked ("" when it can)."""

    settings: Mapping[str, tuple[str, ...]]
    monthly_usd: float | None = None
    fit: Callable[[str], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """Who serves one purpose; `chosen_by` and `chosen_at` are None while it is the settings' word."""

    purpose: str
    description: str
    models: tuple[str, ...]
    from_settings: tuple[str, ...]
    chosen_by: str | None
    chosen_at: Instant | None


@dataclass(frozen=True, slots=True)
class Spending:
    """What models cost in this month (UTC), and what they may (None: no limit)."""

    since: Instant
    spent_usd: float
    limit_usd: float | None

    @property
    def reached(self) -> bool:
        """Nothing more is asked until the next month."""
        return self.limit_usd is not None and self.spent_usd >= self.limit_usd


def chosen(tx: Tx) -> dict[str, tuple[str, ...]]:
    """The purposes whose models somebody chose."""
    return {choice.purpose: choice.models for choice in rows.listing(tx) if choice.purpose in PURPOSES}


def serving(tx: Tx, premises: Premises) -> list[Serving]:
    """Who serves every purpose."""
    choices = {choice.purpose: choice for choice in rows.listing(tx)}
    found = []
    for purpose, description in PURPOSES.items():
        choice, settings = choices.get(purpose), premises.settings.get(purpose, ())
        if choice is None:
            found.append(Serving(purpose, description, settings, settings, None, None))
        else:
            found.append(Serving(purpose, description, choice.models, settings, choice.changed_by, choice.changed_at))
    return found


def choose(tx: Tx, purpose: str, models: Sequence[str], *, by: Actor) -> None:
    """Let these serve the purpose, the first one first. Raises NotFound (purpose), BadInput (names)."""
    _check_purpose(purpose)
    names = check_names(models)
    rows.put(tx, purpose, names, by=by.name, at=clock.now())
    audit.note(tx, by, "models.chosen", resource=f"{purpose}: {', '.join(names)}")


def reset(tx: Tx, purpose: str, *, by: Actor) -> bool:
    """Let the settings say again; False when they did already. Raises NotFound."""
    _check_purpose(purpose)
    removed = rows.remove(tx, purpose)
    if removed:
        audit.note(tx, by, "models.reset", resource=purpose)
    return removed


def check_names(models: Sequence[str]) -> tuple[str, ...]:
    """The names as they are kept. Raises BadInput."""
    names = tuple(dict.fromkeys(name.strip() for name in models if name.strip()))
    if not names:
        raise BadInput("name at least one model")
    if len(names) > MAX_MODELS:
        raise BadInput(f"at most {MAX_MODELS} models serve one purpose")
    for name in names:
        if not is_model_name(name):
            raise BadInput(f"{name[:80]!r} should be {RULES} or provider:model, like anthropic:claude-sonnet-4-5")
    return names


async def check_fit(models: Sequence[str], premises: Premises) -> tuple[str, ...]:
    """`check_names`, and that each can be asked. Raises BadInput saying what is missing."""
    names = check_names(models)
    for name in names:
        because = "" if premises.fit is None or name == RULES else await premises.fit(name)
        if because:
            raise BadInput(because)
    return names


async def recent(core: Core) -> list[Recent]:
    """How each model did lately, in every process. Raises TryLater."""
    since = clock.now() - LOOKED_BACK
    return await core.read(lambda tx: model_calls.recent(tx, since))


def spending(tx: Tx, limit_usd: float | None) -> Spending:
    """What models have cost in this month."""
    since = month_of(clock.now())
    return Spending(since, model_calls.spent(tx, since), limit_usd)


def month_of(moment: Instant) -> Instant:
    """When the month of a moment began (UTC)."""
    day = clock.to_datetime(moment)
    return moment // DAY * DAY - (day.day - 1) * DAY


def _check_purpose(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise NotFound(f"models have no purpose {purpose[:40]!r}; there are {', '.join(PURPOSES)}")
