"""partitioned by tenant: on PostgreSQL the tables that grow with mail become partitioned ones, and what they were their first partition

No row is read or copied: each statement changes catalogs only, and one transaction does it all. See docs/decisions/0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("blobs", "messages")

_GRANTED = (
    "SELECT a.privilege_type, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END "
    "FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass('{shared}') AND a.grantee <> c.relowner"
)
_OWNER = "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = to_regclass('{shared}')"


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    # In the order in which a delivery takes them, so that neither waits for the other in a ring. Others, too, ask for the mailbox first.
    op.execute("LOCK TABLE mailboxes, messages, blobs IN ACCESS EXCLUSIVE MODE")
    for name in TABLES:
        shared = f"{name}_shared"
        # Not looked at now: `database partition` has it validated, without a lock that anybody would notice.
        op.execute(
            f"ALTER TABLE {name} ADD COLUMN apart bigint NOT NULL DEFAULT 0, "
            f"ADD CONSTRAINT ck_{name}_apart CHECK (apart = 0) NOT VALID"
        )
        op.execute(f"ALTER TABLE {name} RENAME TO {shared}")
        op.execute(f"CREATE TABLE {name} (LIKE {shared} INCLUDING DEFAULTS) PARTITION BY RANGE (tenant_id, apart)")
        op.execute(f"ALTER TABLE {name} OWNER TO {bind.scalar(sa.text(_OWNER.format(shared=shared)))}")
        for privilege, whom in bind.execute(sa.text(_GRANTED.format(shared=shared))).fetchall():
            op.execute(f"GRANT {privilege} ON {name} TO {whom}")
    op.create_foreign_key("fk_messages_mailbox_id", "messages", "mailboxes", ["mailbox_id"], ["id"])
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} ATTACH PARTITION {name}_shared DEFAULT")


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    op.execute("LOCK TABLE mailboxes, messages, blobs IN ACCESS EXCLUSIVE MODE")
    for name in TABLES:
        partitions = bind.scalar(sa.text(f"SELECT count(*) FROM pg_inherits WHERE inhparent = to_regclass('{name}')"))
        if partitions != 1:
            raise RuntimeError("tenants have partitions of their own: mailwright database partition --merge TENANT")
        op.execute(f"ALTER TABLE {name} DETACH PARTITION {name}_shared")
        op.execute(f"DROP TABLE {name}")
        op.execute(f"ALTER TABLE {name}_shared RENAME TO {name}")
        op.execute(f"ALTER TABLE {name} DROP COLUMN apart")
        op.execute(f"DROP FUNCTION IF EXISTS {name}_apart()")
