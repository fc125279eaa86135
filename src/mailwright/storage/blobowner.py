"""Whose a place of blobs is: only one installation may remove what lies there, since what it does not name may be another's.

Beside the blobs lies a mark with a word, and the database has the same word (`server_keys`). Who finds another word there removes
nothing, and does not start. In an object store the word is changed every few minutes, at both ends: so a copy of the database, which
begins with the word of its moment, is told apart from what it is a copy of, as soon as both are at work. In a folder the word stays.
Only the place that is written to is marked by itself; a former one stays ours while it has our word, else it is read only (`claim`).
Made by `blobs.open_blobs`; asked before anything outside is removed, at the start, and every minute by every process. Blocks.
Promises: whoever removes something has seen its own word for SETTLED_SECONDS. Two that both take the place for theirs find out within
that time; then neither removes anything until a person says whose it is (`claim`).
Does not: know a copy whose original stands still. It looks as the original would after a recovery.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Literal, TypeAlias

import structlog

from mailwright.domain import clock
from mailwright.domain.clock import MINUTE, SECOND, Instant
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import AlreadyExists, BadInput, TryLater
from mailwright.storage import server_keys
from mailwright.storage.blobplaces import NoPlace, Outside
from mailwright.storage.database import Database, Tx

log = structlog.get_logger(__name__)

ROW = "blobs in "  # before an address: the name of the row, which has nothing to seal
FOLDERS = "folders"  # all of them have one word: they are moved about with their marks, and mounted elsewhere
TURN = 10 * MINUTE  # how long a word stays
SETTLED_SECONDS = 2 * TURN / SECOND
LOOK_SECONDS = 60.0  # how long an answer is believed
AGAIN_SECONDS = 1.0  # after a first look that was not answered, for who wants to write
AWAY_SECONDS = 3600.0  # so long unasked is told: as a rule the mark cannot be written

Standing: TypeAlias = Literal["ours", "anothers", "contested", "gone", "unclaimed", "unknown"]
"""`contested`: two took it for theirs. `gone`: we had a mark there, and there is none. `unclaimed`: a former place without one.
`unknown`: it cannot be asked now."""

Was: TypeAlias = Literal["ours", "nobody's", "another's", "contested"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What lies in the place. `at` is when it was written, by the clock of whoever wrote it."""

    word: str
    at: Instant
    contested: bool = False

    def as_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True, slots=True)
class Known:
    """What the database has. `before` is the word of the turn before this one; `at` is 0 while no mark was written."""

    word: str
    before: str = ""
    at: Instant = 0

    def as_text(self) -> str:
        return json.dumps(asdict(self))


@dataclass(slots=True)
class _Seen:
    """What this process saw of a place. `since` is when it began to be ours without a break; `word` the last of ours that was there."""

    standing: Standing = "unknown"
    looked: float = float("-inf")
    since: float | None = None
    word: str = ""
    mark: Mark | None = None
    answered: bool = False
    away: float | None = None  # since when it cannot be asked
    doubted: bool = False  # the last look found another's word where ours was


