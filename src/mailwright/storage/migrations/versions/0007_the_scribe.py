"""the scribe: outreach, what it rests on, templates, and who wants none"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "scribes",
    "outreach_templates",
    "outreach_files",
    "outreach_batches",
    "outreach",
    "outreach_steps",
    "outreach_sources",
    "web_cache",
    "outreach_refusals",
)
SCRIBES = "agent = 'scribe'"
SUBJECTS = "kind = 'oidc'"


def upgrade() -> None:
    op.create_table(
        "outreach_refusals",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "address", name=op.f("pk_outreach_refusals")),
    )
    op.create_table(
        "web_cache",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "key", name=op.f("pk_web_cache")),
    )
    op.create_index(op.f("ix_web_cache_expires_at"), "web_cache", ["expires_at"], unique=False)
    op.create_table(
        "outreach_sources",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("task_id", schema.Id(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.Text(), server_default="", nullable=False),
        sa.Column("published", sa.Text(), server_default="", nullable=False),
        sa.Column("about", sa.Text(), server_default="unclear", nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("copy", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_outreach_sources_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_sources")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_outreach_sources_task_id_number")),
    )
    op.create_table(
        "outreach_steps",
        sa.Column("task_id", schema.Id(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("latency_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("models", sa.Text(), server_default="", nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cost_usd", sa.Float(), server_default="0", nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_outreach_steps_task_id")),
        sa.PrimaryKeyConstraint("task_id", "step", name=op.f("pk_outreach_steps")),
    )
    op.create_table(
        "outreach",
        sa.Column("task_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("batch_id", schema.Id(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("interest", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", sa.Text(), server_default="{}", nullable=False),
        sa.Column("files", sa.Text(), server_default="[]", nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("template_id", schema.Id(), nullable=True),
        sa.Column("template_type", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("sentences", sa.Text(), server_default="[]", nullable=False),
        sa.Column("original", sa.Text(), server_default="{}", nullable=False),
        sa.Column("is_confident", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("metadata", sa.Text(), server_default="{}", nullable=False),
        sa.Column("draft_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_state", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_to", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_domain", sa.Text(), server_default="", nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("approval_id", schema.Id(), nullable=True),
        sa.Column("sent_because", sa.Text(), server_default="", nullable=False),
        sa.Column("send_at", sa.BigInteger(), nullable=True),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_outreach_task_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outreach_user_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_outreach")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_outreach_user_id_key")),
    )
    op.create_index(op.f("ix_outreach_batch_id"), "outreach", ["batch_id"], unique=False)
    op.create_index(op.f("ix_outreach_message_id"), "outreach", ["message_id"], unique=False)
    op.create_index(op.f("ix_outreach_sent_domain"), "outreach", ["sent_domain"], unique=False)
    op.create_index(op.f("ix_outreach_user_id_send_at"), "outreach", ["user_id", "send_at"], unique=False)
    op.create_index(op.f("ix_outreach_user_id_task_id"), "outreach", ["user_id", "task_id"], unique=False)
    op.create_table(
        "outreach_batches",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paused", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outreach_batches_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_batches")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_outreach_batches_user_id_key")),
    )
    op.create_table(
        "outreach_files",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outreach_files_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_files")),
    )
    op.create_index(op.f("ix_outreach_files_user_id"), "outreach_files", ["user_id"], unique=False)
    op.create_table(
        "outreach_templates",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), server_default="own", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outreach_templates_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_templates")),
    )
    op.create_index(op.f("ix_outreach_templates_user_id"), "outreach_templates", ["user_id"], unique=False)
    op.create_table(
        "scribes",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("onboarded", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("template_id", schema.Id(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("generated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("templates", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("zone", sa.Text(), server_default="", nullable=False),
        sa.Column("zone_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("turn_at", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_scribes_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_scribes")),
    )
    op.create_index(
        "ix_tasks_scribe",
        "tasks",
        ["status", "user_id", "id"],
        unique=False,
        sqlite_where=sa.text(SCRIBES),
        postgresql_where=sa.text(SCRIBES),
    )

    op.create_index(
        "ix_credentials_subject",
        "credentials",
        ["secret"],
        unique=True,
        sqlite_where=sa.text(SUBJECTS),
        postgresql_where=sa.text(SUBJECTS),
    )


def downgrade() -> None:
    # Tasks stay, as what happened; those that nobody would ever end come to their end.
    op.execute(
        "UPDATE tasks SET status = 'cancelled', because = 'the scribe was taken away', completed_at = updated_at "
        "WHERE agent = 'scribe' AND completed_at IS NULL"
    )
    op.drop_index("ix_credentials_subject", table_name="credentials")
    op.drop_index("ix_tasks_scribe", table_name="tasks")
    for table in TABLES:
        op.drop_table(table)
