"""When a phrase is due: zones, changes of the clock, recurrences, and what is asked."""

import os
import time as system
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailwright.codecs.dates.moments import Open, Settled, Why, instant_of, next_time, settle, wall_of
from mailwright.codecs.dates.words import Found, Habits, Kind, Precision, Reading
from mailwright.domain.clock import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime

ZONES = (
    "Europe/Vienna",
    "Europe/London",
    "Europe/Dublin",  # its winter is the exception, not its summer
    "America/New_York",
    "America/Santiago",  # changes at midnight
    "America/Havana",  # the gap swallows midnight
    "Africa/Cairo",
    "Africa/Casablanca",  # back for Ramadan, whenever that is
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Auckland",
)
UNTIL = datetime(2040, 1, 1, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")
HABITS = Habits()

zones = st.sampled_from(ZONES).map(ZoneInfo)
walls = st.datetimes(datetime(2026, 1, 1), datetime(2039, 12, 31))


@cache
def changes(name: str) -> tuple[Instant, ...]:
    """Every instant until 2040 at which clocks there are put forward or back."""
    zone = ZoneInfo(name)

    def offset(instant: Instant) -> timedelta | None:
        return datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone).utcoffset()

    found = []
    at, end = from_datetime(datetime(2026, 1, 1, tzinfo=UTC)), from_datetime(UNTIL)
    while at < end:
        if offset(at) != offset(at + DAY):
            low, high = at, at + DAY
            while high - low > SECOND:
                middle = (low + high) // 2 // SECOND * SECOND
                low, high = (middle, high) if offset(middle) == offset(at) else (low, middle)
            found.append(high)
        at += DAY
    return tuple(found)