@dataclass(slots=True)
class Ownership:
    """Whose the places of one installation are. The first is the one that is written to."""

    database: Database
    places: Sequence[Outside]
    seconds: Callable[[], float] = time.monotonic
    now: Callable[[], Instant] = clock.now
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def standing(self, place: Outside) -> Standing:
        """Whose it is, as of a minute ago at most."""
        with self._lock:
            seen = self._of(place)
            if self.seconds() - seen.looked > LOOK_SECONDS:
                self._look(place, seen)
            return seen.standing

    def may_remove(self, place: Outside) -> bool:
        """Whether something there may be removed now."""
        if self.standing(place) != "ours":
            return False
        # In a former place our word changes only after that time, for a copy that reads there not to take it from its original.
        return not place.turns or self._held(place) >= SETTLED_SECONDS * (1 if self._is_first(place) else 2)

    def look(self) -> None:
        """Look at every place now. Called every minute."""
        for place in self.places:
            with self._lock:
                self._look(place, self._of(place))

    def begin(self) -> None:
        """Look at the place that is written to, before the first message is. Raises AlreadyExists when it is not ours to write to."""
        place = self.places[0]
        standing = self.standing(place)
        if standing in ("anothers", "gone"):
            raise AlreadyExists(
                f"{self._because(place)}, so this one does not start: set another MAILWRIGHT_BLOB_URL, or "
                "(when this installation is the one that goes on there) run mailwright storage claim"
            )

    def check_writable(self) -> None:
        """Before anything is written there, as last seen; where nothing was seen yet it is asked. Raises TryLater when it is not ours."""
        place = self.places[0]
        seen = self._of(place)
        if not seen.answered:
            with self._lock:
                if self.seconds() - seen.looked > AGAIN_SECONDS:
                    self._look(place, seen)
        if seen.standing in ("anothers", "gone"):
            raise TryLater("the place where messages are kept is not this installation's")

    def said(self) -> tuple[bool, str]:
        """Whether all is well as last seen, and because of what; asks nobody. What is only read need not be ours."""
        seen = self._of(self.places[0])
        long = seen.away is not None and self.seconds() - seen.away > AWAY_SECONDS
        told = [self._because(each) for each in self.places if self._of(each).standing != "ours"]
        because = f"{'; '.join(told)}: nothing is removed there" if told else "this installation's"
        return seen.standing == "ours" or (seen.standing == "unknown" and not long), because

    def examine(self) -> tuple[bool, str]:
        """`said` of now, and nothing is written anywhere. Raises TryLater."""
        for place in self.places:
            try:
                self.examined(place)
            except TryLater:
                if self._is_first(place):
                    raise
                self._of(place).standing = "unknown"
        return self.said()

    def examined(self, place: Outside) -> Standing:
        """Whose one place is now. Raises TryLater."""
        seen = self._of(place)
        seen.mark = mark = self._mark(place, self._home(place))
        known = self._stored(place)
        if mark is None:
            gone = known is not None and known.at and place.turns
            seen.standing = "unclaimed" if not self._is_first(place) else "gone" if gone else "ours"
        elif mark.contested:
            seen.standing = "contested"
        else:
            ours = known is not None and mark.word in (known.word, known.before)
            seen.standing = "ours" if ours else "anothers"
        return seen.standing

    def named(self, address: str) -> Outside:
        """The place at an address; without one that which is written to. Raises BadInput."""
        found = [each for each in self.places if not address or each.address == address.rstrip("/")]
        if not found:
            raise BadInput(
                f"{address} is none of this installation's places: {', '.join(e.address for e in self.places)}"
            )
        return found[0]

    def claim(self, place: Outside, *, force: bool = False) -> Was:
        """It is ours from now on; whose it was. Who takes the first place from another begins anew: former ones are claimed one by one.

        Raises BadInput while another works there (unless `force`), TryLater.
        """
        tenant, first = self._home(place), self._is_first(place)
        if place.apart and tenant is None:
            raise BadInput("there is no tenant yet, so there is no bucket to claim")
        if not first:
            place.sizes([f"blobs/{tenant}/none"])  # raises NoPlace: a former place is not made
        found, known = _mark_of(place, tenant), self._known(place)
        ours = found is not None and found.word in (known.word, known.before) and not found.contested
        was: Was = "nobody's" if found is None else "ours" if ours else "contested" if found.contested else "another's"
        if was == "ours" and not force:
            return was
        if was == "another's" and not place.turns and not force:
            raise BadInput(f"{place.address} has the mark of another installation: stop that one, then say --force")
        if found is not None and was == "another's" and not force:
            minutes = (self.now() - found.at) // MINUTE
            if minutes * 60 < SETTLED_SECONDS:
                raise BadInput(
                    f"another installation was at work in {place.address} {minutes} minutes ago: stop it first, or say --force"
                )
        if first or place.turns:
            after = Known(new_id(), known.word if was == "ours" else "", self.now())
        else:  # folders have one word
            after = Known(known.word, known.before, self.now())

        def write(tx: Tx) -> None:
            if first and was != "ours":
                tx.execute("DELETE FROM server_keys WHERE name LIKE ?", (f"{ROW}%",))
            server_keys.put(tx, _row(place, after))

        self.database.write_now(write)
        place.set_mark(tenant, Mark(after.word, after.at).as_bytes(), replace=True)
        return was

    # --- looking ------------------------------------------------------------------------------------------------------

    def _of(self, place: Outside) -> _Seen:
        return self._seen.setdefault(place.address, _Seen())

    def _is_first(self, place: Outside) -> bool:
        return place is self.places[0]

    def _held(self, place: Outside) -> float:
        """For how many seconds it has been ours without a break."""
        since = self._of(place).since
        return 0.0 if since is None else self.seconds() - since

    def _look(self, place: Outside, seen: _Seen) -> None:
        before = seen.standing
        try:
            seen.standing = self._found(place, seen)
            seen.away, seen.answered = None, True
        except TryLater as refusal:
            if seen.away is None:
                seen.away = self.seconds()
                log.warning("blobs.owner_unknown", place=place.address, error=str(refusal))
            seen.standing = "unknown"
        seen.looked = self.seconds()
        if seen.standing == "ours":
            seen.since = seen.looked if seen.since is None else seen.since
            seen.doubted = False
        elif seen.standing != "unknown":  # who cannot ask just now has lost nothing
            seen.since = None
            if seen.standing != before:
                tell = log.error if self._is_first(place) else log.info
                tell("blobs.not_ours", place=place.address, standing=seen.standing, hint="mailwright storage claim")

    def _found(self, place: Outside, seen: _Seen) -> Standing:
        """Look, and mark the first place when it is nobody's. Raises TryLater."""
        tenant, first = self._home(place), self._is_first(place)
        if place.apart and tenant is None and first:
            return "ours"  # nobody's mail is there yet
        # The mark comes first: a word that was changed since is one the database has, too.
        seen.mark = mark = self._mark(place, tenant)
        if mark is None and not first:
            return "unclaimed"
        known = self._known(place) if first else self._stored(place)
        if known is None:
            return "anothers"
        if mark is None and known.at and place.turns:
            mark = self._mark(place, tenant)  # one that another process has just written
            if mark is None:
                return "gone"
        if mark is None:
            place.set_mark(tenant, Mark(known.word, self.now()).as_bytes(), replace=False)
            mark = _mark_of(place, tenant)  # another may have been faster
            if mark is None:
                raise TryLater("the mark in the place of the messages cannot be read")
            known = self._change(place, known, Known(known.word, "", self.now())) if mark.word == known.word else known
        seen.mark = mark
        if mark.contested:
            return "contested"
        if mark.word not in (known.word, known.before) and mark.word == seen.word:
            # Another server took over that lacks the last second: we know better what the last word was.
            known = self._change(place, known, Known(mark.word, "", mark.at))
        if mark.word == known.word:
            known = self._turn(place, tenant, known)
        elif known.before and mark.word == known.before:  # whoever changed it did not come to write the mark
            place.set_mark(tenant, Mark(known.word, self.now()).as_bytes(), replace=True)
        else:
            return self._lost(place, tenant, mark, seen)
        seen.word = known.word
        return "ours"

    def _turn(self, place: Outside, tenant: str | None, known: Known) -> Known:
        """Change the word when it is time."""
        if not place.turns or self.now() - known.at < TURN:
            return known
        if not self._is_first(place) and self._held(place) < SETTLED_SECONDS:
            return known
        after = Known(new_id(), known.word, self.now())
        changed = self._change(place, known, after)
        if changed == after:
            place.set_mark(tenant, Mark(after.word, after.at).as_bytes(), replace=True)
        return changed

    def _lost(self, place: Outside, tenant: str | None, mark: Mark, seen: _Seen) -> Standing:
        """Another's word. Where ours was a moment ago two take it for theirs: the other one is to see that, too."""
        if seen.since is None or not self._is_first(place):
            return "anothers"
        if not seen.doubted:  # a process of ours may know better, and say so until the next look
            seen.doubted = True
            raise TryLater("whose the place of the messages is changes at this moment")
        place.set_mark(tenant, Mark(mark.word, self.now(), contested=True).as_bytes(), replace=True)
        return "contested"

    def _home(self, place: Outside) -> str | None:
        """The tenant in whose bucket the mark is, where each has one: the oldest."""
        return self.database.read_now(lambda tx: tx.scalar("SELECT min(id) FROM tenants")) if place.apart else None

    def _mark(self, place: Outside, tenant: str | None) -> Mark | None:
        """What lies there; of a former place that is no more nothing is expected. Raises TryLater."""
        with suppress(*() if self._is_first(place) else (NoPlace,)):
            return None if place.apart and tenant is None else _mark_of(place, tenant)
        return None

    def _stored(self, place: Outside) -> Known | None:
        return self.database.read_now(lambda tx: _known(tx, place))

    def _known(self, place: Outside) -> Known:
        """What the database has of it, made at first need."""
        found = self._stored(place)
        return found or self.database.write_now(lambda tx: _begun(tx, place))

    def _change(self, place: Outside, known: Known, after: Known) -> Known:
        """Replace what the database has, unless another process was faster; what it has then."""

        def write(tx: Tx) -> Known:
            tx.execute(
                "UPDATE server_keys SET public = ? WHERE name = ? AND public = ?",
                (after.as_text(), _name(place), known.as_text()),
            )
            return _known(tx, place) or after

        return self.database.write_now(write)

    def _because(self, place: Outside) -> str:
        seen = self._of(place)
        if seen.standing == "unknown":
            return f"not asked whose it is: {place.address}"
        if seen.standing == "unclaimed":
            return f"{place.address} is read only (mailwright storage claim {place.address})"
        if seen.standing == "gone":
            return (
                f"the mark of this installation is gone from {place.address} (another bucket or volume of that name?)"
            )
        if seen.standing == "contested":
            return f"two installations (one may be a copy of the other) take {place.address} for theirs"
        when = "" if seen.mark is None else f", which was there at {clock.to_iso(seen.mark.at)}"
        return f"{place.address} belongs to another installation (or to one this is a copy of){when}"


