"""Models: which model serves which purpose, asked in order until one answers.

Made by app.py from the settings, used by agents' `think`. Each model has a circuit breaker; a model behind an open one is
passed over. Safe for hundreds of questions at once: a question costs no thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from mailwright.agents.models import rules
from mailwright.agents.models.asking import ModelFailed, Purpose, Question, Reply, T
from mailwright.domain import clock
from mailwright.domain.breaker import Breaker
from mailwright.storage.model_calls import ModelCall

if TYPE_CHECKING:
    from mailwright.agents.models.remote import Remote

THREADED_CHARACTERS = 4_000  # material beyond this keeps the rules model busy for so long that a thread does it

calls_total = Counter("mailwright_model_calls_total", "Calls of models", ["model", "purpose", "outcome"])
tokens_total = Counter("mailwright_model_tokens_total", "Tokens read and written by models", ["model", "direction"])
cost_total = Counter("mailwright_model_cost_usd_total", "What calls of models cost, where prices are known", ["model"])
call_seconds = Histogram(
    "mailwright_model_call_seconds",
    "How long calls of models took",
    ["model", "purpose"],
    buckets=(0.05, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 60, 120, 300),
)


class Models:
    """The models of an installation. `chosen` names for each purpose `rules` or `provider:model`, the first choice first.

    `api_key` gives the key of a provider (None: the provider's own environment variable decides); `base_url` replaces the
    address of the provider's API; `timeout_seconds` bounds one call.
    """

    def __init__(
        self,
        chosen: Mapping[Purpose, Sequence[str]],
        *,
        base_url: str | None = None,
        api_key: Callable[[str], str | None] = lambda provider: None,
        timeout_seconds: float = 60.0,
    ) -> None:
        self._chosen = {purpose: tuple(names) for purpose, names in chosen.items()}
        self._base_url = base_url
        self._api_key = api_key
        self._timeout_seconds = timeout_seconds
        self._breakers: dict[str, Breaker] = {}
        self._remote: Remote | None = None
        self._opening = asyncio.Lock()

    @classmethod
    def by_rules(cls) -> Models:
        """Only the built-in rules model."""
        return cls({"judge": (rules.NAME,), "work": (rules.NAME,)})

    def named(self, purpose: Purpose) -> tuple[str, ...]:
        """The models asked for a purpose, in order."""
        return self._chosen[purpose]

    async def ask(self, question: Question[T]) -> Reply[T]:
        """Ask the models of the purpose in order. Raises ModelFailed when none of them gave a usable answer."""
        calls: list[ModelCall] = []
        failures: list[ModelFailed] = []
        for name in self._chosen[question.purpose]:
            breaker = self._breakers.setdefault(name, Breaker())
            if not breaker.enter(clock.now()):
                failures.append(ModelFailed(f"{name} is given a rest after failures in a row", transient=True))
                continue
            try:
                value, call = await (
                    self._by_rules(question) if name == rules.NAME else self._from_afar(name, question)
                )
            except ModelFailed as failure:
                # What a model answered, refused or garbled shows that its service is up.
                breaker.failed(clock.now()) if failure.transient else breaker.succeeded()
                calls += [_counted(call) for call in failure.calls]
                failures.append(failure)
                continue
            breaker.succeeded()
            calls.append(_counted(call))
            return Reply(value, name, tuple(calls))
        text = "; ".join(failure.text for failure in failures) or "no model is set up for this"
        raise ModelFailed(text, transient=any(failure.transient for failure in failures), calls=calls)

    async def close(self) -> None:
        """Let go of connections."""
        if self._remote is not None:
            await self._remote.close()

    async def _by_rules(self, question: Question[T]) -> tuple[T, ModelCall]:
        started_at, started = clock.now(), time.monotonic_ns()
        if len(question.material) > THREADED_CHARACTERS:
            value = await asyncio.to_thread(question.by_rules)
        else:
            value = question.by_rules()
        latency = (time.monotonic_ns() - started) // 1000
        return value, ModelCall(question.purpose, rules.NAME, 0, 0, 0.0, latency, "ok", started_at)

    async def _from_afar(self, name: str, question: Question[T]) -> tuple[T, ModelCall]:
        if self._remote is None:
            async with self._opening:
                if self._remote is None:
                    self._remote = await asyncio.to_thread(self._open)
        return await self._remote.ask(name, question)

    def _open(self) -> Remote:
        from mailwright.agents.models.remote import Remote

        return Remote(base_url=self._base_url, api_key=self._api_key, timeout_seconds=self._timeout_seconds)


def _counted(call: ModelCall) -> ModelCall:
    calls_total.labels(call.model, call.purpose, call.outcome).inc()
    call_seconds.labels(call.model, call.purpose).observe(call.latency_us / clock.SECOND)
    if call.input_tokens or call.output_tokens:
        tokens_total.labels(call.model, "input").inc(call.input_tokens)
        tokens_total.labels(call.model, "output").inc(call.output_tokens)
        cost_total.labels(call.model).inc(call.cost_usd)
    return call
