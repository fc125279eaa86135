"""Models: which model serves which purpose, asked in order until one answers.

Made by app.py from the settings, used by agents' `think`:

    reply = await models.ask(
        Question(purpose, instructions, material, Answer, by_rules, tools=tools_of(run), limits=RunLimits(...)),
        who=Asker(tenant_id, user_id, task_id),
    )

Promises: every request to a provider is one `ModelCall`, in `reply.calls` or in the failure's `calls`; with `told` it is also told of
at once (`storage.model_calls.add` takes a call once, however often: recording `calls` again does no harm). A model that fails in a way
that has to do with its service, or that may not be asked now, is followed by the next one, which begins the run anew: a tool that acts
on the world must do the same thing once. What a limit of the run, a broken tool or a database that is away ended is not begun anew.

Each model has a circuit breaker; a model behind an open one is passed over. Safe for hundreds of questions at once: a question costs no
thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import structlog
from prometheus_client import Counter, Histogram

from mailwright.agents.models import rules
from mailwright.agents.models.asking import Asker, Gate, ModelFailed, Question, Reply, T
from mailwright.agents.models.meter import Meter
from mailwright.agents.models.tools import RunLimits
from mailwright.domain import clock, spans
from mailwright.domain.breaker import Breaker
from mailwright.domain.modelnames import PURPOSES, Purpose
from mailwright.domain.refusals import TryLater
from mailwright.storage.model_calls import ModelCall

if TYPE_CHECKING:
    from pydantic_ai.models import Model

    from mailwright.agents.models.claude import Claude
    from mailwright.agents.models.recording import Run
    from mailwright.agents.models.remote import Remote

log = structlog.get_logger(__name__)

THREADED_CHARACTERS = 4_000  # material beyond this keeps the rules model busy for so long that a thread does it
LOOK_SECONDS = 5.0  # how soon a choice of other models is followed
Runtime = Literal["pydantic-ai", "claude-agent-sdk"]
NOT_THE_MODEL = frozenset({"budget", "spending-cap", "tool-broke", "try-later"})
"""Outcomes that say nothing about the service of a model."""

calls_total = Counter("mailwright_model_calls_total", "Calls of models", ["model", "purpose", "outcome"])
answers_total = Counter(
    "mailwright_model_answers_total",
    "Questions answered, by who answered: the first model of the purpose, a fallback, or nobody",
    ["purpose", "by"],
)
tokens_total = Counter(
    "mailwright_model_tokens_total", "Tokens read (of these cached) and written by models", ["model", "direction"]
)
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
    address of the provider's API; `timeout_seconds` bounds one request. `given` are pydantic-ai models by name, used as they are.
    `gate` stands before every request; `told` hears of every call; `transcripts`: keep what was sent. `choices` gives the purposes
    whose models were chosen since, and is asked every few seconds. `runtime` is what carries out runs with tools of `anthropic:` models.
    """

    def __init__(
        self,
        chosen: Mapping[Purpose, Sequence[str]],
        *,
        base_url: str | None = None,
        api_key: Callable[[str], str | None] = lambda provider: None,
        timeout_seconds: float = 60.0,
        given: Mapping[str, Model] | None = None,
        gate: Gate | None = None,
        told: Callable[[ModelCall, Asker | None], Awaitable[None]] | None = None,
        transcripts: bool = False,
        choices: Callable[[], Awaitable[Mapping[str, Sequence[str]]]] | None = None,
        runtime: Runtime = "pydantic-ai",
    ) -> None:
        self._settings = {purpose: tuple(names) for purpose, names in chosen.items()}
        self._chosen: Mapping[Purpose, tuple[str, ...]] = self._settings
        self._base_url = base_url
        self._api_key = api_key
        self._timeout_seconds = timeout_seconds
        self._given = dict(given or {})
        self._gate = gate
        self._told = told
        self._transcripts = transcripts
        self._choices = choices
        self._runtime = runtime
        self._looked: float | None = None
        self._breakers: dict[str, Breaker] = {}
        self._remote: Remote | None = None
        self._opening = asyncio.Lock()

    @classmethod
    def by_rules(cls) -> Models:
        """Only the built-in rules model."""
        return cls(dict.fromkeys(PURPOSES, (rules.NAME,)))

    def named(self, purpose: Purpose) -> tuple[str, ...]:
        """The models asked for a purpose, in order."""
        return self._chosen[purpose]

    async def ask(self, question: Question[T], *, who: Asker | None = None) -> Reply[T]:
        """Ask the models of the purpose in order. Raises ModelFailed when none of them gave a usable answer."""
        await self._look()
        names = self._chosen[question.purpose]
        limits = question.limits or (RunLimits() if question.tools else None)
        meter = Meter(limits)
        calls: list[ModelCall] = []
        failures: list[ModelFailed] = []
        for place, name in enumerate(names):
            breaker = self._breakers.setdefault(name, Breaker())
            if not breaker.enter(clock.now()):
                failures.append(ModelFailed(f"{name} is given a rest after failures in a row", transient=True))
                continue
            try:
                with spans.span("model ask", model=name, purpose=question.purpose) as span:
                    before = len(calls)
                    try:
                        if name == rules.NAME:
                            value = await self._by_rules(question, calls)
                        else:
                            last = place + 1 == len(names)
                            value = await self._from_afar(name, question, who, meter, calls, last=last)
                    finally:
                        _mark(span, calls[before:], who)
            except ModelFailed as failure:
                if failure.outcome not in NOT_THE_MODEL:
                    # What a model answered, refused or garbled shows that its service is up.
                    breaker.failed(clock.now()) if failure.transient else breaker.succeeded()
                failures.append(failure)
                if failure.final:
                    break
                continue
            breaker.succeeded()
            answers_total.labels(question.purpose, "fallback" if place else "first").inc()
            return Reply(value, name, tuple(calls))
        answers_total.labels(question.purpose, "nobody").inc()
        raise _failure(failures, calls)

    async def unfit(self, name: str) -> str:
        """Why a model cannot be asked, as far as that can be known without asking it; "" when nothing is missing."""
        if name == rules.NAME:
            return ""
        return await (await self._opened()).unfit(name)

    async def close(self) -> None:
        """Let go of connections."""
        if self._remote is not None:
            await self._remote.close()

    async def _by_rules(self, question: Question[T], calls: list[ModelCall]) -> T:
        started_at, started = clock.now(), time.monotonic_ns()
        if len(question.material) > THREADED_CHARACTERS:
            value = await asyncio.to_thread(question.by_rules)
        else:
            value = question.by_rules()
        latency = (time.monotonic_ns() - started) // 1000
        calls.append(_counted(ModelCall(question.purpose, rules.NAME, 0, 0, 0.0, latency, "ok", started_at)))
        return value

    async def _from_afar(
        self, name: str, question: Question[T], who: Asker | None, meter: Meter, calls: list[ModelCall], *, last: bool
    ) -> T:
        remote: Remote | Claude = await self._opened()
        if self._runtime == "claude-agent-sdk" and question.tools and name.startswith("anthropic:"):
            remote = self._claude()
        run = self._run(question, who, meter, patient=last)
        try:
            return await remote.ask(name, question, run)
        except ModelFailed:
            for call in run.calls:
                if call.outcome == "cancelled":  # by the run's limit of seconds; the recorder could not wait any more
                    await run.told(call)
            raise
        finally:
            calls += run.calls

    def _run(self, question: Question[T], who: Asker | None, meter: Meter, *, patient: bool) -> Run:
        from mailwright.agents.models.recording import Run

        async def told(call: ModelCall) -> None:
            _counted(call)
            if self._told is not None:
                try:
                    await self._told(call, who)
                except TryLater as refusal:  # whoever asked records its calls once more
                    log.warning("model.call_not_recorded", model=call.model, error=str(refusal))

        return Run(
            question.purpose,
            meter,
            told,
            gate=self._gate,
            keep=self._transcripts,
            timeout=self._timeout_seconds,
            patient=patient,
        )

    async def _look(self) -> None:
        """Follow what was chosen since; what cannot be read stays as it was."""
        moment = time.monotonic()
        if self._choices is None or (self._looked is not None and moment - self._looked < LOOK_SECONDS):
            return
        self._looked = moment
        try:
            found = await self._choices()
        except TryLater as refusal:
            log.warning("models.choices_not_read", error=str(refusal))
            return
        self._chosen = {purpose: tuple(found.get(purpose, names)) for purpose, names in self._settings.items()}

    def _claude(self) -> Claude:
        from mailwright.agents.models.claude import Claude

        return Claude(base_url=self._base_url, api_key=self._api_key("anthropic"))

    async def _opened(self) -> Remote:
        if self._remote is None:
            async with self._opening:
                if self._remote is None:
                    self._remote = await asyncio.to_thread(self._open)
        return self._remote

    def _open(self) -> Remote:
        from mailwright.agents.models.providers import Providers
        from mailwright.agents.models.remote import Remote

        return Remote(Providers(base_url=self._base_url, api_key=self._api_key, given=self._given))


