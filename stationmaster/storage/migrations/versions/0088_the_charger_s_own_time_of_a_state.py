"""The charger's own time of a state"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

INDEX = "ix_connector_states_told"


def upgrade() -> None:
    op.add_column("connector_states", sa.Column("told_at", columns.UtcTime(), nullable=True))
    told = sa.text("told_at IS NOT NULL")
    place = ["station_id", "evse", "number", "told_at"]
    op.create_index(INDEX, "connector_states", place, sqlite_where=told, postgresql_where=told)


def downgrade() -> None:
    op.drop_index(INDEX, "connector_states")
    op.drop_column("connector_states", "told_at")
