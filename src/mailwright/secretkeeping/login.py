"""The login of the database, when Vault makes one for us: leased, renewed, and replaced before its last end.

Called by whatever reads the settings (`follow_login`), by connections of the database (through `storage.logins`) and by the keeper,
which renews in time. Without a keeper (commands) a login is renewed by whoever asks for it after half of its life.
Promises: `current` is quick while a login is good; a new one is had long before the old one ends, so that what is under way with
the old one can end (a login ends with the token it was asked for with: a new token means a new login); while Vault is away the known one is used as long as it may live.
"""

from __future__ import annotations

import atexit
import threading
import time

import structlog

from mailwright.connectors.vault import Lease, VaultServer
from mailwright.domain.refusals import BadInput, Refusal, TryLater
from mailwright.settings.fetching import access_of, server_of
from mailwright.settings.model import Settings
from mailwright.storage import logins
from mailwright.storage.logins import with_login

log = structlog.get_logger(__name__)

RENEW_AT = 0.5  # of its life: two more tries before the next bound
REPLACE_AT = 0.75  # of its life: what is under way with the old one has the rest
AGAIN_SECONDS = 10.0  # after a failure, and at least between two logins


class DatabaseLogin:
    """Who we are to the database, by one role of Vault's. `urls` are those it is the login of, the first one with its own host."""

    def __init__(self, vault: VaultServer, mount: str, role: str, urls: tuple[str, ...]) -> None:
        self._vault = vault
        self._mount = mount
        self._role = role
        self._urls = urls
        self._lock = threading.Lock()  # one asks Vault
        self._lease: Lease | None = None
        self._had = 0.0  # monotonic: when it was given or renewed
        self._lives = 0.0  # seconds from then on
        self._longest = 0.0  # seconds it was first given
        self._not_before = 0.0
        self.replaced = 0

    def current(self, url: str) -> str:
        """The URL with the login of now. Raises TryLater, BadInput when there is none and none can be had."""
        lease = self._lease
        if lease is None or self._age() >= REPLACE_AT or self._is_of_an_old_token(lease):
            lease = self._replace(lease)
        return with_login(url, lease.username, lease.password)

    def refused(self, url: str, tried: str) -> None:
        """It may have been revoked: another one, unless the database was asked for one a moment ago."""
        with self._lock:
            lease = self._lease
            stale = lease is not None and with_login(url, lease.username, lease.password) == tried
            if not stale or time.monotonic() < self._not_before:
                return
        log.warning("secrets.database_login_refused", user=lease.username if lease else None)
        try:
            self._replace(lease, leave=True)
        except Refusal as error:
            log.warning("secrets.database_login_failed", error=str(error))

    def keep(self) -> float:
        """Renew or replace it when it is time; in how many seconds to look again."""
        lease = self._lease
        if lease is None:
            self._replace(None)
        elif self._is_of_an_old_token(lease):
            self._try_another(lease)
        elif self._age() >= RENEW_AT:
            self._renew(lease)
        left = self._had + self._lives * RENEW_AT - time.monotonic()
        return max(1.0, min(left, 60.0))

    @property
    def ends_in(self) -> float | None:
        """Seconds until the login ends, unless it is renewed; None before the first one."""
        return None if self._lease is None else self._had + self._lives - time.monotonic()

    @property
    def user(self) -> str | None:
        """Its name."""
        return None if self._lease is None else self._lease.username

    def close(self) -> None:
        """Give it back: nobody else would before its end."""
        with self._lock:
            lease, self._lease = self._lease, None
        if lease is not None:
            try:
                self._vault.revoke(lease.id)
            except Refusal:
                return  # it ends by itself

    def _age(self) -> float:
        return (time.monotonic() - self._had) / self._lives if self._lives else 0.0

    def _is_of_an_old_token(self, lease: Lease) -> bool:
        return lease.sign_in != self._vault.sign_ins

    def _renew(self, lease: Lease) -> None:
        """Let it live on; near its last end (Vault gives less and less) take a new one."""
        if lease.renewable:
            try:
                seconds = self._vault.renew(lease.id)
            except TryLater as error:
                log.warning("secrets.renewal_failed", error=str(error), seconds_left=round(self.ends_in or 0))
                if self._age() < REPLACE_AT:
                    return
                seconds = 0.0
            except Refusal as error:  # it ended, or was revoked
                log.warning("secrets.renewal_refused", error=str(error))
                seconds = 0.0
            if seconds > self._longest * RENEW_AT:
                self._had, self._lives = time.monotonic(), seconds
                return
        elif self._age() < REPLACE_AT:
            return
        self._try_another(lease)

    def _try_another(self, lease: Lease) -> None:
        """A new login while the old one is good still; when none can be had, the next look tries again."""
        try:
            self._replace(lease, leave=True)
        except Refusal as error:
            log.warning("secrets.database_login_failed", error=str(error), seconds_left=round(self.ends_in or 0))

    def _replace(self, old: Lease | None, *, leave: bool = False) -> Lease:
        """A new login in the place of `old`. The known one when none can be had now (not with `leave`)."""
        if not self._lock.acquire(blocking=old is None or leave):
            assert old is not None
            return old  # somebody asks already, and this one is good for a while
        try:
            known = self._lease
            if known is not None and known is not old:
                return known  # somebody was faster
            if known is not None and not leave and time.monotonic() < self._not_before:
                return known
            self._not_before = time.monotonic() + AGAIN_SECONDS
            try:
                lease = self._vault.login(self._mount, self._role)
            except Refusal as error:
                if (
                    known is not None and not leave
                ):  # connections that are open work on; the database decides about others
                    log.warning("secrets.database_login_failed", error=str(error))
                    return known
                if isinstance(error, TryLater | BadInput):
                    raise
                raise BadInput(f"MAILWRIGHT_VAULT_DATABASE_ROLE: {error}") from None
            self._lease, self._had, self._lives, self._longest = lease, time.monotonic(), lease.seconds, lease.seconds
            self.replaced += known is not None
        finally:
            self._lock.release()
        log.info("secrets.database_login", user=lease.username, seconds=round(lease.seconds))
        if known is not None:
            for url in self._urls:
                logins.changed(url)
        return lease


class _Of:
    """The login as connections of one URL ask for it."""

    def __init__(self, login: DatabaseLogin, url: str) -> None:
        self._login = login
        self._url = url

    def current(self) -> str:
        return self._login.current(self._url)

    def refused(self, url: str) -> None:
        self._login.refused(self._url, url)


_followed: dict[tuple[str, ...], DatabaseLogin] = {}


def follow_login(settings: Settings) -> DatabaseLogin | None:
    """From now on the database is opened with logins of Vault's; None when the settings name no role. Asks nobody yet."""
    role = settings.vault_database_role
    if role is None or settings.database_url.startswith("sqlite:"):
        return None
    urls = tuple(filter(None, (settings.database_url, settings.database_direct_url)))
    login = _followed.get(urls)
    if login is None:
        server = server_of(access_of(settings))
        login = _followed[urls] = DatabaseLogin(server, settings.vault_database_mount, role, urls)
        for url in urls:
            logins.follow(url, _Of(login, url))
        atexit.register(login.close)
    return login
