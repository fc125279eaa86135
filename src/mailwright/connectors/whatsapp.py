"""Sending through WhatsApp's Cloud API.

The outbox's transport of channel `whatsapp`; `work.py` makes it when the settings name a number. A recipient is a phone as an address
(`domain.whatsapp`), what is sent is the text of the message (no subject, no files), in several parts when it is longer than
WhatsApp's longest. More than 24 hours after somebody wrote, only the template of the settings may be sent, with two values: what it is
about, and when. They are in the message's header TEMPLATE_HEADER, `["…", "…"]` or `{"language": "de", "values": ["…", "…"]}`; without
one the text in one line is the first. The language is the text's own when it is not said.
Promises, as far as the service lets us: WhatsApp cannot be asked what it took, and has no key that would make a second call harmless.
So a part is written down (`Ledger`) before the call and after it, and carries our row's name, which WhatsApp repeats when it tells of
the message. A part that it took is never sent again, whether its answer or its word told us. After a call without an answer, and after
a kill in the middle of one, nothing is sent for HEARING: WhatsApp's word may still come. Only when none comes is the part sent
again: twice at the phone, then, if it was taken after all and its word was lost or later than that. A call without an answer counts as
an attempt, so that it is five times at most.
A wrong token, a rate that is used up and a service that is down stop everything and lose nothing.
Does not: decide who may be written to (core does), hear what becomes of a message (the hook does).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import httpx
import structlog

from mailwright.codecs import mime
from mailwright.codecs.mime import Parsed
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import SECOND, Instant
from mailwright.domain.refusals import TryLater
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, TemporaryFailure, Unavailable
from mailwright.domain.whatsapp import TEMPLATE_HEADER, Part, phone_of, wamid_of

if TYPE_CHECKING:
    from pywa_async.client import WhatsApp as Client

log = structlog.get_logger(__name__)

URL = "https://graph.facebook.com"
CONNECT_SECONDS = 10.0
SECONDS = 30.0  # for one call
AT_ONCE = 10  # a number may send eighty messages a second
HEARING = 30 * SECOND  # WhatsApp tells of what it took within seconds
MAX_TEXT = 4096  # characters of one message there
MAX_PARTS = 5  # of one of ours; what is beyond is cut off
MAX_TEMPLATE_VALUE = 450  # characters; a template with its values has 1024 at most
TEMPLATE_VALUES = 2  # what it is about, and when
MAX_REPLY_CHARACTERS = 500

# Meta's error numbers. What is in none of these is tried again and counted.
_CLOSED = frozenset({0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045, 133010, *range(200, 300)})
_SLOWER = frozenset({4, 80007, 130429, 131048, 131064, 429})
_DOWN = frozenset({1, 2, 131016, 131057, 503})
_NEVER = frozenset(
    {
        *(100, 130472, 130497, 131008, 131009, 131021, 131026, 131030, 131049, 131050, 131051, 131062),
        *range(132000, 132020),
    }
)
_BAD_VALUE = frozenset({100, 131009})
_REOPEN = 131047  # more than 24 hours since they wrote
_BROKEN = range(500, 600)  # no number of Meta's: the status of an answer without one

# Raised before anything was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Ledger(Protocol):
    """Where it is written down what was sent as what. All of it raises TryLater while that cannot be."""

    async def known(self, outbox_id: str) -> Mapping[int, Part]:
        """The parts of a message that were taken, or tried without an end."""

    async def begin(self, outbox_id: str, part: int, message_id: str) -> None:
        """A part is about to be sent."""

    async def end(self, outbox_id: str, part: int, message_id: str, wamid: str | None) -> None:
        """It was taken as that, or (None) surely not."""

    async def may_write(self, phone: str) -> bool:
        """Whether they wrote within 24 hours."""

    async def is_known(self, phone: str) -> bool:
        """Whether they ever wrote to us, or the number is somebody's here."""

    async def must_not_write(self, phone: str) -> None:
        """WhatsApp says that they did not."""

    async def wamid_of(self, message_id: str) -> str | None:
        """WhatsApp's id of a message of ours."""


@dataclass(frozen=True, slots=True)
class Template:
    """The approved template for later than 24 hours, and the languages it is approved in; the first is for everybody else."""

    name: str
    languages: tuple[str, ...] = ("en",)

    def language(self, wanted: str) -> str:
        """The one nearest to a wanted language: that itself, one of its regions, or the first."""
        exact = [each for each in self.languages if each.lower() == wanted.lower().replace("-", "_")]
        kin = [each for each in self.languages if each.lower()[:2] == wanted.lower()[:2]]
        return (exact or kin or list(self.languages))[0]


