"""Settings: what an installation is told, from the command line, `MAILWRIGHT_*` variables or `mailwright.toml`.

Read once by the command line with `load`, then handed down by `app.py` in the pieces each part needs.
Promises: everything is checked before anything starts; each bad setting is one clear line (`BadSettings.lines`); a secret is
never printed, in an error neither.
Does not: look at ports, disks or services (`mailwright doctor` does).

Precedence: command line, environment, file, default. The file is `MAILWRIGHT_CONFIG`, else `mailwright.toml` in the current
folder; paths in it are relative to the file.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from mailwright.domain.addresses import Address
from mailwright.domain.refusals import BadAddress

PREFIX = "MAILWRIGHT_"
FILE_NAME = "mailwright.toml"
KEY_VARIABLES = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
"""Where the makers of models tell people to keep their keys; used when MAILWRIGHT_MODEL_API_KEY is not set."""

SMALLEST_MESSAGE_LIMIT = 1024  # bytes: below this not even a bounce fits
LARGEST_MESSAGE_LIMIT = 1024**3  # bytes: a message is held in memory while it is accepted

Port = Annotated[int, Field(ge=0, le=65535)]
Role = Literal["all", "smtp", "lmtp", "http", "worker", "scheduler"]
ROLES: tuple[Role, ...] = ("smtp", "lmtp", "http", "worker", "scheduler")
_MODEL = re.compile(r"[a-z][a-z0-9_-]*:\S+")
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


class Settings(BaseSettings):
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
    blob_url: str = Field(
        default_factory=lambda found: f"file://{found['data']}",
        description="where large messages go: file:///folder, s3://bucket/prefix or az://container/prefix; the data folder when not set",
        repr=False,  # may hold a key
    )
    roles: Annotated[tuple[Role, ...], NoDecode, BeforeValidator(_words)] = Field(
        ("all",), description="what this process does: all, or some of smtp, lmtp, http, worker, scheduler"
    )

    hostname: str = Field("localhost", description="our name towards other servers, as DNS has it")
    host: str = Field("127.0.0.1", description="the address to listen on; 0.0.0.0 for every IPv4 interface, :: for all")
    smtp_port: Port = Field(2525, description="SMTP, for other servers")
    submission_port: Port = Field(2587, description="submission, for our users' mail programs")
    lmtp_port: Port = Field(2424, description="LMTP, for a mail server in front of us")
    http_port: Port = Field(8080, description="HTTP")
    tls_cert: Path | None = Field(None, description="certificate chain (PEM); a self-made one when not set")
    tls_key: Path | None = Field(None, description="its private key (PEM)")

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
    smart_host: SecretStr | None = Field(
        None,
        description="the server all mail leaves through, smtp:// (STARTTLS when offered) or smtps://user:password@host:port; "
        "each recipient's own server when not set",
    )
    allow_private_delivery: bool = Field(
        False,
        description="deliver to servers with private addresses too (a look-up by a stranger's domain could lead there)",
    )
    webhook_secret: SecretStr | None = Field(
        None, min_length=1, description="signs calls of /webhook/email; without it only this machine may call"
    )
    webhook_per_minute: int = Field(6000, ge=1, description="calls of /webhook/email a client may make in a minute")

    model: str = Field(
        "rules",
        description="who thinks: rules (built in) or provider:model; several, by comma: the next when one fails",
    )
    model_judge: str | None = Field(None, description="for judging what is a task; `model` when not set")
    model_work: str | None = Field(None, description="for doing tasks; `model` when not set")
    model_base_url: str | None = Field(  # may hold a password
        None, description="another address of the provider's API (any OpenAI-compatible server)", repr=False
    )
    model_api_key: SecretStr | None = Field(
        None, min_length=1, description="the provider's key; ANTHROPIC_API_KEY or OPENAI_API_KEY when not set"
    )
    model_timeout_seconds: float = Field(60, gt=0, le=3600, description="how long one call of a model may take")

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
        path = find_file()
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file(path) if path else {})

    @property
    def active_roles(self) -> frozenset[str]:
        """The roles of this process, `all` spelled out."""
        return frozenset(ROLES) if "all" in self.roles else frozenset(self.roles)

    def models_for(self, purpose: Literal["judge", "work"]) -> tuple[str, ...]:
        """The models to ask, in order."""
        chosen = {"judge": self.model_judge, "work": self.model_work}[purpose] or self.model
        return tuple(each.strip() for each in chosen.split(","))

    def api_key_for(self, provider: str) -> SecretStr | None:
        """The key for a provider: ours, or the provider's own variable."""
        if self.model_api_key is not None:
            return self.model_api_key
        theirs = os.environ.get(KEY_VARIABLES.get(provider, ""), "")
        return SecretStr(theirs) if theirs else None

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

    @field_validator("model", "model_judge", "model_work")
    @classmethod
    def _model_names(cls, value: str | None) -> str | None:
        for each in (value or "rules").split(","):
            name = each.strip()
            if name != "rules" and not _MODEL.fullmatch(name):
                raise ValueError(f"{name!r} should be rules or provider:model, like anthropic:claude-sonnet-4-5")
        return value

    @field_validator("model_base_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and (not value.startswith(("http://", "https://")) or not urlsplit(value).hostname):
            raise ValueError("should be an address like http://127.0.0.1:8000/v1")
        return value

    @model_validator(mode="after")
    def _together(self) -> Settings:
        problems: list[str] = []
        ports: dict[int, str] = {}
        for name in ("smtp_port", "submission_port", "lmtp_port", "http_port"):
            port = getattr(self, name)
            if port and port in ports:
                problems.append(f"{variable(name)}: {ports[port]} has port {port} already")
            ports.setdefault(port, variable(name))
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "tls_cert" if self.tls_cert is None else "tls_key"
            problems.append(f"{variable(missing)}: a certificate and its key belong together; this one is missing")
        for purpose in ("judge", "work"):
            for name in self.models_for(purpose):
                provider = name.partition(":")[0]
                if provider in KEY_VARIABLES and self.model_base_url is None and self.api_key_for(provider) is None:
                    line = f"{variable('model_api_key')}: {name} needs a key, here or in {KEY_VARIABLES[provider]}"
                    problems += [] if line in problems else [line]
        if problems:
            raise BadSettings(problems)
        return self


def load(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` come from the command line, None among them is not given.

    Raises BadSettings with one line for each bad setting. Variables that we do not know are told by `unknown_variables`.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSettings(_lines(error, given)) from None


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def unknown_variables() -> list[str]:
    """A line for each `MAILWRIGHT_…` variable that is none of ours: a warning, since other programs may use the prefix."""
    known = {variable(name) for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}
    found = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return [f"{name}: not a setting of Mailwright{_meant(name, known)}" for name in found]


def find_file() -> Path | None:
    """The settings file, or None. Raises BadSettings when MAILWRIGHT_CONFIG names one that is not there."""
    named = os.environ.get(f"{PREFIX}CONFIG")
    if not named:
        return Path(FILE_NAME).absolute() if Path(FILE_NAME).is_file() else None
    path = Path(named).expanduser().absolute()
    if not path.is_file():
        raise BadSettings([f"{PREFIX}CONFIG: there is no file {path}"])
    return path


def read_file(path: Path) -> dict[str, Any]:
    """The values of a settings file. Raises BadSettings for bad TOML and for keys that are no settings."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"{path}: {error}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"{path}: cannot be read: {error}"]) from None
    fields = set(Settings.model_fields)
    unknown = [key for key in values if key not in fields]
    if unknown:
        raise BadSettings([f"{path}: {key} is not a setting{_meant(key, fields)}" for key in unknown])
    for name in ("data", "tls_cert", "tls_key"):
        if isinstance(values.get(name), str):
            values[name] = str(path.parent / Path(values[name]).expanduser())
    return values


def settings_table() -> str:
    """The reference table of every setting, in Markdown (docs/reference/settings.md is made with it)."""
    rows = ["| variable | in the file | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(
            f"| `{variable(name)}` | `{name}` | {_default(field)} | {(field.description or '').replace('|', '/')} |"
        )
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value is None:
        return ""
    if isinstance(value, ByteSize):
        return f"`{value.human_readable()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meant(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


_PROBLEMS = {
    "int_parsing": "should be a whole number",
    "float_parsing": "should be a number",
    "bool_parsing": "should be true or false",
    "byte_size": "should be a size like 50MB",
    "byte_size_unit": "should be a size like 50MB",
    "too_short": "is too short; 8 characters at least",  # the demo's password: an empty variable counts as not set
}


def _lines(error: ValidationError, given: dict[str, Any]) -> list[str]:
    """One line a setting, naming where the bad value came from and never the value of a secret."""
    lines: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_context=False):
        if problem["type"] == "default_factory_not_called":
            continue  # follows from another one
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if name not in Settings.model_fields:
            lines.setdefault(name, f"{name}: is not a setting{_meant(name, set(Settings.model_fields))}")
            continue
        if problem["type"] == "value_error":
            text = problem["msg"].removeprefix("Value error, ")
        else:
            text = _PROBLEMS.get(problem["type"]) or problem["msg"][0].lower() + problem["msg"][1:]
            text += _shown(name, given)
        lines.setdefault(name, f"{_source(name, given)}: {text}")
    return list(lines.values())


def _source(name: str, given: dict[str, Any]) -> str:
    if name in given:
        return f"--{name.replace('_', '-')}"
    if os.environ.get(variable(name)):
        return variable(name)
    path = find_file()
    return f"{path}: {name}" if path else variable(name)


def _shown(name: str, given: dict[str, Any]) -> str:
    """What was given, for a setting that is no secret and came as text."""
    if "Secret" in str(Settings.model_fields[name].annotation) or name == "database_url":
        return ""
    value = given.get(name, os.environ.get(variable(name)))
    return f" (it is {value!r})" if isinstance(value, str | int | float) and len(str(value)) <= 100 else ""
