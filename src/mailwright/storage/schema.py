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
    _text("status", "active"),  # active, blocked
    _number("quota_bytes", None, nullable=True),
    _number("used_bytes"),
    _number("modseq"),
    _number("last_uidvalidity"),  # of the user's newest mailbox: the next one's is higher, however soon it is made
    _at("created_at"),
    UniqueConstraint("tenant_id", "email"),
    Index(None, "email"),
)

credentials = Table(
    "credentials",
    metadata,
    _key(),
    _id("user_id", ForeignKey("users.id")),
    _text("kind"),  # password (argon2id), app (SHA-256 of a random secret of ours)
    _text("secret"),
    _text("label", ""),
    _text("scopes", ""),  # of an app password: what it opens, by spaces: imap smtp sieve
    _at("created_at"),
    _at("used_at", nullable=True),
    Index(None, "user_id", "kind"),
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
)

# --- mail -----------------------------------------------------------------------------------------------------------

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
    _number("modseq", None),
    _at("removed_at"),
    Index(None, "user_id", "modseq"),
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
    UniqueConstraint("idempotency_key"),
    Index(None, "status", "next_attempt_at"),
    Index(None, "blob_id"),
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
    Column("cost_usd", Float, nullable=False, server_default="0"),
    _number("latency_us"),
    _text("outcome"),
    _at("created_at"),
    Index(None, "task_id"),
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
    _number("part"),
    _at("created_at"),
    UniqueConstraint("workspace_id", "thread_id", "path"),
    Index(None, "message_id"),
    Index(None, "blob_id"),
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
    sqlite_autoincrement=True,
)
