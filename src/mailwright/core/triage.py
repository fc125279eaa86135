"""Triage: what each mail is to its owner, as it was judged, as its owner corrects it, and as its mailbox shows it.

Called by the assistant (`judged`, `show`), by its API and pages, by who looks at accounts elsewhere, and by the consumer that sees what
owners do in their mail programs (`correct`, `correct_all`).
Promises: what an owner said stands, whoever judges later; a correction is remembered for the sender's mail of that kind (see
`triagerules`), shown by the keyword of a mail in a mailbox here, audited, and told by one event, all in the caller's transaction; the
same word twice is said once; thousands of mails cost a few statements more than one.
Does not: put labels on mail elsewhere (who hears of `TriageChanged` does).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import Counter

from mailwright.core import Core, access, marking, moving
from mailwright.core.triagerules import (
    Lesson,
    add_rule,
    add_vip,
    change_rule,
    forget_of_user,
    is_vip,
    learn,
    note_used,
    remove_rule,
    remove_vip,
    rule_for,
    rules,
    told,
    vips,
)
from mailwright.domain import clock
from mailwright.domain.clock import Instant
from mailwright.domain.events import MESSAGE_FLAGGED, TRIAGE_CHANGED
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound
from mailwright.domain.triage import KEYWORDS, Category
from mailwright.storage import Tx, accounts, audit, events, mailboxes, triage, triageplaces, views
from mailwright.storage.audit import Actor
from mailwright.storage.triage import Item
from mailwright.storage.triageplaces import Place
from mailwright.storage.triagerules import Rule

__all__ = [
    "Rule",
    "Said",
    "add_rule",
    "add_vip",
    "change_rule",
    "correct",
    "correct_all",
    "forget_of_user",
    "is_vip",
    "judged",
    "keywords_among",
    "note_used",
    "remove_rule",
    "remove_vip",
    "rule_for",
    "rules",
    "show",
    "told",
    "vips",
]

JUNK = "junk"
SAID = "you said so"
BY_OWNER = "owner"
"""Who decided, where the owner did."""
MAX_BECAUSE = 600  # characters
EVENT_IDS = 1_000  # mails that one event names

_CATEGORY_OF = {word: category for category, word in KEYWORDS.items()}

corrections_total = Counter(
    "mailwright_triage_corrections_total", "Mails whose owner said that they are something else.", ["from", "to"]
)


@dataclass(frozen=True, slots=True)
class Said:
    """An owner's word about one mail: what it is, since when that was said, and how, for people."""

    place: Place
    category: Category
    at: Instant
    because: str = SAID


def judged(
    tx: Tx,
    item_id: str,
    *,
    category: Category,
    confidence: float,
    because: str,
    decided_by: str,
    mail_kind: str,
    proven: bool,
    language: str = "",
) -> Item:
    """Note what a mail is found to be; once its owner has said it, only what sort of mail it is. Raises NotFound."""
    item = _loaded(tx, item_id)
    now = clock.now()
    triage.update(tx, item_id, now=now, mail_kind=mail_kind, proven=proven, language=language or item.language)
    if item.decided_by != BY_OWNER:
        triage.update(
            tx,
            item_id,
            now=now,
            category=category.value,
            confidence=min(max(confidence, 0.0), 1.0),
            because=because[:MAX_BECAUSE],
            decided_by=decided_by,
            corrected_from="",
        )
        _tell(tx, item.user_id, [(item_id, category.value)])
    return _loaded(tx, item_id)


def correct(
    tx: Tx,
    core: Core,
    *,
    user_id: str,
    item_id: str,
    category: str,
    by: Actor | None = None,
    how: str = SAID,
    to_junk: bool = False,
) -> Item:
    """An owner says what a mail is. A mail here that is spam no more leaves Junk; with `to_junk`, one that is goes there.

    Raises NotFound (also for somebody else's mail), BadInput.
    """
    if category not in _CATEGORY_OF:
        raise BadInput(f"there is no category {category[:40]!r}; there are {', '.join(Category)}")
    known = triage.by_id(tx, item_id) if is_id(item_id) else None
    if known is None or known.user_id != user_id:
        raise NotFound("there is no such mail among those that were looked at")
    accounts.hold(tx, user_id)
    place = next(iter(triageplaces.of_items(tx, [item_id])))
    wanted = _CATEGORY_OF[category]
    if place.category != wanted:
        correct_all(tx, user_id, [Said(place, wanted, clock.now(), how)], by=by)
    if place.mailbox_id and (to_junk if wanted is Category.SPAM else place.role == JUNK):
        _move(tx, core, place, JUNK if wanted is Category.SPAM else "inbox")
    return _loaded(tx, item_id)


