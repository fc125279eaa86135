"""Real models, through pydantic-ai: one question is one run of typed requests, with tools or without, or a failure in our words.

Imported by `registry` when the first model that is not the built-in one is asked. A garbled answer is asked for again a few times;
what has to do with the service (time-out, 429, 5xx) is not repeated here but told as transient: another model begins anew, and after
the last one the step that thinks has the policy for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from pydantic_ai import Agent
from pydantic_ai.models import Model
from pydantic_ai.settings import CacheConfig, ModelSettings
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.usage import UsageLimits

from mailwright.agents.models.asking import ModelFailed, Question, T
from mailwright.agents.models.failures import REASKS, told
from mailwright.agents.models.providers import Providers
from mailwright.agents.models.recording import Recorder, Run
from mailwright.agents.models.toolbox import toolset

log = structlog.get_logger(__name__)

TOOL_REASKS = 1_000  # wrong calls of tools are bounded by the run's limits and by nothing else


class Remote:
    """Asks models of `providers`; has one agent for each type of answer."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers
        self._agents: dict[type, Agent[object, Any]] = {}

    async def ask(self, name: str, question: Question[T], run: Run) -> T:
        """Ask the model `provider:model`; the calls are in `run`. Raises ModelFailed."""
        ends_in = run.meter.seconds_left()
        try:
            run.meter.check()
            model = self._providers.known(name)
            if model is None:
                model = await asyncio.to_thread(self._providers.model, name)
            async with asyncio.timeout(ends_in) as deadline:
                return await self._run(model, name, question, run)
        except ModelFailed:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and ends_in is not None and deadline.expired():
                raise run.meter.too_long() from None
            failure = told(name, error, run.timeout)
            log.warning(
                "model.failed",
                model=name,
                purpose=question.purpose,
                outcome=failure.outcome,
                error=type(error).__name__,
            )
            raise ModelFailed(failure.text, transient=failure.transient, outcome=failure.outcome) from error

    async def unfit(self, name: str) -> str:
        """Why the model cannot be asked; "" when nothing is missing."""
        return await asyncio.to_thread(self._providers.unfit, name)

    async def close(self) -> None:
        """Close every provider's connections."""
        await self._providers.close()

    async def _run(self, model: Model, name: str, question: Question[T], run: Run) -> T:
        toolsets: list[AbstractToolset[object]] = [toolset(question.tools)] if question.tools else []
        result = await self._agent(question.answer).run(
            question.material,
            model=Recorder(model, name, question.answer, run),
            instructions=question.instructions,
            toolsets=toolsets,
            # A run goes over its material again and again; a single question's is read once, and its instructions by all questions.
            model_settings=ModelSettings(
                timeout=run.timeout, max_retries=0, cache=CacheConfig(messages=bool(question.tools))
            ),
            usage_limits=UsageLimits(request_limit=None),  # ours are in the recorder: they count all models of a run
        )
        value: T = result.output
        return value

    def _agent(self, answer: type) -> Agent[object, Any]:
        agent = self._agents.get(answer)
        if agent is None:
            made: Agent[object, Any] = Agent(
                output_type=answer, deps_type=object, retries={"output": REASKS, "tools": TOOL_REASKS}
            )
            agent = self._agents.setdefault(answer, made)
        return agent
