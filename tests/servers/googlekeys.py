"""Keys that Google's tokens are signed with, of this machine: made, rotated, published (JWKS), and signing what a test wants signed.

`Keys()` has one key. `token(audience)` is an OIDC token as Pub/Sub sends it with a push; every bad variant is one argument away:
`claims` replaces or (None) drops claims, `alg`, `kid` and `key` sign it otherwise. `jwks()` is what the keys' address answers.
"""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

ISSUER = "https://accounts.google.com"
ACCOUNT = "pushes@mailwright-test.iam.gserviceaccount.com"
HOUR = 3600


class Keys:
    """A set of RSA keys; the newest one signs."""

    def __init__(self) -> None:
        self._keys = [_key()]

    @property
    def newest(self) -> RSAKey:
        """The key that signs now."""
        return self._keys[-1]

    def rotate(self, *, keep: bool = True) -> None:
        """Sign with a new key from now on; without `keep` the old ones are published no more."""
        self._keys = [*(self._keys if keep else []), _key()]

    def jwks(self) -> dict[str, Any]:
        """The public halves."""
        return {"keys": [{**each.as_dict(private=False), "alg": "RS256", "use": "sig"} for each in self._keys]}

    def token(
        self,
        audience: str,
        *,
        email: str = ACCOUNT,
        at: float | None = None,
        claims: dict[str, Any] | None = None,
        kid: str | None = None,
        alg: str = "RS256",
        key: RSAKey | OctKey | None = None,
    ) -> str:
        """A token that was made at `at` (now), for an hour."""
        now = int(time.time() if at is None else at)
        said: dict[str, Any] = {
            "aud": audience,
            "azp": "113774264463038321964",
            "email": email,
            "email_verified": True,
            "exp": now + HOUR,
            "iat": now,
            "iss": ISSUER,
            "sub": "113774264463038321964",
        }
        said = {name: value for name, value in {**said, **(claims or {})}.items() if value is not None}
        signing = key or self.newest
        header = {"alg": alg, "typ": "JWT", "kid": kid or self.newest.kid or ""}
        return jwt.encode(header, said, signing, algorithms=[alg])


def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig"}, private=True, auto_kid=True)
