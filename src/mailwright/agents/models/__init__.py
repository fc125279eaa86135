"""Models: who is asked for which purpose, and how an answer is had, whatever provider is behind it.

    turns      what a model may answer, typed        asking     the question, the answer, the failures
    material   what a model is given                 registry   Models: purpose → models, with breaker and fallback
    remote     providers, through pydantic-ai        rules/     the built-in model: no key, no network

Rules of the place: a model returns a typed value or fails with a reason in our words; every call is told of (`ModelCall`), the
failed ones too; pydantic-ai is imported when the first real model is asked and not before (it weighs 60 MB and three seconds).
"""

from mailwright.agents.models.asking import ModelFailed, Purpose, Question, Reply
from mailwright.agents.models.material import Attached, Earlier, Material
from mailwright.agents.models.registry import Models
from mailwright.agents.models.turns import Answer, Judgement

__all__ = [
    "Answer",
    "Attached",
    "Earlier",
    "Judgement",
    "Material",
    "ModelFailed",
    "Models",
    "Purpose",
    "Question",
    "Reply",
]
