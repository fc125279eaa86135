"""One connection: carries bytes between a socket and a session, and commands to their verbs.

Made by `ManageSieveServer` for every client. Complete commands are answered by one task, which ends with them.
Promises: one command at a time, each has an answer, whatever breaks; bounded memory in both directions; nothing said before TLS
is believed after it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import structlog

from mailwright.codecs.managesieve import Command, Garbled, Logout, ServerSession, StartTls, State, responses
from mailwright.codecs.sasl import BEARER_MECHANISMS, PASSWORD_MECHANISMS, Exchange
from mailwright.codecs.sieve import CAPABILITIES, MAX_REDIRECTS
from mailwright.domain.peers import customer
from mailwright.domain.refusals import Refusal
from mailwright.protocols.managesieve import refusals
from mailwright.protocols.managesieve.metrics import COMMANDS
from mailwright.protocols.managesieve.verbs import VERBS

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.protocols.managesieve.server import ManageSieveServer
    from mailwright.storage.accounts import Account

NEVER = float("inf")
LINGER_SECONDS = 3.0  # after our last word the client may still be talking; closing at once would lose it that word

log = structlog.get_logger("mailwright.managesieve")


class Connection(asyncio.Protocol):
    """The server's end of one client's connection."""

    def __init__(self, server: ManageSieveServer) -> None:
        self.server = server
        self.session = ServerSession()
        self.account: Account | None = None
        self.client = ""  # the peer's address, for the audit trail
        self.counted_as = ""  # whose connection this is
        self.deadline = NEVER  # on the loop's clock; the server looks every second
        self.exchange: Exchange | None = None  # the AUTHENTICATE under way
        self.failed_sign_ins = 0
        self._garbled = 0  # broken commands in a row
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = False  # we stopped reading
        self._ended = False  # the client will send no more

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.client = self.server.address_of(transport)
        self.counted_as = customer(self.client)
        self._transport.set_write_buffer_limits(self.server.settings.limits.write_ahead_octets)
        refusal = self.server.count_in(self)
        if refusal is not None:
            self._write(responses.response("BYE", refusal, "TRYLATER"))
            self.session.close()
            self._transport.close()
            return
        self._write(self.capabilities() + responses.response("OK", "Mailwright is ready"))
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self.session.state is State.CLOSED:
            return
        self.session.receive(data)
        if self._task is None:
            self._task = self.server.loop.create_task(self._work())
        elif self.session.buffered > self.server.settings.limits.read_ahead_octets and not self._paused:
            self._paused = True
            self._reading.pause_reading()

    def eof_received(self) -> bool:
        self._ended = True
        return self._task is not None and not self.session.secured

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.deadline = NEVER
        self._writable.set()
        self.session.close()
        self.server.forget(self)

    # For the verbs

    @property
    def core(self) -> Core:
        """What is asked."""
        return self.server.core

    @property
    def who(self) -> Account:
        """The account that is signed in; the state table lets no command come here that needs one and has none."""
        assert self.account is not None
        return self.account

    @property
    def may_sign_in(self) -> bool:
        """RFC 5804 §5: a password goes through TLS only, or not over a network at all."""
        local = self.client.startswith("127.") or self.client == "::1"
        return self.session.secured or (self.server.settings.allow_clear_auth and local)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The ways of signing in that are offered now."""
        if not self.may_sign_in:
            return ()
        return PASSWORD_MECHANISMS + (BEARER_MECHANISMS if self.core.bearer is not None else ())

    def capabilities(self) -> bytes:
        """What is offered at this point (RFC 5804 §1.7)."""
        signed_in = self.account is not None
        pairs: list[tuple[str, str | None]] = [
            ("IMPLEMENTATION", "Mailwright"),
            ("VERSION", "1.0"),
            ("SIEVE", " ".join(CAPABILITIES)),
            ("SASL", " ".join(self.mechanisms)),
            ("MAXREDIRECTS", str(MAX_REDIRECTS)),
            ("LANGUAGE", "en"),
            ("UNAUTHENTICATE", None),
        ]
        if self.server.settings.tls is not None and not self.session.secured and not signed_in:
            pairs.append(("STARTTLS", None))
        if self.account is not None:
            pairs.append(("OWNER", self.account.email))
        return responses.capabilities(pairs)

    # For the server

    @property
    def is_busy(self) -> bool:
        """A command is being answered."""
        return self._task is not None

    def hang_up(self, last_word: bytes) -> None:
        """Say BYE, or another last word, and close."""
        if self.session.state is not State.CLOSED:
            self._write(last_word)
        self._close()

    def give_up(self) -> None:
        """The deadline has passed: say so, and if that was said before, cut the line."""
        if self.session.state is State.CLOSED or not self._writable.is_set():
            self.abort()
        else:
            self.hang_up(responses.response("BYE", "nothing came for too long; come back when you like"))

    def abort(self) -> None:
        """Cut the line."""
        if self._transport is not None:
            self._transport.abort()

    # From bytes to verbs

    async def _work(self) -> None:
        session = self.session
        self.deadline = NEVER  # core has time-outs of its own
        try:
            while (command := session.next_command()) is not None:
                await self._do(command)
                if not self._writable.is_set():
                    self._wait()  # for the client to read
                    await self._writable.wait()
                    self.deadline = NEVER
        except Exception:
            log.exception("managesieve conversation broke", client=self.client)
            self.hang_up(responses.response("BYE", "something went wrong here; it is recorded"))
        finally:
            self._task = None
            self._settle()

    async def _do(self, command: Command) -> None:
        verb = VERBS[command.name]
        try:
            answer = await verb(self, command)
        except Refusal as refusal:
            answer = refusals.answer_to(refusal)
        except Exception:
            # What was asked is not in it: neither a script nor a password belongs in a log.
            log.exception("managesieve command broke", command=command.name, client=self.client)
            answer = responses.response("NO", "something went wrong here; it is recorded", "TRYLATER")
        result = "no" if answer.startswith(b"NO") else "bye" if answer.startswith(b"BYE") else "ok"
        COMMANDS.labels(command.name.strip("()").lower(), result).inc()
        self._write(answer)
        if isinstance(command, StartTls) and answer.startswith(b"OK"):
            await self._secure()
        self._after(command)

    def _after(self, command: Command) -> None:
        """Is this the end of the conversation?"""
        limits = self.server.settings.limits
        broken = isinstance(command, Garbled)
        if broken and cast(Garbled, command).is_mistake:
            self._garbled += 1
        elif not broken:
            self._garbled = 0
        if isinstance(command, Logout) or (isinstance(command, Garbled) and command.fatal):
            self._close()
        elif self._garbled >= limits.garbled:
            self.hang_up(responses.response("BYE", "too many commands that make no sense; look at what you send"))
        elif self.failed_sign_ins >= limits.failed_sign_ins:
            self.hang_up(responses.response("BYE", "too many failed sign-ins"))
        elif self.server.is_closing:
            self.hang_up(responses.response("BYE", "the server is going down, come back soon", "TRYLATER"))

    async def _secure(self) -> None:
        server, transport = self.server, self._transport
        if transport is None or server.settings.tls is None:
            return
        secured: asyncio.Transport | None = None
        try:
            # From here on the loop hands us nothing that did not come through TLS.
            secured = await server.loop.start_tls(
                transport,
                self,
                server.settings.tls,
                server_side=True,
                ssl_handshake_timeout=server.settings.limits.handshake_seconds,
            )
        except OSError as error:  # ssl.SSLError and TimeoutError are
            log.info("managesieve handshake failed", client=self.client, reason=str(error))
        if secured is None or self._transport is None:
            # The loop does not tell a protocol that it lost a connection whose handshake failed.
            transport.abort()
            self.connection_lost(None)
            return
        self._transport = secured
        secured.set_write_buffer_limits(server.settings.limits.write_ahead_octets)
        self.session.tls_started()
        # RFC 5804 §2.2: what was told in clear is told again.
        self._write(self.capabilities() + responses.response("OK", "now nobody listens"))

    def _settle(self) -> None:
        """All that could be answered is: decide how long to wait for what."""
        if self.session.state is State.CLOSED:
            self._close()
            return
        if self._paused:
            self._paused = False
            self._reading.resume_reading()
        if self._ended:
            self._close()
            return
        self._wait()

    def _wait(self) -> None:
        limits = self.server.settings.limits
        seconds = limits.stranger_seconds if self.account is None else limits.idle_seconds
        self.deadline = self.server.loop.time() + seconds

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    @property
    def _reading(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def _close(self) -> None:
        self.session.close()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._ended or not transport.can_write_eof():
            transport.close()
        elif self.deadline == NEVER or self.deadline > self.server.loop.time() + LINGER_SECONDS:
            # Closing with octets unread resets the connection, and our last word with it.
            self.deadline = self.server.loop.time() + LINGER_SECONDS
            transport.write_eof()
            if self._paused:
                self._paused = False
                transport.resume_reading()
