"""Alarms are counted"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("alarms") as batch_op:
        batch_op.add_column(sa.Column("last_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("count", sa.Integer(), server_default="1", nullable=False))
    op.execute("UPDATE alarms SET last_at = at")
    # Of those of one kind that nobody has looked at, the newest counts them all; the others are done with.
    op.execute(
        "UPDATE alarms SET count = (SELECT count(*) FROM alarms a WHERE a.station_id = alarms.station_id"
        " AND a.kind = alarms.kind AND a.resolved_at IS NULL),"
        " at = (SELECT min(a.at) FROM alarms a WHERE a.station_id = alarms.station_id"
        " AND a.kind = alarms.kind AND a.resolved_at IS NULL)"
        " WHERE resolved_at IS NULL AND id = (SELECT max(a.id) FROM alarms a WHERE a.station_id = alarms.station_id"
        " AND a.kind = alarms.kind AND a.resolved_at IS NULL)"
    )
    op.execute(
        "UPDATE alarms SET resolved_at = last_at WHERE resolved_at IS NULL AND id < (SELECT max(a.id) FROM alarms a"
        " WHERE a.station_id = alarms.station_id AND a.kind = alarms.kind AND a.resolved_at IS NULL)"
    )
    with op.batch_alter_table("alarms") as batch_op:
        batch_op.alter_column("last_at", existing_type=columns.UtcTime(), nullable=False)
        batch_op.create_index(
            "uq_alarms_open",
            ["station_id", "kind"],
            unique=True,
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("alarms") as batch_op:
        batch_op.drop_index(
            "uq_alarms_open",
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        )
        batch_op.drop_column("count")
        batch_op.drop_column("last_at")
