"""Dovecot and Mailwright have the same mail and are asked the same: descriptions, sections, searches, orders, threads, lists.

Every answer is equal once it is brought into a common form, but for what `imap_differences_table` names with its reason.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from tests.clients import imap_corpus
from tests.clients.conftest import until
from tests.clients.imap_descriptions import fetched, numbers, structure
from tests.clients.imap_differences_table import DIFFERENCES, MAILBOXES, SEARCHES, Case
from tests.clients.imap_mirror import uids_of
from tests.clients.imap_pair import Both, Pair
from tests.clients.imap_programs import programs
from tests.clients.imap_speaker import Answer, Text, Value
from tests.servers.dovecot import DovecotServer
from tests.servers.mailwright import MailwrightServer

pytestmark = pytest.mark.server

SEEDS = range(1, 5)
PROGRAMS = 250  # of each seed
LETTERS = 120
NAMES = tuple({**imap_corpus.specimens(), **imap_corpus.structures()})
SORTS = ("ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO")
UNSURE_ORDER = (
    *("bare-cr", "byte-order-mark", "groups", "addresses-of-all-kinds"),
    *("encoded-word-garbage", "eight-bit-latin1-header"),
)
"""Messages whose own description differs already (see the table), so that their place does."""


@pytest.fixture(scope="module")
def pair(beside_dovecot: tuple[DovecotServer, MailwrightServer]) -> Iterator[Pair]:
    """Ada's mailboxes `Hard`, with specimens and structures, and `Letters`."""
    made = Pair(*beside_dovecot, "ada")
    for name in (b"Hard", b"Letters"):
        made.good(b"CREATE " + name)
    for raw in {**imap_corpus.specimens(), **imap_corpus.structures()}.values():
        made.put(b"Hard", raw, (), imap_corpus.BEGINNING)
    for letter in imap_corpus.letters(LETTERS):
        made.put(b"Letters", letter.raw, letter.flags, letter.date)
    yield made
    made.close()


@pytest.fixture(scope="module")
def indexed(pair: Pair, beside_dovecot: tuple[DovecotServer, MailwrightServer]) -> None:
    """From here on the search index knows all that was appended, and SEARCH asks it."""
    lag = 'mailwright_consumer_lag{group="indexers",stream="index"} 0.0'
    until(lambda: lag in beside_dovecot[1].get("/metrics")[1] or None)


@pytest.fixture(scope="module")
def used() -> set[str]:
    """The differences that were seen."""
    return set()


def test_messages_are_described_alike(pair: Pair, used: set[str]) -> None:
    left = []
    for mailbox in (b"Hard", b"Letters"):
        pair.good(b"EXAMINE " + mailbox)
        for item in ("ENVELOPE", "BODY", "BODYSTRUCTURE", "RFC822.SIZE", "FLAGS", "INTERNALDATE"):
            both = pair.good(f"FETCH 1:* {item}".encode())
            theirs, ours = fetched(both.dovecot), fetched(both.ours)
            assert theirs.keys() == ours.keys()
            for number, items in theirs.items():
                name = NAMES[number - 1] if mailbox == b"Hard" else ""
                for case in _described(name, item, items[item.encode()], ours[number][item.encode()]):
                    left += _unexcused(case, used)
    assert left == []


def test_sections_are_alike(pair: Pair, used: set[str]) -> None:
    pair.good(b"EXAMINE Hard")
    described = pair.good(b"FETCH 1:* BODYSTRUCTURE")
    parts: dict[int, set[str]] = {}
    for answer in (described.dovecot, described.ours):
        for number, items in fetched(answer).items():
            parts.setdefault(number, {"1", "9"}).update(numbers(items[b"BODYSTRUCTURE"]))
    left = []
    for number, known in parts.items():
        for item in (*_SECTIONS, *(text % part for part in sorted(known) for text in _OF_PARTS)):
            both = pair.ask(b"FETCH %d %b" % (number, item.encode()))
            left += _unexcused(_section(NAMES[number - 1], item, both), used)
    assert left == []


