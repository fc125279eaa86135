"""Where the values of settings come from: the command line, the environment, files that it names, Vault, the settings file.

Called by pydantic for the settings as a whole, and by `secretkeeping` to look whether a secret has changed since.
Promises: the first of these places that has a setting decides. A value `vault://mount/path#key` is what Vault keeps there. Every
failure is one line that names the setting and the place, never a value.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from mailwright.domain.refusals import Refusal, TryLater
from mailwright.settings.model import BadSettings, Settings, variable
from mailwright.settings.vault import NEVER_FROM_VAULT, VaultSettings

if TYPE_CHECKING:
    from mailwright.connectors.vault import Access, Kept, VaultServer

FILE_END = "_FILE"  # MAILWRIGHT_X_FILE names a file with X
REFERENCE = "vault://"
LARGEST_FILE = 1024 * 1024  # bytes: what is longer is no secret, and may be a device without an end
OWN_FILES = ("vault_token", "vault_secret_id")  # whose …_file is a setting of its own: it is read again and again
HOLD_PASSWORDS = ("database_url", "database_direct_url", "blob_url")
AGAIN_SECONDS = 2.0
TOLD_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """The values that were given, and where each is from. `changing` are those that another place keeps for us."""

    values: dict[str, Any] = field(repr=False)
    origins: dict[str, str]
    changing: frozenset[str]


def is_secret(name: str) -> bool:
    """Whether the setting may be named by a file of its own."""
    return name not in OWN_FILES and (
        name in HOLD_PASSWORDS or "SecretStr" in str(Settings.model_fields[name].annotation)
    )


def file_variables() -> dict[str, str]:
    """The variables that name files with secrets, each with its setting."""
    return {variable(name) + FILE_END: name for name in Settings.model_fields if is_secret(name)}


def files_given() -> dict[str, str]:
    """The files that are named so in the environment, each with its setting."""
    return {name: path for named, name in file_variables().items() if (path := os.environ.get(named))}


def needs_keeping(settings: Settings) -> bool:
    """Whether any secret may change or end while the process runs: Vault is used, or files give some."""
    return settings.vault_url is not None or bool(files_given())


class Sources:
    """All places together, in their order. A source as pydantic has them."""

    def __init__(
        self,
        given: PydanticBaseSettingsSource,
        environment: PydanticBaseSettingsSource,
        file: tuple[Path, dict[str, Any]] | None,
    ) -> None:
        self._given = given
        self._environment = environment
        self._file = file

    def __call__(self) -> dict[str, Any]:
        return self.find().values

    def find(self, *, patient: bool = True) -> Found:
        """Every value. Waits for a Vault that is away, when `patient`. Raises BadSettings, ValidationError (of Vault's settings)."""
        values, origins, changing = self._without_vault()
        bootstrap = {name: value for name, value in values.items() if name in VaultSettings.model_fields}
        asks = any(_is_reference(value) for value in values.values()) or "vault_settings" in values
        if not asks:
            return Found(values, origins, frozenset(changing))
        settings = _Entrance(**bootstrap)
        _refuse([_named(line) for line in settings.missing_of_vault()])
        if settings.vault_url is None:
            raise BadSettings([f"{variable('vault_url')}: settings refer to Vault, and this one is missing"])
        reader = _Reader(server_of(access_of(settings)), settings.vault_wait_seconds if patient else 0.0)
        if settings.vault_settings is not None:
            self._lay_over(reader, settings.vault_settings, values, origins, changing)
        _refuse(_resolve(reader, values, origins, changing))
        return Found(values, origins, frozenset(changing))

    def _without_vault(self) -> tuple[dict[str, Any], dict[str, str], set[str]]:
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        if self._file is not None:
            values.update(self._file[1])
            origins.update(dict.fromkeys(self._file[1], f"{self._file[0].name}"))
        environment = self._environment()
        values.update(environment)
        origins.update({name: f"environment, {variable(name)}" for name in environment})
        changing, problems = set(), []
        for name, path in files_given().items():
            named = variable(name) + FILE_END
            if name in environment:
                problems.append(f"{named}: {variable(name)} is given, too; leave one of them")
                continue
            try:
                values[name] = read_secret(Path(path))
            except ValueError as error:
                problems.append(f"{named}: {error}")
            origins[name] = f"file {path}"
            changing.add(name)
        _refuse(problems)
        given = self._given()
        values.update(given)
        origins.update(dict.fromkeys(given, "command line"))
        return values, origins, changing - given.keys()

    def _lay_over(
        self, reader: _Reader, place: str, values: dict[str, Any], origins: dict[str, str], changing: set[str]
    ) -> None:
        """The keys of one secret are settings: before the settings file, behind the environment."""
        mount, _, path = place.partition("/")
        try:
            kept = reader.read(mount, path)
        except Refusal as error:
            raise BadSettings([f"{variable('vault_settings')}: {error}"]) from None
        odd = [name for name in kept.values if name not in Settings.model_fields]
        odd += [name for name in kept.values if name.startswith(NEVER_FROM_VAULT)]
        _refuse([f"Vault, {place}: {name} is not a setting that can come from there" for name in odd])
        own_file = self._file[0].name if self._file is not None else None
        for name, value in kept.values.items():
            if origins.get(name) in (None, own_file):
                values[name], origins[name] = value, f"{REFERENCE}{place}#{name}, version {kept.version}"
                changing.add(name)


class _Entrance(VaultSettings):
    """The settings of Vault alone, which have to be known before all others can be."""

    model_config = SettingsConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


class _Reader:
    """Reads each secret once, and waits for a Vault that is away."""

    def __init__(self, server: VaultServer, seconds: float) -> None:
        self._server = server
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._read: dict[tuple[str, str], Kept] = {}

    def read(self, mount: str, path: str) -> Kept:
        """Raises a Refusal; BadSettings when Vault is away for too long."""
        known = self._read.get((mount, path))
        if known is None:
            known = self._read[mount, path] = self._wait(lambda: self._server.read(mount, path))
        return known

    def _wait(self, question: Callable[[], Kept]) -> Kept:
        told = -TOLD_EVERY
        while True:
            try:
                return question()
            except TryLater as error:
                moment = time.monotonic()
                if moment >= self._until:
                    waited = f" (after {self._seconds:g} seconds)" if self._seconds else ""
                    raise BadSettings([f"{variable('vault_url')}: {error}{waited}"]) from None
                if moment - told >= TOLD_EVERY:
                    # Before the settings are known there is no log to write to.
                    print(f"mailwright: waiting for Vault: {error}", file=sys.stderr, flush=True)
                    told = moment
                time.sleep(min(AGAIN_SECONDS, max(0.05, self._until - moment)))


def _resolve(reader: _Reader, values: dict[str, Any], origins: dict[str, str], changing: set[str]) -> list[str]:
    """Put what Vault keeps in the place of each reference; a line for each that cannot be had."""
    problems: list[str] = []
    for name, value in list(values.items()):
        if not _is_reference(value):
            continue
        where = f"{origins[name]}: {value}"
        if name.startswith(NEVER_FROM_VAULT):
            problems.append(f"{where}: {name} is needed to enter Vault, so it cannot come from there")
            continue
        parts = urlsplit(value)
        mount, path, key = unquote(parts.netloc), unquote(parts.path.strip("/")), unquote(parts.fragment)
        if not (mount and path and key):
            problems.append(f"{where}: should be {REFERENCE}mount/path#key")
            continue
        try:
            kept = reader.read(mount, path)
        except Refusal as error:
            problems.append(f"{where}: {error}")
            continue
        if kept.values.get(key) in (None, ""):
            problems.append(f"{where}: there is no {key} in that secret")
            continue
        values[name], origins[name] = kept.values[key], f"{value}, version {kept.version}"
        changing.add(name)
    return problems


def read_secret(path: Path) -> str:
    """What a file holds, without one newline at its end. Raises ValueError with words for people."""
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST_FILE + 1)
        text = octets.decode()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text") from None
    if len(octets) > LARGEST_FILE:
        raise ValueError(f"{path} is too long to be a secret")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        raise ValueError(f"{path} is empty")
    return text


