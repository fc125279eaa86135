"""The settings of single sign-on: whose word we take for who somebody is. A part of `Settings`.

One provider is named here, the simple way; every further one (a tenant's own) is a row in the database: `mailwright provider`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode


def _json(value: object) -> object:
    """What a variable of the environment holds; a settings file has the value itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("should be JSON") from None


def _is_address(value: str) -> bool:
    return value.startswith(("http://", "https://")) and bool(urlsplit(value).hostname)


class SignOnSettings(BaseSettings):
    """How people sign in with an account they have elsewhere."""

    oidc_issuer: str | None = Field(  # with or without a slash at its end, as its tokens name it
        None,
        description="whose tokens (JWT) open our doors, as they name it: any OpenID Connect provider, like https://abc.supabase.co/auth/v1",
    )
    oidc_audience: str | None = Field(
        None,
        min_length=1,
        description="whom these tokens are for: authenticated with Supabase; oidc_client_id when not set",
    )
    oidc_keys_url: str | None = Field(
        None, description="the keys they are signed with (JWKS); found by the issuer's discovery when not set"
    )
    oidc_shared_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="what they are signed with where that is a shared secret (HS256), as in older Supabase projects",
    )
    oidc_trusts_mail: bool = Field(
        False,
        description="believe the address in a token that does not say it was verified; only where the provider verifies all of them",
    )
    oidc_adds_users: bool = Field(
        False,
        description="let in people nobody has added, when their address is verified: with a mailbox, where it is of a domain of the first tenant",
    )
    oidc_client_id: str | None = Field(
        None,
        min_length=1,
        description="our client at the issuer: with it the sign-in page has a button; none when not set",
    )
    oidc_client_secret: SecretStr | None = Field(None, min_length=1, description="its secret; a public client has none")
    oidc_name: str = Field("Single sign-on", min_length=1, max_length=100, description="what the button says")
    oidc_scopes: str = Field("openid profile email", description="what is asked for at sign-in")
    oidc_roles_claim: str = Field("", description="where its tokens have roles, like realm_access.roles")
    oidc_roles: Annotated[dict[str, str], NoDecode, BeforeValidator(_json)] = Field(
        default_factory=dict,
        description='a role there and the one here (admin, support, user), like {"mail-admin": "admin"}; empty: roles stay as they are here',
    )
    oidc_signs_out: bool = Field(True, description="sign out at the provider, too, when somebody signs out here")
    allow_private_providers: bool = Field(
        False,
        description="reach providers of tenants at private addresses and without TLS, too, like a Keycloak in the same cluster",
    )

    @field_validator("oidc_keys_url")
    @classmethod
    def _keys_address(cls, value: str | None) -> str | None:
        if value is not None and not _is_address(value):
            raise ValueError("should be an address like https://api.example.org")
        return None if value is None else value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value is not None and not _is_address(value):
            raise ValueError("should be an address like https://login.example.org")
        return value

    @field_validator("oidc_roles")
    @classmethod
    def _known_roles(cls, value: dict[str, str]) -> dict[str, str]:
        if any(role not in ("admin", "support", "user") for role in value.values()):
            raise ValueError("should lead to admin, support or user")
        return value

    def missing_of_sign_on(self) -> list[str]:
        """The settings that others need, by name, each with its reason."""
        half = (
            self.oidc_audience
            or self.oidc_client_id
            or self.oidc_keys_url
            or self.oidc_shared_secret
            or self.oidc_adds_users
        )
        pairs: list[tuple[Any, str, str]] = [
            (
                self.oidc_issuer and not (self.oidc_audience or self.oidc_client_id),
                "oidc_audience",
                "believing tokens of oidc_issuer",
            ),
            (half and not self.oidc_issuer, "oidc_issuer", "taking tokens"),
            (self.oidc_client_secret and not self.oidc_client_id, "oidc_client_id", "oidc_client_secret"),
            (bool(self.oidc_roles) and not self.oidc_roles_claim, "oidc_roles_claim", "oidc_roles"),
        ]
        return [f"{name}|{what} needs it" for wrong, name, what in pairs if wrong]
