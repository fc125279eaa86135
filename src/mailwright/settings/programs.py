"""The settings of the gRPC door, for other programs. A part of `Settings`; its port is among the others."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode


def _words(value: object) -> object:
    """`a,b c` is ("a", "b", "c"); nothing is none."""
    return tuple(re.findall(r"[^,\s]+", value)) if isinstance(value, str) else value


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ProgramSettings(BaseSettings):
    """How programs call core."""

    grpc_host: str | None = Field(
        None, description="the address gRPC listens on; as host with a certificate, else this machine's own"
    )
    grpc_tls_cert: Path | None = Field(
        None,
        description="certificate chain (PEM) of gRPC; when not set the one of vault_pki_role, else plain text, for this machine only",
    )
    grpc_tls_key: Path | None = Field(None, description="its private key (PEM)")
    grpc_client_ca: Path | None = Field(
        None, description="certificates (PEM) that sign those of clients: every client of gRPC has to show one"
    )
    grpc_services: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="names in certificates of services that may act for any person by x-mailwright-user"
    )
    grpc_reflection: bool = Field(True, description="tell programs which services there are (gRPC reflection)")
    grpc_admin_tokens: bool = Field(
        False, description="let bearer tokens of administrators administer through the core API"
    )
    grpc_per_minute: int = Field(6000, ge=1, description="calls of the core API a person may make in a minute")

    @property
    def _is_certified(self) -> bool:
        issued: str | None = getattr(self, "vault_pki_role", None)  # of another part of `Settings`
        return self.grpc_tls_cert is not None or issued is not None

    def missing_of_programs(self) -> list[str]:
        """What does not fit together, each as `name|because`."""
        problems: list[str] = []
        if (self.grpc_tls_cert is None) != (self.grpc_tls_key is None):
            missing = "grpc_tls_cert" if self.grpc_tls_cert is None else "grpc_tls_key"
            problems.append(f"{missing}|a certificate and its key belong together; this one is missing")
        for name in ("grpc_tls_cert", "grpc_tls_key", "grpc_client_ca"):
            file: Path | None = getattr(self, name)
            if file is not None and not file.expanduser().is_file():
                problems.append(f"{name}|there is no file {file}")
        if not self._is_certified and self.grpc_host is not None and not _is_loopback(self.grpc_host):
            problems.append(f"grpc_host|{self.grpc_host} is not this machine alone: gRPC needs grpc_tls_cert there")
        if self.grpc_client_ca is not None and not self._is_certified:
            problems.append("grpc_client_ca|clients show certificates only where grpc_tls_cert is set")
        if self.grpc_services and self.grpc_client_ca is None:
            problems.append("grpc_services|services are known by certificates: set grpc_client_ca")
        return problems