def test_every_named_difference_is_still_one(used: set[str]) -> None:
    """Runs after the two above, which see them all."""
    assert [each.name for each in DIFFERENCES if each.name not in used] == []


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("seed", SEEDS)
def test_searches_find_the_same(pair: Pair, seed: int) -> None:
    pair.good(b"EXAMINE Letters")
    found = 0
    for program in programs(PROGRAMS, seed, LETTERS):
        both = pair.good(*program)
        assert _numbers(both.ours, b"SEARCH") == _numbers(both.dovecot, b"SEARCH"), program
        found += bool(_numbers(both.ours, b"SEARCH"))
    assert found > PROGRAMS / 3


def test_the_largest_number_is_meant_by_the_asterisk(pair: Pair) -> None:
    """Apart from the programs, because Dovecot 2.3 ends with a panic for some of NOT and an asterisk."""
    pair.good(b"EXAMINE Letters")
    for text in (b"*", b"*:*", b"*:118", b"118:*", b"1,*", b"110:*,*:112,3"):
        for key in (b"%b", b"UID %b", b"SEEN UID %b"):
            both = pair.ask(b"SEARCH " + key % text)
            assert both.ours.named(b"SEARCH") == both.dovecot.named(b"SEARCH"), key % text


@pytest.mark.parametrize(("name", "reason", "key"), SEARCHES, ids=[name for name, _, _ in SEARCHES])
def test_every_named_difference_of_searches_is_still_one(pair: Pair, name: str, reason: str, key: bytes) -> None:
    pair.good(b"EXAMINE Letters")
    both = pair.good(b"SEARCH " + key)
    assert _numbers(both.ours, b"SEARCH") != _numbers(both.dovecot, b"SEARCH"), (name, reason)


def test_not_or_and_and_are_what_their_parts_say(pair: Pair) -> None:
    """Dovecot is not asked here: it joins keys of one kind, and sometimes wrongly."""
    pair.good(b"EXAMINE Letters")
    keys = (
        b"SEEN",
        b"SENTBEFORE 24-Jan-2026",
        b"SENTBEFORE 20-Feb-2026",
        b"KEYWORD work",
        b"10:40,80:*",
        b'BODY "the"',
        b"UID 5:60",
    )
    every = set(range(1, LETTERS + 1))
    alone = {key: set(_numbers(pair.ours.good(b"SEARCH " + key), b"SEARCH")) for key in keys}
    for one, other in itertools.permutations(keys, 2):
        a, b = alone[one], alone[other]
        for text, expected in (
            (b"%b %b" % (one, other), a & b),
            (b"OR %b %b" % (one, other), a | b),
            (b"NOT (OR %b %b)" % (one, other), every - (a | b)),
            (b"NOT (%b NOT %b)" % (one, other), every - (a - b)),
            (b"OR (NOT %b %b) (%b NOT %b)" % (one, other, one, other), a ^ b),
        ):
            assert set(_numbers(pair.ours.good(b"SEARCH " + text), b"SEARCH")) == expected, text


def test_search_and_sort_return_the_same(pair: Pair) -> None:
    pair.good(b"EXAMINE Letters")
    options = [" ".join(some) for n in range(5) for some in itertools.combinations(("MIN", "MAX", "COUNT", "ALL"), n)]
    for wanted, key in itertools.product(options, ("UNSEEN", "KEYWORD none", "1", "NOT SEEN UID 3:50")):
        for command in ("SEARCH RETURN (%s) %s", "UID SEARCH RETURN (%s) %s", "SORT RETURN (%s) (ARRIVAL) UTF-8 %s"):
            both = pair.good((command % (wanted, key)).encode())
            assert _returned(both.ours) == _returned(both.dovecot), command % (wanted, key)


def test_a_saved_result_stands_for_the_same_messages(pair: Pair) -> None:
    pair.good(b"EXAMINE Letters")
    for saved in (
        b"(SAVE) UNSEEN",
        b"(SAVE MIN) FLAGGED",
        b"(SAVE MIN MAX) SEEN",
        b"(SAVE COUNT) KEYWORD work",
        b"(SAVE) BCC none",
    ):
        pair.good(b"SEARCH RETURN " + saved)
        for command in (b"SEARCH $", b"UID SEARCH UID $ SEEN", b"SEARCH NOT $ 1:50", b"SEARCH OR $ ANSWERED"):
            both = pair.good(command)
            assert _numbers(both.ours, b"SEARCH") == _numbers(both.dovecot, b"SEARCH"), (saved, command)
        both = pair.good(b"FETCH $ UID")
        assert fetched(both.ours) == fetched(both.dovecot)


