"""Mail in files, as a source of imports: Maildir trees and mbox files.

Called by `mailwright import`. A Maildir is a folder with cur and new; mailboxes below it are Maildir++ folders (`.Work.2026`) or
folders of their own (`Work/2026`). mbox files are named by their paths. Reads one message at a time.
Promises: nothing at the source is changed; a message keeps its item name whatever flags it gets later, and wherever in an mbox
it stands. Links inside a tree are not followed and only plain files are opened: a tree may belong to somebody else.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mailwright.codecs import mbox
from mailwright.codecs.imap import names
from mailwright.codecs.imap.errors import PeerError
from mailwright.domain.clock import SECOND
from mailwright.domain.ids import checksum
from mailwright.domain.refusals import BadInput, MessageTooLarge
from mailwright.domain.transfer import ROLES_BY_NAME, Found, Unreadable

ASKED_AT_ONCE = 200
PIECE = 1024 * 1024
LARGEST_MESSAGE = 128 * 1024 * 1024  # octets, where nobody says how large a message may be
LARGEST_KEYWORDS_FILE = 64 * 1024
_FLAGS = {"S": 1, "R": 2, "F": 4, "T": 8, "D": 16}
_MBOX_ENDINGS = (".mbox", ".mbx")

Known = Callable[[Sequence[str]], set[str]]


def is_maildir(path: Path) -> bool:
    """Whether the folder is a Maildir."""
    return all((path / name).is_dir() and not (path / name).is_symlink() for name in ("cur", "new"))


def open_files(path: Path, form: str = "auto", *, largest: int = LARGEST_MESSAGE) -> Maildir | MboxFiles:
    """The source at `path`; `form` is auto, maildir or mbox, `largest` what a message may have of octets. Raises BadInput."""
    if not path.exists():
        raise BadInput(f"there is nothing at {path}")
    if form == "maildir" or (form == "auto" and path.is_dir() and any(_maildirs(path))):
        if not path.is_dir() or not any(_maildirs(path)):
            raise BadInput(f"{path} is no Maildir: it has no folders cur and new")
        return Maildir(path, largest)
    if path.is_dir() and not any(_mbox_files(path)):
        raise BadInput(f"{path} holds neither Maildirs nor mbox files")
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(5)
        if start not in (b"From ", b""):
            raise BadInput(f"{path} is no mbox file: it does not begin with a From line")
    return MboxFiles(path, largest)


class Maildir:
    """A tree of Maildirs."""

    def __init__(self, path: Path, largest: int = LARGEST_MESSAGE) -> None:
        self.path = path.absolute()
        self._largest = largest
        self.name = f"maildir:{self.path}"

    def count(self) -> int | None:
        """How many files there are."""
        return sum(len(_entries(folder / sub)) for folder in _maildirs(self.path) for sub in ("cur", "new"))

    def mailboxes(self) -> Iterator[tuple[str, str | None]]:
        """Every mailbox, with the role its name tells."""
        for folder in _maildirs(self.path):
            name = self._mailbox(folder)
            yield name, ROLES_BY_NAME.get(name.lower())

    def messages(self, known: Known) -> Iterator[Found | Unreadable]:
        """Every message that is not known."""
        for folder in _maildirs(self.path):
            mailbox = self._mailbox(folder)
            keywords = _keyword_letters(folder)
            entries = [(sub, name) for sub in ("cur", "new") for name in _entries(folder / sub)]
            for start in range(0, len(entries), ASKED_AT_ONCE):
                part = [
                    (f"{mailbox}/{name.partition(':')[0]}", sub, name)
                    for sub, name in entries[start : start + ASKED_AT_ONCE]
                ]
                there = known([item for item, _, _ in part])
                for item, sub, name in part:
                    if item not in there:
                        yield _maildir_message(item, mailbox, folder / sub / name, keywords, self._largest)

    def _mailbox(self, folder: Path) -> str:
        if folder == self.path:
            return "INBOX"
        levels = []
        for part in folder.relative_to(self.path).parts:
            levels += part[1:].split(".") if part.startswith(".") else [part]
        return "/".join(_decoded(level).replace("/", "_") for level in levels if level) or "INBOX"


class MboxFiles:
    """One mbox file, or a folder of them."""

    def __init__(self, path: Path, largest: int = LARGEST_MESSAGE) -> None:
        self.path = path.absolute()
        self._largest = largest
        self.name = f"mbox:{self.path}"

    def count(self) -> int | None:
        """Nobody knows before they are read."""
        return None

    def mailboxes(self) -> Iterator[tuple[str, str | None]]:
        """Every mailbox, with the role its name tells."""
        for _, mailbox in self._files():
            yield mailbox, ROLES_BY_NAME.get(mailbox.lower())

    def messages(self, known: Known) -> Iterator[Found | Unreadable]:
        """Every message that is not known."""
        for path, mailbox in self._files():
            waiting: list[mbox.Entry] = []
            seen: Counter[str] = Counter()
            with path.open("rb") as file:
                reader = mbox.MboxReader(self._largest)
                ended = False
                while not ended:
                    piece = file.read(PIECE)
                    ended = not piece
                    for entry in reader.close() if ended else reader.feed(piece):
                        if isinstance(entry, mbox.MessageTooLong):
                            yield Unreadable(f"{mailbox}@{entry.offset}", "the message is too long")
                            continue
                        waiting.append(entry)
                    if len(waiting) >= ASKED_AT_ONCE or sum(len(entry.raw) for entry in waiting) > PIECE:
                        yield from _mbox_messages(mailbox, waiting, seen, known)
                        waiting = []
            yield from _mbox_messages(mailbox, waiting, seen, known)

    def _files(self) -> Iterator[tuple[Path, str]]:
        if self.path.is_file():
            yield self.path, _without_ending(self.path.name)
            return
        for path in _mbox_files(self.path):
            parts = path.relative_to(self.path).parts
            yield path, "/".join([*(part.removesuffix(".sbd") for part in parts[:-1]), _without_ending(parts[-1])])


def _maildir_message(item: str, mailbox: str, path: Path, keywords: dict[str, str], largest: int) -> Found | Unreadable:
    marks = path.name.partition(":2,")[2]
    try:
        status = path.lstat()
    except OSError as error:
        return Unreadable(item, str(error.strerror))
    if not stat.S_ISREG(status.st_mode):
        return Unreadable(item, "it is no plain file")
    flags = 0
    for letter in marks:
        flags |= _FLAGS.get(letter, 0)
    return Found(
        item,
        mailbox,
        lambda: _plain(path, largest),
        role=ROLES_BY_NAME.get(mailbox.lower()),
        flags=flags,
        keywords=tuple(keywords[letter] for letter in marks if letter in keywords),
        date=int(status.st_mtime * SECOND),
    )


def _plain(path: Path, largest: int) -> bytes:
    """The content of a plain file. Raises OSError, MessageTooLarge. A pipe would be waited for, a device never end."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is no plain file")
        data = file.read(largest + 1)
    if len(data) > largest:
        raise MessageTooLarge(f"the message is larger than {largest} bytes")
    return data


