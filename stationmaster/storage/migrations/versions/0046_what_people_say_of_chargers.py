"""What people say of chargers and connectors"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stations", schema=None) as batch_op:
        for name in ("charger_type", "phase", "manufacturer", "created_by"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("max_power_w", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("updated_at", columns.UtcTime(), nullable=True))
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("type", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("max_current_a", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("created_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("updated_at", columns.UtcTime(), nullable=True))
    op.execute("UPDATE stations SET updated_at = COALESCE(deleted_at, created_at)")
    op.execute("UPDATE connectors SET created_at = since, updated_at = since")
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.alter_column("updated_at", nullable=False)
        batch_op.create_index("ix_stations_site_id", ["site_id"], unique=False)
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        batch_op.alter_column("created_at", nullable=False)
        batch_op.alter_column("updated_at", nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("connectors", schema=None) as batch_op:
        for name in ("updated_at", "created_at", "max_current_a", "type"):
            batch_op.drop_column(name)
    with op.batch_alter_table("stations", schema=None) as batch_op:
        batch_op.drop_index("ix_stations_site_id")
        for name in ("updated_at", "version", "max_power_w", "created_by", "manufacturer", "phase", "charger_type"):
            batch_op.drop_column(name)
