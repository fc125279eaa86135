"""The recorder: a model around a model that makes each single request one `ModelCall`, whatever becomes of it.

Made by `remote` for every run. Before a request it asks the run's limits and the gate; after it, it knows tokens, cost, time,
outcome and (if they are kept) the transcript, and says so at once: a run that is killed half-way has its calls on record.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from mailwright.agents.models import failures, transcript, wire
from mailwright.agents.models.asking import Gate, ModelFailed
from mailwright.agents.models.meter import Meter
from mailwright.domain import clock
from mailwright.storage.model_calls import ModelCall

CHARACTERS_OF_A_TOKEN = 4  # in English; only a guess for the gate, put right afterwards
CANCELLED = "cancelled"
"""The outcome of a request that was given up: the run's time was over, or the process ends."""

PATIENCE_SECONDS = 300.0  # how long a request waits for the budget of a later minute


@dataclass(slots=True)
class Run:
    """What the requests of one run have in common. `patient`: wait for a budget, since no other model is there to be asked."""

    purpose: str
    meter: Meter
    told: Callable[[ModelCall], Awaitable[None]]
    gate: Gate | None = None
    keep: bool = False  # transcripts
    timeout: float = 60.0  # seconds of one request
    patient: bool = True
    calls: list[ModelCall] = field(default_factory=list)

    async def admit(self, name: str, tokens: int) -> None:
        """Let a request of about so many tokens begin, when limits and budgets allow it; it may wait for a minute's. Raises ModelFailed."""
        self.meter.check()
        until = time.monotonic() + PATIENCE_SECONDS
        while self.gate is not None:
            try:
                await self.gate.before(name, tokens)
                return
            except ModelFailed as refused:
                # A run that has begun would be done all over again by another model: it waits. So does one that has no other.
                may_wait = self.patient or self.meter.turns > 0
                if refused.again_in is None or not may_wait or time.monotonic() + refused.again_in > until:
                    raise
                await asyncio.sleep(refused.again_in)

    async def settle(self, call: ModelCall, tokens: int) -> None:
        """A request has ended; `tokens` as they were guessed."""
        self.calls.append(call)
        self.meter.add(call)
        if call.outcome == CANCELLED:  # nothing may be awaited any more
            return
        await self.told(call)
        if self.gate is not None:
            await self.gate.after(call, tokens)

    def call(
        self,
        name: str,
        response: ModelResponse | None,
        *,
        outcome: str,
        latency_us: int,
        started_at: int,
        content: bytes | None,
    ) -> ModelCall:
        """The record of a request."""
        usage = None if response is None else response.usage
        return ModelCall(
            self.purpose,
            name,
            input_tokens=0 if usage is None else usage.input_tokens,
            output_tokens=0 if usage is None else usage.output_tokens,
            cost_usd=0.0 if response is None else _cost(response),
            latency_us=latency_us,
            outcome=outcome,
            created_at=started_at,
            cached_tokens=0 if usage is None else usage.cache_read_tokens,
            transcript=content,
        )


class Recorder(WrapperModel):
    """One model during one run. `answer` is the type its answer must have."""

    def __init__(self, wrapped: Model, name: str, answer: type[BaseModel], run: Run) -> None:
        super().__init__(wrapped)
        self._name = name
        self._answer = answer
        self._run = run

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        run = self._run
        guess = 0
        if run.gate is not None:
            guess = await asyncio.to_thread(_tokens, messages, model_request_parameters)
        await run.admit(self._name, guess)
        started_at, started = clock.now(), time.monotonic_ns()
        response: ModelResponse | None = None
        outcome = CANCELLED
        with wire.listening() as heard:
            try:
                # Not the library's own deadline: it ends a request from outside, and who records it would not learn why.
                async with asyncio.timeout(run.timeout):
                    response = await self.wrapped.request(messages, model_settings, model_request_parameters)
                outcome = self._outcome(response, model_request_parameters)
                return response
            except Exception as error:
                outcome = failures.told(self._name, error, run.timeout).outcome
                raise
            finally:
                latency = (time.monotonic_ns() - started) // 1000
                content = transcript.written(heard, messages, model_request_parameters, response) if run.keep else None
                call = run.call(
                    self._name, response, outcome=outcome, latency_us=latency, started_at=started_at, content=content
                )
                await run.settle(call, guess)

    def _outcome(self, response: ModelResponse, parameters: ModelRequestParameters) -> str:
        """`garbage` for what pydantic-ai will ask for again: no call of a tool at all, or an answer of another type."""
        called = [part for part in response.parts if isinstance(part, ToolCallPart)]
        if not called:
            return "garbage"
        answers = {tool.name for tool in parameters.output_tools}
        try:
            for part in called:
                if part.tool_name in answers:
                    self._answer.model_validate(part.args_as_dict(raise_if_invalid=True))
        except (ValidationError, ValueError, AssertionError):
            return "garbage"
        return "ok"


def _cost(response: ModelResponse) -> float:
    """In US dollars; 0 where no price is known."""
    if response.usage.cost is not None:
        return float(response.usage.cost)
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError, AgentRunError):
        return 0.0


def _tokens(messages: list[ModelMessage], parameters: ModelRequestParameters) -> int:
    """About how many tokens a request has. In a thread: a long run has a long history."""
    characters = sum(len(part.content) for part in parameters.instruction_parts or ())
    characters += len(ModelMessagesTypeAdapter.dump_json(messages))
    characters += sum(len(str(tool.parameters_json_schema)) for tool in parameters.function_tools)
    return characters // CHARACTERS_OF_A_TOKEN
