"""Pipeline: what happens after a mail was accepted. Events reach their consumers here, and workflows run here.

Rules of the place: events are facts, small and many, handed over in batches (`consumers`); workflows are work, slow and
costly, with every step recorded (`workflows` declares them, `flows` runs them, `engine` is DBOS). Nobody else imports the workflow engine. Both are at least once: consumers and
steps are idempotent, and ids are made of what they are about.

    @step(attempts=3)
    async def greet(message_id: str) -> str:
        return f"hello {message_id}"

    @workflow(name="welcome", lane="execute")
    async def welcome(message_id: str) -> str:
        return await greet(message_id)

    async def on_delivered(events):                    # group "ingesters" of the stream "mail_ingest"
        return await flows.hand_off(                   # enqueued together with the cursor's move, or not at all
            [Request(welcome, (event.payload["message_id"],), id=f"welcome:{event.key}") for event in events]
        )

    flows = Flows(database, "sqlite:////data/flows.db")
    consumers = Consumers(database)
    consumers.subscribe("mail_ingest", "ingesters", on_delivered)
    await flows.start()
    await consumers.start()
"""

from mailwright.pipeline.consumers import Commit, Consumers, Handler
from mailwright.pipeline.dead_letters import DeadLetters
from mailwright.pipeline.flows import Flow, Flows, Request
from mailwright.pipeline.heartbeat import Heartbeat, executor_id
from mailwright.pipeline.workflows import Retries, step, workflow, workflow_id

__all__ = [
    "Commit",
    "Consumers",
    "DeadLetters",
    "Flow",
    "Flows",
    "Handler",
    "Heartbeat",
    "Request",
    "Retries",
    "executor_id",
    "step",
    "workflow",
    "workflow_id",
]