def correct_all(tx: Tx, user_id: str, said: Sequence[Said], *, by: Actor | None = None) -> int:
    """Take an owner's words about several mails; the caller holds the account and has read the places since. How many were news."""
    news = [each for each in said if each.place.category != each.category]
    if not news:
        return 0
    now = clock.now()
    triageplaces.corrected(
        tx,
        [(each.place.id, each.category.value, _was(each), each.at, each.because[:MAX_BECAUSE]) for each in news],
        now,
    )
    learn(tx, user_id, [_lesson(each) for each in news])
    label(tx, user_id, [(each.place, each.category) for each in news if each.place.mailbox_id])
    for each in news:
        corrections_total.labels(each.place.category or "none", each.category.value).inc()
    _audit(tx, news, by)
    _tell(tx, user_id, [(each.place.id, each.category.value) for each in news])
    return len(news)


def show(tx: Tx, item_id: str, category: Category | None) -> bool:
    """Let a mail in a mailbox here carry the keyword of a category instead of any other's, or none. Whether it does.

    Where somebody has changed the keywords since we set them, theirs stay: that was a correction, and is about to be taken as one.
    """
    known = _loaded(tx, item_id)
    accounts.hold(tx, known.user_id)
    place = next(iter(triageplaces.of_items(tx, [item_id])))
    if not place.mailbox_id or {each.value for each in keywords_among(place)} - {place.shown}:
        return False
    label(tx, known.user_id, [(place, category)])
    return True


def keywords_among(place: Place) -> frozenset[Category]:
    """The categories whose keywords a mail carries. RFC 9051 §2.3.2: keywords are told apart without regard to case."""
    words = (word.lower() for word in views.keywords_of(place.keywords))
    return frozenset(_CATEGORY_OF[word] for word in words if word in _CATEGORY_OF)


def label(tx: Tx, user_id: str, wanted: Iterable[tuple[Place, Category | None]]) -> None:
    """Set keywords of mails here, with one change of the account for each mailbox, and note what they show. The caller holds the account."""
    by_mailbox: dict[str, list[tuple[Place, Category | None]]] = defaultdict(list)
    for place, category in wanted:
        by_mailbox[place.mailbox_id].append((place, category))
    for mailbox_id, several in by_mailbox.items():
        changes, noted = [], []
        for place, category in sorted(several, key=lambda each: each[0].uid):
            before = views.keywords_of(place.keywords)
            kept = [word for word in before if word.lower() not in _CATEGORY_OF]
            words = sorted([*kept, KEYWORDS[category]]) if category is not None else kept
            try:
                marking.check_keywords(words)
            except BadInput:  # it has no room for another; what the mail is stands in its row all the same
                continue
            if set(words) != set(before):
                encoded = json.dumps(words, ensure_ascii=False, separators=(",", ":"))
                changes.append((place.uid, place.flags, encoded))
            noted.append((place.id, category.value if category is not None else ""))
        triageplaces.shown(tx, noted, clock.now())
        if changes:
            modseq = accounts.next_modseq(tx, user_id)
            views.mark(tx, mailbox_id, modseq, changes)
            mailboxes.count_changed(tx, mailbox_id, modseq)
            payload = {"mailbox_id": mailbox_id, "user_id": user_id, "modseq": modseq, "count": len(changes)}
            events.append(tx, MESSAGE_FLAGGED, mailbox_id, payload)


def _was(said: Said) -> str:
    """What the mail was before its owner first said otherwise; nothing when it is that again."""
    first = said.place.corrected_from or said.place.category
    return "" if first == said.category else first


def _lesson(said: Said) -> Lesson:
    place = said.place
    return Lesson(
        place.sender,
        place.mail_kind,
        place.category,
        said.category.value,
        place.proven,
        undone=place.corrected_from == said.category,
        again=bool(place.corrected_from),
    )


def _move(tx: Tx, core: Core, place: Place, role: str) -> None:
    account = accounts.by_id(tx, place.user_id)
    target = mailboxes.by_role(tx, place.user_id, role)
    if account is None or target is None or target.id == place.mailbox_id:
        return
    source = access.by_id(tx, account, place.mailbox_id)
    moving.move(tx, core, source, access.by_id(tx, account, target.id), [place.uid])


def _audit(tx: Tx, news: Sequence[Said], by: Actor | None) -> None:
    """One entry for everything that one command said about mails of one category."""
    groups: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for each in news:
        groups[(each.place.category, each.category.value)].append(each)
    for (was, category), several in groups.items():
        which = f"triage:{several[0].place.id}" if len(several) == 1 else f"triage of {len(several)} mails"
        audit.note(
            tx,
            by or Actor("triage"),
            "triage.corrected",
            resource=f"{which} {was or 'nothing'} to {category}",
            tenant_id=several[0].place.tenant_id,
        )


def _tell(tx: Tx, user_id: str, items: Sequence[tuple[str, str]]) -> None:
    """Of one mail with its category; of several only which they are."""
    for start in range(0, len(items), EVENT_IDS):
        some = items[start : start + EVENT_IDS]
        item_id, category = some[0] if len(some) == 1 else ("", "")
        payload = {
            "user_id": user_id,
            "item_id": item_id,
            "category": category,
            "item_ids": [each for each, _category in some],
        }
        events.append(tx, TRIAGE_CHANGED, user_id, payload)


def _loaded(tx: Tx, item_id: str) -> Item:
    found = triage.by_id(tx, item_id)
    if found is None:
        raise NotFound("there is no such mail among those that were looked at")
    return found
