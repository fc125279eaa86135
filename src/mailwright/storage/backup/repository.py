"""A repository: the backups in one place; as a rule of one installation, and each says by the word of its life whose it is.

    mailwright-backup.json    what it is, and how it is encrypted
    pieces/ab/abcd…           pieces, each there once whatever backups it belongs to
    damaged/abcd…             pieces that were found damaged
    manifests/<name>.json     one for each backup, written last: its summary, and the pieces that list all others

Used by `copying`, `opening` and core. Raises OSError or TryLater when the place will not, BadInput for a wrong passphrase.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mailwright.domain import clock
from mailwright.domain.ids import new_id
from mailwright.domain.refusals import BadInput, NotFound, TryLater
from mailwright.storage.backup import sealing
from mailwright.storage.backup.contents import Contents, File, Pack, Summary, Table, is_ours, is_piece
from mailwright.storage.backup.places import Place, open_place
from mailwright.storage.backup.sealing import Damaged, Plain

if TYPE_CHECKING:
    from mailwright.storage.objectstores import ObjectOptions

FORMAT = 1
PIECE = 4 * 1024 * 1024
"""Bytes of a piece at most (before it is compressed), and so of what is in memory at once."""
MAX_CONTENTS = 256 * 1024 * 1024
"""Bytes of the list of all pieces: enough for ten terabytes."""
WRITERS = 4
"""Pieces compressed and written at once: a disk that syncs, or a service far away, is waited for by several."""
UNUSED_KEPT = clock.DAY  # a piece nobody names may be of a run in another place's name that is under way

_HEAD = "mailwright-backup.json"
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")


class Repository:
    """`open` it first. `known` are the pieces that are there.

    `life` is the word of those who ask, for whom the latest backup is their own; None: they have none yet.
    """

    def __init__(self, place: Place, sealer: Plain, head: str = "", life: str | None = None) -> None:
        self.place = place
        self.life = life
        self._sealer = sealer
        self._head = head  # its id
        self._known: set[bytes] = set()
        self.added = 0  # bytes written
        self._writers: ThreadPoolExecutor | None = None
        self._under_way: deque[Future[int]] = deque()

    @property
    def encrypted(self) -> bool:
        return self._sealer.encrypted

    # --- pieces -----------------------------------------------------------------------------------------------------

    def look_around(self) -> None:
        """Learn which pieces are there, so that none is written twice."""
        self._known = {bytes.fromhex(name) for name, _ in self._all_pieces()}

    def has(self, pieces: Iterable[str]) -> bool:
        return all(bytes.fromhex(piece) in self._known for piece in pieces)

    def put(self, data: bytes) -> str:
        """Keep a piece; its name. It is there for sure after `settle`. Raises what went wrong with an earlier one."""
        name = self._sealer.name(data)
        if bytes.fromhex(name) not in self._known:
            self._known.add(bytes.fromhex(name))
            if self._writers is None:
                self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="backup")
            self._under_way.append(self._writers.submit(self._write, name, data))
            while len(self._under_way) > 2 * WRITERS:
                self.added += self._under_way.popleft().result()
        return name

    def settle(self) -> None:
        """Wait for every piece. Raises OSError, TryLater."""
        while self._under_way:
            self.added += self._under_way.popleft().result()

    def close(self) -> None:
        """Let go of the threads; what they have not begun is given up."""
        if self._writers is not None:
            self._writers.shutdown(wait=True, cancel_futures=True)
            self._writers = None
        self._under_way.clear()

    def _write(self, name: str, data: bytes) -> int:
        sealed = self._sealer.seal(name, data)
        self.place.put(_key(name), sealed)
        return len(sealed)

    def get(self, name: str) -> bytes:
        """A piece, checked. Raises Damaged (gone is damaged), naming it."""
        if not is_piece(name):
            raise Damaged(f"{name[:16]!r}… is no piece")
        try:
            return self._sealer.open(name, self.place.get(_key(name)))
        except Damaged as problem:
            raise Damaged(f"piece {name[:16]}… is damaged: {problem}") from None
        except NotFound:
            raise Damaged(f"piece {name[:16]}… is gone") from None

    def set_aside(self, name: str) -> bool:
        """Move a damaged piece to `damaged/`, so that the next run writes it again; False when it is gone, or well after all.

        Raises OSError, TryLater, and Damaged when it is too large to be one of ours.
        """
        try:
            sealed = self.place.get(_key(name))
        except NotFound:
            return False
        try:
            self._sealer.open(name, sealed)
        except Damaged:
            self.place.put(f"damaged/{name}", sealed)
            self.place.delete(_key(name))
            return True
        return False

    # --- backups ----------------------------------------------------------------------------------------------------

    def finish(self, contents: Contents, summary: Summary) -> None:
        """Write the manifest: from now on the backup exists. Raises OSError, TryLater."""
        body = json.dumps(asdict(contents), separators=(",", ":")).encode()
        summary.body = [self.put(body[start : start + PIECE]) for start in range(0, len(body), PIECE)]
        self.settle()
        summary.added = self.added
        if _id_of(_head_at(self.place)) != self._head:
            raise TryLater(
                f"{self.place.name} was begun anew by somebody else meanwhile: what was copied could not be read"
            )
        head = json.dumps(asdict(summary)).encode()
        self.place.put(f"manifests/{summary.name}.json", self._sealer.seal(summary.name, head))

    def names(self) -> list[str]:
        """Every backup, the oldest first."""
        found = (kept.key.rpartition("/")[2].removesuffix(".json") for kept in self.place.keys("manifests"))
        return sorted(name for name in found if _NAME.fullmatch(name))

    def summaries(self) -> dict[str, Summary | None]:
        """Every backup, the oldest first; None for a manifest that is damaged."""
        found: dict[str, Summary | None] = {}
        for name in self.names():
            try:
                found[name] = self.summary(name)
            except Damaged:
                found[name] = None
        return found

    def summary(self, name: str = "latest") -> Summary:
        """One backup, or the newest of ours. Raises NotFound, Damaged, and BadInput where it is not known which are ours."""
        names = self.names()
        if name == "latest" and names:
            name = self._latest(names)
        if name not in names:
            raise NotFound(
                f"there is no backup {name} in {self.place.name}" if names else f"no backup is in {self.place.name}"
            )
        sealed = self.place.get(f"manifests/{name}.json")
        try:
            plain = self._sealer.uncovered(name, sealed) if isinstance(self._sealer, sealing.Encrypted) else sealed
            return Summary(**json.loads(Plain().open("", plain)))
        except (Damaged, ValueError, TypeError) as problem:
            raise Damaged(f"the manifest of {name} is damaged: {problem}") from None

    def _latest(self, names: list[str]) -> str:
        newest: dict[str, str] = {}  # by life
        damaged = None
        for name in reversed(names):
            try:
                life = self.summary(name).life
            except Damaged as problem:
                damaged, life = damaged or problem, ""
            if life and life == self.life:
                if damaged is not None:  # it may be one of ours that is newer
                    raise damaged
                return name
            newest.setdefault(life, name)
        there = ", ".join(sorted(name for life, name in newest.items() if life))
        if self.life is None and len(newest.keys() - {""}) > 1:
            raise BadInput(f"backups of several installations are in {self.place.name}: name one (the newest: {there})")
        if self.life is not None and there:
            raise NotFound(
                f"no backup in {self.place.name} is of this installation as it is since it was made or restored: "
                f"name one (the newest of others: {there})"
            )
        return names[-1]

    def contents(self, summary: Summary) -> Contents:
        """What a backup is made of. Raises Damaged."""
        try:
            body = bytearray()
            for piece in summary.body:
                body += self.get(piece)
                if len(body) > MAX_CONTENTS:
                    raise Damaged(f"what {summary.name} is made of is more than can be believed")
            raw: dict[str, Any] = json.loads(body)
            found = Contents(
                [Table(**each) for each in raw["tables"]],
                [Pack(**each) for each in raw["packs"]],
                [File(**each) for each in raw["files"]],
            )
            fine = is_ours(found)
        except (ValueError, TypeError, KeyError, RecursionError):
            fine = False
        if not fine:
            raise Damaged(f"what {summary.name} is made of cannot be read")
        return found

    def remove(self, names: Iterable[str]) -> None:
        """Forget backups; `sweep` then removes what only they needed. Raises OSError, TryLater."""
        for name in names:
            self.place.delete(f"manifests/{name}.json")

    def sweep(self, *, kept: clock.Instant = UNUSED_KEPT, check: Callable[[], None] = lambda: None) -> tuple[int, int]:
        """Remove the pieces no backup needs that are older than `kept`: how many, and their bytes.

        `check` is called before each, and raises when they must stay. Raises Damaged: then nothing goes.
        """
        needed: set[bytes] = set()
        for name in self.names():
            summary = self.summary(name)
            needed.update(bytes.fromhex(piece) for piece in summary.body)
            needed.update(bytes.fromhex(piece) for piece in self.contents(summary).pieces())
        before, count, octets = clock.now() - kept, 0, 0
        for kept_one in self.place.keys("pieces"):
            name = kept_one.key.rpartition("/")[2]
            wanted = is_piece(name) and bytes.fromhex(name) in needed
            if not wanted and kept_one.written_at <= before:
                check()
                self.place.delete(kept_one.key)
                count, octets = count + 1, octets + kept_one.size
        return count, octets

    def _all_pieces(self) -> Iterator[tuple[str, int]]:
        for kept in self.place.keys("pieces"):
            name = kept.key.rpartition("/")[2]
            if is_piece(name):
                yield name, kept.size


def open_repository(
    url: str,
    passphrase: str | None = None,
    *,
    options: ObjectOptions | None = None,
    life: str | None = None,
    create: bool = False,
) -> Repository:
    """The repository at a place, made when it is new and `create`; `options` are of a bucket. Raises NotFound, BadInput, TryLater, OSError."""
    return repository_at(open_place(url, options), passphrase, life=life, create=create)


def repository_at(
    place: Place, passphrase: str | None = None, *, life: str | None = None, create: bool = False
) -> Repository:
    """The same, when the place is open."""
    head = _head_at(place)
    if head is None and not create:
        raise NotFound(f"there are no backups in {place.name}")
    if head is None:
        used = next(place.keys("manifests"), None) or next(place.keys("pieces"), None)
        if used and _head_at(place) is None:  # else somebody began just now
            raise BadInput(f"{_HEAD} is gone from {place.name}, and with it how the backups there are read")
        _, remembered = sealing.begin(passphrase)
        made = {"format": FORMAT, "id": new_id(), "encryption": remembered}
        place.put_new(_HEAD, json.dumps(made, indent=2).encode())
        head = _head_at(place)  # that of whoever was first
        if head is None:
            raise TryLater(f"{place.name} does not have what was put there")
    return Repository(place, sealing.again(passphrase, head["encryption"]), _id_of(head), life)


def _head_at(place: Place) -> dict[str, Any] | None:
    try:
        head = json.loads(place.get(_HEAD))
    except NotFound:
        return None
    except (ValueError, Damaged):
        raise BadInput(f"{_HEAD} in {place.name} is damaged") from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BadInput(f"{place.name} holds backups of a form this version does not know")
    return head


def _id_of(head: dict[str, Any] | None) -> str:
    return "" if head is None else str(head.get("id", ""))


def new_name(moment: clock.Instant) -> str:
    """A name that sorts by time, to the microsecond."""
    at = clock.to_datetime(moment)
    return f"{at:%Y%m%dT%H%M%SZ}-{at.microsecond:05x}{new_id()[-3:]}"


def taken_at(name: str) -> clock.Instant:
    """When a backup of that name was begun, to the second."""
    from datetime import UTC, datetime

    return clock.from_datetime(datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))


def _key(name: str) -> str:
    return f"pieces/{name[:2]}/{name}"
