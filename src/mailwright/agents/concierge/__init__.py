"""The concierge: somebody mails or writes what is to be followed up and when; it asks when that is not clear, confirms, and reminds on time.

    workflow     one message: gather → think → act      reminding    one that is due: draft, reminder
    gather       message, writer, own words → snapshot  drafting     the draft that was wanted
    extracting   commands by code, the rest by a model  asking       questions once more, the day's agenda
    planning     what is made of it, plain code         commanding   what is said about those there are
    desk, plan   what a plan is made from, and is       letters      what it says, in seven languages
    act          one transaction: follow-ups, letters   sending      the outbox, and to whom
    facts        who wrote, rows that decide            silence      when nothing is said at all
    arrivals     from a delivery to a workflow          scanning     every minute: what is due
    calendarfile, recurring                             prompts/     what a model is told

Rules of the place: only the asker's own new words ask for anything; a model copies words and works out no date; what is not clear is asked;
answers go to the asker alone.
"""

from mailwright.agents.concierge import scanning
from mailwright.agents.concierge.arrivals import GROUP, again, on_dead, on_delivered, replayer
from mailwright.agents.concierge.asking import day, question
from mailwright.agents.concierge.parts import AGENT, Options, configure
from mailwright.agents.concierge.reminding import remind
from mailwright.agents.concierge.workflow import attend

__all__ = [
    "AGENT",
    "GROUP",
    "Options",
    "again",
    "attend",
    "configure",
    "day",
    "on_dead",
    "on_delivered",
    "question",
    "remind",
    "replayer",
    "scanning",
]
