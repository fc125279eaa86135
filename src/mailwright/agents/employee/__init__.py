"""The employee: somebody mails it a task, it does the task and answers in the same thread.

    workflow   the order of things                  decide     plain rules: reply, ask back, or stay silent, and because
    gather     message, thread, files → snapshot    act        the reply, queued once, with the task's end
    think      the two questions to a model         facts      what decides, read from rows (again before sending)
    contents   reading a message                    prompts/   what a model is told
    parts      core and models, set at start        arrivals   from the event of a delivery to a workflow

app.py calls `configure(core, models)` before the first workflow, subscribes `on_delivered(core, flows)` to the stream
`mail_ingest` (group `ingesters`), and hands `on_dead` to the workflows. Importing this package declares the workflow.
"""

from mailwright.agents.employee.arrivals import again, on_dead, on_delivered, replayer
from mailwright.agents.employee.parts import AGENT, configure
from mailwright.agents.employee.workflow import answer

__all__ = ["AGENT", "again", "answer", "configure", "on_dead", "on_delivered", "replayer"]
