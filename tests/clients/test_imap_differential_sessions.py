"""Dovecot and Mailwright while several sessions change one mailbox: what each of them is told, and where it all ends.

Random operations from a seed go to both. After every NOOP a session of the one must believe what the same session of the other
believes, and what a fresh look says. Then what a client that was away learns with CONDSTORE and QRESYNC (RFC 7162).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from tests.clients.imap_corpus import letters
from tests.clients.imap_descriptions import fetched
from tests.clients.imap_mirror import Mirror, uids_of
from tests.clients.imap_pair import Both, Pair
from tests.clients.imap_speaker import Answer, Speaker, Value
from tests.servers.dovecot import DovecotServer
from tests.servers.mailwright import MailwrightServer

pytestmark = pytest.mark.server

SEEDS = range(1, 6)
OPERATIONS = 120  # of each seed
LETTERS = 24  # at the start; EXPUNGE and MOVE take, APPEND and COPY bring
FLAGS = (b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Draft", b"work", b"$x")
SILENT_CODES = ("READ-WRITE", "HIGHESTMODSEQ", "CLIENTBUG", "EXPUNGEISSUED")
"""Response codes only one of them says; nothing depends on them."""


class Twins:
    """The same session with both servers."""

    def __init__(self, pair: Pair, mailbox: bytes, *enabled: bytes) -> None:
        self.dovecot = Mirror(pair.dovecot, mailbox, *enabled)
        self.ours = Mirror(pair.ours, mailbox, *enabled)

    def ask(self, *parts: bytes, expunges: bool = True) -> Both:
        """The same command to both."""
        return Both(self.dovecot.ask(*parts, expunges=expunges), self.ours.ask(*parts, expunges=expunges))

    def agree(self) -> None:
        """After NOOP both believe the same, and it is true."""
        self.ask(b"NOOP")
        believed = (list(self.ours.uids), dict(self.ours.flags))
        assert self.ours.heard.gone == self.dovecot.heard.gone
        self.look()
        # Of messages that came the number was told, no more.
        assert believed[1].items() <= self.ours.flags.items()
        assert len(believed[0]) == len(self.ours.uids)

    def look(self) -> None:
        """Both say all they have, and it is the same."""
        self.dovecot.look()
        self.ours.look()
        assert self.ours.uids == self.dovecot.uids
        assert self.ours.flags == self.dovecot.flags


@pytest.fixture
def pairs(beside_dovecot: tuple[DovecotServer, MailwrightServer]) -> Iterator[list[Pair]]:
    """Three clients of Bashir's."""
    made = [Pair(*beside_dovecot, "bashir") for _ in range(3)]
    yield made
    for pair in made:
        pair.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_hear_the_same_of_each_other(pairs: list[Pair], seed: int) -> None:
    mailbox, other = _filled(pairs[0], b"Twins%d" % seed, seed)
    sessions = [Twins(pairs[0], mailbox), Twins(pairs[1], mailbox), Twins(pairs[2], mailbox, b"QRESYNC")]
    dice = random.Random(seed)
    for number in range(OPERATIONS):
        session = dice.choice(sessions)
        session.ask(b"NOOP")
        parts, expunges = _operation(dice, session.ours.uids, mailbox, other, seed * 1000 + number)
        both = session.ask(*parts, expunges=expunges)
        assert _told(both.ours) == _told(both.dovecot), parts
        if dice.random() < 0.3:
            for each in sessions:
                each.agree()
    for each in sessions:
        each.agree()
    both = pairs[0].good(b"STATUS %b (MESSAGES UIDNEXT UNSEEN)" % other)
    assert _numbers_of_status(both.ours) == _numbers_of_status(both.dovecot)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_never_asks_is_told_nothing_wrong(
    beside_dovecot: tuple[DovecotServer, MailwrightServer], seed: int
) -> None:
    """Ours alone: without a NOOP before each command sessions lag behind, and each server may tell at another moment."""
    pairs = [Pair(*beside_dovecot, "bashir") for _ in range(3)]
    mailbox, other = _filled(pairs[0], b"Lagging%d" % seed, seed)
    sessions = [Mirror(pair.ours, mailbox, *([b"QRESYNC"] if pair is pairs[2] else [])) for pair in pairs]
    dice = random.Random(seed)
    for number in range(OPERATIONS):
        session = dice.choice(sessions)
        parts, expunges = _operation(dice, session.uids, mailbox, other, seed * 1000 + number)
        answer = session.ask(*parts, expunges=expunges)
        assert answer.status == "OK" or answer.code in ("EXPUNGEISSUED", "NONEXISTENT"), (parts, answer.text)
        if dice.random() < 0.1:
            session.ask(b"NOOP", expunges=True)
            believed = (list(session.uids), dict(session.flags))
            session.look()
            assert len(believed[0]) == len(session.uids)
            assert believed[1].items() <= session.flags.items()
    for session in sessions:
        session.ask(b"NOOP", expunges=True)
        session.look()
    assert sessions[0].uids == sessions[1].uids == sessions[2].uids
    assert sessions[0].flags == sessions[1].flags == sessions[2].flags
    for pair in pairs:
        pair.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_was_away_learns_the_same(pairs: list[Pair], seed: int) -> None:
    mailbox, other = _filled(pairs[0], b"Away%d" % seed, seed)
    actor = Twins(pairs[0], mailbox)
    dice = random.Random(seed)
    for speaker in (pairs[1].dovecot, pairs[1].ours):
        speaker.good(b"ENABLE QRESYNC")
    for round_ in range(4):
        known = list(actor.ours.uids)
        places = [_place(speaker, mailbox) for speaker in (pairs[0].dovecot, pairs[0].ours)]
        for number in range(12):
            actor.ask(b"NOOP")
            actor.ask(*_operation(dice, actor.ours.uids, mailbox, other, seed * 1000 + round_ * 20 + number)[0])
        actor.agree()
        learned = [
            _resync(speaker, mailbox, place, known)
            for speaker, place in zip((pairs[1].dovecot, pairs[1].ours), places, strict=True)
        ]
        assert learned[1] == learned[0]
        changed = [
            speaker.good(b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d VANISHED)" % place[1])
            for speaker, place in zip((pairs[1].dovecot, pairs[1].ours), places, strict=True)
        ]
        assert _changes(changed[1], known) == _changes(changed[0], known)
        found = [
            speaker.good(b"UID SEARCH MODSEQ %d" % (place[1] + 1))
            for speaker, place in zip((pairs[1].dovecot, pairs[1].ours), places, strict=True)
        ]
        assert _found(found[1]) == _found(found[0])


