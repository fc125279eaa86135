"""HashiCorp Vault and OpenBao: secrets that are kept there (KV version 2), logins of a database, certificates.

Called by the settings when one refers to a secret there, and by `secretkeeping`, which keeps what has an end alive. Blocking: call
it in threads. Promises: one clear refusal for each failure, without any token or secret in it: TryLater (away, sealed, too slow:
asking again may help), NotPermitted, NotFound, BadInput. A token that ended is replaced and the question asked again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mailwright.domain.refusals import BadInput, NotFound, NotPermitted, Refusal, TryLater

if TYPE_CHECKING:
    import hvac

T = TypeVar("T")

SPARE_SECONDS = 5.0  # a token is not used up to its last second


@dataclass(frozen=True, slots=True)
class Access:
    """Where Vault is, and who we are to it: a token (or a file with one), an AppRole, or a Kubernetes service account."""

    url: str
    namespace: str | None = None
    authority: Path | None = None
    seconds: float = 10.0
    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    role_id: str | None = None
    secret_id: str | None = field(default=None, repr=False)
    secret_id_file: Path | None = None
    kubernetes_role: str | None = None
    kubernetes_token: Path | None = None
    mount: str | None = None

    @property
    def way(self) -> str:
        """How we sign in."""
        if self.kubernetes_role is not None:
            return f"kubernetes role {self.kubernetes_role}"
        if self.role_id is not None:
            return "approle"
        return "token" if self.token_file is None else f"token of {self.token_file}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret of a KV engine: its values, and which version they are."""

    values: dict[str, Any] = field(repr=False)
    version: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A login of the database. `seconds` from now, unless it is renewed, and no longer than the token that it was asked for with, which
    is that of the sign-in with the number `sign_in`."""

    id: str
    username: str
    password: str = field(repr=False)
    seconds: float
    renewable: bool
    sign_in: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate: its chain, its key and the authority's own certificates (PEM)."""

    chain: str
    key: str = field(repr=False)
    authority: str


