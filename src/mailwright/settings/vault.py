"""The settings of Vault (or OpenBao), where secrets may come from, and of the keys they are sealed with here. A part of `Settings`.

Whoever reads a secret from there has to be somebody to it first, so these settings themselves come from files or the environment.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

KUBERNETES_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
NEVER_FROM_VAULT = ("vault_",)  # what Vault is found and entered with


def _words(value: object) -> object:
    return tuple(each for each in re.split(r"[,\s]+", value) if each) if isinstance(value, str) else value


class VaultSettings(BaseSettings):
    """Where secrets are fetched, and as whom; what they are sealed with."""

    vault_url: str | None = Field(
        None, description="your Vault or OpenBao, like https://vault.example.org:8200; nothing is fetched when not set"
    )
    vault_namespace: str | None = Field(None, min_length=1, description="the namespace in it")
    vault_ca: Path | None = Field(None, description="the authority (PEM) that signed its certificate, when it is yours")
    vault_token: SecretStr | None = Field(None, min_length=1, description="the token we sign in there with")
    vault_token_file: Path | None = Field(
        None, description="a file with that token, read again when it ends: an agent of Vault's may renew it"
    )
    vault_role_id: str | None = Field(None, min_length=1, description="who we are there (AppRole)")
    vault_secret_id: SecretStr | None = Field(None, min_length=1, description="the secret of that role")
    vault_secret_id_file: Path | None = Field(None, description="a file with it, read at every sign-in")
    vault_kubernetes_role: str | None = Field(
        None, min_length=1, description="the role that our Kubernetes service account has there"
    )
    vault_kubernetes_token: Path = Field(KUBERNETES_TOKEN, description="the token of that service account")
    vault_auth_mount: str | None = Field(
        None, min_length=1, description="where that way of signing in is mounted; approle or kubernetes when not set"
    )
    vault_timeout_seconds: float = Field(10, gt=0, le=120, description="how long an answer of Vault's may take")
    vault_wait_seconds: float = Field(60, ge=0, description="how long a start waits for a Vault that is away or sealed")
    vault_settings: str | None = Field(
        None,
        description="mount/path of a secret (KV version 2) whose keys are settings; the environment goes before it",
    )
    vault_poll_minutes: float = Field(
        5, gt=0, le=1440, description="how often we look whether secrets in Vault or in files have changed"
    )
    vault_database_role: str | None = Field(
        None, min_length=1, description="the role of Vault's database engine that database_url is signed in to with"
    )
    vault_database_mount: str = Field("database", min_length=1, description="where that engine is mounted")
    vault_pki_role: str | None = Field(
        None, min_length=1, description="the role of Vault's PKI engine that issues our certificate"
    )
    vault_pki_mount: str = Field("pki", min_length=1, description="where that engine is mounted")
    vault_pki_names: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="the names in that certificate; hostname when not set"
    )
    vault_pki_hours: int | None = Field(
        None, ge=1, description="how long a certificate is asked for; what the role gives when not set"
    )
    old_secret_keys: SecretStr | None = Field(
        None,
        min_length=1,
        description="what secret_key was before, newest first, one in a line: still opens what it sealed",
    )

    @field_validator("vault_url")
    @classmethod
    def _vault_address(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("should be an address like https://vault.example.org:8200")
        return None if value is None else value.rstrip("/")

    @field_validator("vault_settings")
    @classmethod
    def _vault_path(cls, value: str | None) -> str | None:
        if value is not None and not all(value.partition("/")):
            raise ValueError("should be mount/path, like kv/mailwright")
        return value

    @field_validator("vault_ca")
    @classmethod
    def _vault_authority(cls, value: Path | None) -> Path | None:
        file = None if value is None else value.expanduser().absolute()
        if file is not None and not file.is_file():
            raise ValueError(f"there is no file {file}")
        return file

    def missing_of_vault(self) -> list[str]:
        """The settings that others need, by name, each with its reason."""
        ways = [self.vault_token or self.vault_token_file, self.vault_role_id, self.vault_kubernetes_role]
        used = self.vault_settings or self.vault_database_role or self.vault_pki_role or any(ways)
        found = []
        if used and not self.vault_url:
            found.append("vault_url|what you set of Vault needs it")
        if self.vault_url and not any(ways):
            found.append(
                "vault_token|Vault wants to know who we are: vault_token_file, vault_role_id, or vault_kubernetes_role do, too"
            )
        if sum(map(bool, ways)) > 1:
            found.append("vault_token|there is more than one way to sign in to Vault; leave one")
        if self.vault_role_id and not (self.vault_secret_id or self.vault_secret_id_file):
            found.append("vault_secret_id|vault_role_id needs it")
        return found
