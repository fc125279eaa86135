"""Rules of triage and VIPs: what an owner wrote about a sender's mail, and what is learned from corrections.

Called by the assistant, by its API and pages, and by `core.triage`, whose names for others these are.
A rule says of a sender's mail, or of one kind of it, which category it is. Where several fit, the address goes before its domain, and
the kind before every kind.
Promises: what an owner wrote is changed by no correction; what is learned is bounded, for each command and each owner; a mail that is
not proven to be its sender's teaches nothing about the mail that is; a correction that is taken back leaves the rule as it was.
Does not: say when a rule counts for a mail (the assistant's layer does), or change mails (`core.triage` does).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import AlreadyExists, BadAddress, BadInput, NotFound
from mailwright.domain.triage import Category, MailKind
from mailwright.storage import Tx, accounts, audit
from mailwright.storage import triagerules as rows
from mailwright.storage.audit import Actor
from mailwright.storage.triagerules import CORRECTION, OWNER, Rule

MAX_OWN = 500  # rules an owner writes; more is a table that nobody looks over any more
MAX_LEARNED = 500  # rules learned for one owner; then those that were said least often make room
MAX_LEARNED_AT_ONCE = 20  # senders and kinds that one command teaches: who moves thousands of mails tidies up
MAX_VIPS = 500

_OF_KIND = {
    "": "",
    MailKind.PERSON: " that a person wrote",
    MailKind.LIST: " that came over a mailing list",
    MailKind.RECEIPT: " that is a receipt",
    MailKind.AUTOMATIC: " that a program wrote",
}
_IS = {
    Category.NEEDS_REPLY: "needs a reply",
    Category.INFORMATIONAL: "is informational",
    Category.SPAM: "is spam",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one correction says: mail of that sender and kind is `to`, and not `was`.

    `undone`: it is what the mail was before its owner first said otherwise. `again`: the mail was corrected before, to `was`.
    """

    sender: str
    mail_kind: str
    was: str
    to: str
    proven: bool
    undone: bool = False
    again: bool = False


def told(rule: Rule) -> str:
    """The rule as a sentence."""
    whose = f"anybody {rule.sender.replace('@', 'at ', 1)}" if rule.sender.startswith("@") else rule.sender
    return f"Mail of {whose}{_OF_KIND.get(rule.mail_kind, '')} {_IS[Category(rule.category)]}"


def rule_for(tx: Tx, user_id: str, sender: str, kind: str) -> Rule | None:
    """The rule that fits a mail best, among those that are switched on."""
    senders = spellings(sender)
    kinds = tuple(dict.fromkeys((kind, "")))
    found = rows.matching(tx, user_id, senders, kinds)
    return min(found, key=lambda each: (senders.index(each.sender), kinds.index(each.mail_kind)), default=None)


def note_used(tx: Tx, rule: Rule) -> None:
    """A mail was judged by it; shown beside the rule."""
    rows.note_used(tx, rule.id)


def rules(tx: Tx, user_id: str) -> list[Rule]:
    """Everything an owner wrote and taught, by sender."""
    return rows.listing(tx, user_id, MAX_OWN + MAX_LEARNED)


def add_rule(tx: Tx, user_id: str, *, sender: str, category: str, kind: str = "", by: Actor) -> Rule:
    """Write a rule; one that was learned for that sender and kind becomes the owner's. Raises BadInput, BadAddress, NotFound."""
    tenant_id = _tenant_of(tx, user_id)
    sender, category, kind = spelled(sender), _category(category), _kind(kind)
    tx.lock(f"triage rules of {user_id}")
    known, now = rows.of(tx, user_id, sender, kind), clock.now()
    if rows.count(tx, user_id, OWNER) >= MAX_OWN and (known is None or known.made_by != OWNER):
        raise BadInput(f"a person writes at most {MAX_OWN} rules; remove some first")
    if known is None:
        rule_id = rows.insert(
            tx,
            user_id=user_id,
            sender=sender,
            mail_kind=kind,
            category=category,
            made_by=OWNER,
            proven=True,
            now=now,
        )
        assert rule_id is not None
    else:
        rule_id = known.id
        rows.update(tx, rule_id, now=now, category=category, made_by=OWNER, proven=True, was="", enabled=True)
    made = _loaded(tx, user_id, rule_id)
    _note(tx, by, "triage.rule_added", made, tenant_id)
    return made


