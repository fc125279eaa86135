"""One connection: commands to their verbs, one at a time, and their answers back.

Made by `ImapServer` for every client; `wire` below it has the bytes, the session of `codecs/imap` the grammar. All complete
commands that came in together are answered by one task, which ends with them: a client that is silent, in IDLE or not, has none.
Promises: commands are answered in order; every command has an answer, whatever breaks; nothing a client sends before it signed in
costs more than a few KiB.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import structlog

from mailwright.codecs.imap import Command, Compress, Garbled, PeerError, ServerSession, StartTls, State, responses
from mailwright.codecs.imap.states import TRANSITIONS
from mailwright.codecs.sasl import Exchange
from mailwright.domain.peers import customer
from mailwright.domain.refusals import Refusal
from mailwright.protocols.imap import metrics, refusals
from mailwright.protocols.imap.following import followed
from mailwright.protocols.imap.wire import NEVER, Wire
from mailwright.storage.accounts import Account

if TYPE_CHECKING:
    from mailwright.core import Core
    from mailwright.protocols.imap.selected import Selected
    from mailwright.protocols.imap.server import ImapServer

IN_A_ROW = 50  # commands of one client that need not wait for anything, before others have their turn
ANNOUNCED = "(announced)"
"""Not a command: the first message of an APPEND is about to come; its handler may say no before it does."""
_BY_NUMBER = frozenset({"FETCH", "STORE", "SEARCH", "SORT", "THREAD"})

log = structlog.get_logger("mailwright.imap")


@dataclass(frozen=True, slots=True)
class Reply:
    """The tagged answer. `code` without its brackets."""

    status: Literal["OK", "NO", "BAD"]
    text: str
    code: str = ""


Handler: TypeAlias = "Callable[[Connection, Any], Awaitable[Reply | None]]"
"""Answers one command. None: the answer comes with a later line (IDLE, AUTHENTICATE), or the connection is over.