def test_a_conditional_store_leaves_the_same_alone(pairs: list[Pair]) -> None:
    mailbox, _ = _filled(pairs[0], b"Conditional", 3)
    Twins(pairs[0], mailbox)
    modseqs = [_place(speaker, mailbox)[1] for speaker in (pairs[0].dovecot, pairs[0].ours)]
    Twins(pairs[1], mailbox).ask(b"UID STORE 3,5:7 +FLAGS (work)")
    for command in (
        b"UID STORE 1:10 (UNCHANGEDSINCE %d) +FLAGS (\\Flagged)",
        b"STORE 4:6 (UNCHANGEDSINCE %d) -FLAGS.SILENT (\\Flagged)",
    ):
        answers = [
            speaker.ask(command % modseq)
            for speaker, modseq in zip((pairs[0].dovecot, pairs[0].ours), modseqs, strict=True)
        ]
        modified = [re.search(r"MODIFIED ([\d:,]+)", answer.code) for answer in answers]
        theirs, ours = ([] if found is None else uids_of(found[1].encode()) for found in modified)
        assert ours == theirs
    Twins(pairs[2], mailbox).look()


def _filled(pair: Pair, mailbox: bytes, seed: int) -> tuple[bytes, bytes]:
    other = mailbox + b"-other"
    for name in (mailbox, other):
        pair.good(b"CREATE " + name)
    pair.good(b"SELECT %b (CONDSTORE)" % mailbox)  # Dovecot counts changes from here on only
    for letter in letters(LETTERS, seed):
        pair.put(mailbox, letter.raw, letter.flags, letter.date)
    return mailbox, other


