"""The agents of an installation: the models they ask, what the settings choose for each of them, and who hands their work to them again.

Called by the application and by the commands that ask a model; as light to import as installation.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mailwright.agents.models import Models
from mailwright.agents.models.tools import RunLimits
from mailwright.core import Core, modelchoices
from mailwright.domain.clock import SECOND
from mailwright.domain.modelnames import PURPOSES
from mailwright.domain.refusals import BadInput
from mailwright.installation import core_settings
from mailwright.settings import Settings
from mailwright.storage import model_calls

if TYPE_CHECKING:
    from mailwright.agents.assistant import Options as AssistantOptions
    from mailwright.agents.concierge import Options as ConciergeOptions
    from mailwright.agents.employee import Options
    from mailwright.agents.models import Asker
    from mailwright.agents.models.budget import Budget
    from mailwright.agents.scribe import Options as ScribeOptions
    from mailwright.agents.tools.servers import Servers
    from mailwright.codecs.redaction import Recogniser
    from mailwright.core.administration.failedtasks import Again
    from mailwright.core.processing import Desk
    from mailwright.elsewhere import Elsewhere
    from mailwright.pipeline import Flows
    from mailwright.pipeline.dead_letters import DeadLetters
    from mailwright.storage.model_calls import ModelCall
    from mailwright.storage.tasks import Task


def models_of(settings: Settings, core: Core | None = None) -> Models:
    """The models the settings choose, with their keys. With `core` every call is recorded as it is made, budgets and the monthly cap are
    kept, and what was chosen since is followed. Raises BadInput when the settings name a runtime that is not installed."""
    if settings.agent_runtime == "claude-agent-sdk" and find_spec("claude_agent_sdk") is None:
        raise BadInput("MAILWRIGHT_AGENT_RUNTIME: claude-agent-sdk is not installed: pip install 'mailwright[claude]'")

    def api_key(provider: str) -> str | None:
        key = settings.api_key_for(provider)
        return None if key is None else key.get_secret_value()

    return Models(
        {purpose: settings.models_for(purpose) for purpose in PURPOSES},
        base_url=settings.model_base_url,
        api_key=api_key,
        timeout_seconds=settings.model_timeout_seconds,
        transcripts=settings.model_transcripts_kept_days > 0,
        gate=None if core is None else _gate(settings, core),
        told=None if core is None else _recorder(core),
        choices=None if core is None else lambda: core.read(modelchoices.chosen),
        runtime=settings.agent_runtime,
    )


def model_premises(settings: Settings) -> modelchoices.Premises:
    """What choosing models needs to know."""

    async def unfit(name: str) -> str:
        models = models_of(settings)
        try:
            return await models.unfit(name)
        finally:
            await models.close()

    chosen: dict[str, tuple[str, ...]] = {purpose: settings.models_for(purpose) for purpose in PURPOSES}
    return modelchoices.Premises(chosen, settings.model_monthly_usd, unfit)


def _gate(settings: Settings, core: Core) -> Budget | None:
    """None when the settings limit nothing."""
    limits = (
        settings.model_requests_per_minute,
        settings.model_tokens_per_minute,
        settings.model_monthly_usd,
    )
    if limits == (None, None, None):
        return None
    from mailwright.agents.models.budget import Budget

    requests, tokens, monthly = limits
    return Budget(core, requests_per_minute=requests, tokens_per_minute=tokens, monthly_usd=monthly)


def _recorder(core: Core) -> Callable[[ModelCall, Asker | None], Awaitable[None]]:
    async def record(call: ModelCall, who: Asker | None) -> None:
        if who is not None:  # else whoever asks knows what the call belongs to, and records it
            await core.write(lambda tx: model_calls.add(tx, call, task_id=who.task_id))

    return record


def options_of(settings: Settings) -> Options:
    """What the settings choose for the employee."""
    from mailwright.agents.employee import Options  # with its workflow it brings the engine

    limits = RunLimits(settings.task_turns, settings.task_tokens, settings.task_usd, settings.task_seconds)
    return Options(
        threshold=settings.judge_threshold,
        limits=limits,
        recognisers=_recognisers(settings),
        progress=settings.task_progress_seconds * SECOND,
        hosts=settings.web_allowed_hosts,
        tools=tuple(f"{server.name}.{tool}" for server in settings.mcp_servers for tool in server.tools),
        upgrade_link=f"{core_settings(settings).public_url}/app/dashboard",
    )


def assistant_options_of(settings: Settings) -> AssistantOptions:
    """What the settings choose for the assistant."""
    from mailwright.agents.assistant import Options  # with its workflow it brings the engine

    return Options(
        threshold=settings.assistant_threshold,
        draft_words=settings.assistant_draft_words,
        recognisers=_recognisers(settings),
    )


def concierge_options_of(settings: Settings) -> ConciergeOptions:
    """What the settings choose for the concierge."""
    from mailwright.agents.concierge import Options  # with its workflow it brings the engine

    return Options(
        threshold=settings.concierge_threshold,
        trusts_hook=settings.concierge_trusts_hook,
        recognisers=_recognisers(settings),
    )


def scribe_options_of(settings: Settings) -> ScribeOptions:
    """What the settings choose for the scribe."""
    from mailwright.agents.scribe import Options  # with its workflow it brings the engine

    return Options(pages=settings.scribe_pages, recognisers=_recognisers(settings))


def _recognisers(settings: Settings) -> tuple[Recogniser, ...]:
    """What finds more than the built-in recognisers do, before a model sees a text."""
    if not settings.redaction_presidio:
        return ()
    from mailwright.connectors.presidio import Presidio  # an extra

    return (Presidio(),)


def servers_of(settings: Settings) -> Servers:
    """The servers of tools that the settings name."""
    from mailwright.agents.tools.servers import Server, Servers

    return Servers(
        [
            Server(
                each.name,
                each.url,
                each.command,
                {name: value.get_secret_value() for name, value in each.headers.items()},
                each.tools,
            )
            for each in settings.mcp_servers
        ]
    )


def again_of(core: Core, flows: Flows) -> Again:
    """How a task that failed is handed to its agent once more."""

    async def again(task: Task) -> None:
        # With the workflows they bring their engine.
        from mailwright.agents import assistant, concierge, employee, scribe

        if task.agent == assistant.AGENT:
            await assistant.again(core, flows, task.message_id, force=False)
        elif task.agent == concierge.AGENT:
            await concierge.again(core, flows, task.id)
        elif task.agent == scribe.AGENT:
            await scribe.again(core, flows, task.id)
        else:
            await employee.again(core, flows, task.id)

    return again


def letters_of(core: Core, flows: Flows) -> DeadLetters:
    """The dead letters, with whoever knows how to offer each kind again."""
    from mailwright.agents import assistant, concierge, employee, scribe  # with the workflows they bring their engine
    from mailwright.core import outbox
    from mailwright.pipeline.dead_letters import DeadLetters

    letters = DeadLetters(core.database, flows)
    letters.replayers["outbox"] = outbox.replayer(core)
    by_employee = employee.replayer(core, flows, letters.replayers["workflow"])
    by_assistant = assistant.replayer(core, flows, by_employee)
    by_concierge = concierge.replayer(core, flows, by_assistant)
    letters.replayers["workflow"] = scribe.replayer(core, flows, by_concierge)
    return letters


def desk_of(settings: Settings, core: Core, flows: Flows, elsewhere: Elsewhere | None) -> Desk:
    """Where the assistant is asked for work, also on accounts `elsewhere`; without those nowhere."""
    from mailwright.core.processing import Desk, Worker

    if elsewhere is None:
        return Desk()

    def worker() -> Worker:
        from mailwright.agents.assistant.onrequest import OnRequest  # with the workflows it brings their engine

        return OnRequest(core, flows, elsewhere.inbox, elsewhere.openers)

    return Desk(
        worker,
        at_once=settings.assistant_bulk_at_once,
        threshold=settings.assistant_threshold,
        kept_days=settings.assistant_kept_days,
        pushes=elsewhere.pushes,
        poll=elsewhere.poll,
    )
