"""What every search index promises: words, fields, phrases, and substrings that are never missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailwright.codecs import mime
from mailwright.codecs.imap.folding import fold
from mailwright.codecs.search import document
from mailwright.codecs.search.document import Document, Filed
from mailwright.codecs.search.query import parse
from mailwright.domain.clock import from_datetime
from mailwright.domain.ids import new_id
from mailwright.storage.search import IndexFailed, KeptIndex, SearchIndex
from mailwright.storage.search.folder import SearchFolder
from mailwright.storage.search.opensearch.engine import Address, Engine
from mailwright.storage.search.opensearch.index import OpenSearchIndex

ADA, BASHIR = new_id(), new_id()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(params=["tantivy", pytest.param("opensearch", marks=pytest.mark.server)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeptIndex]:
    """An index that is not there yet."""
    made: KeptIndex
    if request.param == "tantivy":
        made = SearchFolder(tmp_path / "search")
    else:
        url = request.getfixturevalue("opensearch").url
        made = OpenSearchIndex(Engine(Address((url,), seconds=30)), f"t{new_id()}")
    yield made
    made.close()


@pytest.fixture
def index(kept: KeptIndex) -> SearchIndex:
    """An index that is ready and empty."""
    kept.begin()
    kept.finish()
    return kept


def letter(
    body: str = "Hi.",
    *,
    subject: str = "Hello",
    sender: str = "Eve <eve@example.org>",
    to: str = "ada@mailwright.test",
    user: str = ADA,
    day: int = 1,
    attached: str | None = None,
    file: str | None = None,
) -> Document:
    """A document of a message with these texts."""
    part = (
        f'--x\r\nContent-Type: application/pdf; name="{file}"\r\nContent-Disposition: attachment\r\n\r\n%PDF\r\n'
        if file
        else ""
    )
    raw = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        f"{body}\r\n{part}--x--\r\n"
    ).encode()
    at = from_datetime(datetime(2026, 5, day, 9, tzinfo=UTC))
    return document.of(
        Filed(new_id(), user, at, len(raw)), raw, mime.parse(raw).root, attached or "", complete=attached is not None
    )


def ask(index: SearchIndex, text: str, *users: str, newest: bool = False, limit: int = 50) -> list[str]:
    found = index.find(parse(text, now=NOW).clauses, users or (ADA,), limit=limit, newest=newest)
    assert found.total >= len(found.hits)
    return [hit.message_id for hit in found.hits]


def may_hold(index: SearchIndex, text: str, *places: str, user: str = ADA) -> tuple[set[str], set[str] | None]:
    holding = index.holding(user, places or ("header", "text"), text)  # type: ignore[arg-type]
    return set(holding.sure), None if holding.maybe is None else set(holding.maybe)


def test_words_are_found_in_every_field_and_only_in_the_named_one(index: SearchIndex) -> None:
    one = letter("the budget", subject="Plans", sender="Chen <chen@example.org>", file="report.pdf", attached="annexes")
    index.apply([one, letter()], [])
    for text in ("budget", "plans", "chen", "ada@mailwright.test", "report", "annexes", "body:budget", "body:annexes"):
        assert one.message_id in ask(index, text), text
    for text in ("subject:plans", "from:chen", "filename:report", "filename:pdf", "has:attachment"):
        assert ask(index, text) == [one.message_id]
    for text in ("subject:budget", "from:ada", "to:chen", "filename:budget", "body:plans"):
        assert ask(index, text) == [], text


LANGUAGES = [
    ("Grüße von Müller", "muller"),
    ("昨日東京都へ行きました", "東京"),
    ("Привет, Ёлка!", "елка"),
    ("مُحَمَّد", "محمد"),
    ("हिन्दी में लिखा", "हिन्दी"),
    ("서울에서 만나요", "서울"),
]


def test_words_of_many_languages_are_found(index: SearchIndex) -> None:
    letters = [letter(body) for body, _ in LANGUAGES]
    index.apply([*letters, letter("京東 something else")], [])
    for (_, typed), one in zip(LANGUAGES, letters, strict=True):
        assert ask(index, typed) == [one.message_id], typed


def test_phrases_beginnings_and_their_absence(index: SearchIndex) -> None:
    one, two = letter("third quarter budgets"), letter("quarter of a third budget")
    index.apply([one, two], [])
    assert ask(index, '"third quarter"') == [one.message_id]
    assert ask(index, '"third quart"*') == [one.message_id]
    assert set(ask(index, "budg*")) == {one.message_id, two.message_id}
    assert ask(index, "budgets") == [one.message_id]
    assert ask(index, "third -budgets") == [two.message_id]
    assert set(ask(index, "-budgets")) == {two.message_id}
    assert set(ask(index, "budgets OR budget")) == {one.message_id, two.message_id}
    assert set(ask(index, "-nothing OR budget")) == {one.message_id, two.message_id}


def test_dates_and_sizes(index: SearchIndex) -> None:
    early, late = letter("x", day=1), letter("x " * 5_000, day=20)
    index.apply([early, late], [])
    assert ask(index, "after:2026-05-02") == [late.message_id]
    assert ask(index, "before:2026-05-02") == [early.message_id]
    assert ask(index, "on:2026-05-01") == [early.message_id]
    assert ask(index, "larger:5k") == [late.message_id]
    assert ask(index, "smaller:5k") == [early.message_id]
    assert ask(index, "smaller:0") == []
    assert ask(index, "larger:999999999G") == []
    assert ask(index, "x", newest=True) == [late.message_id, early.message_id]
    assert ask(index, "x", newest=True, limit=1) == [late.message_id]


def test_what_stands_in_the_subject_weighs_more(index: SearchIndex) -> None:
    body, subject = letter("budget"), letter("nothing", subject="budget")
    index.apply([body, subject], [])
    assert ask(index, "budget") == [subject.message_id, body.message_id]


def test_nobody_is_answered_with_anothers_mail(index: SearchIndex) -> None:
    hers, his = letter("budget", user=ADA), letter("budget", user=BASHIR)
    index.apply([hers, his], [])
    assert ask(index, "budget", ADA) == [hers.message_id]
    assert ask(index, "budget", BASHIR) == [his.message_id]
    assert set(ask(index, "budget", ADA, BASHIR)) == {hers.message_id, his.message_id}
    assert ask(index, "budget OR -budget", new_id()) == []
    assert may_hold(index, "budget", user=BASHIR) == ({his.message_id}, set())


def test_a_document_takes_the_place_of_its_former_self(index: SearchIndex) -> None:
    one = letter("secret")
    index.apply([one], [])
    index.apply([one, one], [])
    assert index.count() == 1
    other = letter("harmless")
    index.apply([document.Document(**{**_fields(other), "message_id": one.message_id})], [])
    assert ask(index, "secret") == []
    assert may_hold(index, "secret") == (set(), set())
    assert ask(index, "harmless") == [one.message_id]


def test_what_was_removed_is_not_found(index: SearchIndex) -> None:
    one = letter("budget")
    index.apply([one], [])
    index.apply([], [one.message_id, new_id()])
    assert ask(index, "budget") == []
    assert index.count() == 0


def test_the_text_of_attachments_is_kept(index: SearchIndex) -> None:
    one, two, three = letter(attached="Annex Ü"), letter(attached=""), letter()
    index.apply([one, two, three], [])
    asked = [one.message_id, two.message_id, three.message_id, new_id()]
    assert index.attached(asked) == {one.message_id: "Annex Ü", two.message_id: ""}


NEEDLES = [
    ("budget", True, True),
    ("BUDG", True, True),
    ("udget", False, True),  # inside a word: only the message can tell
    ("bud", True, True),
    ("get, si", False, True),
    ("zebra", False, False),
    ("4711", True, True),
    ("11", False, True),
    ("東京", True, True),
    ("京都", False, True),
    ("京", True, True),
    ("犬", False, False),
    ("東犬", False, False),
    ("ü", False, True),
    ("", False, True),
    ("eve@example", False, True),
]


def test_a_substring_is_never_missed(index: SearchIndex) -> None:
    one = letter("the budget, Sir, of 4711 für 東京都")
    index.apply([one], [])
    for needle, surely, perhaps in NEEDLES:
        sure, maybe = may_hold(index, needle)
        assert (one.message_id in sure) is surely, needle
        assert (maybe is None or one.message_id in sure | maybe) is perhaps, needle


def test_header_and_text_are_looked_through_by_themselves(index: SearchIndex) -> None:
    one = letter("budget", subject="=?utf-8?q?Pl=C3=A4ne?=")
    index.apply([one], [])
    assert may_hold(index, "pläne", "text") == (set(), set())
    assert may_hold(index, "pläne", "header")[0] | (may_hold(index, "pläne", "header")[1] or set()) == {one.message_id}
    assert may_hold(index, "budget", "header") == (set(), set())
    assert may_hold(index, "budget", "text") == ({one.message_id}, set())


def test_very_long_texts_and_needles_are_never_missed(index: SearchIndex) -> None:
    long = "".join(f"{i:x}" for i in range(20_000))
    one = letter("\r\n".join(long[i : i + 900] for i in range(0, len(long), 900)))
    index.apply([one], [])
    for needle in (long[5_000:5_040], long[:880], long[100:103]):
        sure, maybe = may_hold(index, needle)
        assert one.message_id in sure | (maybe or set())
    assert fold(long[:880]) in one.text.folded


def test_an_index_that_is_not_there_says_so(kept: KeptIndex) -> None:
    assert not kept.is_ready
    assert kept.is_missing()
    with pytest.raises(IndexFailed):
        kept.find((), (ADA,), limit=1, newest=False)
    kept.apply([letter("for the rebuild to come")], [new_id()])


def test_what_is_applied_while_another_generation_is_filled_is_newer(kept: KeptIndex) -> None:
    old, gone, changed, new = letter("one budget"), letter("two budget"), letter("three budget"), letter("four budget")
    kept.begin()
    kept.fill([old, gone, changed])
    kept.finish()
    kept.begin()
    kept.fill([old])
    again = document.Document(**{**_fields(letter("harmless")), "message_id": changed.message_id})
    kept.apply([again, new], [gone.message_id])
    assert set(ask(kept, "budget")) == {old.message_id, new.message_id}  # the one that answers has it, too
    kept.fill([gone, changed])
    kept.finish()
    assert set(ask(kept, "budget")) == {old.message_id, new.message_id}
    assert ask(kept, "harmless") == [changed.message_id]
    assert kept.count() == 3
    assert kept.size() > 0
    kept.begin()
    kept.abandon()
    assert kept.count() == 3


def test_notes_are_left_and_taken_away(kept: KeptIndex) -> None:
    assert kept.read_note("progress") is None
    kept.write_note("progress", {"done": 1})
    assert kept.read_note("progress") == {"done": 1}
    kept.write_note("progress", None)
    kept.write_note("progress", None)
    assert kept.read_note("progress") is None


def _fields(one: Document) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
