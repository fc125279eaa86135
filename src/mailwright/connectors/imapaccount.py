"""Somebody's IMAP account elsewhere, as the assistant needs it: new mail, conversations, drafts, what was sent, and keywords.

Used by `agents.assistant.imapinbox` and `looks_imap`, one object for a short while (a step, a look).
Promises: reading marks nothing as read (EXAMINE, BODY.PEEK); a message keeps its name (UIDVALIDITY and UID) and is found by its Message-ID
where that name is no more; a search's answer is believed only after the field itself was looked at, since servers search for parts of
words; a draft is put once for a Message-ID. Raises TryLater and AuthenticationFailed, and nothing else; `check` also what is wrong with
the server that was named.
Does not: move or remove anybody's mail (drafts it made itself, when told so), or send.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from imapclient.exceptions import IMAPClientError

from mailwright.connectors import imapasking as asking
from mailwright.connectors.imapasking import INBOX, Fetched, News
from mailwright.connectors.imapsession import Session
from mailwright.connectors.publicweb import Resolver
from mailwright.domain.clock import Instant
from mailwright.domain.elsewhere import Server
from mailwright.domain.refusals import BadInput, NotPermitted, TryLater
from mailwright.domain.transfer import ROLES_BY_NAME

T = TypeVar("T")

MAX_ADDRESS = 320  # characters of an address that is searched for
_DRAFT = re.compile(r"(\d{1,10}\.\d{1,10})(<[!-;=?-~]{1,500}>)")
_USES = {b"\\drafts": "drafts", b"\\sent": "sent"}
_UNSELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})


class ImapAccount:
    """The account of `server`, looked at for `whose`. `allow_private` lets it be inside our own network; `context` is for tests."""

    def __init__(
        self,
        server: Server,
        password: str,
        resolver: Resolver,
        *,
        whose: str = "",
        allow_private: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._session = Session(server, password, resolver, whose=whose, allow_private=allow_private, context=context)
        self._folders: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"ImapAccount({self._session.server.host})"

    async def check(self) -> None:
        """Sign in and open the INBOX. Raises BadInput, NotPermitted, AuthenticationFailed, TryLater."""
        await self._session.run(lambda client: client.select_folder(INBOX, readonly=True))

    async def news(self, cursor: str, *, since: Instant, most: int) -> News:
        """At most `most` messages that came after `cursor`; those since `since`, the newest, when there is no cursor that helps."""
        return await self._run(lambda client: asking.news(client, cursor, since, most))

    async def message(self, name: str, header_id: str) -> Fetched | None:
        """A message of the INBOX, also when its UID is another by now; None when it is there no more."""

        def work(client: Any) -> Fetched | None:
            found = asking.still(client, INBOX, name, header_id)
            return None if found is None else next(iter(asking.fetch(client, found[1], [found[0]], sent=False)), None)

        return await self._run(work)

    async def conversation(self, header_ids: Sequence[str], most: int) -> list[Fetched]:
        """The messages of the INBOX and of Sent that have one of these Message-IDs or refer to one, oldest first; the newest `most`."""

        def work(client: Any) -> list[Fetched]:
            found: list[Fetched] = []
            sent = self._folder(client, "sent")
            for folder in [INBOX] if sent is None else [INBOX, sent]:
                uids = asking.related(client, folder, header_ids)[-most:]
                found += asking.fetch(client, asking.select(client, folder), uids, sent=folder == sent)
            return sorted(found, key=lambda each: (each.received_at, each.id))[-most:]

        return await self._run(work) if asking.chosen(header_ids) and most > 0 else []

    async def answered(self, name: str, header_id: str) -> bool:
        """Whether the message was answered: something in Sent refers to it, or a mail program says so (\\Answered)."""

        def work(client: Any) -> bool:
            sent = self._folder(client, "sent")
            if sent is not None and asking.related(client, sent, [header_id], own=False):
                return True
            found = asking.still(client, INBOX, name, header_id)
            if found is None:
                return False
            flags = client.fetch([found[0]], ["FLAGS"]).get(found[0], {}).get(b"FLAGS", ())
            return any(isinstance(flag, bytes) and flag.lower() == b"\\answered" for flag in flags)

        return await self._run(work)

    async def wrote_to(self, address: str) -> bool:
        """Whether something in Sent went to that address (`Address.key`)."""

        def work(client: Any) -> bool:
            sent = self._folder(client, "sent")
            return sent is not None and asking.went_to(client, sent, address)

        plain = address.isascii() and address.isprintable() and len(address) <= MAX_ADDRESS and "@" in address
        return await self._run(work) if plain else False

    async def newest_sent(self, most: int) -> list[Fetched]:
        """What was sent last, the newest first."""

        def work(client: Any) -> list[Fetched]:
            sent = self._folder(client, "sent")
            opened = None if sent is None else asking.select(client, sent)
            if opened is None or not opened.count or most <= 0:
                return []
            uids = asking.search(client, [f"{max(1, opened.count - most + 1)}:{opened.count}"])
            found = asking.fetch(client, opened, uids, sent=True)
            return sorted(found, key=lambda each: each.received_at, reverse=True)

        return await self._run(work)

    async def mark(self, name: str, header_id: str, *, add: Sequence[str], remove: Iterable[str]) -> bool:
        """Give a message keywords and take others away, where the server keeps any. False: it does not, or the message is gone."""

        def work(client: Any) -> bool:
            found = asking.still(client, INBOX, name, header_id, readonly=False)
            if found is None:
                return False
            uid, opened = found
            wanted = [each for each in add if opened.any_keyword or each.lower().encode() in opened.kept]
            gone = [each for each in remove if opened.any_keyword or each.lower().encode() in opened.kept]
            if gone:
                client.remove_flags([uid], gone, silent=True)
            if wanted:
                client.add_flags([uid], wanted, silent=True)
            return len(wanted) == len(add)

        return await self._run(work)

    # --- drafts -------------------------------------------------------------------------------------------------------

    async def find_draft(self, header_id: str) -> str | None:
        """The name of the draft with that Message-ID, or of what was sent with it."""

        def work(client: Any) -> str | None:
            for role, before in (("drafts", ""), ("sent", "sent:")):
                folder = self._folder(client, role)
                found = None if folder is None else asking.by_header_id(client, folder, header_id)
                if found is not None:
                    return f"{before}{found[1].validity}.{found[0]}{header_id}"
            return None

        return await self._run(work) if asking.is_id(header_id) else None

    async def put_draft(self, raw: bytes, header_id: str) -> str:
        """Put a draft; its name. One with that Message-ID that is there already is the one."""

        def work(client: Any) -> str:
            folder = self._folder(client, "drafts") or self._new_drafts(client)
            found = asking.by_header_id(client, folder, header_id)
            if found is None:
                client.append(folder, raw, flags=(b"\\Draft", b"\\Seen"))
                found = asking.by_header_id(client, folder, header_id)
            if found is None:
                raise TryLater("the draft was put and cannot be found")
            return f"{found[1].validity}.{found[0]}{header_id}"

        return await self._run(work)

    async def draft(self, name: str) -> bytes | None:
        """A draft as it is now, or what was sent of it; None when it is there no more."""
        place = _DRAFT.fullmatch(name.removeprefix("sent:"))
        if place is None:
            return None
        role = "sent" if name.startswith("sent:") else "drafts"

        def work(client: Any) -> bytes | None:
            folder = self._folder(client, role)
            found = None if folder is None else asking.still(client, folder, place[1], place[2])
            kept = [] if found is None else asking.fetch(client, found[1], [found[0]], sent=False)
            return kept[0].raw if kept else None

        return await self._run(work)

    async def remove_draft(self, name: str) -> None:
        """Take a draft away; one that is there no more is no error, and what was sent stays."""
        place = _DRAFT.fullmatch(name)
        if place is None:
            return

        def work(client: Any) -> None:
            folder = self._folder(client, "drafts")
            found = None if folder is None else asking.still(client, folder, place[1], place[2], readonly=False)
            if found is None:
                return
            client.delete_messages([found[0]], silent=True)
            if client.has_capability("UIDPLUS"):  # RFC 4315 §2.1: else it would take along what others marked
                client.uid_expunge([found[0]])

        await self._run(work)

    async def close(self) -> None:
        """Let the connection go."""
        await self._session.close()

    async def _run(self, work: Callable[[Any], T]) -> T:
        try:
            return await self._session.run(work)
        except (BadInput, NotPermitted) as refusal:  # it was right when it was connected, and may be again
            raise TryLater(str(refusal)) from None

    def _folder(self, client: Any, role: str) -> str | None:
        """The mailbox for that: the server says so (RFC 6154), or its name does."""
        if self._folders is None:
            told: dict[str, str] = {}
            named: dict[str, str] = {}
            for flags, separator, name in client.list_folders():
                lowered = {flag.lower() for flag in flags if isinstance(flag, bytes)}
                if lowered & _UNSELECTABLE or not isinstance(name, str):
                    continue
                for use in lowered & _USES.keys():
                    told.setdefault(_USES[use], name)
                mark = separator.decode("ascii", "replace") if isinstance(separator, bytes) else separator
                last = name.rsplit(mark, 1)[-1] if mark else name
                by_name = ROLES_BY_NAME.get(last.lower())
                if by_name in ("drafts", "sent"):
                    named.setdefault(by_name, name)
            self._folders = named | told
        return self._folders.get(role)

    def _new_drafts(self, client: Any) -> str:
        with contextlib.suppress(IMAPClientError):  # there is one that LIST did not call so
            client.create_folder("Drafts")
            client.subscribe_folder("Drafts")
        assert self._folders is not None
        self._folders["drafts"] = "Drafts"
        return "Drafts"
