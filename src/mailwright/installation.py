"""The installation: opening (and bringing up to date) what it keeps, without any server.

Called by the application when it starts and by every command that touches data; light to import, so that commands are quick.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mailwright.core import Core, CoreSettings, sealing
from mailwright.core.secrets import Vault
from mailwright.domain.clock import DAY, HOUR, SECOND
from mailwright.domain.outreach import Limits
from mailwright.domain.refusals import AlreadyExists
from mailwright.settings import Settings
from mailwright.storage import Database, lives, movemark, open_database
from mailwright.storage.migrate import migrate
from mailwright.storage.search import KeptIndex
from mailwright.storage.search.folder import SearchFolder
from mailwright.storage.valkey import Valkey
from mailwright.stores import backup_options, blobs_of

if TYPE_CHECKING:
    from mailwright.connectors.oidc import Trusted
    from mailwright.core.billing import Shop
    from mailwright.core.checkup import Premises
    from mailwright.core.nightlybackup import Plan as BackupPlan
    from mailwright.protocols.api.whatsapphook import WhatsAppHook


def build_core(settings: Settings, *, any_key: bool = False) -> Core:
    """Open (and bring up to date) what the installation keeps. For everything that needs no servers.

    Raises TryLater when the database cannot be reached, BadInput when this machine has another `secret_key` than it (not with
    `any_key`). Close it with `core.database.close()`.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    movemark.refuse_moved(settings.data, settings.database_url, settings.blob_url)
    direct = settings.database_direct_url or settings.database_url
    movemark.refuse_half_filled(settings.data, direct, settings.blob_url)
    migrate(direct)
    database, vault = open_database(settings.database_url, direct=settings.database_direct_url), vault_of(settings)
    try:
        if not any_key:
            sealing.check(database, vault)
    except BaseException:
        database.close()
        raise
    blobs, valkey = blobs_of(settings, database), valkey_of(settings)
    return Core(database, blobs, core_settings(settings), secrets=vault, valkey=valkey)


def valkey_of(settings: Settings) -> Valkey | None:
    """Where processes on many machines meet besides the database; None when the settings name none."""
    url = settings.valkey_url
    return None if url is None else Valkey(url.get_secret_value(), settings.valkey_prefix)


def index_of(settings: Settings, database: Database) -> KeptIndex:
    """The search index: the engine that all processes share, or a folder in the data folder. Raises TryLater."""
    if settings.search_url is None:
        return SearchFolder(settings.data / "search")
    from mailwright.storage.search.opensearch.engine import Address, Engine
    from mailwright.storage.search.opensearch.index import OpenSearchIndex

    password = settings.search_password
    address = Address(
        urls=tuple(node.strip() for node in settings.search_url.split(",")),
        user=settings.search_user,
        password=None if password is None else password.get_secret_value(),
        ca_file=settings.search_ca_file,
        seconds=settings.search_seconds,
    )
    word = database.read_now(lives.known_word) or database.write_now(lives.word)
    return OpenSearchIndex(Engine(address), settings.search_prefix, word, shards=settings.search_shards)


