"""Narrowing: what the index knows about the texts a key looks for, so that SEARCH reads few messages and often none.

Called by IMAP's SEARCH (and SORT and THREAD, whose keys are the same): `settle` puts the index's answers into the key, which is
then judged as ever (codecs/imap/evaluate.py).
Promises: the settled key matches exactly the messages that the key matches. A uid in `sure` holds the text, one in `maybe` has
to be read, every other message of the mailbox does not hold it; messages that came or changed since the index was last
written, and those it could not read, are in `maybe`. Without an index, or when it fails, the key stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailwright.codecs.imap import criteria
from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.sequences import SequenceSet
from mailwright.core import Core, asking, believing
from mailwright.storage import Tx, mailboxes, searching
from mailwright.storage.mailboxes import Mailbox
from mailwright.storage.search import Holding, IndexFailed, SearchIndex

TextKey = criteria.TextHas | criteria.BodyHas | criteria.SubjectHas | criteria.AddressHas | criteria.HeaderHas
"""The keys that look into a message."""

_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the messages of a mailbox, by uid: those that match for sure, and those that may. `maybe` None: all others may."""

    sure: frozenset[int]
    maybe: frozenset[int] | None


ANYTHING = Answer(_NOBODY, None)


async def settle(core: Core, index: SearchIndex | None, mailbox_id: str, key: Key) -> Key:
    """The key with the index's answers in it: what is sure is a set of UIDs, what is not is looked for among few.

    It holds for the messages that were in the mailbox when it was called; UIDs inside it are that mailbox's. Raises TryLater.
    """
    asked = list(text_keys(key))
    return settled(key, await answers(core, index, mailbox_id, asked)) if asked and index is not None else key


async def answers(core: Core, index: SearchIndex, mailbox_id: str, keys: Iterable[Key]) -> dict[Key, Answer]:
    """What the index says about each of the keys that look into messages; nothing when it cannot be asked. Raises TryLater."""
    asked = list(dict.fromkeys(key for key in keys if isinstance(key, TextKey) and key.text))

    def look(tx: Tx) -> tuple[Mailbox | None, list[int]]:
        mailbox = mailboxes.by_id(tx, mailbox_id)
        return mailbox, searching.unsettled_uids(tx, mailbox.user_id, mailbox_id) if mailbox is not None else []

    # First what is not settled, then the index: what is settled between the two is in both.
    believed, (mailbox, unsettled) = await believing.look(core, index, look)
    if mailbox is None or not believed:
        return {}
    try:
        found = await asking.in_thread(_ask, index, mailbox.user_id, asked)
    except IndexFailed:
        return {}
    ids = sorted({one for holding in found for one in (*holding.sure, *(holding.maybe or ()))})
    total = mailbox.total
    uids = await core.read(lambda tx: searching.uids_of(tx, mailbox_id, ids, total)) if ids else {}
    return {key: _answer(holding, uids, frozenset(unsettled)) for key, holding in zip(asked, found, strict=True)}


def text_keys(key: Key) -> Iterable[Key]:
    """The keys inside `key` that look into messages."""
    waiting: list[Key] = [key]
    while waiting:
        one = waiting.pop()
        if isinstance(one, criteria.And):
            waiting.extend(one.keys)
        elif isinstance(one, criteria.Or):
            waiting += [one.left, one.right]
        elif isinstance(one, criteria.Not):
            waiting.append(one.key)
        elif isinstance(one, TextKey):
            yield one


def settled(key: Key, known: Mapping[Key, Answer]) -> Key:
    """`key` with what is known of its keys that look into messages."""
    if isinstance(key, criteria.And):
        # Not nested: whoever looks for UIDs among the terms of a key finds them at the top.
        terms: list[Key] = []
        for one in key.keys:
            inner = settled(one, known)
            terms += inner.keys if isinstance(inner, criteria.And) else (inner,)
        return criteria.And(tuple(terms))
    if isinstance(key, criteria.Or):
        return criteria.Or(settled(key.left, known), settled(key.right, known))
    if isinstance(key, criteria.Not):
        return criteria.Not(settled(key.key, known))
    answer = known.get(key)
    return key if answer is None else _settled(key, answer)


def _settled(key: Key, answer: Answer) -> Key:
    sure = _uids(answer.sure)
    if answer.maybe is None:
        return criteria.Or(sure, key) if answer.sure else key
    if not answer.maybe:
        return sure
    return criteria.And((_uids(answer.sure | answer.maybe), criteria.Or(sure, key) if answer.sure else key))


def _uids(uids: Iterable[int]) -> Key:
    return criteria.Uids(SequenceSet.of((uid, uid) for uid in uids))


def _ask(index: SearchIndex, user_id: str, keys: Sequence[TextKey]) -> list[Holding]:
    return [_holding(index, user_id, key) for key in keys]


def _holding(index: SearchIndex, user_id: str, key: TextKey) -> Holding:
    if isinstance(key, criteria.TextHas):
        return index.holding(user_id, ("header", "text"), key.text)
    if isinstance(key, criteria.BodyHas):
        return index.holding(user_id, ("text",), key.text)
    found = index.holding(user_id, ("header",), key.text)
    # It stands in the header; whether in the field that was asked for, the header must tell.
    return Holding(frozenset(), None if found.maybe is None else found.sure | found.maybe)


def _answer(holding: Holding, uids: Mapping[str, int], unsettled: frozenset[int]) -> Answer:
    sure = frozenset(uids[one] for one in holding.sure if one in uids) - unsettled
    if holding.maybe is None:
        return Answer(sure, None)
    return Answer(sure, (frozenset(uids[one] for one in holding.maybe if one in uids) | unsettled) - sure)
