"""What a client believes of the mailbox it has selected, from untagged answers alone: EXISTS, EXPUNGE, VANISHED and FETCH.

Used by the differential tests: what is believed must be what FETCH then says, and the same with both servers. Raises
AssertionError where an answer contradicts what was said before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.clients.imap_speaker import Answer, Speaker, Value

_RECENT = b"\\Recent"  # Dovecot speaks IMAP4rev1 only


@dataclass
class Heard:
    """What one answer told: uids that went, flags by uid, and how many came."""

    gone: set[int] = field(default_factory=set)
    flags: dict[int, frozenset[bytes]] = field(default_factory=dict)
    arrived: int = 0


class Mirror:
    """One session with `mailbox` selected."""

    def __init__(self, speaker: Speaker, mailbox: bytes, *enabled: bytes) -> None:
        self.speaker = speaker
        self.uids: list[int] = []  # 0: not known yet
        self.flags: dict[int, frozenset[bytes]] = {}
        self.modseq = 0
        self.heard = Heard()
        if enabled:
            speaker.good(b"ENABLE " + b" ".join(enabled))
        self.hear(speaker.good(b"SELECT " + mailbox))
        self.look()

    def look(self) -> None:
        """Ask for everything, and believe it."""
        self.hear(self.speaker.good(b"UID FETCH 1:* FLAGS"))

    def ask(self, *parts: bytes, expunges: bool) -> Answer:
        """Send a command and take in what its answer tells. Without `expunges` it must not renumber messages."""
        answer = self.speaker.ask(*parts)
        self.heard = self.hear(answer, expunges=expunges)
        if b".SILENT" in parts[0]:
            self.look()  # RFC 9051 §6.4.6: the client works out itself what the flags are now
        return answer

    def hear(self, answer: Answer, *, expunges: bool = True) -> Heard:
        """Take in untagged responses in their order."""
        heard = Heard()
        for line in answer.lines:
            match line:
                case (bytes(number), b"EXISTS"):
                    assert int(number) >= len(self.uids), f"{self.speaker.name}: EXISTS takes messages away"
                    heard.arrived += int(number) - len(self.uids)
                    self.uids += [0] * (int(number) - len(self.uids))
                case (bytes(number), b"EXPUNGE"):
                    assert expunges, f"{self.speaker.name}: EXPUNGE where numbers are in use"
                    heard.gone.add(self.uids.pop(int(number) - 1))
                case (b"VANISHED", *rest):
                    assert expunges or len(rest) == 2, f"{self.speaker.name}: VANISHED where numbers are in use"
                    self._vanish(uids_of(_octets(rest[-1])), heard, earlier=len(rest) == 2)
                case (bytes(number), b"FETCH", tuple()):
                    self._fetch(int(number), line, heard)
        for uid in heard.gone:
            self.flags.pop(uid, None)
        return heard

    def _vanish(self, uids: list[int], heard: Heard, *, earlier: bool) -> None:
        for uid in uids:
            if uid in self.uids:
                self.uids.remove(uid)
                heard.gone.add(uid)
            elif not earlier:
                # RFC 7162 §3.2.10: each of them is one message less, also of those that came and were never looked at.
                at = next((at for at, known in enumerate(self.uids) if not known and self._fits(uid, at)), None)
                assert at is not None, f"{self.speaker.name}: VANISHED {uid}, which was never there"
                del self.uids[at]

    def _fits(self, uid: int, at: int) -> bool:
        return max(self.uids[:at], default=0) < uid and all(not after or uid < after for after in self.uids[at:])

    def _fetch(self, number: int, line: tuple[Value, ...], heard: Heard) -> None:
        items = _items(line)
        assert number <= len(self.uids), f"{self.speaker.name}: FETCH of a message that is not there: {line}"
        if b"UID" in items:
            uid = int(_octets(items[b"UID"]))
            assert self.uids[number - 1] in (0, uid), (
                f"{self.speaker.name}: {number} is {self.uids[number - 1]}: {line}"
            )
            self.uids[number - 1] = uid
        uid = self.uids[number - 1]
        if b"FLAGS" in items and uid:
            heard.flags[uid] = self.flags[uid] = _flags(items[b"FLAGS"])


def uids_of(text: bytes) -> list[int]:
    """`3:5,9` as numbers."""
    found: list[int] = []
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


def _items(line: tuple[Value, ...]) -> dict[bytes, Value]:
    pairs = line[2]
    assert isinstance(pairs, tuple)
    return {_octets(pairs[at]): pairs[at + 1] for at in range(0, len(pairs), 2)}


def _flags(value: Value) -> frozenset[bytes]:
    assert isinstance(value, tuple)
    return frozenset(_octets(each).lower() for each in value if each != _RECENT)


def _octets(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value
