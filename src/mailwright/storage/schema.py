"""The tables: one declaration for SQLite and PostgreSQL.

Read by the migrations (what a fresh database gets) and by the test that compares a migrated database with it. The queries
beside this file are written by hand against these names.

Conventions: ids are UUIDv7 text (`uuid` on PostgreSQL); `…_at` is microseconds UTC; JSON is text that only Python reads.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import UserDefinedType

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

PARTITIONED = ("blobs", "messages")
"""On PostgreSQL partitioned by tenant: keys and indexes are those of each partition, and there is one more column, `apart`, which only
`partitions` knows. New rows are not apart, so whatever names its columns, as backups and copies do, need not care.
"""


class Id(UserDefinedType[str]):
    """An id column: `uuid` on PostgreSQL, TEXT on SQLite; text in Python on both."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "UUID"


class TransactionId(UserDefinedType[int]):
    """The transaction that wrote a row: `xid8` on PostgreSQL, where ids may commit out of order; unused on SQLite."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


@compiles(Id, "sqlite")
def _id_on_sqlite(_type: Id, _compiler: Any, **_: Any) -> str:
    return "TEXT"


@compiles(TransactionId, "sqlite")
def _transaction_id_on_sqlite(_type: TransactionId, _compiler: Any, **_: Any) -> str:
    return "BIGINT"


# SQLite gives out a rowid alias (and never reuses one, with AUTOINCREMENT) only for INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def _id(name: str, *constraints: Any, nullable: bool = False, **options: Any) -> Column[str]:
    return Column(name, Id(), *constraints, nullable=nullable, **options)


def _key() -> Column[str]:
    return _id("id", primary_key=True)


def _text(name: str, default: str | None = None, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, server_default=default)


def _at(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _number(name: str, default: int | None = 0, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, server_default=None if default is None else str(default))


def _flag(name: str, *, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default="1" if default else "0")


# --- people ---------------------------------------------------------------------------------------------------------

tenants = Table("tenants", metadata, _key(), _text("name"), _at("created_at"), UniqueConstraint("name"))

domains = Table(
    "domains",
    metadata,
    _key(),
    _id("tenant_id", ForeignKey("tenants.id")),
    _text("name"),
    _text("journal_address", nullable=True),  # a copy of every mail of the domain goes there
    _number("retain_days", None, nullable=True),
    _text(
        "on_failure", "policy"
    ),  # mail that fails its sender's DMARC: policy (the sender's), reject, quarantine, mark
    _at("created_at"),
    UniqueConstraint("name"),
)

dkim_keys = Table(
    "dkim_keys",
    metadata,
    _key(),
    _id("domain_id", ForeignKey("domains.id")),
    _text("selector"),
    _text("algorithm"),  # rsa, ed25519
    _text("secret"),  # the private key, sealed (core/secrets.py)
    _text("public"),  # base64, as DNS has it
    _flag("active", default=True),
    _at("created_at"),
    UniqueConstraint("domain_id", "selector"),
)

users = Table(
    "users",
    metadata,
    _key(),
    _id("tenant_id", ForeignKey("tenants.id")),
    _text("email"),
    _text("phone", nullable=True),
    _text("display_name", ""),
    _text("role", "user"),  # admin, support, user, agent, guest (an outside sender: no mailbox)
    _text("status", "active"),  # active, blocked, removing
    _flag("operator"),  # an admin of the whole installation, not of one tenant
    _text("plan", "free"),  # see core/usage.py
    _number("quota_bytes", None, nullable=True),
    _number("used_bytes"),
    _number("modseq"),
    _number("last_uidvalidity"),  # of the user's newest mailbox: the next one's is higher, however soon it is made
    _at("created_at"),
    UniqueConstraint("tenant_id", "email"),
    Index(None, "email"),
    Index(None, "phone", unique=True),  # E.164: who writes from a number is one person
)

_IS_OIDC = text("kind = 'oidc'")

credentials = Table(
    "credentials",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    # password (argon2id), app and recovery (SHA-256 of a random secret of ours), totp (sealed), oidc (SHA-256 of issuer and subject)
    _text("kind"),
    _text("secret"),
    _text("label", ""),  # of an oidc: its issuer
    _text("scopes", ""),  # of an app password: what it opens, by spaces: imap smtp sieve
    _at("created_at"),
    _at("used_at", nullable=True),  # of an oidc: tokens that were issued before open nothing
    Index(None, "user_id", "kind"),
    # Whoever a token is of is one person, and that is asked for at every sign-in with one.
    Index("ix_credentials_subject", "secret", unique=True, sqlite_where=_IS_OIDC, postgresql_where=_IS_OIDC),
)

addresses = Table(
    "addresses",
    metadata,
    _key(),
    _id("tenant_id", ForeignKey("tenants.id")),
    _text("address"),  # Address.key
    _text("kind"),  # user, agent, group, forward
    _id("user_id", ForeignKey("users.id"), nullable=True),
    _text("targets", "[]"),  # JSON list of addresses, for group and forward
    _at("created_at"),
    UniqueConstraint("address"),
    Index(None, "user_id"),
)

preferences = Table(
    "preferences",
    metadata,
    _id("user_id", ForeignKey("users.id"), primary_key=True),
    _text("time_zone", "UTC"),
    _text("tone", ""),
    _text("default_action", ""),
    _number("undo_seconds"),  # how long what the user sends is held, to be taken back
    _text("display", "{}"),  # JSON: the webmail's own
    _text("locale", ""),  # how dates are meant and written, like en-GB; empty: as the language has it
    _text("reach_by", ""),  # mail or whatsapp; empty: as the user wrote
    _number("quiet_from", None, nullable=True),  # minutes after midnight, in the user's time zone
    _number("quiet_until", None, nullable=True),
    _number("agenda_at", None, nullable=True),  # when the day's agenda is mailed; not at all when empty
    _text("agenda_on", ""),  # the day it was mailed for last, like 2026-11-21
)

sessions = Table(
    "sessions",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("token"),  # SHA-256 of what the cookie holds
    _text("authenticated_by"),  # password, link, oidc
    _id("provider_id", nullable=True),  # of an oidc: who vouched for it
    _text("provider_session", nullable=True),  # and under which of its sessions: it may end it
    _text("provider_token", nullable=True),  # its ID token, sealed: what it wants to see again at sign-out
    _text("client", ""),
    _text("agent", ""),
    _flag("long_lived"),
    _at("created_at"),
    _at("seen_at"),
    _at("expires_at"),
    UniqueConstraint("token"),
    Index(None, "user_id"),
    Index(None, "provider_id", "provider_session"),
    Index(None, "expires_at"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("token"),  # SHA-256 of what the mail holds
    _text("client", ""),
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", nullable=True),
    UniqueConstraint("token"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

# --- mail -----------------------------------------------------------------------------------------------------------

identity_providers = Table(
    "identity_providers",  # whose word is taken for who people of a tenant are (OpenID Connect)
    metadata,
    _key(),
    _id("tenant_id", ForeignKey("tenants.id")),
    _text("name"),  # as people read it beside the button
    _text("issuer"),
    _text("client_id"),
    _text("client_secret", nullable=True),  # sealed; none for a public client
    _text("audience", nullable=True),  # of bearer tokens; the client's id when not set
    _text("scopes", "openid profile email"),
    _text("roles_claim", ""),  # where the token has its roles, like realm_access.roles; "": it has none
    _text("roles", "{}"),  # JSON: a role there, and the one here
    _flag("adds_users"),
    _flag("trusts_mail"),
    _flag("signs_out", default=True),  # who signs out here is sent there to sign out, too
    _flag("enabled", default=True),
    _at("created_at"),
    UniqueConstraint("issuer"),
    Index(None, "tenant_id"),
)

sign_on_used = Table(
    "sign_on_used",  # what works once only, and was used: attempts to sign in at a provider, and what providers say of sign-outs
    metadata,
    _key(),
    _text("digest"),
    _at("expires_at"),  # then it opens nothing anyway, and is forgotten
    UniqueConstraint("digest"),
    Index(None, "expires_at"),
)

divergences = Table(
    "divergences",  # where rows and what is kept outside the database disagree, as the reconciler found it
    metadata,
    _key(),
    _text("kind"),  # missing, damaged, orphaned
    _id("tenant_id", nullable=True),
    _text("blob_key"),
    _id("blob_id", nullable=True),
    _text("detail", ""),
    _at("found_at"),
    _at("seen_at"),
    _at("settled_at", nullable=True),
    _text("outcome", ""),  # repaired, collected, gone again
    UniqueConstraint("kind", "blob_key"),
)

backups = Table(
    "backups",  # runs that make or remove backups: one at a time, and while one is under way no blob is removed
    metadata,
    _key(),
    _text("kind"),  # copy, prune, drill
    _text("place"),
    _text("name", ""),  # of the backup that was made
    _number("octets"),
    _number("added"),
    _number("damaged"),  # messages whose text was gone or damaged when it was made
    _text("error", ""),
    _at("started_at"),
    _at("seen_at"),
    _at("ended_at", nullable=True),
    Index(None, "ended_at"),
)

blobs = Table(
    "blobs",
    metadata,
    _key(),
    _id("tenant_id"),
    _text("key"),
    _text("place"),  # row, disk, object
    _number("size", None),
    _text("checksum"),
    _at("created_at"),
    Column("data", LargeBinary, nullable=True),  # the last column: reading the others never touches its pages
)

inbound = Table(
    "inbound",
    metadata,
    _key(),
    _id("tenant_id"),
    _text("channel"),
    _text("idempotency_key"),
    _text("sender", nullable=True),
    _text("recipient"),
    _text("client", ""),
    _text("origin"),
    _text("because", ""),
    _text("authentication", "{}"),  # JSON: what SPF, DKIM, DMARC and ARC said
    _id("account_id", nullable=True),
    _id("blob_id", nullable=True),
    _text("correlation_id"),
    _at("received_at"),
    UniqueConstraint("idempotency_key"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id", ForeignKey("users.id")),
    _text("name"),
    _text(
        "role", nullable=True
    ),  # RFC 6154 without the backslash, lower case: inbox, sent, drafts, trash, junk, archive
    _number("uidvalidity", None),
    _number("uidnext", 1),
    _number("modseq"),
    _number("total"),
    _number("unseen"),
    _number("size_bytes"),
    _flag("subscribed", default=True),
    _number("retain_days", None, nullable=True),
    _number("sort_order"),
    _number("created_modseq"),
    _number("changed_modseq"),  # of the last change of the mailbox itself: name, role, order, subscription, rights
    _at("created_at"),
    UniqueConstraint("user_id", "name"),
    Index(None, "user_id", "role"),
)

acl = Table(
    "acl",
    metadata,
    _id("mailbox_id", ForeignKey("mailboxes.id"), primary_key=True),
    Column("grantee", Text, primary_key=True),  # a user's id, or "anyone" of the tenant
    _text("rights"),  # RFC 4314 letters, sorted
    Index(None, "grantee"),
)

mailbox_metadata = Table(
    "mailbox_metadata",
    metadata,
    Column("mailbox_id", Text, primary_key=True),  # "" for the server's own
    Column("user_id", Text, primary_key=True),  # whose private entry; "" for shared ones
    Column("entry", Text, primary_key=True),
    _text("value"),
)

messages = Table(
    "messages",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id"),
    _id("mailbox_id", ForeignKey("mailboxes.id")),
    _number("uid", None),
    _number("modseq", None),
    _number("created_modseq", None),
    _id("thread_id"),
    _number("flags"),
    _text("keywords", "[]"),
    _text("message_id", nullable=True),
    _text("subject", ""),
    _text("sender", ""),  # address of the first From
    _text("headers"),  # JSON: what lists and replies need; see storage/messages.py
    _text("structure"),  # JSON: the parts with their byte offsets; see codecs/mime
    _text("preview", ""),
    _number("attachments"),
    _number("size", None),
    _id("blob_id"),
    _text("checksum"),
    _id("inbound_id", nullable=True),
    _text("origin"),
    _text("correlation_id", ""),
    _at("sent_at", nullable=True),
    _at("received_at"),
    _at("saved_at", nullable=True),  # put into this mailbox; NULL: when it was received
    _id("account_id", nullable=True),  # who signed in to send or append it
    UniqueConstraint("mailbox_id", "uid"),
    # What a mail program lists of a large mailbox, without reading the wide rows.
    Index("ix_messages_listed", "mailbox_id", "uid", "flags", "modseq", "keywords"),
    # What a webmail lists of it, by time and by conversation.
    Index("ix_messages_arrived", "mailbox_id", "received_at", "id", "thread_id"),
    Index(None, "user_id", "modseq"),
    Index(None, "thread_id"),
    Index(None, "blob_id"),
)

tombstones = Table(
    "tombstones",
    metadata,
    _id("mailbox_id", primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    _id("user_id"),
    _id("message_id"),
    _id("thread_id", nullable=True),  # NULL: from before it was noted
    _number("modseq", None),
    _at("removed_at"),
    Index(None, "user_id", "modseq"),
)

removed = Table(
    "removed",  # what else of an account is gone, for clients that ask what changed
    metadata,
    _id("user_id", primary_key=True),
    Column("kind", Text, primary_key=True),  # mailbox, identity, submission
    _id("object_id", primary_key=True),
    _number("modseq", None),
    _at("removed_at"),
    Index(None, "user_id", "modseq"),
)

snoozes = Table(
    "snoozes",
    metadata,
    _id("message_id", primary_key=True),
    _id("user_id"),
    _id("mailbox_id"),  # where it was, and goes again
    _at("until_at"),
    _at("created_at"),
    Index(None, "until_at"),
    Index(None, "user_id"),
)

uploads = Table(
    "uploads",  # blobs that a client sent ahead of the message they belong to
    metadata,
    _id("blob_id", primary_key=True),
    _id("user_id"),
    _text("media_type"),
    _at("created_at"),
    _at("expires_at"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

imap_envelopes = Table(
    "imap_envelopes",  # the ENVELOPE answer of a message, kept when it was first asked for
    metadata,
    _id("message_id", primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)

thread_refs = Table(
    "thread_refs",
    metadata,
    _id("user_id", primary_key=True),
    Column("message_id", Text, primary_key=True),
    _id("thread_id"),
    sqlite_with_rowid=False,
)

identities = Table(
    "identities",  # under which names and addresses a person writes
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("email"),
    _text("name", ""),
    _text("reply_to", "null"),  # JSON: a list of {name, email}, or null
    _text("bcc", "null"),
    _text("text_signature", ""),
    _text("html_signature", ""),
    _number("created_modseq", None),
    _number("modseq", None),
    Index(None, "user_id"),
)

vacation_responses = Table(
    "vacation_responses",
    metadata,
    _id("user_id", ForeignKey("users.id"), primary_key=True),
    _flag("enabled"),
    _at("from_at", nullable=True),
    _at("to_at", nullable=True),
    _text("subject", nullable=True),
    _text("text_body", nullable=True),
    _text("html_body", nullable=True),
    _number("modseq", None),
)

# --- leaving --------------------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id", nullable=True),
    _text("channel"),  # local, smtp
    _text("idempotency_key"),
    _text("sender", nullable=True),
    _text("recipient"),
    _id("blob_id"),
    _text("message_id", ""),
    _text("status"),  # queued, sending, sent, failed, cancelled
    _number("attempts"),
    _number("uncertain"),  # sends whose outcome is unknown: the process died between marking and settling
    _at("next_attempt_at"),
    _at("lease_until", nullable=True),
    _at("delay_notified_at", nullable=True),
    _text("last_error", ""),
    _text("correlation_id", ""),
    _at("created_at"),
    _at("settled_at", nullable=True),
    _text("options", "{}"),
    _text("agent", nullable=True),  # the agent that sends it: the stop switch holds it
    _id("served_id", nullable=True),  # the person whom the agent works for
    _text("trace", nullable=True),  # as in events
    UniqueConstraint("idempotency_key"),
    Index(None, "status", "next_attempt_at"),
    Index(None, "blob_id"),
)

email_submissions = Table(
    "email_submissions",  # what a JMAP client sent, as it sees it; the sending itself is in the outbox
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _id("identity_id"),
    _id("message_id"),  # the Email that was sent
    _id("thread_id"),
    _text("header_id"),  # its Message-ID field
    _text("outbox_key"),  # what the idempotency keys of its outbox rows begin with
    _text("envelope"),  # JSON
    _at("send_at"),
    _text("undo_status"),  # pending, final, canceled
    _number("created_modseq", None),
    _number("modseq", None),
    _at("created_at"),
    Index(None, "user_id", "modseq"),
    Index(None, "header_id"),
)

push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _id("session_id", nullable=True),  # it ends with the session that made it
    _text("device"),
    _text("url"),
    _text("p256dh", ""),
    _text("auth", ""),
    _text("verification_code"),
    _flag("verified"),
    _text("types", "null"),  # JSON: a list of type names, or null for all
    _text("pending", "{}"),  # JSON: what is still to be told of, see storage/push_subscriptions.py
    _at("due_at", nullable=True),  # when to tell it; NULL: there is nothing
    _number("failures"),
    _at("failing_since", nullable=True),
    _at("created_at"),
    _at("expires_at"),
    Index(None, "user_id"),
    Index(None, "due_at"),
    Index(None, "expires_at"),
)

server_keys = Table(
    "server_keys",  # by which the installation is known to others, the same in all its processes
    metadata,
    Column("name", Text, primary_key=True),  # vapid
    _text("secret"),  # the private key, sealed (core/secrets.py)
    _text("public"),
    _at("created_at"),
)

# --- engine ---------------------------------------------------------------------------------------------------------

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("tx", TransactionId(), nullable=True),
    _text("kind"),
    _text("key"),
    _text("payload"),
    _text("correlation_id", ""),
    _text("trace", nullable=True),  # traceparent of the change (W3C Trace Context), where it is traced
    _at("created_at"),
    sqlite_autoincrement=True,
)

event_cursors = Table(
    "event_cursors",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("grp", Text, primary_key=True),
    _number("tx"),
    _number("position"),
    _text("owner", ""),
    _at("lease_until"),
)

event_retries = Table(
    "event_retries",
    metadata,
    Column("grp", Text, primary_key=True),
    Column("event_id", BigInteger, primary_key=True),
    _text("stream"),
    _number("attempts"),
    _at("not_before"),
    _text("error", ""),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _key(),
    _text("source"),  # event, outbox, workflow
    _text("name"),  # the stream, channel or workflow
    _text("grp", ""),
    _text("reference"),  # the id of the event, outbox row or workflow
    _text("payload"),
    _text("error"),
    _number("attempts"),
    _text("correlation_id", ""),
    _at("died_at"),
    _at("replayed_at", nullable=True),
    _text("trace", ""),  # where it broke: frames without values
    _at("resolved_at", nullable=True),  # somebody said that it needs nothing more
    _text("resolved_by", ""),
    Index(None, "source", "reference"),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    _text("host"),
    _number("pid", None),
    _text("roles"),
    _at("started_at"),
    _at("heartbeat_at"),
    _number("tasks_running"),
    _text("activity", ""),
    Column("serves", Text),  # JSON: the groups and lanes of its own; NULL: all that its roles have
)

# --- work -----------------------------------------------------------------------------------------------------------

assignments = Table(
    "assignments",
    metadata,
    _key(),
    _id("tenant_id", ForeignKey("tenants.id")),
    _text("agent"),  # employee
    _id("user_id", ForeignKey("users.id")),  # whose mailbox it serves
    _text("grants", "[]"),
    _text("settings", "{}"),
    _flag("enabled", default=True),
    _at("created_at"),
    UniqueConstraint("agent", "user_id"),
)

_SCRIBES = text("agent = 'scribe'")  # whose turn is next is asked whenever a mail of outreach ended

tasks = Table(
    "tasks",
    metadata,
    _key(),
    _id("tenant_id"),
    _text("agent"),
    _text("kind", ""),
    _id("assignment_id"),
    _id("message_id"),
    _id("user_id", nullable=True),  # for whom
    _id("thread_id", nullable=True),
    _number("generation", 1),
    _text("status"),
    _text("stage", ""),
    _number("attempts"),
    _flag("charged"),
    _at("charged_at", nullable=True),
    _at("progress_at", nullable=True),  # when its sender was told that it takes longer
    _text("correspondent", ""),
    _text("because", ""),
    _text("last_error", ""),
    _text("result", "{}"),
    _at("due_at", nullable=True),
    _text("correlation_id", ""),
    _at("created_at"),
    _at("updated_at"),
    _at("completed_at", nullable=True),
    UniqueConstraint("agent", "message_id"),
    Index(None, "status", "due_at"),
    Index(None, "user_id", "created_at"),
    Index(None, "user_id", "charged_at"),
    Index("ix_tasks_scribe", "status", "user_id", "id", sqlite_where=_SCRIBES, postgresql_where=_SCRIBES),
)

task_events = Table(
    "task_events",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _id("task_id", ForeignKey("tasks.id")),
    _text("status"),
    _text("stage", ""),
    _text("detail", ""),
    _at("created_at"),
    Index(None, "task_id"),
    sqlite_autoincrement=True,
)

snapshots = Table(
    "snapshots",
    metadata,
    _key(),
    _id("task_id"),
    _text("content"),
    _at("created_at"),
    Index(None, "task_id"),
)

model_calls = Table(
    "model_calls",
    metadata,
    _key(),
    _id("task_id", nullable=True),
    _text("purpose"),
    _text("model"),
    _number("input_tokens"),
    _number("output_tokens"),
    _number("cached_tokens"),  # of the input, read from the provider's cache
    Column("cost_usd", Float, nullable=False, server_default="0"),
    _number("latency_us"),
    _text("outcome"),
    _at("created_at"),
    Index(None, "task_id"),
    Index(None, "created_at"),
)
model_transcripts = Table(  # what was sent to a model and what it answered, as it travelled: with placeholders
    "model_transcripts",
    metadata,
    _id("call_id", ForeignKey("model_calls.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),  # zlib of JSON
)
model_choices = Table(  # which models serve a purpose, when somebody chose others than the settings
    "model_choices",
    metadata,
    Column("purpose", Text, primary_key=True),
    _text("models"),  # JSON list
    _text("changed_by"),
    _at("changed_at"),
)
model_windows = Table(  # what was asked of a provider in a minute, by every process
    "model_windows",
    metadata,
    Column("model", Text, primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    _number("requests"),
    _number("tokens"),
)
judgements = Table(  # what a message is, judged once
    "judgements",
    metadata,
    _id("message_id", primary_key=True),
    _text("kind"),
    Column("confidence", Float, nullable=False),
    _text("because"),
    _text("model"),
    _at("created_at"),
)

workspaces = Table(
    "workspaces",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id"),
    _id("current_thread_id", nullable=True),
    _at("updated_at"),
    UniqueConstraint("user_id"),
)

workspace_files = Table(
    "workspace_files",
    metadata,
    _key(),
    _id("workspace_id", ForeignKey("workspaces.id")),
    _id("thread_id"),
    _text("path"),  # thread.md, attachments/report_v1.pdf
    _text("original_name"),
    _number("version"),
    _text("content_type"),
    _number("size", None),
    _id("blob_id"),
    _id("message_id", nullable=True),  # where it came from
    _id("task_id", nullable=True),  # which run made it
    _number("part"),
    _at("created_at"),
    UniqueConstraint("workspace_id", "thread_id", "path"),
    Index(None, "message_id"),
    Index(None, "task_id"),
    Index(None, "blob_id"),
)

# --- what agents may do ---------------------------------------------------------------------------------------------

approvals = Table(  # what waits for a person's yes: the exact bytes, and whom they would go to
    "approvals",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id"),  # who decides
    _id("task_id", nullable=True),
    _text("agent"),
    _text("action"),  # send
    _text("status"),  # pending, approved, rejected, expired, done, refused
    _text("summary", ""),
    _text("because", ""),
    _text("sender", ""),
    _text("recipients", "[]"),  # JSON list
    _text("subject", ""),
    _id("blob_id"),
    _text("checksum"),
    _text("message_id", ""),  # the Message-ID in the bytes
    _text("token", nullable=True),  # SHA-256 of what the mailed link holds; null when it was used
    _text("correlation_id", ""),
    _text("decided_by", ""),
    _text("outcome", ""),
    _at("created_at"),
    _at("expires_at"),
    _at("decided_at", nullable=True),
    _at("settled_at", nullable=True),
    UniqueConstraint("token"),
    Index(None, "user_id", "status", "created_at"),
    Index(None, "status", "expires_at"),
    Index(None, "task_id"),
    Index(None, "blob_id"),
)
grants = Table(  # what a person lets an agent do without being asked
    "grants",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id"),
    _text("agent"),
    _text("action"),
    _text("target"),  # an address, @domain, a tool, or *
    _text("given_by"),
    _at("created_at"),
    _at("revoked_at", nullable=True),
    Index(None, "user_id", "agent", "action"),
)
stops = Table(  # the stop switch: while a row is not released, agents in its scope do nothing
    "stops",
    metadata,
    _key(),
    _text("scope"),  # installation, tenant, user
    _id("scope_id", nullable=True),
    _text("because", ""),
    _text("engaged_by"),
    _at("engaged_at"),
    _text("released_by", nullable=True),
    _at("released_at", nullable=True),
    Index(None, "released_at"),
)
effects = Table(  # what an agent wanted to do, and what the monitor said
    "effects",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _id("task_id", nullable=True),
    _id("tenant_id"),
    _id("user_id", nullable=True),
    _text("agent"),
    _text("action"),
    _text("target", ""),
    _text("ruling"),  # allowed, ask, denied
    _text("because"),
    _at("created_at"),
    Index(None, "task_id"),
    Index(None, "user_id", "action", "created_at"),
    sqlite_autoincrement=True,
)

# --- money ----------------------------------------------------------------------------------------------------------

subscriptions = Table(  # what the payment service says of a user; which plan that means is in users.plan
    "subscriptions",
    metadata,
    _id("user_id", ForeignKey("users.id"), primary_key=True),
    _text("customer_id"),
    _text("subscription_id", nullable=True),
    _text("plan", ""),
    _text("status", ""),  # the service's word: active, past_due, canceled, …
    _at("began_at", nullable=True),  # from here the months or years of the plan are counted
    _at("period_start", nullable=True),
    _at("period_end", nullable=True),
    _flag("cancel_at_period_end"),
    _at("told_at"),  # by the service's clock: what is older changes nothing any more
    _at("updated_at"),
    UniqueConstraint("customer_id"),
    Index(None, "subscription_id"),
)
billing_events = Table(  # what the payment service told us, each once
    "billing_events",
    metadata,
    _key(),
    _text("provider_id"),
    _text("kind"),
    _text("outcome", ""),
    _at("told_at"),
    _at("created_at"),
    UniqueConstraint("provider_id"),
    Index(None, "created_at"),
)

# --- services that bring and carry mail -----------------------------------------------------------------------------

hook_payloads = Table(  # what a service handed over, as it came
    "hook_payloads",
    metadata,
    _key(),
    _text("provider"),
    _text("provider_id"),
    _id("tenant_id", nullable=True),
    _id("blob_id"),
    _text("outcome", ""),
    _text("correlation_id", ""),
    _at("created_at"),
    UniqueConstraint("provider", "provider_id"),
    Index(None, "created_at"),
    Index(None, "blob_id"),
)
delivery_reports = Table(  # what became of a message after it left: bounced, complained of, …
    "delivery_reports",
    metadata,
    _key(),
    _text("provider"),
    _text("provider_id"),
    _text("kind"),  # bounce, complaint, delivered
    _flag("permanent"),
    _text("recipient"),
    _text("message_id", ""),
    _id("outbox_id", nullable=True),
    _text("detail", ""),
    _at("created_at"),
    UniqueConstraint("provider", "provider_id"),
    Index(None, "outbox_id"),
    Index(None, "recipient", "created_at"),
)
suppressions = Table(  # whom nothing automatic is sent to any more
    "suppressions",
    metadata,
    _id("tenant_id", primary_key=True),
    Column("address", Text, primary_key=True),
    _text("because"),
    _at("created_at"),
)

# --- rules, search, imports -----------------------------------------------------------------------------------------

sieve_scripts = Table(
    "sieve_scripts",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("name"),
    _text("content"),
    _flag("active"),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("user_id", "name"),
)

vacation_replies = Table(
    "vacation_replies",
    metadata,
    _id("user_id", primary_key=True),
    Column("handle", Text, primary_key=True),
    Column("correspondent", Text, primary_key=True),
    _at("sent_at"),
    Index(None, "sent_at"),
)

search_progress = Table(
    "search_progress",
    metadata,
    _id("user_id", primary_key=True),
    _number("modseq"),  # every message whose last move or arrival has at most this modseq is in the index
)

search_indexes = Table(
    "search_indexes",  # what `search_progress` and the group `indexers` are about
    metadata,
    Column("id", Text, primary_key=True),  # the generation's name, which nothing else ever has
    _text("life"),  # of the database (storage/lives.py): in another one it is not believed
    _at("begun_at"),
    _at("completed_at", nullable=True),  # from then on it answers
    _at("tended_until"),
)

search_missing = Table(
    "search_missing",  # messages that the index does not have (wholly) though their turn has passed
    metadata,
    _id("message_id", primary_key=True),
    _id("user_id"),
    _text("because", ""),
    _at("created_at"),
    Index(None, "user_id"),
)

imports = Table(
    "imports",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("source"),
    _at("created_at"),
    _at("updated_at"),
    _at("finished_at", nullable=True),
    UniqueConstraint("user_id", "source"),
)

import_items = Table(
    "import_items",
    metadata,
    _id("import_id", ForeignKey("imports.id"), primary_key=True),
    Column("item", Text, primary_key=True),
    sqlite_with_rowid=False,
)

# --- audit ----------------------------------------------------------------------------------------------------------

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _id("tenant_id", nullable=True),
    _text("actor"),
    _text("address", ""),
    _text("action"),
    _text("resource", ""),
    _text("correlation_id", ""),
    _at("created_at"),
    Index(None, "actor", "created_at"),
    Index(None, "tenant_id", "id"),
    sqlite_autoincrement=True,
)

# --- the reply assistant --------------------------------------------------------------------------------------------

connections = Table(  # accounts elsewhere that a person lets the assistant look after
    "connections",
    metadata,
    _key(),
    _id("tenant_id", ForeignKey("tenants.id")),
    _id("user_id", ForeignKey("users.id")),
    _text("kind"),  # gmail, imap
    _text("address"),  # Address.key of the account there
    _flag("enabled", default=True),
    _text("state"),  # connecting, connected, delayed, broken, revoked: see core/connections.py
    _text("because", ""),
    _text("secret"),  # tokens or password, sealed (core/secrets.py)
    _text("settings", "{}"),  # of the kind: host, port, user
    _text("cursor", ""),  # how far it was read: a historyId, or JSON of uidvalidity and uid
    _text("announced", ""),  # how far a push said there is something to read
    _number("failures"),  # looks in a row that failed
    _at("watch_expires_at", nullable=True),
    _at("watched_at", nullable=True),
    _at("pushed_at", nullable=True),
    _at("looked_at", nullable=True),  # the last look that worked
    _at("next_look_at"),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("user_id", "kind", "address"),
    Index(None, "kind", "address"),
    Index(None, "next_look_at"),
)

connection_attempts = (
    Table(  # people who were sent to a service to allow us their account there, and have not come back yet
        "connection_attempts",
        metadata,
        Column("token", Text, primary_key=True),  # SHA-256 of the state that comes back with them
        _id("user_id", ForeignKey("users.id")),
        _at("expires_at"),
        Index(None, "user_id"),
        Index(None, "expires_at"),
    )
)

triage = Table(  # what a mail is to its owner, and the draft made for it; its id is the message's, or of its own for mail elsewhere
    "triage",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id"),
    _id("connection_id", ForeignKey("connections.id"), nullable=True),
    _text("remote_id", ""),  # the message's id there
    _text("remote_thread", ""),
    _text("header_id", ""),  # Message-ID
    _text("sender"),  # Address.key
    _text("sender_name", ""),
    _text("subject", ""),
    _text("mail_kind", ""),  # person, list, receipt, automatic: see domain/triage.py
    _flag("proven"),  # it is proven to be its sender's
    _text("category", ""),  # needs_reply, informational, spam; empty until it is judged
    Column("confidence", Float, nullable=False, server_default="0"),
    _text("because", ""),
    _text("decided_by", ""),  # rule, layer, owner, or the model's name
    _text("corrected_from", ""),  # what it was before its owner said otherwise
    _at("corrected_at", nullable=True),
    _text("shown", ""),  # the category whose label it carries, as far as we put it there
    _text("language", ""),
    _flag("vip"),
    _text("draft_state", ""),  # made, edited, sent, discarded, none: see domain/triage.py
    _text("draft_id", ""),  # the message in Drafts, or the draft's id there
    _text("draft_header_id", ""),  # its Message-ID
    _text("draft_checksum", ""),  # of the text we wrote
    _text("draft_because", ""),
    Column(
        "draft_changed", Float, nullable=True
    ),  # once it was sent: the part of its words that its owner changed, 0 to 1
    _text("claims", "[]"),  # JSON: what the draft says that must be true, and what supports it
    _id("task_id", nullable=True),
    _at("received_at"),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("connection_id", "remote_id"),
    Index(None, "user_id", "created_at"),
    Index(None, "user_id", "sender"),
    Index(None, "user_id", "draft_header_id"),
    Index(None, "user_id", "draft_state"),
    Index(None, "user_id", "draft_id"),
    Index(None, "user_id", "header_id"),
    Index(None, "connection_id", "remote_thread"),
    Index(None, "task_id"),
)

triage_rules = Table(  # what an owner taught, or wrote: a sender's mail of a kind is of a category
    "triage_rules",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("sender"),  # an address, or @domain
    _text("mail_kind", ""),  # of that kind only; empty: all of that sender
    _text("category"),
    _text("made_by"),  # owner, correction
    _flag("proven"),  # a mail that was proven to be its sender's taught it, or its owner wrote it
    _text("was", ""),  # its category until it was corrected to another; taken again when that is undone
    _number("times", 1),  # how often it was said
    _number("used"),
    _flag("enabled", default=True),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("user_id", "sender", "mail_kind"),
)

vips = Table(  # whose mail goes first
    "vips",
    metadata,
    _id("user_id", ForeignKey("users.id"), primary_key=True),
    Column("sender", Text, primary_key=True),  # an address, or @domain
    _at("created_at"),
)

styles = Table(  # how an owner writes
    "styles",
    metadata,
    _id("user_id", ForeignKey("users.id"), primary_key=True),
    _text("note", ""),  # in the owner's own words; empty: the learned one stands
    _text("learned", ""),  # in ours
    _text("measures", "{}"),  # JSON: what was counted
    _number("samples"),
    _at("learned_at", nullable=True),
    _at("edited_at", nullable=True),
)

quota_levels = Table(  # how much of a service's quota is used, by every process together
    "quota_levels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("level", Float, nullable=False),  # units of the last minute, about
    Column("slots", Text, nullable=False),  # units of each tenth of the last second
    _at("updated_at"),
)

followups = Table(  # what is to be done when; where it stands, when it is due and its history are the task's
    "followups",
    metadata,
    _id("task_id", ForeignKey("tasks.id"), primary_key=True),
    _id("tenant_id"),
    _id("user_id", ForeignKey("users.id")),
    _id("agent_user_id"),  # the concierge's mailbox, which speaks for it
    _id("source_id", nullable=True),  # the message it was asked for in, or added from
    _text("channel"),  # where it was asked for: mail, whatsapp or web
    _text("action"),
    _text("what"),
    _text("who", ""),
    _text("context", ""),
    _text("phrase", ""),  # the words that say when
    _text("zone"),  # IANA: what the words mean, and what is told, is in this time zone
    _text("readings", "[]"),  # JSON: what the phrase may mean
    _text("rule", ""),  # RRULE of RFC 5545 §3.3.10
    _text("starts", ""),  # wall-clock time of the first occurrence of the rule, like 2026-11-20T09:00:00
    _number("occurrence"),
    _at("planned_at", nullable=True),  # when this occurrence was due at first, before it was put off
    _at("snoozed_until", nullable=True),  # what its person put this occurrence off to: nothing else moved it there
    _text("waits_for", ""),  # the Message-ID of what somebody is to answer
    _text("waits_from", ""),  # Address.key of who is to answer it; anybody when empty
    _text("language", "en"),
    _at("asked_at", nullable=True),
    _number("asked"),  # how often the open question was put
    _text("said_id", ""),  # Message-ID of what was last said about it
    _text("draft_id", ""),  # of the draft that was put into the owner's Drafts
    _at("redacted_at", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    Index(None, "user_id"),
    Index(None, "source_id"),
    Index(None, "waits_for"),
)

declined = Table(  # whom the concierge has told once that it does not work for them
    "declined",
    metadata,
    _id("agent_user_id", primary_key=True),
    Column("sender", Text, primary_key=True),  # Address.key or E.164
    _at("at"),
)

whatsapp_contacts = Table(  # a person may be written to freely within 24 hours after they wrote
    "whatsapp_contacts",
    metadata,
    Column("phone", Text, primary_key=True),  # E.164
    _at("heard_at"),
)

whatsapp_sent = Table(
    "whatsapp_sent",
    metadata,
    Column("wamid", Text, primary_key=True),
    _id("outbox_id"),
    _number("part"),  # long messages are several there, counted from 1
    _text("message_id"),
    _text("state", "sent"),  # trying, sent, delivered, read, failed
    _at("at"),
    Index(None, "outbox_id"),
    Index(None, "message_id"),
    Index(None, "at"),
)

phone_links = Table(  # a code somebody sends from a phone, to prove that it is theirs
    "phone_links",
    metadata,
    Column("token", Text, primary_key=True),  # SHA-256
    _id("user_id", ForeignKey("users.id")),
    _at("expires_at"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

# --- outreach -------------------------------------------------------------------------------------------------------

outreach = Table(  # a mail to one recipient; where it stands and its history are the task's
    "outreach",
    metadata,
    _id("task_id", ForeignKey("tasks.id"), primary_key=True),
    _id("tenant_id"),
    _id("user_id", ForeignKey("users.id")),
    _id("batch_id", nullable=True),
    _text("key"),  # the caller's own: the same one makes one mail
    _text("name"),
    _text("email", ""),
    _text("interest", ""),
    _text("fields", "{}"),  # JSON: what else the template's placeholders stand for
    _text("files", "[]"),  # JSON: ids of outreach_files
    _text("template"),
    _id("template_id", nullable=True),
    _text("template_type", ""),
    _text("language", ""),
    _text("subject", ""),
    _text("body", ""),
    _text("sentences", "[]"),  # JSON: the body sentence by sentence, each with what it rests on
    _text("original", "{}"),  # JSON: subject and body as they were composed
    _flag("is_confident"),
    _text("because", ""),  # why it is confident, or not
    _text("metadata", "{}"),  # JSON: papers, sources, timings, tokens, cost, models
    _text("draft_id", ""),  # of the message in Drafts
    _text("sent_state", ""),
    _text("sent_to", ""),  # Address.key
    _text("sent_domain", ""),
    _text("message_id", ""),  # the Message-ID of what was sent
    _id("approval_id", nullable=True),
    _text("sent_because", ""),
    _at("send_at", nullable=True),  # when it goes, or went
    _at("edited_at", nullable=True),
    _at("deleted_at", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("user_id", "key"),
    Index(None, "batch_id"),
    Index(None, "user_id", "send_at"),
    Index(None, "user_id", "task_id"),
    Index(None, "message_id"),
    Index(None, "sent_domain"),
)

outreach_batches = Table(
    "outreach_batches",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id", ForeignKey("users.id")),
    _text("key"),  # the caller's own
    _text("name", ""),
    _number("total"),
    _flag("paused"),
    _at("cancelled_at", nullable=True),
    _at("created_at"),
    _at("updated_at"),
    UniqueConstraint("user_id", "key"),
)

outreach_files = Table(  # what its owner gave to be used; only the text is kept
    "outreach_files",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id", ForeignKey("users.id")),
    _text("name"),
    _text("content"),
    _text("because", ""),  # why there is no text, or not all of it
    _at("created_at"),
    Index(None, "user_id"),
)

outreach_steps = Table(  # what each step found: a step that is done is not done again
    "outreach_steps",
    metadata,
    _id("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("step", Text, primary_key=True),
    _text("content", ""),  # JSON; empty until it is done
    _number("attempts"),
    _number("latency_us"),  # of the attempt that did it
    _text("models", ""),
    _number("input_tokens"),
    _number("output_tokens"),
    Column("cost_usd", Float, nullable=False, server_default="0"),
    _at("started_at"),
    _at("finished_at", nullable=True),
)

outreach_sources = Table(  # what facts rest on, as it was when it was read
    "outreach_sources",
    metadata,
    _key(),
    _id("task_id", ForeignKey("tasks.id")),
    _number("number"),  # as citations name it, from 1
    _text("kind"),
    _text("url", ""),
    _text("title", ""),
    _text("author", ""),
    _text("published", ""),
    _text("about", "unclear"),
    _text("because", ""),
    Column("copy", LargeBinary, nullable=False),  # zlib
    _at("fetched_at"),
    UniqueConstraint("task_id", "number"),
)

outreach_templates = Table(
    "outreach_templates",
    metadata,
    _key(),
    _id("tenant_id"),
    _id("user_id", ForeignKey("users.id")),
    _text("name"),
    _text("content"),
    _text("origin", "own"),  # own, generated
    _at("created_at"),
    _at("updated_at"),
    _at("deleted_at", nullable=True),
    Index(None, "user_id"),
)

scribes = Table(  # how a person uses the scribe
    "scribes",
    metadata,
    _id("user_id", ForeignKey("users.id"), primary_key=True),
    _flag("onboarded"),
    _id("template_id", nullable=True),  # the default one
    _text("note", ""),  # who they are and where, as the law wants it below mail to strangers
    _number("generated"),  # mails that were written
    _number("templates"),  # templates that were made
    _text("zone", ""),  # the time zone that their days are counted in
    _number("zone_at"),  # when that was another one last
    _number("turn_at"),  # where they stand in the round: when one of their mails was last taken, or they began to wait
    _at("updated_at"),
)

web_cache = Table(  # results of searches, pages, papers: found a moment ago
    "web_cache",
    metadata,
    _id("tenant_id", primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # SHA-256
    Column("content", LargeBinary, nullable=False),  # zlib
    _at("at"),
    _at("expires_at"),
    Index(None, "expires_at"),
)

outreach_refusals = Table(  # who wants no outreach, or cannot be reached
    "outreach_refusals",
    metadata,
    _id("tenant_id", primary_key=True),
    Column("address", Text, primary_key=True),  # Address.key, or @ and a domain
    _text("because"),
    _at("created_at"),
)
