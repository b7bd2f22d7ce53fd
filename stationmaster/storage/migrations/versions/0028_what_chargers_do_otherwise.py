"""What chargers do otherwise than they should, and which are held strictly"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stations", sa.Column("strict", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "deviations",
        sa.Column("station_id", columns.BigInt, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("first_at", columns.UtcTime(), nullable=False),
        sa.Column("last_at", columns.UtcTime(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_deviations_station_id_stations")),
        sa.PrimaryKeyConstraint("station_id", "rule", name=op.f("pk_deviations")),
    )


def downgrade() -> None:
    op.drop_table("deviations")
    op.drop_column("stations", "strict")
