"""Time zones by their names in the IANA database, like Europe/Berlin.

Used wherever a name that a person chose is read: `checked_zone` where it is chosen, `zone_of` where it must not stop anything any more.
"""

from zoneinfo import ZoneInfo

from mailwright.domain.refusals import BadInput

_UNKNOWN = (ValueError, OSError, KeyError)  # not found, or a path that leads elsewhere


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; UTC when there is none."""
    try:
        return ZoneInfo(name)
    except _UNKNOWN:
        return ZoneInfo("UTC")


def checked_zone(name: str) -> str:
    """The name as it is kept. Raises BadInput when there is no such time zone."""
    try:
        return ZoneInfo(name).key
    except _UNKNOWN:
        raise BadInput(f"{name[:64]!r} is no time zone; they have names like Europe/Berlin") from None
