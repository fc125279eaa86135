"""Another IMAP server, as a source of imports.

Called by `mailwright import`. Reads only (EXAMINE, BODY.PEEK); messages are fetched a few megabytes at a time.
Promises: a message keeps its item name (mailbox, UIDVALIDITY, UID); passwords are used and not kept.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from mailwright.domain import clock
from mailwright.domain.refusals import AuthenticationFailed, BadInput, TryLater
from mailwright.domain.transfer import ROLES_BY_NAME, Found, Unreadable

TIMEOUT_SECONDS = 60.0
ASKED_AT_ONCE = 200
OCTETS_AT_ONCE = 8 * 1024 * 1024
_FLAGS = {b"\\seen": 1, b"\\answered": 2, b"\\flagged": 4, b"\\deleted": 8, b"\\draft": 16}
_USES = {b"\\drafts": "drafts", b"\\sent": "sent", b"\\trash": "trash", b"\\junk": "junk", b"\\archive": "archive"}
_UNSELECTABLE = {b"\\noselect", b"\\nonexistent"}
_EVERYTHING = {b"\\all", b"\\flagged", b"\\important"}  # views of what is in other mailboxes

Known = Callable[[Sequence[str]], set[str]]


class ImapSource:
    """The mailboxes of one account at `url`: imaps://name@host:port or imap:// (STARTTLS where it is offered).

    `clear` lets the password travel without TLS. Raises BadInput, AuthenticationFailed, TryLater.
    """

    def __init__(self, url: str, password: str, *, verify: bool = True, clear: bool = False) -> None:
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
        self._folders = self._list()

    def count(self) -> int | None:
        """The sum of what STATUS says."""
        total = 0
        for folder, _, _ in self._folders:
            with contextlib.suppress(IMAPClientError):
                total += int(self._client.folder_status(folder, ["MESSAGES"]).get(b"MESSAGES", 0))
        return total

    def mailboxes(self) -> Iterator[tuple[str, str | None]]:
        """Every mailbox, with the role the server or its name tells."""
        for _, name, role in self._folders:
            yield name, role

    def messages(self, known: Known) -> Iterator[Found | Unreadable]:
        """Every message that is not known. Raises TryLater when the connection breaks: the next run goes on."""
        try:
            for folder, name, role in self._folders:
                yield from self._messages(folder, name, role, known)
        except (OSError, IMAPClientError) as error:
            raise TryLater(f"the other server: {_first_line(error)}") from None

    def close(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(OSError, IMAPClientError):
            self._client.logout()

    def _messages(self, folder: str, name: str, role: str | None, known: Known) -> Iterator[Found | Unreadable]:
        selected = self._client.select_folder(folder, readonly=True)
        validity = selected.get(b"UIDVALIDITY", 0)
        uids: list[int] = sorted(self._client.search("ALL")) if selected.get(b"EXISTS") else []
        for start in range(0, len(uids), ASKED_AT_ONCE):
            items = {f"{name};{validity};{uid}": uid for uid in uids[start : start + ASKED_AT_ONCE]}
            there = known(list(items))
            wanted = {uid: item for item, uid in items.items() if item not in there}
            if not wanted:
                continue
            sizes = self._client.fetch(list(wanted), ["RFC822.SIZE"])
            batch: list[int] = []
            octets = 0
            for uid in wanted:
                size = int(sizes.get(uid, {}).get(b"RFC822.SIZE", 0))
                if batch and octets + size > OCTETS_AT_ONCE:
                    yield from self._fetch(batch, wanted, name, role)
                    batch, octets = [], 0
                batch.append(uid)
                octets += size
            yield from self._fetch(batch, wanted, name, role)

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
                date=clock.from_datetime(date) if date is not None and date.tzinfo else None,
            )

    def _list(self) -> list[tuple[str, str, str | None]]:
        found = []
        for flags, separator, folder in self._client.list_folders():
            lowered = {flag.lower() for flag in flags}
            if lowered & (_UNSELECTABLE | _EVERYTHING):
                continue
            mark = separator.decode() if isinstance(separator, bytes) else separator
            name = folder if not mark or mark == "/" else folder.replace("/", "_").replace(mark, "/")
            name = "INBOX" if name.upper() == "INBOX" else name
            role = next((_USES[flag] for flag in lowered if flag in _USES), None) or ROLES_BY_NAME.get(name.lower())
            found.append((folder, name, role))
        return found


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
