"""The deterministic layer: what is certain of a mail without asking a model.

Called by the classify step, with the signals of a mail and the owner's rule for it. Plain code over plain values: no text of a mail
comes here, so nothing that a mail says about itself can sway it.
Promises: a because for everything; who is known, a VIP or named by a rule counts only where the origin is proven, and under a name
that nothing proves a rule can only make spam; None where a model is to say.

In this order: the owner's own mail, an agent's, the owner's rule, the spam filter, bounces, programs' mail, lists, receipts, and
people the owner writes to who ask something. What reads like a fraud goes to the model, unless a rule or the filter decides; so does
what speaks of an account, a bill, a parcel or an offer where nothing proves who sent it.
"""

from __future__ import annotations

from mailwright.agents.assistant.snapshot import Signals, Snapshot
from mailwright.agents.models import Triage, rules
from mailwright.agents.models.rules import Seen
from mailwright.core import triage
from mailwright.domain.envelope import Origin
from mailwright.domain.triage import Category, MailKind
from mailwright.storage.triagerules import OWNER, Rule

DECIDED_BY = "layer"
BY_RULE = "rule"

SURE, ALMOST, LIKELY = 0.99, 0.95, 0.9
UNPROVEN = 0.85  # of what a header says that anybody may have written
LEARNED = (0.9, 0.95, SURE)  # of a rule that was taught once, twice, more often
DIRECT = 2  # recipients up to which a question is put to the owner, and not to a circle


def decide(signals: Signals, rule: Rule | None = None) -> Triage | None:
    """What the mail is beyond doubt, or None. `rule` is `core.triage.rule_for` its sender and kind."""
    proven = signals.origin is not Origin.STRANGER
    if signals.from_owner:
        return _found(Category.INFORMATIONAL, SURE, "you wrote it yourself")
    if signals.from_agent:
        return _found(Category.INFORMATIONAL, SURE, "an agent here wrote it")
    if rule is not None and applies(rule, signals):
        by = "your rule" if rule.made_by == OWNER else "your corrections"
        return _found(Category(rule.category), _sure_of(rule), f"{by}: {triage.told(rule)}")
    if signals.own_name and not signals.scam and not signals.junk:
        return _found(Category.INFORMATIONAL, UNPROVEN, "it has your own address as its sender")
    trusted = proven and (signals.known or signals.vip)
    if signals.junk and not trusted and not (proven and signals.in_thread_of_owner):
        return _found(Category.SPAM, ALMOST, "the spam filter, or its sender's domain, says so")
    if signals.bounce:
        return _found(Category.INFORMATIONAL, ALMOST, "it is a report about delivery")
    if signals.scam and not trusted:
        return None
    sure = ALMOST if proven else UNPROVEN
    if signals.kind is MailKind.RECEIPT:
        return _found(Category.INFORMATIONAL, sure, "it is a receipt or a notice about an order")
    if signals.kind is MailKind.AUTOMATIC:
        return _found(Category.INFORMATIONAL, sure, f"a program wrote it ({signals.automatic})")
    if signals.kind is MailKind.LIST:
        return (
            None if _speaks_to_owner(signals) else _found(Category.INFORMATIONAL, sure, "it came over a mailing list")
        )
    return _of_person(signals, trusted=trusted or (proven and signals.in_thread_of_owner))


def decided_by(rule: Rule | None, signals: Signals) -> str:
    """Who decided what `decide` found."""
    ruled = rule is not None and not (signals.from_owner or signals.from_agent) and applies(rule, signals)
    return BY_RULE if ruled else DECIDED_BY


def applies(rule: Rule, signals: Signals) -> bool:
    """Whether a rule counts for a mail. What was taught by mail that nothing proves says nothing about mail that is proven."""
    proven = signals.origin is not Origin.STRANGER
    if rule.category == Category.SPAM:
        return not proven or rule.proven
    return proven and rule.proven


def seen(snapshot: Snapshot) -> Seen:
    """What the rules model is told beside the words."""
    signals = snapshot.signals
    return Seen(
        automatic=signals.kind is MailKind.AUTOMATIC or signals.kind is MailKind.RECEIPT or bool(signals.automatic),
        on_list=signals.kind is MailKind.LIST,
        addressed=signals.addressed or (not signals.copied and signals.recipients <= 1),
        others=signals.recipients > 1,
        known=signals.known,
        in_thread=signals.in_thread_of_owner,
        proven=signals.origin is not Origin.STRANGER,
        junk=signals.junk,
        owner_name=snapshot.owner_name,
    )


def by_rules(snapshot: Snapshot) -> Triage:
    """What the built-in rules model says of a mail."""
    return rules.triage(snapshot.material, seen(snapshot))


def _of_person(signals: Signals, *, trusted: bool) -> Triage | None:
    if not (trusted and signals.asks and signals.addressed and signals.recipients <= DIRECT):
        return None
    if signals.recipients > 1 or signals.automatic:
        return None
    why = "it asks you something, and answers what you wrote" if signals.in_thread_of_owner else ""
    return _found(Category.NEEDS_REPLY, LIKELY, why or "somebody you write to asks you something")


def _speaks_to_owner(signals: Signals) -> bool:
    """A discussion in which the owner takes part, or is named beside the list."""
    return signals.in_thread_of_owner or (signals.addressed and signals.recipients > 1)


def _sure_of(rule: Rule) -> float:
    return SURE if rule.made_by == OWNER else LEARNED[min(rule.times, len(LEARNED)) - 1]


def _found(category: Category, confidence: float, because: str) -> Triage:
    return Triage(category=category.value, confidence=confidence, because=because[:600])
