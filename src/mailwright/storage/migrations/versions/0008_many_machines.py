"""many machines: identity providers, divergences, and the trace of what happened"""

import sqlalchemy as sa
from alembic import op

from mailwright.storage import schema

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_providers",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("scopes", sa.Text(), server_default="openid profile email", nullable=False),
        sa.Column("roles_claim", sa.Text(), server_default="", nullable=False),
        sa.Column("roles", sa.Text(), server_default="{}", nullable=False),
        sa.Column("adds_users", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("trusts_mail", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("signs_out", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_identity_providers_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_providers")),
        sa.UniqueConstraint("issuer", name=op.f("uq_identity_providers_issuer")),
    )
    op.create_index(op.f("ix_identity_providers_tenant_id"), "identity_providers", ["tenant_id"], unique=False)
    op.create_table(
        "sign_on_used",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_used")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_on_used_digest")),
    )
    op.create_index(op.f("ix_sign_on_used_expires_at"), "sign_on_used", ["expires_at"], unique=False)
    op.create_table(
        "divergences",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=True),
        sa.Column("blob_key", sa.Text(), nullable=False),
        sa.Column("blob_id", schema.Id(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_divergences")),
        sa.UniqueConstraint("kind", "blob_key", name=op.f("uq_divergences_kind_blob_key")),
    )
    op.create_table(
        "backups",
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("octets", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("added", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("damaged", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
    )
    op.create_index(op.f("ix_backups_ended_at"), "backups", ["ended_at"], unique=False)
    op.create_table(
        "search_indexes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("life", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("tended_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_indexes")),
    )
    op.add_column("events", sa.Column("trace", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("trace", sa.Text(), nullable=True))
    op.add_column("workers", sa.Column("serves", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("provider_id", schema.Id(), nullable=True))
    op.add_column("sessions", sa.Column("provider_session", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("provider_token", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_sessions_provider_id_provider_session"), "sessions", ["provider_id", "provider_session"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_sessions_provider_id_provider_session"), table_name="sessions")
    op.drop_column("sessions", "provider_token")
    op.drop_column("sessions", "provider_session")
    op.drop_column("sessions", "provider_id")
    op.drop_column("workers", "serves")
    op.drop_column("outbox", "trace")
    op.drop_column("events", "trace")
    op.drop_table("search_indexes")
    op.drop_index(op.f("ix_backups_ended_at"), table_name="backups")
    op.drop_table("backups")
    op.drop_table("divergences")
    op.drop_index(op.f("ix_sign_on_used_expires_at"), table_name="sign_on_used")
    op.drop_table("sign_on_used")
    op.drop_index(op.f("ix_identity_providers_tenant_id"), table_name="identity_providers")
    op.drop_table("identity_providers")
