"""Real models, through pydantic-ai: one call is one typed answer or one failure in our words.

Imported by `registry` when the first real model is asked. One provider object, and so one pool of connections, for each
provider; one agent for each model and type of answer. A garbled answer is asked for again a few times; what has to do with the
service (time-out, 429, 5xx) is not repeated here but told as transient: the step that thinks has the policy for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from pydantic_ai import Agent
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
    UserError,
)
from pydantic_ai.models import Model, infer_model
from pydantic_ai.providers import Provider, infer_provider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage

from mailwright.agents.models.asking import ModelFailed, Question, T
from mailwright.domain import clock
from mailwright.storage.model_calls import ModelCall

log = structlog.get_logger(__name__)

REASKS = 2  # times a model is asked again for an answer of the right type
TRANSIENT_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class Remote:
    """Providers and agents, made when first needed."""

    def __init__(self, *, base_url: str | None, api_key: Callable[[str], str | None], timeout_seconds: float) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout_seconds
        self._providers: dict[str, Provider[Any]] = {}
        self._agents: dict[tuple[str, type], Agent[object, Any]] = {}

    async def ask(self, name: str, question: Question[T]) -> tuple[T, ModelCall]:
        """Ask the model `provider:model`. Raises ModelFailed with the call in it."""
        started_at, started = clock.now(), time.monotonic_ns()
        usage = RunUsage()

        def call(outcome: str) -> ModelCall:
            latency = (time.monotonic_ns() - started) // 1000
            cost = float(usage.cost or 0)
            tokens_in, tokens_out = usage.input_tokens or 0, usage.output_tokens or 0
            return ModelCall(question.purpose, name, tokens_in, tokens_out, cost, latency, outcome, started_at)

        try:
            agent = self._agents.get((name, question.answer))
            if agent is None:
                agent = await asyncio.to_thread(self._agent, name, question)
            async with asyncio.timeout(self._timeout * (1 + REASKS)):
                result = await agent.run(question.material, instructions=question.instructions, usage=usage)
        except Exception as error:
            outcome, text, transient = _told(name, error, self._timeout)
            log.warning(
                "model.failed", model=name, purpose=question.purpose, outcome=outcome, error=type(error).__name__
            )
            raise ModelFailed(text, transient=transient, calls=[call(outcome)]) from error
        value: T = result.output
        return value, call("ok")

    async def close(self) -> None:
        """Close every provider's connections."""
        for agent in self._agents.values():
            model = agent.model
            client = getattr(model, "client", None)
            if client is not None:
                await client.close()

    def _agent(self, name: str, question: Question[T]) -> Agent[object, Any]:
        """Runs in a thread: the first one of a provider imports its library."""
        agent: Agent[object, Any] = Agent(
            self._model(name),
            output_type=question.answer,
            retries={"output": REASKS},
            model_settings=ModelSettings(request_timeout=self._timeout, timeout=self._timeout, max_retries=0),
        )
        return self._agents.setdefault((name, question.answer), agent)

    def _model(self, name: str) -> Model:
        provider, _, model = name.partition(":")
        if provider == "openai" and self._base_url is not None:
            # What calls itself compatible with OpenAI speaks chat completions; few speak the newer interface.
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

            compatible = self._providers.get("openai-compatible")
            if compatible is None:
                key = self._api_key(provider) or "no-key-needed"
                compatible = OpenAICompatibleProvider(name="compatible", base_url=self._base_url, api_key=key)
                self._providers["openai-compatible"] = compatible
            return OpenAIChatModel(model, provider=compatible)
        return infer_model(name, provider_factory=self._provider)

    def _provider(self, name: str) -> Provider[Any]:
        known = self._providers.get(name)
        if known is None:
            known = self._providers[name] = self._make_provider(name)
        return known

    def _make_provider(self, name: str) -> Provider[Any]:
        key = self._api_key(name)
        if name == "anthropic":
            from pydantic_ai.providers.anthropic import AnthropicProvider

            return AnthropicProvider(api_key=key, base_url=self._base_url)
        if name == "openai" and key is not None:
            from pydantic_ai.providers.openai import OpenAIProvider

            return OpenAIProvider(api_key=key)
        return infer_provider(name)


def _told(name: str, error: Exception, timeout: float) -> tuple[str, str, bool]:
    """An error as (outcome for the row, text for people, whether another try may help). Providers' texts are not passed on:
    they may quote the mail."""
    if isinstance(error, ModelRequestTimeout | TimeoutError):
        return "timeout", f"{name} did not answer within {timeout:g} s", True
    if isinstance(error, ModelRateLimitError):
        return "rate-limited", f"{name} asks us to slow down", True
    if isinstance(error, ModelQuotaExceededError):
        return "quota", f"the account at {name} has no credit left", False
    if isinstance(error, ModelAuthenticationError):
        return "refused", f"{name} does not accept our key", False
    if isinstance(error, ModelNotFoundError):
        return "refused", f"{name} does not exist at this provider", False
    if isinstance(error, ModelUnavailableError | ModelServerError):
        return "unavailable", f"{name} has an error of its own", True
    if isinstance(error, ModelConnectionError):
        return "unreachable", f"{name} could not be reached", True
    if isinstance(error, ModelHTTPError) and error.status_code in TRANSIENT_STATUS:
        return "unavailable", f"{name} answered {error.status_code}", True
    if isinstance(error, ModelRequestRejectedError | ModelAPIError):
        return "refused", f"{name} refused the request", False
    if isinstance(error, UnexpectedModelBehavior):
        return "garbage", f"{name} gave no usable answer in {1 + REASKS} tries", False
    if isinstance(error, UserError | ImportError | ValueError):
        return "not-set-up", f"{name} is not set up: its name or key is wrong, or its library is missing", False
    return "error", f"{name} failed with {type(error).__name__}", False
