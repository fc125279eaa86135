"""The installation: opening (and bringing up to date) what it keeps, without any server.

Called by the application when it starts and by every command that touches data; light to import, so that commands are quick.
"""

from __future__ import annotations

from mailwright.agents.models import Models
from mailwright.core import Core, CoreSettings
from mailwright.core.secrets import Vault
from mailwright.domain.clock import DAY
from mailwright.settings import Settings
from mailwright.storage import open_blobs, open_database
from mailwright.storage.migrate import migrate


def build_core(settings: Settings) -> Core:
    """Open (and bring up to date) what the installation keeps. For everything that needs no servers.

    Raises TryLater when the database cannot be reached. Close it with `core.database.close()`.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrate(settings.database_url)
    database = open_database(settings.database_url)
    return Core(database, open_blobs(database, settings.blob_url), core_settings(settings), secrets=vault_of(settings))


def vault_of(settings: Settings) -> Vault:
    """What seals secrets: `secret_key`, or the file `secret.key` in the data folder, which it makes at first need."""
    given = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    return Vault(given, path=settings.data / "secret.key")


def core_settings(settings: Settings) -> CoreSettings:
    """What core must know of the settings."""
    return CoreSettings(
        hostname=settings.hostname,
        max_message_bytes=int(settings.max_message_bytes),
        default_quota_bytes=None if settings.default_quota_bytes is None else int(settings.default_quota_bytes),
        submission_per_hour=settings.submission_per_hour,
        audit_kept=settings.audit_kept_days * DAY,
        redact_after=None if settings.redact_after_days is None else settings.redact_after_days * DAY,
    )


def flows_url(settings: Settings) -> str:
    """Where workflows are kept: a file beside the embedded database, or the same PostgreSQL database."""
    if settings.database_url.startswith("sqlite:///"):
        return f"sqlite:///{settings.data}/flows.db"
    return settings.database_url


def models_of(settings: Settings) -> Models:
    """The models the settings choose, with their keys."""

    def api_key(provider: str) -> str | None:
        key = settings.api_key_for(provider)
        return None if key is None else key.get_secret_value()

    return Models(
        {"judge": settings.models_for("judge"), "work": settings.models_for("work")},
        base_url=settings.model_base_url,
        api_key=api_key,
        timeout_seconds=settings.model_timeout_seconds,
    )
