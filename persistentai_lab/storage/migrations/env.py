"""Called by Alembic: run the revisions on the connection that `migrate` brought."""

from alembic import context

from persistentai_lab.storage.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    version_table_schema="public",
)
with context.begin_transaction():
    context.run_migrations()
