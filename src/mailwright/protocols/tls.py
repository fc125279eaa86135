"""TLS for every server: a context from the operator's certificate, or from one we make ourselves.

Called by `app.py` at start, which also lets `Watch` look after the files: whoever replaces them (certbot, Vault) restarts nothing. Expects host names and the data folder; promises TLS 1.2 or later. A certificate of our own
proves nothing to a stranger, but keeps passwords and mail from being read on the way (RFC 7435).
"""

import asyncio
import ipaddress
import os
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

log = structlog.get_logger(__name__)

LIFETIME = timedelta(days=397)  # the longest that clients accept of a certificate
RENEW_BEFORE = timedelta(days=30)  # a server restarts at least that often
LOOK_SECONDS = 10.0  # how soon a replaced certificate is served
VAULT_CERTIFICATE = "tls/vault.pem"  # in the data folder, when Vault issues it
FILE_NAME = "self-signed.pem"  # certificate and key in one file, so that they are replaced together


def server_context(certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """A context for servers. `certificate` is a PEM chain; `key` None: the key is in the same file.

    Raises OSError when a file cannot be read, ssl.SSLError when it is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996: 1.0 and 1.1 must not be used
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(certificate, key)
    return context


class Watch:
    """Looks whether the files of a context were replaced, and gives the living context the new certificate.

    Connections that are open keep theirs; every handshake from then on sees the new one. Files that do not fit together (whoever
    replaces them is between the two) are looked at again, and the old certificate stays.
    """

    def __init__(self, context: ssl.SSLContext, certificate: Path, key: Path | None = None) -> None:
        self._context = context
        self._certificate = certificate
        self._key = key
        self._seen = self._stamp()
        self._told = False

    def look(self) -> bool:
        """Take what was replaced since the last look; whether anything was. In the event loop, where handshakes are."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        try:
            fresh = server_context(self._certificate, self._key)
        except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
            if not self._told:
                log.warning("tls.certificate_unusable", file=str(self._certificate), error=_why(error))
            self._told = True
            return False
        self._seen, self._told = stamp, False

        # Not load_cert_chain: a key of another kind (RSA, elliptic) would stand beside the old one, and both be offered.
        def change(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = fresh

        self._context.sni_callback = change
        log.info("tls.certificate_replaced", file=str(self._certificate))
        return True

    async def run(self) -> None:
        """Look every few seconds."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def _stamp(self) -> tuple[tuple[int, int, int], ...] | None:
        """What tells one state of the files from another; None while one is missing."""
        try:
            found = [os.stat(file) for file in (self._certificate, self._key) if file is not None]
        except OSError:
            return None
        return tuple((each.st_mtime_ns, each.st_ino, each.st_size) for each in found)


def _why(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__


def self_signed_context(folder: Path, hostnames: Sequence[str]) -> ssl.SSLContext:
    """A context with a certificate of our own for `hostnames` (names or IP addresses), kept in `folder`."""
    return server_context(self_signed_certificate(folder, hostnames))


def self_signed_certificate(folder: Path, hostnames: Sequence[str]) -> Path:
    """The file of our own certificate; a new one is made when there is none, or it ends soon or names other hosts."""
    path = folder / FILE_NAME
    names = _alternative_names(hostnames)
    if not _still_good(path, names):
        folder.mkdir(parents=True, exist_ok=True)
        write_private(path, _make(hostnames[0], names))
    return path


def _alternative_names(hostnames: Sequence[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for name in dict.fromkeys(hostnames):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            names.append(x509.DNSName(name))
    return names


def _still_good(path: Path, names: list[x509.GeneralName]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return list(named) == names and certificate.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE


def _make(hostname: str, names: list[x509.GeneralName]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    # RFC 5280 §A.1: a common name has at most 64 characters; clients read the alternative names.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    begin = datetime.now(UTC) - timedelta(hours=1)  # for clients whose clock is slow
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return certificate.public_bytes(pem) + key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_private(path: Path, content: bytes) -> None:
    """0600 from the first moment, and never half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
