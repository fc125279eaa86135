"""Asking a model for a task of the assistant's: every call is recorded, those of a failure before it is raised.

Called by judging and drafting, with material that has its placeholders already.
"""

from __future__ import annotations

from mailwright.agents.assistant.parts import parts
from mailwright.agents.models import Asker, ModelFailed, Question, Reply
from mailwright.agents.models.asking import T
from mailwright.storage import model_calls
from mailwright.storage.tasks import Task


async def ask(task: Task, question: Question[T]) -> Reply[T]:
    """Raises ModelFailed, TryLater."""
    try:
        return await parts().models.ask(question, who=Asker(task.tenant_id, task.user_id, task.id))
    except ModelFailed as failure:
        calls = failure.calls
        await parts().core.write(lambda tx: model_calls.add_all(tx, calls, task_id=task.id))
        raise
