"""How Alembic reaches the database: always over the connection that `migrate` hands it."""

from __future__ import annotations

from alembic import context

from aurax.adapters.sql.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