def change_rule(
    tx: Tx,
    user_id: str,
    rule_id: str,
    *,
    by: Actor,
    sender: str | None = None,
    category: str | None = None,
    kind: str | None = None,
    enabled: bool | None = None,
) -> Rule:
    """Edit a rule, which makes it the owner's, or only switch it. Raises NotFound, BadInput, BadAddress, AlreadyExists."""
    tenant_id = _tenant_of(tx, user_id)
    tx.lock(f"triage rules of {user_id}")
    known = _loaded(tx, user_id, rule_id)
    wanted = replace(
        known,
        sender=known.sender if sender is None else spelled(sender),
        category=known.category if category is None else _category(category),
        mail_kind=known.mail_kind if kind is None else _kind(kind),
        enabled=known.enabled if enabled is None else enabled,
    )
    twin = rows.of(tx, user_id, wanted.sender, wanted.mail_kind)
    if twin is not None and twin.id != known.id:
        raise AlreadyExists("there is a rule for that sender and kind already")
    if replace(wanted, enabled=known.enabled) != known:
        if known.made_by != OWNER and rows.count(tx, user_id, OWNER) >= MAX_OWN:
            raise BadInput(f"a person writes at most {MAX_OWN} rules; remove some first")
        wanted = replace(wanted, made_by=OWNER, proven=True, was="")
    rows.update(
        tx,
        known.id,
        now=clock.now(),
        sender=wanted.sender,
        mail_kind=wanted.mail_kind,
        category=wanted.category,
        enabled=wanted.enabled,
        made_by=wanted.made_by,
        proven=wanted.proven,
        was=wanted.was,
    )
    changed = _loaded(tx, user_id, rule_id)
    _note(tx, by, "triage.rule_changed", changed, tenant_id)
    return changed


def remove_rule(tx: Tx, user_id: str, rule_id: str, *, by: Actor) -> Rule:
    """Forget a rule. Raises NotFound, also for somebody else's."""
    tenant_id = _tenant_of(tx, user_id)
    known = _loaded(tx, user_id, rule_id)
    rows.remove(tx, [known.id])
    _note(tx, by, "triage.rule_removed", known, tenant_id)
    return known


def learn(tx: Tx, user_id: str, lessons: Iterable[Lesson]) -> int:
    """Remember what corrections say, what was said most often first. How many senders and kinds taught something."""
    # Of a mail that was not judged yet it is not known of which kind it is.
    counted = Counter(each for each in lessons if each.mail_kind and each.sender)
    if not counted:
        return 0
    tx.lock(f"triage rules of {user_id}")
    there = {(each.sender, each.mail_kind) for each in rules(tx, user_id)}
    looked: dict[tuple[str, str], None] = {}
    for lesson, times in counted.most_common():
        key = (lesson.sender, lesson.mail_kind)
        if lesson.undone:  # makes no new rule, and is not to leave one behind
            if key in there:
                _learn(tx, user_id, lesson, times)
            continue
        if key not in looked and len(looked) >= MAX_LEARNED_AT_ONCE:
            continue
        looked[key] = None
        _learn(tx, user_id, lesson, times)
    over = rows.count(tx, user_id, CORRECTION) - MAX_LEARNED
    if over > 0:
        rows.remove(tx, rows.least_said(tx, user_id, CORRECTION, over))
    return len(looked)


def _learn(tx: Tx, user_id: str, lesson: Lesson, times: int) -> None:
    known, now = rows.of(tx, user_id, lesson.sender, lesson.mail_kind), clock.now()
    if known is None:
        if not lesson.undone:
            rows.insert(
                tx,
                user_id=user_id,
                sender=lesson.sender,
                mail_kind=lesson.mail_kind,
                category=lesson.to,
                made_by=CORRECTION,
                proven=lesson.proven,
                now=now,
                times=times,
            )
    elif known.made_by == OWNER or not known.enabled or (known.proven and not lesson.proven):
        return  # the owner's own words stand; so does what is known of the true sender when somebody writes under that name
    elif lesson.undone:
        _unlearn(tx, known, lesson, times)
    elif known.category == lesson.to:
        rows.update(tx, known.id, now=now, times=known.times + times, proven=known.proven or lesson.proven)
    else:
        # A second thought about the same mails leaves what was before the first.
        second = lesson.again and known.category == lesson.was and known.times <= times
        was = known.was if second else known.category
        rows.update(tx, known.id, now=now, category=lesson.to, was=was, times=times, proven=lesson.proven)


