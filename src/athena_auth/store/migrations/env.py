"""Alembic's entry point; `store.upgrade` hands it an open connection, inside a transaction."""

from alembic import context

from athena_auth.store.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
