"""Sending through Amazon SES, by its API (version 2).

The outbox's transport of channel `ses`; `work.py` makes it when the settings say so. Amazon's library is synchronous: calls are made
in threads of their own, and it is loaded with the first message.
Promises: the message leaves as it was written, from the envelope's recipient alone. What stops everything (no credentials, an account
that is paused, a rate or quota that is used up, a service that is down) loses nothing and costs no attempt; a message that SES rejects
fails. The library never tries again by itself: whether a message is sent once more is for the outbox to count.
Does not: ask what became of a message. SES has no key for one message and no search: a call that ended without an answer is an attempt
with an unknown outcome, so one message may be sent five times at most, and each of them is counted (`mailwright_outbox_uncertain`).
Does not: sign (SES does), keep the Message-ID. SES writes its own in its place; ours is added to References, so that answers,
which repeat References (RFC 5322 §3.6.4), still lead back to the message.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from mailwright.codecs import fields
from mailwright.codecs.mime import messageids
from mailwright.domain.addresses import Address
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, TemporaryFailure, Unavailable

CONNECT_SECONDS = 10.0
SECONDS = 60.0  # for one call: a message of ten megabytes takes some
AT_ONCE = 10  # an account is allowed fourteen messages a second, or one while it is in Amazon's sandbox
MAX_OCTETS = 40 * 1024 * 1024  # of a message, as SES takes it
MAX_REPLY_CHARACTERS = 500
TAG = "outbox_id"  # how our row is named in SES's own events

# SES names what is wrong; the rest is told by the status.
_REJECTED = {"MessageRejected": "5.7.1", "BadRequestException": "5.6.0", "ValidationException": "5.6.0"}
_NOT_NOW = frozenset({"MailFromDomainNotVerifiedException", "NotFoundException"})
_SLOWER = frozenset(
    {"TooManyRequestsException", "LimitExceededException", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
)
_CLOSED = frozenset({"AccountSuspendedException", "SendingPausedException"})
_NOT_TAKEN = frozenset({"ServiceUnavailable", "ServiceUnavailableException", "SlowDown"})


class Ses:
    """Amazon SES in a region. Without `access_key_id` the machine's own role is used. `await close()` ends it."""

    def __init__(
        self,
        region: str,
        *,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        configuration_set: str | None = None,
        url: str | None = None,
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        self.at_once = self.at_once_per_domain = at_once
        self._region = region
        self._keys = (access_key_id, secret_access_key)
        self._set = configuration_set
        self._url = url
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="ses")
        self._made: asyncio.Task[Any] | None = None

    def __repr__(self) -> str:
        return f"Ses({self._region})"  # never its keys

    async def send(
        self, sender: Address | None, recipient: Address, raw: bytes, *, message_id: str, idempotency_key: str
    ) -> str:
        """Hand the message over; SES's id for it. Raises as `domain.sending` says."""
        if len(raw) > MAX_OCTETS:
            raise PermanentFailure(f"SES takes no message of more than {MAX_OCTETS} octets", "5.3.4")
        call = {
            "Destination": {"ToAddresses": [str(recipient)]},
            "Content": {"Raw": {"Data": with_reference(raw, message_id)}},
            "EmailTags": [{"Name": TAG, "Value": idempotency_key}],
            **({} if self._set is None else {"ConfigurationSetName": self._set}),
        }
        client = await self._client()
        try:
            said = await self._in_thread(partial(client.send_email, **call))
        except Exception as error:
            raise self._failure(error) from error
        return f"200 taken by SES as {said['MessageId']}"

    async def close(self) -> None:
        """Let go of its connections."""
        if self._made is not None and self._made.done() and self._made.exception() is None:
            await asyncio.to_thread(self._made.result().close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _client(self) -> Any:
        if self._made is None or (self._made.done() and (self._made.cancelled() or self._made.exception())):
            self._made = asyncio.ensure_future(self._in_thread(self._make))
        try:
            return await asyncio.shield(self._made)
        except Exception as error:
            raise Unavailable(f"SES cannot be set up ({type(error).__name__})", "4.3.5", host=self._host) from error

    def _make(self) -> Any:
        import boto3  # brings much with it
        from botocore.config import Config

        logging.getLogger("botocore").setLevel(logging.WARNING)  # below that it logs whole messages
        access, secret = self._keys
        return boto3.session.Session(
            aws_access_key_id=access, aws_secret_access_key=secret, region_name=self._region
        ).client(
            "sesv2",
            endpoint_url=self._url,
            config=Config(
                connect_timeout=min(self._seconds, CONNECT_SECONDS),
                read_timeout=self._seconds,
                max_pool_connections=self.at_once,
                retries={"total_max_attempts": 1, "mode": "standard"},  # it would send again what may have arrived
                proxies={},  # a proxy of the environment has no business with people's mail
            ),
        )

    async def _in_thread(self, call: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    @property
    def _host(self) -> str:
        return f"email.{self._region}.amazonaws.com"

    def _failure(self, error: Exception) -> SendFailure:
        from botocore import exceptions as of

        if isinstance(error, of.ClientError):
            return self._answered(error)
        if isinstance(error, of.ParamValidationError):
            return PermanentFailure("SES does not take it in this form", "5.6.0", host=self._host)
        if isinstance(error, of.NoCredentialsError | of.PartialCredentialsError | of.CredentialRetrievalError):
            return Unavailable(
                "there are no credentials for SES: look at ses_access_key_id in the settings", "4.7.0", host=self._host
            )
        if isinstance(
            error, of.EndpointConnectionError | of.ConnectTimeoutError | of.SSLError | of.ProxyConnectionError
        ):
            return Unavailable(f"SES cannot be reached ({type(error).__name__})", host=self._host)
        return OutcomeUnknown(f"SES did not say whether it took it ({type(error).__name__})", host=self._host)

    def _answered(self, error: Any) -> SendFailure:
        told = error.response.get("Error", {})
        name, reply = str(told.get("Code", "")), _line(f"{told.get('Code', '')}: {told.get('Message', '')}")
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if name in _REJECTED:
            return PermanentFailure("SES rejects it", _REJECTED[name], reply=reply, host=self._host)
        if name in _SLOWER or status == 429:
            return Unavailable("SES takes no more for now", "4.3.2", reply=reply, host=self._host)
        if name in _CLOSED:
            return Unavailable("SES has stopped sending for this account", "4.7.0", reply=reply, host=self._host)
        if name in _NOT_TAKEN or status == 503:
            return Unavailable("SES is down", "4.3.2", reply=reply, host=self._host)
        if name in _NOT_NOW:
            return TemporaryFailure("SES is not set up for this sender", "4.7.0", reply=reply, host=self._host)
        if status in (401, 403):
            text = "SES does not let us in: look at ses_access_key_id and its rights (ses:SendEmail)"
            return Unavailable(text, "4.7.0", reply=reply, host=self._host)
        if status >= 500:
            # Nothing is sent while a service breaks; what it broke on may have left.
            return Unavailable("SES broke while it took it", "4.3.0", reply=reply, host=self._host, is_unsure=True)
        return TemporaryFailure("SES does not take it now", "4.3.0", reply=reply, host=self._host)


def with_reference(raw: bytes, message_id: str) -> bytes:
    """The message with its own Message-ID as the last of its References."""
    own = messageids.parse(message_id)
    if not own:
        return raw
    found = next((field for field in fields.of_header(raw) if field.name == b"references"), None)
    if found is None:
        return _field(own) + raw
    value = raw[found.start : found.end].partition(b":")[2].decode("utf-8", "replace")
    known = [each for each in messageids.parse(" ".join(value.split())) if each != own[0]]
    return raw[: found.start] + _field((*known, *own)) + raw[found.end :]


def _field(ids: tuple[str, ...]) -> bytes:
    return b"References: " + b"\r\n ".join(each.encode("ascii") for each in ids) + b"\r\n"


def _line(text: str) -> str:
    return " ".join(text.split())[:MAX_REPLY_CHARACTERS]
