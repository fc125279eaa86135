"""From what is said to when it is due: whole ways through `find` and `settle`."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from evals.dates import phrases
from evals.dates.phrases import Phrase
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.dates import find, habits_of
from mailwright.codecs.dates.moments import Open, Settled, Why, instant_of, next_time, settle, wall_of
from mailwright.domain.clock import HOUR, Instant

VIENNA = ZoneInfo("Europe/Vienna")
ZONES = ("Europe/Vienna", "America/New_York", "America/Havana", "Africa/Casablanca", "Australia/Lord_Howe")
TABLES = [each for each in phrases.read() if each.span]


def said(
    text: str, now: datetime = datetime(2026, 11, 18, 10), *, locale: str = "en-GB", zone: ZoneInfo = VIENNA
) -> Settled | Open:
    """What comes of the one phrase in a text said then."""
    language = locale[:2]
    habits = habits_of(locale, language)
    (found,) = find(text, now, language=language, habits=habits)
    return settle(found, instant_of(now, zone)[0], zone, habits)


def due(answer: Settled | Open) -> list[str]:
    each = (answer,) if isinstance(answer, Settled) else answer.choices
    return [f"{wall_of(one.instant, VIENNA):%a %Y-%m-%d %H:%M}" for one in each]


def test_the_doctors_office_on_a_wednesday_is_asked_about() -> None:
    answer = said("Follow up with Dr office next Friday morning about test results.", datetime(2025, 1, 15, 10))
    assert isinstance(answer, Open)
    assert answer.why is Why.SEVERAL
    assert sorted(due(answer)) == ["Fri 2025-01-17 09:00", "Fri 2025-01-24 09:00"]


def test_the_doctors_office_on_a_thursday_is_next_weeks() -> None:
    answer = said("Follow up with Dr office next Friday morning about test results.", datetime(2025, 1, 16, 10))
    assert isinstance(answer, Settled)
    assert due(answer) == ["Fri 2025-01-24 09:00"]


def test_sometime_next_week_is_asked_about() -> None:
    answer = said("Follow up sometime next week")
    assert isinstance(answer, Open)
    assert answer.why is Why.VAGUE
    assert due(answer) == ["Mon 2026-11-23 09:00", "Fri 2026-11-27 09:00"]


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("in two hours", "en-GB"),
        ("in zwei Stunden", "de-AT"),
        ("over twee uur", "nl-NL"),
        ("dans deux heures", "fr-FR"),
        ("dentro de dos horas", "es-ES"),
        ("tra due ore", "it-IT"),
        ("daqui a duas horas", "pt-PT"),
    ],
)
@pytest.mark.parametrize("night", [datetime(2027, 3, 28, 1, 30), datetime(2026, 10, 25, 1, 30)])
def test_two_hours_are_two_hours_in_every_language_and_night(text: str, locale: str, night: datetime) -> None:
    answer = said(text, night, locale=locale)
    assert isinstance(answer, Settled)
    assert answer.instant == instant_of(night, VIENNA)[0] + 2 * HOUR


def test_every_morning_stays_nine_across_the_change_of_the_clock() -> None:
    answer = said("every morning", datetime(2027, 3, 26, 10))
    assert isinstance(answer, Settled)
    instant: Instant | None = answer.instant
    shown = []
    for _ in range(3):
        assert instant is not None
        shown.append(f"{wall_of(instant, VIENNA):%m-%d %H:%M}")
        instant = next_time("FREQ=DAILY", datetime(2027, 3, 27, 9), instant, VIENNA, habits_of("en-GB", "en"))
    assert shown == ["03-27 09:00", "03-28 09:00", "03-29 09:00"]


def test_the_order_of_day_and_month_is_the_locales() -> None:
    assert due(said("on 3/12", locale="en-GB")) == ["Thu 2026-12-03 09:00"]
    assert due(said("on 3/12", locale="en-US")) == ["Fri 2027-03-12 09:00"]


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(TABLES),
    st.datetimes(datetime(2026, 1, 1), datetime(2039, 12, 31)) | st.just(datetime(2028, 2, 29, 23, 59)),
    st.sampled_from(ZONES).map(ZoneInfo),
)
def test_whatever_is_said_whenever_and_wherever_is_due_in_the_future_or_asked_about(
    phrase: Phrase, now: datetime, zone: ZoneInfo
) -> None:
    habits = habits_of(phrase.locale, phrase.language)
    instant, _ = instant_of(now.replace(microsecond=0), zone)
    for found in find(phrase.text, wall_of(instant, zone), language=phrase.language, habits=habits):
        answer = settle(found, instant, zone, habits)
        again = settle(found, instant, zone, habits)
        assert answer == again
        for each in (answer,) if isinstance(answer, Settled) else answer.choices:
            assert each.instant > instant
        if isinstance(answer, Settled) and found.rule:
            following = next_time(found.rule, wall_of(answer.instant, zone), answer.instant, zone, habits)
            assert following is None or following > answer.instant


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(TABLES), st.datetimes(datetime(2026, 1, 1), datetime(2039, 12, 1)), st.integers(1, 7 * 24 * 60))
def test_a_length_counted_from_later_is_not_due_earlier(phrase: Phrase, now: datetime, minutes: int) -> None:
    habits = habits_of(phrase.locale, phrase.language)
    dues = []
    for moment in (now, now + timedelta(minutes=minutes)):
        instant, _ = instant_of(moment, VIENNA)
        found = find(phrase.span, wall_of(instant, VIENNA), language=phrase.language, habits=habits)
        if len(found) == 1 and found[0].seconds is not None and found[0].readings:
            answer = settle(found[0], instant, VIENNA, habits)
            dues += [answer.instant] if isinstance(answer, Settled) else []
    assert dues == sorted(dues)
