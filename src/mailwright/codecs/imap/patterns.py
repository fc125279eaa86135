"""The patterns of LIST: `*` is anything, `%` anything within one level (RFC 9051 §6.3.9).

Used by `protocols/imap` for LIST and LSUB. A pattern is judged in time linear in the name whatever is in it: all the places
where the match may stand are the bits of one number.
"""

from mailwright.codecs.imap.names import SEPARATOR


class Pattern:
    """One pattern, with the reference before it. `matches(name)` takes a normal name, as `names.decode` makes it."""

    __slots__ = ("_any", "_exact", "_goal", "_level", "_spots")

    def __init__(self, reference: str, pattern: str) -> None:
        text = _without_doubles(reference + pattern)
        self._exact = text if "*" not in text and "%" not in text else None
        self._any = self._level = 0  # where a "*" or a "%" stands, one bit for each place
        self._spots: dict[str, int] = {}  # where each other character stands
        for place, character in enumerate(text):
            bit = 1 << place
            if character == "*":
                self._any |= bit
            elif character == "%":
                self._level |= bit
            else:
                self._spots[character] = self._spots.get(character, 0) | bit
        self._goal = 1 << len(text)

    def matches(self, name: str) -> bool:
        """Is `name` what the pattern asks for?"""
        if self._exact is not None and name == self._exact:
            return True
        inbox = name == "INBOX" or name.startswith("INBOX/")
        if self._exact is not None and not inbox:
            return False
        wild = self._any | self._level
        now = 1
        for place, character in enumerate(name):
            now |= (now & wild) << 1  # a wildcard may stand for nothing
            spots = self._spots.get(character, 0)
            if inbox and place < 5:
                spots |= self._spots.get(character.lower(), 0)  # RFC 9051 §5.1: INBOX in any case
            stay = self._any if character == SEPARATOR else wild
            now = ((now & spots) << 1) | (now & stay)
            if not now:
                return False
        now |= (now & wild) << 1
        return bool(now & self._goal)


def _without_doubles(text: str) -> str:
    # Wildcards side by side are one: the wider of them.
    kept: list[str] = []
    for character in text:
        if character in "*%" and kept and kept[-1] in "*%":
            kept[-1] = "*" if "*" in (character, kept[-1]) else "%"
        else:
            kept.append(character)
    return "".join(kept)
