"""The settings of what is told about a process: traces, reports of errors, health. A part of `Settings`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

OPERATIONS_PORT = 8081
"""Where a process without the role http is asked how it is."""


class ObservingSettings(BaseSettings):
    """Where traces and reports of errors go, and where a process is asked how it is."""

    service_name: str = Field(
        "mailwright", pattern=r"^[A-Za-z0-9._-]{1,80}$", description="what this process is called in logs and traces"
    )
    environment: str = Field(
        "", pattern=r"^[A-Za-z0-9._-]{0,80}$", description="which installation it is, in traces and reports: production"
    )
    otlp_endpoint: str | None = Field(
        None,
        description="traces go there by OTLP over HTTP, like http://127.0.0.1:4318; without it nothing is traced",
    )
    otlp_headers: SecretStr | None = Field(
        None,
        description="headers of what is sent there: name=value, with commas between; Authorization=… for most services",
    )
    trace_sample_ratio: float = Field(
        0.1, ge=0, le=1, description="the share of what comes in that is traced, where the caller does not say"
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="errors are reported to this Sentry project (needs the extra sentry); without it to nobody"
    )
    operations_port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        None,
        description=f"/healthz, /readyz and /metrics for a process without the role http, 0 for none; {OPERATIONS_PORT} when not set, "
        "and none beside the role http, which has them",
    )

    operations_host: str = Field(
        "127.0.0.1",
        description="the address of operations_port; another machine that asks needs another, which strangers do not reach",
    )

    @property
    def otlp_header_fields(self) -> dict[str, str]:
        """`otlp_headers` taken apart."""
        text = "" if self.otlp_headers is None else self.otlp_headers.get_secret_value()
        pairs = (each.partition("=") for each in text.split(",") if each.strip())
        return {name.strip(): value.strip() for name, _, value in pairs}

    @field_validator("otlp_endpoint")
    @classmethod
    def _endpoint(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or "@" in parts.netloc:
            raise ValueError("should be an address like http://127.0.0.1:4318; what signs in belongs into otlp_headers")
        return value.rstrip("/")

    @field_validator("otlp_headers")
    @classmethod
    def _headers(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            for each in value.get_secret_value().split(","):
                name, equals, text = each.partition("=")
                if each.strip() and (
                    not equals or not name.strip().replace("-", "").isalnum() or not text.strip().isascii()
                ):
                    raise ValueError("should be name=value, with commas between")
        return value
