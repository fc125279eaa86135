"""Marking: flags and keywords of messages, in one transaction and with one modseq for all of a command.

Called by IMAP STORE, later by every client protocol. Promises: a message whose modseq is above `unchanged_since` is left alone
and named (RFC 7162 §3.1.3); what the asker may not set is left alone too; clients learn of it from the journal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mailwright.core.access import Reached
from mailwright.domain.events import MESSAGE_FLAGGED
from mailwright.domain.refusals import BadInput, NotPermitted
from mailwright.storage import Tx, accounts, events, mailboxes, views
from mailwright.storage.messages import Flag

Mode = Literal["add", "remove", "replace"]

MAX_KEYWORDS = 100  # of one message
MAX_KEYWORDS_OCTETS = 2_000  # together: they stand in an index, whose entries PostgreSQL limits to 2,704 octets

NOT_ATOM = re.compile(r"[^!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]")
"""What no keyword has (RFC 9051 §9: flag-keyword, atom)."""

_SEEN = int(Flag.SEEN)  # the operators of an IntFlag take ten times as long as those of a number

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Marked(NamedTuple):
    """A message as it is after a STORE."""

    uid: int
    flags: int
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """What a STORE did: `changed` with the new `modseq` (0: nothing changed), `same` were so already, `failed` were too new.

    `before` is the mailbox's modseq until then: who knew all of it knows all of it still.
    """

    modseq: int
    changed: list[Marked]
    same: list[Marked]
    failed: list[int]
    before: int = 0


def store(
    tx: Tx,
    reached: Reached,
    wanted: Sequence[int],
    *,
    mode: Mode,
    flags: int,
    keywords: tuple[str, ...],
    unchanged_since: int | None = None,
) -> Stored:
    """Add, remove or replace flags and keywords of the messages with the wanted uids (ascending).

    Raises NotPermitted when the asker may set none of them, BadInput when a message would have too many keywords or one is none.
    """
    allowed_flags, words_allowed = settable(reached)
    if (
        mode != "replace"
        and flags & ~allowed_flags == flags
        and (not words_allowed or not keywords)
        and (flags or keywords)
    ):
        # RFC 4314 §4: NO when none of the flags may be changed; else those that may are.
        raise NotPermitted(f"you may not set these flags in {reached.name}")
    check_keywords(keywords)
    if mode == "replace" and not allowed_flags and not words_allowed:
        raise NotPermitted(f"you may not set flags in {reached.name}")
    plan = _Plan(mode, flags & allowed_flags, keywords if words_allowed else (), allowed_flags, words_allowed)
    mailbox = reached.mailbox
    accounts.hold(tx, mailbox.user_id)
    changed: list[Marked] = []
    same: list[Marked] = []
    failed: list[int] = []
    texts: list[str] = []
    unseen = 0
    for start in range(0, len(wanted), views.SLICE):
        for uid, known, modseq, text in views.to_mark(tx, mailbox.id, wanted[start : start + views.SLICE]):
            if unchanged_since is not None and modseq > unchanged_since:
                failed.append(uid)
                continue
            after, words, encoded = plan.apply(known, text)
            if after == known and encoded == text:
                same.append(Marked(uid, after, words))
                continue
            changed.append(Marked(uid, after, words))
            texts.append(encoded)
            unseen += (known & _SEEN) - (after & _SEEN)
    if not changed:
        return Stored(0, changed, same, failed)
    before = mailboxes.modseq_of(tx, mailbox.id)
    modseq = accounts.next_modseq(tx, mailbox.user_id)
    views.mark(tx, mailbox.id, modseq, [(m.uid, m.flags, text) for m, text in zip(changed, texts, strict=True)])
    mailboxes.count_changed(tx, mailbox.id, modseq, unseen=unseen)
    events.append(
        tx,
        MESSAGE_FLAGGED,
        mailbox.id,
        {"mailbox_id": mailbox.id, "user_id": mailbox.user_id, "modseq": modseq, "count": len(changed)},
    )
    return Stored(modseq, changed, same, failed, before)


def check_keywords(keywords: Iterable[str]) -> None:
    """Raises BadInput when they are more than a message may have, or words that IMAP cannot say."""
    words = list(keywords)
    for word in words:
        if NOT_ATOM.search(word) or not word:
            raise BadInput(f"{word[:50]!r} is not a keyword: letters, digits and some signs, without spaces")
    _check_room(words)


def _check_room(words: Sequence[str]) -> None:
    if len(words) > MAX_KEYWORDS or len(_encode(words).encode("utf-8", "replace")) > MAX_KEYWORDS_OCTETS:
        raise BadInput(f"a message has at most {MAX_KEYWORDS} keywords, of {MAX_KEYWORDS_OCTETS} octets together")


def settable(reached: Reached) -> tuple[int, bool]:
    """RFC 4314 §4: which flags the rights let one set, and whether keywords."""
    rights = reached.rights
    flags = Flag(0)
    if "s" in rights:
        flags |= Flag.SEEN
    if "t" in rights:
        flags |= Flag.DELETED
    if "w" in rights:
        flags |= Flag.ANSWERED | Flag.FLAGGED | Flag.DRAFT
    return int(flags), "w" in rights


class _Plan:
    """What one STORE does to each message; the keywords of each distinct row are worked out once."""

    def __init__(self, mode: Mode, flags: int, keywords: tuple[str, ...], allowed: int, words_allowed: bool) -> None:
        self._mode = mode
        self._flags = flags
        self._keywords = keywords
        self._allowed = allowed
        self._words_allowed = words_allowed
        self._known: dict[str, tuple[tuple[str, ...], str]] = {}

    def apply(self, before: int, text: str) -> tuple[int, tuple[str, ...], str]:
        if self._mode == "add":
            after = before | self._flags
        elif self._mode == "remove":
            after = before & ~self._flags
        else:
            after = (before & ~self._allowed) | self._flags
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._words(text)
        return after, *known

    def _words(self, text: str) -> tuple[tuple[str, ...], str]:
        before = views.keywords_of(text)
        if not self._words_allowed or (not self._keywords and self._mode != "replace"):
            return before, text
        # RFC 9051 §2.3.2: keywords are told apart without regard to case; the spelling seen first stays.
        have = {word.lower(): word for word in before}
        asked = {word.lower(): word for word in self._keywords}
        if self._mode == "add":
            after = {**asked, **have}
        elif self._mode == "remove":
            after = {key: word for key, word in have.items() if key not in asked}
        else:
            after = {key: have.get(key, word) for key, word in asked.items()}
        words = tuple(sorted(after.values()))
        if set(words) == set(before):
            return before, text
        _check_room(words)
        return words, _encode(list(words))
