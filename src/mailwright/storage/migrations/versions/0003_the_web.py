"""the web: sign-in by browser, JMAP's objects, push, snoozing, and what lists of conversations read"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removed",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", schema.Id(), nullable=False),
        sa.Column("modseq", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", "object_id", name=op.f("pk_removed")),
    )
    op.create_index(op.f("ix_removed_user_id_modseq"), "removed", ["user_id", "modseq"], unique=False)
    op.create_table(
        "snoozes",
        sa.Column("message_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("mailbox_id", schema.Id(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_snoozes")),
    )
    op.create_index(op.f("ix_snoozes_until_at"), "snoozes", ["until_at"], unique=False)
    op.create_index(op.f("ix_snoozes_user_id"), "snoozes", ["user_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("blob_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob_id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"], unique=False)
    op.create_index(op.f("ix_uploads_user_id"), "uploads", ["user_id"], unique=False)
    op.create_table(
        "email_submissions",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("identity_id", schema.Id(), nullable=False),
        sa.Column("message_id", schema.Id(), nullable=False),
        sa.Column("thread_id", schema.Id(), nullable=False),
        sa.Column("header_id", sa.Text(), nullable=False),
        sa.Column("outbox_key", sa.Text(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("send_at", sa.BigInteger(), nullable=False),
        sa.Column("undo_status", sa.Text(), nullable=False),
        sa.Column("created_modseq", sa.BigInteger(), nullable=False),
        sa.Column("modseq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_email_submissions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_submissions")),
    )
    op.create_index(op.f("ix_email_submissions_header_id"), "email_submissions", ["header_id"], unique=False)
    op.create_index(
        op.f("ix_email_submissions_user_id_modseq"), "email_submissions", ["user_id", "modseq"], unique=False
    )
    op.create_table(
        "identities",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_to", sa.Text(), server_default="null", nullable=False),
        sa.Column("bcc", sa.Text(), server_default="null", nullable=False),
        sa.Column("text_signature", sa.Text(), server_default="", nullable=False),
        sa.Column("html_signature", sa.Text(), server_default="", nullable=False),
        sa.Column("created_modseq", sa.BigInteger(), nullable=False),
        sa.Column("modseq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_user_id"), "identities", ["user_id"], unique=False)
    op.create_table(
        "push_subscriptions",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("session_id", schema.Id(), nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), server_default="", nullable=False),
        sa.Column("auth", sa.Text(), server_default="", nullable=False),
        sa.Column("verification_code", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("types", sa.Text(), server_default="null", nullable=False),
        sa.Column("pending", sa.Text(), server_default="{}", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_push_subscriptions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
    )
    op.create_index(op.f("ix_push_subscriptions_due_at"), "push_subscriptions", ["due_at"], unique=False)
    op.create_index(op.f("ix_push_subscriptions_expires_at"), "push_subscriptions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_push_subscriptions_user_id"), "push_subscriptions", ["user_id"], unique=False)
    op.create_table(
        "server_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_keys")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("authenticated_by", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.Column("long_lived", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token", name=op.f("uq_sessions_token")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "sign_in_links",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_links")),
        sa.UniqueConstraint("token", name=op.f("uq_sign_in_links_token")),
    )
    op.create_index(op.f("ix_sign_in_links_expires_at"), "sign_in_links", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sign_in_links_user_id"), "sign_in_links", ["user_id"], unique=False)
    op.create_table(
        "vacation_responses",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=True),
        sa.Column("to_at", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("text_body", sa.Text(), nullable=True),
        sa.Column("html_body", sa.Text(), nullable=True),
        sa.Column("modseq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_vacation_responses_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_vacation_responses")),
    )
    op.create_index(op.f("ix_audit_events_tenant_id_id"), "audit_events", ["tenant_id", "id"], unique=False)
    op.add_column("mailboxes", sa.Column("sort_order", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("mailboxes", sa.Column("created_modseq", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("mailboxes", sa.Column("changed_modseq", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_messages_arrived", "messages", ["mailbox_id", "received_at", "id", "thread_id"], unique=False)
    op.create_index(op.f("ix_model_calls_created_at"), "model_calls", ["created_at"], unique=False)
    op.add_column("preferences", sa.Column("display", sa.Text(), server_default="{}", nullable=False))
    op.add_column("tombstones", sa.Column("thread_id", schema.Id(), nullable=True))
    op.add_column("users", sa.Column("operator", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("users", sa.Column("plan", sa.Text(), server_default="free", nullable=False))
    # The oldest admin has looked after the whole installation so far; one who may not sign in looks after nothing.
    op.execute(
        "UPDATE users SET operator = TRUE WHERE id IN "
        "(SELECT id FROM users WHERE role = 'admin' AND status = 'active' ORDER BY created_at, id LIMIT 1)"
    )


def downgrade() -> None:
    for table, columns in {
        "users": ["plan", "operator"],
        "tombstones": ["thread_id"],
        "preferences": ["display"],
        "mailboxes": ["changed_modseq", "created_modseq", "sort_order"],
    }.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
    op.drop_index("ix_model_calls_created_at", "model_calls")
    op.drop_index("ix_messages_arrived", "messages")
    op.drop_index("ix_audit_events_tenant_id_id", "audit_events")
    for table in (
        "vacation_responses",
        "sign_in_links",
        "sessions",
        "server_keys",
        "push_subscriptions",
        "identities",
        "email_submissions",
        "uploads",
        "snoozes",
        "removed",
    ):
        op.drop_table(table)
