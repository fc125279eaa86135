"""The employee: somebody mails it a task, it does the task and answers in the same thread.

    workflow   the order of things                  decide     plain rules: reply, ask back, or stay silent, and because
    gather     message, thread, files → snapshot    act        the reply, queued once, with the task's end
    think      how a model is asked; the judgement  facts      what decides, read from rows (again before sending)
    begin      the charge, as the work begins       working    the work, with tools
    contents   reading a message                    prompts/   what a model is told
    letters    what it says by itself               progress   telling who waits longer than usual
    parts      core and models, set at start        arrivals   from the event of a delivery to a workflow

app.py calls `configure(core, models)` before the first workflow, subscribes `on_delivered(core, flows)` to the stream
`mail_ingest` (group `ingesters`), and hands `on_dead` to the workflows. Importing this package declares the workflow.
"""

from mailwright.agents.employee.arrivals import again, on_dead, on_delivered, replayer
from mailwright.agents.employee.parts import AGENT, Options, Reach, configure
from mailwright.agents.employee.progress import tell_progress
from mailwright.agents.employee.workflow import answer

__all__ = [
    "AGENT",
    "Options",
    "Reach",
    "again",
    "answer",
    "configure",
    "on_dead",
    "on_delivered",
    "replayer",
    "tell_progress",
]
