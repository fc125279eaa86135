"""An OpenID Connect issuer of this machine: its discovery, its keys of every kind, and whatever token a test wants signed.

`Issuer()` listens on `url`; `name` is what it calls itself (with `slash`, with a slash at its end). `token()` is a good access token for
AUDIENCE of Ada; every bad one is an argument away: `claims` replaces or (None) drops claims, `header` adds to the header, `alg`, `kid` and
`key` sign it otherwise. `supabase()` has the shape of a Supabase project's token, which says nothing of whether its address was verified.
`discovery` and `jwks` may be replaced; `asked` lists the paths that were fetched.
Pages sign people in by `authorize(url)`: the address they come back to, with a code whose ID token has `id_claims` beside what it must have;
`code_answer` and `id_token` replace what the code is exchanged for. The exchange checks the code (once), PKCE and the redirect URI.
`logout_token()` tells of a sign-out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.servers.ports import free_port

AUDIENCE = "mailwright"
ADA = "ada@mailwright.test"
SECRET = "a shared secret of a project, in words and not too short"
HOUR = 3600
MADE_FOR = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}

Key = RSAKey | ECKey | OKPKey | OctKey


class Issuer:
    """One issuer with a key of each kind."""

    def __init__(self, *, slash: bool = False) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/realms/people"
        self.name = self.url + ("/" if slash else "")
        self.keys: dict[str, Key] = {}
        self.rotate()
        self.jwks: Any = None
        self.discovery: Any = {
            "issuer": self.name,
            "jwks_uri": f"{self.url}/certs",
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/me",
            "end_session_endpoint": f"{self.url}/logout",
            "authorization_response_iss_parameter_supported": True,
        }
        self.id_claims: dict[str, Any] = {}
        self.id_options: dict[str, Any] = {}
        self.user_info: Any = {"sub": "f3a1c9"}
        self.code_answer: Any = None
        self.codes: dict[str, dict[str, str]] = {}
        self.status = 200
        self.asked: list[str] = []
        self._server = _server(self)

    def rotate(self, *, keep: bool = False) -> None:
        """New keys from now on; with `keep` the old ones are published, too."""
        self.old = dict(self.keys) if keep else {}
        self.keys = {
            "RSA": RSAKey.generate_key(2048, auto_kid=True),
            "EC": ECKey.generate_key("P-256", auto_kid=True),
            "OKP": OKPKey.generate_key("Ed25519", auto_kid=True),
        }

    def published(self) -> dict[str, Any]:
        """The public halves, as a JWKS."""
        keys = [*self.keys.values(), *self.old.values()]
        return {"keys": [{**each.as_dict(private=False), "use": "sig"} for each in keys]}

    def token(
        self,
        *,
        claims: dict[str, Any] | None = None,
        alg: str = "ES256",
        kid: str | None = "",
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        at: float | None = None,
    ) -> str:
        """A token that was made at `at` (now), for an hour. `kid` None: it names no key."""
        now = int(time.time() if at is None else at)
        said = {
            "iss": self.name,
            "sub": "f3a1c9",
            "aud": AUDIENCE,
            "exp": now + HOUR,
            "iat": now,
            "email": ADA,
            "email_verified": True,
            "name": "Ada",
        }
        said = {name: value for name, value in {**said, **(claims or {})}.items() if value is not DROPPED}
        signing = key or self.keys[MADE_FOR[alg]]
        top = {"alg": alg, "typ": "JWT", "kid": signing.kid if kid == "" else kid, **(header or {})}
        top = {name: value for name, value in top.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jws.serialize_compact(top, json.dumps(said), signing, registry=registry)

    def supabase(self, *, claims: dict[str, Any] | None = None, **options: Any) -> str:
        """A token as Supabase's Auth writes it for somebody who signed in with a password."""
        said: dict[str, Any] = {
            "aud": "authenticated",
            "sub": "8d4f6c52-3b0e-4f3a-9c77-0a8c3a1f7e21",
            "email_verified": DROPPED,
            "name": DROPPED,
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {"email": ADA, "email_verified": True, "phone_verified": False},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": int(time.time())}],
            "session_id": "0b7f3c1e-6a55-4f0e-8a61-2f9d0c4b7a10",
            "is_anonymous": False,
        }
        return self.token(claims={**said, **(claims or {})}, **options)

    def authorize(self, url: str, *, iss: str | None = "") -> str:
        """What the sign-in page does with somebody who was sent there by `url`: where it sends them back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        said = {"code": code, "state": asked["state"], "iss": self.name if iss == "" else iss}
        said = {name: value for name, value in said.items() if value is not None}
        return f"{asked['redirect_uri']}?{urlencode(said)}"

    def exchange(self, form: dict[str, str]) -> tuple[int, Any]:
        """What the token endpoint answers."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        if self.code_answer is not None:
            return 200, self.code_answer
        access = self.token()
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "sid": "there-1",
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        made = self.token(claims={**claims, **self.id_claims}, **self.id_options)
        return 200, {"access_token": access, "id_token": made, "token_type": "Bearer"}

    def logout_token(self, audience: str, *, claims: dict[str, Any] | None = None, **options: Any) -> str:
        """A token that tells of a sign-out (OpenID Connect Back-Channel Logout 1.0 §2.4)."""
        person = dict.fromkeys(("email", "email_verified", "name"), DROPPED)
        said = {
            "aud": audience,
            "jti": secrets.token_urlsafe(8),
            "sid": "there-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        return self.token(claims={**person, **said, **(claims or {})}, header={"typ": "logout+jwt"}, **options)

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


DROPPED = object()
"""In the place of a claim that is not there."""


def shared(secret: str = SECRET) -> OctKey:
    """The key of a project that signs with a secret."""
    return OctKey.import_key(secret)


def _server(issuer: Issuer) -> ThreadingHTTPServer:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            answer: Any = {"error": "not found"}
            status = 404
            if self.path.endswith("/.well-known/openid-configuration"):
                status, answer = issuer.status, issuer.discovery
            elif self.path.endswith("/certs"):
                status, answer = issuer.status, issuer.published() if issuer.jwks is None else issuer.jwks
            elif self.path.endswith("/me"):
                status, answer = issuer.status, issuer.user_info
            self.reply(status, answer)

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            self.reply(*issuer.exchange({name: values[0] for name, values in parse_qs(body).items()}))

        def reply(self, status: int, answer: Any) -> None:
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("location", f"{issuer.url}/certs")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", issuer.port), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
