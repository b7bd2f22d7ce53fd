"""What cars ask for"""

import sqlalchemy as sa
from alembic import op

from stationmaster.storage import columns

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "car_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("station_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evse", sa.Integer(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("needs", columns.Json(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("profile", columns.Json(), nullable=True),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_car_plans_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_plans")),
        sa.UniqueConstraint("station_id", "evse", name=op.f("uq_car_plans_station_id_evse")),
    )
    with op.batch_alter_table("car_plans", schema=None) as batch_op:
        batch_op.create_index(
            "ix_car_plans_due",
            ["id"],
            unique=False,
            sqlite_where=sa.text("due IS true"),
            postgresql_where=sa.text("due IS true"),
        )


def downgrade() -> None:
    with op.batch_alter_table("car_plans", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_car_plans_due", sqlite_where=sa.text("due IS true"), postgresql_where=sa.text("due IS true")
        )

    op.drop_table("car_plans")
