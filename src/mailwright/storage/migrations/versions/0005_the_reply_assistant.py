"""the reply assistant: accounts elsewhere, what each mail is to its owner, rules that were taught, and how an owner writes"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = ("triage", "vips", "triage_rules", "styles", "connection_attempts", "connections", "quota_levels")


def upgrade() -> None:
    op.create_table(
        "quota_levels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_quota_levels")),
    )
    op.create_table(
        "connection_attempts",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_connection_attempts_user_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_connection_attempts")),
    )
    op.create_index(op.f("ix_connection_attempts_user_id"), "connection_attempts", ["user_id"], unique=False)
    op.create_index(op.f("ix_connection_attempts_expires_at"), "connection_attempts", ["expires_at"], unique=False)
    op.create_table(
        "connections",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), server_default="{}", nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("announced", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("watch_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("watched_at", sa.BigInteger(), nullable=True),
        sa.Column("pushed_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("next_look_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_connections_tenant_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_connections_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("user_id", "kind", "address", name=op.f("uq_connections_user_id_kind_address")),
    )
    op.create_index(op.f("ix_connections_kind_address"), "connections", ["kind", "address"], unique=False)
    op.create_index(op.f("ix_connections_next_look_at"), "connections", ["next_look_at"], unique=False)
    op.create_table(
        "styles",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("learned", sa.Text(), server_default="", nullable=False),
        sa.Column("measures", sa.Text(), server_default="{}", nullable=False),
        sa.Column("samples", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("learned_at", sa.BigInteger(), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_styles_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_styles")),
    )
    op.create_table(
        "triage_rules",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("mail_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("proven", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("was", sa.Text(), server_default="", nullable=False),
        sa.Column("times", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_triage_rules_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage_rules")),
        sa.UniqueConstraint("user_id", "sender", "mail_kind", name=op.f("uq_triage_rules_user_id_sender_mail_kind")),
    )
    op.create_table(
        "vips",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_vips_user_id")),
        sa.PrimaryKeyConstraint("user_id", "sender", name=op.f("pk_vips")),
    )
    op.create_table(
        "triage",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("connection_id", schema.Id(), nullable=True),
        sa.Column("remote_id", sa.Text(), server_default="", nullable=False),
        sa.Column("remote_thread", sa.Text(), server_default="", nullable=False),
        sa.Column("header_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("mail_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("proven", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("confidence", sa.Float(), server_default="0", nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("corrected_from", sa.Text(), server_default="", nullable=False),
        sa.Column("corrected_at", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("vip", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("draft_state", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_id", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_header_id", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_checksum", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_because", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_changed", sa.Float(), nullable=True),
        sa.Column("claims", sa.Text(), server_default="[]", nullable=False),
        sa.Column("task_id", schema.Id(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_triage_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triage")),
        sa.UniqueConstraint("connection_id", "remote_id", name=op.f("uq_triage_connection_id_remote_id")),
    )
    op.create_index(
        op.f("ix_triage_connection_id_remote_thread"), "triage", ["connection_id", "remote_thread"], unique=False
    )
    op.create_index(op.f("ix_triage_task_id"), "triage", ["task_id"], unique=False)
    op.create_index(op.f("ix_triage_user_id_created_at"), "triage", ["user_id", "created_at"], unique=False)
    op.create_index(op.f("ix_triage_user_id_draft_header_id"), "triage", ["user_id", "draft_header_id"], unique=False)
    op.create_index(op.f("ix_triage_user_id_draft_state"), "triage", ["user_id", "draft_state"], unique=False)
    op.create_index(op.f("ix_triage_user_id_draft_id"), "triage", ["user_id", "draft_id"], unique=False)
    op.create_index(op.f("ix_triage_user_id_header_id"), "triage", ["user_id", "header_id"], unique=False)
    op.create_index(op.f("ix_triage_user_id_sender"), "triage", ["user_id", "sender"], unique=False)
    op.add_column("dead_letters", sa.Column("trace", sa.Text(), server_default="", nullable=False))
    op.add_column("dead_letters", sa.Column("resolved_at", sa.BigInteger(), nullable=True))
    op.add_column("dead_letters", sa.Column("resolved_by", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("dead_letters") as batch_op:
        for column in ("resolved_by", "resolved_at", "trace"):
            batch_op.drop_column(column)
    for table in TABLES:
        op.drop_table(table)
