"""Run by Alembic with the connection that `upgrade` hands over."""

from alembic import context

from stationmaster.storage import trigrams
from stationmaster.storage.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
    user_module_prefix="columns.",
    include_object=trigrams.is_of_the_schema,
    # All steps are one transaction on SQLite, too: between two of them another node could begin where we are not done yet.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
