"""The certificates of the gRPC port, read again when their files change: a renewed one is used from the next connection on.

Called by `server`, and by grpc's own threads for each new connection. Promises: files that cannot be read, or do not belong together,
leave the last good ones in use and are told of in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import load_pem_x509_certificate

log = structlog.get_logger(__name__)


class Certificates:
    """Our chain and key, and who signs those of clients (None: clients show none)."""

    def __init__(self, cert: Path, key: Path, client_ca: Path | None) -> None:
        self._files = (cert, key, *(() if client_ca is None else (client_ca,)))
        self._seen = self._stamps()

    def credentials(self) -> grpc.ServerCredentials:
        """For a port. Raises OSError when a file cannot be read or is none of its kind."""
        try:
            first = self._configuration()
        except ValueError as error:
            raise OSError(f"the certificate of gRPC cannot be used: {error}") from None
        fetch: Callable[[], Any] = self._fetch  # which may answer that nothing is new
        return grpc.dynamic_ssl_server_credentials(first, fetch, require_client_authentication=len(self._files) == 3)

    def _fetch(self) -> grpc.ServerCertificateConfiguration | None:
        """Runs in a thread of grpc's: None leaves what is in use."""
        try:
            now = self._stamps()
            if now == self._seen:
                return None
            made = self._configuration()
        except (OSError, ValueError) as error:
            log.warning("grpc.certificate_not_renewed", error=str(error))
            return None
        self._seen = now
        log.info("grpc.certificate_renewed")
        return made

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        chain, key, *authorities = (each.read_bytes() for each in self._files)
        certificate = load_pem_x509_certificate(chain)
        private = serialization.load_pem_private_key(key, None)
        encoding, kind = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        # Between two writes of a renewal they may be of different pairs; grpc would refuse every connection.
        if private.public_key().public_bytes(encoding, kind) != certificate.public_key().public_bytes(encoding, kind):
            raise ValueError("certificate and key are no pair")
        for each in authorities:
            load_pem_x509_certificate(each)
        return grpc.ssl_server_certificate_configuration([(key, chain)], authorities[0] if authorities else None)

    def _stamps(self) -> tuple[tuple[int, int], ...]:
        return tuple((found.st_mtime_ns, found.st_ino) for found in (each.stat() for each in self._files))
