"""Whether anything is done about a message at all, and because of what. Plain code, no model, no I/O: the same facts, the same decision.

Called by the workflow before a model is asked, and by act inside the sending transaction with facts read anew.
"""

from __future__ import annotations

from mailwright.agents.concierge.snapshot import Facts

MAX_AN_HOUR = 60  # answers to one person: more is a loop
MAX_DECLINED_A_DAY = 100  # strangers told that this is nothing for them: their From lines may be anybody's
MAX_ASKED_A_DAY = 3  # times an address is asked in a day whether a message was its own


def silence(facts: Facts) -> str:
    """The reason to stay silent whatever the message says, or nothing."""
    if facts.settled:
        return facts.settled
    if facts.stopped:
        return f"agents are stopped: {facts.stopped}"
    if facts.bounce:
        return "it came without a return address, like every bounce (RFC 3834 §2)"
    if facts.automatic:
        return f"automatic mail is never answered: {facts.automatic}"
    if facts.carried:
        return "it answers all in a conversation that the concierge was brought into before"
    if facts.from_an_agent:
        return "it comes from an agent of this server, and agents do not talk to each other"
    if not facts.answerable:
        return "its From line has no address that could be answered"
    if facts.suppressed:
        return f"nothing automatic is sent to this address: {facts.suppressed}"
    if facts.standing == "blocked":
        return "the sender is blocked"
    if not facts.may_send:
        return "the agent's assignment does not let it send"
    if facts.sent_last_hour >= MAX_AN_HOUR:
        return f"{facts.sent_last_hour} answers went to this person within an hour; the limit is {MAX_AN_HOUR}"
    if facts.standing == "unknown" and facts.declined:
        return "the sender is unknown, and was told so once"
    if facts.standing == "unknown" and facts.declined_last_day >= MAX_DECLINED_A_DAY:
        return f"{facts.declined_last_day} strangers were told so within a day; the limit is {MAX_DECLINED_A_DAY}"
    if facts.standing == "unproven" and facts.asked_last_day >= MAX_ASKED_A_DAY:
        return f"this address was asked {facts.asked_last_day} times within a day already whether a message was its own"
    return ""
