"""A twin of Vault's HTTP API, with the wire shapes of the real one: KV version 2, the database engine, PKI, tokens and leases.

Real here are the users it makes in a PostgreSQL server and the certificates it signs; the rest is what Vault answers. It can be
sealed, and everything that has an end can be ended.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = "hvs.root-of-the-twin"


class VaultTwin:
    """One server. Change what it holds while it runs; `asked` is every call as (method, path)."""

    def __init__(self, postgresql: str | None = None) -> None:
        self.kv: dict[str, tuple[int, dict[str, Any]]] = {}
        self.tokens: dict[str, float] = {ROOT: 0.0}  # when each ends; 0 never
        self.leases: dict[str, tuple[str, float]] = {}  # user, end of all renewals
        self.parents: dict[str, str] = {}  # the token that a lease was asked for with
        self.token_seconds = 3600.0
        self.lease_seconds, self.lease_longest = 3600.0, 7200.0
        self.certificate_seconds = 3600.0
        self.sealed = False
        self.forbidden: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.namespaces: set[str | None] = set()
        self._postgresql = postgresql
        self._number = 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.authority = self._sign("twin root", self._key, ["twin root"], 86_400)
        twin = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                twin.namespaces.add(self.headers.get("X-Vault-Namespace"))
                status, answer = twin.answer(self.command, self.path, self.headers.get("X-Vault-Token"), body)
                octets = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            do_GET = do_POST = do_PUT = do_LIST = _serve  # noqa: N815  # the names that http.server asks for

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for user, _ in list(self.leases.values()):
            self._drop(user)

    def put(self, path: str, **values: Any) -> None:
        """A new version of a secret, like `kv/mailwright`."""
        self.kv[path] = (self.kv.get(path, (0, {}))[0] + 1, values)

    def revoke(self, lease: str) -> None:
        """As an operator would: its user is gone, and so are the user's connections."""
        user, _ = self.leases.pop(lease)
        self._drop(user)

    def end(self, token: str) -> None:
        """As at its last end: the token is gone, and all that was leased with it."""
        self.tokens.pop(token, None)
        for lease in [each for each, parent in self.parents.items() if parent == token]:
            del self.parents[lease]
            if lease in self.leases:
                self.revoke(lease)

    # --- the API

    def answer(self, method: str, path: str, token: str | None, body: dict[str, Any]) -> tuple[int, Any]:
        path = path.removeprefix("/v1/").partition("?")[0]
        self.asked.append((method, path))
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if path.startswith("auth/") and path.endswith("/login"):
            return self._log_in(path, body)
        for ended in [each for each, end in self.tokens.items() if end and end < time.monotonic()]:
            self.end(ended)
        end = self.tokens.get(token or "")
        if end is None or path in self.forbidden:
            return 403, {"errors": ["permission denied"]}
        for begin, does in self._engines().items():
            if path.startswith(begin):
                return does(path, token or "", body)
        return 404, {"errors": []}

    def _engines(self) -> dict[str, Callable[[str, str, dict[str, Any]], tuple[int, Any]]]:
        return {
            "auth/token/": self._of_token,
            "kv/data/": self._of_kv,
            "database/creds/": self._of_database,
            "sys/leases/": self._of_leases,
            "pki/issue/": self._of_pki,
        }

    def _log_in(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if "approle" in path and (body.get("role_id"), body.get("secret_id")) != ("role", "secret-of-the-role"):
            return 400, {"errors": ["invalid role or secret ID"]}
        if "kubernetes" in path and body != {"role": "mailwright", "jwt": "jwt-of-the-pod"}:
            return 403, {"errors": ["permission denied"]}
        self._number += 1
        token = f"hvs.twin-{self._number}"
        self.tokens[token] = time.monotonic() + self.token_seconds
        auth = {"client_token": token, "lease_duration": self.token_seconds, "renewable": True, "policies": ["default"]}
        return 200, _whole(auth=auth)

    def _of_token(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        end = self.tokens[token]
        if path.endswith("lookup-self"):
            return 200, _whole({"ttl": max(0, end - time.monotonic()) if end else 0, "renewable": bool(end)})
        if path.endswith("revoke-self"):
            self.end(token)
            return 204, None
        self.tokens[token] = time.monotonic() + self.token_seconds
        return 200, _whole(auth={"client_token": token, "lease_duration": self.token_seconds, "renewable": True})

    def _of_kv(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        found = self.kv.get("kv/" + path.removeprefix("kv/data/"))
        if found is None:
            return 404, {"errors": []}
        metadata = {"version": found[0], "deletion_time": "", "destroyed": False}
        return 200, _whole({"data": found[1], "metadata": metadata})

    def _of_database(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        if not path.endswith("/mailwright"):
            return 400, {"errors": ["unknown role: " + path.rpartition("/")[2]]}
        self._number += 1
        user, password = f"v-twin-{self._number}", f"p/w@{self._number}"
        if self._postgresql is not None:
            with psycopg.connect(self._postgresql, autocommit=True) as admin:
                admin.execute(f"CREATE ROLE \"{user}\" LOGIN PASSWORD '{password}' IN ROLE mailwright")
                admin.execute(f'ALTER ROLE "{user}" SET ROLE mailwright')
        lease = f"database/creds/mailwright/{self._number}"
        self.leases[lease] = (user, time.monotonic() + self.lease_longest)
        self.parents[lease] = token
        login = {"username": user, "password": password}
        return 200, _whole(login, lease_id=lease, lease_duration=self.lease_seconds, renewable=True)

    def _of_leases(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        lease = body.get("lease_id", "")
        if lease not in self.leases:
            return 400, {"errors": ["lease not found"]}
        if path.endswith("revoke"):
            self.revoke(lease)
            return 204, None
        left = self.leases[lease][1] - time.monotonic()
        return 200, _whole(lease_id=lease, lease_duration=int(min(self.lease_seconds, left)), renewable=True)

    def _of_pki(self, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        names = [body["common_name"], *filter(None, body.get("alt_names", "").split(","))]
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(names[0], key, names, self.certificate_seconds)
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        data = {
            "certificate": made.strip(),
            "issuing_ca": self.authority.strip(),
            "ca_chain": [self.authority.strip()],
            "private_key": private.decode().strip(),
            "private_key_type": "ec",
        }
        return 200, _whole(data)

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, names: list[str], seconds: float) -> str:
        begin = datetime.now(UTC) - timedelta(seconds=1)
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "twin root")])
        made = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(seconds=seconds))
            .add_extension(x509.BasicConstraints(ca=name == "twin root", path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def _drop(self, user: str) -> None:
        if self._postgresql is not None:
            with psycopg.connect(self._postgresql, autocommit=True) as admin:
                # Waits until they are gone: who is cut in the middle of a transaction is told so, and that is not what tests look at.
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", (user,)
                )
                admin.execute(f'DROP ROLE IF EXISTS "{user}"')


def _whole(data: Any = None, *, auth: Any = None, **more: Any) -> dict[str, Any]:
    """An answer as Vault gives it."""
    whole = {"request_id": "a", "lease_id": "", "renewable": False, "lease_duration": 0, "data": data}
    return {**whole, "wrap_info": None, "warnings": None, "auth": auth, **more}