class WhatsApp:
    """One number of WhatsApp's Cloud API. `await close()` ends it."""

    def __init__(
        self,
        number_id: str,
        token: str,
        ledger: Ledger,
        *,
        url: str = URL,
        template: Template | None = None,
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
        now: Callable[[], Instant] = clock.now,
    ) -> None:
        self.at_once = self.at_once_per_domain = at_once
        self._number_id = number_id
        self._token = token
        self._ledger = ledger
        self._url = url
        self._template = template
        self._now = now
        self._host = httpx.URL(url).host
        self._session = httpx.AsyncClient(
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            limits=httpx.Limits(max_connections=at_once * 2),
            trust_env=False,  # a proxy of the environment has no business with people's mail
        )
        self._made: Client | None = None

    def __repr__(self) -> str:
        return f"WhatsApp({self._number_id})"  # never its token

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        """Hand over what was not taken yet of the message; WhatsApp's id of its last part. Raises as `domain.sending` says."""
        phone = phone_of(recipient)
        if phone is None:
            raise PermanentFailure(f"{recipient} is no phone", "5.1.3")
        parsed = mime.parse(raw)
        text = mime.body_text(raw, parsed, limit=MAX_TEXT * (MAX_PARTS + 1)).strip()
        if not text:
            raise PermanentFailure("it has no text, and WhatsApp is sent nothing else", "5.6.0")
        try:
            known = await self._ledger.known(idempotency_key)
            self._check_heard(known)
            if any(part.wamid for part in known.values()) or await self._ledger.may_write(phone):
                answered = await self._answered(parsed)
            else:
                return await self._send_template(phone, parsed, text, idempotency_key, message_id)
        except TryLater as refusal:  # our own storage; nothing of it has left
            raise Unavailable(str(refusal), "4.3.0") from refusal
        taken = ""
        for number, words in enumerate(parts_of(text), 1):
            before = known.get(number)
            if before is not None and before.wamid is not None:
                taken = before.wamid
                continue
            try:
                taken = await self._send_text(phone, words, number, idempotency_key, message_id, answered)
            except _Reopened as refusal:
                if taken or self._template is None:
                    raise refusal.failure from refusal
                return await self._send_template(phone, parsed, text, idempotency_key, message_id)
        return _receipt(taken)

    async def close(self) -> None:
        """Let go of its connections."""
        await self._session.aclose()

    # --- what is sent -----------------------------------------------------------------------------------------------

    async def _send_text(
        self, phone: str, words: str, number: int, outbox_id: str, message_id: str, answered: str | None
    ) -> str:
        async def call(client: Client, tracker: str) -> str:
            to = phone.removeprefix("+")
            try:
                sent = await client.send_message(to, words, reply_to_message_id=answered, tracker=tracker)
            except Exception as error:
                if answered is None or _code_of(error) not in _BAD_VALUE:
                    raise
                # What it answers may be gone there; the words are what matters.
                sent = await client.send_message(to, words, tracker=tracker)
            return str(sent.id)

        return await self._call(call, phone, outbox_id, number, message_id)

    async def _send_template(self, phone: str, parsed: Parsed, text: str, outbox_id: str, message_id: str) -> str:
        template = self._template
        if not await self._ledger.is_known(phone):  # whoever writes a mail in their name must not make us write to them
            raise PermanentFailure("they never wrote to us by WhatsApp", "5.7.1", host=self._host)
        if template is None:
            raise PermanentFailure(
                "they last wrote more than 24 hours ago, and no whatsapp_template is set", "5.7.1", host=self._host
            )
        language, values = _values(parsed, text)

        async def call(client: Client, tracker: str) -> str:
            from pywa.types.templates import TemplateLanguage

            named = [{"type": "text", "text": value} for value in values]
            sent = await client.send_template(
                phone.removeprefix("+"),
                template.name,
                TemplateLanguage(template.language(language)),
                [{"type": "body", "parameters": named}],
                tracker=tracker,
            )
            return str(sent.id)

        try:
            return _receipt(await self._call(call, phone, outbox_id, 1, message_id))
        except _Reopened as refusal:
            raise refusal.failure from refusal

    async def _answered(self, parsed: Parsed) -> str | None:
        """WhatsApp's id of the message that this one answers."""
        for message_id in parsed.in_reply_to[:1]:
            return wamid_of(message_id) or await self._ledger.wamid_of(message_id)
        return None

    # --- one call ---------------------------------------------------------------------------------------------------

    def _check_heard(self, known: Mapping[int, Part]) -> None:
        """Raises Unavailable while WhatsApp may still tell that it took what nobody knows of."""
        if any(part.wamid is None and self._now() < part.at + HEARING for part in known.values()):
            text = "it is not known yet whether WhatsApp took it: its word is waited for"
            raise Unavailable(text, "4.4.2", host=self._host)

    async def _call(self, call: Any, phone: str, outbox_id: str, part: int, message_id: str) -> str:
        try:
            await self._ledger.begin(outbox_id, part, message_id)
        except TryLater as refusal:
            raise Unavailable(str(refusal), "4.3.0") from refusal
        wamid: str | None = None
        try:
            wamid = await call(await self._client(), f"{outbox_id}/{part}")
        except Exception as error:
            failure = self._failure(error)
            if not isinstance(failure, OutcomeUnknown) and not getattr(failure, "is_unsure", False):
                with suppress(TryLater):  # then it is waited for a word that will not come
                    await self._ledger.end(outbox_id, part, message_id, None)
            if _code_of(error) == _REOPEN:
                with suppress(TryLater):
                    await self._ledger.must_not_write(phone)
                raise _Reopened(failure) from error
            raise failure from error
        with suppress(TryLater):  # the outbox notes it as well, and WhatsApp's word will
            await self._ledger.end(outbox_id, part, message_id, wamid)
        return wamid

    async def _client(self) -> Client:
        if self._made is None:
            await asyncio.to_thread(import_module, "pywa_async.client")  # brings much with it
        if self._made is None:
            from pywa_async.client import WhatsApp as Client

            logging.getLogger("pywa").setLevel(logging.ERROR)  # below that it logs what is sent
            self._made = Client(self._number_id, self._token, session=self._session)
            version = self._session.base_url.path.strip("/")
            self._session.base_url = httpx.URL(f"{self._url}/{version}")
        return self._made

    def _failure(self, error: Exception) -> SendFailure:
        if isinstance(error, _NOT_SENT):
            return Unavailable(f"WhatsApp cannot be reached ({type(error).__name__})", host=self._host)
        code = _code_of(error)
        if code is None:  # cut off, or an answer that cannot be read
            name = type(error).__name__
            return OutcomeUnknown(f"WhatsApp did not say whether it took it ({name})", host=self._host)
        message, details = str(getattr(error, "message", "")), str(getattr(error, "details", None) or "")
        reply = f"{code} {' '.join(f'{message} {details}'.split())}"[:MAX_REPLY_CHARACTERS]
        if code in _CLOSED or getattr(error, "status_code", None) == 401 or _is_not_our_number(error):
            text = (
                "WhatsApp does not let us in: look at whatsapp_access_token and whatsapp_phone_number_id in the settings, "
                "and at the account"
            )
            return Unavailable(text, "4.7.0", reply=reply, host=self._host)
        if code in _SLOWER:
            return Unavailable("WhatsApp takes no more for now", "4.3.2", reply=reply, host=self._host)
        if code in _DOWN:
            return Unavailable("WhatsApp is down", "4.3.2", reply=reply, host=self._host)
        if code in _BROKEN:
            # Nothing is sent while a service breaks; what it broke on is waited for.
            return Unavailable("WhatsApp broke while it took it", "4.3.0", reply=reply, host=self._host, is_unsure=True)
        if code in _NEVER or code == _REOPEN:
            text = "WhatsApp does not send it" if code != _REOPEN else "they last wrote more than 24 hours ago"
            return PermanentFailure(text, "5.7.1" if code == _REOPEN else "5.1.0", reply=reply, host=self._host)
        return TemporaryFailure("WhatsApp does not take it now", "4.3.0", reply=reply, host=self._host)


