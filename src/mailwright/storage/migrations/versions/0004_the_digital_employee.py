"""the digital employee in full: plans that are charged, approvals, grants and the stop switch, what models were told"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "suppressions",
    "delivery_reports",
    "hook_payloads",
    "billing_events",
    "subscriptions",
    "effects",
    "stops",
    "grants",
    "approvals",
    "judgements",
    "model_windows",
    "model_choices",
    "model_transcripts",
)


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("task_id", schema.Id(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("recipients", sa.Text(), server_default="[]", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("blob_id", schema.Id(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("token", name=op.f("uq_approvals_token")),
    )
    op.create_index(op.f("ix_approvals_blob_id"), "approvals", ["blob_id"], unique=False)
    op.create_index(op.f("ix_approvals_status_expires_at"), "approvals", ["status", "expires_at"], unique=False)
    op.create_index(op.f("ix_approvals_task_id"), "approvals", ["task_id"], unique=False)
    op.create_index(
        op.f("ix_approvals_user_id_status_created_at"), "approvals", ["user_id", "status", "created_at"], unique=False
    )
    op.create_table(
        "billing_events",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_events")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_billing_events_provider_id")),
    )
    op.create_index(op.f("ix_billing_events_created_at"), "billing_events", ["created_at"], unique=False)
    op.create_table(
        "delivery_reports",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("permanent", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("outbox_id", schema.Id(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_reports")),
        sa.UniqueConstraint("provider", "provider_id", name=op.f("uq_delivery_reports_provider_provider_id")),
    )
    op.create_index(op.f("ix_delivery_reports_outbox_id"), "delivery_reports", ["outbox_id"], unique=False)
    op.create_index(
        op.f("ix_delivery_reports_recipient_created_at"), "delivery_reports", ["recipient", "created_at"], unique=False
    )
    op.create_table(
        "effects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", schema.Id(), nullable=True),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), server_default="", nullable=False),
        sa.Column("ruling", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effects")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_effects_task_id"), "effects", ["task_id"], unique=False)
    op.create_index(
        op.f("ix_effects_user_id_action_created_at"), "effects", ["user_id", "action", "created_at"], unique=False
    )
    op.create_table(
        "grants",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_user_id_agent_action"), "grants", ["user_id", "agent", "action"], unique=False)
    op.create_table(
        "hook_payloads",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=True),
        sa.Column("blob_id", schema.Id(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("correlation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_payloads")),
        sa.UniqueConstraint("provider", "provider_id", name=op.f("uq_hook_payloads_provider_provider_id")),
    )
    op.create_index(op.f("ix_hook_payloads_blob_id"), "hook_payloads", ["blob_id"], unique=False)
    op.create_index(op.f("ix_hook_payloads_created_at"), "hook_payloads", ["created_at"], unique=False)
    op.create_table(
        "judgements",
        sa.Column("message_id", schema.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_judgements")),
    )
    op.create_table(
        "model_choices",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_model_choices")),
    )
    op.create_table(
        "model_windows",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("model", "minute", name=op.f("pk_model_windows")),
    )
    op.create_table(
        "stops",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("scope_id", schema.Id(), nullable=True),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("engaged_by", sa.Text(), nullable=False),
        sa.Column("engaged_at", sa.BigInteger(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stops")),
    )
    op.create_index(op.f("ix_stops_released_at"), "stops", ["released_at"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "address", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "model_transcripts",
        sa.Column("call_id", schema.Id(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["model_calls.id"], name=op.f("fk_model_transcripts_call_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_model_transcripts")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.Column("period_start", sa.BigInteger(), nullable=True),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_subscriptions_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_subscriptions_customer_id")),
    )
    op.create_index(op.f("ix_subscriptions_subscription_id"), "subscriptions", ["subscription_id"], unique=False)
    op.add_column("model_calls", sa.Column("cached_tokens", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("tasks", sa.Column("charged_at", sa.BigInteger(), nullable=True))
    op.add_column("tasks", sa.Column("progress_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_tasks_user_id_charged_at"), "tasks", ["user_id", "charged_at"], unique=False)
    op.add_column("workspace_files", sa.Column("task_id", schema.Id(), nullable=True))
    op.add_column("outbox", sa.Column("agent", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("served_id", schema.Id(), nullable=True))
    op.create_index(op.f("ix_workspace_files_task_id"), "workspace_files", ["task_id"], unique=False)
    # What was answered so far counts as before: it was never charged.
    op.execute("UPDATE tasks SET charged = TRUE, charged_at = created_at WHERE status = 'complete' AND kind = 'reply'")


def downgrade() -> None:
    op.drop_index(op.f("ix_workspace_files_task_id"), "workspace_files")
    op.drop_index(op.f("ix_tasks_user_id_charged_at"), "tasks")
    for table, columns in {
        "outbox": ["served_id", "agent"],
        "workspace_files": ["task_id"],
        "tasks": ["progress_at", "charged_at"],
        "model_calls": ["cached_tokens"],
    }.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column)
    for table in TABLES:
        op.drop_table(table)