def lock_folder(folder: Path) -> int:
    """Hold the data folder for this process alone: two embedded servers on one folder would do each other's work twice.

    Closing the descriptor lets go of it. Raises AlreadyExists.
    """
    descriptor = os.open(folder / "mailwright.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyExists(f"another Mailwright is running on {folder}") from None
    return descriptor


def vault_of(settings: Settings) -> Vault:
    """What seals secrets: `secret_key`, or the file `secret.key` in the data folder, which it makes at first need."""
    given = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    old = "" if settings.old_secret_keys is None else settings.old_secret_keys.get_secret_value()
    return Vault(
        given, path=settings.data / "secret.key", old=[line.strip() for line in old.splitlines() if line.strip()]
    )


def core_settings(settings: Settings) -> CoreSettings:
    """What core must know of the settings."""
    return CoreSettings(
        own_issuer=settings.oidc_issuer,
        allow_private_providers=settings.allow_private_providers,
        hostname=settings.hostname,
        max_message_bytes=int(settings.max_message_bytes),
        default_quota_bytes=None if settings.default_quota_bytes is None else int(settings.default_quota_bytes),
        submission_per_hour=settings.submission_per_hour,
        mailbox_per_minute=settings.mailbox_per_minute,
        audit_kept=settings.audit_kept_days * DAY,
        allow_private_push=settings.allow_private_push,
        transcripts_kept=settings.model_transcripts_kept_days * DAY,
        assistant_kept=settings.assistant_kept_days * DAY,
        followups_kept=settings.concierge_kept_days * DAY,
        redact_after=None if settings.redact_after_days is None else settings.redact_after_days * DAY,
        plans=settings.plans,
        approval_valid=settings.approval_days * DAY,
        agent_held=settings.agent_hold_seconds * SECOND,
        agent_sends_per_day=settings.agent_sends_per_day,
        public_url=(settings.public_url or f"http://localhost:{settings.http_port}").rstrip("/"),
        followup_question=settings.concierge_question_days * DAY,
        followups_open=settings.concierge_open,
        outreach=Limits(
            at_once=settings.scribe_at_once,
            per_day=settings.scribe_per_day,
            batch=settings.scribe_batch,
            sends_per_day=settings.scribe_sends_per_day,
            domain_per_day=settings.scribe_domain_per_day,
            cached=settings.scribe_cache_hours * HOUR,
        ),
        brand=settings.brand,
    )


def flows_url(settings: Settings) -> str:
    """Where workflows are kept: a file beside the embedded database, or the same PostgreSQL database."""
    if settings.database_url.startswith("sqlite:///"):
        return f"sqlite:///{settings.data}/flows.db"
    return settings.database_direct_url or settings.database_url


def backup_plan_of(settings: Settings) -> BackupPlan | None:
    """The daily backup; None when no place for it is set."""
    if settings.backup_url is None:
        return None
    from mailwright.core.nightlybackup import Plan
    from mailwright.settings.backups import keeping

    return Plan(
        settings.data,
        settings.backup_url,
        settings.backup_at,
        keeping(settings.backup_keep),
        settings.backup_secret,
        settings.backup_secret_key,
        backup_options(settings, settings.backup_url),
    )


def shop_of(settings: Settings, public_url: str) -> Shop | None:
    """Where plans are bought; None when the settings name nobody who takes payments."""
    key, signing = settings.stripe_secret_key, settings.stripe_webhook_secret
    if key is None or signing is None:
        return None
    from mailwright.connectors.stripe import Stripe
    from mailwright.core.billing import Shop

    service = Stripe(key.get_secret_value(), signing.get_secret_value(), url=settings.stripe_url)
    return Shop(service, settings.prices(), public_url)


def google_of(settings: Settings, hook: str) -> Trusted | None:
    """Whose tokens of Google's are believed at the address of our `hook`; None when the settings connect nobody's Gmail, or name no account
    that may push."""
    if settings.google_client_id is None or settings.google_push_account is None:
        return None
    from mailwright.connectors.jwks import Keys
    from mailwright.connectors.oidc import GOOGLE, Trusted

    audience = settings.google_push_audience or hook
    return Trusted(Keys(settings.google_keys_url), GOOGLE, audience, settings.google_push_account)


def whatsapp_of(settings: Settings) -> WhatsAppHook:
    """Who may hand over messages of WhatsApp, and which number is ours."""
    from mailwright.core.whatsapp import Line
    from mailwright.protocols.api.whatsapphook import WhatsAppHook

    secret, token = settings.whatsapp_app_secret, settings.whatsapp_verify_token
    return WhatsAppHook(
        app_secret=None if secret is None else secret.get_secret_value(),
        verify_token=None if token is None else token.get_secret_value(),
        line=Line(settings.whatsapp_phone_number_id, settings.whatsapp_mailbox),
        number=settings.whatsapp_number,
        per_minute=settings.whatsapp_hook_per_minute,
    )


def premises_of(settings: Settings) -> Premises:
    """What the quick checks look at."""
    from mailwright.core.checkup import Premises

    return Premises(settings.data, settings.hostname, settings.host, settings.tls_cert)
