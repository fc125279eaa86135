"""mail clients: shared mailboxes, app passwords, DKIM keys, rules, search, imports"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imap_envelopes",
        sa.Column("message_id", schema.Id(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_imap_envelopes")),
    )
    op.create_table(
        "mailbox_metadata",
        sa.Column("mailbox_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "user_id", "entry", name=op.f("pk_mailbox_metadata")),
    )
    op.create_table(
        "search_missing",
        sa.Column("message_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search_missing")),
    )
    op.create_index(op.f("ix_search_missing_user_id"), "search_missing", ["user_id"], unique=False)

    op.create_table(
        "search_progress",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("modseq", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_search_progress")),
    )
    op.create_table(
        "vacation_replies",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("correspondent", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "handle", "correspondent", name=op.f("pk_vacation_replies")),
    )
    op.create_index(op.f("ix_vacation_replies_sent_at"), "vacation_replies", ["sent_at"], unique=False)

    op.create_table(
        "dkim_keys",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("domain_id", schema.Id(), nullable=False),
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name=op.f("fk_dkim_keys_domain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dkim_keys")),
        sa.UniqueConstraint("domain_id", "selector", name=op.f("uq_dkim_keys_domain_id_selector")),
    )
    op.create_table(
        "imports",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_imports_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("user_id", "source", name=op.f("uq_imports_user_id_source")),
    )
    op.create_table(
        "sieve_scripts",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sieve_scripts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sieve_scripts")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_sieve_scripts_user_id_name")),
    )
    op.create_table(
        "acl",
        sa.Column("mailbox_id", schema.Id(), nullable=False),
        sa.Column("grantee", sa.Text(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailboxes.id"], name=op.f("fk_acl_mailbox_id")),
        sa.PrimaryKeyConstraint("mailbox_id", "grantee", name=op.f("pk_acl")),
    )
    op.create_index(op.f("ix_acl_grantee"), "acl", ["grantee"], unique=False)

    op.create_table(
        "import_items",
        sa.Column("import_id", schema.Id(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_items_import_id")),
        sa.PrimaryKeyConstraint("import_id", "item", name=op.f("pk_import_items")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_audit_events_actor_created_at"), "audit_events", ["actor", "created_at"], unique=False)

    op.add_column("credentials", sa.Column("scopes", sa.Text(), server_default="", nullable=False))

    op.add_column("domains", sa.Column("on_failure", sa.Text(), server_default="policy", nullable=False))

    op.add_column("inbound", sa.Column("authentication", sa.Text(), server_default="{}", nullable=False))

    op.add_column("mailboxes", sa.Column("size_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("mailboxes", sa.Column("subscribed", sa.Boolean(), server_default="1", nullable=False))

    op.add_column("messages", sa.Column("saved_at", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("account_id", schema.Id(), nullable=True))
    op.create_index(
        "ix_messages_listed", "messages", ["mailbox_id", "uid", "flags", "modseq", "keywords"], unique=False
    )

    op.add_column("preferences", sa.Column("undo_seconds", sa.BigInteger(), server_default="0", nullable=False))

    op.add_column("users", sa.Column("last_uidvalidity", sa.BigInteger(), server_default="0", nullable=False))
    # What yesterday's rows say of the new columns.
    op.execute(
        "UPDATE mailboxes SET size_bytes = coalesce((SELECT sum(size) FROM messages WHERE mailbox_id = mailboxes.id), 0)"
    )
    op.execute(
        "UPDATE users SET last_uidvalidity = "
        "coalesce((SELECT max(uidvalidity) FROM mailboxes WHERE user_id = users.id), 0)"
    )
    op.execute("UPDATE users SET modseq = 1 WHERE modseq = 0")
    op.execute("UPDATE mailboxes SET modseq = 1 WHERE modseq = 0")
    op.execute(
        "UPDATE messages SET account_id = (SELECT account_id FROM inbound WHERE inbound.id = messages.inbound_id) "
        "WHERE inbound_id IS NOT NULL"
    )


def downgrade() -> None:
    for table, columns in {
        "users": ["last_uidvalidity"],
        "preferences": ["undo_seconds"],
        "mailboxes": ["subscribed", "size_bytes"],
        "inbound": ["authentication"],
        "domains": ["on_failure"],
        "credentials": ["scopes"],
    }.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
    op.drop_index("ix_messages_listed", "messages")
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("account_id")
        batch_op.drop_column("saved_at")
    op.drop_index("ix_audit_events_actor_created_at", "audit_events")
    for table in (
        "import_items",
        "acl",
        "sieve_scripts",
        "imports",
        "dkim_keys",
        "vacation_replies",
        "search_progress",
        "search_missing",
        "mailbox_metadata",
        "imap_envelopes",
    ):
        op.drop_table(table)
