"""Pictures of other machines, as whoever fetches them and whoever shows them call them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and the media type its first octets prove."""

    media_type: str
    data: bytes = field(repr=False)


class NoPicture(Exception):
    """There is none to be had; the text says why, and is fit to be shown."""