_servers: dict[Access, VaultServer] = {}


def server_of(access: Access) -> VaultServer:
    """The Vault of this process: one, so that it signs in once."""
    from mailwright.connectors.vault import VaultServer

    return _servers.setdefault(access, VaultServer(access))


def access_of(settings: VaultSettings) -> Access:
    """Where Vault is and who we are there, as the settings say."""
    from mailwright.connectors.vault import Access

    token, secret = settings.vault_token, settings.vault_secret_id
    assert settings.vault_url is not None, "whoever asks has seen to it"
    return Access(
        url=settings.vault_url,
        namespace=settings.vault_namespace,
        authority=settings.vault_ca,
        seconds=settings.vault_timeout_seconds,
        token=None if token is None else token.get_secret_value(),
        token_file=settings.vault_token_file,
        role_id=settings.vault_role_id,
        secret_id=None if secret is None else secret.get_secret_value(),
        secret_id_file=settings.vault_secret_id_file,
        kubernetes_role=settings.vault_kubernetes_role,
        kubernetes_token=settings.vault_kubernetes_token,
        mount=settings.vault_auth_mount,
    )


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith(REFERENCE)


def _named(line: str) -> str:
    name, _, because = line.partition("|")
    return f"{variable(name)}: {because}"


def _refuse(lines: list[str]) -> None:
    if lines:
        raise BadSettings(lines)


def find_again(file: tuple[Path, dict[str, Any]] | None, *, patient: bool = False) -> Found:
    """What is given now, without the command line. Raises BadSettings, ValidationError."""
    from pydantic_settings import EnvSettingsSource

    return Sources(InitSettingsSource(Settings, {}), EnvSettingsSource(Settings), file).find(patient=patient)
