"""The OpenID provider of `oidc-provider`, as `packages` installs it: people sign in on its pages, and it writes real tokens.

`sign_in(person, algorithm)` does what a browser does and answers the tokens. `restart` gives it new keys. `OidcIssuer` raises
NotAvailable, saying why, when it cannot be had.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.servers.ports import free_port, wait_for_port
from tests.servers_node.packages import NotAvailable, installed, node_since

VERSION = "8.8.1"
OLDEST_NODE = (20, 15)
START_SECONDS = 30.0
BACK = "http://127.0.0.1/back"
AUDIENCE = "mailwright"
ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")


@dataclass(frozen=True)
class Tokens:
    """What somebody has who signed in: `access` is for AUDIENCE, `identity` for the client (`pages-ES256`)."""

    access: str
    identity: str


class OidcIssuer:
    """One running provider. `people`: what is said of each, by name; `clients`: further ones, as its settings have them."""

    def __init__(
        self,
        folder: Path,
        people: Mapping[str, Mapping[str, Any]],
        clients: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._folder = folder
        self._people = people
        self._clients = list(clients)
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._node = node_since(OLDEST_NODE)
        self._package = installed("oidc-provider", VERSION) / "lib" / "index.js"
        self._process: subprocess.Popen[bytes] | None = None
        self.restart()

    def restart(self) -> None:
        """Begin (again) with new keys; sessions and grants are forgotten."""
        self.stop()
        keys = [
            RSAKey.generate_key(2048, auto_kid=True),
            ECKey.generate_key("P-256", auto_kid=True),
            OKPKey.generate_key("Ed25519", auto_kid=True),
        ]
        private = json.dumps([{**each.as_dict(private=True), "use": "sig"} for each in keys])
        script = Path(__file__).with_name("oidc_issuer.mjs")
        given = [private, json.dumps(self._people), json.dumps(self._clients)]
        command = [str(self._node), str(script), str(self._package), str(self._port), *given]
        log = self._folder / "oidc.log"
        with open(log, "ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for_port(self._port, START_SECONDS)
        except TimeoutError:
            self.stop()
            raise NotAvailable(f"oidc-provider did not start: {log.read_text()[-500:]}") from None

    def sign_in(self, person: str, algorithm: str = "ES256") -> Tokens:
        """What a browser does: the authorization code flow with PKCE, the pages for sign-in and consent, and the code for tokens."""
        client_id, verifier = f"pages-{algorithm}", secrets.token_urlsafe(40)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": client_id,
            "response_type": "code",
            "scope": "openid email",
            "redirect_uri": BACK,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with httpx.Client(trust_env=False, timeout=20) as browser:
            answer = browser.get(f"{self.url}/auth", params=asked)
            for _ in range(12):
                where = urljoin(str(answer.request.url), answer.headers.get("location", ""))
                if where.startswith(BACK):
                    break
                if answer.is_redirect:
                    answer = browser.get(where)
                else:
                    prompt = "consent" if 'value="consent"' in answer.text else "login"
                    form = {"prompt": prompt, "login": person, "password": "any"}
                    answer = browser.post(str(answer.request.url), data=form)
            [code] = parse_qs(urlsplit(where).query)["code"]
            form = {"grant_type": "authorization_code", "client_id": client_id, "code": code, "redirect_uri": BACK}
            said = browser.post(f"{self.url}/token", data={**form, "code_verifier": verifier})
            said.raise_for_status()
        return Tokens(said.json()["access_token"], said.json()["id_token"])

    def own_token(self, client_id: str, secret: str) -> str:
        """The token a program gets for itself (RFC 6749 §4.4)."""
        form = {"grant_type": "client_credentials", "scope": "email", "resource": "urn:mailwright"}
        said = httpx.post(f"{self.url}/token", data=form, auth=(client_id, secret), trust_env=False, timeout=20)
        said.raise_for_status()
        return str(said.json()["access_token"])

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None
