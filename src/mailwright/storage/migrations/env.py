"""Alembic's environment: runs the migrations on the database that `storage.migrate` names, or that a test hands over."""

from alembic import context
from sqlalchemy import create_engine, pool

from mailwright.storage.schema import metadata


def run() -> None:
    url = context.config.attributes["url"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SELECT pg_advisory_lock(7251990)"
            )  # one process migrates, the others wait for it
            # While a change waits for a lock, everybody else waits behind it: shortly, and `storage.migrate` tries again.
            # (An autovacuum gives way after deadlock_timeout, a second.)
            connection.exec_driver_sql("SET lock_timeout = '2s'")
            connection.commit()
        context.configure(
            connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
