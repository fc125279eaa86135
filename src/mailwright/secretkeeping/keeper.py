"""The keeper: one thread that renews in time and looks whether something has changed.

Started by the application before anything is opened, ended after everything is closed. Not started when the settings name neither
Vault nor a file that may change (`settings.fetching.needs_keeping`): then none of this is imported.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from mailwright.connectors.vault import VaultServer
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.secretkeeping.certificate import VaultCertificate
from mailwright.secretkeeping.changes import Changes
from mailwright.secretkeeping.login import DatabaseLogin, follow_login
from mailwright.settings.fetching import access_of, server_of
from mailwright.settings.model import Settings

log = structlog.get_logger(__name__)

TOKEN_SECONDS = 15.0  # between looks at the token
AGAIN_SECONDS = 2.0  # while Vault is away at start
TOLD_EVERY = 10.0
JOIN_SECONDS = 5.0


class Keeper:
    """Keeps the secrets of one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.changes = Changes(settings)
        self._vault: VaultServer | None = None
        self._login: DatabaseLogin | None = None
        self.certificate: VaultCertificate | None = None
        if settings.vault_url is not None:
            self._vault = server_of(access_of(settings))
            self._login = follow_login(settings)
            if settings.vault_pki_role is not None:
                self.certificate = VaultCertificate(self._vault, settings)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Have what nothing can start without (login and certificate), then keep it. Blocks while Vault is away, but not for longer
        than the settings say. Raises a refusal."""
        if self._login is not None:
            self._patiently(self._login.keep)
        if self.certificate is not None:
            self._patiently(self.certificate.ensure)
        self._thread = threading.Thread(target=self._run, name="secrets", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread. The login is given back when the process ends: connections may still need it."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
            self._thread = None

    def because(self) -> str:
        """How secrets are, for the status; which ones is in the log."""
        waiting = len(self.changes.waiting)
        return f"{waiting} changed where they are kept, and need a restart" if waiting else "none needs a restart"

    def _patiently(self, step: Callable[[], object]) -> None:
        until, told = time.monotonic() + self._settings.vault_wait_seconds, -TOLD_EVERY
        while True:
            try:
                step()
                return
            except TryLater as error:
                moment = time.monotonic()
                if moment >= until:
                    raise
                if moment - told >= TOLD_EVERY:
                    log.warning("secrets.waiting", error=str(error), seconds_left=round(until - moment))
                    told = moment
                time.sleep(min(AGAIN_SECONDS, until - moment))

    def _run(self) -> None:
        duties: list[Callable[[], float]] = [self._look]
        if self._vault is not None:
            duties.append(self._keep_token)
        if self._login is not None:
            duties.append(self._login.keep)
        if self.certificate is not None:
            duties.append(self.certificate.keep)
        due = [(0.0, duty) for duty in duties]
        while not self._ended.is_set():
            moment = time.monotonic()
            due = [(moment + self._do(duty), duty) if at <= moment else (at, duty) for at, duty in due]
            self._ended.wait(max(0.1, min(at for at, _ in due) - time.monotonic()))

    def _do(self, duty: Callable[[], float]) -> float:
        try:
            return duty()
        except Refusal as error:
            log.warning("secrets.not_kept", error=str(error))
        except Exception as error:  # the others go on; its text may hold a secret
            log.error("secrets.duty_failed", raised=type(error).__name__)
        return TOKEN_SECONDS

    def _look(self) -> float:
        self.changes.look()
        return self._settings.vault_poll_minutes * 60

    def _keep_token(self) -> float:
        assert self._vault is not None
        self._vault.keep_token()
        if self._login is not None:
            self._login.keep()  # now, and not at its own time: it ends with the token that was replaced
        left = self._vault.token_seconds
        return TOKEN_SECONDS if left is None else max(0.5, min(TOKEN_SECONDS, left / 4))
