"""People's preferences: how they want to be worked for, and how pages show themselves.

Called by the account pages and by the concierge, for what people ask of it in words. Promises: what is kept is sane (a time zone that
exists, bounded texts), changing one thing leaves the others as they are, and who changed something is in the audit trail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mailwright.core import submission
from mailwright.core.messages import storable
from mailwright.domain.followups import LANGUAGES, Action
from mailwright.domain.refusals import BadInput
from mailwright.domain.zones import checked_zone
from mailwright.storage import Tx, audit
from mailwright.storage import preferences as rows
from mailwright.storage.accounts import Account

MAX_TONE = 2_000  # characters: it goes into prompts
MINUTES_OF_DAY = 24 * 60
REACH_BY = ("", "mail", "whatsapp")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LOCALE = re.compile(r"([a-z]{2})(?:-[A-Z]{2})?")
MAX_DISPLAY_OCTETS = 8 * 1024
MAX_DISPLAY_DEPTH = 16  # objects and lists in each other; who writes them out again goes as deep


def described(tx: Tx, account: Account) -> dict[str, Any]:
    """All of them, as pages read them."""
    known = rows.of_user(tx, account.id)
    return {
        "time_zone": known.time_zone,
        "tone": known.tone,
        "undo_seconds": known.undo_seconds,
        "default_action": known.default_action,
        "locale": known.locale,
        "reach_by": known.reach_by,
        "quiet_from": clock_text(known.quiet_from),
        "quiet_until": clock_text(known.quiet_until),
        "agenda_at": clock_text(known.agenda_at),
        "display": json.loads(known.display),
    }


def change(tx: Tx, account: Account, wanted: Mapping[str, Any], *, client: str = "") -> None:
    """Change those that are named, by the names of `described`. `client` is the network peer.

    Times of day are "22:00" or minutes after midnight; "" or None is none. Raises BadInput, and then nothing is changed.
    """
    known = rows.of_user(tx, account.id)
    for name, given in wanted.items():
        check = _CHECKS.get(name)
        if check is None:
            raise BadInput(f"there is no preference {name[:50]!r}")
        known = replace(known, **{name: check(given)})
    if (known.quiet_from is None) != (known.quiet_until is None):
        raise BadInput("quiet hours have a beginning and an end")
    rows.set_for(tx, account.id, known)
    audit.record(
        tx,
        actor=account.email,
        action="preferences.changed",
        resource=" ".join(sorted(wanted)),
        address=client,
        tenant_id=account.tenant_id,
    )


def clock_text(minutes: int | None) -> str:
    """Minutes after midnight as a clock shows them; "" for none."""
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def _tone(text: str) -> str:
    if len(text) > MAX_TONE:
        raise BadInput(f"the tone is described in at most {MAX_TONE} characters")
    return storable(text)


def _undo_seconds(seconds: int) -> int:
    submission.check_undo_seconds(seconds)
    return seconds


def _action(name: str) -> str:
    if name and name not in set(Action):
        raise BadInput(f"what happens when something is due is one of {', '.join(Action)}")
    return str(name)


def _locale(name: str) -> str:
    found = _LOCALE.fullmatch(name)
    if name and (found is None or found[1] not in LANGUAGES):
        raise BadInput(f"a locale is like en-GB, in one of the languages {', '.join(LANGUAGES)}")
    return name


def _reach_by(name: str) -> str:
    if name not in REACH_BY:
        raise BadInput("reminders go by mail or by whatsapp")
    return name


def _minutes(given: str | int | None) -> int | None:
    if given is None or given == "":
        return None
    if isinstance(given, int) and 0 <= given < MINUTES_OF_DAY:
        return given
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise BadInput("a time of day is like 22:00")
    return int(found[1]) * 60 + int(found[2])


def _display(wanted: Any) -> str:
    level = [wanted]
    for _ in range(MAX_DISPLAY_DEPTH):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
    if level:
        raise BadInput(f"what the webmail keeps is nested at most {MAX_DISPLAY_DEPTH} deep")
    try:
        # As it is, not escaped: half a character would come back out of its escape, and no answer takes it.
        text = storable(json.dumps(wanted, ensure_ascii=False, allow_nan=False))
    except ValueError:
        raise BadInput("what the webmail keeps has a number that JSON cannot say") from None  # RFC 8259 §6
    if len(text.encode()) > MAX_DISPLAY_OCTETS:
        raise BadInput(f"what the webmail keeps has at most {MAX_DISPLAY_OCTETS} octets")
    return text


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "time_zone": checked_zone,
    "tone": _tone,
    "undo_seconds": _undo_seconds,
    "default_action": _action,
    "locale": _locale,
    "reach_by": _reach_by,
    "quiet_from": _minutes,
    "quiet_until": _minutes,
    "agenda_at": _minutes,
    "display": _display,
}
"""What may be kept of each, by its name. Each raises BadInput."""