def refuse_owned(place: Outside) -> None:
    """Before a restore into it: raises AlreadyExists when it is somebody's. Blocks. Raises TryLater."""
    try:
        homes: Sequence[str | None] = place.tenants() if place.apart else [None]
    except TryLater as refusal:
        raise TryLater(f"{refusal}, nor asked whose they are: when they are nobody's, say --take-over") from refusal
    if any(_mark_of(place, each) is not None for each in homes):
        raise AlreadyExists(
            f"{place.address} belongs to an installation: name another place with MAILWRIGHT_BLOB_URL, or, when that one is gone "
            "for good and this one takes its place, say --take-over"
        )


def _mark_of(place: Outside, tenant: str | None) -> Mark | None:
    data = place.mark(tenant)
    if data is None:
        return None
    try:
        found = json.loads(data)
        return Mark(str(found["word"]), int(found["at"]), bool(found["contested"]))
    except (ValueError, TypeError, KeyError):
        return Mark("", 0)  # whoever wrote that, it was not this installation


def _row(place: Outside, known: Known) -> server_keys.KeyRow:
    return server_keys.KeyRow(_name(place), "", known.as_text())


def _name(place: Outside) -> str:
    return ROW + (place.address if place.turns else FOLDERS)


def _known(tx: Tx, place: Outside) -> Known | None:
    row = server_keys.named(tx, _name(place))
    return None if row is None else Known(**json.loads(row.public))


def _begun(tx: Tx, place: Outside) -> Known:
    server_keys.add_unless_there(tx, _row(place, Known(new_id())))
    found = _known(tx, place)
    assert found is not None
    return found
