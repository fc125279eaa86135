"""IDLE: the client waits, and hears of every change as it happens, until it says DONE (RFC 9051 §6.3.13).

Nothing runs meanwhile: the fan-out of changes calls the alarm, and the connection has a task for as long as it takes to tell.
"""

from __future__ import annotations

from mailwright.codecs.imap import Done, Idle, State
from mailwright.codecs.imap.responses import untagged
from mailwright.protocols.imap.connection import Connection, Reply
from mailwright.protocols.imap.selected import Selected

KEEP_ALIVE_SECONDS = 120.0  # boxes that translate addresses forget a silent connection after as few as three minutes

_STILL_HERE = untagged("OK", "still here")


async def idle(connection: Connection, command: Idle) -> None:
    """Begin. Without a selected mailbox there is nothing to hear of, and it is allowed all the same."""
    connection.send(connection.session.begin_idle())
    selected = connection.selected
    if selected is not None:
        selected.rest()  # after an IDLE that something else than DONE ended
        selected.alarm = connection.wake
        await selected.sync(connection, expunges=True, look=True)
        _keep_alive(connection, selected)


async def done(connection: Connection, command: Done) -> Reply:
    """End."""
    if connection.selected is not None:
        connection.selected.rest()
    return Reply("OK", "that was the waiting")


def _keep_alive(connection: Connection, selected: Selected) -> None:
    selected.timer = connection.loop.call_later(KEEP_ALIVE_SECONDS, _tick, connection, selected)


def _tick(connection: Connection, selected: Selected) -> None:
    if connection.selected is selected and connection.session.state is State.IDLE and not connection.is_lost:
        connection.send(_STILL_HERE)
        connection.flush()
        _keep_alive(connection, selected)
