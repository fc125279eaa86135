"""What the core API is told: where it listens, by which certificates, and its limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GrpcSettings:
    """The face for other programs. Without `cert` it speaks in plain text, to this machine only."""

    host: str = "127.0.0.1"
    port: int = 50051
    cert: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None  # clients show a certificate that one of these signed
    services: tuple[str, ...] = ()  # the names of those that may act for people
    reflection: bool = True
    admin_tokens: bool = False
    per_minute: int = 6000
    streams: int = 100  # calls of one connection at once