def _operation(
    dice: random.Random, uids: list[int], mailbox: bytes, other: bytes, seed: int
) -> tuple[tuple[bytes, ...], bool]:
    """A command, and whether its answer may renumber messages (RFC 9051 §7.5.1)."""
    by_uid = dice.random() < 0.5 and 0 not in uids
    prefix = b"UID " if by_uid else b""
    kind = dice.choice(("store",) * 6 + ("copy", "move", "expunge", "uid expunge", "fetch", "search") + ("append",) * 3)
    if kind == "append" or not uids:
        [letter] = letters(1, seed)
        return (b"APPEND %b (%b) " % (mailbox, " ".join(letter.flags).encode()), letter.raw), True
    if kind in ("expunge", "uid expunge") and dice.random() < 0.6:
        kind = "search"
    chosen = _set(dice, max(uids) if by_uid else len(uids))
    if kind == "store":
        mode = dice.choice((b"FLAGS", b"+FLAGS", b"+FLAGS", b"-FLAGS")) + dice.choice((b"", b"", b".SILENT"))
        flags = b" ".join(dice.sample(FLAGS, dice.randint(0, 3)))
        return (b"%bSTORE %b %b (%b)" % (prefix, chosen, mode, flags),), by_uid
    if kind == "copy":
        return (b"%bCOPY %b %b" % (prefix, chosen, dice.choice((other, other, mailbox))),), True
    if kind == "move":
        return (b"%bMOVE %b %b" % (prefix, chosen, other),), True
    if kind == "expunge":
        return (b"EXPUNGE",), True
    if kind == "uid expunge":
        return (b"UID EXPUNGE " + _set(dice, max(uids) or 1),), True
    if kind == "fetch":
        return (b"%bFETCH %b (UID FLAGS)" % (prefix, chosen),), by_uid
    return (b"%bSEARCH UNSEEN" % prefix,), by_uid


def _set(dice: random.Random, largest: int) -> bytes:
    one, other = dice.randint(1, largest), dice.randint(1, largest)
    match dice.randrange(3):
        case 0:
            return b"%d" % one
        case 1:
            return b"%d,%d" % (one, other)
        case _:
            return b"%d:%d" % (min(one + 3, largest), one)


def _told(answer: Answer) -> tuple[str, str]:
    """Status and code, without what is each server's own."""
    code = re.sub(r"^(APPENDUID|COPYUID) \d+", r"\1", answer.code)
    return answer.status, "" if code.partition(" ")[0] in SILENT_CODES else code


def _place(speaker: Speaker, mailbox: bytes) -> tuple[int, int]:
    """UIDVALIDITY and HIGHESTMODSEQ of now."""
    [line] = speaker.good(b"STATUS %b (UIDVALIDITY HIGHESTMODSEQ)" % mailbox).named(b"STATUS")
    words = _words(line[1])
    return int(words[b"UIDVALIDITY"]), int(words[b"HIGHESTMODSEQ"])


def _numbers_of_status(answer: Answer) -> dict[bytes, bytes]:
    [line] = answer.named(b"STATUS")
    return _words(line[1])


def _words(value: Value) -> dict[bytes, bytes]:
    assert isinstance(value, tuple)
    words = [each for each in value if isinstance(each, bytes)]
    return dict(zip(words[::2], words[1::2], strict=True))


def _resync(speaker: Speaker, mailbox: bytes, place: tuple[int, int], known: list[int]) -> object:
    """What SELECT with QRESYNC tells a client that knew those uids."""
    uids = b",".join(b"%d" % uid for uid in known) or b"1"
    answer = speaker.good(b"SELECT %b (QRESYNC (%d %d %b))" % (mailbox, *place, uids))
    return _changes(answer, known)


def _changes(answer: Answer, known: list[int]) -> object:
    """Uids that vanished of those known, and the flags of what changed."""
    vanished = {
        uid for line in answer.named(b"VANISHED") for uid in uids_of(line[-1] if isinstance(line[-1], bytes) else b"")
    }
    flags = {}
    for items in fetched(answer).values():
        value = items[b"FLAGS"]
        assert isinstance(value, tuple)
        assert b"MODSEQ" in items
        flags[items[b"UID"]] = {each.lower() for each in value if isinstance(each, bytes)} - {b"\\recent"}
    return vanished & set(known), flags


def _found(answer: Answer) -> list[bytes]:
    [line] = answer.named(b"SEARCH")
    return [each for each in line if isinstance(each, bytes)]
