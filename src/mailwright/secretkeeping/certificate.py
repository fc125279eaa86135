"""Our certificate, when Vault's PKI issues it: had before the doors open, and renewed when two thirds of its life are over.

Called by the keeper. It is kept in files that only we read: `tls/vault.pem` in the data folder (chain and key in one, so that they
are replaced together) and `tls/vault-ca.pem` (the authority, for who checks certificates of clients by it). Servers notice a new
one by themselves (`protocols.tls.Watch`).
"""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from cryptography import x509

from mailwright.connectors.vault import VaultServer
from mailwright.domain.refusals import Refusal, TryLater
from mailwright.protocols.tls import VAULT_CERTIFICATE, write_private
from mailwright.settings.model import Settings

log = structlog.get_logger(__name__)

RENEW_AT = 2 / 3  # of its life
AGAIN_SECONDS = 30.0  # after a failure
LOOK_SECONDS = 3600.0  # the clock may be set, and files removed


class VaultCertificate:
    """One certificate for all doors of this process."""

    def __init__(self, vault: VaultServer, settings: Settings) -> None:
        assert settings.vault_pki_role is not None
        self._vault = vault
        self._mount = settings.vault_pki_mount
        self._role = settings.vault_pki_role
        self._hours = settings.vault_pki_hours
        self._names = settings.vault_pki_names or (settings.hostname,)
        self.file = settings.data / VAULT_CERTIFICATE

    def ensure(self) -> None:
        """See to it that there is one, and renew it when it is time. Raises a refusal when there is none that still holds."""
        found = self._found()
        if found is not None and datetime.now(UTC) < self._renewal(found):
            return
        try:
            self._renew()
        except Refusal as error:
            if found is None or found.not_valid_after_utc <= datetime.now(UTC):
                raise
            log.warning("secrets.certificate_failed", error=str(error), ends=found.not_valid_after_utc.isoformat())

    def keep(self) -> float:
        """Renew it when it is time; in how many seconds to look again."""
        try:
            self.ensure()
        except Refusal as error:
            log.error("secrets.certificate_ended", error=str(error))
            return AGAIN_SECONDS
        found = self._found()
        left = (self._renewal(found) - datetime.now(UTC)).total_seconds() if found is not None else 0.0
        return AGAIN_SECONDS if left <= 0 else max(1.0, min(left, LOOK_SECONDS))

    @property
    def ends(self) -> datetime | None:
        """When the one we have ends."""
        found = self._found()
        return None if found is None else found.not_valid_after_utc

    def _renewal(self, certificate: x509.Certificate) -> datetime:
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return begin + (end - begin) * RENEW_AT

    def _found(self) -> x509.Certificate | None:
        """What the file holds; None when it holds none for our names."""
        try:
            certificate = x509.load_pem_x509_certificate(self.file.read_bytes())
            named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (OSError, ValueError, x509.ExtensionNotFound):
            return None
        known = {str(name.value) for name in named}
        return certificate if known >= set(self._names) else None

    def _renew(self) -> None:
        issued = self._vault.issue(self._mount, self._role, self._names, self._hours)
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self.file.with_name("vault-ca.pem"), issued.authority.encode())
            write_private(self.file, (issued.chain + issued.key).encode())
        except OSError as error:
            raise TryLater(f"{self.file} cannot be written: {error.strerror}") from None
        certificate = self._found()
        ends = None if certificate is None else certificate.not_valid_after_utc.isoformat()
        log.info("secrets.certificate_renewed", names=list(self._names), ends=ends)
