"""Local lists"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("keep", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entries", columns.Json(), nullable=True),
        sa.Column("sent_at", columns.UtcTime(), nullable=True),
        sa.Column("accepted_at", columns.UtcTime(), nullable=True),
        sa.Column("told_version", sa.Integer(), nullable=True),
        sa.Column("told_at", columns.UtcTime(), nullable=True),
        sa.Column("next_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_local_lists_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_lists")),
        sa.UniqueConstraint("station_id", name=op.f("uq_local_lists_station_id")),
    )
    with op.batch_alter_table("local_lists", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_local_lists_next_at"), ["next_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("local_lists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_local_lists_next_at"))

    op.drop_table("local_lists")