May raise a Refusal or a PeerError instead; any other exception is a bug, is recorded and answered with NO [SERVERBUG].
"""


class Connection(Wire):
    """The server's end of one client's connection."""

    __slots__ = (
        "_early",
        "_held",
        "_task",
        "_woken",
        "account",
        "client",
        "condstore",
        "correlation_id",
        "counted_as",
        "exchange",
        "failed_sign_ins",
        "garbled",
        "qresync",
        "selected",
        "server",
        "session",
    )

    def __init__(self, server: ImapServer) -> None:
        super().__init__(server.loop, server.settings.limits)
        self.server = server
        self.session = ServerSession(server.session_limits)
        self.account: Account | None = None
        self.selected: Selected | None = None
        self.condstore = False  # the client follows modseqs: RFC 7162 §3.1
        self.qresync = False  # and wants VANISHED instead of EXPUNGE: RFC 7162 §3.2.3
        self.client = ""  # the peer's address, for the audit trail
        self.counted_as = ""  # whose connection this is
        self.correlation_id = ""
        self.exchange: Exchange | None = None  # the AUTHENTICATE under way
        self.failed_sign_ins = 0
        self.garbled = 0  # broken commands in a row
        self._task: asyncio.Task[None] | None = None
        self._woken = False  # something happened in the mailbox of a client that idles
        self._early = b""  # received inside TLS before we knew that it is up
        self._held = 0  # octets of the command that is coming in, as last told to the server

    # For the commands

    @property
    def core(self) -> Core:
        """What is asked."""
        return self.server.core

    @property
    def utf8(self) -> bool:
        """May UTF-8 stand between quotes and in names of mailboxes, both ways? (UTF8=ACCEPT or IMAP4rev2 was enabled.)"""
        return self.session.utf8_names

    @property
    def rev2(self) -> bool:
        """Was IMAP4rev2 enabled?"""
        return self.session.rev2

    @property
    def who(self) -> Account:
        """The account that is signed in; the state table lets no command come here that needs one and has none."""
        assert self.account is not None
        return self.account

    def note(self, action: str, resource: str = "") -> None:
        """Leave a line in the audit trail: this account did that, from here."""
        account = self.who
        self.core.trail.note(
            account.email,
            action,
            resource=resource,
            address=self.client,
            tenant_id=account.tenant_id,
            correlation_id=self.correlation_id,
        )

    def wake(self) -> None:
        """For the alarm of `Selected` during IDLE: tell the client now what changed, or as soon as a command is done."""
        self._woken = True
        if self._task is None and not self.is_lost:
            self._begin()

    def deselect(self) -> None:
        """Nothing is selected any more."""
        if self.selected is not None:
            self.selected.close()
            self.selected = None

    @property
    def is_over(self) -> bool:
        """Is the last word said, by either side?"""
        return self.session.state is State.LOGOUT

    def hang_up(self, line: bytes) -> None:
        """Say a last line (`* BYE …`) and close."""
        if not self.is_over:
            self.send(line)
            self.session.close()
            self._tell_held(0)
        self.finish()

    # For the server

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What answers, while a command is being answered."""
        return self._task

    @property
    def held(self) -> int:
        """Octets of the command that is coming in."""
        return self._held

    def give_up(self) -> None:
        """The deadline has passed: say so, and if that was said before or nobody reads it, cut the line."""
        if self.is_over or self._task is not None:
            self.abort()
        else:
            self.hang_up(responses.untagged("BYE", "nothing came for too long; come back when you like"))

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.client = self.server.address_of(transport)
        self.counted_as = customer(self.client)
        refusal = self.server.count_in(self)
        if refusal is not None:
            self._ended = True  # nothing it may say interests us
            self.hang_up(responses.untagged("BYE", refusal, code="UNAVAILABLE"))
            return
        self.send(self.server.greeting(self))
        self.flush()
        self.deadline = self.loop.time() + self.limits.stranger_seconds

    def eof_received(self) -> bool:
        self._ended = True
        # While a command runs the socket stays open for its answer; inside TLS there is no half of it to keep.
        return self._task is not None and not self.secured

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.session.close()
        self._tell_held(0)
        if self._task is None:
            self.deselect()
        self.server.forget(self)

    # From bytes to commands

    def taken(self, data: bytes) -> None:
        session = self.session
        if session.state is State.HANDSHAKE:
            # The client is quicker than our end of the handshake; this came inside TLS.
            self._early += data
            return
        session.receive(data)
        if session.swallowing > (self.limits.swallowed_octets if self.account else self.limits.read_ahead_octets):
            self.hang_up(responses.untagged("BYE", "that is far more than was asked for", code="TOOBIG"))
            return
        if self.account is not None and self._task is None:
            # A large message on a slow line is no silence; before signing in, half a command moves no deadline.
            self.deadline = self.loop.time() + self.limits.idle_seconds
        self._tell_held(session.buffered if session.swallowing else self._held + len(data))
        if self._task is None:
            self._begin()

    def is_full(self) -> bool:
        kept = self.session.buffered + len(self._early)
        return self._task is not None and kept > self.limits.read_ahead_octets

    def _begin(self) -> None:
        # Half a command is not worth a task.
        command = self._next()
        if command is not None or self._woken or self.session.announced is not None:
            self.deadline = NEVER  # core has time-outs of its own
            self._task = self.loop.create_task(self._work(command))
        else:
            self._go_ahead()
            self.flush()

    def _next(self) -> Command | Garbled | None:
        command = self.session.next_command()
        if command is not None:
            self._tell_held(self.session.buffered)
        return command

    def _go_ahead(self) -> bool:
        line = self.session.wants_continuation()
        if line is not None:
            self.send(line)
        return line is not None

    async def _work(self, command: Command | Garbled | None) -> None:
        """Answer every complete command; between two of them, tell a client in IDLE what happened."""
        session = self.session
        answered = 0
        try:
            while not self.is_over:
                if command is not None:
                    await self._do(command)
                    answered += 1
                    if answered % IN_A_ROW == 0:
                        await asyncio.sleep(0)
                elif session.announced is not None:
                    await self._welcome(session.announced)
                elif not self._go_ahead():
                    if not self._woken:
                        break
                    await self._tell_idle()
                command = self._next()
        except ConnectionResetError:
            pass  # what was done is done
        except Exception:
            log.exception("imap conversation broke", client=self.client)
            self.hang_up(responses.untagged("BYE", "something went wrong here; it is recorded", code="SERVERBUG"))
        finally:
            self._task = None
            self._settle()

    async def _do(self, command: Command | Garbled) -> None:
        started = self.loop.time()
        reply = await self._ask(command.name, command)
        if self.is_over:
            return  # the client left, or was sent away
        selected = self.selected
        if reply is not None and selected is not None and reply.status != "BAD":
            # RFC 9051 §7.5.1: no EXPUNGE while numbers may stand in commands that are under way.
            by_number = command.name in _BY_NUMBER and not getattr(command, "uid", False)
            await selected.sync(self, expunges=not by_number)
        if reply is not None and not self.is_over:
            await self._answer(command, reply)
        metrics.observe(command.name, reply.status if reply is not None else "OK", self.loop.time() - started)

    async def _ask(self, name: str, command: Any) -> Reply | None:
        try:
            with followed(name, self.account):
                return await self.server.handlers[name](self, command)
        except Refusal as refusal:
            return Reply("NO", *refusals.words_for(refusal))
        except PeerError as error:
            return Reply(error.condition, error.text, error.code)
        except ConnectionResetError:
            raise
        except Exception:
            log.exception("imap command broke", command=name, client=self.client)
            # RFC 5530 §3: SERVERBUG.
            return Reply("NO", "something went wrong here; it is recorded", "SERVERBUG")

    async def _answer(self, command: Command | Garbled, reply: Reply) -> None:
        # RFC 9051 §7.1: a response to a command whose tag could not be read is untagged.
        tag = command.tag or b"*"
        self.send(responses.tagged(tag, reply.status, reply.text, code=reply.code, utf8=self.utf8))
        self.session.answered(command, ok=reply.status == "OK")
        if isinstance(command, StartTls) and reply.status == "OK":
            await self._begin_tls()
        elif isinstance(command, Compress) and reply.status == "OK":
            self.begin_compression(self.session.take_unread())
        elif self.is_over:
            self._ended = True
        elif isinstance(command, Garbled) and reply.status == "BAD" and not self._is_out_of_order(command):
            self.garbled += 1
            if self.garbled >= self.limits.garbled:
                self.hang_up(responses.untagged("BYE", "too many broken commands in a row; is this IMAP?"))
        else:
            self.garbled = 0
        if self.failed_sign_ins >= self.limits.failed_sign_ins:
            self.hang_up(responses.untagged("BYE", "too many failed sign-ins"))
        if self._out_octets > self.limits.write_ahead_octets or self._waiter is not None:
            await self.drain()

    def _is_out_of_order(self, command: Garbled) -> bool:
        # A client that sends SELECT and ten FETCH at once is not broken when there is no such mailbox.
        return bool(command.verb) and command.verb.removeprefix("UID ") not in TRANSITIONS[self.session.state]

    async def _welcome(self, announced: Any) -> None:
        """A message is about to come: let it, or say no while that costs nothing."""
        reply = await self._ask(ANNOUNCED, announced)
        if self.is_over or reply is None:
            self._go_ahead()
        else:
            self.send(responses.tagged(announced.tag, reply.status, reply.text, code=reply.code, utf8=self.utf8))
            self.session.refuse_announced()
            self._tell_held(self.session.buffered)
        self.flush()

    async def _tell_idle(self) -> None:
        self._woken = False
        if self.selected is not None and self.session.state is State.IDLE:
            await self.selected.sync(self, expunges=True)
            self.flush()

    async def _begin_tls(self) -> None:
        try:
            await self.begin_tls(self.server.settings)
        except OSError as error:
            log.info("imap handshake failed", client=self.client, reason=str(error))
        if self.secured and not self.is_lost:
            self.session.tls_started()
            self.session.receive(self._early)
            self._early = b""

    def _settle(self) -> None:
        """All that could be answered is: write it, and decide how long to wait for more."""
        self.flush()
        if self.is_lost:
            self.deselect()
            return
        if self.is_over or self._ended:
            self.session.close()
            self.finish()
        elif self.server.is_closing:
            self.hang_up(responses.untagged("BYE", "the server is going down, come back soon", code="UNAVAILABLE"))
        else:
            limits = self.limits
            wait = limits.idle_seconds if self.account is not None else limits.stranger_seconds
            self.deadline = self.loop.time() + wait
            self.make_progress()
        if self.is_over:
            self.deselect()

    def _tell_held(self, held: int) -> None:
        self.server.held += held - self._held
        grown = held > self._held
        self._held = held
        if grown and self.server.held > self.limits.held_octets:
            self.server.make_room()