def _unlearn(tx: Tx, known: Rule, lesson: Lesson, times: int) -> None:
    if known.category != lesson.was:
        return
    if known.times > times:
        rows.update(tx, known.id, now=clock.now(), times=known.times - times)
    elif known.was:
        rows.update(tx, known.id, now=clock.now(), category=known.was, was="", times=1)
    else:
        rows.remove(tx, [known.id])


def is_vip(tx: Tx, user_id: str, sender: str) -> bool:
    """Whether an address, or its domain, is among an owner's VIPs. It means something only for mail that is proven to be the sender's."""
    return rows.is_vip(tx, user_id, spellings(sender))


def add_vip(tx: Tx, user_id: str, sender: str, *, by: Actor) -> str:
    """Whose mail goes first: an address or @domain; as it is kept. Raises BadInput, BadAddress, NotFound."""
    tenant_id = _tenant_of(tx, user_id)
    wanted = spelled(sender)
    tx.lock(f"vips of {user_id}")
    if len(rows.vips(tx, user_id, MAX_VIPS)) >= MAX_VIPS and not rows.is_vip(tx, user_id, (wanted,)):
        raise BadInput(f"a person has at most {MAX_VIPS} VIPs; remove some first")
    if rows.add_vip(tx, user_id, wanted, clock.now()):
        audit.note(tx, by, "triage.vip_added", resource=f"user:{user_id} {wanted}", tenant_id=tenant_id)
    return wanted


def remove_vip(tx: Tx, user_id: str, sender: str, *, by: Actor) -> None:
    """Whose mail goes first no more. Raises NotFound, BadInput, BadAddress."""
    tenant_id = _tenant_of(tx, user_id)
    wanted = spelled(sender)
    if not rows.remove_vip(tx, user_id, wanted):
        raise NotFound(f"{wanted} is not among the VIPs")
    audit.note(tx, by, "triage.vip_removed", resource=f"user:{user_id} {wanted}", tenant_id=tenant_id)


def vips(tx: Tx, user_id: str) -> list[str]:
    """An owner's VIPs, in order."""
    return rows.vips(tx, user_id, MAX_VIPS)


def forget_of_user(tx: Tx, user_id: str) -> None:
    """The owner goes, with rules and VIPs."""
    rows.forget_of_user(tx, user_id)


def spelled(sender: str) -> str:
    """An address or @domain as rules keep it. Raises BadInput, BadAddress."""
    wanted = sender.strip()
    if not wanted:
        raise BadInput("say whose mail: an address, or @domain")
    if wanted.startswith("@"):
        return f"@{Address.parse(f'anybody{wanted}').domain}"
    return Address.parse(wanted).key


def spellings(sender: str) -> tuple[str, ...]:
    """What rules and VIPs may call a sender: the address, then its domain. Nothing for what is no address."""
    try:
        address = Address.parse(sender)
    except BadAddress:
        return ()
    return (address.key, f"@{address.domain}")


def _category(text: str) -> str:
    if text not in {each.value for each in Category}:
        raise BadInput(f"there is no category {text[:40]!r}; there are {', '.join(Category)}")
    return text


def _kind(text: str) -> str:
    if text and text not in {each.value for each in MailKind}:
        raise BadInput(f"there is no kind of mail {text[:40]!r}; there are {', '.join(MailKind)}, or none for all")
    return text


def _loaded(tx: Tx, user_id: str, rule_id: str) -> Rule:
    found = rows.by_id(tx, rule_id) if is_id(rule_id) else None
    if found is None or found.user_id != user_id:
        raise NotFound("there is no such rule")
    return found


def _tenant_of(tx: Tx, user_id: str) -> str:
    account = accounts.by_id(tx, user_id) if is_id(user_id) else None
    if account is None:
        raise NotFound(f"there is no user {user_id[:64]}")
    return account.tenant_id


def _note(tx: Tx, by: Actor, action: str, rule: Rule, tenant_id: str) -> None:
    audit.note(tx, by, action, resource=f"triage-rule:{rule.id} {told(rule)}", tenant_id=tenant_id)
