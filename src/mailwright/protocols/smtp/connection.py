"""One connection: carries bytes between a socket and a session, and commands to their verbs.

Made by `MailServer` for every client. An asyncio Protocol rather than streams: most commands are answered within the call
that delivers their bytes, all answers of a call go out in one write, and only what asks core runs as a task.
Promises: one command at a time; bounded memory in both directions; every command has an answer, whatever breaks.
"""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import structlog

from mailwright.codecs.sasl import Exchange
from mailwright.codecs.smtp import Command, Garbled, Message, PeerError, Reply, ServerSession, StartTls, State
from mailwright.domain.peers import customer
from mailwright.domain.refusals import Refusal
from mailwright.protocols.smtp import replies
from mailwright.protocols.smtp.entrance import SignedIn
from mailwright.protocols.smtp.verbs import IMMEDIATE, WAITING

if TYPE_CHECKING:
    from mailwright.protocols.smtp.server import MailServer

LINGER_SECONDS = 3.0  # after our last word the client may still be talking; closing at once would lose it that word
LINGER_OCTETS = 4 * 1024 * 1024  # and this much of what it says is read and thrown away
NEVER = float("inf")

_BRING_MAIL = frozenset({"RCPT", "DATA", "(message)"})
_PEER_ERRORS = frozenset({501, 502, 503, 504})

log = structlog.get_logger("mailwright.smtp")


