"""Models: who is asked for which purpose, and how an answer is had, whatever provider is behind it.

    turns      what a model may answer, typed        asking     the question, the answer, the failures
    material   what a model is given                 registry   Models: purpose → models, with breaker and fallback
    tools      what a model may call, and how far    meter      how far a run has come
    rules/     the built-in model: no key, no network
    budget     the gate: limits of a minute and a month

and, behind pydantic-ai: `remote` (a run), `providers`, `toolbox`, `recording` (every request is a `ModelCall`), `transcript`, `wire`,
`failures`; `claude` and its `relay` are the other runtime.

Rules of the place: a model returns a typed value or fails with a reason in our words; every call is told of (`ModelCall`), the
failed ones too; pydantic-ai is imported when the first real model is asked and not before (it weighs 60 MB and three seconds).
"""

from mailwright.agents.models.asking import Asker, Gate, ModelFailed, Question, Reply
from mailwright.agents.models.material import Attached, Earlier, Material
from mailwright.agents.models.registry import Models
from mailwright.agents.models.tools import RunLimits, Tool, ToolFailed
from mailwright.agents.models.turns import (
    Answer,
    Draft,
    FactsFound,
    Judgement,
    Letter,
    TemplateRead,
    TemplatesWritten,
    Triage,
)
from mailwright.domain.modelnames import Purpose

__all__ = [
    "Answer",
    "Asker",
    "Attached",
    "Draft",
    "Earlier",
    "FactsFound",
    "Gate",
    "Judgement",
    "Letter",
    "Material",
    "ModelFailed",
    "Models",
    "Purpose",
    "Question",
    "Reply",
    "RunLimits",
    "TemplateRead",
    "TemplatesWritten",
    "Tool",
    "ToolFailed",
    "Triage",
]
