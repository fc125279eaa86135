"""Sending through Postmark's API.

The outbox's transport of channel `postmark`; `work.py` makes it when the settings say so.
Promises: a message is handed over once as far as the service lets us look: when it is not known whether a call went through, Postmark
is asked for the message, by the id of its outbox row, before it is sent again. A token that is wrong, an account that may not send
and a service that is down or slow stop everything and lose nothing; a recipient Postmark has struck off fails that message.
Does not: sign (Postmark does), keep a message's octets (see `codecs.postmarksending`), read reports (the hook does).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import httpx
import structlog

from mailwright.codecs import postmarksending as form
from mailwright.codecs.postmarkreports import OUTBOX_ID
from mailwright.codecs.postmarksending import Answer
from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadInput
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, Unavailable

log = structlog.get_logger(__name__)

URL = "https://api.postmarkapp.com"
CONNECT_SECONDS = 10.0
SECONDS = 60.0  # for one call: a message of ten megabytes takes some
AT_ONCE = 10
MAX_ANSWER_OCTETS = 256 * 1024

# Raised before anything was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Postmark:
    """A Postmark server, by its token; `stream` is the message stream it sends with. `await close()` ends it."""

    def __init__(
        self, token: str, *, url: str = URL, stream: str = "outbound", seconds: float = SECONDS, at_once: int = AT_ONCE
    ) -> None:
        self.at_once = self.at_once_per_domain = at_once
        self._stream = stream
        self._host = httpx.URL(url).host
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"X-Postmark-Server-Token": token, "Accept": "application/json"},
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            limits=httpx.Limits(max_connections=at_once * 2),
            trust_env=False,  # a proxy of the environment has no business with people's mail
        )

    def __repr__(self) -> str:
        return f"Postmark({self._host})"  # never its token

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        """Hand the message over; Postmark's id for it. Raises as `domain.sending` says."""
        try:
            body = form.request(raw, recipient, stream=self._stream, outbox_id=idempotency_key)
        except BadInput as refusal:
            raise PermanentFailure(str(refusal), "5.6.0") from refusal
        content = json.dumps(body).encode()
        try:
            status, said = await self._call("POST", "/email", content=content)
        except _NOT_SENT as error:
            raise self._away(error) from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(
                f"Postmark did not say whether it took it ({type(error).__name__})", host=self._host
            ) from error
        answer = form.answer(status, said)
        if answer.meaning == "taken":
            return _receipt(answer.message_id)
        raise self._failure(answer)

    async def find(self, recipient: Address, *, idempotency_key: str) -> str | None:
        """What it said when it took the message with that key, or None when it has none such. Raises Unavailable."""
        wanted = {"count": "1", "offset": "0", f"metadata_{OUTBOX_ID}": idempotency_key}
        try:
            status, said = await self._call("GET", "/messages/outbound", params=wanted)
        except httpx.HTTPError as error:
            raise self._away(error) from error
        if status != 200:
            raise self._closed(form.answer(status, said))
        try:
            message_id = form.found(said)
        except BadInput as refusal:
            raise Unavailable(
                f"Postmark does not say whether it took it: {refusal}", "4.3.5", host=self._host
            ) from refusal
        return None if message_id is None else _receipt(message_id)

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.aclose()

    async def _call(
        self, method: str, path: str, *, content: bytes | None = None, params: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json"} if content is not None else None
        async with self._client.stream(method, path, content=content, params=params, headers=headers) as answer:
            said = b""
            async for piece in answer.aiter_bytes():
                said += piece
                if len(said) > MAX_ANSWER_OCTETS:
                    break
            return answer.status_code, said

    def _failure(self, answer: Answer) -> Exception:
        if answer.meaning == "never":
            text = (
                "Postmark does not send it"
                if answer.error != form.INACTIVE
                else "mail to this address came back before"
            )
            return PermanentFailure(text, answer.code, reply=answer.text, host=self._host)
        if answer.meaning == "unknown":
            # Nothing is sent while a service breaks, and what it broke on is looked for before it is sent again.
            return Unavailable(
                "Postmark broke while it took it", answer.code, reply=answer.text, host=self._host, is_unsure=True
            )
        return self._closed(answer)

    def _closed(self, answer: Answer) -> Unavailable:
        text = "Postmark takes nothing now"
        if answer.error == form.BAD_TOKEN or answer.code == "4.7.0":
            text = "Postmark does not know our token: look at postmark_server_token in the settings"
        return Unavailable(text, answer.code or "4.3.2", reply=answer.text, host=self._host)

    def _away(self, error: httpx.HTTPError) -> Unavailable:
        return Unavailable(f"Postmark cannot be reached ({type(error).__name__})", host=self._host)


def _receipt(message_id: str) -> str:
    return f"200 taken by Postmark as {message_id}"
