"""The settings themselves: every one with its type, its default, its words for people, and the checks between them.

Made by `reading.load`. To add one: a field here, its name among the ports or secrets below where it is one, `make reference`.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from mailwright.domain.addresses import Address
from mailwright.domain.modelnames import PURPOSES
from mailwright.domain.refusals import BadAddress
from mailwright.domain.roles import ROLES, Role
from mailwright.settings.agents import KEY_VARIABLES, AgentSettings
from mailwright.settings.observing import ObservingSettings
from mailwright.settings.pages import PageSettings
from mailwright.settings.programs import ProgramSettings
from mailwright.settings.services import ServiceSettings
from mailwright.settings.serving import ServingSettings
from mailwright.settings.sharing import SharingSettings
from mailwright.settings.signon import SignOnSettings
from mailwright.settings.storing import StoringSettings
from mailwright.settings.vault import VaultSettings

PREFIX = "MAILWRIGHT_"
SMALLEST_MESSAGE_LIMIT = 1024  # bytes: below this not even a bounce fits
LARGEST_MESSAGE_LIMIT = 1024**3  # bytes: a message is held in memory while it is accepted

Port = Annotated[int, Field(ge=0, le=65535)]
PORTS = (
    "smtp_port",
    "submission_port",
    "submissions_port",
    "lmtp_port",
    "imap_port",
    "imaps_port",
    "sieve_port",
    "http_port",
    "grpc_port",
)
_UNLIMITED = {"none", "unlimited", ""}


class BadSettings(Exception):
    """Settings that nothing can start with: `lines` has one clear line for each, fit to be shown."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _words(value: object) -> object:
    """`a,b c` is ("a", "b", "c"); a list stays one."""
    return tuple(re.split(r"[,\s]+", value.strip())) if isinstance(value, str) else value


def _size_or_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in _UNLIMITED else value


