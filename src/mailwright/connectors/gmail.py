"""One Gmail account through Gmail's API: its mail, threads, labels, drafts, and the history of all that. It has no call that sends.

Made for each piece of work by whoever wires it (`installation`), with `spend` (`core.quotas`: units are taken before every call) and
`renewed`, which is given tokens that were renewed, to be sealed and kept. Promises: an access token that ran out is renewed once and
the call made again; nothing read is marked as read; labels are names here, whatever their ids. Refusals are NotFound, TryLater (rate
limits, errors of Gmail's, no answer or one that cannot be understood), AuthenticationFailed (its owner must sign in again), and from
`history` HistoryGone. No text of a mail is logged.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import structlog
from prometheus_client import Counter, Histogram

from mailwright.connectors import gmailanswers as answers
from mailwright.connectors.gmailwire import CallFailed
from mailwright.connectors.google import Google, Tokens
from mailwright.domain import clock
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.gmail import INBOX, SENT, Fetched, History, HistoryGone
from mailwright.domain.refusals import AuthenticationFailed, NotFound, Refusal, TryLater

T = TypeVar("T")

UNITS: Final = {
    "getProfile": 1,
    "watch": 100,
    "stop": 50,
    "history.list": 2,
    "messages.list": 5,
    "messages.get": 5,
    "messages.modify": 5,
    "threads.get": 10,
    "labels.list": 1,
    "labels.create": 5,
    "drafts.create": 10,
    "drafts.get": 5,
    "drafts.list": 5,
    "drafts.delete": 10,
}
"""What Gmail charges for a call ("Usage limits" of its API's documentation)."""
EARLY: Instant = 60 * SECOND  # tokens are renewed so long before they end: a call takes time, and clocks differ
PAGE = 500  # the most of one answer
MAX_HISTORY_PAGES = 40  # 20,000 changes: looking the mailbox through is less work
_LIMITS = frozenset(
    ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "backendError"]
)
_OWNERS = frozenset(["insufficientPermissions", "authError", "domainPolicy", "failedPrecondition", "PERMISSION_DENIED"])
"""Reasons only the account's owner, or who manages it for them, can do something about."""

log = structlog.get_logger(__name__)

_calls = Counter(
    "mailwright_gmail_calls_total", "Calls of Gmail's API, by endpoint and status.", ["endpoint", "status"]
)
_seconds = Histogram("mailwright_gmail_seconds", "How long calls of Gmail's API took.", ["endpoint"])


