"""Recurrences: the RRULE of a phrase such as "every Friday", as times of the wall clock.

Called by `moments` alone. Expects: a rule of RFC 5545 §3.3.10 as the phrases of `codecs.dates` make it, perhaps by way of a database or
an API. Promises: rules that would search for ever, or come more often than hourly, are refused before anything is searched.
Does not: know instants.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

MAX_RULE = 500  # characters
MAX_INTERVAL = 1_000
MAX_COUNT = 1_000  # times; those over are counted off one by one
_FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WITH_DAYS = ("MONTHLY", "YEARLY")  # where days of the month may be named; elsewhere a search for them might never end
_PARTS = {
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "WKST",
    "BYDAY",
    "BYMONTH",
    "BYMONTHDAY",
    "BYSETPOS",
    "BYHOUR",
    "BYMINUTE",
}
_VALUE = re.compile(r"[A-Z0-9,+-]{1,200}")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class TooOften(Exception):
    """A recurrence that is not served: of minutes or seconds, or with parts that no phrase makes."""


def rule_of(rule: str, first: datetime, zone: ZoneInfo, first_weekday: int, *, near: datetime) -> rrule:
    """The times of `rule` since `first`, wall clock; those long before `near` may be left out. Raises TooOften, ValueError."""
    parts = _parts(rule)
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    if not 1 <= interval <= MAX_INTERVAL or int(parts.get("COUNT", "1")) > MAX_COUNT:
        raise TooOften(rule)
    filtered = {name for name in parts if name.startswith("BY")}
    if frequency not in _WITH_DAYS and filtered & {"BYMONTHDAY", "BYSETPOS"}:
        raise TooOften(rule)
    # Every second day that is a Monday comes; every seventh day since a Tuesday that is a Monday never does.
    narrow = {"HOURLY": 23, "DAILY": 1, "WEEKLY": 1}
    if interval > narrow.get(frequency, MAX_INTERVAL) and filtered & {
        "BYMONTH",
        *(["BYDAY"] * (frequency != "WEEKLY")),
    }:
        raise TooOften(rule)
    first = first.replace(microsecond=0)
    parts.setdefault("WKST", _DAYS[first_weekday])
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone)
    if frequency in _WITH_DAYS:
        _never_leave_out(parts, first)
    if frequency in ("HOURLY", "DAILY") and "COUNT" not in parts:
        step = timedelta(hours=interval) if frequency == "HOURLY" else timedelta(days=interval)
        first += max((near - first) // step - 100, 0) * step
    made = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first, ignoretz=True)
    assert isinstance(made, rrule)  # one rule, no set: the parts were looked at
    return made


def _parts(rule: str) -> dict[str, str]:
    if len(rule) > MAX_RULE:
        raise TooOften(rule[:MAX_RULE])
    parts: dict[str, str] = {}
    for piece in rule.removeprefix("RRULE:").upper().split(";"):
        name, _, value = piece.partition("=")
        if name not in _PARTS or name in parts or not _VALUE.fullmatch(value):
            raise TooOften(rule)
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise TooOften(rule)
    return parts


def _until(value: str, zone: ZoneInfo) -> str:
    """RFC 5545 §3.3.10: UNTIL is a date, a local time, or UTC. Here all becomes a local time; a date counts whole."""
    if "T" not in value:
        return f"{value}T235959"
    if not value.endswith("Z"):
        return value
    moment = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return moment.astimezone(zone).strftime("%Y%m%dT%H%M%S")


def _never_leave_out(parts: dict[str, str], first: datetime) -> None:
    """RFC 5545 leaves out the months that have no 31st; who is to be reminded every 31st is reminded on the last day then."""
    if "BYSETPOS" in parts or "BYDAY" in parts:
        return
    day = parts.get("BYMONTHDAY", str(first.day))
    if not day.isdecimal() or not 29 <= int(day) <= 31:
        return
    if parts["FREQ"] == "YEARLY":
        parts.setdefault("BYMONTH", str(first.month))
        if "," in parts["BYMONTH"]:
            return
    parts["BYMONTHDAY"] = ",".join(str(each) for each in range(28, int(day) + 1))
    parts["BYSETPOS"] = "-1"