class Settings(
    AgentSettings,
    ServiceSettings,
    PageSettings,
    SharingSettings,
    ServingSettings,
    StoringSettings,
    ProgramSettings,
    SignOnSettings,
    VaultSettings,
    ObservingSettings,
):
    """Every setting, checked. Sizes take `50MB`, `2GiB` or plain bytes; port 0 picks a free one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data: Path = Field(Path("data"), description="the data folder")
    database_url: str = Field(
        default_factory=lambda found: f"sqlite:///{found['data']}/mailwright.db",
        description="sqlite:///path or postgresql://user:password@host/name; an SQLite file in the data folder when not set",
        repr=False,  # may hold a password
    )
    database_direct_url: str | None = Field(
        None,
        description="the same PostgreSQL database past the pooler, when database_url leads to one in transaction mode (pgBouncer)",
        repr=False,
    )
    blob_url: str = Field(
        default_factory=lambda found: f"file://{found['data']}",
        description="where large messages go: file:///folder, s3://bucket/prefix or az://container/prefix; the data folder when not set",
        repr=False,  # may hold a key
    )
    roles: Annotated[tuple[Role, ...], NoDecode, BeforeValidator(_words)] = Field(
        ("all",), description="what this process does: all, or some of smtp, lmtp, imap, http, grpc, worker, scheduler"
    )

    hostname: str = Field("localhost", description="our name towards other servers, as DNS has it")
    host: str = Field("127.0.0.1", description="the address to listen on; 0.0.0.0 for every IPv4 interface, :: for all")
    smtp_port: Port = Field(2525, description="SMTP, for other servers")
    submission_port: Port = Field(2587, description="submission with STARTTLS, for our users' mail programs")
    submissions_port: Port = Field(2465, description="submission inside TLS")
    lmtp_port: Port = Field(2424, description="LMTP, for a mail server in front of us")
    imap_port: Port = Field(2143, description="IMAP with STARTTLS")
    imaps_port: Port = Field(2993, description="IMAP inside TLS")
    sieve_port: Port = Field(4190, description="ManageSieve, for the rules of our users")
    http_port: Port = Field(8080, description="HTTP")
    grpc_port: Port = Field(50051, description="gRPC, for other programs")
    tls_cert: Path | None = Field(None, description="certificate chain (PEM); a self-made one when not set")
    tls_key: Path | None = Field(None, description="its private key (PEM)")

    public_url: str | None = Field(
        None, description="how browsers reach us, like https://mail.example.org; http://localhost:8080 when not set"
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="networks of HTTP proxies of our own in front of us, whose X-Forwarded-For we believe"
    )
    mail_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (),
        description="networks of load balancers in front of the SMTP, submission, IMAP and ManageSieve ports, which begin every "
        "connection with a PROXY protocol header",
    )
    allow_clear_sign_in: bool = Field(
        False, description="take passwords without TLS from programs on this machine (and from nowhere else)"
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="what secrets in the database are sealed with; a file secret.key in the data folder when not set",
    )

    verify_inbound: bool = Field(True, description="check SPF, DKIM, DMARC and ARC of what arrives by SMTP")
    trusted_relays: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="networks of mail servers of our own in front of us, like 192.0.2.0/24"
    )
    trusted_authserv_ids: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="the names under which those servers write Authentication-Results that we believe"
    )
    rspamd_url: str | None = Field(None, description="asks this rspamd about what arrives, like http://127.0.0.1:11333")
    rspamd_password: SecretStr | None = Field(None, min_length=1, description="its password, when it wants one")

    max_message_bytes: ByteSize = Field(
        ByteSize(50 * 1024**2),
        ge=SMALLEST_MESSAGE_LIMIT,
        le=LARGEST_MESSAGE_LIMIT,
        description="the largest message we take",
    )
    default_quota_bytes: Annotated[ByteSize | None, BeforeValidator(_size_or_none)] = Field(
        ByteSize(10 * 1024**3), description="the room of a new mailbox; none for no limit"
    )
    redact_after_days: int | None = Field(
        None, ge=1, description="bodies older than this are redacted; kept when not set"
    )
    audit_kept_days: int = Field(365, ge=1, description="how long the audit trail is kept")
    submission_per_hour: int = Field(500, ge=1, description="recipients a user may write to in an hour")
    search_ocr: bool = Field(False, description="read text in pictures and scanned pages (needs tesseract)")
    search_ocr_languages: str = Field("eng", pattern=r"^[a-zA-Z_+]+$", description="for tesseract, like eng+deu")
    smart_host: SecretStr | None = Field(
        None,
        description="the server all mail leaves through, smtp:// (STARTTLS when offered) or smtps://user:password@host:port; "
        "each recipient's own server when not set",
    )
    allow_private_delivery: bool = Field(
        False,
        description="deliver to servers with private addresses too (a look-up by a stranger's domain could lead there)",
    )
    allow_private_push: bool = Field(
        False, description="tell push services with private addresses too; whoever has an account names them"
    )
    webhook_secret: SecretStr | None = Field(
        None, min_length=1, description="signs calls of /webhook/email; without it only this machine may call"
    )
    webhook_per_minute: int = Field(6000, ge=1, description="calls of /webhook/email a client may make in a minute")

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least that is logged")
    log_format: Literal["auto", "json", "pretty"] = Field(
        "auto", description="auto: pretty on a terminal, else JSON lines"
    )
    demo_password: SecretStr | None = Field(
        None, min_length=8, description="the password of the demo's users; random when not set"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        from mailwright.settings.fetching import Sources
        from mailwright.settings.reading import find_file, read_file  # which knows the settings from here

        path = find_file()
        file = (path, read_file(path)) if path else None
        return (cast(PydanticBaseSettingsSource, Sources(init_settings, env_settings, file)),)

    @property
    def active_roles(self) -> frozenset[str]:
        """The roles of this process, `all` spelled out."""
        return frozenset(ROLES) if "all" in self.roles else frozenset(self.roles)

    # --- checks -----------------------------------------------------------------------------------------------------

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        folder = value.expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{folder} is not a folder")
        return folder

    @field_validator("tls_cert", "tls_key")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        file = value.expanduser().absolute()
        if not file.is_file():
            raise ValueError(f"there is no file {file}")
        if not os.access(file, os.R_OK):
            raise ValueError(f"{file} cannot be read by this user")
        return file

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
            return value
        if value.startswith(("postgresql://", "postgres://")) and urlsplit(value).path.strip("/"):
            return value.replace("postgres://", "postgresql://", 1)
        raise ValueError("should be sqlite:///path/to/file.db or postgresql://user:password@host:port/name")

    @field_validator("database_direct_url")
    @classmethod
    def _direct_database(cls, value: str | None) -> str | None:
        if value is not None and not (value := cls._database(value)).startswith("postgresql://"):
            raise ValueError("should be postgresql://user:password@host:port/name")
        return value

    @field_validator("blob_url")
    @classmethod
    def _blobs(cls, value: str) -> str:
        if value.startswith("file:///") or (value.startswith(("s3://", "az://")) and urlsplit(value).netloc):
            return value
        raise ValueError("should be file:///folder, s3://bucket/prefix or az://container/prefix")

    @field_validator("hostname")
    @classmethod
    def _host_name(cls, value: str) -> str:
        try:
            return Address.parse(f"postmaster@{value}").domain
        except BadAddress:
            raise ValueError(f"{value!r} is not a host name") from None

    @field_validator("smart_host")
    @classmethod
    def _smart_host(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.get_secret_value())
            fine = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            fine = False
        if not fine:
            raise ValueError("should be smtp://host:port or smtps://user:password@host:port")
        return value

    @field_validator("trusted_relays", "trusted_proxies", "mail_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ipaddress.ip_network(each, strict=False)
            except ValueError:
                raise ValueError(f"{each!r} should be an address or a network, like 192.0.2.0/24") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("should be an address without a path, like https://mail.example.org")
        return value.rstrip("/")

    @field_validator("rspamd_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("should be an address like http://127.0.0.1:8000/v1")
        return value

    @model_validator(mode="after")
    def _together(self) -> Settings:
        problems: list[str] = []
        ports: dict[int, str] = {}
        for name in PORTS:
            port = getattr(self, name)
            if port and port in ports:
                problems.append(f"{variable(name)}: {ports[port]} has port {port} already")
            ports.setdefault(port, variable(name))
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "tls_cert" if self.tls_cert is None else "tls_key"
            problems.append(f"{variable(missing)}: a certificate and its key belong together; this one is missing")
        if self.database_direct_url is not None and self.database_url.startswith("sqlite:"):
            problems.append(f"{variable('database_direct_url')}: there is no pooler in front of an SQLite file")
        parts = (self.missing_of_services, self.missing_of_sign_on, self.missing_of_vault, self.missing_of_programs)
        lacking = [
            *self.missing_of_sharing(self.database_url),
            *self.missing_of_serving(self.database_url),
            *self.missing_of_storing(self.blob_url),
            *(one for missing_of in parts for one in missing_of()),
        ]
        for missing_one in lacking:
            name, _, because = missing_one.partition("|")
            problems.append(f"{variable(name)}: {because}")
        for purpose in PURPOSES:
            for name in self.models_for(purpose):
                provider = name.partition(":")[0]
                if provider in KEY_VARIABLES and self.model_base_url is None and self.api_key_for(provider) is None:
                    line = f"{variable('model_api_key')}: {name} needs a key, here or in {KEY_VARIABLES[provider]}"
                    problems += [] if line in problems else [line]
        if problems:
            raise BadSettings(problems)
        return self


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()