class Gmail:
    """One account, at `url`, by its tokens. Belongs to one event loop."""

    def __init__(
        self,
        url: str,
        tokens: Tokens,
        google: Google,
        *,
        spend: Callable[[int], Awaitable[object]],
        renewed: Callable[[Tokens], Awaitable[None]],
    ) -> None:
        self._wire = google.wire(url)
        self._google = google
        self._tokens = tokens
        self._spend = spend
        self._renewed = renewed
        self._renewing = asyncio.Lock()
        self._names: dict[str, str] | None = None  # of labels, by id

    def __repr__(self) -> str:
        return "Gmail()"

    # --- the account ------------------------------------------------------------------------------------------------

    async def profile(self) -> tuple[str, str]:
        """Its address, and where its history stands."""
        return await self._call(
            "getProfile",
            lambda users: users.getProfile(userId="me"),
            lambda said: (str(said["emailAddress"]).lower(), answers.history_id_of(said)),
        )

    async def watch(self, topic: str) -> tuple[str, Instant]:
        """Have changes told to a topic of Pub/Sub, for about a week. Where its history stands, and until when."""
        return await self._call(
            "watch",
            lambda users: users.watch(userId="me", body={"topicName": topic}),
            lambda said: (answers.history_id_of(said), int(said["expiration"]) * 1000),
        )

    async def stop(self) -> None:
        """Have nothing told any more."""
        await self._call("stop", lambda users: users.stop(userId="me"), lambda said: None)

    async def history(self, since: str) -> History:
        """What happened since a history id, to the end. Raises HistoryGone when Gmail remembers no more, or too much."""
        records: list[dict[str, Any]] = []
        page, latest = "", ""
        for _ in range(MAX_HISTORY_PAGES):
            found, page, told = await self._history_page(since, page)
            records += found
            latest = latest or told  # the first: what happened while the others were read is told once more
            if not page:
                return await self._history(records, latest)
        raise HistoryGone("too much has happened since")

    async def _history(self, records: list[dict[str, Any]], latest: str) -> History:
        try:
            return answers.history(records, latest, await self._names_of(answers.labels_in(records)))
        except answers.MALFORMED as error:
            raise _not_understood("history.list", error) from None

    async def _history_page(self, since: str, page: str) -> tuple[list[dict[str, Any]], str, str]:
        try:
            return await self._call(
                "history.list",
                lambda users: users.history().list(
                    userId="me", startHistoryId=since, maxResults=PAGE, **({"pageToken": page} if page else {})
                ),
                lambda said: (
                    answers.objects(said, "history"),
                    str(said.get("nextPageToken") or ""),
                    answers.history_id_of(said),
                ),
            )
        except NotFound:
            raise HistoryGone("Gmail has forgotten what happened since then") from None

    # --- messages ---------------------------------------------------------------------------------------------------

    async def message(self, message_id: str, *, raw: bool = True) -> Fetched:
        """One message; without `raw` only what Gmail knows of it."""
        form = "raw" if raw else "minimal"
        said, labels = await self._call(
            "messages.get",
            lambda users: users.messages().get(userId="me", id=message_id, format=form),
            lambda said: (answers.fetched(said, raw=raw), answers.strings(said, "labelIds")),
        )
        return answers.named(said, await self._names_of(labels))

    async def thread(self, thread_id: str) -> list[Fetched]:
        """The messages of a conversation, oldest first, without their octets; drafts and what is in Trash among them."""
        said = await self._call(
            "threads.get",
            lambda users: users.threads().get(userId="me", id=thread_id, format="minimal"),
            lambda said: [answers.fetched(each, raw=False) for each in answers.objects(said, "messages")],
        )
        names = await self._names_of({label for each in said for label in each.labels})
        return [answers.named(each, names) for each in said]

    async def newest(self, limit: int, label: str = INBOX) -> list[tuple[str, str]]:
        """Message and thread ids of the newest messages with a label of Gmail's own, newest first."""
        return await self._list(limit, labelIds=[label])

    async def found(self, query: str, limit: int) -> list[tuple[str, str]]:
        """Message and thread ids of what a search finds, newest first. The caller has seen to it that the query is one."""
        return await self._list(limit, q=query)

    async def sent(self, limit: int) -> list[tuple[str, str]]:
        """Message and thread ids of what its owner sent, newest first."""
        return await self.newest(limit, SENT)

    async def _list(self, limit: int, **asked: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        page = ""
        while len(found) < limit:
            more = {**asked, "maxResults": min(PAGE, limit - len(found)), **({"pageToken": page} if page else {})}
            listed, page = await self._call(
                "messages.list",
                lambda users, more=more: users.messages().list(userId="me", **more),  # type: ignore[misc]
                lambda said: (
                    [(str(each["id"]), str(each["threadId"])) for each in answers.objects(said, "messages")],
                    str(said.get("nextPageToken") or ""),
                ),
            )
            found += listed
            if not page or not listed:
                break
        return found[:limit]

    # --- labels -----------------------------------------------------------------------------------------------------

    async def modify(self, message_id: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Put labels on a message and take others off, by name. What there is not yet is made; what there is not is not taken off."""
        add, remove = tuple(add), tuple(remove)
        try:
            await self._modify(message_id, add, remove)
        except _BadRequest:  # a label was deleted since they were listed
            self._names = None
            await self._modify(message_id, add, remove)

    async def _modify(self, message_id: str, add: Sequence[str], remove: Sequence[str]) -> None:
        ids = {name: label_id for label_id, name in (await self._labels()).items()}
        body = {
            "addLabelIds": [ids.get(name) or await self._new_label(name) for name in add],
            "removeLabelIds": [ids[name] for name in remove if name in ids],
        }
        if any(body.values()):
            await self._call(
                "messages.modify",
                lambda users: users.messages().modify(userId="me", id=message_id, body=body),
                lambda said: None,
            )

    async def _new_label(self, name: str) -> str:
        asked = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        try:
            made = await self._call(
                "labels.create",
                lambda users: users.labels().create(userId="me", body=asked),
                lambda said: str(said["id"]),
            )
        except _Conflict:  # another step made it in this moment
            self._names = None
            for label_id, known in (await self._labels()).items():
                if known.lower() == name.lower():
                    return label_id
            raise
        (await self._labels())[made] = name
        return made

    async def _labels(self) -> dict[str, str]:
        if self._names is None:
            self._names = await self._call(
                "labels.list",
                lambda users: users.labels().list(userId="me"),
                lambda said: {str(each["id"]): str(each["name"]) for each in answers.objects(said, "labels")},
            )
        return self._names

    async def _names_of(self, label_ids: Iterable[str]) -> dict[str, str]:
        """Names of labels. Those of Gmail's own are their ids, in capitals; only for others is the list asked for."""
        return await self._labels() if any(not each.isupper() for each in label_ids) else {}

    # --- drafts -----------------------------------------------------------------------------------------------------

    async def add_draft(self, raw: bytes, thread_id: str) -> str:
        """Put a draft into a thread; the draft's id. Called again it makes another one: look before."""
        body = {"message": {"raw": base64.urlsafe_b64encode(raw).decode(), "threadId": thread_id}}
        return await self._call(
            "drafts.create",
            lambda users: users.drafts().create(userId="me", body=body),
            lambda said: str(said["id"]),
        )

    async def draft(self, draft_id: str) -> Fetched:
        """The message a draft is now."""
        said = await self._call(
            "drafts.get",
            lambda users: users.drafts().get(userId="me", id=draft_id, format="raw"),
            lambda said: answers.fetched(said["message"], raw=True),
        )
        return answers.named(said, await self._names_of(said.labels))

    async def drafts(self, limit: int, query: str = "") -> list[tuple[str, str]]:
        """Draft and message ids of the newest drafts, of those that a search finds."""
        asked: dict[str, Any] = {"maxResults": min(PAGE, limit), **({"q": query} if query else {})}
        return await self._call(
            "drafts.list",
            lambda users: users.drafts().list(userId="me", **asked),
            lambda said: [(str(each["id"]), str(each["message"]["id"])) for each in answers.objects(said, "drafts")],
        )

    async def remove_draft(self, draft_id: str) -> None:
        """Delete a draft, for good."""
        await self._call(
            "drafts.delete", lambda users: users.drafts().delete(userId="me", id=draft_id), lambda said: None
        )

    # --- a call -----------------------------------------------------------------------------------------------------

    async def _call(self, endpoint: str, request: Callable[[Any], Any], read: Callable[[Any], T]) -> T:
        """One call, and what is read from its answer."""
        tokens = self._tokens
        if tokens.expires_at - EARLY <= clock.now():
            tokens = await self._renew(tokens)
        try:
            said = await self._once(endpoint, request, tokens)
        except CallFailed as error:
            if error.status != 401:
                raise _refusal(endpoint, error) from None
            try:
                said = await self._once(endpoint, request, await self._renew(tokens))
            except CallFailed as again:
                raise _refusal(endpoint, again) from None
        try:
            return read(said)
        except answers.MALFORMED as error:
            raise _not_understood(endpoint, error) from None

    async def _once(self, endpoint: str, request: Callable[[Any], Any], tokens: Tokens) -> Any:
        await self._spend(UNITS[endpoint])
        started, status = time.perf_counter(), "ok"
        try:
            return await self._wire.call(request, tokens.access)
        except CallFailed as error:
            status = str(error.status or "none")
            raise
        finally:
            _seconds.labels(endpoint).observe(time.perf_counter() - started)
            _calls.labels(endpoint, status).inc()

    async def _renew(self, used: Tokens) -> Tokens:
        async with self._renewing:
            if self._tokens is used:  # nobody has renewed them meanwhile
                self._tokens = await self._google.refresh(used)
                await self._renewed(self._tokens)
            return self._tokens


class _BadRequest(NotFound):
    """Gmail says that an id in the call is none (400)."""


class _Conflict(TryLater):
    """There is one of that name already (409)."""


def _not_understood(endpoint: str, error: Exception) -> TryLater:
    log.warning("gmail.not_understood", endpoint=endpoint, error=type(error).__name__)
    return TryLater("Gmail's answer cannot be understood; it is asked again")


def _refusal(endpoint: str, error: CallFailed) -> Refusal:
    """What to say of a call that failed."""
    status, reason = error.status, error.reason
    if status == 401 or (status == 400 and reason == "failedPrecondition"):
        return AuthenticationFailed("Gmail does not let us in any more: sign in there again")
    if status == 404:
        return NotFound("Gmail does not have it")
    if status == 400:
        log.warning("gmail.refused", endpoint=endpoint, status=status, reason=reason)
        return _BadRequest("Gmail does not have it")
    if status == 409:
        return _Conflict("Gmail has one of that name")
    if status == 403 and reason in _OWNERS and endpoint != "watch":
        return AuthenticationFailed("Gmail no longer allows us this: sign in there again")
    limited = status == 429 or reason in _LIMITS
    # What is left of 4xx is wrong in our settings (an API that is not switched on, a topic nobody may publish to).
    tell = log.warning if limited or status == 0 or status >= 500 else log.error
    tell("gmail.failed", endpoint=endpoint, status=status, reason=reason)
    return TryLater(
        "Gmail asks us to be slower" if limited else "Gmail does not answer as it should; it is tried again"
    )