def _mbox_messages(mailbox: str, entries: list[mbox.Entry], seen: Counter[str], known: Known) -> Iterator[Found]:
    """An offset is no name: a mail program that takes a message out moves all behind it. The content is, and for one that
    stands there twice, how often it was `seen` before."""
    items = []
    for entry in entries:
        digest = checksum(entry.raw)[:32]
        items.append(f"{mailbox}#{digest}.{seen[digest]}")
        seen[digest] += 1
    there = known(items)
    for item, entry in zip(items, entries, strict=True):
        if item not in there:
            yield Found(
                item,
                mailbox,
                lambda raw=entry.raw: raw,  # type: ignore[misc]
                role=ROLES_BY_NAME.get(mailbox.lower()),
                flags=entry.flags,
                keywords=entry.keywords,
                date=entry.date,
            )


def _maildirs(root: Path) -> Iterator[Path]:
    """The Maildirs of a tree, the root first. Links are not followed: a tree must not contain itself."""
    for folder, names_, _ in os.walk(root):
        path = Path(folder)
        if is_maildir(path):
            yield path
        names_[:] = sorted(name for name in names_ if name not in ("cur", "new", "tmp"))


def _mbox_files(root: Path) -> Iterator[Path]:
    for folder, names_, files in os.walk(root):
        names_.sort()
        for name in sorted(files):
            path = Path(folder) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                if file.read(5) == b"From ":
                    yield path


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except FileNotFoundError:
        return []


def _keyword_letters(folder: Path) -> dict[str, str]:
    """Dovecot's file of keywords: a number and a name in each line; 0 is the letter a."""
    try:
        data = _plain(folder / "dovecot-keywords", LARGEST_KEYWORDS_FILE)
    except (OSError, MessageTooLarge):
        return {}
    letters = {}
    for line in data.decode("utf-8", "replace").splitlines():
        number, _, keyword = line.partition(" ")
        if number.isascii() and number.isdigit() and len(number) < 3 and int(number) < 26 and keyword.strip():
            letters[chr(ord("a") + int(number))] = keyword.strip()
    return letters


def _decoded(level: str) -> str:
    try:
        return names.decode(level.encode("ascii"), utf8=False)
    except (PeerError, UnicodeEncodeError):
        return level


def _without_ending(name: str) -> str:
    for ending in _MBOX_ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name
