"""the follow-up concierge: what is to be done when, phone numbers and WhatsApp, and how a person wants to be reminded"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PREFERENCES = ("agenda_on", "agenda_at", "quiet_until", "quiet_from", "reach_by", "locale")
TABLES = ("phone_links", "whatsapp_sent", "whatsapp_contacts", "declined", "followups")


def upgrade() -> None:
    op.create_table(
        "declined",
        sa.Column("agent_user_id", schema.Id(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent_user_id", "sender", name=op.f("pk_declined")),
    )
    op.create_table(
        "whatsapp_contacts",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_whatsapp_contacts")),
    )
    op.create_table(
        "whatsapp_sent",
        sa.Column("wamid", sa.Text(), nullable=False),
        sa.Column("outbox_id", schema.Id(), nullable=False),
        sa.Column("part", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="sent", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("wamid", name=op.f("pk_whatsapp_sent")),
    )
    op.create_index(op.f("ix_whatsapp_sent_at"), "whatsapp_sent", ["at"], unique=False)
    op.create_index(op.f("ix_whatsapp_sent_message_id"), "whatsapp_sent", ["message_id"], unique=False)
    op.create_index(op.f("ix_whatsapp_sent_outbox_id"), "whatsapp_sent", ["outbox_id"], unique=False)
    op.create_table(
        "followups",
        sa.Column("task_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("agent_user_id", schema.Id(), nullable=False),
        sa.Column("source_id", schema.Id(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("context", sa.Text(), server_default="", nullable=False),
        sa.Column("phrase", sa.Text(), server_default="", nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("readings", sa.Text(), server_default="[]", nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("starts", sa.Text(), server_default="", nullable=False),
        sa.Column("occurrence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("waits_for", sa.Text(), server_default="", nullable=False),
        sa.Column("waits_from", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("asked", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("said_id", sa.Text(), server_default="", nullable=False),
        sa.Column("draft_id", sa.Text(), server_default="", nullable=False),
        sa.Column("redacted_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_followups_task_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_followups_user_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_followups")),
    )
    op.create_index(op.f("ix_followups_source_id"), "followups", ["source_id"], unique=False)
    op.create_index(op.f("ix_followups_user_id"), "followups", ["user_id"], unique=False)
    op.create_index(op.f("ix_followups_waits_for"), "followups", ["waits_for"], unique=False)
    op.create_table(
        "phone_links",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("user_id", schema.Id(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_phone_links_user_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_phone_links")),
    )
    op.create_index(op.f("ix_phone_links_expires_at"), "phone_links", ["expires_at"], unique=False)
    op.create_index(op.f("ix_phone_links_user_id"), "phone_links", ["user_id"], unique=False)
    op.add_column("preferences", sa.Column("locale", sa.Text(), server_default="", nullable=False))
    op.add_column("preferences", sa.Column("reach_by", sa.Text(), server_default="", nullable=False))
    op.add_column("preferences", sa.Column("quiet_from", sa.BigInteger(), nullable=True))
    op.add_column("preferences", sa.Column("quiet_until", sa.BigInteger(), nullable=True))
    op.add_column("preferences", sa.Column("agenda_at", sa.BigInteger(), nullable=True))
    op.add_column("preferences", sa.Column("agenda_on", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_users_phone"), "users", ["phone"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_users_phone"), table_name="users")
    with op.batch_alter_table("preferences") as batch_op:
        for column in PREFERENCES:
            batch_op.drop_column(column)
    for table in TABLES:
        op.drop_table(table)
