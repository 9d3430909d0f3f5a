"""Alembic's environment: runs on the connection that `booking.store.db.migrate` hands it."""

from alembic import context

from booking.store.db.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
