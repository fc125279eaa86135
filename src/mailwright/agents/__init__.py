"""Agents: the workers that live in mailboxes. Each has the same four steps: gather → think → decide → act.

    employee/    does what a mail asks and answers in its thread        policy      grants, origins, what text may leave
    models/      who thinks: providers and the built-in rules model

Rules of the place:
- gather fills one typed snapshot, bounded in bytes; the steps after it pass its id. No mail text enters the workflow engine.
- think is the one step that asks a model. Text of a mail enters a prompt as quoted material and leaves only through types.
- decide is plain code and says because. Who is written to is decided there and in policy, never by a model.
- act calls core verbs with the agent's grants, in one transaction, with a key made of the task; twice is once.
- Which agent serves a mailbox is a row (`storage.assignments`); switching it off stops every run before it acts.
"""

from mailwright.storage.assignments import Assignment

__all__ = ["Assignment"]