def test_messages_stand_in_the_same_order(pair: Pair) -> None:
    for mailbox, key in ((b"Letters", "ALL"), (b"Hard", _without(UNSURE_ORDER))):
        pair.good(b"EXAMINE " + mailbox)
        criteria = [*SORTS, *(f"{one} REVERSE {other}" for one, other in itertools.permutations(SORTS, 2))]
        for wanted in criteria:
            both = pair.good(f"UID SORT ({wanted}) UTF-8 {key}".encode())
            assert _numbers(both.ours, b"SORT") == _numbers(both.dovecot, b"SORT"), wanted


def test_threads_are_the_same(pair: Pair) -> None:
    for mailbox, keys in ((b"Letters", ("ALL", "UNSEEN", "30:90", "SUBJECT re")), (b"Hard", (_without(UNSURE_ORDER),))):
        pair.good(b"EXAMINE " + mailbox)
        for algorithm, key in itertools.product(("REFERENCES", "ORDEREDSUBJECT"), keys):
            both = pair.good(f"UID THREAD {algorithm} UTF-8 {key}".encode())
            assert both.ours.named(b"THREAD") == both.dovecot.named(b"THREAD"), (algorithm, key)


def test_mailboxes_are_listed_alike(beside_dovecot: tuple[DovecotServer, MailwrightServer]) -> None:
    pair = Pair(*beside_dovecot, "chen")
    for name in _TREE:
        pair.good(f'CREATE "{name}"'.encode())
        pair.good(f'UNSUBSCRIBE "{name}"'.encode())
    for name in ("INBOX", *_MADE):
        pair.ours.good(f"UNSUBSCRIBE {name}".encode())
    for name in ("a", "a/b/c", "x/y/z", "Gr&APw-n", "INBOX", "c/d/e"):
        pair.good(f'SUBSCRIBE "{name}"'.encode())
    differing = set()
    for command in _lists():
        both = pair.good(command.encode())
        if _listed(both.ours, command) != _listed(both.dovecot, command):
            excuse = next((name for name, _, text in MAILBOXES if re.search(text, command)), None)
            assert excuse is not None, (command, _listed(both.dovecot, command), _listed(both.ours, command))
            differing.add(excuse)
    assert differing == {name for name, _, _ in MAILBOXES}
    pair.close()