class VaultServer:
    """One Vault, signed in to when it is first asked. `sign_ins` counts the tokens we had: what was leased with one ends with it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._client: hvac.Client | None = None
        self._ends = 0.0  # monotonic; of the token
        self._life = 0.0  # seconds it was given
        self._own = False  # we were given it for signing in, so we may give it back
        self._token: str | None = None
        self._tokens = 0

    # --- what is kept there

    def read(self, mount: str, path: str) -> Kept:
        """The newest version of a secret."""

        def ask(client: hvac.Client) -> Kept:
            found = client.secrets.kv.v2.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)
            data = found["data"]
            return Kept(dict(data["data"] or {}), int(data["metadata"]["version"]))

        return self._ask(ask, f"{mount}/{path}")

    def login(self, mount: str, role: str) -> Lease:
        """A new login of the database."""
        self._signed_in()
        number = self.sign_ins  # counted before we ask: at worst it seems to be of an earlier token than it is

        def ask(client: hvac.Client) -> Lease:
            found = client.secrets.database.generate_credentials(role, mount_point=mount)
            name, password = found["data"]["username"], found["data"]["password"]
            return Lease(found["lease_id"], name, password, found["lease_duration"], found["renewable"], number)

        return self._ask(ask, f"{mount}/creds/{role}")

    def renew(self, lease: str) -> float:
        """Let it live on; how many seconds from now. Raises BadInput when it ended."""

        def ask(client: hvac.Client) -> float:
            return float(client.sys.renew_lease(lease)["lease_duration"])

        return self._ask(ask, "the renewal of a lease")

    def revoke(self, lease: str) -> None:
        """End it now."""
        self._ask(lambda client: client.sys.revoke_lease(lease), "the end of a lease")

    def issue(self, mount: str, role: str, names: tuple[str, ...], hours: int | None) -> Issued:
        """A new certificate and its key."""
        params: dict[str, Any] = {"alt_names": ",".join(names[1:])} if names[1:] else {}
        if hours is not None:
            params["ttl"] = f"{hours}h"

        def ask(client: hvac.Client) -> Issued:
            found = client.secrets.pki.generate_certificate(role, names[0], extra_params=params, mount_point=mount)
            data = found["data"]
            above = data.get("ca_chain") or [data["issuing_ca"]]
            # A root is known to who trusts it, and is of no use to who does not.
            chain = [data["certificate"], *(each for each in above if not _is_root(each))]
            return Issued(_joined(chain), _joined([data["private_key"]]), _joined(above))

        return self._ask(ask, f"{mount}/issue/{role}")

    # --- who we are

    @property
    def sign_ins(self) -> int:
        """How many tokens we had so far."""
        return self._tokens

    @property
    def token_seconds(self) -> float | None:
        """How long the token lives on; None when it never ends."""
        return max(0.0, self._ends - time.monotonic()) if self._life else None

    def sign_in(self) -> None:
        """See to it that we are signed in."""
        self._signed_in()

    def keep_token(self) -> None:
        """Renew the token when a third of its life is left, or sign in anew when that no longer helps: the old one has that third still,
        for others to take what they had leased with it anew."""
        with self._lock:
            if self._client is None or not self._life or self._ends - time.monotonic() > self._life / 3:
                return
            client, given = self._client, self._life

        def renew() -> float:
            return float(client.auth.token.renew_self()["auth"]["lease_duration"])

        try:
            seconds = _told(renew, "the renewal of our token")
        except TryLater:
            raise
        except Refusal:
            seconds = 0.0
        with self._lock:
            if seconds > given / 2:
                self._ends, self._life = time.monotonic() + seconds, max(seconds, given)
                return
            if (
                self._client is client
            ):  # near its last end: a new one; when none is given now, this one is good for a while
                self._sign_in_anew()

    def close(self) -> None:
        """Give back the token that we were given; whatever was leased with it ends."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None and self._own:
            try:
                _told(lambda: client.auth.token.revoke_self(), "the end of our token")
            except Refusal:
                return  # it ends by itself

    def _ask(self, question: Callable[[hvac.Client], T], what: str) -> T:
        client = self._signed_in()
        try:
            return _told(lambda: question(client), what)
        except NotPermitted:
            # Vault says the same of a token that ended and of one that may not. What was leased with one that is well must stay.
            if self._is_well(client):
                raise
            fresh = self._signed_in(instead_of=client)
            if fresh is client:
                raise
            return _told(lambda: question(fresh), what)

    def _is_well(self, client: hvac.Client) -> bool:
        try:
            _told(client.auth.token.lookup_self, "our token")
        except NotPermitted:
            return False
        return True

    def _signed_in(self, *, instead_of: hvac.Client | None = None) -> hvac.Client:
        with self._lock:
            known = self._client
            ended = bool(self._life) and time.monotonic() > self._ends - SPARE_SECONDS
            if known is not None and known is not instead_of and not ended:
                return known
            if known is not None and self.access.token is not None and not ended:
                return known  # there is no other one
            return self._sign_in_anew()

    def _sign_in_anew(self) -> hvac.Client:
        """With the lock."""
        client = self._sign_in()
        if client.token != self._token:
            self._tokens += 1
        self._client, self._token = client, client.token
        return client

    def _sign_in(self) -> hvac.Client:
        import hvac  # heavy, and only who has a Vault needs it

        access = self.access
        client = hvac.Client(
            url=access.url,
            token="",  # else it looks for one in the home folder
            namespace=access.namespace,
            timeout=access.seconds,
            verify=True if access.authority is None else str(access.authority),
            strict_http=False,
        )
        if access.kubernetes_role is not None:
            assert access.kubernetes_token is not None
            role, proof = access.kubernetes_role, _text_of(access.kubernetes_token)
            mount = access.mount or "kubernetes"
            found = _told(
                lambda: client.auth.kubernetes.login(role, proof, mount_point=mount), "signing in (kubernetes)"
            )
        elif access.role_id is not None:
            secret = access.secret_id if access.secret_id_file is None else _text_of(access.secret_id_file)
            mount = access.mount or "approle"
            found = _told(
                lambda: client.auth.approle.login(access.role_id, secret, mount_point=mount), "signing in (approle)"
            )
        else:
            client.token = (access.token if access.token_file is None else _text_of(access.token_file)) or ""
            data = _told(client.auth.token.lookup_self, "our token")["data"]
            self._own = False
            self._until(float(data["ttl"]))
            return client
        self._own = True
        self._until(float(found["auth"]["lease_duration"]))
        return client

    def _until(self, seconds: float) -> None:
        self._life = seconds
        self._ends = time.monotonic() + seconds


def _told(question: Callable[[], T], what: str) -> T:
    """Ask; a failure as a refusal."""
    import requests
    from hvac import exceptions

    try:
        return question()
    except exceptions.Forbidden as error:
        raise NotPermitted(f"Vault does not permit us {what}: {_words(error)}") from None
    except exceptions.InvalidPath:
        raise NotFound(f"Vault has nothing at {what}") from None
    except (exceptions.InvalidRequest, exceptions.ParamValidationError, exceptions.UnsupportedOperation) as error:
        raise BadInput(f"Vault refuses {what}: {_words(error)}") from None
    except exceptions.Unauthorized as error:
        raise NotPermitted(f"Vault does not know us ({what}): {_words(error)}") from None
    except exceptions.VaultError as error:  # sealed, standing by, an error of its own, too many questions
        raise TryLater(f"Vault cannot answer now ({what}): {_words(error)}") from None
    except requests.exceptions.SSLError:
        raise TryLater("Vault's certificate is not one we trust: vault_ca names its authority") from None
    except requests.exceptions.Timeout:
        raise TryLater(f"Vault took too long to answer ({what})") from None
    except requests.exceptions.RequestException as error:
        raise TryLater(f"Vault cannot be reached ({type(error).__name__})") from None
    except (KeyError, TypeError, ValueError, AttributeError):  # something answered that is no Vault
        raise TryLater(f"what answers in the place of Vault is not understood ({what})") from None


def _words(error: Exception) -> str:
    """What Vault said, in one short line."""
    errors = getattr(error, "errors", None) or []
    return " ".join(" ".join(map(str, errors)).split())[:200] or type(error).__name__


def _text_of(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
    if not text:
        raise BadInput(f"{path} is empty")
    return text


def _joined(parts: list[str]) -> str:
    return "".join(part.strip() + "\n" for part in parts)


def _is_root(pem: str) -> bool:
    from cryptography import x509

    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.issuer == certificate.subject
