"""Connections: accounts elsewhere that somebody lets the assistant look after.

Called by `connecting` (what people do), and by who looks at the accounts (`agents.assistant`).
Promises: passwords and tokens are sealed before they are kept and stand in no error, answer, event or audit entry; everybody sees their
own; after `disconnect` nothing of the account is kept; `health` says "connected" only when it is true.
Does not: speak with a service, or read mail.
"""

from __future__ import annotations

from typing import Any

from mailwright.core import Core
from mailwright.core.connectionhealth import BROKEN_AFTER
from mailwright.core.connectionhealth import health as health
from mailwright.domain import clock
from mailwright.domain.addresses import Address
from mailwright.domain.clock import DAY, HOUR, MINUTE, Instant
from mailwright.domain.elsewhere import TLS, Server
from mailwright.domain.events import GMAIL_PUSHED
from mailwright.domain.ids import is_id
from mailwright.domain.refusals import BadInput, NotFound, NotPermitted
from mailwright.domain.triage import ConnectionState
from mailwright.storage import Tx, audit, events
from mailwright.storage import connections as rows
from mailwright.storage.accounts import Account
from mailwright.storage.audit import SYSTEM, Actor
from mailwright.storage.connections import Connection as Connection

GMAIL, IMAP = "gmail", "imap"
PURPOSE = "connection"
"""What secrets of connections are sealed for."""
MOST = 20  # connections of one person
FIRST_PAUSE: Instant = MINUTE  # after a failed look; doubled with each
LONGEST_PAUSE: Instant = HOUR
FOR_GOOD: Instant = 3650 * DAY  # until its owner does something
MAX_BECAUSE = 300  # characters
MAX_NAME = 320
MAX_PASSWORD = 1_000


def add_gmail(
    tx: Tx, core: Core, account: Account, *, address: str, tokens_json: str, by: Actor = SYSTEM
) -> Connection:
    """Keep what opens a Gmail account; one that is there already gets the new tokens and goes on. Raises BadInput, BadAddress."""
    return _keep(tx, core, account, GMAIL, address, tokens_json, {}, by)


def add_imap(
    tx: Tx,
    core: Core,
    account: Account,
    *,
    address: str,
    host: str,
    port: int,
    user: str,
    password: str,
    tls: str,
    by: Actor = SYSTEM,
) -> Connection:
    """Keep what opens an IMAP account, as `add_gmail` does. Raises BadInput, BadAddress."""
    server = checked_server(Server(host, port, tls, user), password)
    return _keep(tx, core, account, IMAP, address, password, server.as_values(), by)


def checked_server(server: Server, password: str) -> Server:
    """The same. Raises BadInput for what could not be a server, or could break out of a command."""
    if server.tls not in TLS:
        raise BadInput(f"tls is one of {', '.join(TLS)}")
    if not 0 < server.port < 65536:
        raise BadInput("the port is a number up to 65535")
    if not server.host or len(server.host) > 255 or not server.host.isprintable() or set(server.host) & set(" /@\\"):
        raise BadInput("the host is a name like imap.example.org")
    for what, text, most in (("user", server.user, MAX_NAME), ("password", password, MAX_PASSWORD)):
        # RFC 9051 §4.3: a line end or NUL has no place in a quoted string.
        if not text or len(text) > most or not text.isprintable():
            raise BadInput(f"the {what} is missing, too long, or has characters that cannot be typed")
    return server


def _keep(
    tx: Tx, core: Core, account: Account, kind: str, address: str, secret: str, settings: dict[str, Any], by: Actor
) -> Connection:
    key, now = Address.parse(address).key, clock.now()
    sealed = core.secrets.seal(secret.encode(), purpose=PURPOSE)
    known = next((each for each in rows.of_user(tx, account.id) if (each.kind, each.address) == (kind, key)), None)
    check_may(account)
    if known is None:
        if rows.count_of_user(tx, account.id) >= MOST:
            raise BadInput(f"{MOST} accounts can be connected: remove one first")
        made = rows.add(
            tx,
            tenant_id=account.tenant_id,
            user_id=account.id,
            kind=kind,
            address=key,
            state=ConnectionState.CONNECTING,
            secret=sealed,
            settings=settings,
            now=now,
        )
        if made is not None:
            audit.note(tx, by, "connection.added", resource=f"{kind}:{key}", tenant_id=account.tenant_id)
            return _woken(tx, made)
        # Two clicks at once: the other one was faster.
        known = next(each for each in rows.of_user(tx, account.id) if (each.kind, each.address) == (kind, key))
    moved = kind == IMAP and (known.settings.get("host"), known.settings.get("user")) != (
        settings.get("host"),
        settings.get("user"),
    )
    rows.update(
        tx,
        known.id,
        now=now,
        secret=sealed,
        settings=settings,
        enabled=True,
        state=ConnectionState.CONNECTING,
        because="",
        failures=0,
        cursor="" if moved else known.cursor,
        looked_at=None,
        watch_expires_at=None,
        watched_at=None,
        pushed_at=None,
        next_look_at=now,
    )
    audit.note(tx, by, "connection.renewed", resource=f"{kind}:{key}", tenant_id=account.tenant_id)
    return _woken(tx, known.id)


