"""Another IMAP server, as a source of imports.

Called by `mailwright import`. Reads only (EXAMINE, BODY.PEEK); messages are fetched a few megabytes at a time.
Promises: a message keeps its item name (mailbox, UIDVALIDITY, UID); passwords are used and not kept; what a server says that
cannot be understood, or is too much, ends the import with a clear word.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from imapclient.exceptions import IMAPClientError

from imapclient import IMAPClient
from mailwright.domain import clock
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater
from mailwright.domain.transfer import ROLES_BY_NAME, Found, Unreadable

TIMEOUT_SECONDS = 60.0
ASKED_AT_ONCE = 200
OCTETS_AT_ONCE = 8 * 1024 * 1024
LARGEST_MESSAGE = 128 * 1024 * 1024  # octets, where nobody says how large a message may be
UIDS_AT_ONCE = 50_000  # in one answer to SEARCH: a line of 500 KB at most, half of what imaplib takes
BROKEN = (IMAPClientError, OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError)
"""What the libraries raise on a connection that ends, or on answers that are none."""
_FLAGS = {b"\\seen": 1, b"\\answered": 2, b"\\flagged": 4, b"\\deleted": 8, b"\\draft": 16}
_USES = {b"\\drafts": "drafts", b"\\sent": "sent", b"\\trash": "trash", b"\\junk": "junk", b"\\archive": "archive"}
_UNSELECTABLE = {b"\\noselect", b"\\nonexistent"}
_VIEWS = {b"\\flagged", b"\\important"}  # of what is in other mailboxes
_EVERYTHING = b"\\all"
_GMAIL = b"X-GM-EXT-1"
_GMAIL_ID = b"X-GM-MSGID"
"""At Gmail a message that was archived is in "All Mail" alone, and one with labels there and in others: its own id tells."""

Known = Callable[[Sequence[str]], set[str]]


class ImapSource:
    """The mailboxes of one account at `url`: imaps://name@host:port or imap:// (STARTTLS where it is offered).

    `clear` lets the password travel without TLS; `largest` is what a message may have of octets. Raises BadInput,
    AuthenticationFailed, TryLater.
    """

    def __init__(
        self, url: str, password: str, *, verify: bool = True, clear: bool = False, largest: int = LARGEST_MESSAGE
    ) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise BadInput(f"{url!r} has a port that is none") from None
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
            raise BadInput("should be an address like imaps://name@host:port")
        self._user = unquote(parts.username)
        self.name = f"{parts.scheme}://{self._user}@{parts.hostname}" + (f":{port}" if port else "")
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        secure = parts.scheme == "imaps"
        try:
            self._client = IMAPClient(
                parts.hostname, port=port, ssl=secure, ssl_context=context if secure else None, timeout=TIMEOUT_SECONDS
            )
            if not secure and b"STARTTLS" in self._client.capabilities():
                self._client.starttls(context)
            elif not secure and not clear:
                raise BadInput(f"{parts.hostname} offers no TLS; --clear sends the password all the same")
        except ssl.SSLCertVerificationError as error:
            raise BadInput(f"{parts.hostname}: its certificate is not trusted ({error.verify_message})") from None
        except (OSError, IMAPClientError) as error:
            raise TryLater(f"{parts.hostname} cannot be reached: {_first_line(error)}") from None
        try:
            self._client.login(self._user, password)
        except IMAPClientError as error:
            raise AuthenticationFailed(f"{parts.hostname} did not let {self._user} in: {_first_line(error)}") from None
        self._client.normalise_times = False
        self._largest = largest
        self._limit_literals()
        self._everything: set[str] = set()
        try:
            self._gmail = _GMAIL in self._client.capabilities()
            self._folders = self._list()
        except BROKEN as error:
            raise TryLater(f"{parts.hostname}: {_first_line(error)}") from None

    def count(self) -> int | None:
        """The sum of what STATUS says."""
        total = 0
        for folder, _, _ in self._folders:
            with contextlib.suppress(*BROKEN):
                total += int(self._client.folder_status(folder, ["MESSAGES"]).get(b"MESSAGES", 0))
        return total

    def mailboxes(self) -> Iterator[tuple[str, str | None]]:
        """Every mailbox, with the role the server or its name tells."""
        for _, name, role in self._folders:
            yield name, role

    def messages(self, known: Known) -> Iterator[Found | Unreadable]:
        """Every message that is not known. Raises TryLater when the connection breaks: the next run goes on."""
        try:
            elsewhere: set[int] = set()
            for folder, name, role in self._folders:
                yield from self._messages(folder, name, role, known, elsewhere)
        except BROKEN as error:
            raise TryLater(f"the other server: {_first_line(error)}") from None

    def close(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(*BROKEN):
            self._client.logout()

    def _limit_literals(self) -> None:
        """A literal is read in one piece, whatever its size: a server must not decide how much memory that takes."""
        connection = self._client._imap
        read, limit = connection.read, self._largest + OCTETS_AT_ONCE

        def limited(size: int) -> bytes:
            if size > limit:
                raise IMAPClientError(f"it sends {size} octets at once")
            data: bytes = read(size)
            return data

        connection.read = limited

    def _messages(
        self, folder: str, name: str, role: str | None, known: Known, elsewhere: set[int]
    ) -> Iterator[Found | Unreadable]:
        selected = self._client.select_folder(folder, readonly=True)
        validity = selected.get(b"UIDVALIDITY", 0)
        uids = self._uids(int(selected.get(b"EXISTS") or 0))
        if self._gmail:
            uids = self._unseen(uids, elsewhere, everything=folder in self._everything)
        for start in range(0, len(uids), ASKED_AT_ONCE):
            # The folder's own name: two of them may become one name of ours.
            items = {f"{folder};{validity};{uid}": uid for uid in uids[start : start + ASKED_AT_ONCE]}
            there = known(list(items))
            wanted = {uid: item for item, uid in items.items() if item not in there}
            if not wanted:
                continue
            sizes = self._client.fetch(list(wanted), ["RFC822.SIZE"])
            for uid in list(wanted):
                if int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0)) > self._largest:
                    yield Unreadable(wanted.pop(uid), f"the message is larger than {self._largest} bytes")
            batch: list[int] = []
            octets = 0
            for uid in wanted:
                size = int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0))
                if batch and octets + size > OCTETS_AT_ONCE:
                    yield from self._fetch(batch, wanted, name, role)
                    batch, octets = [], 0
                batch.append(uid)
                octets += size
            if batch:
                yield from self._fetch(batch, wanted, name, role)

    def _unseen(self, uids: list[int], elsewhere: set[int], *, everything: bool) -> list[int]:
        """The messages to look at, their ids noted: of the mailbox with everything, which comes last, those nowhere else."""
        wanted: list[int] = []
        for start in range(0, len(uids), UIDS_AT_ONCE // 10):
            part = uids[start : start + UIDS_AT_ONCE // 10]
            ids = {uid: int(answer.get(_GMAIL_ID, 0)) for uid, answer in self._client.fetch(part, [_GMAIL_ID]).items()}
            wanted += [uid for uid in part if not everything or ids.get(uid) not in elsewhere]
            elsewhere.update(ids.values())
        return wanted

    def _uids(self, count: int) -> list[int]:
        """Every uid of the selected folder: by ranges of numbers, since an answer is one line and lines have an end."""
        found: set[int] = set()
        for low in range(1, count + 1, UIDS_AT_ONCE):
            found.update(map(int, self._client.search([f"{low}:{min(low + UIDS_AT_ONCE - 1, count)}"])))
        return sorted(found)

    def _fetch(
        self, uids: list[int], items: dict[int, str], name: str, role: str | None
    ) -> Iterator[Found | Unreadable]:
        answers: dict[int, dict[bytes, Any]] = self._client.fetch(uids, ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])
        for uid in uids:
            answer = answers.get(uid, {})
            raw = answer.get(b"BODY[]")
            if raw is None:
                yield Unreadable(items[uid], "the server did not give it out")
                continue
            flags, keywords = 0, []
            for flag in answer.get(b"FLAGS", ()):
                if not isinstance(flag, bytes):
                    continue  # a number, which is no flag we would keep
                bit = _FLAGS.get(flag.lower())
                if bit:
                    flags |= bit
                elif not flag.startswith(b"\\"):
                    keywords.append(flag.decode("ascii", "replace"))
            date = answer.get(b"INTERNALDATE")
            yield Found(
                items[uid],
                name,
                lambda raw=raw: bytes(raw),  # type: ignore[misc]
                role=role,
                flags=flags,
                keywords=tuple(keywords),
                date=_instant(date),
            )

    def _list(self) -> list[tuple[str, str, str | None]]:
        found, last = [], []
        for flags, separator, folder in self._client.list_folders():
            lowered = {flag.lower() for flag in flags}
            if lowered & (_UNSELECTABLE | _VIEWS) or (_EVERYTHING in lowered and not self._gmail):
                continue
            mark = separator.decode() if isinstance(separator, bytes) else separator
            name = folder if not mark or mark == "/" else folder.replace("/", "_").replace(mark, "/")
            name = "INBOX" if name.upper() == "INBOX" else name
            role = next((_USES[flag] for flag in lowered if flag in _USES), None) or ROLES_BY_NAME.get(name.lower())
            if _EVERYTHING in lowered:
                self._everything.add(folder)
                last.append((folder, "Archive", "archive"))
            else:
                found.append((folder, name, role))
        return found + last


def _instant(date: datetime | None) -> clock.Instant | None:
    """None for a moment that cannot be told, in the year 1 in another zone."""
    try:
        return clock.from_datetime(date) if date is not None and date.tzinfo else None
    except (OverflowError, ValueError):
        return None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