_SECTIONS = (
    *("BODY.PEEK[]", "BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "RFC822.HEADER"),
    *("BODY.PEEK[]<5.20>", "BODY.PEEK[]<100000.5>", "BODY.PEEK[TEXT]<0.10>", "BODY.PEEK[HEADER]<7.1>"),
    *("BODY.PEEK[HEADER.FIELDS (Subject FROM X-None)]", "BODY.PEEK[HEADER.FIELDS.NOT (Subject from)]"),
    *("BODY.PEEK[HEADER.FIELDS (subject)]<3.7>", "BODY.PEEK[7]", "BODY.PEEK[1.7]"),
)
_OF_PARTS = (
    *("BODY.PEEK[%s]", "BODY.PEEK[%s.MIME]", "BODY.PEEK[%s.HEADER]", "BODY.PEEK[%s.TEXT]", "BODY.PEEK[%s]<2.5>"),
    *("BODY.PEEK[%s.HEADER.FIELDS (Subject)]", "BINARY.PEEK[%s]", "BINARY.SIZE[%s]", "BINARY.PEEK[%s]<1.4>"),
)
_TREE = (
    *("a", "a/b", "a/b/c", "a/bb", "a/B", "x", "x/y", "x/y/z", "with space", "Gr&APw-n", "Gr&APw-n/Blatt", "Inbox2"),
    *("c", "c/d", "c/d/e", "c/d/e/f", "INBOX/sub"),
)
_MADE = ("Archive", "Drafts", "Junk", "Sent", "Trash")
"""What only Mailwright makes for everybody."""


def _described(name: str, item: str, dovecot: Value, ours: Value) -> Iterator[Case]:
    if item.startswith("BODY"):
        theirs = structure(dovecot, extensible=item == "BODYSTRUCTURE")
        own = structure(ours, extensible=item == "BODYSTRUCTURE")
        for key in sorted(theirs.keys() | own.keys()):
            yield Case(name, f"{item} {key}", theirs.get(key), own.get(key))
    elif item == "FLAGS":
        yield Case(name, item, _flags(dovecot), _flags(ours))
    elif item == "INTERNALDATE":
        assert isinstance(dovecot, bytes)
        assert isinstance(ours, bytes)
        # RFC 9051 §9, date-day-fixed: " 6" is what 06 is.
        yield Case(name, item, dovecot.lstrip(b" 0"), ours.lstrip(b" 0"))
    else:
        yield Case(name, item, dovecot, ours)


def _flags(value: Value) -> Value:
    assert isinstance(value, tuple)
    # \Recent is gone from RFC 9051 (appendix E).
    return tuple(sorted(each for each in value if isinstance(each, bytes) and each != b"\\Recent"))


def _section(name: str, item: str, both: Both) -> Case:
    values: list[Value] = []
    for answer in (both.dovecot, both.ours):
        items = [items for items in fetched(answer).values() if answer.status == "OK"]
        values.append(next(iter(items[0].values())) if items else Text(answer.status.encode()))
    return Case(name, item.replace(".PEEK", ""), *values)


def _unexcused(case: Case, used: set[str]) -> list[Case]:
    if case.dovecot == case.ours:
        return []
    excuses = [each.name for each in DIFFERENCES if each.excuses(case)]
    used.update(excuses)
    return [] if excuses else [case]


def _numbers(answer: Answer, name: bytes) -> list[int]:
    [line] = answer.named(name)
    return [int(each) for each in line if isinstance(each, bytes)]


def _returned(answer: Answer) -> dict[bytes, object]:
    lines = [list(line) for line in answer.named(b"ESEARCH")]
    if not lines:
        return {}
    [line] = lines
    words = [each for each in line[1:] if each != b"UID"]  # behind the (TAG …), whose name is the same
    pairs = zip(words[::2], words[1::2], strict=True)
    return {
        str(name).encode(): uids_of(value) if name == b"ALL" and isinstance(value, bytes) else value
        for name, value in pairs
    }


def _without(names: tuple[str, ...]) -> str:
    return "NOT UID " + ",".join(str(NAMES.index(name) + 1) for name in names)


def _lists() -> Iterator[str]:
    patterns = (
        "*",
        "%",
        "a*",
        "a/%",
        "%/%",
        "*b",
        "%b%",
        "a/*c",
        '"Gr*"',
        '""',
        "inbox",
        "IN%",
        "*/%",
        "%/%/%",
        "*x*",
        "a/b/",
        "x/y",
    )
    for reference, pattern in itertools.product(('""', "a", "a/", "x/y/", "/", "INBOX"), patterns):
        yield f"LIST {reference} {pattern}"
        yield f"LSUB {reference} {pattern}"
    selections = ("", "(SUBSCRIBED) ", "(SUBSCRIBED RECURSIVEMATCH) ", "(REMOTE) ")
    returns = ("SUBSCRIBED", "CHILDREN", "SUBSCRIBED CHILDREN", "STATUS (MESSAGES UNSEEN UIDNEXT)")
    for selection, pattern, wanted in itertools.product(selections, ("*", "%", "(a a/%)", "(a* x%)", "a/%"), returns):
        yield f'LIST {selection}"" {pattern} RETURN ({wanted})'


def _listed(answer: Answer, command: str) -> list[str]:
    found = []
    for line in answer.lines:
        if line[0] in (b"LIST", b"LSUB") and line[3] not in [name.encode() for name in _MADE]:
            assert isinstance(line[1], tuple)
            attributes = {each.lower() for each in line[1] if isinstance(each, bytes)} - {b"\\unmarked", b"\\marked"}
            if "RETURN" in command and "CHILDREN" not in command:
                attributes -= {b"\\haschildren", b"\\hasnochildren"}  # RFC 5258 §4: may be there all the same
            found.append(repr((line[0], sorted(attributes), line[2:])))
        elif line[0] == b"STATUS" and line[1] not in [name.encode() for name in _MADE]:
            assert isinstance(line[2], tuple)
            found.append(repr((line[1], sorted(zip(line[2][::2], line[2][1::2], strict=True), key=repr))))
    return sorted(found)
