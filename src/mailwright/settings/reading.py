"""Reading settings: from the command line, the environment and the file, with one clear line for each bad one.

Called by the command line (`load`). The texts say where a bad value came from and never show a secret.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailwright.settings.fetching import FILE_END, REFERENCE, file_variables
from mailwright.settings.model import PREFIX, BadSettings, Settings, variable

FILE_NAME = "mailwright.toml"
PATHS = (
    "data",
    "tls_cert",
    "tls_key",
    "grpc_tls_cert",
    "grpc_tls_key",
    "grpc_client_ca",
    "vault_ca",
    "vault_token_file",
    "vault_secret_id_file",
)  # beside the file they stand in


def load(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` come from the command line, None among them is not given.

    Raises BadSettings with one line for each bad setting. Variables that we do not know are told by `unknown_variables`.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise BadSettings(_lines(error, given)) from None
    if settings.vault_database_role is not None:
        from mailwright.secretkeeping.login import follow_login

        follow_login(settings)  # whatever opens the database from here on asks for the login of then
    return settings


def unknown_variables() -> list[str]:
    """A line for each `MAILWRIGHT_…` variable that is none of ours: a warning, since other programs may use the prefix."""
    known = {variable(name) for name in Settings.model_fields} | {f"{PREFIX}CONFIG", *file_variables()}
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
    for name in PATHS:
        if isinstance(values.get(name), str) and not values[name].startswith(REFERENCE):
            values[name] = str(path.parent / Path(values[name]).expanduser())
    return values


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
    if os.environ.get(variable(name) + FILE_END) and variable(name) + FILE_END in file_variables():
        return variable(name) + FILE_END
    path = find_file()
    return f"{path}: {name}" if path else variable(name)


def _shown(name: str, given: dict[str, Any]) -> str:
    """What was given, for a setting that is no secret and came as text."""
    if "Secret" in str(Settings.model_fields[name].annotation) or name == "database_url":
        return ""
    value = given.get(name, os.environ.get(variable(name)))
    return f" (it is {value!r})" if isinstance(value, str | int | float) and len(str(value)) <= 100 else ""