class Connection(asyncio.Protocol):
    """The server's end of one client's connection."""

    __slots__ = (
        "_ended",
        "_held",
        "_lingering",
        "_message_deadline",
        "_out",
        "_paused",
        "_task",
        "_transport",
        "_unwritable",
        "account",
        "address",
        "client",
        "counted_as",
        "deadline",
        "errors",
        "exchange",
        "failed_sign_ins",
        "idle_commands",
        "refused_recipients",
        "server",
        "session",
    )

    def __init__(self, server: "MailServer") -> None:
        self.server = server
        self.account: SignedIn | None = None
        self.address = ""  # the peer's, as text
        self.client = ""  # the same as an address literal (RFC 5321 §4.1.3)
        self.counted_as = ""  # whose connection this is
        self.deadline = NEVER  # on the loop's clock; the server looks every second
        self.exchange: Exchange | None = None  # the AUTH under way
        self.errors = 0
        self.refused_recipients = 0
        self.failed_sign_ins = 0
        self.idle_commands = 0
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._out: list[bytes] = []
        self._held = 0  # octets of an unfinished message, as last told to the server
        self._message_deadline = NEVER
        self._ended = False  # the client will send no more
        self._paused = False  # we stopped reading
        self._unwritable = False  # the client does not read
        self._lingering = 0  # octets we still throw away after our last word

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.address = address = self.server.address_of(transport)
        self.client = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        self.counted_as = customer(address)
        server = self.server
        offer = server.local_offer if address.startswith("127.") or address == "::1" else server.offer
        self.session = ServerSession(offer, secured=transport.get_extra_info("ssl_object") is not None)
        self._transport.set_write_buffer_limits(server.settings.limits.write_ahead_octets)
        refusal = server.admit(self)
        if refusal is not None:
            self._ended = True  # nothing it may say interests us
            self.hang_up(refusal)
            return
        self._transport.write(server.greeting)
        self.deadline = server.loop.time() + server.settings.limits.command_seconds

    def data_received(self, data: bytes) -> None:
        session = self.session
        if session.state is State.CLOSED:
            self._throw_away(len(data))
            return
        session.receive(data)
        if self._task is None and not self._unwritable:
            self._work()
        elif session.buffered > self.server.settings.limits.read_ahead_octets and not self._paused:
            self._paused = True
            self._reading.pause_reading()

    def eof_received(self) -> bool:
        self._ended = True
        # While core is asked the socket stays open for the answer; inside TLS there is no half of it to keep.
        return self._task is not None and not self.session.secured

    def pause_writing(self) -> None:
        self._unwritable = True

    def resume_writing(self) -> None:
        self._unwritable = False
        if self._task is None and self.session.state is not State.CLOSED:
            self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.deadline = NEVER
        # A message that is being accepted is accepted: the client comes back with it, and it is recognised.
        self.session.close()
        self._tell_held()
        self.server.forget(self)

    # For the verbs

    def flush(self) -> None:
        """Write what was said."""
        if self._out:
            if self._transport is not None:
                self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
            self._out.clear()

    # For the server

    @property
    def is_busy(self) -> bool:
        """A command is being answered, or a message is coming in."""
        return self._task is not None or self.session.state is State.DATA

    @property
    def held(self) -> int:
        """Octets of the message that is coming in."""
        return self.session.message_held

    def give_up_message(self) -> None:
        """Keep nothing more of the message that is coming in; its sender is told to come back."""
        self.session.give_up_message()
        self._tell_held()

    def hang_up(self, reply: Reply) -> None:
        """Say 421, or another last word, and close."""
        if self.session.state is not State.CLOSED:
            self._out.append(self.session.farewell(reply))
        self._close()

    def give_up(self) -> None:
        """The deadline has passed: say so, and if that was said before, cut the line."""
        if self.session.state is State.CLOSED or self._unwritable:
            self.abort()
        else:
            self.hang_up(Reply(421, "4.4.2", "nothing came for too long; come back when you like"))

    def abort(self) -> None:
        """Cut the line."""
        if self._transport is not None:
            self._transport.abort()

    # From bytes to verbs

    def _work(self) -> None:
        """Answer every complete command, until one has to wait for core or the client has to read first."""
        session = self.session
        try:
            while not self._unwritable and (command := session.next_command()) is not None:
                if command.name in WAITING:
                    self.deadline = NEVER  # core has time-outs of its own
                    self._task = self.server.loop.create_task(self._work_waiting(command))
                    return
                self._do_at_once(command)
                self.deadline = NEVER
        except Exception:
            self._out_of_step()
        self._settle()

    async def _work_waiting(self, command: Command | None) -> None:
        session = self.session
        try:
            while command is not None:
                waiting = WAITING.get(command.name)
                if waiting is None:
                    self._do_at_once(command)
                else:
                    await self._do_waiting(waiting, command)
                command = None if self._unwritable else session.next_command()
        except Exception:
            self._out_of_step()
        finally:
            self._task = None
            self._settle()

    def _do_at_once(self, command: Command) -> None:
        handler = IMMEDIATE[command.name]
        try:
            reply = handler(self, command)
        except Refusal as refusal:
            reply = replies.reply_to(refusal)
        except PeerError as error:
            reply = error.reply
        except Exception:
            reply = self.broken(command)
        self._answer(command, reply)

    async def _do_waiting(self, handler: Any, command: Command) -> None:
        try:
            reply = await handler(self, command)
        except Refusal as refusal:
            reply = replies.reply_to(refusal)
        except PeerError as error:
            reply = error.reply
        except Exception:
            reply = self.broken(command)
        if self.session.state is State.CLOSED:
            return  # the client left, or was sent away, while core was asked
        if isinstance(reply, list):
            self._out.append(self.session.reply_each(reply))
            self._after(command)
        else:
            self._answer(command, reply)
            if isinstance(command, StartTls) and reply.code == 220:
                await self._secure()

    async def _secure(self) -> None:
        self.flush()
        transport = self._transport
        try:
            await self._shake_hands(transport)
        except OSError as error:  # ssl.SSLError and TimeoutError are
            log.info("smtp handshake failed", client=self.address, reason=str(error))
        finally:
            if not self.session.secured and transport is not None:
                # The loop does not tell a protocol that it lost a connection whose handshake failed.
                transport.abort()
                self.connection_lost(None)

    async def _shake_hands(self, transport: asyncio.Transport | None) -> None:
        server = self.server
        if transport is None or server.settings.tls is None:
            return
        # From here on the loop hands us nothing that did not come through TLS.
        secured = await server.loop.start_tls(
            transport,
            self,
            server.settings.tls,
            server_side=True,
            ssl_handshake_timeout=server.settings.limits.handshake_seconds,
        )
        if secured is None or self._transport is None:
            return
        self._transport = secured
        secured.set_write_buffer_limits(server.settings.limits.write_ahead_octets)
        self.account = None
        self.session.tls_started()

    def broken(self, command: Command) -> Reply:
        """Called while an exception that is no refusal is handled: record it whole (it has no mail text), say 451."""
        log.exception("smtp command broke", command=command.name, client=self.address, kind=self.server.kind)
        return replies.BROKEN

    def _answer(self, command: Command, reply: Reply) -> None:
        if command.name not in _BRING_MAIL:
            self.idle_commands += 1
        if reply.code >= 400 and (isinstance(command, Garbled) or reply.code in _PEER_ERRORS):
            self.errors += 1
        self._out.append(self.session.answer(reply))
        self._after(command)

    def _after(self, command: Command) -> None:
        """Is this the end of the conversation?"""
        limits = self.server.settings.limits
        if isinstance(command, Message) and command.problem == "stray":
            # Client and server may disagree about where that message ended: nothing behind it is believed.
            self.session.close()
        elif self.session.state is State.CLOSED:
            self._ended = command.name == "QUIT"
        elif self.errors >= limits.errors:
            self.hang_up(Reply(421, "4.7.0", "too many errors; look at what you send and come back"))
        elif self.refused_recipients >= limits.refused_recipients:
            self.hang_up(Reply(421, "4.7.0", "too many addresses that are not here"))
        elif self.idle_commands > limits.idle_commands:
            self.hang_up(Reply(421, "4.7.0", "too many commands without a message"))
        elif self.failed_sign_ins >= limits.failed_sign_ins:
            self.hang_up(Reply(421, "4.7.0", "too many failed sign-ins"))
        elif self.server.is_closing and self.session.state is not State.DATA:
            self.hang_up(replies.SHUTTING_DOWN)

    def _out_of_step(self) -> None:
        """Called while an exception is handled: a LocalError or worse, after which the conversation cannot go on."""
        log.exception("smtp conversation broke", client=self.address, kind=self.server.kind)
        self.hang_up(Reply(421, "4.3.0", "something went wrong here; it is recorded"))

    def _settle(self) -> None:
        """All that could be answered is: write it, and decide how long to wait for what."""
        self.flush()
        session = self.session
        if session.state is State.CLOSED:
            self._close()
            return
        now = self.server.loop.time()
        limits = self.server.settings.limits
        if session.state is State.DATA:
            self._wait_for_message(now)
        else:
            self._message_deadline = NEVER
            if self._held:
                self._tell_held()
            if self.deadline == NEVER:  # something was answered; half a command does not move the deadline
                self.deadline = now + limits.command_seconds
        if self._paused and session.buffered <= limits.read_ahead_octets:
            self._paused = False
            self._reading.resume_reading()
        if self._ended:
            self._close()

    def _wait_for_message(self, now: float) -> None:
        limits = self.server.settings.limits
        if self._message_deadline == NEVER:
            self._message_deadline = now + limits.data_seconds
        held = self.session.message_held
        if held > self._held:
            # Octets that came fast buy no hours in which nothing comes.
            earned = self._message_deadline + (held - self._held) / limits.data_octets_per_second
            self._message_deadline = min(earned, now + limits.data_seconds)
        self._tell_held()
        if held and self.server.held > limits.messages_octets:
            self.server.make_room()
        self.deadline = min(now + limits.data_stall_seconds, self._message_deadline)

    def _tell_held(self) -> None:
        held = self.session.message_held
        self.server.held += held - self._held
        self._held = held

    # The end

    @property
    def _reading(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def _close(self) -> None:
        self.flush()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._ended or not transport.can_write_eof():
            transport.close()
            return
        if self._lingering == 0:
            # Closing with octets unread resets the connection, and our last reply with it.
            self._lingering = LINGER_OCTETS
            self.deadline = self.server.loop.time() + LINGER_SECONDS
            transport.write_eof()
            if self._paused:
                self._paused = False
                transport.resume_reading()

    def _throw_away(self, octets: int) -> None:
        self._lingering -= octets
        if self._lingering <= 0:
            self.abort()
