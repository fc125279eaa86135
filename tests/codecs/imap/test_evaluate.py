"""SEARCH keys against messages: exact, in the right order of costs, and reading only what is needed."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwright.codecs import mime
from mailwright.codecs.imap import SequenceSet, criteria
from mailwright.codecs.imap.criteria import Key
from mailwright.codecs.imap.evaluate import Around, Plan, local_day, matches, needs, plan
from mailwright.codecs.imap.folding import fold
from mailwright.codecs.imap.searchtext import body_ranges, body_text, header_text
from mailwright.codecs.imap.sections import Excerpts
from mailwright.domain.clock import SECOND, from_datetime

from .answers import SPECIMENS, specimen


def _at(text: str) -> int:
    return from_datetime(datetime.datetime.fromisoformat(text))


@dataclass
class Letter:
    """A message at hand that notes what was read of it."""

    raw: bytes = (
        b"From: Ada <ada@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-Empty:\r\n\r\nHello Bashir\r\n"
    )
    seq: int = 3
    uid: int = 30
    flags: int = 1
    keywords: tuple[str, ...] = ("$Forwarded",)
    size: int = 100
    received_at: int = _at("2026-03-01T23:30:00+00:00")
    sent_at: int | None = _at("2026-03-02T01:30:00+02:00")
    saved_at: int = _at("2026-03-05T00:00:00+00:00")
    modseq: int = 9
    email_id: str = "M1"
    thread_id: str | None = "T1"
    read: list[str] = field(default_factory=list)

    def header(self, name: str) -> Sequence[str]:
        self.read.append("header")
        return mime.parse(self.raw).header.all(name)

    def header_text(self) -> str:
        self.read.append("header")
        return header_text(mime.parse(self.raw).header)

    def body_text(self) -> str:
        self.read.append("body")
        return body_text(lambda start, end: self.raw[start:end], mime.parse(self.raw).root)


AROUND = Around(now=_at("2026-03-02T00:30:00+00:00"), last_seq=3, last_uid=30, saved={30})
DAY = datetime.date


@pytest.mark.parametrize(
    "key",
    [
        criteria.All(),
        criteria.Old(),
        criteria.SaveDateSupported(),
        criteria.HasFlag("\\Seen"),
        criteria.HasKeyword("$FORWARDED"),
        criteria.SeqNumbers(SequenceSet.parse(b"*")),
        criteria.SeqNumbers(SequenceSet.parse(b"2:3")),
        criteria.Uids(SequenceSet.parse(b"99:*")),
        criteria.Uids(SequenceSet.parse(b"$")),
        criteria.Larger(99),
        criteria.Smaller(101),
        criteria.InternalDate("on", DAY(2026, 3, 1)),
        criteria.InternalDate("since", DAY(2026, 3, 1)),
        criteria.InternalDate("before", DAY(2026, 3, 2)),
        criteria.SentDate("on", DAY(2026, 3, 1)),
        criteria.SavedDate("on", DAY(2026, 3, 5)),
        criteria.Younger(3600),
        criteria.Older(3600),
        criteria.HeaderHas("from", "ADA@"),
        criteria.HeaderHas("X-Empty", ""),
        criteria.AddressHas("from", "ada <ada"),
        criteria.SubjectHas("grüSSe"),
        criteria.SubjectHas("GRU\u0308ßE"),
        criteria.BodyHas("hello bashir"),
        criteria.TextHas("bashir"),
        criteria.TextHas("subject: grü"),
        criteria.ModSeqAtLeast(9),
        criteria.EmailId("M1"),
        criteria.ThreadId("T1"),
        criteria.And((criteria.All(), criteria.HasFlag("\\Seen"))),
        criteria.Or(criteria.New(), criteria.Old()),
    ],
)
def test_a_key_that_is_true_of_the_letter(key: Key) -> None:
    assert matches(key, Letter(), AROUND)
    assert not matches(criteria.Not(key), Letter(), AROUND)


@pytest.mark.parametrize(
    "key",
    [
        criteria.New(),
        criteria.Recent(),
        criteria.HasFlag("\\Draft"),
        criteria.HasKeyword("Forwarded"),
        criteria.SeqNumbers(SequenceSet.parse(b"1:2")),
        criteria.Uids(SequenceSet.parse(b"3")),
        criteria.Larger(100),
        criteria.Smaller(100),
        criteria.InternalDate("before", DAY(2026, 3, 1)),
        criteria.InternalDate("since", DAY(2026, 3, 2)),
        criteria.SentDate("before", DAY(2026, 3, 1)),
        criteria.Younger(3599),
        criteria.Older(3601),
        criteria.HeaderHas("X-None", ""),
        criteria.HeaderHas("From", "Bashir"),
        criteria.AddressHas("to", "ada"),
        criteria.SubjectHas("=?utf-8?q?"),
        criteria.BodyHas("Ada"),
        criteria.TextHas("Chen"),
        criteria.ModSeqAtLeast(10),
        criteria.EmailId("T1"),
        criteria.ThreadId("M1"),
        criteria.And((criteria.All(), criteria.New())),
        criteria.Or(criteria.New(), criteria.New()),
    ],
)
def test_a_key_that_is_not_true_of_the_letter(key: Key) -> None:
    assert not matches(key, Letter(), AROUND)


def _dated(date: str, moment: str) -> Letter:
    return Letter(raw=f"Date: {date}\r\n\r\n".encode(), sent_at=_at(moment))


def test_the_day_a_message_was_sent_is_the_day_its_author_wrote() -> None:
    letter = _dated("Mon, 2 Mar 2026 01:30:00 +0200", "2026-03-02T01:30:00+02:00")  # the first of March in UTC
    assert matches(criteria.SentDate("on", DAY(2026, 3, 2)), letter, AROUND)
    assert not matches(criteria.SentDate("before", DAY(2026, 3, 2)), letter, AROUND)
    assert matches(criteria.SentDate("since", DAY(2026, 3, 2)), letter, AROUND)


def test_the_header_is_read_for_a_day_only_when_the_zone_matters() -> None:
    letter = _dated("Mon, 2 Mar 2026 01:30:00 +0200", "2026-03-02T01:30:00+02:00")
    assert matches(criteria.SentDate("before", DAY(2026, 4, 2)), letter, AROUND)
    assert not letter.read


def test_a_message_without_a_date_was_sent_on_no_day() -> None:
    letter = Letter(sent_at=None)
    assert not any(
        matches(criteria.SentDate(relation, DAY(2026, 3, 2)), letter, AROUND) for relation in ("before", "on", "since")
    )


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 2 Mar 2026 23:30:00 -1200",
        "Mon, 2 Mar 2026 00:10 +1400 (LINT)",
        "2 Mar 26 23:59:59 PST",
        "Mon Mar  2 00:00:01 2026 +1100",
        "Mon Mar 2 23:00:01 EST 2026",
        "2026-03-02T23:59:59-08:00",
        "Mon, 2 Mar 2026 00:00:00 GMT+1000",
        "Mon, 2 Mar 2026 12:00:00",
    ],
)
def test_the_local_day_of_a_date_field(text: str) -> None:
    assert local_day(text) == (DAY(2026, 3, 2) - DAY(1970, 1, 1)).days


def test_no_day_in_garbage() -> None:
    assert local_day("soon") is None


_LEAVES: list[Key] = [
    criteria.All(),
    criteria.New(),
    criteria.HasFlag("\\Seen"),
    criteria.Larger(100),
    criteria.HeaderHas("Subject", "grüsse"),
    criteria.SubjectHas("nothing"),
    criteria.BodyHas("hello"),
    criteria.TextHas("nothing"),
    criteria.SentDate("on", DAY(2026, 3, 1)),
]
_KEYS = st.recursive(
    st.sampled_from(_LEAVES),
    lambda inner: st.one_of(
        st.builds(criteria.Not, inner),
        st.builds(criteria.Or, inner, inner),
        st.lists(inner, min_size=1, max_size=4).map(lambda keys: criteria.And(tuple(keys))),
    ),
)


def _plain(key: Key, letter: Letter) -> bool:
    """The same, as one would write it without a thought of cost."""
    if isinstance(key, criteria.And):
        return all(_plain(each, letter) for each in key.keys)
    if isinstance(key, criteria.Or):
        return _plain(key.left, letter) | _plain(key.right, letter)
    if isinstance(key, criteria.Not):
        return not _plain(key.key, letter)
    return matches(key, letter, AROUND)


@given(_KEYS)
def test_a_plan_says_the_same_as_its_key(key: Key) -> None:
    expected = _plain(key, Letter())
    assert matches(key, Letter(), AROUND) is expected
    parts = plan(key)
    assert all(matches(part, Letter(), AROUND) for part in parts) is expected
    assert needs(parts.row) == frozenset()
    assert needs(parts.header) <= {"header"}
    assert needs(parts.row) | needs(parts.header) | needs(parts.body) <= needs(key)
    letter = Letter()
    matches(parts.row, letter, AROUND)
    assert letter.read == []
    matches(parts.header, letter, AROUND)
    assert "body" not in letter.read


def test_what_is_cheap_is_asked_first() -> None:
    key = criteria.And((criteria.BodyHas("x"), criteria.SubjectHas("y"), criteria.HasFlag("\\Draft")))
    letter = Letter()
    assert not matches(key, letter, AROUND)
    assert letter.read == []
    assert matches(criteria.Or(criteria.BodyHas("hello"), criteria.HasFlag("\\Seen")), letter, AROUND)
    assert letter.read == []


def test_a_plan_parts_what_is_denied_together() -> None:
    seen, body, subject = criteria.HasFlag("\\Seen"), criteria.BodyHas("b"), criteria.SubjectHas("s")
    assert plan(criteria.And((criteria.Not(criteria.Or(body, seen)), subject))) == Plan(
        row=criteria.Not(seen), header=subject, body=criteria.Not(body)
    )
    assert plan(criteria.Not(criteria.Not(seen))) == Plan(seen, criteria.All(), criteria.All())


def test_a_moment_is_judged_to_the_second() -> None:
    letter = replace(Letter(), received_at=AROUND.now - 10 * SECOND - SECOND // 2)
    around = replace(AROUND, now=AROUND.now + SECOND // 4)
    assert matches(criteria.Older(10), letter, around)
    assert not matches(criteria.Younger(10), letter, around)
    assert matches(criteria.Younger(11), letter, around)


@pytest.mark.parametrize("name", SPECIMENS)
def test_the_text_of_a_specimen_is_read_from_its_texts_alone(name: str) -> None:
    raw = specimen(name)
    root = mime.parse(raw).root
    body_text(Excerpts([(start, raw[start:end]) for start, end in body_ranges(root)]), root)


def test_the_text_of_a_message_is_that_of_all_its_texts() -> None:
    def text(name: str) -> str:
        raw = specimen(name)
        return body_text(lambda start, end: raw[start:end], mime.parse(raw).root)

    embedded = text("embedded-message.eml")
    assert all(word in embedded for word in ("inner text", "Subject: Inner", "a.pdf", "single text"))
    assert "JVBERg" not in embedded
    assert "<" not in text("html-only.eml")
    assert "final-recipient" in text("delivery-status.eml").lower()
    assert "Größe" in text("filename-rfc2231-continued.eml")


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
