"""One SMTP connection as its client: greet, secure, sign in, hand over one message (RFC 5321).

Used by `smtp.SmartHost` and `smtp.DirectMx`, which decide where to connect and what a failure of the connection means.
Promises: every error is a `domain.sending` failure or `Unreachable`; a message whose end was sent and never answered is
`OutcomeUnknown`; what goes out has CRLF line ends only and stuffed dots, so that nothing in it can end it early.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from typing import NoReturn

import aiosmtplib
from aiosmtplib import SMTPResponse

from mailwright.codecs.smtp.data import has_stray
from mailwright.connectors.dns import ascii_domain
from mailwright.domain.addresses import Address
from mailwright.domain.sending import OutcomeUnknown, PermanentFailure, SendFailure, TemporaryFailure

CONNECT_SECONDS = 30.0  # a host that needs longer is down; the next one, or the next attempt, has its turn
# RFC 5321 §4.5.3.2: the least a client waits for each answer.
GREETING_SECONDS = 300.0
COMMAND_SECONDS = 300.0
DATA_SECONDS = 120.0
END_SECONDS = 600.0
HANDSHAKE_SECONDS = 60.0
QUIT_SECONDS = 5.0  # the message is settled; a server that does not say goodbye is left
BYTES_PER_SECOND = 4_096  # the slowest line a large message is given time for, on top of END_SECONDS
MAX_REPLY_CHARACTERS = 500

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_ENHANCED = re.compile(r"(?:^|\s)([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")


class Unreachable(Exception):
    """The conversation ended before the message could have been taken: nothing was handed over.

    `permanent` when the host itself said that it takes no mail. `code` and `reply` as in `SendFailure`.
    """

    def __init__(self, text: str, code: str = "4.4.1", *, reply: str = "", permanent: bool = False) -> None:
        super().__init__(text)
        self.text, self.code, self.reply, self.permanent = text, code, reply, permanent


class TlsFailed(Unreachable):
    """The connection could not be secured."""


class Session:
    """A connection to `address:port`, to the host known as `host` (for the certificate and for people).

    `helo` is our own name. Use `open`, then `deliver` once, then `close`, whatever happened between.
    """

    def __init__(self, address: str, port: int, *, host: str, helo: str) -> None:
        self._address, self._port, self._host, self._helo = address, port, host, helo
        self._client = aiosmtplib.SMTP(hostname=host, local_hostname=helo, timeout=COMMAND_SECONDS, start_tls=False)

    async def open(self, *, tls: ssl.SSLContext | None = None) -> None:
        """Connect, with TLS from the first byte when a context is given, and say EHLO. Raises Unreachable."""
        try:
            connected = await _connect(self._address, self._port)
            await self._client.connect(
                sock=connected, use_tls=tls is not None, tls_context=tls, timeout=GREETING_SECONDS
            )
            await self._greet()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            self._unreachable(error)

    async def secure(self, context: ssl.SSLContext) -> None:
        """STARTTLS (RFC 3207) and EHLO again. Raises TlsFailed."""
        try:
            await self._client.starttls(server_hostname=self._host, tls_context=context, timeout=HANDSHAKE_SECONDS)
            await self._greet()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise TlsFailed(f"{self._host} did not manage STARTTLS: {_reason(error)}", "4.7.5") from error

    async def sign_in(self, username: str, password: str) -> None:
        """AUTH by the best method both sides know. Raises Unreachable."""
        try:
            await self._client.login(username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Unreachable(
                f"{self._host} did not accept our name and password", "4.7.8", reply=_reply(error.code, error.message)
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._unreachable(error)

    def offers(self, extension: str) -> bool:
        """Whether the server announced the extension."""
        return self._client.supports_extension(extension)

    async def deliver(self, sender: Address | None, recipient: Address, raw: bytes) -> str:
        """Hand over one message; the server's last answer. Raises SendFailure, or Unreachable when nothing was handed over."""
        body = with_line_ends(raw)
        options = self._mail_options(sender, recipient, body)
        utf8 = "SMTPUTF8" in options
        await self._command(b"MAIL", f"FROM:<{_path(sender, utf8=utf8)}>", *options)
        await self._command(b"RCPT", f"TO:<{_path(recipient, utf8=utf8)}>")
        return await self._data(body)

    async def close(self) -> None:
        """QUIT, without insisting."""
        if self._client.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):  # the message is settled either way
                await self._client.quit(timeout=QUIT_SECONDS)
        self._client.close()

    # --- parts of the conversation ----------------------------------------------------------------------------------

    async def _greet(self) -> None:
        try:
            await self._client.ehlo()
        except aiosmtplib.SMTPHeloError as error:
            if error.code == 421 or not self._client.is_connected:
                raise
            await self._client.helo()  # RFC 5321 §3.2: a server that knows no EHLO is greeted the old way

    def _mail_options(self, sender: Address | None, recipient: Address, body: bytes) -> list[str]:
        """What MAIL must say about the message; refuses what this server cannot take."""
        options = []
        if self.offers("size"):
            limit = self._client.esmtp_extensions["size"]
            if limit.isdecimal() and 0 < int(limit) < len(body):  # RFC 1870 §4: 0 is no fixed limit
                raise PermanentFailure(
                    f"the message has {len(body)} bytes and {self._host} takes at most {limit}",
                    "5.3.4",
                    host=self._host,
                )
            options.append(f"SIZE={len(body)}")
        if not body.isascii():
            if not self.offers("8bitmime"):
                # RFC 6152 §3: eight bits may not be sent to who has not announced to take them.
                raise PermanentFailure(
                    f"{self._host} takes no 8-bit text and the message has some", "5.6.3", host=self._host
                )
            options.append("BODY=8BITMIME")
        if any(address is not None and not address.local.isascii() for address in (sender, recipient)) or _utf8_header(
            body
        ):
            if not self.offers("smtputf8"):
                # RFC 6531 §3.5: neither such an address nor such a header can be sent there.
                raise PermanentFailure(
                    f"{self._host} takes no internationalized addresses (SMTPUTF8)", "5.6.7", host=self._host
                )
            options.append("SMTPUTF8")
        return options

    async def _command(self, verb: bytes, path: str, *options: str) -> None:
        try:
            response = await self._client.execute_command(
                verb, path.encode(), *(option.encode() for option in options), timeout=COMMAND_SECONDS
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            self._unreachable(error)
        if response.code // 100 != 2:
            self._refused(response)

    async def _data(self, body: bytes) -> str:
        try:
            response = await self._client.execute_command(b"DATA", timeout=DATA_SECONDS)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._unreachable(error)
        if response.code != 354:
            self._refused(response)
        protocol = self._client.protocol
        if protocol is None:
            raise Unreachable(f"{self._host} closed the connection")
        # RFC 5321 §4.5.2: a dot that begins a line is doubled, and a line with a dot alone ends the message.
        content = with_dots(body) + b".\r\n"
        try:
            protocol.write(content)
            response = await protocol.read_response(timeout=END_SECONDS + len(content) / BYTES_PER_SECOND)
        except (aiosmtplib.SMTPException, OSError) as error:
            # RFC 5321 §4.5.3.2.6: the server may have taken it and only the answer be lost. There is no going on from here.
            self._client.close()
            raise OutcomeUnknown(
                f"{self._host} did not answer after the message was sent: {_reason(error)}", host=self._host
            ) from error
        if response.code // 100 != 2:
            self._refused(response)
        return _reply(response.code, response.message)

    def _refused(self, response: SMTPResponse) -> NoReturn:
        """A reply that says no (RFC 5321 §4.2.1: 5 for good, 4 for now; anything else makes no sense and is not for good)."""
        reply = _reply(response.code, response.message)
        if response.code == 421:  # RFC 5321 §3.8: the server is closing
            raise Unreachable(f"{self._host} is not available", "4.3.2", reply=reply)
        found = _ENHANCED.search(response.message)
        kind: type[SendFailure] = PermanentFailure if response.code // 100 == 5 else TemporaryFailure
        code = found[1] if found and found[1][0] == kind.default_code[0] else kind.default_code
        text = f"{self._host} refused it" if kind is PermanentFailure else f"{self._host} cannot take it now"
        raise kind(text, code, reply=reply, host=self._host)

    def _unreachable(self, error: Exception) -> NoReturn:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            # RFC 7504 §3: 521 and 554 in the greeting: this host takes no mail. Another host of the domain may.
            permanent = isinstance(error, aiosmtplib.SMTPConnectResponseError) and error.code // 100 == 5
            raise Unreachable(
                f"{self._host} turned us away",
                "5.3.2" if permanent else "4.3.2",
                reply=_reply(error.code, error.message),
                permanent=permanent,
            ) from error
        raise Unreachable(f"{self._host} could not be reached: {_reason(error)}") from error


async def _connect(address: str, port: int) -> socket.socket:
    """A connected socket. Its own step, because a connection is given up long before a greeting is. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError(f"{address} has no address")
    for family, kind, protocol, _, target in found:
        connected = socket.socket(family, kind, protocol)
        connected.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(connected, target)
        except OSError as error:
            connected.close()
            failure = error
        except BaseException:
            connected.close()
            raise
        else:
            return connected
    raise failure


def with_line_ends(raw: bytes) -> bytes:
    """`raw` with CRLF line ends only, one at its end: what was kept may have come by another way than SMTP."""
    if has_stray(raw):  # most mail came by SMTP and has none; a list of its lines would be many times its size
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def with_dots(body: bytes) -> bytes:
    """`body`, whose line ends are CRLF, with the dots doubled that begin a line."""
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _path(address: Address | None, *, utf8: bool) -> str:
    """The address as it goes into a path; a domain in A-labels wherever the other side need not know better."""
    if address is None:
        return ""
    return str(address) if utf8 or address.domain.isascii() else f"{address.local}@{ascii_domain(address.domain)}"


def _utf8_header(body: bytes) -> bool:
    """Whether the header section holds UTF-8 beyond ASCII (RFC 6532); other eight-bit bytes there are no text of any kind."""
    header = body.partition(b"\r\n\r\n")[0]
    if header.isascii():
        return False
    try:
        header.decode()
    except UnicodeDecodeError:
        return False
    return True


def _reply(code: int, message: str) -> str:
    printable = message.encode("utf-8", "replace").decode()
    return f"{code} {_CONTROLS.sub(' ', printable).strip()}"[:MAX_REPLY_CHARACTERS]


def _reason(error: Exception) -> str:
    """Words for people, on one line."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    return _CONTROLS.sub(" ", str(error)).strip()[:200] or type(error).__name__