class _Reopened(Exception):
    """It may be said by a template only."""

    def __init__(self, failure: SendFailure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def parts_of(text: str) -> Sequence[str]:
    """The text in as many messages as it takes, cut where a paragraph, a line or a word ends; the last of too many says so by `…`."""
    most = MAX_TEXT if all(each < "\U00010000" for each in text) else MAX_TEXT // 2  # Meta counts those as two
    parts: list[str] = []
    rest = text.strip()
    while len(rest) > most and len(parts) < MAX_PARTS - 1:
        cut = next((at for end in ("\n\n", "\n", " ") if (at := rest.rfind(end, most // 2, most)) > 0), most)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest if len(rest) <= most else f"{rest[: most - 2].rstrip()} …"]


def _values(parsed: Parsed, text: str) -> tuple[str, list[str]]:
    """The language and the two values for the template. Values have neither line ends nor runs of spaces, and are not empty: Meta's rule."""
    from mailwright.codecs.dates import language_of  # brings much with it

    given: Any = None
    with suppress(ValueError, RecursionError):
        given = json.loads(parsed.header.get(TEMPLATE_HEADER) or "null")
    wanted = given if isinstance(given, dict) else {"values": given}
    language, named = wanted.get("language"), wanted.get("values")
    values = [text]
    if isinstance(named, list) and named and all(isinstance(each, str) for each in named):
        values = [*named[: TEMPLATE_VALUES - 1], " ".join(named[TEMPLATE_VALUES - 1 :])]
    short = [" ".join(each.split()) or "–" for each in [*values, ""][:TEMPLATE_VALUES]]
    cut = [each if len(each) <= MAX_TEMPLATE_VALUE else f"{each[: MAX_TEMPLATE_VALUE - 1]}…" for each in short]
    return language if isinstance(language, str) and language else language_of(text), cut


def _code_of(error: Exception) -> int | None:
    from pywa.errors import WhatsAppError

    return error.code if isinstance(error, WhatsAppError) else None


def _is_not_our_number(error: Exception) -> bool:
    """Whether the Graph API knows no number by the id of the settings, or none that our token may use: that is no fault of the message."""
    return _code_of(error) == 100 and getattr(error, "type", None) == "GraphMethodException"


def _receipt(wamid: str) -> str:
    return f"200 taken by WhatsApp as {wamid}"