def around(change: Instant, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What the clock would have shown, and what it shows."""
    return wall_of(change - SECOND, zone) + timedelta(seconds=1), wall_of(change, zone)


def vienna(*parts: int) -> Instant:
    return from_datetime(datetime(*parts, tzinfo=VIENNA))  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


NOW = vienna(2026, 11, 18, 10)  # a Wednesday


def found(kind: Kind, *readings: Reading, text: str = "", rule: str = "", **more: object) -> Found:
    return Found(0, len(text), text, kind, readings, rule, **more)  # type: ignore[arg-type]  # vague, seconds


def day(*parts: int) -> Reading:
    return Reading(datetime(*parts), None, Precision.DAY)  # type: ignore[arg-type]  # year, month, day


def at(*parts: int) -> Reading:
    return Reading(datetime(*parts), None, Precision.MINUTE)  # type: ignore[arg-type]  # year, month, day, hour, minute


def shown(answer: Settled | Open) -> list[str]:
    each = (answer,) if isinstance(answer, Settled) else answer.choices
    return [f"{wall_of(one.instant, VIENNA):%a %Y-%m-%d %H:%M}" for one in each]


def asked(answer: Settled | Open) -> Why:
    assert isinstance(answer, Open)
    return answer.why


class TestChangesOfTheClock:
    def test_all_ten_zones_change_until_2040(self) -> None:
        assert all(len(changes(name)) >= 26 for name in ZONES)

    @pytest.mark.parametrize("name", ZONES)
    def test_a_time_that_is_skipped_is_the_first_moment_after_it(self, name: str) -> None:
        zone = ZoneInfo(name)
        gaps = 0
        for change in changes(name):
            old, new = around(change, zone)
            if new > old:
                gaps += 1
                for wall in (old, old + (new - old) / 2, new - timedelta(seconds=1)):
                    assert instant_of(wall, zone) == (change, "gap")
                assert instant_of(new, zone) == (change, "")
                assert instant_of(old - timedelta(minutes=1), zone) == (change - MINUTE, "")
        assert gaps >= 13

    @pytest.mark.parametrize("name", ZONES)
    def test_a_time_that_comes_twice_is_the_first_until_that_is_over(self, name: str) -> None:
        zone = ZoneInfo(name)
        folds = 0
        for change in changes(name):
            old, new = around(change, zone)
            if new < old:
                folds += 1
                for wall in (new, new + (old - new) / 2, old - timedelta(seconds=1)):
                    before = (old - wall) // timedelta(microseconds=1)
                    after = (wall - new) // timedelta(microseconds=1)
                    assert instant_of(wall, zone) == (change - before, "fold")
                    assert instant_of(wall, zone, now=change - MINUTE) == (change - before, "fold")
                    assert instant_of(wall, zone, now=change) == (change + after, "fold")
                assert instant_of(old, zone) == (change + (old - new) // timedelta(microseconds=1), "")
        assert folds >= 13

    @pytest.mark.parametrize("name", ZONES)
    def test_what_comes_daily_keeps_its_hour_and_leaves_out_no_day(self, name: str) -> None:
        zone = ZoneInfo(name)
        for change in changes(name):
            middle = wall_of(change, zone)
            for hour, minute in ((0, 15), (1, 30), (2, 30), (9, 0), (23, 45)):
                first = middle.replace(hour=hour, minute=minute, second=0) - timedelta(days=3)
                after, _ = instant_of(first, zone)
                for days in range(1, 6):
                    wanted = first + timedelta(days=days)
                    following = next_time("FREQ=DAILY", first, after, zone, HABITS)
                    assert following == instant_of(wanted, zone)[0]
                    shows = wall_of(following, zone)
                    assert shows == wanted or instant_of(wanted, zone)[1] == "gap"
                    assert shows.date() == wanted.date() or shows.time() == datetime.min.time()
                    after = following

    @pytest.mark.parametrize("name", ZONES)
    def test_every_monday_at_nine_is_a_monday_at_nine_until_2040(self, name: str) -> None:
        zone = ZoneInfo(name)
        wall = datetime(2026, 1, 5, 9)
        after, _ = instant_of(wall, zone)
        for change in changes(name):
            after = max(after, change - 8 * DAY)
            for _ in range(3):
                following = next_time("FREQ=WEEKLY;BYDAY=MO", wall, after, zone, HABITS)
                assert following is not None
                assert 0 < following - after <= 7 * DAY + HOUR
                assert (wall_of(following, zone).weekday(), wall_of(following, zone).hour) == (0, 9)
                after = following

    def test_a_skipped_day_is_over_when_the_next_one_begins(self) -> None:
        apia = ZoneInfo("Pacific/Apia")  # had no 30 December 2011
        instant, note = instant_of(datetime(2011, 12, 30, 9), apia)
        assert (wall_of(instant, apia), note) == (datetime(2011, 12, 31), "gap")

    def test_two_hours_from_now_are_two_hours_in_every_night(self) -> None:
        for name in ZONES:
            zone = ZoneInfo(name)
            for change in changes(name):
                now = change - HOUR
                said = wall_of(now, zone) + timedelta(hours=2)
                answer = settle(
                    found(Kind.DATETIME, Reading(said, None, Precision.MINUTE), seconds=7200), now, zone, HABITS
                )
                assert isinstance(answer, Settled)
                assert answer.instant == now + 2 * HOUR

    def test_the_note_tells_of_a_gap_and_of_a_fold(self) -> None:
        spring = settle(found(Kind.DATETIME, at(2027, 3, 28, 2, 30)), NOW, VIENNA, HABITS)
        autumn = settle(found(Kind.DATETIME, at(2027, 10, 31, 2, 30)), NOW, VIENNA, HABITS)
        assert isinstance(spring, Settled)
        assert (spring.instant, spring.note) == (vienna(2027, 3, 28, 3), "gap")
        assert isinstance(autumn, Settled)
        assert (autumn.instant, autumn.note) == (vienna(2027, 10, 31, 2, 30), "fold")


class TestWhateverIsSaid:
    @settings(deadline=None)
    @given(walls, walls, walls, zones)
    def test_what_is_later_on_the_clock_is_not_earlier(
        self, one: datetime, other: datetime, now: datetime, zone: ZoneInfo
    ) -> None:
        said, _ = instant_of(now, zone)
        earlier, later = sorted((one, other))
        assert instant_of(earlier, zone)[0] <= instant_of(later, zone)[0]
        assert instant_of(earlier, zone, now=said)[0] <= instant_of(later, zone, now=said)[0]

    @settings(deadline=None)
    @given(st.sampled_from(ZONES), st.data())
    def test_that_holds_near_a_change_too(self, name: str, data: st.DataObject) -> None:
        zone = ZoneInfo(name)
        change = data.draw(st.sampled_from(changes(name)))
        near = st.integers(-3 * 3600, 3 * 3600).map(lambda each: wall_of(change, zone) + timedelta(seconds=each))
        now = change + data.draw(st.integers(-3 * 3600, 3 * 3600)) * SECOND
        earlier, later = sorted((data.draw(near), data.draw(near)))
        assert instant_of(earlier, zone, now=now)[0] <= instant_of(later, zone, now=now)[0]

    @settings(deadline=None)
    @given(walls, zones)
    def test_a_clock_set_by_an_instant_shows_it(self, wall: datetime, zone: ZoneInfo) -> None:
        instant, note = instant_of(wall, zone)
        assert wall_of(instant, zone) == wall or note == "gap"
        assert instant_of(wall_of(instant, zone), zone)[0] == instant

    @settings(deadline=None)
    @given(walls, walls, zones)
    def test_what_is_settled_stays_so_when_it_is_said_again(
        self, wall: datetime, now: datetime, zone: ZoneInfo
    ) -> None:
        said, _ = instant_of(now, zone)
        answer = settle(found(Kind.DATETIME, Reading(wall, None, Precision.MINUTE)), said, zone, HABITS)
        if isinstance(answer, Settled):
            shows = Reading(wall_of(answer.instant, zone), None, Precision.MINUTE)
            again = settle(found(Kind.DATETIME, shows), said, zone, HABITS)
            assert isinstance(again, Settled)
            assert again.instant == answer.instant

    @settings(deadline=None)
    @given(walls, walls, walls, zones)
    def test_a_later_day_is_not_due_earlier(
        self, one: datetime, other: datetime, now: datetime, zone: ZoneInfo
    ) -> None:
        said, _ = instant_of(now, zone)
        answers = [
            settle(found(Kind.DATE, Reading(each, None, Precision.DAY)), said, zone, HABITS)
            for each in sorted((one, other))
        ]
        dues = [each.instant for each in answers if isinstance(each, Settled)]
        assert dues == sorted(dues)

    @settings(deadline=None)
    @given(
        st.lists(
            st.builds(
                Reading,
                st.datetimes(),
                st.none() | st.datetimes(),
                st.sampled_from(Precision),
                st.sampled_from(("", "morning", "night", "end_of_day", "tea time")),
            ),
            max_size=4,
        ),
        st.sampled_from(Kind),
        st.sampled_from(
            ("", "FREQ=DAILY", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=WEEKLY;BYDAY=XX", "FREQ=YEARLY", "nonsense")
        ),
        st.booleans(),
        st.none() | st.integers(-(10**9), 10**12),
        walls,
        zones,
    )
    def test_every_choice_is_in_the_future_and_no_two_are_alike(
        self,
        readings: list[Reading],
        kind: Kind,
        rule: str,
        vague: bool,
        seconds: int | None,
        now: datetime,
        zone: ZoneInfo,
    ) -> None:
        said, _ = instant_of(now, zone)
        answer = settle(found(kind, *readings, rule=rule, vague=vague, seconds=seconds), said, zone, HABITS)
        choices = (answer,) if isinstance(answer, Settled) else answer.choices
        assert all(each.instant > said for each in choices)
        assert len({each.instant for each in choices}) == len(choices)

    @settings(deadline=None)
    @given(walls, walls)
    def test_zones_that_go_alike_are_due_alike(self, wall: datetime, now: datetime) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        said, _ = instant_of(now, VIENNA)
        phrase = found(Kind.DATETIME, Reading(wall, None, Precision.MINUTE))
        assert settle(phrase, said, VIENNA, HABITS) == settle(phrase, said, berlin, HABITS)

    def test_the_zone_of_the_machine_does_not_matter(self, elsewhere: None) -> None:
        assert shown(settle(found(Kind.DATE, day(2027, 3, 28)), NOW, VIENNA, HABITS)) == ["Sun 2027-03-28 09:00"]
        assert next_time("FREQ=DAILY;UNTIL=20270101T080000Z", datetime(2026, 12, 31, 9), NOW, VIENNA, HABITS) == vienna(
            2026, 12, 31, 9
        )

    @pytest.fixture(params=["Pacific/Kiritimati", "America/Adak"])
    def elsewhere(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        before = os.environ.get("TZ")
        os.environ["TZ"] = request.param
        system.tzset()
        yield
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        system.tzset()


class TestWhenItIsDue:
    def test_a_day_is_due_at_its_hour(self) -> None:
        assert shown(settle(found(Kind.DATE, day(2026, 11, 20)), NOW, VIENNA, HABITS)) == ["Fri 2026-11-20 09:00"]

    def test_a_part_of_a_day_is_due_at_its_own(self) -> None:
        evening = Reading(datetime(2026, 11, 20), datetime(2026, 11, 21), Precision.PART, "evening")
        assert shown(settle(found(Kind.DATETIME, evening), NOW, VIENNA, HABITS)) == ["Fri 2026-11-20 18:00"]

    def test_a_narrower_part_is_due_when_it_begins(self) -> None:
        late = Reading(datetime(2026, 11, 20, 16), datetime(2026, 11, 20, 18), Precision.PART, "afternoon")
        assert shown(settle(found(Kind.DATETIME, late), NOW, VIENNA, HABITS)) == ["Fri 2026-11-20 16:00"]

    @pytest.mark.parametrize(
        ("hour", "due"), [(8, "09:00"), (10, "14:00"), (14, "17:00"), (17, "18:00"), (19, "21:00"), (22, None)]
    )
    def test_today_is_due_later_on(self, hour: int, due: str | None) -> None:
        answer = settle(found(Kind.DATE, day(2026, 11, 18), text="today"), vienna(2026, 11, 18, hour), VIENNA, HABITS)
        if due is None:
            assert (asked(answer), shown(answer)) == (Why.PAST, ["Thu 2026-11-19 09:00"])
        else:
            assert isinstance(answer, Settled)
            assert shown(answer) == [f"Wed 2026-11-18 {due}"]

    def test_a_part_that_has_begun_is_due_at_the_next_full_hour_of_it(self) -> None:
        morning = Reading(datetime(2026, 11, 18, 9), datetime(2026, 11, 18, 12), Precision.PART, "morning")
        assert shown(settle(found(Kind.DATETIME, morning), NOW, VIENNA, HABITS)) == ["Wed 2026-11-18 11:00"]
        late = settle(found(Kind.DATETIME, morning), vienna(2026, 11, 18, 11, 45), VIENNA, HABITS)
        assert (asked(late), shown(late)) == (Why.PAST, ["Thu 2026-11-19 09:00"])

    def test_from_three_to_five_is_due_at_three(self) -> None:
        meeting = Reading(datetime(2026, 11, 19, 15), datetime(2026, 11, 19, 17), Precision.HOUR)
        assert shown(settle(found(Kind.RANGE, meeting), NOW, VIENNA, HABITS)) == ["Thu 2026-11-19 15:00"]

    @pytest.mark.parametrize(
        ("ends", "precision", "due"),
        [
            (datetime(2026, 11, 20, 10), Precision.HOUR, "Fri 2026-11-20 10:00"),
            (datetime(2026, 11, 21), Precision.DAY, "Fri 2026-11-20 09:00"),
        ],
    )
    def test_within_48_hours_is_due_in_time(self, ends: datetime, precision: Precision, due: str) -> None:
        answer = settle(found(Kind.RANGE, Reading(datetime(2026, 11, 18, 10), ends, precision)), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled)
        assert shown(answer) == [due]

    def test_now_is_due_at_once(self) -> None:
        answer = settle(found(Kind.DATETIME, at(2026, 11, 18, 10), text="now"), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled)
        assert answer.instant == NOW + MINUTE

    def test_a_time_that_is_over_today_is_meant_for_tomorrow(self) -> None:
        answer = settle(found(Kind.TIME, at(2026, 11, 18, 9)), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled)
        assert shown(answer) == ["Thu 2026-11-19 09:00"]


class TestWhatIsAsked:
    def test_two_readings_are_two_choices(self) -> None:
        answer = settle(found(Kind.DATE, day(2026, 11, 20), day(2026, 11, 27)), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.SEVERAL, ["Fri 2026-11-20 09:00", "Fri 2026-11-27 09:00"])

    def test_readings_that_come_to_the_same_are_no_question(self) -> None:
        answer = settle(found(Kind.DATE, day(2026, 11, 20), at(2026, 11, 20, 9)), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled)

    def test_a_reading_that_is_over_is_not_meant(self) -> None:
        answer = settle(found(Kind.DATE, day(2026, 3, 11), day(2026, 12, 3), text="3/12"), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled)
        assert shown(answer) == ["Thu 2026-12-03 09:00"]

    def test_a_week_is_its_first_or_its_last_working_day(self) -> None:
        week = Reading(datetime(2026, 11, 23), datetime(2026, 11, 30), Precision.WEEK)
        answer = settle(found(Kind.RANGE, week), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.VAGUE, ["Mon 2026-11-23 09:00", "Fri 2026-11-27 09:00"])

    def test_a_working_week_from_sunday_to_thursday_is_kept(self) -> None:
        week = Reading(datetime(2026, 11, 22), datetime(2026, 11, 29), Precision.WEEK)
        cairo = Habits(first_weekday=6, weekend=frozenset({4, 5}))
        assert shown(settle(found(Kind.RANGE, week), NOW, VIENNA, cairo)) == [
            "Sun 2026-11-22 09:00",
            "Thu 2026-11-26 09:00",
        ]

    def test_this_week_is_what_is_left_of_it(self) -> None:
        week = Reading(datetime(2026, 11, 16), datetime(2026, 11, 23), Precision.WEEK)
        assert shown(settle(found(Kind.RANGE, week), NOW, VIENNA, HABITS)) == [
            "Wed 2026-11-18 14:00",
            "Fri 2026-11-20 09:00",
        ]
        friday = settle(found(Kind.RANGE, week), vienna(2026, 11, 20, 10), VIENNA, HABITS)
        assert isinstance(friday, Settled)
        assert shown(friday) == ["Fri 2026-11-20 14:00"]

    def test_a_weekend_is_saturday_or_sunday(self) -> None:
        weekend = Reading(datetime(2026, 11, 21), datetime(2026, 11, 23), Precision.DAY)
        answer = settle(found(Kind.RANGE, weekend), NOW, VIENNA, HABITS)
        assert shown(answer) == ["Sat 2026-11-21 09:00", "Sun 2026-11-22 09:00"]

    def test_a_month_whose_end_is_not_given_has_one(self) -> None:
        answer = settle(found(Kind.RANGE, Reading(datetime(2026, 12, 1), None, Precision.MONTH)), NOW, VIENNA, HABITS)
        assert shown(answer) == ["Tue 2026-12-01 09:00", "Thu 2026-12-31 09:00"]

    def test_what_is_vague_on_purpose_is_asked_about_though_it_has_one_reading(self) -> None:
        answer = settle(found(Kind.DATE, day(2026, 11, 20), vague=True), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.VAGUE, ["Fri 2026-11-20 09:00"])

    def test_in_a_few_days_is_a_working_day(self) -> None:
        answer = settle(found(Kind.DATE, day(2026, 11, 21), vague=True), NOW, VIENNA, HABITS)
        assert shown(answer) == ["Mon 2026-11-23 09:00"]

    def test_a_duration_alone_is_offered_as_counted_from_now(self) -> None:
        three_days = settle(found(Kind.DURATION, seconds=3 * 86_400), NOW, VIENNA, HABITS)
        two_hours = settle(found(Kind.DURATION, seconds=7_200), NOW, VIENNA, HABITS)
        assert (asked(three_days), shown(three_days)) == (Why.NONE, ["Sat 2026-11-21 09:00"])
        assert (asked(two_hours), shown(two_hours)) == (Why.NONE, ["Wed 2026-11-18 12:00"])

    def test_a_day_that_there_is_not_is_asked_about(self) -> None:
        assert asked(settle(found(Kind.DATE, text="31 February"), NOW, VIENNA, HABITS)) is Why.NONE

    def test_at_most_four_choices_are_offered(self) -> None:
        days = [day(2026, 12, each) for each in range(1, 9)]
        assert len(shown(settle(found(Kind.DATE, *days), NOW, VIENNA, HABITS))) == 4


class TestWhatIsOver:
    def test_a_date_that_is_over_is_offered_for_next_year(self) -> None:
        answer = settle(found(Kind.DATE, day(2026, 3, 3), text="3 March 2026"), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.PAST, ["Wed 2027-03-03 09:00"])

    def test_a_leap_day_is_offered_for_the_next_there_is(self) -> None:
        answer = settle(found(Kind.DATE, day(2024, 2, 29), text="29.2.2024"), NOW, VIENNA, HABITS)
        assert shown(answer) == ["Tue 2028-02-29 09:00"]

    @pytest.mark.parametrize("text", ["yesterday", "last Tuesday", "gestern", "2 weeks ago"])
    def test_what_was_meant_to_be_over_is_offered_for_nothing(self, text: str) -> None:
        answer = settle(found(Kind.DATE, day(2026, 11, 17), text=text), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.PAST, [])

    def test_an_hour_ago_is_offered_for_nothing(self) -> None:
        answer = settle(found(Kind.DATETIME, at(2026, 11, 18, 9), text="an hour ago"), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.PAST, [])

    def test_a_week_that_is_over_is_offered_for_nothing(self) -> None:
        week = Reading(datetime(2026, 11, 9), datetime(2026, 11, 16), Precision.WEEK)
        assert shown(settle(found(Kind.RANGE, week, text="last week"), NOW, VIENNA, HABITS)) == []


class TestTheEndOfTime:
    @pytest.mark.parametrize("precision", list(Precision))
    def test_what_ends_after_all_calendars_is_asked_about_or_due(self, precision: Precision) -> None:
        last = Reading(datetime(9999, 12, 31), None, precision)
        answer = settle(found(Kind.RANGE, last), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled) or answer.why is Why.PAST


class TestWhatComesAgain:
    def test_it_is_first_due_when_it_next_comes(self) -> None:
        answer = settle(found(Kind.SET, day(2026, 11, 18), rule="FREQ=WEEKLY;BYDAY=WE"), NOW, VIENNA, HABITS)
        assert isinstance(answer, Settled)
        assert shown(answer) == ["Wed 2026-11-25 09:00"]

    def test_the_rule_counts_from_when_it_is_due_on_the_clock(self) -> None:
        friday = settle(found(Kind.SET, day(2026, 11, 20), rule="FREQ=WEEKLY;BYDAY=FR"), NOW, VIENNA, HABITS)
        assert isinstance(friday, Settled)
        assert friday.reading.begins == datetime(2026, 11, 20, 9)
        sunday = settle(
            found(Kind.SET, at(2027, 3, 21, 2, 30), rule="FREQ=WEEKLY"), vienna(2027, 3, 21, 4), VIENNA, HABITS
        )
        assert isinstance(sunday, Settled)
        assert (sunday.instant, sunday.note) == (vienna(2027, 3, 28, 3), "gap")
        assert sunday.reading.begins == datetime(2027, 3, 28, 2, 30)

    def test_the_last_of_a_count_is_the_last(self) -> None:
        first = datetime(2026, 11, 18, 9)
        assert next_time("FREQ=DAILY;COUNT=2", first, vienna(2026, 11, 18, 9), VIENNA, HABITS) == vienna(
            2026, 11, 19, 9
        )
        assert next_time("FREQ=DAILY;COUNT=2", first, vienna(2026, 11, 19, 9), VIENNA, HABITS) is None

    @pytest.mark.parametrize("until", ["20261120", "20261120T090000", "20261120T080000Z"])
    def test_until_takes_a_day_a_local_time_and_a_time_in_utc(self, until: str) -> None:
        rule, first = f"FREQ=DAILY;UNTIL={until}", datetime(2026, 11, 18, 9)
        assert next_time(rule, first, vienna(2026, 11, 19, 9), VIENNA, HABITS) == vienna(2026, 11, 20, 9)
        assert next_time(rule, first, vienna(2026, 11, 20, 9), VIENNA, HABITS) is None

    def test_every_31st_is_the_last_day_of_a_shorter_month(self) -> None:
        after, days = vienna(2027, 1, 1), []
        for _ in range(4):
            following = next_time("FREQ=MONTHLY;BYMONTHDAY=31", datetime(2027, 1, 31, 9), after, VIENNA, HABITS)
            assert following is not None
            after = following
            days.append(f"{wall_of(after, VIENNA):%m-%d}")
        assert days == ["01-31", "02-28", "03-31", "04-30"]

    def test_a_leap_day_is_kept_on_the_28th_in_other_years(self) -> None:
        first = datetime(2028, 2, 29, 9)
        assert next_time("FREQ=YEARLY", first, vienna(2028, 3, 1), VIENNA, HABITS) == vienna(2029, 2, 28, 9)
        assert next_time("FREQ=YEARLY", first, vienna(2032, 1, 1), VIENNA, HABITS) == vienna(2032, 2, 29, 9)

    def test_every_second_week_counts_from_the_first(self) -> None:
        first = datetime(2026, 11, 18, 9)
        rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"
        assert next_time(rule, first, vienna(2026, 11, 18, 9), VIENNA, HABITS) == vienna(2026, 11, 30, 9)

    def test_the_first_working_day_of_a_month(self) -> None:
        rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"
        assert next_time(rule, datetime(2026, 12, 1, 9), vienna(2026, 12, 31), VIENNA, HABITS) == vienna(2027, 1, 1, 9)

    def test_hours_far_from_the_first_are_not_counted_one_by_one(self) -> None:
        rule = "FREQ=HOURLY;INTERVAL=5"
        following = next_time(rule, datetime(1, 1, 1), NOW, VIENNA, HABITS)
        assert following is not None
        assert NOW < following <= NOW + 5 * HOUR
        assert (wall_of(following, VIENNA) - datetime(1, 1, 1)) % timedelta(hours=5) == timedelta()

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=MINUTELY",
            "FREQ=SECONDLY",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=999999999999",
            "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=HOURLY;INTERVAL=168;BYDAY=MO",
            "FREQ=DAILY;COUNT=99999999",
            "FREQ=DAILY;FREQ=SECONDLY",
            "FREQ=DAILY\nDTSTART:19700101T000000",
            "FREQ=WEEKLY;BYEASTER=1",
            "RDATE:20261118",
            "",
            "x" * 10_000,
        ],
    )
    def test_a_rule_that_is_none_of_ours_is_never_searched(self, rule: str) -> None:
        assert next_time(rule, datetime(2026, 11, 18, 10), NOW, VIENNA, HABITS) is None
        answer = settle(found(Kind.SET, day(2026, 11, 18), rule=rule or "x"), NOW, VIENNA, HABITS)
        assert (asked(answer), shown(answer)) == (Why.TOO_OFTEN, [])

    def test_a_day_that_never_comes_ends_the_search(self) -> None:
        assert next_time("FREQ=YEARLY;BYMONTH=2;BYDAY=MO;BYSETPOS=9", datetime(2026, 2, 2), NOW, VIENNA, HABITS) is None