def _failure(failures: Sequence[ModelFailed], calls: Sequence[ModelCall]) -> ModelFailed:
    """What is told of all of them: the last word when that ended the run, else each model's."""
    if failures and failures[-1].final:
        last = failures[-1]
        return ModelFailed(last.text, transient=last.transient, outcome=last.outcome, final=True, calls=calls)
    text = "; ".join(dict.fromkeys(failure.text for failure in failures)) or "no model is set up for this"
    return ModelFailed(
        text,
        transient=any(failure.transient for failure in failures),
        outcome=failures[-1].outcome if failures else "",
        calls=calls,
    )


def _mark(span: spans.Span, calls: Sequence[ModelCall], who: Asker | None) -> None:
    """What it cost, on its span; never what was asked or answered."""
    if span.traceparent is None:
        return
    if who is not None:
        span.set(tenant=who.tenant_id, user=who.user_id or "", task_id=who.task_id or "")
    span.set(
        calls=len(calls),
        input_tokens=sum(call.input_tokens for call in calls),
        output_tokens=sum(call.output_tokens for call in calls),
        cost_usd=sum(call.cost_usd for call in calls),
        outcome=calls[-1].outcome if calls else "not asked",
    )


def _counted(call: ModelCall) -> ModelCall:
    calls_total.labels(call.model, call.purpose, call.outcome).inc()
    call_seconds.labels(call.model, call.purpose).observe(call.latency_us / clock.SECOND)
    if call.input_tokens or call.output_tokens:
        tokens_total.labels(call.model, "input").inc(call.input_tokens)
        tokens_total.labels(call.model, "output").inc(call.output_tokens)
        tokens_total.labels(call.model, "cached").inc(call.cached_tokens)
        cost_total.labels(call.model).inc(call.cost_usd)
    return call
