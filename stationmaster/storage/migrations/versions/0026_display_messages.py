"""Display messages"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "display_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("starts_at", columns.UtcTime(), nullable=True),
        sa.Column("ends_at", columns.UtcTime(), nullable=True),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_display_messages_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_display_messages")),
        sa.UniqueConstraint("station_id", "number", name=op.f("uq_display_messages_station_id_number")),
    )


def downgrade() -> None:
    op.drop_table("display_messages")