def check_may(account: Account) -> None:
    """Raises NotPermitted: agents and people who are blocked connect nothing."""
    if account.role == "agent" or account.status != "active":
        raise NotPermitted("this account connects nothing")


# --- one's own ------------------------------------------------------------------------------------------------------


def listing(tx: Tx, account: Account) -> list[Connection]:
    """What somebody has connected, oldest first."""
    return rows.of_user(tx, account.id)


def load(tx: Tx, connection_id: str, *, account: Account | None = None) -> Connection:
    """That one, of `account` when it is given. Raises NotFound."""
    found = rows.by_id(tx, connection_id) if is_id(connection_id) else None
    if found is None or (account is not None and found.user_id != account.id):
        raise NotFound("there is no such connection")
    return found


def disconnect(tx: Tx, core: Core, account: Account, connection_id: str, *, by: Actor = SYSTEM) -> Connection:
    """Look after it no more, and forget what was gathered of its mail. What it was; the caller gives the tokens back. Raises NotFound."""
    found = load(tx, connection_id, account=account)
    rows.remove(tx, found.id)
    audit.note(tx, by, "connection.removed", resource=f"{found.kind}:{found.address}", tenant_id=found.tenant_id)
    return found


def set_enabled(tx: Tx, account: Account, connection_id: str, *, on: bool, by: Actor = SYSTEM) -> Connection:
    """Pause it, or go on. Raises NotFound."""
    found = load(tx, connection_id, account=account)
    if found.enabled == on:
        return found
    rows.update(tx, found.id, now=clock.now(), enabled=on)
    audit.note(
        tx,
        by,
        "connection.enabled" if on else "connection.paused",
        resource=f"{found.kind}:{found.address}",
        tenant_id=found.tenant_id,
    )
    return look_soon(tx, account, found.id) if on else load(tx, found.id)


def look_soon(tx: Tx, account: Account | None, connection_id: str) -> Connection:
    """Have it looked at now; one that is paused stays so. Raises NotFound."""
    found = load(tx, connection_id, account=account)
    if not found.enabled:
        return found
    rows.update(tx, found.id, now=clock.now(), next_look_at=clock.now())
    return _woken(tx, found.id)


def _woken(tx: Tx, connection_id: str) -> Connection:
    """Whoever looks is told, instead of finding out within the minute."""
    events.append(tx, GMAIL_PUSHED, connection_id, {"connection_id": connection_id, "history_id": ""})
    return load(tx, connection_id)


# --- what looks find ------------------------------------------------------------------------------------------------


def tokens(core: Core, connection: Connection) -> str:
    """What opens the account: tokens as JSON, or a password. Raises TryLater (sealed with another key)."""
    return core.secrets.open(connection.secret, purpose=PURPOSE).decode()


def keep_tokens(tx: Tx, core: Core, connection_id: str, tokens_json: str) -> None:
    """They were renewed."""
    rows.update(tx, connection_id, now=clock.now(), secret=core.secrets.seal(tokens_json.encode(), purpose=PURPOSE))


def state(tx: Tx, connection_id: str, found: ConnectionState, because: str = "") -> None:
    """How it stands, as far as a look can tell; see `health` for what is said to people."""
    rows.update(tx, connection_id, now=clock.now(), state=found, because=shortened(because))


def looked(tx: Tx, connection_id: str, *, cursor: str, now: Instant, next_look_at: Instant) -> None:
    """A look worked: it was read up to `cursor`. That pushes do not come stays as it was said."""
    known = rows.by_id(tx, connection_id)
    if known is None:
        return
    delayed = known.state == ConnectionState.DELAYED
    rows.update(
        tx,
        connection_id,
        now=now,
        cursor=cursor,
        looked_at=now,
        next_look_at=next_look_at,
        failures=0,
        state=ConnectionState.DELAYED if delayed else ConnectionState.CONNECTED,
        because=known.because if delayed else "",
    )


def failed(tx: Tx, connection_id: str, because: str, *, final: bool = False) -> None:
    """A look failed; the next one waits longer each time. `final`: its owner must sign in anew, until then nobody tries."""
    known = rows.by_id(tx, connection_id)
    if known is None:
        return
    now, failures = clock.now(), known.failures + 1
    pause = FOR_GOOD if final else min(FIRST_PAUSE << min(failures - 1, 10), LONGEST_PAUSE)
    broken = ConnectionState.BROKEN if failures >= BROKEN_AFTER else ConnectionState(known.state)
    rows.update(
        tx,
        connection_id,
        now=now,
        failures=failures,
        state=ConnectionState.REVOKED if final else broken,
        because=shortened(because),
        next_look_at=now + pause,
    )


def shortened(because: str) -> str:
    """A reason on one line that any table takes."""
    return " ".join(because.replace("\x00", " ").split())[:MAX_BECAUSE].encode("utf-8", "replace").decode()
